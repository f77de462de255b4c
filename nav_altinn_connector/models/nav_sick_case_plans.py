# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models

from .nav_sick_case_follow import _part_at


class NavSickCase(models.Model):
    """The follow-up plans of a case."""

    _inherit = "nav.sick.case"

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
                plan.with_context(nav_case_moves=True).write({"case_id": part.id})
        return result
