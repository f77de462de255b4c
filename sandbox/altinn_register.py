"""Altinn's system register: what a vendor's system is, may ask for, and where it sends people."""

import ipaddress
from datetime import datetime, timezone
from urllib.parse import urlsplit

from aiohttp import web

from .altinn_auth import (
    RESOURCE_URN,
    read_json,
    read_packages,
    read_rights,
    shown_packages,
    shown_rights,
    vendor_of,
)
from .altinn_state import PACKAGES, REGISTER_SCOPE, RESOURCES, SCOPE_RESOURCES
from .errors import ServiceError
from .grants import AUTHORITY
from .identity_numbers import is_org_number
from .problems import PROBLEM_JSON, model_problem, plain_problem, validation_problem
from .registrations import System

PATH = "/authentication/api/v1/systemregister/vendor"
ONE = PATH + "/{system_id}"


def iso_time(seconds: float) -> str:
    """Return a time as Altinn writes it: UTC with a Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes of the system register."""
    return [
        web.get(PATH, _list(sandbox), name="altinn.system_list"),
        web.post(PATH, _create(sandbox), name="altinn.system_create"),
        web.get(ONE, _read(sandbox), name="altinn.system"),
        web.put(ONE, _replace(sandbox), name="altinn.system_update"),
        web.delete(ONE, _delete(sandbox), name="altinn.system_delete"),
        web.put(f"{ONE}/rights", _put_rights(sandbox), name="altinn.system_rights"),
        web.put(f"{ONE}/accesspackages", _put_packages(sandbox), name="altinn.system_packages"),
        web.get(f"{ONE}/changelog", _change_log(sandbox), name="altinn.system_changelog"),
    ]


