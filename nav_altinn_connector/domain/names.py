"""Which employee a name on a sick note may mean.

A name proves nothing: it only puts the likeliest employee first, for a person to check. NAV writes
names as Folkeregisteret has them, with middle names and sometimes in capitals or with the family
name first; employers write what people call themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable

SAME, SIMILAR = "same", "similar"

_WORD_BREAKS = str.maketrans(dict.fromkeys(",.-'’()", " "))


def words(name: str) -> frozenset[str]:
    """The words of a name, so that order, capitals, accents and hyphens make no difference."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ø", "o").replace("æ", "ae"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return frozenset(letters.translate(_WORD_BREAKS).split())


def likeness(one: str, other: str) -> str | None:
    """SAME for the same words; SIMILAR where all words of the shorter name, two at least, stand in
    the longer one; else None."""
    left, right = words(one), words(other)
    if len(left & right) < 2:
        return SAME if left and left == right else None
    if left == right:
        return SAME
    return SIMILAR if left <= right or right <= left else None


def suggest(
    name: str, people: Iterable[tuple[Hashable, str]]
) -> tuple[Hashable | None, str | None]:
    """The one person whom the name fits best.

    :param people: pairs of (key, name)
    :return: (key, likeness); (None, likeness) where it fits several alike; (None, None) where it
        fits nobody
    """
    found: dict[str, list[Hashable]] = {SAME: [], SIMILAR: []}
    for key, other in people:
        how = likeness(name, other)
        if how:
            found[how].append(key)
    for how in (SAME, SIMILAR):
        if found[how]:
            return (found[how][0] if len(found[how]) == 1 else None), how
    return None, None
