from datetime import date
from unittest import TestCase

from ..domain.absence import NotePeriod
from ..domain.correction import corrected


def note(name, loepenr, *periods):
    """Periods of a note: (first day, last day, degree or kind) of March 2026."""
    found = []
    for number, (first, last, what) in enumerate(periods):
        kind = what if isinstance(what, str) else ("full" if what == 100 else "graded")
        degree = 0 if isinstance(what, str) else what
        days = (date(2026, 3, first), date(2026, 3, last))
        found.append(NotePeriod((name, number), name, loepenr, *days, kind, degree))
    return found


class TestCorrection(TestCase):
    """Which notes look corrected by a newer one."""

    def found(self, *notes):
        return corrected([period for periods in notes for period in periods])

    def test_a_shorter_newer_note(self):
        older, newer = note("a", 1, (1, 31, 100)), note("b", 2, (1, 14, 100))
        self.assertEqual(self.found(older, newer), {"a": "b"})
        self.assertEqual(self.found(newer, older), {"a": "b"}, "the order plays no part")

    def test_another_degree_that_ends_earlier(self):
        older, newer = note("a", 1, (1, 31, 100)), note("b", 2, (8, 20, 50))
        self.assertEqual(self.found(older, newer), {"a": "b"})

    def test_an_ordinary_course_is_none(self):
        whole = note("a", 1, (1, 14, 100))
        for name, newer in {
            "extension": note("b", 2, (15, 31, 100)),
            "extension that overlaps": note("b", 2, (10, 31, 50)),
            "new degree until the same end": note("b", 2, (8, 14, 50)),
            "same days, new degree": note("b", 2, (1, 14, 50)),
            "all and more": note("b", 2, (1, 31, 50)),
            "far away": note("b", 2, (20, 21, 50)),
        }.items():
            with self.subTest(name):
                self.assertEqual(self.found(whole, newer), {})

    def test_an_older_note_corrects_nothing(self):
        self.assertEqual(self.found(note("a", 2, (1, 31, 100)), note("b", 1, (1, 14, 100))), {})

    def test_a_third_note_that_decides_the_rest(self):
        older, newer = note("a", 1, (1, 31, 100)), note("b", 2, (1, 14, 100))
        third = note("c", 3, (15, 31, 50))
        self.assertEqual(self.found(older, newer, third), {})

    def test_days_without_time_off_are_not_asked_about(self):
        older = note("a", 1, (1, 14, 100), (15, 31, "advisory"))
        self.assertEqual(self.found(older, note("b", 2, (1, 14, 50))), {})

    def test_the_newest_of_several(self):
        older = note("a", 1, (1, 31, 100))
        found = self.found(older, note("b", 2, (1, 20, 80)), note("c", 3, (1, 10, 50)))
        self.assertEqual(found, {"a": "c", "b": "c"})
