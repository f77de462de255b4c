# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import defaultdict
from datetime import timedelta

import pytz

from odoo import models


class HrLeave(models.Model):
    """How graded leave lies in the working calendar.

    With partial counting the calendar holds the employee absent for the degree's share of each
    working day, at the end of it: one piece of absence a working day. Availability, planning and
    work entries then come out right without knowing of degrees.
    """

    _inherit = "hr.leave"

    def _nav_whole_duration_display(self):
        """The length of the leave as if it were not graded, in Odoo's words."""
        self.ensure_one()
        if not self._nav_counts_partially():
            return self.duration_display
        _counted, unit = self.duration_display.split(" ", 1)
        share = self.absence_degree / 100
        if self.leave_type_request_unit == "hour":
            hours, minutes = divmod(round(self.number_of_hours * 60 / share), 60)
            return f"{hours}:{minutes:02} {unit}"
        return f"{round(self.number_of_days / share, 2):g} {unit}"

    def _prepare_holidays_meeting_values(self):
        """Colleagues may open the meeting: it tells no degree, neither by the days counted."""
        result = super()._prepare_holidays_meeting_values()
        by_id = self.grouped("id")
        for vals in (vals for batch in result.values() for vals in batch):
            leave = by_id[vals["res_id"]]
            if leave._nav_counts_partially():
                whole = leave._nav_whole_duration_display()
                vals["name"] = vals["name"].replace(leave.duration_display, whole)
                vals["duration"] = vals["duration"] * 100 / leave.absence_degree
        return result

    def _prepare_resource_leave_vals(self):
        vals = super()._prepare_resource_leave_vals()
        vals["nav_sourced"] = self.nav_sourced
        return vals

    def _create_resource_leave(self):
        """Odoo makes one absence a leave; a graded one is cut into its pieces."""
        graded = self.filtered(
            lambda leave: leave._nav_counts_partially() and leave.resource_calendar_id
        )
        created = super(HrLeave, self - graded)._create_resource_leave()
        vals_list = []
        for leave in graded:
            template = leave._prepare_resource_leave_vals()
            vals_list += [
                {**template, "date_from": start, "date_to": stop, "nav_part_of_day": True}
                for start, stop in leave._nav_absent_shares()
            ]
        return created | self.env["resource.calendar.leaves"].sudo().create(vals_list)

    def _nav_absent_shares(self):
        """The end of each working day that the degree takes, as (start, stop) in UTC, naive.

        The hours are those of the working schedule less public holidays; a break in the middle of
        the day is no working time, so it does not count.
        """
        self.ensure_one()
        days = defaultdict(list)
        for start, stop in self._nav_working_intervals():
            days[start.date()].append((start, stop))
        shares = []
        for intervals in days.values():
            total = sum((stop - start for start, stop in intervals), timedelta())
            absent = total * self.absence_degree / 100
            start = self._nav_point_before_end(intervals, absent)
            shares.append((_naive_utc(start), _naive_utc(intervals[-1][1])))
        return shares

    def _nav_working_intervals(self):
        """Working time within the leave, in the employee's time zone, less public holidays."""
        resource = self.employee_id.resource_id
        start = pytz.utc.localize(self.date_from)
        stop = pytz.utc.localize(self.date_to)
        calendar = self.resource_calendar_id.with_context(nav_count_beside="nav")
        intervals = calendar._work_intervals_batch(start, stop, resources=resource)[resource.id]
        return [(begin, end) for begin, end, _attendance in intervals]

    @staticmethod
    def _nav_point_before_end(intervals, duration):
        """The moment after which exactly ``duration`` of the intervals is left."""
        for start, stop in reversed(intervals):
            if duration <= stop - start:
                # Odoo's Datetime has whole seconds.
                return (stop - duration).replace(microsecond=0)
            duration -= stop - start
        return intervals[0][0]

    def _nav_whole_resource_leave_vals(self):
        """The calendar entry as Odoo alone would make it, for when this addon is gone."""
        self.ensure_one()
        vals = self._prepare_resource_leave_vals()
        vals.pop("nav_sourced")
        return vals


def _naive_utc(moment):
    return moment.astimezone(pytz.utc).replace(tzinfo=None)
