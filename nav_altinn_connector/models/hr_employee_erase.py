# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import Counter

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .nav_sick_note import HR

# What comes of a note is known, and it says nothing more that is needed.
SETTLED = ("applied", "superseded", "withdrawn", "ignored")


class HrEmployee(models.Model):
    """Deleting what is stored about an employee, as far as the law allows.

    Before their time is over, texts of notes that have ended and all that was written in a
    follow-up that is closed are deleted. The rest is kept: the follow-up of a sick leave that goes
    on (the employer has to follow up, arbeidsmiljøloven § 4-6), and the days and degrees of the
    time off (sick pay and its refund are accounted for by them, bokføringsloven § 13).
    """

    _inherit = "hr.employee"

    def _nav_erasable(self):
        """What would be deleted and what is kept: {"removed" or "kept": [(what, how many, why)]}.

        :raises AccessError: for all but HR of the employee's company
        """
        cases, notes, open_cases, running = self._nav_to_erase()
        stored = self._nav_stored()
        entries, plans = cases.entry_ids, cases.plan_ids
        removed = [
            (self.env._("Texts of sick notes"), len(notes), self.env._("These notes have ended.")),
            (
                self.env._("Follow-up plans"),
                len(plans),
                self.env._("Their follow-up is closed."),
            ),
            (
                self.env._("Conversations and minutes"),
                len(entries),
                self.env._("Their follow-up is closed."),
            ),
            (
                self.env._("Messages about closed follow-up"),
                len(cases.message_ids),
                self.env._("Their follow-up is closed."),
            ),
        ]
        kept = [
            (
                self.env._("Follow-up that goes on"),
                len(open_cases),
                self.env._(
                    "The employer has to follow up, and to be able to show it (the Working "
                    "Environment Act, section 4-6). Close it first, if the sick leave is over."
                ),
            ),
            (
                self.env._("Texts of sick notes that go on or are not settled"),
                len(running),
                self.env._("They are still needed to follow up, or to settle the note."),
            ),
            (
                self.env._("Time off, and the days and degrees of sick notes"),
                len(stored["hr.leave"]) + len(stored["nav.sick.note"]),
                self.env._(
                    "Sick pay and its refund are accounted for by them. The Bookkeeping Act says "
                    "how long they are kept; ask whoever keeps your accounts."
                ),
            ),
            (
                self.env._("Who has read"),
                len(stored["nav.access.log"]),
                self.env._("It shows whether anybody has read what they should not."),
            ),
        ]
        return {
            "removed": [line for line in removed if line[1]],
            "kept": [line for line in kept if line[1]],
        }

    def _nav_erase(self):
        """Delete it, and write down how much.

        :raises AccessError: for all but HR of the employee's company
        :raises UserError: when nothing can be deleted
        """
        cases, notes, _open_cases, _running = self._nav_to_erase()
        if not cases and not notes:
            raise UserError(self.env._("There is nothing that can be deleted now."))
        counts = Counter()
        for case in cases:
            counts.update(case._remove_content() or {})
        if notes:
            notes._remove_texts()
            counts["notes"] = len(notes)
        log = self.env["nav.retention.log"].sudo()
        today = fields.Date.context_today(self)
        log.create(
            {
                "company_id": self.sudo().company_id.id,
                "user_id": self.env.uid,
                "closed_before": today,
                "ended_before": today,
                "cases": len(cases),
                **{name: number for name, number in counts.items() if name != "cases"},
            }
        )

    def _nav_to_erase(self):
        """(cases to empty, notes that lose their texts, cases that stay, notes that stay)"""
        if not self.env.user.has_group(HR):
            raise AccessError(self.env._("Only HR deletes what is stored about an employee."))
        stored = self._nav_stored()
        today = self.env["nav.sick.case"]._today()
        all_cases, all_notes = stored["nav.sick.case"], stored["nav.sick.note"]
        open_cases = all_cases.filtered(lambda case: case.state == "open")
        cases = (all_cases - open_cases).filtered(lambda case: not case.content_removed_on)
        # A waiting note that only has the same number may be another person's after all.
        with_texts = all_notes.filtered(lambda note: not note.texts_removed_on)
        notes = (with_texts - open_cases.note_ids).filtered(
            lambda note: (
                note.state in SETTLED
                and note.employee_id == self.sudo()
                and note.date_to
                and note.date_to < today
            )
        )
        return cases, notes, open_cases, with_texts - notes
