from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger

from ..models import nav_vacation_conflict
from .test_messages import HR, MessageCase

# A Monday: all stretches below are in days from it.
MONDAY = Date.today() - timedelta(days=Date.today().weekday() + 7)


def day(number):
    return MONDAY + timedelta(days=number)


def stored(*ranges):
    """Ranges as a conflict keeps them."""
    return [[day(first).isoformat(), day(last).isoformat()] for first, last in ranges]


class VacationCase(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sick_type.responsible_ids = cls.hr

    def vacation(self, first, last, state="validate", employee=None, **vals):
        return self.leave(
            vals.pop("leave_type", self.vacation_type),
            day(first),
            day(last),
            state=state,
            employee=employee or self.kari,
            **vals,
        )

    def sick(self, first, last, what=100, employee=None):
        return self.receive(
            self.payload((day(first), day(last), what), employee=employee or self.kari)
        )

    def conflicts(self, *states):
        domain = [("state", "in", states)] if states else []
        return self.env["nav.vacation.conflict"].search(domain, order="id")

    def only_open(self):
        [conflict] = self.conflicts("open")
        return conflict

    def give_back(self, conflict, *ticked, user=None):
        """By the wizard, as a person of HR does it.

        :param ticked: days to give back; those that the wizard proposes when there are none
        """
        wizard = (
            self.env["nav.vacation.give.back"]
            .with_user(user or self.hr)
            .with_context(default_conflict_id=conflict.id)
            .create({})
        )
        if ticked:
            wanted = {day(number) for number in ticked}
            for line in wizard.line_ids:
                line.give_back = line.day in wanted
        wizard.action_give_back()
        self.env.invalidate_all()

    def pieces(self, state, leave_type=None):
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "=", self.kari.id),
                ("holiday_status_id", "=", (leave_type or self.vacation_type).id),
                ("state", "=", state),
            ]
        )
        return sorted(
            (
                (leave.request_date_from - MONDAY).days,
                (leave.request_date_to - MONDAY).days,
                leave.number_of_days,
            )
            for leave in leaves
        )


