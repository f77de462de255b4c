"""The follow-up of sick leave: cases, their milestones, and who sees them."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..domain import followup_deadlines
from ..models.nav_sick_case import NavSickCase
from .common import NavCase

CRON = "odoo.addons.nav_altinn_connector.models.nav_sick_case_cron"
TODAY = date(2026, 9, 14)  # a Monday


def day(number):
    """A day relative to today."""
    return TODAY + timedelta(days=number)


class CaseTestCase(NavCase):
    """An employee with a manager and an HR user, on a fixed day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(
            patch.object(NavSickCase, "_today", lambda self: CaseTestCase.today_now)
        )
        CaseTestCase.today_now = TODAY
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.manager = cls._user("case-manager", "base.group_user")
            cls.other_manager = cls._user("case-other-manager", "base.group_user")
            cls.own_user = cls._user("case-employee", "base.group_user")
            cls.colleague = cls._user("case-colleague", "base.group_user")
            cls.hr = cls._user("case-hr", "base.group_user,nav_altinn_connector.group_nav_hr")
            cls.admin = cls._user(
                "case-admin", "base.group_user,nav_altinn_connector.group_nav_admin"
            )
        cls.boss = cls._employee("Ola Leder", user_id=cls.manager.id)
        cls.other_boss = cls._employee("Siv Leder", user_id=cls.other_manager.id)
        cls.employee.write({"user_id": cls.own_user.id, "parent_id": cls.boss.id})

    def setUp(self):
        super().setUp()
        CaseTestCase.today_now = TODAY

    def go_to(self, number):
        """Let days pass, and the cron run."""
        CaseTestCase.today_now = day(number)
        self.follow()

    def follow(self):
        """What the cron does, without its commits."""
        self.env.flush_all()
        Case = self.env["nav.sick.case"]
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda self, *a, **k: float("inf")
        ):
            Case._cron_followup()
        self.env.invalidate_all()

    def cases(self, employee=None, **state):
        domain = [
            ("employee_id", "=", (employee or self.employee).id),
            ("close_reason", "not in", ("merged", "emptied")),
        ]
        return self.env["nav.sick.case"].search(domain, order="first_day")

    def case(self, employee=None):
        case = self.cases(employee)
        case.ensure_one()
        return case

    def milestone(self, case, key):
        return case.milestone_ids.filtered(lambda one: one.key == key)

    def sick(self, *periods, **changes):
        note = self.note(*periods, sykefravaerFom=None, **changes)
        self.follow()
        return note


