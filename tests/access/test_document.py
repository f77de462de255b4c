"""NAV's PDF of a note: passed through to HR, kept by nobody, and hidden from all others."""

import pytest

HERE = {"REMOTE_ADDR": "127.0.0.1"}
PASSWORD = "a long enough password"
HR = "nav_altinn_connector.group_nav_hr"
ADMIN = "nav_altinn_connector.group_nav_admin"
USERS = {
    "hr": ["base.group_user", HR],
    "admin": ["base.group_user", ADMIN],
    "officer": ["hr_holidays.group_hr_holidays_manager"],
    "internal": ["base.group_user"],
    "portal": ["base.group_portal"],
}


@pytest.fixture
def fetched(active):
    """A world with notes, one of which is looked at."""
    active.run_cron()
    with active.env() as env:
        note = env["nav.sick.note"].search([("state", "=", "applied")], limit=1)
        active.ids["note"], active.nav_id = note.id, note.nav_id
    return active


def make_user(world, login, company_id=None):
    company_id = company_id or world.ids["company"]
    with world.env() as env:
        env["res.users"].create(
            {
                "name": login,
                "login": f"document-{login}",
                "password": PASSWORD,
                "company_id": company_id,
                "company_ids": [(6, 0, [company_id])],
                "group_ids": [(6, 0, [env.ref(group).id for group in USERS[login]])],
            }
        )


@pytest.fixture
def browser(fetched, monkeypatch):
    """Log in as a new user; gives a function that asks Odoo for an address."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.tools import config

    name = fetched.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])

    def log_in(login, company_id=None):
        client = Client(odoo.http.root)
        if login:
            make_user(fetched, login, company_id)
            answer = client.post(
                "/web/session/authenticate",
                json={"params": {"db": name, "login": f"document-{login}", "password": PASSWORD}},
                environ_base=HERE,
            )
            assert "result" in answer.json, answer.json
        return lambda path: client.get(path, environ_base=HERE)

    return log_in


def address(world, note_id=None):
    return f"/nav_altinn_connector/sick_note/{note_id or world.ids['note']}/document"


def test_hr_gets_the_document_and_nobody_keeps_it(fetched, browser):
    with fetched.env() as env:
        before = env["ir.attachment"].search_count([])
    get = browser("hr")
    answer = get(address(fetched))
    assert answer.status_code == 200
    assert answer.get_data().startswith(b"%PDF-")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # The file's name tells nothing about the person.
    assert answer.headers["Content-Disposition"].startswith('inline; filename="sick-note-')
    with fetched.env() as env:
        assert env["ir.attachment"].search_count([]) == before
        attached = [("res_model", "=", "nav.sick.note")]
        assert not env["ir.attachment"].search_count(attached)


def test_each_look_asks_nav_anew(fetched, browser):
    get = browser("hr")
    for _time in range(2):
        assert get(address(fetched)).status_code == 200
    asked = fetched.sandbox.requests.of("sykepenger.pdf")
    assert [request.path for request in asked] == [f"/v1/sykmelding/{fetched.nav_id}/pdf"] * 2


@pytest.mark.parametrize("login", ["admin", "officer", "internal", "portal"])
def test_others_get_the_answer_for_what_does_not_exist(fetched, browser, login):
    get = browser(login)
    refused, unknown = get(address(fetched)), get(address(fetched, 999_999))
    assert refused.status_code == unknown.status_code == 404
    assert not fetched.sandbox.requests.of("sykepenger.pdf")


def test_hr_of_another_company_gets_the_answer_for_what_does_not_exist(fetched, browser):
    with fetched.env() as env:
        other = env["res.company"].create({"name": "Other employer"}).id
    assert browser("hr", other)(address(fetched)).status_code == 404


def test_without_login_there_is_only_the_login_page(fetched, browser):
    answer = browser(None)(address(fetched))
    assert answer.status_code in (302, 303)
    assert "/web/login" in answer.headers["Location"]


FAULTS = {
    "server_error": ({}, "NAV (Sykepenger API) has a fault of its own."),
    "unauthorized": ({}, "NAV (Sykepenger API) did not accept the access token."),
    "too_many_requests": ({"retry_after": 900}, "NAV (Sykepenger API) asks to wait."),
    "not_json": ({}, "NAV (Sykepenger API) gave an answer that cannot be used."),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_navs_faults_are_told_in_plain_words(fetched, browser, waits, kind):
    params, expected = FAULTS[kind]
    get = browser("hr")
    fetched.sandbox.faults.add(kind, "sykepenger.pdf", times=None, **params)
    answer = get(address(fetched))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert text.startswith(expected)
    with fetched.env() as env:
        note = env["nav.sick.note"].browse(fetched.ids["note"])
        assert note.identity_number not in text
        assert note.person_name not in text


def test_a_note_that_nav_has_no_more(fetched, browser):
    store = fetched.sandbox.state.notes
    store.remove(store.by_id(fetched.nav_id))
    answer = browser("hr")(address(fetched))
    assert answer.status_code == 502
    assert answer.get_data(as_text=True) == "NAV does not have this sick note any more."


def test_a_note_without_an_id_has_no_document(fetched, browser):
    with fetched.env() as env:
        env["nav.sick.note"].browse(fetched.ids["note"]).nav_id = "sha256-" + "0" * 64
    answer = browser("hr")(address(fetched))
    assert answer.status_code == 502
    assert answer.get_data(as_text=True) == "NAV has no document for this sick note."
