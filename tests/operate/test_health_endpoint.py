"""What monitoring reads: opened by a token, telling states and numbers, whatever is sent to it."""

import json
import threading

import pytest

ADDRESS = "/nav_altinn_connector/health"


@pytest.fixture
def ask(active, monkeypatch):
    """Gives a function that asks as a monitoring system does, over WSGI."""
    from werkzeug.test import Client

    import odoo.http
    from odoo.addons.nav_altinn_connector.controllers import health
    from odoo.tools import config

    name = active.database.name
    monkeypatch.setitem(config._runtime_options, "dbfilter", f"^{name}$")
    monkeypatch.setitem(config._runtime_options, "db_name", [name])
    monkeypatch.setattr(health, "WRONG", health.Limiter(health.MOST_WRONG))
    monkeypatch.setattr(health, "ANSWERS", health.Answers())
    monkeypatch.setattr(health, "FRESH", -1)

    def ask(token=None, method="get", address="127.0.0.1", path=ADDRESS, **headers):
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        call = getattr(Client(odoo.http.root), method)
        return call(path, environ_base={"REMOTE_ADDR": address}, headers=headers)

    return ask


@pytest.fixture
def token(active):
    return new_token(active)


def new_token(world):
    with world.env() as env:
        return env["nav.health.token"].action_new()["context"]["default_key"]


def test_states_and_numbers(active, ask, token):
    active.fetch()
    answer = ask(token)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    told = answer.get_json()
    assert set(told) == {"status", "time", "open_problems", "connections"}
    [line] = told["connections"]
    assert (line["id"], line["state"], line["health"]) == (active.ids["connection"], "active", "ok")
    assert line["minutes_since_success"] == 0
    for value in line.values():
        assert value is None or isinstance(value, (int, str))


def test_nothing_of_people_and_organisations(active, ask, token):
    active.fetch()
    with active.env() as env:
        connection = active.connection(env)
        connection.write({"last_error": "Words of an error", "failures": 3, "failing_part": "odoo"})
        secrets = [connection.name, connection.org_name, connection.org_number, "Words"]
        secrets += [env["res.company"].browse(active.ids["company"]).name]
        secrets += connection.unit_ids.mapped("org_number") + connection.unit_ids.mapped("name")
        for employee in env["hr.employee"].search([]):
            secrets += [employee.name, employee.identification_id or "-no-number-"]
    text = ask(token).get_data(as_text=True)
    assert json.loads(text)["status"] == "problem"
    assert not [secret for secret in secrets if secret and secret in text]


def test_no_session_no_cookie_no_trace(active, ask, token):
    for answer in (ask(token), ask()):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_only_reads(active, ask, token):
    from odoo.sql_db import Cursor

    statements, execute = [], Cursor.execute

    def watched(cr, query, *arguments, **options):
        statements.append(str(getattr(query, "code", query)).split(None, 1)[0].upper())
        return execute(cr, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "execute", watched)
        assert ask(token).status_code == 200
    assert "SELECT" in statements
    assert not {"INSERT", "UPDATE", "DELETE"} & set(statements)
    for method in ("post", "put", "delete", "patch"):
        assert ask(token, method=method).status_code == 405


MALFORMED = [
    None,
    "",
    "navh_",
    "navh_" + "x" * 42,
    "navh_" + "x" * 44,
    "navh_" + "x" * 100_000,
    "x" * 48,
    "navh_' OR 1=1 --" + "x" * 32,
    "navh_%s%s%(a)s" + "x" * 34,
    "navh_../../etc/passwd" + "x" * 27,
    "navh_\u00e6\u00f8\u00e5" + "x" * 40,
]


def test_malformed_tokens_need_no_database(active, ask, token, monkeypatch):
    Token = active.registry["nav.health.token"]
    monkeypatch.setattr(Token, "_opens", lambda *_args: pytest.fail("it was looked up"))
    answers = set()
    for wrong in MALFORMED:
        answer = ask(wrong)
        answers.add((answer.status_code, answer.get_data(), answer.headers["WWW-Authenticate"]))
    for header in ("Basic dXNlcjpwYXNz", "Bearer", token, f"Token {token}", "Bearer  ", "\t"):
        answer = ask(**{"Authorization": header})
        answers.add((answer.status_code, answer.get_data(), answer.headers["WWW-Authenticate"]))
    [(status, body, kind)] = answers
    assert (status, kind) == (401, "Bearer")
    assert json.loads(body) == {"status": "unauthorised"}


