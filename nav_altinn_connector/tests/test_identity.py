from stdnum.no import fodselsnummer

from odoo.tests import BaseCase

from ..domain import identity

TENOR, DOLLY, PLAIN = 80, 40, 0


def number(day, month, year, serial, remainder=0):
    """A number with these parts whose first check digit leaves ``remainder``, else None.

    Written apart from the module under test: digits are tried until both sums fit.
    """
    head = f"{day:02}{month:02}{year % 100:02}{serial:03}"
    for first in "0123456789":
        digits = [int(digit) for digit in head + first]
        if (
            3 * digits[0]
            + 7 * digits[1]
            + 6 * digits[2]
            + digits[3]
            + 8 * digits[4]
            + 9 * digits[5]
            + 4 * digits[6]
            + 5 * digits[7]
            + 2 * digits[8]
            + digits[9]
        ) % 11 != remainder:
            continue
        total = (
            5 * digits[0]
            + 4 * digits[1]
            + 3 * digits[2]
            + 2 * digits[3]
            + 7 * digits[4]
            + 6 * digits[5]
            + 5 * digits[6]
            + 4 * digits[7]
            + 3 * digits[8]
            + 2 * digits[9]
        )
        for second in range(10):
            if (total + second) % 11 == 0:
                return f"{head}{first}{second}"
    return None


def numbers(day, month, year, remainder=0, serials=range(100, 200)):
    found = (number(day, month, year, serial, remainder) for serial in serials)
    return [one for one in found if one]


class TestPersonNumbers(BaseCase):
    def test_published_test_persons(self):
        # Published by NAV and Skatteetaten for tests: month + 80 and month + 40.
        for digits in ("05908399546", "01898299631", "01447842099", "05449412615"):
            self.assertTrue(identity.is_valid(digits, allow_synthetic=True))
            self.assertTrue(identity.is_valid(digits, allow_synthetic=True, strict=True))
            self.assertFalse(identity.is_valid(digits))
            self.assertEqual(identity.kind(digits), identity.SYNTHETIC)

    def test_kinds(self):
        for day_offset, month_offset, kind in (
            (0, PLAIN, identity.NATIONAL),
            (40, PLAIN, identity.D_NUMBER),
            (0, DOLLY, identity.SYNTHETIC),
            (0, TENOR, identity.SYNTHETIC),
            (40, DOLLY, identity.SYNTHETIC_D_NUMBER),
            (40, TENOR, identity.SYNTHETIC_D_NUMBER),
        ):
            for month in (1, 9, 10, 12):
                digits = numbers(17 + day_offset, month + month_offset, 82)[0]
                self.assertEqual(identity.kind(digits), kind)
                self.assertIs(identity.is_valid(digits), month_offset == PLAIN)
                self.assertIs(identity.is_valid(digits, allow_synthetic=True), True)

    def test_remainders_of_2032(self):
        for remainder in range(11):
            for digits in numbers(17, 4 + TENOR, 35, remainder):
                self.assertEqual(identity.is_valid(digits, True), remainder in (0, 1, 2, 3))
                self.assertEqual(identity.is_valid(digits, True, strict=True), remainder == 0)

    def test_second_check_digit_has_no_such_freedom(self):
        digits = numbers(17, 4 + TENOR, 82)[0]
        for last in set("0123456789") - {digits[-1]}:
            self.assertFalse(identity.is_valid(digits[:-1] + last, True))

    def test_check_digit_ten_does_not_exist(self):
        # Some serial numbers ask for the digit 10: no number with them is valid by today's rule.
        without = [serial for serial in range(100, 200) if not number(17, 4 + TENOR, 82, serial)]
        self.assertTrue(without)
        for serial in without:
            for end in range(100):
                candidate = f"178482{serial}{end:02}"
                self.assertFalse(identity.is_valid(candidate, True, strict=True))

    def test_dates(self):
        for day, month, year, exists in (
            (31, 1, 81, True),
            (32, 1, 81, False),
            (0, 1, 81, False),
            (30, 4, 81, True),
            (31, 4, 81, False),
            (29, 2, 84, True),
            (29, 2, 83, False),
            (30, 2, 84, False),
            (29, 2, 0, True),
            (1, 13, 81, False),
            (1, 0, 81, False),
        ):
            for day_offset in (0, 40):
                for month_offset in (DOLLY, TENOR):
                    with self.subTest(day=day, month=month, year=year):
                        digits = numbers(day + day_offset, month + month_offset, year)[0]
                        self.assertEqual(identity.is_valid(digits, True), exists)

    def test_months_between_the_ranges(self):
        for month in [*range(13, 41), *range(53, 81), *range(93, 100), 0]:
            for digits in numbers(17, month, 82)[:3]:
                self.assertIsNone(identity.kind(digits), month)

    def test_days_of_other_registers(self):
        # Numbers of the health service (first digit 8 or 9) are no identity numbers.
        for day in (32, 40, 72, 80, 81, 99):
            self.assertIsNone(identity.kind(numbers(day, 4 + TENOR, 82)[0]), day)

    def test_century_and_gender_do_not_matter(self):
        for serial in range(0, 1000, 37):
            for year in (0, 39, 40, 54, 99):
                digits = number(17, 4 + TENOR, year, serial)
                if digits:
                    self.assertTrue(identity.is_valid(digits, True))

    def test_what_is_no_number(self):
        digits = "05908399546"
        for value in (
            "",
            None,
            False,
            "abc",
            digits[:-1],
            digits + "0",
            "x" + digits[1:],
            "00000000000",
            "0590839954٦x",
            5908399546,
            "²" * 11,
            digits + "x",
        ):
            self.assertFalse(identity.is_valid(value, True), value)

    def test_where_stdnum_differs(self):
        # Reasons for own rules. When one of these fails, look whether stdnum has become right.
        lenient = numbers(17, 4 + DOLLY, 35, remainder=1)[0]
        self.assertFalse(fodselsnummer.is_valid(lenient))
        self.assertTrue(identity.is_valid(lenient, True))
        tenor = "05908399546"
        self.assertFalse(fodselsnummer.is_valid(tenor))
        self.assertTrue(identity.is_valid(tenor, True))
        dolly = "01447842099"
        self.assertTrue(fodselsnummer.is_valid(dolly))
        self.assertFalse(identity.is_valid(dolly))


