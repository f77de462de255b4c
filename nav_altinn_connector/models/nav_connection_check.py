# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..clients import scopes
from ..clients.errors import ClientError
from ..clients.sykepenger import NoAccess
from . import causes, exchange_log, plain_words
from .nav_connection_fetch import GAVE_WAY
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# After an approval Altinn and NAV need some minutes until the rights work.
GRACE = timedelta(hours=1)
# A municipality has hundreds of sub-units. So many are asked for at once, and for so many seconds;
# the others have their turn in the next checks, and each fetch is a check too.
UNITS_AT_ONCE = 25
SECONDS_AT_ONCE = 20
TICKS = {"ok": "✓", "late": "…", "failed": "✗", "unknown": "–"}
ORDER = {"token": 10, "unit": 20, "register": 30, "followup_plan": 40}


class NavConnectionCheck(models.Model):
    """What was found when a connection was checked: one line for each thing that it needs. Written
    by the connection alone."""

    _name = "nav.connection.check"
    _description = "Check of a NAV Connection"
    _order = "sequence, name, id"

    connection_id = fields.Many2one(
        "nav.connection", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("token", "System user"),
            ("unit", "Sub-unit"),
            ("register", "Enhetsregisteret"),
            ("followup_plan", "Follow-up plans"),
        ],
        required=True,
        readonly=True,
    )
    unit_id = fields.Many2one("nav.connection.unit", "Sub-unit", readonly=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True)
    name = fields.Char("Check", readonly=True)
    state = fields.Selection(
        [
            ("ok", "Works"),
            ("late", "Not yet"),
            ("failed", "Does not work"),
            ("unknown", "Not known"),
        ],
        "Result",
        required=True,
        readonly=True,
        help="Not yet: Altinn and NAV need some minutes after an approval; it is tried again by "
        "itself.",
    )
    tick = fields.Char(compute="_compute_tick")
    message = fields.Char("What to Do", readonly=True)
    part = fields.Char(readonly=True, help="Whose it is to mend, for the connection.")
    checked_at = fields.Datetime("Checked On", readonly=True)

    _one_of_a_kind = models.UniqueIndex("(connection_id, kind, COALESCE(unit_id, 0))")

    @api.depends("state")
    def _compute_tick(self):
        for check in self:
            check.tick = TICKS.get(check.state)


@dataclass(frozen=True)
class Finding:
    """What one check found, in words for a person."""

    kind: str
    name: str
    state: str
    message: str
    unit: models.BaseModel | None = None
    part: str | None = None
    denied: bool = False


