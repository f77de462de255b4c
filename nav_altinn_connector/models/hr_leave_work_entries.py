# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import defaultdict
from datetime import datetime, time

import pytz

from odoo import models


class HrLeave(models.Model):
    """Work entries of leave that the connector changes, where work entries are installed.

    Odoo finds the entries to renew by their link to the leave. That link is missing on the hours of
    work beside a graded leave, and it gets lost where two leaves share a day. Odoo also cuts days
    at midnight UTC, and makes the entries twice where there are two contracts. Here whole local
    days are made anew from the working calendar, which holds all leave.
    """

    _inherit = "hr.leave"

    def _nav_has_work_entries(self):
        return hasattr(self, "_cancel_work_entry_conflict")

    def _nav_validate(self):
        """Odoo's approval, after which the days for which it made work entries are made anew."""
        if not self._nav_has_work_entries():
            self._validate_leave_request()
            return
        Entry = self.env["hr.work.entry"].sudo()
        newest = Entry.with_context(active_test=False).search([], order="id desc", limit=1).id or 0
        self._validate_leave_request()
        made = Entry.search([("id", ">", newest), ("employee_id", "in", self.employee_id.ids)])
        days = {(entry.employee_id, entry.date) for entry in made}
        made.unlink()
        self._nav_renew_work_entries(days)

    def _nav_entry_days(self):
        """The days of these leaves that have work entries, as a set of (employee, day)."""
        if not self or not self._nav_has_work_entries():
            return set()
        entries = (
            self.env["hr.work.entry"]
            .sudo()
            .search(
                [
                    ("employee_id", "in", self.employee_id.ids),
                    ("date", ">=", min(self.mapped("request_date_from"))),
                    ("date", "<=", max(self.mapped("request_date_to"))),
                ]
            )
        )
        days = {(entry.employee_id, entry.date) for entry in entries}
        return {
            (employee, day)
            for employee, day in days
            if any(
                leave.employee_id == employee
                and leave.request_date_from <= day <= leave.request_date_to
                for leave in self
            )
        }

    def _nav_renew_work_entries(self, days):
        """Make the work entries of days anew from the working calendar as it is now, save those of
        days that payroll has locked (R8).

        :param days: set of (employee, day)
        """
        if not days:
            return
        Entry = self.env["hr.work.entry"].sudo()
        dates = [day for _employee, day in days]
        entries = Entry.search(
            [
                ("employee_id", "in", [employee.id for employee, _day in days]),
                ("date", ">=", min(dates)),
                ("date", "<=", max(dates)),
            ]
        ).filtered(lambda entry: (entry.employee_id, entry.date) in days)
        validated = entries.filtered(lambda entry: entry.state == "validated")
        days = days - {(entry.employee_id, entry.date) for entry in validated}
        entries.filtered(lambda entry: (entry.employee_id, entry.date) in days).active = False
        Entry.create(self._nav_entry_vals(days))

    def _nav_entry_vals(self, days):
        """Odoo's work entries of these days, from midnight to midnight where the schedule is
        kept."""
        by_version = defaultdict(set)
        for employee, day in days:
            by_version[employee.sudo()._get_version(day)].add(day)
        vals_list = []
        for version, own_days in by_version.items():
            zone = pytz.timezone((version.resource_calendar_id or version.employee_id).tz or "UTC")
            begin = zone.localize(datetime.combine(min(own_days), time.min))
            end = zone.localize(datetime.combine(max(own_days), time.max))
            entries = version._generate_work_entries_postprocess(
                version._get_work_entries_values(begin, end)
            )
            vals_list += [vals for vals in entries if vals["date"] in own_days]
        return vals_list
