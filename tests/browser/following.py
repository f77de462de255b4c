"""What people do in the follow-up of a sick leave, on Odoo's screens."""

from __future__ import annotations

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from .web_client import WebClient

CASES = "action-nav_altinn_connector.nav_sick_case_action"
ANSWERS = {
    "typical_workday": "Rounds with medicine, lifting, and reports. Shifts of eight hours.",
    "tasks_that_can_still_be_done": "Reports, planning of the week, and calls with relatives.",
    "tasks_that_can_not_be_done": "Lifting, and shifts at night.",
    "previous_facilitation": "None yet.",
    "planned_facilitation": "Four hours a day until Christmas, at a desk that can be raised.",
    "follow_up": "We talk every Monday; the manager calls.",
}


def days(number: int) -> date:
    """The day so many days from today."""
    return date.today() + timedelta(days=number)


def open_case(client: WebClient, name: str) -> None:
    """Open an employee's follow-up from the list or the cards that are shown."""
    record = client.page.locator(".o_kanban_record, .o_data_row").filter(has_text=name).first
    client.open_by(record.get_by_text(name).first)
    client.wait_for_content()


def fill_in_plan(client: WebClient) -> None:
    """Fill in the plan's form."""
    for field, text in ANSWERS.items():
        client.fill(field, text)
    client.fill("evaluation_date", days(21).strftime("%m/%d/%Y"))


def confirm_by_link(page: Page, comment: str) -> None:
    """The employee comments and confirms, on the page that the link has opened."""
    page.locator("#comment").fill(comment)
    page.get_by_role("button", name="Confirm the Plan").click()
    expect(page.get_by_role("status")).to_contain_text("You have confirmed the plan")
