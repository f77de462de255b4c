import base64
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import html2plaintext

from ..models import plain_words_notice
from .scenarios import OfficerCase, day, note_periods

ENTRY = "nav.sick.note.entry"


class TestManualNote(OfficerCase):
    """A sick note on paper, or from a hospital, that HR enters: time off like that of one from
    NAV, which takes its place when it comes."""

    def setUp(self):
        super().setUp()
        self.employee = self.person()

    def enter(self, text, user=None, **vals):
        """Enter a note as HR, from texts such as ``06-01..10 60``."""
        lines = []
        for first, last, what in note_periods(text):
            kind = what if isinstance(what, str) else ("full" if what == 100 else "graded")
            degree = what if kind == "graded" else 100
            lines.append(
                Command.create(
                    {"date_from": first, "date_to": last, "kind": kind, "degree": degree}
                )
            )
        wizard = (
            self.env[ENTRY]
            .with_user(user or self.officer)
            .create({"employee_id": self.employee.id, "line_ids": lines, **vals})
        )
        return self.env["nav.sick.note"].browse(wizard.action_enter()["res_id"])

    def standing(self):
        return self.calendar_of(self.employee, ("confirm", "validate1", "validate"))

    # ------------------------------------------------------------------ the same as from NAV

    def test_time_off_like_that_of_nav(self):
        self.manual("sick 06-08..17 validate", self.employee)
        note = self.enter("06-01..12 100, 06-13..19 60, 06-20..21 advisory")
        self.assertEqual((note.state, note.source), ("applied", "manual"))
        self.assertEqual(note.employee_id, self.employee)
        self.assertEqual(note.entered_by_id, self.officer)
        self.assertEqual(note.absence_from, day("06-01"))
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-12 100 10 validate",
                "nav 2026-06-13..2026-06-19 60 3 validate",
            ],
        )
        self.assert_places(self.employee)

    def test_it_says_where_it_comes_from(self):
        note = self.enter("06-01..12 60")
        leave = note.leave_ids
        self.assertTrue(leave.nav_entered)
        self.assertEqual(leave.nav_label, "60 %, sick note")
        self.assertIn("HR entered", leave.message_ids[0].body)
        self.assertNotIn("NAV", leave.message_ids[0].body)

    def test_in_the_follow_up(self):
        self.connection.followup_enabled = True
        self.enter("06-01..12 100")
        self.env["nav.sick.case"]._follow(self.employee)
        case = self.env["nav.sick.case"].search([("employee_id", "=", self.employee.id)])
        self.assertEqual((case.first_day, case.last_day), (day("06-01"), day("06-12")))

    def test_navs_note_goes_on_with_the_case_and_its_plan(self):
        """Another degree, and only a part of the days; and then the paper is taken back."""
        self.connection.followup_enabled = True
        entered = self.enter("06-01..12 100")
        Case = self.env["nav.sick.case"]
        Case._follow(self.employee)
        case = Case.search([("employee_id", "=", self.employee.id)])
        plan = self.env["nav.followup.plan"].create({"case_id": case.id})
        from_nav = self.note((day("06-03"), day("06-19"), 60), employee=self.employee)
        Case._follow(self.employee)
        self.assertEqual(Case.search([("employee_id", "=", self.employee.id)]), case)
        self.assertEqual((case.first_day, case.last_day), (day("06-01"), day("06-19")))
        self.assertEqual(case.note_ids, entered | from_nav)
        entered.with_user(self.officer).action_withdraw(restore=True)
        Case._follow(self.employee)
        self.assertEqual((case.first_day, case.last_day), (day("06-03"), day("06-19")))
        self.assertEqual((case.note_ids, case.plan_ids), (from_nav, plan))
        self.assertEqual(self.standing(), ["nav 2026-06-03..2026-06-19 60 7.8 validate"])

    def test_told_like_one_from_nav(self):
        user = self._user("sick-person", "base.group_user")
        self.employee.user_id = user
        notices = self.env["nav.notice"].search([("user_id", "=", user.id)])
        self.assertFalse(notices)
        note = self.enter("06-01..12 100")
        notices = notices.search([("user_id", "=", user.id)])
        self.assertEqual(len(notices), 1)
        subject, body = plain_words_notice.message(self.env, notices.content)
        self.assertEqual(subject, "Your sick leave is registered")
        self.assertNotIn("NAV", html2plaintext(body, include_references=False))
        notices.unlink()
        self.enter("06-01..10 100", origin_id=note.id)
        notices = notices.search([("user_id", "=", user.id)])
        self.assertEqual(len(notices), 1, "a correction is one thing that happens, not two")

    def test_for_somebody_outside_the_audience(self):
        self.connection.write(
            {"audience": "employees", "employee_ids": [Command.set(self.person().ids)]}
        )
        note = self.enter("06-01..12 100")
        self.assertEqual(note.state, "applied")
        note.action_apply()
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assertEqual(note.state, "applied")

    # ------------------------------------------------------------------ when NAV's comes

    def test_a_note_from_nav_takes_its_place(self):
        entered = self.enter("06-01..12 100")
        from_nav = self.note((day("06-01"), day("06-12"), 60), employee=self.employee)
        self.assertEqual((entered.state, from_nav.state), ("superseded", "applied"))
        self.assertEqual(self.standing(), ["nav 2026-06-01..2026-06-12 60 6 validate"])
        self.assertFalse(self.nav_leaves(self.employee).nav_entered)
        self.assert_places(self.employee)

    def test_the_order_does_not_matter(self):
        """R5, with a third note by hand; also when the one from NAV was there first."""
        steps = {
            "nav": lambda: self.note((day("06-05"), day("06-15"), 60), employee=self.employee),
            "paper": lambda: self.enter("06-01..08 100"),
            "hospital": lambda: self.enter("06-12..22 80"),
        }
        found = set()
        for order in (
            ("nav", "paper", "hospital"),
            ("paper", "nav", "hospital"),
            ("hospital", "paper", "nav"),
        ):
            self.employee = self.person()
            for name in order:
                steps[name]()
            found.add(tuple(self.standing()))
        self.assertEqual(
            found,
            {
                (
                    "nav 2026-06-01..2026-06-04 100 4 validate",
                    "nav 2026-06-05..2026-06-15 60 4.2 validate",
                    "nav 2026-06-16..2026-06-22 80 4 validate",
                )
            },
        )

    def test_the_newest_entered_decides_among_those_entered(self):
        first = self.enter("06-01..12 100")
        second = self.enter("06-08..12 50")
        self.assertLess(first.loepenr, second.loepenr)
        self.assertLess(second.loepenr, 0, "below every running number of NAV")
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-07 100 5 validate",
                "nav 2026-06-08..2026-06-12 50 2.5 validate",
            ],
        )

    def test_the_rest_is_pointed_out(self):
        """NAV's note ends earlier: what is left of the paper is for HR to say."""
        first = date.today() - timedelta(days=10)
        last = first + timedelta(days=20)
        entered = self.enter(f"{first}..{last} 100")
        self.note((first, first + timedelta(days=6), 100), employee=self.employee)
        self.assertEqual(entered.settle_reason, "correction")

    def test_withdrawing_navs_gives_the_days_back(self):
        self.enter("06-01..12 100")
        self.note((day("06-01"), day("06-12"), 60), employee=self.employee).action_withdraw()
        self.assertEqual(self.standing(), ["nav 2026-06-01..2026-06-12 100 10 validate"])

    # ------------------------------------------------------------------ correcting, withdrawing

    def test_correct(self):
        self.manual("sick 06-10..19 validate", self.employee)
        note = self.enter("06-01..12 100", doctor_name="Lege Prøve")
        wizard = Form(
            self.env[ENTRY].with_user(self.officer).with_context(default_origin_id=note.id)
        )
        self.assertEqual(wizard.doctor_name, "Lege Prøve")
        self.assertEqual(wizard.employee_id, self.employee)
        with wizard.line_ids.edit(0) as line:
            self.assertEqual((line.date_from, line.date_to), (day("06-01"), day("06-12")))
            line.date_to = day("06-10")
        corrected = self.env["nav.sick.note"].browse(wizard.save().action_enter()["res_id"])
        self.assertEqual((note.state, corrected.state), ("withdrawn", "applied"))
        self.assertEqual(corrected.corrects_id, note)
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-10 100 8 validate",
                "sick 2026-06-11..2026-06-12 100 2 validate",
                "sick 2026-06-13..2026-06-19 100 5 validate",
            ],
        )
        self.assert_places(self.employee)

    def test_withdraw(self):
        self.manual("sick 06-10..19 validate", self.employee)
        note = self.enter("06-01..19 100")
        note.with_user(self.officer).action_withdraw(restore=True)
        self.assertEqual(self.standing(), ["sick 2026-06-10..2026-06-19 100 8 validate"])

    def test_one_from_nav_is_not_corrected_here(self):
        note = self.note((day("06-01"), day("06-12"), 60), employee=self.employee)
        entry = self.env[ENTRY].create({"employee_id": self.employee.id, "origin_id": note.id})
        with self.assertRaisesRegex(UserError, "entered by hand can be corrected"):
            self.env["nav.sick.note"]._enter(
                self.connection,
                self.employee,
                [{"date_from": day("06-01"), "date_to": day("06-02"), "kind": "full"}],
                corrects=note,
            )
        self.assertFalse(entry.is_correction)

    def test_in_place_of_a_note_that_cannot_be_used(self):
        broken = self.receive(
            self.payload(("2026-06-05", "2026-06-01", 100), employee=self.employee)
        )
        note = self.enter("06-01..05 100", origin_id=broken.id)
        self.assertEqual((broken.state, note.state), ("ignored", "applied"))
        correct = self.payload(
            (day("06-01"), day("06-05"), 50), employee=self.employee, loepenr=broken.loepenr
        )
        self.connection._store_page(self.unit, [correct])
        self.env["nav.connection"]._apply_all(lambda: 1)
        self.assertEqual((broken.state, note.state), ("applied", "superseded"))
        self.assertEqual(self.standing(), ["nav 2026-06-01..2026-06-05 50 2.5 validate"])

    def test_nothing_is_fetched_for_it(self):
        note = self.enter("06-01..05 100")
        self.assertIsNone(note._fetch_again())
        with self.assertRaisesRegex(UserError, "entered by hand"):
            note.with_user(self.officer)._document()
        note.write({"state": "failed", "failure_reason": "Odoo refused the time off"})
        note.action_apply()
        self.assertEqual(note.state, "applied")

    # ------------------------------------------------------------------ what is refused

    def test_what_contradicts_itself_is_refused(self):
        for text, words in (
            ("06-05..01 100", "ends before it begins"),
            ("06-01..10 100, 06-08..15 50", "overlap"),
            ("06-01..10 0", "degree"),
            ("1980-06-01..1980-06-10 100", "too far away"),
        ):
            with self.subTest(text), self.assertRaisesRegex(UserError, words):
                self.enter(text)
        with self.assertRaisesRegex(UserError, "not complete"):
            self.env[ENTRY].create({"employee_id": self.employee.id}).action_enter()
        with self.assertRaisesRegex(UserError, "Choose the employee"):
            self.env[ENTRY].create({"employee_id": False}).action_enter()
        self.assertFalse(self.employee.nav_note_ids)

    def test_navs_note_on_the_same_days_is_named(self):
        self.note((day("06-01"), day("06-12"), 60), employee=self.employee)
        wizard = self.env[ENTRY].create(
            {
                "employee_id": self.employee.id,
                "line_ids": [Command.create({"date_from": day("06-10"), "date_to": day("06-19")})],
            }
        )
        self.assertIn("NAV has sent a sick note", wizard.beside)

    def test_one_entered_before_is_named(self):
        note = self.enter("06-01..12 100")
        lines = [Command.create({"date_from": day("06-10"), "date_to": day("06-19")})]
        again = self.env[ENTRY].create({"employee_id": self.employee.id, "line_ids": lines})
        self.assertIn("was entered before", again.beside)
        correction = self.env[ENTRY].create({"origin_id": note.id})
        self.assertFalse(correction.beside, "not the one that is corrected")

    def test_the_connection_by_which_notes_come_is_suggested(self):
        other = self._connection(name="A", unit_ids=[])
        wizard = self.env[ENTRY].create({"employee_id": self.employee.id})
        self.assertEqual(wizard.connection_id, other, "the first by name")
        self.note(("2026-06-01", "2026-06-03", 100), employee=self.employee)
        wizard = self.env[ENTRY].create({"employee_id": self.employee.id})
        self.assertEqual(wizard.connection_id, self.connection)

    def test_an_employee_without_a_connection(self):
        other = self.env["res.company"].create({"name": "Another employer"})
        stranger = self.env["hr.employee"].create({"name": "Stranger", "company_id": other.id})
        wizard = self.env[ENTRY].create({"employee_id": stranger.id})
        self.assertFalse(wizard.connection_id)
        with self.assertRaisesRegex(UserError, "no connection to NAV"):
            wizard.action_enter()
        wizard.connection_id = self.connection
        with self.assertRaisesRegex(UserError, "no connection to NAV"):
            wizard.action_enter()

    def test_only_hr_enters_notes(self):
        with self.assertRaises(AccessError):
            self.enter("06-01..05 100", user=self.manager)

    # ------------------------------------------------------------------ scans

    def test_the_scan_is_for_hr_alone(self):
        content = base64.b64encode(b"a picture of the note")
        note = self.enter("06-01..05 100", scan=content, scan_name="note.pdf")
        scan = note._scans()
        self.assertEqual((scan.name, scan.raw), ("note.pdf", b"a picture of the note"))
        self.assertFalse(scan.public)
        self.assertEqual(note.message_ids.attachment_ids, scan)
        self.assertEqual(scan.with_user(self.officer).raw, scan.raw)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            scan.with_user(self.manager).read(["raw"])
        corrected = self.enter("06-01..04 100", origin_id=note.id)
        self.assertEqual(corrected._scans().raw, scan.raw, "it goes with the correction")
        corrected._remove_texts()
        self.assertFalse(corrected._scans())
