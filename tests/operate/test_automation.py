"""Beside what else an Odoo has: Odoo's automation rules and webhooks, with a real receiver, and the
community's job queue and server environment."""

import subprocess
import sys
from datetime import timedelta

import pytest

from dev import cache
from tests.support.database import (
    ScratchDatabase,
    copy_database,
    drop_database,
    name_for,
    source_database,
)
from tests.support.receiver import Receiver
from tests.support.world import World, new_sandbox

MODULES = ("base_automation", "queue_job", "server_environment")
TOLD = (
    "employee_id",
    "holiday_status_id",
    "request_date_from",
    "request_date_to",
    "state",
    "absence_degree",
    "nav_sourced",
)
LIMIT = 400


# Of the session, as pytest-odoo needs it for loading another registry.
@pytest.fixture(scope="session")
def _beside(_vault):
    made = name_for("beside_made")
    copy_database(source_database(), made)
    arguments = ["-d", made, "-i", ",".join(MODULES), "--stop-after-init", "--no-http"]
    command = [sys.executable, "-m", "odoo", "server", *arguments, "--max-cron-threads=0"]
    try:
        done = subprocess.run(
            command, cwd=cache.ROOT, capture_output=True, text=True, timeout=LIMIT
        )
        log = done.stdout + done.stderr
        assert done.returncode == 0 and " ERROR " not in log, log[-3000:]
        with new_sandbox() as sandbox:
            world = World(ScratchDatabase(name_for("beside"), made), sandbox)
            try:
                world.arrange()
                yield world
            finally:
                world.database.drop()
    finally:
        drop_database(made)


@pytest.fixture
def beside(_beside):
    """An active connection in an Odoo with all these modules."""
    _beside.activate()
    yield _beside
    _beside.reset()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def example(world, env):
    """The example rule, by its menu."""
    admin = env.ref("base.user_admin")
    action = env.ref("nav_altinn_connector.nav_action_example_rule")
    opened = action.with_user(admin).run()
    return env["base.automation"].browse(opened["res_id"])


def switch_on(world, receiver, **vals):
    """Use the example rule with a receiver, as an administrator would by its form."""
    with world.env() as env:
        rule = example(world, env)
        assert not rule.active
        rule.action_server_ids.webhook_url = receiver.url
        rule.write({"active": True, **vals})


def add_rule(world, domain, **action):
    """A rule on approved time off that does one thing."""
    with world.env() as env:
        model = env["ir.model"]._get_id("hr.leave")
        rule = env["base.automation"].create(
            {
                "name": "Rule",
                "model_id": model,
                "trigger": "on_state_set",
                "filter_domain": repr([("state", "=", "validate"), *domain]),
                "action_server_ids": [
                    (
                        0,
                        0,
                        {"name": "Action", "model_id": model, "usage": "base_automation"} | action,
                    )
                ],
            }
        )
        return rule.id


def manual_leave(world):
    """Approve time off by hand, far from all notes."""
    with world.env() as env:
        leave = env["hr.leave"].create(
            {
                "employee_id": world.employee(env, world.sandbox.employees[0]["fnr"]).id,
                "holiday_status_id": world.ids["vacation"],
                "request_date_from": "2027-06-07",
                "request_date_to": "2027-06-11",
            }
        )
        leave.action_approve()
        return leave.id


def as_told(leave):
    """What a webhook says of time off."""
    values = {"_id": leave.id}
    for name in TOLD:
        value = leave[name]
        values[name] = value.id if name.endswith("_id") else value
        if name.startswith("request_date"):
            values[name] = str(value)
    return values


def assert_told(world, receiver, domain):
    """What the receiver last heard of each is how it is, and it heard nothing twice."""
    heard = [{name: call[name] for name in ("_id", *TOLD)} for call in receiver.told]
    last = {call["_id"]: call for call in heard}
    with world.env() as env:
        leaves = env["hr.leave"].search([("state", "in", ("validate", "cancel")), *domain])
        assert leaves
        assert last == {leave.id: as_told(leave) for leave in leaves}
    assert len(heard) == len({tuple(call.values()) for call in heard})


def test_nothing_is_different_beside_them(beside, undisturbed):
    beside.run_cron()
    assert beside.outcome() == undisturbed
    with beside.env() as env:
        modules = env["ir.module.module"].search([("name", "in", MODULES)])
        assert set(modules.mapped("state")) == {"installed"}
        assert env["server.config"].create({})


