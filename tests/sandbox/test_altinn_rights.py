"""What an approval is good for: tokens, NAV's answers, delays, removal, and keys at Digdir."""

import pytest

from sandbox.state import ALL_SCOPES

from .altinn_support import (
    APPLICATIONS,
    REGISTER,
    REQUESTS,
    SICK_NOTES,
    SICK_PACKAGE,
    SYSTEMS,
    USERS,
    Vendor,
    code_of,
    packages,
    rights,
)
from .support import make_key, public_jwk

FOLLOWUP = "nav:oppfolgingsplan/lps.write"


def approved(vendor, **changes):
    return vendor.sandbox.approve(vendor.ask(**changes).json()["id"])


def access(vendor, token, unit=None):
    """Return NAV's answer to a fetch: its code, or ok."""
    response = vendor.fetch(unit or vendor.sandbox.units[0], token=token)
    return "ok" if response.ok else response.json()["feilkode"]


def test_no_token_before_the_approval(system):
    assert "MP-303" in system.user_token().text
    made = system.ask().json()
    assert "MP-303" in system.user_token().text
    system.sandbox.approve(made["id"])
    token = system.user_token().json()["access_token"]
    assert access(system, token) == "ok"


def test_the_reference_is_needed_when_there_is_one(system):
    approved(system, externalRef="customer-42")
    assert "MP-303" in system.user_token().text
    assert system.user_token(reference="customer-42").ok


def test_rights_without_sick_notes(system):
    approved(system, rights=rights(APPLICATIONS))
    token = system.user_token().json()["access_token"]
    assert access(system, token) == "IKKE_TILGANG_TIL_RESSURS"


def test_a_package_gives_its_resources(system):
    approved(system, rights=None, accessPackages=packages(SICK_PACKAGE))
    assert access(system, system.user_token().json()["access_token"]) == "ok"


def test_units_without_rights(system):
    first, second = system.sandbox.units[:2]
    system.sandbox.approve(system.ask().json()["id"], units=[first])
    token = system.user_token().json()["access_token"]
    assert access(system, token, first) == "ok"
    assert access(system, token, second) == "IKKE_TILGANG_TIL_RESSURS"
    system.sandbox.set_rights(system.owner, units="all")
    assert access(system, token, second) == "ok"
    system.sandbox.set_rights(system.owner, resources=[APPLICATIONS])
    assert access(system, token, first) == "IKKE_TILGANG_TIL_RESSURS"
    with pytest.raises(ValueError, match="units"):
        system.sandbox.set_rights(system.owner, units="some")


def test_rights_that_come_late_at_maskinporten(system):
    system.sandbox.options.update({"rights_delay_maskinporten": 300})
    approved(system)
    assert "MP-303" in system.user_token().text
    assert system.find_user().status_code == 200
    system.sandbox.options.update({"rights_delay_maskinporten": 0})
    assert system.user_token().ok


def test_rights_that_come_late_at_nav(system):
    system.sandbox.options.update({"rights_delay_nav": 300})
    user = approved(system)
    token = system.user_token().json()["access_token"]
    assert access(system, token) == "IKKE_TILGANG_TIL_RESSURS"
    system.sandbox.clock.shift(301)
    assert system.sandbox.state.may_read(user.id, SICK_NOTES, system.sandbox.units[0])


def test_only_new_rights_are_late(system):
    user = approved(system, rights=rights(APPLICATIONS))
    system.sandbox.clock.shift(1000)
    system.sandbox.options.update({"rights_delay_nav": 300, "rights_delay_maskinporten": 300})
    system.sandbox.clock.offset = 0
    user.approved_at -= 1000
    user.since[APPLICATIONS] -= 1000
    change = system.ask_change(user.id, requiredRights=rights(SICK_NOTES)).json()
    system.sandbox.approve(change["id"])
    unit = system.sandbox.units[0]
    assert system.user_token().ok
    assert not system.sandbox.state.may_read(user.id, SICK_NOTES, unit)
    assert system.sandbox.state.may_read(user.id, APPLICATIONS, unit)


def test_what_was_allowed_beforehand_is_never_late(sandbox):
    sandbox.options.update({"rights_delay_nav": 300, "rights_delay_maskinporten": 300})
    vendor = Vendor(sandbox)
    sandbox.allow(vendor.client_id, public_jwk(vendor.key), vendor.owner)
    assert access(vendor, vendor.user_token().json()["access_token"]) == "ok"


