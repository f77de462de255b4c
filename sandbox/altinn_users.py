"""The system users that a vendor can see in Altinn."""

from aiohttp import web

from .altinn_asked import own_system
from .altinn_auth import vendor_of
from .altinn_pages import paged
from .altinn_register import iso_time
from .altinn_state import REGISTER_SCOPE, REQUEST_WRITE_SCOPE
from .errors import ServiceError
from .problems import PROBLEM_JSON, model_problem, plain_problem

PATH = "/authentication/api/v1/systemuser/vendor"


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes of system users."""
    return [
        web.get(f"{PATH}/byquery", _by_query(sandbox), name="altinn.system_user"),
        web.get(
            f"{PATH}/bysystem/{{system_id}}",
            _by_system(sandbox),
            name="altinn.system_users_by_system",
        ),
    ]


def _by_query(sandbox):
    """Altinn wants the scope for writing requests here, although nothing is written."""

    async def handler(request):
        vendor = vendor_of(request, sandbox, REQUEST_WRITE_SCOPE)
        query = request.query
        for name in ("system-id", "orgno"):
            if not query.get(name):
                raise model_problem(**{name: "is required"})
        with sandbox.state.lock:
            user = sandbox.state.find_system_user(
                query["system-id"],
                query["orgno"],
                query.get("external-ref") or None,
                any_state=_shows_removed(sandbox),
            )
            if user is None or sandbox.state.systems[user.system_id].owner_orgnr != vendor:
                raise ServiceError(404, plain_problem(404), content_type=PROBLEM_JSON)
            return web.json_response(_describe(sandbox, user))

    return handler


def _by_system(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        with sandbox.state.lock:
            system = own_system(sandbox, request.match_info["system_id"], vendor)
            items = [
                _describe(sandbox, user)
                for user in sandbox.state.system_users.values()
                if user.system_id == system.system_id
                and (not user.revoked or _shows_removed(sandbox))
            ]
            return web.json_response(paged(request, sandbox, items))

    return handler


def _shows_removed(sandbox) -> bool:
    return sandbox.options.removed_system_users == "shown"


def _describe(sandbox, user) -> dict:
    return {
        "id": user.id,
        "integrationTitle": user.title,
        "systemId": user.system_id,
        "productName": user.system_id,
        "reporteeOrgNo": user.orgnr,
        "created": iso_time(user.created),
        "isDeleted": user.revoked,
        "supplierName": "",
        "supplierOrgno": sandbox.state.systems[user.system_id].owner_orgnr,
        "externalRef": user.external_ref or user.orgnr,
        "userType": "Standard",
    }
