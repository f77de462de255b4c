"""Odoo's web client in a browser: what a person does on a page, in a person's words."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from dev import packages

# Generous: the machine may be small and busy. Nothing waits longer than it has to.
TIMEOUT_MS = int(os.environ.get("NAV_BROWSER_SECONDS", "60")) * 1000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The employee page shows modules that are for sale, whose icons are not in Odoo's free edition.
ICON = re.compile(r"/(?!nav_altinn_connector/)\w+/static/description/icon\.png$")
LATE_READS = """() => {
    const open = XMLHttpRequest.prototype.open;
    window.promptSend ??= XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.open = function (method, url) {
        this.reads = /\\/web_(search_)?read$/.test(url);
        return open.apply(this, arguments);
    };
    XMLHttpRequest.prototype.send = function () {
        setTimeout(() => window.promptSend.apply(this, arguments), this.reads ? 3000 : 0);
    };
}"""
expect.set_options(timeout=TIMEOUT_MS)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Give a Chromium without a window; it ends with the block."""
    path = os.environ.get("NAV_CHROMIUM") or packages.chromium() or shutil.which("chromium")
    assert path, "There is no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class WebClient:
    """One person at one browser, logged in.

    :param troubles: what went wrong below the surface: console errors, failed requests
    """

    def __init__(self, browser: Browser, url: str, login: str, password: str | None = None):
        self.url = url
        self.login = login
        self._context = browser.new_context(
            viewport={"width": 1400, "height": 900},
            locale="en-GB",
            timezone_id="Europe/Oslo",
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(TIMEOUT_MS)
        self._context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.begin()
        self._log_in(password or login)

    def begin(self):
        """Go on in a new window: the session and what the browser has loaded stay."""
        self.troubles: list[str] = []
        self.page = self._context.new_page()
        self.listen(self.page)

    def leave(self):
        """Close all windows."""
        for page in self._context.pages:
            page.close()

    def close(self):
        """End the session in the browser."""
        self._context.close()

    def listen(self, page: Page):
        """Note what goes wrong on a page below its surface."""

        def on_console(message):
            if message.type == "error" and not ICON.search(message.location["url"]):
                self.troubles.append(f"console: {message.text} ({message.location})")

        def on_failed(request):
            # A page that is left gives up what it was still asking for.
            if "ERR_ABORTED" not in (request.failure or ""):
                self.troubles.append(f"no answer: {request.url} {request.failure}")

        def on_response(response):
            if response.status >= 400 and not ICON.search(response.url):
                self.troubles.append(f"{response.status}: {response.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.troubles.append(f"page: {error}"))
        page.on("requestfailed", on_failed)
        page.on("response", on_response)

    def _log_in(self, password: str):
        self.page.goto(f"{self.url}/web/login")
        self.page.locator("input[name=login]").fill(self.login)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit]", has_text="Log in").click()
        expect(self.page.locator(".o_main_navbar")).to_be_visible()

    # -- the way around --------------------------------------------------------------------

    def open(self, path: str):
        """Go to an address of the web client, such as ``time-off``, and wait for its view."""
        self.page.goto(f"{self.url}/odoo/{path}")
        self.settle()

    def settle(self):
        """Wait until a view is there and nothing is loading."""
        expect(self.page.locator(".o_action_manager .o_view_controller").first).to_be_visible()
        expect(self.page.locator(".o_loading_indicator")).to_have_count(0)

    def wait_for_content(self):
        """Wait until the view shows records (or that there are none), and its chatter is there."""
        shown = ".o_data_row, .o_kanban_record, .fc-view, .o_form_view, .o_nocontent_help"
        expect(self.page.locator(shown).first).to_be_visible()
        if self.page.locator(".o-mail-Chatter").count():
            expect(self.page.locator(".o-mail-Chatter .fa-spin")).to_have_count(0)
            read = self.page.locator(".o-mail-Thread .o-mail-Message, .o-mail-Thread-empty")
            expect(read.first).to_be_visible()

    def menu(self, section: str, entry: str | None = None):
        """Open a menu of the app by its words."""
        self._mark()
        bar = self.page.locator(".o_menu_sections")
        bar.get_by_text(section, exact=True).click()
        if entry:
            self.page.locator(".o-dropdown--menu").get_by_text(entry, exact=True).click()
        self._wait_for_another()

    def open_by(self, link: Locator):
        """Click on what leads to another view, and wait for that view."""
        self._mark()
        link.click()
        self._wait_for_another()

    def _mark(self):
        script = "document.querySelectorAll('.o_action').forEach((e) => (e.dataset.left = 1))"
        self.page.evaluate(script)

    def _wait_for_another(self):
        expect(self.page.locator(".o_action[data-left]")).to_have_count(0)
        self.settle()

    def menus(self) -> list[str]:
        """Return the words of the app's menu bar."""
        self.settle()
        return self.page.locator(".o_menu_sections > *").all_inner_texts()

    def press(self, label: str):
        """Press a button of the view or dialog that is in front."""
        self.button(label).first.click()

    def run(self, label: str):
        """Press a button that asks the server for something, and wait for its answer."""
        with self.page.expect_response(lambda answer: "/web/dataset/call_button/" in answer.url):
            self.press(label)

    def button(self, label: str) -> Locator:
        """Return the buttons with this label in the view or dialog in front."""
        # An icon's character before the words belongs to a button's name.
        words = re.compile(rf"^\W*{re.escape(label)}$")
        return self._front().get_by_role("button", name=words)

    def _front(self) -> Locator:
        dialogs = self.page.locator(".o_dialog:not(.o_inactive_modal)")
        return dialogs.last if dialogs.count() else self.page.locator(".o_action")

    def tab(self, label: str):
        """Open a page of the form's notebook."""
        self.page.get_by_role("tab", name=label, exact=True).click()

    @contextmanager
    def reading_late(self) -> Iterator[None]:
        """While this lasts, views ask for records some seconds late, as if all were slow."""
        self.page.evaluate(LATE_READS)
        yield
        self.page.evaluate("() => void (XMLHttpRequest.prototype.send = window.promptSend)")

    def new(self):
        """Begin a new record."""
        self.page.locator(".o_control_panel_main_buttons:visible").get_by_role(
            "button", name="New", exact=True
        ).click()
        expect(self.page.locator(".o_form_view")).to_be_visible()

    def save(self):
        """Save the form by its cloud, and wait until it is saved."""
        self.page.locator(".o_form_button_save").click()
        expect(self.page.locator(".o_form_saved, .o_form_readonly")).to_have_count(1)

    def remove_filters(self):
        """Take the filters away that a menu sets by itself."""
        facets = self.page.locator(".o_searchview_facet")
        expect(facets.first).to_be_visible()
        for left in reversed(range(facets.count())):
            facets.last.locator(".o_facet_remove").click()
            expect(facets).to_have_count(left)
        self.settle()

    # -- fields ----------------------------------------------------------------------------

    def field(self, name: str) -> Locator:
        """Return a field's widget in the form or dialog in front."""
        return self._front().locator(f".o_field_widget[name={name}]")

    def fill(self, name: str, text: str):
        """Type into a text, number or date field."""
        box = self.field(name).locator("input, textarea").first
        box.fill(text)
        box.press("Tab")

    def choose(self, name: str, text: str):
        """Choose what a relation or selection field offers."""
        box = self.field(name).locator("input").first
        box.click()
        box.fill(text)
        offers = self.page.locator(".o-autocomplete--dropdown-item, .o_select_menu_item")
        offers.filter(has_text=text).first.click()

    def tick(self, name: str):
        """Tick a check box."""
        self.field(name).locator("input[type=checkbox]").check()

    def clipboard(self) -> str:
        """Return what was copied."""
        expect(self.page.locator(".o_popover, .o-tooltip").first).to_be_visible()
        return self.page.evaluate("navigator.clipboard.readText()")

    # -- what is shown ---------------------------------------------------------------------

    def rows(self) -> Locator:
        """Return the rows of the list."""
        return self.page.locator(".o_list_view .o_data_row")

    def row(self, text: str | re.Pattern) -> Locator:
        """Return the rows of the list that hold a text."""
        return self.rows().filter(has_text=text)

    def open_row(self, text: str):
        """Open the record in whose row this text is."""
        self.open_by(self.row(text).first.locator(".o_data_cell").first)

    def notification(self, text: str):
        """Wait for a notification with this text, and close it."""
        note = self.page.locator(".o_notification").filter(has_text=text)
        expect(note).to_be_visible()
        note.locator(".o_notification_close").click()

    def dialog(self, text: str) -> Locator:
        """Wait for a dialog that holds this text."""
        dialog = self.page.locator(".o_dialog .modal-content").filter(has_text=text)
        expect(dialog).to_be_visible()
        return dialog

    def dismiss(self):
        """Close the dialog, and wait until it is gone."""
        self.press("Close")
        expect(self.page.locator(".o_dialog")).to_have_count(0)

    def status(self, label: str):
        """Wait until the form's status bar stands at this label."""
        expect(
            self.page.locator(".o_statusbar_status .o_arrow_button_current").filter(has_text=label)
        ).to_be_visible()
