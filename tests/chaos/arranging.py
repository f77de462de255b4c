"""The employer in Odoo, connected to the sandbox, at the beginning of the story."""

from __future__ import annotations

import os

from dev import postgres
from sandbox.server import SandboxServer
from tests.bench.child import Child
from tests.bench.employer import CLIENT_ID

from .story import Day, Story

ADDRESSES = (
    "maskinporten_url",
    "sykepenger_url",
    "enhetsregisteret_url",
    "altinn_url",
    "followup_plan_url",
)


class Beginning:
    """The story's beginning, which a database can be set back to, as often as it is told.

    :param people: the process of the employer, on that database
    """

    def __init__(self, story: Story, people: Child, database: str):
        self._story, self._people = story, people
        self._database, self._kept = database, f"{database}_kept"
        self._port, self._jwk = 0, {}

    def arrange(self):
        """Make the employer with its connections, and keep the database as it then is."""
        story, people = self._story, self._people
        sandbox = story.open_nav()
        try:
            self._port = int(sandbox.base_url.rsplit(":", 1)[1])
            addresses = {name: getattr(sandbox, name) for name in ADDRESSES}
            addresses["owner_org_number"] = story.mains[0]
            self._jwk = people.call("arrange_all", addresses, story.people, story.today)
            story.allow(sandbox, CLIENT_ID, self._jwk)
            people.call("hire", story.size.users)
            people.call("activate_all")
        finally:
            sandbox.stop()
        people.call("rest")
        postgres.copy_database(dict(os.environ), self._database, self._kept)

    def restore(self):
        """Set the database back."""
        self._people.call("rest")
        query(f'DROP DATABASE "{self._database}" WITH (FORCE)')
        postgres.copy_database(dict(os.environ), self._kept, self._database)
        # A copied sequence goes back in a crash before the first checkpoint.
        query("CHECKPOINT")
        self._people.call("wake")

    def drop(self):
        """Remove what is kept."""
        query(f'DROP DATABASE IF EXISTS "{self._kept}" WITH (FORCE)')

    def nav(self) -> SandboxServer:
        """The outside world at the beginning, at the same address each time; to be stopped."""
        sandbox = self._story.open_nav(self._port)
        self._story.allow(sandbox, CLIENT_ID, self._jwk)
        self._people.call("forget_tokens")
        return sandbox


def add_notes(sandbox: SandboxServer, day: Day):
    """Let NAV have the notes of a day."""
    for raw in day.notes:
        sandbox.add_raw_note(raw, received=raw["mottattAvNav"])


def query(sql: str, database: str = "postgres") -> list[str]:
    """Ask the PostgreSQL that this process points to."""
    return postgres.query(dict(os.environ), sql, database)
