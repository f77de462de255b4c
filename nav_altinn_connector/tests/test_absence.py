"""The rules of absence R1 to R8, row by row.

Each row is a situation and the whole plan that must come of it; a part of the plan that is not
written must be empty. Dates are days of June 2026 (the 1st is a Monday): ``5-15``, ``7``; other
months are written in full: ``2027-12-28/2028-01-03``. Notes are told apart by semicolons, all else
by commas. The pieces of a row:

* ``notes``: note, loepenr, periods: ``A#1 full 5-15, graded 50% 16-20``. Its periods are then
  called A.1, A.2, and so on. A degree that is not written is 100 %.
* ``manual``: leave, days: ``M 1-10``.
* ``existing``: leave, its period, days, degree: ``L A.1 5-15 100%``.
* ``create``: period, days, degree: ``A.1 5-15 100%``.
* ``resize``: leave, its new days: ``L 5-12``.
* ``replace``: ``M keeps 1-4 loses 5-10:A``: the note that it loses days to after the colon.
* ``conflicts``: days, note: ``5-7 A``, or ``5-7 -`` for time off that no note asks for.
"""

from dataclasses import dataclass
from datetime import date

from odoo.addons.nav_altinn_connector.domain import absence, sick_note
from odoo.tests import BaseCase

KINDS = {
    "full": sick_note.FULL,
    "graded": sick_note.GRADED,
    "advisory": sick_note.ADVISORY,
    "treatment": sick_note.TREATMENT_DAYS,
    "travel": sick_note.TRAVEL_SUBSIDY,
}


@dataclass
class Row:
    name: str
    notes: str = ""
    manual: str = ""
    existing: str = ""
    locked: str = ""
    breaks: str = ""
    settled: str = ""
    create: str = ""
    resize: str = ""
    cancel: str = ""
    replace: str = ""
    conflicts: str = ""
    superseded: str = ""


def read_range(text):
    first, _sign, last = text.partition("/" if "/" in text or len(text) == 10 else "-")
    return read_day(first), read_day(last or first)


def read_day(text):
    return date.fromisoformat(text) if len(text) == 10 else date(2026, 6, int(text))


def write_range(first, last):
    if {(first.year, first.month), (last.year, last.month)} == {(2026, 6)}:
        return str(first.day) if first == last else f"{first.day}-{last.day}"
    return str(first) if first == last else f"{first}/{last}"


def items(text, separator=","):
    return [part.strip() for part in text.split(separator) if part.strip()]


def read_notes(text):
    for note in items(text, ";"):
        name, rest = note.split(" ", 1)
        name, loepenr = name.split("#")
        for number, period in enumerate(items(rest), start=1):
            kind, *degree, days = period.split()
            yield absence.NotePeriod(
                f"{name}.{number}",
                name,
                int(loepenr),
                *read_range(days),
                KINDS[kind],
                int(degree[0].rstrip("%")) if degree else 100,
            )


def read_manual(text):
    for leave in items(text):
        key, days = leave.split()
        yield absence.ManualLeave(key, *read_range(days))


def read_existing(text):
    for leave in items(text):
        key, period, days, degree = leave.split()
        yield absence.NavLeave(key, period, *read_range(days), int(degree.rstrip("%")))


def write_replacement(replacement):
    kept = [write_range(*days) for days in replacement.kept] or ["nothing"]
    lost = [
        f"{write_range(stretch.date_from, stretch.date_to)}:{stretch.note}"
        for stretch in replacement.removed
    ]
    return f"{replacement.leave} keeps {' '.join(kept)} loses {' '.join(lost)}"


def write_plan(plan):
    """The plan in the words of a row."""
    return {
        "create": sorted(
            f"{new.period} {write_range(new.date_from, new.date_to)} {new.degree}%"
            for new in plan.create
        ),
        "resize": sorted(
            f"{new.leave} {write_range(new.date_from, new.date_to)}" for new in plan.resize
        ),
        "cancel": sorted(plan.cancel),
        "replace": sorted(map(write_replacement, plan.replace)),
        "conflicts": sorted(
            f"{write_range(days.date_from, days.date_to)} {days.note or '-'}"
            for days in plan.conflicts
        ),
        "superseded": sorted(plan.superseded),
    }


