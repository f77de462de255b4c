"""What is looked for in the log and in the database after each test would be found there."""

import pytest

from tests.support.channels import assert_channels_silent
from tests.support.secrets import assert_silent, secrets

from .test_plan_link import new_link

PLACES = (
    ("nav_followup_plan", "error"),
    ("nav_exchange", "reason"),
    ("nav_connection", "last_error"),
    ("nav_connection_unit", "last_error"),
    ("nav_problem", "words"),
    ("ir_cron", "cron_name"),
    ("mail_activity", "summary"),
    ("mail_message", "subject"),
    ("mail_mail", "failure_reason"),
    ("bus_bus", "message"),
    ("ir_logging", "message"),
)


@pytest.fixture
def found(plans, tokens, links):
    """A plan has been sent, and the employee and administrators have been told something."""
    new_link(plans)
    plans.send()
    with plans.env() as env:
        connection = plans.world.connection(env)
        env["nav.problem"]._note(connection, "subject", "cause", "Words", topic="connection")
        connection.activity_schedule(user_id=plans.manager_id)
        env.user._bus_send("test", {})
        env.cr.execute(
            "INSERT INTO ir_logging (type, name, message, path, line, func) "
            "VALUES ('server', 'test', 'Words', 'test', '1', 'test')"
        )
    found = secrets(plans.world, tokens, links)
    assert all(found.values()), [what for what, values in found.items() if not values]
    return {what: min(values) for what, values in found.items()} | {"degree": "60 %"}


def test_in_the_log(plans, tokens, links, found):
    for what, value in found.items():
        with pytest.raises(AssertionError, match=what):
            assert_silent(plans.world, f"INFO odoo: {value} and more", tokens, links)


def test_in_the_database(plans, tokens, links, found):
    with plans.env() as env:
        before = {}
        for table, column in PLACES:
            env.cr.execute(f"SELECT id, {column}::text FROM {table} ORDER BY id LIMIT 1")
            [before[table, column]] = env.cr.fetchall()
    for what, value in found.items():
        _plant(plans, {place: (row, f"It is {value} now.") for place, (row, _) in before.items()})
        with pytest.raises(AssertionError) as caught:
            assert_channels_silent(plans.world, tokens, links)
        missed = [
            (what, table, column)
            for table, column in PLACES
            if f"{table}.{column} holds a {what}" not in str(caught.value)
        ]
        assert not missed
    _plant(plans, before)


def _plant(plans, values):
    with plans.env() as env:
        for (table, column), (row, text) in values.items():
            env.cr.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [text, row])
