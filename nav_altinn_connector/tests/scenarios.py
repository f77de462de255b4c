"""Cases of the rules of absence, written as short texts, and their way through the database."""

from collections import namedtuple
from datetime import date, timedelta

from odoo.fields import Command

from .common import NavCase

WAITING = ("confirm", "validate1")
COUNTING = ("confirm", "validate1", "validate")

Case = namedtuple("Case", "name manual notes expected options", defaults=({},))


def day(text):
    """A date from ``month-day`` in 2026, or from ``year-month-day``."""
    return date.fromisoformat(text if text.count("-") == 2 else f"2026-{text}")


def span(text):
    """First and last day from ``06-05..15``, ``06-05..06-15``, or a single ``06-05``."""
    first, _dots, last = text.partition("..")
    if not last:
        return day(first), day(first)
    if "-" not in last:
        last = f"{first.rpartition('-')[0]}-{last}"
    return day(first), day(last)


def shown(first, last):
    """A span as the cases write it."""
    return str(first) if first == last else f"{first}..{last}"


def note_periods(text):
    """``06-05..15 60, 06-16..18 advisory`` as the periods of a note."""
    periods = []
    for part in text.split(","):
        days, what = part.split()
        periods.append((*span(days), int(what) if what.isdigit() else what))
    return periods


