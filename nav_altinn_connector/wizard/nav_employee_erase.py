from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class NavEmployeeErase(models.TransientModel):
    """What of that which is stored about an employee is deleted now, and what has to be kept."""

    _name = "nav.employee.erase"
    _description = "Delete What Is Stored about an Employee"

    employee_id = fields.Many2one("hr.employee", required=True)
    removed = fields.Html("Deleted Now", compute="_compute_plan", compute_sudo=False)
    kept = fields.Html("Kept, and Why", compute="_compute_plan", compute_sudo=False)
    nothing = fields.Boolean(compute="_compute_plan", compute_sudo=False)
    asked_by_employee = fields.Boolean(
        "The employee has asked for it, or the reason for keeping it is gone"
    )

    @api.depends("employee_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_plan(self):
        for wizard in self:
            employee = wizard.employee_id._origin
            if not employee:
                wizard.removed = wizard.kept = False
                wizard.nothing = True
                continue
            plan = employee._nav_erasable()
            wizard.removed = _listed(plan["removed"])
            wizard.kept = _listed(plan["kept"])
            wizard.nothing = not plan["removed"]

    def action_erase(self):
        """Delete it. It cannot be brought back."""
        self.ensure_one()
        self.check_access("write")
        if not self.asked_by_employee:
            raise UserError(
                self.env._(
                    "Tick that the employee has asked for it, or that the reason for keeping it "
                    "is gone."
                )
            )
        self.employee_id._nav_erase()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.retention.log",
            "view_mode": "list",
            "name": self.env._("What Was Removed"),
        }


def _listed(lines):
    """[(what, how many, why)] as a list for people."""
    return Markup("<ul>%s</ul>") % Markup().join(
        Markup("<li><b>%s: %s.</b> %s</li>") % line for line in lines
    )
