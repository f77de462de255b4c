from odoo import fields, models


class NavSickNoteIgnore(models.TransientModel):
    """Leave sick notes alone that are none of the employer's business, and say why."""

    _name = "nav.sick.note.ignore"
    _description = "Ignore Sick Notes"
    _inherit = "named.records.nav"
    _named = ("note_ids",)

    note_ids = fields.Many2many("nav.sick.note", required=True)
    why = fields.Selection(
        [
            ("left", "The person does not work here any more"),
            ("unknown", "The person has never worked here"),
            ("twice", "It is registered in another way"),
            ("other", "Another reason"),
        ],
        "Reason",
        default="left",
        required=True,
    )
    words = fields.Char("In Your Words")

    def action_ignore(self):
        """Ignore the notes; each keeps the reason, and can be taken up again."""
        for wizard in self:
            whys = dict(wizard._fields["why"]._description_selection(wizard.env))
            given = [] if wizard.why == "other" and wizard.words else [whys[wizard.why]]
            wizard.note_ids._ignore(". ".join([*given, *filter(None, [wizard.words])]))
        return {"type": "ir.actions.act_window_close"}
