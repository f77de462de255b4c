import base64
import os
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..clients import keys, maskinporten, scopes
from ..models import key_vault
from .certificates import Enterprise
from .common import MAIN_UNIT, org_numbers

PASSWORD = "Vinter-på-Ålesund-7"  # of files that are made for the test


class KeyCase(TransactionCase):
    """A client, and a Maskinporten that knows some of its keys."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        secret = patch.dict(
            os.environ, {key_vault.ENVIRONMENT_VARIABLE: Fernet.generate_key().decode()}
        )
        secret.start()
        cls.addClassCleanup(secret.stop)
        cls.client = cls.env["nav.maskinporten.client"].create(
            {
                "name": "Client",
                "environment": "test",
                "client_id": "test-client",
                "owner_org_number": MAIN_UNIT,
            }
        )
        cls.known = set()
        cls.missing_scopes = set()
        cls.signed = []

    def setUp(self):
        super().setUp()
        case = self

        def token(client, scope, **_options):
            kid = client._header.get("kid")
            case.signed.append(kid or client._header["x5c"])
            if kid not in case.known and "x5c" not in client._header:
                raise maskinporten.MaskinportenError("maskinporten", "token", code="MP-124")
            if scope in case.missing_scopes:
                error = maskinporten.MaskinportenError("maskinporten", "token", code="MP-200")
                error.scope = scope
                raise error

        self.enterContext(patch.object(maskinporten.MaskinportenClient, "token", token))
        self.known.clear()
        self.missing_scopes.clear()
        self.signed.clear()

    @contextmanager
    def encryption_key(self, *names):
        """The server has this encryption key."""
        with patch.dict(os.environ, {key_vault.ENVIRONMENT_VARIABLE: ",".join(names)}):
            self.client.invalidate_recordset()
            yield
        self.client.invalidate_recordset()

    def register(self, key):
        """Register the public half at Digdir."""
        self.known.add(key.kid)

    def working_key(self):
        """A client whose key in use has given a token."""
        self.client.action_generate_key()
        self.register(self.client.current_key_id)
        self.client.action_test_token()
        return self.client.current_key_id


@tagged("post_install", "-at_install")
class TestKeyChange(KeyCase):
    def states(self):
        return sorted(self.client.key_ids.mapped("state"))

    def test_the_first_key_is_in_use_at_once(self):
        self.client.action_generate_key()
        self.assertEqual(self.states(), ["current"])
        self.assertIn("Register the public key", self.client.key_todo)
        self.register(self.client.current_key_id)
        self.client.action_test_token()
        self.assertTrue(self.client.test_succeeded)
        self.assertTrue(self.client.current_key_id.worked_on)
        self.assertFalse(self.client.key_todo)

    def test_a_key_that_never_worked_is_replaced_at_once(self):
        self.client.action_generate_key()
        first = self.client.current_key_id
        self.client.action_test_token()
        self.assertFalse(self.client.test_succeeded)
        self.client.action_generate_key()
        self.assertNotEqual(self.client.current_key_id, first)
        self.assertEqual(self.states(), ["current", "old"])
        self.assertFalse(self.client.tested_on, "the test was of the other key")

    def test_a_key_that_a_connection_depends_on_is_not_replaced_at_once(self):
        self.client.action_generate_key()
        first = self.client.current_key_id
        self.env["nav.connection"].create(
            {
                "name": "Connection",
                "maskinporten_client_id": self.client.id,
                "org_number": MAIN_UNIT,
                "leave_type_id": self.env["hr.leave.type"]
                .create({"name": "Sick", "requires_allocation": False})
                .id,
            }
        ).state = "active"
        self.client.action_generate_key()
        self.assertEqual(self.client.current_key_id, first)

    def test_the_key_in_use_signs_until_the_new_one_has_been_tested(self):
        first = self.working_key()
        self.client.action_generate_key()
        new = self.client.new_key_id
        self.assertEqual(self.states(), ["current", "new"])
        self.assertEqual(self.client.current_key_id, first)
        self.signed.clear()

        action = self.client.action_test_new_key()
        self.assertEqual(self.signed, [new.kid], "the test is of the new key alone")
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("does not work yet", self.client.new_key_result)
        self.assertEqual(self.client.current_key_id, first)
        self.assertTrue(self.client.test_succeeded, "the client works as before")

        self.register(new)
        self.client.action_test_new_key()
        self.assertEqual(self.client.current_key_id, new)
        self.assertEqual(self.states(), ["current", "old"])
        self.assertFalse(self.client.new_key_result)
        self.signed.clear()
        self.client._maskinporten_client().token(scopes.SICK_NOTES)
        self.assertEqual(self.signed, [new.kid])
        self.assertEqual(first.state, "old")

        self.client.action_remove_old_keys()
        self.assertEqual(self.client.key_ids, new)
        self.assertFalse(self.client.key_todo)

    def test_a_change_is_started_once(self):
        self.working_key()
        self.client.action_generate_key()
        with self.assertRaisesRegex(UserError, "started already"):
            self.client.action_generate_key()
        with self.assertRaisesRegex(UserError, "started already"):
            self.client.import_pem = keys.generate_private_key()

    def test_a_change_can_be_given_up(self):
        first = self.working_key()
        self.client.action_generate_key()
        self.client.action_discard_new_key()
        self.assertEqual(self.client.key_ids, first)
        with self.assertRaisesRegex(UserError, "no new key"):
            self.client.action_test_new_key()

    def test_the_key_in_use_cannot_be_removed(self):
        key = self.working_key()
        with self.assertRaisesRegex(UserError, "cannot be removed"):
            key.unlink()
        self.client.action_remove_old_keys()
        self.client.action_discard_new_key()
        self.assertEqual(self.client.key_ids, key)
        key._destroy()
        self.assertFalse(self.client.key_ids)

    def test_a_client_goes_with_its_keys(self):
        key = self.working_key()
        self.client.unlink()
        self.assertFalse(key.exists())

    def test_an_imported_key_is_changed_to_like_a_generated_one(self):
        first = self.working_key()
        pem = keys.generate_private_key()
        self.client.import_pem = pem
        self.assertEqual(self.client.current_key_id, first)
        self.assertEqual(self.client.new_key_id._private_pem(), pem)

    def test_another_client_at_maskinporten_has_to_be_tested_anew(self):
        self.working_key()
        self.client.client_id = "another-client"
        self.assertFalse(self.client.tested_on)
        self.assertFalse(self.client.key_worked_on)
        self.assertIn("press Test", self.client.key_todo)


@tagged("post_install", "-at_install")
class TestScopes(KeyCase):
    def test_missing_scopes_are_named(self):
        self.missing_scopes |= {scopes.SYSTEM_REGISTER, scopes.REQUEST_READ}
        self.client.action_generate_key()
        self.register(self.client.current_key_id)
        action = self.client.action_test_token()
        self.assertTrue(self.client.test_succeeded, "sick notes can be fetched")
        self.assertEqual(
            self.client.scopes_missing.split(), [scopes.SYSTEM_REGISTER, scopes.REQUEST_READ]
        )
        self.assertIn(scopes.SYSTEM_REGISTER, action["params"]["message"])
        self.assertIn("Add the missing scopes", self.client.client_todo)
        self.assertEqual(self.client.scope_overview.count("fa-times"), 2)
        self.assertEqual(self.client.scope_overview.count("fa-check"), 2)
        self.missing_scopes.clear()
        self.client.action_test_token()
        self.assertFalse(self.client.scopes_missing)
        self.assertFalse(self.client.client_todo)
        self.assertEqual(self.client.scope_overview.count("fa-check"), 4)

    def test_without_the_scope_of_sick_notes_the_test_fails(self):
        self.missing_scopes |= {scopes.SICK_NOTES}
        self.client.action_generate_key()
        self.register(self.client.current_key_id)
        self.client.action_test_token()
        self.assertFalse(self.client.test_succeeded)
        self.assertEqual(self.client.scopes_missing, scopes.SICK_NOTES)
        self.assertIn(scopes.SICK_NOTES, self.client.test_result)

    def test_all_scopes_can_be_copied(self):
        self.assertEqual(
            set(self.client.scopes.split()),
            {scopes.SICK_NOTES, scopes.FOLLOWUP_PLAN, *scopes.ALTINN},
        )


@tagged("post_install", "-at_install")
class TestExpiry(KeyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env, "nav-key-admin", groups="nav_altinn_connector.group_nav_admin"
        )

    def expire_in(self, days):
        """The key in use was registered a year ago, less so many days."""
        today = fields.Date.today()
        day = today + timedelta(days=days)
        # A year before a leap day is the day before it; one more day is no difference here.
        self.client.key_registered_on = fields.Date.subtract(day, years=1)

    def activities(self):
        return self.client.activity_ids.filtered(lambda each: each.user_id == self.admin)

    def test_a_key_works_for_a_year(self):
        self.working_key()
        today = fields.Date.today()
        self.assertEqual(self.client.key_expires_on, fields.Date.add(today, years=1))
        self.assertFalse(self.client.key_warning)
        self.assertEqual(self.client.key_age, 0)
        self.client.key_registered_on = today - timedelta(days=100)
        self.assertEqual(self.client.key_age, 100)
        with self.assertRaisesRegex(UserError, "later than today"):
            self.client.key_registered_on = today + timedelta(days=1)

    def test_the_warning_begins_30_days_before(self):
        self.working_key()
        self.expire_in(31)
        self.assertFalse(self.client.key_warning)
        self.expire_in(29)
        self.assertIn("Start Key Change", self.client.key_warning)
        self.assertIn("until", self.client.key_warning)
        soon = fields.Date.today() + timedelta(days=30)
        self.assertIn(self.client, self.client.search([("key_expires_on", "<=", soon)]))
        self.expire_in(-3)
        self.assertIn("not accept the key any more", self.client.key_warning)

    def test_administrators_are_told_once_for_each_key(self):
        self.working_key()
        self.client._warn_of_expiring_keys()
        self.assertFalse(self.activities())
        self.expire_in(20)
        self.client._warn_of_expiring_keys()
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(self.activities().date_deadline, self.client.key_expires_on)
        self.client._warn_of_expiring_keys()
        self.assertEqual(len(self.activities()), 1)
        self.activities().action_feedback()
        self.client._warn_of_expiring_keys()
        self.assertFalse(self.activities(), "who has done it is not told again")

    def test_the_activity_goes_with_the_key(self):
        self.working_key()
        self.expire_in(20)
        self.client._warn_of_expiring_keys()
        self.client.action_generate_key()
        self.assertIn("press Test New Key", self.client.key_warning)
        self.assertTrue(self.activities())
        self.register(self.client.new_key_id)
        self.client.action_test_new_key()
        self.assertFalse(self.activities())
        self.assertFalse(self.client.key_warning)
        self.client._warn_of_expiring_keys()
        self.assertFalse(self.activities())

    def test_a_later_day_of_registration_takes_the_warning_back(self):
        self.working_key()
        self.expire_in(20)
        self.client._warn_of_expiring_keys()
        self.expire_in(200)
        self.assertFalse(self.activities())
        self.expire_in(10)
        self.client._warn_of_expiring_keys()
        self.assertEqual(len(self.activities()), 1)

    def test_only_administrators_of_the_company_are_told(self):
        self.client.company_id = self.env["res.company"].create({"name": "Other employer"})
        self.working_key()
        self.expire_in(20)
        self.client._warn_of_expiring_keys()
        self.assertFalse(self.activities())


@tagged("post_install", "-at_install")
class TestCertificate(KeyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterprise = Enterprise(MAIN_UNIT)

    def upload(self, data, password=PASSWORD):
        self.client.with_context(bin_size=True).write(
            {"import_file": base64.b64encode(data).decode(), "import_password": password}
        )

    def assert_in_use(self):
        key = self.client.current_key_id
        self.assertEqual(key._private_pem(), self.enterprise.private_pem)
        self.assertEqual(self.client.certificate_subject, "Fjordheim Omsorg AS")
        self.assertEqual(self.client.certificate_org_number, MAIN_UNIT)
        self.assertEqual(self.client.certificate_issuer, "Prøvesertifikater AS")
        self.assertEqual(self.client.key_expires_on, self.enterprise.valid_until)
        self.assertEqual(self.client.authentication, "certificate")
        self.assertFalse(self.client.key_problem)
        self.client.action_test_token()
        self.assertTrue(self.client.test_succeeded)
        first, second = self.signed[0]
        own, issuer = (
            base64.b64encode(each.public_bytes(serialization.Encoding.DER)).decode()
            for each in (self.enterprise.certificate, self.enterprise.issuer)
        )
        self.assertEqual((first, second), (own, issuer), "the issuer's certificate goes along")

    def test_a_pkcs12_file_with_its_password(self):
        self.upload(self.enterprise.pkcs12(PASSWORD))
        self.assert_in_use()

    def test_pem_blocks_in_any_order(self):
        self.client.import_pem = self.enterprise.bundle()
        self.assert_in_use()

    def test_a_pem_file(self):
        self.upload(self.enterprise.bundle().encode(), password=False)
        self.assert_in_use()

    def test_nothing_that_was_imported_stays_readable(self):
        self.upload(self.enterprise.pkcs12(PASSWORD))
        values = self.client.read(["import_file", "import_password", "import_pem"])[0]
        self.assertFalse(any(values[name] for name in values if name != "id"))
        for name in ("import_file", "import_password", "import_pem"):
            self.assertFalse(self.client._fields[name].store)

    def test_a_client_is_made_with_a_certificate(self):
        client = self.env["nav.maskinporten.client"].create(
            {
                "name": "Second",
                "environment": "test",
                "import_file": base64.b64encode(self.enterprise.pkcs12(PASSWORD)),
                "import_password": PASSWORD,
            }
        )
        self.assertEqual(client.certificate_org_number, MAIN_UNIT)
        self.assertEqual(client.owner_org_number, MAIN_UNIT)

    def test_older_certificates_have_the_number_elsewhere(self):
        self.client.import_pem = Enterprise(MAIN_UNIT, old_style=True).bundle()
        self.assertEqual(self.client.certificate_org_number, MAIN_UNIT)

    def test_what_cannot_be_imported_is_told(self):
        other = Enterprise(MAIN_UNIT)
        self.client.authentication = "certificate"
        for data, password, words in (
            (self.enterprise.pkcs12(PASSWORD), "wrong", "password does not fit"),
            (self.enterprise.pkcs12(PASSWORD), False, "protected by a password"),
            (b"hello", False, "protected by a password"),
            (self.enterprise.private_pem.encode(), False, "no certificate"),
            ((self.enterprise.private_pem + other.issuer_pem).encode(), False, "another key"),
            (self.enterprise.issuer_pem.encode(), False, "not a private key"),
            (Enterprise(MAIN_UNIT, days=-5).bundle().encode(), False, "expired on"),
        ):
            with self.subTest(words), self.assertRaises(UserError) as caught:
                self.upload(data, password)
            self.assertIn(words, str(caught.exception))
            self.assertNotIn(PASSWORD, str(caught.exception))
        self.assertFalse(self.client.key_ids)

    def test_a_certificate_of_another_organisation_is_told(self):
        numbers = org_numbers()
        next(numbers)
        self.client.import_pem = Enterprise(next(numbers)).bundle()
        self.assertIn("is of the organisation", self.client.key_problem)
        self.assertEqual(self.client.key_todo, self.client.key_problem)

    def test_a_certificate_that_ends_soon_is_told(self):
        self.client.import_pem = Enterprise(MAIN_UNIT, days=10).bundle()
        self.assertIn("The enterprise certificate expires", self.client.key_warning)
        self.assertIn("Import a new certificate", self.client.key_warning)

    def test_from_a_key_to_a_certificate_without_a_gap(self):
        first = self.working_key()
        self.upload(self.enterprise.pkcs12(PASSWORD))
        self.assertEqual(self.client.current_key_id, first)
        self.assertEqual(self.client.new_certificate_subject, "Fjordheim Omsorg AS")
        self.client.action_test_new_key()
        self.assertTrue(self.client.current_key_id.certificate_chain)
        self.assertEqual(self.client.authentication, "certificate")


@tagged("post_install", "-at_install")
class TestEncryptionKey(KeyCase):
    def test_what_is_wrong_with_the_encryption_key_is_told(self):
        self.client.action_generate_key()
        self.assertFalse(self.client.key_problem)
        for name, words in (
            (Fernet.generate_key().decode(), "has another encryption key"),
            ("not-a-key", "is not valid"),
        ):
            with self.subTest(words), self.encryption_key(name):
                self.assertIn(words, self.client.key_problem)
                self.assertEqual(self.client.key_todo, self.client.key_problem)
                self.client.action_test_token()
                self.assertFalse(self.client.test_succeeded)
                self.assertIn(words, self.client.test_result)
                self.assertNotIn("not-a-key", self.client.test_result)
        self.assertFalse(self.client.key_problem)

    def test_a_missing_file_is_told_and_not_made_anew(self):
        self.client.action_generate_key()
        with self.encryption_key(""), self.file("missing"):
            self.assertIn("has no encryption key", self.client.key_problem)
            self.assertFalse(key_vault.key_file().exists())
            self.client.action_generate_key()
            self.assertTrue(key_vault.key_file().exists())
            self.assertFalse(self.client.key_problem)

    def test_a_file_that_cannot_be_used_is_told(self):
        self.client.action_generate_key()
        with self.encryption_key(""), self.file("folder"):
            key_vault.key_file().mkdir(parents=True)
            self.assertIn("cannot be used", self.client.key_problem)
            with self.assertRaisesRegex(UserError, "encryption.key"):
                self.client.action_generate_key()

    @contextmanager
    def file(self, name):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name / "encryption.key"
            with patch.object(key_vault, "key_file", lambda: path):
                yield

    def test_which_encryption_key_holds_a_key_is_shown(self):
        old, new = (Fernet.generate_key().decode() for _each in "ab")
        with self.encryption_key(old):
            self.client.action_generate_key()
            key = self.client.current_key_id
            self.assertEqual(key.encryption, "newest")
        with self.encryption_key(new, old):
            key.invalidate_recordset()
            self.assertEqual(key.encryption, "older")
            self.assertFalse(self.client.key_problem)
            key._gc_old_encryption_keys()
            key.invalidate_recordset()
            self.assertEqual(key.encryption, "newest")
        with self.encryption_key(old):
            key.invalidate_recordset()
            self.assertEqual(key.encryption, "wrong_key")
