import base64

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..domain import sick_note
from ..models import plain_words

KINDS = [
    ("full", "Full"),
    ("graded", "Graded"),
    ("advisory", "Advisory"),
    ("treatment_days", "Treatment days"),
    ("travel_subsidy", "Travel subsidy"),
]
# What is copied from a note that is corrected.
TEXTS = ("absence_from", "doctor_name", "doctor_phone", "message_to_employer")
MAX_SCAN = 25 * 1024 * 1024


class NavSickNoteEntry(models.TransientModel):
    """Enter a sick note that came on paper or from a hospital, or correct one entered before.

    It is checked by the same rules as a note from NAV, and becomes a ``nav.sick.note``.
    """

    _name = "nav.sick.note.entry"
    _description = "Enter a Sick Note"
    _inherit = "named.records.nav"
    _named = ("origin_id",)

    origin_id = fields.Many2one(
        "nav.sick.note", readonly=True, help="The note that is corrected, or stood in for."
    )
    is_correction = fields.Boolean(compute="_compute_is_correction")
    employee_id = fields.Many2one(
        "hr.employee",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        domain="[('company_id', 'in', allowed_company_ids)]",
    )
    connection_id = fields.Many2one(
        "nav.connection",
        compute="_compute_connection_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', connection_ids)]",
        help="Says which time off type the sick note becomes.",
    )
    connection_ids = fields.Many2many(
        "nav.connection", string="Choice", compute="_compute_connection_ids"
    )
    line_ids = fields.One2many(
        "nav.sick.note.entry.line",
        "entry_id",
        "Periods",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
    )
    absence_from = fields.Date(
        "First Day of Absence",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        help="Where the note states an earlier day than that of its first period.",
    )
    doctor_name = fields.Char("Doctor", compute="_compute_from_origin", store=True, readonly=False)
    doctor_phone = fields.Char(compute="_compute_from_origin", store=True, readonly=False)
    message_to_employer = fields.Text(
        "Doctor's Message", compute="_compute_from_origin", store=True, readonly=False
    )
    scan = fields.Binary("Scan of the Note", attachment=False)
    scan_name = fields.Char()
    beside = fields.Char(compute="_compute_beside")

    # ------------------------------------------------------------------ what is there already

    @api.depends("origin_id")
    def _compute_is_correction(self):
        for entry in self:
            entry.is_correction = entry.origin_id.source == "manual"

    @api.depends("origin_id")
    def _compute_from_origin(self):
        for entry in self:
            origin = entry.origin_id
            entry.employee_id = origin.employee_id or origin._waits_for().get(origin)
            for name in TEXTS:
                entry[name] = origin[name]
            entry.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        name: period[name]
                        for name in (
                            "date_from",
                            "date_to",
                            "kind",
                            "degree",
                            "treatment_days_per_week",
                            "advice",
                        )
                    }
                )
                for period in origin.period_ids
            ]

    @api.depends("employee_id")
    def _compute_connection_ids(self):
        Connection = self.env["nav.connection"]
        for entry in self:
            company = entry.employee_id.company_id or self.env.company
            entry.connection_ids = Connection.search(
                [("company_id", "=", company.id), ("state", "!=", "draft")]
            )

    @api.depends("connection_ids", "origin_id")
    def _compute_connection_id(self):
        """The one of the note that is corrected; else one that includes the employee: the one that
        the last sick note came by, or an active one first."""
        for entry in self:
            connections = entry.connection_ids.sorted(lambda one: one.state != "active")
            including = connections.sudo().filtered(
                lambda one, entry=entry: (
                    entry.employee_id._origin.id in one._audience_ids(entry.employee_id._origin)
                )
            )
            own = entry.origin_id.connection_id & connections
            last = entry._last_note().connection_id & including.sudo(False)
            entry.connection_id = (own or last or including or connections)[:1].id

    def _last_note(self):
        domain = [("employee_id", "=", self.employee_id._origin.id), ("source", "=", "nav")]
        Note = self.env["nav.sick.note"]
        return self.employee_id and Note.search(domain, order="loepenr desc", limit=1) or Note

    @api.depends("employee_id", "line_ids.date_from", "line_ids.date_to")
    def _compute_beside(self):
        """Notes on the same days: NAV's decide there, as long as they are not withdrawn; one that
        was entered may be the same one."""
        for entry in self:
            lines = entry.line_ids.filtered(lambda line: line.date_from and line.date_to)
            entry.beside = False
            if not entry.employee_id or not lines:
                continue
            notes = self.env["nav.sick.note"].search(
                [
                    ("id", "!=", entry.origin_id._origin.id),
                    ("employee_id", "=", entry.employee_id._origin.id),
                    ("state", "in", ("applied", "superseded")),
                    ("date_from", "<=", max(lines.mapped("date_to"))),
                    ("date_to", ">=", min(lines.mapped("date_from"))),
                ]
            )
            from_nav = notes.filtered(lambda note: note.source == "nav")
            entry.beside = " ".join(
                filter(None, [self._beside_nav(from_nav), self._beside_entered(notes - from_nav)])
            )

    def _beside_nav(self, notes):
        return notes and self.env._(
            "NAV has sent a sick note for some of these days (%s), and it decides them. "
            "Withdraw that one first if it is wrong.",
            self._spans(notes),
        )

    def _beside_entered(self, notes):
        return notes and self.env._(
            "A sick note for some of these days was entered before (%s). If it is the same one, "
            "cancel; if it is wrong, open it and press Correct.",
            self._spans(notes),
        )

    def _spans(self, notes):
        return ", ".join(
            self.env._(
                "%(date_from)s to %(date_to)s",
                date_from=format_date(self.env, note.date_from),
                date_to=format_date(self.env, note.date_to),
            )
            for note in notes.sorted("date_from")
        )

    # ------------------------------------------------------------------ entering

    def action_enter(self):
        """Store the note and make its time off.

        :return: an action that opens the note
        :raises UserError: in plain words, with all that is missing or contradicts itself
        """
        self.ensure_one()
        self.env["nav.sick.note"].check_access("read")
        content = self._checked()
        origin = self.origin_id
        correcting = origin if origin.source == "manual" else None
        note = self.env["nav.sick.note"]._enter(
            self.connection_id, self.employee_id, corrects=correcting, **content
        )
        self._keep_scan(note)
        if origin.state == "failed":
            origin._ignore(self.env._("A sick note was entered by hand instead."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sick Note"),
            "res_model": "nav.sick.note",
            "res_id": note.id,
            "view_mode": "form",
        }

    def _checked(self):
        """The content of the note, by the rules for notes from NAV."""
        if not self.employee_id:
            raise UserError(self.env._("Choose the employee."))
        self.employee_id.check_access("read")
        if self.connection_id not in self.connection_ids:
            raise UserError(
                self.env._(
                    "The employee's company has no connection to NAV, which says what sick notes "
                    "become. Ask a NAV administrator to make one."
                )
            )
        try:
            note = sick_note.parse(self._as_nav_writes(), today=fields.Date.context_today(self))
        except sick_note.InvalidSickNote as error:
            problems = [plain_words.note_problem(self.env, problem) for problem in error.problems]
            raise UserError(
                self.env._("The sick note is not complete: %s.", "; ".join(problems[:10]))
            ) from error
        Note = self.env["nav.sick.note"]
        return {
            "periods": [Note._period_vals(period) for period in note.periods],
            "absence_from": note.absence_from or note.periods[0].date_from,
            "doctor_name": note.doctor_name,
            "doctor_phone": note.doctor_phone,
            "message_to_employer": note.message_to_employer,
        }

    def _as_nav_writes(self):
        """The note in the form of NAV's JSON, so that one set of rules checks both."""
        return {
            "loepenr": 0,
            "sykmeldingId": "manual",
            "sykmeldt": {"fnr": "-", "navn": ""},
            "arbeidsgiver": {"orgnr": "000000000"},
            "sykefravaerFom": _iso(self.absence_from),
            "sykmeldingPerioder": [line._as_nav_writes() for line in self.line_ids],
            "behandler": {"navn": self.doctor_name or None, "tlf": self.doctor_phone or None},
            "oppfoelging": {"meldingTilArbeidsgiver": self.message_to_employer or None},
        }

    def _keep_scan(self, note):
        """Keep the scan with the note, where those who may read the note may read it."""
        if self.scan:
            content = base64.b64decode(self.scan)
            if len(content) > MAX_SCAN:
                raise UserError(self.env._("The scan is too large. At most 25 MB are kept."))
            attachments = (
                self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": self.scan_name or self.env._("Sick note"),
                        "raw": content,
                        "res_model": note._name,
                        "res_id": note.id,
                    }
                )
            )
        else:
            attachments = note.corrects_id._scans()
            attachments = (
                attachments.union(*(scan.copy({"res_id": note.id}) for scan in attachments))
                - attachments
            )
        if attachments:
            note._message_log(
                body=self.env._("The sick note as it was received."),
                attachment_ids=attachments.ids,
                author_id=note._author_id(),
            )


