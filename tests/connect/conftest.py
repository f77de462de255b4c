"""An employer that is not approved in Altinn yet."""

import pytest

from tests.support.world import CLIENT_ID


@pytest.fixture
def employer(world, waits):
    """The client is known at Digdir and its system registered in Altinn; the connection is filled
    in, with its sub-units looked up. Nobody has asked for approval.
    The pauses before a call is tried again are left out."""
    sandbox = world.sandbox
    sandbox.reset()
    sandbox.register_client(CLIENT_ID, sandbox.main_unit, [world.jwk])
    with world.env() as env:
        world.client(env).action_register_system()
        assert world.client(env).register_state == "same"
        world.connection(env).action_look_up_units()
    sandbox.requests.clear()
    return world


@pytest.fixture
def asked(employer):
    """The same, with the request in Altinn made."""
    with employer.env() as env:
        employer.connection(env).action_connect()
    return employer


@pytest.fixture
def connected(asked):
    """The same, approved and active."""
    approve(asked)
    assert asked.read("state") == "active"
    return asked


def connect(world):
    """Press the button, and return the action that it gives."""
    with world.env() as env:
        return world.connection(env).action_connect()


def made(world):
    """The calls that make requests in Altinn."""
    return [
        request
        for request in world.sandbox.requests.of("altinn")
        if request.method == "POST" and request.path.endswith("/systemuser/request/vendor")
    ]


def forget(world):
    """Odoo and Altinn know of no request and no system user; the system stays registered."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    sandbox = world.sandbox
    sandbox.faults.clear()
    with sandbox.state.lock:
        sandbox.state.altinn.all.clear()
        sandbox.state.system_users.clear()
    with world.env() as env:
        connection = world.connection(env)
        connection.request_ids.sudo().unlink()
        connection._stop_telling()
        connection.write({"state": "draft", "guide_step": "basics"})
        connection.write(
            dict.fromkeys(
                (
                    "approved_at",
                    "granted_resources",
                    "next_check_at",
                    "last_error",
                    "system_user_external_ref",
                ),
                False,
            )
        )


def pending(world):
    """The requests that wait at Altinn."""
    return [request for request in world.sandbox.requests_at_altinn() if request.status == "New"]


def approve(world):
    """An access manager approves what waits, and Odoo's cron asks."""
    for request in pending(world):
        world.sandbox.approve(request.id)
    ask(world)


def ask(world):
    """Let the time come at which the cron asks Altinn, and let it ask."""
    with world.env() as env:
        env["nav.system.user.request"].search([("status", "=", "new")]).write(
            {"next_ask_at": "2020-01-01"}
        )
        env["nav.connection"].search([("next_check_at", "!=", False)]).write(
            {"next_check_at": "2020-01-01"}
        )
    world.run_cron("poll_altinn")
