"""Sets of calendar days, kept as sorted ranges with both ends included.

A sick note covers weeks and an employee's history covers years, so days are handled as ranges.
Every function takes and returns tuples of ``(first day, last day)`` pairs; results are sorted,
do not overlap, and ranges that touch are joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

Range = tuple[date, date]
Ranges = tuple[Range, ...]

_ONE_DAY = timedelta(days=1)


def union(*sets: Iterable[Range]) -> Ranges:
    """Days that are in any of the sets."""
    joined: list[Range] = []
    for first, last in sorted(pair for days in sets for pair in days):
        if joined and (first <= joined[-1][1] or first - _ONE_DAY == joined[-1][1]):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def intersect(left: Iterable[Range], right: Iterable[Range]) -> Ranges:
    """Days that are in both sets."""
    right = tuple(right)
    common = (
        (max(first, start), min(last, stop))
        for first, last in left
        for start, stop in right
        if first <= stop and start <= last
    )
    return union(common)


def subtract(left: Iterable[Range], right: Iterable[Range]) -> Ranges:
    """Days of the left set that are not in the right one."""
    remaining = list(union(left))
    for start, stop in right:
        pieces = []
        for first, last in remaining:
            if stop < first or last < start:
                pieces.append((first, last))
                continue
            if first < start:
                pieces.append((first, start - _ONE_DAY))
            if stop < last:
                pieces.append((stop + _ONE_DAY, last))
        remaining = pieces
    return union(remaining)


def cut(ranges: Iterable[Range], starts: Iterable[date]) -> Ranges:
    """The same days, but with a new range beginning at each of ``starts``.

    The one function here whose result may hold ranges that touch.
    """
    starts = sorted(starts)
    pieces = []
    for first, last in ranges:
        for start in starts:
            if first < start <= last:
                pieces.append((first, start - _ONE_DAY))
                first = start
        pieces.append((first, last))
    return tuple(pieces)


def from_days(days: Iterable[date]) -> Ranges:
    """The ranges that hold exactly these days."""
    return union((day, day) for day in days)
