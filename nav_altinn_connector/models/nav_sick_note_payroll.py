# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models
from odoo.tools import format_date

from ..domain import intervals
from .nav_sick_note import HR
from .nav_sick_note_apply import COUNTING_STATES
from .notification import notification


class NavSickNote(models.Model):
    """Days that payroll has locked (R8): what HR reads about them, and says of them.

    Payroll is somebody else's, and often another app's. So HR is told which days they are, what
    lies on them now, and what to ask of payroll; nothing here opens a day.
    """

    _inherit = "nav.sick.note"

    # By this, and not by the words, a conflict is known again: words change with the language.
    payroll_conflict_days = fields.Char(
        readonly=True,
        copy=False,
        groups=HR,
        help="The days that payroll has locked, and what differs there.",
    )
    payroll_advice = fields.Char(
        "What to Do about Locked Days",
        compute="_compute_payroll_advice",
        help="What lies on the days that payroll has locked, and what to ask of payroll.",
    )

    @api.depends("payroll_conflict")
    def _compute_payroll_advice(self):
        for note in self:
            note.payroll_advice = note.payroll_conflict and note._advice_on_locked_days()

    def _advice_on_locked_days(self):
        span = (self.date_from, self.date_to)
        days = intervals.intersect([span], self.sudo()._locked_days(self.employee_id, *span))
        if not days:
            return self.env._("Payroll has opened these days again: press Try Again.")
        names = ", ".join(self._time_off_on(days))
        if names:
            stands = self.env._("Registered there: %s.", names)
        else:
            stands = self.env._("No other time off is registered there.")
        advice = self.env._(
            "Ask payroll to open these days again, and press Try Again. Or have the pay corrected "
            "by payroll, and press Settled with Payroll: the time off then stays as it is."
        )
        return f"{stands} {advice}"

    def _time_off_on(self, days):
        """Type and degree of the employee's time off on these days, each once."""
        leaves = (
            self.env["hr.leave"]
            .sudo()
            .search(
                [
                    ("employee_id", "=", self.employee_id.id),
                    ("state", "in", COUNTING_STATES),
                    ("request_date_from", "<=", days[-1][1]),
                    ("request_date_to", ">=", days[0][0]),
                ],
                order="request_date_from, id",
            )
        )
        return dict.fromkeys(
            leave.holiday_status_id.name + (f" ({leave.nav_label})" if leave.nav_label else "")
            for leave in leaves
            if intervals.intersect([(leave.request_date_from, leave.request_date_to)], days)
        )

    @api.model
    def _conflict_days(self, conflicts):
        """What tells one conflict with payroll from another, or False where there is none.

        :param conflicts: those of ``domain.absence`` that concern a note
        """
        days = sorted(
            f"{conflict.date_from}/{conflict.date_to} {'missing' if conflict.note else 'left'}"
            for conflict in conflicts
        )
        return ", ".join(days) or False

    def _conflict_words(self, conflicts):
        """What is told of locked days that differ, or False where none does.

        :param conflicts: those of ``domain.absence`` that concern this note
        """
        missing = [conflict for conflict in conflicts if conflict.note]
        left = [conflict for conflict in conflicts if not conflict.note]
        words = []
        if missing:
            words.append(
                self.env._(
                    "%s: locked by payroll. The time off of this sick note is not registered "
                    "there.",
                    self._days_in_words(missing),
                )
            )
        if left:
            words.append(
                self.env._(
                    "%s: locked by payroll. Time off is left there that no sick note asks for any "
                    "more.",
                    self._days_in_words(left),
                )
            )
        return " ".join(words) or False

    def _days_in_words(self, conflicts):
        return ", ".join(
            format_date(self.env, conflict.date_from)
            if conflict.date_from == conflict.date_to
            else self.env._(
                "%(date_from)s to %(date_to)s",
                date_from=format_date(self.env, conflict.date_from),
                date_to=format_date(self.env, conflict.date_to),
            )
            for conflict in conflicts
        )

    def action_open_work_entries(self):
        """Show what payroll has on the days of the note, in Odoo's own calendar of it."""
        self.ensure_one()
        self.check_access("read")
        if "hr.work.entry" not in self.env:
            return notification(self.env._("There are no work entries in this database."))
        return self.employee_id.action_open_work_entries(initial_date=self.date_from)

    def action_payroll_settled(self):
        """HR has settled the days with payroll, which keeps them as they are: nobody is asked about
        them again."""
        self.check_access("read")
        notes = self.sudo().filtered(lambda note: note.settle_reason == "payroll")
        if not notes:
            return notification(self.env._("Payroll has locked no days of these sick notes."))
        for note in notes:
            note.payroll_settled = True
            note._message_log(body=self.env._("Settled with payroll."), author_id=self._author_id())
        notes._close_tasks()
        return True
