"""Sets of days as ranges: the arithmetic that the rules of absence stand on."""

from datetime import date, timedelta

from odoo.addons.nav_altinn_connector.domain.intervals import (
    cut,
    from_days,
    intersect,
    subtract,
    union,
)
from odoo.tests import BaseCase


def r(text):
    """Ranges of June 2026: ``r('1-4 7')`` is 1 to 4 June, and 7 June."""
    ranges = []
    for part in text.split():
        first, _dash, last = part.partition("-")
        ranges.append((date(2026, 6, int(first)), date(2026, 6, int(last or first))))
    return tuple(ranges)


class TestUnion(BaseCase):
    def test_union(self):
        for name, sets, expected in (
            ("of nothing", (), ""),
            ("of empty sets", ("", ""), ""),
            ("of one range", ("3-5",), "3-5"),
            ("sorts", ("8-9 1-2",), "1-2 8-9"),
            ("joins what overlaps", ("1-5", "4-8"), "1-8"),
            ("joins what touches", ("1-5", "6-8"), "1-8"),
            ("keeps a gap of one day", ("1-5", "7-8"), "1-5 7-8"),
            ("keeps what is inside", ("1-9", "3-4"), "1-9"),
            ("same set twice", ("1-5", "1-5"), "1-5"),
            ("same first day", ("1-2", "1-6"), "1-6"),
            ("closes a gap between two", ("1-2 5-6", "3-4"), "1-6"),
            ("single days", ("3", "1", "2"), "1-3"),
        ):
            with self.subTest(name):
                self.assertEqual(union(*map(r, sets)), r(expected))

    def test_union_joins_across_months_and_leap_day(self):
        for first, second in (
            (date(2026, 6, 30), date(2026, 7, 1)),
            (date(2026, 12, 31), date(2027, 1, 1)),
            (date(2028, 2, 28), date(2028, 2, 29)),
            (date(2027, 2, 28), date(2027, 3, 1)),
        ):
            with self.subTest(first=first):
                self.assertEqual(union([(first, first)], [(second, second)]), ((first, second),))

    def test_the_leap_day_is_a_day(self):
        joined = union(
            [(date(2028, 2, 1), date(2028, 2, 28))], [(date(2028, 3, 1), date(2028, 3, 2))]
        )
        self.assertEqual(len(joined), 2, "the leap day 2028-02-29 is between them")

    def test_the_ends_of_the_calendar(self):
        always = (date.min, date.max)
        june = (date(2026, 6, 1), date(2026, 6, 30))
        self.assertEqual(union([always], [june]), (always,))
        self.assertEqual(union([always], [always]), (always,))
        self.assertEqual(intersect([always], [june]), (june,))
        self.assertEqual(subtract([june], [always]), ())
        self.assertEqual(
            subtract([always], [june]),
            ((date.min, date(2026, 5, 31)), (date(2026, 7, 1), date.max)),
        )


class TestIntersect(BaseCase):
    def test_intersect(self):
        for name, left, right, expected in (
            ("with nothing", "1-5", "", ""),
            ("nothing with", "", "1-5", ""),
            ("overlap", "1-5", "4-8", "4-5"),
            ("one day in common", "1-5", "5-8", "5"),
            ("touching have none in common", "1-5", "6-8", ""),
            ("apart", "1-2", "8-9", ""),
            ("inside", "1-9", "3-4", "3-4"),
            ("around", "3-4", "1-9", "3-4"),
            ("equal", "3-4", "3-4", "3-4"),
            ("several", "1-10 20-25", "5-21", "5-10 20-21"),
            ("joins what touches", "1-4 5-8", "2-6", "2-6"),
            ("several on both sides", "1-4 8-12", "3-9 12-14", "3-4 8-9 12"),
        ):
            with self.subTest(name):
                self.assertEqual(intersect(r(left), r(right)), r(expected))
                self.assertEqual(intersect(r(right), r(left)), r(expected))

    def test_a_generator_will_do(self):
        self.assertEqual(intersect(r("1-4 8-9"), (days for days in r("2-8"))), r("2-4 8"))


class TestSubtract(BaseCase):
    def test_subtract(self):
        for name, left, right, expected in (
            ("nothing", "1-5", "", "1-5"),
            ("from nothing", "", "1-5", ""),
            ("the end", "1-10", "5-15", "1-4"),
            ("the beginning", "5-15", "1-10", "11-15"),
            ("the middle", "1-10", "4-6", "1-3 7-10"),
            ("one day", "1-10", "5", "1-4 6-10"),
            ("the first day", "1-10", "1", "2-10"),
            ("the last day", "1-10", "10", "1-9"),
            ("all", "1-10", "1-10", ""),
            ("more than all", "4-6", "1-10", ""),
            ("what touches", "4-6", "1-3 7-9", "4-6"),
            ("several", "1-20", "3-4 8 15-30", "1-2 5-7 9-14"),
            ("one from several", "1-4 8-12 20", "3-9", "1-2 10-12 20"),
            ("unsorted", "1-10", "8-9 2-3", "1 4-7 10"),
            ("overlapping", "1-10", "2-5 4-7", "1 8-10"),
        ):
            with self.subTest(name):
                self.assertEqual(subtract(r(left), r(right)), r(expected))


class TestCut(BaseCase):
    def test_cut(self):
        for name, ranges, starts, expected in (
            ("nowhere", "1-10", "", "1-10"),
            ("nothing", "", "5", ""),
            ("inside", "1-10", "5", "1-4 5-10"),
            ("on the first day", "5-10", "5", "5-10"),
            ("on the last day", "1-5", "5", "1-4 5"),
            ("after the last day", "1-5", "6", "1-5"),
            ("before the first day", "5-10", "4", "5-10"),
            ("twice, unsorted", "1-10", "8 3", "1-2 3-7 8-10"),
            ("at each day", "1-3", "1 2 3", "1 2 3"),
            ("the same day twice", "1-10", "5 5", "1-4 5-10"),
            ("one of two ranges", "1-4 8-12", "10", "1-4 8-9 10-12"),
        ):
            with self.subTest(name):
                self.assertEqual(cut(r(ranges), [first for first, _last in r(starts)]), r(expected))


class TestFromDays(BaseCase):
    def test_from_days(self):
        days = [date(2026, 6, day) for day in (9, 1, 2, 3, 3, 7)]
        self.assertEqual(from_days(days), r("1-3 7 9"))
        self.assertEqual(from_days([]), ())


class TestAgainstSets(BaseCase):
    """The three operations on all pairs of the subsets of a week, against Python's sets."""

    def test_all_subsets_of_six_days(self):
        first = date(2026, 6, 1)
        week = [first + timedelta(days=number) for number in range(6)]
        subsets = [
            {day for number, day in enumerate(week) if mask >> number & 1} for mask in range(64)
        ]
        for left in subsets:
            for right in subsets:
                ours, theirs = from_days(left), from_days(right)
                self.assertEqual(union(ours, theirs), from_days(left | right))
                self.assertEqual(intersect(ours, theirs), from_days(left & right))
                self.assertEqual(subtract(ours, theirs), from_days(left - right))
