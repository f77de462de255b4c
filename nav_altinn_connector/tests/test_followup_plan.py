import json
from datetime import timedelta
from itertools import islice
from unittest.mock import patch

from odoo import fields
from odoo.addons.nav_altinn_connector.clients import followup_plan as plans
from odoo.addons.nav_altinn_connector.clients.errors import NoAnswer
from odoo.addons.nav_altinn_connector.clients.followup_plan import PlanRejected, Sent
from odoo.addons.nav_altinn_connector.models import key_vault, nav_retention
from odoo.addons.nav_altinn_connector.models.nav_followup_plan import FIELD_OF
from odoo.addons.nav_altinn_connector.models.nav_followup_plan_sending import (
    ASKED_FOR,
    GIVEN_UP_AFTER,
)
from odoo.addons.nav_altinn_connector.models.plain_words_followup import field_names
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw, get_public_method
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import org_numbers
from .plan_common import CONTENT, NAV_UUID, TODAY, PlanCase

REASON = "employee_has_not_contributed_to_plan_description"
LOCKED = ("sending", "sent", "partly_sent", "unknown")


def rejected(kind, status=403, message=None, operation=plans.SEND):
    return PlanRejected(
        plans.SYSTEM, operation, status=status, code=kind, data={"message": message or ""}
    )


@tagged("post_install", "-at_install")
class TestContent(PlanCase):
    def test_a_good_plan_has_no_problem(self):
        self.assertFalse(self.plan._problems())

    def test_the_form_has_nav_s_fields_in_nav_s_order(self):
        view = self.env.ref("nav_altinn_connector.nav_followup_plan_view_form").arch
        places = [view.index(f'<field name="{field}"') for field in FIELD_OF.values()]
        receivers = [name for name in FIELD_OF.values() if "nav" in name or "general" in name]
        content = list(FIELD_OF.values())[:8]
        for part in (content, receivers):
            there = [places[list(FIELD_OF.values()).index(name)] for name in part]
            self.assertEqual(there, sorted(there))

    def test_labels_are_those_of_the_words(self):
        labels = field_names(self.env)
        for name, field in FIELD_OF.items():
            self.assertEqual(self.plan._fields[field].string, labels[name])

    def test_problems_are_shown_once_the_plan_has_been_checked(self):
        self.plan.write({"typical_workday": " \n", "contact_person_email": "nobody"})
        self.assertFalse(self.plan.problem_words)
        said = self.plan.with_user(self.manager).action_ready()
        self.assertIn("Not ready yet", said["params"]["message"])
        self.assertEqual(self.plan.state, "draft")
        self.assertEqual(self.plan.problem_fields.split(), ["typicalWorkday", "contactPersonEmail"])
        self.assertIn("What does a normal working day look like?", self.plan.problem_words)

    def test_ready_needs_no_receiver_yet(self):
        self.plan.write({"send_plan_to_nav": False, "send_plan_to_general_practitioner": False})
        self.assertIs(self.plan.with_user(self.manager).action_ready(), True)
        self.assertEqual(self.plan.state, "ready")
        self.plan.with_user(self.manager).write({"follow_up": "Each Monday."})
        self.assertEqual(self.plan.state, "draft")

    def test_one_receiver_is_needed_to_send(self):
        self.plan.write({"send_plan_to_nav": False, "send_plan_to_general_practitioner": False})
        self.assertIn("sendPlanToNav", self.plan._problems())

    def test_an_active_note_is_needed(self):
        period = self.sick_note.period_ids
        for last, active in (
            (TODAY - timedelta(days=16), True),
            (TODAY - timedelta(days=17), False),
        ):
            period.write({"date_to": last})
            with self.subTest(last=last):
                self.assertEqual("" in self.plan._problems(), not active)
        period.write({"date_from": TODAY + timedelta(days=1), "date_to": TODAY + timedelta(days=9)})
        self.assertIn("", self.plan._problems())

    def test_a_withdrawn_note_is_not_active(self):
        self.sick_note.state = "withdrawn"
        self.assertIn("", self.plan._problems())

    def test_a_case_without_connection_cannot_send(self):
        self.case.connection_id = False
        self.assertIn("", self.plan._problems())

    def test_identity_number_as_people_write_it(self):
        number = self.employee.identification_id
        self.employee.identification_id = f"{number[:6]} {number[6:]}"
        self.assertEqual(self.plan._values_for_nav()["employeeIdentificationNumber"], number)
        self.employee.identification_id = False
        self.assertIn("employeeIdentificationNumber", self.plan._problems())

    def test_prefilled_from_note_job_and_manager(self):
        self.employee.job_title = "Baker"
        self.manager.employee_ids = self._employee("Mona Leder", mobile_phone="11 22 33 44")
        self.plan.unlink()
        Plan = self.env["nav.followup.plan"].with_user(self.manager)
        with Form(Plan.with_context(default_case_id=self.case.id)) as form:
            self.assertIn("Baker", form.typical_workday)
            self.assertIn("Rest after two hours", form.planned_facilitation)
            self.assertEqual(form.contact_person_full_name, "Mona Leder")
            self.assertEqual(form.contact_person_phone_number, "11 22 33 44")
        self.assertEqual(form.record.state, "draft")

    def test_new_version_has_the_last_one_s_texts(self):
        self.use()
        self.send()
        values = self.env["nav.followup.plan"].with_user(self.manager)
        values = values.with_context(**self.plan.action_new_version()["context"])
        self.assertEqual(Form(values).version, 2)
        plan = values.create({"case_id": self.case.id})
        self.assertEqual((plan.version, plan.previous_id), (2, self.plan))
        self.assertEqual(plan.typical_workday, CONTENT["typical_workday"])
        self.assertEqual(plan.previous_facilitation, "A chair.\n\nShorter shifts until August.")
        self.assertFalse(plan.send_plan_to_nav or plan.evaluation_date)
        self.assertEqual(plan.state, "draft")


