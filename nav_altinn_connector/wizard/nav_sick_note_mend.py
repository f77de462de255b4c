from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.notification import notification


class NavSickNoteMend(models.TransientModel):
    """One question about notes that wait for the same reason, and the one step that mends it.

    Who is included in a connection is for NAV administrators to say. HR asks them, by an activity
    that names departments and sub-units, and no person.
    """

    _name = "nav.sick.note.mend"
    _description = "Settle Waiting Sick Notes"
    _inherit = "named.records.nav"
    _named = ("note_ids",)

    note_ids = fields.Many2many("nav.sick.note", required=True)
    reason = fields.Selection(
        [
            ("archived_employee", "The employee is archived"),
            ("outside_audience", "The employee is not included"),
            ("unit_not_included", "The sub-unit is not ticked"),
        ],
        compute="_compute_reason",
    )
    audience = fields.Char(compute="_compute_reason")
    may_include = fields.Boolean(compute="_compute_reason")
    employee_ids = fields.Many2many(
        "hr.employee",
        compute="_compute_people",
        readonly=False,
        store=True,
        context={"active_test": False},
    )
    department_ids = fields.Many2many(
        "hr.department", compute="_compute_people", readonly=False, store=True
    )
    without_department = fields.Char(compute="_compute_people", store=True)
    units = fields.Char("Sub-units", compute="_compute_units")

    @api.depends("note_ids")
    def _compute_reason(self):
        may = self.env["nav.connection"].has_access("write")
        for wizard in self:
            reasons = set(wizard.note_ids.mapped("waiting_reason"))
            wizard.reason = reasons.pop() if len(reasons) == 1 else False
            audiences = set(wizard.note_ids.connection_id.mapped("audience"))
            wizard.audience = audiences.pop() if len(audiences) == 1 else False
            wizard.may_include = may

    @api.depends("note_ids")
    def _compute_people(self):
        for wizard in self:
            employees = self.env["hr.employee"].union(*wizard.note_ids._waits_for().values())
            wizard.employee_ids = employees
            wizard.department_ids = employees.department_id
            wizard.without_department = ", ".join(
                employees.filtered(lambda employee: not employee.department_id).mapped("name")
            )

    @api.depends("note_ids")
    def _compute_units(self):
        for wizard in self:
            wizard.units = ", ".join(wizard._unit_names())

    def _unit_names(self):
        known = self.note_ids.connection_id.sudo().unit_ids
        names = {unit.org_number: unit.name for unit in known}
        numbers = sorted(set(self.note_ids.filtered("org_number").mapped("org_number")))
        return [f"{names.get(number) or ''} {number}".strip() for number in numbers]

    # ------------------------------------------------------------------ steps

    def action_unarchive(self):
        """The people work here: unarchive them. Their notes are applied by that."""
        for wizard in self:
            self._refuse_without(wizard.reason == "archived_employee" and wizard.employee_ids)
            waiting = self.env["hr.employee"].union(*wizard.note_ids._waits_for().values())
            # Odoo's own action: it also takes away how and when they left.
            (wizard.employee_ids & waiting).action_unarchive()
            wizard._apply_now()
        return {"type": "ir.actions.act_window_close"}

    def action_include(self):
        """Include departments, employees or sub-units in the connections that the notes are of.

        :raises AccessError: for anyone who may not change connections
        """
        for wizard in self:
            for connection, notes in wizard.note_ids.grouped("connection_id").items():
                if wizard.reason == "unit_not_included":
                    connection._tick_units(set(notes.mapped("org_number")))
                elif connection.audience == "departments":
                    self._refuse_without(wizard.department_ids)
                    connection.write(
                        {"department_ids": [Command.link(i) for i in wizard.department_ids.ids]}
                    )
                else:
                    self._refuse_without(wizard.employee_ids)
                    connection.write(
                        {"employee_ids": [Command.link(i) for i in wizard.employee_ids.ids]}
                    )
            wizard._apply_now()
        return {"type": "ir.actions.act_window_close"}

    def action_ask(self):
        """Ask the NAV administrators to include them, once for each set."""
        for wizard in self:
            for connection in wizard.note_ids.connection_id:
                connection._ask_to_include(
                    wizard.reason, wizard.department_ids, wizard._unit_names()
                )
        return notification(
            self.env._(
                "The NAV administrators were asked. The sick notes are registered by themselves "
                "when they agree."
            ),
            "success",
        )

    def _apply_now(self):
        self.note_ids.sudo().filtered(lambda note: note.state == "waiting")._apply()

    def _refuse_without(self, records):
        if not records:
            raise UserError(self.env._("Nothing is left to settle here. Choose somebody."))
