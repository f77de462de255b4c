from datetime import date
from unittest.mock import patch

from odoo.exceptions import ValidationError

from .common import NavCase
from .scenarios import ScenarioCase, note_periods


class TestRules(NavCase):
    """The rules of absence R1 to R8 through the database, with both examples of the manual."""

    def test_example_a_vacation_stays_and_sick_leave_counts_in_full(self):
        vacation = self.leave(self.vacation_type, date(2026, 6, 1), date(2026, 6, 10))
        self.assertEqual(vacation.number_of_days, 8)
        note = self.note((date(2026, 6, 5), date(2026, 6, 15), 100))
        self.assertEqual(note.state, "applied")
        leave = self.nav_leaves()
        self.assertEqual(self.spans(leave), [(date(2026, 6, 5), date(2026, 6, 15), 100)])
        self.assertEqual(leave.number_of_days, 7)
        self.assertEqual(leave.state, "validate")
        self.assertEqual(vacation.state, "validate")
        self.assertEqual(vacation.number_of_days, 8)
        self.assertTrue(note.overlaps_other)

    def test_example_b_manual_sick_leave_yields(self):
        manual = self.leave(self.manual_sick_type, date(2026, 6, 1), date(2026, 6, 10))
        note = self.note((date(2026, 6, 5), date(2026, 6, 15), 60))
        self.assertEqual(manual.state, "validate")
        self.assertEqual(manual.request_date_to, date(2026, 6, 4))
        self.assertEqual(manual.number_of_days, 4)
        cancelled = note.replaced_leave_ids
        self.assertEqual(
            (cancelled.request_date_from, cancelled.request_date_to, cancelled.state),
            (date(2026, 6, 5), date(2026, 6, 10), "cancel"),
        )
        leave = self.nav_leaves()
        self.assertEqual(self.spans(leave), [(date(2026, 6, 5), date(2026, 6, 15), 60)])
        self.assertAlmostEqual(leave.number_of_days, 7 * 0.6)
        self.assertAlmostEqual(leave.number_of_hours, 7 * 8 * 0.6)


