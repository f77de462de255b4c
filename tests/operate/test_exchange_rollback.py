"""The log of calls survives what becomes of the work that made them."""

from contextlib import closing, contextmanager

import pytest

from odoo.tools import SQL

from tests.support.log import everything_logged

OTHER_ORG = "315587336"


def lines(world, **values):
    with world.env() as env:
        found = env["nav.exchange"].search([], order="id")
        return [
            (line.system, line.operation, line.outcome, line.connection_id.id, line.company_id.id)
            for line in found.filtered_domain([(name, "=", to) for name, to in values.items()])
        ]


@contextmanager
def undone(world):
    """An environment whose work is rolled back at the end."""
    from odoo import SUPERUSER_ID, api

    with closing(world.registry.cursor()) as cr:
        yield api.Environment(cr, SUPERUSER_ID, {"allowed_company_ids": [world.ids["company"]]})
        cr.rollback()


def test_lines_stay_when_the_work_is_rolled_back(active):
    with active.env() as env:
        env["nav.exchange"].search([]).unlink()
    with undone(active) as env:
        units = len(active.connection(env).unit_ids)
        active.connection(env)._fetch(lambda: float("inf"))
        assert env["nav.sick.note"].search_count([])
    with active.env() as env:
        assert not env["nav.sick.note"].search_count([])
    assert (
        lines(active, system="sykepenger")
        == [("sykepenger", "sick_notes", "ok", active.ids["connection"], active.ids["company"])]
        * units
    )


def test_each_of_the_cron_s_calls_has_one_line(active):
    calls, before = len(active.sandbox.requests), len(lines(active))
    active.fetch()
    made = lines(active)[before:]
    assert {outcome for _system, _operation, outcome, *_of in made} == {"ok"}
    assert len(made) == len(active.sandbox.requests) - calls > 1


def test_what_is_not_committed_is_not_pointed_at(world):
    with undone(world) as env:
        connection = world.make_connection(env, name="New", org_number=OTHER_ORG)
        connection._calling_client()._enhetsregisteret_client().lookup(OTHER_ORG)
    assert lines(world)[-1] == (
        "enhetsregisteret",
        "main_unit",
        "not_found",
        False,
        world.ids["company"],
    )


@pytest.mark.parametrize("table", ["nav_connection", "nav_maskinporten_client"])
def test_the_log_does_not_wait_for_the_work_s_own_locks(world, table):
    """Else a call would wait for itself for ever."""
    with undone(world) as env:
        env.cr.execute(SQL("SELECT id FROM %s FOR UPDATE", SQL.identifier(table)))
        client = world.connection(env)._calling_client()._enhetsregisteret_client()
        assert client.lookup(world.sandbox.main_unit)
    assert lines(world)[-1][3:] == (False, world.ids["company"])


def test_a_log_that_is_locked_breaks_no_call(world):
    with undone(world) as env, everything_logged() as log:
        env.cr.execute("LOCK TABLE nav_exchange IN ACCESS EXCLUSIVE MODE")
        client = world.connection(env)._calling_client()._enhetsregisteret_client()
        assert client.lookup(world.sandbox.main_unit)
    assert not lines(world)
    assert "the observer of enhetsregisteret" in log.text


def test_the_work_s_failed_transaction_does_not_matter(world):
    import psycopg2

    with undone(world) as env:
        client = world.connection(env)._calling_client()._enhetsregisteret_client()
        with pytest.raises(psycopg2.Error):
            env.cr.execute("SELECT 1/0", log_exceptions=False)
        assert client.lookup(world.sandbox.main_unit)
    assert lines(world)[-1][3] == world.ids["connection"]
