"""Who has read, all that is stored about an employee, and its deletion."""

import base64
import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.nav_altinn_connector.models import hr_employee_data, reading
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import format_date, mute_logger

from .plan_common import TODAY, PlanCase

OFFICER = "nav_altinn_connector.group_nav_privacy"


class PrivacyCase(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.officer = cls._user("privacy-officer", f"base.group_user,{OFFICER}")
            cls.own = cls._user("privacy-employee", "base.group_user")
            other = cls.env["res.company"].create({"name": "Other employer"})
            cls.stranger = new_test_user(
                cls.env,
                "privacy-stranger",
                groups=f"nav_altinn_connector.group_nav_hr,{OFFICER}",
                company_id=other.id,
                company_ids=[Command.set(other.ids)],
            )
        cls.entry = cls.env["nav.followup.entry"].create(
            {"case_id": cls.case.id, "date": TODAY, "text": "<p>About the desk</p>"}
        )
        cls.sick_note.message_post(body="Called the doctor", message_type="comment")

    def rpc(self, user, model, method, *args, **kwargs):
        """Call a method as it is called from outside."""
        self.env.flush_all()
        self.env.invalidate_all()
        kwargs["context"] = {
            "allowed_company_ids": user.company_ids.ids,
            **kwargs.get("context", {}),
        }
        return call_kw(self.env[model].with_user(user), method, list(args), kwargs)


@tagged("post_install", "-at_install")
class TestWhoReads(PrivacyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.log_reading = True

    def written(self):
        """[(user, what, number, how)], after what comes with the commit."""
        self.env.cr.postcommit.run()
        self.env.invalidate_all()
        lines = self.env["nav.access.log"].search([], order="id")
        return [(line.user_id, line.what, line.record_id, line.how) for line in lines]

    def test_each_way_of_reading(self):
        note, plan, entry = self.sick_note, self.plan, self.entry
        for user, record, method, args, how in (
            (self.hr, note, "web_read", [note.ids, {"degrees": {}}], "opened"),
            (self.hr, note, "export_data", [note.ids, ["degrees"]], "exported"),
            (self.manager, plan, "read", [plan.ids, ["tasks_that_can_still_be_done"]], "opened"),
            (self.hr, plan, "search_read", [[("id", "=", plan.id)], ["state"]], "opened"),
            (self.manager, entry, "web_read", [entry.ids, {"text": {}}], "opened"),
        ):
            with self.subTest(model=record._name, method=method):
                before = len(self.written())
                self.hr.group_ids |= self.env.ref("base.group_allow_export")
                self.rpc(user, record._name, method, *args)
                lines = self.written()
                self.assertEqual(lines[before:], [(user, record._name, record.id, how)])

    def test_a_list(self):
        more = self.note((TODAY - timedelta(days=60), TODAY - timedelta(days=50), 100))
        self.rpc(self.hr, "nav.sick.note", "web_search_read", [], {"degrees": {}})
        found = {line for line in self.written() if line[1] == "nav.sick.note"}
        self.assertEqual(
            found,
            {(self.hr, "nav.sick.note", each.id, "listed") for each in self.sick_note | more},
        )

    def test_periods_are_the_note(self):
        periods = self.sick_note.period_ids
        self.rpc(self.hr, "nav.sick.note.period", "read", periods.ids, ["degree"])
        self.assertEqual(self.written(), [(self.hr, "nav.sick.note", self.sick_note.id, "opened")])

    def test_once_an_hour_for_each_person(self):
        for _time in range(3):
            for user in (self.hr, self.hr, self.manager):
                self.rpc(user, "nav.followup.plan", "read", self.plan.ids, ["state"])
        self.assertEqual(
            self.written(),
            [
                (self.hr, "nav.followup.plan", self.plan.id, "opened"),
                (self.manager, "nav.followup.plan", self.plan.id, "opened"),
            ],
        )
        for line in self.env["nav.access.log"].search([]):
            line.hour -= timedelta(hours=1)
        self.rpc(self.hr, "nav.followup.plan", "read", self.plan.ids, ["state"])
        self.assertEqual(len(self.written()), 3)

    def test_what_tells_nothing_is_not_written_down(self):
        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["write_date"])
        self.rpc(self.hr, "nav.sick.note", "search", [])
        self.rpc(self.hr, "nav.sick.note", "search_count", [])
        with self.assertRaises(AccessError):
            self.rpc(self.other, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        self.env["nav.sick.note"].search([]).sudo().read(["degrees"])
        self.assertFalse(self.written())

    def test_what_people_read_about_themselves(self):
        self.employee.user_id = self.own
        self.plan.shared_at = fields.Datetime.now()
        self.rpc(self.own, "nav.followup.plan", "read", self.plan.ids, ["typical_workday"])
        self.assertFalse(self.written())

    def test_nothing_unless_the_employer_wants_it(self):
        self.connection.log_reading = False
        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        self.assertFalse(self.written())
        self.connection.log_reading = True
        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        self.assertTrue(self.written())

    def test_what_is_rolled_back_was_not_shown(self):
        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        self.env.cr.postcommit.clear()
        self.assertFalse(self.written())

    def test_reading_goes_on_where_writing_fails(self):
        def fail(*_args):
            raise ValueError(self.employee.name)

        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        with patch.object(reading, "_cursor", fail), self.assertLogs(reading._logger) as log:
            self.env.cr.postcommit.run()
        self.assertNotIn(self.employee.name, "".join(log.output))

    def test_a_document_is_written_down_whoever_asks_for_it(self):
        self.plan.with_user(self.manager)._document_rows()
        self.plan.sudo()._document_rows()
        self.assertEqual(
            self.written(), [(self.manager, "nav.followup.plan", self.plan.id, "document")]
        )

    def test_groups_and_charts(self):
        """They may hold each value of a field, and do not say whose it is."""
        groups = [(self.hr, "nav.sick.note", 0, "grouped")]
        model = "nav.sick.note"
        for method, args in (
            ("formatted_read_group", ([], ["state"], ["__count"])),
            ("formatted_read_group", ([], [], ["__count"])),
            ("read_group", ([], ["__count"], ["state"])),
            ("formatted_read_group", ([("id", "=", 0)], ["employee_id"], ["__count"])),
        ):
            self.rpc(self.hr, model, method, *args)
        self.assertFalse(self.written())
        for method, args in (
            ("formatted_read_group", ([], ["measures"], ["__count"])),
            ("formatted_read_group", ([], [], ["measures:array_agg"])),
            ("formatted_read_grouping_sets", ([], [["employee_id"], []], ["__count"])),
            ("web_read_group", ([], ["date_from:month"], ["__count"])),
            ("read_group", ([], ["__count"], ["employee_id"])),
        ):
            with self.subTest(method=method, args=args):
                self.env["nav.access.log"].sudo().search([]).unlink()
                self.rpc(self.hr, model, method, *args)
                self.assertEqual(self.written(), groups)
        self.rpc(self.hr, "nav.sick.note.period", "formatted_read_group", [], ["degree"], [])
        self.assertEqual(self.written(), groups)

    def test_files(self):
        """The file of a plan that was sent, a scan of a note, what is attached to minutes."""
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        files = self.env["ir.attachment"]
        values = {"name": "file", "raw": b"x"}
        of_case = files.create({**values, "res_model": "nav.sick.case", "res_id": self.case.id})
        self.plan.sudo().document_ids = of_case
        self.rpc(self.manager, "ir.attachment", "read", of_case.ids, ["name", "mimetype"])
        self.assertFalse(self.written())
        self.rpc(self.manager, "ir.attachment", "read", of_case.ids, ["datas"])
        expected = [(self.manager, "nav.followup.plan", self.plan.id, "document")]
        self.assertEqual(self.written(), expected)
        for record in (self.sick_note, self.entry):
            file = files.create({**values, "res_model": record._name, "res_id": record.id})
            file.with_user(self.hr)._to_http_stream()
            expected.append((self.hr, record._name, record.id, "document"))
        self.assertEqual(self.written(), expected)

    def test_who_sees_it(self):
        self.rpc(self.hr, "nav.sick.note", "read", self.sick_note.ids, ["degrees"])
        self.written()
        [line] = self.rpc(self.officer, "nav.access.log", "search_read", [])
        self.assertEqual(line["user_name"], self.hr.name)
        self.assertEqual(line["employee_id"][0], self.employee.id)
        self.assertFalse({"degrees", "identity_number"} & line.keys())
        for user in (self.hr, self.admin, self.manager, self.other):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rpc(user, "nav.access.log", "search", [])
        self.assertFalse(self.rpc(self.stranger, "nav.access.log", "search", []))
        with self.assertRaises(AccessError):
            self.rpc(self.officer, "nav.access.log", "unlink", [line["id"]])
        with self.assertRaises(AccessError):
            self.rpc(self.officer, "nav.sick.note", "search", [])

    def test_it_is_removed_after_its_time(self):
        for record in (self.plan, self.entry):
            self.rpc(self.hr, record._name, "read", record.ids, ["write_uid", "case_id"])
        self.written()
        old, new = self.env["nav.access.log"].search([], order="id")
        old.hour -= timedelta(days=400)
        self.assertEqual(self.env["nav.access.log"]._gc_old(), (1, 0))
        self.assertFalse(old.exists())
        self.connection.keep_access_months = 1
        new.hour -= timedelta(days=32)
        self.env["nav.access.log"]._gc_old()
        self.assertFalse(new.exists())


@tagged("post_install", "-at_install")
class TestAllThatIsStored(PrivacyCase):
    def data(self, user, **kwargs):
        return self.employee.with_user(user)._nav_data(**kwargs)

    def test_everything_is_in_it(self):
        told = str(self.data(self.hr))
        for text in (
            self.employee.identification_id,
            "Text of the doctor",
            "Lege Prøve",
            "Rest after two hours",
            "Shorter shifts until August.",
            "About the desk",
            "Called the doctor",
            "60",
            str(self.sick_note.date_from),
        ):
            self.assertIn(text, told)
        self.assertIn("payload", told)

    def test_what_hangs_on_it_is_in_it(self):
        """Activities, also done ones, and what is in files; that for a machine alone."""
        self.env["ir.attachment"].create(
            {
                "name": "minutes.txt",
                "raw": b"Said at the table",
                "res_model": "nav.followup.entry",
                "res_id": self.entry.id,
            }
        )
        todo = self.case.activity_schedule("mail.mail_activity_data_todo", summary="Call the boss")
        todo.action_feedback(feedback="Called on Monday")
        content = base64.b64encode(b"Said at the table").decode()
        for raw in (True, False):
            with self.subTest(raw=raw):
                told = str(self.data(self.hr, raw=raw))
                for text in ("minutes.txt", "Call the boss", "Called on Monday"):
                    self.assertIn(text, told)
                self.assertEqual(content in told, raw)

    def test_labels_and_values_are_words(self):
        """Those that Odoo makes of a field's name, and names of states, say nothing to people."""
        self.sick_note.write({"told_problem": "no_employee", "both_right_id": self.sick_note.id})
        sections = {key: rows for key, _heading, rows in self.data(self.hr)}
        for key, rows in sections.items():
            for name, label, value in (cell for row in rows for cell in row):
                with self.subTest(section=key, field=name):
                    self.assertTrue(label)
                    self.assertNotIn("_", label)
                    if name not in ("payload", "content", "stretches"):
                        self.assertNotRegex(str(value), r"\b[a-z]+_[a-z_]+\b")
        [row] = sections["nav.sick.note"]
        told = {label: value for _name, label, value in row}
        self.assertEqual(told["HR Was Told"], "No employee has this identity number")

    def test_what_people_read_says_the_same(self):
        self.sick_note.received_by_nav = "2026-01-15 23:30:00"
        hr = self.hr
        hr.tz = "Europe/Oslo"
        told = str(self.data(hr, raw=False))
        self.assertNotIn("payload", told)
        self.assertNotIn("stretches", told)
        self.assertNotIn("False", told)
        for text in (
            "Text of the doctor",
            "Rest after two hours",
            format_date(self.env(user=hr), self.sick_note.date_from),
            "01/16/2026",
        ):
            self.assertIn(text, told)
        # For a machine it is the time of the world.
        self.assertIn("2026-01-15T23:30:00Z", str(self.data(hr)))

    def test_one_that_is_not_there_gets_the_same_answer(self):
        """Whether there is an employee is no answer to those who may not ask."""
        missing = self.env["hr.employee"].browse(987654321)
        for user in (self.hr, self.stranger, self.other):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                missing.with_user(user)._nav_data()

    def test_it_is_json(self):
        kept = json.loads(json.dumps(self.data(self.hr)))
        self.assertEqual([section[0] for section in kept][:2], ["employee", "nav.sick.note"])

    def test_the_link_of_a_plan_is_no_ones_to_have(self):
        self.plan.sudo().link_hash = "zq-hash"
        self.assertNotIn("zq-hash", str(self.data(self.hr)))

    def test_every_model_about_people_is_in_a_section_or_left_out_for_a_reason(self):
        """A model that is added must be thought of here."""
        about = {"hr.employee", "hr.leave", *hr_employee_data.SECTIONS}
        models = {
            model
            for model, Model in self.env.registry.items()
            if model.startswith("nav.")
            and not Model._transient
            and not Model._abstract
            and any(
                field.type == "many2one" and field.comodel_name in about and field.store
                for field in Model._fields.values()
            )
        }
        told = hr_employee_data.SECTIONS.keys() | hr_employee_data.LEFT_OUT.keys()
        self.assertLessEqual(models, told)

    def test_nothing_of_anybody_else(self):
        other = self._employee("Per Prøve")
        self.note((TODAY, TODAY + timedelta(days=3), 40), employee=other)
        told = str(self.data(self.hr))
        self.assertNotIn("Per Prøve", told)
        self.assertNotIn(other.identification_id, told)

    def test_a_note_that_waits_for_the_employee(self):
        number = self.employee.identification_id
        self.employee.active = False
        note = self.receive(
            self.payload((TODAY, TODAY + timedelta(days=3), 40), fnr=number), apply=False
        )
        self.assertFalse(note.employee_id)
        self.assertIn(note.nav_id, str(self.data(self.hr)))

    def test_hr_and_the_officer_of_the_company_alone(self):
        for user in (self.hr, self.officer):
            self.assertTrue(self.data(user))
        for user in (self.admin, self.manager, self.other, self.stranger, self.own):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.data(user)

    def test_the_window(self):
        for user in (self.hr, self.officer):
            with Form(self.env["nav.employee.data"].with_user(user)) as form:
                form.employee_id = self.employee.with_user(user)
                self.assertIn("Sick notes: 1", form.found)
            self.assertEqual(form.record.action_pdf()["type"], "ir.actions.report")
            self.assertIn("data.json", form.record.action_json()["url"])

    def test_a_guessed_employee(self):
        spec = {"employee_id": {}, "found": {}}
        for user in (self.other, self.stranger, self.manager):
            for model in ("nav.employee.data", "nav.employee.erase"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    fields_of = spec if model.endswith("data") else {"employee_id": {}, "kept": {}}
                    values = {"employee_id": self.employee.id}
                    self.rpc(user, model, "onchange", [], values, ["employee_id"], fields_of)

    def test_the_document(self):
        wizard = self.env["nav.employee.data"].with_user(self.hr)
        wizard = wizard.create({"employee_id": self.employee.id})
        self.plan.typical_workday = "<script>alert(1)</script>"
        report = self.env["ir.actions.report"].with_user(self.hr)
        html, _kind = report._render_qweb_html(
            "nav_altinn_connector.nav_employee_data_report", wizard.ids
        )
        html = html.decode()
        self.assertIn("Rest after two hours", html)
        self.assertIn("&lt;script&gt;", html)
        self.assertNotIn("<script>alert", html)

    def test_it_is_written_down_who_made_it(self):
        self.connection.log_reading = True
        self.data(self.officer)
        self.env.cr.postcommit.run()
        lines = self.env["nav.access.log"].search([])
        self.assertEqual(set(lines.mapped("how")), {"report"})
        self.assertEqual(
            set(lines.mapped("what")),
            {"nav.sick.note", "nav.followup.plan", "nav.followup.entry"},
        )
        # The employee learns that it was read, not by whom.
        self.assertNotIn(self.officer.name, str(self.data(self.hr)))


@tagged("post_install", "-at_install")
class TestErasing(PrivacyCase):
    def wizard(self, user=None, **values):
        Wizard = self.env["nav.employee.erase"].with_user(user or self.hr)
        return Wizard.create({"employee_id": self.employee.id, **values})

    def close(self):
        """The sick leave has ended."""
        self.case.write({"state": "closed", "closed_on": TODAY, "last_day": TODAY})
        self.sick_note.period_ids.date_to = TODAY - timedelta(days=1)
        self.env.flush_all()

    def test_an_open_sick_leave_keeps_everything(self):
        wizard = self.wizard(asked_by_employee=True)
        self.assertTrue(wizard.nothing)
        self.assertIn("Follow-up that goes on", wizard.kept)
        with self.assertRaises(UserError):
            wizard.action_erase()
        self.assertTrue(self.plan.exists())

    def test_what_is_over_is_deleted_and_the_rest_explained(self):
        self.close()
        scan = self.env["ir.attachment"].create(
            {"name": "scan", "raw": b"x", "res_model": "nav.sick.note", "res_id": self.sick_note.id}
        )
        leave = self.sick_note.leave_ids
        wizard = self.wizard()
        for words in ("Texts of sick notes: 1", "Follow-up plans: 1", "minutes: 1"):
            self.assertIn(words, wizard.removed)
        self.assertIn("Bookkeeping Act", wizard.kept)
        with self.assertRaisesRegex(UserError, "Tick"):
            wizard.action_erase()
        wizard.asked_by_employee = True
        wizard.action_erase()
        self.assertFalse((self.plan | self.plan).exists() or self.entry.exists() or scan.exists())
        self.assertFalse(self.sick_note.message_to_employer)
        self.assertFalse(self.sick_note.payload)
        self.assertNotIn("Called the doctor", str(self.sick_note.message_ids.mapped("body")))
        self.assertTrue(leave.exists())
        self.assertEqual(self.sick_note.degrees, "60 %")
        log = self.env["nav.retention.log"].search([], limit=1)
        self.assertEqual((log.user_id, log.notes, log.plans), (self.hr, 1, 1))
        self.assertTrue(self.wizard().nothing)

    def test_hr_of_the_company_alone(self):
        self.close()
        for user in (self.officer, self.admin, self.manager, self.other):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.employee.with_user(user)._nav_erase()
        with self.assertRaises(AccessError):
            self.employee.with_user(self.stranger)._nav_erase()
        self.assertTrue(self.plan.exists())

    def test_a_note_that_waits_keeps_its_texts(self):
        self.close()
        self.sick_note.state = "failed"
        self.assertNotIn("Texts of sick notes:", str(self.wizard().removed))
        self.assertIn("not settled", self.wizard().kept)
