from datetime import date

from odoo.exceptions import ValidationError

from .scenarios import ScenarioCase, day


class TestOdooCorners(ScenarioCase):
    """What Odoo 19 does with overlapping, cut, twice approved and empty leave, and what leave from
    NAV does in its place. Each test first shows Odoo's own way, so that a change of it is seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def test_overlapping_leave_counts_in_full(self):
        """Odoo counts only the days that no other approved leave holds: 3 in place of 7."""
        employee = self.person()
        self.manual("vacation 06-01..10 validate", employee)
        manual = (
            self.env["hr.leave"]
            .with_context(leave_skip_date_check=True)
            .create(
                {
                    "holiday_status_id": self.type_for("manual").id,
                    "employee_id": employee.id,
                    "request_date_from": date(2026, 6, 5),
                    "request_date_to": date(2026, 6, 15),
                }
            )
        )
        self.assertEqual(manual.number_of_days, 3, "Odoo's own way")
        manual.unlink()
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-05..2026-06-15 100 7 validate",
                "vacation 2026-06-01..2026-06-10 100 8 validate",
            ],
        )

    def test_counting_anew_changes_nothing(self):
        """Whatever makes Odoo compute the length again, both keep their days."""
        employee = self.person()
        vacation = self.manual("vacation 06-01..10 validate", employee)
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        leaves = vacation | self.nav_leaves(employee)
        self.env.add_to_compute(leaves._fields["number_of_days"], leaves)
        self.env.add_to_compute(leaves._fields["number_of_hours"], leaves)
        self.assertEqual([round(days, 4) for days in leaves.mapped("number_of_days")], [8, 4.2])
        self.assertEqual(
            [round(hours, 4) for hours in leaves.mapped("number_of_hours")], [64, 33.6]
        )

    def test_a_cut_moves_absence_and_meeting(self):
        """Odoo's own cutting shortens approved leave but leaves both at the old dates."""
        employee = self.person()
        odoo = self.manual("vacation 06-22..30 validate", employee)
        odoo._split_leaves(date(2026, 6, 26), date(2026, 7, 1))
        self.assertEqual(odoo.request_date_to, date(2026, 6, 25))
        self.assertEqual(self.absences(odoo).date_to.date(), date(2026, 6, 30), "Odoo's own way")
        manual = self.manual("sick 06-01..10 validate", employee)
        meeting = manual.meeting_id
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        self.assertEqual(manual.meeting_id, meeting)
        self.assertEqual(meeting.stop_date, date(2026, 6, 4))
        self.assertIn("4 days", meeting.name)
        self.assertEqual(self.absences(manual).date_to, manual.date_to)
        self.note(("2026-06-11", "2026-06-20", 50), employee=employee)
        nav = self.nav_leaves(employee)[0]
        self.assertEqual(nav.meeting_id.stop_date, date(2026, 6, 10))
        self.assertEqual(self.absences(nav).date_to, nav.date_to)

    def test_odoo_cuts_leave_from_nav_in_all_places(self):
        """What Odoo itself cuts, as when somebody leaves the company."""
        employee = self.person()
        self.note(("2026-06-01", "2026-06-19", 50), employee=employee)
        nav = self.nav_leaves(employee)
        new = nav._split_leaves(date(2026, 6, 8), date(2026, 6, 10))
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-01..2026-06-07 50 2.5 validate",
                "nav 2026-06-10..2026-06-19 50 4 validate",
            ],
        )
        self.assertEqual(len(self.absences(nav)), 5)
        self.assertEqual(len(self.absences(new)), 8)
        for leave in nav | new:
            self._assert_meeting(leave)

    def test_two_approvers(self):
        """Odoo's shortcut for approval stops at the first of two approvers."""
        employee = self.person()
        manual = self.manual("sick 06-22..23 confirm", employee)
        manual.action_approve(check_state=False)
        self.assertEqual(manual.state, "validate1", "Odoo's own way")
        self.note(("2026-06-01", "2026-06-05", 100), employee=employee)
        nav = self.nav_leaves(employee)
        self.assertEqual((nav.state, nav.validation_type), ("validate", "both"))
        self.assertFalse(nav.activity_ids)
        self.assertTrue(self.absences(nav))
        self.assertTrue(nav.meeting_id.active)

    def test_leave_without_working_days(self):
        employee = self.person()
        manual = self.manual("sick 06-13..14 confirm", employee)
        self.assertEqual(manual.number_of_days, 0)
        with self.assertRaisesRegex(ValidationError, "not supposed to work"):
            manual.action_approve()
        note = self.note(("2026-06-06", "2026-06-07", 100), employee=employee)
        self.assertEqual(note.state, "applied")
        nav = self.nav_leaves(employee)
        self.assertEqual((nav.state, nav.number_of_days), ("validate", 0))

    def test_several_absences_for_one_leave(self):
        """Availability is right, and none of them outlives the leave."""
        employee = self.person()
        note = self.note(("2026-06-01", "2026-06-12", 60), employee=employee)
        nav = self.nav_leaves(employee)
        absences = self.absences(nav)
        self.assertEqual(len(absences), 10)
        self.assertEqual(set(absences.mapped("time_type")), {"leave"})
        hours = sum((a.date_to - a.date_from).total_seconds() / 3600 for a in absences)
        self.assertAlmostEqual(hours, 10 * 5.8)  # with the lunch hour in it
        left = employee._list_work_time_per_day(nav.date_from, nav.date_to, calendar=self.calendar)[
            employee.id
        ]
        self.assertEqual([round(worked, 4) for _day, worked in left], [3.2] * 10)
        note.action_withdraw()
        self.assertFalse(absences.exists())


