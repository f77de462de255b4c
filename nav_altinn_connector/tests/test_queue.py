from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form

from .common import org_numbers
from .scenarios import OfficerCase, day


class TestQueue(OfficerCase):
    """Each reason for which a note waits, and the one step that mends it, as HR takes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._user(
            "nav-both",
            "nav_altinn_connector.group_nav_hr,nav_altinn_connector.group_nav_admin",
        )

    def setUp(self):
        super().setUp()
        self.number = next(self.numbers)

    def waiting(self, *days, number=None, name="Kari Prøve", **changes):
        periods = days or [("06-01", "06-05")]
        payloads = [
            self.payload(
                (day(first), day(last), 60),
                fnr=number or self.number,
                sykmeldt={"fnr": number or self.number, "navn": name},
                **changes,
            )
            for first, last in periods
        ]
        return self.receive(*payloads)

    def wizard(self, notes, user=None, **vals):
        """The wizard that the notes' one step opens, as a person has it."""
        action = notes.with_user(user or self.officer).action_mend()
        wizard = self.env[action["res_model"]].with_user(user or self.officer)
        return wizard.with_context(**action["context"]).create(vals)

    def assert_applied(self, notes, employee):
        self.assertEqual(set(notes.mapped("state")), {"applied"})
        self.assertEqual(notes.employee_id, employee)
        self.assertEqual(set(notes.leave_ids.mapped("state")), {"validate"})
        self.assertEqual(set(notes.mapped("settle_reason")), {False})

    # ------------------------------------------------------------------ nobody

    def test_nobody_has_the_number(self):
        employee = self.person(identification_id=False)
        notes = self.waiting(("06-01", "06-05"), ("06-08", "06-12"))
        self.assertEqual(set(notes.mapped("settle_reason")), {"no_employee"})
        wizard = self.wizard(notes[0])
        line = wizard.line_ids
        self.assertEqual((line.employee_id, line.found), (employee, "same"))
        self.assertEqual(line.note_count, 2, "all notes of the person")
        self.assertIn("The number is written", line.effect)
        wizard.action_match()
        self.assert_applied(notes, employee)
        self.assertEqual(employee.identification_id, self.number)
        self.assert_applied(self.waiting(("06-15", "06-19")), employee)

    def test_people_are_suggested_by_name_in_bulk(self):
        cases = {}
        for name, on_note in (
            ("Ida Eksempel", "EKSEMPEL IDA"),
            ("Per Eksempel", "Per Nils Eksempel"),
        ):
            employee = self._employee(name, identification_id=False)
            cases[employee] = self.waiting(number=next(self.numbers), name=on_note)
        unknown = self.waiting(number=next(self.numbers), name="Ukjent Person")
        wizard = self.wizard(unknown.union(*cases.values()))
        self.assertEqual(len(wizard.line_ids), 3)
        by_note = {line.note_id: line for line in wizard.line_ids}
        self.assertEqual(by_note[unknown].found, "none")
        self.assertFalse(by_note[unknown].employee_id)
        wizard.action_match()
        for employee, notes in cases.items():
            self.assert_applied(notes, employee)
        self.assertEqual(unknown.waiting_reason, "no_employee")

    def test_who_has_a_number_is_not_suggested(self):
        employee = self.person()
        number = employee.identification_id
        notes = self.waiting()
        wizard = self.wizard(notes)
        self.assertFalse(wizard.line_ids.employee_id)
        with self.assertRaisesRegex(UserError, "Choose an employee"):
            wizard.action_match()
        wizard.line_ids.employee_id = employee
        self.assertIn("another number", wizard.line_ids.effect)
        wizard.action_match()
        self.assert_applied(notes, employee)
        self.assertEqual(employee.identification_id, number, "it is not overwritten")

    def test_another_companys_employee_cannot_be_chosen(self):
        other = self.env["res.company"].create({"name": "Another employer"})
        stranger = self.env["hr.employee"].create({"name": "Stranger", "company_id": other.id})
        notes = self.waiting()
        with self.assertRaises(UserError):
            notes._belongs_to(stranger)
        self.assertEqual(notes.state, "waiting")

    # ------------------------------------------------------------------ several

    def test_several_have_the_number(self):
        first = self.person(identification_id=self.number)
        second = self.person(identification_id=f"{self.number[:6]} {self.number[6:]}")
        notes = self.waiting()
        self.assertEqual(notes.settle_reason, "several_employees")
        wizard = self.wizard(notes)
        line = wizard.line_ids
        self.assertFalse(line.employee_id, "a person has to choose")
        self.assertIn("Choose whose it is: Kari", line.effect)
        self.assertEqual(line.candidate_ids, first | second)
        line.employee_id = second
        self.assertIn("removed from Kari", line.effect)
        wizard.action_match()
        self.assert_applied(notes, second)
        self.assertFalse(first.identification_id)
        self.assertIn("belongs to another employee", first.message_ids[0].body)
        self.assertNotIn(self.number, first.message_ids[0].body)

    def test_the_archived_one_beside_them_keeps_the_number(self):
        archived = self.person(identification_id=self.number, active=False)
        first, second = (self.person(identification_id=self.number) for _each in range(2))
        wizard = self.wizard(self.waiting())
        self.assertEqual(wizard.line_ids.candidate_ids, first | second)
        wizard.line_ids.employee_id = first
        wizard.action_match()
        self.assertEqual(archived.identification_id, self.number)
        self.assertFalse(second.identification_id)

    def test_only_those_who_have_it_can_be_chosen(self):
        for _each in range(2):
            self.person(identification_id=self.number)
        outsider = self.person(identification_id=False)
        wizard = self.wizard(self.waiting())
        wizard.line_ids.employee_id = outsider
        with self.assertRaisesRegex(UserError, "one of those who have"):
            wizard.action_match()

    def test_the_number_is_not_valid(self):
        wrong = self.number[:-1] + str((int(self.number[-1]) + 1) % 10)
        employee = self.person(identification_id=False)
        notes = self.waiting(number=wrong)
        self.assertEqual(notes.settle_reason, "invalid_identity")
        wizard = self.wizard(notes)
        self.assertEqual(wizard.line_ids.employee_id, employee)
        self.assertIn("Only these", wizard.line_ids.effect)
        wizard.action_match()
        self.assert_applied(notes, employee)
        self.assertFalse(employee.identification_id, "a wrong number is written nowhere")

    # ------------------------------------------------------------------ archived, not included

    def test_archived_in_bulk(self):
        people = {}
        for _each in range(2):
            employee = self.person(identification_id=next(self.numbers), active=False)
            people[employee] = self.waiting(number=employee.identification_id)
        notes = self.env["nav.sick.note"].union(*people.values())
        wizard = self.wizard(notes)
        self.assertEqual(wizard.reason, "archived_employee")
        employees = self.env["hr.employee"].union(*people)
        self.assertEqual(wizard.employee_ids, employees)
        left_out = employees[1]
        wizard.employee_ids -= left_out
        employees.departure_date = day("05-01")
        wizard.action_unarchive()
        self.assert_applied(people[employees[0]], employees[0])
        self.assertFalse(employees[0].departure_date, "she has not left")
        self.assertFalse(left_out.active)
        self.assertEqual(people[left_out].waiting_reason, "archived_employee")

    def test_include_the_department(self):
        inside, outside = self.env["hr.department"].create(
            [{"name": name, "company_id": self.company.id} for name in ("Ward", "Kitchen")]
        )
        self.connection.write(
            {"audience": "departments", "department_ids": [Command.set(inside.ids)]}
        )
        employee = self.person(identification_id=self.number, department_id=outside.id)
        notes = self.waiting()
        self.assertEqual(notes.settle_reason, "outside_audience")
        # HR asks, an administrator does it.
        wizard = self.wizard(notes)
        self.assertFalse(wizard.may_include)
        self.assertEqual(wizard.department_ids, outside)
        with self.assertRaises(AccessError):
            wizard.action_include()
        answer = wizard.action_ask()
        self.assertIn("were asked", answer["params"]["message"])
        wizard.action_ask()
        activities = self.connection.activity_ids.filtered(
            lambda activity: activity.user_id == self.administrator
        )
        self.assertEqual(len(activities), 1, "asked once")
        self.assertIn("Kitchen", activities.note)
        self.assertNotIn(employee.name, activities.note)
        wizard = self.wizard(notes, self.administrator)
        self.assertTrue(wizard.may_include)
        wizard.action_include()
        self.assertEqual(self.connection.department_ids, inside | outside)
        self.assert_applied(notes, employee)

    def test_include_the_employee(self):
        self.connection.write(
            {"audience": "employees", "employee_ids": [Command.set(self.person().ids)]}
        )
        employee = self.person(identification_id=self.number)
        notes = self.waiting()
        self.wizard(notes, self.administrator).action_include()
        self.assertIn(employee, self.connection.employee_ids)
        self.assert_applied(notes, employee)

    def test_include_the_sub_unit(self):
        employee = self.person(identification_id=self.number)
        numbers = org_numbers()
        other = [next(numbers) for _each in range(3)][2]
        notes = self.waiting(arbeidsgiver={"navn": "Elsewhere", "orgnr": other})
        self.assertEqual(notes.settle_reason, "unit_not_included")
        wizard = self.wizard(notes, self.administrator)
        self.assertIn(other, wizard.units)
        wizard.action_include()
        self.assert_applied(notes, employee)
        self.assertIn(other, self.connection.unit_ids.filtered("selected").mapped("org_number"))

    # ------------------------------------------------------------------ in general

    def test_different_reasons_have_different_steps(self):
        archived = self.person(identification_id=next(self.numbers), active=False)
        notes = self.waiting() | self.waiting(number=archived.identification_id)
        with self.assertRaisesRegex(UserError, "same reason"):
            notes.with_user(self.officer).action_mend()

    def test_reasons_of_whose_note_it_is_go_together(self):
        self.person(identification_id=self.number)
        self.person(identification_id=self.number)
        notes = self.waiting() | self.waiting(number=next(self.numbers))
        self.assertEqual(len(self.wizard(notes).line_ids), 2)

    def test_as_many_queries_for_many_people(self):
        """A page of the queue is as cheap as a row of it, but for the rows themselves."""
        notes = self.env["nav.sick.note"]
        for _each in range(8):
            number = next(self.numbers)
            for _holder in range(2):
                self.person(identification_id=number)
            notes |= self.waiting(number=number)
        lines = self.wizard(notes).line_ids

        def queries(lines):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            shown = lines.with_prefetch().mapped(lambda line: (line.note_count, line.effect))
            return self.env.cr.sql_log_count - before, shown

        for_one, _shown = queries(lines[:1])
        for_all, shown = queries(lines)
        self.assertEqual(len(shown), 8)
        self.assertLessEqual(for_all, for_one + 2)

    def test_counts_by_reason(self):
        for _each in range(2):
            self.waiting(number=next(self.numbers))
        groups = (
            self.env["nav.sick.note"]
            .with_user(self.officer)
            ._read_group(
                [("connection_id", "=", self.connection.id), ("settle_reason", "!=", False)],
                ["settle_reason"],
                ["__count"],
            )
        )
        self.assertEqual(groups, [("no_employee", 2)])

    def test_the_wizard_in_the_form(self):
        employee = self.person(identification_id=False)
        notes = self.waiting()
        action = notes.with_user(self.officer).action_mend()
        form = Form(
            self.env["nav.sick.note.match"]
            .with_user(self.officer)
            .with_context(**action["context"])
        )
        with form.line_ids.edit(0) as line:
            self.assertEqual(line.employee_id, employee)
        form.save().action_match()
        self.assert_applied(notes, employee)

    # ------------------------------------------------------------------ ignoring

    def ignore(self, notes, why="left", words=False):
        wizard = self.env["nav.sick.note.ignore"].with_user(self.officer)
        wizard.create({"note_ids": notes.ids, "why": why, "words": words}).action_ignore()

    def test_ignore_and_take_up_again(self):
        notes = self.waiting()
        self.ignore(notes, "other", "She moved to the sister company")
        self.assertEqual(notes.state, "ignored")
        self.assertEqual(notes.reason, "She moved to the sister company")
        self.assertEqual(notes.ignored_by_id, self.officer)
        self.assertFalse(notes.settle_reason)
        employee = self.person(identification_id=self.number)
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assertEqual(notes.state, "ignored", "nothing is done to it by itself")
        notes.with_user(self.officer).action_unignore()
        self.assert_applied(notes, employee)
        self.assertFalse(notes.ignored_reason)

    def test_a_broken_note_is_broken_again(self):
        notes = self.receive(self.payload(("2026-06-05", "2026-06-01", 100)))
        words = notes.failure_reason
        self.ignore(notes)
        self.assertEqual((notes.state, notes.settle_reason), ("ignored", False))
        notes.action_unignore()
        self.assertEqual((notes.state, notes.failure_reason), ("failed", words))
        self.ignore(notes)
        correct = self.payload(("2026-06-01", "2026-06-05", 100), loepenr=notes.loepenr)
        self.connection._store_page(self.unit, [correct])
        self.assertEqual(notes.state, "received", "NAV has corrected it: that is news")

    def test_trying_again_says_what_is_left(self):
        broken = self.receive(self.payload(("2026-06-05", "2026-06-01", 100)))
        answer = broken.with_user(self.officer).action_mend()
        self.assertEqual(answer["params"]["message"], broken.failure_reason)
        note = self.note(("2026-06-01", "2026-06-05", 100), employee=self.person())
        answer = note.with_user(self.officer).action_mend()
        self.assertIn("nothing to settle", answer["params"]["message"])

    def test_a_withdrawn_note_is_taken_up_again(self):
        employee = self.person()
        self.manual("sick 06-03..10 validate", employee)
        note = self.note(("2026-06-01", "2026-06-05", 100), employee=employee)
        standing = self.calendar_days(employee)
        note.with_user(self.officer).action_withdraw(restore=True)
        self.assertNotEqual(self.calendar_days(employee), standing)
        note.with_user(self.officer).action_unignore()
        self.assertEqual(note.state, "applied")
        self.assertEqual(self.calendar_days(employee), standing)

    def test_what_is_registered_is_not_ignored(self):
        note = self.note(("2026-06-01", "2026-06-05", 100), employee=self.person())
        with self.assertRaisesRegex(UserError, "Withdraw"):
            self.ignore(note)
        self.assertEqual(note.state, "applied")

    # ------------------------------------------------------------------ corrections

    def overlapping(self):
        """An older note of three weeks, and a newer one of the first of them, just now."""
        employee = self.person()
        first = date.today() - timedelta(days=7)
        older = self.note((first, first + timedelta(days=20), 100), employee=employee)
        newer = self.note((first, first + timedelta(days=6), 50), employee=employee)
        return older, newer

    def test_a_correction_is_pointed_out_and_withdrawn(self):
        older, newer = self.overlapping()
        self.assertEqual((older.settle_reason, older.correction_id), ("correction", newer))
        self.assertFalse(newer.settle_reason)
        self.assertIn("newer sick note ends on", older.reason)
        activities = older.activity_ids.filtered(lambda activity: activity.user_id == self.hr)
        self.assertEqual(len(activities), 1)
        older.action_apply()
        self.assertEqual(older.activity_ids, activities, "told once")
        own = older.activity_schedule("mail.mail_activity_data_call", user_id=self.hr.id)
        own.automated = False
        self.wizard(older).action_withdraw_older()
        self.assertEqual(older.state, "withdrawn")
        self.assertFalse(older.correction_id)
        self.assertEqual(older.activity_ids, own, "the task is done, a person's own stays")
        leaves = self.nav_leaves(newer.employee_id)
        self.assertEqual((leaves.request_date_to, leaves.absence_degree), (newer.date_to, 50))

    def test_both_are_right(self):
        older, newer = self.overlapping()
        days = self.spans(self.nav_leaves(older.employee_id))
        self.wizard(older).action_both_right()
        self.assertFalse(older.activity_ids)
        older.action_apply()
        self.assertEqual((older.state, older.settle_reason), ("applied", False))
        self.assertEqual(self.spans(self.nav_leaves(older.employee_id)), days)
        first = newer.date_from
        third = self.note((first, first + timedelta(days=3), 80), employee=older.employee_id)
        self.assertEqual(older.correction_id, third, "another newer note is another question")

    def test_the_past_is_not_asked_about(self):
        employee = self.person()
        long_ago = date.today() - timedelta(days=200)
        older = self.note((long_ago, long_ago + timedelta(days=20), 100), employee=employee)
        self.note((long_ago, long_ago + timedelta(days=6), 50), employee=employee)
        self.assertFalse(older.correction_id)
        self.assertFalse(older.settle_reason)
