"""Which notes look corrected, and which employee a name may mean, for random notes and names."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import names
from odoo.addons.nav_altinn_connector.domain.absence import NotePeriod, newest_wins
from odoo.addons.nav_altinn_connector.domain.correction import corrected

examples = settings(max_examples=200, deadline=None, database=None)
START = date(2026, 3, 2)
# Numbers below 0 are those of notes that HR has entered.
NUMBERS = st.integers(-5, 5)
KINDS = st.sampled_from(("full", "graded", "advisory"))


@st.composite
def notes(draw):
    """Notes of one or two periods each, with different running numbers."""
    periods = []
    for name, number in enumerate(draw(st.lists(NUMBERS, min_size=1, max_size=6, unique=True))):
        day = draw(st.integers(0, 30))
        for place in range(draw(st.integers(1, 2))):
            length = draw(st.integers(0, 10))
            first, last = START + timedelta(days=day), START + timedelta(days=day + length)
            periods.append(NotePeriod((name, place), name, number, first, last, draw(KINDS), 50))
            day += length + draw(st.integers(1, 3))
    return periods


def days_of(periods, note):
    """The days for which a note gives time off, as it is decided."""
    decided = newest_wins(periods)
    return {
        first + timedelta(days=n)
        for period in periods
        if period.note == note and period.kind != "advisory"
        for first, last in decided[period.key]
        for n in range((last - first).days + 1)
    }


@examples
@given(notes(), st.randoms())
def test_the_order_plays_no_part(periods, random):
    shuffled = list(periods)
    random.shuffle(shuffled)
    assert corrected(shuffled) == corrected(periods)


@examples
@given(notes())
def test_what_is_asked_about_still_stands(periods):
    """The older note gives time off after the last day of the newer one, which overlaps it."""
    number = {period.note: period.loepenr for period in periods}
    for older, newer in corrected(periods).items():
        assert number[older] < number[newer]
        ends = max(period.date_to for period in periods if period.note == newer)
        assert max(days_of(periods, older)) > ends


@examples
@given(notes())
def test_withdrawing_the_older_ends_the_question(periods):
    """… and takes no day from any newer note."""
    found = corrected(periods)
    for older in found:
        left = [period for period in periods if period.note != older]
        assert older not in corrected(left)
        assert days_of(left, found[older]) == days_of(periods, found[older])


@examples
@given(notes())
def test_a_course_that_only_goes_on_asks_nothing(periods):
    """Each newer note ends no earlier than those before it."""
    ends = {}
    for period in sorted(periods, key=lambda period: period.loepenr):
        ends[period.note] = max(ends.get(period.note, period.date_to), period.date_to)
    in_order = list(ends.values())
    if in_order == sorted(in_order):
        assert corrected(periods) == {}


NAMES = st.lists(st.sampled_from(("Kari", "Ola", "Anne", "Prøve", "Lærdal")), max_size=4)


@examples
@given(NAMES, NAMES, st.randoms())
def test_likeness_of_names(one, other, random):
    left, right = " ".join(one), ", ".join(other).upper()
    assert names.likeness(left, right) == names.likeness(right, left)
    random.shuffle(one)
    assert names.likeness(" ".join(one), right) == names.likeness(left, right)
