"""How long Odoo's pages take when there are very many employees and notes: beside the same pages
of an Odoo without the addon that holds as much time off."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree import ElementTree

from dev.console import say, step

from . import employer, scratch, staff
from .child import Child
from .side_by_side import median
from .worker import OdooWorker

BASE = "NAV_BASE_DATABASE"
MOST = 1.2
ROUNDS = 15
PAGE = 80
# Every how many days an employee has a note, of so many days.
EVERY, LENGTH = 120, 11
# Pages of Odoo's own: model, kind of view, its XML id.
SHARED = {
    "time off, list": ("hr.leave", "list", "hr_holidays.hr_leave_view_tree"),
    "time off, form": ("hr.leave", "form", "hr_holidays.hr_leave_view_form_manager"),
    "time off, by status": ("hr.leave", "group", "state"),
    "calendar of all": ("hr.leave.report.calendar", "calendar", None),
    "employees, kanban": ("hr.employee", "kanban", "hr.hr_kanban_view_employees"),
    "employee, form": ("hr.employee", "form", "hr.view_employee_form"),
}
# Pages of the addon.
OWN = {
    "sick notes, list": ("nav.sick.note", "list", None),
    "sick note, form": ("nav.sick.note", "form", None),
    "sick notes, by status": ("nav.sick.note", "group", "state"),
    "connections, kanban": ("nav.connection", "kanban", None),
}


@dataclass
class Visit:
    """What opening a page took."""

    seconds: float
    queries: int


class LoadWorker(OdooWorker):
    """An Odoo process whose database is filled by SQL."""

    # ------------------------------------------------------------------ filling

    def fill(self, employees: int, notes: int):
        """Make employees and notes with their time off; without the addon, time off alone."""
        with self._env() as env:
            addon = "nav.sick.note" in env
            company, first, leave = self._first(env, employees, addon)
            self._ids = {"company": company.id}
            env.flush_all()
            self._multiply(env, first, leave, employees, notes, addon)
        self._analyse()

    def _first(self, env, employees, addon):
        """Employees, and one leave that Odoo or the connector has made."""
        env.user.tz = "Europe/Oslo"
        schedule = env["resource.calendar"].create(employer._schedule_vals())
        company = env["res.company"].create(
            {"name": "Fjordheim Omsorg AS", "resource_calendar_id": schedule.id}
        )
        for user in env.user | env.ref("base.user_admin"):
            user.write({"company_ids": [(4, company.id)], "company_id": company.id})
        vals = {"is_sick_leave": True, "allow_graded": True} if addon else {}
        leave_type = env["hr.leave.type"].create(
            {
                "name": "Sick leave",
                "company_id": company.id,
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "create_calendar_meeting": False,
                **vals,
            }
        )
        people = [(f"Employee {number}", f"{number:011}") for number in range(employees)]
        first = staff.employ(env, company.id, people)[0]
        day = self._day(0)
        employee = env["hr.employee"].browse(first)
        if addon:
            return company, first, self._first_from_nav(env, company, leave_type, employee, day)
        leave = env["hr.leave"].create(
            {
                "employee_id": first,
                "holiday_status_id": leave_type.id,
                "request_date_from": day,
                "request_date_to": day + timedelta(days=LENGTH - 1),
            }
        )
        leave.action_approve()
        return company, first, leave

    def _first_from_nav(self, env, company, leave_type, employee, day):
        from odoo.addons.nav_altinn_connector.tests.common import (
            MAIN_UNIT,
            NavCase,
            identity_numbers,
        )

        employee.identification_id = next(identity_numbers())
        client = env["nav.maskinporten.client"].create(
            {"name": "Load", "environment": "test", "owner_org_number": MAIN_UNIT}
        )
        client.action_generate_key()
        connection = env["nav.connection"].create(
            {
                "name": "Fjordheim",
                "company_id": company.id,
                "maskinporten_client_id": client.id,
                "org_number": MAIN_UNIT,
                "leave_type_id": leave_type.id,
                "fetch_from": date(2000, 1, 1),
                "unit_ids": [(0, 0, {"org_number": MAIN_UNIT})],
            }
        )
        connection.state = "active"
        NavCase.employee, NavCase.loepenr = employee, 10**6
        last = day + timedelta(days=LENGTH - 1)
        payload = NavCase.payload((day, last, 60), employee=employee)
        connection._store_page(connection.unit_ids, [payload])
        note = env["nav.sick.note"].search([])
        note._apply()
        if note.state != "applied":
            raise AssertionError(f"the first note is {note.state}")
        return note.period_ids.leave_ids

    @staticmethod
    def _day(number: int) -> date:
        return date.today() - timedelta(days=number * EVERY + LENGTH)

    def _multiply(self, env, first, leave, employees, notes, addon):
        """Copy the leave, with all that hangs on it, to the other employees and back in time."""
        env.cr.execute(
            "CREATE TEMP TABLE many AS SELECT n, %s + n %% %s AS employee, "
            "n / %s * %s + (n::bigint * 7919 %% %s)::int AS days FROM generate_series(1, %s) n",
            (first, employees, employees, EVERY, EVERY - LENGTH, notes - 1),
        )
        moved = "- p.days * interval '1 day'"
        changes = {
            "employee_id": "p.employee",
            "date_from": f"t.date_from {moved}",
            "date_to": f"t.date_to {moved}",
            "request_date_from": "t.request_date_from - p.days::int",
            "request_date_to": "t.request_date_to - p.days::int",
        }
        if addon:
            note = leave.nav_note_id
            days = {name: f"t.{name} - p.days::int" for name in ("date_from", "date_to")}
            base = staff.copy(
                env,
                "many",
                note,
                nav_id="gen_random_uuid()::text",
                loepenr="t.loepenr + p.n",
                employee_id="p.employee",
                **days,
            )
            period = staff.copy(env, "many", note.period_ids, note_id=f"{base} + p.n", **days)
            changes["nav_period_id"] = f"{period} + p.n"
        base = staff.copy(env, "many", leave, **changes)
        resource = "(SELECT resource_id FROM hr_employee WHERE id = p.employee)"
        for absence in env["resource.calendar.leaves"].search([("holiday_id", "=", leave.id)]):
            staff.copy(
                env,
                "many",
                absence,
                holiday_id=f"{base} + p.n",
                resource_id=resource,
                date_from=changes["date_from"],
                date_to=changes["date_to"],
            )

    def _analyse(self):
        from contextlib import closing

        with closing(self._registry.cursor()) as cr:
            cr.execute("ANALYZE")
            cr.commit()

    # ------------------------------------------------------------------ visiting

    def visit(self, name: str) -> Visit:
        """Open a page as the web client does: all that its view shows, of one page or record."""
        import odoo.sql_db

        model, kind, view = {**SHARED, **OWN}[name]
        with self._page_env() as env:
            work = self._visitor(env[model], kind, view)
        gc.collect()
        with self._page_env() as env:
            queries, started = odoo.sql_db.sql_counter, time.perf_counter()
            work(env[model])
            seconds = time.perf_counter() - started
            queries = odoo.sql_db.sql_counter - queries
        return Visit(seconds, queries)

    def _visitor(self, records, kind, view):
        """What the web client calls for a view."""
        if kind == "group":
            return lambda model: model.web_read_group([], [view], ["__count"])
        view_id = records.env.ref(view).id if view else False
        found = records.get_views([(view_id, kind)])
        arch = ElementTree.fromstring(found["views"][kind]["arch"])
        wanted = _specification(records, arch, kind)
        if kind == "form":
            middle = records.search([], limit=1, offset=records.search_count([]) // 2).id
            return lambda model: model.browse(middle).web_read(wanted)
        if kind == "calendar":
            begin, end = date.today() - timedelta(days=45), date.today() - timedelta(days=15)
            domain = [(arch.get("date_start"), "<=", str(end))]
            domain += [(arch.get("date_stop"), ">=", str(begin))]
            return lambda model: model.web_search_read(domain, wanted, limit=500)
        return lambda model: model.web_search_read([], wanted, limit=PAGE, count_limit=10001)

    @contextmanager
    def _page_env(self) -> Iterator:
        with self._env(2) as env:
            yield env(context={**env.context, "lang": "en_US", "tz": "Europe/Oslo"})


def _specification(records, arch, kind) -> dict:
    """The fields that a view shows, as the web client asks for them."""
    names = [node.get("name") for node in _outer_fields(arch)]
    if kind == "calendar":
        names += [arch.get(each) for each in ("date_start", "date_stop", "color") if arch.get(each)]
    wanted = {}
    for name in dict.fromkeys(names):
        field = records._fields.get(name)
        if field is None or not records._has_field_access(field, "read"):
            continue
        wanted[name] = {"fields": {"display_name": {}}} if field.relational else {}
    return wanted


def _outer_fields(node) -> Iterator:
    """The fields of a view, without those of the views within it."""
    for child in node:
        if child.tag == "field":
            yield child
        else:
            yield from _outer_fields(child)


# ---------------------------------------------------------------------- measuring


@dataclass
class Page:
    """One page: with the addon, and without it where there is such a page.

    :param small: with the addon, and a tenth of everything
    """

    name: str
    full: list[Visit]
    small: list[Visit]
    without: list[Visit] | None

    @property
    def ratio(self) -> float | None:
        """Of the quickest visits: what else the machine does makes none of them quicker."""
        if self.without is None:
            return None
        return _milliseconds(self.full) / _milliseconds(self.without)


def measure(employees: int, notes: int) -> list[Page]:
    """Fill three databases and open each page in all of them, round by round."""
    with (
        scratch.own_data(),
        _filled(os.environ[scratch.TEMPLATE], employees, notes) as full,
        _filled(os.environ[scratch.TEMPLATE], employees // 10, notes // 10) as small,
        _filled(os.environ[BASE], employees, notes) as without,
    ):
        return [_visit(name, full, small, without) for name in (*SHARED, *OWN)]


@contextmanager
def _filled(source: str, employees: int, notes: int) -> Iterator[Child]:
    with scratch.database(source) as database, Child(LoadWorker, database) as odoo:
        with step(f"{employees} employees, {notes} times sick"):
            odoo.call("fill", employees, notes)
        yield odoo


def _visit(name, full, small, without) -> Page:
    page = Page(name, [], [], [] if name in SHARED else None)
    for number in range(ROUNDS + 1):
        for odoo, visits in ((full, page.full), (small, page.small), (without, page.without)):
            if visits is not None:
                visit = odoo.call("visit", name)
                if number:  # the first fills the caches
                    visits.append(visit)
    return page


def report(pages: list[Page]) -> bool:
    """Print the table; returns whether all is as wanted."""
    say()
    say(f"Opening a page: the quickest of {ROUNDS} rounds, in ms, and its queries")
    say(f"  {'':24}{'with':>9}{'without':>9}{'ratio':>8}{'queries':>9}{'a tenth':>9}{'without':>9}")
    good = True
    for page in pages:
        # What Odoo alone asks more often when there is more is Odoo's.
        few = max(_queries(page.small), _queries(page.without) if page.without else 0)
        fine = (page.ratio or 0) <= MOST and _queries(page.full) <= few
        good = good and fine
        without = f"{_milliseconds(page.without):9.1f}" if page.without else f"{'-':>9}"
        ratio = f"{page.ratio:8.2f}" if page.without else f"{'-':>8}"
        queries = f"{_queries(page.without):9}" if page.without else f"{'-':>9}"
        say(
            f"  {page.name:24}{_milliseconds(page.full):9.1f}{without}{ratio}"
            f"{_queries(page.full):9}{_queries(page.small):9}{queries}"
            f"{'' if fine else '   missed'}"
        )
    say()
    say(f"  wanted: a ratio of at most {MOST:g}, and no more queries than with a tenth of it")
    return good


def _milliseconds(visits: list[Visit]) -> float:
    return 1000 * min(visit.seconds for visit in visits)


def _queries(visits: list[Visit]) -> int:
    return int(median(sorted(visit.queries for visit in visits)))
