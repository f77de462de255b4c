"""The sandbox for a bench: an employer with one sub-unit, whose notes come when they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sandbox.notes import build_note
from sandbox.population import make_population
from sandbox.server import SandboxServer

SPREAD = 30
LENGTH = timedelta(days=13)


def stretch(number: int) -> tuple[date, date]:
    """Return the two weeks that the leave of the ``number``-th employee covers.

    They begin on one of 30 Mondays, all of them past.
    """
    today = date.today()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=SPREAD + 2 - number % SPREAD)
    return first, first + LENGTH


class LocalNav:
    """A sandbox that answers on loopback, driven by its methods.

    :param employees: size of the population, which has no notes at first
    """

    def __init__(self, employees: int):
        self._sandbox = SandboxServer(employees=employees, units=1).start()

    def close(self):
        self._sandbox.stop()

    def addresses(self) -> dict[str, str]:
        """Return the values that a ``nav.maskinporten.client`` needs to reach it."""
        names = ("maskinporten_url", "sykepenger_url", "enhetsregisteret_url")
        return {
            **{name: getattr(self._sandbox, name) for name in names},
            "owner_org_number": self._sandbox.main_unit,
        }

    def people(self) -> list[tuple[str, str]]:
        """Return name and identity number of all employees."""
        return [(person["name"], person["fnr"]) for person in self._sandbox.employees]

    def allow(self, client_id: str, jwk: dict):
        """Register a client with its public key, and approve its system user."""
        self._sandbox.allow(client_id, jwk, self._sandbox.main_unit)

    def add_notes(self, first: int, count: int, degree: int = 100):
        """Add a note for each of ``count`` employees, beginning with the ``first``-th."""
        for number in range(count):
            person = self._sandbox.employees[first + number]
            begin, end = stretch(number)
            kind = {"kind": "full"} if degree == 100 else {"kind": "graded", "degree": degree}
            raw = build_note(
                loepenr=self._sandbox.state.notes.take_number(),
                fnr=person["fnr"],
                name=person["name"],
                orgnr=person["orgnr"],
                org_name=person["unit_name"],
                periods=[{"fom": begin, "tom": end, **kind}],
                received=datetime.combine(date.today(), time(8)),
                sick_leave_from=begin,
                message="Ta gjerne en samtale om oppgavene fremover.",
            )
            self._sandbox.add_raw_note(raw)

    def add_history(self, notes: int):
        """Add a year's notes of all kinds for all employees."""
        # The same plan and seed give the same employees.
        population = make_population(replace(self._sandbox.plan, notes=notes))
        for raw in population.notes:
            self._sandbox.add_raw_note(raw, received=raw["mottattAvNav"])

    def requests(self) -> int:
        """Return the number of requests for notes since the last time this was asked."""
        count = len(self._sandbox.requests.of("sykepenger"))
        self._sandbox.requests.clear()
        return count
