"""The rules of sick leave cases told a second time, day by day.

Written from the rules, not from ``domain/followup.py``: no ranges, only a walk over the calendar.
Slow and plain on purpose. Only the classes in which notes and leaves are handed over are the
addon's own.
"""

from datetime import timedelta

from .oracle import deciding_period, each_day

COUNTS = ("full", "graded")
DAY = timedelta(days=1)


class PeriodOfNote:
    """A period as ``deciding_period`` wants it, with what it says."""

    def __init__(self, note, period):
        self.note, self.loepenr = note.id, note.loepenr
        self.date_from, self.date_to = period.date_from, period.date_to
        self.says = (period.kind, period.degree, note.id)


def deciding(notes):
    """Day → the period of the newest note on it."""
    return deciding_period(
        [PeriodOfNote(note, period) for note in notes for period in note.periods]
    )


def covering(notes, manual):
    """Day → (kind, degree, source), on the days of sick leave."""
    days = {}
    for leave in sorted(manual, key=lambda leave: (leave.degree, -leave.date_from.toordinal())):
        for day in each_day(leave.date_from, leave.date_to):
            days[day] = ("manual", leave.degree, leave.id)
    for note in sorted(notes, key=lambda note: note.loepenr):
        for first, last in note.self_certified:
            for day in each_day(first, last):
                days[day] = ("self_certified", 100, note.id)
    for day, period in deciding(notes).items():
        if period.says[0] in COUNTS:
            days[day] = period.says
    return days


def groups(days):
    """The days of sick leave, parted where 16 days in a row are without."""
    parts = []
    for day in sorted(days):
        if parts and all(day - number * DAY != parts[-1][-1] for number in range(1, 17)):
            parts.append([])
        if not parts:
            parts.append([])
        parts[-1].append(day)
    return parts


def stated_days(notes, days, part, before):
    """The first days that notes of a case state and that are to be believed."""
    for note in notes:
        own = [day for day in days if days[day][2] == note.id and days[day][0] in COUNTS]
        stated = note.absence_from
        if stated is None or not own or min(own) not in part or stated >= part[0]:
            continue
        too_early = min(own) - stated > timedelta(days=364)
        proven = before and any(stated - number * DAY in before for number in range(-400, 17))
        if not too_early and not proven:
            yield stated


def cases(notes, manual=()):
    """A list of dicts: first, last, covered (a set), notes and manual (sets of ids), timeline
    (day → (kind, degree, source))."""
    days = covering(notes, manual)
    parts = groups(days)
    sick = [part for part in parts if any(days[day][0] != "self_certified" for day in part)]
    alone = [part for part in parts if part not in sick]
    result = []
    for part in sick:
        first = min([part[0], *stated_days(notes, days, part, result and result[-1]["near"])])
        for days_alone in alone:
            gaps = [(first - day).days for day in days_alone]
            if days_alone[0] < first and any(gap <= 16 for gap in gaps):
                first = days_alone[0]
        result.append(one_case(first, part[-1], notes, manual, days))
    return result


def one_case(first, last, notes, manual, days):
    span = set(each_day(first, last))
    wide = span | {first - DAY, last + DAY}
    timeline = {}
    for day, period in deciding(notes).items():
        shown = wide & set(each_day(period.date_from, period.date_to))
        if period.says[0] not in COUNTS and shown:
            timeline[day] = period.says
    timeline = {day: says for day, says in timeline.items() if day not in days}
    timeline.update((day, says) for day, says in days.items() if day in span)
    return {
        "first": first,
        "last": last,
        "near": span,
        "covered": span & set(days),
        "notes": {note.id for note in notes if wide & all_days(note)},
        "manual": {leave.id for leave in manual if span & set(each_day(*ends(leave)))},
        "timeline": timeline,
    }


def ends(leave):
    return leave.date_from, leave.date_to


def all_days(note):
    spans = [ends(period) for period in note.periods] + list(note.self_certified)
    return {day for first, last in spans for day in each_day(first, last)}
