"""What HR, an employee, the manager and a colleague do with sick notes from day to day."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from .employer import HR_GROUPS, Employer, monday

GRADED, COLLEAGUE, WITHOUT_NUMBER, BY_HAND, BROKEN, MANAGER = range(6)
WEEK = timedelta(days=7)
PAGES = (
    "time-off",
    "my-time-off",
    "time-off-approval",
    "time-off-approval?view_type=list",
    "time-off-approval?view_type=calendar",
    "action-hr_holidays.action_hr_holidays_dashboard",
    "action-hr_holidays.open_view_holiday_status",
    "action-nav_altinn_connector.nav_sick_note_action",
    "action-nav_altinn_connector.nav_sick_note_action_to_settle",
    "action-nav_altinn_connector.nav_connection_action",
    "action-nav_altinn_connector.nav_connection_action?view_type=kanban",
    "action-nav_altinn_connector.nav_maskinporten_client_action",
)


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """A connected employer, whose notes of this week have been fetched."""
    employer = Employer(odoo, sandbox)
    people = [person["name"] for person in sandbox.employees]
    employer.name_company()
    employer.add_people(sandbox.employees)
    employer.change_employee(people[WITHOUT_NUMBER], identification_id=False)
    employer.add_user("Solveig Lyngmo", "hr", *HR_GROUPS)
    for login, number in (("employee", GRADED), ("colleague", COLLEAGUE), ("manager", MANAGER)):
        employer.add_user(people[number], login, employee=people[number])
    manager = odoo.read("res.users", [("login", "=", "manager")], "id")[0]["id"]
    employer.change_employee(people[GRADED], leave_manager_id=manager)
    employer.connect()
    by_hand = employer.add_leave_type("Self-certified", is_sick_leave=True)
    employer.add_leave(people[BY_HAND], by_hand, monday(), monday() + timedelta(days=2))
    # Beside the leave from NAV, to see that its buttons are there where they should be.
    vacation = employer.add_leave_type("Vacation", leave_validation_type="manager")
    employer.add_leave(people[GRADED], vacation, monday() + 6 * WEEK, monday() + 7 * WEEK)
    _add_notes(sandbox)
    employer.fetch()
    return employer


def _add_notes(sandbox):
    two_weeks = {"fom": monday(), "tom": monday() + timedelta(days=11)}
    for number in (GRADED, WITHOUT_NUMBER, BY_HAND):
        period = {**two_weeks, "kind": "graded", "degree": 60}
        sandbox.add_note(fnr=sandbox.employees[number]["fnr"], periods=[period])
    later = {"fom": monday() + 3 * WEEK, "tom": monday() + 4 * WEEK}
    period = {**later, "kind": "graded", "degree": 40}
    sandbox.add_note(fnr=sandbox.employees[GRADED]["fnr"], periods=[period])
    backwards = {"fom": monday() + WEEK, "tom": monday(), "kind": "full"}
    sandbox.add_note(fnr=sandbox.employees[BROKEN]["fnr"], periods=[backwards])


@pytest.fixture
def name(sandbox):
    """Give a function from a person's number to the name."""
    return lambda number: sandbox.employees[number]["name"]


def test_hr_settles_a_note_without_employee(sign_in, employer, sandbox, name):
    hr = sign_in("hr")
    hr.open("time-off")
    hr.menu("NAV", "To Settle")
    expect(hr.row(name(WITHOUT_NUMBER))).to_contain_text("No employee has this identity number")
    hr.open_row(name(WITHOUT_NUMBER))
    expect(hr.page.locator(".alert-warning")).to_contain_text("enter the number on the right")
    number = hr.field("identity_number").inner_text()
    assert number == sandbox.employees[WITHOUT_NUMBER]["fnr"]
    hr.open(f"employees/{employer.employees[name(WITHOUT_NUMBER)]}")
    hr.tab("Personal")
    # People write the number with a space; that is no other number.
    hr.fill("identification_id", f"{number[:6]} {number[6:]}")
    hr.save()
    expect(hr.page.locator("button[name=action_open_nav_notes]")).to_contain_text("1")
    hr.open_by(hr.page.locator("button[name=action_open_nav_notes]"))
    expect(hr.row(name(WITHOUT_NUMBER))).to_contain_text("Applied")
    hr.open("action-nav_altinn_connector.nav_sick_note_action_to_settle")
    expect(hr.row(name(BROKEN))).to_have_count(1)
    expect(hr.row(name(WITHOUT_NUMBER))).to_have_count(0)


def test_hr_tries_a_failed_note_again(sign_in, employer, sandbox, name):
    hr = sign_in("hr")
    hr.open("action-nav_altinn_connector.nav_sick_note_action_to_settle")
    expect(hr.row(name(BROKEN))).to_contain_text("period 1 ends before it begins")
    hr.open_row(name(BROKEN))
    expect(hr.page.locator(".alert-danger")).to_contain_text("NAV's note cannot be used")
    hr.run("Try Again")
    hr.status("Failed")
    _correct(sandbox, sandbox.employees[BROKEN]["fnr"])
    hr.run("Try Again")
    hr.status("Applied")
    expect(hr.page.locator(".alert-danger")).to_be_hidden()
    expect(hr.page.locator("button[name=action_open_leaves]")).to_contain_text("1")


