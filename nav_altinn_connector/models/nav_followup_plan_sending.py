# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
import uuid
from datetime import timedelta
from functools import partial

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.modules.registry import Registry

from ..clients.errors import ClientError, Unauthorised
from ..clients.followup_plan import SCOPE, may_have_arrived
from ..domain import followup_plan
from . import key_vault, plain_words, plain_words_followup, plain_words_plan
from .nav_followup_plan import DONE, EDITABLE
from .notification import notification
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# A call ends within two minutes. What is still being sent after this time, nobody sends any more.
GIVEN_UP_AFTER = timedelta(minutes=5)
FIRST_QUESTION = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(days=1)
ASKED_FOR = timedelta(days=14)
QUESTIONS_AT_ONCE = 50
FINISHING_FOR = timedelta(days=7)
CRON = "nav_altinn_connector.ir_cron_followup"

STATUSES = [
    ("not_asked", "Not to be sent"),
    ("yes", "Sent"),
    ("no", "Not sent"),
    ("unknown", "Not known"),
]


class NavFollowupPlan(models.Model):
    """Sending: at most once for each time that a person says so.

    NAV has no mark by which it would know a plan again, so three transactions follow each other:

    1. the intent, with the id of the call, is stored (:meth:`_begin`), and committed with the
       request of the person who pressed the button,
    2. after that commit the call is made, under a lock on the plan (:meth:`_send_now`),
    3. which stores the outcome. What follows from that is done in transactions of its own
       (:meth:`_finish`), and again by the cron where it could not be done.

    Only the commit of an intent starts a call, and each starts one. Where the process stops in
    between, the plan stays in `sending`, and nobody holds its lock: the cron makes it `unknown`.
    """

    _inherit = "nav.followup.plan"

    call_id = fields.Char(
        "Reference",
        readonly=True,
        copy=False,
        help="Names the call for NAV's support (Nav-Call-Id).",
    )
    sending_at = fields.Datetime(readonly=True, copy=False)
    sent_at = fields.Datetime("Sent On", readonly=True, copy=False)
    sent_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    marked_by_id = fields.Many2one(
        "res.users",
        "Marked as Sent By",
        readonly=True,
        copy=False,
        help="A person has found out that NAV has the plan, and said so here.",
    )
    sent_employee_name = fields.Char(readonly=True, copy=False)
    sent_org_name = fields.Char(readonly=True, copy=False)
    sent_org_number = fields.Char(readonly=True, copy=False)
    nav_status = fields.Selection(STATUSES, "At NAV", readonly=True, copy=False)
    doctor_status = fields.Selection(
        STATUSES, "At the General Practitioner", readonly=True, copy=False
    )
    next_ask_at = fields.Datetime(readonly=True, copy=False, index="btree_not_null")
    questions = fields.Integer(readonly=True, copy=False, aggregator=None)
    can_ask_status = fields.Boolean(compute="_compute_can_ask_status", compute_sudo=True)
    case_to_tell = fields.Boolean(
        readonly=True, copy=False, help="The sick leave is still to hear that the plan was sent."
    )
    documents_to_make = fields.Boolean(readonly=True, copy=False)
    decision_activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, ondelete="set null"
    )

    @api.depends("nav_uuid")
    def _compute_can_ask_status(self):
        for plan in self:
            plan.can_ask_status = bool(plan.nav_uuid) and plan.state not in ("sending", *EDITABLE)

    # ------------------------------------------------------------------ 1. the intent

    def action_send(self, again=None):
        """Send the plan, as the person says now. When it is being sent already, nothing happens.

        :param again: the reference (``call_id``) of an attempt of which it is not known whether
            it has arrived, from somebody who knowingly sends the plan once more
        :return: whether sending has begun; when not, the problems are shown on the plan
        :raises UserError: when the plan was sent already, or may have been and ``again`` does not
            name that attempt
        """
        self.ensure_one()
        self.check_access("write")
        plan = self.sudo().try_lock_for_update(allow_referencing=True)
        plan.invalidate_recordset()
        if not plan or plan.state == "sending":
            return False
        if plan.state not in (*EDITABLE, "unknown"):
            raise UserError(self.env._("This plan has been sent. Make a new version of it."))
        if plan.state == "unknown" and (not again or again != plan.call_id):
            raise UserError(
                self.env._(
                    "It is not known whether the plan has arrived. Tick that you want to send it "
                    "again, or close this window."
                )
            )
        if plan._problems():
            if plan.state in EDITABLE:
                plan.checked = True
            return False
        plan._begin()
        return True

    def _begin(self):
        self.ensure_one()
        connection = self.case_id.connection_id
        call_id = str(uuid.uuid4())
        self.write(
            {
                "state": "sending",
                "call_id": call_id,
                "sending_at": fields.Datetime.now(),
                "sent_by_id": self.env.uid,
                "sent_employee_name": self.employee_id.name,
                "sent_org_name": connection.org_name or self.company_id.name,
                "sent_org_number": connection.org_number,
                **self._without_outcome(),
            }
        )
        self._wake_cron(fields.Datetime.now() + GIVEN_UP_AFTER + timedelta(minutes=1))
        # Undone with the transaction; run once, when it is committed.
        self.env.cr.postcommit.add(
            partial(
                _send_after_commit,
                self.env.cr.dbname,
                self.env.uid,
                dict(self.env.context),
                self.id,
                call_id,
            )
        )

    def _without_outcome(self):
        """The values of a plan of which nothing has been heard yet."""
        return {
            "error": False,
            "error_field": False,
            "nav_uuid": False,
            "nav_status": False,
            "doctor_status": False,
            "marked_by_id": False,
            "next_ask_at": False,
            "questions": 0,
        }

    def _wake_cron(self, at):
        cron = self.env.ref(CRON, raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger(at=at)

    # ------------------------------------------------------------------ 2. the call

    def _send_now(self, call_id):
        """Make the call whose intent is committed, and store what came of it.

        :param call_id: of that intent. When it is another's by now, or the plan is not being sent
            any more, nothing is called.
        """
        plan = self.sudo().try_lock_for_update(allow_referencing=True)
        if not plan or plan.state != "sending" or plan.call_id != call_id:
            return
        outcome = plan._call()
        with quiet_sql():
            plan.write(outcome)
            plan.env.flush_all()

    def _call(self):
        """:return: the values that the plan gets by the outcome"""
        connection = self.case_id.connection_id
        try:
            body = followup_plan.to_json(self._values_for_nav())
            client = connection._followup_plan_client()
        except followup_plan.InvalidPlan as error:
            return self._not_sent(
                plain_words_followup.field_problem(self.env, None), error.problems[0].field
            )
        except UserError as error:
            return self._not_sent(error.args[0])
        except ClientError as error:
            return self._not_sent(plain_words.client_error(self.env, error, scope=SCOPE))
        except Exception as error:
            _logger.error("A follow-up plan could not be prepared: %s", type(error).__name__)
            return self._not_sent(plain_words_plan.not_sent(self.env))
        try:
            return self._sent(client.send(body, call_id=self.call_id))
        except ClientError as error:
            return self._refused(connection, error)
        except Exception as error:
            # It is not known where it happened.
            _logger.error("A follow-up plan was not sent as it should be: %s", type(error).__name__)
            return self._unknown(plain_words_followup.may_have_arrived(self.env))

    def _refused(self, connection, error):
        words = plain_words.client_error(self.env, error, scope=SCOPE)
        if may_have_arrived(error):
            return self._unknown(words)
        if isinstance(error, Unauthorised):
            connection._forget_plan_token()
        return self._not_sent(words, getattr(error, "field", None))

    # ------------------------------------------------------------------ 3. the outcome

    def _not_sent(self, words, field=None):
        return {"state": "failed", "error": words, "error_field": field, "checked": True}

    def _unknown(self, words):
        return {"state": "unknown", "error": words, "case_to_tell": True}

    def _sent(self, sent):
        """The values by NAV's answer.

        :param sent: :class:`..clients.followup_plan.Sent`
        """
        now = fields.Datetime.now()
        vals = {
            **self._status_vals(sent),
            "sent_at": now,
            "call_id": sent.call_id or self.call_id,
            "case_to_tell": True,
            "documents_to_make": True,
        }
        try:
            vals["nav_uuid"] = key_vault.encrypt(sent.uuid)
        except key_vault.VaultError as error:
            # Without it the status cannot be asked; the plan is sent all the same.
            _logger.error("The id of a follow-up plan cannot be kept: %s", error.reason)
            return {**vals, "next_ask_at": False}
        return vals

    def _status_vals(self, sent):
        """The values by what NAV says about the receivers.

        The plan is partly sent when one of those asked for has not got it. What NAV does not say
        is not known, and does not count as refused.
        """
        nav = _status(self.send_plan_to_nav, sent.to_nav)
        doctor = _status(self.send_plan_to_general_practitioner, sent.to_doctor)
        settled = {nav, doctor} <= {"yes", "not_asked"}
        words = False
        if doctor == "no":
            words = plain_words_plan.doctor_has_not(self.env)
        elif nav == "no":
            words = self.env._("NAV has not got the plan. Make a new version and send that.")
        return {
            "state": "partly_sent" if "no" in (nav, doctor) else "sent",
            "nav_status": nav,
            "doctor_status": doctor,
            "error": words,
            "next_ask_at": not settled and self._next_question(),
        }

    # ------------------------------------------------------------------ what follows

    def _finish(self):
        """What follows from the outcome, each part by itself."""
        for part in (self._tell_case, self._make_documents):
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    part()
            except psycopg2.OperationalError as error:
                _logger.info("Another worker has the plan: %s", type(error).__name__)
            except Exception as error:
                # Tried again by the cron; a report engine that is missing is no error of the plan.
                _logger.warning(
                    "%s of a follow-up plan failed: %s", part.__name__, type(error).__name__
                )

    def _tell_case(self):
        plan = plain_words.in_language_of(self.company_id, self)
        if not plan.case_to_tell:
            return
        plan.case_to_tell = False
        case = plan.case_id
        if plan.state in DONE:
            plan.decision_activity_id.unlink()
            who = plan.marked_by_id or plan.sent_by_id
            case.with_user(who).sudo()._plan_sent(plan)
            receivers = ", ".join(plain_words_plan.receivers(plan.env, plan))
            case._message_log(
                body=plan.env._(
                    "Follow-up plan %(version)s was sent to: %(receivers)s.",
                    version=plan.version,
                    receivers=receivers,
                ),
                author_id=plan.sent_by_id.partner_id.id,
            )
        elif plan.state == "unknown":
            plan._ask_for_a_decision()

    def _ask_for_a_decision(self):
        user = self.responsible_id.filtered("active") or self.sent_by_id
        self.decision_activity_id = self.case_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Find out whether follow-up plan %s has arrived", self.version),
            note=self.env._(
                "It is not known whether NAV has received it. Open the plan: it says what to do."
            ),
            user_id=user.id,
        )

    # ------------------------------------------------------------------ after the fact

    def action_mark_sent(self):
        """A person has found out that NAV has the plan."""
        self.check_access("write")
        for plan in self.sudo().filtered(lambda plan: plan.state == "unknown"):
            plan.write(
                {
                    "state": "sent",
                    "sent_at": plan.sending_at,
                    "marked_by_id": self.env.uid,
                    "nav_status": "unknown" if plan.send_plan_to_nav else "not_asked",
                    "doctor_status": (
                        "unknown" if plan.send_plan_to_general_practitioner else "not_asked"
                    ),
                    "error": False,
                    "case_to_tell": True,
                    "documents_to_make": True,
                }
            )
            plan._finish()
        return True

    def action_ask_status(self):
        """Ask NAV what became of the plan.

        :raises UserError: in words that say what to do, when NAV does not say it
        """
        self.ensure_one()
        self.check_access("write")
        plan = self.sudo()
        if not plan.can_ask_status:
            raise UserError(
                self.env._(
                    "NAV gave no reference for this plan, so it cannot be asked about. Ask NAV or "
                    "the doctor whether it came."
                )
            )
        words = plan._ask_status()
        if words:
            raise UserError(words)
        return notification(self.env._("NAV has answered; the plan shows it."), "success")

    def _ask_status(self):
        """:return: why NAV's answer could not be had, or False"""
        self.ensure_one()
        self.write({"questions": self.questions + 1})
        try:
            connection = self.case_id.connection_id
            sent = connection._followup_plan_client().status(key_vault.decrypt(self.nav_uuid))
        except (UserError, ClientError, ValueError, key_vault.VaultError) as error:
            self.next_ask_at = self._next_question()
            return self._why_no_status(error)
        if sent is None:
            self.next_ask_at = self._next_question()
            return plain_words_followup.by_type(self.env)["FOLLOWUP_PLAN_NOT_FOUND"]
        before = (self.state, self.nav_status, self.doctor_status)
        self.write({"sent_at": self.sent_at or self.sending_at, **self._status_vals(sent)})
        if (self.state, self.nav_status, self.doctor_status) != before:
            self.write({"documents_to_make": True, "case_to_tell": before[0] not in DONE})
            self._finish()
        return False

    def _why_no_status(self, error):
        if isinstance(error, ClientError):
            if isinstance(error, Unauthorised):
                self.case_id.connection_id._forget_plan_token()
            return plain_words.client_error(self.env, error, scope=SCOPE)
        if isinstance(error, key_vault.VaultError):
            return plain_words.vault(self.env, error)
        return error.args[0]

    def _next_question(self):
        """When to ask again, or False when it has been asked for long enough."""
        now = fields.Datetime.now()
        pause = min(FIRST_QUESTION * 2 ** min(self.questions, 10), LONGEST_PAUSE)
        since = self.sent_at or self.sending_at or now
        return now + pause if now + pause < since + ASKED_FOR else False

    # ------------------------------------------------------------------ the cron's part

    @api.model
    def _cron_plan_status(self, step=None):
        """What time does to plans: sending that nobody finished becomes unknown, what follows from
        an outcome is made up for, and NAV is asked about plans that are not settled.

        :param step: called after each plan; commits, and returns the seconds left
        """
        step = step or partial(self.env["ir.cron"]._commit_progress, 0)
        for work in (
            self._work_on_abandoned,
            self._work_on_unfinished,
            self._work_on_unsettled,
        ):
            if not work(step):
                self._wake_cron(fields.Datetime.now())
                return
        due = self.sudo().search([("next_ask_at", "!=", False)], order="next_ask_at", limit=1)
        if due:
            self._wake_cron(due.next_ask_at)

    def _work_on_abandoned(self, step):
        before = fields.Datetime.now() - GIVEN_UP_AFTER
        return self._work(
            [("state", "=", "sending"), ("sending_at", "<", before)],
            lambda plan: plan._abandon(),
            step,
        )

    def _abandon(self):
        words = plain_words_plan.unfinished(plain_words.in_language_of(self.company_id, self).env)
        self.write(self._unknown(words))
        self._finish()

    def _work_on_unfinished(self, step):
        since = fields.Datetime.now() - FINISHING_FOR
        return self._work(
            [
                "|",
                ("case_to_tell", "=", True),
                ("documents_to_make", "=", True),
                ("sending_at", ">", since),
            ],
            lambda plan: plan._finish(),
            step,
        )

    def _work_on_unsettled(self, step):
        return self._work(
            [("next_ask_at", "<=", fields.Datetime.now())],
            lambda plan: plan._ask_status(),
            step,
            limit=QUESTIONS_AT_ONCE,
        )

    def _work(self, domain, work, step, limit=None):
        """Do something for each plan that can be locked, each in a transaction of its own.

        :return: whether there was time for all
        """
        for plan_id in self.sudo().search(domain, limit=limit).ids:
            plan = self.sudo().browse(plan_id)
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    if plan.try_lock_for_update(allow_referencing=True).filtered_domain(domain):
                        work(plan)
            except psycopg2.OperationalError as error:
                _logger.info("Another worker has the plan: %s", type(error).__name__)
            except Exception as error:
                _logger.error("Follow-up plan %s: %s", plan_id, type(error).__name__)
            if not step():
                return False
            self.env.invalidate_all()
        return True


def _send_after_commit(dbname, uid, context, plan_id, call_id):
    """Send a plan whose intent has been committed. An error here must not look as if that had
    failed, so none leaves; the plan shows what came of it."""

    def with_plan(work):
        try:
            with Registry(dbname).cursor() as cr:
                plan = api.Environment(cr, uid, context)["nav.followup.plan"].browse(plan_id)
                work(plan.sudo())
        except Exception as error:
            _logger.error("Follow-up plan %s: %s", plan_id, type(error).__name__)

    with_plan(lambda plan: plan._send_now(call_id))
    with_plan(lambda plan: plan.state in (*DONE, "unknown") and plan._finish())


def _status(asked, answer):
    """A receiver's status.

    :param asked: whether the plan was to go there
    :param answer: what NAV says: True, False, or None for nothing
    """
    if not asked:
        return "not_asked"
    return {True: "yes", False: "no"}.get(answer, "unknown")
