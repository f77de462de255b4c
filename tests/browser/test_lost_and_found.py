"""Every reason for which a sick note waits, mended by a person of HR who only reads the screen."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sandbox.server import SandboxServer

from .employer import HR_GROUPS, Employer, monday

(NOBODY, TWICE, WRONG, ARCHIVED, OUTSIDE, ELSEWHERE, BROKEN, CORRECTED, STRANGER, PAPER, GONE) = (
    range(11)
)
PAID = (11, 12)
WEEK = timedelta(days=7)
LOCKED = (monday(), monday() + timedelta(days=2))
QUEUE = "action-nav_altinn_connector.nav_sick_note_action_to_settle"
NOTES = "action-nav_altinn_connector.nav_sick_note_action"


@pytest.fixture(scope="module")
def sandbox():
    with SandboxServer(employees=13, notes=0, seed=23, units=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """A connected employer, with a note for each reason."""
    employer = Employer(odoo, sandbox)
    people = sandbox.employees
    employer.name_company()
    employer.add_people([person for number, person in enumerate(people) if number != STRANGER])
    for number in PAID:
        employer.hire(people[number]["name"], monday() - 4 * WEEK)
        employer.set_work_entries(people[number]["name"], *LOCKED, "validated")
    employer.add_user("Solveig Lyngmo", "hr", *HR_GROUPS, "nav_altinn_connector.group_nav_admin")
    employer.connect()
    employer.change_employee(people[NOBODY]["name"], identification_id=False)
    employer.add_people([{**people[TWICE], "name": f"{people[TWICE]['name']} (temporary)"}])
    employer.change_employee(people[WRONG]["name"], identification_id=False)
    included = list(employer.departments.values())
    kitchen = odoo.create("hr.department", name="Kitchen")
    employer.change_employee(people[OUTSIDE]["name"], department_id=kitchen)
    employer.change_employee(people[ARCHIVED]["name"], active=False)
    audience = {"audience": "departments", "department_ids": [(6, 0, included)]}
    odoo.call("nav.connection", "write", [employer.connection], audience)
    _untick_one(employer)
    _add_notes(sandbox, employer)
    employer.fetch()
    return employer


def _untick_one(employer):
    """One of the two sub-units is not fetched: that of the note that comes from elsewhere."""
    person = employer.sandbox.employees[ELSEWHERE]
    domain = [("connection_id", "=", employer.connection), ("org_number", "=", person["orgnr"])]
    [unit] = employer.odoo.read("nav.connection.unit", domain, "id")
    employer.odoo.call("nav.connection.unit", "write", [unit["id"]], {"selected": False})


def _add_notes(sandbox, employer):
    people = sandbox.employees
    other = next(one["orgnr"] for one in people if one["orgnr"] != people[ELSEWHERE]["orgnr"])
    for number, person in enumerate(people):
        if number in (CORRECTED, PAPER):
            continue
        raw = _raw(sandbox, person, 0, 11)
        if number != ELSEWHERE:
            raw["arbeidsgiver"]["orgnr"] = other
        if number == WRONG:
            raw["sykmeldt"]["fnr"] = _not_valid(raw["sykmeldt"]["fnr"])
        if number == BROKEN:
            raw["sykmeldingPerioder"][0]["tom"] = (monday() - WEEK).isoformat()
        sandbox.add_raw_note(raw, orgnr=other)
    for last in (25, 4):
        raw = _raw(sandbox, people[CORRECTED], 0, last)
        raw["arbeidsgiver"]["orgnr"] = other
        sandbox.add_raw_note(raw, orgnr=other)


def _raw(sandbox, person, first, last):
    """A note in NAV's form, taken out of the sandbox again to be put where it is wanted."""
    period = {
        "fom": monday() + timedelta(days=first),
        "tom": monday() + timedelta(days=last),
        "kind": "full",
    }
    made = sandbox.add_note(fnr=person["fnr"], periods=[period])
    [stored] = [one for one in sandbox.state.notes if one.loepenr == made["loepenr"]]
    with sandbox.state.lock:
        sandbox.state.notes.remove(stored)
    return stored.raw


