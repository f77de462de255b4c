"""Sick leave in different stages for the demo's follow-up, with a plan in work and one sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

# For the administrator and for the demo user, who is a manager here: the notes of each person, by
# their first and last day from today and the degree, 0 for full.
OF_ADMIN = (
    ((-44, -24, 0), (-23, 12, 60)),
    ((-24, 4, 0),),
    ((-190, -150, 0), (-149, 20, 50)),
)
OF_MANAGER = (((-25, 6, 80),), ((-12, 9, 0),))
PLAN = {
    "typical_workday": "Rounds with medicine, lifting, and reports. Shifts of eight hours.",
    "tasks_that_can_still_be_done": "Reports, planning of the week, and calls with relatives.",
    "tasks_that_can_not_be_done": "Lifting, and shifts at night.",
    "previous_facilitation": "None yet.",
    "planned_facilitation": "Four hours a day until Christmas, at a desk that can be raised.",
    "follow_up": "We talk every Monday; the manager calls.",
    "contact_person_full_name": "Mitchell Admin",
    "contact_person_phone_number": "00 00 00 00",
    "contact_person_email": "admin@example.com",
}


def setup(env, call: Callable, connection, employees) -> None:
    """Let people fall ill, fetch, and begin to follow up.

    :param env: an Odoo environment of the administrator
    :param call: asks the sandbox's admin endpoint: path and body to JSON
    :param employees: of the sandbox's people; those without a note are taken
    """
    with_note = {note["sykmeldt"]["fnr"] for note in call("/admin/notes")}
    free = employees.filtered(
        lambda one: one.active and one.identification_id and one.identification_id not in with_note
    )
    manager = env.ref("base.user_demo").employee_id
    people = list(free[: len(OF_ADMIN) + len(OF_MANAGER)])
    for number, (person, notes) in enumerate(zip(people, (*OF_ADMIN, *OF_MANAGER), strict=True)):
        values = {"job_title": "Nurse", "private_email": f"at.home.{number}@example.com"}
        if number >= len(OF_ADMIN):
            values["parent_id"] = manager.id
        person.write(values)
        for note in notes:
            _note(call, person, notes[0][0], *note)
    connection.action_fetch_now()
    Case = env["nav.sick.case"].sudo()
    Case._follow_marked(env["nav.followup.mark"].sudo()._waiting_employee_ids(Case._today()))
    Case.flush_model()
    _plans(env, *people[:2])


def _note(call: Callable, person, began: int, first: int, last: int, degree: int) -> None:
    period = {"fom": _day(first), "tom": _day(last), "kind": "graded" if degree else "full"}
    call(
        "/admin/notes",
        {
            "fnr": person.identification_id,
            "periods": [{**period, "degree": degree} if degree else period],
            "sick_leave_from": _day(began),
            "measures": "A desk that can be raised and lowered.",
            "message": "Avoid heavy lifting, and vary the tasks.",
        },
    )


def _plans(env, sent, in_work) -> None:
    """A plan that goes to NAV and the doctor with the commit, and one that is a draft."""
    case = env["nav.sick.case"].search([("employee_id", "=", sent.id)], limit=1)
    Plan = env["nav.followup.plan"]
    receivers = {"send_plan_to_nav": True, "send_plan_to_general_practitioner": True}
    plan = Plan.create(
        {
            **PLAN,
            **receivers,
            "case_id": case.id,
            "evaluation_date": _day(14),
            "contribution": "yes",
        }
    )
    plan.action_send()
    case = env["nav.sick.case"].search([("employee_id", "=", in_work.id)], limit=1)
    Plan.with_context(default_case_id=case.id).create({"case_id": case.id})


def _day(number: int) -> str:
    return (date.today() + timedelta(days=number)).isoformat()
