import re

from odoo.tests import TransactionCase

from ..clients import altinn, altinn_errors, errors, scopes
from ..clients.maskinporten import MaskinportenError
from ..models import plain_words, plain_words_altinn

# Words that a person in HR or an administrator of Odoo need not know.
ENGINEERS_WORDS = re.compile(
    r"\b(HTTP|JSON|API|URL|URN|token|endpoint|payload|null|JWT|delegationcheck)\b", re.IGNORECASE
)


class TestAltinnWords(TransactionCase):
    def words(self, error):
        return plain_words.client_error(self.env, error)

    def refused(self, code=None, status=400, data=None, operation="create_request"):
        return altinn.AltinnError("altinn", operation, status=status, code=code, data=data)

    def test_every_code_has_words(self):
        by_code = plain_words_altinn.altinn(self.env)
        self.assertEqual(set(by_code), set(plain_words_altinn.ALL_CODES))
        self.assertEqual(len(by_code), 80)
        for code, words in by_code.items():
            with self.subTest(code):
                self.assertTrue(words.endswith("."))
                self.assertGreater(words.count("."), 1, "what is wrong, and what to do")
                self.assertFalse(ENGINEERS_WORDS.search(words), words)
                self.assertEqual(self.words(self.refused(code)), words)

    def test_what_can_be_mended_here_has_words_of_its_own(self):
        by_code = plain_words_altinn.altinn(self.env)
        for code, words in by_code.items():
            own = code == "AUTH-00000" or altinn.next_step(code) != altinn_errors.SUPPORT
            self.assertEqual(code not in words, own, code)

    def test_the_code_is_given_where_only_the_support_helps(self):
        self.assertIn("AUTH-00077", self.words(self.refused("AUTH-00077", 403)))

    def test_access_that_the_vendor_lacks(self):
        expected = self.words(self.refused("AUTH-00023", 401))
        for error in (
            errors.Unauthorised("altinn", "request", status=401),
            errors.Forbidden("altinn", "request", status=403),
        ):
            self.assertEqual(self.words(error), expected)
        other = errors.Forbidden("enhetsregisteret", "request", status=403)
        self.assertNotEqual(self.words(other), expected)

    def test_common_words_for_the_rest(self):
        self.assertIn("Altinn", self.words(errors.NoAnswer("altinn", "request")))
        self.assertIn("Altinn", self.words(self.refused()))

    def test_every_validation_code(self):
        found = {}
        for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 18):
            code = f"AUTH.VLD-{number:05}"
            words = plain_words_altinn.register_problem(self.env, code)
            self.assertEqual(words, plain_words_altinn.register_problem(self.env, number))
            self.assertFalse(ENGINEERS_WORDS.search(words), words)
            self.assertNotIn(code, words)
            found[code] = words
            data = {"validationErrors": [{"code": code}]}
            self.assertEqual(self.words(self.refused("STD-00000", data=data)), words)
        self.assertGreater(len(set(found.values())), 9)

    def test_unknown_validation_code(self):
        words = plain_words_altinn.register_problem(self.env, "AUTH.VLD-00099")
        self.assertIn("AUTH.VLD-00099", words)

    def test_several_at_once(self):
        codes = ("AUTH.VLD-00004", "AUTH.VLD-00003", "AUTH.VLD-00009")
        data = {"validationErrors": [{"code": code} for code in codes]}
        words = self.words(self.refused("STD-00000", data=data))
        first, second, same = (
            plain_words_altinn.register_problem(self.env, code) for code in codes
        )
        self.assertEqual(second, same)
        self.assertEqual(words, f"{first} {second}")

    def test_a_system_that_exists(self):
        error = self.refused(status=409, operation="register_system")
        self.assertEqual(
            self.words(error), plain_words_altinn.register_problem(self.env, "AUTH.VLD-00002")
        )

    def test_nothing_of_the_answer_is_shown(self):
        data = {"detail": "Ola Nordmann", "validationErrors": [{"code": "AUTH.VLD-00003"}]}
        self.assertNotIn("Ola", self.words(self.refused("STD-00000", data=data)))


class TestMaskinportenWords(TransactionCase):
    codes = tuple(
        f"MP-{number:03}"
        for number in (11, 12, 100, 110, 120, 121, 122, 123, 124, 130, 200, 201, 250, 251)
    ) + ("MP-301", "MP-302", "MP-303")

    def words(self, code, scope=None):
        error = MaskinportenError("maskinporten", "token", status=400, code=code)
        error.scope = scope
        return plain_words.client_error(self.env, error)

    def test_every_code_has_words(self):
        for code in self.codes:
            for scope in (None, *scopes.TOKEN_KINDS):
                words = self.words(code, scope)
                self.assertGreater(words.count("."), 1, "what is wrong, and what to do")
                self.assertNotIn(code, words)

    def test_the_scope_is_named(self):
        for scope in scopes.TOKEN_KINDS:
            self.assertIn(scope, self.words("MP-200", scope))
            error = MaskinportenError("maskinporten", "token", status=400, code="MP-200")
            self.assertIn(scope, plain_words.client_error(self.env, error, scope=scope))
            self.assertIn(scope, self.words("MP-250", scope))

    def test_who_gives_the_scope(self):
        self.assertIn("Ask NAV", self.words("MP-250", scopes.SICK_NOTES))
        self.assertIn("Ask Altinn", self.words("MP-250", scopes.SYSTEM_REGISTER))

    def test_who_delegates_what_where(self):
        words = self.words("MP-251", scopes.FOLLOWUP_PLAN)
        for part in ("employer", "general manager", "in Altinn", "Oppfølgingsplan", "API"):
            self.assertIn(part, words)
