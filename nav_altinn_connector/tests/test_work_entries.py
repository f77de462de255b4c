from collections import defaultdict
from datetime import date

from odoo.fields import Command
from odoo.tools import format_date

from .scenarios import ScenarioCase, day


class WorkEntryCase(ScenarioCase):
    """Someone with a contract and work entries for June 2026, where work entries are installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "leave_id" not in cls.env["ir.model"]._get("hr.work.entry").field_id.mapped("name"):
            cls.skipTest(cls, "hr_work_entry_holidays is not installed")
        cls.work_types = {}
        for kind in ("nav", "manual", "vacation"):
            entry_type = cls.env["hr.work.entry.type"].create(
                {"name": kind, "code": f"TEST{kind.upper()}", "is_leave": True}
            )
            cls.work_types[entry_type] = kind
            cls.type_for(kind).work_entry_type_id = entry_type
        cls.use_type()
        cls.connection.leave_type_id.responsible_ids = [Command.set(cls.hr.ids)]

    @classmethod
    def hired(cls, **vals):
        """An employee whose work entries of June are made already."""
        employee = cls.person(
            date_version=date(2026, 1, 1), contract_date_start=date(2026, 1, 1), **vals
        )
        employee.generate_work_entries(date(2026, 6, 1), date(2026, 6, 30))
        return employee

    def entries(self, employee, first="06-01", last="06-30"):
        return self.env["hr.work.entry"].search(
            [
                ("employee_id", "=", employee.id),
                ("date", ">=", day(first)),
                ("date", "<=", day(last)),
            ]
        )

    def lock(self, employee, first, last):
        """Payroll validates these days."""
        entries = self.entries(employee, first, last)
        self.assertTrue(entries)
        entries.write({"state": "validated"})
        return entries

    def hours(self, employee, first="06-01", last="06-30"):
        """{day: {kind of work entry: hours}}"""
        hours = defaultdict(lambda: defaultdict(float))
        for entry in self.entries(employee, first, last):
            kind = self.work_types.get(entry.work_entry_type_id, "work")
            hours[str(entry.date)[5:]][kind] += entry.duration
        return {
            name: {kind: round(number, 3) for kind, number in kinds.items()}
            for name, kinds in hours.items()
        }

    def june(self, **spans):
        """The work entries expected: ``work`` everywhere but on the days given for others."""
        expected = {}
        for number in range(1, 31):
            today = date(2026, 6, number)
            if today.weekday() < 5:
                expected[str(today)[5:]] = {"work": 8}
        for kind, (first, last, share) in spans.items():
            for name in expected:
                if f"06-{first:02}" <= name <= f"06-{last:02}":
                    absent = round(8 * share / 100, 3)
                    expected[name] = {kind: absent}
                    if share < 100:
                        expected[name]["work"] = round(8 - absent, 3)
        return expected


class TestWorkEntries(WorkEntryCase):
    """Work entries of leave from NAV: the degree's share of each day is sick, the rest is work."""

    def test_sixty_percent(self):
        """4.8 hours sick and 3.2 hours of work, each day, whichever was there first."""
        before = self.hired()
        self.note(("2026-06-01", "2026-06-12", 60), employee=before)
        after = self.person(date_version=date(2026, 1, 1), contract_date_start=date(2026, 1, 1))
        self.note(("2026-06-01", "2026-06-12", 60), employee=after)
        after.generate_work_entries(date(2026, 6, 1), date(2026, 6, 30))
        for employee in (before, after):
            hours = self.hours(employee)
            self.assertEqual(hours["06-01"], {"nav": 4.8, "work": 3.2})
            self.assertEqual(hours, self.june(nav=(1, 12, 60)))

    def test_each_degree_and_counting(self):
        for counting in ("partial", "full"):
            self.use_type(counting=counting)
            entry_type = next(t for t, kind in self.work_types.items() if kind == "nav")
            self.connection.leave_type_id.work_entry_type_id = entry_type
            for degree in (20, 50, 75, 99, 100):
                with self.subTest(counting=counting, degree=degree):
                    employee = self.hired()
                    self.note(("2026-06-05", "2026-06-15", degree), employee=employee)
                    share = degree if counting == "partial" else 100
                    self.assertEqual(self.hours(employee), self.june(nav=(5, 15, share)))
        self.use_type()

    def test_manual_leave_yields(self):
        employee = self.hired()
        self.manual("sick 06-01..10 validate", employee)
        self.assertEqual(self.hours(employee), self.june(manual=(1, 10, 100)))
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        self.assertEqual(self.hours(employee), self.june(manual=(1, 4, 100), nav=(5, 15, 60)))

    def test_manual_leave_around(self):
        employee = self.hired()
        self.manual("sick 06-01..30 validate", employee)
        self.note(("2026-06-08", "2026-06-12", 50), employee=employee)
        expected = self.june(manual=(1, 30, 100))
        expected.update({f"06-{number:02}": {"nav": 4, "work": 4} for number in range(8, 13)})
        self.assertEqual(self.hours(employee), expected)

    def test_withdrawing_gives_the_work_back(self):
        employee = self.hired()
        note = self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        note.action_withdraw()
        self.assertEqual(self.hours(employee), self.june())

    def test_withdrawing_with_restore_gives_the_manual_leave_back(self):
        employee = self.hired()
        self.manual("sick 06-01..10 validate", employee)
        note = self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        note.action_withdraw(restore=True)
        self.assertEqual(self.hours(employee), self.june(manual=(1, 10, 100)))

    def test_newer_notes_and_back(self):
        employee = self.hired()
        self.note(("2026-06-01", "2026-06-19", 100), employee=employee)
        newer = self.note(("2026-06-08", "2026-06-12", 50), employee=employee)
        expected = self.june(nav=(1, 19, 100))
        expected.update({f"06-{number:02}": {"nav": 4, "work": 4} for number in range(8, 13)})
        self.assertEqual(self.hours(employee), expected)
        newer.action_withdraw()
        self.assertEqual(self.hours(employee), self.june(nav=(1, 19, 100)))

    def test_vacation_keeps_its_days(self):
        """R4: both leaves stand; no day has more hours than it has."""
        employee = self.hired()
        self.manual("vacation 06-01..10 validate", employee)
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        for name, kinds in self.hours(employee).items():
            self.assertEqual(sum(kinds.values()), 8, name)

    def test_vacation_gets_its_days_back(self):
        """Both lie on a day; when NAV's goes, the other one holds it whole."""
        for degree in (50, 100):
            with self.subTest(degree):
                employee = self.hired()
                self.manual("vacation 06-01..10 validate", employee)
                note = self.note(("2026-06-05", "2026-06-15", degree), employee=employee)
                note.action_withdraw()
                self.assertEqual(self.hours(employee), self.june(vacation=(1, 10, 100)))

    def test_night_shift(self):
        """Nights end on the next day; no hour is lost or counted twice as leave comes and goes."""
        hours = {0: [(22, 24)], 4: [(0, 6)]}
        hours |= {number: [(0, 6), (22, 24)] for number in (1, 2, 3)}
        employee = self.hired(resource_calendar_id=self.schedule("Nights", hours).id)
        before = self.hours(employee)
        self.assertEqual(before["06-02"], {"work": 8})
        note = self.note(("2026-06-02", "2026-06-03", 50), employee=employee)
        self.assertEqual(
            self.hours(employee),
            {**before, "06-02": {"nav": 4, "work": 4}, "06-03": {"nav": 4, "work": 4}},
        )
        note.action_withdraw()
        self.assertEqual(self.hours(employee), before)

    def test_leave_moves_over_the_days_of_another(self):
        """A new schedule in the middle moves the cut between two leaves of one note."""
        employee = self.hired()
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        employee.create_version(
            {"date_version": date(2026, 6, 8), "resource_calendar_id": mornings.id}
        )
        self.note(("2026-06-01", "2026-06-19", 100), employee=employee)
        self.assertEqual(len(self.nav_leaves(employee)), 2)
        for name, kinds in self.hours(employee, "06-01", "06-19").items():
            self.assertEqual(kinds, {"nav": 8 if name < "06-08" else 4}, name)

    def test_no_entry_is_in_conflict(self):
        employee = self.hired()
        self.manual("sick 06-01..10 validate", employee)
        self.note(("2026-06-05", "2026-06-15", 60), employee=employee)
        self.assertNotIn("conflict", self.entries(employee).mapped("state"))


