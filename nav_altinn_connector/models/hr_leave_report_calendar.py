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
        for line in self:
            leave = line.sudo().leave_id
            if line.is_manager or leave.employee_id.user_id == self.env.user:
                line.duration_display = leave.duration_display
            else:
                line.duration_display = leave._nav_whole_duration_display()

    def _compute_name(self):
        result = super()._compute_name()
        for line in self:
            counted = line.sudo().leave_id.duration_display
            line.name = f"{line.name.removesuffix(counted)}{line.duration_display}"
        return result
