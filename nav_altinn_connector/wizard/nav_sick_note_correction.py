from odoo import fields, models


class NavSickNoteCorrection(models.TransientModel):
    """A newer note ends earlier than an older one: was the older one taken back?"""

    _name = "nav.sick.note.correction"
    _description = "Settle Corrected Sick Notes"
    _inherit = "named.records.nav"
    _named = ("note_ids",)

    note_ids = fields.Many2many("nav.sick.note", required=True, string="Older Sick Notes")
    restore = fields.Boolean(
        "Bring back the sick leave that it replaced",
        default=True,
        help="Sick leave that was registered by hand, and that the older note had cancelled.",
    )

    def action_withdraw_older(self):
        """The newer notes are corrections: the older ones do not count any more."""
        for wizard in self:
            wizard.note_ids.filtered("correction_id").action_withdraw(restore=wizard.restore)
        return {"type": "ir.actions.act_window_close"}

    def action_both_right(self):
        """Both count; nobody is asked about the two again."""
        self.note_ids.action_both_right()
        return {"type": "ir.actions.act_window_close"}
