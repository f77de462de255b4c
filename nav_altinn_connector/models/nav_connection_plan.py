# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models
from odoo.exceptions import UserError

from ..clients.errors import ClientError, Unauthorised
from ..clients.followup_plan import SCOPE, FollowUpPlanClient, new_transport
from . import plain_words

# Seconds for one call, so that it ends before Odoo ends the worker that makes it.
TOTAL_TIME = 60


class NavConnection(models.Model):
    """NAV's follow-up plan API in the name of the connection's organisation.

    The token is the employer's own, when the employer owns the Maskinporten client, or one that
    the employer has delegated to the client's owner in Altinn. It is never a system user's: NAV
    would take the owner for the employer.
    """

    _inherit = "nav.connection"

    def _plan_consumer(self):
        """The organisation number that has delegated the access, or None for the employer's own
        client. A sub-unit's main unit is the same employer: it delegates nothing to itself, and
        NAV looks for the employment at either of the two.
        """
        self.ensure_one()
        owner = self.maskinporten_client_id.owner_org_number
        return None if owner in (self.org_number, self.org_parent_number) else self.org_number

    def _followup_plan_client(self):
        """NAV's follow-up plan API.

        :raises UserError: when the client is not completely set up, or must not speak
        :raises InsecureAddress: for an address that must not be called
        """
        self.ensure_one()
        client = self._calling_client()
        maskinporten = client._maskinporten_client()
        address = client._address("followup_plan")
        return FollowUpPlanClient(
            address,
            lambda: maskinporten.token(SCOPE, consumer_org=self._plan_consumer()).value,
            transport=new_transport(address, total_time=TOTAL_TIME, observer=client._observer()),
        )

    def _forget_plan_token(self):
        """Ask Maskinporten for a new token next time: NAV did not accept this one."""
        maskinporten = self.maskinporten_client_id._maskinporten_client()
        maskinporten.invalidate(SCOPE, consumer_org=self._plan_consumer())

    def action_verify_followup(self):
        """Ask NAV whether follow-up plans can be sent in the name of this organisation. Nothing
        is sent."""
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        try:
            connection._followup_plan_client().verify_integration()
        except UserError as error:
            return self._notification(error.args[0], kind="danger", sticky=True)
        except ClientError as error:
            if isinstance(error, Unauthorised):
                connection._forget_plan_token()
            words = plain_words.client_error(self.env, error, scope=SCOPE)
            return self._notification(words, kind="danger", sticky=True)
        return self._notification(
            self.env._(
                "NAV accepts the access to follow-up plans. Whether a plan is accepted depends on "
                "the employee, too: NAV looks for the employment and an active sick note."
            ),
            kind="success",
        )
