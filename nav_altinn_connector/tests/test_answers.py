"""What a person sees after pressing a button, and what is offered to whom."""

from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged

from ..models.notification import notification
from .common import MAIN_UNIT
from .test_health import NUMBERS, HealthCase, entry, token_refused


@tagged("post_install", "-at_install")
class TestAnswers(HealthCase):
    def said(self, action):
        """The words of a notification; the view behind it reads anew, and is not built anew."""
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["next"], notification("")["params"]["next"])
        return action["params"]["message"]

    def test_nothing_new_is_said(self):
        self.assertIn("nothing new", self.said(self.connection.action_look_up_units()))
        self.outside.register[NUMBERS[0]] = entry(NUMBERS[0], parent=MAIN_UNIT)
        self.assertIs(self.connection.action_look_up_units(), True)
        self.assertIn("nothing new", self.said(self.connection.action_look_up_units()))

    def test_no_answer_is_said(self):
        self.connection.state = "waiting"
        request = self.env["nav.system.user.request"].create(
            {
                "connection_id": self.connection.id,
                "kind": "new",
                "status": "new",
                "altinn_id": "one",
                "confirm_url": "https://altinn.example.com/approve",
                "opened_at": "2026-06-01",
            }
        )
        with patch.object(type(self.connection), "_ask", lambda *_args: True):
            self.assertIn("Nobody has answered", self.said(self.connection.action_ask_altinn()))
            request.status = "rejected"
            self.assertIs(self.connection.action_ask_altinn(), True)

    def test_what_the_form_shows_is_not_in_its_way(self):
        """A message that stays covers buttons, and another one comes with each press."""
        self.outside.token_error = token_refused("MP-121")
        fetched = self.connection.action_fetch_now()
        self.assertIn(self.connection.last_error, self.said(fetched))
        self.assertFalse(fetched["params"]["sticky"])
        client = self.connection.maskinporten_client_id
        tested = client.action_test_token()
        self.assertIn(client.test_result, self.said(tested))
        self.assertFalse(tested["params"]["sticky"])

    def test_hr_is_not_led_to_the_client(self):
        hr = self._user("nav-hr", "base.group_user,nav_altinn_connector.group_nav_hr")
        for user, opens in ((hr, False), (self.admins[0], True)):
            arch = self.env["nav.connection"].with_user(user).get_view(view_type="form")["arch"]
            (field,) = etree.fromstring(arch).iterfind(".//field[@name='maskinporten_client_id']")
            self.assertEqual("no_open" not in field.get("options", ""), opens)
