from datetime import datetime, timedelta

import pytz

from odoo.fields import Command

from .scenarios import ScenarioCase, day

OSLO = pytz.timezone("Europe/Oslo")


class TestGradedCalendar(ScenarioCase):
    """How leave from NAV lies in the working calendar, for each kind of working schedule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def sick(self, first, last, what, employee):
        note = self.note((first, last, what), employee=employee)
        self.assertEqual(note.state, "applied", note.reason)
        return self.nav_leaves(employee).filtered(lambda leave: leave.nav_period_id.note_id == note)

    def pieces(self, leave):
        """The leave's absence in the calendar, in local time: (day, from, to)."""
        local = [
            # Odoo's midnight at the end of a day is a moment before it.
            [
                pytz.utc.localize(moment + timedelta(seconds=1)).astimezone(OSLO)
                for moment in (piece.date_from, piece.date_to)
            ]
            for piece in self.absences(leave)
        ]
        return [
            (str(start.date()), start.strftime("%H:%M"), stop.strftime("%H:%M"))
            for start, stop in local
        ]

    def working_hours(self, employee, first, last):
        """{day: hours that remain for work}, days without any left out."""
        start = OSLO.localize(datetime.combine(day(first), datetime.min.time()))
        stop = OSLO.localize(datetime.combine(day(last), datetime.max.time()))
        resource = employee.resource_id
        intervals = employee.resource_calendar_id._work_intervals_batch(
            start, stop, resources=resource
        )[resource.id]
        hours = {}
        for begin, end, _meta in intervals:
            key = str(begin.date())
            hours[key] = round(hours.get(key, 0) + (end - begin).total_seconds() / 3600, 4)
        return hours

    # ------------------------------------------------------------------ the share of a day

    def test_each_degree_takes_the_end_of_the_day(self):
        """Eight hours with an hour of lunch from 12 to 13."""
        starts = {
            20: "15:24",
            25: "15:00",
            40: "13:48",
            50: "13:00",
            60: "11:12",
            80: "09:36",
            99: "08:04",
        }
        for degree, start in starts.items():
            with self.subTest(degree):
                employee = self.person()
                leave = self.sick("2026-06-05", "2026-06-08", degree, employee)
                self.assertEqual(
                    self.pieces(leave),
                    [("2026-06-05", start, "17:00"), ("2026-06-08", start, "17:00")],
                )
                worked = self.working_hours(employee, "06-05", "06-08")
                for hours in worked.values():
                    self.assertAlmostEqual(hours, 8 * (100 - degree) / 100, delta=0.001)

    def test_full_counting_takes_whole_days(self):
        self.use_type(counting="full")
        employee = self.person()
        leave = self.sick("2026-06-01", "2026-06-05", 60, employee)
        self.assertEqual(len(self.absences(leave)), 1)
        self.assertEqual(self.working_hours(employee, "06-01", "06-07"), {})

    def test_a_full_leave_takes_whole_days(self):
        employee = self.person()
        leave = self.sick("2026-06-01", "2026-06-05", 100, employee)
        self.assertEqual(len(self.absences(leave)), 1)
        self.assertEqual(
            self.working_hours(employee, "05-29", "06-08"), {"2026-05-29": 8, "2026-06-08": 8}
        )

    def test_unavailability_of_the_employee(self):
        """60 % of eight hours: absent from 11:12 on, a lunch hour in between."""
        employee = self.person()
        self.sick("2026-06-02", "2026-06-02", 60, employee)
        start, stop = (OSLO.localize(datetime(2026, 6, 2, hour)) for hour in (8, 17))
        [unavailable] = employee.resource_id._get_unavailable_intervals(start, stop).values()
        busy = [
            (begin.astimezone(OSLO).strftime("%H:%M"), end.astimezone(OSLO).strftime("%H:%M"))
            for begin, end in unavailable
        ]
        busy = [(begin, end) for begin, end in busy if begin != end]
        self.assertEqual(busy[0][0], "11:12")
        self.assertEqual(busy[-1][1], "17:00")
        hours = employee._get_work_days_data_batch(datetime(2026, 6, 2), datetime(2026, 6, 3))[
            employee.id
        ]["hours"]
        self.assertAlmostEqual(hours, 3.2)

    def test_a_new_degree_moves_the_pieces(self):
        employee = self.person()
        self.sick("2026-06-01", "2026-06-12", 80, employee)
        self.sick("2026-06-08", "2026-06-12", 50, employee)
        worked = self.working_hours(employee, "06-01", "06-14")
        self.assertEqual(
            worked,
            {f"2026-06-{number:02}": 1.6 for number in range(1, 6)}
            | {f"2026-06-{number:02}": 4 for number in range(8, 13)},
        )

    def test_withdrawn_leave_gives_the_time_back(self):
        employee = self.person()
        leave = self.sick("2026-06-01", "2026-06-05", 60, employee)
        leave.nav_period_id.note_id.action_withdraw()
        self.assertEqual(set(self.working_hours(employee, "06-01", "06-05").values()), {8})

    def test_graded_manual_leave_lies_alike(self):
        employee = self.person()
        leave = self.manual("sick 06-02..03 validate", employee, absence_degree=50)
        self.assertEqual(
            self.pieces(leave),
            [("2026-06-02", "13:00", "17:00"), ("2026-06-03", "13:00", "17:00")],
        )
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (1, 8))

    def test_a_degree_needs_a_type_that_allows_it(self):
        leave = self.manual("vacation 06-02 confirm", self.person())
        with self.assertRaisesRegex(Exception, "does not allow graded"):
            leave.absence_degree = 50

    def test_a_change_of_counting_does_not_recount_the_past(self):
        employee = self.person()
        leave = self.sick("2026-06-01", "2026-06-05", 60, employee)
        self.use_type(counting="partial")
        leave.holiday_status_id.graded_counting = "full"
        self.env.flush_all()
        self.assertAlmostEqual(leave.number_of_days, 3)
        leave.holiday_status_id.graded_counting = "partial"

    # ------------------------------------------------------------------ public holidays, clocks

    def test_no_piece_on_a_public_holiday(self):
        self.public_holiday("05-14")
        employee = self.person()
        leave = self.sick("2026-05-13", "2026-05-15", 50, employee)
        self.assertEqual([piece[0] for piece in self.pieces(leave)], ["2026-05-13", "2026-05-15"])
        self.assertEqual(
            self.working_hours(employee, "05-13", "05-15"), {"2026-05-13": 4, "2026-05-15": 4}
        )

    def test_share_of_a_day_that_is_half_a_holiday(self):
        """Work ends at noon on Christmas Eve: half of four hours."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Christmas Eve",
                "company_id": self.company.id,
                "calendar_id": False,
                "date_from": "2026-12-24 11:00:00",
                "date_to": "2026-12-24 22:59:59",
            }
        )
        employee = self.person()
        leave = self.sick("2026-12-24", "2026-12-24", 50, employee)
        self.assertEqual(self.pieces(leave), [("2026-12-24", "10:00", "12:00")])
        self.assertAlmostEqual(leave.number_of_hours, 2)
        self.assertEqual(self.working_hours(employee, "12-24", "12-24"), {"2026-12-24": 2})

    def test_over_the_changes_of_the_clock(self):
        for first, last, days in (
            ("2026-03-27", "2026-03-30", ["2026-03-27", "2026-03-30"]),
            ("2026-10-23", "2026-10-26", ["2026-10-23", "2026-10-26"]),
        ):
            with self.subTest(first):
                employee = self.person()
                leave = self.sick(first, last, 50, employee)
                self.assertEqual(self.pieces(leave), [(name, "13:00", "17:00") for name in days])

    # ------------------------------------------------------------------ working schedules

    def test_part_time_days(self):
        """Monday to Wednesday, eight hours."""
        calendar = self.schedule("Three days", dict.fromkeys(range(3), [(8, 16)]))
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-01", "2026-06-14", 50, employee)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (3, 24))
        self.assertEqual(
            [piece[0][-2:] for piece in self.pieces(leave)], ["01", "02", "03", "08", "09", "10"]
        )
        self.assertEqual({piece[1:] for piece in self.pieces(leave)}, {("12:00", "16:00")})

    def test_part_time_hours(self):
        """Half days all week."""
        calendar = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-01", "2026-06-05", 60, employee)
        self.assertAlmostEqual(leave.number_of_days, 3)
        self.assertAlmostEqual(leave.number_of_hours, 12)
        self.assertEqual({piece[1:] for piece in self.pieces(leave)}, {("09:36", "12:00")})

    def test_days_without_work_make_leave_of_no_days(self):
        """Someone who works Mondays to Wednesdays is sick on Thursday and Friday."""
        calendar = self.schedule("Three days", dict.fromkeys(range(3), [(8, 16)]))
        employee = self.person(resource_calendar_id=calendar.id)
        for degree in (100, 50):
            leave = self.sick("2026-06-04", "2026-06-05", degree, employee)
            self.assertEqual((leave.state, leave.number_of_days), ("validate", 0))
            self.assertEqual(
                (leave.request_date_from, leave.request_date_to), (day("06-04"), day("06-05"))
            )
            leave.nav_period_id.note_id.action_withdraw()

    def test_two_week_schedule(self):
        """A week of three days and a week of two, in turn."""
        weeks = {("0", number): [(8, 16)] for number in range(3)}
        weeks |= {("1", number): [(8, 16)] for number in range(2)}
        calendar = self.schedule("Two weeks", weeks, two_weeks_calendar=True)
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-01", "2026-06-14", 50, employee)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (2.5, 20))
        self.assertEqual(len(self.pieces(leave)), 5)
        full = self.sick("2026-06-15", "2026-06-28", 100, employee)
        self.assertEqual((full.number_of_days, full.number_of_hours), (5, 40))

    def test_night_shift_over_midnight(self):
        """Nights from 22 to 6, from Monday evening to Friday morning, kept as two parts."""
        hours = {0: [(22, 24)], 4: [(0, 6)]}
        hours |= {number: [(0, 6), (22, 24)] for number in (1, 2, 3)}
        calendar = self.schedule("Nights", hours)
        employee = self.person(resource_calendar_id=calendar.id)
        for degree in (100, 50):
            with self.subTest(degree):
                leave = self.sick("2026-06-01", "2026-06-07", degree, employee)
                self.assertAlmostEqual(leave.number_of_hours, 32 * degree / 100, places=3)
                self.assertAlmostEqual(leave.number_of_days, 5 * degree / 100)
                left = self.working_hours(employee, "06-01", "06-07")
                self.assertAlmostEqual(sum(left.values()), 32 * (100 - degree) / 100, delta=0.01)
        self.assertEqual(
            self.pieces(leave)[:2],
            # Half of two hours on Monday, half of eight on Tuesday.
            [("2026-06-01", "23:00", "00:00"), ("2026-06-02", "04:00", "00:00")],
        )

    def test_evening_shift_ends_at_midnight(self):
        calendar = self.schedule("Evenings", dict.fromkeys(range(5), [(16, 24)]))
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-04", "2026-06-06", 25, employee)
        self.assertAlmostEqual(leave.number_of_days, 0.5)
        self.assertAlmostEqual(leave.number_of_hours, 4, places=3)
        self.assertEqual(
            self.pieces(leave),
            [("2026-06-04", "22:00", "00:00"), ("2026-06-05", "22:00", "00:00")],
        )

    def test_weekend_worker(self):
        calendar = self.schedule("Weekends", {5: [(10, 18)], 6: [(10, 18)]})
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-05", "2026-06-08", 50, employee)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (1, 8))
        self.assertEqual(
            self.pieces(leave),
            [("2026-06-06", "14:00", "18:00"), ("2026-06-07", "14:00", "18:00")],
        )

    def test_flexible_hours(self):
        """Forty hours a week whenever it suits: the leave counts all the same."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Flexible",
                "tz": "Europe/Oslo",
                "company_id": self.company.id,
                "flexible_hours": True,
                "hours_per_day": 8,
                "full_time_required_hours": 40,
                "attendance_ids": [Command.clear()],
            }
        )
        for degree in (100, 50):
            with self.subTest(degree):
                employee = self.person(resource_calendar_id=calendar.id)
                whole = self.manual("vacation 06-15..21 validate", employee)
                leave = self.sick("2026-06-01", "2026-06-07", degree, employee)
                self.assertEqual(leave.state, "validate")
                self.assertAlmostEqual(leave.number_of_days, whole.number_of_days * degree / 100)
                self.assertAlmostEqual(leave.number_of_hours, whole.number_of_hours * degree / 100)
                self.assertGreater(leave.number_of_days, 0)
                absent = sum(
                    (piece.date_to - piece.date_from for piece in self.absences(leave)),
                    timedelta(),
                )
                if degree == 50:
                    self.assertAlmostEqual(absent.total_seconds() / 3600, leave.number_of_hours)

    def test_flexible_hours_single_day(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Flexible",
                "tz": "Europe/Oslo",
                "company_id": self.company.id,
                "flexible_hours": True,
                "hours_per_day": 8,
                "full_time_required_hours": 40,
                "attendance_ids": [Command.clear()],
            }
        )
        employee = self.person(resource_calendar_id=calendar.id)
        leave = self.sick("2026-06-02", "2026-06-02", 40, employee)
        self.assertAlmostEqual(leave.number_of_days, 0.4)
        self.assertEqual(len(self.absences(leave)), 1)

    def test_no_schedule(self):
        """Fully flexible: no schedule at all. The leave is there, with the note's days."""
        for degree in (100, 50):
            with self.subTest(degree):
                employee = self.person(resource_calendar_id=False)
                whole = self.manual("vacation 06-15..21 validate", employee)
                leave = self.sick("2026-06-01", "2026-06-07", degree, employee)
                self.assertFalse(leave.resource_calendar_id)
                self.assertEqual(
                    (leave.request_date_from, leave.request_date_to, leave.state),
                    (day("06-01"), day("06-07"), "validate"),
                )
                self.assertAlmostEqual(leave.number_of_days, whole.number_of_days * degree / 100)
                self.assertEqual(len(self.absences(leave)), 1)

    def test_manual_leave_yields_without_a_schedule(self):
        employee = self.person(resource_calendar_id=False)
        self.manual("sick 06-01..10 validate", employee)
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        spans = [
            (leave.request_date_from.day, leave.request_date_to.day, leave.state)
            for leave in self.env["hr.leave"].search(
                [("employee_id", "=", employee.id)], order="request_date_from, id"
            )
        ]
        self.assertEqual(
            sorted(spans), [(1, 4, "validate"), (5, 10, "cancel"), (5, 15, "validate")]
        )
        self.assert_places(employee)

    def test_manual_leave_yields_on_each_schedule(self):
        """The days that manual leave keeps and loses are the note's, whatever the schedule."""
        nights = {number: [(0, 6), (22, 24)] for number in range(5)}
        weeks = {(week, number): [(8, 16)] for week in "01" for number in range(int(week) + 2)}
        schedules = {
            "part time": self.schedule("Part", dict.fromkeys(range(3), [(8, 16)])),
            "nights": self.schedule("Nights", nights),
            "two weeks": self.schedule("Two weeks", weeks, two_weeks_calendar=True),
            "flexible": self.env["resource.calendar"].create(
                {
                    "name": "Flexible",
                    "tz": "Europe/Oslo",
                    "company_id": self.company.id,
                    "flexible_hours": True,
                    "hours_per_day": 8,
                    "full_time_required_hours": 40,
                }
            ),
        }
        for name, calendar in schedules.items():
            for state in ("confirm", "validate"):
                with self.subTest(schedule=name, state=state):
                    employee = self.person(resource_calendar_id=calendar.id)
                    self.manual(f"sick 06-01..19 {state}", employee)
                    self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
                    leaves = self.env["hr.leave"].search([("employee_id", "=", employee.id)])
                    self.assertEqual(
                        sorted(
                            (leave.request_date_from.day, leave.request_date_to.day, leave.state)
                            for leave in leaves
                        ),
                        [(1, 4, state), (5, 15, "cancel"), (5, 15, "validate"), (16, 19, state)],
                    )
                    self.assert_places(employee)

    def test_employee_in_another_time_zone(self):
        """The days are those of the employee's own calendar, not shifted by time zones."""
        for tz in ("America/New_York", "Asia/Tokyo", "UTC"):
            with self.subTest(tz):
                calendar = self.calendar.copy({"tz": tz})
                employee = self.person(resource_calendar_id=calendar.id, tz=tz)
                self.manual("sick 06-01..10 validate", employee)
                self.note(("2026-06-05", "2026-06-15", 50), employee=employee)
                self.assertEqual(
                    self.calendar_of(employee),
                    [
                        "nav 2026-06-05..2026-06-15 50 3.5 validate",
                        "sick 2026-06-01..2026-06-04 100 4 validate",
                        "sick 2026-06-05..2026-06-10 100 4 cancel",
                    ],
                )
