"""The sandbox's own endpoints, in JSON: registrations, notes, faults, the log, the clock."""

from dataclasses import asdict
from datetime import date

from aiohttp import web

from .altinn_admin import altinn_routes
from .faults import KINDS
from .followup_plan_admin import followup_plan_routes
from .registrations import SICK_NOTE_RESOURCE

NAME = "admin"


def _json(handler):
    """Return the handler of a function from request and body to a JSON value.

    A change needs the content type of JSON, which a page of another site cannot send unasked.
    ValueError, KeyError and TypeError become 400 with the reason.
    """

    async def wrapped(request):
        body = {}
        try:
            if request.method in ("POST", "PATCH"):
                if request.content_type != "application/json":
                    raise ValueError("the body must be application/json")
                body = await request.json()
                if not isinstance(body, dict):
                    raise ValueError("the body must be an object")
            return web.json_response(handler(request, body))
        except KeyError as error:
            return web.json_response({"error": f"missing or unknown: {error}"}, status=400)
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return wrapped


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""
    return [
        *_overview(sandbox),
        *_registrations(sandbox),
        *altinn_routes(sandbox, _json),
        *followup_plan_routes(sandbox, _json),
        *_note_routes(sandbox),
        *_organisation_routes(sandbox),
        *_fault_routes(sandbox),
    ]


def _overview(sandbox):
    def overview(request, body):
        return {
            "urls": sandbox.urls,
            "main_unit": sandbox.main_unit,
            "units": sandbox.units,
            "employees": len(sandbox.employees),
            "notes": len(sandbox.state.notes),
            "requests": len(sandbox.requests),
        }

    def population(request, body):
        tree = [unit.to_dict() for unit in sandbox.state.organisations]
        return {
            "main_unit": sandbox.main_unit,
            "organisations": tree,
            "employees": sandbox.employees,
            "plan": sandbox.plan.to_dict(),
        }

    def options(request, body):
        if request.method == "POST":
            with sandbox.state.lock:
                sandbox.options.update(body)
                sandbox.state.changed()
        return asdict(sandbox.options)

    def clock(request, body):
        if "offset_seconds" in body:
            sandbox.clock.offset = float(body["offset_seconds"])
        if "today" in body:
            sandbox.clock.today = date.fromisoformat(body["today"])
        if body.get("expire_tokens"):
            sandbox.expire_tokens()
        return {
            "now": sandbox.clock.now(),
            "offset_seconds": sandbox.clock.offset,
            "today": sandbox.clock.today.isoformat(),
        }

    def reset(request, body):
        sandbox.reset()
        return {"reset": True}

    return [
        web.get("", _json(overview)),
        web.get("/population", _json(population)),
        web.get("/options", _json(options)),
        web.post("/options", _json(options)),
        web.get("/clock", _json(clock)),
        web.post("/clock", _json(clock)),
        web.post("/reset", _json(reset)),
    ]


