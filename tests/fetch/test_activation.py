"""Activating a connection: what it refuses, with which words, and what it looks up."""

import pytest

from sandbox.identity_numbers import make_org_number
from tests.sandbox.contract import check_request
from tests.support.world import CLIENT_ID


def refusal(world, **changes):
    """Change the connection, activate it, and return the words of the refusal."""
    from odoo.exceptions import UserError

    with pytest.raises(UserError) as caught, world.env() as env:
        connection = world.connection(env)
        connection.write(changes)
        connection.action_activate()
    assert world.read("state") == "draft"
    return str(caught.value)


def test_a_sound_connection_becomes_active_with_its_sub_units(world):
    world.activate()
    with world.env() as env:
        connection = world.connection(env)
        assert connection.state == "active"
        assert connection.org_name.lower() == "fjordheim omsorg as"
        assert set(connection.unit_ids.mapped("org_number")) == set(world.sandbox.units)
        assert all(connection.unit_ids.mapped("selected"))
        assert all(connection.unit_ids.mapped("name"))
    for request in world.sandbox.requests.of("enhetsregisteret"):
        check_request(request.method, request.path, query=request.query)


def test_a_leave_type_without_grades_is_refused(world):
    words = refusal(world, leave_type_id=world.ids["ungraded"])
    assert "Ungraded does not allow graded absence" in words
    assert "Tick Allow Graded Absence" in words
    assert not world.sandbox.requests.of("maskinporten")


def test_a_leave_type_with_allocation_is_refused(world):
    words = refusal(world, leave_type_id=world.ids["allocated"])
    assert "Allocated requires allocation" in words
    assert "turn that off" in words


def test_all_problems_are_told_at_once(world):
    words = refusal(world, leave_type_id=world.ids["ungraded"], audience="departments")
    assert "graded absence" in words
    assert "Choose the departments" in words


def test_an_organisation_number_with_a_wrong_check_digit_is_refused(world):
    wrong = world.sandbox.main_unit[:8] + str((int(world.sandbox.main_unit[8]) + 1) % 10)
    words = refusal(world, org_number=wrong)
    assert f"{wrong} is not a valid organisation number" in words


def test_an_organisation_number_that_nobody_has_is_refused(world):
    unknown = make_org_number("39999990") or make_org_number("39999991")
    words = refusal(world, org_number=unknown)
    assert f"Enhetsregisteret does not know the organisation number {unknown}" in words


@pytest.mark.parametrize("answer", ["slettedato", "gone"])
def test_a_deleted_organisation_is_refused(world, answer):
    world.sandbox.options.deleted_units = answer
    world.sandbox.delete_organisation(world.sandbox.main_unit)
    assert "deleted in Enhetsregisteret" in refusal(world)


def test_a_register_that_does_not_answer_is_told(world, waits):
    world.sandbox.faults.add("server_error", "enhetsregisteret", times=None)
    assert refusal(world).startswith("Enhetsregisteret has a fault of its own.")


def test_no_ticked_sub_unit_is_refused(world):
    with world.env() as env:
        world.connection(env).action_look_up_units()
        world.connection(env).unit_ids.selected = False
    assert "Tick at least one sub-unit" in refusal(world)


def test_two_connections_of_a_company_do_not_fetch_the_same_sub_unit(active):
    from odoo.exceptions import UserError

    words = "already fetched by the connection Fjordheim"
    with pytest.raises(UserError, match=words), active.env() as env:
        active.make_connection(env, name="Again").action_activate()


# ------------------------------------------------------------------ the token


def _expired_key(world):
    world.sandbox.allow(CLIENT_ID, {**world.jwk, "expires_at": 0}, world.sandbox.main_unit)


def _other_client(world):
    with world.env() as env:
        world.client(env).client_id = "c0000000-0000-4000-8000-00000000dead"


def _other_address(world):
    # The name of the same server that is not Maskinporten's own.
    with world.env() as env:
        url = world.sandbox.maskinporten_url.replace("127.0.0.1", "localhost")
        world.client(env).maskinporten_url = url


def _other_key(world):
    with world.env() as env:
        world.client(env).action_generate_key()


def _other_scope(world):
    world.sandbox.allow(
        CLIENT_ID, world.jwk, world.sandbox.main_unit, scopes=["nav:helseytelser/other"]
    )


def _other_time(world):
    world.sandbox.clock.shift(3600)


def _no_system_user(world):
    for user_id in world.sandbox.state.system_users:
        world.sandbox.state.revoke_system_user(user_id)


TOKEN_PROBLEMS = {
    "MP-100": (_other_client, "does not know this Client ID"),
    "MP-110": (_other_address, "meant for another environment"),
    "MP-121": (_expired_key, "The key has expired at Digdir"),
    "MP-124": (_other_key, "does not know the key. Register the current public key"),
    "MP-130": (_other_time, "Check that this server's clock is right"),
    "MP-200": (_other_scope, "Add the scope nav:helseytelser/sykepenger"),
    "MP-303": (_no_system_user, "approve the system user in Altinn"),
}


@pytest.mark.parametrize("code", TOKEN_PROBLEMS)
def test_a_token_that_maskinporten_refuses_is_told_in_plain_words(world, code):
    cause, expected = TOKEN_PROBLEMS[code]
    cause(world)
    words = refusal(world)
    assert expected in words
    assert "MP-" not in words


def test_after_the_cause_is_mended_the_connection_can_be_activated(world):
    _other_scope(world)
    refusal(world)
    world.register()
    world.activate()
    assert world.read("state") == "active"


def test_without_client_id_or_key_the_words_say_what_is_missing(world):
    with world.env() as env:
        world.client(env).client_id = False
    assert "has no Client ID yet" in refusal(world)
    with world.env() as env:
        world.client(env).client_id = CLIENT_ID
        env["nav.maskinporten.key"].search([])._destroy()
    assert "has no key yet" in refusal(world)


def test_the_test_button_tells_that_the_client_works(world):
    with world.env() as env:
        client = world.client(env)
        action = client.action_test_token()
        assert client.test_succeeded
        assert client.test_result.startswith("Maskinporten gave a token.")
        assert action["params"]["type"] == "success"


@pytest.mark.parametrize("code", [code for code in TOKEN_PROBLEMS if code != "MP-303"])
def test_the_test_button_tells_what_maskinporten_said(world, code):
    cause, expected = TOKEN_PROBLEMS[code]
    cause(world)
    with world.env() as env:
        client = world.client(env)
        action = client.action_test_token()
        assert not client.test_succeeded
        assert expected in client.test_result
        assert action["params"]["message"] == client.test_result
        assert action["params"]["type"] == "danger"


def test_the_test_button_asks_anew_each_time(world):
    asked = []
    with world.env() as env:
        for _each in range(2):
            world.client(env).action_test_token()
            asked.append(len(world.sandbox.requests.of("maskinporten.token")))
    assert asked[0] >= 1
    assert asked[1] == 2 * asked[0]
