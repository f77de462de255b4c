# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..clients.errors import ClientError
from .mail_layout import MAIL_LAYOUT
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# What strangers may cause by opening the return address: one question in this time.
ASK_AGAIN = timedelta(seconds=30)
# How long after a request the page on which people come back looks again by itself.
ANSWER_NEAR = timedelta(hours=1)
REFUSED = ("rejected", "denied", "timedout", "deleted")


class NavConnection(models.Model):
    """What came of a request in Altinn.

    Altinn tells nobody. The status is asked of Altinn: when somebody comes back from there, while
    somebody looks at the screen, and by a cron at a falling rate.
    """

    _inherit = "nav.connection"

    # ------------------------------------------------------------------ the answer

    def _follow_status(self, request, status):
        """Go on from what Altinn says of a request."""
        request = request.sudo()
        if status == request.status == "new":
            return
        if status != request.status:
            request.write(
                {
                    "status": status,
                    "next_ask_at": request.next_ask_at if status == "new" else False,
                    "decided_at": status != "new" and fields.Datetime.now(),
                }
            )
        if status in ("accepted", "no_change"):
            rights = set(filter(None, (request.resources or "").split(", ")))
            if request.kind == "change":
                rights |= set(filter(None, (self.granted_resources or "").split(", ")))
            if request.kind == "new" or self.state in ("waiting", "reauthorise"):
                self._go_on_approved(sorted(rights))
            else:
                self.granted_resources = ", ".join(sorted(rights))
        elif status in REFUSED and request.kind == "new" and self.state == "waiting":
            self.write({"state": "rejected"})
            self._tell_administrators(
                self._language_of_company()._approval_words(), f"{request.id} {status}", "approval"
            )

    def _go_on_approved(self, rights, approved_at=None):
        """The system user is approved: check whether its rights work already.

        :param rights: what it may, by the names in Altinn
        :param approved_at: when it was approved, by default now
        """
        now = fields.Datetime.now()
        self.write({"granted_resources": ", ".join(rights)})
        if self.state == "active":
            return
        self.write(
            {
                "state": "waiting",
                "approved_at": approved_at or now,
                "next_check_at": now,
                "last_error": False,
                "guide_step": "check",
            }
        )
        self._check_after_approval()

    def _check_after_approval(self):
        """Activate once the rights work. Until then that is a state, not an error: Altinn and NAV
        need some minutes. What does not pass by waiting is told."""
        self.ensure_one()
        if self.state != "waiting":
            return
        self = self._language_of_company()
        now = fields.Datetime.now()
        outcome = self._run_checks()
        self.last_error = False
        if outcome == "ok" and self._go_active():
            self.next_check_at = False
            self._stop_telling("approval")
            self._tell_requester()
            return
        if outcome == "failed":
            self.write(self._failed_check_vals())
        if self.last_error:
            self._tell_administrators(self.last_error, self.last_error, "approval")
        else:
            self._stop_telling("approval")
        age = now - (self.approved_at or now)
        self.next_check_at = now + min(max(age / 4, timedelta(minutes=1)), timedelta(hours=6))
        self._wake_poll(self.next_check_at)

    def _go_active(self):
        """Activate; what still keeps it from that is shown as the connection's problem."""
        try:
            with self.env.cr.savepoint():
                self._activate_checked()
        except UserError as error:
            self.last_error = error.args[0]
            return False
        return True

    def _tell_requester(self):
        """The person who asked may have left the page long before the approval came."""
        user = self.approval_request_id.requested_by_id
        if user and user != self.env.user:
            in_language = self.with_context(lang=user.lang)
            in_language.sudo().message_notify(
                partner_ids=user.partner_id.ids,
                subject=in_language.env._("%s is connected to NAV", self.name),
                body=in_language.env._(
                    "The system user is approved in Altinn. Sick notes become time off by "
                    "themselves from now on."
                ),
                email_layout_xmlid=MAIL_LAYOUT,
            )

    # ------------------------------------------------------------------ asking Altinn

    @api.model
    def _cron_poll_altinn(self):
        """Ask Altinn about open requests, check what waits for rights, and heal what lost them.

        Whatever happens to one connection stays there: the cron itself does not fail.
        """
        if self._all_on_hold():
            return
        now = fields.Datetime.now()
        commit = self.env["ir.cron"]._commit_progress
        todo = self._poll_work(now)
        commit(0, remaining=len(todo))
        for work in todo:
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    work()
            except Exception as error:  # one connection's trouble is not the others'
                _logger.warning("Asking Altinn failed: %s", type(error).__name__)
            if not commit(1):
                break
        self._daily_health_if_due()

    @api.model
    def _poll_work(self, now):
        """What there is to ask now, as functions."""
        requests = self.env["nav.system.user.request"].search(
            [("status", "=", "new"), ("next_ask_at", "<=", now)]
        )
        due = self.search([("next_check_at", "<=", now)])
        waiting = due.filtered(lambda connection: connection.state == "waiting")
        lost = due.filtered(lambda connection: connection.state == "reauthorise")
        return [
            *(request.connection_id._asker(request) for request in requests),
            *(connection._check_after_approval for connection in waiting),
            *(connection._heal for connection in lost),
        ]

    def _asker(self, request):
        return lambda: self._ask(request)

    def _ask(self, request):
        """Ask Altinn for the status of a request, and go on from it.

        :return: whether Altinn answered
        """
        self.ensure_one()
        request = request.sudo()
        if not request.try_lock_for_update(allow_referencing=True):
            return True  # another worker asks at this moment
        now = fields.Datetime.now()
        request.write({"asked_at": now, "next_ask_at": request._pace(now)})
        try:
            api_client = self._altinn()
            ask = api_client.change_request if request.kind == "change" else api_client.request
            found = ask(request.altinn_id)
        except (ClientError, UserError) as error:
            if self.state == "waiting":
                self.last_error = self._language_of_company()._error_words(error)
            asked_to_wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
            request.next_ask_at = max(request.next_ask_at or now, now + asked_to_wait)
            return False
        if self.state == "waiting":
            self.last_error = False
        self._follow_status(request, found.status if found else "deleted")
        if request.status == "new":
            request.next_ask_at = request._pace(now)
            if not request.next_ask_at:
                self._follow_status(request, "timedout")
            else:
                self._wake_poll(request.next_ask_at)
        return True

    def action_ask_altinn(self):
        """Ask Altinn now whether the request has been answered, and check what waits for rights.

        :return: a notification when nobody has answered yet, else True
        """
        self.check_access("write")
        for connection in self.sudo():
            for request in connection.request_ids.filtered(lambda known: known.status == "new"):
                connection._ask(request)
            if connection.state == "waiting" and connection.approved_at:
                connection._check_after_approval()
        if any(connection.approval_url and not connection.last_error for connection in self):
            return self._notification(self.env._("Nobody has answered in Altinn yet."))
        return True

    def watch_approval(self):
        """For a screen that is open: ask Altinn if it has not been asked just now.

        :return: a text that changes when there is something new to see
        """
        self.ensure_one()
        self.check_access("read")
        now = fields.Datetime.now()
        if self.has_access("write"):
            connection = self.sudo()
            for request in connection.request_ids:
                if request.status == "new" and request._may_ask(now):
                    connection._ask(request)
            if connection._check_is_due(now):
                connection._check_after_approval()
        return "|".join(
            str(value)
            for value in (
                self.state,
                self.approval_status,
                self.change_request_id.id,
                self.approved_at,
                self.last_error,
                [(check.kind, check.state) for check in self.check_ids],
                self.first_fetch_state,
                self.first_fetch_done,
            )
        )

    def _check_is_due(self, now):
        return self.state == "waiting" and bool(self.next_check_at) and self.next_check_at <= now

    @api.model
    def _back_from_altinn(self):
        """Somebody came back from Altinn's page, or opened its return address for another reason.

        A NAV administrator sees the connection that waits, with its status as asked of Altinn
        now. For anybody else Altinn is asked by the cron soon, at most once in half a minute.

        :return: the connection to show, or an empty recordset
        """
        user = self.env.user
        if not (user._is_internal() and user.has_group("nav_altinn_connector.group_nav_admin")):
            self.sudo()._ask_soon()
            return self.browse()
        companies = self.with_context(allowed_company_ids=user.company_ids.ids)
        requests = companies.env["nav.system.user.request"].search(
            [("status", "in", ("new", "accepted", "rejected", "denied"))], limit=50
        )
        mine = requests.filtered(lambda request: request.requested_by_id == user)
        request = (mine or requests)[:1]
        connection = request.connection_id
        if request.status == "new" and connection.has_access("write"):
            # Who comes back has just answered: what was asked seconds ago does not count.
            connection.sudo()._ask(request)
        return connection

    def _answer_is_near(self):
        """Whether an answer that Altinn does not tell yet may come while somebody looks: Altinn
        may need a moment, and another screen may be asking now."""
        request = self.approval_request_id if self.approval_url else self.change_request_id
        recent = fields.Datetime.now() - ANSWER_NEAR
        return request.status == "new" and request.opened_at >= recent

    @api.model
    def _ask_soon(self):
        """Let the cron ask about all open requests that have not been asked about just now."""
        now = fields.Datetime.now()
        quiet = self.env["nav.system.user.request"].search(
            [
                ("status", "=", "new"),
                ("asked_at", "<", now - ASK_AGAIN),
                ("next_ask_at", ">", now),
            ]
        )
        # One that is being asked about at this moment is not waited for.
        quiet = quiet.try_lock_for_update(allow_referencing=True)
        if quiet:
            quiet.next_ask_at = now
            self._wake_poll()

    @api.model
    def _wake_poll(self, at=None):
        """Let the cron ask at this time, besides its ordinary interval."""
        self.env.ref("nav_altinn_connector.ir_cron_poll_altinn").sudo()._trigger(at)
