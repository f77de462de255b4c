"""Every rule of a follow-up plan, and its JSON."""

from datetime import date, datetime

from odoo.addons.nav_altinn_connector.domain import followup_plan as plan
from odoo.tests import BaseCase

# A day of birth in month 81: a number that belongs to nobody.
COMPLETE = {
    "employeeIdentificationNumber": "01810099999",
    "typicalWorkday": "Work in the warehouse",
    "tasksThatCanStillBeDone": "Counting",
    "tasksThatCanNotBeDone": "Lifting",
    "previousFacilitation": "None",
    "plannedFacilitation": "Shorter days",
    "followUp": "A talk each week",
    "evaluationDate": date(2026, 12, 15),
    "sendPlanToNav": False,
    "sendPlanToGeneralPractitioner": False,
    "contactPersonFullName": "Ada Æ. Øvre-Å",
    "contactPersonPhoneNumber": "+47 00 00 00 00",
    "contactPersonEmail": "ada@example.com",
    "employeeHasContributedToPlan": True,
    "lpsName": "Odoo",
}
HELP = "needsHelpFromNav"
HELP_WITH = "needsHelpFromNavDescription"
REASON = "employeeHasNotContributedToPlanDescription"
TEXTS = [field.name for field in plan.FIELDS if field.kind == plan.TEXT]
BLANKS = ["", " ", "\n\t ", "\u00a0", "\u200b\u2060", "\ufeff", "\u2028"]
UNSENDABLE = ["a\x00b", "a\x0bb", "\x1fa", "a\ud800", "\udfff", "a\uffff", "a\ufffe"]


def problems(**changes):
    found = plan.plan_problems({**COMPLETE, **changes})
    return [tuple(problem) for problem in found]


class TestRules(BaseCase):
    def test_a_complete_plan(self):
        self.assertEqual(problems(), [])

    def test_mandatory_fields(self):
        mandatory = [field.name for field in plan.FIELDS if field.mandatory]
        self.assertEqual(sorted(mandatory), sorted(COMPLETE))
        self.assertEqual(plan.plan_problems({}), tuple((name, "missing") for name in mandatory))
        for name in mandatory:
            with self.subTest(name):
                self.assertEqual(problems(**{name: None}), [(name, "missing")])

    def test_blank_texts(self):
        for name in [*TEXTS, "contactPersonEmail", "employeeIdentificationNumber", "lpsEmail"]:
            for blank in [*BLANKS, False]:
                with self.subTest(name, blank=blank):
                    expected = [(name, "missing")] if name in COMPLETE else []
                    self.assertEqual(problems(**{name: blank}), expected)

    def test_characters_that_cannot_be_sent(self):
        for name in [*TEXTS, "contactPersonEmail", "employeeIdentificationNumber", "lpsEmail"]:
            for text in UNSENDABLE:
                with self.subTest(name, text=ascii(text)):
                    self.assertIn((name, "bad_text"), problems(**{name: text}))

    def test_characters_that_can_be_sent(self):
        text = 'Line\r\n\tÆØÅ š č ŋ 😀 <b>&amp;</b> "quoted" \u2028 \u200b end'
        for name in TEXTS:
            if name not in (HELP_WITH, REASON):
                self.assertEqual(problems(**{name: text}), [])

    def test_wrong_types(self):
        for field in plan.FIELDS:
            for value in (7, ["text"], {}, b"text"):
                with self.subTest(field.name, value=value):
                    self.assertIn((field.name, "wrong_type"), problems(**{field.name: value}))
        for name in ("sendPlanToNav", "employeeHasContributedToPlan", HELP):
            for value in ("true", 1, 0, ""):
                self.assertIn((name, "wrong_type"), problems(**{name: value}))

    def test_identity_number(self):
        name = "employeeIdentificationNumber"
        for number in (
            "0181009999",
            "018100999999",
            "018100 99999",
            "0181009999a",
            "01810099999\n",
        ):
            self.assertEqual(problems(**{name: number}), [(name, "bad_number")], number)
        arabic = "".join(chr(0x660 + int(digit)) for digit in "01810099999")
        self.assertEqual(problems(**{name: arabic}), [(name, "bad_number")])

    def test_email(self):
        for name in ("contactPersonEmail", "lpsEmail"):
            for address in (
                "ada@example.com",
                "ada.b+c_d-e@mail.example.co.uk",
                "åse@blåbær.no",
                "a'b@example.no",
            ):
                self.assertEqual(problems(**{name: address}), [], address)
            for address in (
                "ada",
                "ada@",
                "@example.com",
                "ada@example",
                "ada@@example.com",
                "ada@example..com",
                ".ada@example.com",
                "ada.@example.com",
                "ada@example.com.",
                "ada b@example.com",
                "ada@example.com, bo@example.com",
                "ada@example.com;bo@example.com",
                "Ada <ada@example.com>",
                "ada@example.com\n",
                " ada@example.com",
                f"{'a' * 250}@example.com",
            ):
                self.assertEqual(problems(**{name: address}), [(name, "bad_email")], address)

    def test_evaluation_date(self):
        name = "evaluationDate"
        for value in ("2026-12-15", "2028-02-29", date(2020, 1, 1)):
            self.assertEqual(problems(**{name: value}), [])
        for value in ("2026-02-29", "15.12.2026", "2026-12-15T00:00:00", "20261215", "2026-W01-1"):
            self.assertEqual(problems(**{name: value}), [(name, "bad_date")], value)
        self.assertEqual(problems(**{name: datetime(2026, 12, 15, 12)}), [(name, "wrong_type")])

    def test_help_from_nav(self):
        nav = "sendPlanToNav"
        for to_nav, wanted, what_for, expected in [
            (True, True, "A meeting", []),
            (True, False, None, []),
            (True, None, "", []),
            (False, False, " ", []),
            (False, True, "A meeting", [(HELP, "needs_nav")]),
            (True, True, None, [(HELP_WITH, "help_missing")]),
            (True, True, " \n", [(HELP_WITH, "help_missing")]),
            (True, True, "\u200b", [(HELP_WITH, "help_missing")]),
            (False, True, "", [(HELP, "needs_nav"), (HELP_WITH, "help_missing")]),
            (True, False, "A meeting", [(HELP_WITH, "help_not_wanted")]),
            (True, None, "A meeting", [(HELP_WITH, "help_not_wanted")]),
            (None, True, "A meeting", [(nav, "missing")]),
        ]:
            with self.subTest(to_nav=to_nav, wanted=wanted, what_for=what_for):
                found = problems(**{nav: to_nav, HELP: wanted, HELP_WITH: what_for})
                self.assertEqual(found, expected)

    def test_contribution(self):
        name = "employeeHasContributedToPlan"
        for contributed, reason, expected in [
            (True, None, []),
            (True, "", []),
            (True, "Ill", [(REASON, "reason_not_allowed")]),
            (False, "Ill", []),
            (False, None, [(REASON, "reason_missing")]),
            (False, "  ", [(REASON, "reason_missing")]),
            (False, "\u200b", [(REASON, "reason_missing")]),
            (None, None, [(name, "missing")]),
            (None, "Ill", [(name, "missing")]),
        ]:
            with self.subTest(contributed=contributed, reason=reason):
                self.assertEqual(problems(**{name: contributed, REASON: reason}), expected)

    def test_one_problem_for_each_field_in_navs_order(self):
        found = problems(
            **{
                REASON: "\x00",
                "employeeHasContributedToPlan": False,
                "lpsEmail": "x",
                HELP: True,
                "typicalWorkday": "",
            }
        )
        self.assertEqual(
            found,
            [
                ("typicalWorkday", "missing"),
                (HELP, "needs_nav"),
                (HELP_WITH, "help_missing"),
                (REASON, "bad_text"),
                ("lpsEmail", "bad_email"),
            ],
        )

    def test_an_unknown_field_is_a_mistake_of_ours(self):
        with self.assertRaisesRegex(ValueError, "sykmeldingsgrad"):
            plan.plan_problems({**COMPLETE, "sykmeldingsgrad": "50"})

    def test_codes(self):
        self.assertEqual(len(set(plan.CODES)), len(plan.CODES))
        self.assertLessEqual(plan.REFUSED_BY_NAV, set(plan.CODES))


