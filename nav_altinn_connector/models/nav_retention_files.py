# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models


class NavSickNote(models.Model):
    """What people have attached to a note, or written about it, is as old as its texts."""

    _inherit = "nav.sick.note"

    def _remove_texts(self):
        """Also what is attached (a scan of the note) and what people wrote. Odoo's own lines,
        about the note's states, stay."""
        files = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["ir.attachment"].sudo().search(files).unlink()
        messages = [
            ("model", "=", self._name),
            ("res_id", "in", self.ids),
            ("message_type", "in", ("comment", "email", "email_outgoing")),
        ]
        self.env["mail.message"].sudo().search(messages).unlink()
        return super()._remove_texts()
