"""Which notes form one sick leave, and how it went: the cases of one employee.

Dates are local calendar dates, both ends included. A case is what NAV calls oppfølgingstilfelle:
sick leave without a break of :data:`NEW_CASE_AFTER` calendar days or more (the gap of the employer
period, folketrygdloven § 8-19). The cases depend only on what there is, not on the order in which
it came, so they are computed anew from everything whenever something changes;
:mod:`.followup_continuity` tells which of the remembered cases each of them is.

**What covers a day.** By the strongest of what there is on that day:

1. a period of a note, of a kind in :data:`COUNTING`, on the days that it decides (design R2);
2. self-certified days of a note. No doctor decides on them, so that a note's advisory period on
   the same day does not take them away;
3. manual sick leave, where the caller hands it over.

The other kinds cover nothing, since the employee is at work: advisory periods, treatment days and
travel subsidy. They are shown on the timeline of a case whose days they overlap or adjoin. So does
NAV: its service for oppfølgingstilfeller (navikt/isoppfolgingstilfelle, Oppfolgingstilfellebit.kt,
``isArbeidsdag``) takes days of notes of these three kinds for working days. A case of another
length than NAV's would ask for things on other days than NAV does. A graded period with travel
subsidy is graded.

Self-certified days belong to a note; by themselves, too far from all other sick leave, they make no
case.

**The first day** is the first covered day, or an earlier day that NAV states in ``sykefravaerFom``
of one of the notes: the employer does not have all notes, for instance not those from before the
connection. Since a doctor types that day, it is believed only

* where it lies at most :data:`STATED_AT_MOST` days before the note's own first day. The limit is
  the length of the sick pay period, so that no deadline is lost by it, and it is less than a year,
  so that the commonest mistake, a day in the wrong year, is never believed;
* where it leaves the gap to the case before. Notes of the employer prove that the employee was not
  sick for 16 days; a day that NAV's notes carry along from the earlier sick leave does not undo it.

Of several such days the earliest counts: a note of an extension often states its own beginning.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .absence import TIME_OFF_KINDS, NotePeriod, newest_wins
from .intervals import Range, Ranges, intersect, subtract, union
from .sick_note import FULL, Period

SELF_CERTIFIED = "self_certified"
MANUAL = "manual"

COUNTING = TIME_OFF_KINDS
NEW_CASE_AFTER = 16  # calendar days without cover
STATED_AT_MOST = 52 * 7  # days

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Note:
    """A sick note in effect; withdrawn ones are left out by the caller.

    :param id: names the note, for instance its database id
    :param loepenr: the note's running number at NAV; the highest decides
    :param periods: what :class:`.sick_note.Period` has of days, kind and degree
    :param self_certified: pairs of (first day, last day)
    :param absence_from: ``sykefravaerFom``
    """

    id: Hashable
    loepenr: int
    periods: tuple[Period, ...]
    self_certified: Ranges = ()
    absence_from: date | None = None


@dataclass(frozen=True)
class Manual:
    """Sick leave that a person registered, in a state that counts; ``degree`` in percent."""

    id: Hashable
    date_from: date
    date_to: date
    degree: int = 100


@dataclass(frozen=True)
class Stretch:
    """Days of a timeline that one thing decides.

    :ivar kind: a kind of :mod:`.sick_note`, or SELF_CERTIFIED, or MANUAL
    :ivar degree: percent of sick leave; without meaning for kinds that have no degree
    :ivar source: the id of the note, or of the manual leave for MANUAL
    """

    date_from: date
    date_to: date
    kind: str
    degree: int
    source: Hashable

    @property
    def covers(self) -> bool:
        """Whether its days are sick leave; else they are shown only."""
        return self.kind in COUNTING or self.kind in (SELF_CERTIFIED, MANUAL)

    @property
    def is_full(self) -> bool:
        """Whether the employee does no work at all."""
        return self.kind in (FULL, SELF_CERTIFIED, MANUAL) and self.degree == 100


@dataclass(frozen=True)
class Case:
    """One sick leave.

    :ivar first_day: what deadlines are counted from
    :ivar last_day: the last covered day
    :ivar covered: the covered days
    :ivar notes: ids of the notes with a day in the case or adjoining it, by loepenr; also of those
        whose every day a newer note decides
    :ivar manual: ids of manual leave in it
    :ivar timeline: stretches in order; they do not overlap. One that covers nothing may begin
        before and end after the case.
    """

    first_day: date
    last_day: date
    covered: Ranges
    notes: tuple[Hashable, ...]
    manual: tuple[Hashable, ...]
    timeline: tuple[Stretch, ...]

    @property
    def is_stated(self) -> bool:
        """Whether the first day is one that NAV states, and no note or leave covers it."""
        return self.first_day < self.covered[0][0]


def cases(notes: Iterable[Note], manual: Iterable[Manual] = ()) -> tuple[Case, ...]:
    """The cases of one employee, in order of their days.

    :param notes: all notes in effect
    :param manual: manual sick leave that shall count
    """
    notes = tuple(sorted(notes, key=lambda note: (note.loepenr, str(note.id))))
    manual = tuple(manual)
    stretches, shown = _timeline(notes, manual)
    solid = _days(stretch for stretch in stretches if stretch.kind != SELF_CERTIFIED)
    spans = _spans(stretches)
    loose = [span for span in spans if not intersect([span], solid)]
    found: list[Case] = []
    for span in spans:
        if span not in loose:
            latest = found[-1].last_day if found else None
            first_day = _first_day(span, latest, loose, notes, stretches)
            days = (first_day, span[1])
            found.append(_case(days, notes, manual, stretches, shown))
    return tuple(found)


# --- what covers which day ---


def _timeline(notes, manual) -> tuple[list[Stretch], list[tuple[Range, Stretch]]]:
    """The stretches that cover days, and those only shown with the days of their period."""
    counting, others = [], []
    for period, days in _decided(notes, lambda note: note.periods):
        if period.kind in COUNTING:
            counting += _stretches(days, period.kind, period.degree, period.note)
        else:
            others.append(((period.date_from, period.date_to), days, period))
    covering = counting + _self_certified(notes, _days(counting))
    covering += _manual(manual, _days(covering))
    covered = _days(covering)
    shown = [
        (whole, stretch)
        for whole, days, period in others
        for stretch in _stretches(subtract(days, covered), period.kind, period.degree, period.note)
    ]
    return covering, shown


def _decided(notes, periods_of):
    """Each period with the days that it decides, the periods being of the kind of NotePeriod."""
    periods = [
        NotePeriod(
            (place, number),
            note.id,
            note.loepenr,
            period.date_from,
            period.date_to,
            period.kind,
            period.degree,
        )
        for place, note in enumerate(notes)
        for number, period in enumerate(periods_of(note))
    ]
    decided = newest_wins(periods)
    return [(period, decided[period.key]) for period in periods]


def _self_certified(notes, taken) -> list[Stretch]:
    def periods(note):
        return [Period(*days, SELF_CERTIFIED, 100) for days in union(note.self_certified)]

    return [
        stretch
        for period, days in _decided(notes, periods)
        for stretch in _stretches(subtract(days, taken), SELF_CERTIFIED, 100, period.note)
    ]


def _manual(manual, taken) -> list[Stretch]:
    """Where two manual leaves share a day, the one with the higher degree holds it."""
    stretches = []
    for leave in sorted(manual, key=lambda leave: (-leave.degree, leave.date_from, str(leave.id))):
        days = ((leave.date_from, leave.date_to),)
        stretches += _stretches(subtract(days, taken), MANUAL, leave.degree, leave.id)
        taken = union(taken, days)
    return stretches


def _stretches(days: Ranges, kind, degree, source) -> list[Stretch]:
    return [Stretch(first, last, kind, degree, source) for first, last in days]


def _days(stretches: Iterable[Stretch]) -> Ranges:
    return union((stretch.date_from, stretch.date_to) for stretch in stretches)


# --- which days are one case ---


def free_days(last: date, first: date) -> int:
    """Calendar days between two days of sick leave, neither of them counted."""
    return (first - last).days - 1


def _spans(stretches) -> list[Range]:
    """First and last day of sick leave without a gap that would begin a new case."""
    spans: list[Range] = []
    for first, last in _days(stretches):
        if spans and free_days(spans[-1][1], first) < NEW_CASE_AFTER:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans


def _first_day(span, latest, loose, notes, stretches) -> date:
    """The first day of the case that covers the days of ``span``.

    :param latest: the last day of the case before, or None
    :param loose: spans of self-certified days alone. One that a stated first day takes in, or
        comes near to, belongs to the case.
    """
    first_day = min([span[0], *_stated(span, latest, notes, stretches)])
    for first, last in loose:
        if first < first_day and free_days(last, first_day) < NEW_CASE_AFTER:
            return first
    return first_day


def _case(days, notes, manual, stretches, shown) -> Case:
    near = ((days[0] - _ONE_DAY, days[1] + _ONE_DAY),)
    inside = [stretch for stretch in stretches if intersect(_days([stretch]), [days])]
    inside += [stretch for whole, stretch in shown if intersect([whole], near)]
    inside.sort(key=lambda stretch: (stretch.date_from, stretch.date_to))
    return Case(
        first_day=days[0],
        last_day=days[1],
        covered=intersect(_days(stretches), [days]),
        notes=tuple(note.id for note in notes if intersect(near, _all_days(note))),
        manual=tuple(
            leave.id
            for leave in sorted(manual, key=lambda leave: (leave.date_from, str(leave.id)))
            if intersect([(leave.date_from, leave.date_to)], [days])
        ),
        timeline=tuple(inside),
    )


def _all_days(note: Note) -> Ranges:
    periods = ((period.date_from, period.date_to) for period in note.periods)
    return union(periods, note.self_certified)


def _stated(span, latest, notes, stretches) -> list[date]:
    """First days that the notes of the case state and that are believed."""
    begins: dict[Hashable, date] = {}
    for stretch in stretches:
        if stretch.kind in COUNTING:
            begins[stretch.source] = min(
                stretch.date_from, begins.get(stretch.source, stretch.date_from)
            )
    return [
        note.absence_from
        for note in notes
        if note.absence_from
        and note.id in begins
        and span[0] <= begins[note.id] <= span[1]
        and (begins[note.id] - note.absence_from).days <= STATED_AT_MOST
        and (latest is None or free_days(latest, note.absence_from) >= NEW_CASE_AFTER)
    ]
