"""Altinn's change requests: other rights for a system user, approved again."""

import uuid

import pytest

from .altinn_support import (
    APPLICATIONS,
    CHANGES,
    READ,
    RETURN,
    SICK_NOTES,
    SICK_PACKAGE,
    WRITE,
    Vendor,
    code_of,
    packages,
    rights,
)


@pytest.fixture
def user(system):
    """An approved system user with the right to sick notes."""
    return system.sandbox.approve(system.ask().json()["id"])


def test_a_change_is_made_and_approved(system, user):
    key = str(uuid.uuid4())
    body = {
        "requiredRights": rights(APPLICATIONS),
        "unwantedRights": rights(SICK_NOTES),
        "requiredAccessPackages": packages(SICK_PACKAGE),
        "redirectUrl": RETURN,
    }
    made = system.ask_change(user.id, key, **body)
    assert (made.status_code, made.json()["id"], made.json()["status"]) == (201, key, "New")
    assert "/changerequest?id=" in made.json()["confirmUrl"]
    again = system.ask_change(user.id, key, **body)
    assert (again.status_code, again.json()) == (200, made.json())
    system.sandbox.options.update({"pending_request": "refused"})
    assert code_of(system.ask_change(user.id, key, **body)) == "AUTH-00007"
    assert user.resources == [SICK_NOTES]
    assert system.sandbox.approve(key) is user
    assert (user.resources, user.packages) == ([APPLICATIONS], [SICK_PACKAGE])
    assert system.altinn("GET", f"{CHANGES}/{key}").json()["status"] == "Accepted"
    assert code_of(system.ask_change(user.id, key, **body)) == "AUTH-00061"


def test_the_system_user_may_be_named_by_its_references(system, user):
    query = {
        "correlation-id": str(uuid.uuid4()),
        "system-id": system.system_id,
        "orgno": system.owner,
        "external-ref": system.owner,
    }
    body = {"requiredRights": rights(APPLICATIONS)}
    made = system.altinn("POST", CHANGES, params=query, json=body)
    assert (made.status_code, made.json()["systemUserId"]) == (201, user.id)
    references = f"{system.system_id}/{system.owner}/{system.owner}"
    found = system.altinn("GET", f"{CHANGES}/byexternalref/{references}").json()
    listed = system.altinn("GET", f"{CHANGES}/bysystem/{system.system_id}").json()["data"]
    assert found == made.json() == listed[0]
    del query["orgno"]
    assert system.altinn("POST", CHANGES, params=query, json=body).status_code == 400


def test_a_rejected_change_leaves_the_rights(system, user):
    made = system.ask_change(user.id, requiredRights=rights(APPLICATIONS)).json()
    system.sandbox.reject(made["id"])
    assert system.altinn("GET", f"{CHANGES}/{made['id']}").json()["status"] == "Rejected"
    assert user.resources == [SICK_NOTES]
    assert system.altinn("DELETE", f"{CHANGES}/{made['id']}").status_code == 202
    assert code_of(system.altinn("GET", f"{CHANGES}/{made['id']}")) == "AUTH-00010"


def test_no_change_is_needed(system, user):
    empty = system.ask_change(user.id, requiredRights=[])
    assert (empty.status_code, empty.json()["status"]) == (200, "NoChangeNeeded")
    there = {"requiredRights": rights(SICK_NOTES), "unwantedRights": rights(APPLICATIONS)}
    assert system.ask_change(user.id, **there).status_code == 201
    system.sandbox.options.update({"detect_no_change": True})
    found = system.ask_change(user.id, **there)
    assert (found.status_code, found.json()["status"]) == (200, "NoChangeNeeded")
    assert len(system.sandbox.requests_at_altinn()) == 2


def test_verify_makes_nothing(system, user):
    def verify(**body):
        path = f"{CHANGES}/verify?system-user-id={user.id}"
        return system.altinn("POST", path, json=body).json()["status"]

    assert verify(requiredRights=rights(APPLICATIONS)) == "New"
    assert verify(unwantedRights=rights(SICK_NOTES)) == "New"
    assert verify(requiredRights=rights(SICK_NOTES)) == "NoChangeNeeded"
    assert len(system.sandbox.requests_at_altinn()) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"requiredRights": rights("nav_sykepenger_dialog")}, "AUTH-00001"),
        ({"requiredAccessPackages": packages("urn:altinn:accesspackage:lonn")}, "AUTH-00063"),
        (
            {"requiredRights": rights(APPLICATIONS), "redirectUrl": "https://x.invalid/"},
            "AUTH-00021",
        ),
    ],
)
def test_refusals_of_a_change(system, user, body, code):
    assert code_of(system.ask_change(user.id, **body)) == code


def test_only_the_vendors_own_system_users(system, user):
    change = {"requiredRights": rights(APPLICATIONS)}
    assert code_of(system.ask_change(str(uuid.uuid4()), **change)) == "AUTH-00015"
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    assert code_of(other.ask_change(user.id, **change)) == "AUTH-00015"
    system.sandbox.revoke(system.owner)
    assert code_of(system.ask_change(user.id, **change)) == "AUTH-00015"


def test_a_change_for_a_user_that_is_gone_cannot_be_approved(system, user):
    made = system.ask_change(user.id, requiredRights=rights(APPLICATIONS)).json()
    system.sandbox.revoke(system.owner)
    with pytest.raises(ValueError, match="AUTH-00015"):
        system.sandbox.approve(made["id"])


def test_ids_and_scopes(system, user):
    change = {"requiredRights": rights(APPLICATIONS)}
    made = system.ask_change(user.id, **change).json()
    path = f"{CHANGES}/{made['id']}"
    assert system.altinn("GET", path, WRITE).status_code == 403
    assert system.altinn("DELETE", path, READ).status_code == 403
    query = {"system-user-id": user.id}
    response = system.altinn("POST", CHANGES, params=query, json=change, checked=False)
    assert response.status_code == 400
    # A request's id is no change request's, and the other way round.
    request_id = system.sandbox.requests_at_altinn()[0].id
    assert code_of(system.altinn("GET", f"{CHANGES}/{request_id}")) == "AUTH-00010"
    assert code_of(system.ask_change(user.id, request_id, **change)) == "AUTH-00061"
