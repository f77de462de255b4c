# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from . import plain_words
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)


class NavConnection(models.Model):
    """The first fetch after activation: hundreds or thousands of notes at once.

    It goes on in the background, in the order of need (see ``_pending_batches`` of the notes), can
    be stopped between two batches and resumed, and is told to each person once, at its end.
    """

    _inherit = "nav.connection"

    first_fetch_ids = fields.One2many(
        "nav.first.fetch", "connection_id", "First Fetches", readonly=True, copy=False
    )
    first_fetch_state = fields.Selection(
        [
            ("none", "Not Begun"),
            ("fetching", "Fetching"),
            ("applying", "Registering"),
            ("stopped", "Stopped"),
            ("done", "Done"),
        ],
        "First Fetch",
        compute="_compute_first_fetch_state",
    )
    first_fetch_total = fields.Integer(
        "Sick Notes Found", compute="_compute_first_fetch", help="In the first fetch, so far."
    )
    first_fetch_done = fields.Integer(
        "Sick Notes Handled",
        compute="_compute_first_fetch",
        help="Those that are registered, and those that HR has to look at.",
    )
    first_fetch_progress = fields.Float(
        "First Fetch (%)", compute="_compute_first_fetch", help="How much of it is handled."
    )
    first_fetch_words = fields.Char(
        "How Far the First Fetch Is", compute="_compute_first_fetch_words"
    )

    # ------------------------------------------------------------------ how far it is

    @api.depends("first_fetch_ids.state")
    def _compute_first_fetch_state(self):
        for connection in self:
            connection.first_fetch_state = connection._last_first_fetch().state or "none"

    def _compute_first_fetch(self):
        counts = self._first_fetch_counts()
        for connection in self:
            of = counts[connection]
            total = sum(of.values())
            done = total - of.get("received", 0)
            connection.first_fetch_total = total
            connection.first_fetch_done = done
            if total:
                connection.first_fetch_progress = 100 * done / total
            else:
                connection.first_fetch_progress = (
                    100 if connection.first_fetch_state == "done" else 0
                )

    @api.depends_context("lang", "tz", "uid")
    def _compute_first_fetch_words(self):
        counts = self._first_fetch_counts()
        for connection in self:
            connection.first_fetch_words = connection._first_fetch_words(counts[connection])

    def _last_first_fetch(self):
        """The first fetch that is going on, else the last one, else none."""
        return self.sudo().first_fetch_ids.sorted("id", reverse=True)[:1]

    def _first_fetch_counts(self):
        """{connection: {state of the notes of its last first fetch: how many}}"""
        last = {connection: connection._last_first_fetch() for connection in self}
        counts = self.env["nav.first.fetch"].sudo().union(*last.values())._counts()
        return {connection: counts.get(first.id, {}) for connection, first in last.items()}

    def _first_fetch_words(self, counts):
        """Where the first fetch stands, in some plain sentences; False when there is none."""
        state = self.first_fetch_state
        if state == "none":
            return False
        words = [self._found_words(sum(counts.values()))]
        if counts:
            registered = counts.get("applied", 0) + counts.get("superseded", 0)
            if state == "done":
                words.append(self.env._("%s of them are registered.", registered))
            else:
                words.append(self.env._("%s of them are registered so far.", registered))
        to_settle = counts.get("waiting", 0) + counts.get("failed", 0)
        if to_settle:
            words.append(self.env._("HR has to look at %s of them.", to_settle))
        if state == "fetching" and self._units_never_fetched():
            words.append(self._still_fetching_words())
        elif state == "stopped":
            words.append(
                self.env._("The first fetch is stopped. Resume it, and the rest is fetched.")
            )
        return " ".join(words)

    def _found_words(self, total):
        if total == 0 and self.first_fetch_state == "done":
            return self.env._("NAV had no sick notes since the first date.")
        if total == 0:
            return self.env._("No sick notes were found so far.")
        if total == 1:
            return self.env._("One sick note was found.")
        return self.env._("%s sick notes were found.", total)

    def _still_fetching_words(self):
        now = fields.Datetime.now()
        if self.next_fetch_at and self.next_fetch_at > now:
            moment = format_datetime(self.env, self.next_fetch_at, dt_format="short")
            return self.env._("More are fetched from %s on.", moment)
        return self.env._("More are being fetched in the background.")

    # ------------------------------------------------------------------ beginning

    def write(self, vals):
        """Whichever way a connection becomes active: what was never fetched is fetched soon."""
        result = super().write(vals)
        if vals.get("state") == "active":
            self._begin_first_fetch()
            self._trigger_apply()
        return result

    def _begin_first_fetch(self):
        """Begin a first fetch where there are sub-units that were never fetched. The person who
        does it follows the connection, and so is told how it ended."""
        for connection in self.sudo():
            if not connection._units_never_fetched() or connection._open_first_fetch():
                continue
            connection._create_first_fetch()
            if self.env.user.active and self.env.user._is_internal():
                connection.message_subscribe(partner_ids=self.env.user.partner_id.ids)

    def _units_never_fetched(self):
        """Ticked sub-units that can be fetched, and whose notes have not all been seen yet."""
        return self.unit_ids.filtered(
            lambda unit: unit.selected and not unit.last_success_at and unit.permission != "denied"
        )

    def _open_first_fetch(self):
        return (
            self.env["nav.first.fetch"]
            .sudo()
            .search([("connection_id", "=", self.id), ("state", "!=", "done")])
        )

    def _create_first_fetch(self):
        return self.env["nav.first.fetch"].sudo().create({"connection_id": self.id})

    def _first_fetch_of(self, unit):
        """The first fetch that new notes of the sub-unit belong to, held open until the end of the
        transaction; none when its notes have all been seen before.

        :raises psycopg2.Error: when another worker changes it at this moment; to be retried
        """
        if unit.last_success_at:
            return self.env["nav.first.fetch"]
        return (self._open_first_fetch() or self._create_first_fetch())._take_part()

    # ------------------------------------------------------------------ stopping and resuming

    def _first_fetch_is_stopped(self):
        """Asked of the database each time: another worker's person may have stopped it."""
        return self._open_first_fetch().filtered(lambda first: first.state == "stopped")

    def action_stop_first_fetch(self):
        """Stop after the batch that is at work now. Nothing of this connection is fetched or
        applied until somebody resumes."""
        self.check_access("write")
        for connection in self:
            first = connection._open_first_fetch().filtered(lambda first: first.state != "stopped")
            if first:
                first.state = "stopped"
                connection._log_on_first_fetch(self.env._("The first fetch was stopped."))
        return True

    def action_resume_first_fetch(self):
        """Go on where it was stopped, in the background."""
        self.check_access("write")
        for connection in self:
            first = connection._first_fetch_is_stopped()
            if first:
                first.state = "fetching"
                connection._log_on_first_fetch(self.env._("The first fetch was resumed."))
                connection._trigger_apply()
        return True

    def _log_on_first_fetch(self, words):
        self._message_log(body=words, author_id=self.env.user.partner_id.id)

    def _refuse_when_stopped(self):
        if self._first_fetch_is_stopped():
            raise UserError(
                self.env._("The first fetch is stopped. Resume it, and the rest is fetched.")
            )

    # ------------------------------------------------------------------ ending

    @api.model
    def _advance_first_fetches(self, step):
        """Let first fetches go on to applying, and end. Whatever happens to one stays there.

        :param step: called after each step; commits
        """
        FirstFetch = self.env["nav.first.fetch"].sudo()
        for before in ("fetching", "applying"):
            for first in FirstFetch.search([("state", "=", before)]):
                first = plain_words.in_language_of(first.connection_id.company_id, first)
                try:
                    with self.env.cr.savepoint(), quiet_sql():
                        first._advance()
                except psycopg2.OperationalError:
                    _logger.info("Another worker takes the first fetch further.")
                    self._trigger_apply()
                except Exception as error:
                    _logger.error(
                        "First fetch %s could not be taken further: %s",
                        first.id,
                        type(error).__name__,
                    )
                step()
                self.env.invalidate_all()
