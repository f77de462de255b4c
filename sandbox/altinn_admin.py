"""The admin endpoints that concern Altinn: systems, requests, answers to them, rights."""

from dataclasses import asdict

from aiohttp import web

from .altinn_requests import confirm_url


def altinn_routes(sandbox, as_json) -> list[web.RouteDef]:
    """Return the routes.

    :param as_json: makes a handler of a function from request and body to a JSON value
    """

    def systems(request, body):
        return [asdict(system) for system in sandbox.state.systems.values()]

    def requests(request, body):
        found = sandbox.requests_at_altinn(request.query.get("orgnr"))
        return [{**asdict(item), "confirm_url": confirm_url(sandbox, item)} for item in found]

    def act(request, body):
        action, request_id = request.match_info["action"], request.match_info["request_id"]
        known = {"person", "units"} if action == "approve" else {"person"}
        more = {name: body[name] for name in known & body.keys()}
        if action == "approve":
            return asdict(sandbox.approve(request_id, **more))
        actions = {
            "reject": sandbox.reject,
            "escalate": sandbox.escalate,
            "deny": sandbox.deny,
            "time-out": sandbox.time_out,
        }
        actions[action](request_id, **(more if action in ("reject", "escalate") else {}))
        return {"done": action}

    def revoke(request, body):
        return {"revoked": sandbox.revoke(body["orgnr"], body.get("system_id"))}

    def set_rights(request, body):
        more = {name: body[name] for name in ("units", "resources") if name in body}
        sandbox.set_rights(body["orgnr"], **more)
        return [asdict(user) for user in sandbox.system_users(body["orgnr"])]

    return [
        web.get("/systems", as_json(systems)),
        web.get("/altinn/requests", as_json(requests)),
        web.post("/altinn/requests/{request_id}/{action}", as_json(act)),
        web.post("/altinn/revoke", as_json(revoke)),
        web.post("/altinn/rights", as_json(set_rights)),
    ]
