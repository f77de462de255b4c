# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, models

_DECISIVE = frozenset(
    {
        "state",
        "request_date_from",
        "request_date_to",
        "employee_id",
        "holiday_status_id",
        "absence_degree",
    }
)


class HrLeave(models.Model):
    """Manual sick leave counts in the follow-up, where a connection says so."""

    _inherit = "hr.leave"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._nav_mark_followup(*leaves._nav_followed_up())
        return leaves

    def write(self, vals):
        if not vals.keys() & _DECISIVE:
            return super().write(vals)
        before = self._nav_followed_up()
        result = super().write(vals)
        now = self._nav_followed_up()
        self._nav_mark_followup(before[0] | now[0], before[1] | now[1])
        return result

    def unlink(self):
        before = self._nav_followed_up()
        result = super().unlink()
        self.browse()._nav_mark_followup(*before)
        return result

    def _nav_followed_up(self):
        """(employees, companies) of those of the leaves that are manual sick leave."""
        leaves = self.sudo().filtered(
            lambda leave: not leave.nav_sourced and leave.holiday_status_id.is_sick_leave
        )
        return leaves.employee_id, leaves.company_id

    @api.model
    def _nav_mark_followup(self, employees, companies):
        """Have the employees' cases computed anew, where manual sick leave counts."""
        if not employees:
            return
        counting = (
            self.env["nav.connection"]
            .sudo()
            .search_count(
                [
                    ("company_id", "in", companies.ids),
                    ("followup_enabled", "=", True),
                    ("followup_manual_leave", "=", True),
                ],
                limit=1,
            )
        )
        if counting:
            self.env["nav.followup.mark"].sudo()._mark(employees.ids)


class HrLeaveType(models.Model):
    """Which types are sick leave decides which manual leave counts."""

    _inherit = "hr.leave.type"

    def write(self, vals):
        result = super().write(vals)
        if "is_sick_leave" in vals:
            leaves = (
                self.env["hr.leave"]
                .sudo()
                .search(
                    [
                        ("holiday_status_id", "in", self.ids),
                        ("nav_sourced", "=", False),
                        ("state", "=", "validate"),
                    ]
                )
            )
            leaves._nav_mark_followup(leaves.employee_id, leaves.company_id)
        return result
