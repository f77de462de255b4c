# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
"""Where reading is noticed: what the interface, RPC and exports read goes through these."""

from odoo import models

from .reading import note_reading


def _how(records):
    return "opened" if len(records) == 1 else "listed"


class NavSickNote(models.Model):
    _inherit = "nav.sick.note"

    def _read_format(self, fnames, load="_classic_read"):
        """As always, and written down."""
        note_reading(self, _how(self), fnames)
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        """As always, and written down."""
        result = super().export_data(fields_to_export)
        note_reading(self, "exported")
        return result

    def _document(self):
        """As always, and written down."""
        content = super()._document()
        note_reading(self, "document")
        return content


class NavSickNotePeriod(models.Model):
    _inherit = "nav.sick.note.period"

    def _read_format(self, fnames, load="_classic_read"):
        """As always; written down with the note."""
        note_reading(_as_reader(self, "note_id"), _how(self.note_id), fnames)
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        """As always; written down with the note."""
        result = super().export_data(fields_to_export)
        note_reading(_as_reader(self, "note_id"), "exported")
        return result


class NavFollowupPlan(models.Model):
    _inherit = "nav.followup.plan"

    def _read_format(self, fnames, load="_classic_read"):
        """As always, and written down."""
        note_reading(self, _how(self), fnames)
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        """As always, and written down."""
        result = super().export_data(fields_to_export)
        note_reading(self, "exported")
        return result

    def _document_rows(self):
        """As always, and written down: the document is made of this, whoever asks for it."""
        note_reading(self, "document")
        return super()._document_rows()


class NavFollowupEntry(models.Model):
    _inherit = "nav.followup.entry"

    def _read_format(self, fnames, load="_classic_read"):
        """As always, and written down."""
        note_reading(self, _how(self), fnames)
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        """As always, and written down."""
        result = super().export_data(fields_to_export)
        note_reading(self, "exported")
        return result


def _as_reader(records, name):
    """The records that these belong to, as their reader has them."""
    return records.sudo()[name].with_env(records.env)
