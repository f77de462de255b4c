"""Which days are sick leave, at what degree, from which note; what to create, resize and cancel.

The rules, for one employee at a time (dates are local calendar dates, both ends included):

* R1 Only full and graded periods make time off.
* R2 Where notes cover the same day, the note with the highest loepenr decides that day. A note that
  a person entered has a number below 0: NAV's notes decide before it.
* R3 On the days for which a note gives time off, manual sick leave yields.
* R4 Other absence is no concern of this module: it is never given to it.
* R5 The decision depends on what there is, not on the order in which it came: deciding again on
  what a decision has led to changes nothing, and manual sick leave that yielded to a note comes
  back where a newer note takes the time off away.
* R6 A withdrawn note is left out of ``periods``; its time off is then cancelled.
* R7 Working days play no part: a period of a weekend is decided like any other.
* R8 A day that payroll has locked stays as it is, in the leave that holds it; the difference is
  reported as a conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .intervals import Range, Ranges, cut, intersect, subtract, union
from .sick_note import FULL, GRADED

TIME_OFF_KINDS = frozenset({FULL, GRADED})

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NotePeriod:
    """A period of a sick note that is in effect.

    :param key: names the period, for instance its database id
    :param note: names the note that it belongs to
    :param loepenr: the note's running number at NAV; the highest decides (R2)
    :param kind: one of the kinds in :mod:`.sick_note`
    :param degree: percent of sick leave, 1 to 100; without meaning for kinds that make no time off
    """

    key: Hashable
    note: Hashable
    loepenr: int
    date_from: date
    date_to: date
    kind: str
    degree: int


@dataclass(frozen=True)
class NavLeave:
    """Time off that exists already because of a note. ``period`` may be one that is gone."""

    key: Hashable
    period: Hashable
    date_from: date
    date_to: date
    degree: int = 100


@dataclass(frozen=True)
class ManualLeave:
    """Sick leave that a person registered, in a state that counts."""

    key: Hashable
    date_from: date
    date_to: date


@dataclass(frozen=True)
class YieldedLeave:
    """A stretch of manual sick leave that has yielded to a note that is still in effect."""

    key: Hashable
    date_from: date
    date_to: date
    note: Hashable


@dataclass(frozen=True)
class Segment:
    """Time off to create: one stretch of days of one period."""

    period: Hashable
    date_from: date
    date_to: date
    degree: int


@dataclass(frozen=True)
class Resize:
    """Existing time off of a note that shall have these days instead."""

    leave: Hashable
    date_from: date
    date_to: date


@dataclass(frozen=True)
class Removed:
    """A stretch of manual sick leave that yields, and the note that it yields to."""

    date_from: date
    date_to: date
    note: Hashable


@dataclass(frozen=True)
class Replacement:
    """What becomes of one manual sick leave: the stretches it keeps and those it loses."""

    leave: Hashable
    kept: Ranges
    removed: tuple[Removed, ...]


@dataclass(frozen=True)
class Conflict:
    """Days locked by payroll on which the notes say something else than what stands (R8).

    ``note`` is the note that asks for time off there, or None where time off stands that no note
    asks for any more.
    """

    date_from: date
    date_to: date
    note: Hashable | None


@dataclass(frozen=True)
class Plan:
    """The decision for one employee; empty tuples where nothing is to be done.

    ``restore`` is like ``replace``, for what had yielded: it comes back, less what is removed.
    """

    create: tuple[Segment, ...] = ()
    resize: tuple[Resize, ...] = ()
    cancel: tuple[Hashable, ...] = ()
    replace: tuple[Replacement, ...] = ()
    restore: tuple[Replacement, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    superseded: frozenset = frozenset()

    @property
    def changes_nothing(self) -> bool:
        """True when what stands is what the notes ask for, as far as it may be changed."""
        return not (self.create or self.resize or self.cancel or self.replace or self.restore)


def decide(
    periods: Iterable[NotePeriod],
    manual: Iterable[ManualLeave] = (),
    existing: Iterable[NavLeave] = (),
    *,
    locked: Iterable[Range] = (),
    breaks: Collection[date] = (),
    settled: Collection[Hashable] = (),
    yielded: Iterable[YieldedLeave] = (),
) -> Plan:
    """Compare what the notes of one employee ask for with what stands.

    :param periods: all periods of the employee's notes in effect
    :param manual: manual sick leave that may be concerned
    :param existing: all time off made from notes, of the same employee
    :param locked: days that payroll has locked (R8)
    :param breaks: days on which a new leave must begin, because the working schedule changes
    :param settled: keys of periods whose time off a person has changed by hand, longer or shorter;
        they get and lose no days of their own, but still yield to the days of other notes
    :param yielded: manual sick leave that has yielded to notes in effect. It comes back where a
        newer note decides without giving time off, as if it had come after that note (R5).
    """
    periods = tuple(periods)
    existing = tuple(existing)
    locked = union(locked)
    decided = newest_wins(periods)
    standing = _days_by_period(existing)
    asked = _asked(periods, decided, standing, frozenset(settled))
    wanted = _wanted(asked, standing, locked)
    create, resize, cancel = _compare(periods, wanted, existing, breaks, locked)
    giving = _giving(periods, decided, asked, locked)
    return Plan(
        create=create,
        resize=resize,
        cancel=cancel,
        replace=_replace_manual(giving, manual),
        restore=_restore_overruled(periods, decided, giving, yielded, locked),
        conflicts=_conflicts(periods, asked, standing, locked),
        superseded=_superseded(periods, decided),
    )


def _rank(period: NotePeriod) -> tuple:
    # A note's own periods do not overlap, and loepenr is unique at NAV; the note's key only makes
    # the order total, so that equal numbers (two test environments) still decide the same way.
    return (period.loepenr, str(period.note), period.date_from)


def newest_wins(periods: Iterable[NotePeriod]) -> dict[Hashable, Ranges]:
    """R2: the days that each period decides, by the period's key."""
    decided: dict[Hashable, Ranges] = {}
    taken: Ranges = ()
    for period in sorted(periods, key=_rank, reverse=True):
        days = ((period.date_from, period.date_to),)
        decided[period.key] = subtract(days, taken)
        taken = union(taken, days)
    return decided


