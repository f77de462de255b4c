"""What the daily follow-up costs: time and queries for one open case, however many there are.

Growth is judged by the time of the processors, Odoo's and PostgreSQL's together: other work on the
machine makes a run longer, but takes no more of that.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dev.console import say, step

from . import scratch, staff
from .child import Child
from .worker import OdooWorker

# How long ago the cases began, spread over so many days; all last for some days more.
SPREAD = 250
MANAGERS = 25
CREATE_AT_ONCE = 1000
# What growth may be and still count as constant, noise included.
MOST_TIME = 1.25
MOST_QUERIES = 1.1


@dataclass
class Cost:
    """What one run of the cron took.

    :param seconds: from its beginning to its end
    :param processor: seconds of the processors
    """

    seconds: float
    processor: float
    queries: int


@dataclass
class FollowUp:
    """One size.

    :param first: the run that makes all milestones and activities
    :param daily: the run of the day after
    :param again: a run on the same day, when nothing has changed
    """

    cases: int
    first: Cost
    daily: Cost
    again: Cost

    def milliseconds(self) -> float:
        """Time of the processors for one case in the daily run."""
        return 1000 * self.daily.processor / self.cases

    def queries(self) -> float:
        """Queries of the daily run for one case."""
        return self.daily.queries / self.cases


class FollowUpWorker(OdooWorker):
    """An Odoo process with open cases."""

    def make_cases(self, number: int):
        """Make employees with managers, and an open case for each."""
        with self._env() as env:
            company = env["res.company"].create({"name": "Employer"})
            managers = env["res.users"].create(
                [
                    {
                        "name": f"Manager {one}",
                        "login": f"bench-manager-{one}",
                        "company_id": company.id,
                        "company_ids": [(6, 0, company.ids)],
                    }
                    for one in range(MANAGERS)
                ]
            )
            people = [(f"Employee {one}", f"{one:011}") for one in range(number)]
            employees = staff.employ(env, company.id, people)
            env.cr.execute(
                "UPDATE hr_employee SET leave_manager_id = (%s::int[])[1 + id %% %s] "
                "WHERE id = ANY(%s)",
                (managers.ids, MANAGERS, employees),
            )
            env.invalidate_all()
            today = env["nav.sick.case"]._today()
            for start in range(0, number, CREATE_AT_ONCE):
                batch = enumerate(employees[start : start + CREATE_AT_ONCE], start=start)
                env["nav.sick.case"].with_context(tracking_disable=True).create(
                    [_case_vals(one, employee, company, today) for one, employee in batch]
                )
                env.cr.commit()
                env.invalidate_all()

    def follow_up(self, days: int) -> Cost:
        """Run the cron so many days from today."""
        from unittest.mock import patch

        import odoo.sql_db
        from odoo.addons.nav_altinn_connector.models.nav_sick_case import NavSickCase
        from odoo.tools import SQL

        with self._env() as env:
            today = env["nav.sick.case"]._today() + timedelta(days=days)
            (backend,) = env.execute_query(SQL("SELECT pg_backend_pid()"))[0]
            queries, started = odoo.sql_db.sql_counter, time.perf_counter()
            processor = _processor(backend)
            with patch.object(NavSickCase, "_today", lambda model: today):
                env["nav.sick.case"]._cron_followup()
            return Cost(
                seconds=time.perf_counter() - started,
                processor=_processor(backend) - processor,
                queries=odoo.sql_db.sql_counter - queries,
            )

    def counts(self) -> tuple[int, int]:
        """Return how many open cases and activities there are."""
        with self._env() as env:
            activities = env["mail.activity"].search_count([("res_model", "=", "nav.sick.case")])
            return env["nav.sick.case"].search_count([("state", "=", "open")]), activities


def _processor(backend: int) -> float:
    """Seconds of the processors by now: this process's, and the one's that serves its database."""
    # The name in brackets may hold blanks; after it, user and system time are the 12th and 13th.
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _case_vals(number, employee, company, today):
    first = today - timedelta(days=number % SPREAD)
    last = today + timedelta(days=20)
    return {
        "employee_id": employee,
        "company_id": company.id,
        "first_day": first,
        "last_day": last,
        "stretches": [[first.isoformat(), last.isoformat(), "full", 100, 1]],
    }


def measure(sizes: list[int]) -> list[FollowUp]:
    """Measure one size after the other, each in a fresh database and process."""
    results = []
    with scratch.own_data():
        for cases in sizes:
            with step(f"{cases} open cases"):
                results.append(_measure_one(cases))
    return results


def _measure_one(cases: int) -> FollowUp:
    with scratch.database() as database, Child(FollowUpWorker, database) as odoo:
        odoo.call("make_cases", cases)
        first = odoo.call("follow_up", 0)
        daily = odoo.call("follow_up", 1)
        again = odoo.call("follow_up", 1)
        still_open, activities = odoo.call("counts")
        if still_open != cases or not activities:
            raise AssertionError(f"{still_open} of {cases} cases are open, {activities} activities")
    return FollowUp(cases, first, daily, again)


def report(results: list[FollowUp]) -> bool:
    """Print the table and the ratios; returns whether all is as wanted."""
    say()
    say("Follow-up: open cases that began on different days, the cron's daily run")
    say(f"{'':16}{'first run':>12}{'daily run':>22}{'for one case':>18}{'once more':>18}")
    say(
        f"{'open cases':>16}{'s':>12}{'s':>12}{'queries':>10}{'cpu ms':>9}{'queries':>9}"
        f"{'ms':>9}{'queries':>9}"
    )
    for one in results:
        say(
            f"{one.cases:16}{one.first.seconds:12.1f}{one.daily.seconds:12.1f}"
            f"{one.daily.queries:10}{one.milliseconds():9.2f}{one.queries():9.2f}"
            f"{1000 * one.again.seconds:9.0f}{one.again.queries:9}"
        )
    say()
    small, large = min(results, key=_size), max(results, key=_size)
    name = f"{large.cases} : {small.cases}"
    time_ratio = large.milliseconds() / small.milliseconds()
    query_ratio = large.queries() / small.queries()
    return all(
        [
            _judge(f"{name}, processor time for one case", time_ratio, MOST_TIME),
            _judge(f"{name}, queries for one case", query_ratio, MOST_QUERIES),
        ]
    )


def _size(one: FollowUp) -> int:
    return one.cases


def _judge(what: str, value: float, most: float) -> bool:
    good = value <= most
    say(f"  {what:38}{value:8.2f}   wanted: at most {most:g}   {'ok' if good else 'missed'}")
    return good
