"""What is there at the end: everything that must be equal however it came about, without ids of
records."""

from __future__ import annotations

from datetime import timedelta

from tests.support.rows import leave_row

NOTES = """
    SELECT n.nav_id, n.state, coalesce(n.waiting_reason, ''), coalesce(v.identification_id, '')
      FROM nav_sick_note n
      LEFT JOIN hr_employee e ON e.id = n.employee_id
      LEFT JOIN hr_version v ON v.id = e.current_version_id
"""
MILESTONES = """
    SELECT v.identification_id, c.first_day, m.key, m.occurrence, m.due_date, m.state
      FROM nav_followup_milestone m
      JOIN nav_sick_case c ON c.id = m.case_id
      JOIN hr_employee e ON e.id = c.employee_id
      JOIN hr_version v ON v.id = e.current_version_id
"""
PLANS = """
    SELECT v.identification_id, p.state
      FROM nav_followup_plan p
      JOIN nav_sick_case c ON c.id = p.case_id
      JOIN hr_employee e ON e.id = c.employee_id
      JOIN hr_version v ON v.id = e.current_version_id
"""
PROBLEMS = """
    SELECT coalesce(c.org_number, ''), p.topic, p.cause, p.words
      FROM nav_problem p LEFT JOIN nav_connection c ON c.id = p.connection_id
     WHERE p.state = 'open'
"""
CONNECTIONS = """
    SELECT c.name, c.state, coalesce(c.failing_part, ''), coalesce(c.last_error, ''),
           u.org_number, u.permission, coalesce(u.last_error, ''),
           -- One that has gone further is right, too: NAV gave a note again by a new number.
           NOT EXISTS (
               SELECT FROM nav_sick_note n WHERE n.unit_id = u.id AND n.loepenr > u.cursor)
      FROM nav_connection c JOIN nav_connection_unit u ON u.connection_id = c.id
"""
# A question that is gone was asked about days that a fault has let stand for a while.
VACATIONS = """
    SELECT v.identification_id, x.date_from, x.date_to, x.state
      FROM nav_vacation_conflict x
      JOIN hr_employee e ON e.id = x.employee_id
      JOIN hr_version v ON v.id = e.current_version_id
     WHERE x.state != 'gone'
"""
# What people are asked to do.
ACTIVITIES = """
    SELECT u.login, a.res_model, coalesce(a.summary, '')
      FROM mail_activity a JOIN res_users u ON u.id = a.user_id
     WHERE a.res_model LIKE 'nav.%'
"""


def rows(env, query: str) -> list[tuple]:
    """The rows of a query, as texts, sorted."""
    env.flush_all()
    env.cr.execute(query)
    return sorted(tuple(str(value) for value in row) for row in env.cr.fetchall())


def outcome(env) -> dict[str, list[tuple]]:
    """{what: its rows, sorted}"""
    return {
        "leave": _leave(env),
        "replaced": _replaced(env),
        "calendar": _calendar(env),
        "notes": rows(env, NOTES),
        "cases": _cases(env),
        "milestones": rows(env, MILESTONES),
        "plans": rows(env, PLANS),
        "problems": rows(env, PROBLEMS),
        "connections": rows(env, CONNECTIONS),
        "vacations": rows(env, VACATIONS),
        "activities": rows(env, ACTIVITIES),
    }


def _number(employee) -> str:
    return employee.identification_id or ""


def _leave(env) -> list[tuple]:
    """All time off in effect."""
    found = env["hr.leave"].search([("state", "in", ("confirm", "validate1", "validate"))])
    return sorted(leave_row(leave) for leave in found)


def _replaced(env) -> list[tuple]:
    """The days on which time off by hand has yielded, however many pieces it lies in."""
    found = env["hr.leave"].search([("state", "=", "cancel"), ("nav_sourced", "=", False)])
    return sorted(
        (_number(leave.employee_id), leave.request_date_from + timedelta(days=day))
        for leave in found
        for day in range((leave.request_date_to - leave.request_date_from).days + 1)
    )


def _calendar(env) -> list[tuple]:
    found = env["resource.calendar.leaves"].search([("holiday_id", "!=", False)])
    return sorted((each.resource_id.name, each.date_from, each.date_to) for each in found)


def _cases(env) -> list[tuple]:
    found = env["nav.sick.case"].search([("merged_into_id", "=", False)])
    return sorted(
        (
            _number(case.employee_id),
            case.first_day,
            case.last_day,
            case.state,
            tuple(sorted(case.note_ids.mapped("nav_id"))),
        )
        for case in found
    )
