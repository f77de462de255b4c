"""The admin endpoints that concern follow-up plans."""

from aiohttp import web


def followup_plan_routes(sandbox, as_json) -> list[web.RouteDef]:
    """Return the routes.

    :param as_json: makes a handler of a function from request and body to a JSON value
    """

    def plans(request, body):
        found = sandbox.plans(request.query.get("fnr"), request.query.get("employer"))
        return [plan.to_dict() for plan in found]

    def doctor_status(request, body):
        sandbox.set_doctor_status(request.match_info["plan_id"], body["status"])
        return {"status": body["status"]}

    def forget_person(request, body):
        sandbox.forget_person(body["fnr"])
        return {"forgotten": True}

    return [
        web.get("/plans", as_json(plans)),
        web.post("/plans/{plan_id}/doctor-status", as_json(doctor_status)),
        web.post("/plans/unknown-persons", as_json(forget_person)),
    ]
