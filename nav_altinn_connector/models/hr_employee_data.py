# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import base64
from datetime import date, datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime, html2plaintext

from ..domain import identity
from .reading import note_reading

GROUPS = (
    "nav_altinn_connector.group_nav_hr",
    "nav_altinn_connector.group_nav_privacy",
)
# What is stored about an employee: by model, the way to it from what is known already.
# {model: domain, with names of groups of ids found before}
SECTIONS = {
    "nav.sick.note": [
        "|",
        ("employee_id", "in", "hr.employee"),
        "&",
        ("employee_id", "=", False),
        ("identity_number", "in", "numbers"),
    ],
    "nav.sick.note.period": [("note_id", "in", "nav.sick.note")],
    "hr.leave": [
        ("employee_id", "in", "hr.employee"),
        "|",
        ("nav_sourced", "=", True),
        ("nav_replaced_by_id", "!=", False),
    ],
    "nav.sick.case": [("employee_id", "in", "hr.employee")],
    "nav.followup.milestone": [("case_id", "in", "nav.sick.case")],
    "nav.followup.entry": [("case_id", "in", "nav.sick.case")],
    "nav.followup.plan": [("case_id", "in", "nav.sick.case")],
    "nav.vacation.conflict": [("employee_id", "in", "hr.employee")],
    "nav.access.log": [("employee_id", "in", "hr.employee")],
}
# What of the addon's models is about people and still in no section, and why.
LEFT_OUT = {
    "nav.absence.lock": "a number that is counted up, so that two workers never meet",
    "nav.followup.mark": "that the follow-up is to be computed again, for a few minutes",
    "nav.notice": "whom to tell what, until the message is written; then it is a message",
    "nav.reconcile.line": "a comparison of what is in the other sections, removed soon",
}
# Where people write and attach files.
WITH_MESSAGES = ("nav.sick.note", "nav.sick.case", "nav.vacation.conflict", "hr.leave")
WITH_FILES = (*WITH_MESSAGES, "nav.followup.entry", "nav.followup.plan")
# Fields that say nothing about a person, or are no one's to have.
TECHNICAL = frozenset({"id", "create_uid", "write_uid", "write_date", "company_id", "activity_ids"})
SECRET = frozenset({"link_hash", "link_token", "call_id"})
# Left out where people read it: what repeats the rest, or is there for the computation alone.
REPEATED = frozenset(
    {
        "payload",
        "employee_id",
        "template_id",
        "help_text",
        "key",
        "occurrence",
        "stretches",
        "first_fetch_id",
        "told_as",
        "told_problem",
        "certain",
    }
)
# Of leave, what this addon and the notes decide.
OF_LEAVE = (
    "holiday_status_id",
    "request_date_from",
    "request_date_to",
    "absence_degree",
    "number_of_days",
    "state",
    "name",
)
# Who has read is the officer's to know, that somebody has is the employee's.
OF_READING = ("what", "how", "hour")


