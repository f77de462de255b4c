from datetime import date

from odoo.exceptions import UserError

from .scenarios import ScenarioCase, day


class TestWithdraw(ScenarioCase):
    """R6: a withdrawn note does not count any more, and what it did can be undone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def setUp(self):
        super().setUp()
        self.employee = self.person()

    def sick(self, first, last, what):
        return self.note((first, last, what), employee=self.employee)

    def standing(self):
        return self.calendar_of(self.employee, ("confirm", "validate1", "validate"))

    def test_leave_is_cancelled_and_stays_visible(self):
        note = self.sick("2026-06-01", "2026-06-12", 60)
        leave = self.nav_leaves(self.employee)
        note.action_withdraw()
        self.assertEqual((note.state, leave.state), ("withdrawn", "cancel"))
        self.assertEqual(note.leave_ids, leave)
        self.assert_places(self.employee)

    def test_without_restore_manual_leave_stays_cancelled(self):
        self.manual("sick 06-01..10 validate", self.employee)
        note = self.sick("2026-06-05", "2026-06-15", 100)
        note.action_withdraw()
        self.assertEqual(self.standing(), ["sick 2026-06-01..2026-06-04 100 4 validate"])

    def test_restore_in_each_state(self):
        for state in ("confirm", "validate1", "validate"):
            with self.subTest(state):
                self.employee = self.person()
                self.manual(f"sick 06-01..19 {state}", self.employee)
                note = self.sick("2026-06-05", "2026-06-15", 60)
                note.action_withdraw(restore=True)
                self.assertEqual(
                    self.standing(),
                    [
                        f"sick 2026-06-01..2026-06-04 100 4 {state}",
                        f"sick 2026-06-05..2026-06-15 100 7 {state}",
                        f"sick 2026-06-16..2026-06-19 100 4 {state}",
                    ],
                )
                self.assertFalse(note.replaced_leave_ids)
                self.assert_places(self.employee)

    def test_wholly_replaced_leave_is_the_same_again(self):
        manual = self.manual("sick 06-08..10 validate", self.employee)
        note = self.sick("2026-06-05", "2026-06-15", 60)
        self.assertEqual(manual.state, "cancel")
        note.action_withdraw(restore=True)
        self.assertEqual(self.standing(), ["sick 2026-06-08..2026-06-10 100 3 validate"])
        self.assertEqual(manual.state, "validate")
        self.assert_places(self.employee)

    def test_by_the_wizard(self):
        self.manual("sick 06-08..10 validate", self.employee)
        note = self.sick("2026-06-05", "2026-06-15", 60)
        wizard = (
            self.env["nav.sick.note.withdraw"].with_user(self.hr).create({"note_ids": note.ids})
        )
        self.assertTrue(wizard.restore, "nothing of a person is lost unasked")
        wizard.action_withdraw()
        self.assertEqual(self.standing(), ["sick 2026-06-08..2026-06-10 100 3 validate"])

    def test_older_note_regains_its_days(self):
        self.sick("2026-06-01", "2026-06-19", 100)
        newer = self.sick("2026-06-08", "2026-06-12", 50)
        newer.action_withdraw()
        self.assertEqual(sum(self.nav_leaves(self.employee).mapped("number_of_days")), 15)
        days = self.calendar_days(self.employee)
        self.assertEqual(len(days), 19)
        self.assertEqual(set.union(*days.values()), {("nav", 100, "validate")})

    def test_superseded_note_comes_to_life(self):
        older = self.sick("2026-06-08", "2026-06-12", 100)
        newer = self.sick("2026-06-01", "2026-06-19", 50)
        self.assertEqual(older.state, "superseded")
        newer.action_withdraw()
        self.assertEqual(older.state, "applied")
        self.assertEqual(self.standing(), ["nav 2026-06-08..2026-06-12 100 5 validate"])

    def test_restored_leave_yields_to_an_older_note(self):
        """What the withdrawn note had replaced is wanted by the older note too."""
        self.manual("sick 06-08..12 validate", self.employee)
        older = self.sick("2026-06-01", "2026-06-10", 100)
        newer = self.sick("2026-06-08", "2026-06-19", 50)
        newer.action_withdraw(restore=True)
        self.assertEqual(older.state, "applied")
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-10 100 8 validate",
                "sick 2026-06-11..2026-06-12 100 2 validate",
            ],
        )
        self.assert_places(self.employee)

    def test_occupied_days_are_not_restored(self):
        """A person has planned anew on these days: that is left alone, and said."""
        self.manual("sick 06-01..02 validate", self.employee)
        self.manual("sick 06-08..10 validate", self.employee)
        note = self.sick("2026-06-01", "2026-06-15", 60)
        self.manual("vacation 06-10..11 confirm", self.employee)
        note.action_withdraw(restore=True)
        self.assertEqual(
            self.standing(),
            [
                "sick 2026-06-01..2026-06-02 100 2 validate",
                "vacation 2026-06-10..2026-06-11 100 2 confirm",
            ],
        )
        self.assertIn("lies on its days by now: 1", note.message_ids[0].body)

    def test_twice_is_once(self):
        self.manual("sick 06-08..10 validate", self.employee)
        note = self.sick("2026-06-05", "2026-06-15", 60)
        note.action_withdraw(restore=True)
        before = self.calendar_of(self.employee)
        note.action_withdraw(restore=True)
        self.assertEqual(self.calendar_of(self.employee), before)

    def test_a_withdrawn_note_is_not_applied_again(self):
        note = self.sick("2026-06-05", "2026-06-15", 60)
        note.action_withdraw()
        note.action_apply()
        self.receive(
            {
                **self.payload((day("06-05"), day("06-15"), 60), employee=self.employee),
                "loepenr": note.loepenr,
                "sykmeldingId": note.nav_id,
            }
        )
        self.assertEqual(note.state, "withdrawn")
        self.assertEqual(self.standing(), [])

    def test_withdrawing_what_never_was_applied(self):
        """A failed or waiting note has nothing to take back."""
        waiting = self.receive(
            self.payload((day("06-01"), day("06-02"), 100), fnr=next(self.numbers))
        )
        self.assertEqual(waiting.state, "waiting")
        failed = self.receive(self.payload())
        self.assertEqual(failed.state, "failed")
        (waiting | failed).action_withdraw(restore=True)
        self.assertEqual(set((waiting | failed).mapped("state")), {"withdrawn"})

    def test_only_hr_may_withdraw(self):
        note = self.sick("2026-06-05", "2026-06-15", 60)
        with self.assertRaises(UserError):
            note.with_user(self.manager).action_withdraw()
        self.assertEqual(note.state, "applied")


class TestChangedByHand(ScenarioCase):
    """What HR changes on a leave from NAV is a decision that later notes do not undo, save on the
    days that they decide themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def setUp(self):
        super().setUp()
        self.employee = self.person()
        self.first = self.note(("2026-06-01", "2026-06-12", 100), employee=self.employee)
        self.nav = self.nav_leaves(self.employee)

    def standing(self):
        return self.calendar_of(self.employee, ("confirm", "validate1", "validate"))

    def newer(self, first="2026-06-15", last="2026-06-19", what=50):
        return self.note((first, last, what), employee=self.employee)

    def shorten(self, last):
        """As in Odoo's form: back to approval, another date, approved again."""
        leave = self.nav.with_user(self.hr)
        leave.action_back_to_approval()
        leave.request_date_to = last
        self.env.flush_all()
        leave.action_approve()
        self.assertEqual(leave.state, "validate")

    def test_shortened(self):
        self.shorten(date(2026, 6, 5))
        self.assertTrue(self.nav.nav_overridden)
        self.newer()
        self.first.action_apply()
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-05 100 5 validate",
                "nav 2026-06-15..2026-06-19 50 2.5 validate",
            ],
        )
        self._assert_absence(self.nav)

    def test_shortened_and_then_a_newer_note_on_the_rest(self):
        self.shorten(date(2026, 6, 5))
        self.newer("2026-06-04", "2026-06-10")
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-03 100 3 validate",
                "nav 2026-06-04..2026-06-10 50 2.5 validate",
            ],
        )

    def test_refused(self):
        self.nav.with_user(self.hr).action_refuse()
        self.assertEqual(self.nav.state, "refuse")
        self.newer()
        self.first.action_apply()
        self.assertEqual(self.standing(), ["nav 2026-06-15..2026-06-19 50 2.5 validate"])

    def test_refused_and_then_a_newer_note_on_the_days(self):
        self.nav.with_user(self.hr).action_refuse()
        self.newer("2026-06-08", "2026-06-16")
        self.assertEqual(self.standing(), ["nav 2026-06-08..2026-06-16 50 3.5 validate"])

    def test_cancelled_in_the_name_of_odoo(self):
        """Odoo cancels as superuser; it is HR's decision all the same."""
        self.nav.with_user(self.hr)._force_cancel("Wrong person")
        self.assertEqual(self.nav.state, "cancel")
        self.newer()
        self.assertEqual(self.standing(), ["nav 2026-06-15..2026-06-19 50 2.5 validate"])

    def test_deleted(self):
        self.nav.with_user(self.hr).unlink()
        self.assertEqual(self.standing(), [])
        self.newer()
        self.first.action_apply()
        self.assertEqual(self.standing(), ["nav 2026-06-15..2026-06-19 50 2.5 validate"])

    def test_another_degree(self):
        self.nav.with_user(self.hr).write({"absence_degree": 80})
        self.newer("2026-06-11", "2026-06-12")
        self.assertEqual(
            self.standing(),
            [
                "nav 2026-06-01..2026-06-10 80 6.4 validate",
                "nav 2026-06-11..2026-06-12 50 1 validate",
            ],
        )

    def test_a_comment_is_no_decision(self):
        self.nav.with_user(self.hr).message_post(body="Spoke with her")
        self.assertFalse(self.nav.nav_overridden)

    def test_employees_and_managers_may_not(self):
        user = self._user("self", "base.group_user")
        self.employee.user_id = user
        for person in (user, self.manager):
            with self.subTest(person.login):
                leave = self.nav.with_user(person)
                for attempt in (
                    lambda leave=leave: leave.write({"request_date_to": date(2026, 6, 5)}),
                    lambda leave=leave: leave.action_refuse(),
                    lambda leave=leave: leave._action_user_cancel("No"),
                    lambda leave=leave: (
                        leave.action_back_to_approval()
                        and leave.state == "validate"
                        and self._refused()
                    ),
                    lambda leave=leave: leave.unlink(),
                ):
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        attempt()
                self.assertEqual(self.nav.state, "validate")
                self.assertFalse(self.nav.nav_overridden)

    def _refused(self):
        message = "the button leads nowhere"
        raise UserError(message)
