import hashlib
import logging
from collections import defaultdict, namedtuple
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from . import plain_words_notice
from .mail_layout import MAIL_LAYOUT
from .plain_words import in_language_of
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# Something that people are told of: a kind, and the records that it is about. Each kind is
# collected by the method _collect_<kind>.
#   sick_leave    nav.sick.note: notes that have taken effect; told to the employee and the manager
#   first_fetch   nav.first.fetch: one that has ended; told to those who follow its connection
# and, in nav_notice_news.py, what comes after the first fetch.
Event = namedtuple("Event", "kind records")

# How many persons are written to in one transaction.
DELIVERY_BATCH = 50
MOST_FAILURES = 5
KEPT = timedelta(days=30)
# How long a message waits at most for what belongs to it and has not come in yet.
PATIENCE = timedelta(hours=1)


class NavNotice(models.Model):
    """What one person is to be told about one occasion, until the message is written.

    Telling has two steps. :meth:`_tell` belongs into the transaction of what it tells of: it
    collects all events of the occasion for each person, in counts only. It adds rows and changes
    none, so that workers do not wait for each other. The cron then writes each person one message
    of all the rows that are due, and deletes them in the transaction that writes it. So nobody is
    told what did not happen, or twice, or nothing, wherever the process stops.
    """

    _name = "nav.notice"
    _description = "Message about Sick Leave"
    _order = "id"
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    occasion = fields.Char(required=True, readonly=True, help="What brought it about.")
    content = fields.Json(required=True, readonly=True)
    due_at = fields.Datetime(readonly=True, help="Not before; at once when empty.")
    connection_id = fields.Many2one(
        "nav.connection",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Waits until no first fetch of this connection goes on, to be told with its end and "
        "with the follow-up that it has begun.",
    )
    failures = fields.Integer(readonly=True)

    _unique_person = models.Constraint(
        "UNIQUE(occasion, user_id)", "This person has a message about it already."
    )

    # ------------------------------------------------------------------ collecting

    @api.model
    def _tell(self, occasion, company, events, wait_for=None):
        """Tell each person concerned, in one message, what the events mean to them.

        :param occasion: a name for what brought the events about; nobody has two messages about
            the same one waiting
        :param company: whose sick notes they are
        :param events: :class:`Event`, each with its own records
        :param wait_for: a connection whose first fetch, while it goes on, is waited for
        """
        notices = self.sudo()
        # At the end of a first fetch each person has one message, also who else has a summary.
        contents = Contents(at_once=bool(wait_for and wait_for._open_first_fetch()))
        for event in events:
            if event.records:
                getattr(notices, f"_collect_{event.kind}")(contents, event.records)
        connection = wait_for.id if wait_for else False
        notices._add(
            [
                {
                    "user_id": user.id,
                    "company_id": company.id,
                    "connection_id": connection,
                    **vals,
                }
                for user, vals in contents.rows(occasion)
            ]
        )

    @api.model
    def _add(self, vals_list):
        """New rows, save for what a person has waiting already."""
        if not vals_list:
            return
        waiting = self.search([("occasion", "in", list({vals["occasion"] for vals in vals_list}))])
        known = {(notice.occasion, notice.user_id.id) for notice in waiting}
        new = [vals for vals in vals_list if (vals["occasion"], vals["user_id"]) not in known]
        self.create(new)
        self.env["nav.connection"]._trigger_apply()

    @api.model
    def _occasion(self, *parts):
        """A short name for what is named by these parts."""
        text = "|".join(str(part) for part in parts)
        return f"{parts[0]}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def _collect_sick_leave(self, contents, notes):
        """The employee hears of their own time off, the manager of each employee's."""
        leaves = self._leaves_by_employee(notes)
        others = self._notes_without_time_off(notes)
        for employee in (notes.env["hr.employee"].union(*leaves, *others)).sorted("name"):
            counts = {"new": leaves.get(employee, 0), "others": others.get(employee, 0)}
            self._collect_of_employee(contents, employee, counts)

    def _collect_of_employee(self, contents, employee, counts):
        """Counts of one employee: to the employee what is time off, to the manager everything.

        :param counts: {what: how often}; ``others`` stands for notes without time off
        """
        if not any(counts.values()):
            return
        user = employee.user_id.filtered("active")
        own = {what: count for what, count in counts.items() if count and what != "others"}
        if user and own:
            add_counts(contents.now(user).setdefault("own", {}), own)
        self._collect_of_manager(
            contents, employee, {what: count for what, count in counts.items() if count}
        )

    def _collect_of_manager(self, contents, employee, counts):
        """What the manager is told: whoever approves the employee's time off, else the manager
        above."""
        approver = employee.leave_manager_id.filtered("active")
        manager = approver or employee.parent_id.user_id.filtered("active")
        if manager and manager != employee.user_id:
            content = contents.now(manager)
            team = content.setdefault("team", {}).setdefault(str(employee.id), {})
            add_counts(team, counts)
            if approver:
                content["team_link"] = True

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
            for user in connection._nav_followers():
                if user._nav_wishes() != "none":
                    contents.now(user).setdefault("fetches", []).append(summary)

    # ------------------------------------------------------------------ delivering

    @api.model
    def _deliver(self, step, awaited=None):
        """Write the messages that are due, in batches. One that fails stops no other.

        :param step: called after each batch; commits, and returns the seconds left
        :param awaited: connections that are about to be fetched: what they bring is told together
            with what there is
        """
        notices = self.sudo()
        settled = notices._settled(awaited)
        groups = notices._read_group(notices._due() & settled, ["user_id"])
        users = [user.id for (user,) in groups]
        delivered = bool(users)
        while users:
            batch, users = users[:DELIVERY_BATCH], users[DELIVERY_BATCH:]
            due = notices.search(notices._due() & settled & Domain("user_id", "in", batch))
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    for group in due.try_lock_for_update()._messages():
                        group._deliver_together()
            except psycopg2.OperationalError:
                _logger.info("Another worker writes the same messages.")
            time_left = step()
            self.env.invalidate_all()
            if users and not time_left:
                self.env["nav.connection"]._trigger_apply()
                break
        if delivered:
            self._send_mails_soon()

    @api.model
    def _due(self):
        """What may be written now: what waits for the morning, or for the end of a first fetch,
        may not."""
        fetching = self.env["nav.first.fetch"].sudo().search([("state", "!=", "done")])
        return (
            Domain("failures", "<", MOST_FAILURES)
            & (Domain("due_at", "=", False) | Domain("due_at", "<=", self._now()))
            & Domain("connection_id", "not in", fetching.connection_id.ids)
        )

    @api.model
    def _settled(self, awaited):
        """What comes in together is told together: as long as notes of a company are still being
        fetched or registered, its messages wait for the rest, and those of a first fetch for the
        follow-up that it has begun. But not for longer than :data:`PATIENCE`.

        :param awaited: see :meth:`_deliver`
        :return: a domain
        """
        Note = self.env["nav.sick.note"]
        held = self.env["nav.first.fetch"]._held_connections()
        coming = [("state", "=", "received"), ("connection_id", "not in", held.ids)]
        companies = [company.id for (company,) in Note._read_group(coming, ["company_id"])]
        if awaited:
            companies += awaited.company_id.ids
        waited = Domain("create_date", "<=", self._now() - PATIENCE)
        return (waited | Domain("company_id", "not in", companies)) & Domain(
            "connection_id", "not in", self._followed_up_soon().ids
        )

    @api.model
    def _followed_up_soon(self):
        """Connections whose first fetch has just ended, and whose follow-up is being made."""
        ended = self.env["nav.first.fetch"].search(
            [
                ("ended_at", ">", self._now() - PATIENCE),
                ("connection_id.followup_enabled", "=", True),
            ]
        )
        marks = self.env["nav.followup.mark"].sudo()
        return ended.connection_id.filtered(
            lambda connection: marks.search_count(
                [
                    ("employee_id.company_id", "=", connection.company_id.id),
                    ("retry_on", "=", False),
                ],
                limit=1,
            )
        )

    @api.model
    def _now(self):
        return fields.Datetime.now()

    def _messages(self):
        """The rows of each message: a person has one of all that is due. What has failed is tried
        alone, so that it takes nothing else with it."""
        return self.grouped(lambda notice: (notice.user_id, notice.failures and notice.id)).values()

    def _deliver_together(self):
        try:
            with self.env.cr.savepoint():
                self._write_message()
                self.unlink()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.error("Message %s could not be written: %s", self.ids, type(error).__name__)
            for notice in self:
                notice.failures += 1

    def _write_message(self):
        """To the inbox or by e-mail, as the person prefers, in the person's language."""
        user, company = self.user_id, self.company_id[:1]
        thread = in_language_of(company, self.env["mail.thread.nav"])
        if user.lang and self.env["res.lang"]._get_data(code=user.lang):
            thread = thread.with_context(lang=user.lang)
        subject, body = plain_words_notice.message(
            thread.env, plain_words_notice.merged(self.mapped("content"))
        )
        if not body:
            return
        thread.with_company(company).message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=body,
            email_add_signature=False,
            # There is no record behind it that all recipients may open: this stands for its name.
            force_record_name=subject,
            email_layout_xmlid=MAIL_LAYOUT,
            record_company_id=company.id,
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


class Contents:
    """What each person is told of one occasion: at once, and what waits for the morning."""

    def __init__(self, at_once=False):
        self._at_once = at_once
        self._now = defaultdict(dict)
        self._later = defaultdict(dict)

    def now(self, user):
        """The content of the person's next message."""
        return self._now[user]

    def as_wished(self, user):
        """The same, for one who may prefer a daily summary."""
        later = user._nav_wishes() == "daily" and not self._at_once
        return self._later[user] if later else self._now[user]

    def rows(self, occasion):
        """(user, values of a row) of each message."""
        for user, content in self._now.items():
            yield user, {"occasion": occasion, "content": content}
        for user, content in self._later.items():
            yield (
                user,
                {
                    "occasion": f"{occasion} daily",
                    "content": content,
                    "due_at": user._nav_next_summary(),
                },
            )


def add_counts(total, counts):
    """Add counts to a dictionary of counts."""
    for what, count in counts.items():
        total[what] = total.get(what, 0) + count
