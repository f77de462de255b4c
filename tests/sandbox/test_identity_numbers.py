"""Check digits: numbers made here are valid, changed ones are not."""

from datetime import date
from random import Random

import pytest

from sandbox.identity_numbers import (
    draw_org_number,
    is_identity_number,
    is_org_number,
    make_identity_number,
    make_org_number,
)


def test_made_numbers_show_the_tenor_form():
    plain = next(filter(None, (make_identity_number(date(1984, 2, 29), n) for n in range(9))))
    d_number = next(
        filter(None, (make_identity_number(date(1984, 2, 29), n, d_number=True) for n in range(9)))
    )
    assert plain.startswith("298284")
    assert d_number.startswith("698284")
    assert is_identity_number(plain) and is_identity_number(d_number)


def test_one_in_about_six_serials_has_no_number():
    made = [make_identity_number(date(1990, 5, 17), serial) for serial in range(500)]
    assert 0.1 < made.count(None) / len(made) < 0.25


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("05908399546", True),
        ("01898299631", True),
        ("05908399547", False),
        ("05908399556", False),
        ("0590839954", False),
        ("0590839954６", False),
        (None, False),
        (5908399546, False),
    ],
)
def test_identity_numbers_are_recognised(number, valid):
    assert is_identity_number(number) is valid


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("315587336", True),
        ("363969623", True),
        ("315587337", False),
        ("31558733", False),
        ("", False),
        (315587336, False),
    ],
)
def test_org_numbers_are_recognised(number, valid):
    assert is_org_number(number) is valid


def test_a_stem_without_check_digit_has_no_number():
    stems = [f"2{number:07}" for number in range(200)]
    without = [stem for stem in stems if make_org_number(stem) is None]
    assert without
    assert not any(is_org_number(f"{stem}{digit}") for stem in without for digit in range(10))


def test_drawn_org_numbers_are_synthetic():
    drawn = [draw_org_number(Random(seed)) for seed in range(50)]
    assert all(is_org_number(number) and number[0] in "23" for number in drawn)
