"""An Odoo process that does the work that is measured."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import employer, staff
from .local_nav import stretch


@dataclass
class Sample:
    """What some work took: seconds, SQL queries, and the leaves it made.

    :param peak: bytes of memory that the process needed at most, above what it had before
    """

    seconds: float
    queries: int
    leaves: int
    peak: int


class OdooWorker:
    """A process with Odoo's registry of one database and no server.

    :param database: changed for good
    :param ids: what :meth:`ids` of an earlier process with the same database gave
    """

    def __init__(self, database: str, ids: dict | None = None):
        from odoo.modules.registry import Registry
        from odoo.tools import config

        config.parse_config(
            ["-d", database, "--log-level=error", "--no-http", "--max-cron-threads=0"],
            setup_logging=True,
        )
        self._registry = Registry(database)
        self._ids: dict = ids or {}

    # ------------------------------------------------------------------ set-up

    def arrange(self, addresses: dict[str, str]) -> dict:
        """Make the employer and return its client's public key; see :mod:`.employer`."""
        with self._env() as env:
            self._ids = employer.arrange(env, addresses)
        return self._ids.pop("jwk")

    def activate(self):
        """Activate the connection, once the client's key is registered."""
        with self._env() as env:
            env["nav.connection"].browse(self._ids["connection"]).action_activate()

    def ids(self) -> dict[str, int]:
        """Return the ids of company, schedule, leave type and connection."""
        return self._ids

    def employ(self, people: list[tuple[str, str]]) -> list[int]:
        """Make employees and return their ids, in order."""
        with self._env() as env:
            return staff.employ(env, self._ids["company"], people)

    def set_password(self, password: str) -> str:
        """Give the administrator a password, for a script; returns the login."""
        with self._env() as env:
            admin = env.ref("base.user_admin")
            admin.password = password
            return admin.login

    # ------------------------------------------------------------------ what is measured

    def connector(self) -> Sample:
        """The connector's whole way, by its cron: fetch, store, match, decide, approve."""
        with self._env() as env:
            env["nav.connection"].search([]).write({"last_fetch_at": False, "retry_at": False})
        return self._measure(1, lambda env: env["nav.connection"]._cron_fetch_sick_notes())

    def batch(self, employees: list[int]) -> Sample:
        """Odoo's own ``create`` of all leaves in one batch, then ``action_approve``.

        Without tracking of changes, which is the faster way.
        """

        def work(env):
            leaves = env["hr.leave"].with_context(tracking_disable=True)
            leaves.create(self._leave_vals(employees)).action_approve()

        return self._measure(2, work)

    def one_by_one(self, employees: list[int]) -> Sample:
        """The same, leave by leave, each written before the next."""

        def work(env):
            leaves = env["hr.leave"].with_context(tracking_disable=True)
            for vals in self._leave_vals(employees):
                leaves.create(vals).action_approve()
                env.flush_all()

        return self._measure(2, work)

    def approved(self) -> int:
        """Return the number of approved leaves, which all have days."""
        with self._env() as env:
            return env["hr.leave"].search_count(
                [("state", "=", "validate"), ("holiday_status_id", "=", self._ids["leave_type"])]
            )

    def notes_by_state(self) -> dict[str, int]:
        """Return how many notes there are in each state."""
        with self._env() as env:
            return dict(env["nav.sick.note"]._read_group([], ["state"], ["__count"]))

    # ------------------------------------------------------------------ helpers

    def _leave_vals(self, employees: list[int]) -> list[dict]:
        return [
            {
                "employee_id": employee,
                "holiday_status_id": self._ids["leave_type"],
                "request_date_from": stretch(number)[0],
                "request_date_to": stretch(number)[1],
            }
            for number, employee in enumerate(employees)
        ]

    def _measure(self, user: int, work) -> Sample:
        """Do it on a cursor of its own, with its commit, as this user."""
        import odoo.sql_db

        before = self.approved()
        gc.collect()
        memory = _forget_peak()
        queries, started = odoo.sql_db.sql_counter, time.perf_counter()
        with self._env(user) as env:
            work(env)
        seconds = time.perf_counter() - started
        queries = odoo.sql_db.sql_counter - queries
        peak = _peak() - memory
        return Sample(seconds, queries, self.approved() - before, peak)

    @contextmanager
    def _env(self, user: int = 1) -> Iterator:
        from odoo import api

        with self._registry.cursor() as cr:
            company = self._ids.get("company")
            context = {"allowed_company_ids": [company]} if company and user != 1 else {}
            yield api.Environment(cr, user, context)


def _forget_peak() -> int:
    """Let the kernel forget the highest memory use so far; returns the present one, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _peak() -> int:
    return _memory("VmHWM")


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
