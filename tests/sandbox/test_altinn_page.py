"""Altinn's pages for people, by HTTP as a browser without scripts would use them."""

import re

import pytest
import requests

from .altinn_support import APPLICATIONS, RETURN, Browser, Vendor, rights
from .support import TIMEOUT


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def made(system):
    """A pending request, as Altinn answered it."""
    return system.ask(integrationTitle="Lønn & <fravær>").json()


def test_an_access_manager_approves_and_is_sent_back(system, made, browser):
    text = browser.login(made["confirmUrl"])
    assert "<title>Local test Altinn</title>" in text
    unit = system.sandbox.state.organisations.get(system.owner)
    for shown in (unit.name, system.owner, system.system_id, "Sick notes (sykmeldinger)"):
        assert shown in text
    assert browser.buttons == ["approve", "reject"]
    assert browser.press("approve") == RETURN
    assert system.status(made["id"]) == "Accepted"
    assert [user.title for user in system.sandbox.system_users()] == ["Lønn & <fravær>"]
    # Logged out: the next page asks again who it is, and there is nothing left to do.
    assert "approved already" in browser.open(made["confirmUrl"])
    assert "Log in" in browser.open(system.sandbox.overview_url(system.owner))


def test_rejected(system, made, browser):
    browser.login(made["confirmUrl"])
    assert browser.press("reject") == RETURN
    assert system.status(made["id"]) == "Rejected"
    assert "has been rejected" in browser.open(made["confirmUrl"])
    assert browser.response.status_code == 200


def test_without_a_return_address_there_is_a_closing_page(system, browser):
    made = system.ask(redirectUrl=None).json()
    browser.login(made["confirmUrl"])
    assert "Approved. You are logged out" in browser.press("approve")


def test_an_employee_sends_it_to_the_access_managers(system, made, browser):
    text = browser.login(made["confirmUrl"], "employee")
    assert "Only an access manager" in text and browser.buttons == ["escalate"]
    # A form that the page does not have is refused all the same.
    assert "AUTH-00066" in browser.press("approve")
    assert system.status(made["id"]) == "New"
    assert "access managers" in browser.press("escalate")
    assert system.sandbox.requests_at_altinn()[0].escalated is True
    text = Browser().login(made["confirmUrl"])
    assert "A colleague sent this" in text
    manager = Browser()
    text = manager.login(system.sandbox.overview_url(system.owner))
    assert "Waiting for an answer" in text and "sent to the access managers" in text
    assert "Lønn &amp; &lt;fravær&gt;" in text
    manager.open(made["confirmUrl"])
    assert manager.press("approve") == RETURN


def test_an_access_manager_without_the_rights(system, made, browser):
    assert "cannot give them on" in browser.login(made["confirmUrl"], "limited")
    assert browser.buttons == ["reject", "escalate"]
    assert "AUTH-00016" in browser.press("approve")
    assert browser.press("reject") == RETURN
    assert system.status(made["id"]) == "Rejected"


def test_an_outsider_sees_nothing(system, made, browser):
    text = browser.login(made["confirmUrl"], "outsider")
    assert "do not act for this organisation" in text
    assert browser.buttons == [] and system.system_id not in text


def test_logging_out_and_in_as_another(made, browser):
    browser.login(made["confirmUrl"], "employee")
    assert 'id="person-access_manager"' in browser.press("logout")
    assert "Approve" in browser.press("login", person="access_manager")


@pytest.mark.parametrize(
    ("ending", "status", "text"),
    [("deny", 200, "has been denied"), ("time_out", 200, "too old")],
)
def test_what_is_over_says_so(system, made, browser, ending, status, text):
    browser.login(made["confirmUrl"])
    getattr(system.sandbox, ending)(made["id"])
    assert text in browser.press("approve")
    assert browser.response.status_code == status
    assert system.sandbox.system_users() == []


