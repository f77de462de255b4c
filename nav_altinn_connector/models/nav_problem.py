import logging

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .nav_connection_exchange import KEEP_PROBLEMS_DAYS
from .notification import notification
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# What a person who pressed the button waits for.
NOTES_AT_ONCE = 50
# What can be tried again with a button, by the kind of thing that the problem is about.
MENDED_BY = {
    "connection": "fetch",
    "units": "fetch",
    "approval": "checks",
    "deleted": "checks",
    "notes": "apply",
    "mail": "send",
}
# What HR settles. All else is for NAV administrators, and the stored advice is written to them.
FOR_HR = ("notes", "plan")


class NavProblem(models.Model):
    """Something that does not work, told in words: one open row for each cause, however often it
    happens. It is closed by itself when it works again.

    ``subject`` names what the problem is about, ``cause`` why; both are keys that nobody reads. Of
    one subject one cause is open at a time: another one takes its place. Written by the connection
    and what belongs to it alone; the texts hold no name of a person and nothing of a sick note.
    """

    _name = "nav.problem"
    _description = "NAV Problem"
    _order = "state desc, last_seen desc, id desc"
    _rec_name = "words"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    connection_id = fields.Many2one(
        "nav.connection", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    client_id = fields.Many2one(
        "nav.maskinporten.client",
        "Maskinporten Client",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Set when the cause lies with the client, for all connections that use it.",
    )
    topic = fields.Selection(
        [
            ("connection", "Fetching"),
            ("units", "Access to sub-units"),
            ("approval", "Approval in Altinn"),
            ("notes", "Sick notes that cannot be used"),
            ("plan", "Follow-up plan"),
            ("key", "Key"),
            ("deleted", "Deleted organisation"),
            ("offered", "New sub-units"),
            ("database", "Copy of a database"),
            ("mail", "Messages"),
        ],
        "About",
        required=True,
        readonly=True,
    )
    subject = fields.Char(required=True, readonly=True)
    cause = fields.Char(required=True, readonly=True)
    words = fields.Text("What Is Wrong", required=True, readonly=True)
    advice = fields.Text("Advice to Administrators", readonly=True)
    what_to_do = fields.Text("What to Do", compute="_compute_what_to_do")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Solved")], required=True, readonly=True, default="open"
    )
    first_seen = fields.Datetime("First", required=True, readonly=True, default=fields.Datetime.now)
    last_seen = fields.Datetime("Last", required=True, readonly=True, default=fields.Datetime.now)
    count = fields.Integer("Times", readonly=True, default=1)
    closed_on = fields.Datetime("Solved On", readonly=True)
    closed_how = fields.Selection(
        [
            ("works", "It works again"),
            ("replaced", "Another cause has taken its place"),
            ("ended", "The connection was paused, closed or archived"),
        ],
        "How",
        readonly=True,
    )
    can_try = fields.Boolean(compute="_compute_can_try")
    can_open = fields.Boolean(compute="_compute_can_open")

    _one_open = models.UniqueIndex(
        "(subject) WHERE state = 'open'", "This problem is open already."
    )

    @api.depends("topic", "state", "connection_id.state")
    def _compute_can_try(self):
        for problem in self:
            mended_by = MENDED_BY.get(problem.topic)
            state = problem.sudo().connection_id.state
            problem.can_try = problem.state == "open" and (
                mended_by in ("apply", "checks", "send")
                or (mended_by == "fetch" and state in ("active", "reauthorise"))
            )

    @api.depends("advice", "topic")
    @api.depends_context("uid")
    def _compute_what_to_do(self):
        """The advice, for those who can follow it."""
        may = self.env["nav.connection"].has_access("write")
        for problem in self:
            if may or problem.topic in FOR_HR:
                problem.what_to_do = problem.advice
            else:
                problem.what_to_do = self.env._(
                    "NAV administrators look after this. You need not do anything."
                )

    @api.depends("topic", "res_model", "res_id", "connection_id", "client_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open(self):
        for problem in self:
            if problem.topic == "notes":
                problem.can_open = self.env["nav.sick.note"].has_access("read")
            else:
                affected = problem._affected()
                problem.can_open = bool(affected) and affected.has_access("read")

    def _affected(self):
        """The record that the problem is about, or an empty one when it is not there any more."""
        self.ensure_one()
        if self.res_model and self.res_id:
            return self.env[self.res_model].browse(self.res_id).exists()
        if self.client_id and self.client_id.has_access("read"):
            return self.client_id
        return self.connection_id or self.client_id

    # ------------------------------------------------------------------ noting and solving

    @api.model
    def _note(self, connection, subject, cause, words, advice=False, *, counts=True, **vals):
        """A problem was met: open it, or count it once more. Two workers at once make one.

        :param connection: the ``nav.connection`` concerned; may be empty
        :param str subject: what it is about, a key
        :param str cause: why, a key
        :param words: what is wrong, without names
        :param advice: what to do
        :param bool counts: whether to be met again is to happen again. What lasts is seen each
            time that somebody looks, and is not counted.
        :param vals: other fields: ``topic``, ``client_id``, ``res_model``, ``res_id``, …
        :return: the problem; empty when another worker has noted it
        """
        Problem = self.sudo()
        now = fields.Datetime.now()
        self.env.flush_all()  # what fails here is not the other worker's doing
        seen = {"words": words, "advice": advice}
        try:
            with self.env.cr.savepoint(), quiet_sql():
                open_ones = Problem.search([("subject", "=", subject), ("state", "=", "open")])
                problem = open_ones.filtered(lambda known: known.cause == cause)
                (open_ones - problem)._close("replaced")
                if not problem:
                    problem = Problem.create(
                        {
                            "company_id": connection.company_id.id,
                            "connection_id": connection.id,
                            "subject": subject,
                            "cause": cause,
                            **seen,
                            **vals,
                        }
                    )
                elif counts:
                    problem.write({"count": problem.count + 1, "last_seen": now, **seen})
                elif (problem.words, problem.advice) != (words, advice):
                    problem.write({"last_seen": now, **seen})
                self.env.flush_all()  # the other worker is met here
                return problem
        except (psycopg2.OperationalError, psycopg2.errors.UniqueViolation) as error:
            _logger.info("Another worker notes a problem: %s", type(error).__name__)
            return Problem.browse()

    @api.model
    def _solved(self, connection, subjects, causes=None, how="works"):
        """What these problems were about works again.

        :param connection: limit to this one's when it is given
        :param subjects: keys
        :param causes: only these keys, by default all
        """
        domain = [("subject", "in", list(subjects)), ("state", "=", "open")]
        if connection:
            domain.append(("connection_id", "in", connection.ids))
        if causes is not None:
            domain.append(("cause", "in", list(causes)))
        self.sudo().search(domain)._close(how)

    def _close(self, how):
        if not self:
            return
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(), quiet_sql():
                self.write(
                    {"state": "closed", "closed_on": fields.Datetime.now(), "closed_how": how}
                )
                self.env.flush_all()
        except psycopg2.OperationalError as error:
            _logger.info("Another worker closes a problem: %s", type(error).__name__)

    # ------------------------------------------------------------------ buttons

    def action_try_again(self):
        """Do again what failed: fetch, check, apply, or send e-mails. Plans are never sent by this.

        :raises UserError: when there is nothing that could be tried
        :raises AccessError: to those who may not do that
        """
        self.ensure_one()
        self.check_access("read")
        if not self.can_try:
            raise UserError(self.env._("This cannot be tried again from here. Open it instead."))
        mended_by = MENDED_BY[self.topic]
        connection = self.connection_id
        if mended_by == "send":
            connection.check_access("write")
            return self._send_again()
        if mended_by == "apply":
            # NAV is asked for each of them: those whose turn is the longest ago.
            failed = self.env["nav.sick.note"].search(
                [("connection_id", "=", connection.id), ("state", "=", "failed")],
                order="write_date, id",
                limit=NOTES_AT_ONCE,
            )
            failed.action_apply()
            connection.sudo()._note_unusable_notes()
        elif mended_by == "checks" or connection.state == "reauthorise":
            return connection.action_run_checks()
        else:
            return connection.action_fetch_now()
        return self._tried()

    def _tried(self):
        solved = self.state == "closed"
        words = (
            self.env._("It works again.")
            if solved
            else self.env._("It does not work yet. Open it: each one says why.")
        )
        return notification(words, kind="success" if solved else "warning")

    def action_open_affected(self):
        """Open what the problem is about.

        :raises AccessError: to those who may not see it
        """
        self.ensure_one()
        self.check_access("read")
        if self.topic == "notes":
            return self.connection_id.action_open_waiting()
        record = self._affected()
        if not record:
            raise UserError(self.env._("It is not there any more."))
        if not record.has_access("read"):
            raise AccessError(self.env._("Ask those who may see it to open it."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "name": self.env._("What the Problem Is About"),
        }

    # ------------------------------------------------------------------ retention

    @api.autovacuum
    def _gc_closed(self):
        """Remove a batch of problems that were solved long ago; called again while there is more.

        :return: how many were removed, and how many are known to be left
        """
        return self.env["nav.connection"]._remove_old(
            "nav.problem", "closed_on", "keep_problems_days", KEEP_PROBLEMS_DAYS
        )
