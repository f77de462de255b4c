"""Promise 6: no identity number, name, degree, date, token or key in any log, whatever goes wrong.

Each test makes something go wrong, collects everything that any logger says at DEBUG, and looks
for everything that must not be there. The same is done after each test that has an employer: see
:mod:`tests.support.secrets`, and :mod:`tests.support.channels` for what the database tells.
"""

import json

import pytest

from tests.support.log import everything_logged
from tests.support.secrets import assert_silent


@pytest.fixture(autouse=True)
def _short(waits, transport_options):
    transport_options(timeout=(5, 1), retries=1)


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