class HrEmployee(models.Model):
    """All that the addon stores about an employee."""

    _inherit = "hr.employee"

    def action_nav_data(self):
        """The report of all that is stored, and its deletion."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.employee.data",
            "view_mode": "form",
            "target": "new",
            "context": {"default_employee_id": self.id},
            "name": self.env._("All That Is Stored"),
        }

    def _nav_check_data_access(self):
        """:raises AccessError: for all but HR and the data protection officer of the employee's
        company"""
        allowed = any(self.env.user.has_group(group) for group in GROUPS)
        # One that is not there gets the same answer: whether there is one tells something.
        there = allowed and self.sudo().exists()
        if not (there and there == self and there.company_id <= self.env.companies):
            raise AccessError(
                self.env._(
                    "Only HR and the data protection officer of the company see all that is "
                    "stored about an employee."
                )
            )

    def _nav_stored(self):
        """What is stored: {model: records}, with all rights.

        :raises AccessError: see :meth:`_nav_check_data_access`
        """
        self.ensure_one()
        self._nav_check_data_access()
        employee = self.sudo().with_context(active_test=False)
        numbers = {identity.normalize(employee[name]) for name in self._nav_identity_fields()}
        known = {"hr.employee": employee.ids, "numbers": [each for each in numbers if each]}
        stored = {}
        for model, domain in SECTIONS.items():
            filled = [
                (*term[:2], known.get(term[2], term[2]) if isinstance(term[2], str) else term[2])
                if isinstance(term, tuple)
                else term
                for term in domain
            ]
            records = employee.env[model].search(filled)
            # The same number may be in a company that is none of the reader's.
            stored[model] = records.filtered(
                lambda record: (
                    "company_id" not in record._fields or record.company_id <= self.env.companies
                )
            )
            known[model] = stored[model].ids
        return stored

    def _nav_data(self, raw=True):
        """What is stored: [(key, heading, [[(name, label, value), …], …]), …].

        :param raw: all of it, for a machine; else for people to read: dates and times as they
            write them, without what repeats the rest, such as the note as NAV sent it
        :raises AccessError: see :meth:`_nav_check_data_access`
        """
        stored = self._nav_stored()
        for model in ("nav.sick.note", "nav.followup.plan", "nav.followup.entry"):
            note_reading(stored[model].with_env(self.env), "report")
        sections = [("employee", self.env._("The employee"), [self._nav_person()])]
        for model, records in stored.items():
            names = self._nav_names(model, raw)
            rows = [_row(record.with_env(self.sudo().env), names, raw) for record in records]
            if rows:
                sections.append((model, self._nav_heading(model), rows))
        around = (
            ("messages", self.env._("Messages"), self._nav_messages(stored, raw)),
            ("activities", self.env._("Activities"), self._nav_activities(stored, raw)),
            ("files", self.env._("Files"), self._nav_files(stored, raw)),
        )
        return sections + [section for section in around if section[-1]]

    @api.model
    def _nav_heading(self, model):
        """What the records of a model are, for people."""
        return {
            "nav.sick.note": self.env._("Sick notes"),
            "nav.sick.note.period": self.env._("Periods of sick notes"),
            "hr.leave": self.env._("Time off"),
            "nav.sick.case": self.env._("Sick leaves that were followed up"),
            "nav.followup.milestone": self.env._("Milestones of the follow-up"),
            "nav.followup.entry": self.env._("Conversations and minutes"),
            "nav.followup.plan": self.env._("Follow-up plans"),
            "nav.vacation.conflict": self.env._("Vacation during sick leave"),
            "nav.access.log": self.env._("When it was read"),
        }[model]

    def _nav_person(self):
        employee = self.sudo()
        values = [
            ("name", self.env._("Name"), employee.name),
            ("identity_number", self.env._("Identity number"), employee.identification_id),
        ]
        return [each for each in values if each[-1]]

    def _nav_names(self, model, raw):
        """The fields of a model that are told."""
        if model == "hr.leave":
            return OF_LEAVE
        if model == "nav.access.log":
            return OF_READING
        left = TECHNICAL | SECRET | (frozenset() if raw else REPEATED)
        left |= self.env["mail.thread"]._fields.keys()
        left |= self.env["mail.activity.mixin"]._fields.keys()
        return [
            name
            for name, field in self.env[model]._fields.items()
            if (field.store or field.related)
            and field.type not in ("binary", "one2many", "many2many")
            and name not in left
        ]

    def _nav_around(self, model, models, stored):
        """The messages, activities or files, also old ones, of what is stored, in their order."""
        found = self.env[model].sudo().with_context(active_test=False)
        of = "model" if model == "mail.message" else "res_model"
        for name in models:
            found |= found.search([(of, "=", name), ("res_id", "in", stored[name].ids)])
        return found.sorted("id")

    def _nav_messages(self, stored, raw):
        return [
            [
                ("when", self.env._("When"), _time(self.env, message.date, raw)),
                ("from", self.env._("From"), message.author_id.name or message.email_from or ""),
                ("text", self.env._("Text"), _message_text(message)),
            ]
            for message in self._nav_around("mail.message", WITH_MESSAGES, stored)
            if _message_text(message)
        ]

    def _nav_activities(self, stored, raw):
        names = ("summary", "note", "date_deadline", "date_done", "feedback")
        env = self.sudo().env
        return [
            _row(activity.with_env(env), names, raw)
            for activity in self._nav_around("mail.activity", WITH_MESSAGES, stored)
        ]

    def _nav_files(self, stored, raw):
        """The files, for a machine with what is in them."""
        return [
            [
                ("name", self.env._("Name"), file.name),
                ("stored", self.env._("Stored"), _time(self.env, file.create_date, raw)),
                ("size", self.env._("Size (bytes)"), file.file_size),
                *_content(file, raw),
            ]
            for file in self._nav_around("ir.attachment", WITH_FILES, stored)
        ]


def _message_text(message):
    """What a person wrote, or what Odoo noted of a change."""
    changes = "; ".join(
        f"{change.field_id.field_description}: "
        f"{change.old_value_char or ''} → {change.new_value_char or ''}"
        for change in message.tracking_value_ids
    )
    return " ".join(part for part in (html2plaintext(message.body or ""), changes) if part).strip()


def _content(file, raw):
    """What is in a file, as JSON can hold it."""
    if raw and file.raw:
        label = file.env._("Content (base64)")
        yield ("content", label, base64.b64encode(file.raw).decode())


def _time(env, moment, raw):
    """A moment for a machine, in UTC, or for people, on their clock."""
    return f"{moment.isoformat('T', 'seconds')}Z" if raw else format_datetime(env, moment)


def _row(record, names, raw):
    """[(name, label, value)] of what is not empty, as simple values."""
    row = []
    for name in names:
        value = _simple(record, name, raw)
        if value not in (None, False, "", [], {}):
            row.append((name, record._fields[name]._description_string(record.env), value))
    return row


def _simple(record, name, raw):
    """The value of a field as people read it, of a type that JSON knows."""
    field, value = record._fields[name], record[name]
    if field.type == "selection":
        return dict(field._description_selection(record.env)).get(value)
    if field.type == "many2one":
        return value.display_name if value else None
    if field.type == "reference":
        return value.display_name if value else None
    if field.type == "html":
        return html2plaintext(value or "")
    if isinstance(value, datetime):
        return _time(record.env, value, raw)
    if isinstance(value, date):
        return fields.Date.to_string(value) if raw else format_date(record.env, value)
    return value if raw else _in_words(record.env, field, value)


def _in_words(env, field, value):
    """What neither text nor number is."""
    if field.type == "boolean":
        return value and env._("Yes")
    if field.type == "json":
        return value and _listed(value)
    return value


def _listed(value):
    """What JSON holds, nested as it is, as one line."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_listed(each)}" for name, each in value.items())
    if isinstance(value, list):
        nested = any(isinstance(each, (list, dict)) for each in value)
        return ("; " if nested else ", ").join(_listed(each) for each in value)
    return str(value)
