from odoo import api, fields, models


class NavRetentionPreview(models.TransientModel):
    """What of the follow-up is to be removed now because its time is over."""

    _name = "nav.retention.preview"
    _description = "Remove What Is Too Old"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    closed_before = fields.Date("Follow-up Closed Before", compute="_compute_due")
    ended_before = fields.Date("Notes Ended Before", compute="_compute_due")
    case_ids = fields.Many2many("nav.sick.case", string="Sick Leaves", compute="_compute_due")
    case_count = fields.Integer("Sick Leaves to Empty", compute="_compute_due")
    plan_count = fields.Integer("Plans to Delete", compute="_compute_due")
    entry_count = fields.Integer("Conversations and Minutes to Delete", compute="_compute_due")
    note_count = fields.Integer("Notes That Lose Their Texts", compute="_compute_due")
    conflict_count = fields.Integer("Decisions about Vacation to Delete", compute="_compute_due")
    nothing = fields.Boolean(compute="_compute_due")

    @api.depends("company_id")
    @api.depends_context("allowed_company_ids")
    def _compute_due(self):
        Log = self.env["nav.retention.log"]
        Conflict = self.env["nav.vacation.conflict"].sudo()
        for wizard in self:
            company = wizard._company()
            cases = Log._cases_due(company)
            wizard.closed_before, wizard.ended_before = Log._limits(company)
            wizard.case_ids = cases.with_env(self.env)
            wizard.case_count = len(cases)
            wizard.plan_count = len(cases.plan_ids)
            wizard.entry_count = len(cases.entry_ids)
            wizard.note_count = len(Log._notes_due(company))
            wizard.conflict_count = Conflict.search_count(Conflict._old(company))
            wizard.nothing = not (cases or wizard.note_count or wizard.conflict_count)

    def _company(self):
        """The company, if HR works in it now: the rest is not for them to see."""
        return self.company_id & self.env.companies

    def action_remove(self):
        """Remove a batch now; the rest follows with Odoo's daily cleaning."""
        self.ensure_one()
        self.check_access("write")
        company = self._company()
        if company:
            self.env["nav.retention.log"]._remove_due(company, user=self.env.user)
            self.env["nav.vacation.conflict"]._remove_old(company, user=self.env.user)
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.retention.log",
            "view_mode": "list",
            "name": self.env._("What Was Removed"),
        }
