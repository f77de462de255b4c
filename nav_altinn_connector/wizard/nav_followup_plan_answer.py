from odoo import api, fields, models

from ..models.nav_followup_plan import EMPLOYEES_PART

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

    @api.model
    def _from_plan(self, plan_id):
        """:raises AccessError: for anybody but the employee whom the plan is about"""
        plan = self.env["nav.followup.plan"].browse(plan_id or [])
        plan._refuse_others()
        return {name: plan[name] for name in ANSWERED} if plan else {}

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
        plan.sudo()._take_answer({name: self[name] for name in ANSWERED}, confirm=confirm)
        return {"type": "ir.actions.act_window_close"}
