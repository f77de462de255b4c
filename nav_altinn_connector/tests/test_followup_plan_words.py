import re

from odoo.tests import TransactionCase

from ..clients import errors, followup_plan
from ..models import plain_words, plain_words_followup

# Words that a person in HR need not know.
ENGINEERS_WORDS = re.compile(
    r"\b(HTTP|JSON|API|URL|token|endpoint|payload|null|uuid|JWT|scope)\b", re.IGNORECASE
)
SYSTEM, SEND = followup_plan.SYSTEM, followup_plan.SEND


class TestFollowUpPlanWords(TransactionCase):
    def words(self, error):
        return plain_words.client_error(self.env, error)

    def refused(self, code, operation=SEND, message=None):
        data = {"type": code, "message": message}
        return followup_plan.PlanRejected(SYSTEM, operation, status=400, code=code, data=data)

    def assert_plain(self, words):
        self.assertTrue(words.endswith("."))
        self.assertGreater(words.count("."), 1, "what is wrong, and what to do")
        self.assertFalse(ENGINEERS_WORDS.search(words), words)

    def test_every_type_has_words(self):
        by_type = plain_words_followup.by_type(self.env)
        self.assertEqual(set(by_type), set(followup_plan.TYPES))
        for kind, words in by_type.items():
            with self.subTest(kind):
                self.assert_plain(words)
                self.assertEqual(self.words(self.refused(kind, followup_plan.STATUS)), words)

    def test_every_field_has_words(self):
        names = plain_words_followup.field_names(self.env)
        self.assertEqual(list(names), list(followup_plan.FIELDS))
        for name in (*followup_plan.FIELDS, None):
            with self.subTest(name):
                words = plain_words_followup.field_problem(self.env, name)
                self.assert_plain(words)
                self.assertEqual(
                    self.words(self.refused("VALIDATION_ERROR", message=f"{name} x")), words
                )

    def test_whether_a_plan_may_have_arrived(self):
        unknown = plain_words_followup.may_have_arrived(self.env)
        for error in (
            errors.NoAnswer(SYSTEM, SEND, reason="timeout"),
            errors.ServerFault(SYSTEM, SEND, status=500, code="INTERNAL_SERVER_ERROR"),
            errors.InvalidAnswer(SYSTEM, SEND, status=200, reason="not_json"),
            self.refused("ILLEGAL_ARGUMENT"),
        ):
            self.assertEqual(self.words(error), unknown)
        certain = (
            errors.NoAnswer(SYSTEM, SEND, reason="connect", sent=False),
            errors.RateLimited(SYSTEM, SEND, status=429),
            errors.NotFound(SYSTEM, SEND, status=404),
            errors.Rejected(SYSTEM, SEND, status=400),
            errors.InsecureAddress(SYSTEM, SEND, sent=False),
        )
        for error in certain:
            self.assert_plain(self.words(error))
            self.assertIn("not been sent", self.words(error))
        self.assert_plain(unknown)

    def test_nothing_is_promised_that_is_not_done(self):
        """Nobody sends a plan again by itself, nor presses the button of the check."""
        for operation in (SEND, followup_plan.VERIFY):
            for error in (
                errors.NoAnswer(SYSTEM, operation, sent=False),
                errors.NoAnswer(SYSTEM, operation),
                errors.ServerFault(SYSTEM, operation, status=503),
                errors.RateLimited(SYSTEM, operation, status=429),
            ):
                self.assertNotIn("will be tried again", self.words(error))
        for asked in (
            errors.NoAnswer(SYSTEM, followup_plan.STATUS),
            errors.RateLimited(SYSTEM, followup_plan.STATUS, status=429, code="BAD_REQUEST"),
        ):
            self.assertIn("will be tried again", self.words(asked))

    def test_access(self):
        expected = plain_words_followup.by_type(self.env)["AUTHENTICATION_ERROR"]
        for error in (
            errors.Unauthorised(SYSTEM, SEND, status=401),
            errors.Forbidden(SYSTEM, followup_plan.VERIFY, status=403),
        ):
            self.assertEqual(self.words(error), expected)
        self.assertNotEqual(self.words(errors.Unauthorised("altinn", "request")), expected)

    def test_what_nav_wrote_is_not_shown(self):
        for kind in (*followup_plan.TYPES, "NEW_TYPE"):
            self.assertNotIn("Ola", self.words(self.refused(kind, message="Ola lpsName")))
