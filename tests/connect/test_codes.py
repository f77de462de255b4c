"""Every code with which Altinn and Maskinporten can refuse, at each call of connecting.

The tables say by hand what each code leads to. A code that is not named leads to what the table's
last lines say; no code leads to a traceback, a cron that fails, or a connection that is stuck.
"""

import itertools

import pytest

from sandbox.problems import AUTH_CODES, MP_CODES, VALIDATION_CODES

from .conftest import approve, ask, connect, forget, pending

AUTH = [f"AUTH-{number:05}" for number in AUTH_CODES]
STATUS = {f"AUTH-{number:05}": status for number, (status, _text) in AUTH_CODES.items()}


def auth(*numbers):
    return {f"AUTH-{number:05}" for number in numbers}


# Mended on the Maskinporten client: rights and packages, the system, return addresses, the vendor.
ON_CLIENT = auth(1, 11, 17, 52, 59, 63, 64, 65) | auth(21, 26) | auth(23, 43, 44)
# There is something at Altinn already, or was: Odoo finds out what, in the same click.
RESOLVED = auth(4, 6, 7, 8, 9, 10, 13, 61)
# Altinn takes the request without the address.
WITHOUT_ADDRESS = auth(21, 26)
# Passes by itself, so what was asked is not given up: HTTP 429 and 5xx.
PASSING = auth(55, 62, 73, 78)

# A phrase of what a person is told, so that the words are not only the same everywhere but right.
PHRASES = {
    "AUTH-00000": "Check the organisation number",
    "AUTH-00001": "Update the system in Altinn from the Maskinporten client",
    "AUTH-00003": "Try again in some minutes",
    "AUTH-00005": "ask Altinn's support and give them the code AUTH-00005",
    "AUTH-00007": "Approve that one",
    "AUTH-00009": "has refused the request in Altinn",
    "AUTH-00011": "must be registered from the Maskinporten client",
    "AUTH-00013": "has been answered meanwhile",
    "AUTH-00016": "access manager",
    "AUTH-00021": "is not registered for the system",
    "AUTH-00023": "does not accept this Maskinporten client",
    "AUTH-00052": "access package",
    "AUTH-00059": "no rights at all",
    "AUTH-00066": "(Tilgangsstyrer)",
    "AUTH-00070": "ask NAV which right is needed",
    "MP-011": "could not read the request",
    "MP-100": "does not know this Client ID",
    "MP-110": "another environment",
    "MP-121": "keys are valid for one year",
    "MP-122": "enterprise certificate",
    "MP-124": "Register the current public key",
    "MP-130": "clock is right",
    "MP-200": "at Digdir",
    "MP-201": "another type of integration",
    "MP-250": "has not been given",
    "MP-251": "has not delegated",
    "MP-303": "approve the system user in Altinn",
}


def words_for(env, code, scope=None):
    """What is said of a code, the same wherever it comes from."""
    from odoo.addons.nav_altinn_connector.clients.altinn import AltinnError
    from odoo.addons.nav_altinn_connector.clients.maskinporten import MaskinportenError
    from odoo.addons.nav_altinn_connector.models import plain_words

    kind, system = MaskinportenError, "maskinporten"
    if code.startswith("AUTH"):
        kind, system = AltinnError, "altinn"
    words = plain_words.client_error(env, kind(system, "test", status=400, code=code), scope)
    assert PHRASES.get(code, "") in words
    return words


def press(world, method, *, undo=True):
    """Press a button of the connection.

    :param undo: take back what it did here; what it did at Altinn stays
    :return: the state that it led to, and the exception or the action
    """
    from odoo.exceptions import RedirectWarning, UserError

    with world.registry.cursor() as cr:
        env = world.superuser(cr)
        connection = world.connection(env)
        try:
            outcome = getattr(connection, method)()
        except (UserError, RedirectWarning) as refusal:
            cr.rollback()
            return connection.state, refusal
        env.flush_all()
        state = connection.state
        if undo:
            cr.rollback()
        return state, outcome


@pytest.fixture(autouse=True)
def superuser(world, monkeypatch):
    """An environment on a cursor, as :meth:`World.env` makes them."""
    from odoo import SUPERUSER_ID, api

    context = {"tz": "Europe/Oslo", "allowed_company_ids": [world.ids["company"]]}
    monkeypatch.setattr(
        world, "superuser", lambda cr: api.Environment(cr, SUPERUSER_ID, context), raising=False
    )


