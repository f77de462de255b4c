"""Whether a JWT grant is good: the checks that Maskinporten makes before it gives a token.

The order is: form, client, key, signature, audience, time, reuse, scope, delegation, system user.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .identity_numbers import is_org_number
from .registrations import Client, SystemUser
from .state import SandboxState

ALGORITHMS = ("RS256", "RS384", "RS512")
MAX_LIFETIME = 120
SYSTEM_USER_TYPE = "urn:altinn:systemuser"
AUTHORITY = "iso6523-actorid-upis"
_ORG_ID = re.compile(r"0192:(\d{9})")


class _Registry(jws.JWSRegistry):
    """The library's limits, with room for a chain of certificates in the header."""

    max_header_length = 64 * 1024


class GrantRefused(Exception):
    """A grant that gets no token.

    :param code: Maskinporten's own code (`MP-…`), or None where it gives none
    :param error: the OAuth error
    :param text: what is wrong, in words
    """

    def __init__(self, code: str | None, text: str, error: str = "invalid_grant"):
        super().__init__(code)
        self.code = code
        self.text = text
        self.error = error


@dataclass
class Grant:
    """A grant that is good: what the token shall hold."""

    client: Client
    scopes: list[str]
    by_certificate: bool
    consumer_orgnr: str | None = None
    system_user: SystemUser | None = None
    resource: list[str] | None = None


def verify_grant(assertion: str, state: SandboxState, issuer: str) -> Grant:
    """Return what a grant asks for, once it has passed all checks.

    :param assertion: the JWT as it was sent
    :param issuer: this Maskinporten's own issuer, which `aud` must equal
    :raises GrantRefused: with Maskinporten's code for the first check that fails
    """
    header, claims = _unpack(assertion)
    client = _client(claims, state)
    by_certificate = "x5c" in header
    key = _certificate_key(header["x5c"], client, state) if by_certificate else None
    _verify_signature(assertion, header, key or _registered_key(header["kid"], client, state))
    _check_audience(claims, issuer)
    _check_time(claims, state)
    _use_once(claims, client, state)
    grant = Grant(client, _scopes(claims, client), by_certificate)
    grant.resource = _resource(claims)
    if "authorization_details" in claims and "consumer_org" in claims:
        raise GrantRefused("MP-011", "consumer_org and authorization_details exclude each other")
    if "consumer_org" in claims:
        grant.consumer_orgnr = _consumer(claims["consumer_org"], grant, state)
    if "authorization_details" in claims:
        grant.system_user = _system_user(claims["authorization_details"], client, state)
    return grant


def _malformed(text: str) -> GrantRefused:
    return GrantRefused("MP-011", text)


def _json_part(part: str, name: str) -> dict:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error) as error:
        raise _malformed(f"the {name} of the assertion cannot be read") from error
    if not isinstance(value, dict):
        raise _malformed(f"the {name} of the assertion is not an object")
    return value


def _unpack(assertion: str) -> tuple[dict, dict]:
    """Return header and claims, unverified, of an assertion that has the right form."""
    parts = assertion.split(".") if isinstance(assertion, str) else []
    if len(parts) != 3:
        raise _malformed("the assertion is not a signed JWT")
    header, claims = _json_part(parts[0], "header"), _json_part(parts[1], "payload")
    if header.get("alg") not in ALGORITHMS:
        raise _malformed(f"the algorithm must be one of {', '.join(ALGORITHMS)}")
    if ("kid" in header) == ("x5c" in header):
        raise _malformed("the header must have either kid or x5c")
    for name in ("iss", "aud", "iat", "exp"):
        if name not in claims:
            raise _malformed(f"the claim {name} is missing")
    for name in ("iat", "exp"):
        if isinstance(claims[name], bool) or not isinstance(claims[name], int | float):
            raise _malformed(f"the claim {name} is not a time")
    if "consumer_org" in claims and "iss_onbehalfof" in claims:
        raise _malformed("consumer_org and iss_onbehalfof exclude each other")
    return header, claims


def _client(claims, state: SandboxState) -> Client:
    client = state.clients.get(claims["iss"]) if isinstance(claims["iss"], str) else None
    if client is None:
        raise GrantRefused("MP-100", "the client is not known here; is it another environment's?")
    return client


def _registered_key(kid, client: Client, state: SandboxState) -> RSAKey:
    stored = client.keys.get(kid) if isinstance(kid, str) else None
    if stored is None:
        raise GrantRefused("MP-124", "no key with this kid is registered on the client")
    if stored["expires_at"] <= state.clock.now():
        raise GrantRefused("MP-121", "the key has expired; register a new one")
    return RSAKey.import_key(stored["jwk"])


def _read_chain(x5c) -> list[x509.Certificate]:
    try:
        if not isinstance(x5c, list) or not x5c:
            raise ValueError("empty")
        chain = [x509.load_der_x509_certificate(base64.b64decode(item)) for item in x5c]
        for lower, upper in zip(chain, chain[1:], strict=False):
            lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise GrantRefused("MP-123", "x5c is not a chain of certificates") from error
    return chain


