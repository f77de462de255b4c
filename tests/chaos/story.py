"""What happens outside Odoo, all of it from a seed: notes, time off by hand, plans."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sandbox.identity_numbers import draw_org_number
from sandbox.population import Plan, make_population
from sandbox.server import SandboxServer

# One employee in so many is missing in Odoo: their notes wait.
MISSING_ONE_IN = 12
# How long before and after a day of sickness HR registers time off by hand.
AROUND = timedelta(days=3)
# What NAV may think of one day, and Odoo cannot know.
UNKNOWN_KIND = {"harReisetilskudd": False, "nyAktivitetstype": {"omfang": "delvis"}}


@dataclass(frozen=True)
class Size:
    """How much happens.

    :param users: how many of the employees have a user, and are told of their leave
    :param plans: how many follow-up plans are sent on the last day
    :param page: most notes in one answer of NAV's
    """

    employees: int = 60
    notes: int = 150
    connections: int = 2
    days: int = 3
    users: int = 10
    plans: int = 4
    seed: int = 1
    page: int = 1000


@dataclass(frozen=True)
class Day:
    """One day: the notes that NAV gets, and time off that HR registers by hand.

    :param by_hand: (identity number, "sick" or "vacation", first day, last day)
    """

    notes: list[dict]
    by_hand: list[tuple[str, str, date, date]]


class Story:
    """An employer of several organisations, and what happens to it day by day.

    Three things are wrong in truth, with or without faults: some employees are missing in Odoo, NAV
    gives no access to one sub-unit, and one note is of a kind that nobody knows.
    """

    def __init__(self, size: Size, today: date):
        self.size, self.today = size, today
        rng = random.Random(f"story {size.seed}")
        # One more than two for each, which is the one without access.
        units = 2 * size.connections + 1
        self._plan = Plan(size.employees, size.notes, size.seed, today, units=units)
        population = make_population(self._plan)
        units = [unit for unit in population.organisations if unit.parent == population.main_unit]
        mains = [draw_org_number(rng) for _ in range(size.connections - 1)]
        self.mains = [population.main_unit, *mains]
        self.denied = units[-1].orgnr
        self._above = {
            unit.orgnr: self.mains[number % size.connections] for number, unit in enumerate(units)
        }
        self.people = {main: [] for main in self.mains}
        for number, person in enumerate(population.employees):
            if (number + 1) % MISSING_ONE_IN:
                employer = self._above[person["orgnr"]]
                self.people[employer].append((person["name"], person["fnr"]))
        self._here = {number for people in self.people.values() for _name, number in people}
        self.unusable = self._spoil_one(rng, population.notes)
        self.days = list(self._days(rng, population.notes))
        self.plans = self._people_with_plans(population.notes)

    def _spoil_one(self, rng, notes) -> str:
        """Make one note of a kind that is not known; returns NAV's id of it."""
        raw = rng.choice(
            [raw for raw in notes if self._is_given(raw) and _number(raw) in self._here]
        )
        for period in raw["sykmeldingPerioder"]:
            period["aktivitet"] = UNKNOWN_KIND
        return raw["sykmeldingId"]

    def _days(self, rng, notes):
        untouched = set(self._here)
        share = -(-len(notes) // self.size.days)
        for start in range(0, len(notes), share):
            batch = notes[start : start + share]
            by_hand = []
            for raw in rng.sample(batch, len(batch) // 8):
                number = _number(raw)
                if number in untouched:
                    untouched.discard(number)
                    first = date.fromisoformat(raw["sykmeldingPerioder"][0]["fom"])
                    kind = rng.choice(("sick", "vacation"))
                    by_hand.append((number, kind, first - AROUND, first + AROUND))
            yield Day(batch, by_hand)

    def _people_with_plans(self, notes) -> list[str]:
        """Identity numbers of people who are sick today, and for whom a plan is sent."""
        found = {}
        for raw in notes:
            if not self._is_given(raw) or _number(raw) not in self._here:
                continue
            for period in raw["sykmeldingPerioder"]:
                activity = period["aktivitet"]
                sick = activity.get("aktivitetIkkeMulig") or activity.get("gradertSykmelding")
                first, last = (date.fromisoformat(period[name]) for name in ("fom", "tom"))
                if sick and first <= self.today <= last:
                    found[_number(raw)] = True
        return list(found)[: self.size.plans]

    def _is_given(self, raw) -> bool:
        return raw["arbeidsgiver"]["orgnr"] != self.denied

    # ------------------------------------------------------------------ what is true at the end

    def notes_given(self) -> dict[str, tuple[str, ...]]:
        """{NAV's id of each note that Odoo may have: the states that it may be in at the end}"""
        given = {}
        for day in self.days:
            for raw in filter(self._is_given, day.notes):
                states = ("applied", "superseded") if _number(raw) in self._here else ("waiting",)
                given[raw["sykmeldingId"]] = states
        return {**given, self.unusable: ("failed",)}

    def true_problems(self) -> set[tuple[str, str]]:
        """(the connection's organisation number, what it is about) of each problem with a cause."""
        [of_unusable] = {
            self._above[raw["arbeidsgiver"]["orgnr"]]
            for day in self.days
            for raw in day.notes
            if raw["sykmeldingId"] == self.unusable
        }
        return {(of_unusable, "notes"), (self._above[self.denied], "units")}

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
        sandbox.options.page_limit = self.size.page
        for main in self.mains[1:]:
            sandbox.add_organisation(main, f"Fjordheim {main[-3:]} AS", "AS")
        for unit, main in self._above.items():
            sandbox.state.organisations.get(unit).parent = main
        return sandbox.start()

    def allow(self, sandbox: SandboxServer, client_id: str, jwk: dict):
        """Register the client, with a system user in each organisation."""
        for main in self.mains:
            units = [unit for unit, above in self._above.items() if above == main]
            allowed = [unit for unit in units if unit != self.denied]
            sandbox.allow(client_id, jwk, self.mains[0], main, units=allowed)
            sandbox.delegate(main, self.mains[0], "nav:oppfolgingsplan/lps.write")


def _number(raw) -> str:
    return raw["sykmeldt"]["fnr"]
