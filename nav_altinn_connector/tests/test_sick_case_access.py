"""Who may see and change the follow-up of sick leave, as a script over RPC would try it."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged

from .test_sick_case import TODAY, CaseTestCase, day

MODELS = ("nav.sick.case", "nav.followup.milestone", "nav.followup.entry")


@tagged("post_install", "-at_install")
class TestCaseAccess(CaseTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.note((day(-25), day(30), 60), sykefravaerFom=None)
        cls.env["nav.sick.case"]._follow(cls.employee)
        cls.the_case = cls.env["nav.sick.case"].search([("employee_id", "=", cls.employee.id)])
        cls.entry = cls.env["nav.followup.entry"].create(
            {"case_id": cls.the_case.id, "date": TODAY, "text": "Talked about the desk"}
        )
        cls.the_case.with_user(cls.manager).message_post(body="Called today")
        cls.records = {
            "nav.sick.case": cls.the_case,
            "nav.followup.milestone": cls.the_case.milestone_ids,
            "nav.followup.entry": cls.entry,
        }
        cls.outsiders = (cls.own_user, cls.colleague, cls.other_manager, cls.admin)
        cls.env.flush_all()

    def rpc(self, user, records, method, *args, **kwargs):
        """Call a method over RPC as a user, and undo what it did."""
        self.env.flush_all()
        self.env.invalidate_all()
        kwargs.setdefault("context", {"allowed_company_ids": user.company_ids.ids})
        model = records.with_user(user).browse()
        on_model = ("create", "search", "search_read", "name_search", "formatted_read_group")
        ids = [] if method in (*on_model, "web_read_group", "web_search_read") else [records.ids]
        with self.env.cr.savepoint() as savepoint:
            try:
                return call_kw(model, method, [*ids, *args], kwargs)
            finally:
                savepoint.rollback()
                self.env.invalidate_all()

    def test_outsiders_find_and_read_nothing(self):
        for user in self.outsiders:
            for model, records in self.records.items():
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(self.rpc(user, records, "search", []))
                    found = self.rpc(user, records, "formatted_read_group", [], [], ["__count"])
                    self.assertFalse(sum(group["__count"] for group in found))
                    for method, *arguments in (
                        ("read", ["display_name"]),
                        ("export_data", ["id"]),
                        ("write", {}),
                        ("unlink",),
                    ):
                        # Odoo refuses most users to export with another error, above it.
                        with self.assertRaises(UserError):
                            self.rpc(user, records, method, *arguments)

    def test_outsiders_cannot_act(self):
        milestone = self.milestone(self.the_case, "plan")
        for user in self.outsiders:
            for records, method, arguments in (
                (self.the_case, "action_close", []),
                (self.the_case, "action_reopen", []),
                (self.the_case, "message_post", []),
                (milestone, "action_done", []),
                (milestone, "action_ask_again", []),
            ):
                subtest = self.subTest(user=user.login, method=method)
                with subtest, self.assertRaises(AccessError):
                    self.rpc(user, records, method, *arguments)
            with self.assertRaises(AccessError):
                self.rpc(user, self.entry, "create", {"case_id": self.the_case.id, "date": TODAY})
            for model, values in (
                ("nav.followup.settle", {"milestone_id": milestone.id}),
                ("nav.sick.case.close", {"case_id": self.the_case.id, "note": "x"}),
            ):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.rpc(user, self.env[model], "create", values)

    def test_outsiders_see_no_message_activity_or_count(self):
        for user in self.outsiders:
            with self.subTest(user=user.login):
                for model in ("mail.message", "mail.activity"):
                    name = "model" if model == "mail.message" else "res_model"
                    records = self.env[model].sudo().search([(name, "=", "nav.sick.case")])
                    self.assertTrue(records, model)
                    seen = self.env[model].with_user(user).search([("id", "in", records.ids)])
                    self.assertFalse(seen)
                employee = self.employee.with_user(user).sudo(False)
                if employee.has_access("read"):
                    self.assertFalse(employee.nav_case_count)

    def test_outsiders_learn_no_name_by_searching_for_it(self):
        """By part of the name, by groups, by activities and messages."""
        case_domain = [("res_model", "=", "nav.sick.case")]
        for user in self.outsiders:
            with self.subTest(user=user.login):
                for records in self.records.values():
                    self.assertFalse(self.rpc(user, records.browse(), "name_search", "Kari"))
                    self.assertFalse(self.rpc(user, records.browse(), "name_search", ""))
                for model, domain, group in (
                    ("mail.activity", case_domain, "res_name"),
                    ("mail.message", [("model", "=", "nav.sick.case")], "subject"),
                    ("nav.followup.milestone", [], "employee_id"),
                    ("nav.sick.case", [], "employee_id"),
                ):
                    rows = self.rpc(
                        user, self.env[model], "formatted_read_group", domain, [group], ["__count"]
                    )
                    self.assertFalse(rows, model)
                for model in ("mail.tracking.value", "nav.followup.mark"):
                    with self.assertRaises(AccessError):
                        self.rpc(user, self.env[model], "search", [])
        for model in ("nav.sick.case", "nav.followup.entry"):
            found = self.rpc(self.manager, self.env[model], "name_search", "kari")
            self.assertEqual([row[0] for row in found], self.records[model].ids)
            self.assertFalse(self.rpc(self.manager, self.env[model], "name_search", "per"))

    def test_to_be_asked_makes_nobody_a_follower(self):
        """Who follows what is open to all colleagues."""
        self.sick((day(31), day(40), 60))
        self.assertTrue(self.the_case.activity_ids)
        self.assertFalse(self.the_case.message_partner_ids)

    def test_the_manager_reads_and_acts(self):
        for records in self.records.values():
            self.assertEqual(set(self.rpc(self.manager, records, "search", [])), set(records.ids))
            self.rpc(self.manager, records, "read", ["display_name"])
        values = self.rpc(
            self.manager, self.the_case, "read", ["extent", "timeline", "responsible_id"]
        )[0]
        self.assertEqual(values["extent"], "60 %")
        milestone = self.milestone(self.the_case, "plan")
        self.rpc(self.manager, milestone, "action_done")
        self.rpc(self.manager, self.the_case, "action_close", "Back")
        self.rpc(self.manager, self.the_case, "message_post", body="A note")
        self.rpc(self.manager, self.entry, "write", {"text": "More"})

    def test_the_manager_writes_no_facts(self):
        milestone = self.milestone(self.the_case, "plan")
        for records, values in (
            (self.the_case, {"responsible_id": self.colleague.id}),
            (self.the_case, {"last_day": day(90)}),
            (milestone, {"state": "done"}),
            (milestone, {"settled_by_id": self.colleague.id}),
        ):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, records, "write", values)
        with self.assertRaises(AccessError):
            self.rpc(self.hr, self.the_case, "write", {"last_day": day(90)})
        for user in (self.manager, self.hr):
            for records in (self.the_case, milestone):
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "unlink")
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "create", {})

    def test_the_manager_reads_no_sick_note(self):
        for name in ("note_ids", "stretches"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.the_case, "read", [name])
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.the_case.note_ids, "read", ["display_name"])

    def test_an_entry_cannot_be_put_into_anothers_case(self):
        other = self._employee("Per Prøve", parent_id=self.other_boss.id)
        self.note((day(-25), day(30), 60), employee=other, sykefravaerFom=None)
        self.env["nav.sick.case"]._follow(other)
        strange = self.env["nav.sick.case"].search([("employee_id", "=", other.id)])
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.entry, "write", {"case_id": strange.id})
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.entry, "create", {"case_id": strange.id, "date": TODAY})

    def test_the_author_of_an_entry_is_the_writer(self):
        entry = self.env["nav.followup.entry"].with_user(self.manager)
        entry = entry.create(
            {"case_id": self.the_case.id, "date": TODAY, "author_id": self.colleague.id}
        )
        entry.author_id = self.colleague
        self.assertEqual(entry.author_id, self.manager)

    def test_attachments_are_for_readers_of_the_entry(self):
        attachment = self.env["ir.attachment"].with_user(self.manager)
        attachment = attachment.create(
            {"name": "minutes.txt", "raw": b"minutes", "res_model": "nav.followup.entry"}
        )
        self.entry.with_user(self.manager).attachment_ids = [Command.link(attachment.id)]
        self.rpc(self.manager, attachment, "read", ["name"])
        self.rpc(self.hr, attachment, "read", ["name"])
        for user in self.outsiders:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rpc(user, attachment, "read", ["raw"])

    def test_hr_of_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other employer"})
        stranger = new_test_user(
            self.env,
            "case-stranger",
            groups="base.group_user,nav_altinn_connector.group_nav_hr",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for records in self.records.values():
            self.assertFalse(self.rpc(stranger, records, "search", []))
            with self.assertRaises(AccessError):
                self.rpc(stranger, records, "read", ["display_name"])

    def test_a_link_tells_nobody_whose_sick_leave_it_is(self):
        wizard = self.env["nav.sick.case.close"]
        for user in self.outsiders:
            case = self.the_case.with_user(user).sudo()
            self.env.invalidate_all()
            self.assertEqual(case.display_name, "Sick leave")
            spec = {"case_id": {"fields": {"display_name": {}}}}
            answer = call_kw(
                wizard.with_user(user),
                "onchange",
                [[], {"case_id": self.the_case.id}, [], spec],
                {},
            )
            self.assertNotIn(self.employee.name, str(answer))
        self.env.invalidate_all()
        name = self.the_case.with_user(self.manager).display_name
        self.assertIn(self.employee.name, name)

    def test_wizards_are_ones_own(self):
        wizard = self.env["nav.sick.case.close"].with_user(self.manager)
        wizard = wizard.create({"case_id": self.the_case.id, "note": "Back"})
        for user in (*self.outsiders, self.hr):
            with self.assertRaises(AccessError):
                self.rpc(user, wizard, "read", ["note"])

    def test_an_unsaved_form_tells_outsiders_no_milestone(self):
        milestone = self.the_case.milestone_ids[0]
        for user in self.outsiders:
            self.env.invalidate_all()
            wizard = self.env["nav.followup.settle"].with_user(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizard.onchange(
                    {"milestone_id": milestone.id}, ["milestone_id"], {"name": {}, "due_date": {}}
                )

    def test_templates_are_hrs(self):
        template = self.env.ref("nav_altinn_connector.milestone_plan")
        self.rpc(self.hr, template, "write", {"lead_days": 3})
        for user in (self.manager, *self.outsiders):
            with self.assertRaises(AccessError):
                self.rpc(user, template, "write", {"lead_days": 3})

    def test_the_form_opens_for_manager_and_hr(self):
        for user in (self.manager, self.hr):
            with self.subTest(user=user.login):
                Form(self.the_case.with_user(user))
