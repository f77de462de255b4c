"""Markup in every text that comes from outside, or that a person writes: it is shown as text."""

import re
from datetime import timedelta
from pathlib import Path

from lxml import etree, html

from odoo.addons.http_routing.tests.common import MockRequest
from odoo.tests import tagged

from .common import MAIN_UNIT
from .plan_common import TODAY, PlanCase

TEXT = "<img src=x onerror=alert(1)><script>alert(2)</script></td>{{ 7*7 }}<b onclick=alert(3)>"
ROOT = Path(__file__).parents[1]
SCRIPTED = re.compile(r"^on[a-z]+$")


@tagged("post_install", "-at_install")
class TestMarkup(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee.name = TEXT
        cls.spoil_notes()
        cls.spoil_connection()
        cls.spoil_plan()

    @classmethod
    def spoil_notes(cls):
        """Notes that are applied, that wait and that have failed, of which each text is markup."""
        texts = {
            "sykmeldt": {"fnr": cls.employee.identification_id, "navn": TEXT},
            "oppfoelging": {
                "prognose": {
                    "erArbeidsfoerEtterEndtPeriode": True,
                    "beskrivHensynPaaArbeidsplassen": TEXT,
                },
                "meldingTilArbeidsgiver": TEXT,
                "tiltakArbeidsplassen": TEXT,
            },
            "behandler": {"navn": TEXT, "tlf": TEXT},
            "arbeidsgiver": {"navn": TEXT, "orgnr": MAIN_UNIT},
        }
        day = TODAY + timedelta(days=20)
        cls.note((day, day, 50), **texts)
        cls.note((day, day, "advisory"), **texts)
        cls.note((day, day, 50), **{**texts, "sykmeldt": {"fnr": TEXT, "navn": TEXT}})
        nobody = next(cls.numbers)
        cls.note((day, day, 50), **{**texts, "sykmeldt": {"fnr": nobody, "navn": TEXT}})
        cls.receive({**cls.payload((TEXT, TEXT, 50), **texts), "ukjent": TEXT})
        cls.receive(cls.payload((day, day, 50), arbeidsgiver={"navn": TEXT, "orgnr": TEXT}))
        cls.receive({TEXT: TEXT, "sykmeldingId": TEXT, "loepenr": TEXT})
        notes = cls.env["nav.sick.note"].search([])
        assert {"applied", "waiting", "failed"} <= set(notes.mapped("state"))
        notes.write({"measures": TEXT, "payroll_conflict": TEXT})
        notes.period_ids.write({"advice": TEXT})
        # The way of a text that no rule has turned away.
        notes[:1].write({"failure_reason": TEXT, "person_name": TEXT})

    @classmethod
    def spoil_connection(cls):
        """What Altinn, Maskinporten and Enhetsregisteret answer."""
        connection, client = cls.connection, cls.connection.maskinporten_client_id
        cls.unit.write({"name": TEXT, "last_error": TEXT})
        connection.write(
            {
                "name": TEXT,
                "org_name": TEXT,
                "last_error": TEXT,
                "granted_resources": TEXT,
                "org_parent_name": TEXT,
            }
        )
        connection.request_ids.create(
            {
                "connection_id": connection.id,
                "kind": "new",
                "status": "new",
                "altinn_id": TEXT,
                "resources": TEXT,
                "opened_at": TODAY,
                "confirm_url": "https://example.com/",
            }
        )
        for name, field in client._fields.items():
            if name.startswith("registered_") and field.type in ("char", "text"):
                client[name] = TEXT
        client.write({"system_name": TEXT, "system_description": TEXT, "name": TEXT})
        cls.env["nav.connection.check"].create(
            {"connection_id": connection.id, "kind": "token", "state": "failed", "message": TEXT}
        )
        connection._tell_administrators(TEXT, "cause")

    @classmethod
    def spoil_plan(cls):
        """What managers and employees write."""
        for name, field in cls.plan._fields.items():
            given = not (field.readonly or field.compute or field.related)
            if field.type in ("char", "text") and field.store and given and name != "link_hash":
                cls.plan.sudo()[name] = TEXT
        cls.plan.sudo().employee_comment = TEXT
        cls.env["nav.followup.entry"].create(
            {"case_id": cls.case.id, "date": TODAY, "text": TEXT, "participants": TEXT}
        )

    # -------------------------------------------------------------- looking

    def assert_harmless(self, markup, pictures=False, **where):
        """Fail when the markup does something, or has a tag of the text.

        :param pictures: those that people put into what they write are theirs to put there
        """
        if not str(markup).strip():
            return
        for element in html.fragment_fromstring(str(markup), create_parent="div").iter():
            if not isinstance(element.tag, str):
                continue
            self.assertNotIn(element.tag, ("script", "iframe", "object", "embed"), where)
            scripted = [name for name in element.attrib if SCRIPTED.match(name)]
            self.assertFalse(scripted, where)
            if not pictures:
                self.assertNotEqual(element.get("src"), "x", where)
            for name in ("href", "src", "action"):
                self.assertFalse((element.get(name) or "").startswith("javascript:"), where)

    def test_every_field_of_markup(self):
        """What the interface shows as it is. All else it escapes."""
        looked = 0
        for model in self.env.registry:
            if not model.startswith("nav.") or self.env[model]._abstract:
                continue
            names = [n for n, field in self.env[model]._fields.items() if field.type == "html"]
            for record in self.env[model].search([]) if names else ():
                for name in names:
                    looked += bool(record[name])
                    written = self.env[model]._fields[name].store
                    self.assert_harmless(record[name], written, model=model, field=name)
        self.assertGreater(looked, 4)

    def test_windows(self):
        for model, values in (
            ("nav.followup.plan.send", {"plan_id": self.plan.id}),
            ("nav.employee.erase", {"employee_id": self.employee.id}),
        ):
            window = self.env[model].create(values)
            names = [n for n, field in window._fields.items() if field.type == "html"]
            self.assertTrue(any(window[name] for name in names), model)
            for name in names:
                self.assert_harmless(window[name], model=model, field=name)

    def test_messages_e_mails_and_activities(self):
        self.employee.work_email = "prove@example.com"
        self.connection.approval_request_id = self.connection.request_ids[:1]
        self.env["nav.approval.link"].create(
            {"connection_id": self.connection.id, "email_to": "a@example.com", "note": TEXT}
        ).action_send()
        self.plan.action_ask_employee()
        self.case.message_post(body=TEXT)
        notices = self.env["nav.notice"]
        rows = notices.search([])
        rows.write({"due_at": False, "failures": 0})
        for group in rows._messages():
            group._deliver_together()
        self.assertFalse(notices.search([("failures", ">", 0)]))
        activities = self.env["mail.activity"].search([("note", "!=", False)])
        mails = self.env["mail.mail"].search([])
        messages = self.env["mail.message"].search([("body", "ilike", "alert(")])
        self.assertTrue(activities and mails and messages)
        for records, name in ((activities, "note"), (mails, "body_html"), (messages, "body")):
            for record in records:
                self.assert_harmless(record[name], model=record._name, id=record.id)
        for message in messages | mails.mail_message_id:
            self.assertNotIn("49", message.subject or "")
            self.assertNotIn("\n", message.subject or "")

    def test_documents_and_pages(self):
        data = self.env["nav.employee.data"].create({"employee_id": self.employee.id})
        report = self.env["ir.actions.report"]
        for name, records in (
            ("nav_followup_plan_report", self.plan),
            ("nav_employee_data_report", data),
        ):
            found, _kind = report._render_qweb_html(f"nav_altinn_connector.{name}", records.ids)
            self.assert_page(found.decode(), name)
        views = self.env["ir.qweb"]
        for name, values in (
            ("plan_link_page", {"plan": self.plan, "token": TEXT, "problem": TEXT, "done": False}),
            ("plan_link_open", {}),
            ("plan_link_ended", {}),
        ):
            with MockRequest(self.env) as request:
                values |= {"path": "/plan", "request": request}
                page = views._render(f"nav_altinn_connector.{name}", values)
            self.assert_page(str(page), name)

    def assert_page(self, page, name):
        """Its own scripts are files; the text has none."""
        tree = html.document_fromstring(page)
        for element in tree.iter("script"):
            self.assertNotIn("alert(", element.text or "", name)
        # Odoo's own scripts tell by an attribute when they are not found.
        spoilt = "//*[not(self::script)][@onerror or @onclick or @src='x']"
        self.assertFalse(tree.xpath(spoilt), name)

    def test_no_view_takes_text_for_markup(self):
        """Odoo escapes what is shown, unless it is asked not to."""
        for path in ROOT.rglob("*"):
            if path.suffix == ".xml" and "static/lib" not in str(path):
                tree = etree.parse(str(path))
                self.assertFalse(tree.xpath("//@t-raw"), path)
                for field in tree.xpath("//field[@widget='html']"):
                    self.assertIn(field.get("name"), (), path)
            if path.suffix == ".js" and "static" in path.parts:
                code = path.read_text()
                for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
                    self.assertNotIn(word, code, path)
                self.assertNotRegex(code, r"\bmarkup\(", path)

    def test_texts_are_kept_as_they_were_sent(self):
        """Escaped where they are shown, and not changed before."""
        note = self.env["nav.sick.note"].search([("message_to_employer", "!=", False)], limit=1)
        self.assertTrue(note)
        self.assertIn(TEXT, set(self.env["nav.sick.note"].search([]).mapped("person_name")))
