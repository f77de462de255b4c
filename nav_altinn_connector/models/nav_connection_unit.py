from datetime import timedelta

from odoo import fields, models

from .big_integer import BigInteger

# NAV does not promise that numbers become visible in order. Each fetch asks again for this many of
# the newest notes that are known, so that one that came late among them is found; what comes later
# still is found by the reconcile.
REREAD_NOTES = 100
RECONCILE_EVERY = timedelta(days=7)
# The reconcile looks this far back, two weeks more than its interval.
RECONCILE_SPAN = timedelta(days=21)


class NavConnectionUnit(models.Model):
    """A sub-unit (underenhet) of a connected organisation. NAV delivers sick notes per sub-unit.

    ``cursor`` is the highest running number that is stored, and moves in the transaction that
    stores the notes. NAV does not promise that numbers become visible in order, so a fetch asks
    from ``reread_from``, some notes before the cursor. What is known already is passed over.
    """

    _name = "nav.connection.unit"
    _description = "Connected Sub-unit"
    _order = "name, org_number, id"

    connection_id = fields.Many2one("nav.connection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    org_number = fields.Char("Organisation Number", required=True)
    name = fields.Char()
    selected = fields.Boolean(
        default=True, help="Sick notes are fetched for ticked sub-units only."
    )
    closed_on = fields.Date(readonly=True, help="Deleted in Enhetsregisteret on this date.")
    cursor = BigInteger(default=0, readonly=True, copy=False, help="Highest loepenr received.")
    reread_from = BigInteger(default=0, readonly=True, copy=False)
    reconciled_at = fields.Datetime(readonly=True, copy=False)
    permission = fields.Selection(
        [("unknown", "Not tried yet"), ("granted", "Granted"), ("denied", "Denied")],
        default="unknown",
        readonly=True,
        copy=False,
    )
    last_success_at = fields.Datetime("Last Fetch", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)

    _unique_org_number = models.Constraint(
        "UNIQUE(connection_id, org_number)", "The connection has this sub-unit already."
    )

    def _reconcile_is_due(self):
        return bool(self.reconciled_at) and (
            self.reconciled_at + RECONCILE_EVERY <= fields.Datetime.now()
        )

    def _reconcile_since(self):
        return (self.reconciled_at - RECONCILE_SPAN + RECONCILE_EVERY).date()

    def _move_cursor(self, numbers):
        """Move the cursor to the highest of these running numbers, all of which are stored.

        Where the next fetch begins follows page by page, so that a first fetch of many pages goes
        on where it was stopped.
        """
        vals = {"cursor": max(numbers)}
        reread_from = sorted(numbers)[:-REREAD_NOTES][-1:]
        if reread_from and reread_from[0] > self.reread_from:
            vals["reread_from"] = reread_from[0]
        self.write(vals)

    def _fetched_all(self, reconciled):
        """Note that everything up to now has been seen."""
        now = fields.Datetime.now()
        vals = {"last_success_at": now, "permission": "granted", "last_error": False}
        if reconciled or not self.reconciled_at:
            vals["reconciled_at"] = now
        newest = (
            self.env["nav.sick.note"]
            .sudo()
            .search_fetch(
                [("unit_id", "=", self.id), ("loepenr", ">", self.reread_from)],
                ["loepenr"],
                order="loepenr desc",
                offset=REREAD_NOTES,
                limit=1,
            )
        )
        if newest:
            vals["reread_from"] = newest.loepenr
        self.write(vals)
