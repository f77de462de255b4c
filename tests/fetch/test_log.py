"""Promise 6: no identity number, name, degree, date, token or key in any log, whatever goes wrong.

Each test makes something go wrong, collects everything that any logger says at DEBUG, and looks
for everything that must not be there.
"""

import json
import re

import pytest

from tests.fetch.test_faults import PAGE_FAULTS, REQUEST_FAULTS
from tests.support.log import everything_logged


@pytest.fixture(autouse=True)
def _short(waits, transport_options):
    transport_options(timeout=(5, 1), retries=1)


@pytest.fixture
def tokens(monkeypatch):
    """The access tokens and assertions that went over the line."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import MaskinportenClient

    seen = []
    token, assertion = MaskinportenClient.token, MaskinportenClient._assertion

    def keep_token(self, *args, **kwargs):
        result = token(self, *args, **kwargs)
        seen.append(result.value)
        return result

    def keep_assertion(self, *args, **kwargs):
        result = assertion(self, *args, **kwargs)
        seen.append(result)
        return result

    monkeypatch.setattr(MaskinportenClient, "token", keep_token)
    monkeypatch.setattr(MaskinportenClient, "_assertion", keep_assertion)
    return seen


def secrets(world, tokens):
    """Everything that must not be logged, by what it is."""
    with world.env() as env:
        key = env["nav.maskinporten.key"].search([], limit=1)
        pem, cipher = key._private_pem(), key.sudo().private_key_encrypted
    body = "".join(pem.splitlines()[1:-1])
    notes = world.sandbox.notes()
    people = [note["sykmeldt"] for note in notes if isinstance(note.get("sykmeldt"), dict)]
    found = {
        "identity number": {p["fnr"] for p in world.sandbox.employees}
        | {person["fnr"] for person in people},
        "name": {p["name"] for p in world.sandbox.employees} | {p["navn"] for p in people},
        "doctor": {note["behandler"]["navn"] for note in notes if note.get("behandler")},
        "text": {
            text
            for note in notes
            for text in (note.get("oppfoelging") or {}).values()
            if isinstance(text, str)
        },
        "token": {part for token in tokens for part in token.split(".")[1:]},
        "key": {body[at : at + 40] for at in range(40, len(body) - 40, 40)} | {cipher[:60]},
    }
    assert all(found.values())
    return found


def assert_silent(world, text, tokens):
    for what, values in secrets(world, tokens).items():
        leaked = [value for value in values if value and value in text]
        assert not leaked, f"the log holds a {what}: {_around(text, leaked[0])}"
    written = {f"{p['fnr'][:6]} {p['fnr'][6:]}" for p in world.sandbox.employees}
    assert not [number for number in written if number in text]
    degree = re.search(r"\b\d{1,3} ?(%(?!\()|percent|prosent)", text)
    assert not degree, _around(text, degree.group())
    dates = {
        period[edge]
        for note in world.sandbox.notes()
        for period in note.get("sykmeldingPerioder") or ()
        for edge in ("fom", "tom")
        if isinstance(period.get(edge), str)
    }
    leaked = [day for day in dates if day in text]
    assert not leaked, f"the log holds a date of a note: {_around(text, leaked[0])}"
    with world.env() as env:
        logged = env["ir.logging"].search([]).mapped("message")
    assert not logged, "the addon writes no logging to the database"
    assert_channels_silent(world, tokens)


# Where else something may be told: a model, its fields, and what must not be in them. The name of
# somebody who is absent is in the text of a message to those who may know it, and nowhere else.
_HEALTH = ("identity number", "doctor", "text", "token", "key")
CHANNELS = (
    ("mail.mail", ("subject", "body_html", "headers", "failure_reason", "email_to"), _HEALTH),
    ("mail.mail", ("subject", "failure_reason"), ("name",)),
    ("bus.bus", ("channel", "message"), (*_HEALTH, "name")),
    ("ir.cron", ("cron_name",), (*_HEALTH, "name")),
    ("nav.connection", ("last_error", "health_message"), (*_HEALTH, "name")),
    ("nav.connection.unit", ("last_error",), (*_HEALTH, "name")),
    ("nav.connection.check", ("message",), (*_HEALTH, "name")),
    ("nav.problem", ("subject", "cause", "words", "advice"), (*_HEALTH, "name")),
    ("nav.exchange", ("error_code", "reason", "reference"), (*_HEALTH, "name")),
    ("mail.activity", ("summary", "note"), _HEALTH),
)


def assert_channels_silent(world, tokens):
    """What goes by mail, bus, cron, activity, and what the connection remembers of its errors."""
    found = secrets(world, tokens)
    with world.env() as env:
        for model, names, kinds in CHANNELS:
            said = " ".join(str(record[name]) for record in env[model].search([]) for name in names)
            for kind in kinds:
                leaked = [value for value in found[kind] if value and value in said]
                assert not leaked, f"{model} holds a {kind}: {_around(said, leaked[0])}"
            shown = re.sub(r"<[^>]*>", " ", said)  # widths are no degrees
            degree = re.search(r"\b\d{1,3} ?(%(?!\()|percent|prosent)", shown)
            assert not degree, f"{model}: {_around(shown, degree.group())}"


def _around(text, value):
    at = text.index(value)
    return text[max(0, at - 300) : at + 300]


@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_a_fault_of_a_request(active, tokens, name):
    kind, params = REQUEST_FAULTS[name]
    with everything_logged() as log:
        for endpoint in ("sykepenger.notes", "maskinporten.token"):
            active.sandbox.faults.add(kind, endpoint, times=1, **params)
        active.run_cron()
        active.sandbox.faults.clear()
        active.fetch()
    assert log.lines, "the log itself is there"
    assert_silent(active, log.text, tokens)


@pytest.mark.parametrize("name", PAGE_FAULTS)
def test_a_fault_of_a_page(active, tokens, name):
    kind, params = PAGE_FAULTS[name]
    active.sandbox.faults.add(kind, "sykepenger.notes", times=None, **params)
    with everything_logged() as log:
        active.run_cron()
        active.sandbox.faults.clear()
        active.fetch()
    assert_silent(active, log.text, tokens)


BAD_NOTES = {
    "no_periods": {"sykmeldingPerioder": []},
    "no_person": {"sykmeldt": None},
    "number_is_text": {"loepenr": "sju"},
    "wrong_dates": {"egenmeldingsdager": [{"fom": "2026-02-31", "tom": "x"}]},
    "periods_are_a_word": {"sykmeldingPerioder": "ingen"},
    "nul_character": {"behandler": {"navn": "A\x00B", "tlf": None}},
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_bad_notes(active, tokens, name):
    note = {**active.sandbox.notes()[3], **BAD_NOTES[name]}
    note["sykmeldingId"] = "00000000-0000-4000-8000-000000000099"
    active.sandbox.add_raw_note(note, orgnr=active.sandbox.units[0], loepenr=999_999)
    with everything_logged() as log:
        active.run_cron()
    assert (note["sykmeldingId"], "failed", "") in active.notes()
    text = log.text
    numbers = {person["fnr"] for person in active.sandbox.employees}
    assert not [number for number in numbers if number in text]
    assert not [p["name"] for p in active.sandbox.employees if p["name"] in text]


# Errors while a batch is applied, whose own text holds what must not be logged.


def _value_error(env, leaves):
    raise ValueError(f"cannot make {leaves.mapped('employee_id.name')} 60 %")


def _user_error(env, leaves):
    from odoo.exceptions import UserError

    raise UserError(f"{leaves.employee_id[:1].name} is absent at 60 % already")


def _database_error(env, leaves):
    # PostgreSQL's message, and Odoo's log of it, hold the values.
    env.cr.execute(
        "INSERT INTO nav_sick_note (company_id, nav_id, person_name, identity_number) "
        "SELECT company_id, nav_id, person_name, identity_number FROM nav_sick_note LIMIT 1"
    )


def _database_error_with_values(env, leaves):
    employee = leaves.employee_id[:1]
    env.cr.execute(
        "INSERT INTO nav_absence_lock (employee_id, decisions) VALUES (%s, %s)",
        [0, f"{employee.identification_id} {employee.name} 60 %"],
    )


@pytest.mark.parametrize(
    "failure", [_value_error, _user_error, _database_error, _database_error_with_values]
)
def test_a_batch_that_fails(active, tokens, monkeypatch, failure):
    Leave = active.registry["hr.leave"]

    def fail(leaves):
        failure(leaves.env, leaves)

    with everything_logged() as log, monkeypatch.context() as patch:
        patch.setattr(Leave, "_nav_log_created", fail)
        active.run_cron()
    assert {state for _id, state, _reason in active.notes()} >= {"failed"}
    assert "is tried one by one" in log.text
    assert_silent(active, log.text, tokens)
    with active.env() as env:
        failed = env["nav.sick.note"].search([("state", "=", "failed")])
        assert all(failed.mapped("failure_reason"))


def test_a_page_that_cannot_be_stored(active, tokens, monkeypatch):
    """A database error while notes are stored: the values of the statement are health data."""
    Note = active.registry["nav.sick.note"]
    original = Note._vals_from_nav

    def spoil(self, connection, unit, payload):
        vals = original(self, connection, unit, payload)
        return {**vals, "loepenr": 2**80}

    with everything_logged() as log:
        with monkeypatch.context() as patch:
            patch.setattr(Note, "_vals_from_nav", spoil)
            active.run_cron()
        assert "NumericValueOutOfRange" in log.text
        assert active.read("last_error").startswith("The sick notes could not be stored")
        active.fetch()
    assert not active.read("last_error")
    assert len(active.notes()) == len(active.sandbox.notes())
    assert_silent(active, log.text, tokens)


def test_two_workers_that_get_in_each_others_way(active, tokens, monkeypatch):
    from odoo.addons.nav_altinn_connector.clients.sykepenger import SykepengerClient

    from tests.fetch.test_concurrency import Meeting, at_once, fetch_one, two_connections

    meeting, original = Meeting(), SykepengerClient.sick_notes

    def sick_notes(self, *args, **kwargs):
        page = original(self, *args, **kwargs)
        meeting()
        return page

    monkeypatch.setattr(SykepengerClient, "sick_notes", sick_notes)
    twin = two_connections(active)
    with everything_logged() as log:
        raised = at_once(active, fetch_one(active.ids["connection"]), fetch_one(twin))
    assert raised == [None, None]
    assert "gave way to another worker" in log.text
    assert_silent(active, log.text, tokens)


def test_setting_up_and_testing(world, tokens):
    """Keys made and imported, tokens refused, an activation refused and done, a note's PDF."""
    from odoo.exceptions import UserError

    with everything_logged() as log:
        with world.env() as env:
            client = world.client(env)
            pem = client.sudo().current_key_id._private_pem()
            client.action_generate_key()
            client.action_test_token()
            client.import_pem = pem
        with world.env() as env, pytest.raises(UserError):
            world.client(env).import_pem = pem[:200]
        with world.env() as env:
            world.sandbox.allow(
                world.client(env).client_id,
                json.loads(world.client(env).public_jwk),
                world.sandbox.main_unit,
            )
            world.client(env).action_test_token()
            assert world.client(env).test_succeeded
        world.activate()
        world.run_cron()
        with world.env() as env:
            note = env["nav.sick.note"].search([], limit=1)
            assert note._document().startswith(b"%PDF-")
            note.action_withdraw()
            note.action_apply()
    assert_silent(world, log.text, tokens)
    with world.env() as env:
        bodies = " ".join(
            str(body)
            for body in env["mail.message"]
            .search([("model", "in", ["nav.maskinporten.client", "nav.connection"])])
            .mapped("body")
        )
    assert "PRIVATE" not in bodies
    assert "PRIVATE KEY" not in log.text
