# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models

from .nav_sick_note import HR
from .nav_sick_note_apply import IN_EFFECT


class NavSickNote(models.Model):
    """The cases of a note, and the mark that they are to be computed anew."""

    _inherit = "nav.sick.note"

    case_ids = fields.Many2many(
        "nav.sick.case",
        "nav_sick_case_note_rel",
        "note_id",
        "case_id",
        "Follow-up",
        readonly=True,
        copy=False,
        groups=HR,
    )
    case_id = fields.Many2one(
        "nav.sick.case",
        "Follow-up of the Sick Leave",
        compute="_compute_case_id",
        groups=HR,
        help="The last one, where the note lies in two.",
    )

    @api.depends("case_ids.first_day")
    def _compute_case_id(self):
        for note in self:
            note.case_id = note.case_ids.sorted("first_day")[-1:]

    def write(self, vals):
        """Where a note stops to count for an employee, that one's cases do not hear of it by what
        is decided anew: it may be another employee's by now."""
        leaving = "employee_id" in vals or vals.get("state", "applied") not in IN_EFFECT
        counted = self.filtered(lambda note: leaving and note.state in IN_EFFECT)
        before = counted.employee_id.ids
        result = super().write(vals)
        self.env["nav.followup.mark"].sudo()._mark(before)
        return result

    def _record_outcome(self, plans):
        result = super()._record_outcome(plans)
        marks = self.env["nav.followup.mark"].sudo()
        marks._mark([employee.id for employee in plans])
        return result
