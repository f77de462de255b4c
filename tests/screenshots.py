"""The pictures in docs/images: an employer with made-up people, as HR and managers see it.

``make screenshots`` runs it in the environment of the project; see :mod:`dev.run`. Another folder
may be named, and after it which of the two sets to take, ``daily`` or ``followup``:
``make screenshots ARGS="/tmp/pictures followup"``.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from sandbox.identity_numbers import draw_org_number
from sandbox.server import SandboxServer

from . import screenshots_followup
from .browser.connecting import (
    CLIENTS,
    CONNECTIONS,
    altinn_window,
    begin_guide,
    confirm_and_date,
    go_on,
)
from .browser.employer import HR_GROUPS, Employer, monday
from .browser.odoo_server import running_odoo
from .browser.photographer import Photographer
from .browser.web_client import WebClient, running_browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
SETS = ("daily", "followup")
PEOPLE, NOTES, SEED = 14, 12, 10
# People of the population to whom something happens that HR has to settle, or see.
NOBODY, TWICE, FEATURED, ON_VACATION, PAID = 3, 5, 1, 2, 4
ARCHIVED, CORRECTED, ON_PAPER, FORGOTTEN = 10, 11, 12, 13
HR_GROUPS_AND_ADMIN = (
    *HR_GROUPS,
    "hr_holidays.group_hr_holidays_manager",
    "nav_altinn_connector.group_nav_admin",
)


def main(arguments: list[str]) -> int:
    """Take the pictures, into the folder that is named; returns 0.

    :param arguments: a folder, and the names of the sets to take when it is not all
    """
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    sets = arguments[1:] or SETS
    with running_browser() as browser:
        if "daily" in sets:
            _daily(browser, folder)
        if "followup" in sets:
            screenshots_followup.take_all(browser, folder)
    return 0


def _daily(browser, folder: Path) -> None:
    with (
        running_odoo() as odoo,
        SandboxServer(employees=PEOPLE, notes=NOTES, seed=SEED) as sandbox,
    ):
        employer = Employer(odoo, sandbox)
        _people(employer)
        _absence(employer)
        shots = (
            ("hr", DailyPhotographer),
            ("admin", GuidePhotographer),
            ("admin", OperationPhotographer),
        )
        for login, kind in shots:
            client = WebClient(browser, odoo.url, login)
            kind(client, employer, folder).take_all()
            client.close()


def _people(employer: Employer) -> None:
    people = employer.sandbox.employees
    employer.name_company()
    employer.odoo.call(
        "res.lang", "write", [employer.odoo.ref("base.lang_en")], {"week_start": "1"}
    )
    employer.add_people(people)
    employer.change_employee(people[NOBODY]["name"], identification_id=False)
    employer.change_employee(people[ARCHIVED]["name"], active=False)
    employer.add_people([{**people[TWICE], "name": f"{people[TWICE]['name']} (temporary)"}])
    employer.hire(people[PAID]["name"], monday() - timedelta(days=70))
    days = (monday() + timedelta(days=1), monday() + timedelta(days=3))
    employer.set_work_entries(people[PAID]["name"], *days, "validated")
    employer.add_user("Solveig Lyngmo", "hr", *HR_GROUPS_AND_ADMIN)
    employer.connect()


def _absence(employer: Employer) -> None:
    """Notes of this month, beside those of the population, and absence that they meet."""
    sandbox, start = employer.sandbox, monday()
    people = sandbox.employees
    vacation = employer.add_leave_type("Vacation", color=4)
    week = timedelta(days=7)
    employer.add_leave(people[ON_VACATION]["name"], vacation, start - week, start + week)
    employer.add_leave(people[6]["name"], vacation, start + 2 * week, start + 3 * week)
    by_hand = employer.add_leave_type("Self-certified Sick Leave", is_sick_leave=True, color=3)
    employer.add_leave(people[FEATURED]["name"], by_hand, start - week, start - week)
    spells = (
        (FEATURED, -7, 11, "graded", 60),
        (ON_VACATION, 2, 18, "full", None),
        (0, -12, 4, "graded", 40),
        (PAID, 1, 14, "full", None),
        (7, -3, 3, "graded", 80),
        (NOBODY, 0, 13, "graded", 50),
        (TWICE, -1, 5, "full", None),
        (8, 0, 27, "treatment_days", None),
        (ARCHIVED, 0, 6, "graded", 30),
        (CORRECTED, -5, 22, "full", None),
        (CORRECTED, -5, 9, "full", None),
        (FORGOTTEN, -2, 8, "graded", 70),
    )
    for person, first, last, kind, degree in spells:
        _note(sandbox, people[person], start, first, last, kind, degree)
    _broken_note(sandbox, people[9], start)
    employer.fetch()


def _note(sandbox, person, start, first, last, kind, degree) -> None:
    begin = start + timedelta(days=first)
    period = {"fom": begin, "tom": start + timedelta(days=last), "kind": kind}
    sandbox.add_note(
        fnr=person["fnr"],
        periods=[{**period, "degree": degree} if degree else period],
        received=min(begin, sandbox.clock.today),
        sick_leave_from=begin,
        doctor={"navn": "Torleif Rognehaug", "tlf": "00012345"},
        message="Avoid heavy lifting, and vary the tasks.",
        measures="A desk that can be raised and lowered.",
        prognosis={"erArbeidsfoerEtterEndtPeriode": True, "beskrivHensynArbeidsplassen": None},
    )


def _broken_note(sandbox, person, start) -> None:
    """A note that nobody can use: it ends before it begins."""
    periods = [{"fom": start, "tom": start - timedelta(days=3), "kind": "full"}]
    sandbox.add_note(fnr=person["fnr"], periods=periods)


class DailyPhotographer(Photographer):
    """What HR sees from day to day."""

    def take_all(self) -> None:
        """Take the pictures one after the other."""
        self._connections()
        self._sick_notes()
        self._time_off()
        self._employee_and_type()
        self._vacation()
        self._preferences()

    def _connections(self) -> None:
        self.client.open(f"{CONNECTIONS}/{self.employer.connection}")
        self.take("connection")
        self.client.page.set_viewport_size({"width": 1400, "height": 1400})
        self.client.open(f"{CLIENTS}/{self.employer.client}")
        self.take("client")
        self.client.page.set_viewport_size({"width": 1400, "height": 900})

    def _sick_notes(self) -> None:
        self.client.open("action-nav_altinn_connector.nav_sick_note_action")
        self.take("sick-notes")
        row = self.client.row(self._name(FEATURED)).filter(has_text="60 %").first
        self.client.open_by(row.locator(".o_data_cell").first)
        self.take("sick-note")
        self.client.press("Withdraw")
        self.client.dialog("The time off of the sick note is cancelled")
        self.take("withdraw")
        self.client.press("Keep")
        self.client.menu("NAV", "To Settle")
        self.take("to-settle")
        self.client.open_row(self._name(NOBODY))
        self.take("sick-note-waiting")
        self.client.menu("NAV", "To Settle")
        self.client.open_row(self._name(PAID))
        self.take("queue-payroll")
        self._queue()
        self._compare()

    def _queue(self) -> None:
        """The steps that mend what waits, without taking them."""
        client = self.client
        client.menu("NAV", "To Settle")
        for number in (NOBODY, TWICE):
            client.row(self._name(number)).first.locator(".o_list_record_selector").click()
        client.page.get_by_role("button", name="Settle", exact=True).click()
        client.dialog("Odoo suggests")
        self.take("queue-match")
        client.press("Cancel")
        client.open("action-nav_altinn_connector.nav_sick_note_action_to_settle")
        client.row(self._name(CORRECTED)).get_by_role("button", name="Corrected?").first.click()
        client.dialog("ends earlier than this one")
        self.take("queue-corrected")
        client.press("Cancel")
        client.page.locator(".o_menu_sections").get_by_text("NAV", exact=True).click()
        client.page.locator(".o-dropdown--menu").get_by_text("Enter a Sick Note").click()
        client.dialog("on paper")
        client.choose("employee_id", self._name(ON_PAPER))
        client.fill("doctor_name", "Torleif Rognehaug")
        client.page.get_by_text("Add a line").click()
        row = client.page.locator(".o_dialog .o_selected_row")
        for field, day in (("date_from", monday()), ("date_to", monday() + timedelta(days=11))):
            row.locator(f"[name={field}] input").fill(day.strftime("%m/%d/%Y"))
            row.locator(f"[name={field}] input").press("Tab")
        self.take("queue-enter")
        client.press("Cancel")

    def _compare(self) -> None:
        """Compare with NAV, which has taken back a note and has one that was not fetched."""
        sandbox, client = self.employer.sandbox, self.client
        fnr = sandbox.employees[FORGOTTEN]["fnr"]
        [gone] = [note for note in sandbox.state.notes if note.fnr == fnr][-1:]
        with sandbox.state.lock:
            sandbox.state.notes.remove(gone)
        _note(sandbox, sandbox.employees[ON_PAPER], monday(), 0, 11, "full", None)
        client.menu("NAV", "Compare with NAV")
        client.new()
        client.run("Compare")
        client.status("Compared")
        self.take("queue-compare")

    def _time_off(self) -> None:
        self._all_time_off("list", ".o_data_row")
        self.take("time-off-list")
        leaves = self.employer.odoo.read(
            "hr.leave",
            [("employee_id.name", "=", self._name(FEATURED)), ("absence_degree", "=", 60)],
            "id",
        )
        self.client.open(f"time-off-approval/{leaves[0]['id']}")
        self.take("time-off")
        self._all_time_off("calendar", ".fc-event")
        self.take("calendar-month")
        self._all_time_off("kanban", ".o_kanban_record")
        self.take("time-off-kanban")

    def _all_time_off(self, view: str, content: str) -> None:
        """Show everybody's time off, not only what waits for approval."""
        self.client.open(f"time-off-approval?view_type={view}")
        self.client.remove_filters()
        page = self.client.page
        expect(page.locator(".o_view_sample_data")).to_have_count(0)
        expect(page.locator(content).first).to_be_visible()

    def _employee_and_type(self) -> None:
        employee = self.employer.employees[self._name(FEATURED)]
        self.client.open(f"employees/{employee}")
        self.take("employee")
        types = "action-hr_holidays.open_view_holiday_status"
        self.client.open(f"{types}/{self.employer.leave_type}")
        self.take("time-off-type")

    def _vacation(self) -> None:
        self.client.open("vacation-during-sick-leave")
        self.client.open_row(self._name(ON_VACATION))
        self.take("vacation-conflict")
        self.client.press("Give the Days Back")
        self.client.dialog("The time off is cancelled on the chosen days")
        self.take("vacation-give-back")
        self.client.press("Cancel")

    def _preferences(self) -> None:
        self.client.page.locator(".o_user_menu button").click()
        self.client.page.get_by_role("menuitem", name="Preferences").click()
        self.client.page.locator(".o_notebook .nav-link", has_text="NAV").click()
        expect(self.client.field("nav_messages")).to_be_visible()
        self.take("messages-preference")

    def _name(self, number: int) -> str:
        return self.employer.sandbox.employees[number]["name"]


