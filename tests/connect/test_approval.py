"""From the request in Altinn to *Active*: every answer, and everything that is there already."""

import pytest

from tests.support.world import CLIENT_ID

from .conftest import approve, ask, connect, made, pending


def test_a_request_is_made_and_altinns_page_opened_as_altinn_gave_it(employer):
    action = connect(employer)
    (request,) = pending(employer)
    assert action["type"] == "ir.actions.act_url"
    assert action["target"] == "new"
    assert action["url"].startswith(employer.sandbox.altinn_url)
    assert request.id in action["url"]
    assert employer.read("state") == "waiting"
    assert request.orgnr == employer.sandbox.main_unit
    assert request.resources == ["nav_sykepenger_sykmelding"]


def test_approved_while_nobody_looks(asked):
    approve(asked)
    assert asked.read("state") == "active"
    assert asked.read("approved_at")
    with asked.env() as env:
        checks = asked.connection(env).check_ids
        assert set(checks.filtered(lambda check: check.kind == "unit").mapped("state")) == {"ok"}
        assert checks.filtered(lambda check: check.kind == "token").state == "ok"
    asked.fetch()
    assert asked.notes()


def test_the_screen_asks_and_shows_the_answer(asked):
    with asked.env() as env:
        before = asked.connection(env).watch_approval()
    asked.sandbox.approve(pending(asked)[0].id)
    with asked.env() as env:
        asked.connection(env).request_ids.asked_at = "2020-01-01"
        after = asked.connection(env).watch_approval()
    assert before != after
    assert asked.read("state") == "active"


def test_many_screens_ask_altinn_no_oftener_than_one(asked):
    asked.sandbox.requests.clear()
    for _screen in range(5):
        with asked.env() as env:
            asked.connection(env).watch_approval()
    assert len(asked.sandbox.requests.of("altinn")) <= 1


def test_rejected_then_renewed(asked):
    asked.sandbox.reject(pending(asked)[0].id)
    ask(asked)
    assert asked.read("state") == "rejected"
    assert "rejected in Altinn" in asked.read("approval_words")
    connect(asked)
    assert asked.read("state") == "waiting"
    assert len(pending(asked)) == 1
    approve(asked)
    assert asked.read("state") == "active"


def test_denied_says_who_should_answer(asked):
    asked.sandbox.deny(pending(asked)[0].id)
    ask(asked)
    assert asked.read("state") == "rejected"
    assert "access manager" in asked.read("approval_words")
    connect(asked)
    approve(asked)
    assert asked.read("state") == "active"


def test_timed_out_after_180_days(asked):
    asked.sandbox.time_out(pending(asked)[0].id)
    ask(asked)
    assert asked.read("state") == "rejected"
    assert "180 days" in asked.read("approval_words")
    connect(asked)
    assert asked.read("state") == "waiting"
    assert len(pending(asked)) == 1


def test_a_refusal_is_told_to_the_administrators_once(asked):
    asked.sandbox.reject(pending(asked)[0].id)
    ask(asked)
    ask(asked)
    with asked.env() as env:
        connection = asked.connection(env)
        told = connection.activity_ids.mapped("user_id")
        assert told
        assert len(connection.activity_ids) == len(told)


def test_a_request_that_waits_already_is_taken_up(asked):
    with asked.env() as env:
        asked.connection(env).request_ids.sudo().unlink()
        asked.connection(env).state = "draft"
    connect(asked)
    assert len(pending(asked)) == 1
    with asked.env() as env:
        assert asked.connection(env).request_ids.altinn_id == pending(asked)[0].id


def test_a_system_user_that_is_there_already_is_taken_up(employer):
    employer.register()
    connect(employer)
    assert employer.read("state") == "active"
    assert not pending(employer)


def test_a_second_connection_of_the_organisation_needs_no_second_approval(connected):
    sandbox = connected.sandbox
    with connected.env() as env:
        first = connected.connection(env)
        first.unit_ids[1:].selected = False
        other = connected.make_connection(env, name="The rest")
        other.action_look_up_units()
        other.unit_ids.filtered(
            lambda unit: unit.org_number in first.unit_ids.filtered("selected").mapped("org_number")
        ).selected = False
        other.action_connect()
        assert other.state == "active"
    assert not pending(connected)
    assert len(sandbox.system_users()) == 1


def test_a_click_twice_makes_one_request(employer):
    connect(employer)
    connect(employer)
    assert len(pending(employer)) == 1
    with employer.env() as env:
        assert len(employer.connection(env).request_ids) == 1