def _days_by_period(existing: tuple[NavLeave, ...]) -> dict[Hashable, Ranges]:
    days = defaultdict(list)
    for leave in existing:
        days[leave.period].append((leave.date_from, leave.date_to))
    return {period: union(ranges) for period, ranges in days.items()}


def _asked(periods, decided, standing, settled) -> dict[Hashable, Ranges]:
    """The days on which each period shall have time off, were nothing locked (R1).

    What a person has settled by hand, beyond the period too, is asked for as it stands, save for
    days that another note decides.
    """
    asked = {}
    for period in periods:
        if period.kind not in TIME_OFF_KINDS:
            asked[period.key] = ()
        elif period.key in settled:
            others = (decided[other.key] for other in periods if other.key != period.key)
            asked[period.key] = subtract(standing.get(period.key, ()), union(*others))
        else:
            asked[period.key] = decided[period.key]
    return asked


def _wanted(asked, standing, locked) -> dict[Hashable, Ranges]:
    """The days on which each period, also one that is gone, shall have time off (R8)."""
    return {
        key: union(
            subtract(asked.get(key, ()), locked),
            intersect(standing.get(key, ()), locked),
        )
        for key in {*asked, *standing}
    }


def _compare(periods, wanted, existing, breaks, locked):
    """Turn the existing time off into the wanted with as few changes as possible.

    A leave that overlaps a wanted stretch of its own period is resized rather than replaced, so
    that its history and its link from elsewhere stay.
    """
    degrees = {leave.period: leave.degree for leave in existing}
    degrees.update((period.key, period.degree) for period in periods)
    by_period = defaultdict(list)
    for leave in sorted(
        existing, key=lambda leave: (leave.date_from, leave.date_to, str(leave.key))
    ):
        by_period[leave.period].append(leave)
    create, resize, cancel = [], [], []
    for key in sorted({*wanted, *by_period}, key=str):
        leaves = by_period.get(key, ())
        targets = _hold_locked(leaves, wanted.get(key, ()), breaks, locked)
        stretches = list(cut(subtract(wanted.get(key, ()), targets.values()), breaks))
        _match(leaves, stretches, targets)
        for leave in leaves:
            target = targets.get(leave.key)
            if target is None:
                cancel.append(leave.key)
            elif target != (leave.date_from, leave.date_to):
                resize.append(Resize(leave.key, *target))
        create.extend(Segment(key, first, last, degrees[key]) for first, last in stretches)
    return tuple(create), tuple(resize), tuple(cancel)