def _correct(sandbox, fnr):
    """Have NAV answer with a note that can be used, under the same id."""
    broken = next(note for note in sandbox.state.notes if note.fnr == fnr)
    raw = broken.raw
    raw["sykmeldingPerioder"][0]["tom"] = (monday() + 2 * WEEK).isoformat()
    with sandbox.state.lock:
        sandbox.state.notes.remove(broken)
        sandbox.add_raw_note(raw)


def test_hr_reads_the_note_as_nav_has_it(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open("action-nav_altinn_connector.nav_sick_note_action")
    hr.open_row(name(WITHOUT_NUMBER))
    with hr.page.context.expect_event(
        "response", lambda answer: "/document" in answer.url
    ) as found:
        hr.press("Show the Note")
    answer = found.value
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert hr.page.request.get(answer.url).body().startswith(b"%PDF")
    colleague = sign_in("colleague")
    assert colleague.page.request.get(answer.url).status == 404


def test_hr_withdraws_a_note_and_brings_back_what_it_replaced(sign_in, employer, name):
    hr = sign_in("hr")
    hr.open("action-nav_altinn_connector.nav_sick_note_action")
    hr.open_row(name(BY_HAND))
    hr.tab("Replaced Time Off")
    expect(hr.rows()).to_contain_text("Cancelled")
    hr.press("Withdraw")
    dialog = hr.dialog("The time off of the sick note is cancelled")
    expect(dialog.locator(".o_field_widget[name=restore] input")).to_be_checked()
    hr.run("Withdraw")
    hr.status("Withdrawn")
    hr.open("time-off-approval?view_type=list")
    hr.remove_filters()
    leaves = hr.row(name(BY_HAND))
    expect(leaves.filter(has_text="Self-certified")).to_contain_text("Approved")
    expect(leaves.filter(has_text="60 %, NAV")).to_contain_text("Cancelled")


def test_the_employee_sees_the_leave_and_cannot_change_it(sign_in, employer):
    employee = sign_in("employee")
    employee.open("my-time-off")
    assert "NAV" not in employee.menus()
    expect(employee.row("60 %, NAV")).to_contain_text("Sick Leave")
    employee.open_row("60 %, NAV")
    form = employee.page.locator(".o_form_view")
    expect(form).to_contain_text("60 % of the working time")
    expect(form).to_contain_text("This sick leave comes from a sick note that NAV sent.")
    for field in ("absence_degree", "request_date_from", "holiday_status_id", "name"):
        expect(employee.field(field)).to_have_class(re.compile("o_readonly_modifier"))
        expect(employee.field(field).locator("input, textarea")).to_have_count(0)
    _assert_no_button(employee)
    # Odoo lets people cancel what lies ahead of them, such as the vacation.
    employee.open("my-time-off")
    employee.open_row("40 %, NAV")
    _assert_no_button(employee)
    employee.open("my-time-off")
    employee.open_row("Vacation")
    expect(employee.button("Cancel")).to_be_visible()


def _assert_no_button(client):
    client.status("Approved")
    for label in ("Approve", "Validate", "Refuse", "Cancel", "Back to Approval"):
        expect(client.button(label)).to_have_count(0)


def test_the_manager_sees_the_leave_and_cannot_refuse_it(sign_in, employer, name):
    manager = sign_in("manager")
    manager.open("time-off-approval?view_type=list")
    manager.remove_filters()
    refuse = manager.page.get_by_role("button", name="Refuse")
    leaves = manager.row(name(GRADED))
    expect(leaves.filter(has_text="Vacation").filter(has=refuse)).to_have_count(1)
    expect(leaves.filter(has_text="60 %, NAV")).to_have_count(1)
    expect(leaves.filter(has_text="NAV").filter(has=refuse)).to_have_count(0)
    manager.open_row("60 %, NAV")
    expect(manager.page.locator(".o_form_view")).to_contain_text("60 % of the working time")
    expect(manager.field("absence_degree").locator("input")).to_have_count(0)
    _assert_no_button(manager)


def test_a_colleague_sees_only_absence(sign_in, employer, name):
    colleague = sign_in("colleague")
    colleague.open("action-hr_holidays.action_hr_holidays_dashboard")
    colleague.remove_filters()
    event = colleague.page.locator(".fc-event").filter(has_text=name(GRADED)).first
    expect(event).to_be_visible()
    for word in ("Sick", "60 %", "NAV"):
        expect(colleague.page.locator(".o_action")).not_to_contain_text(word)
    menus = colleague.menus()
    assert not {"NAV", "Management"} & set(menus), menus


@pytest.mark.parametrize("login", ["admin", "hr"])
def test_no_page_has_an_error_below_the_surface(sign_in, employer, login):
    client = sign_in(login)
    pages = [page for page in PAGES if login == "admin" or _for_hr(page)]
    for page in pages:
        client.open(page)
        client.wait_for_content()
    forms = {"nav_connection_action": employer.connection}
    if login == "admin":
        forms["nav_maskinporten_client_action"] = employer.client
    for action, record in forms.items():
        client.open(f"action-nav_altinn_connector.{action}/{record}")
        client.wait_for_content()


def _for_hr(page):
    return "maskinporten" not in page and "holiday_status" not in page
