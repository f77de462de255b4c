"""Maskinporten: access tokens by JWT grant (RFC 7523), plain, delegated or for a system user.

The rules of the grant are Digdir's (docs.digdir.no, Maskinporten, "Token endpoint"): RS256;
exactly one of ``kid`` and ``x5c``; ``exp`` at most 120 seconds after ``iat``; a ``jti`` that is
used once.
"""

import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import jwt

from .errors import ClientError, Rejected
from .keys import (
    InvalidKey,
    generate_private_key,
    import_private_key,
    key_thumbprint,
    load_pkcs12,
    load_private_key,
    public_jwk,
    public_pem,
    thumbprint,
    x5c,
)
from .token_cache import TOKENS, TokenCache
from .transport import ErrorDetails, Transport

__all__ = [
    "SYSTEM",
    "InvalidKey",
    "MaskinportenClient",
    "MaskinportenError",
    "Token",
    "TokenCache",
    "TOKENS",
    "generate_private_key",
    "import_private_key",
    "load_pkcs12",
    "load_private_key",
    "new_transport",
    "public_jwk",
    "public_pem",
    "read_error",
    "thumbprint",
]

SYSTEM = "maskinporten"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SYSTEM_USER = "urn:altinn:systemuser"
# Maskinporten allows 120 seconds. Somewhat less, so that rounding cannot exceed it; the time
# that both clocks may differ is not ours to choose (iat within 10 seconds).
ASSERTION_LIFETIME = 110

