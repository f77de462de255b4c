from odoo import fields, models
from odoo.fields import Domain


class ResourceCalendarLeaves(models.Model):
    """Absence in the working calendar: which of it stands for sick leave from NAV."""

    _inherit = "resource.calendar.leaves"

    # Every internal user may read absence in the calendar, but not that it is sick leave.
    nav_sourced = fields.Boolean(
        "From NAV", readonly=True, groups="nav_altinn_connector.group_nav_hr"
    )
    nav_part_of_day = fields.Boolean(
        "Share of a Working Day",
        readonly=True,
        groups="nav_altinn_connector.group_nav_hr",
        help="One of the pieces of a graded leave.",
    )


class ResourceCalendar(models.Model):
    """What counts as absence when the length of a leave is computed."""

    _inherit = "resource.calendar"

    def _leave_intervals_batch(self, start_dt, end_dt, resources=None, domain=None, tz=None):
        """Leave out what must not shorten the leave whose length is being computed (R4).

        ``nav_count_beside`` in the context names whose length it is: ``nav`` for a leave from NAV,
        beside which only public holidays count; ``other`` for another leave, beside which leave
        from NAV does not count.
        """
        beside = self.env.context.get("nav_count_beside")
        if beside:
            base = Domain("time_type", "=", "leave") if domain is None else Domain(domain)
            ignored = {
                "nav": Domain("holiday_id", "=", False),
                "other": Domain("nav_sourced", "!=", True),
            }[beside]
            domain = list(base & ignored)
            # The person who asks for time off may not see which absence is from NAV.
            self = self.sudo()
        return super()._leave_intervals_batch(
            start_dt, end_dt, resources=resources, domain=domain, tz=tz
        )
