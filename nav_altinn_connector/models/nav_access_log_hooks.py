# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
"""Where reading is noticed: what the interface, RPC and exports read goes through these."""

from odoo import models

from .reading import note_grouping, note_reading

# The fields of a file that are its content.
_CONTENT = frozenset({"raw", "datas", "db_datas", "index_content"})


class ReadRecords(models.AbstractModel):
    """Records of which it is written down who reads them."""

    _name = "read.records.nav"
    _description = "Records Whose Reading Is Written Down"

    def _read_as(self):
        """The records that are written down when these are read."""
        return self

    def _read_format(self, fnames, load="_classic_read"):
        """As always, and written down."""
        records = self._read_as()
        note_reading(records, "opened" if len(records) == 1 else "listed", fnames)
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        """As always, and written down."""
        result = super().export_data(fields_to_export)
        note_reading(self._read_as(), "exported")
        return result

    def _web_read_group_format(self, groupby, aggregates, groups):
        """As always, and written down: groups may tell all that there is in a field."""
        note_grouping(self._read_as(), [*groupby, *aggregates], groups)
        return super()._web_read_group_format(groupby, aggregates, groups)

    def _read_group_format_result(self, rows_dict, lazy_groupby):
        """As always, and written down; the older way of grouping."""
        counts = {f"{name.split(':')[0]}_count" for name in lazy_groupby}
        names = {name for row in rows_dict[:1] for name in row if not name.startswith("__")}
        note_grouping(self._read_as(), names - counts, rows_dict)
        return super()._read_group_format_result(rows_dict, lazy_groupby)


class NavSickNote(models.Model):
    _name = "nav.sick.note"
    _inherit = ["nav.sick.note", "read.records.nav"]

    def _document(self):
        """As always, and written down."""
        content = super()._document()
        note_reading(self, "document")
        return content


class NavSickNotePeriod(models.Model):
    _name = "nav.sick.note.period"
    _inherit = ["nav.sick.note.period", "read.records.nav"]

    def _read_as(self):
        """The notes, as their reader has them."""
        return self.sudo().note_id.with_env(self.env)


class NavFollowupPlan(models.Model):
    _name = "nav.followup.plan"
    _inherit = ["nav.followup.plan", "read.records.nav"]

    def _document_rows(self):
        """As always, and written down: the document is made of this, whoever asks for it."""
        note_reading(self, "document")
        return super()._document_rows()


class NavFollowupEntry(models.Model):
    _name = "nav.followup.entry"
    _inherit = ["nav.followup.entry", "read.records.nav"]


class IrAttachment(models.Model):
    """The file of a plan that was sent, a scan of a note and what is attached to minutes."""

    _inherit = "ir.attachment"

    def _read_format(self, fnames, load="_classic_read"):
        """As always, and written down when it is the content."""
        if _CONTENT & set(fnames):
            self._nav_note_reading()
        return super()._read_format(fnames, load)

    def _to_http_stream(self):
        """As always, and written down."""
        self._nav_note_reading()
        return super()._to_http_stream()

    def _nav_note_reading(self):
        """The files of a plan hang on its sick leave; all others on what they belong to."""
        if self.env.su:
            return
        for model, files in self.sudo().grouped("res_model").items():
            if model == "nav.sick.case":
                plans = self.env["nav.followup.plan"].sudo()
                records = plans.search([("document_ids", "in", files.ids)])
            elif model in ("nav.sick.note", "nav.followup.plan", "nav.followup.entry"):
                records = self.env[model].browse(files.mapped("res_id"))
            else:
                continue
            note_reading(records.with_env(self.env), "document")