def decide(row, order=list):
    return absence.decide(
        order(list(read_notes(row.notes))),
        order(list(read_manual(row.manual))),
        order(list(read_existing(row.existing))),
        locked=order([read_range(days) for days in items(row.locked)]),
        breaks=order([read_day(day) for day in items(row.breaks)]),
        settled=items(row.settled),
    )


def backwards(values):
    return values[::-1]


class AbsenceCase(BaseCase):
    def check(self, *rows):
        """Decide each row, forwards and backwards (R5), and compare with what it expects."""
        for row in rows:
            expected = {
                part: sorted(items(getattr(row, part)))
                for part in ("create", "resize", "cancel", "replace", "conflicts", "superseded")
            }
            for order in (list, backwards):
                with self.subTest(row.name, order=order.__name__):
                    plan = decide(row, order)
                    self.assertEqual(write_plan(plan), expected)
                    self.assertEqual(
                        plan.changes_nothing,
                        not (row.create or row.resize or row.cancel or row.replace),
                    )


class TestExamples(AbsenceCase):
    def test_examples_of_the_design(self):
        self.check(
            # The vacation is never given to the rules (R4), so the note is all there is.
            Row("A: vacation 1-10, note 5-15", "A#1 full 5-15", create="A.1 5-15 100%"),
            Row(
                "B: manual sick leave 1-10, note 5-15",
                "A#1 full 5-15",
                manual="M 1-10",
                create="A.1 5-15 100%",
                replace="M keeps 1-4 loses 5-10:A",
            ),
        )

    def test_nothing(self):
        self.check(
            Row("nothing at all"),
            Row("manual leave without notes", manual="M 1-10"),
            Row("a lock without leave", locked="1-30", breaks="5"),
        )


class TestKinds(AbsenceCase):
    """R1 and R3: every kind of period against every position of a manual leave."""

    POSITIONS = (
        # position, manual leave, what becomes of it when a note gives time off 8-15
        ("none", "", ""),
        ("before", "M 1-5", ""),
        ("touching before", "M 1-7", ""),
        ("over the first day", "M 1-8", "M keeps 1-7 loses 8:A"),
        ("over the beginning", "M 5-10", "M keeps 5-7 loses 8-10:A"),
        ("inside", "M 10-12", "M keeps nothing loses 10-12:A"),
        ("inside from the first day", "M 8-12", "M keeps nothing loses 8-12:A"),
        ("inside to the last day", "M 12-15", "M keeps nothing loses 12-15:A"),
        ("one day inside", "M 11", "M keeps nothing loses 11:A"),
        ("equal", "M 8-15", "M keeps nothing loses 8-15:A"),
        ("around", "M 1-20", "M keeps 1-7 16-20 loses 8-15:A"),
        ("around from the first day", "M 8-20", "M keeps 16-20 loses 8-15:A"),
        ("around to the last day", "M 1-15", "M keeps 1-7 loses 8-15:A"),
        ("over the end", "M 12-20", "M keeps 16-20 loses 12-15:A"),
        ("over the last day", "M 15-20", "M keeps 16-20 loses 15:A"),
        ("touching after", "M 16-20", ""),
        ("after", "M 20-25", ""),
    )

    def test_kinds_that_give_time_off(self):
        for kind, degree in (("full", 100), ("graded", 50)):
            self.check(
                *(
                    Row(
                        f"{kind}, manual leave: {position}",
                        f"A#1 {kind} {degree}% 8-15",
                        manual=manual,
                        create=f"A.1 8-15 {degree}%",
                        replace=replaced,
                    )
                    for position, manual, replaced in self.POSITIONS
                )
            )

    def test_kinds_that_give_none(self):
        for kind in ("advisory", "treatment", "travel"):
            self.check(
                *(
                    Row(f"{kind}, manual leave: {position}", f"A#1 {kind} 8-15", manual=manual)
                    for position, manual, _replaced in self.POSITIONS
                )
            )

    def test_degrees(self):
        self.check(
            *(
                Row(
                    f"{degree} %",
                    f"A#1 {'full' if degree == 100 else 'graded'} {degree}% 1-30",
                    manual="M 10",
                    create=f"A.1 1-30 {degree}%",
                    replace="M keeps nothing loses 10:A",
                )
                for degree in (1, 20, 50, 99, 100)
            )
        )

    def test_a_note_of_many_periods(self):
        self.check(
            Row(
                "one leave for each period that gives time off, also where they touch",
                "A#1 full 1-7, graded 60% 8-14, advisory 15-19, graded 40% 20-24, full 26-30",
                create="A.1 1-7 100%, A.2 8-14 60%, A.4 20-24 40%, A.5 26-30 100%",
            ),
            Row(
                "manual leave over all of them keeps the days of the others, and the gap",
                "A#1 full 1-7, graded 60% 8-14, advisory 15-19, graded 40% 20-24, full 26-30",
                manual="M 1-30",
                create="A.1 1-7 100%, A.2 8-14 60%, A.4 20-24 40%, A.5 26-30 100%",
                replace="M keeps 15-19 25 loses 1-14:A 20-24:A 26-30:A",
            ),
        )


