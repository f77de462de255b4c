from odoo import api, fields, models


class NavSickCaseClose(models.TransientModel):
    """Close the follow-up of a sick leave by hand."""

    _name = "nav.sick.case.close"
    _description = "Close a Follow-up"

    case_id = fields.Many2one("nav.sick.case", required=True, readonly=True)
    note = fields.Char("Reason", required=True, help="Kept with the follow-up.")

    @api.model_create_multi
    def create(self, vals_list):
        """Whoever may not read the case has nothing to close."""
        wizards = super().create(vals_list)
        wizards.case_id.check_access("read")
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self.case_id.check_access("read")
        return result

    def action_close(self):
        """Close it in the name of the user."""
        self.ensure_one()
        self.case_id.action_close(self.note)
        return {"type": "ir.actions.act_window_close"}
