"""A copied or neutralised database does not speak in the original's name."""

from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.tools import file_open, mute_logger

from ..models import database_copy
from .common import NavCase

# Of this run, so that the machine's own is neither used nor made.
VAULT_KEY = Fernet.generate_key().decode()


class CopyCase(NavCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.connection.maskinporten_client_id
        cls.client.environment = "production"
        # Whatever the database had before.
        others = cls.env["nav.connection"].sudo().search([("id", "!=", cls.connection.id)])
        others.state = "paused"
        cls.parameters = cls.env["ir.config_parameter"]
        cls.parameters.search([("key", "=", database_copy.MARK)]).unlink()

    def make_key(self, client=None):
        with patch.dict("os.environ", NAV_CONNECTOR_ENCRYPTION_KEY=VAULT_KEY):
            (client or self.client).action_generate_key()

    def gate(self, client=None):
        with patch.dict("os.environ", NAV_CONNECTOR_ENCRYPTION_KEY=VAULT_KEY):
            return (client or self.client)._maskinporten_client()

    def copy_database(self):
        """What a copy made by Odoo has: all data, and a UUID of its own."""
        self.parameters.set_param("database.uuid", "00000000-0000-4000-8000-00000000c0de")
        self.env.invalidate_all()

    def neutralise(self):
        """Run what Odoo's neutralising runs: its own statements, and those of the addon."""
        self.env.flush_all()
        for name in ("base", "nav_altinn_connector"):
            with file_open(f"{name}/data/neutralize.sql") as file:
                self.env.cr.execute(file.read())
        self.env.registry.clear_all_caches()
        self.env.invalidate_all()

    def say(self, answer):
        return getattr(self.env["nav.database.copy"].create({}), f"action_{answer}")()


class TestDatabaseCopy(CopyCase):
    def test_the_first_key_marks_the_database(self):
        self.assertFalse(self.parameters.get_param(database_copy.MARK))
        self.make_key()
        mark = self.parameters.get_param(database_copy.MARK)
        self.assertTrue(mark)
        self.gate()
        self.assertEqual(self.parameters.get_param(database_copy.MARK), mark)

    def test_a_copy_with_another_uuid_is_refused(self):
        self.make_key()
        self.copy_database()
        with self.assertRaisesRegex(UserError, "looks like a copy"):
            self.gate()

    def test_a_copy_with_another_name_is_refused(self):
        self.make_key()
        self.parameters.set_param(
            database_copy.MARK, self.parameters.get_param(database_copy.MARK)[::-1]
        )
        with self.assertRaisesRegex(UserError, "looks like a copy"):
            self.gate()

    def test_clients_of_test_environments_are_refused_in_a_copy_too(self):
        self.make_key()
        self.client.environment = "test"
        self.copy_database()
        with self.assertRaises(UserError):
            self.gate()

    def test_a_copy_of_a_database_without_keys_may_be_used(self):
        self.copy_database()
        self.make_key()
        self.gate()
        self.assertFalse(database_copy.is_copy(self.env))

    def test_the_crons_of_a_copy_ask_nothing_and_tell_once(self):
        self.make_key()
        self.copy_database()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            self._user("admin-1", "nav_altinn_connector.group_nav_admin")
        before = (self.connection.state, self.connection.failures, self.connection.last_error)
        Connection = self.env.registry["nav.connection"]
        with (
            patch.object(Connection, "_fetch", side_effect=AssertionError("fetched")),
            patch.object(Connection, "_daily_health", side_effect=AssertionError("asked")),
            patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=1.0),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            for _turn in range(2):
                self.env["nav.connection"]._cron_fetch_sick_notes()
                self.env["nav.connection"]._cron_poll_altinn()
        self.assertEqual(
            (self.connection.state, self.connection.failures, self.connection.last_error), before
        )
        told = self.connection.activity_ids
        self.assertEqual(len(told), len(told.user_id))
        self.assertTrue(told)
        self.assertIn("looks like a copy", told[0].note)
        self.assertEqual((self.connection.health, self.connection.mend), ("problem", "database"))
        with self.assertRaisesRegex(UserError, "looks like a copy"):
            self.connection.action_fetch_now()

    def test_the_database_in_use_goes_on(self):
        self.make_key()
        self.copy_database()
        self.env["nav.connection"]._all_on_hold()
        answer = self.say("in_use")
        # The page is not loaded anew: these words would go with it.
        self.assertEqual(answer["params"]["next"]["type"], "ir.actions.act_window_close")
        self.gate()
        self.assertEqual(self.connection.state, "active")
        self.assertFalse(self.connection.activity_ids)
        self.assertFalse(self.env["nav.connection"]._all_on_hold())

    def test_a_copy_is_paused_and_cannot_speak_to_production(self):
        self.make_key()
        trial = self.client.copy({"name": "Trial", "environment": "test", "client_id": "trial"})
        self.make_key(trial)
        waiting = self.connection.copy({"name": "Waiting", "active": False})
        waiting.state = "waiting"
        request = self.env["nav.system.user.request"].create(
            {
                "connection_id": waiting.id,
                "kind": "new",
                "altinn_id": "00000000-0000-4000-8000-000000000001",
                "status": "new",
                "opened_at": "2026-06-01 08:00:00",
                "next_ask_at": "2026-06-01 08:00:00",
            }
        )
        self.copy_database()
        asked = self.env["nav.database.copy"].create({})
        self.assertTrue(asked.is_copy)
        self.assertEqual((asked.connection_count, asked.client_names), (2, "Client"))
        asked.action_copy()
        self.assertEqual((self.connection | waiting).mapped("state"), ["paused", "paused"])
        self.assertEqual((request.status, request.next_ask_at), ("deleted", False))
        self.assertFalse(self.client.key_ids)
        self.assertTrue(trial.key_ids)
        with self.assertRaisesRegex(UserError, "has no key"):
            self.gate()
        self.gate(trial)

    def test_only_administrators_say_which_it_is(self):
        self.make_key()
        self.copy_database()
        for groups, may in (
            ("base.group_user", False),
            ("nav_altinn_connector.group_nav_hr", False),
            ("nav_altinn_connector.group_nav_admin", True),
            ("base.group_system", True),
        ):
            with mute_logger("odoo.addons.mail.models.mail_mail"):
                user = self._user(f"user of {groups}", groups)
            with self.subTest(groups=groups), self.env.cr.savepoint() as savepoint:
                wizard = self.env["nav.database.copy"].with_user(user)
                if may:
                    wizard.create({}).action_in_use()
                    self.assertFalse(database_copy.is_copy(self.env))
                else:
                    with self.assertRaises(AccessError):
                        wizard.create({})
                savepoint.rollback()
                self.env.invalidate_all()


class TestNeutralised(CopyCase):
    def test_production_is_refused_in_a_neutralised_database(self):
        self.make_key()
        self.parameters.set_param(database_copy.NEUTRALISED, "true")
        with self.assertRaisesRegex(UserError, "neutralised"):
            self.gate()
        self.client.environment = "test"
        self.gate()

    def test_production_by_typed_addresses_is_production(self):
        self.make_key()
        for address, expected in (
            ("https://maskinporten.no", True),
            ("https://maskinporten.no/", True),
            ("https://MASKINPORTEN.no:443/x", True),
            ("https://other.maskinporten.no", True),
            ("https://test.maskinporten.no", False),
            ("https://notmaskinporten.no", False),
            ("https://maskinporten.no.example", False),
            ("http://127.0.0.1:8069/maskinporten.no", False),
            (False, False),
        ):
            with self.subTest(address=address):
                self.client.write({"environment": "custom", "maskinporten_url": address})
                self.assertEqual(database_copy.is_production(self.client), expected)
                with self.env.cr.savepoint() as savepoint:
                    self.neutralise()
                    self.assertEqual(not self.client.key_ids, expected)
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_neutralising_stops_all_that_talks(self):
        self.make_key()
        trial = self.client.copy({"name": "Trial", "environment": "test", "client_id": "trial"})
        self.make_key(trial)
        others = self.env["nav.connection"]
        for state in ("waiting", "reauthorise", "rejected", "draft"):
            others |= self.connection.copy({"name": state})
            others[-1].write({"state": state, "next_check_at": "2026-06-01 08:00:00"})
        request = self.env["nav.system.user.request"].create(
            {
                "connection_id": others[0].id,
                "kind": "new",
                "altinn_id": "00000000-0000-4000-8000-000000000001",
                "status": "new",
                "opened_at": "2026-06-01 08:00:00",
                "next_ask_at": "2026-06-01 08:00:00",
            }
        )
        self.neutralise()
        self.assertEqual(self.connection.state, "paused")
        self.assertEqual(others.mapped("state"), ["paused", "paused", "rejected", "draft"])
        self.assertFalse((self.connection | others[:2]).filtered("next_check_at"))
        self.assertEqual((request.status, request.next_ask_at), ("deleted", False))
        self.assertFalse(self.client.key_ids)
        self.assertTrue(trial.key_ids)
        self.assertTrue(database_copy.is_neutralised(self.env))

    def test_nothing_for_production_is_resumed_after_neutralising(self):
        self.make_key()
        self.neutralise()
        self.make_key()
        with patch.object(self.env.registry["nav.connection"], "_look_up_units", return_value=None):
            for work in ("action_resume", "action_activate"):
                with self.subTest(work=work), self.assertRaisesRegex(UserError, "neutralised"):
                    getattr(self.connection, work)()
        self.assertEqual(self.connection.state, "paused")