@tagged("post_install", "-at_install")
class TestFixed(PlanCase):
    """What was sent, or may have been, is changed and deleted by nobody."""

    def test_nobody_changes_or_deletes(self):
        for state in LOCKED:
            self.plan.state = state
            for user in (self.manager, self.hr, self.env.user, None):
                plan = self.plan.with_user(user) if user else self.plan.sudo()
                for vals in ({"typical_workday": "Other"}, {"send_plan_to_nav": False}):
                    who = user and user.login
                    with self.subTest(state=state, user=who), self.assertRaises(UserError):
                        plan.write(vals)
                with self.assertRaises(UserError):
                    plan.unlink()

    def test_states_are_not_written_by_hand(self):
        for vals in (
            {"state": "sent"},
            {"employee_confirmed_at": "2026-06-01 00:00:00"},
            {"nav_status": "yes"},
            {"version": 7},
            {"shared_at": "2026-06-01 00:00:00"},
            {"case_id": self.new_case().id},
        ):
            for user in (self.manager, self.hr):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    self.plan.with_user(user).write(vals)
                with self.subTest(create=vals), self.assertRaises(AccessError):
                    self.plan.with_user(user).create(
                        {"case_id": self.case.id, "state": "sent", **vals}
                    )

    def test_context_gives_no_state(self):
        Plan = self.plan.with_user(self.manager).with_context(
            default_state="sent", default_employee_confirmed_at="2026-06-01 00:00:00"
        )
        plan = Plan.create({"case_id": self.case.id})
        self.assertEqual(plan.state, "draft")
        self.assertFalse(plan.employee_confirmed_at)

    def test_retention_by_context_is_the_engine_s(self):
        self.plan.state = "sent"
        with self.assertRaises(UserError):
            self.plan.with_user(self.hr).with_context(nav_retention=True).unlink()

    def test_draft_and_failed_are_open(self):
        for state in ("draft", "ready", "failed"):
            self.plan.state = state
            self.plan.with_user(self.manager).write({"typical_workday": state})
        self.plan.with_user(self.manager).unlink()

    def test_no_plans_for_a_closed_case(self):
        self.case.state = "closed"
        with self.assertRaises(UserError):
            self.env["nav.followup.plan"].with_user(self.manager).create({"case_id": self.case.id})


