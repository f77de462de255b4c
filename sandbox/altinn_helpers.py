"""What a test does in place of people: register clients, answer requests, take rights away."""

from .altinn_page import UI
from .altinn_state import DENIED, TIMED_OUT, SystemUserRequest
from .errors import ServiceError


def _said(refusal: ServiceError) -> ValueError:
    return ValueError(f"{refusal.body['code']}: {refusal.body['detail']}")


class AltinnHelpers:
    """The part of :class:`core.Sandbox` that concerns clients, Altinn's requests and rights."""

    def overview_url(self, orgnr: str) -> str:
        """Return the page with an organisation's system users."""
        return f"{self.altinn_url}{UI}/overview?org={orgnr}"

    # -- at Digdir -------------------------------------------------------------------------

    def register_client(self, client_id, owner, jwks=(), scopes=None):
        """Register a Maskinporten client, or further keys of one; others stay.

        :param jwks: a public key as JWK (with kid), or a list of them
        :param scopes: a new client gets all that there are; None leaves a known one's alone
        :return: the client
        :raises ValueError: a key or number that is not good, or another organisation's client
        """
        keys = [jwks] if isinstance(jwks, dict) else list(jwks)
        return self.state.add_keys(client_id, owner, keys, scopes)

    def remove_key(self, client_id: str, kid: str):
        """Remove a client's key.

        :raises KeyError: it is not registered
        """
        self.state.remove_key(client_id, kid)

    def delegate(self, consumer: str, supplier: str, scope: str):
        """Delegate a scope from a consumer to a supplier, as a person does in Altinn."""
        self.state.delegate(consumer, supplier, scope)

    def undelegate(self, consumer: str, supplier: str, scope: str):
        """Take a delegation back."""
        with self.state.lock:
            self.state.delegations.discard((consumer, supplier, scope))
            self.state.changed()

    # -- requests --------------------------------------------------------------------------

    def requests_at_altinn(self, orgnr: str | None = None) -> list[SystemUserRequest]:
        """Return the requests (of an organisation), change requests too, oldest first.

        Their `status` is the one of now.
        """
        with self.state.lock:
            found = self.state.altinn.of(orgnr=orgnr)
            return [SystemUserRequest(**{**vars(r), "status": self._status(r)}) for r in found]

    def approve(self, request_id: str, person: str = "access_manager", units="all"):
        """Approve a request or change request and return the system user.

        :param person: a key of `altinn_state.PERSONS`
        :param units: the sub-units on which a new system user gets the rights
        :raises KeyError: no such request
        :raises ValueError: Altinn refuses, with its code
        """
        return self._act("approve", request_id, person, units)

    def reject(self, request_id: str, person: str = "access_manager"):
        """Reject a request; raises as :meth:`approve`."""
        self._act("reject", request_id, person)

    def escalate(self, request_id: str, person: str = "employee"):
        """Leave a request to the access managers; raises as :meth:`approve`."""
        self._act("escalate", request_id, person)

    def deny(self, request_id: str):
        """Set a request to Denied; raises as :meth:`approve`."""
        self._act("set_status", request_id, DENIED)

    def time_out(self, request_id: str):
        """Let a request be too old; raises as :meth:`approve`."""
        self._act("set_status", request_id, TIMED_OUT)

    def _act(self, action: str, request_id: str, *arguments):
        with self.state.lock:
            altinn = self.state.altinn
            try:
                return getattr(altinn, action)(altinn.all[request_id], *arguments)
            except ServiceError as refusal:
                raise _said(refusal) from refusal

    def _status(self, request: SystemUserRequest) -> str:
        return self.state.altinn.status(request)

    # -- system users ----------------------------------------------------------------------

    def system_users(self, orgnr: str | None = None) -> list:
        """Return the system users (of an organisation) that have not been removed."""
        with self.state.lock:
            users = self.state.system_users.values()
            return [user for user in users if not user.revoked and orgnr in (None, user.orgnr)]

    def revoke(self, orgnr: str, system_id: str | None = None) -> int:
        """Remove an organisation's system users (of a system) in Altinn; return how many."""
        with self.state.lock:
            users = [u for u in self.system_users(orgnr) if system_id in (None, u.system_id)]
            for user in users:
                self.state.revoke_system_user(user.id)
            return len(users)

    def set_rights(self, orgnr: str, *, units=None, resources=None):
        """Change on what an organisation's system users have rights, without removing them.

        :param units: `"all"` or a list of sub-units
        :param resources: the resources that they have from now on, without delay
        :raises ValueError: units that are none
        """
        with self.state.lock:
            for user in self.system_users(orgnr):
                if units is not None:
                    self.state.set_units(user, units)
                if resources is not None:
                    user.resources = list(resources)
            self.state.changed()
