"""Faults of Altinn: every problem code on order, answers that are lost, state over a restart."""

import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from sandbox.problems import AUTH_CODES, MP_CODES, VALIDATION_CODES
from sandbox.server import SandboxServer

from .altinn_support import REQUESTS, SYSTEMS, Vendor, code_of, rights, validation_of
from .conftest import TODAY
from .contract import published_folder
from .support import TIMEOUT


def published_codes() -> list[dict]:
    """Return the codes that Altinn publishes, when they are at hand."""
    folder = published_folder()
    path = folder and folder.parent / "samples" / "altinn_systemuser" / "error_codes.json"
    return json.loads(Path(path).read_text(encoding="utf-8")) if path and path.exists() else []


def status_named(name: str) -> int:
    """Return the status of a name such as BadRequest."""
    return HTTPStatus[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()].value


def test_the_codes_are_the_published_ones():
    published = {int(item["code"][-5:]): status_named(item["http"]) for item in published_codes()}
    if not published:
        pytest.skip("Altinn's codes are not at hand")
    assert {number: status for number, (status, _) in AUTH_CODES.items()} == published


def test_every_code_can_be_ordered(system):
    for number in AUTH_CODES:
        code = f"AUTH-{number:05}"
        system.sandbox.faults.add("problem", "altinn.request_create", code=code)
        assert code_of(system.ask()) == code
    assert system.ask().status_code == 201
    assert system.sandbox.faults.count("problem") == len(AUTH_CODES)


def test_validation_codes_and_tokens(vendor):
    for number in VALIDATION_CODES:
        vendor.sandbox.faults.add("problem", "altinn.system_create", code=f"AUTH.VLD-{number:05}")
        assert validation_of(vendor.register()) == [number]
    for code, (error, _) in MP_CODES.items():
        vendor.sandbox.faults.add("problem", "maskinporten.token", code=code)
        response = vendor.user_token()
        assert (response.status_code, response.json()["error"]) == (400, error)
        assert code in response.json()["error_description"]


def test_a_code_in_the_type_alone(system):
    system.sandbox.faults.add("problem", "altinn", code="AUTH-00013", bare=True)
    body = system.ask().json()
    assert body["type"] == "urn:altinn:error:AUTH-00013" and "code" not in body


@pytest.mark.parametrize("code", ["AUTH-00029", "AUTH-9", "AUTH.VLD-00010", "MP-999", ""])
def test_unknown_codes_are_refused(sandbox, code):
    with pytest.raises(ValueError, match="unknown problem code"):
        sandbox.faults.add("problem", "altinn", code=code)


@pytest.mark.parametrize(
    ("kind", "params", "made"),
    [
        ("answer_lost", {}, 1),
        ("no_answer", {"mode": "abort"}, 0),
        ("server_error", {"processed": True}, 1),
        ("server_error", {}, 0),
        ("problem", {"code": "AUTH-00012", "processed": True}, 1),
    ],
)
def test_lost_answers(system, kind, params, made):
    system.sandbox.faults.add(kind, "altinn.request_create", **params)
    if kind in ("answer_lost", "no_answer"):
        with pytest.raises(requests.ConnectionError):
            system.ask()
    else:
        assert system.ask().status_code >= 400
    assert len(system.sandbox.requests_at_altinn()) == made
    assert system.ask().status_code == (200 if made else 201)
    assert len(system.sandbox.requests_at_altinn()) == 1


def test_plain_faults(system):
    faults = system.sandbox.faults
    faults.add("too_many_requests", "altinn", retry_after=7)
    response = system.altinn("GET", SYSTEMS, checked=False)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    faults.add("unauthorized", "altinn.system_list")
    assert system.altinn("GET", SYSTEMS).status_code == 401
    faults.add("not_json", "altinn.system_list")
    assert "html" in system.altinn("GET", SYSTEMS, checked=False).headers["Content-Type"]
    entries = system.sandbox.requests.of("altinn.system_list")
    assert [entry.fault for entry in entries] == ["too_many_requests", "unauthorized", "not_json"]


def test_the_log_tells_what_was_asked(system):
    system.ask(externalRef="customer-42")
    entry = system.sandbox.requests.of("altinn")[-1]
    assert (entry.endpoint, entry.path, entry.status) == ("altinn.request_create", REQUESTS, 201)
    assert entry.body["externalRef"] == "customer-42"
    assert "Bearer" not in str(entry)