def test_unknown_and_deleted_requests(system, made, browser):
    browser.login(made["confirmUrl"])
    system.altinn("DELETE", f"/authentication/api/v1/systemuser/request/vendor/{made['id']}")
    assert "no such request" in browser.press("approve")
    assert browser.response.status_code == 404
    base = made["confirmUrl"].split("?")[0]
    for url in (f"{base}?id=x", base, made["confirmUrl"].replace("/request?", "/changerequest?")):
        assert "no such request" in browser.open(url)
        assert browser.response.status_code == 404
    overview = system.sandbox.overview_url("315587336")
    assert "no such organisation" in browser.open(overview)


def test_a_form_of_another_site_gets_nowhere(system, made, browser):
    browser.login(made["confirmUrl"])
    for secret in ("", "guessed", "blåbær"):
        data = {"csrf": secret, "action": "approve"}
        response = browser._session.post(made["confirmUrl"], data, timeout=TIMEOUT)
        assert response.status_code == 403
    cookie = browser.response.headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    stranger = requests.post(made["confirmUrl"], {"action": "approve"}, timeout=TIMEOUT)
    assert stranger.status_code == 403
    assert system.status(made["id"]) == "New"


def test_a_login_is_for_one_organisation(system, made, browser):
    browser.login(made["confirmUrl"])
    other = system.ask(partyOrgNo=system.sandbox.units[0], externalRef="x").json()
    assert 'id="person-employee"' in browser.open(other["confirmUrl"])
    assert 'id="person-employee"' in browser.press("approve")
    assert system.status(other["id"]) == "New"


def test_two_people_at_once_make_one_system_user(system, made, browser):
    other = Browser()
    browser.login(made["confirmUrl"])
    other.login(made["confirmUrl"])
    assert browser.press("approve") == RETURN
    assert "approved already" in other.press("reject")
    assert system.status(made["id"]) == "Accepted"
    assert len(system.sandbox.system_users()) == 1


def test_a_change_is_approved_on_its_page(system, made, browser):
    user = system.sandbox.approve(made["id"])
    change = system.ask_change(
        user.id, requiredRights=rights(APPLICATIONS), unwantedRights=rights("nav_sykepenger_dialog")
    ).json()
    text = browser.login(change["confirmUrl"])
    assert "Change of a system user" in text and "Applications for sickness benefit" in text
    assert "Rights to be taken away" in text
    assert "Approved" in browser.press("approve")
    assert APPLICATIONS in user.resources


def test_a_refusal_of_altinn_is_shown(system, made, browser):
    browser.login(made["confirmUrl"])
    system.replace(rights=rights(APPLICATIONS))
    assert "AUTH-00001" in browser.press("approve")
    assert browser.buttons == ["approve", "reject"]


def test_system_users_are_removed_on_their_page(system, made, browser):
    user = system.sandbox.approve(made["id"])
    url = system.sandbox.overview_url(system.owner)
    text = browser.login(url)
    assert system.system_id in text and "Waiting" not in text
    assert "No system users" in browser.press("remove", system_user=user.id)
    assert system.sandbox.system_users() == []
    employee = Browser()
    assert "Only an access manager" in employee.login(url, "employee")
    again = system.sandbox.approve(system.ask().json()["id"])
    employee.press("remove", system_user=again.id)
    stranger = Browser()
    stranger.login(system.sandbox.overview_url(system.sandbox.units[0]))
    stranger.press("remove", system_user=again.id)
    assert system.sandbox.system_users() == [again]


def test_people_have_the_same_names_each_time(system, made):
    names = [
        re.findall(r'id="person-\w+"[^>]*> ([^<]+) <', Browser().open(made["confirmUrl"]))
        for _ in range(2)
    ]
    assert names[0] == names[1] and len(set(names[0])) == 4


def test_pages_are_not_the_apis_faults(system, made, browser):
    system.sandbox.faults.add("server_error", "altinn", times=None)
    browser.login(made["confirmUrl"])
    assert browser.press("approve") == RETURN
    system.sandbox.faults.clear()
    system.sandbox.faults.add("server_error", "altinn_page.request")
    other = Vendor(system.sandbox, "vendor-2", system.sandbox.units[0])
    other.register()
    assert "Log in" not in browser.open(other.ask().json()["confirmUrl"])
    assert browser.response.status_code == 503
