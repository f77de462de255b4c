"""What the sandbox knows: clients, rights, organisations and notes."""

import functools
import threading
import uuid
from dataclasses import asdict
from datetime import date, datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from .altinn_state import ALTINN_SCOPES, AltinnRequests
from .followup_plan_state import Plans
from .identity_numbers import is_org_number
from .note_store import NoteStore
from .options import Clock, Options, today_in_norway
from .organisations import Organisations
from .registrations import SICK_NOTE_RESOURCE, Client, System, SystemUser

SYKEPENGER_SCOPE = "nav:helseytelser/sykepenger"
FOLLOWUP_SCOPE = "nav:oppfolgingsplan/lps.write"
ALL_SCOPES = (SYKEPENGER_SCOPE, FOLLOWUP_SCOPE, *ALTINN_SCOPES)
KEY_LIFETIME = 365 * 24 * 3600
MIN_KEY_BITS = 2048


@functools.cache
def _private_key() -> rsa.RSAPrivateKey:
    """Return this process's key: making one takes longer than all the rest of a sandbox."""
    return rsa.generate_private_key(65537, MIN_KEY_BITS)


def _new_signing_key() -> RSAKey:
    """Return a key with a name of its own, without which a token is not taken for genuine."""
    key = _private_key()
    return RSAKey(key, key, {"kid": str(uuid.uuid4()), "use": "sig"})


