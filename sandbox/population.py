"""A made-up employer: its units, employees and their sick notes, the same for the same seed."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta

from . import names
from .identity_numbers import draw_org_number, make_identity_number
from .notes import build_note
from .options import today_in_norway
from .organisations import Organisation

DEGREES = (20, 30, 40, 50, 50, 50, 60, 60, 70, 80, 80, 90)
# Shares of the kinds of notes: most are full, about a quarter graded, the rest rare.
SHARES = (
    ("full", 60),
    ("graded", 27),
    ("mixed", 4),
    ("advisory", 3),
    ("treatment_days", 3),
    ("travel_subsidy", 3),
)
D_NUMBER_SHARE = 0.08
EXTENSION_SHARE = 0.35
CORRECTION_SHARE = 0.04
WEEKEND_SHARE = 0.01
SELF_CERTIFIED_SHARE = 0.2
HISTORY_DAYS = 365


@dataclass
class Plan:
    """What a population is made of; the same plan gives the same population.

    :param today: the day around which the notes lie
    :param units: number of sub-units of the employer
    :param levels: 2 for a company with sub-units, 3 for a public body with a level between
    """

    employees: int = 40
    notes: int = 60
    seed: int = 1
    today: date = field(default_factory=today_in_norway)
    units: int = 4
    levels: int = 2

    def __post_init__(self):
        if self.employees < 0 or self.notes < 0 or self.units < 1:
            raise ValueError("employees and notes are not negative, units at least 1")
        if self.notes and not self.employees:
            raise ValueError("notes need employees")
        if self.levels not in (2, 3):
            raise ValueError("levels is 2 or 3")

    def to_dict(self) -> dict:
        return {**asdict(self), "today": self.today.isoformat()}

    @classmethod
    def from_dict(cls, values: dict) -> "Plan":
        return cls(**{**values, "today": date.fromisoformat(values["today"])})


@dataclass
class Population:
    """The organisations (parents first), the employees, and the notes in the order of sending."""

    organisations: list[Organisation]
    employees: list[dict]
    notes: list[dict]

    @property
    def main_unit(self) -> str:
        return self.organisations[0].orgnr


def make_population(plan: Plan) -> Population:
    """Return the population of a plan."""
    rng = random.Random(f"sandbox {plan.seed}")
    organisations = _employer(rng, plan)
    units = [unit for unit in organisations if unit.is_sub_unit]
    employees = [
        _employee(rng, units, number, numbers)
        for numbers in [set()]
        for number in range(plan.employees)
    ]
    for unit in units:
        unit.employees = sum(person["orgnr"] == unit.orgnr for person in employees)
    organisations[0].employees = len(employees)
    notes = _number(rng, _draw_notes(rng, plan, employees))
    return Population(organisations + _public_body(rng), employees, notes)


def _employer(rng, plan: Plan) -> list[Organisation]:
    main = Organisation(draw_org_number(rng), "Fjordheim Omsorg AS", "AS", city="OSLO")
    units, above = [main], main
    if plan.levels == 3:
        main.name, main.form = "Fjordheim kommune", "KOMM"
        above = Organisation(
            draw_org_number(rng), "Fjordheim kommune omsorg", "ORGL", parent=main.orgnr
        )
        units.append(above)
    for number in range(plan.units):
        site = names.site(number)
        postal_code, city, municipality = names.TOWNS[number % len(names.TOWNS)]
        units.append(
            Organisation(
                draw_org_number(rng),
                f"Fjordheim Omsorg avd {site}",
                "BEDR",
                parent=above.orgnr,
                street=names.street(rng),
                postal_code=postal_code,
                city=city,
                municipality=municipality,
            )
        )
    return units


def _public_body(rng) -> list[Organisation]:
    """Return a municipality with a level between it and its sub-units, without employees."""
    top = Organisation(draw_org_number(rng), "Sandnesfjord kommune", "KOMM")
    level = Organisation(
        draw_org_number(rng), "Sandnesfjord kommune oppvekst", "ORGL", parent=top.orgnr
    )
    sites = [
        Organisation(draw_org_number(rng), f"Sandnesfjord {site}", "BEDR", parent=level.orgnr)
        for site in ("skole", "barnehage")
    ]
    return [top, level, *sites]


def _employee(rng, units, number: int, taken: set) -> dict:
    while True:
        born = date(1957, 1, 1) + timedelta(days=rng.randrange(48 * 365))
        serial = rng.randrange(500) + (500 if born.year >= 2000 else 0)
        d_number = rng.random() < D_NUMBER_SHARE
        fnr = make_identity_number(born, serial, d_number=d_number)
        if fnr and fnr not in taken:
            taken.add(fnr)
            break
    unit = units[0] if number == 0 else rng.choice(units)
    return {
        "fnr": fnr,
        "name": names.person(rng),
        "orgnr": unit.orgnr,
        "unit_name": unit.name,
        "d_number": d_number,
    }


def _draw_notes(rng, plan: Plan, employees) -> list[dict]:
    """Return the parameters of all notes: cases with their extensions and corrections."""
    drafts: list[dict] = []
    while len(drafts) < plan.notes:
        drafts.extend(_case(rng, plan, rng.choice(employees)))
    return drafts[: plan.notes]


def _case(rng, plan: Plan, person) -> Iterator[dict]:
    """Give the notes of one sick leave: the first, extensions, and sometimes a correction."""
    begin = plan.today - timedelta(days=int(HISTORY_DAYS * rng.random() ** 2))
    if rng.random() < WEEKEND_SHARE:
        begin -= timedelta(days=(begin.weekday() - 5) % 7)
        yield _draft(rng, plan, person, begin, begin, begin + timedelta(days=1), kind="full")
        return
    first, last = begin, begin + timedelta(days=rng.choice((2, 4, 6, 6, 13, 13, 13, 20, 27)))
    yield _draft(rng, plan, person, begin, first, last)
    while rng.random() < EXTENSION_SHARE:
        first, last = last + timedelta(days=1), last + timedelta(days=rng.choice((7, 14, 14, 28)))
        if first > plan.today + timedelta(days=3):
            return
        yield _draft(rng, plan, person, begin, first, last)
    if rng.random() < CORRECTION_SHARE:
        middle = first + (last - first) / 2
        yield _draft(rng, plan, person, begin, middle, last, kind="graded", written=middle)


def _draft(rng, plan: Plan, person, begin, first, last, *, kind=None, written=None) -> dict:
    """Return the parameters of one note: when it was written, and what :func:`build_note` takes."""
    kind = kind or rng.choices([k for k, _ in SHARES], [share for _, share in SHARES])[0]
    day = min((written or first) + timedelta(days=rng.randrange(3)), plan.today)
    received = datetime.combine(day, time(7)) + timedelta(seconds=rng.randrange(9 * 3600))
    sent = received + timedelta(seconds=rng.randrange(60, 3600))
    self_certified = ()
    if first == begin and rng.random() < SELF_CERTIFIED_SHARE:
        days = rng.randrange(1, 4)
        self_certified = ((first - timedelta(days=days), first - timedelta(days=1)),)
        begin = self_certified[0][0]
    return {
        "fnr": person["fnr"],
        "name": person["name"],
        "orgnr": person["orgnr"],
        "org_name": person["unit_name"],
        "note_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "periods": _periods(rng, kind, first, last),
        "received": received,
        "sent": sent,
        "sick_leave_from": begin if rng.random() < 0.95 else None,
        "self_certified": self_certified,
        "doctor": _doctor(rng),
        **_advice(rng),
    }


def _periods(rng, kind: str, first: date, last: date) -> list[dict]:
    if kind == "mixed":
        middle = first + (last - first) // 2
        return [
            {"fom": first, "tom": middle, "kind": "full"},
            {
                "fom": middle + timedelta(days=1),
                "tom": max(last, middle + timedelta(days=1)),
                "kind": "graded",
                "degree": rng.choice(DEGREES),
            },
        ]
    period = {"fom": first, "tom": last, "kind": kind}
    if kind == "graded":
        period.update(degree=rng.choice(DEGREES), travel_subsidy=rng.random() < 0.05)
    elif kind == "treatment_days":
        period["per_week"] = rng.choice((1, 1, 2))
    return [period]


def _doctor(rng) -> dict | None:
    if rng.random() < 0.1:
        return None
    return {"navn": names.person(rng), "tlf": f"000{rng.randrange(10**5):05}"}


def _advice(rng) -> dict:
    if rng.random() < 0.6:
        return {}
    return {
        "prognosis": {
            "erArbeidsfoerEtterEndtPeriode": rng.random() < 0.7,
            "beskrivHensynArbeidsplassen": None,
        },
        "message": rng.choice((None, "Ta gjerne en samtale om oppgavene fremover.")),
        "measures": rng.choice((None, "Lettere oppgaver og korte pauser.", "Hjemmekontor.")),
    }


def _number(rng, drafts: list[dict]) -> list[dict]:
    """Return the notes, numbered in the order of sending.

    The numbers have gaps, since NAV counts across all employers.
    """
    loepenr, notes = 1000, []
    for draft in sorted(drafts, key=lambda item: item["sent"]):
        loepenr += rng.randrange(1, 8)
        notes.append(build_note(loepenr=loepenr, **draft))
    return notes
