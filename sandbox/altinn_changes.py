"""Altinn's change requests: other rights for a system user that there is already."""

from aiohttp import web

from .altinn_asked import Asked, own_system
from .altinn_auth import read_json, shown_packages, shown_rights, uuid_of, vendor_of
from .altinn_requests import check_packages, check_redirect, check_rights, confirm_url
from .altinn_state import (
    NEW,
    NO_CHANGE_NEEDED,
    REQUEST_WRITE_SCOPE,
    SystemUserRequest,
)
from .problems import model_problem, problem

PATH = "/authentication/api/v1/systemuser/changerequest/vendor"
NO_ID = "00000000-0000-0000-0000-000000000000"


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes of change requests."""
    asked = Asked(sandbox, PATH, "altinn.change", is_change=True, describe=_describe)
    return [
        web.post(PATH, _create(sandbox), name="altinn.change_create"),
        web.post(f"{PATH}/verify", _verify(sandbox), name="altinn.change_verify"),
        *asked.routes(),
    ]


def _create(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REQUEST_WRITE_SCOPE)
        model = await read_json(request)
        with sandbox.state.lock:
            status, body = _find_or_make(request, sandbox, vendor, model)
            headers = None
            if status == 201:
                headers = {"Location": f"{sandbox.altinn_url}{PATH}/{body['id']}"}
            return web.json_response(body, status=status, headers=headers)

    return handler


def _verify(sandbox):
    """Say what a change request would change, without making it."""

    async def handler(request):
        vendor = vendor_of(request, sandbox, REQUEST_WRITE_SCOPE)
        model = await read_json(request)
        with sandbox.state.lock:
            draft, user = _draft(request, sandbox, vendor, model, NO_ID)
            draft.status = NEW if _differs(draft, user) else NO_CHANGE_NEEDED
            return web.json_response(_describe(sandbox, draft))

    return handler


def _find_or_make(request, sandbox, vendor: str, model) -> tuple[int, dict]:
    """Return status and body of the answer to a change request."""
    correlation_id = uuid_of(request.query.get("correlation-id"), "correlation-id")
    user = _system_user(request, sandbox, vendor)
    if _is_empty(model):
        draft = _with_references(SystemUserRequest(NO_ID, "", "", ""), user)
        draft.status = NO_CHANGE_NEEDED
        return 200, _describe(sandbox, draft)
    known = sandbox.state.altinn.all.get(correlation_id)
    if known is not None:
        if sandbox.state.altinn.status(known) != NEW or not known.is_change:
            raise problem(61)
        if sandbox.options.pending_request == "refused":
            raise problem(7)
        return 200, _describe(sandbox, known)
    draft, user = _draft(request, sandbox, vendor, model, correlation_id)
    if sandbox.options.detect_no_change and not _differs(draft, user):
        draft.status = NO_CHANGE_NEEDED
        return 200, _describe(sandbox, draft)
    return 201, _describe(sandbox, sandbox.state.altinn.add(draft))


def _system_user(request, sandbox, vendor: str):
    """Return the vendor's system user that the query names: by its id, or by its references."""
    query, state = request.query, sandbox.state
    if "system-user-id" in query:
        user = state.system_users.get(uuid_of(query["system-user-id"], "system-user-id"))
    elif "system-id" in query and "orgno" in query:
        user = state.find_system_user(
            query["system-id"], query["orgno"], query.get("external-ref") or None
        )
    else:
        raise model_problem(**{"system-user-id": "is required"})
    if user is None or user.revoked or state.systems[user.system_id].owner_orgnr != vendor:
        raise problem(15)
    return user


_LISTS = ("requiredRights", "unwantedRights", "requiredAccessPackages", "unwantedAccessPackages")


def _is_empty(model) -> bool:
    return not any(model.get(name.lower()) for name in _LISTS)


def _draft(request, sandbox, vendor: str, model, request_id: str):
    """Return the change request that a body asks for, checked but not kept, and its user."""
    user = _system_user(request, sandbox, vendor)
    system = own_system(sandbox, user.system_id, vendor)
    redirect_url = model.text("redirectUrl")
    check_redirect(redirect_url, system)
    draft = SystemUserRequest(
        request_id,
        "",
        "",
        "",
        resources=check_rights(model.rights("requiredRights"), system),
        packages=check_packages(model.packages("requiredAccessPackages"), system),
        unwanted_resources=[value for _, value in model.rights("unwantedRights")],
        unwanted_packages=model.packages("unwantedAccessPackages"),
        redirect_url=redirect_url,
    )
    return _with_references(draft, user), user


def _with_references(draft: SystemUserRequest, user) -> SystemUserRequest:
    draft.system_id, draft.orgnr, draft.title = user.system_id, user.orgnr, user.title
    draft.external_ref = user.external_ref or user.orgnr
    draft.is_change, draft.system_user_id = True, user.id
    return draft


def _differs(draft: SystemUserRequest, user) -> bool:
    """Tell whether a change request would change anything."""
    missing = set(draft.resources) - set(user.resources)
    missing |= set(draft.packages) - set(user.packages)
    unwanted = set(draft.unwanted_resources) & set(user.resources)
    unwanted |= set(draft.unwanted_packages) & set(user.packages)
    return bool(missing or unwanted)


def _describe(sandbox, item: SystemUserRequest) -> dict:
    body = {
        "id": item.id,
        "externalRef": item.external_ref,
        "systemId": item.system_id,
        "systemUserId": item.system_user_id,
        "partyOrgNo": item.orgnr,
        "requiredRights": shown_rights(item.resources),
        "unwantedRights": shown_rights(item.unwanted_resources),
        "requiredAccessPackages": shown_packages(item.packages),
        "unwantedAccessPackages": shown_packages(item.unwanted_packages),
        "redirectUrl": item.redirect_url,
    }
    if item.id == NO_ID or item.status == NO_CHANGE_NEEDED:
        return {**body, "status": item.status}
    status = sandbox.state.altinn.status(item)
    return {**body, "status": status, "confirmUrl": confirm_url(sandbox, item)}
