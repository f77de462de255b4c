"""Synthetic identity and organisation numbers with valid check digits.

The check digits follow Skatteetaten's and Brønnøysundregistrene's published weights. Only numbers
that cannot belong to anybody are made: identity numbers in the form of the test population Tenor
(month + 80) and organisation numbers that start with 2 or 3.
"""

from datetime import date

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORG_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
TENOR_MONTH_OFFSET = 80
D_NUMBER_DAY_OFFSET = 40


def _check_digit(digits, weights):
    """Return the mod-11 check digit of `digits`, or None when there is none (10)."""
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    return None if rest == 1 else (11 - rest) % 11


def make_identity_number(birth_date: date, serial: int, *, d_number=False) -> str | None:
    """Return a synthetic identity number, or None when `serial` gives no check digit.

    :param birth_date: the day of birth that the number shows
    :param serial: the individual number, 0–999; 0–499 for births before 2000, 500–999 after
    :param d_number: add 40 to the day, as for a person with a D-number
    """
    day = birth_date.day + (D_NUMBER_DAY_OFFSET if d_number else 0)
    month = birth_date.month + TENOR_MONTH_OFFSET
    stem = f"{day:02}{month:02}{birth_date.year % 100:02}{serial:03}"
    first = _check_digit(stem, _K1_WEIGHTS)
    if first is None:
        return None
    second = _check_digit(f"{stem}{first}", _K2_WEIGHTS)
    return None if second is None else f"{stem}{first}{second}"


def is_identity_number(text) -> bool:
    """Tell whether `text` is eleven digits with valid check digits (the rule before 2032)."""
    if not isinstance(text, str) or len(text) != 11 or not (text.isascii() and text.isdigit()):
        return False
    first = _check_digit(text[:9], _K1_WEIGHTS)
    second = _check_digit(text[:10], _K2_WEIGHTS)
    return text[9:] == f"{first}{second}"


def make_org_number(stem: str) -> str | None:
    """Return the organisation number for eight digits, or None when there is none."""
    digit = _check_digit(stem, _ORG_WEIGHTS)
    return None if digit is None else f"{stem}{digit}"


def is_org_number(text) -> bool:
    """Tell whether `text` is nine digits with a valid check digit."""
    if not isinstance(text, str) or len(text) != 9 or not (text.isascii() and text.isdigit()):
        return False
    return make_org_number(text[:8]) == text


def draw_org_number(rng) -> str:
    """Return a random synthetic organisation number (first digit 2 or 3) from `rng`."""
    while True:
        number = make_org_number(f"{rng.choice('23')}{rng.randrange(10**7):07}")
        if number:
            return number