class TestNewestWins(AbsenceCase):
    """R2."""

    def test_two_notes(self):
        self.check(
            Row(
                "apart",
                "A#1 full 1-5; B#2 full 10-15",
                create="A.1 1-5 100%, B.1 10-15 100%",
            ),
            Row(
                "touching stay two leaves",
                "A#1 full 1-5; B#2 full 6-10",
                create="A.1 1-5 100%, B.1 6-10 100%",
            ),
            Row(
                "newer over the end of the older",
                "A#1 full 1-10; B#2 graded 50% 8-15",
                create="A.1 1-7 100%, B.1 8-15 50%",
            ),
            Row(
                "newer over the beginning of the older",
                "A#1 full 8-15; B#2 graded 50% 1-10",
                create="A.1 11-15 100%, B.1 1-10 50%",
            ),
            Row(
                "newer inside the older: two stretches",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                create="A.1 1-7 100%, A.1 13-20 100%, B.1 8-12 50%",
            ),
            Row(
                "newer of one day inside the older",
                "A#1 full 1-20; B#2 graded 50% 8",
                create="A.1 1-7 100%, A.1 9-20 100%, B.1 8 50%",
            ),
            Row(
                "newer around the older",
                "A#1 full 8-12; B#2 graded 50% 1-20",
                create="B.1 1-20 50%",
                superseded="A",
            ),
            Row(
                "equal days",
                "A#1 full 1-10; B#2 graded 50% 1-10",
                create="B.1 1-10 50%",
                superseded="A",
            ),
            Row(
                "a gap in the newer belongs to the older",
                "A#1 full 1-20; B#2 graded 50% 1-5, graded 40% 10-20",
                create="A.1 6-9 100%, B.1 1-5 50%, B.2 10-20 40%",
            ),
            Row(
                "loepenr decides, not the dates and not the names",
                "Z#3 full 1-10; A#20 graded 50% 5-8",
                create="Z.1 1-4 100%, Z.1 9-10 100%, A.1 5-8 50%",
            ),
            Row(
                "equal loepenr: the name decides, in either order",
                "A#7 full 1-10; B#7 graded 50% 5-15",
                create="A.1 1-4 100%, B.1 5-15 50%",
            ),
        )

    def test_three_notes(self):
        self.check(
            Row(
                "each over the end of the one before",
                "A#1 full 1-10; B#2 graded 80% 6-15; C#3 graded 60% 11-20",
                create="A.1 1-5 100%, B.1 6-10 80%, C.1 11-20 60%",
            ),
            Row(
                "each inside the one before",
                "A#1 full 1-30; B#2 graded 80% 5-25; C#3 graded 60% 10-20",
                create="A.1 1-4 100%, A.1 26-30 100%, B.1 5-9 80%, B.1 21-25 80%, C.1 10-20 60%",
            ),
            Row(
                "the middle one gone below the newest",
                "A#1 full 1-20; B#2 graded 80% 10-14; C#3 graded 60% 8-16",
                create="A.1 1-7 100%, A.1 17-20 100%, C.1 8-16 60%",
                superseded="B",
            ),
            Row(
                "two newer together cover the oldest",
                "A#1 full 5-15; B#2 graded 80% 1-9; C#3 graded 60% 10-20",
                create="B.1 1-9 80%, C.1 10-20 60%",
                superseded="A",
            ),
            Row(
                "the oldest between two newer",
                "A#1 full 1-20; B#3 graded 80% 1-5; C#2 graded 60% 4-10",
                create="A.1 11-20 100%, B.1 1-5 80%, C.1 6-10 60%",
            ),
            Row(
                "manual leave yields to each note on its own days",
                "A#1 full 1-10; B#2 graded 80% 6-15; C#3 advisory 14-20",
                manual="M 4-18, N 20-25",
                create="A.1 1-5 100%, B.1 6-13 80%",
                replace="M keeps 14-18 loses 4-5:A 6-13:B",
            ),
        )

    def test_a_newer_note_that_gives_no_time_off(self):
        self.check(
            Row(
                "advisory over an older full note: it decides its days",
                "A#1 full 1-20; B#2 advisory 8-12",
                create="A.1 1-7 100%, A.1 13-20 100%",
            ),
            Row(
                "advisory over all of an older full note",
                "A#1 full 5-10; B#2 advisory 1-20",
                superseded="A",
            ),
            Row(
                "treatment days over the end of a graded note",
                "A#1 graded 50% 1-20; B#2 treatment 15-25",
                create="A.1 1-14 50%",
            ),
            Row(
                "travel subsidy over a full note, time off stands already",
                "A#1 full 1-20; B#2 travel 1-20",
                existing="L A.1 1-20 100%",
                cancel="L",
                superseded="A",
            ),
            Row(
                "manual leave on the days of the advisory note stands",
                "A#1 full 1-10; B#2 advisory 6-10",
                manual="M 4-8",
                create="A.1 1-5 100%",
                replace="M keeps 6-8 loses 4-5:A",
            ),
            Row(
                "an older advisory note takes nothing from a newer full one",
                "A#1 advisory 1-20; B#2 full 5-10",
                create="B.1 5-10 100%",
            ),
            Row(
                "only notes that could give time off are called superseded",
                "A#1 advisory 5-10; B#2 full 1-20",
                create="B.1 1-20 100%",
            ),
            Row(
                "nor one that still decides days without time off",
                "A#1 full 1-5, advisory 6-10; B#2 full 1-5",
                create="B.1 1-5 100%",
            ),
        )


