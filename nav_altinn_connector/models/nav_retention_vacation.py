# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models

# How much is removed in one transaction.
BATCH = 1000


class NavVacationConflict(models.Model):
    """What HR decided about vacation during sick leave is kept as long as the follow-up is. The
    time off itself stays, with what Odoo wrote about it at the time."""

    _inherit = "nav.vacation.conflict"

    @api.autovacuum
    def _gc_settled(self):
        """Remove a batch of what was settled, or solved by itself, so long ago; called again while
        there is more. It is not asked about anew: such days are long past.

        :return: how many were removed, and how many are known to be left
        """
        conflicts, removed = self.sudo(), 0
        for company in self.env["res.company"].sudo().search([]):
            closed_before, _ended_before = self.env["nav.retention.log"]._limits(company)
            limit = fields.Datetime.to_datetime(closed_before)
            old = conflicts.search(
                [
                    ("company_id", "=", company.id),
                    ("state", "!=", "open"),
                    ("date_to", "<", closed_before),
                    "|",
                    ("settled_on", "<", limit),
                    # What was solved by itself has no day of settlement.
                    "&",
                    ("settled_on", "=", False),
                    ("write_date", "<", limit),
                ],
                limit=BATCH - removed,
            )
            removed += len(old)
            old.unlink()
            if removed >= BATCH:
                return removed, 1
        return removed, 0