@tagged("post_install", "-at_install")
class TestParticipation(PlanCase):
    def setUp(self):
        super().setUp()
        self.plan.write({"contribution": "answer", REASON: False})
        self.user = self.other
        self.employee.user_id = self.user

    def answer(self, user=None, **values):
        Answer = self.env["nav.followup.plan.answer"].with_user(user or self.user)
        return Answer.with_context(default_plan_id=self.plan.id).create(
            {"plan_id": self.plan.id, **values}
        )

    def ask(self):
        self.plan.with_user(self.manager).action_ask_employee()

    def test_without_answer_the_employee_has_not_taken_part(self):
        self.assertFalse(self.plan.employee_has_contributed_to_plan)
        self.assertEqual(
            list(self.plan._problems()), ["employeeHasNotContributedToPlanDescription"]
        )

    def test_the_user_is_told_without_health_data(self):
        before = self.env["mail.message"].search([])
        self.ask()
        message = self.env["mail.message"].search([]) - before
        self.assertEqual(message.notified_partner_ids, self.user.partner_id)
        self.assertFalse(self.plan.link_hash)
        for word in ("sick", "Kari", *CONTENT.values()):
            self.assertNotIn(word.lower(), (message.body + message.subject).lower())

    def test_what_a_telephone_and_the_subject_of_an_e_mail_show(self):
        """That there is something to read; not who is sick, nor since when."""
        for name in ("private", "public"):
            self.env["ir.config_parameter"].set_param(f"mail.web_push_vapid_{name}_key", name)
        (self.manager | self.user).notification_type = "inbox"
        for partner in (self.manager | self.user).partner_id:
            device = {"endpoint": f"https://push.example.com/{partner.id}", "keys": "{}"}
            self.env["mail.push.device"].create({"partner_id": partner.id, **device})
        before = self.env["mail.message"].search([])
        with patch("odoo.addons.mail.models.mail_thread.push_to_end_point") as at_once:
            self.ask()
            self.answer(employee_comment="Good").action_confirm()
            self.plan._ask_for_a_decision()
            self.sick_note.activity_schedule(user_id=self.manager.id, note="Look at it")
            for record in (self.case, self.sick_note):
                record.message_post(
                    body="Call Kari",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    partner_ids=self.manager.partner_id.ids,
                )
        self.assertFalse(at_once.called)
        pushed = [json.loads(push.payload) for push in self.env["mail.push"].search([])]
        self.assertEqual(len(pushed), 6)
        shown = [payload["title"] + payload["options"]["body"] for payload in pushed]
        messages = self.env["mail.message"].search([]) - before
        shown += [message.subject or "" for message in messages]
        shown += [self.case._message_compute_subject(), self.sick_note._message_compute_subject()]
        for text in shown:
            for secret in ("Kari", self.case.display_name, self.sick_note.display_name, "2026"):
                self.assertNotIn(secret, text)

    def test_confirming(self):
        self.ask()
        self.plan.with_user(self.manager).action_ready()
        shown = [self.plan.with_user(user).problem_words for user in (self.manager, self.user)]
        self.assertEqual([bool(words) for words in shown], [True, False], "not theirs to correct")
        self.plan.with_user(self.user).action_answer()
        self.assertTrue(self.plan.employee_read_at)
        answer = self.answer(employee_comment="Good", typical_workday="Bakes bread")
        self.assertIn("You have confirmed", answer.action_confirm()["params"]["message"])
        self.assertTrue(self.plan.employee_confirmed_at)
        self.assertTrue(self.plan.employee_has_contributed_to_plan)
        self.assertEqual(self.plan.typical_workday, "Bakes bread")
        self.assertEqual(self.plan.employee_comment, "Good")
        self.assertFalse(self.plan._problems())

    def test_another_text_is_not_confirmed(self):
        self.ask()
        self.answer().action_confirm()
        self.plan.with_user(self.manager).write({"planned_facilitation": "Night shifts"})
        self.assertFalse(self.plan.employee_confirmed_at)
        self.answer().action_confirm()
        # The same value, receivers and contact are not what was agreed on.
        self.plan.with_user(self.manager).write(
            {"planned_facilitation": "Night shifts", "send_plan_to_nav": False}
        )
        self.assertTrue(self.plan.employee_confirmed_at)

    def test_overruled_with_a_reason(self):
        self.ask()
        self.answer().action_confirm()
        self.plan.with_user(self.manager).write({"contribution": "no"})
        self.assertIn("employeeHasNotContributedToPlanDescription", self.plan._problems())
        self.plan.with_user(self.manager).write({REASON: "Has taken it back."})
        self.assertFalse(self.plan._problems())
        self.plan.with_user(self.manager).write({"contribution": "yes"})
        self.assertIn("employeeHasNotContributedToPlanDescription", self.plan._problems())

    def test_nobody_answers_for_the_employee(self):
        self.ask()
        for user in (self.manager, self.hr, self.admin):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.answer(user=user, employee_comment="Mine").action_confirm()
            with self.assertRaises(AccessError):
                self.plan.with_user(user).action_answer()
        self.assertFalse(self.plan.employee_confirmed_at)

    def test_too_late(self):
        self.ask()
        answer = self.answer(employee_comment="Wait")
        self.plan.state = "sending"
        with self.assertRaises(UserError):
            answer.action_confirm()

    def test_too_long(self):
        self.ask()
        with self.assertRaises(UserError):
            self.answer(employee_comment="x" * 20_001).action_save()

    def test_by_mail_when_there_is_no_user(self):
        self.employee.write({"user_id": False, "private_email": "kari@example.com"})
        before = self.env["mail.mail"].sudo().search([])
        self.ask()
        mail = self.env["mail.mail"].sudo().search([]) - before
        self.assertEqual(mail.email_to, "kari@example.com")
        self.assertFalse(mail.model or mail.res_id)
        self.assertTrue(mail.auto_delete)
        self.assertNotIn(self.manager.partner_id, mail.author_id)
        self.assertIn(self.manager.email, mail.email_from, "the company has no address")
        for word in ("sick", "Kari", *CONTENT.values()):
            self.assertNotIn(word.lower(), (mail.body_html + mail.subject).lower())
        self.assertEqual(self.plan.link_sent_to, "k***@example.com")
        message = mail.mail_message_id
        for user in (self.manager, self.hr, self.admin, self.other):
            mine = self.env["mail.message"].with_user(user)
            self.assertFalse(mine.search([("id", "=", message.id)]))
            with self.assertRaises(AccessError):
                mine.browse(message.id).read(["body"])

    def test_nobody_to_write_to(self):
        self.employee.write({"user_id": False, "private_email": False, "work_email": False})
        with self.assertRaises(UserError):
            self.ask()

    def test_the_link(self):
        Plan = self.env["nav.followup.plan"]
        token = self.plan._new_link()
        self.assertEqual(Plan._by_link(token), self.plan)
        self.assertNotIn(token, str(self.plan.sudo().read()))
        for wrong in (token[:-1], token[:-4] + "AAAA", "x" + token, "", "æ", "A" * 80):
            self.assertFalse(Plan._by_link(wrong), wrong)
        newer = self.plan._new_link()
        self.assertFalse(Plan._by_link(token))
        self.plan.link_expires_at = fields.Datetime.now()
        self.assertFalse(Plan._by_link(newer))
        newer = self.plan._new_link()
        self.employee.active = False
        self.assertFalse(Plan._by_link(newer))
        self.employee.active = True
        self.plan.with_user(self.manager).action_revoke_link()
        self.assertFalse(Plan._by_link(newer))


