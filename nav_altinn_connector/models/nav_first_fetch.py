from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .nav_notice import Event
from .nav_sick_note_apply import IN_EFFECT

# How long the summary waits for a sub-unit that fails again and again. What it brings later is a
# first fetch of its own.
PATIENCE = timedelta(days=1)

# The way of a first fetch:
#
#   fetching <──> applying ──> done        (back, when a sub-unit brings its first notes late)
#      │ ^           │
#      v │           │
#     stopped <──────┘                     (by a person, and resumed by a person)


class NavFirstFetch(models.Model):
    """The first fetch of a connection: everything NAV has since the first date, at once. Sub-units
    that are ticked later, or get their permission later, have a first fetch of their own.

    It has a row of its own, and not fields on the connection, because of how workers meet on it.
    Whoever stores notes in it shares the row until the transaction ends; whoever changes its state
    writes the row. So PostgreSQL lets no note into a first fetch whose end is being told, and two
    workers cannot both end it, while the connection itself is never held.
    """

    _name = "nav.first.fetch"
    _description = "First Fetch from NAV"
    _order = "id desc"
    _rec_name = "connection_id"

    connection_id = fields.Many2one(
        "nav.connection", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        [
            ("fetching", "Fetching"),
            ("applying", "Registering"),
            ("stopped", "Stopped"),
            ("done", "Done"),
        ],
        default="fetching",
        required=True,
        readonly=True,
    )
    begun_at = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    ended_at = fields.Datetime(readonly=True)

    _one_at_a_time = models.UniqueIndex(
        "(connection_id) WHERE state != 'done'", "The connection has a first fetch going on."
    )

    # ------------------------------------------------------------------ workers

    def _take_part(self):
        """Hold the first fetch open until the end of the transaction, to store notes in it.

        :raises psycopg2.errors.SerializationFailure: when its state was changed since this
            transaction began; to be retried in a new transaction
        """
        self.ensure_one()
        if self.state == "applying":
            self.state = "fetching"
            self.flush_recordset(["state"])
        else:
            self.flush_recordset(["state"])
            query = "SELECT 1 FROM nav_first_fetch WHERE id = %s FOR SHARE"
            self.env.execute_query(SQL(query, self.id))
        return self

    @api.model
    def _held_connections(self):
        """Connections of which nothing is fetched or applied now, as a person has wished."""
        return self.search([("state", "=", "stopped")]).connection_id

    # ------------------------------------------------------------------ going on

    def _advance(self):
        """Take the one next step that is due, if any. The steps belong into transactions of their
        own: the end must see all notes that were stored before applying began.

        :raises psycopg2.OperationalError: when another worker takes the step at this moment
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            return
        if self.state == "fetching" and self._is_complete():
            self.state = "applying"
        elif self.state == "applying" and not self._count("received"):
            self._end()

    def _is_complete(self):
        """Whether everything has been fetched once that can be fetched."""
        if fields.Datetime.now() - self.begun_at > PATIENCE:
            return True
        return not self.connection_id._units_never_fetched()

    def _end(self):
        """Tell each person once what came of it all (in the transaction that ends it)."""
        notes = self.env["nav.sick.note"].search([("first_fetch_id", "=", self.id)])
        if notes:
            in_effect = notes.filtered(lambda note: note.state in IN_EFFECT)
            self.env["nav.notice"]._tell(
                f"first_fetch:{self.id}",
                self.connection_id.company_id,
                [Event("sick_leave", in_effect), Event("first_fetch", self)],
                self.connection_id,
            )
            notes._mark_told()
        self.write({"state": "done", "ended_at": fields.Datetime.now()})

    # ------------------------------------------------------------------ counts

    def _counts(self):
        """{first fetch id: {state of its notes: how many}}, in one query."""
        counts = {first_id: {} for first_id in self.ids}
        groups = (
            self.env["nav.sick.note"]
            .sudo()
            ._read_group(
                [("first_fetch_id", "in", self.ids)], ["first_fetch_id", "state"], ["__count"]
            )
        )
        for first, state, count in groups:
            counts[first.id][state] = count
        return counts

    def _count(self, state):
        return self._counts()[self.id].get(state, 0)

    def _waiting_by_reason(self):
        """[(waiting reason, how many)], the most frequent first."""
        groups = (
            self.env["nav.sick.note"]
            .sudo()
            ._read_group(
                [("first_fetch_id", "=", self.id), ("state", "=", "waiting")],
                ["waiting_reason"],
                ["__count"],
                order="__count DESC, waiting_reason",
            )
        )
        return [list(group) for group in groups]
