# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from datetime import datetime, timedelta

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..clients.errors import ClientError, RateLimited, Unauthorised
from ..clients.sykepenger import NoAccess
from ..domain import sick_note
from . import exchange_log, plain_words
from .attempt import attempt
from .notification import notification
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# How many notes are applied in one transaction: enough for batches to pay, few enough that a
# failure costs little and memory stays flat.
APPLY_BATCH = 200
FIRST_RETRY = timedelta(minutes=5)
# What a person who pressed a button waits for: pages of NAV's list, and notes that are applied. The
# cron goes on from there.
PAGES_AT_ONCE = 3
NOTES_AT_ONCE = 1000
# What PostgreSQL says to the slower of two workers: its view is old, or the row is there already.
GAVE_WAY = (psycopg2.OperationalError, psycopg2.errors.UniqueViolation)


class NavConnection(models.Model):
    """Fetching: from NAV's list to stored notes, page by page.

    Each page is stored in one transaction together with the cursor that it leads to, so nothing is
    lost or skipped whenever the process stops. Applying is a step of its own, after that.
    """

    _inherit = "nav.connection"

    # ------------------------------------------------------------------ when

    @api.depends(
        "state", "last_fetch_at", "retry_at", "fetch_interval", "fetch_hour_from", "fetch_hour_to"
    )
    def _compute_next_fetch_at(self):
        now = fields.Datetime.now()
        for connection in self:
            connection.next_fetch_at = connection.state == "active" and connection._within_hours(
                max(connection._earliest_fetch() or now, now)
            )

    def _earliest_fetch(self):
        """When the interval, or the pause after a failure, is over; False for at once."""
        if self.retry_at or not self.last_fetch_at:
            return self.retry_at
        return self.last_fetch_at + timedelta(minutes=self.fetch_interval)

    def _is_due(self, now):
        earliest = self._earliest_fetch()
        return (not earliest or earliest <= now) and self._within_hours(now) == now

    def _within_hours(self, moment):
        """The moment, or the next one within the hours in which the connection fetches (UTC)."""
        midnight = datetime.combine(moment, datetime.min.time())
        begin = midnight + timedelta(hours=self.fetch_hour_from)
        end = midnight + timedelta(hours=self.fetch_hour_to)
        if moment < begin:
            return begin
        return moment if moment < end else begin + timedelta(days=1)

    # ------------------------------------------------------------------ the cron

    @api.model
    def _cron_fetch_sick_notes(self):
        """Fetch for each connection whose time has come, then apply what waits.

        Whatever happens to one connection or note stays there: the cron itself does not fail.
        """
        now = fields.Datetime.now()
        due = self._due_to_fetch(now)
        commit = self.env["ir.cron"]._commit_progress
        self._wake_helpers(len(due) - 1)
        commit(0, remaining=len(due))
        if len(due) > 1:
            self._fetch_in_turn(due, now, commit)
        elif due and due._fetch(lambda: commit(0)):
            commit(1)
        self._apply_all(lambda: commit(0))
        if self._all_on_hold():
            return  # the database that this one was copied from tells them
        self._advance_first_fetches(lambda: commit(0))
        self.env["nav.sick.note"]._tell_problems(lambda: commit(0))
        # What was not reached in this run comes with the next one.
        awaited = self._due_to_fetch(fields.Datetime.now())
        self.env["nav.notice"]._deliver(lambda: commit(0), awaited)
        self._note_unsent_messages()

    @api.model
    def _due_to_fetch(self, now):
        """The connections whose time has come."""
        if self._all_on_hold():
            return self.browse()
        fetching = self.search([("state", "=", "active")])
        fetching -= self.env["nav.first.fetch"]._held_connections()
        return fetching.filtered(lambda connection: connection._is_due(now))

    def action_fetch_now(self):
        """Fetch and apply now, whatever the hours. What is too much for a person to wait for is
        left to the cron.

        :raises UserError: in words that say what to do, when nothing could be fetched
        """
        self.check_access("write")
        problems = []
        before = self._count_notes()
        for connection in self.sudo():
            if connection.state == "reauthorise":
                raise UserError(
                    self.env._("The connection has lost its access. Press Reauthorise first.")
                )
            if connection.state != "active":
                raise UserError(self.env._("Activate the connection before you fetch."))
            connection._refuse_on_hold()
            connection._refuse_when_stopped()
            connection._fetch(lambda: float("inf"), pages=PAGES_AT_ONCE)
            if connection.last_error:
                problems.append(connection.last_error)
        self._apply_at_once()
        return self._fetched_notification(self._count_notes() - before, problems)

    def _count_notes(self):
        return self.env["nav.sick.note"].sudo().search_count([("connection_id", "in", self.ids)])

    def _fetched_notification(self, new, problems):
        if problems:
            title, message = self.env._("Fetching had a problem"), "\n".join(problems)
        elif new:
            title, message = self.env._("Fetched"), self.env._("New sick notes: %s.", new)
        else:
            title, message = self.env._("Fetched"), self.env._("There are no new sick notes.")
        kind = "warning" if problems else "success"
        return notification(message, kind, title=title)

    def _apply_at_once(self):
        Note = self.env["nav.sick.note"].sudo()
        batches = Note._pending_batches(APPLY_BATCH, self)
        at_once = max(NOTES_AT_ONCE // APPLY_BATCH, 1)
        for batch in batches[:at_once]:
            Note.browse(batch)._apply()
        if batches[at_once:] or any(connection._open_first_fetch() for connection in self):
            self._trigger_apply()

    @api.model
    def _trigger_apply(self):
        self.env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes").sudo()._trigger()

    # ------------------------------------------------------------------ one connection

    def _fetch(self, step, pages=None):
        """Fetch all ticked sub-units, and record how it went.

        :param step: called after each page that is stored; commits, and returns the seconds left
        :param pages: how many pages at most, for each sub-unit; None for all
        :return: False when there is no time left
        """
        self.ensure_one()
        self = plain_words.in_language_of(self.company_id, self)
        outcome = _Outcome()
        try:
            api_client = self._sykepenger_client()
            # Those that have waited longest first, so that none starves when time runs out.
            units = self.unit_ids.filtered("selected").sorted(
                lambda unit: unit.last_success_at or datetime.min
            )
            for unit in units:
                if self._first_fetch_is_stopped():
                    outcome.stopped = True
                if outcome.stopped or not self._fetch_unit(unit, api_client, step, pages, outcome):
                    break
        except (ClientError, UserError, ValueError) as error:
            outcome.fail(error)
        self._record_fetch(outcome)
        return outcome.time_left

    def _fetch_unit(self, unit, api_client, step, pages, outcome):
        """Fetch one sub-unit. A sub-unit without permission does not stop the others.

        :return: False when the others need not be tried: no time, no token, or NAV asks to wait
        """
        try:
            with self.env.cr.savepoint(), quiet_sql():
                locked = unit.try_lock_for_update(allow_referencing=True)
            if not locked:
                return True  # another worker is at it
            with exchange_log.about_unit(unit):
                self._fetch_pages(unit, api_client, step, pages, outcome)
        except NoAccess as error:
            self._record_unit_error(unit, error, permission="denied")
            outcome.denied(error)
        except Unauthorised as error:
            # The token was refused. A new one is asked for at the next fetch, not in a loop.
            self._forget_token()
            self._record_unit_error(unit, error)
            outcome.fail(error)
        except ClientError as error:
            self._record_unit_error(unit, error)
            outcome.fail(error)
            return error.system == "sykepenger" and not isinstance(error, RateLimited)
        except GAVE_WAY as error:
            # Another worker stored the same notes at this moment. Nothing is lost: the cursor did
            # not move, and what is left is fetched next time.
            _logger.info(
                "Fetching of a sub-unit gave way to another worker: %s", type(error).__name__
            )
            outcome.time_left = bool(step())
        except (UserError, ValueError):
            raise  # the set-up is incomplete: the same for all sub-units
        except Exception as error:  # one connection's trouble is not the others'
            # Its text may hold values of notes, so only its kind is logged.
            _logger.error("Fetching of sub-unit %s failed: %s", unit.id, type(error).__name__)
            self._record_unit_error(unit, error)
            outcome.fail(error)
        return outcome.time_left

    def _fetch_pages(self, unit, api_client, step, pages, outcome):
        reconcile = unit._reconcile_is_due()
        after = 0 if reconcile else unit.reread_from
        since = max(self.fetch_from, unit._reconcile_since()) if reconcile else self.fetch_from
        count = 0
        while True:
            page = api_client.sick_notes(unit.org_number, after_loepenr=after, received_from=since)
            last = self._store_page(unit, page.notes)
            count += 1
            complete = page.complete or last <= after
            if complete:
                with self.env.cr.savepoint(), quiet_sql():
                    unit._fetched_all(reconcile)
            if not step():
                outcome.time_left = complete
                if not complete:
                    return
            if complete or (pages and count >= pages):
                return
            if self._first_fetch_is_stopped():
                outcome.stopped = True
                return
            after = last

    def _store_page(self, unit, payloads):
        """Store the notes of a page that are new, and move the cursor, all in one transaction.

        :return: the highest running number on the page, 0 when there is none
        """
        envelopes = [sick_note.envelope(payload) for payload in payloads]
        numbers = [envelope.loepenr for envelope in envelopes if envelope.loepenr]
        last = max(numbers, default=0)
        with self.env.cr.savepoint(), quiet_sql():
            self._create_new_notes(unit, payloads)
            if last > unit.cursor:
                unit._move_cursor(numbers)
        return last

    def _create_new_notes(self, unit, payloads):
        Note = (
            self.env["nav.sick.note"]
            .sudo()
            .with_context(
                tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
            )
        )
        first_fetch = self._first_fetch_of(unit) if payloads else self.env["nav.first.fetch"]
        ids = [sick_note.envelope(payload).nav_id for payload in payloads]
        known = Note._known_nav_ids(self.company_id, [nav_id for nav_id in ids if nav_id])
        Note._renew_failed(self.company_id, dict(zip(ids, payloads, strict=True)))
        vals_list = [
            {**Note._vals_from_nav(self, unit, payload), "first_fetch_id": first_fetch.id}
            for payload, nav_id in zip(payloads, ids, strict=True)
            if nav_id not in known
        ]
        # A note without a usable id, or one that stands twice on the page.
        new = {vals["nav_id"]: vals for vals in reversed(vals_list)}
        for nav_id in Note._known_nav_ids(self.company_id, list(new.keys() - set(ids))):
            del new[nav_id]
        Note.create(list(reversed(new.values())))

    # ------------------------------------------------------------------ how it went

    def _record_fetch(self, outcome):
        now = fields.Datetime.now()
        vals = {"last_fetch_at": now, "last_error": False, "retry_at": False, "failures": 0}
        if not outcome.time_left:
            # The rest comes with the next run of the cron, not with the next interval.
            vals["retry_at"] = now
            self._trigger_apply()
        elif outcome.stopped or (outcome.error is None and self._units_never_fetched()):
            # Stopped by a person, or left to another worker: nor is this the end of it.
            vals["retry_at"] = now
        elif outcome.error is None:
            vals["last_success_at"] = now
        if outcome.error is not None:
            vals["last_error"] = self._error_words(outcome.error)
            if outcome.failed:
                vals["failures"] = self.failures + 1
                vals["retry_at"] = now + self._pause(outcome.error)
        vals.update(self._health_vals(outcome))
        try:
            with self.env.cr.savepoint(), quiet_sql():
                self.write(vals)
                self._after_fetch(outcome)
        except psycopg2.OperationalError:
            _logger.info("Another worker has recorded its fetch of the same connection.")

    def _pause(self, error):
        """How long to wait after a failure: what the system asks for, else 5 minutes and twice as
        long each time, up to the ordinary interval."""
        asked = getattr(error, "retry_after", None)
        if asked:
            return timedelta(seconds=asked)
        ordinary = timedelta(minutes=self.fetch_interval)
        return min(FIRST_RETRY * 2 ** min(self.failures, 10), max(ordinary, FIRST_RETRY))

    def _error_words(self, error):
        if isinstance(error, ClientError):
            return plain_words.client_error(self.env, error)
        if isinstance(error, UserError):
            return error.args[0]
        if isinstance(error, ValueError):
            return self.env._("The connection is not completely set up.")
        return self.env._(
            "The sick notes could not be stored (%s). It will be tried again; if it fails again, "
            "ask the person who runs the server.",
            type(error).__name__,
        )

    def _record_unit_error(self, unit, error, permission=None):
        vals = {"last_error": self._error_words(error)}
        if permission:
            vals["permission"] = permission
        try:
            with self.env.cr.savepoint(), quiet_sql():
                unit.write(vals)
        except psycopg2.OperationalError:
            _logger.info("Another worker has recorded its fetch of the same sub-unit.")

    # ------------------------------------------------------------------ applying what is stored

    @api.model
    def _apply_all(self, step):
        """Apply received and waiting notes in batches: those of these connections; without any,
        all that no other worker is at.

        :param step: called after each batch; commits, and returns the seconds left
        """
        Note = self.env["nav.sick.note"].sudo()
        pending = Note._pending_batches(APPLY_BATCH, self or None)
        while pending:
            batch = Note.browse(pending.pop(0))
            try:
                with attempt(self.env):
                    batch._not_held()._apply()
            except psycopg2.OperationalError as error:
                # Another worker decides for one of the employees; the batch stays for next time.
                _logger.info("Applying gave way to another worker: %s", type(error).__name__)
                self._trigger_apply()
            time_left = step()
            # What a batch has read is not needed again: memory must not grow with the notes.
            self.env.invalidate_all()
            if not time_left:
                if pending:
                    self._trigger_apply()
                return

    @api.model
    def _cron_cancel_overlaps(self):
        """R3 for manual sick leave that came in after the note."""
        commit = self.env["ir.cron"]._commit_progress
        employees = self.env["nav.sick.note"].sudo()._employees_with_late_manual_leave()
        commit(0, remaining=len(employees))
        for start in range(0, len(employees), APPLY_BATCH):
            batch = employees[start : start + APPLY_BATCH]
            batch.nav_note_ids._decide_each(batch)
            if not commit(len(batch)):
                return


class _Outcome:
    """How the fetch of one connection went."""

    def __init__(self):
        self.error = None
        self.failed = False
        self.stopped = False
        self.time_left = True

    def denied(self, error):
        """A sub-unit without permission: worth telling, no reason to come back sooner or later."""
        self.error = self.error or error

    def fail(self, error):
        self.error = error
        self.failed = True
