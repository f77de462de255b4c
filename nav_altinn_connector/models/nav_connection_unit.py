# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .big_integer import BigInteger

# NAV does not promise that numbers become visible in order. Each fetch asks again for this many of
# the newest notes that are known, so that one that came late among them is found; what comes later
# still is found by the reconcile.
REREAD_NOTES = 100
RECONCILE_EVERY = timedelta(days=7)
# The reconcile looks this far back, two weeks more than its interval.
RECONCILE_SPAN = timedelta(days=21)
# A connection in these states holds its ticked sub-units: it fetches them, or will again by itself.
HOLDING = ("active", "reauthorise")


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
    offered = fields.Boolean(
        "New",
        readonly=True,
        copy=False,
        help="Found in Enhetsregisteret after the connection was made. Tick it to fetch its notes.",
    )
    fetching = fields.Boolean(
        compute="_compute_fetching",
        store=True,
        help="Ticked, in a connection that fetches. One sub-unit is fetched by one connection of a "
        "company.",
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
    _one_fetches = models.UniqueIndex(
        "(company_id, org_number) WHERE fetching IS TRUE",
        "Another active connection of the company fetches this sub-unit already.",
    )

    @api.depends("selected", "connection_id.state", "connection_id.active")
    def _compute_fetching(self):
        for unit in self:
            connection = unit.connection_id
            unit.fetching = unit.selected and connection.active and connection.state in HOLDING

    @api.model_create_multi
    def create(self, vals_list):
        by_connection = {}
        for vals in vals_list:
            if vals.get("selected", True) and vals.get("org_number"):
                numbers = by_connection.setdefault(vals.get("connection_id"), set())
                numbers.add(vals["org_number"])
        for connection in self.env["nav.connection"].browse(filter(None, by_connection)):
            connection._refuse_fetched_twice(by_connection[connection.id])
        return super().create(vals_list)

    def write(self, vals):
        """A sub-unit that is ticked is no news any more, and notes may have waited for it."""
        if {"selected", "org_number"} & vals.keys():
            for connection, units in self.grouped("connection_id").items():
                ticked = units.filtered(lambda unit: vals.get("selected", unit.selected))
                numbers = {vals.get("org_number", unit.org_number) for unit in ticked}
                connection._refuse_fetched_twice(numbers)
        if vals.get("selected"):
            vals = {**vals, "offered": False}
        result = super().write(vals)
        if vals.get("selected"):
            self.env["nav.connection"]._trigger_apply()
        return result

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


class NavConnection(models.Model):
    """No sub-unit is fetched by two connections of a company. The database makes it impossible;
    what is here says so in words before."""

    _inherit = "nav.connection"

    def write(self, vals):
        if {"state", "active", "company_id"} & vals.keys():
            for connection in self:
                state, active = (vals.get(name, connection[name]) for name in ("state", "active"))
                if state in HOLDING and active:
                    ticked = connection.unit_ids.filtered("selected")
                    company = self.env["res.company"].browse(vals.get("company_id"))
                    connection._refuse_on(
                        connection._fetched_twice(ticked.mapped("org_number"), company)
                    )
        return super().write(vals)

    def _refuse_fetched_twice(self, org_numbers):
        """:raises UserError: when the connection fetches, and so does another one"""
        self.ensure_one()
        if self.active and self.state in HOLDING:
            problems = self._fetched_twice(org_numbers)
            if problems:
                raise UserError("\n".join(problems))

    def _fetched_twice(self, org_numbers, company=None):
        """Words for each of these sub-units that another connection of the company fetches."""
        self.ensure_one()
        others = (
            self.env["nav.connection.unit"]
            .sudo()
            .search(
                [
                    ("connection_id", "!=", self.id),
                    ("company_id", "=", (company or self.company_id).id),
                    ("fetching", "=", True),
                    ("org_number", "in", list(org_numbers)),
                ]
            )
        )
        return [
            self.env._(
                "%(unit)s is already fetched by the connection %(connection)s.",
                unit=unit.name or unit.org_number,
                connection=unit.connection_id.name,
            )
            for unit in others
        ]
