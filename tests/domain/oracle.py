"""The rules of absence told a second time, day by day.

Written from the rules, not from ``domain/absence.py``: no ranges, only a dict from each day to
what holds it. Slow and plain on purpose. Only the classes in which notes and leaves are handed over
are the addon's own.
"""

from datetime import timedelta

GIVES_TIME_OFF = ("full", "graded")


def each_day(first, last):
    """The days from ``first`` to ``last``, both included."""
    while first <= last:
        yield first
        first += timedelta(days=1)


def deciding_period(periods):
    """R2: day → the period, of whatever kind, of the note with the highest loepenr."""
    owner = {}
    for period in periods:
        for day in each_day(period.date_from, period.date_to):
            if day not in owner or owner[day].loepenr < period.loepenr:
                owner[day] = period
    return owner


def nav_days(periods):
    """R1 and R2: day → (period, degree), on the days with time off from a note."""
    return {
        day: (period.key, period.degree)
        for day, period in deciding_period(periods).items()
        if period.kind in GIVES_TIME_OFF
    }


def manual_days(manual, notes_ever, in_effect):
    """R3: the days that manual leave must still hold, and those that it may hold.

    A day with time off from a note is lost. A day on which no note, save one that is still in
    effect, has ever given time off stands. In between are the days of a note that gave time off
    until it was withdrawn: there a manual leave stands if it was registered afterwards and is lost
    if it was there before, for what has yielded to it is restored only on request (R6).

    :param notes_ever: the periods of all notes, withdrawn ones too
    :param in_effect: the periods of the notes that are not withdrawn
    :return: two sets of (day, manual leave), the first a part of the second
    """
    lost = nav_days(in_effect)
    still = {period.note for period in in_effect}
    once = {
        day
        for period in notes_ever
        if period.kind in GIVES_TIME_OFF and period.note not in still
        for day in each_day(period.date_from, period.date_to)
    }
    held = {(day, leave.key) for leave in manual for day in each_day(*span(leave))}
    may = {(day, key) for day, key in held if day not in lost}
    must = {(day, key) for day, key in may if day not in once}
    return must, may


def conflict_days(periods, standing, locked):
    """R8: the (day, note) pairs that must be told.

    :param standing: day → (period, degree) of the time off that stands
    :param locked: the locked days
    """
    owner = deciding_period(periods)
    told = set()
    for day in locked:
        asked = owner.get(day)
        if asked is not None and asked.kind not in GIVES_TIME_OFF:
            asked = None
        stands = standing[day][0] if day in standing else None
        if stands != (asked.key if asked else None):
            told.add((day, asked.note if asked else None))
    return told


def span(leave):
    """First and last day of anything that has them."""
    return leave.date_from, leave.date_to