class TestOdooWizards(ScenarioCase):
    """Odoo's own tools that change leave in bulk, on top of leave from NAV."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def test_collective_vacation_leaves_sick_leave_alone(self):
        """R4 the other way: the company closes for a week in which somebody is sick."""
        for unit in ("day", "half_day", "hour"):
            with self.subTest(unit):
                self.use_type(unit=unit)
                employee = self.person()
                self.note(
                    ("2026-06-01", "2026-06-12", 60),
                    ("2026-06-15", "2026-06-15", 100),
                    employee=employee,
                )
                before = self.calendar_of(employee)
                self.env["hr.leave.generate.multi.wizard"].with_user(self.hr).create(
                    {
                        "name": "Closed",
                        "holiday_status_id": self.type_for("vacation").id,
                        "allocation_mode": "employee",
                        "employee_ids": employee.ids,
                        "company_id": self.company.id,
                        "date_from": date(2026, 6, 8),
                        "date_to": date(2026, 6, 15),
                    }
                ).action_generate_time_off()
                after = self.calendar_of(employee)
                self.assertEqual([text for text in after if text.startswith("nav")], before)
                self.assertIn("vacation 2026-06-08..2026-06-15 100 6 validate", after)

    def test_departure_ends_leave_from_nav_for_good(self):
        employee = self.person()
        self.note(
            ("2026-06-01", "2026-06-12", 60), ("2026-06-15", "2026-06-19", 100), employee=employee
        )
        self.hr.group_ids += self.env.ref("hr.group_hr_manager")
        wizard = (
            self.env["hr.departure.wizard"]
            .with_user(self.hr)
            .create(
                {
                    "employee_ids": employee.ids,
                    "departure_reason_id": self.env["hr.departure.reason"].search([], limit=1).id,
                    "departure_date": date(2026, 6, 5),
                }
            )
        )
        wizard.action_register_departure()
        expected = ["nav 2026-06-01..2026-06-05 60 3 validate"]
        self.assertEqual(self.calendar_of(employee, ("validate",)), expected)
        self.assert_absences_within(employee, day("06-01"), day("06-05"))
        # The next note does not bring back what the departure has ended.
        self.note((date(2026, 6, 3), date(2026, 6, 3), 80), employee=employee)
        self.assertEqual(
            [text[4:] for text in self.calendar_of(employee, ("validate",))],
            [
                "2026-06-01..2026-06-02 60 1.2 validate",
                "2026-06-03 80 0.8 validate",
                "2026-06-04..2026-06-05 60 1.2 validate",
            ],
        )

    def assert_absences_within(self, employee, first, last):
        absences = self.env["resource.calendar.leaves"].search(
            [("resource_id", "=", employee.resource_id.id)]
        )
        self.assertTrue(absences)
        for absence in absences:
            self.assertTrue(first <= absence.date_from.date() <= absence.date_to.date() <= last)