def test_the_example_tells_of_made_changed_and_cancelled_leave(beside, receiver, undisturbed):
    switch_on(beside, receiver)
    beside.run_cron()
    assert beside.outcome() == undisturbed
    assert_told(beside, receiver, [("nav_sourced", "=", True)])
    with beside.env() as env:
        note = env["nav.sick.note"].search([("state", "=", "applied")], limit=1)
        leaves = note.period_ids.leave_ids
        assert set(leaves.mapped("state")) == {"validate"}
        before = len(receiver.told)
        note.action_withdraw()
    # An older note may ask for its days again, so there can be more.
    withdrawn = {call["_id"]: call["state"] for call in receiver.told[before:]}
    assert dict.fromkeys(leaves.ids, "cancel").items() <= withdrawn.items()
    assert_told(beside, receiver, [("nav_sourced", "=", True)])
    # The menu opens the same rule again.
    with beside.env() as env:
        assert example(beside, env).active


def test_leave_by_hand_and_leave_from_nav_are_told_alike(beside, receiver):
    with beside.env() as env:
        # What was there before the rule is told of only when it changes.
        before = env["hr.leave"].search([]).ids
    switch_on(beside, receiver, filter_domain="[('state', 'in', ['validate', 'cancel'])]")
    by_hand = manual_leave(beside)
    beside.run_cron()
    heard = {call["_id"]: call["state"] for call in receiver.told}
    assert heard[by_hand] == "validate"
    with beside.env() as env:
        replaced = env["hr.leave"].search(
            [("nav_replaced_by_id", "!=", False), ("state", "=", "cancel")]
        )
        assert replaced
        assert {heard[leave.id] for leave in replaced} == {"cancel"}
    untouched = set(before) - set(heard)
    assert_told(beside, receiver, [("id", "not in", list(untouched))])


def test_what_a_rule_does_is_not_silenced(beside):
    with beside.env() as env:
        todo = env.ref("mail.mail_activity_data_todo").id
    activity = {"activity_type_id": todo, "activity_summary": "Call the employee"}
    add_rule(beside, [], state="next_activity", **activity)
    add_rule(beside, [], state="code", code="record.message_post(body='A rule was here')")
    by_hand = manual_leave(beside)
    beside.run_cron()
    with beside.env() as env:
        leaves = env["hr.leave"].search([("nav_sourced", "=", True), ("state", "=", "validate")])
        assert leaves
        for leave in leaves | env["hr.leave"].browse(by_hand):
            assert "Call the employee" in leave.activity_ids.mapped("summary")
            said = " ".join(leave.message_ids.mapped("body"))
            assert said.count("A rule was here") == 1


def test_a_rule_that_fails_harms_one_note_and_tells_of_nothing_that_is_not(
    beside, receiver, undisturbed
):
    switch_on(beside, receiver)
    person = beside.sandbox.employees[1]
    note = beside.sandbox.add_note(
        fnr=person["fnr"],
        periods=[{"fom": "2027-03-01", "tom": "2027-03-12", "kind": "full"}],
    )
    broken = add_rule(
        beside,
        [("request_date_from", "=", "2027-03-01")],
        state="code",
        code="raise UserError('The other system is not ready.')",
    )
    beside.run_cron()
    with beside.env() as env:
        failed = env["nav.sick.note"].search([("nav_id", "=", note["sykmeldingId"])])
        assert failed.state == "failed"
        assert "The other system is not ready." in failed.failure_reason
    assert set(undisturbed["leaves"]) <= set(beside.leaves())
    assert_told(beside, receiver, [("nav_sourced", "=", True)])
    with beside.env() as env:
        env["base.automation"].browse(broken).active = False
        env["nav.sick.note"].browse(failed.id).action_apply()
    with beside.env() as env:
        assert env["nav.sick.note"].browse(failed.id).state == "applied"
    assert_told(beside, receiver, [("nav_sourced", "=", True)])
    assert receiver.told[-1]["request_date_from"] == "2027-03-01"


def test_a_slow_receiver_does_not_stop_the_fetch(beside, undisturbed, monkeypatch):
    """Odoo waits for a second and goes on."""
    import requests

    def post(*args, **kwargs):
        assert timedelta(seconds=kwargs["timeout"]) <= timedelta(seconds=1)
        raise requests.exceptions.ReadTimeout

    with Receiver() as receiver:
        switch_on(beside, receiver)
    monkeypatch.setattr(requests, "post", post)
    beside.run_cron()
    assert beside.outcome() == undisturbed
