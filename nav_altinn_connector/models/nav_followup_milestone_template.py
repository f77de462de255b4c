from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..domain import followup_deadlines
from ..domain.followup_deadlines import Template

# What a case remembers of a template's milestones hangs on its key.
_FIXED = frozenset({"key"})


class NavFollowupMilestoneTemplate(models.Model):
    """A kind of milestone: what has to be done in a sick leave, and by when.

    HR edits, adds and switches off; a change applies to all open cases from the next run on. The
    rules of days are told in :mod:`..domain.followup_deadlines`.
    """

    _name = "nav.followup.milestone.template"
    _description = "Follow-up Milestone"
    _order = "unit, number, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self._new_key()
    )
    help_text = fields.Text(
        "What to Do", translate=True, help="Shown to the responsible person in the activity."
    )
    unit = fields.Selection(
        [("day", "Day"), ("weeks", "Weeks")],
        "Counted In",
        default="weeks",
        required=True,
        help="Day 1 is the first day of the sick leave. A week is counted in full: 4 weeks after a "
        "Monday is the fourth Monday after it.",
    )
    number = fields.Integer("Day or Weeks", default=4, required=True)
    lead_days = fields.Integer(
        "Days Ahead", default=7, required=True, help="So many days before it is asked for."
    )
    when_graded = fields.Selection(
        [
            ("same", "The same"),
            ("optional", "When useful"),
            ("never", "Not needed"),
        ],
        "When Working in Part",
        default="same",
        required=True,
        help="For an employee whose sick leave is graded on the day.",
    )
    repeat_days = fields.Integer(
        "Repeated After (days)", help="It comes again as long as the sick leave lasts; 0 for once."
    )
    is_point_in_time = fields.Boolean(
        "Only Informs",
        help="Nothing is overdue when nobody acts: it is asked for a while, and gone.",
    )
    stale_days = fields.Integer(
        "Asked For After It (days)",
        default=14,
        help="How long after the day it is still asked for, where it only informs.",
    )
    certain = fields.Boolean(
        default=True,
        help="Not ticked: the day follows from the general rule, and may be another for this "
        "employee.",
    )
    settled_by = fields.Selection(
        [
            ("person", "A person"),
            ("plan", "Sending a plan"),
            ("plan_to_nav", "Sending a plan to NAV"),
        ],
        "Done By",
        default="person",
        required=True,
        help="A person can always mark it as done.",
    )
    company_id = fields.Many2one(
        "res.company", index=True, help="Used in this company only; empty for all."
    )
    off_company_ids = fields.Many2many(
        "res.company", "nav_milestone_template_off_company_rel", string="Switched Off In"
    )
    off_leave_type_ids = fields.Many2many(
        "hr.leave.type",
        "nav_milestone_template_off_type_rel",
        string="Switched Off For",
        help="Sick leave that becomes time off of these types has no such milestone.",
    )

    _unique_key = models.Constraint("UNIQUE(key)", "The milestone's key is in use already.")
    _sensible = models.Constraint(
        "CHECK(number BETWEEN 1 AND 1000 AND lead_days BETWEEN 0 AND 1000 "
        "AND repeat_days BETWEEN 0 AND 1000 AND stale_days BETWEEN 0 AND 1000)",
        "A milestone cannot come before the sick leave, and days and weeks go from 0 to 1000.",
    )

    @api.model
    def _all(self):
        """All templates, those that are not in use too."""
        return self.sudo().with_context(active_test=False).search([])

    @api.model
    def _new_key(self):
        return f"own_{uuid4().hex[:12]}"

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        self.env["nav.sick.case"].sudo()._look_again()
        return templates

    def write(self, vals):
        if not self.env.su and vals.keys() & _FIXED:
            raise UserError(self.env._("The key of a milestone cannot be changed."))
        result = super().write(vals)
        self.env["nav.sick.case"].sudo()._look_again()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        standard = {template.key for template in followup_deadlines.DEFAULT_TEMPLATES}
        used = self.env["nav.followup.milestone"].sudo()
        if standard & set(self.mapped("key")) or used.search_count(
            [("template_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("This milestone is in use, or a standard one. Archive it instead.")
            )

    def _as_domain_template(self, company, leave_type):
        """This template as it is for a case, in the words of :mod:`..domain.followup_deadlines`."""
        self.ensure_one()
        return Template(
            key=self.key,
            unit=self.unit,
            number=self.number,
            lead_days=self.lead_days,
            when_graded=self.when_graded,
            repeat_days=self.repeat_days,
            stale_days=self.stale_days if self.is_point_in_time else None,
            active=(
                self.active
                and (not self.company_id or self.company_id == company)
                and company not in self.off_company_ids
                and leave_type not in self.off_leave_type_ids
            ),
            certain=self.certain,
        )