class GuidePhotographer(Photographer):
    """Connects more organisations, and takes pictures on the way."""

    def take_all(self) -> None:
        """Run the guide; then lose an approval, so that the connections differ."""
        sandbox = self.employer.sandbox
        school = _organisation(sandbox, "Lyngmo Skole AS", ("Barneskole", "Ungdomsskole", "SFO"))
        self.employer.add_leave_type("Sick Leave in Whole Days")
        self._guide(school)
        shop = _organisation(sandbox, "Fjordheim Kafé AS", ("Torget",))
        self._lose(self.employer.draft(shop, "Sick notes of the café"), shop)
        yard = _organisation(sandbox, "Lyngmo Gartneri AS", ("Drivhus",))
        waiting = self.employer.draft(yard, "Sick notes of the garden")
        self.employer.odoo.call("nav.connection", "action_connect", [waiting])
        begun = _organisation(sandbox, "Fjordheim Verksted AS", ("Havna",))
        self.employer.draft(begun, "Sick notes of the workshop")
        self.client.open(CONNECTIONS)
        self.take("connections-kanban")
        self.client.page.locator(".o_switch_view.o_list").click()
        expect(self.client.rows()).to_have_count(5)
        self.take("connections")

    def _guide(self, org_number: str) -> None:
        client = self.client
        client.open("time-off")
        begin_guide(client, "Sick notes of Lyngmo Skole")
        client.fill("org_number", org_number)
        client.run("Look Up")
        expect(client.field("unit_ids").locator(".o_data_row")).to_have_count(3)
        self.take("guide-organisation")
        go_on(client, "Time Off Type")
        client.choose("leave_type_id", "Sick Leave in Whole Days")
        expect(client.button("Allow Graded Absence")).to_be_visible()
        client.field("leave_type_id").locator("input").press("Tab")
        expect(client.page.locator(".o-autocomplete--dropdown-menu")).to_have_count(0)
        self.take("guide-leave-type")
        client.run("Allow Graded Absence")
        go_on(client, "Authority")
        confirm_and_date(client)
        with altinn_window(client, "Ask for Approval in Altinn") as altinn:
            expect(client.button("Open Altinn")).to_be_visible()
            self.take("guide-approval")
            altinn.log_in()
            altinn.page.screenshot(path=self.folder / "altinn-approval.png")
            altinn.decide("approve")
            altinn.returned("is connected to NAV")
        expect(client.page.locator("div[name=check]")).to_contain_text("Connected")
        self.take("guide-check")

    def _lose(self, connection: int, org_number: str) -> None:
        """Approve, then remove the approval in Altinn, and notice it."""
        odoo, sandbox = self.employer.odoo, self.employer.sandbox
        odoo.call("nav.connection", "action_connect", [connection])
        sandbox.approve(sandbox.requests_at_altinn(org_number)[-1].id)
        odoo.call("nav.connection", "action_ask_altinn", [connection])
        odoo.let_time_pass()
        sandbox.revoke(org_number)
        odoo.call("nav.connection", "action_fetch_now", [connection])


class OperationPhotographer(Photographer):
    """What an administrator sees of how the connections work."""

    def take_all(self) -> None:
        """Look back on a month in which NAV failed now and then, and does so at this moment."""
        odoo, client = self.employer.odoo, self.client
        self.employer.fetch()
        odoo.make_calls(self.employer.connection, days=30)
        self.employer.sandbox.faults.add("server_error", "sykepenger.notes", times=None)
        for _time in range(3):
            self.employer.fetch()
        client.open("nav-problems")
        self.take("problems")
        client.page.set_viewport_size({"width": 1400, "height": 1100})
        client.open(f"nav-health/{self.employer.connection}")
        self.take("health")
        client.page.set_viewport_size({"width": 1400, "height": 900})
        client.open("nav-log")
        self.take("log")


def _organisation(sandbox, name: str, sites: tuple[str, ...]) -> str:
    """Add an organisation with sub-units to the registers; returns its number."""
    rng = random.Random(name)
    main = draw_org_number(rng)
    sandbox.add_organisation(main, name, "AS")
    for site in sites:
        unit_name = f"{name.removesuffix(' AS')} {site}"
        sandbox.add_organisation(draw_org_number(rng), unit_name, "BEDR", main)
    return main


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
