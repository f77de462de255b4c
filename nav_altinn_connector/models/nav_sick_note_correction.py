# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..domain import correction
from .nav_sick_note import HR, NORWAY
from .nav_sick_note_apply import IN_EFFECT

# Time off that ended longer ago than this is not asked about any more, above all when years of
# notes come in at once.
LOOK_BACK = timedelta(days=90)


class NavSickNote(models.Model):
    """Notes that look corrected by a newer one: NAV does not tell when a note is taken back, and
    its days beyond the newer one still stand. HR is asked, once for each newer note."""

    _inherit = "nav.sick.note"

    correction_id = fields.Many2one(
        "nav.sick.note",
        "Looks Corrected By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="A newer note of the same sick leave that ends earlier than this one.",
    )
    both_right_id = fields.Many2one(
        "nav.sick.note",
        "Found Right Beside",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=HR,
        help="The newer note beside which HR has found this one right.",
    )

    @api.depends("correction_id", "settle_reason")
    def _compute_reason(self):
        result = super()._compute_reason()
        for note in self.filtered(lambda note: note.settle_reason == "correction"):
            note.reason = note._correction_words()
        return result

    def _correction_words(self):
        return self.env._(
            "A newer sick note ends on %(newer)s; this one, until %(older)s, may have been "
            "corrected by it.",
            newer=format_date(self.env, self.correction_id.date_to),
            older=format_date(self.env, self.date_to),
        )

    def _record_outcome(self, plans):
        result = super()._record_outcome(plans)
        self._record_corrections([employee.id for employee in plans])
        return result

    @api.model
    def _record_corrections(self, employee_ids):
        """Mark the notes that look corrected, and take the mark from those that do not any more."""
        today = fields.Date.context_today(self.with_context(tz=NORWAY.key))
        marked = self.search([("employee_id", "in", employee_ids), ("correction_id", "!=", False)])
        recent = self.search(
            [
                ("employee_id", "in", employee_ids),
                ("state", "in", IN_EFFECT),
                ("date_to", ">=", today - LOOK_BACK),
            ]
        )
        found = {}
        for notes in recent.grouped("employee_id").values():
            if len(notes) > 1:
                periods = [period._as_domain_period() for period in notes.period_ids]
                found.update(correction.corrected(periods))
        for note in marked | self.browse(found):
            newer = self.browse(found.get(note.id))
            if newer and newer == note.both_right_id:
                newer = self.browse()
            if note.correction_id != newer:
                note.correction_id = newer
                if newer:
                    note._tell_hr(note._correction_words())
        marked._close_tasks()

    def action_both_right(self):
        """HR has looked: the older note is right beside the newer one."""
        self.check_access("read")
        for note in self.sudo().filtered("correction_id"):
            note.write({"both_right_id": note.correction_id.id, "correction_id": False})
            note._message_log(body=self.env._("Found right beside the newer sick note."))
            note._close_tasks()
        return True