class TestCalendar(AbsenceCase):
    """R7, and days that calendars are known to get wrong."""

    def test_days_without_work(self):
        self.check(
            Row("Saturday and Sunday", "A#1 full 6-7", create="A.1 6-7 100%"),
            Row("a Sunday", "A#1 graded 50% 7", create="A.1 7 50%"),
            Row("a public holiday", "A#1 full 2026-05-17", create="A.1 2026-05-17 100%"),
            Row(
                "the weekend that a newer note leaves over",
                "A#1 full 1-7; B#2 graded 50% 1-5",
                create="A.1 6-7 100%, B.1 1-5 50%",
            ),
            Row(
                "the weekend of a manual leave yields, its Friday stays",
                "A#1 full 6-7",
                manual="M 5-7",
                create="A.1 6-7 100%",
                replace="M keeps 5 loses 6-7:A",
            ),
        )

    def test_leap_day(self):
        self.check(
            Row(
                "over the leap day",
                "A#1 full 2028-02-28/2028-03-01",
                manual="M 2028-02-29",
                create="A.1 2028-02-28/2028-03-01 100%",
                replace="M keeps nothing loses 2028-02-29:A",
            ),
            Row(
                "the leap day alone decides",
                "A#1 full 2028-02-01/2028-03-31; B#2 graded 50% 2028-02-29",
                create="A.1 2028-02-01/2028-02-28 100%, A.1 2028-03-01/2028-03-31 100%, "
                "B.1 2028-02-29 50%",
            ),
            Row(
                "the leap day is left over",
                "A#1 full 2028-02-29; B#2 graded 50% 2028-02-01/2028-02-28",
                create="A.1 2028-02-29 100%, B.1 2028-02-01/2028-02-28 50%",
            ),
            Row(
                "no leap day in 2027: touching, nothing in common",
                "A#1 full 2027-03-01/2027-03-05",
                manual="M 2027-02-20/2027-02-28",
                create="A.1 2027-03-01/2027-03-05 100%",
            ),
        )

    def test_change_of_year(self):
        self.check(
            Row(
                "over New Year, manual leave too",
                "A#1 full 2027-12-28/2028-01-09",
                manual="M 2027-12-20/2028-01-02",
                create="A.1 2027-12-28/2028-01-09 100%",
                replace="M keeps 2027-12-20/2027-12-27 loses 2027-12-28/2028-01-02:A",
            ),
            Row(
                "a newer note from the first day of the year",
                "A#1 full 2027-12-20/2028-01-09; B#2 graded 50% 2028-01-01/2028-01-16",
                create="A.1 2027-12-20/2027-12-31 100%, B.1 2028-01-01/2028-01-16 50%",
            ),
        )


