"""Which organisation number to connect.

NAV delivers sick notes for sub-units. In Altinn rights are given for an organisation, and the
rights of a main unit reach down to its sub-units. So a main unit's number connects all of its
sub-units, and a sub-unit's number that one alone.
"""

from dataclasses import dataclass

MAIN = "main"
SUB = "sub"

EITHER = "either"  # one sub-unit: its number and the main unit's do the same
MAIN_UNIT = "main"  # several sub-units: the main unit's number, which this is
MAIN_WITH_LOWER = "main_with_lower"  # … and main units below it may need approval of their own
ONLY_THIS_SUB = "only_this_sub"  # one of several sub-units; all by the main unit's number
NOTHING = "nothing"  # no sub-unit: there is nothing to fetch
DELETED = "deleted"  # the organisation does not exist any more

CODES = (EITHER, MAIN_UNIT, MAIN_WITH_LOWER, ONLY_THIS_SUB, NOTHING, DELETED)


@dataclass(frozen=True)
class Advice:
    """What to do with an organisation number that was typed.

    :ivar code: one of :data:`CODES`
    :ivar number: the number to use; None when there is nothing to connect
    :ivar other_number: the number that connects more, or does the same; None when there is none
    """

    code: str
    number: str | None
    other_number: str | None = None


def advise(kind, number, *, sub_units=0, lower_main_units=0, parent=None, deleted=False):
    """Which number to connect, given what Enhetsregisteret says of the one that was typed.

    :param str kind: MAIN or SUB
    :param str number: the number that was typed
    :param int sub_units: how many sub-units that are not deleted belong to the main unit: for a
        main unit those directly below it and below its lower main units, for a sub-unit itself and
        its siblings
    :param int lower_main_units: how many main units are below a main unit (public sector)
    :param parent: the number of a sub-unit's main unit, None when it has none
    :param bool deleted: the organisation is deleted
    :return: :class:`Advice`
    :raise ValueError: the kind is unknown
    """
    if kind not in (MAIN, SUB):
        raise ValueError("an organisation is a main unit or a sub-unit")
    if deleted:
        return Advice(DELETED, None, parent if kind == SUB else None)
    if kind == SUB:
        return Advice(ONLY_THIS_SUB if sub_units > 1 and parent else EITHER, number, parent)
    if sub_units < 1:
        return Advice(NOTHING, None)
    if lower_main_units > 0:
        return Advice(MAIN_WITH_LOWER, number)
    return Advice(EITHER if sub_units == 1 else MAIN_UNIT, number)
