"""The small organisation of the demo that is not connected yet: a visitor connects it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from sandbox import names
from sandbox.identity_numbers import make_identity_number

ORGANISATION = "260084410"
NAME = "Lyngmo Barnehage AS"
UNITS = {"346836091": "Lyngmo Barnehage avd Furua", "303292659": "Lyngmo Barnehage avd Bjørka"}
PEOPLE = 6
# Notes by the person's number: first and last day from this Monday on, kind, degree.
NOTES = (
    (0, -7, 6, "graded", 60),
    (1, -2, 4, "full", None),
    (2, 0, 11, "graded", 40),
    (4, -14, -8, "full", None),
)


def setup(env, call: Callable, company) -> None:
    """Make the organisation in the local registers, its employees here and there, and notes.

    :param env: an Odoo environment of the superuser
    :param call: asks the sandbox's admin endpoint: path and body to JSON
    :param company: the employees' company
    """
    call("/admin/organisations", {"orgnr": ORGANISATION, "name": NAME, "form": "AS"})
    for number, name in UNITS.items():
        call("/admin/organisations", {"orgnr": number, "name": name, "parent": ORGANISATION})
    people = _people()
    admin = env.ref("base.user_admin")
    department = env["hr.department"].create({"name": NAME, "company_id": company.id})
    env["hr.employee"].create(
        [
            {
                "name": name,
                "company_id": company.id,
                "department_id": department.id,
                "leave_manager_id": admin.id,
                "identification_id": fnr,
                "tz": "Europe/Oslo",
            }
            for name, fnr in people
        ]
    )
    _notes(call, people)


def _people() -> list[tuple[str, str]]:
    """Names and identity numbers, the same each time."""
    rng = random.Random(NAME)
    people: list[tuple[str, str]] = []
    while len(people) < PEOPLE:
        born = date(1965, 1, 1) + timedelta(days=rng.randrange(30 * 365))
        # Not each serial number has check digits; of two people one is enough.
        fnr = make_identity_number(born, rng.randrange(500))
        if fnr:
            people.append((names.person(rng), fnr))
    return people


def _notes(call: Callable, people: list[tuple[str, str]]) -> None:
    monday = date.today() - timedelta(days=date.today().weekday())
    units = list(UNITS)
    for person, first, last, kind, degree in NOTES:
        begin = monday + timedelta(days=first)
        period = {
            "fom": begin.isoformat(),
            "tom": (monday + timedelta(days=last)).isoformat(),
            "kind": kind,
        }
        name, fnr = people[person]
        note = {
            "fnr": fnr,
            "name": name,
            "orgnr": units[person % len(units)],
            "periods": [{**period, "degree": degree} if degree else period],
        }
        call("/admin/notes", note)
