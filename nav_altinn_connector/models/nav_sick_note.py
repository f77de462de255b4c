import hashlib
import json
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..clients.errors import ClientError
from ..domain import absence, identity, intervals, sick_note
from . import plain_words
from .big_integer import BigInteger

# NAV's times have no zone; they are Norwegian local time.
NORWAY = ZoneInfo("Europe/Oslo")
# A note as NAV sends it has a few kilobytes. What is larger is not kept: it can be fetched again.
MAX_PAYLOAD = 256 * 1024
HR = "nav_altinn_connector.group_nav_hr"

# The way of a note:
#
#   received ──> applied ──> superseded      (newer notes decide all its days; and back)
#      │  ^        │  ^
#      v  │        v  │
#    waiting     withdrawn                   (by hand: NAV does not tell; back through received)
#
#   failed ──> received                      (bad input; read anew by Try Again)
#
# A note waits while something outside it must be mended: no employee has its identity number, two
# have it, the employee is archived or outside the connection. It is tried again at each run, and
# when an employee changes.


class NavSickNote(models.Model):
    """A sick note (sykmelding) as NAV sent it, and what became of it."""

    _name = "nav.sick.note"
    _description = "Sick Note"
    _inherit = ["mail.thread.nav", "mail.activity.mixin"]
    _order = "date_from desc, loepenr desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    connection_id = fields.Many2one(
        "nav.connection", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="connection_id.company_id", store=True, index=True, precompute=True
    )
    unit_id = fields.Many2one("nav.connection.unit", "Sub-unit", readonly=True, ondelete="set null")
    first_fetch_id = fields.Many2one(
        "nav.first.fetch",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The first fetch that brought the note, when it was one.",
    )
    nav_id = fields.Char("NAV's ID", required=True, readonly=True, help="NAV's sykmeldingId.")
    loepenr = BigInteger("Running Number", readonly=True, index=True, aggregator=None)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("waiting", "Waiting"),
            ("failed", "Failed"),
            ("applied", "Applied"),
            ("superseded", "Superseded"),
            ("withdrawn", "Withdrawn"),
        ],
        default="received",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    waiting_reason = fields.Selection(
        [
            ("invalid_identity", "The identity number is not valid"),
            ("no_employee", "No employee has this identity number"),
            ("several_employees", "Several employees have this identity number"),
            ("archived_employee", "The employee is archived"),
            ("outside_audience", "The employee is not included in the connection"),
            ("unit_not_included", "The note is for a sub-unit that is not ticked"),
        ],
        readonly=True,
    )
    failure_reason = fields.Text(readonly=True, help="Why the note could not become time off.")
    reason = fields.Char(compute="_compute_reason", help="What HR has to settle about the note.")

    employee_id = fields.Many2one(
        "hr.employee", readonly=True, index=True, ondelete="restrict", check_company=True
    )
    person_name = fields.Char("Name on the Note", readonly=True, groups=HR)
    identity_number = fields.Char(readonly=True, groups=HR, index="btree_not_null", copy=False)
    identity_masked = fields.Char(
        "Identity Number (masked)", compute="_compute_identity_masked", groups=HR
    )
    period_ids = fields.One2many("nav.sick.note.period", "note_id", "Periods", readonly=True)
    leave_ids = fields.One2many("hr.leave", compute="_compute_leave_ids", string="Time Off")
    leave_count = fields.Integer(compute="_compute_leave_ids")
    replaced_leave_ids = fields.One2many(
        "hr.leave", "nav_replaced_by_id", "Replaced Time Off", readonly=True
    )
    date_from = fields.Date("From", compute="_compute_span", store=True)
    date_to = fields.Date("To", compute="_compute_span", store=True)
    degrees = fields.Char(
        "Degree", compute="_compute_span", store=True, help="The degree of each period."
    )
    extent = fields.Char(
        compute="_compute_extent",
        help="The degrees of the note, and its kinds where it is not full or graded sick leave.",
    )
    absence_from = fields.Date("First Day of Absence", readonly=True)
    self_certified_days = fields.Json(readonly=True, help="Self-certified days, [[from, to], …].")
    received_by_nav = fields.Datetime("Received by NAV", readonly=True)
    sent_to_employer = fields.Datetime(readonly=True)
    org_number = fields.Char("Employer's Organisation Number", readonly=True)

    prognosis_fit = fields.Selection(
        [("yes", "Yes"), ("no", "No")], "Fit for Work After the Period", readonly=True, groups=HR
    )
    prognosis = fields.Text("Considerations at the Workplace", readonly=True, groups=HR)
    message_to_employer = fields.Text("Doctor's Message", readonly=True, groups=HR)
    measures = fields.Text("Measures at the Workplace", readonly=True, groups=HR)
    doctor_name = fields.Char("Doctor", readonly=True, groups=HR)
    doctor_phone = fields.Char(readonly=True, groups=HR)
    # Large, and hardly ever read: not loaded together with the other fields.
    payload = fields.Text("As NAV Sent It", readonly=True, groups=HR, copy=False, prefetch=False)

    payroll_conflict = fields.Char(
        readonly=True,
        help="Days that payroll has locked, where the time off differs from the notes.",
    )
    overlaps_other = fields.Boolean(
        "Overlaps Other Time Off",
        readonly=True,
        help="Vacation or other time off lies on days of this note. It stays as it is.",
    )

    _unit_loepenr_idx = models.Index("(unit_id, loepenr DESC)")
    _first_fetch_idx = models.Index("(first_fetch_id, state) WHERE first_fetch_id IS NOT NULL")
    # One note is stored once for each employer, whichever connections and workers bring it.
    _unique_nav_id = models.Constraint(
        "UNIQUE(company_id, nav_id)", "This sick note has been received already."
    )

    # ------------------------------------------------------------------ computes

    @api.depends("period_ids.date_from", "period_ids.date_to", "period_ids.degree")
    def _compute_span(self):
        """First and last day, and the degrees of the periods that make time off."""
        for note in self:
            periods = note.period_ids
            note.date_from = min(periods.mapped("date_from"), default=False)
            note.date_to = max(periods.mapped("date_to"), default=False)
            degrees = dict.fromkeys(
                f"{period.degree} %"
                for period in periods.sorted("date_from")
                if period.kind in absence.TIME_OFF_KINDS
            )
            note.degrees = ", ".join(degrees)

    @api.depends("employee_id.name", "date_from", "date_to")
    def _compute_display_name(self):
        for note in self:
            who = note.employee_id.name or self.env._("Sick note")
            if note.date_from:
                note.display_name = self.env._(
                    "%(who)s, %(date_from)s to %(date_to)s",
                    who=who,
                    date_from=format_date(self.env, note.date_from),
                    date_to=format_date(self.env, note.date_to),
                )
            else:
                note.display_name = who

    @api.depends("identity_number")
    def _compute_identity_masked(self):
        for note in self:
            note.identity_masked = identity.mask(note.identity_number or "")

    @api.depends("period_ids.kind", "period_ids.degree")
    def _compute_extent(self):
        Period = self.env["nav.sick.note.period"]
        kinds = dict(Period._fields["kind"]._description_selection(self.env))
        for note in self:
            words = (
                f"{period.degree} %"
                if period.kind in absence.TIME_OFF_KINDS
                else kinds[period.kind]
                for period in note.period_ids
            )
            note.extent = ", ".join(dict.fromkeys(words))

    @api.depends("waiting_reason", "failure_reason", "payroll_conflict", "state")
    def _compute_reason(self):
        words = dict(self._fields["waiting_reason"]._description_selection(self.env))
        for note in self:
            if note.state == "waiting":
                note.reason = words.get(note.waiting_reason, "")
            elif note.state == "failed":
                note.reason = note.failure_reason
            else:
                note.reason = note.payroll_conflict

    @api.depends("period_ids.leave_ids")
    def _compute_leave_ids(self):
        for note in self:
            note.leave_ids = note.period_ids.leave_ids
            note.leave_count = len(note.leave_ids)

    # ------------------------------------------------------------------ from NAV's JSON

    @api.model
    def _vals_from_nav(self, connection, unit, payload):
        """The values of a note from NAV's JSON. A broken one gives a failed note with its reason.

        :param payload: one entry of NAV's list, any JSON value
        """
        envelope = sick_note.envelope(payload)
        text = json.dumps(payload, ensure_ascii=True)
        vals = {
            "connection_id": connection.id,
            "unit_id": unit.id,
            # A note without a usable id is named by its content, so that it is stored once.
            "nav_id": envelope.nav_id or f"sha256-{hashlib.sha256(text.encode()).hexdigest()}",
            "loepenr": envelope.loepenr or 0,
            "org_number": envelope.org_number or unit.org_number,
            "payload": text if len(text) <= MAX_PAYLOAD else False,
        }
        note = plain_words.in_language_of(connection.company_id, self)
        return {**vals, **note._content_vals(payload)}

    @api.model
    def _content_vals(self, payload):
        """What of a note's values follows from its content."""
        try:
            note = sick_note.parse(payload, today=fields.Date.context_today(self))
        except sick_note.InvalidSickNote as error:
            problems = [plain_words.note_problem(self.env, problem) for problem in error.problems]
            number, name = sick_note.person(payload)
            return {
                "state": "failed",
                # Whose note it is helps HR, even when the note itself cannot be used.
                "identity_number": number,
                "person_name": name,
                "failure_reason": self.env._(
                    "NAV's note cannot be used: %s.", "; ".join(problems[:10])
                ),
            }
        return {
            "state": "received",
            "failure_reason": False,
            "identity_number": identity.normalize(note.fnr),
            "person_name": note.person_name,
            "absence_from": note.absence_from,
            "self_certified_days": [
                [first.isoformat(), last.isoformat()] for first, last in note.self_certified
            ],
            "received_by_nav": _utc(note.received_by_nav),
            "sent_to_employer": _utc(note.sent_to_employer),
            "prognosis_fit": {True: "yes", False: "no"}.get(note.prognosis_fit, False),
            "prognosis": note.prognosis_text,
            "message_to_employer": note.message_to_employer,
            "measures": note.measures,
            "doctor_name": note.doctor_name,
            "doctor_phone": note.doctor_phone,
            "period_ids": [fields.Command.clear()]
            + [fields.Command.create(self._period_vals(period)) for period in note.periods],
        }

    @api.model
    def _period_vals(self, period):
        return {
            "date_from": period.date_from,
            "date_to": period.date_to,
            "kind": period.kind,
            "degree": period.degree,
            "treatment_days_per_week": period.treatment_days_per_week or 0,
            "travel_subsidy": period.travel_subsidy,
            "advice": period.advice,
        }

    # ------------------------------------------------------------------ actions

    def action_apply(self):
        """Try again: read failed notes anew, match and apply.

        A failed note is first fetched again, since NAV may have corrected it; when NAV cannot be
        asked, what is stored is read again.
        """
        self.check_access("read")  # which is HR's alone; nobody writes on a note but this model
        notes = self.sudo()
        for note in notes.filtered(lambda note: note.state == "failed"):
            note._read_anew()
        notes.filtered(
            lambda note: note.state in ("received", "waiting", "applied", "superseded")
        )._apply()
        # Withdrawn, and still in the calendar on days that payroll had locked.
        left = notes.filtered(lambda note: note.state == "withdrawn" and note.payroll_conflict)
        notes._decide_each(left.employee_id)
        return True

    def _read_anew(self):
        self.ensure_one()
        payload = self._fetch_again()
        if payload is None and self.payload:
            payload = json.loads(self.payload)
        if payload is not None:
            self._read_payload(payload)

    def _read_payload(self, payload):
        """Take the note's content from this JSON instead."""
        self.ensure_one()
        text = json.dumps(payload, ensure_ascii=True)
        self.write(
            {
                "loepenr": sick_note.envelope(payload).loepenr or self.loepenr,
                "payload": text if len(text) <= MAX_PAYLOAD else False,
                **plain_words.in_language_of(self.company_id, self)._content_vals(payload),
            }
        )

    def _fetch_again(self):
        """The note as NAV has it now, or None when it cannot be had."""
        if self.nav_id.startswith("sha256-"):
            return None
        try:
            return self.connection_id._sykepenger_client().sick_note(self.nav_id)
        except (ClientError, UserError, ValueError):
            return None

    def action_withdraw(self, restore=False):
        """R6: the note does not count any more. Its time off is cancelled, older notes get their
        days back, and with ``restore`` so does the manual sick leave that it had replaced.

        NAV does not tell of withdrawn notes, so this is done by hand.
        """
        self.check_access("read")
        for note in self.sudo():
            if note.state == "withdrawn":
                continue
            note.write({"state": "withdrawn", "waiting_reason": False})
            if restore:
                note._restore_replaced()
            if note.employee_id:
                note._decide(note.employee_id)
        return True

    def _restore_replaced(self):
        """Bring back the manual sick leave that this note has replaced. Days that payroll has
        locked stay with the note (R8)."""
        replaced = self.replaced_leave_ids.filtered(lambda leave: leave.state == "cancel")
        if not replaced:
            return
        restored, occupied = replaced._nav_restore()
        for leave in restored:
            days = ((leave.request_date_from, leave.request_date_to),)
            locked = intervals.intersect(days, self._locked_days(leave.employee_id, *days[0]))
            if locked:
                leave._nav_replace(
                    intervals.subtract(days, locked), [(*stretch, self) for stretch in locked]
                )
        self._message_log(body=self._restored_words(restored, occupied))

    def _restored_words(self, restored, occupied):
        words = self.env._("Replaced time off that was restored: %s.", len(restored))
        if occupied:
            words += " " + self.env._(
                "Not restored, because other time off lies on its days by now: %s.", len(occupied)
            )
        return words

    def action_open_withdraw(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Withdraw Sick Note"),
            "res_model": "nav.sick.note.withdraw",
            "view_mode": "form",
            "target": "new",
            "context": {"default_note_ids": self.ids},
        }

    def action_show_document(self):
        """Open NAV's PDF of the note. It is fetched at each request and stored nowhere."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/nav_altinn_connector/sick_note/{self.id}/document",
            "target": "new",
        }

    def _document(self):
        """NAV's PDF of the note.

        :raises UserError: in plain words, when NAV does not give it
        :raises AccessError: for anyone outside the HR group
        """
        self.ensure_one()
        self.check_access("read")
        try:
            return self.sudo().connection_id._sykepenger_client().sick_note_pdf(self.nav_id)
        except ClientError as error:
            raise UserError(plain_words.client_error(self.env, error)) from error
        except ValueError as error:
            raise UserError(self.env._("NAV has no document for this sick note.")) from error

    def action_open_leaves(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "hr.leave",
            "view_mode": "list,form",
            "domain": [("id", "in", (self.leave_ids | self.replaced_leave_ids).ids)],
            "name": self.env._("Time Off"),
        }


def _utc(local):
    """Norwegian local time, without zone, as Odoo stores times: UTC, without zone."""
    if local is None:
        return False
    return local.replace(tzinfo=NORWAY).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
