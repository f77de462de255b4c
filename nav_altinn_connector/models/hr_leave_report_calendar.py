from odoo import fields, models


class HrLeaveReportCalendar(models.Model):
    """The calendar that everybody sees: a colleague learns who is absent, and no degree.

    Days that are counted by the degree would tell it, beside the dates. Those who may not see the
    leave itself read how long it is in the calendar.
    """

    _inherit = "hr.leave.report.calendar"

    duration = fields.Float(groups="hr_holidays.group_hr_holidays_user")
    duration_display = fields.Char(related=None, compute="_compute_nav_duration_display")

    def _compute_nav_duration_display(self):
        me = self.env.user
        for line, known in zip(self, self.sudo(), strict=True):
            if known.user_id == me or line.is_manager:
                line.duration_display = known.leave_id.duration_display
            else:
                line.duration_display = known.leave_id._nav_whole_duration_display()

    def _compute_name(self):
        result = super()._compute_name()
        for line, known in zip(self, self.sudo(), strict=True):
            counted, shown = known.leave_id.duration_display, line.duration_display
            if counted != shown:
                line.name = f"{line.name.removesuffix(counted)}{shown}"
        return result