@tagged("post_install", "-at_install")
class TestAsking(VacationCase):
    """When HR is asked, and when not any more."""

    def test_full_sick_leave_on_vacation_asks_once(self):
        leave = self.vacation(0, 11)
        note = self.sick(4, 20)
        conflict = self.only_open()
        self.assertEqual(conflict.days, stored((4, 11)))
        self.assertEqual((conflict.employee_id, conflict.leave_id), (self.kari, leave))
        self.assertEqual(conflict.activity_ids.user_id, self.hr)
        self.assertFalse(note.activity_ids)
        for _again in range(2):
            note._apply()
            self.env["nav.vacation.conflict"]._follow(self.kari)
        self.assertEqual(self.only_open(), conflict)
        self.assertEqual(len(conflict.activity_ids), 1)
        told = self.deliver()
        self.assertIn("a new activity", html2plaintext(told[self.hr][0].body))
        self.assertNotIn("Kari", conflict.display_name)

    def test_whatever_the_order(self):
        self.sick(4, 20)
        self.vacation(0, 11)
        self.assertFalse(self.conflicts())
        cron = self.env.ref("nav_altinn_connector.ir_cron_cancel_overlaps")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.only_open().days, stored((4, 11)))

    def test_what_is_not_asked_about(self):
        work = self._leave_type("Training", time_type="other")
        self.vacation(0, 4, leave_type=work)
        self.vacation(7, 11)
        self.vacation(21, 25, state="confirm").action_refuse()
        self.vacation(33, 40)
        self.leave(self.manual_sick_type, day(14), day(15), employee=self.kari)
        self.sick(0, 4)
        self.sick(7, 11, 50)
        self.sick(14, 15)
        self.sick(21, 25)
        self.sick(26, 34)  # the weekend before day 35, and no working day of the vacation
        self.assertFalse(self.conflicts())

    def test_history_is_not_asked_about(self):
        self.vacation(-140, -136)
        note = self.sick(-140, -130)
        self.assertTrue(note.overlaps_other)
        self.assertFalse(self.conflicts())

    def test_a_newer_note_asks_for_other_days_of_the_same_vacation(self):
        self.vacation(0, 18)
        self.sick(0, 4)
        self.sick(5, 11)
        self.assertEqual(self.only_open().days, stored((0, 11)))
        self.sick(7, 11, 50)
        self.assertEqual(self.only_open().days, stored((0, 6)))

    def test_it_is_solved_when_the_note_is_withdrawn(self):
        self.vacation(0, 11)
        note = self.sick(4, 20)
        conflict = self.only_open()
        note.action_withdraw()
        self.assertEqual(conflict.state, "gone")
        self.assertFalse(conflict.activity_ids)
        self.sick(4, 6)
        self.assertNotEqual(self.only_open(), conflict)

    def test_it_is_solved_when_the_vacation_is_cancelled_moved_or_deleted(self):
        ways = (
            lambda leave: leave.action_refuse(),
            lambda leave: leave.write({"request_date_from": day(21), "request_date_to": day(25)}),
            lambda leave: leave.unlink(),
        )
        officer = self._user("officer", "hr_holidays.group_hr_holidays_manager")
        self.sick(0, 11)
        for way in ways:
            leave = self.vacation(0, 4, state="confirm")
            self.env["nav.vacation.conflict"]._follow(self.kari)
            conflict = self.only_open()
            way(leave.with_user(officer))
            self.assertEqual(conflict.state, "gone")
            self.assertFalse(conflict.activity_ids)

    def test_all_of_hr_are_asked_where_the_type_names_nobody(self):
        self.sick_type.responsible_ids = False
        second = self._user("second-hr", HR)
        elsewhere = self._user("elsewhere-hr", HR)
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.vacation(0, 4)
        self.sick(0, 4)
        asked = self.only_open().activity_ids.user_id
        self.assertLessEqual(self.hr | second, asked)
        self.assertNotIn(elsewhere, asked)
        self.give_back(self.only_open())
        self.assertFalse(self.conflicts().activity_ids)

    def test_hr_has_one_message_for_all_activities(self):
        for employee in (self.kari, self.ola):
            self.vacation(0, 4, employee=employee)
        note = self.receive(
            *(
                self.payload((day(0), day(4), 100), employee=employee)
                for employee in (self.kari, self.ola)
            )
        )
        self.assertEqual(len(note), 2)
        [message] = self.deliver()[self.hr]
        self.assertIn("new activities for you about sick leave: 2", message.body)

    def test_a_first_fetch_is_one_message_for_hr_too(self):
        """With its summary, when it has ended; also for who has a summary each morning."""
        daily = self._user("daily", HR, nav_messages="daily")
        self.sick_type.responsible_ids |= daily
        self.connection.message_subscribe(partner_ids=daily.partner_id.ids)
        self.unit.last_success_at = False
        for employee in (self.kari, self.ola):
            self.vacation(0, 4, employee=employee)
            self.sick(0, 4, employee=employee)
        self.assertEqual(len(self.conflicts("open")), 2)
        self.assertFalse(self.deliver())
        self.finish()
        told = self.deliver()
        self.assertEqual({len(messages) for messages in told.values()}, {1})
        for user in (self.hr, daily):
            words = html2plaintext(told[user][0].body)
            self.assertIn("The first fetch of Connection has ended", words)
            self.assertIn("new activities for you about sick leave: 2", words)
        self.assertFalse(self.env["nav.notice"].search([]))

    def run_cron(self, time_left=1):
        self.env.flush_all()
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: time_left
        ):
            self.env["nav.connection"]._cron_cancel_overlaps()

    def test_a_vacation_that_was_moved_away_and_back_is_asked_about_anew(self):
        leave = self.vacation(0, 4, state="confirm")
        self.sick(0, 4)
        first = self.only_open()
        leave.write({"request_date_from": day(21), "request_date_to": day(25)})
        self.assertEqual(first.state, "gone")
        leave.write({"request_date_from": day(0), "request_date_to": day(4)})
        self.run_cron()
        self.assertEqual(self.only_open().leave_id, leave)
        self.assertEqual(first.state, "gone")

    def test_new_questions_do_not_wait_for_those_that_are_open(self):
        self.vacation(0, 4)
        self.sick(0, 4)
        self.sick(0, 4, employee=self.ola)
        self.vacation(0, 4, employee=self.ola)
        lock = self.env["nav.absence.lock"].search([("employee_id", "=", self.ola.id)])
        before = lock.decisions
        with patch.object(nav_vacation_conflict, "FOLLOW_BATCH", 1):
            self.run_cron(time_left=0)
        self.assertEqual(self.conflicts("open").employee_id, self.kari | self.ola)
        # A worker that decides for her at this moment would ask the same: it begins anew.
        lock.invalidate_recordset()
        self.assertEqual(lock.decisions, before + 1)

    def test_one_employees_trouble_is_not_the_others(self):
        for employee in (self.kari, self.ola):
            self.sick(0, 4, employee=employee)
            self.vacation(0, 4, employee=employee)
        conflicts = self.env["nav.vacation.conflict"]
        original = type(conflicts)._ask

        def ask(model, questions):
            if any(leave.employee_id == self.kari for leave, _days in questions):
                raise ValueError("no such luck")
            return original(model, questions)

        logger = mute_logger("odoo.addons.nav_altinn_connector.models.nav_vacation_conflict")
        with patch.object(type(conflicts), "_ask", ask), logger:
            self.run_cron()
        self.assertEqual(self.only_open().employee_id, self.ola)