class NavSickNoteEntryLine(models.TransientModel):
    """A period of a sick note that is being entered."""

    _name = "nav.sick.note.entry.line"
    _description = "Period of a Sick Note Being Entered"
    _order = "date_from, id"

    entry_id = fields.Many2one("nav.sick.note.entry", required=True, ondelete="cascade")
    date_from = fields.Date("From")
    date_to = fields.Date("To")
    kind = fields.Selection(KINDS, default="full", required=True)
    degree = fields.Integer("Degree (%)", default=100, help="Percent of sick leave, 1 to 99.")
    treatment_days_per_week = fields.Integer("Treatment Days a Week", default=1)
    advice = fields.Char("Advice to the Employer")

    @api.onchange("kind")
    def _onchange_kind(self):
        self.degree = {"full": 100, "graded": 50}.get(self.kind, 0)

    def _as_nav_writes(self):
        activity = {
            "full": {"aktivitetIkkeMulig": {"beskrivelse": self.advice or None}},
            "graded": {"gradertSykmelding": {"sykmeldingsgrad": self.degree}},
            "advisory": {"avventendeSykmelding": self.advice or ""},
            "treatment_days": {"antallBehandlingsdagerUke": self.treatment_days_per_week},
            "travel_subsidy": {"harReisetilskudd": True},
        }
        return {
            "fom": _iso(self.date_from),
            "tom": _iso(self.date_to),
            "aktivitet": activity[self.kind],
        }


def _iso(day):
    return day.isoformat() if day else None
