"""The pictures of the follow-up: cases in different stages, and one plan on its way."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from sandbox.server import SandboxServer

from .browser.connecting import CONNECTIONS
from .browser.employer import HR_GROUPS, Employer
from .browser.following import CASES, confirm_by_link, days, fill_in_plan, open_case
from .browser.odoo_server import running_odoo
from .browser.photographer import Photographer
from .browser.web_client import WebClient

MANAGER, FEATURED = 8, 1
ADDRESS = "at.home@example.com"
REPORT = "nav_altinn_connector.nav_followup_plan_report_template"
# Whose sick leave it is, and its notes: first and last day from today, degree (0 for full).
SPELLS = {
    0: ((-5, 9, 0),),
    FEATURED: ((-44, -24, 0), (-23, 12, 60)),
    2: ((-24, 3, 0),),
    3: ((-90, -60, 0), (-59, -30, 80), (-29, 20, 40)),
    4: ((-60, -30, 50),),
    5: ((-190, -150, 0), (-149, 10, 50)),
    6: ((-13, 4, 50),),
}
# What has been done in time, so that not everything is late.
DONE = {
    FEATURED: ("Employer period ends",),
    2: ("Employer period ends",),
    3: ("Follow-up plan", "Dialogue meeting held by the employer"),
    5: (
        "Follow-up plan",
        "Dialogue meeting held by the employer",
        "Updated follow-up plan to NAV",
    ),
}


def take_all(browser: Browser, folder: Path) -> None:
    """Take the pictures of the follow-up."""
    with (
        running_odoo() as odoo,
        SandboxServer(employees=9, notes=0, seed=11, units=2) as sandbox,
    ):
        employer = Employer(odoo, sandbox)
        _people(employer)
        _sick_leave(employer)
        manager = WebClient(browser, odoo.url, "manager")
        Followed(manager, employer, folder).take_all()
        manager.close()
        admin = WebClient(browser, odoo.url, "admin")
        Settings(admin, employer, folder).take_all()
        admin.close()
        hr = WebClient(browser, odoo.url, "hr")
        Rights(hr, employer, folder).take_all()
        hr.close()


def _people(employer: Employer) -> None:
    people = employer.sandbox.employees
    names = [person["name"] for person in people]
    employer.name_company()
    employer.add_people(people, job_title="Nurse")
    employer.add_user("Solveig Lyngmo", "hr", *HR_GROUPS)
    employer.add_user(names[MANAGER], "manager", employee=names[MANAGER])
    for name in names[:MANAGER]:
        employer.change_employee(name, parent_id=employer.employees[names[MANAGER]])
    employer.change_employee(names[FEATURED], private_email=ADDRESS)
    employer.change_employee(
        names[MANAGER], work_phone="00 00 00 00", work_email="manager@example.com"
    )
    employer.connect()


def _sick_leave(employer: Employer) -> None:
    sandbox, odoo = employer.sandbox, employer.odoo
    for person, notes in SPELLS.items():
        for first, last, degree in notes:
            kind = {"kind": "graded", "degree": degree} if degree else {"kind": "full"}
            sandbox.add_note(
                fnr=sandbox.employees[person]["fnr"],
                periods=[{"fom": days(first), "tom": days(last), **kind}],
                sick_leave_from=days(notes[0][0]),
                received=min(days(first), sandbox.clock.today),
                measures="A desk that can be raised and lowered.",
                message="Avoid heavy lifting, and vary the tasks.",
            )
    employer.follow_up()
    odoo.run_cron("fetch_sick_notes")
    for person, milestones in DONE.items():
        domain = [("employee_id.name", "=", sandbox.employees[person]["name"])]
        for one in odoo.read("nav.followup.milestone", domain, "name", "id"):
            if one["name"] in milestones:
                odoo.call("nav.followup.milestone", "action_done", [one["id"]])


class Followed(Photographer):
    """The manager's way with one sick leave."""

    def take_all(self) -> None:
        """Write a plan, have it confirmed, send it, and take pictures on the way."""
        client, name = self.client, self.employer.sandbox.employees[FEATURED]["name"]
        self._resize(500)
        client.open(CASES)
        self.take("followup-kanban")
        self._resize(900)
        open_case(client, name)
        self._milestone()
        self._entry()
        case = client.page.url
        client.press("New Plan")
        fill_in_plan(client)
        self._resize(1180)
        client.page.locator(".oe_title").scroll_into_view_if_needed()
        self.take("followup-plan")
        self._link()
        self._send()
        client.page.goto(case)
        self._resize(1180)
        self.take("followup-case")

    def _resize(self, height: int) -> None:
        self.client.page.set_viewport_size({"width": 1400, "height": height})

    def _milestone(self) -> None:
        rows = self.client.field("milestone_ids").locator(".o_data_row")
        rows.filter(has_text="Dialogue meeting held by the employer").locator(
            "button[name=action_settle]"
        ).click()
        dialog = self.client.dialog("Invite the employee")
        dialog.get_by_label("Move it to another day").check()
        expect(self.client.field("new_date")).to_be_visible()
        self.take("followup-milestone")
        self.client.press("Cancel")
        expect(dialog).to_have_count(0)

    def _entry(self) -> None:
        self.client.tab("Conversations and Minutes")
        self.client.press("Write Down")
        dialog = self.client.dialog("Conversation or Minutes")
        self.client.fill("participants", "The employee and the manager")
        self.client.press("Save")
        expect(dialog).to_have_count(0)
        expect(self.client.field("entry_ids").locator(".o_data_row")).to_have_count(1)
        self.client.tab("To Do")

    def _link(self) -> None:
        self.client.run("Ask the Employee")
        self.client.notification("A link to the plan was sent")
        context = self.client.page.context.browser.new_context(
            viewport={"width": 900, "height": 900}, locale="en-GB"
        )
        page = context.new_page()
        page.goto(self.employer.link_in_mail(ADDRESS))
        expect(page.locator("#comment")).to_be_visible()
        self.keep(page, "followup-link", full_page=True)
        confirm_by_link(page, "Tuesdays suit me best.")
        context.close()

    def _send(self) -> None:
        client = self.client
        client.page.reload()
        client.settle()
        client.press("Send …")
        dialog = client.dialog("This will be sent")
        client.tick("send_plan_to_nav")
        expect(client.field("receiver_words")).to_have_text("NAV, The general practitioner")
        self._resize(900)
        self.take("followup-send")
        client.run("Send")
        expect(dialog).to_have_count(0)
        client.status("Sent")
        self._document()

    def _document(self) -> None:
        """The document as a browser shows it; as PDF it has the same look."""
        (plan,) = self.employer.odoo.read("nav.followup.plan", [], "id")
        page = self.client.page.context.new_page()
        page.set_viewport_size({"width": 794, "height": 1000})
        page.goto(f"{self.client.url}/report/html/{REPORT}/{plan['id']}")
        expect(page.locator("h1")).to_be_visible()
        page.add_style_tag(content="body { padding: 60px 20px }")
        self.keep(page, "followup-pdf")
        page.close()


class Rights(Photographer):
    """What an employee has the right to get."""

    def take_all(self) -> None:
        """Take the picture of what is stored about one employee."""
        client, employer = self.client, self.employer
        name = employer.sandbox.employees[FEATURED]["name"]
        client.page.set_viewport_size({"width": 1400, "height": 700})
        client.open(f"employees/{employer.employees[name]}")
        client.press("All That Is Stored")
        client.dialog("Download as PDF")
        expect(client.field("found")).to_contain_text("Sick notes: 2")
        self.take("employee-data")
        client.press("Cancel")


class Settings(Photographer):
    """The settings on the connection."""

    def take_all(self) -> None:
        """Take the picture of the connection, down to the settings of the follow-up."""
        self.client.page.set_viewport_size({"width": 1400, "height": 1150})
        self.client.open(f"{CONNECTIONS}/{self.employer.connection}")
        self.take("followup-settings")
