"""What becomes of cases when the world around them changes: employees, managers, companies,
templates, activities, time off that people change."""

import itertools
from datetime import date, timedelta

import psycopg2
from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NavCase, org_numbers
from .test_sick_case import TODAY, CaseTestCase, day


@tagged("post_install", "-at_install")
class TestDayInNorway(NavCase):
    def test_the_day_is_that_of_norway_wherever_the_user_is(self):
        user = self._user("case-abroad", "base.group_user", tz="America/New_York")
        Case = self.env["nav.sick.case"].with_user(user)
        for utc, norway in (
            ("2026-12-31 22:59:59", date(2026, 12, 31)),
            ("2026-12-31 23:00:00", date(2027, 1, 1)),
            ("2026-07-01 21:59:59", date(2026, 7, 1)),
            ("2026-07-01 22:00:00", date(2026, 7, 2)),
        ):
            with self.subTest(utc=utc), freeze_time(utc):
                self.assertEqual(Case._today(), norway)
                self.assertEqual(Case.with_context(tz="UTC")._today(), norway)


@tagged("post_install", "-at_install")
class TestEmployeeChanges(CaseTestCase):
    def test_who_leaves_needs_no_follow_up(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        self.milestone(case, "employer_period")._settle("done")
        self.employee.active = False
        self.assertEqual((case.state, case.close_reason), ("closed", "left"))
        self.assertEqual(case.closed_on, TODAY)
        self.assertFalse(case.activity_ids)
        self.go_to(1)
        self.assertEqual(case.state, "closed")
        self.employee.active = True
        self.assertEqual((case.state, case.close_reason), ("open", False))
        self.assertEqual(case.activity_ids.mapped("summary"), ["Follow-up plan"])
        self.assertEqual(self.milestone(case, "employer_period").state, "done")

    def test_an_employee_with_a_case_is_not_deleted(self):
        self.sick((day(-25), day(30), 100))
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.employee.unlink()
        self.assertTrue(self.case())

    def test_another_company_gets_no_sick_leave_of_before(self):
        note = self.sick((day(-25), day(30), 100))
        case = self.case()
        other = self.env["res.company"].create({"name": "Other employer"})
        self.env.user.company_ids |= other
        self.employee.with_context(allowed_company_ids=[self.company.id, other.id]).write(
            {"company_id": other.id, "parent_id": False, "department_id": False}
        )
        self.follow()
        every = self.env["nav.sick.case"].search([("employee_id", "=", self.employee.id)])
        self.assertEqual(every, case, "the new company has got a case")
        self.assertEqual((case.company_id, case.note_ids), (self.company, note))
        self.assertEqual((case.state, case.close_reason), ("closed", "left"))
        self.assertFalse(case.activity_ids)

    def test_a_note_that_becomes_somebody_elses_leaves_the_case(self):
        """As when two records of one person are made one."""
        note = self.sick((day(-25), day(30), 100))
        case = self.case()
        note.employee_id = self._employee("Per Prøve")
        self.follow()
        self.assertEqual(case.close_reason, "emptied")

    def test_a_note_that_waits_counts_when_it_is_applied_until_it_is_withdrawn(self):
        number = next(self.numbers)
        note = self.sick((day(-25), day(30), 100), fnr=number)
        self.assertEqual(note.state, "waiting")
        late = self._employee("Late Prøve", parent_id=self.boss.id)
        self.assertFalse(self.cases(late))
        late.identification_id = number
        note._apply()
        self.follow()
        case = self.case(late)
        self.assertTrue(case.activity_ids)
        note.action_withdraw()
        self.follow()
        self.assertEqual(case.close_reason, "emptied")

    def test_several_connections_of_a_company_make_one_case(self):
        *_first, number = itertools.islice(org_numbers(), 2)
        unit = Command.create({"org_number": number, "name": "Side street"})
        second = self._connection(name="Second", org_number=number, unit_ids=[unit])
        self.sick((day(-40), day(-21), 100))
        extension = self.note((day(-20), day(10), 50), sykefravaerFom=None)
        extension.connection_id = second
        self.env["nav.sick.case"]._follow(self.employee)
        case = self.case()
        self.assertEqual((case.first_day, case.last_day), (day(-40), day(10)))
        self.assertEqual(case.connection_id, second)
        second.followup_enabled = False
        self.follow()
        self.assertEqual((case.last_day, case.connection_id), (day(-21), self.connection))

    def test_three_years_and_fifty_notes_are_one_case(self):
        self.env.ref("nav_altinn_connector.milestone_contact").active = True
        first = date(2023, 9, 18)
        payloads = [
            self.payload(
                (first + timedelta(22 * number), first + timedelta(22 * number + 21), 40 + number),
                sykefravaerFom=None,
            )
            for number in range(50)
        ]
        self.receive(*payloads)
        self.follow()
        case = self.case()
        self.assertEqual((case.first_day, case.last_day), (first, first + timedelta(1099)))
        self.assertEqual(len(case.note_ids), 50)
        self.assertEqual(len(case._stretches()), 50)
        self.assertEqual((case.state, case.day_number), ("open", 1093))
        # 2024 has a 29 February, and weeks are weeks.
        end = self.milestone(case, "sick_pay_end")
        self.assertEqual((end.due_date, end.stage), (date(2024, 9, 16), "passed"))
        self.assertEqual(self.milestone(case, "contact").mapped("due_date"), [TODAY])
        self.assertEqual(self.milestone(case, "meeting_nav").due_date, date(2024, 3, 18))


@tagged("post_install", "-at_install")
class TestManualLeaveChanges(CaseTestCase):
    def test_manual_leave_that_is_no_sick_leave_any_more(self):
        self.connection.followup_manual_leave = True
        leave = self.leave(self.manual_sick_type, day(-10), day(-2))
        self.follow()
        case = self.case()
        leave.with_context(leave_fast_create=True, leave_skip_state_check=True).write(
            {"holiday_status_id": self.vacation_type.id}
        )
        self.follow()
        self.assertEqual(case.close_reason, "emptied")

    def test_a_type_that_is_sick_leave_by_now(self):
        self.connection.followup_manual_leave = True
        other = self._leave_type("Sick child")
        self.leave(other, day(-10), day(-2))
        self.follow()
        self.assertFalse(self.cases())
        other.is_sick_leave = True
        self.follow()
        case = self.case()
        other.is_sick_leave = False
        self.follow()
        self.assertEqual(case.close_reason, "emptied")


@tagged("post_install", "-at_install")
class TestActivityChanges(CaseTestCase):
    def setUp(self):
        super().setUp()
        self.sick((day(-25), day(30), 60))
        self.one = self.case()
        self.plan = self.milestone(self.one, "plan")

    def test_who_deletes_the_activity_is_asked_again_the_next_day(self):
        self.plan.activity_id.with_user(self.manager).unlink()
        self.env.invalidate_all()
        self.assertEqual((self.plan.state, self.plan.stage), ("open", "active"))
        self.follow()
        self.assertFalse(self.plan.activity_id)
        self.go_to(1)
        self.assertEqual(self.plan.activity_id.user_id, self.manager)

    def test_a_second_run_on_a_day_changes_nothing(self):
        activities = self.one.activity_ids
        notices = self.env["nav.notice"].search([])
        contents = notices.mapped("content")
        messages = self.one.message_ids
        self.one.checked_on = False
        self.follow()
        self.assertEqual(self.one.activity_ids, activities)
        self.assertEqual(self.one.message_ids, messages)
        self.assertEqual(self.env["nav.notice"].search([]).mapped("content"), contents)

    def test_done_by_rescheduling_and_by_the_list(self):
        activity = self.plan.activity_id.with_user(self.manager)
        with freeze_time(TODAY):
            activity.action_reschedule_nextweek()
        self.assertEqual(self.plan.state, "moved")
        activity = self.plan.activity_id.with_user(self.manager)
        activity.action_done()
        self.assertEqual((self.plan.state, self.plan.settled_by_id), ("done", self.manager))

    def plan_a_call(self):
        """An activity that the manager makes."""
        schedule = self.one.with_user(self.manager).activity_schedule
        own = schedule("mail.mail_activity_data_todo", summary="Call", user_id=self.manager.id)
        return own.with_env(self.env)

    def test_what_a_person_has_planned_moves_on_too(self):
        own = self.plan_a_call()
        notices = self.env["nav.notice"].search([("user_id", "=", self.other_manager.id)])
        self.assertFalse(notices)
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.assertEqual(self.one.activity_ids.user_id, self.other_manager)
        self.assertIn(own, self.one.activity_ids)
        seen = self.env["mail.activity"].with_user(self.manager).search([])
        self.assertNotIn(own, seen)
        with self.assertRaises(AccessError):
            own.with_user(self.manager).read(["res_name"])
        # The one who takes over hears of it.
        notices = self.env["nav.notice"].search([("user_id", "=", self.other_manager.id)])
        self.assertEqual(notices.mapped("content"), [{"followup": 2}])

    def test_what_a_person_has_planned_stays_when_nobody_is_responsible(self):
        own = self.plan_a_call()
        self.employee.write({"parent_id": False, "leave_manager_id": False})
        self.assertFalse(self.one.responsible_id)
        self.assertEqual(self.one.activity_ids, own)
        self.assertFalse(own.user_id)

    def test_a_colleague_cannot_be_asked_by_the_manager(self):
        schedule = self.one.with_user(self.manager).activity_schedule
        with self.assertRaises(AccessError):
            schedule("mail.mail_activity_data_todo", user_id=self.colleague.id)

    def test_a_user_who_is_deleted(self):
        self.connection.followup_user_id = self.hr
        self.employee.leave_manager_id = False
        self.boss.user_id = False
        gone = self._user("case-gone", "base.group_user")
        self.one.with_user(self.hr).responsible_id = gone
        self.assertEqual(self.one.responsible_id, gone)
        gone.unlink()
        self.assertEqual(self.one.responsible_id, self.hr)
        self.assertEqual(self.one.activity_ids.user_id, self.hr)

    def test_what_was_written_when_it_was_done_is_not_kept_for_ever(self):
        self.plan.activity_id.with_user(self.manager).action_feedback(feedback="Has a cold")
        self.assertEqual(self.plan.reason, "Has a cold")
        self.plan.copy({"occurrence": 2, "reason": "Too", "duplicate_of_id": self.plan.id})
        self.one.sudo()._remove_content()
        Activity = self.env["mail.activity"].with_context(active_test=False)
        domain = [("res_model", "=", "nav.sick.case"), ("res_id", "=", self.one.id)]
        self.assertFalse(Activity.search(domain))
        self.assertFalse(self.one.message_ids)
        milestones = self.env["nav.followup.milestone"].search([("case_id", "=", self.one.id)])
        self.assertEqual(set(milestones.mapped("reason")), {False})

    def test_who_has_settled_something_stays_known(self):
        self.plan.with_user(self.hr)._settle("done")
        refused = self.assertRaises(psycopg2.IntegrityError)
        with mute_logger("odoo.sql_db"), refused, self.env.cr.savepoint():
            self.hr.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.plan.settled_by_id, self.hr)

    def test_no_mail_tells_a_degree_or_a_name(self):
        """Neither of being asked, nor of taking over."""
        self.connection.first_fetch_ids.write({"state": "stopped"})
        mails = self.env["mail.mail"].search([])
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.go_to(1)
        self.env["nav.notice"]._deliver(lambda: float("inf"))
        new = self.env["mail.mail"].search([]) - mails
        told = self.env["mail.message"].search(
            [("partner_ids", "in", (self.manager | self.other_manager).partner_id.ids)]
        )
        self.assertTrue(told)
        for message in told | new.mail_message_id:
            words = f"{message.subject} {message.record_name} {message.body}"
            self.assertNotIn("60", words)
            self.assertNotIn(self.employee.name, words)
        for activity in self.one.activity_ids:
            words = f"{activity.summary} {activity.note} {activity.res_name}"
            self.assertNotIn("60", words)

    def test_what_is_settled_without_days_left_stays_settled(self):
        self.one.note_ids.action_withdraw()
        self.follow()
        self.plan.with_user(self.manager)._settle("not_required", reason="Never sick")
        self.assertEqual((self.plan.stage, self.plan.outcome), ("settled", "Not Required"))
        self.plan.with_user(self.manager).action_ask_again()
        self.assertEqual((self.plan.state, self.plan.outcome), ("open", "Not Reached"))


