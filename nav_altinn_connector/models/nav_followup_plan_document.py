# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime

from . import plain_words_followup
from .nav_followup_plan import AGREED, DONE, FIELD_OF

REPORT = "nav_altinn_connector.nav_followup_plan_report"
LANGUAGES = ("nb_NO", "en_US")


class NavFollowupPlan(models.Model):
    """The plan as people read it, and as a document: as it was sent, to whom, when, and whether it
    arrived.

    The document is kept with the sick leave, in each of the two languages that the database has,
    and made anew when NAV tells of another status. Attachments are read by those who may read the
    sick leave; the employee prints the plan itself.
    """

    _inherit = "nav.followup.plan"

    document_ids = fields.Many2many("ir.attachment", string="Documents", readonly=True, copy=False)

    def _make_documents(self):
        """Make the documents that are due, in place of older ones."""
        if not self.documents_to_make or self.state not in DONE:
            return
        made = self.env["ir.attachment"]
        for code in LANGUAGES:
            if self.env["res.lang"]._get_data(code=code):
                made |= self._make_document(self.with_context(lang=code))
        old = self.document_ids
        self.write({"document_ids": [fields.Command.set(made.ids)], "documents_to_make": False})
        old.unlink()

    def _make_document(self, plan):
        """:param plan: the plan in the language of the document"""
        content, kind = plan.env["ir.actions.report"]._render_qweb_pdf(REPORT, plan.ids)
        if kind != "pdf":
            raise UserError(self.env._("The document could not be made."))
        return self.env["ir.attachment"].create(
            {
                "name": plan.env._("Follow-up plan %s, as sent.pdf", self.version),
                "raw": content,
                "mimetype": "application/pdf",
                "res_model": "nav.sick.case",
                "res_id": self.case_id.id,
            }
        )

    def action_print(self):
        """The plan as PDF, in the language of the user."""
        self.ensure_one()
        self.check_access("read")
        return self.env.ref(REPORT).report_action(self)

    # ------------------------------------------------------------------ on a screen

    def _as_html(self, before=(), after=(), rows=None):
        """The plan to read on a screen.

        :param before: further [(label, value)] above it; ``after`` likewise, below it
        :param rows: as of :meth:`_content_rows`, by default all of them
        """
        rows = self._content_rows() if rows is None else rows
        plan = [(label, value) for label, value, _name in rows]
        line = Markup(
            '<dt class="mt-2">%s</dt><dd class="mb-0" style="white-space: pre-line">%s</dd>'
        )
        rows = [line % row for row in (*before, *plan, *after)]
        return Markup("<dl>%s</dl>") % Markup("").join(rows)

    def _rows_for_employee(self):
        """As :meth:`_content_rows`, but of a plan that is not sent yet only what the employee is
        asked about: who gets it is chosen when it is sent."""
        rows = self._content_rows()
        return rows if self.locked else [row for row in rows if FIELD_OF[row[2]] in AGREED]

    def _content_rows(self):
        """The plan as people read it: (question, answer, NAV's name), in NAV's order."""
        self.ensure_one()
        labels = plain_words_followup.field_names(self.env)
        rows = []
        for name, field in FIELD_OF.items():
            value = self[field]
            kind = self._fields[field].type
            if kind == "boolean":
                value = self.env._("Yes") if value else self.env._("No")
            elif kind == "date":
                value = format_date(self.env, value) if value else ""
            if value:
                rows.append((labels[name], value, name))
        return rows

    # ------------------------------------------------------------------ for the document

    def _document_receivers(self):
        """[(receiver, status)] in words."""
        self.ensure_one()
        words = dict(self._fields["nav_status"]._description_selection(self.env))
        receivers = (
            (self.send_plan_to_nav, "NAV", self.nav_status),
            (
                self.send_plan_to_general_practitioner,
                self.env._("The general practitioner"),
                self.doctor_status,
            ),
        )
        return [
            (name, words.get(status, self.env._("Not sent yet")))
            for asked, name, status in receivers
            if asked
        ]

    def _document_rows(self):
        """What is agreed; receivers and status have a place of their own."""
        aside = {"sendPlanToNav", "sendPlanToGeneralPractitioner"}
        return [(label, value) for label, value, name in self._content_rows() if name not in aside]

    def _document_facts(self):
        """[(label, value)] for the head of the document."""
        self.ensure_one()
        facts = [
            (self.env._("Employee"), self.sent_employee_name or self.employee_name),
            (self.env._("Employer"), self.sent_org_name or self.company_id.sudo().name),
            (self.env._("Organisation number"), self.sent_org_number),
            (self.env._("Version"), str(self.version)),
        ]
        if self.sent_at:
            when = format_datetime(self.env, self.sent_at, tz="Europe/Oslo", dt_format="short")
            facts.append((self.env._("Sent"), when))
        if self.marked_by_id:
            facts.append(
                (self.env._("Marked as sent by"), self.marked_by_id.sudo().name),
            )
        if self.employee_confirmed_at:
            when = format_datetime(
                self.env, self.employee_confirmed_at, tz="Europe/Oslo", dt_format="short"
            )
            facts.append((self.env._("Confirmed by the employee"), when))
        return [(label, value) for label, value in facts if value]
