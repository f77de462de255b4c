"""Altinn's requests for system users: made once, found, deleted, refused with the right code."""

import pytest

from sandbox.altinn_state import DAY, DAYS_OPEN

from .altinn_support import (
    APPLICATIONS,
    READ,
    REGISTER,
    REQUESTS,
    RETURN,
    SICK_NOTES,
    SICK_PACKAGE,
    SYSTEMS,
    USERS,
    WRITE,
    Vendor,
    code_of,
    packages,
    rights,
)

CLIENT_PACKAGE = "urn:altinn:accesspackage:ansvarlig-revisor"


def test_a_request_is_made_once(system):
    first = system.ask()
    assert first.status_code == 201
    body = first.json()
    assert first.headers["Location"].endswith(f"/vendor/{body['id']}")
    assert body["externalRef"] == body["partyOrgNo"] == system.sandbox.main_unit
    assert (body["status"], body["escalated"], body["timedOut"]) == ("New", False, False)
    assert body["confirmUrl"] == (
        f"{system.sandbox.altinn_url}/accessmanagement/ui/systemuser/request"
        f"?id={body['id']}&DONTCHOOSEREPORTEE=true"
    )
    again = system.ask(rights=rights(APPLICATIONS))
    assert (again.status_code, again.json()) == (200, body)
    other = system.ask(externalRef="customer-42")
    assert other.status_code == 201 and other.json()["id"] != body["id"]
    assert [item.id for item in system.sandbox.requests_at_altinn(system.owner)] == [
        body["id"],
        other.json()["id"],
    ]


def test_a_request_is_found(system):
    body = system.ask(externalRef="customer-42", integrationTitle="Lønn").json()
    assert body["integrationTitle"] == "Lønn"
    by_id = system.altinn("GET", f"{REQUESTS}/{body['id']}")
    reference = f"{system.system_id}/{system.owner}/customer-42"
    by_reference = system.altinn("GET", f"{REQUESTS}/byexternalref/{reference}")
    assert by_id.json() == by_reference.json() == body
    unknown = f"{system.system_id}/{system.owner}/other"
    assert code_of(system.altinn("GET", f"{REQUESTS}/byexternalref/{unknown}")) == "AUTH-00010"
    assert code_of(system.altinn("GET", f"{REQUESTS}/{'0' * 32}")) == "AUTH-00010"
    assert system.altinn("GET", f"{REQUESTS}/nothing").status_code == 400


def test_lists_come_by_pages(system):
    system.sandbox.options.update({"altinn_page_size": 2})
    made = [system.ask(externalRef=f"customer-{number}").json()["id"] for number in range(5)]
    path, seen, pages = f"{REQUESTS}/bysystem/{system.system_id}", [], 0
    while path:
        page = system.altinn("GET", path).json()
        seen += [item["id"] for item in page["data"]]
        pages += 1
        following = page["links"].get("next")
        path = following and following[len(system.sandbox.altinn_url) :]
    assert (seen, pages) == (made, 3)
    bad = system.altinn("GET", f"{REQUESTS}/bysystem/{system.system_id}?token=%21")
    assert bad.status_code == 400


def test_a_deleted_request_is_gone(system):
    body = system.ask().json()
    deleted = system.altinn("DELETE", f"{REQUESTS}/{body['id']}")
    assert (deleted.status_code, deleted.content) == (202, b"")
    assert code_of(system.altinn("DELETE", f"{REQUESTS}/{body['id']}")) == "AUTH-00010"
    assert code_of(system.altinn("GET", f"{REQUESTS}/{body['id']}")) == "AUTH-00010"
    assert system.ask().status_code == 201