@tagged("post_install", "-at_install")
class TestSending(PlanCase):
    def setUp(self):
        super().setUp()
        self.told = []
        self.patch(
            self.registry["nav.sick.case"],
            "_plan_sent",
            lambda case, plan: self.told.append((case, plan)),
        )

    def test_sent(self):
        client = self.use()
        self.assertTrue(self.send())
        [(body, call_id)] = client.plans
        self.assertEqual(call_id, self.plan.call_id)
        self.assertEqual(list(body)[0], "employeeIdentificationNumber")
        self.assertEqual(body["plannedFacilitation"], CONTENT["planned_facilitation"])
        self.assertEqual(self.plan.state, "sent")
        self.assertEqual((self.plan.nav_status, self.plan.doctor_status), ("yes", "yes"))
        self.assertEqual(self.plan.sent_by_id, self.manager)
        self.assertFalse(self.plan.next_ask_at)

    def test_the_uuid_is_encrypted_and_read_by_nobody(self):
        self.use()
        self.send()
        kept = self.plan.sudo().nav_uuid
        self.assertNotIn(NAV_UUID, kept)
        self.assertEqual(key_vault.decrypt(kept), NAV_UUID)
        for user in (self.manager, self.hr, self.admin):
            with self.assertRaises(AccessError):
                self.plan.with_user(user).read(["nav_uuid"])
            with self.assertRaises(AccessError):
                self.plan.with_user(user).search([("nav_uuid", "=", "x")])

    def test_a_second_click_does_nothing(self):
        client = self.use()
        self.assertTrue(self.plan.with_user(self.manager).action_send())
        call_id = self.plan.call_id
        self.assertFalse(self.plan.with_user(self.manager).action_send())
        self.plan._send_now(call_id)
        self.plan._send_now(call_id)
        self.assertEqual(len(client.plans), 1)
        with self.assertRaises(UserError):
            self.plan.with_user(self.manager).action_send()

    def test_only_the_intent_that_counts_is_carried_out(self):
        client = self.use()
        self.plan.with_user(self.manager).action_send()
        self.plan._send_now("00000000-0000-4000-8000-000000000000")
        self.plan.state = "unknown"
        self.plan._send_now(self.plan.call_id)
        self.assertFalse(client.plans)

    def test_what_breaks_a_rule_is_not_sent(self):
        client = self.use()
        self.plan.write({"needs_help_from_nav": True})
        self.assertFalse(self.send())
        self.assertEqual(self.plan.state, "draft")
        self.assertIn("needsHelpFromNavDescription", self.plan.problem_fields)
        self.assertFalse(client.plans)

    def test_what_answers_mean(self):
        for nav, doctor, state, statuses, asks in (
            (True, True, "sent", ("yes", "yes"), False),
            (True, False, "partly_sent", ("yes", "no"), True),
            (True, None, "sent", ("yes", "unknown"), True),
            (False, True, "partly_sent", ("no", "yes"), True),
            (None, None, "sent", ("unknown", "unknown"), True),
        ):
            with self.subTest(nav=nav, doctor=doctor):
                plan = self.new_plan()
                self.use(Sent(NAV_UUID, nav, doctor, None))
                self.send(plan)
                self.assertEqual(plan.state, state)
                self.assertEqual((plan.nav_status, plan.doctor_status), statuses)
                self.assertEqual(bool(plan.next_ask_at), asks)

    def test_a_receiver_that_was_not_asked_for_is_not_missing(self):
        self.plan.write({"send_plan_to_general_practitioner": False})
        self.use(Sent(NAV_UUID, True, False, None))
        self.send()
        self.assertEqual((self.plan.state, self.plan.doctor_status), ("sent", "not_asked"))

    def test_refused(self):
        for kind, status in (
            (plans.NO_ACTIVE_EMPLOYMENT, 403),
            (plans.NO_ACTIVE_SENT_SYKMELDING, 403),
            (plans.EMPLOYEE_NOT_FOUND, 404),
            (plans.GENERAL_PRACTITIONER_NOT_FOUND, 404),
        ):
            with self.subTest(kind=kind):
                plan = self.new_plan()
                self.use(rejected(kind, status))
                self.send(plan)
                self.assertEqual(plan.state, "failed")
                self.assertTrue(plan.error)

    def test_refused_for_a_field_then_corrected_and_sent_anew(self):
        self.use(
            rejected(
                plans.VALIDATION_ERROR, 400, "needsHelpFromNav cannot be true if sendPlanToNav is"
            )
        )
        self.send()
        self.assertEqual(self.plan.error_field, "needsHelpFromNav")
        self.assertIn("needsHelpFromNav", self.plan.problem_fields.split())
        first = self.plan.call_id
        self.plan.with_user(self.manager).write({"needs_help_from_nav": False, "follow_up": "New"})
        client = self.use()
        self.send()
        self.assertEqual(self.plan.state, "sent")
        self.assertNotEqual(client.plans[0][1], first)
        self.assertFalse(self.plan.error or self.plan.error_field)

    def test_lost_answer_is_unknown(self):
        self.use(NoAnswer(plans.SYSTEM, plans.SEND, reason="time_out", sent=True))
        self.send()
        self.assertEqual(self.plan.state, "unknown")
        self.assertIn("not known", self.plan.error)
        self.assertFalse(self.plan.can_ask_status)
        with self.assertRaises(UserError):
            self.plan.with_user(self.manager).action_ask_status()

    def test_not_reached_is_not_sent(self):
        self.use(NoAnswer(plans.SYSTEM, plans.SEND, reason="refused", sent=False))
        self.send()
        self.assertEqual(self.plan.state, "failed")

    def test_a_set_up_that_is_not_complete(self):
        """The client in this test has no key."""
        self.send()
        self.assertEqual(self.plan.state, "failed")
        self.assertIn("no key yet", self.plan.error)

    @mute_logger("odoo.addons.nav_altinn_connector.models.nav_followup_plan_sending")
    def test_an_error_of_ours_during_the_call_is_unknown(self):
        self.use(RuntimeError("anything"))
        self.send()
        self.assertEqual(self.plan.state, "unknown")
        self.assertNotIn("anything", self.plan.error)

    def test_unknown_marked_as_sent(self):
        self.use(NoAnswer(plans.SYSTEM, plans.SEND, sent=True))
        self.send()
        self.plan._finish()
        activity = self.case.activity_ids.filtered(lambda one: one.user_id == self.manager)
        self.assertIn("arrived", activity.summary)
        self.plan.with_user(self.manager).action_mark_sent()
        self.assertEqual((self.plan.state, self.plan.marked_by_id), ("sent", self.manager))
        self.assertEqual(self.told, [(self.case, self.plan)])
        self.assertFalse(activity.exists())

    def test_unknown_sent_again_knowingly(self):
        self.use(NoAnswer(plans.SYSTEM, plans.SEND, sent=True))
        self.send()
        client = self.use()
        Send = self.env["nav.followup.plan.send"].with_user(self.manager)
        wizard = Send.with_context(default_plan_id=self.plan.id).create({"plan_id": self.plan.id})
        with self.assertRaises(UserError):
            wizard.action_send()
        self.assertFalse(client.plans)
        first = self.plan.call_id
        wizard.again = True
        wizard.action_send()
        self.assertEqual(self.plan.state, "sending")
        self.assertNotEqual(self.plan.call_id, first)

    def test_nobody_finishes(self):
        client = self.use()
        self.plan.with_user(self.manager).action_send()
        Plan = self.env["nav.followup.plan"]
        Plan._cron_plan_status(lambda: 1000)
        self.assertEqual(self.plan.state, "sending")
        self.plan.sending_at = fields.Datetime.now() - GIVEN_UP_AFTER - timedelta(seconds=1)
        Plan._cron_plan_status(lambda: 1000)
        self.assertEqual(self.plan.state, "unknown")
        self.assertFalse(client.plans)
        for _each in range(3):
            Plan._cron_plan_status(lambda: 1000)
        self.assertFalse(client.plans)

    def test_the_doctor_gets_it_later(self):
        self.use(Sent(NAV_UUID, True, False, None))
        self.send()
        self.plan._finish()
        self.assertEqual(self.plan.state, "partly_sent")
        self.assertIn("has not reached the general practitioner", self.plan.error)
        client = self.use(Sent(NAV_UUID, True, True, None))
        Plan = self.env["nav.followup.plan"]
        Plan._cron_plan_status(lambda: 1000)
        self.assertFalse(client.asked)
        self.plan.next_ask_at = fields.Datetime.now()
        Plan._cron_plan_status(lambda: 1000)
        self.assertEqual(client.asked, [NAV_UUID])
        self.assertEqual((self.plan.state, self.plan.doctor_status), ("sent", "yes"))
        self.assertFalse(self.plan.next_ask_at or self.plan.error)
        self.assertEqual(len(self.told), 1)

    def test_questions_become_rare_and_end(self):
        self.use(Sent(NAV_UUID, True, False, None))
        self.send()
        pauses = []
        for _each in range(40):
            if not self.plan.next_ask_at:
                break
            self.plan.next_ask_at = fields.Datetime.now()
            self.env["nav.followup.plan"]._cron_plan_status(lambda: 1000)
            if self.plan.next_ask_at:
                pauses.append(self.plan.next_ask_at - fields.Datetime.now())
        self.assertTrue(
            all(b >= a - timedelta(seconds=5) for a, b in zip(pauses, pauses[1:], strict=False))
        )
        self.assertLessEqual(max(pauses), timedelta(days=1))
        self.plan.sent_at = fields.Datetime.now() - ASKED_FOR
        self.plan.next_ask_at = fields.Datetime.now()
        self.env["nav.followup.plan"]._cron_plan_status(lambda: 1000)
        self.assertFalse(self.plan.next_ask_at)

    def test_a_status_that_cannot_be_had(self):
        self.use()
        self.send()
        for answer in (NoAnswer(plans.SYSTEM, plans.STATUS), UserError("No key")):
            self.use(answer)
            with self.assertRaises(UserError):
                self.plan.with_user(self.manager).action_ask_status()
        self.assertEqual(self.plan.state, "sent")

    def test_the_wizard_shows_what_is_sent(self):
        Send = self.env["nav.followup.plan.send"].with_user(self.manager)
        with Form(Send.with_context(default_plan_id=self.plan.id)) as form:
            for text in CONTENT.values():
                self.assertIn(text if text != "2026-07-01" else "07/01/2026", form.preview)
            self.assertEqual(form.receiver_words, "NAV, The general practitioner")
            self.assertNotIn(self.employee.identification_id, form.preview)
            self.assertFalse(form.problem_words)
            form.needs_help_from_nav = True
            self.assertIn("needsHelpFromNavDescription", form.problem_fields)
            form.needs_help_from_nav_description = "A <b>chair</b>"
            self.assertIn("A &lt;b&gt;chair", form.preview)
            self.assertFalse(form.problem_words)
            form.send_plan_to_general_practitioner = False
        client = self.use()
        form.record.action_send()
        self.plan._send_now(self.plan.call_id)
        self.assertEqual(client.plans[0][0]["needsHelpFromNavDescription"], "A <b>chair</b>")
        self.assertFalse(client.plans[0][0]["sendPlanToGeneralPractitioner"])

    def test_the_wizard_stays_open_with_problems(self):
        self.plan.typical_workday = False
        Send = self.env["nav.followup.plan.send"].with_user(self.manager)
        wizard = Send.with_context(default_plan_id=self.plan.id).create({"plan_id": self.plan.id})
        self.assertEqual(wizard.action_send()["res_id"], wizard.id)
        self.assertEqual(self.plan.state, "draft")

    def test_whose_access_sends_the_plan(self):
        connection, client = self.connection, self.connection.maskinporten_client_id
        main, vendor = islice(org_numbers(), 5, 7)
        client.owner_org_number = connection.org_number
        self.assertIsNone(connection._plan_consumer())
        client.owner_org_number = vendor
        self.assertEqual(connection._plan_consumer(), connection.org_number)
        connection.org_parent_number = main
        self.assertEqual(connection._plan_consumer(), connection.org_number)
        client.owner_org_number = main
        self.assertIsNone(connection._plan_consumer(), "the main unit is the same employer")

    def test_verify_integration(self):
        self.use()
        connection = self.connection.with_user(self.admin)
        self.assertEqual(connection.action_verify_followup()["params"]["type"], "success")
        self.use(NoAnswer(plans.SYSTEM, plans.VERIFY))
        self.assertEqual(connection.action_verify_followup()["params"]["type"], "danger")
        with self.assertRaises(AccessError):
            self.connection.with_user(self.manager).action_verify_followup()


