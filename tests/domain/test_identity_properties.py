"""Properties of the number rules over all dates, serial numbers and texts."""

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import identity

DIGITS = "0123456789"
SEPARATORS = st.text(" -.\t\n\u00a0\u2009\u2011\u2013\u2014\u2212\u200b\ufeff", max_size=3)


def first_sum(digits):
    weights = {0: 3, 1: 7, 2: 6, 3: 1, 4: 8, 5: 9, 6: 4, 7: 5, 8: 2, 9: 1}
    return sum(weights[place] * int(digits[place]) for place in range(10)) % 11


def second_sum(digits):
    weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
    return sum(int(digits[place]) * weights[place] for place in range(11)) % 11


@st.composite
def synthetic_numbers(draw, remainders=(0, 1, 2, 3)):
    """Valid synthetic numbers: month + 40 or + 80, day possibly + 40."""
    born = draw(st.dates())
    day = born.day + draw(st.sampled_from((0, 40)))
    month = born.month + draw(st.sampled_from((40, 80)))
    year = born.year % 100
    # Two digits cannot tell 1900 from 2000; the rule takes every fourth year for a leap year.
    head = f"{day:02}{month:02}{year:02}{draw(st.integers(0, 999)):03}"
    wanted = draw(st.sampled_from(remainders))
    first = [digit for digit in DIGITS if first_sum(head + digit) == wanted]
    assume(first)
    second = [digit for digit in DIGITS if second_sum(head + first[0] + digit) == 0]
    assume(second)
    return head + first[0] + second[0]


@given(synthetic_numbers())
def test_valid_numbers_are_accepted(number):
    assert identity.is_valid(number, allow_synthetic=True)
    assert not identity.is_valid(number)
    assert identity.is_valid(number, True, strict=True) == (first_sum(number) == 0)


@given(synthetic_numbers(remainders=(4, 5, 6, 7, 8, 9, 10)))
def test_other_remainders_are_refused(number):
    assert not identity.is_valid(number, allow_synthetic=True)


@given(synthetic_numbers(remainders=(0,)), st.integers(0, 10), st.sampled_from(DIGITS))
def test_one_wrong_digit_is_noticed(number, place, digit):
    """By the second check digit, whatever the first allows: all its weights but 0 are units."""
    assume(digit != number[place])
    assert not identity.is_valid(number[:place] + digit + number[place + 1 :], True)


@given(synthetic_numbers(), st.data())
def test_separators_do_not_matter(number, data):
    written = "".join(data.draw(SEPARATORS) + digit for digit in number) + data.draw(SEPARATORS)
    assert identity.normalize(written) == number
    assert identity.is_valid(written, True)
    assert identity.same(written, number)
    assert identity.mask(written) == number[:6] + "*****"


@given(st.one_of(st.text(), st.none(), st.booleans(), st.integers(), st.floats()))
def test_anything_gets_an_answer(value):
    assert identity.normalize(identity.normalize(value)) == identity.normalize(value)
    assert identity.is_valid(value, True) in (True, False)
    assert identity.is_valid_org_number(value) in (True, False)
    if identity.is_valid(value):
        assert identity.is_valid(value, True)
    if identity.is_valid(value, strict=True):
        assert identity.is_valid(value)
    digits = identity.normalize(value)
    assert not digits[6:] or digits[6:] not in identity.mask(value)


@given(st.text(DIGITS, min_size=11, max_size=11))
def test_kind_and_validity_agree(number):
    kind = identity.kind(number)
    assert identity.is_valid(number, True) == (kind is not None)
    assert identity.is_valid(number) == (kind in ("national", "d_number"))
    if kind:
        assert second_sum(number) == 0
        assert first_sum(number) <= 3


@given(st.integers(10_000_000, 99_999_999))
def test_organisation_numbers(head):
    total = sum(w * int(d) for w, d in zip((3, 2, 7, 6, 5, 4, 3, 2), str(head), strict=True))
    check = -total % 11
    for end in range(10):
        assert identity.is_valid_org_number(f"{head}{end}") == (end == check)
