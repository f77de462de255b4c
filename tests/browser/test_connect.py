"""The approval in Altinn by and through other people, and what happens to it later."""

import random
import re

import pytest
from playwright.sync_api import expect

from sandbox.identity_numbers import draw_org_number

from .connecting import (
    CONNECTIONS,
    AltinnPage,
    altinn_window,
    at_step,
    begin_guide,
    card,
    choose_leave_type,
    choose_organisation,
    confirm_and_date,
    go_on,
    resume_guide,
)
from .employer import Employer, monday

NAV_ADMIN = "nav_altinn_connector.group_nav_admin"
# Enhetsregisteret writes names in capitals.
NORD = re.compile("avd nord", re.IGNORECASE)
NUMBERS = random.Random("organisations of the browser tests")


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """An employer whose client is set up; nothing is connected."""
    employer = Employer(odoo, sandbox)
    employer.name_company()
    employer.add_people(sandbox.employees)
    employer.make_client()
    employer.make_leave_type()
    return employer


@pytest.fixture
def organisation(sandbox, request):
    """The number of an organisation with two sub-units, of this test alone."""
    name = request.node.name.removeprefix("test_").replace("_", " ").title()
    main = draw_org_number(NUMBERS)
    sandbox.add_organisation(main, f"{name} AS", "AS")
    for site in ("Nord", "Sør"):
        sandbox.add_organisation(draw_org_number(NUMBERS), f"{name} avd {site}", "BEDR", main)
    yield main
    sandbox.options.update({"rights_delay_nav": 0, "rights_delay_maskinporten": 0})


@pytest.fixture
def draft(employer, organisation):
    """A connection of it, filled in up to the approval; returns its name."""
    name = f"Sick notes of {organisation}"
    employer.draft(organisation, name)
    return name


@pytest.fixture
def connected(employer, organisation, draft, odoo, sandbox):
    """The same, approved in Altinn and active; returns its id."""
    connection = odoo.read("nav.connection", [("name", "=", draft)], "id")[0]["id"]
    odoo.call("nav.connection", "action_connect", [connection])
    sandbox.approve(sandbox.requests_at_altinn(organisation)[-1].id)
    odoo.call("nav.connection", "action_ask_altinn", [connection])
    return connection


@pytest.fixture
def stranger(browser):
    """A window of a person who has no user in Odoo."""
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def state_of(odoo, name):
    return odoo.read("nav.connection", [("name", "=", name)], "state")[0]["state"]


def test_rejected_then_renewed(sign_in, draft):
    admin = sign_in("admin")
    resume_guide(admin, draft)
    with altinn_window(admin, "Ask for Approval in Altinn") as altinn:
        altinn.reject()
        altinn.returned("The request was rejected in Altinn")
    expect(admin.page.locator("div[name=approval] .alert-danger")).to_contain_text(
        "Agree with the access manager, then ask again"
    )
    with altinn_window(admin, "Ask Again") as altinn:
        altinn.approve()
        altinn.returned("is connected to NAV")
    at_step(admin, "Check")
    expect(admin.page.locator("div[name=check]")).to_contain_text("Connected")


def test_who_may_not_approve_sends_it_to_those_who_may(
    sign_in, draft, organisation, sandbox, stranger
):
    admin = sign_in("admin")
    resume_guide(admin, draft)
    with altinn_window(admin, "Ask for Approval in Altinn") as altinn:
        altinn.escalate("employee")
    # The access manager finds it in Altinn, without a link.
    stranger.goto(sandbox.overview_url(organisation))
    colleague = AltinnPage(stranger)
    colleague.log_in()
    stranger.get_by_role("link", name="Odoo").click()
    expect(stranger.locator("main")).to_contain_text("A colleague sent this")
    colleague.decide("approve")
    colleague.returned("Your answer in Altinn is registered there")
    at_step(admin, "Check")
    expect(admin.page.locator("div[name=check]")).to_contain_text("Connected")


def test_the_link_is_sent_and_another_person_approves_while_nobody_looks(
    sign_in, draft, odoo, stranger
):
    admin = sign_in("admin")
    resume_guide(admin, draft)
    with altinn_window(admin, "Ask for Approval in Altinn"):
        pass
    admin.press("Copy the Link")
    link = admin.clipboard()
    assert link.startswith("http")
    send_link(admin, "daglig.leder@example.com")
    sent = odoo.read("mail.mail", [("email_to", "ilike", "daglig.leder")], "body_html")
    assert len(sent) == 1
    assert f'href="{link}"'.replace("&", "&amp;") in sent[0]["body_html"]
    # Nobody looks at Odoo any more.
    admin.page.goto("about:blank")
    stranger.goto(link)
    leader = AltinnPage(stranger)
    leader.approve()
    leader.returned("Your answer in Altinn is registered there")
    assert draft not in stranger.content(), "a stranger learns which connection it is"
    odoo.let_time_pass()
    odoo.run_cron("poll_altinn")
    admin.open(CONNECTIONS)
    expect(card(admin, draft)).to_contain_text("Active")


def send_link(admin, address):
    """Send the link to Altinn's page by e-mail."""
    admin.press("Send the Link by E-mail")
    admin.dialog("Odoo sees by itself when the request is answered")
    admin.fill("email_to", address)
    admin.run("Send")
    admin.notification(f"The link was sent to {address}.")


