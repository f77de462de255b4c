"""Cases of sick leave against the day-by-day oracle, and what people did to their milestones.

The second half plays an office: notes come and are withdrawn in any order, people settle and move
milestones, and after each step the remembered cases follow the computed ones.
"""

import itertools
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import followup_deadlines as deadlines
from odoo.addons.nav_altinn_connector.domain.followup import Manual, Note, cases
from odoo.addons.nav_altinn_connector.domain.followup_continuity import Stored, follow, move
from odoo.addons.nav_altinn_connector.domain.sick_note import Period

from . import oracle_followup
from .oracle import each_day

examples = settings(
    max_examples=250,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

BEGINNINGS = st.sampled_from([date(2026, 5, 25), date(2026, 11, 20), date(2028, 1, 25)])
KINDS = st.sampled_from(["full", "full", "graded", "advisory", "treatment_days", "travel_subsidy"])
NAMES = "ABCDEFG"
TEMPLATES = tuple(replace(template, active=True) for template in deadlines.DEFAULT_TEMPLATES)


def days_after(beginning, least, most):
    return st.integers(least, most).map(lambda number: beginning + timedelta(days=number))


@st.composite
def notes_of(draw, beginning, name, loepenr):
    day = draw(days_after(beginning, 0, 110))
    periods = []
    for _number in range(draw(st.integers(1, 2))):
        first = day + timedelta(days=draw(st.integers(0, 20)))
        last = first + timedelta(days=draw(st.integers(0, 14)))
        kind = draw(KINDS)
        periods.append(Period(first, last, kind, {"full": 100, "graded": 40}.get(kind, 0)))
        day = last + timedelta(days=1)
    certified = draw(st.lists(days_after(periods[0].date_from, -40, 2), max_size=2))
    stated = draw(st.none() | days_after(periods[0].date_from, -80, 5))
    if stated and draw(st.integers(0, 4)) == 0:
        stated -= timedelta(days=draw(st.integers(270, 320)))
    return Note(
        name,
        loepenr,
        tuple(periods),
        tuple((first, first + timedelta(days=2)) for first in certified),
        stated,
    )


@st.composite
def sick_leave(draw, most=5, manual=2, least=1):
    """Notes with different numbers, and manual leave, of some four months."""
    beginning = draw(BEGINNINGS)
    numbers = draw(st.lists(st.integers(1, 99), min_size=least, max_size=most, unique=True))
    notes = [
        draw(notes_of(beginning, name, loepenr))
        for name, loepenr in zip(NAMES, numbers, strict=False)
    ]
    leaves = []
    for number in range(draw(st.integers(0, manual))):
        first = draw(days_after(beginning, 0, 110))
        last = first + timedelta(days=draw(st.integers(0, 9)))
        # Leaves of one degree never begin on one day: which of two equal ones holds it is no rule.
        leaves.append(Manual(f"M{number}", first, last, 100 - number))
    return notes, leaves


def told(case):
    """A case in the words of the oracle."""
    span = set(each_day(case.first_day, case.last_day))
    return {
        "first": case.first_day,
        "last": case.last_day,
        "near": span,
        "covered": {day for days in case.covered for day in each_day(*days)},
        "notes": set(case.notes),
        "manual": set(case.manual),
        "timeline": {
            day: (stretch.kind, stretch.degree, stretch.source)
            for stretch in case.timeline
            for day in each_day(stretch.date_from, stretch.date_to)
        },
    }


@examples
@given(st.data())
def test_any_order_gives_the_cases_of_the_oracle(data):
    notes, manual = data.draw(sick_leave())
    expected = oracle_followup.cases(notes, manual)
    found = cases(data.draw(st.permutations(notes)), data.draw(st.permutations(manual)))
    assert [told(case) for case in found] == expected
    assert found == cases(notes, manual)


@examples
@given(sick_leave())
def test_cases_keep_their_distance_and_timelines_do_not_overlap(situation):
    found = cases(*situation)
    for before, after in itertools.pairwise(found):
        assert (after.first_day - before.last_day).days > 16
    for case in found:
        for before, after in itertools.pairwise(case.timeline):
            assert before.date_to < after.date_from
        gaps = [(after[0] - before[1]).days for before, after in itertools.pairwise(case.covered)]
        # Before the first period there may be a stated day that bridges a longer gap.
        assert max(gaps, default=0) <= 16 or any(note.absence_from for note in situation[0])
        assert case.covered[-1][1] == case.last_day


@examples
@given(sick_leave(), st.integers(0, 20))
def test_what_begins_while_a_case_is_open_belongs_to_it(situation, later):
    """``closes_on`` and the gap are one rule."""
    notes, manual = situation
    last = cases(notes, manual + [Manual("sure", date(2026, 6, 1), date(2026, 6, 1))])[-1]
    first = last.last_day + timedelta(days=later)
    again = cases(
        notes,
        [
            *manual,
            Manual("sure", date(2026, 6, 1), date(2026, 6, 1)),
            Manual("next", first, first + timedelta(days=30)),
        ],
    )[-1]
    assert (again.first_day == last.first_day) == deadlines.is_open(last.last_day, first)


# --- an office ---


class Office:
    """What is remembered of one employee, and the people who work on it."""

    def __init__(self):
        self.notes = {}
        self.cases = {}  # id → (Stored, its milestones, with duplicates)
        self.computed = {}  # id → Case
        self.ids = itertools.count(1)
        self.settled = {}  # id of a milestone → it
        self.following = None

    def come(self, note):
        self.notes[note.id] = note
        self.follow()

    def withdraw(self, name):
        del self.notes[name]
        self.follow()

    def follow(self):
        computed = cases(self.notes.values())
        existing = [stored for stored, _kept in self.cases.values()]
        following = follow(existing, computed)
        given = move(following, {key: kept for key, (_one, kept) in self.cases.items()}, TEMPLATES)
        self.check(existing, following)
        for key in following.emptied:
            stored, kept = self.cases[key]
            self.cases[key] = (replace(stored, emptied=True), kept)
        self.computed = {}
        taken = {}
        for followed, moved in zip(following.cases, given, strict=True):
            key = next(self.ids) if followed.goes_on is None else followed.goes_on
            case = followed.case
            self.computed[key] = case
            own = [*moved.keep, *self.duplicates(moved)]
            taken[key] = (
                Stored(key, case.first_day, case.last_day, frozenset(case.notes)),
                own,
            )
        for followed in following.cases:
            for key in followed.merged:
                del self.cases[key]
        gone = {one.id for _stored, own in taken.values() for one in own}
        for key, (stored, own) in self.cases.items():
            self.cases[key] = (stored, [one for one in own if one.id not in gone])
        self.cases.update(taken)
        self.following = following

    def duplicates(self, moved):
        before = {one.id: one for _stored, own in self.cases.values() for one in own}
        return [before[duplicate] for duplicate, _winner in moved.duplicates]

    def check(self, existing, following):
        """Every remembered case has one fate."""
        fates = [followed.goes_on for followed in following.cases if followed.goes_on is not None]
        fates += [key for followed in following.cases for key in followed.merged]
        empty = [
            stored.id
            for stored in existing
            if not any(stored.id in followed.behind for followed in following.cases)
        ]
        assert sorted(fates + empty) == sorted(stored.id for stored in existing)
        assert set(following.emptied) <= set(empty)

    def settle(self, key, name, state, day):
        """A person settles or moves a milestone, if it is there to be settled."""
        stored, kept = self.cases[key]
        case = self.computed[key]
        current = next(keep for one, keep in self.current() if one == case)
        for milestone in deadlines.milestones(case, TEMPLATES, day, current):
            if milestone.key == name and milestone.stage != deadlines.SETTLED:
                settled = state in deadlines.SETTLED_STATES
                one = deadlines.Kept(
                    f"k{next(self.ids)}",
                    name,
                    deadlines.due_day(template(name), case.first_day, milestone.number),
                    milestone.due if settled else day,
                    state,
                    day if settled else None,
                    milestone.number,
                )
                old = [other for other in kept if other.id != milestone.kept]
                self.cases[key] = (stored, [*old, one])
                if settled:
                    self.settled[one.id] = one
                return

    def again(self):
        return follow([stored for stored, _kept in self.cases.values()], cases(self.notes.values()))

    def current(self):
        """(case, what ``move`` lets it keep) of each case with days."""
        again = self.again()
        given = move(again, {key: kept for key, (_one, kept) in self.cases.items()}, TEMPLATES)
        return [(one.case, moved.keep) for one, moved in zip(again.cases, given, strict=True)]


def template(name):
    return next(template for template in TEMPLATES if template.key == name)


def test_what_people_settled_is_never_lost_and_never_asked_for_again():
    seen = set()

    @examples
    @given(st.data())
    def run(data):
        office = Office()
        notes, _manual = data.draw(sick_leave(most=6, manual=0, least=3))
        # Every note comes, some are withdrawn and come again; between them people are at work.
        again = data.draw(st.lists(st.sampled_from(notes), max_size=5))
        for note in data.draw(st.permutations([*notes, *again])):
            if note.id in office.notes:
                office.withdraw(note.id)
            else:
                office.come(note)
            if office.computed and data.draw(st.booleans()):
                key = data.draw(st.sampled_from(sorted(office.computed)))
                case = office.computed[key]
                length = (case.last_day - case.first_day).days
                day = data.draw(days_after(case.first_day, 0, length))
                name = data.draw(st.sampled_from(["plan", "meeting", "contact"]))
                state = data.draw(st.sampled_from(["done", "skipped", "not_required", "moved"]))
                office.settle(key, name, state, day)
            seen.update(fates(office.following))
            expect_nothing_lost(office)
            expect_nothing_asked_again(office)
            expect_follow_again_changes_nothing(office)

    run()
    # Else the property above would not have met what it is about.
    assert {"goes on", "new", "merged", "split", "emptied"} <= seen


def fates(following):
    for followed in following.cases if following else ():
        yield "new" if followed.goes_on is None else "goes on"
        if followed.merged:
            yield "merged"
        if followed.split_from:
            yield "split"
    if following and following.emptied:
        yield "emptied"


def expect_nothing_lost(office):
    kept = [one.id for _stored, own in office.cases.values() for one in own]
    assert len(kept) == len(set(kept))
    assert set(office.settled) <= set(kept)


def expect_nothing_asked_again(office):
    for case, keep in office.current():
        names = [(one.key, one.number) for one in keep]
        assert len(names) == len(set(names))
        for today in (case.first_day, case.last_day, case.last_day + timedelta(days=16)):
            stages = {
                (one.key, one.number): one.stage
                for one in deadlines.milestones(case, TEMPLATES, today, keep)
            }
            for one in office.settled.values():
                if case.first_day <= one.settled_on <= case.last_day:
                    number = deadlines.number_at(template(one.key), case.first_day, one.planned)
                    assert stages[one.key, number] == deadlines.SETTLED


def expect_follow_again_changes_nothing(office):
    before = contents(office)
    office.follow()
    assert contents(office) == before
    for followed in office.following.cases:
        assert followed.goes_on is not None
        assert not followed.merged
        assert not followed.split_from
    assert not office.following.emptied


def contents(office):
    return [(stored, sorted(own, key=lambda one: one.id)) for stored, own in office.cases.values()]


@examples
@given(st.data())
def test_a_bridge_that_is_withdrawn_leaves_everything_as_it_was(data):
    """Joined and split again: all is back with its own days."""
    office = Office()
    notes, _manual = data.draw(sick_leave(most=5, manual=0))
    for note in notes[1:]:
        office.come(note)
    for _step in range(data.draw(st.integers(1, 5)) if office.computed else 0):
        key = data.draw(st.sampled_from(sorted(office.computed)))
        case = office.computed[key]
        day = data.draw(days_after(case.first_day, 0, (case.last_day - case.first_day).days))
        name = data.draw(st.sampled_from(["plan", "meeting", "activity_requirement"]))
        office.settle(key, name, data.draw(st.sampled_from(["done", "skipped", "moved"])), day)
    before = office.current()
    office.come(notes[0])
    office.withdraw(notes[0].id)
    assert office.current() == before


@st.composite
def remembered(draw):
    """Two or three remembered cases with milestones, and one computed case over them all."""
    first = date(2026, 6, 1)
    stored = [
        Stored(number, first + timedelta(days=20 * number), first + timedelta(days=20 * number + 9))
        for number in range(draw(st.integers(2, 3)))
    ]
    ids = itertools.count()
    kept = {}
    for one in stored:
        kept[one.id] = []
        for name in draw(st.lists(st.sampled_from(["plan", "meeting"]), max_size=2, unique=True)):
            state = draw(st.sampled_from(deadlines.STATES))
            due = draw(days_after(one.first_day, 0, 60))
            settled = due if state in deadlines.SETTLED_STATES else None
            kept[one.id].append(deadlines.Kept(next(ids), name, due, due, state, settled))
    note = Note("A", 1, (Period(first, first + timedelta(days=60), "full", 100),))
    return stored, cases([note]), kept


@examples
@given(remembered(), st.randoms(use_true_random=False))
def test_of_joined_milestones_the_strongest_stays(situation, chance):
    stored, computed, kept = situation
    (moved,) = move(follow(stored, computed), kept, TEMPLATES)
    every = [one for own in kept.values() for one in own]
    rank = {"done": 0, "skipped": 1, "not_required": 1, "moved": 2, "open": 3}
    for name in {one.key for one in every}:
        (winner,) = [one for one in moved.keep if one.key == name]
        rivals = [one for one in every if one.key == name]
        assert rank[winner.state] == min(rank[one.state] for one in rivals)
        equals = [one for one in rivals if rank[one.state] == rank[winner.state]]
        assert winner.due == min(one.due for one in equals)
        assert sorted(loser for loser, by in moved.duplicates if by == winner.id) == sorted(
            one.id for one in rivals if one is not winner
        )
    mixed = {key: chance.sample(own, len(own)) for key, own in reversed(list(kept.items()))}
    assert move(follow(stored[::-1], computed), mixed, TEMPLATES) == (moved,)


@examples
@given(sick_leave(most=4), st.integers(0, 120), st.integers(1, 30))
def test_milestones_stand_where_their_days_say(situation, day, lead):
    notes, manual = situation
    templates = [replace(template, lead_days=lead) for template in TEMPLATES]
    for case in cases(notes, manual):
        today = case.first_day + timedelta(days=day)
        found = deadlines.milestones(case, templates, today)
        assert [one.due for one in found] == sorted(one.due for one in found)
        for one in found:
            assert case.first_day <= one.activity_on <= one.due
            if one.wants_activity:
                assert one.activity_on <= today <= case.last_day + timedelta(days=16)
                assert one.activity_on <= case.last_day
            if one.stage == deadlines.OVERDUE:
                assert one.due < today
            contacts = [one for one in found if one.key == "contact" and one.wants_activity]
            assert len(contacts) <= lead // 7 + 2
