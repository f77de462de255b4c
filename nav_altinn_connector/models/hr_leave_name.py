# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import SUPERUSER_ID, api, models


class HrLeave(models.Model):
    """The name of a sick leave, which Odoo makes of its type and the days that it counts.

    Odoo reads the name that a link shows with all rights, and absence in the working calendar,
    which every colleague may read, links to its leave.
    """

    _inherit = "hr.leave"

    @api.depends_context("uid")
    def _compute_display_name(self):
        """As always for those who may read the leave; for others that somebody is away."""
        super()._compute_display_name()
        if not self.env.su or self.env.uid == SUPERUSER_ID:
            return
        sick = self.filtered(
            lambda leave: leave.nav_sourced or leave.holiday_status_id.is_sick_leave
        )
        # Whatever companies are at work: those of the user, so that a name is never refused.
        mine = self.env.user._get_company_ids()
        reader = sick._origin.sudo(False).with_context(allowed_company_ids=list(mine))
        readable = reader._filtered_access("read").with_env(self.env)
        for leave in sick:
            if leave._origin - readable:
                leave.display_name = self.env._("%s: Time Off", leave.employee_id.name or "")
