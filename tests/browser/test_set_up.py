"""An administrator connects an employer to NAV, from an empty set-up."""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from .employer import CLIENT_ID, Employer, monday

NAME = "Sick notes of Fjordheim Omsorg"


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """Employees with identity numbers, and nothing else."""
    employer = Employer(odoo, sandbox)
    employer.name_company()
    employer.add_people(sandbox.employees)
    return employer


def test_from_an_empty_set_up_to_graded_leave_in_the_calendar(sign_in, employer, sandbox):
    person = sandbox.employees[0]
    days = {"fom": monday(), "tom": monday() + timedelta(days=11)}
    sandbox.add_note(fnr=person["fnr"], periods=[{**days, "kind": "graded", "degree": 60}])
    admin = sign_in("admin")
    admin.open("time-off")
    register_client(admin, sandbox)
    make_leave_type(admin, "Sick Leave")
    connect(admin, sandbox)
    assert_graded_leave_is_found(admin, person["name"])


def register_client(admin, sandbox):
    """Fill in the client, make its key, and register the key as Digdir's self-service would."""
    admin.menu("NAV", "Maskinporten Clients")
    admin.new()
    admin.fill("name", "Odoo at Digdir")
    admin.choose("environment", "Own addresses")
    admin.fill("client_id", CLIENT_ID)
    admin.fill("owner_org_number", sandbox.main_unit)
    for name in ("maskinporten_url", "sykepenger_url", "enhetsregisteret_url"):
        admin.fill(name, getattr(sandbox, name))
    admin.run("Generate Key")
    shown = json.loads(admin.page.locator(".o_field_text[name=public_jwk]").inner_text())
    assert shown["kty"] == "RSA"
    assert "d" not in shown, "the private half is on the page"
    admin.press("Copy JWK")
    copied = json.loads(admin.clipboard())
    assert copied == shown
    admin.run("Test")
    admin.notification("Maskinporten does not know")
    sandbox.allow(CLIENT_ID, copied, sandbox.main_unit)
    admin.run("Test")
    admin.notification("Maskinporten gave a token")
    expect(admin.page.locator(".alert-success")).to_contain_text("The client and its key work")


def make_leave_type(admin, name):
    """Make a time off type for graded sick leave."""
    admin.menu("Configuration", "Time Off Types")
    admin.new()
    admin.fill("name", name)
    admin.field("requires_allocation").locator("input[type=checkbox]").uncheck()
    admin.tick("is_sick_leave")
    admin.tick("allow_graded")
    admin.save()


def connect(admin, sandbox):
    """Fill in the connection, look up its sub-units, activate it, and fetch."""
    admin.menu("NAV", "Connections")
    admin.new()
    admin.fill("name", NAME)
    admin.fill("org_number", sandbox.main_unit)
    admin.choose("maskinporten_client_id", "Odoo at Digdir")
    admin.choose("leave_type_id", "Sick Leave")
    admin.run("Look Up Sub-units")
    units = admin.page.locator(".o_field_widget[name=unit_ids] .o_data_row")
    expect(units).to_have_count(len(sandbox.units))
    admin.run("Activate")
    admin.status("Active")
    admin.run("Fetch Now")
    admin.notification("New sick notes: 1.")
    expect(units.filter(has_text="Granted")).to_have_count(len(sandbox.units))
    expect(admin.page.locator("button[name=action_open_notes]")).to_contain_text("1")


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
    admin.open_row("Not Ready")
    admin.run("Activate")
    refusal = admin.dialog("The time off type Whole Days Only does not allow graded absence.")
    expect(refusal).to_contain_text("Tick Allow Graded Absence on the type")
    admin.press("Close")
    admin.status("Draft")


def test_a_wrong_organisation_number_is_refused(sign_in, employer, odoo, sandbox):
    odoo.create("nav.maskinporten.client", name="Some Client", environment="test")
    employer.add_leave_type("Any Leave")
    admin = sign_in("admin")
    admin.open("action-nav_altinn_connector.nav_connection_action")
    admin.new()
    admin.fill("name", "Mistyped")
    admin.fill("org_number", "123 456 789")
    admin.choose("maskinporten_client_id", "Some Client")
    admin.choose("leave_type_id", "Any Leave")
    admin.page.locator(".o_form_button_save").click()
    admin.dialog("123456789 is not a valid organisation number.")