@tagged("post_install", "-at_install")
class TestCaseDays(CaseTestCase):
    def test_a_note_makes_a_case(self):
        note = self.sick((day(-10), day(10), 60))
        case = self.case()
        self.assertEqual((case.first_day, case.last_day), (day(-10), day(10)))
        self.assertEqual(case.state, "open")
        self.assertEqual(case.note_ids, note)
        self.assertEqual(note.case_id, case)
        self.assertEqual((case.degree, case.extent, case.day_number), (60, "60 %", 11))
        self.assertEqual(case.closes_on, day(26))
        self.assertEqual(case.connection_id, self.connection)

    def test_no_name_of_the_case_tells_the_degree(self):
        self.sick((day(-10), day(10), 60))
        self.assertNotIn("60", self.case().display_name)

    def test_time_off_stands_when_cases_fail(self):
        Case = type(self.env["nav.sick.case"])
        broken = patch.object(Case, "_follow", side_effect=ValueError("broken"))
        with broken, mute_logger(CRON):
            self.sick((day(-10), day(10), 100))
        self.assertEqual(self.spans(self.nav_leaves()), [(day(-10), day(10), 100)])
        self.assertFalse(self.cases())
        # It is put off to the next day, and comes then.
        self.follow()
        self.assertFalse(self.cases())
        self.go_to(1)
        self.assertTrue(self.case())

    def test_one_bad_employee_stops_no_other(self):
        other = self._employee("Per Prøve")
        self.note((day(-5), day(5), 100))
        self.note((day(-5), day(5), 100), employee=other)
        Case = type(self.env["nav.sick.case"])
        bad, follow = self.employee, Case._follow

        def fails(cases, employees):
            if bad in employees:
                raise ValueError("broken")
            return follow(cases, employees)

        with patch.object(Case, "_follow", fails), mute_logger(CRON):
            self.follow()
        self.assertTrue(self.case(other))
        self.assertFalse(self.cases())

    def test_extension_and_another_degree_go_on_in_the_same_case(self):
        self.sick((day(-20), day(2), 100))
        case = self.case()
        self.sick((day(3), day(30), 50))
        self.assertEqual(self.case(), case)
        self.assertEqual(case.last_day, day(30))
        self.assertEqual(len(case.note_ids), 2)
        self.assertEqual(
            [(one.date_from, one.degree) for one in case._stretches()],
            [(day(-20), 100), (day(3), 50)],
        )

    def test_sixteen_days_between_are_another_case(self):
        self.sick((day(-40), day(-17), 100))
        self.sick((day(0), day(9), 100))
        self.assertEqual(len(self.cases()), 2)
        self.assertEqual(self.cases().mapped("state"), ["closed", "open"])

    def test_a_late_note_joins_two_cases(self):
        self.sick((day(-60), day(-40), 100))
        self.sick((day(-5), day(9), 100))
        first, second = self.cases()
        entry = self.env["nav.followup.entry"].create({"case_id": second.id, "date": TODAY})
        self.milestone(second, "plan")._settle("done")
        self.sick((day(-39), day(-6), 80))
        case = self.case()
        self.assertEqual((case.first_day, case.last_day), (day(-60), day(9)))
        merged = first + second - case
        self.assertEqual(merged.close_reason, "merged")
        self.assertEqual(merged.merged_into_id, case)
        self.assertEqual(entry.case_id, case)
        self.assertEqual(self.milestone(case, "plan").state, "done")

    def test_withdrawal_between_splits_a_case(self):
        self.sick((day(-60), day(-40), 100))
        between = self.sick((day(-39), day(-6), 100))
        self.sick((day(-5), day(9), 100))
        case = self.case()
        self.milestone(case, "meeting")._settle("done", on=day(-3))
        between.action_withdraw()
        self.follow()
        first, second = self.cases()
        self.assertEqual((first.last_day, second.first_day), (day(-40), day(-5)))
        self.assertEqual(self.milestone(second, "meeting").state, "done")
        self.assertEqual((first.state, second.state), ("closed", "open"))
        # And joined again, nothing has been lost.
        self.sick((day(-39), day(-6), 100))
        self.assertEqual(self.milestone(self.case(), "meeting").state, "done")

    def test_nothing_left_closes_and_comes_back(self):
        note = self.sick((day(-30), day(9), 100))
        case = self.case()
        self.milestone(case, "plan")._settle("done")
        note.action_withdraw()
        self.follow()
        self.assertEqual((case.state, case.close_reason), ("closed", "emptied"))
        self.assertFalse(case.activity_ids)
        self.sick((day(-30), day(9), 100))
        self.assertEqual(self.case(), case)
        self.assertEqual(case.state, "open")
        self.assertEqual(self.milestone(case, "plan").state, "done")

    def test_manual_sick_leave_counts_by_setting(self):
        self.leave(self.manual_sick_type, day(-10), day(-2))
        self.follow()
        self.assertFalse(self.cases())
        self.connection.followup_manual_leave = True
        self.follow()
        case = self.case()
        self.assertEqual(case.first_day, day(-10))
        leave = self.leave(self.manual_sick_type, day(-1), day(3))
        self.follow()
        self.assertEqual(case.last_day, day(3))
        leave.with_user(self.env.ref("base.user_admin")).sudo().action_refuse()
        self.follow()
        self.assertEqual(case.last_day, day(-2))
        self.connection.followup_manual_leave = False
        self.follow()
        self.assertEqual(case.close_reason, "emptied")

    def test_a_connection_without_follow_up_has_no_cases(self):
        self.connection.followup_enabled = False
        self.sick((day(-10), day(10), 100))
        self.assertFalse(self.cases())
        self.connection.followup_enabled = True
        self.follow()
        self.assertTrue(self.case())

    def test_the_timeline_shows_notes_milestones_and_conversations(self):
        self.sick((day(-20), day(-1), 100), (day(0), day(20), 50), (day(21), day(25), "advisory"))
        case = self.case()
        self.env["nav.followup.entry"].create({"case_id": case.id, "date": TODAY})
        timeline = case.timeline
        self.assertEqual(
            [(one["kind"], one["degree"]) for one in timeline["stretches"]],
            [("full", 100), ("graded", 50), ("advisory", 0)],
        )
        self.assertEqual(timeline["today"], TODAY.isoformat())
        types = {mark["type"] for mark in timeline["marks"]}
        self.assertEqual(types, {"milestone", "entry"})
        names = [mark["name"] for mark in timeline["marks"]]
        self.assertIn("Follow-up plan", names)


