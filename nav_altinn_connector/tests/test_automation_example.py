from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import NavCase


@tagged("post_install", "-at_install")
class TestAutomationExample(NavCase):
    """The example of an automation rule, and actions that run while the connector works. What
    rules do on leave from NAV is tested with Odoo's automation rules installed."""

    def test_without_automation_rules_the_menu_says_what_to_do(self):
        if "base.automation" in self.env:
            self.skipTest("Automation Rules are installed here")
        action = self.env.ref("nav_altinn_connector.nav_action_example_rule")
        with self.assertRaisesRegex(UserError, "Automation Rules is not installed"):
            action.with_user(self.env.ref("base.user_admin")).run()

    def test_the_menu_is_for_system_administrators(self):
        user = new_test_user(
            self.env, "no-system", groups="base.group_user,nav_altinn_connector.group_nav_admin"
        )
        action = self.env.ref("nav_altinn_connector.nav_action_example_rule")
        with self.assertRaises(AccessError):
            action.with_user(user).run()

    def test_an_action_runs_without_the_connector_s_silence(self):
        partner = self.env["res.partner"].create({"name": "Partner"})
        action = self.env["ir.actions.server"].create(
            {
                "name": "Write down the context",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "record.write({'comment': ' '.join(sorted(env.context))})",
            }
        )
        names = {"nav_apply": True, "tracking_disable": True, "mail_notrack": True, "kept": True}
        context = {"active_model": "res.partner", "active_id": partner.id, **names}
        action.with_context(**context).run()
        self.assertIn("kept", partner.comment)
        for name in ("nav_apply", "tracking_disable", "mail_notrack"):
            self.assertNotIn(name, partner.comment)
        # Others who leave messages out mean it.
        context.pop("nav_apply")
        action.with_context(**context).run()
        self.assertIn("tracking_disable", partner.comment)
