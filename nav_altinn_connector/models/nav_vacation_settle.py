# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..domain import intervals
from .nav_notice import Event
from .nav_sick_note_apply import COUNTING_STATES, IN_EFFECT
from .plain_words import in_language_of

ONE_DAY = timedelta(days=1)


class NavVacationConflict(models.Model):
    """Settling: the days are given back, or the time off is kept as it is."""

    _inherit = "nav.vacation.conflict"

    def action_open_give_back(self):
        return self._open_wizard("nav.vacation.give.back", self.env._("Give the Days Back"))

    def action_open_keep(self):
        return self._open_wizard("nav.vacation.keep", self.env._("Keep the Time Off"))

    def _open_wizard(self, model, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_conflict_id": self.id},
            "name": name,
        }

    def _days_one_by_one(self):
        """[(day, whether payroll has locked it)] of the working days that HR settles."""
        ranges = self._ranges()
        leave = self.sudo().leave_id
        if not ranges or not leave:
            return []
        locked = self._locked_days()
        return [
            (day, bool(intervals.intersect([(day, day)], locked)))
            for day in sorted(self.sudo()._working_days(leave, ranges))
        ]

    def _locked_days(self):
        """R8: days that payroll has paid stay as they are."""
        return (
            self.env["nav.sick.note"]
            .sudo()
            ._locked_days(self.employee_id.sudo(), self.date_from, self.date_to)
        )

    # ------------------------------------------------------------------ giving back

    def _give_back(self, days):
        """Cancel the time off on these days; the rest of it stays as it was. Pressed twice, it is
        done once.

        :param days: working days of the conflict; those of payroll's are left out
        :raises UserError: when no day is left, or it has been settled another way meanwhile
        """
        conflict = self._begin()
        leave = conflict.leave_id
        chosen = intervals.intersect(intervals.from_days(days), conflict._ranges())
        chosen = intervals.subtract(chosen, conflict._locked_days())
        if not chosen:
            raise UserError(self.env._("Choose at least one day that payroll has not locked."))
        span = ((leave.request_date_from, leave.request_date_to),)
        kept = conflict._kept(leave, span, chosen)
        removed = intervals.subtract(span, kept)
        pieces = in_language_of(conflict.company_id, leave)._nav_give_back(kept, removed, conflict)
        conflict._settle(
            {
                "state": "given_back",
                "leave_ids": [fields.Command.link(piece.id) for piece in pieces],
                "days_given_back": [
                    [first.isoformat(), last.isoformat()] for first, last in chosen
                ],
            }
        )
        conflict._renew_overlaps()
        self.env["nav.notice"]._tell(
            f"given_back:{conflict.id}", conflict.company_id, [Event("given_back", conflict)]
        )

    def _kept(self, leave, span, chosen):
        """What stays of the time off: no piece without a day of work, save where payroll has
        locked days."""
        kept = intervals.subtract(span, chosen)
        locked = self.env["nav.sick.note"]._locked_days(leave.employee_id, *span[0])
        worked = intervals.from_days(self._working_days(leave, span))
        return tuple(
            stretch
            for stretch in kept
            if intervals.intersect([stretch], worked) or intervals.intersect([stretch], locked)
        )

    def _renew_overlaps(self):
        """The notes may not overlap other time off any more."""
        notes = self.env["nav.sick.note"]._as_engine()
        notes = notes.search(
            [("employee_id", "=", self.employee_id.id), ("state", "in", IN_EFFECT)]
        )
        notes._record_overlaps(notes)

    # ------------------------------------------------------------------ keeping

    def _keep(self, reason):
        """The time off stays as it is.

        :param reason: why, for those who ask later
        """
        conflict = self._begin()
        conflict._settle({"state": "kept", "reason": reason})

    # ------------------------------------------------------------------ both

    def _begin(self):
        """Hold the employee's calendar, and look whether there is still something to settle.

        :raises psycopg2.errors.SerializationFailure: when somebody settles it at this moment
        """
        self.ensure_one()
        self.check_access("read")
        conflict = self.sudo()
        self.env["nav.absence.lock"].sudo()._take(conflict.employee_id)
        conflict.invalidate_recordset()
        if conflict.state != "open":
            raise UserError(self.env._("This has been settled already. Reload the page."))
        if conflict.leave_id.state not in COUNTING_STATES:
            raise UserError(self.env._("The time off is cancelled; there is nothing to give back."))
        return conflict.with_context(allowed_company_ids=conflict.company_id.ids)

    def _settle(self, vals):
        self.write({**vals, "settled_by_id": self.env.uid, "settled_on": fields.Datetime.now()})
        self.activity_ids.unlink()
