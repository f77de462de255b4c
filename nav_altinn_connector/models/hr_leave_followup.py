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
        leaves._nav_mark_followup()
        return leaves

    def write(self, vals):
        if not vals.keys() & _DECISIVE:
            return super().write(vals)
        before = self.employee_id.ids
        result = super().write(vals)
        self._nav_mark_followup(before)
        return result

    def unlink(self):
        companies = self.sudo().company_id
        before = self._nav_followed_up().employee_id.ids
        result = super().unlink()
        self.browse()._nav_mark_followup(before, companies)
        return result

    def _nav_followed_up(self):
        """Those of the leaves that are manual sick leave."""
        return self.sudo().filtered(
            lambda leave: not leave.nav_sourced and leave.holiday_status_id.is_sick_leave
        )

    def _nav_mark_followup(self, before=(), companies=None):
        """Have the cases of these leaves' employees computed anew.

        :param before: ids of the employees whom they belonged to
        """
        leaves = self._nav_followed_up() if companies is None else self
        if not leaves and companies is None:
            return
        companies = companies or leaves.company_id
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
            marks = self.env["nav.followup.mark"].sudo()
            marks._mark([*leaves.employee_id.ids, *before])