def test_an_approved_request_makes_the_system_user(system):
    body = system.ask(externalRef="customer-42").json()
    assert system.find_user(reference="customer-42").status_code == 404
    user = system.sandbox.approve(body["id"])
    assert system.status(body["id"]) == "Accepted"
    assert code_of(system.ask(externalRef="customer-42")) == "AUTH-00004"
    found = system.find_user(reference="customer-42").json()
    assert (found["id"], found["externalRef"]) == (user.id, "customer-42")
    assert (found["isDeleted"], found["userType"]) == (False, "Standard")
    assert system.find_user().status_code == 404
    listed = system.altinn("GET", f"{USERS}/bysystem/{system.system_id}", REGISTER).json()
    assert listed == {"links": {}, "data": [found]}
    with pytest.raises(ValueError, match="AUTH-00013"):
        system.sandbox.approve(body["id"])


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("reject", "Rejected", "AUTH-00009"), ("deny", "Denied", "AUTH-00008")],
)
def test_a_refused_request_is_deleted_before_a_new_one(system, answer, status, code):
    body = system.ask().json()
    getattr(system.sandbox, answer)(body["id"])
    assert system.status(body["id"]) == status
    assert code_of(system.ask()) == code
    system.sandbox.options.update({"decided_request": "returned"})
    returned = system.ask()
    assert (returned.status_code, returned.json()["status"]) == (200, status)
    system.sandbox.options.update({"decided_request": "refused"})
    assert system.altinn("DELETE", f"{REQUESTS}/{body['id']}").status_code == 202
    assert system.ask().status_code == 201
    assert system.sandbox.system_users() == []


def test_a_request_that_is_too_old_makes_room(system):
    body = system.ask().json()
    system.sandbox.time_out(body["id"])
    found = system.altinn("GET", f"{REQUESTS}/{body['id']}").json()
    assert (found["status"], found["timedOut"]) == ("Timedout", True)
    assert system.ask().status_code == 201
    with pytest.raises(ValueError, match="AUTH-00013"):
        system.sandbox.approve(body["id"])


def test_requests_time_out_by_the_sandboxs_clock(system):
    body = system.ask().json()
    system.sandbox.clock.shift(DAYS_OPEN * DAY - 60)
    assert system.sandbox.requests_at_altinn()[0].status == "New"
    system.sandbox.clock.shift(120)
    assert system.sandbox.requests_at_altinn()[0].status == "Timedout"
    system.sandbox.clock.offset = 0
    assert system.status(body["id"]) == "New"


def test_a_pending_request_may_be_refused(system):
    system.ask()
    system.sandbox.options.update({"pending_request": "refused"})
    assert code_of(system.ask()) == "AUTH-00007"


def test_an_accepted_request_without_its_user(system):
    body = system.ask().json()
    user = system.sandbox.approve(body["id"])
    user.revoked = True
    assert code_of(system.ask()) == "AUTH-00006"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"systemId": "315587336_odoo"}, "AUTH-00011"),
        ({"partyOrgNo": "315587336"}, "AUTH-00000"),
        ({"redirectUrl": f"{RETURN}/"}, "AUTH-00021"),
        ({"redirectUrl": "https://other.example.invalid/"}, "AUTH-00021"),
        ({"rights": None}, "AUTH-00001"),
        ({"rights": []}, "AUTH-00059"),
        ({"rights": [], "accessPackages": []}, "AUTH-00059"),
        ({"rights": rights("nav_sykepenger_dialog")}, "AUTH-00001"),
        ({"rights": rights(SICK_NOTES, kind="urn:altinn:app")}, "AUTH-00001"),
        ({"accessPackages": packages("urn:altinn:accesspackage:x")}, "AUTH-00052"),
        ({"accessPackages": packages("urn:altinn:accesspackage:lonn")}, "AUTH-00063"),
        ({"accessPackages": packages(CLIENT_PACKAGE)}, "AUTH-00064"),
    ],
)
def test_refusals_of_a_request(system, changes, code):
    system.replace(accessPackages=packages(SICK_PACKAGE, CLIENT_PACKAGE))
    assert code_of(system.ask(**changes)) == code
    assert system.sandbox.requests_at_altinn() == []


@pytest.mark.parametrize("changes", [{"systemId": None}, {"partyOrgNo": None}, {"rights": "all"}])
def test_bodies_of_another_form(system, changes):
    response = system.ask(**changes)
    assert response.status_code == 400 and "code" not in response.json()


def test_a_system_without_redirect_addresses(system):
    system.replace(allowedRedirectUrls=[])
    assert code_of(system.ask()) == "AUTH-00026"
    made = system.ask(redirectUrl="")
    assert (made.status_code, made.json()["redirectUrl"]) == (201, None)


