"""The system in Altinn's register, against the sandbox's Altinn."""

import json
import threading

import pytest

CLIENT_ID = "c0000000-0000-4000-8000-000000000077"


@pytest.fixture
def client(world):
    """A client with a working key whose system is not registered; gives a function that runs one
    of its actions with a commit, and returns what :meth:`read` then finds."""
    with world.env() as env:
        record = env["nav.maskinporten.client"].create(
            {
                "name": "Register",
                "environment": "custom",
                "client_id": CLIENT_ID,
                "owner_org_number": world.sandbox.main_unit,
                "maskinporten_url": world.sandbox.maskinporten_url,
                "sykepenger_url": world.sandbox.sykepenger_url,
                "enhetsregisteret_url": world.sandbox.enhetsregisteret_url,
                "altinn_url": world.sandbox.altinn_url,
            }
        )
        record.action_generate_key()
        key = json.loads(record.public_jwk)
        record_id = record.id
    world.sandbox.register_client(CLIENT_ID, world.sandbox.main_unit, key)

    def run(action=None, **values):
        with world.env() as env:
            record = env["nav.maskinporten.client"].browse(record_id)
            if values:
                record.write(values)
            if action:
                getattr(record, action)()
        with world.env() as env:
            record = env["nav.maskinporten.client"].browse(record_id)
            record.fetch()
            return record.read()[0]

    run("action_test_token")
    return run


def system(world):
    return world.sandbox.state.systems.get(f"{world.sandbox.main_unit}_odoo")


def test_registered_compared_and_updated(world, client):
    found = client("action_compare_system")
    assert found["register_state"] == "missing"
    found = client("action_register_system")
    assert (found["register_state"], found["register_problem"]) == ("same", False)
    assert system(world).client_ids == [CLIENT_ID]
    assert found["redirect_address"] in system(world).redirect_urls
    found = client(extra_resources="nav_sykepenger_dialog", request_by="package")
    assert found["register_state"] == "differs"
    found = client("action_update_system")
    assert found["register_state"] == "same", found["register_problem"]
    assert set(system(world).resources) >= {"nav_sykepenger_sykmelding", "nav_sykepenger_dialog"}
    assert client("action_compare_system")["register_state"] == "same"


def test_a_lost_answer_leads_to_one_system(world, client):
    world.sandbox.faults.add("answer_lost", "altinn.system_create", times=1)
    found = client("action_register_system")
    assert found["register_state"] == "failed"
    assert "may have been done" in found["register_problem"]
    assert client("action_register_system")["register_state"] == "same"
    assert len(world.sandbox.requests.of("altinn.system_create")) == 1


def test_two_clicks_at_once_lead_to_one_system(world, client):
    world.sandbox.faults.add("slow", "altinn.system_create", times=1, seconds=0.5)
    errors = []

    def click():
        import psycopg2.errors

        try:
            client("action_register_system")
        except psycopg2.errors.SerializationFailure as error:
            # Odoo tries the second click again when it comes from a browser.
            errors.append(error)

    threads = [threading.Thread(target=click) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) <= 1
    assert client("action_register_system")["register_state"] == "same"
    assert system(world).client_ids == [CLIENT_ID]


def test_what_others_registered_stays(world, client):
    client("action_register_system")
    with world.sandbox.state.lock:
        registered = system(world)
        registered.client_ids.append("another-database")
        registered.redirect_urls.append("https://other.example.invalid/return")
    client(system_name="Odoo HR")
    assert client("action_update_system")["register_state"] == "same"
    assert set(system(world).client_ids) == {CLIENT_ID, "another-database"}
    assert "https://other.example.invalid/return" in system(world).redirect_urls


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AUTH.VLD-00003", "does not know one of the rights"),
        ("AUTH.VLD-00004", "belongs to another system"),
        ("AUTH.VLD-00005", "https://"),
        ("AUTH-00023", "does not accept this Maskinporten client"),
        ("AUTH-00044", "does not accept this Maskinporten client"),
    ],
)
def test_what_altinn_refuses_is_told(world, client, code, words):
    world.sandbox.faults.add("problem", "altinn.system_create", times=1, code=code)
    found = client("action_register_system")
    assert found["register_state"] == "failed"
    assert words in found["register_problem"]
    assert "AUTH" not in found["register_problem"]
    assert client("action_register_system")["register_state"] == "same"


def test_a_client_id_of_another_system_is_refused_by_altinn(world, client):
    with world.sandbox.state.lock:
        world.sandbox.state.register_system(
            f"{world.sandbox.main_unit}_other", world.sandbox.main_unit, [CLIENT_ID]
        )
    assert "belongs to another system" in client("action_register_system")["register_problem"]


def test_a_scope_that_is_missing_is_named(world, client):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    state = world.sandbox.state
    state.clients[CLIENT_ID].scopes.remove("altinn:authentication/systemregister.write")
    found = client("action_register_system")
    assert "altinn:authentication/systemregister.write" in found["register_problem"]
    found = client("action_test_token")
    assert found["scopes_missing"] == "altinn:authentication/systemregister.write"


def test_altinn_that_is_down_is_told(world, client):
    world.sandbox.faults.add("server_error", "altinn", times=None)
    found = client("action_register_system")
    assert found["register_state"] == "failed"
    assert "Altinn has a fault of its own" in found["register_problem"]