class SandboxState:
    """Everything that is remembered. `lock` is held around each change and each answer."""

    def __init__(self, today: date | None = None):
        self.lock = threading.RLock()
        self.clock = Clock(today or today_in_norway())
        self.options = Options()
        self.organisations = Organisations()
        self.notes = NoteStore()
        self.employees: list[dict] = []
        self.clients: dict[str, Client] = {}
        self.systems: dict[str, System] = {}
        self.system_users: dict[str, SystemUser] = {}
        self.altinn = AltinnRequests(self)
        self.plans = Plans()
        self.delegations: set[tuple[str, str, str]] = set()
        self.certificates: dict[str, x509.Certificate] = {}
        self.signing_key = _new_signing_key()
        self.used_assertions: dict[tuple[str, str], float] = {}
        self._tokens: dict[str, int] = {}
        self._first_valid_token = 0
        self.changes = 0

    def changed(self):
        """Note that something which is kept over a restart has changed."""
        self.changes += 1

    def register_client(self, client_id, owner_orgnr, scopes, keys) -> Client:
        """Store or replace a Maskinporten client.

        :param keys: public RSA keys as JWK, each with a `kid`; `expires_at` (seconds since the
            epoch) beside the JWK's own members says when the key expires, by default in a year
        :raises ValueError: a private key, a weak key, no kid, or a wrong organisation number
        """
        if not is_org_number(owner_orgnr):
            raise ValueError(f"not an organisation number: {owner_orgnr}")
        if not client_id or not isinstance(client_id, str):
            raise ValueError("client_id is missing")
        with self.lock:
            stored = {}
            for jwk in keys:
                expires = jwk.get("expires_at", self.clock.now() + KEY_LIFETIME)
                jwk = {name: value for name, value in jwk.items() if name != "expires_at"}
                stored[self._check_jwk(jwk)] = {"jwk": jwk, "expires_at": expires}
            client = Client(client_id, owner_orgnr, list(scopes), stored)
            self.clients[client_id] = client
            self.changed()
            return client

    @staticmethod
    def _check_jwk(jwk: dict) -> str:
        if "d" in jwk:
            raise ValueError("this is a private key; register the public one")
        if not jwk.get("kid"):
            raise ValueError("the key has no kid")
        try:
            key = RSAKey.import_key(jwk)
        except Exception as error:
            raise ValueError(f"not an RSA key: {type(error).__name__}") from error
        if key.public_key.key_size < MIN_KEY_BITS:
            raise ValueError(f"the key has fewer than {MIN_KEY_BITS} bits")
        return jwk["kid"]

    def trust_certificate(self, pem: str | bytes):
        """Trust an enterprise certificate, or one that issues them (PEM).

        :raises ValueError: it cannot be read
        """
        certificate = x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)
        with self.lock:
            self.certificates[certificate.fingerprint(SHA256()).hex()] = certificate
            self.changed()

    def register_system(
        self, system_id, owner_orgnr, client_ids, *, resources=(), redirect_urls=()
    ) -> System:
        """Store a system, adding to it when it exists already.

        :raises ValueError: a client belongs to another system
        """
        with self.lock:
            for client_id in client_ids:
                holder = self.system_of_client(client_id)
                if holder is not None and holder.system_id != system_id:
                    raise ValueError(f"{client_id} belongs to the system {holder.system_id}")
            if system_id not in self.systems:
                name = dict.fromkeys(("nb", "nn", "en"), system_id)
                self.systems[system_id] = System(
                    system_id, owner_orgnr, name=name, description=dict(name)
                )
            system = self.systems[system_id]
            for kept, added in (
                (system.client_ids, client_ids),
                (system.resources, resources),
                (system.redirect_urls, redirect_urls),
            ):
                kept += [item for item in added if item not in kept]
            self.changed()
            return system

    def system_of_client(self, client_id: str) -> System | None:
        """Return the system that a client belongs to, or None; a deleted one holds no clients."""
        for system in self.systems.values():
            if client_id in system.client_ids and not system.deleted:
                return system
        return None

    def register_system_user(
        self, system_id, orgnr, *, external_ref=None, units="all", resources=None
    ) -> SystemUser:
        """Store an approved system user; the same system, organisation and reference is replaced.

        :param units: `"all"`, or the sub-units for which it has the rights
        :raises ValueError: unknown system, organisation or units
        """
        with self.lock:
            found = self.find_system_user(system_id, orgnr, external_ref, any_state=True)
            user = found or self.new_system_user(system_id, orgnr, external_ref, units)
            self.set_units(user, units)
            user.revoked = False
            user.resources = list(resources) if resources else [SICK_NOTE_RESOURCE]
            user.packages, user.since, user.approved_at = [], {}, None
            self.changed()
            return user

    def new_system_user(self, system_id, orgnr, external_ref=None, units="all") -> SystemUser:
        """Store and return a fresh system user.

        :raises ValueError: unknown system, organisation or units
        """
        with self.lock:
            if system_id not in self.systems:
                raise ValueError(f"unknown system: {system_id}")
            if not is_org_number(orgnr):
                raise ValueError(f"not an organisation number: {orgnr}")
            user = SystemUser(str(uuid.uuid4()), system_id, orgnr, external_ref)
            self.set_units(user, units)
            user.title = self.systems[system_id].name.get("nb", system_id)
            user.created = self.clock.now()
            self.system_users[user.id] = user
            self.changed()
            return user

    @staticmethod
    def set_units(user: SystemUser, units):
        """Say on which units a system user has its rights.

        :raises ValueError: it is neither `"all"` nor a list of organisation numbers
        """
        if units != "all" and not (
            isinstance(units, list) and all(is_org_number(unit) for unit in units)
        ):
            raise ValueError('units is "all" or a list of organisation numbers')
        user.units = units

    def find_system_user(self, system_id, orgnr, external_ref, *, any_state=False):
        """Return the system user for this system, organisation and reference, or None.

        A reference equal to the organisation number is the same as none.

        :param any_state: when there is none, take the last one that was removed
        """
        removed = None
        for user in self.system_users.values():
            if (user.system_id, user.orgnr) == (system_id, orgnr) and (
                user.external_ref or orgnr
            ) == (external_ref or orgnr):
                if not user.revoked:
                    return user
                removed = user
        return removed if any_state else None

    def revoke_system_user(self, user_id: str):
        """Remove a system user, and the request it came from, as Altinn does.

        Its tokens live on, without access.

        :raises KeyError: it is unknown
        """
        with self.lock:
            user = self.system_users[user_id]
            user.revoked = True
            self.altinn.forget_request_of(user)
            self.changed()

    def works_at_maskinporten(self, user: SystemUser) -> bool:
        """Tell whether Maskinporten knows of an approved system user yet."""
        delay = self.options.rights_delay_maskinporten
        return user.approved_at is None or self.clock.now() >= user.approved_at + delay

    def delegate(self, consumer_orgnr: str, supplier_orgnr: str, scope: str):
        """Let a supplier ask tokens with `scope` for a consumer (API delegation)."""
        for orgnr in (consumer_orgnr, supplier_orgnr):
            if not is_org_number(orgnr):
                raise ValueError(f"not an organisation number: {orgnr}")
        with self.lock:
            self.delegations.add((consumer_orgnr, supplier_orgnr, scope))
            self.changed()

    def may_read(self, user_id: str, resource: str, orgnr: str) -> bool:
        """Tell whether a system user has `resource` on a unit."""
        user = self.system_users.get(user_id)
        if user is None or user.revoked:
            return False
        if not user.may_use(resource, self.clock.now(), self.options.rights_delay_nav):
            return False
        if user.units == "all":
            return self.organisations.is_within(orgnr, user.orgnr)
        return orgnr in user.units

    def remember_token(self, token_id: str):
        """Count an access token, so that :meth:`expire_tokens` can end it."""
        self._tokens[token_id] = len(self._tokens)

    def is_token_ended(self, token_id: str) -> bool:
        """Tell whether :meth:`expire_tokens` has ended this token."""
        number = self._tokens.get(token_id)
        return number is not None and number < self._first_valid_token

    def expire_tokens(self):
        """End all access tokens given out so far, before their time."""
        with self.lock:
            self._first_valid_token = len(self._tokens)

    def add_keys(self, client_id, owner_orgnr, keys, scopes=None) -> Client:
        """Register a client, or further keys of one that is registered.

        :param keys: see :meth:`register_client`; a kid that is registered is replaced
        :param scopes: None leaves a registered client's as they are, and gives a new one all
        :raises ValueError: see :meth:`register_client`, or the client is another organisation's
        """
        with self.lock:
            known = self.clients.get(client_id)
            if known is not None and known.owner_orgnr != owner_orgnr:
                raise ValueError(f"the client belongs to {known.owner_orgnr}")
            if scopes is None:
                scopes = known.scopes if known else ALL_SCOPES
            before = dict(known.keys) if known else {}
            client = self.register_client(client_id, owner_orgnr, scopes, keys)
            client.keys = {**before, **client.keys}
            return client

    def remove_key(self, client_id: str, kid: str):
        """Remove a client's key.

        :raises KeyError: it is not registered
        """
        with self.lock:
            del self.clients[client_id].keys[kid]
            self.changed()

    def describe_client(self, client: Client) -> dict:
        """Return a client as JSON, its keys by kid and expiry only."""
        keys = [
            {
                "kid": kid,
                "expires_at": datetime.fromtimestamp(key["expires_at"], timezone.utc).isoformat(),
            }
            for kid, key in client.keys.items()
        ]
        return {**asdict(client), "keys": keys}