@tagged("post_install", "-at_install")
class TestCaseEnd(CaseTestCase):
    def test_it_closes_sixteen_days_after_the_last_covered_day(self):
        self.sick((day(-30), day(0), 100))
        case = self.case()
        self.go_to(16)
        self.assertEqual(case.state, "open")
        self.assertTrue(case.activity_ids)
        self.go_to(17)
        self.assertEqual((case.state, case.close_reason), ("closed", "returned"))
        self.assertEqual(case.closed_on, day(16))
        self.assertFalse(case.activity_ids)
        self.assertTrue(case.milestone_ids)

    def test_closed_by_hand_and_reopened_by_an_extension(self):
        self.sick((day(-30), day(5), 100))
        case = self.case()
        case.with_user(self.manager).action_close("Back at work")
        self.assertEqual((case.state, case.close_reason), ("closed", "by_hand"))
        self.assertEqual((case.closed_by_id, case.close_note), (self.manager, "Back at work"))
        self.assertFalse(case.activity_ids)
        self.follow()
        self.assertEqual(case.state, "closed")
        extension = self.sick((day(6), day(20), 50))
        self.assertEqual(case.state, "open")
        self.assertTrue(case.activity_ids)
        extension.action_withdraw()
        self.follow()
        self.assertEqual((case.state, case.close_reason), ("closed", "by_hand"))

    def test_closing_by_hand_can_be_taken_back(self):
        self.sick((day(-30), day(5), 100))
        case = self.case()
        case.action_close("Mistake")
        case.with_user(self.manager).action_reopen()
        self.assertEqual(case.state, "open")
        self.assertFalse(case.closed_by_id)
        # The history says who did it, and why.
        for words, who in (("Closed by hand. Mistake", self.env.user), ("Reopened", self.manager)):
            (told,) = case.message_ids.filtered(lambda one, words=words: words in (one.body or ""))
            self.assertEqual(told.author_id, who.partner_id)
        self.go_to(40)
        with self.assertRaises(UserError):
            case.action_reopen()