def _certificate_org(certificate: x509.Certificate) -> str | None:
    """Return the organisation number of an enterprise certificate's subject, or None."""
    for oid in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            found = re.search(r"(?<!\d)\d{9}(?!\d)", str(attribute.value))
            if found:
                return found.group()
    return None


def _certificate_key(x5c, client: Client, state: SandboxState) -> RSAKey:
    chain = _read_chain(x5c)
    if not any(item.fingerprint(SHA256()).hex() in state.certificates for item in chain):
        raise GrantRefused("MP-120", "the certificate is not one that this environment accepts")
    leaf = chain[0]
    now = datetime.fromtimestamp(state.clock.now(), timezone.utc)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise GrantRefused("MP-121", "the certificate has expired")
    if _certificate_org(leaf) != client.owner_orgnr:
        raise GrantRefused("MP-122", "the certificate belongs to another organisation")
    pem = leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        return RSAKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise GrantRefused("MP-123", "the certificate's key is not an RSA key") from error


def _verify_signature(assertion: str, header: dict, key: RSAKey):
    try:
        registry = _Registry(algorithms=[header["alg"]], strict_check_header=False)
        jws.deserialize_compact(assertion.encode(), key, registry=registry)
    except (JoseError, ValueError) as error:
        raise GrantRefused("MP-124", "the signature does not fit the key") from error


def _check_audience(claims, issuer: str):
    audience = claims["aud"]
    if audience != issuer and audience != [issuer]:
        raise GrantRefused("MP-110", "the claim aud is not this Maskinporten's issuer")


def _check_time(claims, state: SandboxState):
    now, tolerance = state.clock.now(), state.options.clock_tolerance
    if claims["exp"] <= now:
        raise GrantRefused("MP-130", "the assertion has expired")
    if abs(claims["iat"] - now) > tolerance:
        raise GrantRefused("MP-130", f"iat is more than {tolerance} seconds off this clock")
    if not 0 < claims["exp"] - claims["iat"] <= MAX_LIFETIME:
        raise GrantRefused("MP-130", f"exp is more than {MAX_LIFETIME} seconds after iat")


def _use_once(claims, client: Client, state: SandboxState):
    """Refuse a `jti` that was used, remembering it for as long as the assertion could be."""
    now = state.clock.now()
    used = state.used_assertions
    for known in [known for known, expires in used.items() if expires <= now]:
        del used[known]
    if "jti" not in claims:
        return
    if not isinstance(claims["jti"], str) or not claims["jti"]:
        raise _malformed("the claim jti is not a text")
    mark = (client.client_id, claims["jti"])
    if mark in used:
        raise GrantRefused("MP-012", "the assertion was used before; jti must be new each time")
    used[mark] = claims["exp"]


def _scopes(claims, client: Client) -> list[str]:
    text = claims.get("scope")
    scopes = text.split() if isinstance(text, str) else []
    if not scopes:
        raise _malformed("the claim scope is missing")
    missing = [scope for scope in scopes if scope not in client.scopes]
    if missing:
        raise GrantRefused("MP-200", f"the client has no {', '.join(missing)}", "invalid_scope")
    return scopes


def _resource(claims) -> list[str] | None:
    resource = claims.get("resource")
    if resource is None:
        return None
    resource = [resource] if isinstance(resource, str) else resource
    if not isinstance(resource, list) or not all(isinstance(item, str) for item in resource):
        raise _malformed("the claim resource is not a list of texts")
    return resource


def _consumer(orgnr, grant: Grant, state: SandboxState) -> str:
    if not is_org_number(orgnr):
        raise _malformed("consumer_org is not an organisation number")
    owner = grant.client.owner_orgnr
    if orgnr == owner:
        raise GrantRefused(
            None, "consumer_org is the client's own organisation: leave it out", "invalid_request"
        )
    for scope in grant.scopes:
        if (orgnr, owner, scope) not in state.delegations:
            raise GrantRefused("MP-251", f"{orgnr} has not delegated {scope} to {owner}")
    return orgnr


def _system_user(details, client: Client, state: SandboxState) -> SystemUser:
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
        raise GrantRefused("MP-301", "authorization_details must hold one object")
    detail = details[0]
    if detail.get("type") != SYSTEM_USER_TYPE:
        raise GrantRefused("MP-302", f"the type must be {SYSTEM_USER_TYPE}")
    org = detail.get("systemuser_org")
    identity = org.get("ID") if isinstance(org, dict) else None
    found = _ORG_ID.fullmatch(identity) if isinstance(identity, str) else None
    reference = detail.get("externalRef")
    if not found or org.get("authority") != AUTHORITY:
        raise GrantRefused("MP-301", "systemuser_org is not of the form 0192:organisation number")
    if reference is not None and not isinstance(reference, str):
        raise GrantRefused("MP-301", "externalRef is not a text")
    system = state.system_of_client(client.client_id)
    if system is not None:
        user = state.find_system_user(system.system_id, found.group(1), reference)
        if user is not None and state.works_at_maskinporten(user):
            return user
    raise GrantRefused(
        "MP-303",
        "no approved system user for this client, organisation and externalRef",
        "invalid_altinn_customer_configuration",
    )
