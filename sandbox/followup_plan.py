"""NAV's follow-up plan API: take a plan, tell what became of it, tell that the access works."""

import re
import uuid

from aiohttp import web

from .errors import ServiceError
from .followup_plan_errors import (
    EXPIRED,
    NO_CONSUMER,
    WRONG_SCOPE,
    body_for_status,
    refusal,
)
from .followup_plan_rules import check_person, check_rules, read_plan
from .maskinporten import genuine_claims, read_token
from .state import FOLLOWUP_SCOPE

NAME = "followup_plan"
CALL_ID = "Nav-Call-Id"
UP = "Integration is up and running"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ORG_ID = re.compile(r"0192:([0-9]{9})")

error_body = body_for_status


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""

    async def verify(request, call_id):
        _organisations(request, sandbox)
        return web.Response(text=UP)

    async def send(request, call_id):
        employer, supplier = _organisations(request, sandbox)
        plan = read_plan(request.content_type, await request.read())
        check_rules(plan)
        with sandbox.state.lock:
            check_person(sandbox.state, plan["employeeIdentificationNumber"], employer)
            received = _take(sandbox, plan, employer, supplier, call_id)
            return web.json_response(received.answer())

    async def status(request, call_id):
        # Whose plan it is, is not looked at: who knows the uuid may ask.
        _organisations(request, sandbox)
        plan_id = request.match_info["plan_id"]
        if not _UUID.fullmatch(plan_id):
            raise refusal("ILLEGAL_ARGUMENT")
        with sandbox.state.lock:
            plan = sandbox.state.plans.get(plan_id.lower())
            if plan is None:
                raise refusal("FOLLOWUP_PLAN_NOT_FOUND")
            return web.json_response(plan.answer())

    base = "/api/v1/followupplan"
    return [
        web.post(base, _traced(send), name="followup_plan.send"),
        web.get(f"{base}/verify-integration", _traced(verify), name="followup_plan.verify"),
        web.get(f"{base}/{{plan_id}}/sendingstatus", _traced(status), name="followup_plan.status"),
    ]


def _traced(handler):
    """Return the handler, given the call's id, which every answer carries."""

    async def traced(request):
        headers = {CALL_ID: request.headers.get(CALL_ID) or str(uuid.uuid4())}
        try:
            response = await handler(request, headers[CALL_ID])
        except ServiceError as error:
            error.headers = headers
            raise
        response.headers.update(headers)
        return response

    return traced


def _organisations(request, sandbox) -> tuple[str, str]:
    """Return the employer and the supplier in the token.

    A system user in it (`authorization_details`) is not looked at, so with such a token the
    vendor stands as the employer.

    :raises ServiceError: 401 when the token is not good for this API
    """
    header = request.headers.get("Authorization")
    with sandbox.state.lock:
        claims = read_token(header, sandbox.state, sandbox.issuer)
        if claims is None:
            genuine = genuine_claims(header, sandbox.state)
            raise refusal("AUTHENTICATION_ERROR", EXPIRED if genuine else None)
    if claims.get("scope") != FOLLOWUP_SCOPE:
        raise refusal("AUTHENTICATION_ERROR", WRONG_SCOPE)
    employer = _number(claims.get("consumer"))
    if employer is None:
        raise refusal("AUTHENTICATION_ERROR", NO_CONSUMER)
    return employer, _number(claims.get("supplier")) or employer


def _number(claim) -> str | None:
    identity = claim.get("ID") if isinstance(claim, dict) else None
    found = _ORG_ID.fullmatch(identity) if isinstance(identity, str) else None
    return found and found.group(1)


def _take(sandbox, plan: dict, employer: str, supplier: str, call_id: str):
    """Store a plan, pass it on to whom it is meant for, and return it."""
    to_doctor = plan["sendPlanToGeneralPractitioner"]
    received = sandbox.state.plans.new(
        plan,
        employer=employer,
        supplier=supplier,
        call_id=call_id,
        received=sandbox.clock.now(),
        to_nav=plan["sendPlanToNav"],
        to_doctor=sandbox.options.gp_status if to_doctor else False,
    )
    sandbox.state.changed()
    return received