@tagged("post_install", "-at_install")
class TestMilestones(CaseTestCase):
    def test_the_standard_ones_are_as_in_the_rules(self):
        found = self.env["nav.followup.milestone.template"]._all()
        domain = [
            one._as_domain_template(self.company, self.sick_type)
            for one in found
            if one.get_external_id()[one.id]
        ]
        self.assertEqual(
            sorted(domain, key=lambda one: one.key),
            sorted(followup_deadlines.DEFAULT_TEMPLATES, key=lambda one: one.key),
        )

    def test_the_responsible_person_is_asked_at_the_lead_time(self):
        self.sick((day(0), day(30), 100))
        case = self.case()
        plan = self.milestone(case, "plan")
        self.assertEqual((plan.due_date, plan.stage), (day(28), "expected"))
        self.go_to(20)
        self.assertFalse(plan.activity_id)
        self.go_to(21)
        activity = plan.activity_id
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.date_deadline, day(28))
        self.assertEqual(activity.res_id, case.id)
        self.go_to(29)
        self.assertEqual((plan.stage, plan.activity_id), ("overdue", activity))
        self.assertTrue(case.is_late)
        self.assertIn(case, self.env["nav.sick.case"].search([("is_late", "=", True)]))

    def test_done_by_the_activity(self):
        self.sick((day(-25), day(30), 100))
        plan = self.milestone(self.case(), "plan")
        plan.activity_id.with_user(self.manager).action_feedback(feedback="On paper")
        self.assertEqual((plan.state, plan.settled_by_id), ("done", self.manager))
        self.assertEqual((plan.settled_on, plan.reason), (TODAY, "On paper"))
        self.go_to(1)
        self.assertFalse(plan.activity_id)
        self.assertNotIn("Follow-up plan", plan.case_id.activity_ids.mapped("summary"))

    def test_moved_by_the_activity(self):
        self.sick((day(-25), day(30), 100))
        plan = self.milestone(self.case(), "plan")
        plan.activity_id.with_user(self.manager).write({"date_deadline": day(9)})
        self.assertEqual((plan.state, plan.due_date), ("moved", day(9)))
        self.assertEqual(plan.settled_by_id, self.manager)

    def test_settled_by_the_wizard_with_a_reason(self):
        self.sick((day(-45), day(30), 50))
        meeting = self.milestone(self.case(), "meeting")
        self.assertTrue(meeting.optional)
        wizard = self.env["nav.followup.settle"].with_user(self.manager)
        wizard = wizard.create({"milestone_id": meeting.id, "outcome": "not_required"})
        with self.assertRaises(UserError):
            wizard.action_settle()
        wizard.reason = "Works half time already"
        wizard.action_settle()
        self.assertEqual(meeting.state, "not_required")
        self.assertEqual(meeting.settled_by_id, self.manager)
        self.assertEqual(meeting.outcome, "Not Required")
        self.go_to(1)
        self.assertFalse(meeting.activity_id)
        meeting.with_user(self.manager).action_ask_again()
        self.assertEqual(meeting.stage, "active")
        self.assertTrue(meeting.activity_id)

    def test_moved_to_a_later_day(self):
        self.sick((day(-25), day(60), 100))
        plan = self.milestone(self.case(), "plan")
        plan._settle("moved", reason="Holiday", due=day(20))
        self.assertEqual((plan.due_date, plan.stage), (day(20), "expected"))
        self.assertFalse(plan.activity_id)
        self.go_to(13)
        self.assertTrue(plan.activity_id)
        self.sick((day(-30), day(-26), 100))
        self.assertEqual(plan.due_date, day(20))

    def test_what_makes_no_sense_is_refused(self):
        self.sick((day(-25), day(60), 100))
        plan = self.milestone(self.case(), "plan")
        for arguments in (
            {"state": "skipped"},
            {"state": "moved", "reason": "Later"},
            {"state": "moved", "reason": "Early", "due": day(-26)},
            {"state": "done", "on": day(1)},
        ):
            with self.assertRaises(UserError):
                plan._settle(**arguments)
        self.assertEqual(plan.state, "open")

    def test_minutes_settle_the_meeting(self):
        self.sick((day(-45), day(30), 100))
        case = self.case()
        meeting = self.milestone(case, "meeting")
        self.env["nav.followup.entry"].with_user(self.manager).create(
            {
                "case_id": case.id,
                "kind": "dialogue_meeting",
                "date": day(-1),
                "text": "Minutes",
                "milestone_id": meeting.id,
            }
        )
        self.assertEqual((meeting.state, meeting.settled_on), ("done", day(-1)))
        self.assertEqual(meeting.settled_by_id, self.manager)

    def test_a_new_first_day_moves_open_milestones(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        self.assertEqual(self.milestone(case, "plan").due_date, day(3))
        self.milestone(case, "meeting")._settle("done")
        self.sick((day(-32), day(-26), 100))
        self.assertEqual(self.milestone(case, "plan").due_date, day(-4))
        self.assertEqual(self.milestone(case, "plan").activity_id.date_deadline, day(-4))
        self.assertEqual(self.milestone(case, "meeting").due_date, day(24))

    def test_weekly_contact_when_switched_on(self):
        self.env.ref("nav_altinn_connector.milestone_contact").active = True
        self.sick((day(-15), day(30), 100))
        case = self.case()
        contacts = self.milestone(case, "contact")
        self.assertEqual(contacts.mapped("due_date"), [day(-1), day(6)])
        contacts[0]._settle("done")
        self.go_to(6)
        contacts = self.milestone(case, "contact")
        self.assertEqual(contacts.mapped("occurrence"), [2, 3])
        # An earlier first day counts them anew; what was done stays done.
        self.sick((day(-23), day(-16), 100))
        done = self.milestone(case, "contact").filtered(lambda one: one.state == "done")
        self.assertEqual(done.due_date, day(-1))

    def test_switched_off_for_a_company_or_a_type(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        plan = self.env.ref("nav_altinn_connector.milestone_plan")
        meeting = self.env.ref("nav_altinn_connector.milestone_meeting")
        plan.with_user(self.hr).off_company_ids = [Command.link(self.company.id)]
        meeting.with_user(self.hr).off_leave_type_ids = [Command.link(self.sick_type.id)]
        self.follow()
        self.assertFalse(self.milestone(case, "plan"))
        self.assertFalse(self.milestone(case, "meeting"))
        self.assertEqual(case.activity_ids.mapped("summary"), ["Employer period ends"])

    def test_hr_adds_one(self):
        own = self.env["nav.followup.milestone.template"].with_user(self.hr)
        own = own.create({"name": "Flowers", "unit": "day", "number": 3, "lead_days": 0})
        self.sick((day(-2), day(30), 100))
        flowers = self.milestone(self.case(), own.key)
        self.assertEqual(flowers.activity_id.summary, "Flowers")
        with self.assertRaises(UserError):
            own.unlink()
        with self.assertRaises(UserError):
            self.env.ref("nav_altinn_connector.milestone_week_39").with_user(self.hr).unlink()

    def test_people_are_told_once_a_day_and_without_names(self):
        other = self._employee("Per Prøve", parent_id=self.boss.id)
        self.note((day(-25), day(30), 70))
        self.note((day(-25), day(30), 70), employee=other)
        long_ago = datetime.now() - timedelta(days=1)
        self.connection.first_fetch_ids.write({"state": "done", "ended_at": long_ago})
        self.follow()
        domain = [("user_id", "=", self.manager.id), ("occasion", "=like", "followup%")]
        notice = self.env["nav.notice"].search(domain)
        notice.ensure_one()
        self.assertEqual(notice.content, {"followup": len(self._asked())})
        self.env["nav.notice"]._deliver(lambda: float("inf"))
        message = self.env["mail.message"].search(
            [("partner_ids", "in", self.manager.partner_id.ids)], order="id desc", limit=1
        )
        self.assertNotIn("70", message.body)
        self.assertNotIn("Per", message.body + message.subject)
        # What else comes up today is told tomorrow.
        self._asked()[:1]._tell_responsible()
        later = self.env["nav.notice"].search(domain)
        self.assertEqual(later.content, {"followup": 1})
        self.assertGreater(later.due_at, datetime.now())

    def _asked(self):
        return self.env["nav.followup.milestone"].search(
            [("activity_id.user_id", "=", self.manager.id)]
        )


@tagged("post_install", "-at_install")
class TestResponsible(CaseTestCase):
    def test_in_which_order(self):
        approver = self._user("case-approver", "base.group_user")
        head = self._user("case-head", "base.group_user")
        fallback = self._user("case-fallback", "base.group_user")
        department = self.env["hr.department"].create(
            {
                "name": "Department",
                "company_id": self.company.id,
                "manager_id": self._employee("Head", user_id=head.id).id,
            }
        )
        self.connection.followup_user_id = fallback
        self.employee.write({"department_id": department.id, "leave_manager_id": approver.id})
        self.employee.parent_id = self.boss
        self.sick((day(-25), day(30), 100))
        case = self.case()
        self.assertEqual(case.responsible_id, self.manager)
        self.employee.parent_id = False
        self.employee.leave_manager_id = approver
        self.assertEqual(case.responsible_id, approver)
        self.employee.leave_manager_id = False
        self.assertEqual(case.responsible_id, head)
        department.manager_id = False
        self.assertEqual(case.responsible_id, fallback)
        self.assertEqual(case.activity_ids.user_id, fallback)

    def test_nobody_follows_up_themselves(self):
        self.employee.write({"parent_id": False, "leave_manager_id": self.own_user.id})
        self.connection.followup_user_id = self.hr
        self.sick((day(-25), day(30), 100))
        self.assertEqual(self.case().responsible_id, self.hr)

    def test_activities_move_on_with_the_manager(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        self.assertEqual(case.activity_ids.user_id, self.manager)
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.assertEqual(case.responsible_id, self.other_manager)
        self.assertEqual(case.activity_ids.user_id, self.other_manager)
        self.assertNotIn(self.manager.partner_id, case.message_partner_ids)
        with self.assertRaises(AccessError):
            case.with_user(self.manager).read(["first_day"])
        case.with_user(self.other_manager).read(["first_day", "timeline"])

    def test_who_leaves_hands_over(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        self.connection.followup_user_id = self.other_manager
        self.manager.active = False
        self.assertEqual(case.responsible_id, self.other_manager)
        self.assertEqual(case.activity_ids.user_id, self.other_manager)

    def test_a_closed_case_is_not_handed_on(self):
        self.sick((day(-60), day(-30), 100))
        case = self.case()
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.follow()
        self.assertFalse(case.responsible_id)

    def test_hr_chooses(self):
        self.sick((day(-25), day(30), 100))
        case = self.case()
        case.with_user(self.hr).responsible_id = self.other_manager
        self.assertTrue(case.responsible_by_hand)
        self.assertEqual(case.activity_ids.user_id, self.other_manager)
        self.employee.write({"parent_id": False})
        self.go_to(1)
        self.assertEqual(case.responsible_id, self.other_manager)
        with self.assertRaises(UserError):
            case.with_user(self.hr).responsible_id = self.own_user
        case.with_user(self.hr).responsible_id = False
        self.assertFalse(case.responsible_by_hand)
        self.assertEqual(case.responsible_id, self.manager, "still the time off approver")

    def test_whom_hr_chose_has_gone(self):
        self.employee.leave_manager_id = False
        self.sick((day(-25), day(30), 100))
        case = self.case()
        case.with_user(self.hr).responsible_id = self.other_manager
        self.other_manager.active = False
        self.assertEqual((case.responsible_id, case.responsible_by_hand), (self.manager, False))
        # By the rules again: the next change of managers counts.
        self.other_manager.active = True
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.assertEqual(case.responsible_id, self.other_manager)

    def test_the_menu_is_for_who_has_something_to_follow_up(self):
        group = "nav_altinn_connector.group_nav_followup"
        self.assertFalse(self.manager.has_group(group))
        self.sick((day(-25), day(30), 100))
        self.assertTrue(self.manager.has_group(group))
        self.employee.write({"parent_id": self.other_boss.id, "leave_manager_id": False})
        self.go_to(1)
        self.assertFalse(self.manager.has_group(group))
        self.assertTrue(self.other_manager.has_group(group))