class ScenarioCase(NavCase):
    """Leave registered by hand and notes from NAV, played for a new employee each time.

    Everyone has a manager and the types have a responsible person, so that what waits for approval
    has somebody to wait for.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("manager", "base.group_user")
        cls.hr = cls._user(
            "hr", "hr_holidays.group_hr_holidays_manager,nav_altinn_connector.group_nav_hr"
        )
        cls.approver = cls._employee("Approver", user_id=cls.hr.id)
        cls.types = {}

    def setUp(self):
        super().setUp()
        # A type that a test makes is gone after it.
        made_for_the_class = dict(self.types)
        self.addCleanup(setattr, type(self), "types", made_for_the_class)

    @classmethod
    def type_for(cls, kind, unit="day", counting="partial", validation="both"):
        """A time off type: ``manual`` sick leave, ``vacation``, or ``nav`` for the connection."""
        key = (kind, unit, counting, validation)
        if key not in cls.types:
            cls.types[key] = cls._leave_type(
                " ".join(key),
                is_sick_leave=kind != "vacation",
                allow_graded=kind != "vacation",
                request_unit=unit,
                graded_counting=counting,
                leave_validation_type=validation,
                create_calendar_meeting=True,
                responsible_ids=[Command.link(cls.hr.id)],
            )
        return cls.types[key]

    @classmethod
    def use_type(cls, **options):
        """Let the connection make time off of such a type."""
        cls.connection.leave_type_id = cls.type_for("nav", **options)

    @classmethod
    def schedule(cls, name, hours, **vals):
        """A working schedule.

        :param hours: {weekday or (week, weekday): [(from, to), …]}, Monday being 0
        """
        attendances = []
        for weekday, stretches in hours.items():
            week, weekday = weekday if isinstance(weekday, tuple) else (None, weekday)
            for start, stop in stretches:
                attendance = {
                    "name": "Work",
                    "dayofweek": str(weekday),
                    "hour_from": start,
                    "hour_to": stop,
                    "day_period": "morning" if start < 12 else "afternoon",
                }
                if week is not None:
                    attendance["week_type"] = week
                attendances.append(Command.create(attendance))
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": "Europe/Oslo",
                "company_id": cls.company.id,
                "attendance_ids": [Command.clear(), *attendances],
                **vals,
            }
        )

    @classmethod
    def public_holiday(cls, text, name="Public holiday"):
        first, last = span(text)
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "calendar_id": False,
                "resource_id": False,
                "date_from": f"{first - timedelta(days=1)} 22:00:00",
                "date_to": f"{last} 21:59:59",
                "time_type": "leave",
            }
        )

    @classmethod
    def person(cls, **vals):
        return cls._employee("Kari Prøve", leave_manager_id=cls.manager.id, **vals)

    def manual(self, text, employee, unit="day", **vals):
        """Leave by hand from ``sick 06-01..10 validate`` (or ``vacation …``)."""
        kind, days, state = text.split()
        first, last = span(days)
        if state == "validate1":
            vals["first_approver_id"] = self.approver.id
        leave_type = self.type_for("vacation" if kind == "vacation" else "manual", unit=unit)
        leave = self.leave(leave_type, first, last, state, employee=employee, **vals)
        if state == "validate1":
            leave.activity_update()
        return leave

    def play(self, case, employee=None):
        """Register the manual leave, then receive the notes; returns the employee."""
        employee = employee or self.person()
        for text in case.manual:
            self.manual(text, employee, **case.options)
        for text in case.notes:
            self.note(*note_periods(text), employee=employee)
        return employee

    def calendar_of(self, employee, states=(*COUNTING, "cancel", "refuse")):
        """The employee's leave as sorted texts: who, days, degree, number of days, state."""
        leaves = self.env["hr.leave"].search(
            [("employee_id", "=", employee.id), ("state", "in", states)]
        )
        return sorted(self._shown_leave(leave) for leave in leaves)

    def _shown_leave(self, leave):
        if leave.nav_sourced:
            who = "nav"
        else:
            who = "sick" if leave.holiday_status_id.is_sick_leave else "vacation"
        days = shown(leave.request_date_from, leave.request_date_to)
        number = round(leave.number_of_days, 4)
        return f"{who} {days} {leave.absence_degree} {number:g} {leave.state}"

    def expected(self, case):
        """The texts of a case in the form of :meth:`calendar_of`."""
        texts = []
        for text in case.expected:
            who, days, *rest = text.split()
            texts.append(" ".join([who, shown(*span(days)), *rest]))
        return sorted(texts)

    # ------------------------------------------------------------------ all places of a leave

    def assert_places(self, employee):
        """Each leave's calendar entries, meeting, activities, approvers and chatter fit it."""
        for leave in self.env["hr.leave"].search([("employee_id", "=", employee.id)]):
            with self.subTest(leave=self._shown_leave(leave)):
                self._assert_absence(leave)
                self._assert_meeting(leave)
                self._assert_approval(leave)
                if leave.state == "cancel":
                    self._assert_cancelled(leave)

    def absences(self, leave):
        return self.env["resource.calendar.leaves"].search(
            [("holiday_id", "=", leave.id)], order="date_from"
        )

    def _assert_absence(self, leave):
        absences = self.absences(leave)
        if leave.state != "validate":
            self.assertFalse(absences)
        elif leave._nav_counts_partially() and leave.resource_calendar_id:
            starts = [absence.date_from.date() for absence in absences]
            self.assertEqual(len(set(starts)), len(starts), "one piece a working day")
            for absence in absences:
                self.assertLessEqual(leave.date_from, absence.date_from)
                self.assertLessEqual(absence.date_to, leave.date_to)
        else:
            self.assertEqual(
                [(absence.date_from, absence.date_to) for absence in absences],
                [(leave.date_from, leave.date_to)],
            )

    def _assert_meeting(self, leave):
        meetings = self.env["calendar.event"].search(
            [("res_id", "=", leave.id), ("res_model", "=", "hr.leave")]
        ) | leave.meeting_id.filtered("active")
        if leave.state != "validate":
            self.assertFalse(meetings)
            return
        self.assertEqual(meetings, leave.meeting_id)
        self.assertEqual(len(meetings), 1)
        if meetings.allday:
            self.assertEqual(
                (meetings.start_date, meetings.stop_date),
                (leave.request_date_from, leave.request_date_to),
            )
        else:
            self.assertEqual((meetings.start, meetings.stop), (leave.date_from, leave.date_to))

    def _assert_approval(self, leave):
        activities = leave.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                in (
                    self.env.ref("hr_holidays.mail_act_leave_approval"),
                    self.env.ref("hr_holidays.mail_act_leave_second_approval"),
                )
            )
        )
        if leave.state == "validate1":
            self.assertEqual(leave.first_approver_id, self.approver)
        if leave.state in WAITING and leave.create_uid and not leave.nav_sourced:
            waits_for = self.manager if leave.state == "confirm" else self.hr
            self.assertEqual(activities.user_id, waits_for)
            self.assertEqual(len(activities), 1)
        else:
            self.assertFalse(activities)

    def _assert_cancelled(self, leave):
        if leave.nav_sourced:
            self.assertIn("sick note", leave.message_ids[0].body)
            return
        self.assertTrue(leave.nav_replaced_by_id)
        self.assertEqual(leave.nav_replaced_by_id.employee_id, leave.employee_id)
        body = leave.message_ids[0].body
        self.assertIn("covered by", body)
        self.assertIn('data-oe-model="nav.sick.note"', body)
        self.assertIn(f'data-oe-id="{leave.nav_replaced_by_id.id}"', body)


class OfficerCase(ScenarioCase):
    """What HR does who looks after NAV's sick notes and nothing else, with a time off type."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()
        cls.officer = cls._user("nav-hr-only", "nav_altinn_connector.group_nav_hr")