@tagged("post_install", "-at_install")
class TestTemplateChanges(CaseTestCase):
    def setUp(self):
        super().setUp()
        self.sick((day(-25), day(60), 100))
        self.one = self.case()
        self.template = self.env.ref("nav_altinn_connector.milestone_plan").with_user(self.hr)

    def test_another_day_moves_what_is_open_and_nothing_else(self):
        other = self._employee("Per Prøve", parent_id=self.boss.id)
        self.sick((day(-25), day(60), 100), employee=other)
        done, open_one = self.milestone(self.one, "plan"), self.milestone(self.case(other), "plan")
        done._settle("done")
        self.template.number = 3
        self.follow()
        self.assertEqual((open_one.due_date, done.due_date), (day(-4), day(3)))
        self.assertEqual(open_one.activity_id.date_deadline, day(-4))
        self.template.number = 5
        self.follow()
        self.assertEqual((open_one.stage, open_one.activity_id.id), ("expected", False))
        self.template.lead_days = 10
        self.follow()
        self.assertEqual(open_one.activity_id.date_deadline, day(10))

    def test_switched_off_and_on_again(self):
        plan = self.milestone(self.one, "plan")
        plan._settle("moved", reason="Holiday", due=day(9))
        meeting = self.milestone(self.one, "meeting")
        meeting._settle("done")
        self.template.active = False
        self.env.ref("nav_altinn_connector.milestone_meeting").active = False
        self.follow()
        self.assertEqual(self.milestone(self.one, "plan").state, "moved", "a person wants it")
        self.assertEqual(self.milestone(self.one, "meeting").state, "done")
        self.template.active = True
        self.follow()
        self.assertEqual(self.milestone(self.one, "plan"), plan)

    def test_a_new_one_is_asked_for_in_what_is_open_already(self):
        own = self.template.create({"name": "Parking", "unit": "weeks", "number": 4})
        self.follow()
        self.assertEqual(self.milestone(self.one, own.key).activity_id.user_id, self.manager)

    def test_of_another_company_it_is_not_asked_for(self):
        other = self.env["res.company"].create({"name": "Other employer"})
        own = self.template.sudo().create({"name": "Theirs", "company_id": other.id})
        self.follow()
        self.assertFalse(self.milestone(self.one, own.key))

    def test_days_out_of_all_reason_are_refused(self):
        for vals in ({"number": 100000}, {"lead_days": 5000}, {"number": 0}, {"repeat_days": -1}):
            with self.subTest(vals), mute_logger("odoo.sql_db"):
                with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
                    self.template.write(vals)
                    self.env.flush_all()
                self.env.invalidate_all()
