"""Altinn's requests for system users: what a vendor asks, and what has become of it.

The order of the checks is Altinn's: the system user, the pending request, the system, the
references, the vendor, the customer, the redirect address, the rights, the packages.
"""

import uuid
from urllib.parse import quote

from aiohttp import web

from .altinn_asked import Asked, own_system
from .altinn_auth import RESOURCE_URN, read_json, shown_packages, shown_rights, vendor_of
from .altinn_register import iso_time
from .altinn_state import (
    DECIDED_CODES,
    NEW,
    PACKAGES,
    REQUEST_WRITE_SCOPE,
    TIMED_OUT,
    SystemUserRequest,
)
from .problems import problem
from .registrations import System

PATH = "/authentication/api/v1/systemuser/request/vendor"
PAGE = "/altinn/accessmanagement/ui/systemuser"


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes of requests for system users."""
    asked = Asked(sandbox, PATH, "altinn.request", is_change=False, describe=describe_request)
    create = web.post(PATH, _create(sandbox), name="altinn.request_create")
    return [create, *asked.routes()]


def _create(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REQUEST_WRITE_SCOPE)
        model = await read_json(request)
        with sandbox.state.lock:
            made, is_new = _find_or_make(sandbox, vendor, model)
            headers = {"Location": f"{sandbox.altinn_url}{PATH}/{made.id}"} if is_new else None
            body = describe_request(sandbox, made)
            return web.json_response(body, status=201 if is_new else 200, headers=headers)

    return handler


def _find_or_make(sandbox, vendor: str, model) -> tuple[SystemUserRequest, bool]:
    """Return the request that a vendor asks for, and whether it is new."""
    system_id = model.text("systemId", required=True)
    orgnr = model.text("partyOrgNo", required=True)
    reference = model.text("externalRef") or orgnr
    state = sandbox.state
    if state.find_system_user(system_id, orgnr, reference):
        raise problem(4)
    known = state.altinn.find(system_id, orgnr, reference)
    if known is not None and _is_answer(sandbox, known, vendor):
        return known, False
    system = state.systems.get(system_id)
    if system is None or system.deleted:
        raise problem(11)
    if known is not None:
        _refuse_references(state.altinn.status(known))
    own_system(sandbox, system_id, vendor)
    unit = state.organisations.get(orgnr)
    if unit is None or unit.deleted:
        raise problem(0)
    redirect_url = model.text("redirectUrl")
    check_redirect(redirect_url, system)
    resources, packages = _asked_rights(model, system)
    made = SystemUserRequest(
        str(uuid.uuid4()),
        system_id,
        orgnr,
        reference,
        resources=resources,
        packages=packages,
        title=model.text("integrationTitle") or system.name.get("nb", system_id),
        redirect_url=redirect_url,
    )
    return state.altinn.add(made), True


def _is_answer(sandbox, known: SystemUserRequest, vendor: str) -> bool:
    """Tell whether a request that there is already answers a new one."""
    system = sandbox.state.systems.get(known.system_id)
    if system is None or system.deleted or system.owner_orgnr != vendor:
        return False
    status = sandbox.state.altinn.status(known)
    if status == NEW:
        return sandbox.options.pending_request == "returned"
    return status != TIMED_OUT and sandbox.options.decided_request == "returned"


def _refuse_references(status: str):
    """Refuse references that belong to a request of this status; one too old frees them."""
    if status == NEW:
        raise problem(7)
    if status in DECIDED_CODES:
        raise problem(DECIDED_CODES[status])


def check_redirect(url: str | None, system: System):
    """Refuse a redirect address that is not one of the system's, letter by letter."""
    if url is None:
        return
    if not system.redirect_urls:
        raise problem(26)
    if url not in system.redirect_urls:
        raise problem(21)


def _asked_rights(model, system: System) -> tuple[list[str], list[str]]:
    """Return resources and packages that are asked for."""
    if model.get("rights") is None and model.get("accesspackages") is None:
        raise problem(1)
    pairs, packages = model.rights("rights"), model.packages("accessPackages")
    if not pairs and not packages:
        raise problem(59)
    return check_rights(pairs, system), check_packages(packages, system)


def check_rights(pairs, system: System) -> list[str]:
    """Return the resources of rights, all of which the system has."""
    if any(kind != RESOURCE_URN or value not in system.resources for kind, value in pairs):
        raise problem(1)
    return [value for _, value in pairs]


def check_packages(packages: list[str], system: System) -> list[str]:
    """Return access packages, all of which the system has and a standard system user can have."""
    if any(urn not in PACKAGES for urn in packages):
        raise problem(52)
    if any(urn not in system.packages for urn in packages):
        raise problem(63)
    if any(PACKAGES[urn].for_clients or not PACKAGES[urn].delegable for urn in packages):
        raise problem(64)
    return packages


def confirm_url(sandbox, item: SystemUserRequest) -> str:
    """Return the address of the page where a person decides."""
    page = "changerequest" if item.is_change else "request"
    return f"{sandbox.base_url}{PAGE}/{page}?id={quote(item.id)}&DONTCHOOSEREPORTEE=true"


def describe_request(sandbox, item: SystemUserRequest) -> dict:
    """Return a request as Altinn shows it."""
    status = sandbox.state.altinn.status(item)
    return {
        "id": item.id,
        "integrationTitle": item.title,
        "externalRef": item.external_ref,
        "systemId": item.system_id,
        "partyOrgNo": item.orgnr,
        "rights": shown_rights(item.resources),
        "accessPackages": shown_packages(item.packages),
        "status": status,
        "redirectUrl": item.redirect_url,
        "confirmUrl": confirm_url(sandbox, item),
        "escalated": item.escalated,
        "created": iso_time(item.created),
        "timedOut": status == TIMED_OUT,
    }