def _not_valid(fnr):
    return fnr[:-1] + str((int(fnr[-1]) + 1) % 10)


@pytest.fixture
def name(sandbox):
    """Give a function from a person's number to the name."""
    return lambda number: sandbox.employees[number]["name"]


def press_on(hr, text, label):
    """Press a button on the row of the queue that holds this text."""
    hr.row(text).get_by_role("button", name=label).click()


def gone(hr, text):
    """The row has left the queue."""
    expect(hr.page.locator(".o_dialog")).to_have_count(0)
    expect(hr.row(text)).to_have_count(0)


def test_whose_note_it_is(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open("time-off")
    hr.menu("NAV", "To Settle")
    groups = hr.page.locator(".o_group_header")
    expect(groups.filter(has_text="Nobody has the identity number (2)")).to_have_count(1)
    # Nobody has the number: Odoo suggests who has the name.
    press_on(hr, name(NOBODY), "Choose Employee")
    dialog = hr.dialog("Odoo suggests")
    expect(dialog.locator(".o_data_row")).to_contain_text("Same name")
    expect(dialog.locator(".o_data_row")).to_contain_text("The number is written on the employee")
    hr.press("Register the Sick Notes")
    gone(hr, name(NOBODY))
    # Two have it: one of them is chosen.
    press_on(hr, name(TWICE), "Choose Employee")
    cell = hr.dialog("Odoo suggests").locator(".o_data_cell[name=employee_id]")
    cell.click()
    hr.choose("employee_id", f"{name(TWICE)} (temporary)")
    hr.field("note_count").click()
    expect(hr.dialog("Odoo suggests")).to_contain_text(f"removed from {name(TWICE)}")
    hr.press("Register the Sick Notes")
    gone(hr, name(TWICE))
    # NAV's number is wrong: only this note is registered.
    press_on(hr, name(WRONG), "Choose Employee")
    expect(hr.dialog("Odoo suggests")).to_contain_text("Only these sick notes")
    hr.press("Register the Sick Notes")
    gone(hr, name(WRONG))


def test_who_is_included(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open(QUEUE)
    press_on(hr, name(ARCHIVED), "Unarchive")
    expect(hr.dialog("are archived")).to_contain_text(name(ARCHIVED))
    hr.press("Unarchive")
    gone(hr, name(ARCHIVED))
    press_on(hr, name(OUTSIDE), "Include")
    expect(hr.dialog("chosen departments only")).to_contain_text("Kitchen")
    hr.press("Include")
    gone(hr, name(OUTSIDE))
    press_on(hr, name(ELSEWHERE), "Include")
    hr.dialog("a sub-unit that is not ticked")
    hr.press("Include")
    gone(hr, name(ELSEWHERE))


def test_days_that_payroll_has_locked(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open(QUEUE)
    groups = hr.page.locator(".o_group_header")
    expect(groups.filter(has_text="Payroll has locked the days (2)")).to_have_count(1)
    opened, kept = (name(number) for number in PAID)
    hr.open_row(opened)
    alert = hr.page.locator(".alert-warning:visible")
    first, last = (day.strftime("%m/%d/%Y") for day in LOCKED)
    expect(alert).to_contain_text(f"{first} to {last}: locked by payroll")
    expect(alert).to_contain_text("No other time off is registered there. Ask payroll to open")
    # What payroll has there, a month at a time: a lock on each day.
    hr.open_by(hr.page.get_by_role("button", name="Work Entries"))
    expect(hr.page.locator(".fc-event .fa-lock").first).to_be_visible()
    # As long as payroll has opened nothing, trying again helps nobody.
    queue = hr.page.get_by_role("link", name="Sick Notes to Settle")
    hr.open_by(queue)
    _settle_both(hr, opened, kept)
    hr.notification("Sick notes that are still to be settled: 2")
    employer.set_work_entries(opened, *LOCKED, "draft")
    hr.open_row(opened)
    expect(alert).to_contain_text("Payroll has opened these days again: press Try Again")
    hr.run("Try Again")
    expect(alert).to_have_count(0)
    # The other one's pay is corrected by payroll, without opening the days.
    hr.open_by(queue)
    gone(hr, opened)
    press_on(hr, kept, "Settled with Payroll")
    gone(hr, kept)


def _settle_both(hr, *names):
    """Tick the rows of these people, and press what stands above the list."""
    for text in names:
        hr.row(text).locator(".o_list_record_selector").click()
    hr.page.get_by_role("button", name="Settle", exact=True).click()


def test_corrected_broken_and_ignored(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open(QUEUE)
    press_on(hr, name(CORRECTED), "Corrected?")
    hr.dialog("ends earlier than this one")
    hr.press("Withdraw the Older")
    gone(hr, name(CORRECTED))
    # Nobody can use this note: it is entered as it should be.
    press_on(hr, name(BROKEN), "Enter by Hand")
    hr.dialog("on paper")
    expect(hr.field("employee_id").locator("input")).to_have_value(name(BROKEN))
    _period(hr, monday(), monday() + WEEK)
    hr.open_by(hr.button("Register"))
    hr.status("Applied")
    expect(hr.page.locator(".o_form_view")).to_contain_text("HR has entered")
    # The person has never worked here.
    hr.open(QUEUE)
    press_on(hr, name(STRANGER), "Ignore")
    hr.dialog("No time off is registered")
    hr.page.get_by_label("The person has never worked here").check()
    hr.press("Ignore")
    expect(hr.page.locator(".o_nocontent_help")).to_contain_text("Nothing to settle")
    hr.open(NOTES)
    hr.open_row(name(STRANGER))
    expect(hr.page.locator(".o_form_view")).to_contain_text("The person has never worked here")
    hr.run("Take Up Again")
    hr.status("Waiting")


def _period(hr, first, last):
    """Add a period to the note that is being entered."""
    hr.page.get_by_text("Add a line").click()
    row = hr.page.locator(".o_dialog .o_selected_row")
    for field, day in (("date_from", first), ("date_to", last)):
        box = row.locator(f"[name={field}] input")
        box.fill(day.strftime("%m/%d/%Y"))
        box.press("Tab")


def test_a_note_on_paper_and_the_comparison_with_nav(sign_in, employer, sandbox, name):
    hr = sign_in("hr")
    hr.open("time-off")
    hr.page.locator(".o_menu_sections").get_by_text("NAV", exact=True).click()
    hr.page.locator(".o-dropdown--menu").get_by_text("Enter a Sick Note", exact=True).click()
    hr.dialog("on paper")
    hr.choose("employee_id", name(PAPER))
    _period(hr, monday(), monday() + WEEK)
    hr.open_by(hr.button("Register"))
    hr.status("Applied")
    expect(hr.page.locator("button[name=action_open_leaves]")).to_contain_text("1")
    # NAV forgets one note, and has another that Odoo does not have.
    [lost] = [one for one in sandbox.state.notes if one.fnr == sandbox.employees[GONE]["fnr"]]
    with sandbox.state.lock:
        sandbox.state.notes.remove(lost)
    raw = _raw(sandbox, sandbox.employees[NOBODY], 21, 25)
    raw["arbeidsgiver"]["orgnr"] = lost.orgnr
    sandbox.add_raw_note(raw, orgnr=lost.orgnr)
    hr.menu("NAV", "Compare with NAV")
    hr.new()
    hr.run("Compare")
    rows = hr.field("line_ids").locator(".o_data_row")
    expect(rows.filter(has_text=name(GONE))).to_contain_text("Not at NAV any more")
    expect(rows.filter(has_text="Missing in Odoo")).to_contain_text(name(NOBODY))
    rows.filter(has_text=name(GONE)).get_by_role("button", name="Mend It").click()
    expect(rows.filter(has_text=name(GONE))).to_contain_text("Mended")
    hr.press("Mend All")
    hr.dialog("Missing sick notes are fetched")
    hr.press("Ok")
    expect(rows.filter(has_text="Missing in Odoo")).to_contain_text("Mended")
    hr.open(NOTES)
    expect(hr.row(name(GONE))).to_contain_text("Withdrawn")
