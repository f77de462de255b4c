"""Maskinporten: the token endpoint, its metadata and its keys."""

import uuid

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError

from .grants import ALGORITHMS, AUTHORITY, SYSTEM_USER_TYPE, Grant, GrantRefused, verify_grant
from .problems import NO_STORE, token_problem

NAME = "maskinporten"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""

    async def token(request):
        try:
            grant = await _read_grant(request, sandbox)
        except GrantRefused as refusal:
            raise token_problem(refusal.code, refusal.text, refusal.error) from refusal
        with sandbox.state.lock:
            body = issue_token(grant, sandbox.state, sandbox.issuer)
        return web.json_response(body, headers=NO_STORE)

    async def metadata(request):
        base = sandbox.issuer.rstrip("/")
        return web.json_response(
            {
                "issuer": sandbox.issuer,
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/jwk",
                "grant_types_supported": [GRANT_TYPE],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
                "authorization_details_types_supported": [SYSTEM_USER_TYPE],
            }
        )

    async def keys(request):
        key = sandbox.state.signing_key.as_dict(private=False)
        return web.json_response({"keys": [{**key, "alg": "RS256", "use": "sig"}]})

    return [
        web.post("/token", token, name="maskinporten.token"),
        web.get("/.well-known/oauth-authorization-server", metadata, name="maskinporten.metadata"),
        web.get("/jwk", keys, name="maskinporten.jwk"),
    ]


def error_body(status: int) -> dict:
    """Return the body that goes with a fault of this status."""
    error = "server_error" if status >= 500 else "temporarily_unavailable"
    if status == 401:
        error = "invalid_client"
    return {"error": error, "error_description": f"status {status} (trace_id: {uuid.uuid4()})"}


async def _read_grant(request, sandbox) -> Grant:
    if request.content_type != FORM:
        raise GrantRefused(None, f"the request must be {FORM}", "invalid_request")
    form = await request.post()
    if form.get("grant_type") != GRANT_TYPE:
        raise GrantRefused(None, "this grant_type is not known", "unsupported_grant_type")
    if "assertion" not in form:
        raise GrantRefused("MP-011", "the assertion is missing")
    with sandbox.state.lock:
        return verify_grant(form["assertion"], sandbox.state, sandbox.issuer)


def _organisation(orgnr: str) -> dict:
    return {"authority": AUTHORITY, "ID": f"0192:{orgnr}"}


def issue_token(grant: Grant, state, issuer: str) -> dict:
    """Return the token endpoint's answer to a good grant, with a signed access token."""
    now, lifetime = int(state.clock.now()), state.options.token_lifetime
    claims = {
        "iss": issuer,
        "client_amr": "virksomhetssertifikat" if grant.by_certificate else "private_key_jwt",
        "token_type": "Bearer",
        "iat": now,
        "exp": now + lifetime,
        "jti": str(uuid.uuid4()),
        "client_id": grant.client.client_id,
        "scope": " ".join(grant.scopes),
        "consumer": _organisation(grant.consumer_orgnr or grant.client.owner_orgnr),
    }
    if grant.resource:
        claims["aud"] = grant.resource
    if grant.consumer_orgnr:
        claims["supplier"] = _organisation(grant.client.owner_orgnr)
        claims["delegation_source"] = "https://altinn.example.invalid/"
    if grant.system_user:
        claims["authorization_details"] = [_detail(grant.system_user)]
    state.remember_token(claims["jti"])
    header = {"alg": "RS256", "kid": state.signing_key.kid}
    return {
        "access_token": jwt.encode(header, claims, state.signing_key),
        "token_type": "Bearer",
        "expires_in": lifetime,
        "scope": claims["scope"],
    }


def _detail(user) -> dict:
    detail = {
        "type": SYSTEM_USER_TYPE,
        "systemuser_id": [user.id],
        "systemuser_org": _organisation(user.orgnr),
        "system_id": user.system_id,
    }
    return {**detail, "externalRef": user.external_ref} if user.external_ref else detail


def genuine_claims(header: str | None, state) -> dict | None:
    """Return the claims of a Bearer token that was signed here, over or not; None for any other.

    :param header: the value of the Authorization header
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        genuine = jwt.decode(token.strip(), state.signing_key, algorithms=["RS256"])
    except (JoseError, ValueError):
        return None
    return genuine.claims if genuine.header.get("kid") == state.signing_key.kid else None


def read_token(header: str | None, state, issuer: str) -> dict | None:
    """Return the claims of a Bearer token that is genuine and not over; None for any other.

    :param header: the value of the Authorization header
    """
    claims = genuine_claims(header, state)
    if claims is None or claims.get("iss") != issuer or claims.get("exp", 0) <= state.clock.now():
        return None
    return None if state.is_token_ended(claims.get("jti")) else claims
