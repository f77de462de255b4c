"""Several at once, and processes that stop: one request at Altinn, none lost, no red cron."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.commits import run_until
from tests.support.workers import Meeting, at_once

from .conftest import ask, connect, made, pending

ROOT = Path(__file__).resolve().parents[2]


def click(world, method="action_connect", user_id=None):
    """What a person's click does: Odoo tries a request anew when another worker was faster."""

    def work(env):
        from odoo.service.model import retrying

        env = env(
            user=user_id or env.uid,
            context={"tz": "Europe/Oslo", "allowed_company_ids": [world.ids["company"]]},
        )
        retrying(lambda: getattr(world.connection(env), method)(), env)

    return work


def cron(env):
    env["nav.connection"]._cron_poll_altinn()


def return_page(env):
    env["nav.connection"]._back_from_altinn()


def stranger(env):
    env["nav.connection"].with_user(env.ref("base.public_user"))._back_from_altinn()


@pytest.fixture
def meet_before(monkeypatch):
    """Let the workers meet before a method of the connection, or of Altinn's client."""

    def arrange(where, name, workers=2):
        meeting, original = Meeting(workers), getattr(where, name)

        def method(self, *args, **kwargs):
            meeting()
            return original(self, *args, **kwargs)

        monkeypatch.setattr(where, name, method)
        return meeting

    return arrange


@pytest.fixture
def altinn_client():
    from odoo.addons.nav_altinn_connector.clients.altinn import AltinnClient

    return AltinnClient


def rows(world, **wanted):
    with world.env() as env:
        found = env["nav.system.user.request"].search([])
        return [
            request.altinn_id
            for request in found
            if all(request[name] == value for name, value in wanted.items())
        ]


def assert_one_request(world):
    (request,) = pending(world)
    assert rows(world) == rows(world, status="new") == [request.id]
    assert world.read("state") == "waiting"
    assert not world.read("last_error")


def approve_and_check(world):
    world.sandbox.approve(pending(world)[0].id)
    ask(world)
    assert world.read("state") == "active"
    assert len(world.sandbox.system_users()) == 1


# ------------------------------------------------------------------ two clicks


@pytest.mark.parametrize("returned", ["returned", "refused"])
def test_two_clicks_in_the_same_moment(employer, meet_before, returned):
    employer.sandbox.options.pending_request = returned
    meet_before(employer.registry["nav.connection"], "_locked_for_connecting")
    assert at_once(employer, click(employer), click(employer)) == [None, None]
    assert_one_request(employer)
    approve_and_check(employer)


def test_a_click_while_the_first_one_waits_for_altinn(employer):
    employer.sandbox.faults.add("slow", "altinn.request_create", times=1, seconds=1)
    entered = threading.Event()
    original = employer.sandbox.requests.append

    def append(entry):
        original(entry)
        if entry.endpoint == "altinn.request_create":
            entered.set()

    employer.sandbox.requests.append = append
    told = []

    def second(env):
        assert entered.wait(20)
        told.append(employer.connection(env).action_connect())

    try:
        assert at_once(employer, click(employer), second) == [None, None]
    finally:
        employer.sandbox.requests.append = original
    assert told[0]["params"]["message"] == "The request is being made already."
    assert len(made(employer)) == 1
    assert_one_request(employer)


def test_two_administrators_at_once(employer, meet_before):
    """Each has the connection on the screen, and both press the button."""
    with employer.env() as env:
        users = [
            env["res.users"]
            .create(
                {
                    "name": name,
                    "login": name,
                    "company_id": employer.ids["company"],
                    "company_ids": [(6, 0, [employer.ids["company"]])],
                    "group_ids": [(4, env.ref("nav_altinn_connector.group_nav_admin").id)],
                }
            )
            .id
            for name in ("first", "second")
        ]
    meet_before(employer.registry["nav.connection"], "_locked_for_connecting")
    works = [click(employer, user_id=user) for user in users]
    assert at_once(employer, *works) == [None, None]
    assert_one_request(employer)
    with employer.env() as env:
        assert employer.connection(env).request_ids.requested_by_id.id in users
    approve_and_check(employer)


def test_two_clicks_for_more_rights(connected, meet_before):
    with connected.env() as env:
        connected.client(env).extra_resources = "nav_sykepenger_soeknad"
        connected.client(env).action_update_system()
    meet_before(connected.registry["nav.connection"], "_locked_for_connecting")
    press = click(connected, "action_request_rights")
    assert at_once(connected, press, press) == [None, None]
    (request,) = pending(connected)
    assert request.is_change
    assert rows(connected, status="new") == [request.id]
    approve_and_check(connected)
    assert not connected.read("missing_resources")


