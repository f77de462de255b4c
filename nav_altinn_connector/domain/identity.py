"""National identity numbers, D-numbers and organisation numbers.

The rules are Skatteetaten's, with the change that it has announced for 2032: the first check digit
may then leave the remainder 0, 1, 2 or 3 (today only 0). NAV's own checks accept such numbers
already, so they are accepted here unless ``strict`` is asked for. Neither century nor gender is
derived from a number: from 2032 on the number does not hold them.

python-stdnum's ``no.orgnr`` is right and used. Its ``no.fodselsnummer`` is not used: it refuses
the remainders of 2032 and the synthetic numbers of Tenor, takes day 40 for a plain day, and
refuses numbers by the century that the serial number stood for.
"""

import unicodedata

from stdnum.no import orgnr

NATIONAL = "national"
D_NUMBER = "d_number"
SYNTHETIC = "synthetic"
SYNTHETIC_D_NUMBER = "synthetic_d_number"

_WEIGHTS_1 = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_WEIGHTS_2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Separators that people and other systems put into numbers, besides all dashes and white space.
_OTHER_SEPARATORS = {".", "\u2212", "\u00b7", "\u2024"}
_SEPARATOR_CATEGORIES = {"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"}


def normalize(number):
    """The number without white space, dashes, dots and invisible characters.

    Digits of other scripts become ASCII digits. Everything else stays, so that a wrong number
    remains wrong. None and False give ''.

    :param number: str, or what Odoo has in an empty field
    """
    if not number:
        return ""
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in str(number)
        if not _is_separator(char)
    )


def _is_separator(char):
    return char in _OTHER_SEPARATORS or unicodedata.category(char) in _SEPARATOR_CATEGORIES


def kind(number, strict=False):
    """What kind of person number this is: NATIONAL, D_NUMBER, SYNTHETIC, SYNTHETIC_D_NUMBER, or
    None when it is no valid number.

    Synthetic are numbers whose month is raised by 40 (help numbers of hospitals, NAV's Dolly) or
    by 80 (Skatteetaten's Tenor).

    :param bool strict: refuse the check digits that are allowed from 2032 on
    """
    digits = normalize(number)
    if len(digits) != 11 or not (digits.isascii() and digits.isdigit()):
        return None
    if not _check_digits_fit(digits, strict):
        return None
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    is_d_number = day > 40
    is_synthetic = month > 40
    if is_d_number:
        day -= 40
    if is_synthetic:
        month -= 80 if month > 80 else 40
    if not _is_date(day, month, year):
        return None
    if is_synthetic:
        return SYNTHETIC_D_NUMBER if is_d_number else SYNTHETIC
    return D_NUMBER if is_d_number else NATIONAL


def _check_digits_fit(digits, strict):
    # The digit 10 that the rule can ask for does not exist: no digit then leaves remainder 0.
    remainder_1, remainder_2 = check_remainders(digits)
    return remainder_1 in ((0,) if strict else (0, 1, 2, 3)) and remainder_2 == 0


def check_remainders(digits):
    """The remainders (modulo 11) of both check sums of eleven ASCII digits."""
    values = [int(digit) for digit in digits]
    return (
        sum(w * v for w, v in zip(_WEIGHTS_1, values, strict=False)) % 11,
        sum(w * v for w, v in zip(_WEIGHTS_2, values, strict=True)) % 11,
    )


def _is_date(day, month, year):
    """Whether the day exists in the two-digit year; every fourth one may be a leap year."""
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS_OF_MONTH[month - 1]:
        return False
    return (day, month) != (29, 2) or year % 4 == 0


def is_valid(number, allow_synthetic=False, strict=False):
    """Whether this is a national identity number or a D-number; separators are ignored.

    :param bool allow_synthetic: accept synthetic numbers too; only outside production
    :param bool strict: refuse the check digits that are allowed from 2032 on
    """
    found = kind(number, strict)
    return found in (NATIONAL, D_NUMBER) or (allow_synthetic and found is not None)


def same(number, other):
    """Whether two numbers are the same apart from separators; two empty ones are not."""
    number = normalize(number)
    return bool(number) and number == normalize(other)


def mask(number):
    """The number as it may be shown in a list: '010190*****'.

    The birth date stays, since that is how people in Norway tell namesakes apart. Of what is no
    eleven digits nothing is shown; '' stays ''.
    """
    digits = normalize(number)
    if len(digits) == 11 and digits.isascii() and digits.isdigit():
        return digits[:6] + "*****"
    return "***********" if digits else ""


def is_valid_org_number(number):
    """Whether this is an organisation number: nine digits with the right check digit, not
    beginning with 0. Separators are ignored. Whether the organisation exists is another matter.
    """
    digits = normalize(number)
    # stdnum takes nine zeros for valid; no organisation's number begins with 0.
    return len(digits) == 9 and not digits.startswith("0") and orgnr.is_valid(digits)