class TestBreaks(AbsenceCase):
    """A leave begins anew where the working schedule changes."""

    def test_breaks(self):
        self.check(
            Row(
                "inside a period: two segments",
                "A#1 full 1-20",
                breaks="10",
                create="A.1 1-9 100%, A.1 10-20 100%",
            ),
            Row("on the first day", "A#1 full 10-20", breaks="10", create="A.1 10-20 100%"),
            Row(
                "on the last day",
                "A#1 full 1-10",
                breaks="10",
                create="A.1 1-9 100%, A.1 10 100%",
            ),
            Row("the day after", "A#1 full 1-9", breaks="10", create="A.1 1-9 100%"),
            Row(
                "two, with a newer note between them",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                breaks="10, 15",
                create="A.1 1-7 100%, A.1 13-14 100%, A.1 15-20 100%, B.1 8-9 50%, B.1 10-12 50%",
            ),
            Row(
                "cut already: nothing to do",
                "A#1 full 1-20",
                existing="K A.1 1-9 100%, L A.1 10-20 100%",
                breaks="10",
            ),
            Row(
                "new: the leave is shortened, the rest made",
                "A#1 full 1-20",
                existing="L A.1 1-20 100%",
                breaks="10",
                create="A.1 10-20 100%",
                resize="L 1-9",
            ),
            Row(
                "gone: one of the two leaves gets all days",
                "A#1 full 1-20",
                existing="K A.1 1-9 100%, L A.1 10-20 100%",
                resize="K 1-20",
                cancel="L",
            ),
            Row(
                "manual leave is not cut",
                "A#1 full 5-15",
                manual="M 1-20",
                breaks="3, 10",
                create="A.1 5-9 100%, A.1 10-15 100%",
                replace="M keeps 1-4 16-20 loses 5-15:A",
            ),
        )