def admin(sandbox, method, path, **body):
    response = requests.request(
        method, f"{sandbox.admin_url}{path}", json=body or None, timeout=TIMEOUT
    )
    return response.status_code, response.json()


def test_all_over_the_admin_endpoints(system):
    sandbox = system.sandbox
    made = system.ask().json()
    _, found = admin(sandbox, "GET", f"/altinn/requests?orgnr={system.owner}")
    assert [(r["id"], r["status"], r["confirm_url"]) for r in found] == [
        (made["id"], "New", made["confirmUrl"])
    ]
    path = f"/altinn/requests/{made['id']}"
    status, answer = admin(sandbox, "POST", f"{path}/approve", person="employee")
    assert status == 400 and "AUTH-00066" in answer["error"]
    assert admin(sandbox, "POST", f"{path}/escalate", person="limited")[0] == 200
    unit = sandbox.units[0]
    _, user = admin(sandbox, "POST", f"{path}/approve", units=[unit])
    assert (user["orgnr"], user["units"]) == (system.owner, [unit])
    _, users = admin(sandbox, "POST", "/altinn/rights", orgnr=system.owner, units="all")
    assert users[0]["units"] == "all"
    assert admin(sandbox, "POST", "/altinn/revoke", orgnr=system.owner) == (200, {"revoked": 1})
    for action, status in (("reject", "Rejected"), ("deny", "Denied"), ("time-out", "Timedout")):
        made = system.ask(externalRef=action).json()
        answer = admin(sandbox, "POST", f"/altinn/requests/{made['id']}/{action}", x=1)
        assert answer == (200, {"done": action})
        assert system.status(made["id"]) == status
    assert admin(sandbox, "POST", "/altinn/requests/x/reject", x=1)[0] == 400
    assert admin(sandbox, "POST", f"/altinn/requests/{made['id']}/praise", x=1)[0] == 400
    assert [item["system_id"] for item in admin(sandbox, "GET", "/systems")[1]] == [
        system.system_id
    ]


def test_keys_and_delegations_over_the_admin_endpoints(system):
    sandbox, path = system.sandbox, f"/clients/{system.client_id}/keys"
    _, client = admin(sandbox, "POST", path, owner_orgnr=system.owner, keys=[])
    assert [key["kid"] for key in client["keys"]] == ["key-1"]
    assert admin(sandbox, "DELETE", f"{path}/key-1") == (200, {"removed": True})
    assert admin(sandbox, "DELETE", f"{path}/key-1")[0] == 400
    delegation = {"consumer_orgnr": sandbox.units[0], "supplier_orgnr": system.owner, "scope": "s"}
    admin(sandbox, "POST", "/delegations", **delegation)
    assert len(sandbox.state.delegations) == 1
    query = "&".join(f"{name}={value}" for name, value in delegation.items())
    admin(sandbox, "DELETE", f"/delegations?{query}")
    assert sandbox.state.delegations == set()


def test_all_is_kept_over_a_restart(tmp_path):
    path = tmp_path / "state.json"
    with SandboxServer(employees=1, units=2, levels=3, today=TODAY, state_file=path) as first:
        vendor = Vendor(first)
        vendor.register()
        user = first.approve(vendor.ask().json()["id"])
        pending = vendor.ask(externalRef="x").json()
        first.escalate(pending["id"])
        first.options.update({"rights_delay_nav": 60})
        port = int(first.base_url.rsplit(":", 1)[1])
    with SandboxServer(port, state_file=path) as second:
        vendor.sandbox = second
        assert second.system_users() == [user]
        assert vendor.altinn("GET", f"{REQUESTS}/{pending['id']}").json() == {
            **pending,
            "escalated": True,
        }
        assert second.options.rights_delay_nav == 60
        body = vendor.altinn("GET", f"{SYSTEMS}/{vendor.system_id}").json()
        assert body["rights"] == vendor.system_body()["rights"]
        log = vendor.altinn("GET", f"{SYSTEMS}/{vendor.system_id}/changelog").json()
        assert [entry["changeType"] for entry in log] == ["create"]
        assert second.plan.levels == 3
        second.approve(pending["id"])
        assert vendor.replace(rights=rights("nav_sykepenger_dialog")).status_code == 200
