"""Which remembered sick leave each newly computed one is, and what becomes of its milestones.

Cases are computed anew from all notes whenever one comes, changes or is withdrawn. People have
worked on the remembered ones meanwhile, so each computed case goes on as the remembered one that
it shares most with:

* They belong together when they share a day. Of several, the one with most notes in common goes
  on, then the one with most days, then the earliest. A remembered case that had been emptied comes
  back when its days do, after the others.
* A remembered case goes on as one computed case at most, and the other way round. **Joined**: a
  remembered case whose computed case goes on as another is merged into that. **Split**: a computed
  case without a remembered one is new, and knows what it was split from. **Emptied**: a remembered
  case without days left.

Milestones follow the days (:func:`move`): what was settled on a day of a case belongs to that case,
wherever it was remembered; all else goes with its own case, on a split with the part on whose time
it was settled, or is due. On a join the strongest of each kind stays: done, then skipped or not
required, then moved by hand, then open; of equals the earliest. So what is done stays done.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from .followup import Case
from .followup_deadlines import (
    DONE,
    MOVED,
    NOT_REQUIRED,
    OPEN,
    SETTLED_STATES,
    SKIPPED,
    Kept,
    Template,
    number_at,
)

_STRENGTH = {DONE: 0, NOT_REQUIRED: 1, SKIPPED: 1, MOVED: 2, OPEN: 3}


@dataclass(frozen=True)
class Stored:
    """A case as it is remembered; merged ones are left out by the caller.

    :param id: names the record; ids of one call can be compared with each other
    :param notes: ids of its notes
    :param emptied: whether it had no days left when it was computed last
    """

    id: Hashable
    first_day: date
    last_day: date
    notes: frozenset[Hashable] = frozenset()
    emptied: bool = False


@dataclass(frozen=True)
class Followed:
    """A computed case, and the remembered ones behind it.

    :ivar goes_on: the id of the remembered case that it is; None for a new one
    :ivar merged: ids of remembered cases that end in it
    :ivar split_from: ids of remembered cases that share days with it and go on as other cases
    """

    case: Case
    goes_on: Hashable | None
    merged: tuple[Hashable, ...] = ()
    split_from: tuple[Hashable, ...] = ()

    @property
    def behind(self) -> tuple[Hashable, ...]:
        """Ids of all remembered cases that share days with it."""
        own = () if self.goes_on is None else (self.goes_on,)
        return own + self.merged + self.split_from


@dataclass(frozen=True)
class Following:
    """What becomes of the cases of one employee.

    :ivar cases: the computed cases, in order of their days
    :ivar emptied: ids of remembered cases that have no days left, and had some before
    """

    cases: tuple[Followed, ...]
    emptied: tuple[Hashable, ...]


def follow(existing: Iterable[Stored], computed: Iterable[Case]) -> Following:
    """Decide which remembered case goes on as which computed one."""
    existing = sorted(existing, key=lambda one: (one.first_day, one.id))
    computed = sorted(computed, key=lambda case: case.first_day)
    bonds = sorted(_bonds(existing, computed))
    heirs: dict[Hashable, int] = {}  # remembered case → place of the computed one that it is
    for _strength, stored_id, place in bonds:
        if stored_id not in heirs and place not in heirs.values():
            heirs[stored_id] = place
    merged: dict[Hashable, int] = {}
    for _strength, stored_id, place in bonds:
        if stored_id not in heirs:
            merged.setdefault(stored_id, place)
    bound = {stored_id for _strength, stored_id, _place in bonds}
    return Following(
        cases=tuple(
            _followed(case, place, existing, bonds, heirs, merged)
            for place, case in enumerate(computed)
        ),
        emptied=tuple(one.id for one in existing if one.id not in bound and not one.emptied),
    )


def _bonds(existing, computed):
    """(strength, id of the remembered case, place of the computed one); the strongest is first."""
    for stored in existing:
        for place, case in enumerate(computed):
            first = max(stored.first_day, case.first_day)
            days = (min(stored.last_day, case.last_day) - first).days + 1
            if days > 0:
                notes = len(frozenset(stored.notes) & frozenset(case.notes))
                strength = (stored.emptied, -notes, -days, stored.first_day)
                yield strength, stored.id, place


def _followed(case, place, existing, bonds, heirs, merged) -> Followed:
    bound = {stored_id for _strength, stored_id, other in bonds if other == place}
    near = [one.id for one in existing if one.id in bound]
    return Followed(
        case=case,
        goes_on=next((one for one in near if heirs.get(one) == place), None),
        merged=tuple(one for one in near if merged.get(one) == place),
        split_from=tuple(
            one for one in near if heirs.get(one) != place and merged.get(one) != place
        ),
    )


# --- milestones ---


@dataclass(frozen=True)
class Moved:
    """The milestones that a computed case has from the remembered ones.

    :ivar keep: those that stay, one at most for each template and number
    :ivar duplicates: (id, id of the one that stays in its place), for the history
    """

    keep: tuple[Kept, ...]
    duplicates: tuple[tuple[Hashable, Hashable], ...]


def move(
    following: Following,
    kept: Mapping[Hashable, Iterable[Kept]],
    templates: Iterable[Template],
) -> tuple[Moved, ...]:
    """Give the remembered milestones to the computed cases; one result for each, in their order.

    Those of emptied cases stay where they are, save those settled on a day of a computed case.
    Milestones that repeat are counted anew where the first day has changed.

    :param kept: the milestones of each remembered case, by its id; duplicates too, so that they
        are there again should the case be split
    """
    repeating = {template.key: template for template in templates if template.repeat_days}
    given: list[list[Kept]] = [[] for _case in following.cases]
    for stored_id, milestones in kept.items():
        parts = [
            place for place, followed in enumerate(following.cases) if stored_id in followed.behind
        ]
        for one in milestones:
            place = _place(one, parts, following.cases)
            if place is not None:
                given[place].append(one)
    return tuple(
        _strongest([_counted_anew(one, followed.case, repeating) for one in own])
        for own, followed in zip(given, following.cases, strict=True)
    )


def _place(one: Kept, parts: list[int], cases) -> int | None:
    """The place of the case that a milestone goes to; None where it stays in an emptied case.

    :param parts: the places of the cases that its own case shares days with
    """
    settled_on = one.settled_on if one.state in SETTLED_STATES else None
    for place, followed in enumerate(cases):
        if settled_on and followed.case.first_day <= settled_on <= followed.case.last_day:
            return place
    day = settled_on or one.due
    begun = [place for place in parts if cases[place].case.first_day <= day]
    return (begun[-1] if begun else parts[0]) if parts else None


def _counted_anew(one: Kept, case: Case, repeating) -> Kept:
    template = repeating.get(one.key)
    if template is None:
        return one
    return replace(one, number=number_at(template, case.first_day, one.planned))


def _strongest(own: list[Kept]) -> Moved:
    keep: dict[tuple[str, int], Kept] = {}
    duplicates = []
    for one in sorted(own, key=_strength):
        winner = keep.setdefault((one.key, one.number), one)
        if winner is not one:
            duplicates.append((one.id, winner.id))
    ordered = sorted(keep.values(), key=lambda one: (one.due, one.key, one.number))
    return Moved(tuple(ordered), tuple(duplicates))


def _strength(one: Kept) -> tuple:
    return _STRENGTH[one.state], one.settled_on or one.due, one.due, str(one.id)
