# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models

from .nav_followup_plan import EDITABLE
from .nav_sick_case_follow import _part_at


class NavSickCase(models.Model):
    """The follow-up plans of a case."""

    _inherit = "nav.sick.case"

    draft_plan_id = fields.Many2one(
        "nav.followup.plan",
        "Plan Being Made",
        compute="_compute_draft_plan",
        help="The newest version, when it has not been sent: work goes on there.",
    )

    @api.depends("plan_ids.state", "plan_ids.version")
    def _compute_draft_plan(self):
        for case in self:
            newest = case.plan_ids.sorted("version")[-1:]
            case.draft_plan_id = newest.filtered(lambda plan: plan.state in EDITABLE)

    def action_open_draft_plan(self):
        """Open the plan that is being made."""
        self.ensure_one()
        return self.draft_plan_id.action_open()

    def _plan_sent(self, plan):
        """A plan has been sent: the milestones that wait for it are done, by whoever sent it."""
        self.ensure_one()
        to_nav = plan.sudo().send_plan_to_nav
        for milestone in self.sudo().milestone_ids.filtered(lambda one: one.stage != "settled"):
            settled_by = milestone.template_id.settled_by
            # The update before NAV's meeting is another plan than the first one.
            asked = milestone.stage in ("active", "overdue", "passed")
            if settled_by == "plan" or (settled_by == "plan_to_nav" and to_nav and asked):
                milestone.with_user(self.env.user).sudo()._settle("done")

    def _move_along(self, parts):
        """Plans go with the part of a sick leave on whose time they were made."""
        result = super()._move_along(parts)
        for plan in self.plan_ids:
            part = _part_at(plan.create_date.date(), parts)
            if plan.case_id != part:
                plan._move_to(part)
        return result
