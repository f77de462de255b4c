"""Which sick notes look corrected by a newer one.

NAV tells neither that a note was taken back nor that one replaces another: it sends a new note, and
the newest decides its days (R2). Where the newer note ends earlier than the older one that it
overlaps, the rest of the older one still stands, and that is what a doctor's correction leaves
behind: "back at work earlier than first thought", or "these two weeks, not four".

An ordinary course is told from it by the end: an extension, and a new degree from some day on, end
no earlier than the note before. Where the newer note decides all days of the older one, nothing is
left to ask about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from .absence import TIME_OFF_KINDS, NotePeriod, newest_wins
from .intervals import Ranges, union


def corrected(periods: Iterable[NotePeriod]) -> dict[Hashable, Hashable]:
    """The notes of one employee that look corrected.

    :param periods: all periods of the notes in effect
    :return: {older note: the newest note that seems to correct it}
    """
    periods = tuple(periods)
    decided = newest_wins(periods)
    days, left, rank = defaultdict(list), defaultdict(list), {}
    for period in periods:
        days[period.note].append((period.date_from, period.date_to))
        rank[period.note] = (period.loepenr, str(period.note))
        if period.kind in TIME_OFF_KINDS:
            left[period.note] += decided[period.key]
    found = {}
    for older in days:
        rest = union(left[older])
        newer = [
            note
            for note in days
            if rank[note] > rank[older] and _cuts_short(union(days[note]), union(days[older]), rest)
        ]
        if newer:
            found[older] = max(newer, key=rank.__getitem__)
    return found


def _cuts_short(newer: Ranges, older: Ranges, rest: Ranges) -> bool:
    """Whether the newer note overlaps the older one and ends before days that are left of it."""
    overlaps = any(
        first <= last_older and first_older <= last
        for first, last in newer
        for first_older, last_older in older
    )
    return overlaps and bool(rest) and newer[-1][1] < rest[-1][1]