def _registrations(sandbox):
    def add_client(request, body):
        client = sandbox.state.register_client(
            body["client_id"], body["owner_orgnr"], body["scopes"], body.get("keys", [])
        )
        return sandbox.state.describe_client(client)

    def clients(request, body):
        return [sandbox.state.describe_client(client) for client in sandbox.state.clients.values()]

    def add_certificate(request, body):
        sandbox.state.trust_certificate(body["pem"])
        return {"certificates": len(sandbox.state.certificates)}

    def add_system_user(request, body):
        system_id = body.get("system_id")
        if system_id is None or "client_id" in body:
            client = sandbox.state.clients[body["client_id"]]
            holder = sandbox.state.system_of_client(client.client_id)
            if system_id is None:
                system_id = holder.system_id if holder else f"{client.owner_orgnr}_sandbox"
            sandbox.state.register_system(
                system_id,
                client.owner_orgnr,
                [client.client_id],
                resources=body.get("resources") or [SICK_NOTE_RESOURCE],
            )
        user = sandbox.state.register_system_user(
            system_id,
            body["orgnr"],
            external_ref=body.get("external_ref"),
            units=body.get("units", "all"),
            resources=body.get("resources"),
        )
        return asdict(user)

    def system_users(request, body):
        return [asdict(user) for user in sandbox.state.system_users.values()]

    def revoke(request, body):
        sandbox.state.revoke_system_user(request.match_info["user_id"])
        return {"revoked": True}

    def delegate(request, body):
        sandbox.delegate(body["consumer_orgnr"], body["supplier_orgnr"], body["scope"])
        return {"delegated": True}

    def undelegate(request, body):
        query = request.query
        sandbox.undelegate(query["consumer_orgnr"], query["supplier_orgnr"], query["scope"])
        return {"delegated": False}

    def add_keys(request, body):
        client = sandbox.register_client(
            request.match_info["client_id"],
            body["owner_orgnr"],
            body.get("keys", []),
            body.get("scopes"),
        )
        return sandbox.state.describe_client(client)

    def remove_key(request, body):
        sandbox.remove_key(request.match_info["client_id"], request.match_info["kid"])
        return {"removed": True}

    def allow(request, body):
        user = sandbox.allow(
            body["client_id"],
            body["jwk"],
            body["owner_orgnr"],
            body.get("orgnr"),
            body.get("units", "all"),
            body.get("scopes"),
            resources=body.get("resources"),
            redirect_urls=body.get("redirect_urls", ()),
            system_id=body.get("system_id"),
        )
        return asdict(user)

    return [
        web.get("/clients", _json(clients)),
        web.post("/clients", _json(add_client)),
        web.post("/clients/{client_id}/keys", _json(add_keys)),
        web.delete("/clients/{client_id}/keys/{kid}", _json(remove_key)),
        web.post("/certificates", _json(add_certificate)),
        web.get("/system-users", _json(system_users)),
        web.post("/system-users", _json(add_system_user)),
        web.delete("/system-users/{user_id}", _json(revoke)),
        web.post("/delegations", _json(delegate)),
        web.delete("/delegations", _json(undelegate)),
        web.post("/allow", _json(allow)),
    ]


def _note_routes(sandbox):
    def notes(request, body):
        return sandbox.notes(request.query.get("orgnr"))

    def add_note(request, body):
        return sandbox.add_note(**body)

    def add_raw_note(request, body):
        known = ("orgnr", "loepenr", "note_id", "received")
        note = sandbox.add_raw_note(body["raw"], **{k: body[k] for k in known if k in body})
        return {"loepenr": note.loepenr, "orgnr": note.orgnr, "note_id": note.note_id}

    return [
        web.get("/notes", _json(notes)),
        web.post("/notes", _json(add_note)),
        web.post("/notes/raw", _json(add_raw_note)),
    ]


def _organisation_routes(sandbox):
    def add(request, body):
        return sandbox.add_organisation(**body).to_dict()

    def delete(request, body):
        sandbox.delete_organisation(request.match_info["orgnr"], request.query.get("day"))
        return {"deleted": True}

    return [
        web.post("/organisations", _json(add)),
        web.delete("/organisations/{orgnr}", _json(delete)),
    ]


def _fault_routes(sandbox):
    def overview(request, body):
        return {
            "kinds": KINDS,
            "ordered": [fault.to_dict() for fault in sandbox.faults.ordered],
            "hits": [asdict(hit) for hit in sandbox.faults.hits],
        }

    def add(request, body):
        return sandbox.faults.add(**body).to_dict()

    def clear(request, body):
        sandbox.faults.clear()
        return {"cleared": True}

    def release(request, body):
        sandbox.faults.release()
        return {"released": True}

    def log(request, body):
        return [entry.to_dict() for entry in sandbox.requests]

    def clear_log(request, body):
        sandbox.requests.clear()
        return {"cleared": True}

    return [
        web.get("/faults", _json(overview)),
        web.post("/faults", _json(add)),
        web.delete("/faults", _json(clear)),
        web.post("/faults/release", _json(release)),
        web.get("/requests", _json(log)),
        web.delete("/requests", _json(clear_log)),
    ]
