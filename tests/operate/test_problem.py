"""Two workers meet the same trouble at once."""

import threading
from contextlib import closing

import pytest


@pytest.mark.parametrize("theirs", ["cause", "another"])
def test_one_problem_is_open(world, theirs):
    from odoo import SUPERUSER_ID, api

    def note(cr, cause):
        env = api.Environment(cr, SUPERUSER_ID, {})
        problem = env["nav.problem"]._note(
            world.connection(env), "subject", cause, "Words", topic="connection"
        )
        return problem.id

    noted, begun = [], threading.Event()

    def other_worker():
        with closing(world.registry.cursor()) as cr:
            cr.execute("SELECT 1")  # its view of the database is from before
            begun.set()
            noted.append(note(cr, theirs))
            cr.commit()

    with closing(world.registry.cursor()) as cr:
        mine = note(cr, "cause")
        thread = threading.Thread(target=other_worker)
        thread.start()
        begun.wait()
        thread.join(0.2)
        cr.commit()
        thread.join()
    assert noted == [False]
    with world.env() as env:
        problem = env["nav.problem"].search([("state", "=", "open")])
        assert (problem.id, problem.cause, problem.count) == (mine, "cause", 1)
