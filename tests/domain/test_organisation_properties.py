"""Properties of the advice on organisation numbers, over trees as the register has them."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import organisation

# A main unit's own sub-units, and those of each main unit below it; True marks a deleted one.
SUB_UNITS = st.lists(st.booleans(), max_size=5)
TREES = st.tuples(SUB_UNITS, st.lists(SUB_UNITS, max_size=4))
MAIN = "310123454"


def reached(advice, tree):
    """The open sub-units that a connection of the advised number reaches, by their place."""
    if advice.number is None:
        return set()
    every = all_open(tree)
    return every if advice.number == MAIN else every & {advice.number}


def all_open(tree):
    own, lower = tree
    return {
        f"{place}-{index}"
        for place, units in enumerate([own, *lower])
        for index, deleted in enumerate(units)
        if not deleted
    }


@given(TREES)
def test_the_main_units_number_reaches_all_there_is(tree):
    units = all_open(tree)
    advice = organisation.advise("main", MAIN, sub_units=len(units), lower_main_units=len(tree[1]))
    assert reached(advice, tree) == units
    assert (advice.code == "nothing") == (not units)
    assert (advice.code == "main_with_lower") == bool(units and tree[1])


@given(TREES)
def test_a_sub_units_number_reaches_itself_and_the_other_number_the_rest(tree):
    own = all_open((tree[0], []))
    for typed in own:
        advice = organisation.advise("sub", typed, sub_units=len(own), parent=MAIN)
        assert reached(advice, tree) == {typed}
        assert advice.other_number == MAIN
        # "Either" is only said when the two numbers indeed do the same.
        assert (advice.code == "either") == (own == {typed})


@given(
    st.sampled_from(("main", "sub")),
    st.integers(0, 10_000),
    st.integers(0, 100),
    st.sampled_from((None, MAIN)),
)
def test_nothing_deleted_is_connected(kind, sub_units, lower, parent):
    advice = organisation.advise(
        kind,
        "315587336",
        sub_units=sub_units,
        lower_main_units=lower,
        parent=parent,
        deleted=True,
    )
    assert (advice.code, advice.number) == ("deleted", None)
