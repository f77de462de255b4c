from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .hr_leave_replace import APPLY_CONTEXT

ADDON = "nav_altinn_connector"
EXAMPLE = "automation_example"
# What the example tells of, and what a change of leads to its telling anew.
TELLING_FIELDS = ("state", "request_date_from", "request_date_to", "absence_degree")
TOLD_FIELDS = ("employee_id", "holiday_status_id", "nav_sourced", *TELLING_FIELDS)


class IrActionsServer(models.Model):
    """Automation rules on time off that the connector makes, changes and cancels."""

    _inherit = "ir.actions.server"

    def run(self):
        """What a rule does is the rule's: the connector's own silence (no messages, activities or
        tracking while a batch is applied) does not reach into it."""
        if self.env.context.get("nav_apply"):
            # What is left to compute is the connector's, and passes the checks of requests.
            self.env.flush_all()
            kept = {
                name: value for name, value in self.env.context.items() if name not in APPLY_CONTEXT
            }
            self = self.with_env(self.env(context=kept))
        return super().run()

    # ------------------------------------------------------------------ the example

    @api.model
    def _nav_open_example_rule(self):
        """Open the example of an automation rule, which is made switched off the first time.

        ``base_automation`` is not something that the connector needs, so the rule cannot be data
        of this module.

        :raises UserError: Odoo's automation rules are not installed
        """
        if "base.automation" not in self.env:
            raise UserError(
                self.env._(
                    "Odoo's own module Automation Rules is not installed. Install it under Apps "
                    "(remove the filter Apps to find it), then come back here."
                )
            )
        rule = self.env.ref(f"{ADDON}.{EXAMPLE}", raise_if_not_found=False)
        rule = rule or self._nav_make_example_rule()
        return {
            "type": "ir.actions.act_window",
            "res_model": "base.automation",
            "res_id": rule.id,
            "views": [(False, "form")],
            "name": self.env._("Example Automation Rule"),
        }

    @api.model
    def _nav_make_example_rule(self):
        rule = self.env["base.automation"].create(
            {
                "name": self.env._("NAV sick leave: tell another system"),
                "active": False,
                "model_id": self.env["ir.model"]._get_id("hr.leave"),
                "trigger": "on_create_or_write",
                "filter_domain": repr(
                    [("nav_sourced", "=", True), ("state", "in", ["validate", "cancel"])]
                ),
                "trigger_field_ids": [Command.set(self._nav_leave_fields(TELLING_FIELDS).ids)],
                "action_server_ids": [Command.create(self._nav_example_action_vals())],
            }
        )
        self.env["ir.model.data"].sudo().create(
            {
                "module": ADDON,
                "name": EXAMPLE,
                "model": rule._name,
                "res_id": rule.id,
                # Else an update of the module would take the rule for one that is gone.
                "noupdate": True,
            }
        )
        return rule

    @api.model
    def _nav_example_action_vals(self):
        return {
            "name": self.env._("Tell another system"),
            "model_id": self.env["ir.model"]._get_id("hr.leave"),
            "usage": "base_automation",
            "state": "webhook",
            "webhook_field_ids": [Command.set(self._nav_leave_fields(TOLD_FIELDS).ids)],
        }

    @api.model
    def _nav_leave_fields(self, names):
        return self.env["ir.model.fields"].search(
            [("model", "=", "hr.leave"), ("name", "in", names)]
        )