class NavConnection(models.Model):
    """Checking a connection: that the system user is there, that NAV gives access to each ticked
    sub-unit, and what else the connection uses."""

    _inherit = "nav.connection"

    check_ids = fields.One2many("nav.connection.check", "connection_id", "Checks", readonly=True)

    def action_run_checks(self):
        """Check now. A connection that waits for its rights, or had lost them, goes on when they
        work.

        :return: a notification of the outcome
        """
        self.check_access("write")
        outcomes = []
        for connection in self.sudo():
            connection._refuse_on_hold()
            if connection.state == "waiting" and connection.approved_at:
                connection._check_after_approval()
                outcomes.append("ok" if connection.state == "active" else "late")
            elif connection.state == "reauthorise":
                outcomes.append("ok" if connection._heal() else "failed")
            else:
                outcomes.append(connection._run_checks())
                connection._follow_checks(outcomes[-1])
        return self._checked_notification(outcomes)

    def _checked_notification(self, outcomes):
        if "failed" in outcomes:
            return self._notification(
                self.env._("Something does not work. The lines of the check say what to do."),
                kind="warning",
            )
        if "late" in outcomes:
            return self._notification(
                self.env._(
                    "Not everything works yet. That is usual in the first minutes after an "
                    "approval; it is tried again by itself."
                )
            )
        return self._notification(self.env._("Everything works."), kind="success")

    def _run_checks(self):
        """Check what the connection needs, and keep what was found as lines.

        :return: ``ok`` when fetching works for at least one sub-unit, ``late`` when that may still
            come by itself, else ``failed``
        """
        self.ensure_one()
        connection = plain_words.in_language_of(self.company_id, self).sudo()
        token = connection._check_token()
        findings = [token, connection._check_register(), connection._check_followup_plan()]
        if token.state == "ok":
            findings += connection._check_units()
        connection._keep_findings(findings)
        if token.state != "ok":
            return "failed" if token.state == "failed" else "late"
        return connection._outcome_of_units(findings)

    def _outcome_of_units(self, findings):
        states = {finding.state for finding in findings if finding.unit}
        others = self._units_not_in(findings)
        if "ok" in states or "granted" in others.mapped("permission"):
            return "ok"
        return "late" if others or states & {"late", "unknown"} else "failed"

    def _units_not_in(self, findings):
        """The ticked sub-units that have not had their turn."""
        Unit = self.env["nav.connection.unit"]
        asked = Unit.union(*(finding.unit for finding in findings if finding.unit))
        return self.unit_ids.filtered("selected") - asked

    # ------------------------------------------------------------------ each check

    def _check_token(self):
        name = self.env._("System user in Altinn")
        try:
            maskinporten = self._calling_client()._maskinporten_client()
            maskinporten.token(scopes.SICK_NOTES, fresh=True, **self._grant())
        except (ClientError, UserError, ValueError) as error:
            state, words = self._state_after(error), self._error_words(error)
            return Finding("token", name, state, words, part=causes.part_of(error))
        return Finding("token", name, "ok", self.env._("Maskinporten gives Odoo access."))

    def _check_units(self):
        """Ask NAV for the notes of each sub-unit in a way that none is sent."""
        api_client = self._sykepenger_client()
        # No note has been received by then.
        later = fields.Date.context_today(self) + timedelta(days=2)
        until = time.monotonic() + SECONDS_AT_ONCE
        findings = []
        for unit in self._units_to_check()[:UNITS_AT_ONCE]:
            name = unit.name or unit.org_number
            try:
                with exchange_log.about_unit(unit):
                    api_client.sick_notes(unit.org_number, received_from=later)
            except ClientError as error:
                state, words = self._state_after(error), self._error_words(error)
                denied = isinstance(error, NoAccess)
                part = causes.part_of(error)
                findings.append(Finding("unit", name, state, words, unit, part, denied))
                if not denied:
                    break  # it is not about this sub-unit
            else:
                words = self.env._("NAV gives access to the sick notes.")
                findings.append(Finding("unit", name, "ok", words, unit))
            if time.monotonic() > until:
                break
        return findings

    def _units_to_check(self):
        """The ticked sub-units, those first whose check is the longest ago."""
        checked = {check.unit_id: check.checked_at for check in self.check_ids}
        never = fields.Datetime.from_string("1970-01-01")
        return self.unit_ids.filtered("selected").sorted(
            lambda unit: (checked.get(unit) or never, unit.id)
        )

    def _check_register(self):
        name = self.env._("Organisation in Enhetsregisteret")
        client = self._calling_client()
        try:
            unit = client._enhetsregisteret_client().lookup(self.org_number)
        except (ClientError, UserError) as error:
            return Finding("register", name, "unknown", self._error_words(error))
        if unit is None and client._allows_synthetic():
            words = self.env._("Organisations for testing are not in the open register.")
            return Finding("register", name, "unknown", words)
        if unit is None:
            words = self.env._(
                "Enhetsregisteret does not know the organisation number %s. Check it.",
                self.org_number,
            )
            return Finding("register", name, "failed", words)
        if unit.deleted:
            return Finding("register", name, "failed", self._deleted_words(unit.name))
        self._not_deleted()
        return Finding("register", name, "ok", unit.name)

    def _check_followup_plan(self):
        """Only said, since nothing is fetched by it: a missing access to send plans does not keep
        sick notes from coming."""
        name = self.env._("Sending follow-up plans (not needed for sick notes)")
        client = self._calling_client()
        try:
            client._maskinporten_client().token(
                scopes.FOLLOWUP_PLAN, consumer_org=self._plan_consumer()
            )
        except (ClientError, UserError, ValueError) as error:
            words = self.env._("Not set up yet; needed for sending plans only.")
            if causes.passes(error):
                words = self._error_words(error)
            return Finding("followup_plan", name, "unknown", words)
        return Finding("followup_plan", name, "ok", self.env._("Plans can be sent."))

    def _state_after(self, error):
        if causes.passes(error):
            return "unknown"
        if causes.part_of(error) == causes.RIGHTS and self._rights_may_be_late():
            return "late"
        return "failed"

    def _rights_may_be_late(self):
        """Whether the approval is so fresh that missing rights are no error yet."""
        return bool(self.approved_at) and fields.Datetime.now() < self.approved_at + GRACE

    # ------------------------------------------------------------------ keeping what was found

    def _keep_findings(self, findings):
        """Write the lines, and what is known of the sub-units by them."""
        try:
            with self.env.cr.savepoint(), quiet_sql():
                self._write_findings(findings)
                self._write_permissions(findings)
        except GAVE_WAY as error:
            _logger.info("Another worker checks the same connection: %s", type(error).__name__)

    def _write_findings(self, findings):
        now = fields.Datetime.now()
        Check = self.env["nav.connection.check"].sudo()
        known = {(check.kind, check.unit_id.id): check for check in self.check_ids.sudo()}
        new = []
        for finding in [*findings, *self._still_to_check(findings)]:
            unit_id = finding.unit.id if finding.unit else False
            vals = {
                "name": finding.name,
                "state": finding.state,
                "message": finding.message,
                "part": finding.part,
                "checked_at": finding in findings and now,
            }
            check = known.get((finding.kind, unit_id))
            if check and finding in findings:
                check.write(vals)
            elif not check:
                new.append(
                    {
                        **vals,
                        "connection_id": self.id,
                        "kind": finding.kind,
                        "sequence": ORDER[finding.kind],
                        "unit_id": unit_id,
                    }
                )
        Check.create(new)
        self.check_ids.sudo().filtered(
            lambda check: check.unit_id and not check.unit_id.selected
        ).unlink()

    def _still_to_check(self, findings):
        """Lines for the sub-units that have not had their turn."""
        for unit in self._units_not_in(findings):
            name = unit.name or unit.org_number
            yield Finding("unit", name, "unknown", self.env._("Its turn is to come."), unit)

    def _write_permissions(self, findings):
        for finding in findings:
            denied = finding.denied and finding.state == "failed"
            if not finding.unit or not (denied or finding.state == "ok"):
                continue
            permission = "denied" if denied else "granted"
            if finding.unit.permission != permission:
                finding.unit.write(
                    {"permission": permission, "last_error": denied and finding.message}
                )

    def _checks_follow_fetch(self):
        """Bring the lines of sub-units up to what a fetch has found, without asking again."""
        for check in self.check_ids.sudo():
            unit = check.unit_id
            granted = unit.permission == "granted" and not unit.last_error
            denied = unit.permission == "denied"
            if unit and granted and check.state != "ok":
                words = self.env._("NAV gives access to the sick notes.")
                check.write({"state": "ok", "message": words, "checked_at": unit.last_success_at})
            elif unit and denied and check.state == "ok":
                check.write(
                    {
                        "state": "failed",
                        "message": unit.last_error,
                        "checked_at": fields.Datetime.now(),
                    }
                )
