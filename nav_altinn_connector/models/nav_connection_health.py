# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import hashlib
import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..clients.sykepenger import NoAccess
from . import causes, database_copy, plain_words
from .nav_connection_unit import HOLDING
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# What passes by itself is told only when it has lasted: with the pauses between the tries, about
# two hours.
TELL_AFTER = 6
FIRST_HEAL = timedelta(minutes=5)
LONGEST_HEAL = timedelta(hours=6)
DAY = timedelta(hours=20)
# How many sub-units that are gone from the list are looked up one by one in a day.
GONE_AT_ONCE = 20


class NavConnection(models.Model):
    """Whether a connection works on every later day: what a failure leads to, and how the
    connection heals.

    Where the organisation's approval is gone, the connection turns to *Reauthorise* and asks NAV
    for nothing more, until the checks find the approval again. Everything else that fails leaves it
    active, to be tried again after a pause, and shows the part that fails.
    """

    _inherit = "nav.connection"

    failing_part = fields.Selection(
        [
            (causes.RIGHTS, "Approval in Altinn"),
            (causes.CLIENT, "Maskinporten client"),
            (causes.SYSTEM, "Outside system"),
            (causes.ODOO, "This server"),
        ],
        readonly=True,
        copy=False,
        help="What failed in the last fetch.",
    )
    org_deleted_on = fields.Date("Organisation Deleted On", readonly=True, copy=False)
    health_checked_at = fields.Datetime(readonly=True, copy=False)
    has_offered = fields.Boolean("New Sub-units", compute="_compute_has_offered")

    @api.depends("unit_ids.offered")
    def _compute_has_offered(self):
        for connection in self:
            connection.has_offered = any(connection.unit_ids.mapped("offered"))

    # ------------------------------------------------------------------ after a fetch

    def _health_vals(self, outcome):
        """What a fetch says about the connection's health.

        :return: values for the connection
        """
        error = outcome.error
        if error is None:
            return {"failing_part": False}
        part = causes.part_of(error)
        if isinstance(error, NoAccess) and not self._all_denied():
            return {"failing_part": False}  # the others go on; the sub-unit shows it
        vals = {"failing_part": part}
        if part == causes.RIGHTS and self.state == "active" and not self._rights_may_be_late():
            vals.update(self._lost_rights_vals())
        return vals

    def _all_denied(self):
        permissions = self.unit_ids.filtered("selected").mapped("permission")
        return bool(permissions) and set(permissions) == {"denied"}

    def _lost_rights_vals(self):
        """The approval is gone: nothing more is fetched, and it is looked for again."""
        next_check = fields.Datetime.now() + FIRST_HEAL
        self._wake_poll(next_check)
        return {
            "state": "reauthorise",
            "failing_part": causes.RIGHTS,
            "failures": 0,
            "retry_at": False,
            "next_check_at": next_check,
        }

    def _after_fetch(self, outcome):
        """Tell the administrators what is new, or that it is over by telling no more."""
        self._checks_follow_fetch()
        self._tell_of_denied_units()
        error = outcome.error
        over = self._subject_that_is_over(error)
        if over:
            self._stop_telling_of(over, "connection")
        if self.state == "reauthorise":
            self._tell_of_lost_rights()
        elif error is None or not self.failing_part:
            self._stop_telling("connection")
        elif self.failing_part in (causes.CLIENT, causes.ODOO):
            of_client = self.failing_part == causes.CLIENT
            key = f"{self.failing_part} {getattr(error, 'code', None) or _short(self.last_error)}"
            self._tell_administrators(self.last_error, key, of_client=of_client)
        elif self.failures >= TELL_AFTER:
            system = getattr(error, "system", None)
            self._tell_administrators(self.last_error, f"{self.failing_part} {system}")

    def _subject_that_is_over(self, error):
        """Of the client and the connection one is the cause at a time: not the client, where
        Maskinporten gave a token or knows the client; not the connection, where the client fails.

        :return: the subject whose cause has given way, or None
        """
        if error is None or not self.failing_part:
            return None
        if self.failing_part == causes.CLIENT:
            return self._alert_subject()
        known = self.failing_part == causes.RIGHTS
        if known or getattr(error, "system", causes.MASKINPORTEN) != causes.MASKINPORTEN:
            return self._alert_subject(of_client=True)
        return None

    def _tell_of_lost_rights(self):
        self._tell_administrators(
            self.env._(
                "The connection has lost its access, and fetches no sick notes: %s Open the "
                "connection and press Reauthorise.",
                self.last_error,
            ),
            "rights",
        )

    def _tell_of_denied_units(self):
        """Sub-units without access beside others that have it."""
        denied = self.unit_ids.filtered(lambda unit: unit.selected and unit.permission == "denied")
        if not denied or self._all_denied():
            self._stop_telling("units")
            return
        if self._rights_may_be_late():
            return
        names = ", ".join(unit.name or unit.org_number for unit in denied[:10])
        self._tell_administrators(
            self.env._(
                "NAV gives no access to the sick notes of: %s. The other sub-units are fetched. "
                "Let an access manager give the system user the right to them in Altinn, or untick "
                "them.",
                names,
            ),
            _short(*sorted(denied.mapped("org_number"))),
            topic="units",
        )

    # ------------------------------------------------------------------ healing

    def _heal(self):
        """Look whether the approval is back, and go on by itself if it is.

        :return: whether the connection is active again
        """
        self.ensure_one()
        if self.state != "reauthorise":
            return self.state == "active"
        self = plain_words.in_language_of(self.company_id, self)
        if self._run_checks() == "ok" and self._go_active():
            self.write({"failing_part": False, "next_check_at": False})
            self._stop_telling("connection")
            self._trigger_apply()
            return True
        pause = min(FIRST_HEAL * 2 ** min(self.failures, 10), LONGEST_HEAL)
        vals = {"failures": self.failures + 1, "next_check_at": fields.Datetime.now() + pause}
        vals.update(self._failed_check_vals())
        self.write(vals)
        self._wake_poll(vals["next_check_at"])
        return False

    def _failed_check_vals(self):
        failed = self.check_ids.filtered(
            lambda check: check.state == "failed" and check.kind in ("token", "unit")
        )
        return {"last_error": failed[0].message} if failed else {}

    def _follow_checks(self, outcome):
        """What a person's check of an active connection leads to: lost rights are seen at once,
        and after a failure it is not waited for the end of the pause."""
        if self.state != "active":
            return
        if outcome == "ok":
            if self.failures:
                self.write({"failures": 0, "retry_at": fields.Datetime.now()})
                self._trigger_apply()
            return
        token = self.check_ids.filtered(lambda check: check.kind == "token")
        gone = token.state == "failed" and token.part == causes.RIGHTS
        if outcome == "failed" and (gone or self._all_denied()):
            self.write({**self._lost_rights_vals(), **self._failed_check_vals()})
            self._tell_of_lost_rights()

    # ------------------------------------------------------------------ every day

    @api.model
    def _daily_health_if_due(self):
        """Once a day, for each connection that fetches. What fails for one stays there."""
        if self._all_on_hold():
            return
        self.env["nav.maskinporten.client"]._warn_of_expiring_keys()
        limit = fields.Datetime.now() - DAY
        due = self.search(
            [
                ("state", "in", HOLDING),
                "|",
                ("health_checked_at", "=", False),
                ("health_checked_at", "<=", limit),
            ]
        )
        for connection in due:
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    connection.health_checked_at = fields.Datetime.now()
            except psycopg2.OperationalError:
                _logger.info("Another worker is at connection %s.", connection.id)
                continue
            if not self.env["ir.cron"]._commit_progress(0):
                return
            try:
                with self.env.cr.savepoint():
                    connection._daily_health()
            except Exception as error:
                _logger.info(
                    "Connection %s could not be looked after today: %s",
                    connection.id,
                    type(error).__name__,
                )

    def _daily_health(self):
        """Ask Enhetsregisteret what has become of the organisation and its sub-units.

        :raises ClientError: when it cannot be asked, which does no harm
        """
        self.ensure_one()
        self = plain_words.in_language_of(self.company_id, self)
        register = self._calling_client()._enhetsregisteret_client()
        unit = register.lookup(self.org_number)
        if unit and unit.deleted:
            self.org_deleted_on = unit.deleted_on or fields.Date.context_today(self)
            self._tell_administrators(self._deleted_words(unit.name), "deleted", topic="deleted")
            return
        self._not_deleted()
        if unit:
            self._look_up_units()
            self._tell_of_offered_units()

    def _not_deleted(self):
        """Enhetsregisteret does not say that the organisation is deleted, or not any more."""
        if self.org_deleted_on:
            self.org_deleted_on = False
            self._stop_telling("deleted")

    def _deleted_words(self, name):
        return self.env._(
            "%s is deleted in Enhetsregisteret. Sick notes are fetched as long as NAV gives them. "
            "Connect the organisation that has taken over, then close this connection.",
            name or self.org_number,
        )

    def _merge_units(self, found):
        """Sub-units that are new are offered; those that are gone from the list are looked up."""
        known = self.unit_ids
        result = super()._merge_units(found)
        if self.state != "draft":
            (self.unit_ids - known).sudo().offered = True
        numbers = {unit.number for unit in found}
        gone = known.filtered(lambda unit: not unit.closed_on and unit.org_number not in numbers)
        register = self._calling_client()._enhetsregisteret_client()
        for unit in gone[:GONE_AT_ONCE]:
            entry = register.sub_unit(unit.org_number)
            if entry and entry.deleted:
                unit.closed_on = entry.deleted_on or fields.Date.context_today(self)
        return result

    def _tell_of_offered_units(self):
        offered = self.unit_ids.filtered("offered")
        if not offered:
            self._stop_telling("offered")
            return
        self._tell_administrators(
            self.env._(
                "Enhetsregisteret has new sub-units of this organisation: %s. Open the connection "
                "and tick those whose sick notes shall be fetched.",
                ", ".join(unit.name or unit.org_number for unit in offered[:10]),
            ),
            _short(*sorted(offered.mapped("org_number"))),
            topic="offered",
        )

    def action_dismiss_offered(self):
        """The new sub-units have been seen; those that are not ticked stay so."""
        self.check_access("write")
        self.unit_ids.sudo().offered = False
        self._stop_telling("offered")
        return True

    # ------------------------------------------------------------------ on hold

    def _refuse_on_hold(self):
        """:raises UserError: when the database must not speak for this connection's client"""
        held = self.maskinporten_client_id and database_copy.hold(self.maskinporten_client_id)
        if held:
            raise UserError(database_copy.words(self.env, held))

    @api.model
    def _all_on_hold(self):
        """Whether nothing may be asked because the database is a copy. The administrators are told
        once."""
        if not database_copy.is_copy(self.env):
            return False
        for connection in self.search([("state", "in", (*HOLDING, "waiting"))]):
            connection = plain_words.in_language_of(connection.company_id, connection)
            connection._tell_administrators(
                database_copy.words(connection.env, database_copy.COPY),
                "copy",
                topic="database",
                of_client=True,
            )
        return True


def _short(*texts):
    """A short key that is the same for the same texts."""
    return hashlib.sha256("\n".join(text or "" for text in texts).encode()).hexdigest()[:16]
