from contextlib import contextmanager
from datetime import datetime, time

import pytz

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools.intervals import Intervals

# Where the hours are remembered, in the cursor's cache, which every rollback empties.
_HOURS = "nav_hours_for_date"
# Who may see the degree of everybody's leave.
OFFICER = "hr_holidays.group_hr_holidays_user"


@contextmanager
def remembered_hours(env):
    """Read the hours of each schedule once while leave is made.

    Odoo reads them four times for each leave. Inside, schedules must not be changed.
    """
    env.cr.cache[_HOURS] = {}
    try:
        yield
        # Some of a leave's hours are computed when it is written.
        env.flush_all()
    finally:
        env.cr.cache.pop(_HOURS, None)


class ResourceCalendarLeaves(models.Model):
    """Absence in the working calendar: which of it stands for sick leave from NAV."""

    _inherit = "resource.calendar.leaves"

    # Every internal user may read absence in the calendar, but not that it is sick leave. The
    # pieces of a graded leave, whose hours would tell its degree, are hidden by a rule of access.
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
        result = super()._leave_intervals_batch(
            start_dt, end_dt, resources=resources, domain=domain, tz=tz
        )
        for piece in self._nav_hidden_pieces(start_dt, end_dt, resources, domain):
            resource = piece.resource_id
            zone = tz or pytz.timezone((resource or self).tz)
            day = pytz.utc.localize(piece.date_from).astimezone(zone).date()
            begin, end = (zone.localize(datetime.combine(day, at)) for at in (time.min, time.max))
            whole = (max(start_dt.astimezone(zone), begin), min(end_dt.astimezone(zone), end))
            result[resource.id] |= Intervals([(*whole, piece)])
        return result

    def _nav_hidden_pieces(self, start_dt, end_dt, resources, domain):
        """The pieces of graded leave that the user may not read: to them, as in the calendar of
        time off, somebody on graded leave is absent all day. The hours would tell the degree."""
        pieces = self.env["resource.calendar.leaves"]
        if self.env.su or not resources or self.env.user.has_group(OFFICER):
            return pieces
        of = Domain("time_type", "=", "leave") if domain is None else Domain(domain)
        if self:
            of &= Domain("calendar_id", "in", [False, *self.ids])
        found = pieces.sudo().search(
            of
            & Domain("nav_part_of_day", "=", True)
            & Domain("resource_id", "in", [resource.id for resource in resources])
            & Domain("date_from", "<=", end_dt.astimezone(pytz.utc).replace(tzinfo=None))
            & Domain("date_to", ">=", start_dt.astimezone(pytz.utc).replace(tzinfo=None))
        )
        return found - found.with_env(self.env)._filtered_access("read")

    def _get_hours_for_date(self, target_date, day_period=None):
        """The same answer, which depends on the day of the week alone, without asking again."""
        remembered = self.env.cr.cache.get(_HOURS)
        if remembered is None or not target_date:
            return super()._get_hours_for_date(target_date, day_period)
        week = self.two_weeks_calendar and self.attendance_ids.get_week_type(target_date)
        key = (self.id, week, target_date.weekday(), day_period)
        if key not in remembered:
            remembered[key] = super()._get_hours_for_date(target_date, day_period)
        return remembered[key]
