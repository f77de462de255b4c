import itertools

from odoo.tests import BaseCase

from ..domain import organisation
from ..domain.organisation import Advice, advise

# Synthetic organisations (Tenor numbers begin with 2 or 3).
SUB, MAIN = "315587336", "310123454"


class TestWhichNumber(BaseCase):
    def test_table(self):
        table = (
            # kind, number, sub-units, lower main units, parent, deleted -> code, number, other
            ("main", MAIN, 0, 0, None, False, "nothing", None, None),
            ("main", MAIN, 0, 2, None, False, "nothing", None, None),
            ("main", MAIN, 1, 0, None, False, "either", MAIN, None),
            ("main", MAIN, 2, 0, None, False, "main", MAIN, None),
            ("main", MAIN, 300, 0, None, False, "main", MAIN, None),
            ("main", MAIN, 1, 1, None, False, "main_with_lower", MAIN, None),
            ("main", MAIN, 9, 3, None, False, "main_with_lower", MAIN, None),
            ("main", MAIN, 9, 0, "313000006", False, "main", MAIN, None),
            ("main", MAIN, 9, 3, None, True, "deleted", None, None),
            ("sub", SUB, 1, 0, MAIN, False, "either", SUB, MAIN),
            ("sub", SUB, 0, 0, MAIN, False, "either", SUB, MAIN),
            ("sub", SUB, 2, 0, MAIN, False, "only_this_sub", SUB, MAIN),
            ("sub", SUB, 40, 0, MAIN, False, "only_this_sub", SUB, MAIN),
            ("sub", SUB, 2, 0, None, False, "either", SUB, None),
            ("sub", SUB, 2, 0, MAIN, True, "deleted", None, MAIN),
        )
        for kind, number, subs, lower, parent, deleted, *expected in table:
            found = advise(
                kind,
                number,
                sub_units=subs,
                lower_main_units=lower,
                parent=parent,
                deleted=deleted,
            )
            self.assertEqual(found, Advice(*expected), (kind, subs, lower, parent, deleted))

    def test_always_one_of_the_codes(self):
        for kind, subs, lower, parent, deleted in itertools.product(
            ("main", "sub"), (0, 1, 2, 10_000), (0, 1, 5), (None, MAIN), (False, True)
        ):
            found = advise(
                kind, SUB, sub_units=subs, lower_main_units=lower, parent=parent, deleted=deleted
            )
            self.assertIn(found.code, organisation.CODES)
            # There is a number to use, and it is the one that was typed, unless there is nothing.
            self.assertEqual(found.number, None if found.code in ("nothing", "deleted") else SUB)
            self.assertIn(found.other_number, (None, parent))

    def test_unknown_kind(self):
        for kind in (None, "", "BEDR"):
            with self.assertRaises(ValueError):
                advise(kind, MAIN)
