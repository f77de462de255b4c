"""What people do to connect an employer: on Odoo's screens, and on Altinn's pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from .employer import CLIENT_ID
from .web_client import WebClient

NAME = "Sick notes of Fjordheim Omsorg"
CONNECTIONS = "action-nav_altinn_connector.nav_connection_action"
CLIENTS = "action-nav_altinn_connector.nav_maskinporten_client_action"
ADDRESSES = ("maskinporten_url", "sykepenger_url", "enhetsregisteret_url", "altinn_url")


class AltinnPage:
    """Altinn's pages in a window of their own.

    :param page: a window, which may be at any address
    """

    def __init__(self, page: Page):
        self.page = page

    def log_in(self, person: str = "access_manager"):
        """Log in as one of the test persons."""
        self.page.locator(f"#person-{person}").check()
        self.decide("login")
        expect(self.page.locator("button[value=logout]")).to_be_visible()

    def approve(self, person: str = "access_manager"):
        """Log in and approve."""
        self.log_in(person)
        self.decide("approve")

    def reject(self):
        """Log in and reject."""
        self.log_in()
        self.decide("reject")

    def escalate(self, person: str):
        """Log in as somebody who may not approve, and leave it to those who may."""
        self.log_in(person)
        expect(self.page.locator("button[value=approve]")).to_have_count(0)
        self.decide("escalate")
        expect(self.page.locator("main")).to_contain_text("Sent to the organisation's access")

    def remove_system_user(self, url: str):
        """Log in to the overview of system users, and remove the one that is there."""
        self.page.goto(url)
        self.log_in()
        self.decide("remove")
        expect(self.page.locator("main")).to_contain_text("No system users.")

    def returned(self, words: str):
        """Wait until Altinn has sent the person back to Odoo, and for these words there."""
        self.page.wait_for_url(re.compile(r"/nav_altinn_connector/return$"))
        expect(self.page.locator("main, .oe_website_login_container").first).to_contain_text(words)

    def decide(self, action: str):
        """Press the button of an answer."""
        self.page.locator(f"button[name=action][value={action}]").click()


def fill_in_client(admin: WebClient, sandbox) -> None:
    """Begin a client and fill in what Digdir gave, and the addresses of the local NAV."""
    admin.menu("NAV", "Maskinporten Clients")
    admin.new()
    admin.fill("name", "Odoo at Digdir")
    admin.choose("environment", "Own addresses")
    admin.fill("client_id", CLIENT_ID)
    admin.fill("owner_org_number", sandbox.main_unit)
    for name in ADDRESSES:
        admin.fill(name, getattr(sandbox, name))


def make_key(admin: WebClient) -> dict:
    """Have Odoo make a key, and return the public half as it was copied."""
    admin.run("Generate Key")
    shown = json.loads(admin.page.locator(".o_field_text[name=public_jwk]").inner_text())
    assert shown["kty"] == "RSA"
    assert "d" not in shown, "the private half is on the page"
    admin.press("Copy JWK")
    copied = json.loads(admin.clipboard())
    assert copied == shown
    return copied


def begin_guide(admin: WebClient, name: str = NAME, client: str | None = None) -> None:
    """Open the guide by the connections' New, and fill in its first step.

    :param client: the Maskinporten client to choose, when there are several
    """
    admin.menu("NAV", "Connections")
    admin.page.locator(".o_control_panel_main_buttons:visible").get_by_role(
        "button", name="New", exact=True
    ).click()
    at_step(admin, "Name")
    admin.fill("name", name)
    if client:
        admin.choose("maskinporten_client_id", client)
    go_on(admin, "Organisation")


def at_step(client: WebClient, label: str) -> None:
    """Wait until the guide stands at this step."""
    client.status(label)


def go_on(client: WebClient, step: str) -> None:
    """Continue, and wait for the next step."""
    client.run("Continue")
    at_step(client, step)


def choose_organisation(admin: WebClient, org_number: str, units: int) -> None:
    """Type the number, have it looked up, see the sub-units."""
    admin.fill("org_number", org_number)
    admin.run("Look Up")
    expect(admin.field("unit_ids").locator(".o_data_row")).to_have_count(units)
    go_on(admin, "Time Off Type")


def choose_leave_type(admin: WebClient, name: str) -> None:
    """Choose a type that does not allow grades yet, and open it for them."""
    admin.choose("leave_type_id", name)
    expect(admin.page.locator("div[name=leave_type]")).to_contain_text(
        "a 50 % week counts as 2.5 days"
    )
    admin.run("Allow Graded Absence")
    expect(admin.page.locator("div[name=leave_type]")).to_contain_text("This type can be used.")
    go_on(admin, "Authority")


def confirm_and_date(admin: WebClient, first: str | None = None) -> None:
    """Confirm the authority, and choose the first date."""
    admin.tick("authority_confirmed")
    go_on(admin, "First Date")
    if first:
        admin.fill("fetch_from", first)
    go_on(admin, "Approval")


@contextmanager
def altinn_window(client: WebClient, press: str) -> Iterator[AltinnPage]:
    """Press a button that opens Altinn in a new window, and give that window."""
    with client.page.expect_popup() as opened:
        client.run(press)
    client.listen(opened.value)
    yield AltinnPage(opened.value)
    opened.value.close()


def card(client: WebClient, name: str) -> Locator:
    """Return a connection's card in the kanban."""
    return client.page.locator(".o_kanban_record:not(.o_kanban_ghost)").filter(has_text=name)


def resume_guide(client: WebClient, name: str) -> None:
    """Open the guide of a connection that is not finished, from its card."""
    client.open(CONNECTIONS)
    client.open_by(card(client, name).get_by_role("button", name="Continue Set-up"))
