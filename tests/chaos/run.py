"""The same days twice, calmly and with everything going wrong, and the comparison."""

from __future__ import annotations

import itertools
import os
import random
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from dev import postgres
from dev.console import step
from tests.bench import scratch
from tests.bench.child import Child
from tests.bench.employer import CLIENT_ID

from .people import People
from .postgres import OwnServer, own_server
from .story import Size, Story
from .workers import Workers

DATABASE = "chaos"
KEPT = "chaos_kept"
TRIGGER_EVERY = 2.0
# The addon's crons, which the scheduler is to run again and again.
AGAIN = """
    UPDATE ir_cron SET nextcall = now() at time zone 'UTC', failure_count = 0
     WHERE id IN (SELECT res_id FROM ir_model_data
                   WHERE model = 'ir.cron' AND module = 'nav_altinn_connector')
"""


@dataclass
class Storm:
    """What went wrong, and what differs because of it.

    :param differences: lines that must not be there: what calm and storm do not have in common,
        problems without a cause, messages that came twice
    """

    kills: int = 0
    crashes: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trouble:
    """How much goes wrong besides the faults of the outside systems.

    :param workers: cron workers of Odoo
    :param day_seconds: how long a simulated day lasts
    :param kill_every: seconds between two workers' ends, on average
    :param crash_every: days between two ends of PostgreSQL
    """

    workers: int = 2
    day_seconds: float = 20.0
    kill_every: float = 6.0
    crash_every: int = 2


def run(size: Size, trouble: Trouble) -> Storm:
    """Let the days happen twice, and compare.

    :return: what went wrong and what differs; nothing is raised for a difference
    """
    today = date.today()
    story = Story(size, today)
    with scratch.own_data() as data, scratch.database() as source:
        folder = Path(data)
        with own_server(_folder(folder, "postgres"), source, DATABASE) as server:
            return _Run(story, trouble, server, folder).both()


def _folder(parent: Path, name: str) -> Path:
    # PostgreSQL runs as another user, who must be able to enter.
    parent.chmod(0o755)
    path = parent / name
    path.mkdir()
    return path