class TestJson(BaseCase):
    def test_order_and_values(self):
        everything = {
            **COMPLETE,
            "otherFacilitationOptions": "Another desk",
            "sendPlanToNav": True,
            HELP: True,
            HELP_WITH: "A meeting",
            "messageToGeneralPractitioner": "Hello\nyou",
            "additionalInformation": " kept as written ",
            "employeeHasContributedToPlan": False,
            REASON: "Ill",
            "lpsEmail": "odoo@example.com",
        }
        found = plan.to_json(dict(reversed(everything.items())))
        self.assertEqual(tuple(found), plan.NAMES)
        self.assertEqual(found, {**everything, "evaluationDate": "2026-12-15"})

    def test_empty_optional_fields_are_left_out(self):
        optional = {field.name for field in plan.FIELDS if not field.mandatory}
        for empty in [None, *BLANKS, False]:
            empties = dict.fromkeys(optional - {HELP}, empty)
            found = plan.to_json({**COMPLETE, **empties, HELP: None})
            self.assertEqual(set(found), set(COMPLETE))
        self.assertIs(plan.to_json({**COMPLETE, HELP: False})[HELP], False)

    def test_a_date_as_text_stays(self):
        found = plan.to_json({**COMPLETE, "evaluationDate": "2028-02-29"})
        self.assertEqual(found["evaluationDate"], "2028-02-29")

    def test_what_breaks_a_rule_is_not_made(self):
        with self.assertRaises(plan.InvalidPlan) as caught:
            plan.to_json({**COMPLETE, "typicalWorkday": "", "lpsEmail": "a secret"})
        self.assertEqual(
            caught.exception.problems, (("typicalWorkday", "missing"), ("lpsEmail", "bad_email"))
        )
        self.assertNotIn("secret", str(caught.exception))
