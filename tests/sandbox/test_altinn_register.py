"""Altinn's system register: what it keeps, what it refuses, who may do what."""

import pytest
import requests

from .altinn_support import (
    APPLICATIONS,
    READ,
    REGISTER,
    RETURN,
    SICK_NOTES,
    SICK_PACKAGE,
    SYSTEMS,
    WRITE,
    Vendor,
    packages,
    rights,
    validation_of,
)
from .support import TIMEOUT

CLIENT_PACKAGE = "urn:altinn:accesspackage:regnskapsforer-lonn"


def read(vendor):
    return vendor.altinn("GET", f"{SYSTEMS}/{vendor.system_id}")


def test_a_system_is_kept_as_it_was_sent(vendor):
    response = vendor.register()
    assert response.status_code == 200
    assert response.json() == vendor.sandbox.state.systems[vendor.system_id].internal_id
    assert read(vendor).json() == {**vendor.system_body(), "isDeleted": False}


def test_list_holds_the_vendors_own_systems(system):
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    other.register()
    listed = system.altinn("GET", SYSTEMS).json()
    assert [item["systemId"] for item in listed] == [system.system_id]
    assert listed[0]["systemVendorOrgNumber"] == system.owner


def test_replacing_takes_away_what_is_left_out(system):
    response = system.replace(accessPackages=None, rights=rights(APPLICATIONS), isVisible=None)
    assert (response.status_code, response.json()) == (200, {"success": True})
    body = read(system).json()
    assert body["rights"] == rights(APPLICATIONS)
    assert body["accessPackages"] == []
    # What is not said is not hidden.
    assert body["isVisible"] is True


def test_keys_are_found_in_any_case(vendor):
    body = {name.lower(): value for name, value in vendor.system_body().items()}
    assert vendor.altinn("POST", SYSTEMS, json=body, checked=False).status_code == 200
    assert read(vendor).json()["allowedRedirectUrls"] == [RETURN]


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({"id": "odoo"}, [1]),
        ({"id": "315587336_odoo"}, [1]),
        ({"id": "{owner}_my odoo"}, [13]),
        ({"rights": rights("nav_unknown")}, [3]),
        ({"rights": rights("nav_unknown", SICK_NOTES, SICK_NOTES)}, [3, 6]),
        ({"rights": rights(SICK_NOTES, kind="urn:altinn:app")}, [9]),
        ({"rights": rights("nav_oppfolgingsplan_lps-write")}, [17]),
        ({"accessPackages": packages("urn:altinn:accesspackage:unknown")}, [8]),
        ({"accessPackages": packages("urn:altinn:accesspackage:konkursbo-tilgangsstyrer")}, [8]),
        ({"accessPackages": packages(SICK_PACKAGE, SICK_PACKAGE)}, [7]),
        ({"accessPackages": packages(CLIENT_PACKAGE), "isVisible": True}, [18]),
        ({"allowedRedirectUrls": ["http://odoo.example.invalid/"]}, [5]),
        ({"allowedRedirectUrls": [RETURN, "odoo"]}, [5]),
        ({"allowedRedirectUrls": ["https://[bad"]}, [5]),
        ({"clientId": ["a", "A"]}, [11]),
        ({"vendor": {"ID": "9908:{owner}"}}, [0]),
        ({"vendor": {"ID": "0192:123456789"}}, [0]),
    ],
)
def test_refusals_of_a_system(vendor, changes, numbers):
    if isinstance(changes.get("id"), str):
        changes = {"id": changes["id"].replace("{owner}", vendor.owner)}
    response = vendor.register(**changes)
    assert validation_of(response) == numbers
    assert vendor.sandbox.state.systems == {}
    if "id" not in changes:
        vendor.register()
        assert validation_of(vendor.replace(**changes)) == numbers
        assert read(vendor).json() == {**vendor.system_body(), "isDeleted": False}


def test_an_address_on_this_machine_may_be_http(vendor):
    addresses = ["http://127.0.0.1:8069/back", "http://localhost:8069/", "http://[::1]:1/x"]
    assert vendor.register(allowedRedirectUrls=addresses).status_code == 200


def test_ids_and_clients_are_taken_once(system):
    assert validation_of(system.register()) == [2]
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    assert validation_of(other.register(clientId=[system.client_id])) == [4]
    assert other.register().status_code == 200
    assert validation_of(other.replace(clientId=["vendor-2", system.client_id])) == [4]


