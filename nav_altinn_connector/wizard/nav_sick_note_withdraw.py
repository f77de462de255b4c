from odoo import fields, models


class NavSickNoteWithdraw(models.TransientModel):
    """Withdraw sick notes that the doctor or NAV has taken back. NAV does not tell of that."""

    _name = "nav.sick.note.withdraw"
    _description = "Withdraw Sick Notes"
    _inherit = "named.records.nav"
    _named = ("note_ids",)

    note_ids = fields.Many2many("nav.sick.note", required=True)
    restore = fields.Boolean(
        "Bring back the sick leave that it replaced",
        default=True,
        help="Sick leave that was registered by hand, and that the note had cancelled.",
    )

    def action_withdraw(self):
        """Withdraw the notes, and restore what they had replaced when that is ticked."""
        for wizard in self:
            wizard.note_ids.action_withdraw(restore=wizard.restore)
        return {"type": "ir.actions.act_window_close"}