def _hold_locked(leaves, wanted, breaks, locked) -> dict[Hashable, Range]:
    """What the leaves with locked days shall be (R8), by the key of the leave.

    Such a leave may lose days, but gains none, and no break cuts it between two locked days: the
    locked days stay in the leave that payroll has seen.
    """
    soft = [day for day in breaks if subtract([(day - _ONE_DAY, day)], locked)]
    held = {}
    for leave in leaves:
        own = ((leave.date_from, leave.date_to),)
        for first_locked, _last in intersect(own, locked)[:1]:
            held[leave.key] = next(
                stretch
                for stretch in cut(intersect(own, wanted), soft)
                if stretch[0] <= first_locked <= stretch[1]
            )
    return held


def _match(leaves, stretches, targets):
    """Give each leave without a target a stretch, an equal one first; taken ones leave the list."""
    open_leaves = [leave for leave in leaves if leave.key not in targets]
    for fits in (_equal, _overlap):
        for leave in open_leaves:
            if leave.key in targets:
                continue
            target = next((stretch for stretch in stretches if fits(stretch, leave)), None)
            if target is not None:
                stretches.remove(target)
                targets[leave.key] = target


def _equal(stretch: Range, leave: NavLeave) -> bool:
    return stretch == (leave.date_from, leave.date_to)


def _overlap(stretch: Range, leave: NavLeave) -> bool:
    return stretch[0] <= leave.date_to and leave.date_from <= stretch[1]


def _giving(periods, decided, asked, locked) -> dict[Hashable, Ranges]:
    """The days on which each note gives time off and nothing is locked."""
    notes = defaultdict(list)
    for period in periods:
        days = intersect(decided[period.key], asked[period.key])
        notes[period.note].append(subtract(days, locked))
    return {note: union(*ranges) for note, ranges in notes.items()}


def _removed(days: Iterable[Range], giving) -> list[Removed]:
    return [
        Removed(first, last, note)
        for note, ranges in giving.items()
        for first, last in intersect(days, ranges)
    ]


def _replacement(leave, kept, removed) -> Replacement:
    ordered = sorted(removed, key=lambda stretch: stretch.date_from)
    return Replacement(leave.key, kept, tuple(ordered))


def _replace_manual(giving, manual) -> tuple[Replacement, ...]:
    """R3, save on locked days."""
    replacements = []
    for leave in manual:
        days = ((leave.date_from, leave.date_to),)
        removed = _removed(days, giving)
        if removed:
            lost = [(stretch.date_from, stretch.date_to) for stretch in removed]
            replacements.append(_replacement(leave, subtract(days, lost), removed))
    return tuple(replacements)


def _restore_overruled(periods, decided, giving, yielded, locked) -> tuple[Replacement, ...]:
    """R5: what yielded to an older note stands again where a newer one gives no time off."""
    overruled = union(
        *(decided[period.key] for period in periods if period.kind not in TIME_OFF_KINDS)
    )
    restored = []
    for leave in yielded:
        days = ((leave.date_from, leave.date_to),)
        back = subtract(intersect(days, overruled), locked)
        if back:
            rest = subtract(days, back)
            removed = _removed(rest, giving)
            others = subtract(rest, [(stretch.date_from, stretch.date_to) for stretch in removed])
            removed += [Removed(first, last, leave.note) for first, last in others]
            restored.append(_replacement(leave, back, removed))
    return tuple(restored)


def _conflicts(periods, asked, standing, locked) -> tuple[Conflict, ...]:
    """R8: locked days on which the notes differ from what stands."""
    conflicts = []
    for period in periods:
        missing = subtract(asked[period.key], standing.get(period.key, ()))
        conflicts += [Conflict(*days, period.note) for days in intersect(missing, locked)]
    stale = subtract(union(*standing.values()), union(*asked.values()))
    conflicts += [Conflict(*days, None) for days in intersect(stale, locked)]
    return tuple(sorted(conflicts, key=lambda conflict: (conflict.date_from, str(conflict.note))))


def _superseded(periods, decided) -> frozenset:
    """The notes that would give time off, but whose every day a newer note decides."""
    giving = {period.note for period in periods if period.kind in TIME_OFF_KINDS}
    deciding = {period.note for period in periods if decided[period.key]}
    return frozenset(giving - deciding)
