"""The address to which Altinn sends the browser back: open to all, trusted for nothing."""

import threading
from contextlib import closing

import pytest

from .conftest import approve, pending

ADDRESS = "/nav_altinn_connector/return"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
PASSWORD = "a long enough password"
ADMIN = "nav_altinn_connector.group_nav_admin"
GROUPS = {
    "admin": ["base.group_user", ADMIN],
    "internal": ["base.group_user"],
    "hr": ["base.group_user", "nav_altinn_connector.group_nav_hr"],
    "portal": ["base.group_portal"],
}
# What Altinn, or somebody who wants to be taken for it, may put into the address.
FORGED = (
    "?status=Accepted&state=active",
    "?id={id}&requestId={id}&connection_id={connection}",
    "?redirect=https://example.invalid/&id=1%20OR%201=1",
    "?id=%3Cscript%3Ealert(1)%3C/script%3E&error=denied",
)


@pytest.fixture
def browser(asked, monkeypatch):
    """Log in as a new user; gives a function that asks Odoo for the address."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.tools import config

    name = asked.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])

    def log_in(kind=None, company_id=None):
        client = Client(odoo.http.root)
        if kind:
            make_user(asked, kind, company_id or asked.ids["company"])
            login = {"db": name, "login": f"return-{kind}", "password": PASSWORD}
            answer = client.post(
                "/web/session/authenticate", json={"params": login}, environ_base=HERE
            )
            assert "result" in answer.json, answer.json
        return lambda query="", method="get", **options: getattr(client, method)(
            ADDRESS + query, environ_base=HERE, **options
        )

    return log_in


def make_user(world, kind, company_id):
    with world.env() as env:
        env["res.users"].create(
            {
                "name": kind,
                "login": f"return-{kind}",
                "password": PASSWORD,
                "company_id": company_id,
                "company_ids": [(6, 0, [company_id])],
                "group_ids": [(6, 0, [env.ref(group).id for group in GROUPS[kind]])],
            }
        )


def let_it_be_asked_again(world):
    """The last question to Altinn is some minutes ago, the next one some hours ahead."""
    with world.env() as env:
        world.connection(env).request_ids.write(
            {"asked_at": "2026-01-01 12:00:00", "next_ask_at": "2099-01-01 12:00:00"}
        )
        env["ir.cron.trigger"].search([]).unlink()
    world.sandbox.requests.clear()


def triggers(world):
    with world.env() as env:
        cron = env.ref("nav_altinn_connector.ir_cron_poll_altinn")
        return env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])


def snapshot(world):
    """All that a visitor must not change."""
    with world.env() as env:
        connection = world.connection(env)
        names = ("state", "approved_at", "last_error", "guide_step", "org_number", "active")
        return (
            [connection[name] for name in names],
            connection.request_ids.mapped("status"),
            [(request.id, request.status) for request in world.sandbox.requests_at_altinn()],
            env["mail.message"].search_count([]),
            env["mail.mail"].search_count([]),
        )


def assert_tells_nothing(world, answer):
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "You may close this window" in text
    for secret in ("Fjordheim", world.sandbox.main_unit, pending(world)[0].id, "confirm"):
        assert secret not in text, secret
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def shown(answer):
    """The page without what Odoo makes anew for each visit."""
    return answer.get_data(as_text=True).partition("<body")[2].partition("<footer")[0]


@pytest.mark.parametrize("kind", [None, "portal", "internal", "hr"])
def test_who_may_not_connect_learns_nothing_and_lets_altinn_be_asked_soon(asked, browser, kind):
    get = browser(kind)
    let_it_be_asked_again(asked)
    before = snapshot(asked)
    assert_tells_nothing(asked, get())
    assert snapshot(asked) == before
    assert not asked.sandbox.requests.of("altinn"), "a stranger waits for no other system"
    assert triggers(asked) == 1
    asked.sandbox.approve(pending(asked)[0].id)
    asked.run_cron("poll_altinn")
    assert asked.read("state") == "active"


def test_forged_addresses_are_read_by_nobody(asked, browser):
    get = browser()
    let_it_be_asked_again(asked)
    before = snapshot(asked)
    plain = shown(get())
    for query in FORGED:
        query = query.format(id=pending(asked)[0].id, connection=asked.ids["connection"])
        answer = get(query)
        assert_tells_nothing(asked, answer)
        assert shown(answer) == plain, query
    for method in ("post", "put", "delete"):
        answer = get("?status=Accepted", method, data={"status": "Accepted"})
        assert 400 <= answer.status_code < 500, method
    assert snapshot(asked) == before


def test_very_many_visits_make_altinn_be_asked_once(asked, browser):
    get = browser()
    let_it_be_asked_again(asked)
    for _visit in range(20):
        get()
    assert triggers(asked) == 1
    asked.run_cron("poll_altinn")
    assert len(asked.sandbox.requests.of("altinn.request")) == 1
    for _visit in range(20):
        get()
    asked.run_cron("poll_altinn")
    assert len(asked.sandbox.requests.of("altinn.request")) == 1


def test_a_visit_does_not_wait_for_a_question_under_way(asked, browser):
    """Altinn may need a minute for its answer, and many visitors would hold many workers."""
    from odoo import SUPERUSER_ID, api

    get = browser()
    let_it_be_asked_again(asked)
    with closing(asked.registry.cursor()) as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        assert asked.connection(env).request_ids.try_lock_for_update(allow_referencing=True)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(get()), daemon=True)
        thread.start()
        thread.join(20)
        assert answers, "it waits"
    assert_tells_nothing(asked, *answers)


def test_without_any_request_nothing_happens(asked, browser):
    with asked.env() as env:
        asked.connection(env).action_withdraw_request()
        env["ir.cron.trigger"].search([]).unlink()
    assert browser()().status_code == 200
    assert not triggers(asked)


def test_the_administrator_sees_the_answer_that_altinn_gives_now(asked, browser):
    get = browser("admin")
    let_it_be_asked_again(asked)
    text = get("?status=Accepted").get_data(as_text=True)
    assert "Altinn has not told the answer yet" in text
    assert asked.read("state") == "waiting"
    asked.sandbox.approve(pending(asked)[0].id)
    let_it_be_asked_again(asked)
    text = get("?status=Rejected").get_data(as_text=True)
    assert "Fjordheim</span> is connected to NAV" in text
    assert asked.read("state") == "active"


def test_the_administrator_sees_that_it_was_rejected(asked, browser):
    get = browser("admin")
    asked.sandbox.reject(pending(asked)[0].id)
    let_it_be_asked_again(asked)
    text = get("?status=Accepted").get_data(as_text=True)
    assert "rejected in Altinn" in text
    assert asked.read("state") == "rejected"


def test_altinn_that_fails_gives_a_page_and_no_traceback(asked, browser, waits):
    get = browser("admin")
    let_it_be_asked_again(asked)
    asked.sandbox.faults.add("server_error", "altinn", times=None)
    answer = get()
    assert answer.status_code == 200
    assert "Traceback" not in answer.get_data(as_text=True)
    assert asked.read("state") == "waiting"
    asked.sandbox.faults.clear()
    approve(asked)
    assert asked.read("state") == "active"


def test_an_administrator_of_another_company_sees_nothing_of_this_one(asked, browser):
    with asked.env() as env:
        other = env["res.company"].create({"name": "Other employer"}).id
    get = browser("admin", other)
    let_it_be_asked_again(asked)
    before = snapshot(asked)
    assert_tells_nothing(asked, get(f"?connection_id={asked.ids['connection']}"))
    assert snapshot(asked) == before
    assert not asked.sandbox.requests.of("altinn")