class TestExisting(AbsenceCase):
    """R5 and R6: from what stands to what shall be, with as little change as may be."""

    def test_already_right(self):
        self.check(
            Row("one note", "A#1 full 5-15", existing="L A.1 5-15 100%"),
            Row(
                "manual leave has yielded",
                "A#1 full 5-15",
                manual="M 1-4",
                existing="L A.1 5-15 100%",
            ),
            Row(
                "older note in two stretches",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                existing="J A.1 1-7 100%, K A.1 13-20 100%, L B.1 8-12 50%",
            ),
            Row(
                "older note superseded",
                "A#1 full 5-10; B#2 full 1-20",
                existing="L B.1 1-20 100%",
                superseded="A",
            ),
        )

    def test_manual_leave_after_the_note(self):
        self.check(
            Row(
                "it yields though the NAV leave stands",
                "A#1 full 5-15",
                manual="M 1-10",
                existing="L A.1 5-15 100%",
                replace="M keeps 1-4 loses 5-10:A",
            ),
            Row(
                "several at once",
                "A#1 full 5-15",
                manual="M 1-5, N 7-8, O 15-20, P 21-22",
                existing="L A.1 5-15 100%",
                replace="M keeps 1-4 loses 5:A, N keeps nothing loses 7-8:A, "
                "O keeps 16-20 loses 15:A",
            ),
        )

    def test_newer_note(self):
        self.check(
            Row(
                "takes the end: the leave is shortened",
                "A#1 full 1-10; B#2 graded 50% 8-15",
                existing="L A.1 1-10 100%",
                create="B.1 8-15 50%",
                resize="L 1-7",
            ),
            Row(
                "takes the beginning",
                "A#1 full 5-15; B#2 graded 50% 1-8",
                existing="L A.1 5-15 100%",
                create="B.1 1-8 50%",
                resize="L 9-15",
            ),
            Row(
                "takes the middle: the leave keeps the first stretch",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                existing="L A.1 1-20 100%",
                create="A.1 13-20 100%, B.1 8-12 50%",
                resize="L 1-7",
            ),
            Row(
                "takes all",
                "A#1 full 5-15; B#2 graded 50% 1-20",
                existing="L A.1 5-15 100%",
                create="B.1 1-20 50%",
                cancel="L",
                superseded="A",
            ),
            Row(
                "an older note that comes late gets what is left",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                existing="L B.1 8-12 50%",
                create="A.1 1-7 100%, A.1 13-20 100%",
            ),
        )

    def test_withdrawn(self):
        self.check(
            Row("the only note", existing="L A.1 5-15 100%", cancel="L"),
            Row(
                "manual leave elsewhere stands",
                manual="M 1-4",
                existing="L A.1 5-15 100%",
                cancel="L",
            ),
            Row(
                "the newer: the older regains the end",
                "A#1 full 1-10",
                existing="K A.1 1-7 100%, L B.1 8-15 50%",
                resize="K 1-10",
                cancel="L",
            ),
            Row(
                "the newer in the middle: one stretch again",
                "A#1 full 1-20",
                existing="J A.1 1-7 100%, K A.1 13-20 100%, L B.1 8-12 50%",
                resize="J 1-20",
                cancel="K, L",
            ),
            Row(
                "the newer that had left one day: that leave grows in both directions",
                "A#1 full 5-15",
                existing="K A.1 10 100%, L B.1 5-9 50%, M C.1 11-15 50%",
                resize="K 5-15",
                cancel="L, M",
            ),
            Row(
                "the newer that had left the first day, or the last",
                "A#1 full 5-15; D#4 graded 40% 20-25",
                existing="K A.1 5 100%, L B.1 6-15 50%, M D.1 25 40%, N B.2 20-24 50%",
                resize="K 5-15, M 20-25",
                cancel="L, N",
            ),
            Row(
                "the newer that had taken all: the older is made again",
                "A#1 full 5-15",
                existing="L B.1 1-20 50%",
                create="A.1 5-15 100%",
                cancel="L",
            ),
            Row(
                "the older: the newer is not concerned",
                "B#2 graded 50% 8-15",
                existing="K A.1 1-7 100%, L B.1 8-15 50%",
                cancel="K",
            ),
            Row(
                "the middle of three",
                "A#1 full 1-30; C#3 graded 60% 15-20",
                existing="I A.1 1-9 100%, J A.1 26-30 100%, K B.1 10-14 80%, L C.1 15-20 60%, "
                "M B.1 21-25 80%",
                resize="I 1-14, J 21-30",
                cancel="K, M",
            ),
            Row(
                "an older note regains days that a manual leave was given meanwhile",
                "A#1 full 1-10",
                manual="M 9-12",
                existing="K A.1 1-7 100%, L B.1 8 50%",
                resize="K 1-10",
                cancel="L",
                replace="M keeps 11-12 loses 9-10:A",
            ),
        )

    def test_disorder_is_put_right(self):
        self.check(
            Row(
                "the same leave twice",
                "A#1 full 5-15",
                existing="K A.1 5-15 100%, L A.1 5-15 100%",
                cancel="L",
            ),
            Row(
                "two that overlap",
                "A#1 full 5-15",
                existing="K A.1 5-10 100%, L A.1 8-15 100%",
                resize="K 5-15",
                cancel="L",
            ),
            Row(
                "an equal one is preferred to an overlapping one",
                "A#1 full 5-15",
                existing="K A.1 1-9 100%, L A.1 5-15 100%",
                cancel="K",
            ),
            Row(
                "on other days than the note says",
                "A#1 full 5-15",
                existing="L A.1 20-25 100%",
                create="A.1 5-15 100%",
                cancel="L",
            ),
            Row(
                "on a period that gives no time off",
                "A#1 advisory 5-15",
                existing="L A.1 5-15 100%",
                cancel="L",
            ),
        )


