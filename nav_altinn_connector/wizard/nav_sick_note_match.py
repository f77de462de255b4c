from collections import Counter

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..domain import identity, names


class NavSickNoteMatch(models.TransientModel):
    """Say whose waiting sick notes are: one line for each person, with an employee suggested by the
    name on the note.

    What the engine goes by remains the identity number: it is written on the employee who is
    chosen, so that the next note finds the way by itself.
    """

    _name = "nav.sick.note.match"
    _description = "Whose Sick Notes Are They?"
    _inherit = "named.records.nav"
    _named = ("note_ids", "line_ids.note_id")

    note_ids = fields.Many2many("nav.sick.note", required=True)
    line_ids = fields.One2many(
        "nav.sick.note.match.line",
        "wizard_id",
        "People",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("note_ids")
    def _compute_line_ids(self):
        for wizard in self:
            people = {}
            for note in wizard.note_ids.filtered(lambda note: note.state == "waiting"):
                person = note.identity_number or f"note {note.id}"
                people.setdefault((note.company_id, person), note)
            suggested = self._suggestions(people.values())
            wizard.line_ids = [Command.clear()] + [
                Command.create({"note_id": note.id, **suggested[note]})
                for note in sorted(people.values(), key=lambda note: note.person_name or "")
            ]

    @api.model
    def _suggestions(self, notes):
        """{note: values of a line}: employees without a number whose name fits, by company."""
        found = {}
        notes = self.env["nav.sick.note"].union(*notes)
        for connection, group in notes.grouped("connection_id").items():
            staff = self._without_number(connection)
            for note in group:
                employee, how = None, None
                if note.waiting_reason != "several_employees":
                    employee, how = names.suggest(note.person_name or "", staff)
                found[note] = {"employee_id": employee, "found": how or "none"}
        return found

    @api.model
    def _without_number(self, connection):
        """[(employee id, name)] of those whose identity number is not known."""
        Employee = self.env["hr.employee"].sudo()
        query = Employee._search([("company_id", "=", connection.company_id.id)])
        number = Employee._field_to_sql(Employee._table, connection.sudo().identity_field, query)
        query.add_where(SQL("COALESCE(%s, '') !~ '[0-9]'", number))
        name = Employee._field_to_sql(Employee._table, "name", query)
        return self.env.execute_query(query.select(SQL.identifier(Employee._table, "id"), name))

    def action_match(self):
        """Write the numbers on the chosen employees, and apply the notes. Lines without an employee
        are left waiting.

        :raises UserError: where nobody was chosen
        """
        self.ensure_one()
        chosen = self.line_ids.filtered("employee_id")
        if not chosen:
            raise UserError(self.env._("Choose an employee on at least one line."))
        for line in chosen:
            line._settle()
        return {"type": "ir.actions.act_window_close"}


class NavSickNoteMatchLine(models.TransientModel):
    """A person on waiting sick notes, and the employee whom HR takes it to be."""

    _name = "nav.sick.note.match.line"
    _description = "Whose Sick Note It Is"
    _inherit = "named.records.nav"
    _named = ("note_id",)

    wizard_id = fields.Many2one("nav.sick.note.match", required=True, ondelete="cascade")
    note_id = fields.Many2one("nav.sick.note", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="note_id.company_id")
    person_name = fields.Char(related="note_id.person_name", string="Name on Note")
    identity_masked = fields.Char(related="note_id.identity_masked", string="Identity Number")
    reason = fields.Selection(related="note_id.waiting_reason", string="Reason")
    note_count = fields.Integer("Sick Notes", compute="_compute_note_count")
    candidate_ids = fields.Many2many("hr.employee", compute="_compute_candidate_ids")
    employee_id = fields.Many2one(
        "hr.employee",
        domain="[('id', 'in', candidate_ids)] if candidate_ids"
        " else [('company_id', '=', company_id)]",
        context={"active_test": False},
    )
    found = fields.Selection(
        [
            ("same", "Same name"),
            ("similar", "Similar name"),
            ("none", "No such name"),
        ],
        "Suggestion",
        readonly=True,
    )
    effect = fields.Char("What Happens", compute="_compute_effect")

    @api.depends("note_id")
    def _compute_note_count(self):
        counts = Counter(_person(note) for note in self.note_id._same_person())
        for line in self:
            line.note_count = counts[_person(line.note_id._origin.sudo())]

    @api.depends("note_id")
    def _compute_candidate_ids(self):
        """The employees who have the number of the note, and between whom it waits. The archived
        one of somebody who came back keeps it, and is no candidate."""
        several = self.filtered(lambda line: line.reason == "several_employees")
        (self - several).candidate_ids = False
        notes = several.note_id._origin.sudo()
        for connection, group in notes.grouped("connection_id").items():
            found = connection._employees_by_number(set(group.mapped("identity_number")))
            for line in several.filtered(lambda line, group=group: line.note_id._origin in group):
                holders = found[line.note_id.sudo().identity_number]
                line.candidate_ids = (holders.filtered("active") or holders).ids

    @api.depends("employee_id", "candidate_ids")
    def _compute_effect(self):
        for line in self:
            line.effect = line._effect_words()

    def _effect_words(self):
        employee = self.employee_id
        if not employee and self.reason == "several_employees":
            return self.env._(
                "Choose whose it is: %s.", ", ".join(self.candidate_ids.mapped("name"))
            )
        if not employee:
            return self.env._("Nothing: the sick notes go on waiting.")
        if self.reason == "several_employees":
            return self.env._(
                "The number is removed from %s.",
                ", ".join((self.candidate_ids - employee).mapped("name")),
            )
        if self.reason == "invalid_identity":
            return self.env._("Only these sick notes: their number is not valid.")
        if self._other_number():
            return self.env._(
                "Only these sick notes: the employee has another number. Correct it if it is wrong."
            )
        return self.env._("The number is written on the employee.")

    def _other_number(self):
        """Whether the employee has a number already, which is not the one of the note."""
        note = self.note_id.sudo()
        number = identity.normalize(self.employee_id.sudo()[note.connection_id.identity_field])
        return bool(number) and number != note.identity_number

    def _settle(self):
        """Do what :attr:`effect` says, as the person who asks for it.

        :raises AccessError: for anyone who may not change the employees concerned
        """
        self.ensure_one()
        note, employee = self.note_id, self.employee_id
        note.check_access("read")
        name = note.sudo().connection_id.identity_field
        waiting = note._same_person()
        if self.reason == "several_employees":
            self._take_from(self.candidate_ids - employee, name)
        elif self.reason == "no_employee" and not self._other_number():
            employee.write({name: note.identity_number})
        # Written, the number has applied them; what is left is told whose it is.
        waiting.filtered(lambda note: note.state == "waiting" and not note.employee_id)._belongs_to(
            employee
        )

    def _take_from(self, others, name):
        if self.employee_id not in self.candidate_ids:
            raise UserError(self.env._("Choose one of those who have the number."))
        others.write({name: False})
        for other in others:
            other._message_log(
                body=self.env._(
                    "The identity number was removed: it belongs to another employee, as %s says.",
                    self.env.user.name,
                ),
                author_id=self.env.user.partner_id.id,
            )


def _person(note):
    """Who the note is about, as far as it says: its number, or else the note alone."""
    return note.company_id, note.identity_number or note.id