def test_forged_and_revoked_tokens_get_the_same_answer(active, ask, token):
    other = new_token(active)
    with active.env() as env:
        env["nav.health.token"].search([], limit=1, order="id desc").action_revoke()
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    refused = {(ask(wrong).status_code, ask(wrong).get_data()) for wrong in (other, forged, None)}
    assert len(refused) == 1
    assert ask(token).status_code == 200
    with active.env() as env:
        env["nav.health.token"].search([]).action_revoke()
    assert ask(token).status_code == 401


def test_a_token_in_the_address_does_not_count(ask, token):
    for path in (f"{ADDRESS}?token={token}", f"{ADDRESS}?access_token={token}&db=x"):
        assert ask(path=path).status_code == 401


def test_very_many_wrong_ones_stop_being_looked_up(active, ask, token, monkeypatch):
    from odoo.addons.nav_altinn_connector.controllers import health

    Token = active.registry["nav.health.token"]
    looked_up, opens = [], Token._opens
    monkeypatch.setattr(
        Token, "_opens", lambda self, given: looked_up.append(given) or opens(self, given)
    )
    assert ask(token).status_code == 200
    forged = ["navh_" + f"{number:043}" for number in range(health.MOST_WRONG + 20)]
    statuses = [ask(wrong).status_code for wrong in forged]
    assert statuses == [401] * health.MOST_WRONG + [429] * 20
    assert len(looked_up) == 1 + health.MOST_WRONG
    # The one that has been right is let through, from behind the same address; others elsewhere.
    assert ask(token).status_code == 200
    assert ask(new_token(active), address="127.0.0.2").status_code == 200


def test_asking_often_costs_little(active, ask, token, monkeypatch):
    from odoo.addons.nav_altinn_connector.controllers import health

    monkeypatch.setattr(health, "FRESH", 3600)
    Connection = active.registry["nav.connection"]
    made, monitoring = [], Connection._monitoring
    monkeypatch.setattr(Connection, "_monitoring", lambda self: made.append(1) or monitoring(self))
    statuses = []

    def run():
        statuses.extend(ask(token).status_code for _each in range(10))

    threads = [threading.Thread(target=run) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    assert len(made) <= 4
    # What is kept is opened by a token, too.
    assert ask("navh_" + "x" * 43).status_code == 401


def test_a_token_of_another_database_opens_nothing(active, ask, token, monkeypatch):
    """Also where the same process has just answered for that one."""
    from odoo.addons.nav_altinn_connector.controllers import health

    monkeypatch.setattr(health, "FRESH", 3600)
    foreign = "navh_" + "f" * 43
    health.ANSWERS.body("another_one", lambda: {"status": "of another one"})
    health.ANSWERS.remember(health.key_of("another_one", foreign))
    assert ask(token).get_json()["status"] == "ok"
    for _each in range(health.MOST_WRONG):
        ask("navh_" + "x" * 43)
    # It is not let through to be looked up, either, as one that has been right here is.
    assert ask(foreign).status_code == 429
    assert ask(foreign, address="127.0.0.2").status_code == 401
    assert ask(token).status_code == 200


def test_which_database_is_asked(active, ask, token, monkeypatch):
    from odoo.tools import config

    assert ask(token, **{"X-Odoo-Database": active.database.name}).status_code == 200
    assert ask(token, **{"X-Odoo-Database": "another_one"}).status_code in (403, 404)
    # Of several databases none is chosen, unless the host or the header names it.
    names = [active.database.name, active.database.kept]
    monkeypatch.setitem(config._runtime_options, "dbfilter", "")
    monkeypatch.setitem(config._runtime_options, "db_name", names)
    assert ask(token).status_code == 404
    assert ask(token, **{"X-Odoo-Database": active.database.name}).status_code == 200