def test_a_removed_system_user_is_gone_everywhere(system):
    made = system.ask().json()
    user = system.sandbox.approve(made["id"])
    token = system.user_token().json()["access_token"]
    assert system.sandbox.revoke(system.owner) == 1
    assert system.sandbox.revoke(system.owner) == 0
    assert "MP-303" in system.user_token().text
    assert access(system, token) == "IKKE_TILGANG_TIL_RESSURS"
    assert system.find_user().status_code == 404
    listed = f"{USERS}/bysystem/{system.system_id}"
    assert system.altinn("GET", listed, REGISTER).json()["data"] == []
    assert code_of(system.altinn("GET", f"{REQUESTS}/{made['id']}")) == "AUTH-00010"
    system.sandbox.options.update({"removed_system_users": "shown"})
    assert system.find_user().json()["isDeleted"] is True
    assert system.altinn("GET", listed, REGISTER).json()["data"][0]["id"] == user.id
    # The way back is a new request, which makes another system user.
    again = approved(system)
    assert again.id != user.id and system.find_user().json()["id"] == again.id
    assert access(system, token) == "IKKE_TILGANG_TIL_RESSURS"
    assert access(system, system.user_token().json()["access_token"]) == "ok"


def test_a_system_without_the_client_gives_no_token(system):
    approved(system)
    system.replace(clientId=["another"])
    assert "MP-303" in system.user_token().text
    system.replace()
    assert system.user_token().ok
    system.altinn("DELETE", f"{SYSTEMS}/{system.system_id}")
    assert "MP-303" in system.user_token().text


def test_allow_goes_with_the_register(vendor):
    sandbox = vendor.sandbox
    jwk = public_jwk(vendor.key)
    user = sandbox.allow(
        vendor.client_id,
        jwk,
        vendor.owner,
        resources=[SICK_NOTES, APPLICATIONS],
        redirect_urls=["http://127.0.0.1/x"],
        system_id=vendor.system_id,
    )
    body = vendor.altinn("GET", f"{SYSTEMS}/{vendor.system_id}").json()
    assert body["rights"] == rights(SICK_NOTES, APPLICATIONS)
    assert body["clientId"] == [vendor.client_id]
    assert body["allowedRedirectUrls"] == ["http://127.0.0.1/x"]
    assert vendor.find_user().json()["id"] == user.id
    assert code_of(vendor.ask(redirectUrl=None)) == "AUTH-00004"
    # Once more: the client stays in its system.
    assert sandbox.allow(vendor.client_id, jwk, vendor.owner).system_id == vendor.system_id
    with pytest.raises(ValueError, match="belongs to the system"):
        sandbox.allow(vendor.client_id, jwk, vendor.owner, system_id=f"{vendor.owner}_other")


def test_keys_are_added_and_removed(vendor):
    sandbox, old = vendor.sandbox, vendor.key
    new = make_key("key-2")
    client = sandbox.register_client(vendor.client_id, vendor.owner, [public_jwk(new)])
    assert (sorted(client.keys), client.scopes) == (["key-1", "key-2"], list(ALL_SCOPES))
    for key in (old, new):
        assert vendor.ask_token(key=key, scope=FOLLOWUP, authorization_details=None).ok
    sandbox.remove_key(vendor.client_id, "key-1")
    refused = vendor.ask_token(key=old, scope=FOLLOWUP, authorization_details=None)
    assert "MP-124" in refused.text
    sandbox.register_client(vendor.client_id, vendor.owner, scopes=[REGISTER])
    refused = vendor.ask_token(key=new, scope=FOLLOWUP, authorization_details=None)
    assert "MP-200" in refused.text
    with pytest.raises(ValueError, match="belongs to"):
        sandbox.register_client(vendor.client_id, sandbox.units[0])


def test_a_scope_is_delegated_and_taken_back(vendor):
    customer = vendor.sandbox.units[0]

    def ask():
        return vendor.ask_token(scope=FOLLOWUP, authorization_details=None, consumer_org=customer)

    assert "MP-251" in ask().text
    vendor.sandbox.delegate(customer, vendor.owner, FOLLOWUP)
    assert ask().ok
    vendor.sandbox.undelegate(customer, vendor.owner, FOLLOWUP)
    assert "MP-251" in ask().text