def _list(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        with sandbox.state.lock:
            systems = sandbox.state.systems.values()
            found = [item for item in systems if item.owner_orgnr == vendor and not item.deleted]
            return web.json_response([_summary(item) for item in found])

    return handler


def _read(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        with sandbox.state.lock:
            return web.json_response(_describe(_owned(request, sandbox, vendor)))

    return handler


def _create(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        model = await read_json(request)
        with sandbox.state.lock:
            _check_vendor(model, vendor)
            sent, wrong = _read_system(model)
            _refuse(_id_errors(sent, vendor, sandbox), wrong, _system_errors(sent, sandbox))
            system = System(owner_orgnr=vendor, **sent)
            sandbox.state.systems[system.system_id] = system
            sandbox.state.altinn.log_change(system, "create", *_logged(sent))
            sandbox.state.changed()
            return web.json_response(system.internal_id)

    return handler


def _replace(sandbox):
    """Replace all of a system by what is sent; what is left out is gone."""

    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        model = await read_json(request)
        with sandbox.state.lock:
            _check_vendor(model, vendor)
            sent, wrong = _read_system(model)
            if sent["system_id"] != request.match_info["system_id"]:
                raise validation_problem([12])
            system = _owned(request, sandbox, vendor)
            _refuse(wrong, _system_errors(sent, sandbox))
            for name, value in sent.items():
                setattr(system, name, value)
            return _changed(sandbox, system, "update", *_logged(sent))

    return handler


def _put_rights(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        pairs = read_rights(await read_json(request, list))
        with sandbox.state.lock:
            system = _owned(request, sandbox, vendor)
            _refuse(_right_errors(pairs))
            system.resources = [value for _, value in pairs]
            return _changed(sandbox, system, "rightsupdate", None, system.resources)

    return handler


def _put_packages(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        packages = read_packages(await read_json(request, list))
        with sandbox.state.lock:
            system = _owned(request, sandbox, vendor)
            _refuse(_package_errors(packages, system.visible))
            system.packages = packages
            return _changed(sandbox, system, "accesspackageupdate", None, packages)

    return handler


def _delete(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        with sandbox.state.lock:
            system = sandbox.state.systems.get(request.match_info["system_id"])
            if system is None:
                raise model_problem(**{"return": "System not found"})
            if system.owner_orgnr != vendor:
                raise ServiceError(403)
            system.deleted = True
            return _changed(sandbox, system, "delete", None, None)

    return handler


def _change_log(sandbox):
    async def handler(request):
        vendor = vendor_of(request, sandbox, REGISTER_SCOPE)
        with sandbox.state.lock:
            system = _owned(request, sandbox, vendor)
            return web.json_response(
                [
                    {**entry, "created": iso_time(entry["created"])}
                    for entry in sandbox.state.altinn.change_log
                    if entry["systemInternalId"] == system.internal_id
                ]
            )

    return handler


def _changed(sandbox, system: System, kind: str, client_id, data) -> web.Response:
    sandbox.state.altinn.log_change(system, kind, client_id, data)
    sandbox.state.changed()
    return web.json_response({"success": True})


def _logged(sent: dict) -> tuple[str, dict]:
    return ",".join(sent["client_ids"]), {"rights": sent["resources"], "name": sent["name"]}


def _owned(request, sandbox, vendor: str) -> System:
    """Return the system of the path, which must be the vendor's."""
    system = sandbox.state.systems.get(request.match_info["system_id"])
    if system is None and sandbox.options.unknown_system == "not_found":
        raise ServiceError(404, plain_problem(404), content_type=PROBLEM_JSON)
    if system is None or system.owner_orgnr != vendor:
        raise ServiceError(403)
    return system


# -- what is sent --------------------------------------------------------------------------


def _check_vendor(model, vendor: str):
    """Refuse a vendor that is not of the form 0192:number, or not the token's."""
    sent = model.get("vendor")
    if not isinstance(sent, dict):
        raise model_problem(vendor="is required")
    identity = str({key.lower(): value for key, value in sent.items()}.get("id", ""))
    scheme, _, orgnr = identity.partition(":")
    if scheme != "0192" or not is_org_number(orgnr):
        raise validation_problem([0])
    if orgnr != vendor:
        raise ServiceError(403)


def _read_system(model) -> tuple[dict, list[int]]:
    """Return what a body says of a system, by the fields of :class:`System`, and what is wrong
    with its rights.
    """
    pairs = model.rights("rights")
    sent = {
        "system_id": model.text("id", required=True, trim=False),
        "name": model.languages("name"),
        "description": model.languages("description"),
        "resources": [value for _, value in pairs],
        "packages": model.packages("accessPackages"),
        "client_ids": model.texts("clientId", required=True),
        "redirect_urls": model.texts("allowedRedirectUrls"),
        # Seen by all users of Altinn unless it is said.
        "visible": model.flag("isVisible", True),
        "deleted": model.flag("isDeleted", False),
    }
    return sent, _right_errors(pairs)


def _refuse(*errors: list[int]):
    found = [number for part in errors for number in part]
    if found:
        raise validation_problem(found)


def _id_errors(sent: dict, owner: str, sandbox) -> list[int]:
    """Return what is wrong with the id of a new system. A deleted system keeps its id."""
    system_id = sent["system_id"]
    errors = []
    if not system_id.startswith(f"{owner}_") or system_id == f"{owner}_":
        errors.append(1)
    if system_id in sandbox.state.systems:
        errors.append(2)
    if any(letter.isspace() for letter in system_id):
        errors.append(13)
    return errors


def _system_errors(sent: dict, sandbox) -> list[int]:
    clients = sent["client_ids"]
    errors = [] if all(map(is_good_redirect, sent["redirect_urls"])) else [5]
    if len({client.lower() for client in clients}) < len(clients):
        errors.append(11)
    holders = [sandbox.state.system_of_client(client) for client in clients]
    if any(holder and holder.system_id != sent["system_id"] for holder in holders):
        errors.append(4)
    return errors + _package_errors(sent["packages"], sent["visible"])


def _right_errors(pairs) -> list[int]:
    values = [value for _, value in pairs]
    errors = [9] if any(kind != RESOURCE_URN for kind, _ in pairs) else []
    if any(value not in RESOURCES and value not in SCOPE_RESOURCES for value in values):
        errors.append(3)
    if len(set(values)) < len(values):
        errors.append(6)
    if any(value in SCOPE_RESOURCES for value in values):
        errors.append(17)
    return errors


def _package_errors(packages, visible: bool) -> list[int]:
    known = [PACKAGES[urn] for urn in packages if urn in PACKAGES]
    errors = []
    if len(known) < len(packages) or not all(item.delegable for item in known):
        errors.append(8)
    if len(set(packages)) < len(packages):
        errors.append(7)
    if visible and any(item.for_clients for item in known):
        errors.append(18)
    return errors


def is_good_redirect(url: str) -> bool:
    """Tell whether people may be sent to an address: https, or http to this machine.

    Altinn takes https alone. The exception is the sandbox's only one, on purpose: all that it is
    used with runs on loopback, where there are no certificates.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or parts.scheme == "http" and _is_local(host))


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# -- what is shown -------------------------------------------------------------------------


def _describe(system: System) -> dict:
    return {
        "id": system.system_id,
        "vendor": {"authority": AUTHORITY, "ID": f"0192:{system.owner_orgnr}"},
        "name": system.name,
        "description": system.description,
        "rights": shown_rights(system.resources),
        "accessPackages": shown_packages(system.packages),
        "clientId": system.client_ids,
        "isVisible": system.visible,
        "isDeleted": system.deleted,
        "allowedRedirectUrls": system.redirect_urls,
    }


def _summary(system: System) -> dict:
    return {
        "systemId": system.system_id,
        "systemVendorOrgNumber": system.owner_orgnr,
        "systemVendorOrgName": "",
        "name": system.name,
        "description": system.description,
        "rights": shown_rights(system.resources),
        "accessPackages": shown_packages(system.packages),
        "isVisible": system.visible,
    }
