# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import LockError, RedirectWarning, UserError

from ..clients import altinn
from ..clients.errors import ClientError
from . import causes, plain_words

CONNECTABLE = ("draft", "waiting", "rejected", "reauthorise")
# What Altinn refuses until somebody has changed something on the Maskinporten client.
MENDED_ON_CLIENT = ("register", "vendor", "redirect")


class NavConnection(models.Model):
    """The approval in Altinn: a system user is requested, and an access manager of the
    organisation approves it with BankID."""

    _inherit = "nav.connection"

    request_ids = fields.One2many(
        "nav.system.user.request", "connection_id", "Requests in Altinn", readonly=True
    )
    # By the superuser: NAV: HR sees where a connection stands, and neither requests nor clients.
    approval_request_id = fields.Many2one(
        "nav.system.user.request",
        compute="_compute_requests",
        compute_sudo=True,
        string="Request",
    )
    approval_status = fields.Selection(
        selection=lambda self: self.env["nav.system.user.request"]._fields["status"].selection,
        compute="_compute_requests",
        compute_sudo=True,
        string="In Altinn",
    )
    approval_url = fields.Char(
        compute="_compute_requests", compute_sudo=True, string="Link for Approval"
    )
    approval_words = fields.Char(compute="_compute_approval_words", string="What Now")
    change_request_id = fields.Many2one(
        "nav.system.user.request", compute="_compute_requests", compute_sudo=True
    )
    change_url = fields.Char(compute="_compute_requests", compute_sudo=True)
    approved_at = fields.Datetime("Approved On", readonly=True, copy=False)
    granted_resources = fields.Char("Rights Approved", readonly=True, copy=False)
    missing_resources = fields.Char(
        "Rights Not Approved Yet", compute="_compute_missing_resources", compute_sudo=True
    )
    next_check_at = fields.Datetime(readonly=True, copy=False, index="btree_not_null")
    closed_on = fields.Datetime(readonly=True, copy=False)

    # ------------------------------------------------------------------ computes

    @api.depends("request_ids.status", "request_ids.confirm_url")
    def _compute_requests(self):
        for connection in self:
            latest = connection.request_ids.sorted("id", reverse=True)
            new = latest.filtered(lambda request: request.kind == "new")[:1]
            change = latest.filtered(
                lambda request: request.kind == "change" and request.status == "new"
            )[:1]
            connection.approval_request_id = new
            connection.approval_status = new.status
            connection.approval_url = new.status == "new" and new.confirm_url
            connection.change_request_id = change
            connection.change_url = change.confirm_url

    @api.depends("granted_resources", "state", "maskinporten_client_id")
    def _compute_missing_resources(self):
        for connection in self:
            connection.missing_resources = False
            if connection.granted_resources and connection.state in ("active", "reauthorise"):
                needed = connection._rights_wanted()
                missing = set(needed) - set(connection.granted_resources.split(", "))
                connection.missing_resources = ", ".join(sorted(missing))

    @api.depends("state", "approval_status", "approved_at", "last_error", "change_request_id")
    def _compute_approval_words(self):
        for connection in self:
            connection.approval_words = connection._approval_words()

    def _approval_words(self):
        """Where the approval stands, and what to do, in one sentence or two."""
        status = self.approval_status
        if self.state == "waiting" and self.approved_at and self.change_request_id:
            return self.env._(
                "Altinn waits for an access manager (Tilgangsstyrer) to give the system user the "
                "rights that it lacks. Odoo sees the answer by itself; you may close this page."
            )
        if self.state == "waiting" and self.approved_at and self.last_error:
            return self.env._(
                "Approved in Altinn, but something does not work yet. The lines of the check say "
                "what to do; Odoo tries again by itself."
            )
        if self.state == "waiting" and self.approved_at:
            return self.env._(
                "Approved in Altinn. Altinn and NAV may need some minutes until the rights work; "
                "Odoo tries again by itself."
            )
        words = {
            "new": self.env._(
                "Altinn waits for an access manager (Tilgangsstyrer) of the organisation to "
                "approve with BankID. Odoo sees the answer by itself; you may close this page."
            ),
            "rejected": self.env._(
                "The request was rejected in Altinn. Agree with the access manager, then ask again."
            ),
            "denied": self.env._(
                "Altinn denied the request: the person who answered may not give these rights. "
                "Ask again, and let an access manager (Tilgangsstyrer) with the rights answer."
            ),
            "timedout": self.env._("Nobody answered within 180 days. Ask again."),
            "deleted": self.env._("The request is gone from Altinn. Ask again."),
        }
        return words.get(status, False) if self.state in ("waiting", "rejected") else False

    # ------------------------------------------------------------------ connecting

    def action_connect(self):
        """Request the system user in Altinn, or take up what is there, and open Altinn's page.

        Asking twice gives the same request: Altinn has one pending request for a system, an
        organisation and a reference.

        :raises UserError: in words that say what to do
        """
        self.ensure_one()
        self.check_access("write")
        if self.state not in CONNECTABLE:
            raise UserError(self.env._("%s is connected already.", self.name))
        if not self._locked_for_connecting():
            return self._notification(self.env._("The request is being made already."))
        self._refuse_on(self._setup_problems())
        if not self.unit_ids.filtered("selected"):
            self._look_up_before_activation()
        self._refuse_on(self._unit_problems())
        self._request_system_user()
        if self.approval_url:
            return self.action_open_altinn()
        return self._notification(self.approval_words or self.env._("Connected."))

    def _locked_for_connecting(self):
        """Whether this transaction is the only one that connects this connection now."""
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            return False
        return True

    def action_open_altinn(self):
        """Open Altinn's page for the approval in a new window, by the address as Altinn gave it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": self.approval_url or self.change_url,
            "target": "new",
        }

    def _request_system_user(self):
        """Ask Altinn for a system user, whatever Altinn knows of it already."""
        api_client = self._altinn()
        try:
            found = self._create_request(api_client)
            if found.status != "new":
                found = self._take_up_answered(api_client, found)
        except ClientError as error:
            found = self._resolve_refusal(api_client, error)
        if isinstance(found, altinn.SystemUser):
            self._take_up_system_user(found)
        else:
            self._keep_request("new", found)

    def _altinn(self):
        return self._calling_client()._altinn_client()

    def _rights_wanted(self):
        """Resources and access packages that the system user needs, by their names in Altinn."""
        client = self.maskinporten_client_id
        return [*client._altinn_resources(), *client._altinn_packages()]

    def _party(self):
        """Whose system user it is, for Altinn."""
        grant = self._grant()
        return {
            "system_id": self.maskinporten_client_id.system_id,
            "org_number": grant["systemuser_org"],
            "external_ref": grant["external_ref"],
        }

    def _create_request(self, api_client, redirect=True):
        client = self.maskinporten_client_id
        if not client.system_id:
            self._point_to_client(
                self.env._(
                    "The system is not registered in Altinn yet. Register it on the Maskinporten "
                    "client."
                )
            )
        return api_client.create_request(
            **self._party(),
            resources=client._altinn_resources(),
            packages=client._altinn_packages(),
            redirect_url=(client._redirect_url() or None) if redirect else None,
        )

    def _resolve_refusal(self, api_client, error):
        """What there is at Altinn when it refused a new request.

        :return: a request that waits, or the system user that is there
        :raises UserError: when a person has to do something first
        """
        step = altinn.step_for(error)
        try:
            if error.uncertain and error.system == altinn.SYSTEM:
                # The answer was lost: the request may be there.
                request = api_client.request_by_reference(*self._party_reference())
                if request and request.status == "new":
                    return request
            if step == "redirect":
                # Nobody is sent back then; Odoo asks Altinn by itself.
                found = self._create_request(api_client, redirect=False)
                return found if found.status == "new" else self._find_request(api_client)
            if step in ("take_up", "take_up_request", "not_new"):
                return self._find_request(api_client)
            if step == "renew":
                return self._renew_request(api_client)
        except ClientError as again:
            error = again
        return self._refuse_as_altinn(error)

    def _refuse_as_altinn(self, error):
        """Say what Altinn or Maskinporten refused, and lead to the client where that is mended.

        :raises UserError: always
        """
        words = plain_words.client_error(self.env, error)
        of_altinn = error.system == altinn.SYSTEM
        if of_altinn and altinn.step_for(error) in MENDED_ON_CLIENT:
            self._point_to_client(words)
        if not of_altinn and not causes.passes(error):
            self._point_to_client(words)
        raise UserError(words) from error

    def _find_request(self, api_client):
        """What is at Altinn: a request that waits, a system user that is there, or a new request,
        when both are gone although Altinn refuses another."""
        request = api_client.request_by_reference(*self._party_reference())
        if request and request.status == "new":
            return request
        return self._take_up_answered(api_client, request)

    def _take_up_answered(self, api_client, request):
        """What an answered request stands for: the system user that is there, else a new
        request."""
        user = api_client.system_user(**self._party())
        return user or self._renew_request(api_client, request)

    def _party_reference(self):
        party = self._party()
        return party["system_id"], party["org_number"], party["external_ref"] or party["org_number"]

    def _renew_request(self, api_client, request=None):
        """Delete an answered request and make a new one.

        Where Altinn keeps the old one, the new one goes under a reference of its own.
        """
        request = request or api_client.request_by_reference(*self._party_reference())
        try:
            if request:
                api_client.delete_request(request.id)
            made = self._create_request(api_client)
            if made.status == "new":
                return made
        except altinn.AltinnError as error:
            if altinn.next_step(error.code) not in ("take_up", "take_up_request", "renew"):
                raise
        # Not a random one: when the answer is lost, the next attempt finds this request again.
        count = len(self.request_ids)
        self.system_user_external_ref = f"{self._grant()['systemuser_org']}-{self.id}-{count}"
        return self._create_request(api_client)

    def _point_to_client(self, words):
        """Refuse, with a button that leads to where it is mended."""
        raise RedirectWarning(
            words,
            {
                "type": "ir.actions.act_window",
                "res_model": "nav.maskinporten.client",
                "res_id": self.maskinporten_client_id.id,
                "views": [(False, "form")],
            },
            self.env._("Open the Client"),
        )

    def _keep_request(self, kind, found):
        """Remember a request as Altinn has it, and go on from its status."""
        now = fields.Datetime.now()
        Request = self.env["nav.system.user.request"].sudo()
        request = self.request_ids.sudo().filtered(lambda known: known.altinn_id == found.id)
        if not request:
            # What was open before is not the one that Altinn has now.
            self.request_ids.sudo().filtered(
                lambda known: known.kind == kind and known.status == "new"
            ).write({"status": "deleted", "next_ask_at": False})
            self.env.flush_all()  # before the unique index sees the new one
            request = Request.create(
                {
                    "connection_id": self.id,
                    "kind": kind,
                    "altinn_id": found.id,
                    "status": "new",
                    "opened_at": now,
                    "requested_by_id": self.env.uid,
                }
            )
        request.write(
            {
                "confirm_url": found.confirm_url or request.confirm_url,
                "resources": ", ".join((*found.resources, *found.packages)) or request.resources,
                "next_ask_at": request._pace(now),
                "asked_at": now,
            }
        )
        if kind == "new":
            self.write(
                {
                    "state": "waiting",
                    "approved_at": False,
                    "last_error": False,
                    "guide_step": "approval",
                }
            )
            self._stop_telling("approval")
        self._follow_status(request, found.status)
        if request.next_ask_at:
            self._wake_poll(request.next_ask_at)

    def _take_up_system_user(self, user):
        """The organisation has approved this system already. Which rights it gave, Altinn does not
        say; what is known of them stays, and the check shows the rest.

        :param user: the :class:`..clients.altinn.SystemUser`
        :raises UserError: it did so for another company, in which this person has no access
        """
        self._refuse_of_another_company()
        known = self.granted_resources
        rights = known.split(", ") if known else self._rights_wanted()
        approved_at = user.created and user.created.astimezone(timezone.utc).replace(tzinfo=None)
        self._go_on_approved(rights, approved_at)

    def _refuse_of_another_company(self):
        """A vendor's client serves employers that have nothing to do with each other. What one of
        them has approved is not for another one's administrator to use."""
        others = (
            self.sudo()
            .with_context(active_test=False)
            .search_count(
                [
                    ("org_number", "=", self.org_number),
                    ("maskinporten_client_id", "=", self.maskinporten_client_id.id),
                    ("company_id", "not in", [self.company_id.id, *self.env.user.company_ids.ids]),
                    ("approved_at", "!=", False),
                ],
                limit=1,
            )
        )
        if others and not self.env.su:
            raise UserError(
                self.env._(
                    "The organisation %s is connected by another company already. Ask an "
                    "administrator who has access to both companies.",
                    self.org_number,
                )
            )