class TestSettled(AbsenceCase):
    """What a person has changed by hand is not changed back."""

    def test_settled(self):
        self.check(
            Row(
                "shortened: gets no days back",
                "A#1 full 5-15",
                existing="L A.1 5-10 100%",
                settled="A.1",
            ),
            Row("cancelled: is not made again", "A#1 full 5-15", settled="A.1"),
            Row(
                "with a hole: is not closed",
                "A#1 full 5-15",
                existing="K A.1 5-7 100%, L A.1 10-15 100%",
                settled="A.1",
            ),
            Row(
                "prolonged: loses no days",
                "A#1 full 5-15",
                existing="L A.1 5-20 100%",
                settled="A.1",
            ),
            Row(
                "moved: stays where it was put",
                "A#1 full 5-15",
                existing="L A.1 20-25 100%",
                settled="A.1",
            ),
            Row(
                "yields to a newer note",
                "A#1 full 5-15; B#2 graded 50% 8-12",
                existing="L A.1 5-10 100%",
                settled="A.1",
                create="B.1 8-12 50%",
                resize="L 5-7",
            ),
            Row(
                "prolonged into the days of another note: yields",
                "A#2 full 5-15; B#1 graded 50% 16-20",
                existing="L A.1 5-18 100%",
                settled="A.1",
                create="B.1 16-20 50%",
                resize="L 5-15",
            ),
            Row(
                "withdrawn: goes all the same",
                existing="L A.1 5-10 100%",
                settled="A.1",
                cancel="L",
            ),
            Row(
                "manual leave stands on the days that a person took out",
                "A#1 full 5-15",
                manual="M 8-20",
                existing="L A.1 5-10 100%",
                settled="A.1",
                replace="M keeps 11-20 loses 8-10:A",
            ),
            Row(
                "manual leave stands on the days that a person added",
                "A#1 full 5-15",
                manual="M 14-20",
                existing="L A.1 5-18 100%",
                settled="A.1",
                replace="M keeps 16-20 loses 14-15:A",
            ),
            Row(
                "the other period of the note is not settled",
                "A#1 full 5-10, graded 50% 11-15",
                existing="L A.1 5-6 100%",
                settled="A.1",
                create="A.2 11-15 50%",
            ),
            Row(
                "a locked day that a person took out is no conflict",
                "A#1 full 5-15",
                existing="L A.1 5-10 100%",
                settled="A.1",
                locked="1-30",
            ),
            Row(
                "nor is a locked day that a person added",
                "A#1 full 5-15",
                existing="L A.1 5-20 100%",
                settled="A.1",
                locked="1-30",
            ),
        )


