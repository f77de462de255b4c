"""Several Odoo processes with cron workers on one database fetch many connections at once."""

import json
import os
import subprocess
import sys

import pytest

from dev import cache

SECONDS = 300
# In a process of its own: what is left of its children would keep Odoo's test cases waiting.
MEASURE = """
import dataclasses, json, sys
from tests.chaos import parallel
from tests.chaos.story import Size

if __name__ == "__main__":
    size = Size(employees=20, notes=40, connections=4, days=1, users=4, plans=0, seed=3)
    figures = parallel.measure(size, [2], answer_seconds=0.3)
    json.dump([dataclasses.asdict(one) for one in figures], open(sys.argv[1], "w"))
"""


def test_a_connection_is_one_worker_s(active):
    with active.env() as env, active.env() as other:
        connection, seen_by_other = active.connection(env), active.connection(other)
        with connection._claimed() as mine:
            assert mine
            assert not env["nav.connection"]._claimed_elsewhere()
            assert other["nav.connection"]._claimed_elsewhere() == seen_by_other
            with seen_by_other._claimed() as theirs:
                assert not theirs
            env.cr.commit()
            assert other["nav.connection"]._claimed_elsewhere() == seen_by_other
        with seen_by_other._claimed() as theirs:
            assert theirs


def test_a_helper_leaves_alone_what_another_worker_is_at(active, undisturbed):
    with active.env() as env, active.connection(env)._claimed():
        active.run_cron("help_fetching_1")
        assert not active.notes()
    active.run_cron("help_fetching_1")
    with active.env() as env:
        cron = env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes")
        assert env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
    assert active.outcome() == undisturbed


def test_a_worker_that_ends_gives_its_connection_back(active):
    import psycopg2

    from odoo import SUPERUSER_ID, api

    cr = active.registry.cursor()
    connection = active.connection(api.Environment(cr, SUPERUSER_ID, {}))
    with pytest.raises(psycopg2.Error), connection._claimed() as mine:
        assert mine
        cr.execute("SELECT 1/0", log_exceptions=False)
    assert cr._cnx.closed
    with active.env() as other, active.connection(other)._claimed() as theirs:
        assert theirs


def test_helpers_are_woken_for_what_is_more_than_one(active):
    with active.env() as env:
        names = [f"nav_altinn_connector.ir_cron_help_fetching_{each}" for each in (1, 2, 3)]
        helpers = env["ir.cron"].union(*map(env.ref, names))

        def woken():
            return env["ir.cron.trigger"].search([("cron_id", "in", helpers.ids)]).cron_id

        env["nav.connection"]._wake_helpers(0)
        assert not woken()
        env["nav.connection"]._wake_helpers(2)
        assert woken() == helpers[:2]
        env["nav.connection"]._wake_helpers(50)
        assert woken() == helpers


@pytest.mark.slow
def test_two_processes_make_the_same_as_one(template, tmp_path):
    script, found = tmp_path / "measure.py", tmp_path / "figures.json"
    script.write_text(MEASURE)
    done = subprocess.run(
        [sys.executable, str(script), str(found)],
        env={
            **os.environ,
            "NAV_TEMPLATE_DATABASE": template,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(cache.ROOT), *_python_path()))),
        },
        cwd=cache.ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [two] = json.loads(found.read_text())
    assert two["notes"] > 20
    assert two["at_once"], "the second process has done nothing"
    assert not two["differences"]
    assert two["most_messages"] == 1


def _python_path():
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)