def test_rights_that_come_late_are_no_error(sign_in, draft, odoo, sandbox):
    sandbox.options.update({"rights_delay_nav": 3600})
    admin = sign_in("admin")
    resume_guide(admin, draft)
    with altinn_window(admin, "Ask for Approval in Altinn") as altinn:
        altinn.approve()
        altinn.returned("may need some minutes")
    at_step(admin, "Check")
    check = admin.page.locator("div[name=check]")
    expect(check).to_contain_text("Odoo tries again by itself")
    expect(check.locator(".o_nav_approval_watch")).to_contain_text("This page updates by itself.")
    expect(check.locator(".o_data_row").filter(has_text=NORD)).not_to_contain_text("Works")
    expect(admin.page.locator(".o_form_view .alert-danger:visible")).to_have_count(0)
    expect(admin.page.locator(".o_form_view .alert-warning:visible")).to_have_count(0)
    sandbox.options.update({"rights_delay_nav": 0})
    odoo.let_time_pass()
    expect(check).to_contain_text("Connected")
    expect(check.locator(".o_data_row").filter(has_text=NORD)).to_contain_text("Works")
    expect(check.locator(".alert-info").filter(has_text="minutes")).to_be_hidden()


def test_revoked_in_altinn_and_reauthorised_by_one_click(
    sign_in, connected, draft, odoo, organisation, sandbox, stranger
):
    odoo.let_time_pass()
    AltinnPage(stranger).remove_system_user(sandbox.overview_url(organisation))
    odoo.call("nav.connection", "action_fetch_now", [connected])
    admin = sign_in("admin")
    admin.open(CONNECTIONS)
    lost = card(admin, draft)
    expect(lost.locator(".alert-danger")).to_be_visible()
    with admin.page.expect_popup() as opened:
        lost.get_by_role("button", name="Reauthorise").click()
    admin.listen(opened.value)
    altinn = AltinnPage(opened.value)
    altinn.approve()
    altinn.returned("is connected to NAV")
    opened.value.close()
    expect(lost.locator(".o_field_badge[name=state]")).to_contain_text("Active")
    expect(lost.locator(".alert-danger")).to_have_count(0)


def test_the_guide_goes_on_where_it_was_closed(sign_in, employer, organisation):
    admin = sign_in("admin")
    admin.open("time-off")
    name = "Closed in the Middle"
    begin_guide(admin, name)
    admin.fill("org_number", organisation)
    admin.run("Look Up")
    units = admin.field("unit_ids").locator(".o_data_row")
    expect(units).to_have_count(2)
    units.filter(has_text=NORD).locator("input").uncheck()
    go_on(admin, "Time Off Type")
    admin.choose("leave_type_id", "Sick Leave")
    go_on(admin, "Authority")
    admin.open("time-off")
    resume_guide(admin, name)
    at_step(admin, "Authority")
    expect(admin.page.locator("div[name=authority]")).to_contain_text(organisation)
    for step in ("Time Off Type", "Organisation", "Name"):
        admin.run("Back")
        at_step(admin, step)
    expect(admin.field("name").locator("input")).to_have_value(name)
    go_on(admin, "Organisation")
    expect(admin.field("org_number").locator("input")).to_have_value(organisation)
    expect(units.locator("input:checked")).to_have_count(1)
    go_on(admin, "Time Off Type")
    expect(admin.field("leave_type_id").locator("input")).to_have_value("Sick Leave")
    go_on(admin, "Authority")
    admin.press("Continue")
    admin.dialog("Confirm that you may connect the organisation")
    admin.dismiss()
    confirm_and_date(admin)


def test_a_nav_administrator_without_other_rights_runs_the_guide(
    sign_in, employer, odoo, organisation, sandbox
):
    employer.add_user("Ragnhild Myrvang", "nav", NAV_ADMIN)
    employer.add_leave_type("Sick Leave in Whole Days")
    unit = sandbox.state.organisations.sub_units_below(organisation)[0].orgnr
    days = {"fom": monday(), "tom": monday(), "kind": "full"}
    sandbox.add_note(fnr=sandbox.employees[0]["fnr"], orgnr=unit, periods=[days])
    person = sign_in("nav")
    person.open("my-time-off")
    begin_guide(person, "By the NAV Administrator")
    person.run("Back")
    at_step(person, "Name")
    person.field("audience").get_by_text("Chosen employees").click()
    for number in (0, 1):
        person.choose("employee_ids", sandbox.employees[number]["name"])
    go_on(person, "Organisation")
    person.run("Back")
    at_step(person, "Name")
    expect(person.field("employee_ids").locator(".o_tag")).to_have_count(2)
    go_on(person, "Organisation")
    choose_organisation(person, organisation, units=2)
    choose_leave_type(person, "Sick Leave in Whole Days")
    confirm_and_date(person)
    with altinn_window(person, "Ask for Approval in Altinn") as altinn:
        send_link(person, "styreleder@example.com")
        altinn.approve()
        altinn.returned("is connected to NAV")
    at_step(person, "Check")
    expect(person.page.locator("div[name=check]")).to_contain_text("Connected")
    person.open_by(person.button("Open the Connection"))
    with person.reading_late():
        person.run("Fetch Now")
        person.notification("New sick notes: 1.")
        person.tab("Approval in Altinn")
    # The page that is turned while the form reads anew stays turned.
    expect(person.field("request_ids").locator(".o_data_row")).to_contain_text("Approved")
    assert state_of(odoo, "By the NAV Administrator") == "active"
