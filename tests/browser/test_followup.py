"""The follow-up of a sick leave: what the manager, the employee and HR see and do."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from .employer import HR_GROUPS, Employer
from .following import ANSWERS, CASES, confirm_by_link, days, fill_in_plan, open_case

SICK, WITH_USER, COLLEAGUE, MANAGER, NARROW = range(5)
MY_PLANS = "action-nav_altinn_connector.nav_followup_plan_action_mine"
ADDRESS = "at.home@example.com"
# The follow-up plan is asked for a week before four weeks have gone, and is not late yet.
BEGUN = 23
HR_PAGES = (
    CASES,
    f"{CASES}?view_type=list",
    f"{CASES}?view_type=calendar",
    "action-nav_altinn_connector.nav_followup_plan_action",
    "action-nav_altinn_connector.nav_followup_milestone_template_action",
    "action-nav_altinn_connector.nav_retention_log_action",
)


@pytest.fixture(scope="module")
def employer(odoo, sandbox):
    """A connected employer with a manager of no further rights."""
    employer = Employer(odoo, sandbox)
    people = [person["name"] for person in sandbox.employees]
    employer.name_company()
    employer.add_people(sandbox.employees, job_title="Nurse")
    employer.add_user("Solveig Lyngmo", "hr", *HR_GROUPS)
    for login, number in (("employee", WITH_USER), ("colleague", COLLEAGUE), ("manager", MANAGER)):
        employer.add_user(people[number], login, employee=people[number])
    for number in (SICK, WITH_USER, NARROW):
        employer.change_employee(people[number], parent_id=employer.employees[people[MANAGER]])
    employer.change_employee(people[SICK], private_email=ADDRESS)
    employer.change_employee(
        people[MANAGER], work_phone="00 00 00 00", work_email="manager@example.com"
    )
    employer.connect()
    return employer


@pytest.fixture
def fall_ill(employer, sandbox):
    """Give a function that lets a note arrive and be followed up; returns the person's name."""

    def fall_ill(number, first=-BEGUN, last=3, **period):
        person = sandbox.employees[number]
        periods = [{"fom": days(first), "tom": days(last), "kind": "full", **period}]
        sandbox.add_note(
            fnr=person["fnr"],
            periods=periods,
            sick_leave_from=days(-BEGUN),
            measures="A desk that can be raised.",
        )
        employer.follow_up()
        return person["name"]

    return fall_ill