class TestPayrollLocks(WorkEntryCase):
    """R8: days that payroll has validated stay as they are, and HR is told."""

    def words(self, first, last):
        """Days as the conflict names them."""
        return f"{format_date(self.env, day(first))} to {format_date(self.env, day(last))}"

    def told(self, note):
        """Users with an activity because of the note."""
        return note.activity_ids.user_id

    def test_no_leave_on_locked_days(self):
        employee = self.hired()
        self.lock(employee, "06-01", "06-05")
        note = self.note(("2026-06-03", "2026-06-12", 60), employee=employee)
        self.assertEqual(self.calendar_of(employee), ["nav 2026-06-06..2026-06-12 60 3 validate"])
        self.assertEqual(note.state, "applied")
        self.assertIn(self.words("06-03", "06-05"), note.payroll_conflict or "")
        self.assertEqual(self.told(note), self.hr)
        self.assertEqual(self.hours(employee), self.june(nav=(8, 12, 60)))
        self.assertEqual(
            set(self.entries(employee, "06-01", "06-05").mapped("state")), {"validated"}
        )

    def test_all_days_locked(self):
        employee = self.hired()
        self.lock(employee, "06-01", "06-12")
        note = self.note(("2026-06-03", "2026-06-05", 100), employee=employee)
        self.assertEqual(self.calendar_of(employee), [])
        self.assertIn(self.words("06-03", "06-05"), note.payroll_conflict or "")
        self.assertIn("No other time off is registered there.", note.payroll_advice)

    def test_one_day_is_no_range(self):
        employee = self.hired()
        self.lock(employee, "06-03", "06-03")
        note = self.note(("2026-06-03", "2026-06-05", 100), employee=employee)
        locked = f"{format_date(self.env, day('06-03'))}: locked by payroll."
        self.assertTrue((note.payroll_conflict or "").startswith(locked))

    def test_manual_leave_stays_on_locked_days(self):
        employee = self.hired()
        self.manual("sick 06-01..10 validate", employee)
        self.lock(employee, "06-01", "06-05")
        locked = self.entries(employee, "06-01", "06-05")
        note = self.note(("2026-06-03", "2026-06-12", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-06..2026-06-12 100 5 validate",
                "sick 2026-06-01..2026-06-05 100 5 validate",
                "sick 2026-06-06..2026-06-10 100 3 cancel",
            ],
        )
        self.assertTrue(note.payroll_conflict)
        stands = self.type_for("manual").name
        self.assertIn(f"Registered there: {stands}. Ask payroll", note.payroll_advice)
        self.assertEqual(self.entries(employee, "06-01", "06-05"), locked)
        self.assertEqual(self.hours(employee), self.june(manual=(1, 5, 100), nav=(6, 12, 100)))
        self.assert_places(employee)

    def test_newer_note_leaves_locked_days_to_the_older(self):
        employee = self.hired()
        self.note(("2026-06-01", "2026-06-12", 100), employee=employee)
        self.lock(employee, "06-01", "06-05")
        newer = self.note(("2026-06-03", "2026-06-10", 50), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-01..2026-06-05 100 5 validate",
                "nav 2026-06-06..2026-06-10 50 1.5 validate",
                "nav 2026-06-11..2026-06-12 100 2 validate",
            ],
        )
        self.assertIn(self.words("06-03", "06-05"), newer.payroll_conflict or "")
        self.assertIn("is not registered there", newer.payroll_conflict)
        stands = f"{self.connection.leave_type_id.name} (100 %, NAV)"
        self.assertIn(f"Registered there: {stands}. Ask payroll", newer.payroll_advice)
        expected = self.june(nav=(1, 12, 100))
        expected.update({f"06-{number:02}": {"nav": 4, "work": 4} for number in (8, 9, 10)})
        self.assertEqual(self.hours(employee), expected)

    def test_locked_days_in_the_middle(self):
        employee = self.hired()
        self.lock(employee, "06-09", "06-10")
        self.note(("2026-06-01", "2026-06-19", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-01..2026-06-08 100 6 validate",
                "nav 2026-06-11..2026-06-19 100 7 validate",
            ],
        )

    def test_withdrawing_leaves_locked_days_and_tells(self):
        employee = self.hired()
        note = self.note(("2026-06-01", "2026-06-12", 60), employee=employee)
        self.lock(employee, "06-01", "06-05")
        note.action_withdraw()
        self.assertEqual(
            self.calendar_of(employee, ("validate",)),
            ["nav 2026-06-01..2026-06-05 60 3 validate"],
        )
        self.assertEqual(note.state, "withdrawn")
        self.assertIn(self.words("06-01", "06-05"), note.payroll_conflict or "")
        self.assertIn("is left there", note.payroll_conflict)
        self.assertEqual(self.told(note), self.hr)
        self.assertEqual(self.hours(employee), self.june(nav=(1, 5, 60)))
        self.entries(employee, "06-01", "06-05").write({"state": "draft"})
        note.with_user(self.hr).action_mend()
        self.assertFalse(note.payroll_conflict)
        self.assertFalse(note.settle_reason)
        self.assertFalse(self.told(note), "nothing is left to do")
        self.assertEqual(self.hours(employee), self.june())

    def test_restoring_leaves_locked_days(self):
        """What NAV's leave was paid for is not manual leave as well."""
        employee = self.hired()
        self.manual("sick 06-01..12 validate", employee)
        note = self.note(("2026-06-01", "2026-06-12", 60), employee=employee)
        self.lock(employee, "06-01", "06-05")
        note.action_withdraw(restore=True)
        self.assertEqual(
            self.calendar_of(employee, ("validate",)),
            [
                "nav 2026-06-01..2026-06-05 60 3 validate",
                "sick 2026-06-06..2026-06-12 100 5 validate",
            ],
        )
        expected = self.june(manual=(6, 12, 100))
        expected.update({f"06-{number:02}": {"nav": 4.8, "work": 3.2} for number in range(1, 6)})
        self.assertEqual(self.hours(employee), expected)

    def test_unlocked_days_are_settled_by_themselves(self):
        employee = self.hired()
        entries = self.lock(employee, "06-01", "06-05")
        note = self.note(("2026-06-01", "2026-06-12", 60), employee=employee)
        self.assertTrue(note.payroll_conflict)
        entries.write({"state": "draft"})
        note.invalidate_recordset(["payroll_advice"])
        self.assertEqual(
            note.payroll_advice, "Payroll has opened these days again: press Try Again."
        )
        note.action_apply()
        self.assertFalse(note.payroll_conflict)
        self.assertFalse(note.payroll_advice)
        self.assertEqual(self.hours(employee), self.june(nav=(1, 12, 60)))
        self.assertEqual(sum(self.nav_leaves(employee).mapped("number_of_days")), 6)

    def test_settled_with_payroll(self):
        """Days that stay locked do not stay in the queue."""
        employee = self.hired()
        self.lock(employee, "06-01", "06-05")
        note = self.note(("2026-06-03", "2026-06-12", 60), employee=employee)
        self.assertEqual(note.settle_reason, "payroll")
        other = self.note(("2026-06-15", "2026-06-16", 60), employee=employee)
        (note | other).with_user(self.hr).action_payroll_settled()
        self.assertFalse(note.settle_reason)
        self.assertFalse(other.payroll_settled, "nothing of it is locked")
        self.assertFalse(self.told(note))
        answer = other.with_user(self.hr).action_payroll_settled()
        self.assertIn("Payroll has locked no days", answer["params"]["message"])
        note.action_apply()
        self.assertFalse(note.settle_reason, "nobody is asked again")
        self.assertFalse(note.reason, "nothing is shown as to be settled")
        self.assertTrue(note.payroll_conflict, "the note still tells of it")
        self.patch(self.registry["nav.sick.note"], "_conflict_words", lambda *args: "Andre ord")
        note.action_apply()
        self.assertFalse(note.settle_reason, "the same in other words is not another conflict")
        self.lock(employee, "06-08", "06-12")
        note.action_withdraw()
        self.assertEqual(note.settle_reason, "payroll", "another conflict is another question")

    def test_the_same_conflict_is_told_once(self):
        employee = self.hired()
        self.lock(employee, "06-01", "06-05")
        note = self.note(("2026-06-03", "2026-06-12", 60), employee=employee)
        messages = len(note.message_ids)
        for _again in range(3):
            note.action_apply()
        self.assertEqual(len(note.activity_ids), 1)
        self.assertEqual(len(note.message_ids), messages)

    def test_schedule_change_leaves_locked_leave(self):
        """A new schedule does not recount days that payroll has paid."""
        employee = self.hired()
        self.note(("2026-06-01", "2026-06-05", 50), employee=employee)
        self.lock(employee, "06-01", "06-05")
        leave = self.nav_leaves(employee)
        mornings = self.schedule("Mornings", dict.fromkeys(range(5), [(8, 12)]))
        employee.version_id.resource_calendar_id = mornings
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (2.5, 20))
        self.assertEqual(leave.resource_calendar_id, self.calendar)