class TestNormalize(BaseCase):
    def test_separators(self):
        for value in (
            "05908399546",
            "059083 99546",
            " 05 90 83-99546 ",
            "059083\u00a099546",
            "059083\u201399546",
            "059083\u201199546",
            "059083\u221299546",
            "05.90.83.99546",
            "\t059083\n99546\r",
            "059083\u200b99546",
            "\ufeff05908399546",
            "059083\u202f99546",
            "059083\u2014\u201599546",
            "\u0660\u0665\u0669\u0660\u0668\u0663\u0669\u0669\u0665\u0664\u0666",
        ):
            self.assertEqual(identity.normalize(value), "05908399546", ascii(value))
            self.assertTrue(identity.is_valid(value, True))

    def test_empty(self):
        for value in (None, False, "", " ", "-", "\u200b"):
            self.assertEqual(identity.normalize(value), "")

    def test_what_is_wrong_remains_wrong(self):
        self.assertEqual(identity.normalize("O5908399546"), "O5908399546")
        self.assertEqual(identity.normalize("059083/99546"), "059083/99546")
        self.assertEqual(identity.normalize(5908399546), "5908399546")

    def test_same(self):
        self.assertTrue(identity.same("059083 99546", "05908399546"))
        self.assertFalse(identity.same("05908399546", "01898299631"))
        for empty in ("", None, False, " "):
            self.assertFalse(identity.same(empty, empty))

    def test_mask(self):
        self.assertEqual(identity.mask("059083 99546"), "059083*****")
        self.assertEqual(identity.mask("059083"), "***********")
        self.assertEqual(identity.mask("Ola Nordmann"), "***********")
        for empty in ("", None, False):
            self.assertEqual(identity.mask(empty), "")


class TestOrganisationNumbers(BaseCase):
    def test_valid(self):
        # Synthetic organisations of Tenor.
        for value in ("315587336", "315 587 336", "315-587-336", "315\u00a0587\u00a0336"):
            self.assertTrue(identity.is_valid_org_number(value))

    def test_exactly_one_check_digit_or_none(self):
        for head in range(21_000_000, 21_002_000, 7):
            digits = [int(digit) for digit in str(head)]
            weights = (3, 2, 7, 6, 5, 4, 3, 2)
            rest = 11 - sum(w * d for w, d in zip(weights, digits, strict=True)) % 11
            wanted = {10: None, 11: "0"}.get(rest, str(rest))
            valid = [end for end in "0123456789" if identity.is_valid_org_number(f"{head}{end}")]
            self.assertEqual(valid, [wanted] if wanted else [])

    def test_invalid(self):
        for value in (
            "",
            None,
            False,
            "315587337",
            "31558733",
            "3155873360",
            "0192:315587336",
            "NO315587336MVA",
            "000000000",
            "abcdefghi",
            "31558733x",
        ):
            self.assertFalse(identity.is_valid_org_number(value), value)