def test_deleted_units_and_systems(system):
    closed, open_unit = system.sandbox.units[:2]
    system.sandbox.delete_organisation(closed)
    assert code_of(system.ask(partyOrgNo=closed)) == "AUTH-00000"
    body = system.ask(partyOrgNo=open_unit).json()
    system.altinn("DELETE", f"{SYSTEMS}/{system.system_id}")
    assert code_of(system.altinn("GET", f"{REQUESTS}/{body['id']}")) == "AUTH-00011"
    assert code_of(system.ask()) == "AUTH-00011"
    with pytest.raises(ValueError, match="AUTH-00011"):
        system.sandbox.approve(body["id"])


def test_the_order_of_the_checks(system):
    made = system.ask().json()
    wrong = {"redirectUrl": "https://x.invalid/", "rights": []}
    assert system.ask(**wrong).status_code == 200
    system.sandbox.approve(made["id"])
    assert code_of(system.ask(**wrong)) == "AUTH-00004"
    assert code_of(system.ask(**wrong, partyOrgNo="315587336")) == "AUTH-00000"
    assert code_of(system.ask(**wrong, externalRef="x")) == "AUTH-00021"
    assert code_of(system.ask(rights=[], externalRef="x")) == "AUTH-00059"


def test_another_vendor_sees_nothing(system):
    body = system.ask().json()
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    other.register()
    reference = f"{system.system_id}/{system.owner}/{system.owner}"
    for method, path in (
        ("GET", f"{REQUESTS}/{body['id']}"),
        ("DELETE", f"{REQUESTS}/{body['id']}"),
        ("GET", f"{REQUESTS}/byexternalref/{reference}"),
        ("GET", f"{REQUESTS}/bysystem/{system.system_id}"),
    ):
        assert code_of(other.altinn(method, path)) == "AUTH-00011"
    listed = other.altinn("GET", f"{USERS}/bysystem/{system.system_id}", REGISTER)
    assert code_of(listed) == "AUTH-00011"
    assert code_of(other.ask(systemId=system.system_id, externalRef="x")) == "AUTH-00011"
    system.sandbox.approve(body["id"])
    other.system_id = system.system_id
    assert other.find_user().status_code == 404


def test_scopes(system):
    made = system.ask().json()
    assert system.altinn("GET", f"{REQUESTS}/{made['id']}", WRITE).status_code == 403
    assert system.altinn("DELETE", f"{REQUESTS}/{made['id']}", READ).status_code == 403
    assert system.altinn("POST", REQUESTS, READ, json={}, checked=False).status_code == 403
    query = {"system-id": system.system_id, "orgno": system.owner}
    assert system.altinn("GET", f"{USERS}/byquery", READ, params=query).status_code == 403
    query.pop("orgno")
    response = system.altinn("GET", f"{USERS}/byquery", WRITE, params=query, checked=False)
    assert response.status_code == 400


def test_who_may_decide(system):
    made = system.ask().json()
    for person, code in (
        ("employee", "AUTH-00066"),
        ("limited", "AUTH-00016"),
        ("outsider", "AUTH-00041"),
    ):
        with pytest.raises(ValueError, match=code):
            system.sandbox.approve(made["id"], person)
    with pytest.raises(ValueError, match="AUTH-00066"):
        system.sandbox.reject(made["id"], "employee")
    with pytest.raises(ValueError, match="AUTH-00041"):
        system.sandbox.escalate(made["id"], "outsider")
    system.sandbox.escalate(made["id"])
    found = system.altinn("GET", f"{REQUESTS}/{made['id']}").json()
    assert (found["status"], found["escalated"]) == ("New", True)
    system.sandbox.reject(made["id"], "limited")
    assert system.status(made["id"]) == "Rejected"


def test_rights_that_the_system_has_lost_cannot_be_approved(system):
    made = system.ask().json()
    system.altinn("PUT", f"{SYSTEMS}/{system.system_id}/rights", json=rights(APPLICATIONS))
    with pytest.raises(ValueError, match="AUTH-00001"):
        system.sandbox.approve(made["id"])