class _Run:
    def __init__(self, story: Story, trouble: Trouble, server: OwnServer, folder: Path):
        self._story, self._trouble, self._server = story, trouble, server
        self._folder = folder
        self._port = 0
        self._jwk: dict = {}

    def both(self) -> Storm:
        with Child(People, DATABASE) as people:
            with step(f"an employer of {self._story.size.employees} employees"):
                self._arrange(people)
            with step(f"{len(self._story.days)} calm days"), self._nav() as sandbox:
                calm = self._calm(people, sandbox)
            self._restore(people)
            storm, started = Storm(), time.monotonic()
            with step("the same days with everything going wrong"), self._nav() as sandbox:
                with self._workers() as workers:
                    self._storm(people, sandbox, workers, storm)
                    log = workers.log()
                storm.seconds = time.monotonic() - started
                with step("what is left to do"):
                    after = self._settle(people, sandbox)
            storm.counts = people.call("counts")
            storm.differences = [
                *_differences(calm, after),
                *_told(people.call("told")),
                *_logged(log),
            ]
        return storm

    # ------------------------------------------------------------------ the employer

    def _arrange(self, people: Child):
        story = self._story
        sandbox = story.open_nav()
        try:
            self._port = int(sandbox.base_url.rsplit(":", 1)[1])
            names = ("maskinporten_url", "sykepenger_url", "enhetsregisteret_url")
            names += ("altinn_url", "followup_plan_url")
            addresses = {name: getattr(sandbox, name) for name in names}
            addresses["owner_org_number"] = story.mains[0]
            self._jwk = people.call("arrange_all", addresses, story.people, story.today)
            story.allow(sandbox, CLIENT_ID, self._jwk)
            people.call("hire", story.size.users)
            people.call("activate_all")
        finally:
            sandbox.stop()
        people.call("rest")
        self._query(f'CREATE DATABASE "{KEPT}" TEMPLATE "{DATABASE}"')

    def _restore(self, people: Child):
        people.call("rest")
        self._query(f'DROP DATABASE "{DATABASE}" WITH (FORCE)')
        self._query(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{KEPT}"')
        # A copied sequence goes back in a crash before the first checkpoint.
        self._query("CHECKPOINT")
        people.call("wake")

    @contextmanager
    def _nav(self):
        """The outside world at the beginning of the story, at the same address each time."""
        sandbox = self._story.open_nav(self._port)
        try:
            self._story.allow(sandbox, CLIENT_ID, self._jwk)
            yield sandbox
        finally:
            sandbox.stop()

    def _query(self, sql: str, database: str = "postgres"):
        return postgres.query(dict(os.environ), sql, database)

    # ------------------------------------------------------------------ calm

    def _calm(self, people: Child, sandbox) -> dict:
        for day in self._story.days:
            _add_notes(sandbox, day)
            people.call("register", day.by_hand)
            people.call("make_due")
            people.call("run_crons")
        self._write_plans(people)
        people.call("send_plans")
        return self._settle(people, sandbox)

    def _write_plans(self, people: Child):
        evaluation = self._story.today + timedelta(days=30)
        people.call("write_plans", self._story.plans, evaluation)

    def _settle(self, people: Child, sandbox) -> dict:
        """Once more with nothing going wrong, and what is there then."""
        sandbox.faults.clear()
        people.call("settle")
        self._write_plans(people)
        for _round in range(2):
            people.call("settle_plans", [plan.call_id for plan in sandbox.plans()])
        people.call("settle")
        outcome = people.call("outcome")
        outcome["plans at NAV"] = sorted((plan.fnr,) for plan in sandbox.plans())
        return outcome

    # ------------------------------------------------------------------ storm

    @contextmanager
    def _workers(self):
        workers = Workers(DATABASE, self._folder, self._trouble.workers)
        try:
            yield workers
        finally:
            workers.stop()

    def _storm(self, people: Child, sandbox, workers: Workers, storm: Storm):
        rng = random.Random(f"storm {self._story.size.seed}")
        hits: dict[str, int] = {}
        for number, day in enumerate(self._story.days):
            self._story.order_faults(sandbox, number)
            _add_notes(sandbox, day)
            self._disturb(rng, workers, storm, people, day.by_hand)
            if (number + 1) % self._trouble.crash_every == 0:
                self._server.crash()
                storm.crashes += 1
            for hit in sandbox.faults.hits:
                hits[hit.kind] = hits.get(hit.kind, 0) + 1
            sandbox.faults.clear()
        self._write_plans(people)
        self._story.order_faults(sandbox, len(self._story.days))
        people.call("send_plans")
        for hit in sandbox.faults.hits:
            hits[hit.kind] = hits.get(hit.kind, 0) + 1
        storm.faults = dict(sorted(hits.items()))

    def _disturb(self, rng, workers: Workers, storm: Storm, people: Child, by_hand: list):
        """One day: crons run again and again, people do what they do, and workers end."""
        people.call("make_due")
        workers.await_one()
        end = time.monotonic() + self._trouble.day_seconds
        by_hand = iter(by_hand)
        next_kill = time.monotonic() + rng.expovariate(1 / self._trouble.kill_every)
        while time.monotonic() < end:
            self._trigger()
            people.call("register", list(itertools.islice(by_hand, 1)))
            time.sleep(rng.uniform(0, TRIGGER_EVERY))
            if time.monotonic() >= next_kill:
                storm.kills += workers.kill(rng)
                next_kill = time.monotonic() + rng.expovariate(1 / self._trouble.kill_every)
            if rng.random() < 0.3:
                people.call("make_due")
        people.call("register", list(by_hand))
        storm.kills += workers.kill(rng)

    def _trigger(self):
        """Let the scheduler run the crons now."""
        self._query(AGAIN, DATABASE)
        self._query(f"SELECT pg_notify('cron_trigger', '{DATABASE}')")


def _add_notes(sandbox, day):
    for raw in day.notes:
        sandbox.add_raw_note(raw, received=raw["mottattAvNav"])


# ------------------------------------------------------------------ the comparison


def _differences(calm: dict, storm: dict) -> list[str]:
    lines = []
    for name in calm:
        before, after = set(calm[name]), set(storm[name])
        doubles = len(storm[name]) - len(after)
        if doubles != len(calm[name]) - len(before):
            lines.append(f"{name}: {doubles} rows are there twice")
        lines += [f"{name}: only when calm: {row}" for row in sorted(before - after, key=str)]
        lines += [f"{name}: only in the storm: {row}" for row in sorted(after - before, key=str)]
    return lines


def _told(told: dict) -> list[str]:
    return [f"{what}: {row}" for what, rows in told.items() for row in rows]


def _logged(log: str) -> list[str]:
    """Crons that ended red: nothing that goes wrong may be left to Odoo's scheduler, save that
    there is no database."""
    return [line for line in log.splitlines() if " ERROR " in line and "could not" in line]


def new_seed() -> int:
    """A seed that nobody has had before."""
    return secrets.randbelow(10**6)
