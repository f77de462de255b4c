from odoo import api, fields, models

from ..domain import identity

# A change of one of these can be what a waiting note waits for.
_DECISIVE_FIELDS = frozenset(
    {"active", "department_id", "company_id", "version_ids", "identification_id", "ssnid"}
)


class HrEmployee(models.Model):
    """An employee's sick notes, and notes that wait for a change of the employee."""

    _inherit = "hr.employee"

    nav_note_ids = fields.One2many(
        "nav.sick.note", "employee_id", "Sick Notes", groups="nav_altinn_connector.group_nav_hr"
    )
    nav_note_count = fields.Integer(
        compute="_compute_nav_note_count", groups="nav_altinn_connector.group_nav_hr"
    )

    def _compute_nav_note_count(self):
        counts = dict(
            self.env["nav.sick.note"]._read_group(
                [("employee_id", "in", self.ids)], ["employee_id"], ["__count"]
            )
        )
        for employee in self:
            employee.nav_note_count = counts.get(employee, 0)

    @api.model_create_multi
    def create(self, vals_list):
        employees = super().create(vals_list)
        employees._nav_apply_waiting()
        return employees

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & _DECISIVE_FIELDS or any(name.startswith("x_") for name in vals):
            self._nav_apply_waiting()
        return result

    @api.model
    def _nav_identity_fields(self):
        """The fields that hold the identity number, by the connections' settings."""
        return set(self.env["nav.connection"].sudo()._identity_fields_in_use())

    def _nav_apply_waiting(self):
        """A sick note that waited for this change is applied at once, not at the next fetch.

        What goes wrong here is no reason to refuse the change of the employee: the note goes on
        waiting or is marked as failed.
        """
        Note = self.env["nav.sick.note"].sudo()
        if not Note.search_count([("state", "=", "waiting")], limit=1):
            return
        names = self._nav_identity_fields()
        numbers = {identity.normalize(employee[name]) for employee in self.sudo() for name in names}
        Note._apply_waiting_for(numbers)

    def action_open_nav_notes(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.sick.note",
            "view_mode": "list,form",
            "domain": [("employee_id", "=", self.id)],
            "name": self.env._("Sick Notes"),
        }
