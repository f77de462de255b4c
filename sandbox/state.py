"""What the sandbox knows: clients, rights, organisations, notes, options and its clock."""

import threading
import time
import uuid
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from .identity_numbers import is_org_number
from .note_store import NoteStore
from .organisations import Organisations

SYKEPENGER_SCOPE = "nav:helseytelser/sykepenger"
SICK_NOTE_RESOURCE = "nav_sykepenger_sykmelding"
KEY_LIFETIME = 365 * 24 * 3600
MIN_KEY_BITS = 2048


@dataclass
class Options:
    """Switches for what the published facts leave open, and for tests.

    :param token_lifetime: seconds that an access token lives
    :param clock_tolerance: seconds that `iat` may differ from the clock
    :param include_nulls: whether a note's empty fields are sent as null or left out
    :param date_field: the field that `fom` and `tom` of the filter look at; the API's description
        says when NAV received the note (`mottattAvNav`), the other is `sendtTilArbeidsgiver`
    :param deleted_units: how Enhetsregisteret answers for a deleted unit: `slettedato` (200 with
        that date) or `gone` (410)
    :param page_limit: most notes in one answer
    """

    token_lifetime: int = 599
    clock_tolerance: int = 10
    include_nulls: bool = True
    date_field: str = "mottattAvNav"
    deleted_units: str = "slettedato"
    page_limit: int = 1000

    def update(self, values: dict):
        """Set options by name.

        :raises ValueError: an unknown name or value
        """
        choices = {
            "date_field": ("mottattAvNav", "sendtTilArbeidsgiver"),
            "deleted_units": ("slettedato", "gone"),
        }
        known = {item.name: item.type for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown option: {name}")
            if type(value) is not type(getattr(self, name)):
                raise ValueError(f"{name} is a {known[name].__name__}")
            if name in choices and value not in choices[name]:
                raise ValueError(f"{name} is one of {', '.join(choices[name])}")
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Clock:
    """The time of the sandbox: the machine's, shifted by `offset` seconds.

    `today` is the day around which the population was made, not moved by `offset`.
    """

    today: date
    offset: float = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self.offset

    def shift(self, seconds: float):
        """Move the clock on by `seconds` (back when negative)."""
        self.offset += seconds

    def local(self) -> datetime:
        """Return local time of day on `today`, without zone."""
        moment = datetime.fromtimestamp(self.now())
        return datetime.combine(self.today, moment.time())


@dataclass
class Client:
    """A Maskinporten client. `keys` maps a kid to the public JWK and when it expires."""

    client_id: str
    owner_orgnr: str
    scopes: list[str]
    keys: dict[str, dict] = field(default_factory=dict)


@dataclass
class System:
    """A system in Altinn's system register, and the clients that may act for it."""

    system_id: str
    owner_orgnr: str
    client_ids: list[str] = field(default_factory=list)


@dataclass
class SystemUser:
    """An approved system user of an organisation.

    :param units: `"all"` for the organisation and all below it, or a list of sub-units
    :param external_ref: the vendor's reference, None when it is the organisation number
    """

    id: str
    system_id: str
    orgnr: str
    external_ref: str | None = None
    units: str | list[str] = "all"
    resources: list[str] = field(default_factory=lambda: [SICK_NOTE_RESOURCE])
    revoked: bool = False


class SandboxState:
    """Everything that is remembered. `lock` is held around each change and each answer."""

    def __init__(self, today: date | None = None):
        self.lock = threading.RLock()
        self.clock = Clock(today or date.today())
        self.options = Options()
        self.organisations = Organisations()
        self.notes = NoteStore()
        self.employees: list[dict] = []
        self.clients: dict[str, Client] = {}
        self.systems: dict[str, System] = {}
        self.system_users: dict[str, SystemUser] = {}
        self.delegations: set[tuple[str, str, str]] = set()
        self.certificates: dict[str, x509.Certificate] = {}
        self.signing_key = RSAKey.generate_key(2048, {"kid": str(uuid.uuid4()), "use": "sig"})
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

    def register_system(self, system_id, owner_orgnr, client_ids) -> System:
        """Store a system, adding the clients when it exists already."""
        with self.lock:
            system = self.systems.setdefault(system_id, System(system_id, owner_orgnr))
            system.client_ids += [name for name in client_ids if name not in system.client_ids]
            self.changed()
            return system

    def register_system_user(
        self, system_id, orgnr, *, external_ref=None, units="all", resources=None
    ) -> SystemUser:
        """Store an approved system user; the same system, organisation and reference is replaced.

        :param units: `"all"`, or the sub-units for which it has the rights
        :raises ValueError: unknown system, organisation or units
        """
        with self.lock:
            if system_id not in self.systems:
                raise ValueError(f"unknown system: {system_id}")
            if not is_org_number(orgnr):
                raise ValueError(f"not an organisation number: {orgnr}")
            if units != "all" and not (
                isinstance(units, list) and all(is_org_number(unit) for unit in units)
            ):
                raise ValueError('units is "all" or a list of organisation numbers')
            found = self.find_system_user(system_id, orgnr, external_ref, any_state=True)
            user = found or SystemUser(str(uuid.uuid4()), system_id, orgnr, external_ref)
            user.units, user.revoked = units, False
            user.resources = list(resources) if resources else [SICK_NOTE_RESOURCE]
            self.system_users[user.id] = user
            self.changed()
            return user

    def find_system_user(self, system_id, orgnr, external_ref, *, any_state=False):
        """Return the system user for this system, organisation and reference, or None.

        A reference equal to the organisation number is the same as none.
        """
        for user in self.system_users.values():
            if (
                (user.system_id, user.orgnr) == (system_id, orgnr)
                and (user.external_ref or orgnr) == (external_ref or orgnr)
                and (any_state or not user.revoked)
            ):
                return user
        return None

    def revoke_system_user(self, user_id: str):
        """Withdraw a system user's rights. Its tokens live on, without access.

        :raises KeyError: it is unknown
        """
        with self.lock:
            self.system_users[user_id].revoked = True
            self.changed()

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
        if user is None or user.revoked or resource not in user.resources:
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