@tagged("post_install", "-at_install")
class TestSettling(VacationCase):
    """Give the days back, or keep."""

    def test_all_days_of_a_vacation(self):
        leave = self.vacation(0, 4)
        self.sick(0, 11)
        self.deliver()
        conflict = self.only_open()
        self.give_back(conflict)
        self.assertEqual(leave.state, "cancel")
        self.assertEqual(leave.nav_given_back_id, conflict)
        self.assertEqual(conflict.state, "given_back")
        self.assertEqual(conflict.days_given_back, stored((0, 4)))
        self.assertEqual(conflict.settled_by_id, self.hr)
        self.assertFalse(conflict.activity_ids)
        self.assertFalse(leave.meeting_id.active)
        self.assertFalse(
            self.env["resource.calendar.leaves"].search([("holiday_id", "=", leave.id)])
        )
        self.assertEqual(self.pieces("validate"), [])
        self.assertEqual(self.nav_leaves(self.kari).number_of_days, 10)

    def test_some_days_and_the_rest_stays_as_it_was(self):
        leave = self.vacation(0, 18)
        note = self.sick(7, 11)
        self.assertTrue(note.overlaps_other)
        leave.first_approver_id = self.boss
        self.give_back(self.only_open())
        self.assertEqual(self.pieces("validate"), [(0, 6, 5), (12, 18, 5)])
        self.assertEqual(self.pieces("cancel"), [(7, 11, 5)])
        self.assertEqual(leave.state, "validate")
        rest = self.conflicts().leave_ids.filtered(lambda one: one.state == "validate")
        self.assertEqual(rest.mapped("first_approver_id"), self.boss)
        self.assertEqual(len(rest.meeting_id.filtered("active")), 2)
        self.assertFalse(note.overlaps_other)

    def test_a_vacation_that_waits_for_approval_goes_on_waiting(self):
        for state in ("confirm", "validate1"):
            with self.subTest(state), self.env.cr.savepoint() as savepoint:
                both = self._leave_type(f"Both {state}", leave_validation_type="both")
                self.vacation(0, 9, state=state, leave_type=both)
                self.sick(0, 4)
                self.give_back(self.only_open())
                self.assertEqual(self.pieces(state, both), [(5, 9, 3)])
                self.assertEqual(self.pieces("cancel", both), [(0, 4, 5)])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_only_the_chosen_days(self):
        self.vacation(0, 11)
        self.sick(0, 11)
        self.give_back(self.only_open(), 1, 2, 8)
        self.assertEqual(self.pieces("validate"), [(0, 0, 1), (3, 7, 3), (9, 11, 3)])
        self.assertEqual(self.pieces("cancel"), [(1, 2, 2), (8, 8, 1)])
        self.env["nav.vacation.conflict"]._follow(self.kari)
        self.assertFalse(self.conflicts("open"))

    def test_no_piece_of_weekend_is_left(self):
        self.vacation(0, 13)
        self.sick(7, 20)
        wizard_days = [number for number, _locked in self.only_open()._days_one_by_one()]
        self.assertEqual(wizard_days, [day(number) for number in range(7, 12)])
        self.give_back(self.only_open())
        self.assertEqual(self.pieces("validate"), [(0, 6, 5)])
        self.assertEqual(self.pieces("cancel"), [(7, 13, 5)])

    def test_a_half_day(self):
        halves = self._leave_type("Half days", request_unit="half_day")
        self.vacation(
            0,
            4,
            leave_type=halves,
            request_date_from_period="pm",
            request_date_to_period="am",
        )
        self.sick(0, 1)
        self.give_back(self.only_open())
        self.assertEqual(self.pieces("validate", halves), [(2, 4, 2.5)])
        self.assertEqual(self.pieces("cancel", halves), [(0, 1, 1.5)])

    def test_the_allocation_comes_back(self):
        allocated = self._leave_type("Allocated", requires_allocation=True)
        self.env["hr.leave.allocation"].create(
            {
                "name": "Days",
                "employee_id": self.kari.id,
                "holiday_status_id": allocated.id,
                "number_of_days": 10,
                "date_from": day(-300),
            }
        ).action_approve()

        def left():
            self.env.invalidate_all()
            counts = allocated.get_allocation_data(self.kari, day(0))
            return counts[self.kari][0][1]["virtual_remaining_leaves"]

        self.vacation(0, 9, leave_type=allocated)
        self.assertEqual(left(), 2)
        self.sick(2, 4)
        self.give_back(self.only_open())
        self.assertEqual(left(), 5)

    def test_employee_and_manager_are_told(self):
        self.vacation(0, 4)
        self.sick(0, 4)
        self.deliver()
        self.give_back(self.only_open())
        told = self.deliver()
        self.assertEqual(
            self.subjects(told),
            {"kari": ["You have time off back"], "boss": ["News of sick leave"]},
        )
        self.assertIn("other time off given back", html2plaintext(told[self.boss.user_id][0].body))

    def test_keep_says_why_and_asks_no_more(self):
        leave = self.vacation(0, 11)
        self.sick(0, 4)
        conflict = self.only_open()
        wizard = (
            self.env["nav.vacation.keep"]
            .with_user(self.hr)
            .create({"conflict_id": conflict.id, "reason": "Agreed"})
        )
        self.deliver()
        wizard.action_keep()
        self.assertEqual((conflict.state, conflict.reason), ("kept", "Agreed"))
        self.assertFalse(conflict.activity_ids)
        self.assertEqual(self.pieces("validate"), [(0, 11, 10)])
        self.env["nav.vacation.conflict"]._follow(self.kari)
        self.assertFalse(self.conflicts("open"))
        self.assertFalse(self.deliver())
        # Only of further days HR is asked anew.
        self.sick(5, 8)
        self.assertEqual(self.only_open().days, stored((5, 8)))
        self.assertEqual(self.only_open().leave_id, leave)

    def test_later_notes_do_not_undo_it(self):
        self.vacation(0, 11)
        note = self.sick(0, 4)
        self.give_back(self.only_open())
        expected = (self.pieces("validate"), self.pieces("cancel"))
        self.sick(0, 4, "advisory")
        newest = self.sick(0, 4, 60)
        newest.action_withdraw(restore=True)
        note.action_withdraw(restore=True)
        note._decide(self.kari)
        self.assertEqual((self.pieces("validate"), self.pieces("cancel")), expected)
        self.assertFalse(self.conflicts("open"))

    def test_pressed_twice_it_is_done_once(self):
        self.vacation(0, 11)
        self.sick(0, 4)
        conflict = self.only_open()
        wizards = [
            self.env["nav.vacation.give.back"]
            .with_user(self.hr)
            .with_context(default_conflict_id=conflict.id)
            .create({})
            for _each in range(2)
        ]
        wizards[0].action_give_back()
        expected = (self.pieces("validate"), self.pieces("cancel"))
        with self.assertRaisesRegex(UserError, "settled already"):
            wizards[1].action_give_back()
        with self.assertRaisesRegex(UserError, "settled already"):
            conflict.with_user(self.hr)._keep("Too late")
        self.assertEqual((self.pieces("validate"), self.pieces("cancel")), expected)
        self.assertEqual(len([one for one in self.conflicts() if one.state == "given_back"]), 1)

    def test_no_day_chosen(self):
        self.vacation(0, 4)
        self.sick(0, 4)
        with self.assertRaisesRegex(UserError, "Choose at least one day"):
            self.only_open().with_user(self.hr)._give_back([])
        with self.assertRaisesRegex(UserError, "Choose at least one day"):
            # Only days of the conflict can be given back.
            self.only_open().with_user(self.hr)._give_back([day(7)])

    def test_locked_days_stay(self):
        """R8, whatever the browser sends."""
        self.vacation(0, 4)
        self.sick(0, 4)
        conflict = self.only_open()
        notes = type(self.env["nav.sick.note"])

        def locked_days(_notes, _employee, _first, _last):
            return ((day(0), day(1)),)

        with patch.object(notes, "_locked_days", locked_days):
            wizard = (
                self.env["nav.vacation.give.back"]
                .with_user(self.hr)
                .with_context(default_conflict_id=conflict.id)
                .create({})
            )
            self.assertEqual(wizard.line_ids.mapped("locked"), [True, True, False, False, False])
            self.assertTrue(wizard.any_locked)
            wizard.line_ids.write({"locked": False, "give_back": True})
            wizard.action_give_back()
        self.assertEqual(self.pieces("validate"), [(0, 1, 2)])
        self.assertEqual(self.pieces("cancel"), [(2, 4, 3)])
        self.env["nav.vacation.conflict"]._follow(self.kari)
        self.assertFalse(self.conflicts("open"))

    def test_a_crash_on_the_way_changes_nothing(self):
        self.vacation(0, 11)
        self.sick(0, 4)
        conflict = self.only_open()
        self.deliver()
        with (
            patch.object(type(conflict), "_settle", side_effect=ValueError("no such luck")),
            self.assertRaises(ValueError),
            self.env.cr.savepoint(),
        ):
            self.give_back(conflict)
        self.env.invalidate_all()
        self.assertEqual(self.pieces("validate"), [(0, 11, 10)])
        self.assertEqual(self.pieces("cancel"), [])
        self.assertFalse(self.deliver())
        self.give_back(conflict)
        self.assertEqual(self.pieces("validate"), [(5, 11, 5)])

    def test_in_the_form(self):
        self.vacation(0, 4)
        self.sick(0, 4)
        conflict = self.only_open().with_user(self.hr)
        action = conflict.action_open_give_back()
        wizards = self.env[action["res_model"]].with_user(self.hr).with_context(**action["context"])
        with Form(wizards) as form:
            self.assertEqual(len(form.line_ids), 5)
            with form.line_ids.edit(0) as line:
                line.give_back = False
        form.record.action_give_back()
        self.assertEqual(self.pieces("validate"), [(0, 0, 1)])
        action = conflict.action_open_keep()
        self.assertEqual(action["res_model"], "nav.vacation.keep")