def test_an_answer_that_was_lost_is_found_again(employer, waits):
    employer.sandbox.faults.add("answer_lost", "altinn.request_create", times=1)
    connect(employer)
    assert employer.read("state") == "waiting"
    assert len(pending(employer)) == 1


def test_the_process_dies_between_the_request_and_its_answer(employer, monkeypatch):
    class Dead(BaseException):
        pass

    def die(self, *_arguments, **_names):
        raise Dead

    with monkeypatch.context() as patch:
        patch.setattr(employer.registry["nav.connection"], "_keep_request", die)
        with pytest.raises(Dead):
            connect(employer)
    assert employer.read("state") == "draft"
    connect(employer)
    assert employer.read("state") == "waiting"
    assert len(pending(employer)) == 1
    approve(employer)
    assert employer.read("state") == "active"


def test_a_redirect_address_that_altinn_does_not_know_is_left_out(employer):
    employer.sandbox.faults.add("problem", "altinn.request_create", code="AUTH-00021", times=1)
    connect(employer)
    first, second = made(employer)
    assert first.body.get("redirectUrl")
    assert not second.body.get("redirectUrl")
    assert employer.read("state") == "waiting"


def test_rights_that_come_late_are_a_state_and_no_error(asked):
    asked.sandbox.options.rights_delay_maskinporten = 600
    approve(asked)
    assert asked.read("state") == "waiting"
    assert asked.read("approved_at")
    assert "some minutes" in asked.read("approval_words")
    assert not asked.read("last_error")
    with asked.env() as env:
        assert not asked.connection(env).activity_ids
    asked.sandbox.options.rights_delay_maskinporten = 0
    ask(asked)
    assert asked.read("state") == "active"


def test_rights_that_nav_knows_late(asked):
    asked.sandbox.options.rights_delay_nav = 600
    approve(asked)
    assert asked.read("state") == "waiting"
    asked.sandbox.options.rights_delay_nav = 0
    ask(asked)
    assert asked.read("state") == "active"


def test_a_withdrawn_request_is_deleted_at_altinn(asked):
    with asked.env() as env:
        asked.connection(env).action_withdraw_request()
    assert not pending(asked)
    assert asked.read("state") == "draft"


def test_a_request_that_somebody_deleted_can_be_made_anew(asked):
    with asked.env() as env:
        connection = asked.connection(env)
        connection._altinn().delete_request(connection.request_ids.altinn_id)
    ask(asked)
    assert asked.read("state") == "rejected"
    connect(asked)
    assert len(pending(asked)) == 1


def test_closing_deletes_the_request_and_fetches_no_more(asked):
    with asked.env() as env:
        asked.connection(env).action_close()
    assert not pending(asked)
    with asked.env() as env:
        connection = asked.connection(env)
        assert not connection.active
        assert connection.state == "paused"


def test_closing_an_active_connection_says_who_removes_the_system_user(connected):
    with connected.env() as env:
        action = connected.connection(env).action_close()
    assert "access manager removes the system user" in action["params"]["message"]
    connected.sandbox.requests.clear()
    connected.fetch()
    assert not connected.sandbox.requests.of("sykepenger")


def test_a_system_that_is_not_registered_leads_to_the_client(world):
    from odoo.exceptions import RedirectWarning

    sandbox = world.sandbox
    sandbox.reset()
    sandbox.register_client(CLIENT_ID, sandbox.main_unit, [world.jwk])
    with pytest.raises(RedirectWarning) as caught, world.env() as env:
        world.connection(env).action_connect()
    assert "must be registered from the Maskinporten client" in caught.value.args[0]
    assert caught.value.args[1]["res_model"] == "nav.maskinporten.client"
    assert world.read("state") == "draft"


def test_more_rights_that_the_system_lacks_lead_to_the_client(connected):
    from odoo.exceptions import RedirectWarning

    with pytest.raises(RedirectWarning) as caught, connected.env() as env:
        connected.client(env).extra_resources = "nav_sykepenger_soeknad"
        connected.connection(env).action_request_rights()
    assert "Update the system in Altinn" in caught.value.args[0]
    assert caught.value.args[1]["res_model"] == "nav.maskinporten.client"
    assert connected.read("state") == "active"


def want_more(world):
    """Another right is needed, and the system has it in Altinn's register."""
    with world.env() as env:
        client = world.client(env)
        client.extra_resources = "nav_sykepenger_soeknad"
        client.action_update_system()
        assert client.register_state == "same"