def test_a_click_beside_a_withdrawal(asked, meet_before, altinn_client):
    """Whichever comes first: what Odoo knows and what Altinn has are the same in the end."""
    meet_before(altinn_client, "create_request", 1)
    works = click(asked), click(asked, "action_withdraw_request")
    raised = at_once(asked, *works)
    assert raised == [None, None]
    connect(asked)
    assert_one_in_the_end(asked)


def assert_one_in_the_end(world):
    (request,) = pending(world)
    assert rows(world, status="new") == [request.id]
    assert world.read("state") == "waiting"
    approve_and_check(world)


# ------------------------------------------------------------------ the answer


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_screen_cron_and_return_page_see_the_answer_at_once(asked, meet_before, decision):
    getattr(asked.sandbox, decision)(pending(asked)[0].id)
    with asked.env() as env:
        asked.connection(env).request_ids.write(
            {"asked_at": "2020-01-01", "next_ask_at": "2020-01-01"}
        )
        before = env["mail.message"].search_count([])
    meet_before(asked.registry["nav.connection"], "_ask", 3)
    works = (click(asked, "watch_approval"), cron, return_page, stranger)
    assert at_once(asked, *works) == [None] * 4
    assert asked.read("state") == ("active" if decision == "approve" else "rejected")
    with asked.env() as env:
        connection = asked.connection(env)
        checks = [(check.kind, check.unit_id.id) for check in connection.check_ids]
        assert len(checks) == len(set(checks))
        assert len(connection.activity_ids) == len(connection.activity_ids.user_id)
        assert bool(connection.activity_ids) == (decision == "reject")
        assert env["mail.message"].search_count([]) >= before
    ask(asked)
    assert asked.read("state") == ("active" if decision == "approve" else "rejected")


def test_two_crons_check_the_same_rights(asked, meet_before):
    asked.sandbox.options.rights_delay_nav = 600
    asked.sandbox.approve(pending(asked)[0].id)
    ask(asked)
    assert asked.read("state") == "waiting"
    asked.sandbox.options.rights_delay_nav = 0
    with asked.env() as env:
        asked.connection(env).next_check_at = "2020-01-01"
    meet_before(asked.registry["nav.connection"], "_check_after_approval")
    assert at_once(asked, cron, cron, click(asked, "watch_approval")) == [None] * 3
    ask(asked)
    assert asked.read("state") == "active"


# ------------------------------------------------------------------ stopped


@pytest.mark.parametrize(
    ("moment", "state"),
    [("sent", "draft"), ("kept", "draft"), ("committed", "waiting")],
)
def test_killed_while_it_connects(employer, moment, state):
    """A real process, killed as hard as can be."""
    arguments = [employer.database.name, str(employer.ids["connection"]), moment]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.connect.stopped_child", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            line = child.stdout.readline()
        finally:
            child.kill()
        errors = child.stderr.read()
    assert line == "here\n", errors
    assert employer.read("state") == state
    (request,) = pending(employer)
    connect(employer)
    assert [item.id for item in pending(employer)] == [request.id]
    assert_one_request(employer)
    approve_and_check(employer)


def poll_until(world, monkeypatch, number=None, moment="before"):
    """Run the cron until it is stopped at a commit: see :func:`tests.support.commits`."""
    with world.env() as env:
        world.connection(env).request_ids.filtered(
            lambda request: request.status == "new"
        ).next_ask_at = "2020-01-01"
        world.connection(env).next_check_at = "2020-01-01"
    return run_until(world, monkeypatch, "_cron_poll_altinn", number, moment)


def test_the_cron_is_stopped_at_each_commit(asked, monkeypatch):
    """Each start gets one commit further; the answer is found all the same."""
    asked.sandbox.approve(pending(asked)[0].id)
    for number in range(5):
        for moment in ("before", "after"):
            poll_until(asked, monkeypatch, number, moment)
            assert asked.read("state") in ("waiting", "active")
            assert len(rows(asked)) == 1
    poll_until(asked, monkeypatch)
    assert asked.read("state") == "active"
    with asked.env() as env:
        assert env["nav.connection"].search_count([]) == 1


def test_the_database_refuses_a_second_open_request(asked):
    import psycopg2.errors

    with pytest.raises(psycopg2.errors.UniqueViolation), asked.env() as env:
        request = asked.connection(env).request_ids.sudo()
        request.copy({"altinn_id": "11111111-2222-4333-8444-555555555555", "status": "new"})
        env.flush_all()
