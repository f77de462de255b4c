from odoo.fields import Command

from .common import check_digits
from .scenarios import ScenarioCase, day


def d_number():
    """A valid synthetic D-number: day raised by 40, month by 80."""
    for serial in range(500, 999):
        nine = f"418180{serial}"
        digits = check_digits(nine)
        if digits:
            return nine + digits
    raise AssertionError("no such number")


class TestMatching(ScenarioCase):
    """Whose note it is, why it waits, and that it is applied when the cause is gone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def setUp(self):
        super().setUp()
        self.number = next(self.numbers)

    def waiting(self, number=None, **changes):
        return self.receive(
            self.payload((day("06-01"), day("06-05"), 60), fnr=number or self.number, **changes)
        )

    def assert_waits(self, note, reason):
        self.assertEqual((note.state, note.waiting_reason), ("waiting", reason))
        self.assertTrue(note.reason)
        self.assertFalse(note.employee_id)
        self.assertFalse(note.leave_ids)

    def assert_applied(self, note, employee):
        self.assertEqual((note.state, note.waiting_reason), ("applied", False))
        self.assertEqual(note.employee_id, employee)
        self.assertEqual(note.leave_ids.mapped("state"), ["validate"])
        self.assertFalse(note.reason)

    # ------------------------------------------------------------------ how numbers are written

    def test_spaces_and_dashes_on_both_sides(self):
        n = self.number
        ways = [
            n,
            f"{n[:6]} {n[6:]}",
            f"{n[:6]}-{n[6:]}",
            f" {n} ",
            f"{n[:2]}.{n[2:4]}.{n[4:]}",
            f"{n[:6]}\u00a0{n[6:]}",
            f"{n[:6]}\u2013{n[6:]}",
        ]
        for at_employee in ways:
            for on_note in (n, f"{n[:6]} {n[6:]}", f"{n[:6]}-{n[6:]}"):
                with self.subTest(employee=at_employee, note=on_note):
                    employee = self.person(identification_id=at_employee)
                    self.assert_applied(self.waiting(on_note), employee)
                    employee.identification_id = False

    def test_d_number(self):
        employee = self.person(identification_id=d_number())
        self.assert_applied(self.waiting(d_number()), employee)

    def test_a_number_among_letters_is_another_number(self):
        self.person(identification_id=f"NO{self.number}")
        self.assert_waits(self.waiting(), "no_employee")

    def test_invalid_numbers(self):
        wrong = self.number[:-1] + str((int(self.number[-1]) + 1) % 10)
        for number in (wrong, "12345678901", "1", "0" * 11, "abcdefghijk", self.number + "0"):
            with self.subTest(number):
                employee = self.person(identification_id=number)
                self.assert_waits(self.waiting(number), "invalid_identity")
                employee.identification_id = False

    def test_synthetic_numbers_wait_in_production(self):
        self.connection.maskinporten_client_id.environment = "production"
        self.env.flush_all()
        employee = self.person(identification_id=self.number)
        note = self.waiting()
        self.assert_waits(note, "invalid_identity")
        self.connection.maskinporten_client_id.environment = "test"
        note.action_apply()
        self.assert_applied(note, employee)

    # ------------------------------------------------------------------ none and several

    def test_nobody_until_hr_enters_the_number(self):
        employee = self.person(identification_id=False)
        note = self.waiting()
        self.assert_waits(note, "no_employee")
        employee.identification_id = f"{self.number[:6]} {self.number[6:]}"
        self.assert_applied(note, employee)

    def test_nobody_until_the_employee_is_created(self):
        note = self.waiting()
        self.assert_waits(note, "no_employee")
        self.assert_applied(note, self.person(identification_id=self.number))

    def test_entered_by_an_officer_who_knows_nothing_of_notes(self):
        officer = self._user("officer", "hr.group_hr_user")
        employee = self.person(identification_id=False)
        note = self.waiting()
        employee.with_user(officer).identification_id = self.number
        self.assert_applied(note, employee)

    def test_two_until_one_is_corrected(self):
        first = self.person(identification_id=self.number)
        second = self.person(identification_id=f"{self.number[:6]} {self.number[6:]}")
        note = self.waiting()
        self.assert_waits(note, "several_employees")
        second.identification_id = next(self.numbers)
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assert_applied(note, first)

    def test_several_notes_at_once(self):
        employee = self.person(identification_id=False)
        notes = self.receive(
            *[
                self.payload(
                    (day(f"06-{first:02}"), day(f"06-{first + 4:02}"), 60), fnr=self.number
                )
                for first in (1, 8, 15)
            ]
        )
        self.assertEqual(set(notes.mapped("waiting_reason")), {"no_employee"})
        employee.identification_id = self.number
        self.assertEqual(set(notes.mapped("state")), {"applied"})
        self.assertEqual(len(self.nav_leaves(employee)), 3)

    # ------------------------------------------------------------------ archived

    def test_archived_until_unarchived(self):
        employee = self.person(identification_id=self.number)
        employee.active = False
        note = self.waiting()
        self.assert_waits(note, "archived_employee")
        employee.active = True
        self.assert_applied(note, employee)

    def test_archived_and_active_with_the_same_number(self):
        """Somebody who came back: the active one is meant."""
        former = self.person(identification_id=self.number)
        former.active = False
        employee = self.person(identification_id=self.number)
        self.assert_applied(self.waiting(), employee)

    def test_two_archived(self):
        (
            self.person(identification_id=self.number) | self.person(identification_id=self.number)
        ).active = False
        self.assert_waits(self.waiting(), "several_employees")

    def test_archiving_takes_no_leave_away(self):
        employee = self.person(identification_id=self.number)
        note = self.waiting()
        employee.active = False
        note.action_apply()
        self.assert_applied(note, employee)

    # ------------------------------------------------------------------ audience

    def test_departments_with_children(self):
        above = self.env["hr.department"].create({"name": "A", "company_id": self.company.id})
        below = self.env["hr.department"].create(
            {"name": "B", "company_id": self.company.id, "parent_id": above.id}
        )
        other = self.env["hr.department"].create({"name": "C", "company_id": self.company.id})
        self.connection.write(
            {"audience": "departments", "department_ids": [Command.set(above.ids)]}
        )
        for department, applied in ((above, True), (below, True), (other, False), (False, False)):
            with self.subTest(department and department.name):
                number = next(self.numbers)
                employee = self.person(
                    identification_id=number, department_id=department and department.id
                )
                note = self.waiting(number)
                if applied:
                    self.assert_applied(note, employee)
                else:
                    self.assert_waits(note, "outside_audience")
                    employee.department_id = below
                    self.assert_applied(note, employee)

    def test_chosen_employees(self):
        inside = self.person()
        outside = self.person(identification_id=self.number)
        self.connection.write({"audience": "employees", "employee_ids": [Command.set(inside.ids)]})
        note = self.waiting()
        self.assert_waits(note, "outside_audience")
        fetch_cron = self.env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", fetch_cron.id)])
        woken.unlink()
        self.connection.employee_ids |= outside
        self.assertTrue(woken.search([("cron_id", "=", fetch_cron.id)]), "waiting notes are tried")
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assert_applied(note, outside)
        self.assert_applied(self.note(("2026-06-01", "2026-06-05", 100), employee=inside), inside)

    def test_audience_of_everyone_again(self):
        self.connection.audience = "employees"
        employee = self.person(identification_id=self.number)
        note = self.waiting()
        self.assert_waits(note, "outside_audience")
        self.connection.audience = "everyone"
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assert_applied(note, employee)

    def test_employee_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another employer"})
        self.env.user.company_ids |= other
        stranger = (
            self.env["hr.employee"]
            .with_context(allowed_company_ids=other.ids)
            .create({"name": "Stranger", "company_id": other.id, "identification_id": self.number})
        )
        note = self.waiting()
        self.assert_waits(note, "no_employee")
        employee = self.person(identification_id=self.number)
        self.assert_applied(note, employee)
        self.assertFalse(self.nav_leaves(stranger))

    # ------------------------------------------------------------------ where the number is

    def test_another_field(self):
        self.connection.identity_field = "ssnid"
        wrong = self.person(identification_id=self.number)
        note = self.waiting()
        self.assert_waits(note, "no_employee")
        employee = self.person(identification_id=False)
        employee.ssnid = f"{self.number[:6]} {self.number[6:]}"
        self.assert_applied(note, employee)
        self.assertFalse(self.nav_leaves(wrong))

    def test_the_field_is_changed(self):
        employee = self.person(identification_id=False, ssnid=self.number)
        note = self.waiting()
        self.assert_waits(note, "no_employee")
        self.connection.identity_field = "ssnid"
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assert_applied(note, employee)

    # ------------------------------------------------------------------ one stops no other

    def test_a_waiting_note_stops_no_other(self):
        employee = self.person()
        notes = self.receive(
            self.payload((day("06-01"), day("06-05"), 60), fnr=self.number),
            self.payload((day("06-01"), day("06-05"), 60), employee=employee),
        )
        self.assertEqual(notes.mapped("state"), ["waiting", "applied"])

    def test_waiting_again_writes_nothing(self):
        note = self.waiting()
        self.env.flush_all()
        before = note.write_date, len(note.message_ids)
        for _again in range(3):
            self.env["nav.connection"]._apply_all(lambda: 1)
        self.assertEqual((note.write_date, len(note.message_ids)), before)

    def test_a_changed_number_does_not_move_applied_notes(self):
        employee = self.person(identification_id=self.number)
        note = self.waiting()
        employee.identification_id = next(self.numbers)
        other = self.person(identification_id=self.number)
        note.action_apply()
        self.assert_applied(note, employee)
        self.assertFalse(self.nav_leaves(other))