@pytest.fixture
def play(world, waits):
    """Let an endpoint answer with a code, from now on or as often as told."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    def answer(code=None, endpoint=None, times=None):
        TOKENS.clear()
        world.sandbox.faults.clear()
        if code:
            world.sandbox.faults.add("problem", endpoint, code=code, times=times)

    return answer


def assert_refused(world, refusal, code, scope=None, on_client=False):
    from odoo.exceptions import RedirectWarning

    with world.env() as env:
        assert refusal.args[0] == words_for(env, code, scope), code
    assert isinstance(refusal, RedirectWarning) == on_client, code
    if on_client:
        assert refusal.args[1]["res_model"] == "nav.maskinporten.client"


# ------------------------------------------------------------------ Altinn: asking for approval


def test_each_code_of_altinn_when_approval_is_asked_for(employer, play):
    for code in AUTH:
        play(code, "altinn.request_create")
        state, refusal = press(employer, "action_connect")
        assert state == "draft", code
        assert_refused(employer, refusal, code, on_client=code in ON_CLIENT)
    assert not pending(employer)
    play()
    connect(employer)
    approve(employer)
    assert employer.read("state") == "active"


def test_each_code_of_altinn_that_comes_once(employer, play):
    """Whatever can be settled by looking what is at Altinn is settled in the same click."""
    for code in AUTH:
        play(code, "altinn.request_create", times=1)
        state, outcome = press(employer, "action_connect")
        if code in RESOLVED | WITHOUT_ADDRESS:
            assert state == "waiting", code
            assert outcome["type"] == "ir.actions.act_url", code
            assert len(pending(employer)) == 1, code
        else:
            assert state == "draft", code
            assert_refused(employer, outcome, code, on_client=code in ON_CLIENT)
        forget(employer)


SITUATIONS = {
    "nothing": "waiting",
    "pending": "waiting",
    "rejected": "waiting",
    "denied": "waiting",
    "timed_out": "waiting",
    "approved": "active",
    "approved_and_removed": "waiting",
    "approved_without_request": "active",
}


def bring_about(world, situation):
    """Bring Altinn there, and let Odoo know nothing of it."""
    sandbox = world.sandbox
    forget(world)
    if situation == "approved_without_request":
        world.register()
    elif situation != "nothing":
        connect(world)
        (request,) = pending(world)
        act = {"rejected": sandbox.reject, "denied": sandbox.deny, "timed_out": sandbox.time_out}
        act.get(situation, lambda _id: None)(request.id)
        if situation.startswith("approved"):
            sandbox.approve(request.id)
    if situation == "approved_and_removed":
        # Altinn may keep the request whose system user is gone.
        for user in sandbox.system_users():
            user.revoked = True
    with world.env() as env:
        world.connection(env).request_ids.sudo().unlink()
        world.connection(env).write({"state": "draft", "approved_at": False})


@pytest.mark.parametrize("decided", ["refused", "returned"])
@pytest.mark.parametrize("waiting", ["returned", "refused"])
def test_whatever_is_at_altinn_is_taken_up(employer, decided, waiting):
    options = employer.sandbox.options
    options.decided_request, options.pending_request = decided, waiting
    options.removed_system_users = "shown" if decided == "returned" else "hidden"
    for situation, state in SITUATIONS.items():
        bring_about(employer, situation)
        connect(employer)
        assert employer.read("state") == state, situation
        assert len(pending(employer)) == (state == "waiting"), situation
        if state == "waiting":
            connect(employer)  # once more changes nothing
            assert len(pending(employer)) == 1, situation
            approve(employer)
        assert employer.read("state") == "active", situation
        assert len(employer.sandbox.system_users()) == 1, situation
        employer.fetch()
        assert not employer.read("last_error"), situation


@pytest.mark.parametrize("kept", [True, False])
def test_a_refused_request_that_altinn_does_not_delete(asked, kept):
    """The new one goes under a reference of its own, with which everything works later, too."""
    options = asked.sandbox.options
    options.decided_request = "returned" if kept else "refused"
    asked.sandbox.reject(pending(asked)[0].id)
    ask(asked)
    # Altinn says that the request is deleted, and keeps it.
    asked.sandbox.state.altinn.delete = lambda request: None
    connect(asked)
    assert asked.read("state") == "waiting"
    (request,) = pending(asked)
    assert request.external_ref.startswith(f"{asked.sandbox.main_unit}-")
    connect(asked)
    assert len(pending(asked)) == 1
    approve(asked)
    assert asked.read("state") == "active"
    asked.fetch()
    assert asked.notes()


@pytest.mark.parametrize("answer", ["not_found", "forbidden"])
def test_a_system_that_altinn_does_not_know(employer, answer):
    from odoo.exceptions import RedirectWarning

    employer.sandbox.options.unknown_system = answer
    systems = dict(employer.sandbox.state.systems)
    employer.sandbox.state.systems.clear()
    _state, refusal = press(employer, "action_connect")
    assert isinstance(refusal, RedirectWarning)
    with employer.env() as env:
        employer.client(env).action_compare_system()
        assert (
            employer.client(env).register_state
            == {
                "not_found": "missing",
                "forbidden": "failed",
            }[answer]
        )
    employer.sandbox.state.systems.update(systems)
    connect(employer)
    approve(employer)
    assert employer.read("state") == "active"


# ------------------------------------------------------------------ Altinn: later calls


def test_each_code_of_altinn_when_it_is_asked_for_the_answer(asked, play):
    for code in AUTH:
        play(code, "altinn.request")
        ask(asked)
        if code == "AUTH-00010":
            assert asked.read("state") == "rejected"
            assert "gone from Altinn" in asked.read("approval_words")
            play()
            connect(asked)  # it was there after all, and is taken up
        else:
            assert asked.read("state") == "waiting", code
            with asked.env() as env:
                assert asked.connection(env).last_error == words_for(env, code), code
                assert asked.connection(env).request_ids.next_ask_at, code
    play()
    ask(asked)
    assert asked.read("state") == "waiting"
    assert not asked.read("last_error")
    assert len(pending(asked)) == 1
    approve(asked)
    assert asked.read("state") == "active"


def test_each_code_of_altinn_when_a_request_is_withdrawn(asked, play):
    for code in AUTH:
        play(code, "altinn.request_delete")
        state, outcome = press(asked, "action_withdraw_request")
        if code in PASSING:
            assert state == "waiting", code
            assert_refused(asked, outcome, code)
        elif code == "AUTH-00010":
            assert (state, outcome) == ("draft", True)
        else:
            assert state == "draft", code
            with asked.env() as env:
                assert words_for(env, code) in outcome["params"]["message"]
    play()
    assert press(asked, "action_withdraw_request", undo=False) == ("draft", True)
    assert not pending(asked)


def test_each_code_of_altinn_when_more_rights_are_asked_for(connected, play):
    with connected.env() as env:
        connected.client(env).extra_resources = "nav_sykepenger_soeknad"
        connected.client(env).action_update_system()
    for code in AUTH:
        play(code, "altinn.change_create")
        state, outcome = press(connected, "action_request_rights")
        # What works goes on working, also where Altinn has lost sight of the system user.
        assert state == "active", code
        if code == "AUTH-00015":
            assert outcome["tag"] == "display_notification"
        else:
            assert_refused(connected, outcome, code, on_client=code in ON_CLIENT)
    assert not pending(connected)
    for code in sorted(WITHOUT_ADDRESS):
        play(code, "altinn.change_create", times=1)
        state, outcome = press(connected, "action_request_rights")
        assert (state, outcome["type"]) == ("active", "ir.actions.act_url")
    play()
    assert len(pending(connected)) == 1
    press(connected, "action_request_rights", undo=False)
    approve(connected)
    assert connected.read("state") == "active"
    assert not connected.read("missing_resources")


@pytest.mark.parametrize("waiting", ["returned", "refused"])
@pytest.mark.parametrize("detects", [True, False])
def test_a_change_request_whose_answer_was_lost(connected, waits, waiting, detects):
    options = connected.sandbox.options
    options.pending_request, options.detect_no_change = waiting, detects
    with connected.env() as env:
        connected.client(env).extra_resources = "nav_sykepenger_soeknad"
        connected.client(env).action_update_system()
    connected.sandbox.faults.add("answer_lost", "altinn.change_create", times=1)
    for _click in range(2):
        press(connected, "action_request_rights")  # both times Odoo forgets it
    assert len(pending(connected)) == 1
    connected.sandbox.approve(pending(connected)[0].id)
    # It was answered before Odoo came to know of it.
    press(connected, "action_request_rights", undo=False)
    assert not connected.read("missing_resources")
    assert connected.read("state") == "active"
    assert not pending(connected)


REGISTER_CALLS = {
    "altinn.system": "action_compare_system",
    "altinn.system_create": "action_register_system",
    "altinn.system_update": "action_update_system",
}


@pytest.mark.parametrize("endpoint", REGISTER_CALLS)
def test_each_code_of_altinn_at_the_system_register(employer, play, endpoint):
    validation = [f"AUTH.VLD-{number:05}" for number in VALIDATION_CODES]
    if endpoint == "altinn.system_create":
        employer.sandbox.state.systems.clear()
    else:
        with employer.env() as env:
            employer.client(env).extra_resources = "nav_sykepenger_soeknad"
    with employer.env() as env:
        client = employer.client(env)
        for code in (*AUTH, *validation):
            play(code, endpoint)
            getattr(client, REGISTER_CALLS[endpoint])()
            if endpoint == "altinn.system":
                missing = code in auth(11, 17)
            else:
                # The system may be there after all; Odoo looks, and here it is not.
                missing = endpoint == "altinn.system_create" and (
                    STATUS.get(code) == 409 or code == "AUTH.VLD-00002"
                )
            assert client.register_state == ("missing" if missing else "failed"), code
            if not missing:
                expected = _register_words(env, code)
                assert client.register_problem.startswith(expected), code
        play()
        getattr(client, REGISTER_CALLS[endpoint])()
        client.action_update_system()
        assert client.register_state == "same"
        assert not client.register_problem


def _register_words(env, code):
    from odoo.addons.nav_altinn_connector.models import plain_words_altinn

    if code.startswith("AUTH.VLD"):
        return plain_words_altinn.register_problem(env, code)
    return words_for(env, code)


# ------------------------------------------------------------------ Maskinporten

SICK_NOTES = "nav:helseytelser/sykepenger"
WRITE = "altinn:authentication/systemuser.request.write"
READ = "altinn:authentication/systemuser.request.read"
# The organisation's approval is missing; all other codes are about the client.
NO_SYSTEM_USER = {"MP-301", "MP-302", "MP-303"}
TOKEN = "maskinporten.token"


def test_each_code_of_maskinporten_when_approval_is_asked_for(employer, play):
    for code in MP_CODES:
        play(code, TOKEN)
        state, refusal = press(employer, "action_connect")
        assert state == "draft", code
        assert_refused(employer, refusal, code, WRITE, on_client=True)
    play()
    connect(employer)
    approve(employer)
    assert employer.read("state") == "active"


def test_each_code_of_maskinporten_when_altinn_is_asked_for_the_answer(asked, play):
    for code in MP_CODES:
        play(code, TOKEN)
        ask(asked)
        assert asked.read("state") == "waiting", code
        with asked.env() as env:
            assert asked.connection(env).last_error == words_for(env, code, READ), code
    play()
    approve(asked)
    assert asked.read("state") == "active"
    assert not asked.read("last_error")


@pytest.mark.parametrize("fresh", [True, False])
def test_each_code_of_maskinporten_after_the_approval(asked, play, fresh):
    asked.sandbox.options.rights_delay_maskinporten = 600
    approve(asked)
    for code in MP_CODES:
        with asked.env() as env:
            if not fresh:
                asked.connection(env).approved_at = "2026-01-01"
        play(code, TOKEN)
        ask(asked)
        assert asked.read("state") == "waiting", code
        may_come = fresh and code in NO_SYSTEM_USER
        with asked.env() as env:
            connection = asked.connection(env)
            check = connection.check_ids.filtered(lambda check: check.kind == "token")
            expected = words_for(env, code, SICK_NOTES)
            assert (check.state, check.message) == ("late" if may_come else "failed", expected)
            assert connection.last_error == (False if may_come else expected), code
            told = {activity.note for activity in connection.activity_ids}
            assert bool(told) != may_come, code
            assert connection.next_check_at, code
    asked.sandbox.options.rights_delay_maskinporten = 0
    play()
    ask(asked)
    assert asked.read("state") == "active"
    assert not asked.read("last_error")
    with asked.env() as env:
        assert not asked.connection(env).activity_ids


def test_each_code_of_maskinporten_while_sick_notes_are_fetched(connected, play):
    with connected.env() as env:
        connected.connection(env).approved_at = "2026-01-01"
    for code in MP_CODES:
        play(code, TOKEN)
        connected.fetch()
        lost = code in NO_SYSTEM_USER
        assert connected.read("state") == ("reauthorise" if lost else "active"), code
        assert connected.read("failing_part") == ("rights" if lost else "client"), code
        with connected.env() as env:
            connection = connected.connection(env)
            assert connection.last_error == words_for(env, code, SICK_NOTES), code
            assert len(connection.activity_ids) == len(connection.activity_ids.user_id) > 0
        ask(connected)  # the cron looks whether it is over; it is not
        play()
        ask(connected)
        assert connected.read("state") == "active", code
        connected.fetch()
        assert not connected.read("last_error"), code
        assert not connected.read("failing_part"), code
    assert connected.notes()


def test_the_tables_are_about_codes_that_there_are():
    named = set(itertools.chain(ON_CLIENT, RESOLVED, WITHOUT_ADDRESS, PASSING))
    assert named <= set(AUTH)
    assert set(PHRASES) <= {*AUTH, *MP_CODES}
    assert set(MP_CODES) >= NO_SYSTEM_USER
    assert {code for code, status in STATUS.items() if status == 429 or status >= 500} == PASSING
