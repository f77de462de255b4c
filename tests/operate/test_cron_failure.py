"""A cron that fails all the same tells where and with what kind of error, and nothing of a sick
note: not in the log, not in the one in the database, not to whoever runs it by hand."""

import json
import logging
import re
import threading
from contextlib import contextmanager

import pytest

from tests.support.log import everything_logged
from tests.support.secrets import assert_silent

MODULE = "nav_altinn_connector"


def _value_error(env, secret):
    raise ValueError(secret)


def _user_error(env, secret):
    from odoo.exceptions import UserError

    raise UserError(secret)


def _database_error(env, secret):
    env.cr.execute(
        "INSERT INTO nav_absence_lock (employee_id, decisions) VALUES (%s, %s)", [0, secret]
    )


FAILURES = {
    "builtins.ValueError": _value_error,
    "odoo.exceptions.UserError": _user_error,
    "psycopg2.errors.InvalidTextRepresentation": _database_error,
}


@contextmanager
def kept_in_database(world):
    """Odoo keeps its log in the database, as ``--log-db`` asks for."""
    from odoo.netsvc import PostgreSQLHandler
    from odoo.tools import config

    thread, handler = threading.current_thread(), PostgreSQLHandler()
    handler.setLevel(logging.WARNING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(config._runtime_options, "log_db", "%d")
        patch.setattr(thread, "dbname", world.database.name, raising=False)
        logging.getLogger().addHandler(handler)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)


def ready_to_fail(env):
    """All crons of the addon, failing for so long that the next time is the last."""
    data = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.cron")])
    crons = env["ir.cron"].with_context(active_test=False).browse(data.mapped("res_id"))
    crons.write({"failure_count": 4, "first_failure_date": "2020-01-01"})
    return crons


def run_failing(world, monkeypatch, cron_id, fail):
    """Run a cron by hand whose work raises something.

    :return: the log, and what the person is shown
    """
    with world.env() as env:
        cron = env["ir.cron"].browse(cron_id)
        work = re.fullmatch(r"model\.(\w+)\(\)", cron.code.strip()).group(1)
        with monkeypatch.context() as patch, everything_logged() as log, kept_in_database(world):
            patch.setattr(world.registry[cron.model_name], work, lambda self: fail(self.env))
            shown = cron.method_direct_trigger()
    return log.text, json.dumps(shown)


@pytest.mark.parametrize("kind", FAILURES)
def test_nothing_of_the_error_is_told(world, tokens, monkeypatch, kind):
    person, fail = world.sandbox.employees[0], FAILURES[kind]
    secret = f"{person['name']} {person['fnr']} is absent at 60 %"
    with world.env() as env:
        ids = ready_to_fail(env).ids
    assert len(ids) >= 8
    for cron_id in ids:
        log, shown = run_failing(world, monkeypatch, cron_id, lambda env: fail(env, secret))
        assert "has been deactivated after failing" in log
        for told in (log, shown):
            assert f"CronError: {kind}" in told, "an administrator cannot find out what it was"
            assert f"in {fail.__name__}" in told, "nor where"
            assert_silent(world, told, tokens)
    with world.env() as env:
        kept = env["ir.logging"].search([]).mapped("message")
        assert not any(env["ir.cron"].browse(ids).mapped("active"))
    assert sum(f"CronError: {kind}" in message for message in kept) == len(ids)
    assert_silent(world, "\n".join(kept), tokens)


def test_other_crons_say_what_they_always_say(world):
    with world.env() as env:
        cron = env["ir.cron"].create(
            {
                "name": "Another",
                "model_id": env["ir.model"]._get_id("res.partner"),
                "code": "model.env['no.such.model']",
            }
        )
        cron_id = cron.id
    with everything_logged() as log, world.env() as env:
        env["ir.cron"].browse(cron_id).method_direct_trigger()
    assert "KeyError: 'no.such.model'" in log.text