@tagged("post_install", "-at_install")
class TestAccess(PlanCase):
    """As a script over RPC would try it."""

    SECRETS = ("typical_workday", "employee_comment", "message_to_general_practitioner", "advice")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.own = cls._user("plan-own", "base.group_user")
            cls.officer = cls._user("plan-officer", "hr_holidays.group_hr_holidays_manager")
            cls.system = cls._user("plan-system", "base.group_user,base.group_system")
            cls.portal = cls._user("plan-portal", "base.group_portal")
            elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
            cls.hr_elsewhere = cls._user(
                "plan-elsewhere", "base.group_user,nav_altinn_connector.group_nav_hr"
            )
        cls.hr_elsewhere.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        cls.employee.user_id = cls.own

    def rpc(self, user, method, *args, **kwargs):
        self.env.flush_all()
        self.env.invalidate_all()
        context = {"allowed_company_ids": user.company_ids.ids}
        plans_ = self.env["nav.followup.plan"].with_user(user)
        return call_kw(plans_, method, list(args), {**kwargs, "context": context})

    def sees(self, user):
        try:
            found = self.rpc(user, "search", [("id", "=", self.plan.id)])
        except AccessError:
            found = []
        try:
            read = bool(self.rpc(user, "read", self.plan.ids, ["typical_workday"]))
        except AccessError:
            read = False
        self.assertEqual(bool(found), read, user.login)
        return read

    def test_who_sees_a_plan(self):
        expected = {self.manager: True, self.hr: True, self.own: False}
        strangers = (self.other, self.admin, self.officer, self.system, self.portal)
        expected.update(dict.fromkeys((*strangers, self.hr_elsewhere), False))
        for user, may in expected.items():
            with self.subTest(user=user.login):
                self.assertEqual(self.sees(user), may)
        self.plan.shared_at = fields.Datetime.now()
        self.assertTrue(self.sees(self.own))
        self.plan.write({"shared_at": False, "state": "sent"})
        self.assertTrue(self.sees(self.own))
        self.assertFalse(self.sees(self.other))

    def test_a_former_manager_sees_nothing(self):
        self.case.responsible_id = self.other
        self.assertFalse(self.sees(self.manager))
        self.assertTrue(self.sees(self.other))

    def test_no_way_around(self):
        for user in (self.other, self.admin, self.officer, self.system, self.portal, self.own):
            for name in self.SECRETS:
                with self.subTest(user=user.login, field=name):
                    for method, args in (
                        ("export_data", (self.plan.ids, [name])),
                        ("formatted_read_group", ([], [name], ["__count"])),
                        ("search_read", ([(name, "!=", False)], [name])),
                    ):
                        try:
                            result = self.rpc(user, method, *args)
                        except (AccessError, ValueError, UserError):
                            continue
                        self.assertNotIn("counter", str(result))
                        self.assertFalse(result if isinstance(result, list) else None)

    def test_the_employee_only_reads(self):
        self.plan.shared_at = fields.Datetime.now()
        for method, args in (
            ("write", (self.plan.ids, {"typical_workday": "Mine"})),
            ("unlink", (self.plan.ids,)),
            ("create", ({"case_id": self.case.id},)),
            ("action_send", (self.plan.ids,)),
            ("action_ready", (self.plan.ids,)),
            ("action_ask_employee", (self.plan.ids,)),
            ("action_mark_sent", (self.plan.ids,)),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self.rpc(self.own, method, *args)

    def test_strangers_do_nothing(self):
        for user in (self.other, self.admin, self.officer, self.portal):
            for method in (
                "action_send",
                "action_ready",
                "action_ask_employee",
                "action_ask_status",
                "action_answer",
                "action_revoke_link",
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, method, self.plan.ids)
            with self.assertRaises(AccessError):
                wizard = self.env["nav.followup.plan.send"].with_user(user)
                wizard.create({"plan_id": self.plan.id}).read(["preview"])

    def test_an_unsaved_form_tells_strangers_nothing(self):
        spec = {"employee_name": {}, "advice": {}, "employee_id": {"fields": {"display_name": {}}}}
        for user in (self.other, self.admin, self.officer, self.own):
            for case in (self.case.id, (self.case.id, "x"), {"id": self.case.id}):
                with self.subTest(user=user.login, case=case), self.assertRaises(AccessError):
                    self.rpc(user, "onchange", [], {"case_id": case}, ["case_id"], spec)
        shown = self.rpc(self.manager, "onchange", [], {"case_id": self.case.id}, [], spec)["value"]
        self.assertEqual(shown["employee_name"], self.employee.name)
        self.assertIn("Rest after two hours", shown["advice"])

    def test_wizards_are_read_by_their_maker_alone(self):
        send = self.env["nav.followup.plan.send"].with_user(self.manager)
        wizard = send.create({"plan_id": self.plan.id, "message_to_general_practitioner": "Hi"})
        wizard.read(["message_to_general_practitioner"])
        for user in (self.other, self.hr, self.admin, self.officer, self.system):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizard.with_user(user).read(["message_to_general_practitioner"])
            self.assertFalse(wizard.with_user(user).search([]))

    def test_private_methods_are_not_called(self):
        for method in ("_send_now", "_new_link", "_by_link", "_take_answer"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["nav.followup.plan"], method)

    def test_documents_are_read_like_the_case(self):
        document = self.env["ir.attachment"].create(
            {
                "name": "plan.pdf",
                "raw": b"%PDF",
                "res_model": "nav.sick.case",
                "res_id": self.case.id,
            }
        )
        self.plan.document_ids = document
        for user in (self.manager, self.hr):
            self.assertTrue(document.with_user(user).read(["raw"]))
        for user in (self.other, self.own, self.admin, self.officer):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                document.with_user(user).read(["raw"])


@tagged("post_install", "-at_install")
class TestRetention(PlanCase):
    def setUp(self):
        super().setUp()
        self.use()
        self.patch(self.registry["nav.sick.case"], "_plan_sent", lambda case, plan: None)
        self.send()
        self.env["nav.followup.entry"].create({"case_id": self.case.id, "text": "We talked"})
        self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "nav.sick.case", "res_id": self.case.id}
        )
        self.case.message_post(body="About the back")
        self.Log = self.env["nav.retention.log"]

    def clean(self):
        return self.Log._remove_due(self.company)

    def close(self, on):
        self.case.write({"state": "closed", "closed_on": on, "close_note": "Is back"})

    def test_what_is_not_old_stays(self):
        self.close(TODAY.replace(year=2023))
        self.assertFalse(self.clean())
        self.assertTrue(self.plan.exists())
        self.assertTrue(self.sick_note.measures)

    def test_an_open_case_stays(self):
        self.case.closed_on = "2001-01-01"
        self.clean()
        self.assertTrue(self.plan.exists())

    def test_removed_and_logged_without_content(self):
        self.close(TODAY.replace(year=2023) - timedelta(days=1))
        before = self.Log.search([])
        self.clean()
        self.assertFalse(self.plan.exists())
        self.assertFalse(self.case.entry_ids)
        self.assertFalse(self.case.message_ids)
        self.assertFalse(self.case.close_note)
        self.assertFalse(
            self.env["ir.attachment"].search(
                [("res_model", "=", "nav.sick.case"), ("res_id", "=", self.case.id)]
            )
        )
        log = self.Log.search([]) - before
        self.assertEqual((log.cases, log.plans, log.entries, log.documents), (1, 1, 1, 1))
        self.assertNotIn("Kari", str(log.read()))
        self.assertFalse(self.clean())
        self.assertEqual(self.Log.search([]) - before, log)

    def test_texts_of_notes_go_first(self):
        self.sick_note.period_ids.write(
            {"date_from": "2026-01-01", "date_to": "2026-02-14", "advice": "Sit"}
        )
        days = self.sick_note.period_ids.read(["date_from", "date_to", "degree"])
        self.clean()
        self.assertFalse(self.sick_note.payload or self.sick_note.measures)
        self.assertFalse(self.sick_note.message_to_employer or self.sick_note.period_ids.advice)
        self.assertEqual(self.sick_note.period_ids.read(["date_from", "date_to", "degree"]), days)
        self.assertTrue(self.plan.exists())

    def test_the_settings_count(self):
        self.connection.write({"keep_cases_years": 1, "keep_notes_months": 60})
        self.close(TODAY.replace(year=2025) - timedelta(days=1))
        self.clean()
        self.assertFalse(self.plan.exists())
        self.assertTrue(self.sick_note.measures)

    def test_what_cannot_be_removed_stops_nothing_behind_it(self):
        """Not even when a whole batch of it comes first."""
        self.sick_note.period_ids.write({"date_from": "2026-01-01", "date_to": "2026-02-14"})
        [later] = self.receive(self.payload(("2026-01-01", "2026-01-05", 50), measures="Less"))
        self.assertLess(self.sick_note.id, later.id)
        remove = self.registry["nav.sick.note"]._remove_texts

        def fail(note):
            if note == self.sick_note:
                raise ValueError("Broken")
            return remove(note)

        self.patch(self.registry["nav.sick.note"], "_remove_texts", fail)
        with (
            patch.object(nav_retention, "BATCH", 1),
            self.assertLogs("odoo.addons.nav_altinn_connector", "ERROR"),
        ):
            self.assertTrue(self.clean())
            self.assertTrue(later.texts_removed_on)
            self.assertFalse(self.clean())
        self.assertFalse(self.sick_note.texts_removed_on)

    def test_the_preview_changes_nothing_and_tells_all(self):
        self.close(TODAY.replace(year=2023) - timedelta(days=1))
        Preview = self.env["nav.retention.preview"].with_user(self.hr)
        preview = Preview.create({"company_id": self.company.id})
        self.assertEqual((preview.case_count, preview.plan_count, preview.entry_count), (1, 1, 1))
        self.assertEqual(preview.case_ids.ids, self.case.ids)
        self.assertTrue(self.plan.exists())
        preview.action_remove()
        self.assertFalse(self.plan.exists())
        self.assertEqual(self.Log.search([], limit=1).user_id, self.hr)

    def test_the_preview_of_a_company_that_hr_does_not_work_in_now(self):
        """Its sick leaves could not be shown, so nothing of it is."""
        self.close(TODAY.replace(year=2020))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.hr.company_ids |= elsewhere
        spec = {"case_ids": {"fields": {"employee_id": {}}}, "case_count": {}, "nothing": {}}
        for companies, count in ((self.company | elsewhere, 1), (elsewhere, 0)):
            Preview = self.env["nav.retention.preview"].with_user(self.hr)
            preview = Preview.with_context(allowed_company_ids=companies.ids).create(
                {"company_id": self.company.id}
            )
            self.env.invalidate_all()
            [told] = preview.web_read(spec)
            self.assertEqual((told["case_count"], len(told["case_ids"])), (count, count))
            self.assertEqual(told["nothing"], not count)

    def test_of_a_note_that_is_nobodys_the_person_goes(self):
        """One that was ignored, also where it could not be read and so has no days."""
        readable, broken = self.receive(
            self.payload(("2026-01-01", "2026-01-05", 50), fnr=next(self.numbers)),
            self.payload(("2026-01-05", "2026-01-01", 50), fnr=next(self.numbers)),
        )
        self.assertEqual((readable.state, broken.state), ("waiting", "failed"))
        (readable | broken)._ignore("Never worked here")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE nav_sick_note SET create_date = '2026-01-06' WHERE id = %s", broken.ids
        )
        self.env.invalidate_all()
        self.clean()
        for note in readable | broken:
            self.assertTrue(note.texts_removed_on)
            self.assertFalse(note.person_name or note.identity_number or note.payload)
            self.assertTrue(note.nav_id)
        self.assertEqual(readable.degrees, "50 %")
        # Taken up again, it cannot become time off, and breaks nothing.
        readable.action_unignore()
        self.assertEqual(readable.waiting_reason, "invalid_identity")
        self.assertTrue(self.sick_note.identity_number)

    def test_only_hr(self):
        for user in (self.manager, self.admin, self.other):
            with self.assertRaises(AccessError):
                self.env["nav.retention.preview"].with_user(user).create({})

    def test_not_for_another_company(self):
        self.close(TODAY.replace(year=2020))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.hr.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        Preview = self.env["nav.retention.preview"].with_user(self.hr)
        preview = Preview.with_context(allowed_company_ids=elsewhere.ids).create(
            {"company_id": self.company.id}
        )
        self.assertFalse(preview.case_count)
        preview.action_remove()
        self.assertTrue(self.plan.exists())
