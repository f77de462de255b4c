from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.nav_followup_plan import AGREED, EDITABLE, EMPLOYEES_PART
from ..models.notification import notification

ANSWERED = (*EMPLOYEES_PART, "employee_comment")


class NavFollowupPlanAnswer(models.TransientModel):
    """The employee's answer to a plan, in Odoo: their part of it, a comment, and confirming."""

    _name = "nav.followup.plan.answer"
    _description = "Answer to a Follow-up Plan"

    plan_id = fields.Many2one("nav.followup.plan", required=True, ondelete="cascade")
    typical_workday = fields.Text("What does a normal working day look like?")
    tasks_that_can_still_be_done = fields.Text("Which ordinary tasks can still be done?")
    tasks_that_can_not_be_done = fields.Text("Which ordinary tasks cannot be done?")
    employee_comment = fields.Text("Your Comment")
    seen = fields.Char(help="The plan as this window shows it.")
    preview = fields.Html("The Plan", compute="_compute_preview", sanitize=False)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        known = self._from_plan(values.get("plan_id"))
        return {**{name: known[name] for name in known if name in fields_list}, **values}

    @api.model_create_multi
    def create(self, vals_list):
        """What is not answered stays as it is on the plan."""
        return super().create(
            [{**self._from_plan(vals.get("plan_id")), **vals} for vals in vals_list]
        )

    @api.depends("plan_id")
    def _compute_preview(self):
        for wizard in self:
            plan = wizard.plan_id._origin
            plan._refuse_others()
            wizard.preview = plan._as_html(rows=plan._rows_for_employee()) if plan else False

    @api.model
    def _from_plan(self, plan_id):
        """:raises AccessError: for anybody but the employee whom the plan is about"""
        plan = self.env["nav.followup.plan"].browse(plan_id or [])
        plan._refuse_others()
        if not plan:
            return {}
        return {"seen": plan._seal(AGREED), **{name: plan[name] for name in ANSWERED}}

    def action_save(self):
        """Keep what is written, without confirming."""
        return self._answer(confirm=False)

    def action_confirm(self):
        """Keep what is written, and confirm the plan as it then is."""
        return self._answer(confirm=True)

    def _answer(self, confirm):
        self.ensure_one()
        plan = self.plan_id
        plan._refuse_others()
        if plan.state in EDITABLE and self.seen != plan._seal(AGREED):
            raise UserError(
                self.env._(
                    "The plan was changed while you had it open, so nothing was saved. Keep a "
                    "copy of what you have written, close this window, read the plan again, and "
                    "answer then."
                )
            )
        plan.sudo()._take_answer({name: self[name] for name in ANSWERED}, confirm=confirm)
        if confirm:
            return notification(self.env._("Thank you. You have confirmed the plan."), "success")
        return notification(self.env._("Your answer is saved."), "success")