_MP_CODE = re.compile(r"\bMP-\d{2,4}\b")
_TRACE_ID = re.compile(r"trace_?id:?\s*([A-Za-z0-9-]{4,64})", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_ORG_NUMBER = re.compile(r"[0-9]{9}")


class MaskinportenError(Rejected):
    """Maskinporten refused the grant (400, 401 or 403).

    ``code`` is Maskinporten's own ('MP-303') when it gave one, else None; ``reference`` its trace
    id; ``error`` the OAuth error ('invalid_grant', …).
    """

    kind = "token_refused"

    @property
    def error(self):
        """The OAuth error code, or None."""
        value = self.data.get("error") if isinstance(self.data, dict) else None
        return value if isinstance(value, str) else None

    @property
    def description(self):
        """Maskinporten's explanation, for the administrator who tests the client; shortened, and
        without what looks like a token or an identity number. '' when there is none."""
        value = self.data.get("error_description") if isinstance(self.data, dict) else None
        if not isinstance(value, str):
            return ""
        value = re.sub(r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]*", "[…]", value)
        return re.sub(r"(?<!\d)\d{11}(?!\d)", "[…]", value)[:500]


@dataclass(frozen=True)
class Token:
    """An access token. ``expires_at`` is in UTC; the value is not shown by ``repr``."""

    value: str = field(repr=False)
    expires_at: datetime
    scope: str

    def __str__(self):
        return repr(self)


def read_error(status, _headers, data):
    """Read code and reference from Maskinporten's OAuth error (see :class:`ErrorDetails`)."""
    if not isinstance(data, dict):
        return ErrorDetails()
    description = data.get("error_description")
    description = description if isinstance(description, str) else ""
    code, trace = _MP_CODE.search(description), _TRACE_ID.search(description)
    refused = status in (400, 401, 403) and isinstance(data.get("error"), str)
    return ErrorDetails(
        code=code and code.group(),
        reference=trace and trace.group(1),
        error_class=MaskinportenError if refused else None,
    )


def new_transport(issuer, token_url=None, **options):
    """A transport for :class:`MaskinportenClient`; ``options`` as of :class:`Transport`."""
    base = (token_url or issuer.rstrip("/") + "/token").rpartition("/")[0]
    return Transport(SYSTEM, base, read_error=read_error, **options)


class MaskinportenClient:
    """Gets tokens for one Maskinporten client.

    :param str issuer: Maskinporten's issuer, for example ``https://test.maskinporten.no/``
    :param str client_id: the client's id at Maskinporten
    :param private_key_pem: its private key (:func:`load_private_key`)
    :param kid: the key's id as registered; the key's thumbprint when not given
    :param certificate_chain: PEM texts of the enterprise certificate and its issuers; then the
        grant carries ``x5c`` and no ``kid``
    :param own_org: the organisation number of the client's owner, which needs no delegation
    :param token_url: by default ``token`` below the issuer
    :param transport: a :class:`Transport` (:func:`new_transport`) whose base address is
        ``token_url`` without its last step; by default such a one
    :param cache: a :class:`TokenCache`; by default the one of this process
    :param clock: gives the time as seconds since 1970
    :raise InvalidKey: the key or the certificate cannot be used
    :raise InsecureAddress: the token address is not https
    """

    def __init__(
        self,
        issuer,
        client_id,
        private_key_pem,
        kid=None,
        certificate_chain=None,
        transport=None,
        token_url=None,
        *,
        own_org=None,
        cache=TOKENS,
        clock=time.time,
    ):
        self.issuer = issuer.rstrip("/") + "/"
        self.client_id = client_id
        self._key = load_private_key(private_key_pem, checked=True)
        self._thumbprint = key_thumbprint(self._key)
        if certificate_chain:
            self._header = {"x5c": x5c(certificate_chain, self._key)}
        else:
            self._header = {"kid": kid or self._thumbprint}
        self._path = "/" + (token_url or self.issuer + "token").rpartition("/")[2]
        self._transport = transport or new_transport(self.issuer, token_url)
        if self._transport.read_error is None:
            self._transport.read_error = read_error
        self._own_org = own_org
        self._cache = cache
        self._clock = clock

    def token(
        self, scope, *, systemuser_org=None, external_ref=None, consumer_org=None, fresh=False
    ):
        """Get a token, from the cache when it is good for another half minute.

        :param str scope: exactly one; NAV compares the token's scope as a whole
        :param systemuser_org: the organisation (nine digits) whose system user acts
        :param external_ref: the external reference of the system user's request, when it was
            given one of its own
        :param consumer_org: the organisation (nine digits) that has delegated the scope
        :param bool fresh: pass the cache by, for a test of the client
        :return: :class:`Token`
        :raise MaskinportenError: refused
        :raise ClientError: no answer, a fault, or an answer that is not a token
        :raise ValueError: the arguments do not go together
        """
        details = self._details(scope, systemuser_org, external_ref, consumer_org)
        key = self._cache_key(scope, systemuser_org, external_ref, consumer_org)
        token = None if fresh else self._cache.get(key)
        if token is not None:
            return token
        # Repeating the request is safe: it changes nothing but adds a token. Each attempt has an
        # assertion of its own, since Maskinporten refuses one that it has seen (MP-012).
        try:
            answer = self._transport.request(
                "POST",
                self._path,
                operation="token",
                safe=True,
                check=_is_token,
                form=lambda: {
                    "grant_type": GRANT_TYPE,
                    "assertion": self._assertion(scope, details),
                },
            )
        except ClientError as error:
            error.scope = scope
            raise
        lifetime = _lifetime(answer.data)
        expires_at = datetime.fromtimestamp(self._clock(), timezone.utc) + timedelta(
            seconds=lifetime
        )
        token = Token(answer.data["access_token"], expires_at, scope)
        # The token's life began before the answer arrived.
        self._cache.put(key, token, lifetime - answer.duration)
        return token

    def invalidate(self, scope, *, systemuser_org=None, external_ref=None, consumer_org=None):
        """Forget the cached token, for example when an API has answered 401."""
        self._cache.invalidate(self._cache_key(scope, systemuser_org, external_ref, consumer_org))

    def _cache_key(self, scope, systemuser_org, external_ref, consumer_org):
        return self._cache.key(
            self.issuer,
            self.client_id,
            self._thumbprint,
            scope,
            systemuser_org,
            external_ref,
            consumer_org,
        )

    def _details(self, scope, systemuser_org, external_ref, consumer_org):
        """The claims that say for whom the token is."""
        if not scope or re.search(r"\s", scope):
            raise ValueError("exactly one scope is asked for")
        if systemuser_org and consumer_org:
            raise ValueError("a grant is either for a system user or delegated")
        if external_ref and not systemuser_org:
            raise ValueError("an external reference belongs to a system user")
        for number in filter(None, (systemuser_org, consumer_org)):
            if not _ORG_NUMBER.fullmatch(number):
                raise ValueError("an organisation number has nine digits")
        if systemuser_org:
            detail = {
                "type": SYSTEM_USER,
                "systemuser_org": {
                    "authority": "iso6523-actorid-upis",
                    "ID": f"0192:{systemuser_org}",
                },
            }
            # Altinn's default reference is the organisation number; then it must not be given.
            if external_ref and external_ref != systemuser_org:
                detail["externalRef"] = external_ref
            return {"authorization_details": [detail]}
        if consumer_org and consumer_org != self._own_org:
            return {"consumer_org": consumer_org}
        return {}

    def _assertion(self, scope, details):
        now = int(self._clock())
        claims = {
            "aud": self.issuer,
            "iss": self.client_id,
            "scope": scope,
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
            "jti": str(uuid.uuid4()),
            **details,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers=self._header)


def _is_token(data):
    if not isinstance(data, dict):
        return False
    value, token_type = data.get("access_token"), data.get("token_type", "Bearer")
    return (
        isinstance(value, str)
        and bool(_TOKEN.fullmatch(value))
        and isinstance(token_type, str)
        and token_type.lower() == "bearer"
    )


def _lifetime(data):
    """Seconds that the token is good for; 0, which is never cached, when it is not said."""
    seconds = data.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return 0
    return min(max(seconds, 0), 24 * 3600)