@tagged("post_install", "-at_install")
class TestVacationRetention(VacationCase):
    """What was decided is kept as long as the follow-up is: three years, unless set otherwise."""

    def setUp(self):
        super().setUp()
        self.vacation(0, 4)
        self.sick(0, 4)
        self.conflict = self.only_open()

    def years_pass(self, years):
        """Let all of it, and when it was settled, lie further back."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE nav_vacation_conflict SET date_to = date_to - %(years)s::interval, "
            "settled_on = settled_on - %(years)s::interval, "
            "write_date = write_date - %(years)s::interval",
            {"years": f"{years} years"},
        )
        self.env.invalidate_all()

    def removed(self):
        self.assertEqual(len(self.conflicts()), 1)
        removed, left = self.env["nav.vacation.conflict"]._gc_settled()
        self.assertFalse(left)
        self.assertEqual(len(self.conflicts()), 1 - removed)
        return bool(removed)

    def test_settled_and_old(self):
        self.give_back(self.conflict)
        pieces = self.pieces("cancel")
        message = self.conflict.message_post(body="Agreed by telephone")
        self.years_pass(2)
        self.assertFalse(self.removed())
        self.years_pass(2)
        preview = self.env["nav.retention.preview"].create({"company_id": self.company.id})
        self.assertEqual((preview.conflict_count, preview.nothing), (1, False))
        self.assertTrue(self.removed())
        self.assertFalse(message.exists())
        log = self.env["nav.retention.log"].search([], limit=1)
        self.assertEqual((log.conflicts, log.cases, log.company_id), (1, 0, self.company))
        # The time off itself stays as it was decided.
        self.assertEqual(self.pieces("cancel"), pieces)

    def test_settled_lately_or_set_otherwise(self):
        self.conflict._keep("Agreed")
        self.years_pass(4)
        self.connection.keep_cases_years = 10
        self.assertFalse(self.removed())
        self.connection.keep_cases_years = 1
        self.conflict.settled_on = Date.today()
        self.assertFalse(self.removed())
        self.conflict.settled_on = Date.today() - timedelta(days=400)
        self.assertTrue(self.removed())

    def test_solved_by_itself(self):
        self.conflict._gone()
        self.assertFalse(self.removed())
        self.years_pass(4)
        self.assertTrue(self.removed())

    def test_what_is_open_stays(self):
        self.years_pass(9)
        self.assertFalse(self.removed())


@tagged("post_install", "-at_install")
class TestVacationAccess(VacationCase):
    def test_hr_of_the_company_alone(self):
        self.vacation(0, 4)
        self.sick(0, 4)
        conflict = self.only_open()
        elsewhere = self._user("elsewhere", HR)
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        for user in (self.admin, self.boss.user_id, self.kari.user_id, elsewhere):
            own = conflict.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            with self.assertRaises(AccessError):
                own.read(["days"])
            with self.assertRaises(AccessError):
                own._give_back([day(0)])
            with self.assertRaises(AccessError):
                own._keep("No")
        with self.assertRaises(AccessError):
            conflict.with_user(self.hr).write({"state": "kept"})
        self.assertEqual(conflict.with_user(self.hr).days_words.count(" to "), 1)