@pytest.fixture
def visitor(browser):
    """A page on a telephone of somebody who is not logged in; no console error may come."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda note: note.type == "error" and errors.append(note.text))
    yield page
    context.close()
    assert not errors


def test_a_sick_leave_is_followed_up(sign_in, employer, sandbox, fall_ill, visitor):
    """From the note to the plan at NAV and the doctor, and on when the note is extended."""
    sandbox.options.update({"gp_status": False})
    name = fall_ill(SICK)
    manager = sign_in("manager")
    _open_by_activity(manager, name)
    case = _case_id(manager)
    expect(_milestone(manager, "Follow-up plan")).to_contain_text("To Do")
    _write_plan(manager)
    _confirm_by_link(employer.link_in_mail(ADDRESS), visitor)
    _send(manager, name)
    _settle_status(manager, employer, sandbox)
    _look_at_document(manager, sign_in)
    _extend(manager, employer, fall_ill, case)


def _open_by_activity(manager, name):
    manager.open("time-off")
    assert "NAV" not in manager.menus()
    manager.page.get_by_role("button", name="Activities").click()
    group = manager.page.locator(".o-mail-ActivityGroup")
    manager.open_by(group.filter(has_text="Follow-up of Sick Leave"))
    open_case(manager, name)
    activity = manager.page.locator(".o-mail-Activity").filter(has_text="Follow-up plan")
    expect(activity).to_contain_text("Make a follow-up plan together with the employee")


def _case_id(client):
    return int(re.search(r"/(\d+)$", client.page.url)[1])


def _milestone(client, name):
    rows = client.field("milestone_ids").locator(".o_data_row")
    return rows.filter(has=client.page.get_by_text(name, exact=True))


def _write_plan(manager):
    manager.press("New Plan")
    advice = manager.field("advice")
    expect(advice).to_contain_text("A desk that can be raised.")
    expect(manager.field("contact_person_full_name").locator("input")).not_to_have_value("")
    expect(manager.field("typical_workday").locator("textarea")).to_have_value("Works as: Nurse.")
    # What is not filled in yet is shown where it stands, and nothing is lost.
    manager.run("Check and Mark as Ready")
    expect(manager.field("problem_words")).to_contain_text(
        "Which ordinary tasks can still be done?"
    )
    fill_in_plan(manager)
    manager.run("Ask the Employee")
    manager.notification("A link to the plan was sent to a***@example.com.")
    expect(manager.field("shared_at")).to_be_visible()


def _confirm_by_link(link, visitor):
    visitor.goto(link)
    main = visitor.locator("main")
    for text in ("Your manager asks you to read", *ANSWERS.values()):
        expect(main).to_contain_text(text)
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390
    confirm_by_link(visitor, "Tuesdays suit me best.")
    visitor.goto("about:blank")
    visitor.goto(link)
    expect(main).to_contain_text("You have confirmed this plan.")
    expect(visitor.get_by_role("button", name="Confirm the Plan")).to_have_count(0)


def _send(manager, name):
    manager.page.reload()
    manager.settle()
    expect(manager.field("employee_comment")).to_have_text("Tuesdays suit me best.")
    expect(manager.field("employee_confirmed_at")).to_be_visible()
    manager.press("Send …")
    dialog = manager.dialog("This will be sent")
    expect(manager.field("send_plan_to_general_practitioner").locator("input")).to_be_checked()
    expect(manager.field("receiver_words")).to_have_text("The general practitioner")
    manager.tick("send_plan_to_nav")
    expect(manager.field("receiver_words")).to_have_text("NAV, The general practitioner")
    for text in (name, *ANSWERS.values()):
        expect(dialog).to_contain_text(text)
    manager.run("Send")
    expect(dialog).to_have_count(0)
    manager.status("Partly Sent")
    expect(manager.field("error")).to_contain_text("has not reached the general practitioner")
    for field in ("typical_workday", "planned_facilitation"):
        expect(manager.field(field).locator("textarea")).to_have_count(0)


def _settle_status(manager, employer, sandbox):
    (plan,) = sandbox.plans(sandbox.employees[SICK]["fnr"])
    assert plan.body["plannedFacilitation"] == ANSWERS["planned_facilitation"]
    assert plan.body["employeeHasContributedToPlan"] is True
    assert plan.employer == sandbox.main_unit
    expect(manager.field("nav_status")).to_have_text("Sent")
    expect(manager.field("doctor_status")).to_have_text("Not sent")
    sandbox.set_doctor_status(plan.uuid, True)
    manager.run("Ask NAV for the Status")
    manager.status("Sent")
    expect(manager.field("doctor_status")).to_have_text("Sent")
    # Asking is not sending.
    assert len(sandbox.plans()) == 1


def _look_at_document(manager, sign_in):
    if not shutil.which("wkhtmltopdf"):
        return
    attachment = manager.field("document_ids").locator("a[href*='/web/content/']").first
    address = f"{manager.url}{attachment.get_attribute('href')}"
    assert manager.page.request.get(address).body().startswith(b"%PDF")
    refused = sign_in("colleague").page.request.get(address)
    assert not refused.body().startswith(b"%PDF")
    with manager.page.expect_download() as download:
        manager.press("Print")
    assert download.value.path().read_bytes().startswith(b"%PDF")


def _extend(manager, employer, fall_ill, case):
    name = fall_ill(SICK, first=4, last=30, kind="graded", degree=50)
    (kept,) = employer.odoo.read("nav.sick.case", [("employee_id.name", "=", name)], "last_day")
    assert kept == {"id": case, "last_day": days(30).isoformat()}
    manager.open(f"{CASES}/{case}")
    manager.wait_for_content()
    manager.status("Open")
    expect(_milestone(manager, "Follow-up plan")).to_contain_text("Done")
    history = manager.page.locator(".o-mail-Message")
    expect(history.filter(has_text="Follow-up plan 1 was sent to")).to_have_count(1)
    # Done stays done: nothing asks for the plan again.
    activities = manager.page.locator(".o-mail-Activity")
    expect(activities.filter(has_text="together with the employee")).to_have_count(0)
    bars = manager.field("timeline").locator(".o_nav_timeline_bar")
    expect(bars).to_have_text(["100 %", "50 %"])
    manager.tab("Plans")
    expect(manager.field("plan_ids").locator(".o_data_row")).to_have_count(1)


def test_an_employee_with_a_user_answers_in_odoo(sign_in, fall_ill):
    name = fall_ill(WITH_USER)
    employee = sign_in("employee")
    employee.open("time-off")
    assert "Follow-up" not in employee.menus()
    employee.open(MY_PLANS)
    expect(employee.page.locator(".o_nocontent_help")).to_contain_text("no follow-up plan for you")
    manager = sign_in("manager")
    manager.open("time-off")
    manager.menu("Follow-up")
    open_case(manager, name)
    manager.press("New Plan")
    manager.fill("planned_facilitation", "Shorter shifts.")
    manager.run("Ask the Employee")
    manager.notification("was told, and can answer in Odoo")
    employee.menu("My Time", "My Follow-up Plans")
    employee.open_row(name)
    expect(employee.field("advice")).to_have_count(0)
    employee.press("Answer")
    expect(employee.dialog("This is what you confirm")).to_contain_text("Shorter shifts.")
    employee.fill("tasks_that_can_still_be_done", "Telephone.")
    employee.run("Confirm the Plan")
    expect(employee.page.locator(".o_dialog")).to_have_count(0)
    expect(employee.field("employee_confirmed_at")).to_be_visible()
    manager.page.reload()
    manager.settle()
    expect(manager.field("employee_confirmed_at")).to_be_visible()
    told = manager.field("tasks_that_can_still_be_done").locator("textarea")
    expect(told).to_have_value("Telephone.")


def test_a_milestone_is_settled_on_a_narrow_screen(sign_in, fall_ill):
    name = fall_ill(NARROW)
    manager = sign_in("manager")
    manager.page.set_viewport_size({"width": 390, "height": 844})
    manager.open(CASES)
    open_case(manager, name)
    assert manager.page.evaluate("document.documentElement.scrollWidth") <= 390
    milestones = manager.field("milestone_ids").locator(".o_kanban_record")
    plan = milestones.filter(has=manager.page.get_by_text("Follow-up plan", exact=True))
    plan.get_by_role("button", name="Other").click()
    dialog = manager.dialog("Make a follow-up plan together with the employee")
    dialog.get_by_label("Not required").check()
    manager.fill("reason", "Back on Monday")
    manager.run("Save")
    expect(dialog).to_have_count(0)
    expect(plan).to_contain_text("Not Required")
    expect(plan).to_contain_text("Back on Monday")
    expect(plan.get_by_role("button", name="Take Back")).to_be_visible()


def test_a_colleague_finds_nothing(sign_in, fall_ill):
    fall_ill(NARROW)
    colleague = sign_in("colleague")
    colleague.open(CASES)
    expect(colleague.page.locator(".o_nocontent_help")).to_be_visible()
    assert not {"Follow-up", "NAV"} & set(colleague.menus())


def test_no_page_of_the_follow_up_has_an_error(sign_in, employer):
    client = sign_in("hr")
    for page in HR_PAGES:
        client.open(page)
        client.wait_for_content()
    client.open("time-off")
    client.page.locator(".o_menu_sections").get_by_text("NAV", exact=True).click()
    client.page.locator(".o-dropdown--menu").get_by_text("Remove What Is Too Old").click()
    client.dialog("Odoo removes this by itself")
    client.dismiss()
