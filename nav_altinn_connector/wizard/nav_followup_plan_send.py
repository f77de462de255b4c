from odoo import api, fields, models

from ..models import plain_words_followup, plain_words_plan
from ..models.nav_followup_plan import EDITABLE, LPS_NAME, RECEIVERS, SENT_WITH


class NavFollowupPlanSend(models.TransientModel):
    """Send a follow-up plan: choose who gets it, see exactly what will be sent, and send it."""

    _name = "nav.followup.plan.send"
    _description = "Send Follow-up Plan"

    plan_id = fields.Many2one("nav.followup.plan", required=True, ondelete="cascade")
    state = fields.Selection(related="plan_id.state", related_sudo=False)
    send_plan_to_nav = fields.Boolean("Send to NAV")
    needs_help_from_nav = fields.Boolean("Do you need help from NAV?")
    needs_help_from_nav_description = fields.Text("What do you need help from NAV with?")
    send_plan_to_general_practitioner = fields.Boolean("Send to the general practitioner")
    message_to_general_practitioner = fields.Text("Message to the general practitioner")
    again = fields.Boolean("Send it again, though the doctor may then get it twice")
    seen = fields.Char(help="The plan as this window shows it.")
    changed = fields.Boolean(readonly=True, help="The plan has changed while the window was open.")
    problem_words = fields.Html(compute="_compute_preview", sanitize=False)
    problem_fields = fields.Char(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    receiver_words = fields.Char("To", compute="_compute_preview")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        known = self._from_plan(values.get("plan_id"))
        if known and not (known["send_plan_to_nav"] or known["send_plan_to_general_practitioner"]):
            # The doctor gets every first plan; NAV gets it when NAV asks, or before a meeting.
            known["send_plan_to_general_practitioner"] = True
        return {**{name: known[name] for name in known if name in fields_list}, **values}

    @api.model_create_multi
    def create(self, vals_list):
        """What is not chosen stays as it is on the plan."""
        return super().create(
            [{**self._from_plan(vals.get("plan_id")), **vals} for vals in vals_list]
        )

    @api.model
    def _from_plan(self, plan_id):
        """:raises AccessError: for whoever may not send the plan"""
        plan = self.env["nav.followup.plan"].browse(plan_id or [])
        plan.check_access("write")
        if not plan:
            return {}
        return {"seen": plan._seal(SENT_WITH), **{name: plan[name] for name in RECEIVERS}}

    @api.depends("plan_id", *sorted(RECEIVERS))
    def _compute_preview(self):
        for wizard in self:
            plan = wizard._plan_as_chosen()
            problems = plan._problems() if plan else {}
            wizard.problem_words = plain_words_plan.as_list(self.env, problems)
            wizard.problem_fields = f" {' '.join(problems)} "
            wizard.receiver_words = ", ".join(plain_words_plan.receivers(self.env, plan))
            wizard.preview = wizard._preview(plan) if plan else False

    def _plan_as_chosen(self):
        """The plan with the receivers that are chosen here, in memory only."""
        self.ensure_one()
        stored = self.plan_id._origin
        if not stored:
            return stored
        stored.check_access("read")
        if stored.locked:
            return stored
        plan = self.env["nav.followup.plan"].new(origin=stored)
        plan.update({name: self[name] for name in RECEIVERS})
        return plan

    def _preview(self, plan):
        """Every field as it will be sent. The identity number is NAV's key to the person; here
        only its beginning is shown, since not everybody who sends plans may know it."""
        labels = plain_words_followup.field_names(self.env)
        number = plan.sudo()._identity_number()
        return plan._as_html(
            before=[
                (self.env._("Employee"), plan.sudo().employee_id.name),
                (labels["employeeIdentificationNumber"], f"{number[:6]} •••••" if number else ""),
            ],
            after=[(labels["lpsName"], LPS_NAME)],
        )

    def action_send(self):
        """Keep what is chosen on the plan, and send it: only the plan that was shown, and only
        after the attempt that was known."""
        self.ensure_one()
        plan = self.plan_id
        plan.check_access("write")
        if plan.state in (*EDITABLE, "unknown") and self.seen != plan._seal(SENT_WITH):
            self.write({"seen": plan._seal(SENT_WITH), "changed": True, "again": False})
            return self._stay_open()
        if not plan.locked:
            plan.write({name: self[name] for name in RECEIVERS if plan[name] != self[name]})
        if plan.action_send(again=self.again and plan.call_id) or plan.state == "sending":
            return {"type": "ir.actions.act_window_close"}
        return self._stay_open()

    def _stay_open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Send Follow-up Plan"),
        }
