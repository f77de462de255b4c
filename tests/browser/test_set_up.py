"""An administrator connects an employer to NAV, from an empty set-up."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from .connecting import (
    CLIENTS,
    altinn_window,
    at_step,
    begin_guide,
    choose_leave_type,
    choose_organisation,
    confirm_and_date,
    fill_in_client,
    make_key,
)
from .employer import CLIENT_ID, Employer, monday


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """Employees with identity numbers, and nothing else."""
    employer = Employer(odoo, sandbox)
    employer.name_company()
    employer.add_people(sandbox.employees)
    # The guide does not ask for the hours of fetching, and this is run at any hour.
    for name, hour in (("fetch_hour_from", 0), ("fetch_hour_to", 24)):
        odoo.call("ir.default", "set", "nav.connection", name, hour)
    return employer


def test_from_an_empty_set_up_to_graded_leave_in_the_calendar(sign_in, employer, odoo, sandbox):
    person = sandbox.employees[0]
    days = {"fom": monday(), "tom": monday() + timedelta(days=11)}
    sandbox.add_note(fnr=person["fnr"], periods=[{**days, "kind": "graded", "degree": 60}])
    admin = sign_in("admin")
    admin.open("time-off")
    set_up_client(admin, sandbox)
    begin_guide(admin)
    choose_organisation(admin, sandbox.main_unit, units=2)
    choose_leave_type(admin, "Sick Time Off")
    confirm_and_date(admin)
    approve(admin)
    odoo.run_cron("fetch_sick_notes")
    assert_connection_works(admin)
    assert_graded_leave_is_found(admin, person["name"])


def set_up_client(admin, sandbox):
    """Fill in the client, make its key, register the key as in Digdir's self-service, and the
    system in Altinn."""
    fill_in_client(admin, sandbox)
    jwk = make_key(admin)
    admin.run("Test")
    admin.notification("Maskinporten does not know")
    sandbox.register_client(CLIENT_ID, sandbox.main_unit, jwk)
    admin.run("Test")
    admin.notification("Maskinporten gave a token")
    expect(admin.page.locator(".alert-success")).to_contain_text("The client and its key work")
    admin.run("Register System")
    admin.notification("The system is registered in Altinn.")
    system = admin.page.locator("div[name=part_system]")
    expect(system).to_contain_text("Registered")
    expect(system.locator("table")).to_contain_text("nav_sykepenger_sykmelding")


def approve(admin):
    """Approve in Altinn's window and come back; the first window sees it without being touched."""
    with altinn_window(admin, "Ask for Approval in Altinn") as altinn:
        expect(admin.field("approval_words")).to_contain_text("Altinn waits for an access manager")
        altinn.approve()
        altinn.returned("is connected to NAV")
        at_step(admin, "Check")
        check = admin.page.locator("div[name=check]")
        expect(check).to_contain_text("Connected")
        lines = check.locator(".o_data_row")
        # The token, each of two sub-units, Enhetsregisteret, the follow-up plans.
        expect(lines).to_have_count(5)
        expect(lines.locator("[name=tick]").filter(has_text="✓")).to_have_count(5)
        with altinn.page.expect_navigation():
            altinn.page.get_by_role("link", name="Continue in Odoo").click()
        expect(altinn.page.locator(".o_form_view")).to_contain_text("Sick notes of Fjordheim")


def assert_connection_works(admin):
    """Leave the guide; the connection says what has been fetched."""
    admin.open_by(admin.button("Open the Connection"))
    admin.status("Active")
    expect(admin.page.locator("button[name=action_open_notes]")).to_contain_text("1")
    units = admin.field("unit_ids").locator(".o_data_row")
    expect(units.filter(has_text="Granted")).to_have_count(2)


def assert_graded_leave_is_found(admin, name):
    """Find the leave as HR would: in the list of all time off, in the calendar, on its form."""
    admin.menu("Management", "Time Off")
    admin.remove_filters()
    admin.page.locator(".o_switch_view.o_list").click()
    expect(admin.row(name)).to_contain_text("60 %, NAV")
    expect(admin.row(name)).to_contain_text("Approved")
    expect(admin.row(name)).to_contain_text("6 days")
    admin.page.locator(".o_switch_view.o_calendar").click()
    event = admin.page.locator(".fc-event").filter(has_text=name).first
    expect(event).to_contain_text("60 %, NAV")
    admin.page.locator(".o_switch_view.o_list").click()
    admin.open_row(name)
    form = admin.page.locator(".o_form_view")
    expect(form).to_contain_text("This sick leave comes from a sick note that NAV sent.")
    expect(form).to_contain_text("60 % of the working time")
    admin.status("Approved")
    admin.open_by(form.locator(".alert-info .o_form_uri"))
    admin.status("Applied")


def test_a_time_off_type_for_grades_is_made_by_hand(sign_in, employer, odoo):
    admin = sign_in("admin")
    admin.open("action-hr_holidays.open_view_holiday_status")
    admin.new()
    admin.fill("name", "Sick Leave by Hand")
    admin.field("requires_allocation").locator("input[type=checkbox]").uncheck()
    admin.tick("is_sick_leave")
    admin.tick("allow_graded")
    admin.save()
    domain = [("name", "=", "Sick Leave by Hand")]
    made = odoo.read("hr.leave.type", domain, "is_sick_leave", "allow_graded")
    assert [(one["is_sick_leave"], one["allow_graded"]) for one in made] == [(True, True)]


def test_activation_says_what_is_missing(sign_in, employer, odoo, sandbox):
    whole_days = employer.add_leave_type("Whole Days Only")
    client = odoo.create("nav.maskinporten.client", name="Not Set Up Yet", environment="test")
    odoo.create(
        "nav.connection",
        name="Not Ready",
        maskinporten_client_id=client,
        org_number=sandbox.main_unit,
        leave_type_id=whole_days,
    )
    admin = sign_in("admin")
    admin.open("action-nav_altinn_connector.nav_connection_action")
    admin.page.locator(".o_switch_view.o_list").click()
    admin.open_row("Not Ready")
    admin.run("Activate")
    refusal = admin.dialog("The time off type Whole Days Only does not allow graded absence.")
    expect(refusal).to_contain_text("Tick Allow Graded Absence on the type")
    admin.dismiss()
    admin.status("Draft")


def test_a_wrong_organisation_number_is_refused(sign_in, employer, odoo):
    odoo.create("nav.maskinporten.client", name="Some Client", environment="test")
    admin = sign_in("admin")
    admin.open("time-off")
    begin_guide(admin, "Mistyped", client="Some Client")
    admin.fill("org_number", "123 456 789")
    admin.press("Look Up")
    admin.dialog("123456789 is not a valid organisation number.")
    admin.dismiss()
    at_step(admin, "Organisation")


def test_a_client_says_what_is_left_to_do(sign_in, employer, odoo):
    odoo.create("nav.maskinporten.client", name="Begun", environment="test")
    admin = sign_in("admin")
    admin.open(CLIENTS)
    admin.open_row("Begun")
    for part in ("part_client", "part_key", "part_system"):
        expect(admin.page.locator(f"div[name={part}] .fa-arrow-right:visible")).to_have_count(1)
        expect(admin.page.locator(f"div[name={part}] h3 .fa-check-circle:visible")).to_have_count(0)
