"""What happens outside Odoo, all of it from a seed: notes, time off by hand, plans, faults."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sandbox.identity_numbers import draw_org_number
from sandbox.population import Plan, make_population
from sandbox.server import SandboxServer

# What can go wrong, where, and what it takes.
FAULTS = (
    ("no_answer", {"mode": "abort"}),
    ("answer_lost", {}),
    ("unauthorized", {}),
    ("too_many_requests", {"retry_after": 1}),
    ("server_error", {"status": 500}),
    ("server_error", {"status": 503, "retry_after": 1}),
    ("server_error", {"status": 502, "processed": True}),
    ("slow", {"seconds": 1}),
    ("cut_json", {}),
    ("not_json", {}),
    ("not_json", {"status": 502}),
)
PLACES = ("sykepenger.notes", "sykepenger.notes", "maskinporten.token", "followup_plan")
PAGE_FAULTS = (
    ("unknown_values", {"what": "keys"}),
    ("duplicate", {"loepenr": "same"}),
    ("duplicate", {"loepenr": "new"}),
    ("out_of_order", {"seed": 5}),
    ("late_low_loepenr", {}),
    ("huge", {"size": 100_000}),
)
# One employee in so many is missing in Odoo: their notes wait, which is a true problem.
MISSING_ONE_IN = 12
# How long before and after a day of sickness HR registers time off by hand.
AROUND = timedelta(days=3)


@dataclass(frozen=True)
class Size:
    """How much happens.

    :param users: how many of the employees have a user, and are told of their leave
    :param plans: how many follow-up plans are sent on the last day
    """

    employees: int = 60
    notes: int = 150
    connections: int = 2
    days: int = 3
    users: int = 10
    plans: int = 4
    seed: int = 1


@dataclass(frozen=True)
class Day:
    """One day: the notes that NAV gets, and time off that HR registers by hand.

    :param by_hand: (identity number, "sick" or "vacation", first day, last day)
    """

    notes: list[dict]
    by_hand: list[tuple[str, str, date, date]]


class Story:
    """An employer of several organisations, and what happens to it day by day."""

    def __init__(self, size: Size, today: date):
        self.size, self.today = size, today
        rng = random.Random(f"story {size.seed}")
        self._plan = Plan(
            size.employees, size.notes, size.seed, today, units=max(2 * size.connections, 2)
        )
        population = make_population(self._plan)
        units = [unit for unit in population.organisations if unit.parent == population.main_unit]
        mains = [draw_org_number(rng) for _ in range(size.connections - 1)]
        self.mains = [population.main_unit, *mains]
        self._above = {
            unit.orgnr: self.mains[number % size.connections] for number, unit in enumerate(units)
        }
        self.people = {main: [] for main in self.mains}
        for number, person in enumerate(population.employees):
            if (number + 1) % MISSING_ONE_IN:
                employer = self._above[person["orgnr"]]
                self.people[employer].append((person["name"], person["fnr"]))
        self.days = list(self._days(rng, population.notes))
        self.plans = self._people_with_plans(population.notes)

    def _days(self, rng, notes):
        here = {number for people in self.people.values() for _name, number in people}
        untouched = set(here)
        share = -(-len(notes) // self.size.days)
        for start in range(0, len(notes), share):
            batch = notes[start : start + share]
            by_hand = []
            for raw in rng.sample(batch, len(batch) // 8):
                number = raw["sykmeldt"]["fnr"]
                if number in untouched:
                    untouched.discard(number)
                    first = date.fromisoformat(raw["sykmeldingPerioder"][0]["fom"])
                    kind = rng.choice(("sick", "vacation"))
                    by_hand.append((number, kind, first - AROUND, first + AROUND))
            yield Day(batch, by_hand)

    def _people_with_plans(self, notes) -> list[str]:
        """Identity numbers of people who are sick today, and for whom a plan is sent."""
        here = {number for people in self.people.values() for _name, number in people}
        found = {}
        for raw in notes:
            number = raw["sykmeldt"]["fnr"]
            for period in raw["sykmeldingPerioder"]:
                sick = period["aktivitet"]["aktivitetIkkeMulig"] or period["aktivitet"].get(
                    "gradert"
                )
                first, last = (date.fromisoformat(period[name]) for name in ("fom", "tom"))
                if sick and first <= self.today <= last and number in here:
                    found[number] = True
        return list(found)[: self.size.plans]

    # ------------------------------------------------------------------ NAV

    def open_nav(self, port: int = 0) -> SandboxServer:
        """Return a running sandbox with the employer's people and no notes yet."""
        empty = replace(self._plan, notes=0)
        sandbox = SandboxServer(
            port,
            employees=empty.employees,
            seed=empty.seed,
            units=empty.units,
            today=self.today,
        )
        for main in self.mains[1:]:
            sandbox.add_organisation(main, f"Fjordheim {main[-3:]} AS", "AS")
        for unit, main in self._above.items():
            sandbox.state.organisations.get(unit).parent = main
        return sandbox.start()

    def allow(self, sandbox: SandboxServer, client_id: str, jwk: dict):
        """Register the client, with a system user in each organisation."""
        for main in self.mains:
            sandbox.allow(client_id, jwk, self.mains[0], main)
            sandbox.delegate(main, self.mains[0], "nav:oppfolgingsplan/lps.write")

    def order_faults(self, sandbox: SandboxServer, day: int):
        """Let go wrong on a day what the seed says."""
        rng = random.Random(f"faults {self.size.seed} {day}")
        for _number in range(rng.randrange(6, 12)):
            kind, params = rng.choice(FAULTS)
            place = rng.choice(PLACES)
            sandbox.faults.add(
                kind, place, times=rng.randrange(1, 4), after=rng.randrange(6), **params
            )
        for _number in range(rng.randrange(1, 4)):
            kind, params = rng.choice(PAGE_FAULTS)
            sandbox.faults.add(kind, "sykepenger.notes", after=rng.randrange(4), **params)