def test_more_rights_go_by_change_request_and_fetching_goes_on(connected):
    want_more(connected)
    assert connected.read("missing_resources") == "nav_sykepenger_soeknad"
    with connected.env() as env:
        connection = connected.connection(env)
        action = connection.action_request_rights()
        assert action["type"] == "ir.actions.act_url"
        assert connection.state == "active"
    with connected.env() as env:
        connected.connection(env).action_request_rights()
    assert len(pending(connected)) == 1
    connected.fetch()
    assert connected.notes()
    approve(connected)
    assert connected.read("state") == "active"
    assert not connected.read("missing_resources")
    (user,) = connected.sandbox.system_users()
    assert "nav_sykepenger_soeknad" in user.resources


def test_more_rights_for_a_paused_connection_leave_it_paused(connected):
    want_more(connected)
    with connected.env() as env:
        connected.connection(env).action_request_rights()
        connected.connection(env).action_pause()
    approve(connected)
    assert connected.read("state") == "paused"
    with connected.env() as env:
        connected.connection(env).action_resume()
    assert connected.read("state") == "active"
    assert not connected.read("missing_resources")


def test_more_rights_for_a_system_user_that_is_gone_become_a_new_request(connected):
    want_more(connected)
    connected.sandbox.revoke(connected.sandbox.main_unit)
    with connected.env() as env:
        connected.connection(env).action_request_rights()
    assert connected.read("state") == "waiting"
    (request,) = pending(connected)
    assert not request.is_change
    approve(connected)
    assert connected.read("state") == "active"
    assert not connected.read("missing_resources")


def test_a_system_user_without_the_right_is_told_and_mended_by_change_request(employer):
    """It was approved long ago for something else: waiting does not help."""
    employer.register()
    employer.sandbox.set_rights(employer.sandbox.main_unit, resources=["nav_sykepenger_soeknad"])
    for user in employer.sandbox.system_users():
        user.created -= 30 * 24 * 3600
    connect(employer)
    assert employer.read("state") == "waiting"
    assert "must have the right to sick notes" in employer.read("last_error")
    assert "something does not work" in employer.read("approval_words")
    with employer.env() as env:
        connection = employer.connection(env)
        assert len(connection.activity_ids) == len(connection.activity_ids.user_id) > 0
        connection.action_reauthorise()
    (request,) = pending(employer)
    assert request.is_change
    approve(employer)
    assert employer.read("state") == "active"
    with employer.env() as env:
        assert not employer.connection(env).activity_ids


def test_starting_over_while_the_rights_do_not_work(asked):
    asked.sandbox.options.rights_delay_nav = 600
    approve(asked)
    with asked.env() as env:
        asked.connection(env).action_withdraw_request()
    assert (asked.read("state"), asked.read("guide_step")) == ("draft", "approval")
    asked.sandbox.options.rights_delay_nav = 0
    connect(asked)
    assert asked.read("state") == "active"
    assert len(asked.sandbox.system_users()) == 1


def test_a_request_that_altinn_does_not_delete_does_not_hold_the_connection(asked):
    asked.sandbox.faults.add("problem", "altinn.request_delete", code="AUTH-00044", times=None)
    with asked.env() as env:
        action = asked.connection(env).action_withdraw_request()
    assert "An access manager can reject it there" in action["params"]["message"]
    assert asked.read("state") == "draft"
    connect(asked)
    assert asked.read("state") == "waiting"
    assert len(pending(asked)) == 1
    with asked.env() as env:
        action = asked.connection(env).action_close()
    assert "could not be deleted in Altinn" in action["params"]["message"]
    assert not asked.read("active")


def test_altinn_that_does_not_answer_is_asked_to_delete_again(asked, waits):
    from odoo.exceptions import UserError

    asked.sandbox.faults.add("server_error", "altinn.request_delete", times=None)
    for method in ("action_withdraw_request", "action_close"):
        with pytest.raises(UserError), asked.env() as env:
            getattr(asked.connection(env), method)()
        assert asked.read("state") == "waiting"
        assert len(pending(asked)) == 1
    asked.sandbox.faults.clear()
    with asked.env() as env:
        asked.connection(env).action_close()
    assert not pending(asked)


def test_altinn_that_asks_to_wait_is_left_alone_so_long(asked):
    asked.sandbox.faults.add("too_many_requests", "altinn.request", retry_after=900, times=None)
    ask(asked)
    with asked.env() as env:
        request = asked.connection(env).request_ids
        assert (request.next_ask_at - request.asked_at).total_seconds() >= 900
    assert asked.read("state") == "waiting"
    asked.sandbox.faults.clear()
    approve(asked)
    assert asked.read("state") == "active"
