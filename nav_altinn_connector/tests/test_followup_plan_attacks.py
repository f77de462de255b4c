"""Attempts to send twice, to send or confirm what nobody has looked at, to change what was sent,
and to learn what is not one's own."""

from unittest.mock import patch

from psycopg2.errors import IntegrityError

from odoo import fields
from odoo.addons.nav_altinn_connector.clients import followup_plan as plans
from odoo.addons.nav_altinn_connector.clients.errors import NoAnswer
from odoo.addons.nav_altinn_connector.models.nav_followup_plan import CONTENT as CONTENT_FIELDS
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .plan_common import TODAY, PlanCase

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}"
LOST = NoAnswer(plans.SYSTEM, plans.SEND, sent=True)
SECRETS = ("nav_uuid", "link_hash")


class AttackCase(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(
            patch.object(cls.registry["nav.sick.case"], "_plan_sent", lambda case, plan: None)
        )

    def wizard(self, model="nav.followup.plan.send", user=None, **values):
        Wizard = self.env[model].with_user(user or self.manager)
        return Wizard.create({"plan_id": self.plan.id, **values})

    def refused(self, call, *args, **kwargs):
        """Fail unless a call is refused."""
        try:
            with self.env.cr.savepoint():
                call(*args, **kwargs)
        except (UserError, ValueError, IntegrityError):
            return
        self.fail("not refused")

    def rpc(self, user, model, method, *args, **kwargs):
        """Call a method as it is called from outside."""
        self.env.flush_all()
        self.env.invalidate_all()
        kwargs["context"] = {"allowed_company_ids": user.company_ids.ids}
        return call_kw(self.env[model].with_user(user), method, list(args), kwargs)


@tagged("post_install", "-at_install")
class TestPlanAttacks(AttackCase):
    def test_an_unknown_plan_is_sent_again_only_knowingly(self):
        self.use(LOST)
        self.send()
        client = self.use()
        for again in (None, False, True, "", "00000000-0000-4000-8000-000000000000"):
            with self.subTest(again=again), self.assertRaises(UserError):
                self.rpc(
                    self.manager, "nav.followup.plan", "action_send", self.plan.ids, again=again
                )
        self.assertEqual(self.plan.state, "unknown")
        self.plan.with_user(self.manager).action_send(again=self.plan.call_id)
        self.plan._send_now(self.plan.call_id)
        self.assertEqual(len(client.plans), 1)

    def test_a_window_repeats_the_attempt_that_it_knows_of(self):
        """Two windows, in both of which somebody ticks to send it again."""
        self.use(LOST)
        self.send()
        windows = self.wizard(again=True), self.wizard(again=True, user=self.hr)
        windows[0].action_send()
        self.plan._send_now(self.plan.call_id)
        self.assertEqual(self.plan.state, "unknown")
        client = self.use()
        for window in windows:
            self.assertEqual(window.action_send()["res_id"], window.id)
            self.assertTrue(window.changed)
            self.assertFalse(window.again)
            with self.assertRaises(UserError):
                window.action_send()
            self.assertEqual(self.plan.state, "unknown")
        self.assertFalse(client.plans)

    def test_the_window_called_twice(self):
        client, window = self.use(), self.wizard()
        window.action_send()
        self.assertEqual(window.action_send()["type"], "ir.actions.act_window_close")
        self.plan._send_now(self.plan.call_id)
        with self.assertRaises(UserError):
            window.action_send()
        self.assertEqual(len(client.plans), 1)

    def test_only_what_was_shown_is_sent(self):
        client = self.use()
        with Form(
            self.env["nav.followup.plan.send"]
            .with_user(self.manager)
            .with_context(default_plan_id=self.plan.id)
        ) as form:
            self.plan.with_user(self.hr).write({"follow_up": "Never."})
        window = form.record
        self.assertEqual(window.action_send()["res_id"], window.id)
        self.assertTrue(window.changed)
        self.assertIn("Never.", window.preview)
        self.assertFalse(client.plans)
        window.action_send()
        self.plan._send_now(self.plan.call_id)
        self.assertEqual(client.plans[0][0]["followUp"], "Never.")

    def test_a_mark_that_is_rolled_back_sends_nothing(self):
        client = self.use()
        with self.assertRaises(KeyError), self.env.cr.savepoint():
            self.plan.with_user(self.manager).action_send()
            call_id = self.plan.call_id
            raise KeyError
        self.plan._send_now(call_id)
        self.assertEqual((self.plan.state, client.plans), ("draft", []))

    def test_only_who_may_send_asks_nav(self):
        self.use()
        self.send()
        self.employee.user_id = self.other
        with self.assertRaises(AccessError):
            self.plan.with_user(self.other).action_ask_status()

    def test_a_plan_that_goes_to_another_case_takes_all_with_it(self):
        """Sick leaves are joined: the old case is closed, and may belong to a former manager."""
        case = self.new_case(responsible_id=self.hr.id)
        unknown = self.new_plan()
        self.use()
        self.send()
        self.plan._finish()
        self.use(LOST)
        self.send(unknown)
        unknown._finish()
        self.case._move_along([case])
        self.assertEqual((self.plan | unknown).case_id, case)
        self.assertEqual(self.plan.document_ids.mapped("res_id"), case.ids)
        self.assertEqual(unknown.decision_activity_id.res_id, case.id)
        self.assertEqual(unknown.decision_activity_id.user_id, self.hr)
        with self.assertRaises(AccessError):
            self.plan.document_ids.with_user(self.manager).read(["raw"])

    # -- secrets

    def test_nobody_reads_searches_sorts_or_groups_by_them(self):
        self.plan.sudo().write({"nav_uuid": "abc", "link_hash": "abc"})
        model = "nav.followup.plan"
        ways = (
            lambda name: ("read", (self.plan.ids, [name]), {}),
            lambda name: ("web_search_read", ([], {name: {}}), {}),
            lambda name: ("search", ([(name, "=like", "a%")],), {}),
            lambda name: ("search", ([],), {"order": f"{name} desc"}),
            lambda name: ("search_count", ([(f"previous_id.{name}", "!=", False)],), {}),
            lambda name: ("search", ([("case_id.plan_ids", "any", [(name, "like", "a")])],), {}),
            lambda name: ("formatted_read_group", ([], [name], ["__count"]), {}),
            lambda name: ("formatted_read_group", ([], [], [f"{name}:count_distinct"]), {}),
            lambda name: ("formatted_read_group", ([], [f"previous_id.{name}"], ["__count"]), {}),
            lambda name: ("write", (self.plan.ids, {name: "x"}), {}),
        )
        exporter = self._user(
            "plan-export", "nav_altinn_connector.group_nav_hr,base.group_allow_export"
        )
        for user in (self.manager, self.hr, self.admin, exporter):
            for name in SECRETS:
                for way in ways:
                    method, args, kwargs = way(name)
                    with self.subTest(user=user.login, name=name, method=method):
                        self.refused(self.rpc, user, model, method, *args, **kwargs)
                self.assertNotIn(name, self.rpc(user, model, "fields_get"))
        for name in SECRETS:
            with self.assertRaises(AccessError):
                self.rpc(exporter, model, "export_data", self.plan.ids, [name])

    def test_an_unsaved_form_of_another_company_s_hr(self):
        """It may name notes that its user could not read."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.hr.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        spec = {"advice": {}, "employee_name": {}}
        for case in ({"note_ids": [[6, 0, self.sick_note.ids]]}, {"id": self.case.id}):
            with self.subTest(case=case):
                try:
                    shown = self.rpc(
                        self.hr, "nav.followup.plan", "onchange", [], {"case_id": case}, [], spec
                    )["value"]
                except AccessError:
                    continue
                self.assertFalse(shown["advice"] or shown["employee_name"])

    def test_who_prints(self):
        Report = self.env["ir.actions.report"]
        report = "nav_altinn_connector.nav_followup_plan_report"
        for user in (self.other, self.admin):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                Report.with_user(user)._render_qweb_html(report, self.plan.ids)
        self.employee.user_id = self.other
        self.plan.shared_at = fields.Datetime.now()
        page, _kind = Report.with_user(self.other)._render_qweb_html(report, self.plan.ids)
        self.assertIn(self.plan.planned_facilitation, page.decode())

    def test_what_is_said_about_a_plan_tells_nothing_of_it(self):
        self.use(LOST)
        self.send()
        self.plan._finish()
        self.plan.with_user(self.manager).action_mark_sent()
        texts = [
            *self.case.message_ids.mapped("body"),
            *self.case.with_context(active_test=False).activity_ids.mapped(
                lambda one: f"{one.summary} {one.note}"
            ),
            *self.plan.document_ids.mapped("name"),
        ]
        self.assertTrue(texts)
        for name in CONTENT_FIELDS:
            if isinstance(self.plan[name], str) and name != "contribution":
                self.assertNotIn(self.plan[name], " ".join(texts))
        Message = self.env["mail.message"].with_user(self.other)
        self.assertFalse(Message.search([("model", "=", "nav.sick.case")]))
        Attachment = self.env["ir.attachment"].with_user(self.other)
        self.assertFalse(Attachment.search([("res_model", "=", "nav.sick.case")]))

    def test_texts_are_texts_wherever_they_are_shown(self):
        texts = {
            name: MARKUP
            for name in CONTENT_FIELDS
            if self.plan._fields[name].type in ("char", "text")
        }
        self.plan.write({**texts, "needs_help_from_nav": True})
        self.plan.employee_comment = MARKUP
        self.employee.name = MARKUP
        self.case.connection_id.org_name = MARKUP
        self.use()
        shown = [self.wizard().preview, self.plan._as_html()]
        self.plan.write({"contact_person_email": "mona@example.com"})
        self.send()
        self.assertEqual(self.plan.state, "sent")
        report = "nav_altinn_connector.nav_followup_plan_report"
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(report, self.plan.ids)
        shown.append(html.decode())
        for place, text in enumerate(shown):
            with self.subTest(place=place):
                self.assertIn("&lt;script&gt;alert(2)", text)
                self.assertNotIn("<script>alert", text)
                self.assertNotIn("<img src=x", text)
                self.assertNotIn(" 49", text)

    def test_very_long_texts_are_sent_and_shown(self):
        text = "word " * 50_000
        self.plan.write({"planned_facilitation": text})
        client = self.use()
        self.send()
        self.assertEqual(client.plans[0][0]["plannedFacilitation"], text)

    @mute_logger("odoo.addons.nav_altinn_connector.models.nav_retention")
    def test_what_cannot_be_removed_stops_nothing_else(self):
        other = self.new_case()
        self.env["nav.followup.plan"].create({"case_id": other.id})
        closed = {"state": "closed", "closed_on": TODAY.replace(year=2020)}
        (self.case | other).write(closed)
        remove = type(self.case)._remove_content

        def failing(case):
            counts = remove(case)
            if case == self.case:
                raise ValueError("anything")
            return counts

        self.patch(self.registry["nav.sick.case"], "_remove_content", failing)
        self.env["nav.retention.log"]._gc_followup()
        self.assertTrue(self.plan.exists())
        self.assertFalse(other.plan_ids)
        log = self.env["nav.retention.log"].search([], limit=1)
        self.assertEqual((log.cases, log.plans), (1, 1))

    def test_done_activities_go_as_well(self):
        activity = self.case.activity_schedule("mail.mail_activity_data_todo", summary="Talk")
        activity.action_feedback(feedback="Said that the back hurts")
        self.case.write({"state": "closed", "closed_on": TODAY.replace(year=2020)})
        self.env["nav.retention.log"]._gc_followup()
        Activity = self.env["mail.activity"].with_context(active_test=False)
        self.assertFalse(Activity.search([("res_model", "=", "nav.sick.case")]) & activity)


@tagged("post_install", "-at_install")
class TestPlanFixedForAll(AttackCase):
    def setUp(self):
        super().setUp()
        self.use()
        self.send()
        self.before = self.plan.read(sorted(CONTENT_FIELDS - {"contribution"}))

    def tearDown(self):
        self.plan.invalidate_recordset()
        self.assertEqual(self.plan.read(sorted(CONTENT_FIELDS - {"contribution"})), self.before)
        self.assertEqual((self.plan.state, self.plan.case_id), ("sent", self.case))
        super().tearDown()

    def test_by_detours_of_the_orm(self):
        other = self.new_case()
        own, vals = self.plan.ids, {"typical_workday": "Changed"}
        for user in (self.manager, self.hr):
            for model, method, args in (
                ("nav.followup.plan", "write", (own, {"case_id": other.id})),
                ("nav.followup.plan", "web_save", (own, vals, {})),
                ("nav.followup.plan", "copy", (own, {"state": "sent"})),
                ("nav.followup.plan", "unlink", (own,)),
                ("nav.sick.case", "write", (self.case.ids, {"plan_ids": [[1, *own, vals]]})),
                ("nav.sick.case", "write", (self.case.ids, {"plan_ids": [[2, *own, 0]]})),
                ("nav.sick.case", "write", (self.case.ids, {"plan_ids": [[3, *own, 0]]})),
                ("nav.sick.case", "write", (other.ids, {"plan_ids": [[4, *own, 0]]})),
                ("nav.sick.case", "unlink", (self.case.ids,)),
            ):
                with self.subTest(user=user.login, method=method, args=args):
                    self.refused(self.rpc, user, model, method, *args)
            self.rpc(
                user,
                "nav.followup.plan",
                "load",
                [".id", "typical_workday"],
                [[str(self.plan.id), "Changed"]],
            )

    @mute_logger("odoo.sql_db")
    def test_with_all_rights(self):
        for work in (
            lambda: self.plan.sudo().write({"follow_up": "Changed"}),
            lambda: self.plan.sudo().unlink(),
            lambda: self.case.sudo().unlink(),
        ):
            self.refused(work)

    def test_a_copy_is_a_draft(self):
        copy = self.plan.with_user(self.manager).copy()
        self.assertEqual((copy.state, copy.version), ("draft", 2))
        self.assertFalse(copy.sent_at or copy.call_id or copy.sudo().nav_uuid or copy.document_ids)
        copy.unlink()

    def test_the_answer_comes_too_late(self):
        with self.assertRaises(UserError):
            self.plan._take_answer({"employee_comment": "Later"}, confirm=True)


@tagged("post_install", "-at_install")
class TestConfirmWhatWasRead(AttackCase):
    def setUp(self):
        super().setUp()
        self.employee.user_id = self.other
        self.plan.write(
            {
                "contribution": "answer",
                "employee_has_not_contributed_to_plan_description": False,
                "shared_at": fields.Datetime.now(),
            }
        )

    def answer(self, **values):
        return self.wizard("nav.followup.plan.answer", self.other, **values)

    def test_the_window_shows_what_is_confirmed(self):
        answer = self.answer()
        self.assertIn(self.plan.planned_facilitation, answer.preview)
        for user in (self.manager, self.hr):
            with self.assertRaises(AccessError):
                answer.with_user(user).read(["preview"])

    def test_another_text_is_not_confirmed_nor_overwritten(self):
        answer = self.answer(employee_comment="Fine")
        self.plan.with_user(self.manager).write({"typical_workday": "Works nights, too."})
        for action in (answer.action_confirm, answer.action_save):
            with self.assertRaises(UserError):
                action()
        self.assertFalse(self.plan.employee_confirmed_at)
        self.assertEqual(self.plan.typical_workday, "Works nights, too.")
        self.answer().action_confirm()
        self.assertTrue(self.plan.employee_confirmed_at)
