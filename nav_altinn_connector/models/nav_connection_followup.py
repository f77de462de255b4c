# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import fields, models


class NavConnection(models.Model):
    """Whether and how the sick leave of a connection is followed up."""

    _inherit = "nav.connection"

    followup_enabled = fields.Boolean(
        "Follow Up Sick Leave",
        default=True,
        help="Each sick leave gets a follow-up with its deadlines for the employee's manager.",
    )
    followup_manual_leave = fields.Boolean(
        "Count Manual Sick Leave",
        help="Approved sick leave of the company that a person registered counts, too.",
    )
    followup_user_id = fields.Many2one(
        "res.users",
        "Responsible Otherwise",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Follows up employees who have no manager, time off approver or department manager "
        "with a user.",
    )

    def write(self, vals):
        result = super().write(vals)
        if {"followup_enabled", "followup_manual_leave"} & vals.keys():
            self.env["nav.followup.mark"].sudo()._mark_connections(self)
        if "followup_user_id" in vals:
            cases = self.env["nav.sick.case"].sudo()._as_engine()
            cases.search([("connection_id", "in", self.ids)])._moved_on()
        return result
