"""Notes, manual leave, withdrawals and locks in any order, against the day-by-day oracle.

What is compared, and why. The days of NAV leave depend only on the notes in effect and are compared
in every run. The days of manual leave depend on the order in one respect: what has yielded to a
note that is withdrawn comes back only on request (R6), so that on its days a manual leave stands
when it was registered afterwards and not when it was there before. On all other days manual leave
is compared exactly, on these it must be one or the other; in runs without such days the whole
calendar is compared. See ``oracle.manual_days``.
"""

import itertools
from collections import namedtuple
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain.absence import (
    ManualLeave,
    NavLeave,
    NotePeriod,
    YieldedLeave,
    decide,
)

from . import oracle
from .oracle import each_day, span

examples = settings(
    max_examples=250,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# What happens to an employee's calendar.
Note = namedtuple("Note", "name periods")
Withdrawal = namedtuple("Withdrawal", "name")
Lock = namedtuple("Lock", "days")


class Calendar:
    """One employee's leaves, changed as plans say and in no other way."""

    def __init__(self, breaks=()):
        self.breaks = breaks
        self.notes = {}
        self.withdrawn = set()
        self.nav = {}
        self.manual = {}  # key of a stretch → (name of the manual leave, its first and last day)
        self.manual_seen = set()
        self.yielded = {}  # key of a stretch → (name of the manual leave, first, last, note)
        self.locked = set()
        self._numbers = itertools.count(1)

    # --- what happens ---

    def happen(self, event):
        """Take in one event, decide, and carry the plan out. Each may happen again."""
        if isinstance(event, Note):
            self.notes[event.name] = event.periods
        elif isinstance(event, Withdrawal):
            self.withdrawn.add(event.name)
        elif isinstance(event, Lock):
            self.locked |= event.days
        elif event.key not in self.manual_seen:
            self.manual_seen.add(event.key)
            self._add_manual(event.key, *span(event))
        self.carry_out(self.plan())
        return self

    def plan(self):
        return decide(
            self.in_effect(),
            [ManualLeave(key, first, last) for key, (_name, first, last) in self.manual.items()],
            self.nav.values(),
            locked=[(day, day) for day in self.locked],
            breaks=self.breaks,
            yielded=[
                YieldedLeave(key, first, last, note)
                for key, (_name, first, last, note) in self.yielded.items()
                if note not in self.withdrawn
            ],
        )

    def carry_out(self, plan):
        """Do what the plan says, refusing what makes no sense."""
        for key in plan.cancel:
            del self.nav[key]
        assert len({change.leave for change in plan.resize}) == len(plan.resize)
        for change in plan.resize:
            old = self.nav[change.leave]
            assert span(change) != span(old), "a change that changes nothing"
            self.nav[change.leave] = NavLeave(old.key, old.period, *span(change), old.degree)
        for new in plan.create:
            key = f"nav {next(self._numbers)}"
            self.nav[key] = NavLeave(key, new.period, *span(new), new.degree)
        for replacement in plan.replace:
            self._replace(replacement, *self.manual.pop(replacement.leave))
        for replacement in plan.restore:
            assert replacement.kept, "nothing comes back"
            self._replace(replacement, *self.yielded.pop(replacement.leave)[:3])
        self.check()

    def _replace(self, replacement, name, first, last):
        parts = [*replacement.kept, *map(span, replacement.removed)]
        days = [day for part in parts for day in each_day(*part)]
        assert sorted(days) == list(each_day(first, last)), "kept and removed are the whole leave"
        in_effect = {period.note for period in self.in_effect()}
        assert {stretch.note for stretch in replacement.removed} <= in_effect
        for part in replacement.kept:
            self._add_manual(name, *part)
        for stretch in replacement.removed:
            key = f"yielded {next(self._numbers)}"
            self.yielded[key] = (name, *span(stretch), stretch.note)

    def _add_manual(self, name, first, last):
        self.manual[f"manual {next(self._numbers)}"] = (name, first, last)

    # --- what there is ---

    def in_effect(self):
        return [
            period
            for name, periods in self.notes.items()
            if name not in self.withdrawn
            for period in periods
        ]

    def nav_days(self):
        return {
            day: (leave.period, leave.degree)
            for leave in self.nav.values()
            for day in each_day(*span(leave))
        }

    def manual_days(self):
        return {
            (day, name)
            for name, first, last in self.manual.values()
            for day in each_day(first, last)
        }

    def holder(self, day):
        """The keys of the NAV leaves, none or one, that hold a day."""
        return {key for key, leave in self.nav.items() if day in each_day(*span(leave))}

    def content(self, day):
        """What a payslip sees of a day."""
        return self.nav_days().get(day), {name for on, name in self.manual_days() if on == day}

    def check(self):
        """What must be true of every calendar at any time."""
        days = [day for leave in self.nav.values() for day in each_day(*span(leave))]
        assert len(days) == len(set(days)), "two NAV leaves share a day"
        for day, name in self.manual_days():
            assert day in self.locked or day not in days, f"{name} stands beside NAV leave on {day}"
        if not self.locked:
            for leave in self.nav.values():
                inside = [day for day in self.breaks if leave.date_from < day <= leave.date_to]
                assert not inside, f"{leave} goes over the break {inside}"
        again = self.plan()
        assert again.changes_nothing, f"deciding again changes something: {again}"


def end_of(events, breaks=()):
    calendar = Calendar(breaks)
    for event in events:
        calendar.happen(event)
    return calendar


def expect_oracle(calendar, events):
    """On every day that is not locked, the calendar is the oracle's."""
    notes = {event for event in events if isinstance(event, Note)}
    withdrawn = {event.name for event in events if isinstance(event, Withdrawal)}
    manual = {event for event in events if isinstance(event, ManualLeave)}
    ever = [period for note in notes for period in note.periods]
    in_effect = [period for period in ever if period.note not in withdrawn]
    assert _unlocked(calendar, calendar.nav_days().items()) == _unlocked(
        calendar, oracle.nav_days(in_effect).items()
    )
    must, may = oracle.manual_days(manual, ever, in_effect)
    stands = _unlocked(calendar, calendar.manual_days())
    assert _unlocked(calendar, must) <= stands <= may


def _unlocked(calendar, pairs):
    return {(day, what) for day, what in pairs if day not in calendar.locked}


# --- what can happen, in some ten weeks around days that calendars get wrong ---

BEGINNINGS = st.sampled_from([date(2026, 5, 25), date(2026, 12, 10), date(2028, 2, 12)])
KINDS = st.sampled_from(["full", "graded", "advisory", "treatment_days", "travel_subsidy"])
NAMES = "ABCDEF"


@st.composite
def spans(draw, beginning):
    first = beginning + timedelta(days=draw(st.integers(0, 45)))
    return first, first + timedelta(days=draw(st.integers(0, 19)))


@st.composite
def note_events(draw, beginning, name, loepenr, kinds=KINDS):
    day = beginning + timedelta(days=draw(st.integers(0, 40)))
    periods = []
    for number in range(draw(st.integers(1, 3))):
        first = day + timedelta(days=draw(st.integers(0, 3)))
        last = first + timedelta(days=draw(st.integers(0, 12)))
        kind = draw(kinds)
        degree = draw(st.integers(1, 99)) if kind == "graded" else 100
        periods.append(NotePeriod(f"{name}{number}", name, loepenr, first, last, kind, degree))
        day = last + timedelta(days=1)
    return Note(name, tuple(periods))


@st.composite
def histories(draw, notes=6, at_least=1, manual=3, withdrawals=2, locks=0, kinds=KINDS):
    """A set of events, without order, and the breaks of the schedule."""
    beginning = draw(BEGINNINGS)
    numbers = draw(st.lists(st.integers(1, 99), min_size=at_least, max_size=notes, unique=True))
    events = [
        draw(note_events(beginning, name, loepenr, kinds))
        for name, loepenr in zip(NAMES, numbers, strict=False)
    ]
    names = [event.name for event in events]
    for number in range(draw(st.integers(0, manual))):
        events.append(ManualLeave(f"M{number}", *draw(spans(beginning))))
    if withdrawals:
        gone = draw(st.lists(st.sampled_from(names), max_size=withdrawals, unique=True))
        events += map(Withdrawal, gone)
    for _number in range(draw(st.integers(1, locks)) if locks else 0):
        events.append(Lock(frozenset(each_day(*draw(spans(beginning))))))
    first_days = st.integers(0, 60).map(lambda number: beginning + timedelta(days=number))
    return events, draw(st.lists(first_days, max_size=3))


def orders(events):
    """The events in any order, and some of them again."""
    again = st.lists(st.sampled_from(events), max_size=3)
    return again.flatmap(lambda repeated: st.permutations([*events, *repeated]))


# --- the properties ---


@examples
@given(st.data())
def test_any_order_and_repetition_gives_the_calendar_of_the_oracle(data):
    events, breaks = data.draw(histories())
    expect_oracle(end_of(data.draw(orders(events)), breaks), events)


@examples
@given(st.data())
def test_two_orders_without_withdrawals_give_the_same_calendar(data):
    """R5 in its plain words, manual leave included, where every note gives time off."""
    kinds = st.sampled_from(["full", "graded"])
    events, breaks = data.draw(histories(withdrawals=0, kinds=kinds))
    one = end_of(data.draw(orders(events)), breaks)
    other = end_of(data.draw(orders(events)), breaks)
    assert one.nav_days() == other.nav_days()
    assert one.manual_days() == other.manual_days()


@examples
@given(histories(notes=3, at_least=2, manual=1, withdrawals=1))
def test_every_order_of_a_few_events(history):
    events, breaks = history
    for order in itertools.permutations(events):
        expect_oracle(end_of(order, breaks), events)


@examples
@given(st.data())
def test_all_at_once_is_as_good_as_one_by_one(data):
    events, breaks = data.draw(histories())
    calendar = Calendar(breaks)
    for event in events:
        if isinstance(event, Note):
            calendar.notes[event.name] = event.periods
        elif isinstance(event, Withdrawal):
            calendar.withdrawn.add(event.name)
        else:
            calendar._add_manual(event.key, *span(event))
    calendar.carry_out(calendar.plan())
    expect_oracle(calendar, events)
    one_by_one = end_of(data.draw(orders(events)), breaks)
    assert {span(leave) for leave in calendar.nav.values()} == {
        span(leave) for leave in one_by_one.nav.values()
    }


@examples
@given(st.data())
def test_a_locked_day_never_changes_and_every_difference_is_told(data):
    events, breaks = data.draw(histories(locks=3))
    calendar = Calendar(breaks)
    for event in data.draw(orders(events)):
        before = {day: calendar.content(day) for day in calendar.locked}
        if isinstance(event, ManualLeave) and event.key not in calendar.manual_seen:
            # A person may register leave on a locked day; from then on it stays.
            for day in each_day(*span(event)):
                if day in before:
                    nav, names = before[day]
                    before[day] = nav, names | {event.key}
        calendar.happen(event)
        assert {day: calendar.content(day) for day in before} == before
        told = {
            (day, conflict.note)
            for conflict in calendar.plan().conflicts
            for day in each_day(*span(conflict))
        }
        assert told == oracle.conflict_days(
            calendar.in_effect(), calendar.nav_days(), calendar.locked
        )
    expect_oracle(calendar, events)


@examples
@given(st.data())
def test_a_locked_day_stays_in_its_leave(data):
    """As payroll locks, all up to a day: what lies on a day stays, and the very leave does too."""
    events, breaks = data.draw(histories(manual=0))
    order = data.draw(st.permutations(events))
    number = data.draw(st.integers(1, len(order)))
    calendar = end_of(order[:number], breaks)
    days = sorted(calendar.nav_days())
    if not days:
        return
    end = data.draw(st.sampled_from(days))
    calendar.happen(Lock(frozenset(each_day(days[0], end))))
    before = {day: calendar.holder(day) for day in calendar.locked}
    held = {key: set(each_day(*span(calendar.nav[key]))) for key in set().union(*before.values())}
    calendar.breaks = data.draw(st.lists(st.sampled_from(days), max_size=3))
    for event in [order[0], *order[number:]]:
        calendar.happen(event)
        assert {day: calendar.holder(day) for day in before} == before
        for key, had in held.items():
            assert set(each_day(*span(calendar.nav[key]))) <= had, "a locked leave grows"


@examples
@given(st.data())
def test_whatever_stands_is_put_right(data):
    """After a crash, a bad import or an old version: any NAV leaves, of any periods, twice too."""
    events, breaks = data.draw(histories(manual=0))
    calendar = Calendar(breaks)
    for event in events:
        if isinstance(event, Note):
            calendar.notes[event.name] = event.periods
        else:
            calendar.withdrawn.add(event.name)
    periods = [period for name in calendar.notes for period in calendar.notes[name]]
    beginning = min(period.date_from for period in periods)
    for number in range(data.draw(st.integers(0, 6))):
        period = data.draw(st.sampled_from(periods))
        days = data.draw(spans(beginning))
        calendar.nav[f"old {number}"] = NavLeave(f"old {number}", period.key, *days, period.degree)
    calendar.carry_out(calendar.plan())
    expect_oracle(calendar, events)


@examples
@given(st.data())
def test_what_a_person_settled_is_lost_only_to_other_notes(data):
    events, _breaks = data.draw(histories(manual=0, withdrawals=0))
    periods = [period for note in events for period in note.periods]
    period = data.draw(st.sampled_from(periods))
    days = data.draw(spans(period.date_from - timedelta(days=10)))
    leave = NavLeave("by hand", period.key, *days, period.degree)
    plan = decide(periods, existing=[leave], settled=[period.key])
    calendar = Calendar()
    calendar.nav = {leave.key: leave}
    calendar.notes = {note.name: note.periods for note in events}
    calendar.check = lambda: None  # it decides without knowing what is settled
    calendar.carry_out(plan)
    owner = oracle.deciding_period(periods)
    kept = {day for day, (key, _degree) in calendar.nav_days().items() if key == period.key}
    assert kept == {
        day
        for day in each_day(*span(leave))
        if period.kind in oracle.GIVES_TIME_OFF and owner.get(day, period) == period
    }
    again = decide(periods, existing=calendar.nav.values(), settled=[period.key])
    assert again.changes_nothing


@examples
@given(st.data())
def test_a_plan_does_not_depend_on_the_order_of_what_is_given(data):
    events, breaks = data.draw(histories())
    calendar = end_of(events[: len(events) // 2], breaks)
    periods = [period for note in events if isinstance(note, Note) for period in note.periods]
    manual = [event for event in events if isinstance(event, ManualLeave)]
    existing = list(calendar.nav.values())
    plan = decide(periods, manual, existing, breaks=breaks)
    other = decide(
        data.draw(st.permutations(periods)),
        data.draw(st.permutations(manual)),
        data.draw(st.permutations(existing)),
        breaks=breaks[::-1],
    )
    assert set(plan.create) == set(other.create)
    assert set(plan.resize) == set(other.resize)
    assert set(plan.cancel) == set(other.cancel)
    assert set(plan.replace) == set(other.replace)
    assert plan.superseded == other.superseded


@examples
@given(histories(manual=0, withdrawals=0))
def test_superseded_notes_decide_no_day(history):
    events, _breaks = history
    periods = [period for note in events for period in note.periods]
    deciding = {period.note for period in oracle.deciding_period(periods).values()}
    giving = {period.note for period in periods if period.kind in oracle.GIVES_TIME_OFF}
    assert decide(periods).superseded == giving - deciding