class TestLocked(AbsenceCase):
    """R8."""

    def test_late_note(self):
        self.check(
            Row("wholly locked", "A#1 full 5-15", locked="1-30", conflicts="5-15 A"),
            Row(
                "its beginning",
                "A#1 full 5-15",
                locked="1-10",
                create="A.1 11-15 100%",
                conflicts="5-10 A",
            ),
            Row(
                "its middle",
                "A#1 full 5-15",
                locked="8-10",
                create="A.1 5-7 100%, A.1 11-15 100%",
                conflicts="8-10 A",
            ),
            Row(
                "two locks that touch are one",
                "A#1 full 5-15",
                locked="8, 9-10",
                create="A.1 5-7 100%, A.1 11-15 100%",
                conflicts="8-10 A",
            ),
            Row("beside it", "A#1 full 5-15", locked="1-4, 16-30", create="A.1 5-15 100%"),
            Row("advisory: nothing to differ on", "A#1 advisory 5-15", locked="1-30"),
        )

    def test_manual_leave(self):
        self.check(
            Row(
                "wholly locked stays",
                "A#1 full 5-15",
                manual="M 1-10",
                locked="1-10",
                create="A.1 11-15 100%",
                conflicts="5-10 A",
            ),
            Row(
                "partly locked yields on the other days",
                "A#1 full 5-15",
                manual="M 1-12",
                locked="1-8",
                create="A.1 9-15 100%",
                replace="M keeps 1-8 loses 9-12:A",
                conflicts="5-8 A",
            ),
            Row(
                "locked in its middle",
                "A#1 full 5-15",
                manual="M 6-14",
                locked="9-10",
                create="A.1 5-8 100%, A.1 11-15 100%",
                replace="M keeps 9-10 loses 6-8:A 11-14:A",
                conflicts="9-10 A",
            ),
            Row(
                "locked beside the note yields",
                "A#1 full 5-15",
                manual="M 1-12",
                locked="1-4",
                create="A.1 5-15 100%",
                replace="M keeps 1-4 loses 5-12:A",
            ),
        )

    def test_nav_leave_that_is_right(self):
        self.check(
            Row("wholly locked", "A#1 full 5-15", existing="L A.1 5-15 100%", locked="1-30"),
            Row("partly locked", "A#1 full 5-15", existing="L A.1 5-15 100%", locked="1-10"),
            Row(
                "a new break inside the locked days does not cut it",
                "A#1 full 5-15",
                existing="L A.1 5-15 100%",
                locked="1-30",
                breaks="10",
            ),
            Row(
                "nor does a break that is gone join two",
                "A#1 full 5-15",
                existing="K A.1 5-9 100%, L A.1 10-15 100%",
                locked="1-30",
            ),
            Row(
                "a new break outside the locked days cuts it",
                "A#1 full 5-15",
                existing="L A.1 5-15 100%",
                locked="1-8",
                breaks="12",
                create="A.1 12-15 100%",
                resize="L 5-11",
            ),
            Row(
                "a new break where the lock ends: the leave keeps the locked days",
                "A#1 full 5-15",
                existing="L A.1 5-15 100%",
                locked="10-30",
                breaks="10",
                create="A.1 5-9 100%",
                resize="L 10-15",
            ),
        )

    def test_newer_note(self):
        self.check(
            Row(
                "over a wholly locked leave",
                "A#1 full 5-15; B#2 graded 50% 10-20",
                existing="L A.1 5-15 100%",
                locked="1-15",
                create="B.1 16-20 50%",
                conflicts="10-15 B",
            ),
            Row(
                "over a partly locked leave: it yields on the other days",
                "A#1 full 5-15; B#2 graded 50% 8-20",
                existing="L A.1 5-15 100%",
                locked="1-10",
                create="B.1 11-20 50%",
                resize="L 5-10",
                conflicts="8-10 B",
            ),
            Row(
                "the leave keeps the locked stretch, not the first",
                "A#1 full 1-20; B#2 graded 50% 8-12",
                existing="L A.1 1-20 100%",
                locked="15-30",
                create="A.1 1-7 100%, B.1 8-12 50%",
                resize="L 13-20",
            ),
            Row(
                "advisory over a locked leave",
                "A#1 full 5-15; B#2 advisory 1-20",
                existing="L A.1 5-15 100%",
                locked="1-10",
                resize="L 5-10",
                conflicts="5-10 -",
                superseded="A",
            ),
        )

    def test_withdrawn(self):
        self.check(
            Row("wholly locked", existing="L A.1 5-15 100%", locked="1-30", conflicts="5-15 -"),
            Row(
                "partly locked",
                existing="L A.1 5-15 100%",
                locked="1-10",
                resize="L 5-10",
                conflicts="5-10 -",
            ),
            Row(
                "locked in two places: two leaves, with the degree that stood",
                existing="L A.1 5-15 60%",
                locked="6-7, 12-13",
                create="A.1 12-13 60%",
                resize="L 6-7",
                conflicts="6-7 -, 12-13 -",
            ),
            Row(
                "an older note regains days: the locked leave gains none, one is made beside it",
                "A#1 full 1-10",
                existing="K A.1 1-7 100%, L B.1 8-15 50%",
                locked="1-5",
                create="A.1 8-10 100%",
                cancel="L",
            ),
            Row(
                "an older note does not regain locked days",
                "A#1 full 1-20",
                existing="K A.1 1-7 100%, L B.1 8-15 50%",
                locked="1-12",
                create="A.1 13-20 100%",
                resize="L 8-12",
                conflicts="8-12 A",
            ),
        )
