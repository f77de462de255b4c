# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from .nav_sick_note import HR
from .notification import notification
from .plain_words import in_language_of

IGNORABLE = ("received", "waiting", "failed")
# The reasons that are mended by saying whose note it is, and those by one question.
WHOSE = ("invalid_identity", "no_employee", "several_employees")
ONE_QUESTION = ("archived_employee", "outside_audience", "unit_not_included")


class NavSickNote(models.Model):
    """What HR has to settle, sorted by its cause, with the one step that mends it.

    A note that is none of the employer's business is ignored, with a reason. It stays where it is
    and can be taken up again: no note is lost.
    """

    _inherit = "nav.sick.note"

    state = fields.Selection(
        selection_add=[("ignored", "Ignored")], ondelete={"ignored": "set default"}
    )
    settle_reason = fields.Selection(
        [
            ("no_employee", "Nobody has the identity number"),
            ("several_employees", "Several have the identity number"),
            ("invalid_identity", "The identity number is not valid"),
            ("archived_employee", "The employee is archived"),
            ("outside_audience", "The employee is not included"),
            ("unit_not_included", "The sub-unit is not ticked"),
            ("failed", "The note cannot be used"),
            ("correction", "It looks corrected by a newer note"),
            ("payroll", "Payroll has locked the days"),
        ],
        "What Is Wrong",
        compute="_compute_settle_reason",
        store=True,
        index="btree_not_null",
        help="Why HR has to look at the note.",
    )
    payroll_settled = fields.Boolean(
        "Settled with Payroll",
        readonly=True,
        copy=False,
        groups=HR,
        help="HR has settled the conflict with payroll. Another one is asked about anew.",
    )
    ignored_reason = fields.Char("Why It Is Ignored", readonly=True, copy=False, groups=HR)
    ignored_by_id = fields.Many2one("res.users", readonly=True, copy=False, groups=HR)
    ignored_on = fields.Datetime(readonly=True, copy=False, groups=HR)

    @api.depends("state", "waiting_reason", "payroll_conflict", "payroll_settled", "correction_id")
    def _compute_settle_reason(self):
        """The first cause that applies: one note stands in one place of the queue."""
        for note in self:
            if note.state == "waiting":
                note.settle_reason = note.waiting_reason
            elif note.state == "failed":
                note.settle_reason = "failed"
            elif note.correction_id:
                note.settle_reason = "correction"
            else:
                is_open = note.payroll_conflict and not note.payroll_settled
                note.settle_reason = "payroll" if is_open else False

    @api.depends("ignored_reason", "payroll_settled")
    def _compute_reason(self):
        result = super()._compute_reason()
        for note in self:
            if note.state == "ignored":
                note.reason = note.ignored_reason
            elif note.payroll_settled and not note.settle_reason:
                note.reason = False
        return result

    # ------------------------------------------------------------------ the one step

    def action_mend(self):
        """Open what mends the notes: all those with something to settle must have the same cause.

        :raises UserError: when the causes differ
        """
        self.check_access("read")
        notes = self.filtered("settle_reason")
        if not notes:
            return notification(self.env._("There is nothing to settle about these sick notes."))
        return notes._open_step(set(notes.mapped("settle_reason")))

    def _open_step(self, reasons):
        if reasons <= set(WHOSE):
            title = self.env._("Whose Sick Note Is It?")
            return self._open_wizard("nav.sick.note.match", title, dialog_size="extra-large")
        if len(reasons) > 1:
            raise UserError(
                self.env._("Choose sick notes with the same reason: each reason has its own step.")
            )
        [reason] = reasons
        if reason in ONE_QUESTION:
            return self._open_wizard("nav.sick.note.mend", self.env._("Settle Sick Notes"))
        if reason == "correction":
            return self._open_wizard("nav.sick.note.correction", self.env._("Corrected Notes"))
        return self._try_again()

    def _try_again(self):
        """Apply the notes, and say what is left: nothing else shows that it was tried."""
        self.action_apply()
        left = self.filtered("settle_reason")
        if not left:
            return True
        words = self.env._("Tried again. Sick notes that are still to be settled: %s.", len(left))
        return notification(left.reason if len(left) == 1 else words, "warning")

    def _close_tasks(self):
        """The activities for HR go where nothing is left to settle, whoever has settled it."""
        settled = self.filtered(lambda note: not note.settle_reason)
        settled.activity_ids.filtered("automated").unlink()

    def _open_wizard(self, model, title, **context):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_note_ids": self.ids, **context},
        }

    def action_open_ignore(self):
        return self._open_wizard("nav.sick.note.ignore", self.env._("Ignore Sick Notes"))

    # ------------------------------------------------------------------ ignoring

    def _ignore(self, reason):
        """Leave notes alone that are not applied. Nothing of them is forgotten.

        :raises UserError: for a note whose time off is registered: that one is withdrawn instead
        """
        self.check_access("read")
        if any(note.state not in IGNORABLE for note in self):
            raise UserError(
                self.env._(
                    "Only sick notes that are not registered can be ignored. Withdraw those that "
                    "are."
                )
            )
        notes = self.sudo()
        notes.write(
            {
                "state": "ignored",
                "waiting_reason": False,
                "ignored_reason": reason,
                "ignored_by_id": self.env.uid,
                "ignored_on": fields.Datetime.now(),
            }
        )
        for note in notes:
            note._message_log(body=self.env._("Ignored: %s", reason))

    def action_unignore(self):
        """Take notes up again that were ignored, or withdrawn by mistake: they are tried at once.

        NAV sends a note once, so a withdrawn one comes back in no other way. One that was entered
        by hand is entered anew instead.
        """
        self.check_access("read")
        ignored = self.sudo().filtered(
            lambda note: (
                note.state == "ignored" or (note.state == "withdrawn" and note.source == "nav")
            )
        )
        broken = ignored.filtered("failure_reason")
        vals = {"ignored_reason": False, "ignored_by_id": False, "ignored_on": False}
        broken.write({**vals, "state": "failed"})
        (ignored - broken).write({**vals, "state": "received"})
        (ignored - broken)._apply()
        return True

    # ------------------------------------------------------------------ whose note it is

    def _same_person(self):
        """All waiting notes with the identity numbers of these, one company at a time."""
        notes = self.sudo()
        found = self.browse()
        for company, group in notes.grouped("company_id").items():
            numbers = [number for number in group.mapped("identity_number") if number]
            found |= notes.search(
                Domain("company_id", "=", company.id)
                & Domain("state", "=", "waiting")
                & Domain("waiting_reason", "in", WHOSE)
                & (Domain("identity_number", "in", numbers) | Domain("id", "in", group.ids))
            )
        return found

    def _belongs_to(self, employee):
        """A person has said whose notes these waiting ones are; apply them.

        :raises UserError: for an employee of another company
        """
        notes = self.sudo()
        if notes and employee.sudo().company_id != notes.company_id:
            raise UserError(self.env._("The employee belongs to another company than the note."))
        notes = notes.filtered(lambda note: note.state == "waiting")
        notes.write({"employee_id": employee.id})
        for note in notes:
            note._message_log(body=self.env._("Chosen by hand whose sick note it is."))
        notes._apply()

    def _waits_for(self):
        """{note: the employee whose number it has} for those of the notes with exactly one."""
        self.check_access("read")
        found = {}
        for connection, notes in self.sudo().grouped("connection_id").items():
            candidates = connection._employees_by_number(
                set(notes.filtered(lambda note: not note.employee_id).mapped("identity_number"))
            )
            for note in notes:
                employees = note.employee_id or candidates.get(note.identity_number)
                employees = employees and (employees.filtered("active") or employees)
                if employees and len(employees) == 1:
                    found[note.with_env(self.env)] = employees.with_env(self.env)
        return found


