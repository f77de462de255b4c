# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import uuid

from odoo import fields, models
from odoo.exceptions import UserError

from ..clients import altinn
from ..clients.errors import ClientError
from . import causes

# Change requests are named by what they ask for, so that a repetition is the same request.
CHANGE_NAMESPACE = uuid.UUID("6f1c1d5e-6f0f-4c0a-9a3e-2d7b0c9a54d1")


class NavConnection(models.Model):
    """What happens to the system user after the approval: rights that were lost or are needed
    besides, and the end of a request or of the connection."""

    _inherit = "nav.connection"

    # ------------------------------------------------------------------ reauthorise, change, close

    def action_reauthorise(self):
        """The shortest way back to *Active*, without typing: what works again is taken up; what is
        missing is requested anew in Altinn.

        :raises UserError: in words that say what to do
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "reauthorise" and self._heal():
            return self._notification(self.env._("The connection works again."))
        if self.state == "active":
            self._run_checks()
            return True
        # What waits for its rights lacks some, once they cannot be late any more.
        lacks_rights = self.approved_at and not self._rights_may_be_late()
        begun = self.state == "reauthorise" or (self.state == "waiting" and lacks_rights)
        if begun and self._has_system_user():
            return self.action_request_rights()
        return self.action_connect()

    def _has_system_user(self):
        try:
            return bool(self._altinn().system_user(**self._party()))
        except ClientError as error:
            return self._refuse_as_altinn(error)

    def action_request_rights(self):
        """Ask in Altinn for the rights that the system user does not have, and open the page."""
        self.ensure_one()
        self.check_access("write")
        if not self._locked_for_connecting():
            return self._notification(self.env._("The request is being made already."))
        api_client, correlation_id = self._altinn(), self._correlation_id()
        try:
            found = self._create_change(api_client, correlation_id)
        except ClientError as error:
            found = self._resolve_refused_change(api_client, correlation_id, error)
        if found is None:
            if self.state == "active":
                self.write(self._lost_rights_vals())
            return self.action_connect()
        self._keep_request("change", found)
        if self.change_url:
            return self.action_open_altinn()
        return self._notification(
            self.env._(
                "Altinn says that the system user has these rights. When NAV still gives no "
                "access, check the organisation number of the system user."
            )
        )

    def _correlation_id(self):
        """The name of a change request: the same for as long as the same is asked for and nobody
        has answered, so that asking twice, or after a lost answer, is one request."""
        count = len(self.request_ids.filtered(lambda known: known.status != "new"))
        party = map(str, self._party().values())
        name = "|".join((str(self.id), *party, *sorted(self._rights_wanted()), str(count)))
        return str(uuid.uuid5(CHANGE_NAMESPACE, name))

    def _create_change(self, api_client, correlation_id, redirect=True):
        client = self.maskinporten_client_id
        return api_client.create_change_request(
            correlation_id,
            **self._party(),
            required_resources=client._altinn_resources(),
            required_packages=client._altinn_packages(),
            redirect_url=(client._redirect_url() or None) if redirect else None,
        )

    def _resolve_refused_change(self, api_client, correlation_id, error):
        """What there is at Altinn when it refused a change request.

        :return: the change request, also one that is answered; None when the system user is gone
        :raises UserError: when a person has to do something first
        """
        step = altinn.step_for(error)
        lost = error.uncertain and error.system == altinn.SYSTEM
        try:
            if lost or step in ("take_up_request", "not_new"):
                request = api_client.change_request(correlation_id)
                if request:
                    return request
            if step == "redirect":
                return self._create_change(api_client, correlation_id, redirect=False)
            if step == "system_user_gone":
                return None
        except ClientError as again:
            error = again
        return self._refuse_as_altinn(error)

    def action_withdraw_request(self):
        """Take back the request in Altinn; the connection is a draft again.

        :return: a notification when Altinn keeps the request, else True
        :raises UserError: when Altinn could not be asked just now
        """
        kept = False
        for connection in self:
            connection.check_access("write")
            kept = connection._delete_open_requests() or kept
            if connection.state in ("waiting", "rejected"):
                connection.write(
                    {
                        "state": "draft",
                        "guide_step": "approval",
                        "approved_at": False,
                        "next_check_at": False,
                        "last_error": False,
                    }
                )
                connection._stop_telling("approval")
        return self._notification(kept, kind="warning", sticky=True) if kept else True

    def _delete_open_requests(self):
        """Delete the open requests in Altinn, and let none of them keep the connection.

        :return: what to know when Altinn does not let Odoo delete one, else False
        :raises UserError: for what passes by itself: the same again later
        """
        kept = False
        for request in self.request_ids.sudo().filtered(lambda known: known.status == "new"):
            try:
                api_client = self._altinn()
                if request.kind == "change":
                    api_client.delete_change_request(request.altinn_id)
                else:
                    api_client.delete_request(request.altinn_id)
            except (ClientError, UserError) as error:
                words = self._error_words(error)
                if causes.passes(error):
                    raise UserError(words) from error
                kept = self.env._(
                    "The request could not be deleted in Altinn: %s An access manager can reject "
                    "it there; else it ends by itself after 180 days.",
                    words,
                )
            request.write({"status": "deleted", "next_ask_at": False})
        return kept

    def action_close(self):
        """End the connection: a waiting request is deleted in Altinn, nothing more is fetched, and
        the connection goes to the archive with its notes.

        The system user itself belongs to the organisation, which removes it in Altinn.
        """
        words = [
            self.env._(
                "Closed. Odoo fetches no more sick notes. If the organisation shall not use the "
                "system at all any more, its access manager removes the system user in Altinn."
            )
        ]
        for connection in self:
            connection.check_access("write")
            words.append(connection._delete_open_requests())
            connection.write(
                {
                    "state": "draft" if connection.state == "draft" else "paused",
                    "active": False,
                    "closed_on": fields.Datetime.now(),
                    "next_check_at": False,
                }
            )
            connection._stop_telling()
        return self._notification(" ".join(filter(None, words)), sticky=True)