def test_a_deleted_system_keeps_its_id_and_frees_its_clients(system):
    assert system.altinn("DELETE", f"{SYSTEMS}/{system.system_id}").json() == {"success": True}
    assert read(system).json()["isDeleted"] is True
    assert validation_of(system.register()) == [2]
    assert system.altinn("GET", SYSTEMS).json() == []
    again = f"{system.owner}_again"
    assert system.register(id=again).status_code == 200
    unknown = system.altinn("DELETE", f"{SYSTEMS}/{system.owner}_x")
    assert (unknown.status_code, "code" in unknown.json()) == (400, False)


def test_the_id_of_the_address_is_the_bodys(system):
    response = system.altinn("PUT", f"{SYSTEMS}/{system.owner}_other", json=system.system_body())
    assert validation_of(response) == [12]


def test_rights_and_packages_alone(system):
    path = f"{SYSTEMS}/{system.system_id}"
    assert system.altinn("PUT", f"{path}/rights", json=rights(SICK_NOTES)).status_code == 200
    refused = system.altinn("PUT", f"{path}/rights", json=rights("nav_x", "nav_x"))
    assert validation_of(refused) == [3, 6]
    assert system.altinn("PUT", f"{path}/accesspackages", json=[]).status_code == 200
    refused = system.altinn(
        "PUT", f"{path}/accesspackages", json=packages("urn:altinn:accesspackage:x")
    )
    assert validation_of(refused) == [8]
    body = read(system).json()
    assert (body["rights"], body["accessPackages"]) == (rights(SICK_NOTES), [])
    system.altinn("DELETE", path)
    log = system.altinn("GET", f"{path}/changelog").json()
    assert [entry["changeType"] for entry in log] == [
        "create",
        "rightsupdate",
        "accesspackageupdate",
        "delete",
    ]
    assert {entry["changedByOrgNumber"] for entry in log} == {system.owner}


def test_another_vendors_system_is_closed(system):
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    path = f"{SYSTEMS}/{system.system_id}"
    body = system.system_body()
    calls = [
        ("POST", SYSTEMS, {**body, "id": f"{system.owner}_more"}),
        ("GET", path, None),
        ("PUT", path, body),
        ("PUT", f"{path}/rights", []),
        ("PUT", f"{path}/accesspackages", []),
        ("DELETE", path, None),
        ("GET", f"{path}/changelog", None),
    ]
    for method, address, sent in calls:
        response = other.altinn(method, address, json=sent)
        assert (response.status_code, response.content) == (403, b"")


def test_an_unknown_system_is_not_found_or_forbidden(vendor):
    assert read(vendor).status_code == 404
    assert vendor.replace().status_code == 404
    vendor.sandbox.options.update({"unknown_system": "forbidden"})
    assert read(vendor).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"name": None},
        {"description": "Odoo"},
        {"clientId": None},
        {"clientId": "one"},
        {"vendor": None},
        {"isVisible": "no"},
        {"rights": {}},
        {"rights": [{"resource": []}]},
        {"rights": [{"resource": [{"id": "urn:altinn:resource"}]}]},
        {"accessPackages": [SICK_PACKAGE]},
        {"allowedRedirectUrls": [1]},
    ],
)
def test_bodies_of_another_form_have_no_code(vendor, changes):
    response = vendor.register(**changes)
    assert response.status_code == 400
    assert "code" not in response.json() and response.json()["errors"]


def test_what_is_no_json(vendor):
    token = vendor.plain_token(REGISTER)
    url = f"{vendor.sandbox.altinn_url}{SYSTEMS}"
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(url, data="{}", headers=headers, timeout=TIMEOUT).status_code == 415
    headers["Content-Type"] = "application/json"
    for data in ("{", "[]"):
        assert requests.post(url, data=data, headers=headers, timeout=TIMEOUT).status_code == 400


def test_tokens(system):
    path = f"{SYSTEMS}/{system.system_id}"
    for scope in (READ, WRITE):
        assert system.altinn("GET", path, scope).status_code == 403
    bad = system.altinn("GET", path, token="nothing")
    assert (bad.status_code, bad.headers["WWW-Authenticate"]) == (401, "Bearer")
    url = f"{system.sandbox.altinn_url}{path}"
    assert requests.get(url, timeout=TIMEOUT).status_code == 401
    system.sandbox.expire_tokens()
    assert system.altinn("GET", path).status_code == 401


def test_a_system_users_token_is_not_the_vendors(system):
    made = system.ask().json()
    system.sandbox.approve(made["id"])
    token = system.token(scope=REGISTER)
    assert system.altinn("GET", SYSTEMS, token=token).status_code == 403