class TestOrder(ScenarioCase):
    """R5: what comes first does not matter, and what comes twice comes once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def run_overlap_cron(self):
        cron = self.env.ref("nav_altinn_connector.ir_cron_cancel_overlaps")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    # ------------------------------------------------------------------ leave after the note

    def test_vacation_on_top_of_sick_leave_is_not_blocked(self):
        employee = self.person()
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        vacation = self.manual("vacation 06-01..10 confirm", employee)
        self.assertEqual(vacation.number_of_days, 8)
        self.assertIn("Sick leave from NAV", vacation.nav_overlap_message)
        self.assertEqual(vacation.nav_overlap_ids, self.nav_leaves(employee))
        vacation.with_user(self.hr).action_approve()
        self.assertEqual(vacation.state, "validate")
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-05..2026-06-15 60 4.2 validate",
                "vacation 2026-06-01..2026-06-10 100 8 validate",
            ],
        )
        self.assert_places(employee)

    def test_the_employee_may_ask_for_vacation_on_top(self):
        user = self._user("self", "base.group_user")
        employee = self.person(user_id=user.id)
        self.note(("2027-06-07", "2027-06-18", 100), employee=employee)
        vacation = (
            self.env["hr.leave"]
            .with_user(user)
            .create(
                {
                    "holiday_status_id": self.type_for("vacation").id,
                    "employee_id": employee.id,
                    "request_date_from": date(2027, 6, 10),
                    "request_date_to": date(2027, 6, 11),
                }
            )
        )
        self.assertEqual((vacation.state, vacation.number_of_days), ("confirm", 2))
        self.assertFalse(vacation.dashboard_warning_message)

    def test_other_overlaps_are_still_refused(self):
        employee = self.person()
        self.note(("2026-06-01", "2026-06-12", 100), employee=employee)
        self.manual("vacation 06-08..10 validate", employee)
        for text in ("vacation 06-10..11 confirm", "sick 06-08 confirm"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ValidationError, "overlap"),
                self.env.cr.savepoint(),
            ):
                self.manual(text, employee)

    def test_late_manual_sick_leave_is_cancelled_by_the_cron(self):
        for state in ("confirm", "validate1", "validate"):
            with self.subTest(state):
                employee = self.person()
                self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
                self.manual(f"sick 06-01..10 {state}", employee)
                self.run_overlap_cron()
                self.assertEqual(
                    self.calendar_of(employee),
                    [
                        "nav 2026-06-05..2026-06-15 60 4.2 validate",
                        f"sick 2026-06-01..2026-06-04 100 4 {state}",
                        "sick 2026-06-05..2026-06-10 100 4 cancel",
                    ],
                )
                self.assert_places(employee)

    def test_the_cron_twice_changes_nothing(self):
        employee = self.person()
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        self.manual("sick 06-01..10 validate", employee)
        self.run_overlap_cron()
        before = self.calendar_of(employee)
        messages = self.env["mail.message"].search_count([])
        self.run_overlap_cron()
        self.assertEqual(self.calendar_of(employee), before)
        self.assertEqual(self.env["mail.message"].search_count([]), messages)

    def test_late_manual_leave_wakes_the_cron(self):
        employee = self.person()
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        cron = self.env.ref("nav_altinn_connector.ir_cron_cancel_overlaps")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        woken.unlink()
        self.manual("vacation 06-08..10 confirm", employee)
        self.assertFalse(woken.search([("cron_id", "=", cron.id)]))
        self.manual("sick 06-11..12 confirm", employee)
        self.assertTrue(woken.search([("cron_id", "=", cron.id)]))

    # ------------------------------------------------------------------ any order

    def test_every_order_of_notes_and_manual_leave(self):
        steps = [
            ("manual", "sick 06-03..24 validate"),
            ("note", (201, "06-01..12 100")),
            ("note", (202, "06-08..17 50")),
            ("note", (203, "06-10..11 advisory")),
        ]
        orders = [
            (0, 1, 2, 3),
            (1, 2, 3, 0),
            (3, 2, 1, 0),
            (2, 0, 3, 1),
            (3, 0, 1, 2),
            (1, 0, 3, 2),
            (0, 3, 2, 1),
            (2, 3, 1, 0),
        ]
        calendars = set()
        for order in orders:
            with self.subTest(order):
                employee = self.person()
                for index in order:
                    self._step(employee, *steps[index])
                days = self.calendar_days(employee)
                calendars.add(tuple(sorted((day, *sorted(what)) for day, what in days.items())))
                self.assert_places(employee)
        self.assertEqual(len(calendars), 1)
        [calendar] = calendars
        held = {
            day.day: {(source, degree) for source, degree, _state in what}
            for day, *what in calendar
        }
        manual = self.type_for("manual").name
        self.assertEqual(held[7], {("nav", 100)})
        self.assertEqual(held[9], {("nav", 50)})
        self.assertEqual(held[10], {(manual, 100)})
        self.assertEqual(held[12], {("nav", 50)})
        self.assertEqual(held[18], {(manual, 100)})

    def _step(self, employee, kind, what):
        if kind == "manual":
            self.manual(what, employee)
            late = self.env["nav.sick.note"]._employees_with_late_manual_leave()
            self.env["nav.sick.note"]._decide_each(late & employee)
            return
        loepenr, periods = what
        payload = self.payload(
            *note_periods(periods),
            employee=employee,
            loepenr=loepenr,
            sykmeldingId=f"{loepenr}-{employee.id}",
        )
        self.receive(payload)
        self.receive(payload)

    def test_repeats_change_nothing(self):
        employee = self.person()
        self.manual("sick 06-01..10 validate", employee)
        payload = self.payload(("2026-06-05", "2026-06-15", 60), employee=employee)
        note = self.receive(payload, payload)
        self.assertEqual(len(note), 1)
        before = self.calendar_of(employee)
        leaves = self.env["hr.leave"].search([("employee_id", "=", employee.id)])
        for _again in range(3):
            self.assertFalse(self.receive(payload))
            note.action_apply()
            note._decide(employee)
        self.assertEqual(self.calendar_of(employee), before)
        self.assertEqual(self.env["hr.leave"].search([("employee_id", "=", employee.id)]), leaves)


class TestLaterChanges(ScenarioCase):
    """What changes around leave from NAV after it was made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def hired(self, since, **vals):
        return self.person(date_version=since, contract_date_start=since, **vals)

    def test_public_holiday_comes_later(self):
        for degree in (100, 60):
            with self.subTest(degree):
                employee = self.person()
                note = self.note(("2026-05-11", "2026-05-15", degree), employee=employee)
                holiday = self.public_holiday("05-14")
                leave = self.nav_leaves(employee)
                self.assertEqual((leave.state, leave.nav_overridden), ("validate", False))
                self.assertAlmostEqual(leave.number_of_days, 4 * degree / 100)
                if degree < 100:
                    self.assertNotIn(
                        date(2026, 5, 14),
                        [piece.date_from.date() for piece in self.absences(leave)],
                    )
                    self.assertEqual(len(self.absences(leave)), 4)
                holiday.unlink()
                self.assertAlmostEqual(leave.number_of_days, 5 * degree / 100)
                note.action_apply()
                self.assertEqual(self.nav_leaves(employee), leave)

    def test_public_holiday_takes_the_only_working_day(self):
        """R7: the leave stays approved, with 0 days."""
        employee = self.person()
        self.note(("2026-05-14", "2026-05-14", 100), employee=employee)
        self.public_holiday("05-14")
        leave = self.nav_leaves(employee)
        self.assertEqual((leave.state, leave.number_of_days), ("validate", 0))

    def test_public_holiday_registered_by_a_person_is_no_decision_on_the_leave(self):
        employee = self.person()
        self.note(("2026-05-11", "2026-05-15", 60), employee=employee)
        self.env["resource.calendar.leaves"].with_user(self.hr).create(
            {
                "name": "Ascension Day",
                "company_id": self.company.id,
                "date_from": "2026-05-13 22:00:00",
                "date_to": "2026-05-14 21:59:59",
            }
        )
        leave = self.nav_leaves(employee)
        self.assertEqual((leave.state, leave.nav_overridden), ("validate", False))
        self.assertAlmostEqual(leave.number_of_days, 2.4)

    def test_schedule_changes_within_a_period(self):
        """Odoo refuses leave across two schedules: one leave for each."""
        employee = self.hired(date(2026, 1, 1))
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        employee.create_version(
            {"date_version": date(2026, 6, 8), "resource_calendar_id": mornings.id}
        )
        self.note(("2026-06-01", "2026-06-12", 50), employee=employee)
        leaves = self.nav_leaves(employee)
        self.assertEqual(
            [
                (
                    leave.request_date_from.day,
                    leave.request_date_to.day,
                    leave.number_of_days,
                    leave.number_of_hours,
                    leave.resource_calendar_id,
                )
                for leave in leaves
            ],
            [(1, 7, 2.5, 20, self.calendar), (8, 12, 2.5, 10, mornings)],
        )

    def test_schedule_changes_later(self):
        """The same, when the change of schedule is registered after the note."""
        employee = self.hired(date(2026, 1, 1))
        note = self.note(("2026-06-01", "2026-06-12", 50), employee=employee)
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        self.hr.group_ids += self.env.ref("hr.group_hr_manager")
        employee.with_user(self.hr).create_version(
            {"date_version": date(2026, 6, 8), "resource_calendar_id": mornings.id}
        )
        leaves = self.nav_leaves(employee)
        self.assertEqual(
            [
                (
                    leave.request_date_from.day,
                    leave.request_date_to.day,
                    leave.number_of_days,
                    leave.number_of_hours,
                )
                for leave in leaves
            ],
            [(1, 7, 2.5, 20), (8, 12, 2.5, 10)],
        )
        self.assertFalse(any(leaves.mapped("nav_overridden")))
        self.assert_places(employee)
        before = self.calendar_of(employee)
        note.action_apply()
        self.assertEqual(self.calendar_of(employee), before)

    def test_schedule_is_corrected_for_the_whole_time(self):
        employee = self.hired(date(2026, 1, 1))
        self.note(("2026-06-01", "2026-06-12", 50), employee=employee)
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        employee.version_id.resource_calendar_id = mornings
        leave = self.nav_leaves(employee)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (5, 20))
        self.assertEqual(leave.resource_calendar_id, mornings)
        self.assertEqual({piece.date_from.hour for piece in self.absences(leave)}, {8})

    def test_a_version_that_goes_away(self):
        employee = self.hired(date(2026, 1, 1))
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        version = employee.create_version(
            {"date_version": date(2026, 6, 8), "resource_calendar_id": mornings.id}
        )
        self.note(("2026-06-01", "2026-06-12", 100), employee=employee)
        self.assertEqual(len(self.nav_leaves(employee)), 2)
        version.unlink()
        leaves = self.nav_leaves(employee)
        self.assertEqual(sum(leaves.mapped("number_of_hours")), 80)

    def test_a_new_contract_with_the_same_schedule_cuts_nothing(self):
        employee = self.hired(date(2026, 1, 1))
        employee.version_id.contract_date_end = date(2026, 6, 7)
        employee.create_version(
            {
                "date_version": date(2026, 6, 8),
                "contract_date_start": date(2026, 6, 8),
                "contract_date_end": False,
            }
        )
        self.note(("2026-06-01", "2026-06-12", 50), employee=employee)
        self.assertEqual(self.calendar_of(employee), ["nav 2026-06-01..2026-06-12 50 5 validate"])

    def test_a_failing_retry_loses_nothing(self):
        """An applied note of which a retry fails keeps its leave, and there is no second one."""
        employee = self.person()
        note = self.note(("2026-06-01", "2026-06-12", 60), employee=employee)
        before = self.calendar_of(employee)

        def broken(*_args, **_kwargs):
            raise ValueError("broken")

        with (
            self.patched_decide(broken),
            self.assertLogs(
                "odoo.addons.nav_altinn_connector.models.nav_sick_note_apply", "WARNING"
            ),
        ):
            note.action_apply()
        self.assertEqual(self.calendar_of(employee), before)
        note.action_apply()
        self.assertEqual(note.state, "applied")
        self.assertEqual(self.calendar_of(employee), before)

    def patched_decide(self, function):
        return patch.object(type(self.env["nav.sick.note"]), "_decide_in_company", function)
