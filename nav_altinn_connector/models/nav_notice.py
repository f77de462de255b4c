import logging
from collections import defaultdict, namedtuple
from datetime import timedelta

import psycopg2

from odoo import api, fields, models

from . import plain_words_notice
from .plain_words import in_language_of
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# Something that people are told of: a kind, and the records that it is about.
#   sick_leave    nav.sick.note: notes that have taken effect; told to the employee and the manager
#   first_fetch   nav.first.fetch: one that has ended; told to those who follow its connection
Event = namedtuple("Event", "kind records")

# How many messages are written in one transaction.
DELIVERY_BATCH = 50
MOST_FAILURES = 5
KEPT = timedelta(days=30)
NAV_GROUPS = ("nav_altinn_connector.group_nav_hr", "nav_altinn_connector.group_nav_admin")


class NavNotice(models.Model):
    """What one person is to be told about one occasion, until the message is written.

    Telling has two steps. :meth:`_tell` belongs into the transaction of what it tells of: it
    collects all events of the occasion for each person, in counts only. The cron then writes each
    person one message, and deletes the row in the transaction that writes it. So nobody is told
    what did not happen, or twice, or nothing, wherever the process stops.
    """

    _name = "nav.notice"
    _description = "Message about Sick Leave from NAV"
    _order = "id"
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    occasion = fields.Char(required=True, readonly=True, help="What brought it about.")
    content = fields.Json(required=True, readonly=True)
    failures = fields.Integer(readonly=True)

    _unique_person = models.Constraint(
        "UNIQUE(occasion, user_id)", "This person has a message about it already."
    )

    # ------------------------------------------------------------------ collecting

    @api.model
    def _tell(self, occasion, company, events):
        """Tell each person concerned, in one message, what the events mean to them.

        :param occasion: a name for what brought the events about; nobody has two messages about
            the same one waiting
        :param company: whose sick notes they are
        :param events: :class:`Event`, each with its own records
        """
        notices = self.sudo()
        contents = defaultdict(dict)
        for event in events:
            if event.records:
                getattr(notices, f"_collect_{event.kind}")(contents, event.records)
        waiting = notices.search([("occasion", "=", occasion)]).user_id
        notices.create(
            [
                {
                    "user_id": user.id,
                    "company_id": company.id,
                    "occasion": occasion,
                    "content": content,
                }
                for user, content in contents.items()
                if user not in waiting
            ]
        )
        if contents:
            self.env["nav.connection"]._trigger_apply()

    def _collect_sick_leave(self, contents, notes):
        """The employee hears of their own time off, the manager of each employee's."""
        leaves = self._leaves_by_employee(notes)
        others = self._notes_without_time_off(notes)
        for employee in (notes.env["hr.employee"].union(*leaves, *others)).sorted("name"):
            counts = (leaves.get(employee, 0), others.get(employee, 0))
            user = employee.user_id.filtered("active")
            if user and counts[0]:
                contents[user]["own"] = counts[0]
            manager = (employee.leave_manager_id or employee.parent_id.user_id).filtered("active")
            if manager and manager != user:
                team = contents[manager].setdefault("team", [])
                team.append([employee.id, *counts])
                if employee.leave_manager_id:
                    contents[manager]["team_link"] = True

    def _leaves_by_employee(self, notes):
        """{employee: how many approved leaves the notes have made}"""
        return dict(
            self.env["hr.leave"]._read_group(
                [("nav_period_id.note_id", "in", notes.ids), ("state", "=", "validate")],
                ["employee_id"],
                ["__count"],
            )
        )

    def _notes_without_time_off(self, notes):
        """{employee: how many of the notes ask for something else than time off} (R1)"""
        return dict(
            self.env["nav.sick.note"]._read_group(
                [
                    ("id", "in", notes.ids),
                    ("state", "=", "applied"),
                    ("degrees", "in", [False, ""]),
                ],
                ["employee_id"],
                ["__count"],
            )
        )

    def _collect_first_fetch(self, contents, first_fetches):
        for first in first_fetches:
            connection = first.connection_id
            of = first._counts()[first.id]
            summary = {
                "connection": connection.id,
                "found": sum(of.values()),
                "registered": of.get("applied", 0) + of.get("superseded", 0),
                "failed": of.get("failed", 0),
                "waiting": first._waiting_by_reason(),
            }
            for user in connection.message_partner_ids.user_ids.filtered("active"):
                of_company = connection.company_id in user.company_ids
                if of_company and any(user.has_group(group) for group in NAV_GROUPS):
                    contents[user].setdefault("fetches", []).append(summary)

    # ------------------------------------------------------------------ delivering

    @api.model
    def _deliver(self, step):
        """Write the messages that are due, in batches. One that fails stops no other.

        :param step: called after each batch; commits, and returns the seconds left
        """
        last, delivered = 0, False
        while True:
            due = self.sudo().search(
                [("id", ">", last), ("failures", "<", MOST_FAILURES)], limit=DELIVERY_BATCH
            )
            if not due:
                break
            last, delivered = due[-1].id, True
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    for notice in due.try_lock_for_update():
                        notice._deliver_alone()
            except psycopg2.OperationalError:
                _logger.info("Another worker writes the same messages.")
            time_left = step()
            self.env.invalidate_all()
            if not time_left:
                self.env["nav.connection"]._trigger_apply()
                break
        if delivered:
            self._send_mails_soon()

    def _deliver_alone(self):
        try:
            with self.env.cr.savepoint():
                self._write_message()
                self.unlink()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.error("Message %s could not be written: %s", self.id, type(error).__name__)
            self.failures += 1

    def _write_message(self):
        """To the inbox or by e-mail, as the person prefers, in the person's language."""
        user = self.user_id
        notice = in_language_of(self.company_id, self)
        if user.lang and self.env["res.lang"]._get_data(code=user.lang):
            notice = self.with_context(lang=user.lang)
        subject, body = plain_words_notice.message(notice.env, self.content)
        notice.env["mail.thread"].with_company(self.company_id).message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=body,
            email_add_signature=False,
            # There is no record behind it that all recipients may open: this stands for its name.
            force_record_name=subject,
            # Thousands of e-mails are for the mail queue.
            force_send=False,
        )

    def _send_mails_soon(self):
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    @api.autovacuum
    def _gc_failed(self):
        """What could not be written by now is not news any more."""
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)]).unlink()
