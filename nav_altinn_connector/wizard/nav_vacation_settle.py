from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date


class NavVacationGiveBack(models.TransientModel):
    """Give back days of vacation on which the employee was fully sick: HR chooses which."""

    _name = "nav.vacation.give.back"
    _description = "Give the Days Back"
    _inherit = "named.records.nav"
    _named = ("conflict_id",)

    conflict_id = fields.Many2one(
        "nav.vacation.conflict", required=True, readonly=True, ondelete="cascade"
    )
    employee_id = fields.Many2one(related="conflict_id.employee_id")
    leave_type_id = fields.Many2one(related="conflict_id.leave_type_id")
    line_ids = fields.One2many("nav.vacation.give.back.day", "wizard_id", "Days")
    any_locked = fields.Boolean(compute="_compute_any_locked")

    @api.depends("line_ids.locked")
    def _compute_any_locked(self):
        for wizard in self:
            wizard.any_locked = any(wizard.line_ids.mapped("locked"))

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        conflict = self.env["nav.vacation.conflict"].browse(values.get("conflict_id")).exists()
        if conflict and "line_ids" in fields:
            conflict.check_access("read")
            values["line_ids"] = [
                Command.create({"day": day, "locked": locked, "give_back": not locked})
                for day, locked in conflict._days_one_by_one()
            ]
        return values

    def action_give_back(self):
        """Give back the chosen days, and tell the employee and the manager."""
        self.ensure_one()
        chosen = self.line_ids.filtered(lambda line: line.give_back and not line.locked)
        self.conflict_id._give_back(chosen.mapped("day"))
        return {"type": "ir.actions.act_window_close"}


class NavVacationGiveBackDay(models.TransientModel):
    """A working day of vacation on which the employee was fully sick."""

    _name = "nav.vacation.give.back.day"
    _description = "Day to Give Back"
    _order = "day"

    wizard_id = fields.Many2one("nav.vacation.give.back", required=True, ondelete="cascade")
    day = fields.Date(required=True)
    weekday = fields.Char(compute="_compute_weekday")
    locked = fields.Boolean("Locked by Payroll")
    give_back = fields.Boolean()

    @api.depends("day")
    @api.depends_context("lang")
    def _compute_weekday(self):
        for line in self:
            line.weekday = format_date(self.env, line.day, date_format="EEEE d MMMM")


class NavVacationKeep(models.TransientModel):
    """Keep the time off as it is, and say why."""

    _name = "nav.vacation.keep"
    _description = "Keep the Time Off"
    _inherit = "named.records.nav"
    _named = ("conflict_id",)

    conflict_id = fields.Many2one(
        "nav.vacation.conflict", required=True, readonly=True, ondelete="cascade"
    )
    reason = fields.Char(required=True)

    def action_keep(self):
        """Settle it: the employee gets no days back."""
        self.ensure_one()
        self.conflict_id._keep(self.reason)
        return {"type": "ir.actions.act_window_close"}
