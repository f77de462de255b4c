from odoo import api, fields, models
from odoo.tools import format_datetime

REPORT = "nav_altinn_connector.nav_employee_data_report"


class NavEmployeeData(models.TransientModel):
    """All that is stored about an employee, to be given to the employee: as PDF or as JSON."""

    _name = "nav.employee.data"
    _description = "All That Is Stored about an Employee"

    employee_id = fields.Many2one("hr.employee", required=True)
    found = fields.Text("What There Is", compute="_compute_found", compute_sudo=False)

    @api.depends("employee_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_found(self):
        for wizard in self:
            employee = wizard.employee_id._origin
            if not employee:
                wizard.found = False
                continue
            lines = [
                f"{employee._nav_heading(model)}: {len(records)}"
                for model, records in employee._nav_stored().items()
                if records
            ]
            wizard.found = "\n".join(lines) or self.env._("Nothing is stored about this employee.")

    def action_pdf(self):
        """All that is stored, as a document."""
        self.ensure_one()
        self.check_access("read")
        self.employee_id._nav_check_data_access()
        return self.env.ref(REPORT).report_action(self)

    def action_json(self):
        """All that is stored, for a machine."""
        self.ensure_one()
        self.check_access("read")
        self.employee_id._nav_check_data_access()
        return {
            "type": "ir.actions.act_url",
            "url": f"/nav_altinn_connector/employee/{self.employee_id.id}/data.json",
            "target": "download",
        }

    def action_erase(self):
        """See what can be deleted."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.employee.erase",
            "view_mode": "form",
            "target": "new",
            "context": {"default_employee_id": self.employee_id.id},
            "name": self.env._("Delete What the Law Allows"),
        }

    def _made_at(self):
        """Now, on the reader's clock."""
        return format_datetime(self.env, fields.Datetime.now())

    def _sections(self):
        """For the document; the note as NAV sent it repeats what is there in words."""
        self.ensure_one()
        return self.employee_id._nav_data(raw=False)
