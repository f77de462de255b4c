# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models

# How much is removed in one transaction.
BATCH = 1000


class NavRetentionLog(models.Model):
    _inherit = "nav.retention.log"

    conflicts = fields.Integer(
        "Vacation Settled",
        readonly=True,
        help="What was decided about vacation during sick leave.",
    )


class NavVacationConflict(models.Model):
    """What HR decided about vacation during sick leave is kept as long as the follow-up is. The
    time off itself stays, with what Odoo wrote about it at the time."""

    _inherit = "nav.vacation.conflict"

    @api.model
    def _old(self, company):
        """The domain of what was settled, or solved by itself, too long ago. It is not asked about
        anew: such days are long past."""
        closed_before, _ended_before = self.env["nav.retention.log"]._limits(company)
        limit = fields.Datetime.to_datetime(closed_before)
        return [
            ("company_id", "=", company.id),
            ("state", "!=", "open"),
            ("date_to", "<", closed_before),
            "|",
            ("settled_on", "<", limit),
            # What was solved by itself has no day of settlement.
            "&",
            ("settled_on", "=", False),
            ("write_date", "<", limit),
        ]

    @api.model
    def _remove_old(self, company, user=None, limit=BATCH):
        """Remove a batch of a company, and write down how much.

        :return: how many
        """
        old = self.sudo().search(self._old(company), limit=limit)
        removed = len(old)
        if removed:
            old.unlink()
            log = self.env["nav.retention.log"].sudo()
            log.create(
                {
                    "company_id": company.id,
                    "user_id": user and user.id,
                    "closed_before": log._limits(company)[0],
                    "conflicts": removed,
                }
            )
        return removed

    @api.autovacuum
    def _gc_settled(self):
        """Remove a batch; called again while there is more.

        :return: how many were removed, and how many are known to be left
        """
        removed = 0
        for company in self.env["res.company"].sudo().search([]):
            removed += self._remove_old(company, limit=BATCH - removed)
            if removed >= BATCH:
                return removed, 1
        return removed, 0