class NavConnection(models.Model):
    """Including what notes wait for."""

    _inherit = "nav.connection"

    def _tick_units(self, org_numbers):
        """Fetch these sub-units too: tick them, and add those that are not known yet.

        :raises UserError: when another connection fetches one of them
        """
        self.ensure_one()
        known = self.unit_ids.filtered(lambda unit: unit.org_number in org_numbers)
        known.write({"selected": True})
        new = set(org_numbers) - set(known.mapped("org_number"))
        self.env["nav.connection.unit"].create(
            [{"connection_id": self.id, "org_number": number} for number in sorted(new)]
        )
        self._begin_first_fetch()

    def _ask_to_include(self, reason, departments, units):
        """Ask the NAV administrators to include something, unless they have the task already.

        They see no sick notes: departments and sub-units are named, and no employee.
        """
        self.ensure_one()
        connection = in_language_of(self.company_id, self.sudo())
        if reason == "unit_not_included":
            words = connection.env._(
                "%(who)s asks: tick the sub-unit %(what)s on this connection. Sick notes wait for "
                "it.",
                who=self.env.user.name,
                what=", ".join(units),
            )
        elif departments and connection.audience == "departments":
            words = connection.env._(
                "%(who)s asks: include the department %(what)s in this connection. Sick notes wait "
                "for it.",
                who=self.env.user.name,
                what=", ".join(departments.sudo().mapped("name")),
            )
        else:
            words = connection.env._(
                "%(who)s asks: include more employees in this connection. Sick notes wait for "
                "them; ask which employees.",
                who=self.env.user.name,
            )
        asked = [html2plaintext(note).strip() for note in connection.activity_ids.mapped("note")]
        if words not in asked:
            connection._schedule_for_administrators(words)
