"""Which notes form one sick leave, row by row, and which remembered one it goes on as.

Days are counted from 1, which is 1 June 2026: ``1-15``, ``47``. Notes are told apart by semicolons,
all else by commas. The pieces of a row:

* ``notes``: note, loepenr, and after a colon its periods; the kinds are full, half (50 %),
  advisory, treatment and travel; besides, ``self`` for self-certified days and ``from`` for
  sykefravaerFom: ``A#1: full 5-15, half 16-20, self 2-4, from 2``.
* ``manual``: leave, days, degree if not 100: ``M 1-10 60%``.
* ``cases``: first and last day, then the notes and manual leaves in it: ``1-20 A B M``.
* ``timeline``: what holds which days, over all cases: ``full 1-10 A, half 11-20 B``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.addons.nav_altinn_connector.domain import followup, sick_note
from odoo.addons.nav_altinn_connector.domain import followup_continuity as continuity
from odoo.tests import BaseCase

KINDS = {
    "full": (sick_note.FULL, 100),
    "half": (sick_note.GRADED, 50),
    "advisory": (sick_note.ADVISORY, 0),
    "treatment": (sick_note.TREATMENT_DAYS, 0),
    "travel": (sick_note.TRAVEL_SUBSIDY, 0),
}
WORDS = {kind: word for word, (kind, _degree) in KINDS.items()}
WORDS[followup.SELF_CERTIFIED] = "self"
DAY_1 = date(2026, 6, 1)


@dataclass
class Row:
    name: str
    notes: str = ""
    manual: str = ""
    cases: str = ""
    timeline: str | None = None


def day(number):
    return DAY_1 + timedelta(days=int(number) - 1)


def number(that_day):
    return (that_day - DAY_1).days + 1


def read_range(text):
    first, _dash, last = text.partition("-")
    return day(first), day(last or first)


def write_range(first, last):
    return str(number(first)) if first == last else f"{number(first)}-{number(last)}"


def items(text, separator=","):
    return [part.strip() for part in text.split(separator) if part.strip()]


def read_notes(text):
    return [read_note(note) for note in items(text, ";")]


def read_note(text):
    head, _colon, rest = text.partition(":")
    name, loepenr = head.split("#")
    periods, certified, stated = [], [], None
    for part in items(rest):
        word, days = part.split()
        if word == "self":
            certified.append(read_range(days))
        elif word == "from":
            stated = day(days) if days.isdigit() else date.fromisoformat(days)
        else:
            periods.append(sick_note.Period(*read_range(days), *KINDS[word]))
    return followup.Note(name, int(loepenr), tuple(periods), tuple(certified), stated)


def read_manual(text):
    leaves = []
    for leave in items(text):
        name, days, *degree = leave.split()
        percent = int(degree[0].rstrip("%")) if degree else 100
        leaves.append(followup.Manual(name, *read_range(days), percent))
    return leaves


def write_case(case):
    days = write_range(case.first_day, case.last_day)
    return " ".join([days, *map(str, case.notes), *map(str, case.manual)])


def write_stretch(stretch):
    days = write_range(stretch.date_from, stretch.date_to)
    word = WORDS.get(stretch.kind, f"manual {stretch.degree}%")
    return f"{word} {days} {stretch.source}"


CASES = [
    Row("nothing"),
    Row("one note", "A#1: full 1-10", cases="1-10 A", timeline="full 1-10 A"),
    Row("an extension", "A#1: full 1-10; B#2: full 11-20", cases="1-20 A B"),
    Row(
        "a changed degree in one note",
        "A#1: full 1-10, half 11-20",
        cases="1-20 A",
        timeline="full 1-10 A, half 11-20 A",
    ),
    # The gap.
    Row("15 free days", "A#1: full 1-10; B#2: full 26-30", cases="1-30 A B"),
    Row("16 free days", "A#1: full 1-10; B#2: full 27-30", cases="1-10 A, 27-30 B"),
    Row(
        "two gaps of 15 free days",
        "A#1: full 1; B#2: full 17; C#3: full 33",
        cases="1-33 A B C",
    ),
    Row(
        "a late note joins two cases",
        "A#1: full 1-10; B#2: full 41-50; C#3: full 20-25",
        cases="1-50 A B C",
    ),
    Row("one note with two cases", "A#1: full 1-5, full 41-45", cases="1-5 A, 41-45 A"),
    Row(
        "order of loepenr is not that of days", "B#1: full 11-20; A#2: full 1-10", cases="1-20 B A"
    ),
    # Newest wins.
    Row(
        "a newer degree",
        "A#1: full 1-20; B#2: half 11-15",
        cases="1-20 A B",
        timeline="full 1-10 A, half 11-15 B, full 16-20 A",
    ),
    Row(
        "an older note comes late",
        "B#2: half 11-15; A#1: full 1-20",
        cases="1-20 A B",
        timeline="full 1-10 A, half 11-15 B, full 16-20 A",
    ),
    Row(
        "a wholly replaced note stays in the story",
        "A#1: full 5-10; B#2: half 1-20",
        cases="1-20 A B",
        timeline="half 1-20 B",
    ),
    # Kinds.
    Row("treatment days alone", "A#1: treatment 1-10"),
    Row("travel subsidy alone", "A#1: travel 1-10"),
    Row(
        "treatment days and travel subsidy are shown beside sick leave",
        "A#1: treatment 1-9, full 10-20, travel 21-30",
        cases="10-20 A",
        timeline="treatment 1-9 A, full 10-20 A, travel 21-30 A",
    ),
    Row(
        "treatment days do not bridge",
        "A#1: full 1-5, treatment 6-30, full 31-35",
        cases="1-5 A, 31-35 A",
    ),
    Row("advisory alone", "A#1: advisory 1-10"),
    Row(
        "advisory before the case",
        "A#1: advisory 1-10, full 11-20",
        cases="11-20 A",
        timeline="advisory 1-10 A, full 11-20 A",
    ),
    Row(
        "advisory does not bridge",
        "A#1: full 1-5, advisory 6-30, full 31-35",
        cases="1-5 A, 31-35 A",
    ),
    Row(
        "advisory in a gap",
        "A#1: full 1-5; B#2: advisory 8-10; C#3: full 15-20",
        cases="1-20 A B C",
        timeline="full 1-5 A, advisory 8-10 B, full 15-20 C",
    ),
    Row(
        "advisory a day away",
        "A#1: full 10-20; B#2: advisory 1-8",
        cases="10-20 A",
        timeline="full 10-20 A",
    ),
    Row(
        "newer advisory takes days away",
        "A#1: full 1-20; B#2: advisory 11-20",
        cases="1-10 A B",
        timeline="full 1-10 A, advisory 11-20 B",
    ),
    Row("newer advisory takes all days away", "A#1: full 1-20; B#2: advisory 1-20"),
    # Self-certified days.
    Row(
        "self-certified days begin the case",
        "A#1: self 1-3, full 4-10",
        cases="1-10 A",
        timeline="self 1-3 A, full 4-10 A",
    ),
    Row(
        "self-certified days bridge",
        "A#1: full 1-5; B#2: self 15-16, full 30-35",
        cases="1-35 A B",
        timeline="full 1-5 A, self 15-16 B, full 30-35 B",
    ),
    Row(
        "a note says more than self-certified days",
        "A#1: half 1-10; B#2: self 8-12, full 13-15",
        cases="1-15 A B",
        timeline="half 1-10 A, self 11-12 B, full 13-15 B",
    ),
    Row(
        "advisory does not take self-certified days away",
        "A#1: self 1-3, full 4-6; B#2: advisory 1-3",
        cases="1-6 A B",
        timeline="self 1-3 A, full 4-6 A",
    ),
    Row("self-certified days far away", "A#1: self 1-3, full 20-25", cases="20-25 A"),
    # Manual leave.
    Row("manual alone", manual="M 1-10", cases="1-10 M", timeline="manual 100% 1-10 M"),
    Row(
        "manual before a note",
        "A#1: full 5-10",
        "M 1-6 60%",
        cases="1-10 A M",
        timeline="manual 60% 1-4 M, full 5-10 A",
    ),
    Row("manual bridges", "A#1: full 1-5; B#2: full 35-40", "M 20", cases="1-40 A B M"),
    Row(
        "two manual leaves on a day",
        manual="M 1-10 50%, N 5-6",
        cases="1-10 M N",
        timeline="manual 50% 1-4 M, manual 100% 5-6 N, manual 50% 7-10 M",
    ),
    # The stated first day.
    Row("stated", "A#1: full 30-40, from 1", cases="1-40 A", timeline="full 30-40 A"),
    Row("stated within the note", "A#1: full 30-40, from 35", cases="30-40 A"),
    Row(
        "the earliest of two", "A#1: full 30-40, from 9; B#2: full 41-50, from 1", cases="1-50 A B"
    ),
    Row(
        "an extension states itself",
        "A#1: full 30-40, from 9; B#2: full 41-50, from 41",
        cases="9-50 A B",
    ),
    Row("364 days before the note", "A#1: full 1, from 2025-06-02", cases="-363-1 A"),
    Row("a year too early", "A#1: full 1, from 2025-06-01", cases="1 A"),
    Row(
        "stated with the gap to the case before",
        "A#1: full 1-5; B#2: full 50-60, from 22",
        cases="1-5 A, 22-60 B",
    ),
    Row(
        "stated too near to the case before",
        "A#1: full 1-5; B#2: full 50-60, from 21",
        cases="1-5 A, 50-60 B",
    ),
    Row(
        "stated before the case before",
        "A#1: full 11-15; B#2: full 50-60, from 1",
        cases="11-15 A, 50-60 B",
    ),
    Row(
        "advisory states nothing", "A#1: advisory 30-33, from 1; B#2: full 34-40", cases="34-40 A B"
    ),
    Row(
        "a wholly replaced note states nothing",
        "A#1: full 30-40, from 1; B#2: half 30-40",
        cases="30-40 A B",
    ),
    Row(
        "stated takes self-certified days in",
        "A#1: self 5-6, full 40-45, from 5",
        cases="5-45 A",
        timeline="self 5-6 A, full 40-45 A",
    ),
    Row(
        "stated soon after self-certified days",
        "A#1: self 5-6, full 40-45, from 15",
        cases="5-45 A",
    ),
    Row(
        "stated long after self-certified days",
        "A#1: self 1-2, full 40-45, from 19",
        cases="19-45 A",
    ),
]


class TestCases(BaseCase):
    def test_rows(self):
        for row in CASES:
            with self.subTest(row.name):
                found = followup.cases(read_notes(row.notes), read_manual(row.manual))
                self.assertEqual(", ".join(map(write_case, found)), row.cases)
                if row.timeline is not None:
                    told = [write_stretch(stretch) for case in found for stretch in case.timeline]
                    self.assertEqual(", ".join(told), row.timeline)

    def test_over_the_turn_of_a_year_and_a_leap_day(self):
        for first, last in [
            (date(2026, 12, 24), date(2027, 1, 9)),
            (date(2028, 2, 20), date(2028, 3, 7)),
        ]:
            for later, count in ((-1, 1), (0, 1), (1, 2)):
                notes = [
                    followup.Note("A", 1, (sick_note.Period(first, first, "full", 100),)),
                    followup.Note(
                        "B",
                        2,
                        (
                            sick_note.Period(
                                last + timedelta(days=later), date(2028, 5, 1), "full", 100
                            ),
                        ),
                    ),
                ]
                with self.subTest(last=last, later=later):
                    self.assertEqual(len(followup.cases(notes)), count)

    def test_is_stated(self):
        (case,) = followup.cases(read_notes("A#1: full 30-40, from 1"))
        self.assertTrue(case.is_stated)
        (case,) = followup.cases(read_notes("A#1: full 30-40, from 30"))
        self.assertFalse(case.is_stated)

    def test_is_full(self):
        (case,) = followup.cases(
            read_notes("A#1: self 1, full 2, half 3, treatment 4, travel 5, advisory 8"),
            read_manual("M 6 60%, N 7"),
        )
        self.assertEqual(
            [stretch.is_full for stretch in case.timeline],
            [True, True, False, False, False, False, True, False],
        )
        self.assertEqual(
            [stretch.covers for stretch in case.timeline],
            [True, True, True, False, False, True, True, False],
        )


@dataclass
class Story:
    """``stored``: id, days, notes, with a * when emptied. ``fate``, for each computed case: its
    days, ``=`` the id that it goes on as (``new`` for none), ``+`` merged, ``/`` split from."""

    name: str
    stored: str
    notes: str
    fate: str
    emptied: str = ""


STORIES = [
    Story("new", "", "A#1: full 1-10", "1-10=new"),
    Story("the same", "1 1-10 A", "A#1: full 1-10", "1-10=1"),
    Story("extended", "1 1-10 A", "A#1: full 1-10; B#2: half 11-20", "1-20=1"),
    Story("shortened", "1 1-20 A B", "A#1: full 1-10", "1-10=1"),
    Story("another note for its days", "1 1-10 A", "B#2: full 5-20", "5-20=1"),
    Story("one day in common", "1 1-10 A", "B#2: full 10-20", "10-20=1"),
    Story("no day in common", "1 1-10 A", "B#2: full 11-20", "11-20=new", emptied="1"),
    Story("a second case", "1 1-10 A", "A#1: full 1-10; B#2: full 41-50", "1-10=1, 41-50=new"),
    Story(
        "joined: most notes",
        "1 1-15 A, 2 41-50 B C",
        "A#1: full 1-15; B#2: full 41-45; C#3: full 46-50; D#4: full 20-30",
        "1-50=2+1",
    ),
    Story(
        "joined: most days",
        "1 1-10 A, 2 41-60 B",
        "A#1: full 1-10; B#2: full 41-60; D#4: full 20-30",
        "1-60=2+1",
    ),
    Story(
        "joined: the earliest",
        "2 1-10 A, 1 41-50 B",
        "A#1: full 1-10; B#2: full 41-50; D#4: full 20-30",
        "1-50=2+1",
    ),
    Story(
        "split",
        "1 1-50 A B D",
        "A#1: full 1-10; B#2: full 41-50",
        "1-10=1, 41-50=new/1",
    ),
    Story(
        "split: the part with most days goes on",
        "1 1-60 A B D",
        "A#1: full 1-10; B#2: full 41-60",
        "1-10=new/1, 41-60=1",
    ),
    Story("emptied", "1 1-10 A, 2 41-50 B", "B#2: full 41-50", "41-50=2", emptied="1"),
    Story("still empty", "1* 1-10 A", "", ""),
    Story("comes back", "1* 1-10 A", "A#1: full 1-10", "1-10=1"),
    Story(
        "a living one goes first",
        "1* 1-30 A, 2 25-40 B",
        "A#1: full 1-30; B#2: full 31-40",
        "1-40=2+1",
    ),
    Story(
        "joined and split at once",
        "1 1-50 A B, 2 81-90 C",
        "A#1: full 1-10; B#2: full 45-50; C#3: full 81-90; D#4: full 60-70",
        "1-10=1, 45-90=2/1",
    ),
]


def read_stored(text):
    for case in items(text):
        name, days, *notes = case.split()
        emptied = name.endswith("*")
        yield continuity.Stored(int(name.rstrip("*")), *read_range(days), frozenset(notes), emptied)


def write_fate(followed):
    days = write_range(followed.case.first_day, followed.case.last_day)
    fate = f"{days}={followed.goes_on or 'new'}"
    fate += "".join(f"+{one}" for one in followed.merged)
    return fate + "".join(f"/{one}" for one in followed.split_from)


class TestFollow(BaseCase):
    def test_stories(self):
        for story in STORIES:
            with self.subTest(story.name):
                computed = followup.cases(read_notes(story.notes))
                found = continuity.follow(read_stored(story.stored), computed)
                self.assertEqual(", ".join(map(write_fate, found.cases)), story.fate)
                self.assertEqual(", ".join(map(str, found.emptied)), story.emptied)
