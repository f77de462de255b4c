"""A connection whose access goes and comes back, copies of its database, and two workers at once,
against the sandbox and with real commits."""

import pytest

from tests.support.database import ScratchDatabase, name_for

from .test_concurrency import Meeting, at_once

ACTIVITY_TYPE = "nav_altinn_connector.activity_type_connection"


def revoke(world):
    """Remove the system user in Altinn."""
    for user_id in list(world.sandbox.state.system_users):
        world.sandbox.state.revoke_system_user(user_id)


def told(world):
    """How many activities there are about connections."""
    with world.env() as env:
        kind = env.ref(ACTIVITY_TYPE)
        return env["mail.activity"].search_count([("activity_type_id", "=", kind.id)])


def poll(world):
    """Let the cron look again after those that lost their access, whatever the pause."""
    with world.env() as env:
        env["nav.connection"].search([("state", "=", "reauthorise")]).next_check_at = "2020-01-01"
    world.run_cron("poll_altinn")


def asked_of(world, *systems):
    return [request for name in systems for request in world.sandbox.requests.of(name)]


def test_access_that_is_revoked_stops_all_asking_and_heals_by_itself(active, undisturbed):
    revoke(active)
    active.fetch()
    assert active.read("state") == "reauthorise"
    assert active.read("mend") == "reauthorise"
    assert told(active) == 1
    active.sandbox.requests.clear()
    active.fetch()
    assert not asked_of(active, "sykepenger", "maskinporten"), "it asks although it may not"
    poll(active)
    assert active.read("state") == "reauthorise"
    assert not asked_of(active, "sykepenger")
    assert told(active) == 1
    active.register()
    poll(active)
    assert active.read("state") == "active"
    assert told(active) == 0
    active.fetch()
    assert active.outcome() == undisturbed
    assert active.read("health") == "ok"


def test_access_that_is_revoked_between_token_and_notes(active):
    """The token is still good, and NAV gives access to nothing."""
    active.fetch()
    revoke(active)
    active.fetch()
    assert active.read("state") == "reauthorise"
    assert told(active) == 1


def test_the_checks_ask_nav_for_no_note(active):
    active.sandbox.requests.clear()
    with active.env() as env:
        active.connection(env).action_run_checks()
        checks = active.connection(env).check_ids
        units = checks.filtered(lambda check: check.kind == "unit")
        assert set(units.mapped("state")) == {"ok"}
        assert len(units) == len(active.sandbox.units)
        assert checks.filtered(lambda check: check.kind == "token").state == "ok"
        assert not env["nav.sick.note"].search_count([])
    assert len(asked_of(active, "sykepenger.notes")) == len(active.sandbox.units)


@pytest.fixture
def copied(active, monkeypatch):
    """The employer in a copy of its database that PostgreSQL made, as an administrator does by
    hand: same UUID, another name."""
    import odoo.tools

    active.make_due()
    original = active.database
    with monkeypatch.context() as patch:
        # Odoo would run the addon's own tests while it loads the copy.
        patch.setitem(odoo.tools.config, "test_enable", False)
        copy = ScratchDatabase(name_for("copied"), original.name)
    active.database = copy
    yield active
    active.database.drop()
    active.database = original


def test_a_copy_made_by_the_database_asks_nothing(copied):
    copied.sandbox.requests.clear()
    for name in ("fetch_sick_notes", "poll_altinn", "fetch_sick_notes"):
        copied.run_cron(name)
    assert not list(copied.sandbox.requests)
    assert copied.read("mend") == "database"
    assert told(copied) == 1
    assert copied.read("failures") == 0
    with copied.env() as env:
        env["nav.database.copy"].create({}).action_in_use()
    copied.run_cron()
    assert asked_of(copied, "sykepenger.notes")
    assert told(copied) == 0


def test_odoos_neutralising_stops_the_fetching(active):
    import odoo.modules.neutralize

    with active.env() as env:
        odoo.modules.neutralize.neutralize_database(env.cr)
    active.sandbox.requests.clear()
    active.fetch()
    assert active.read("state") == "paused"
    assert not list(active.sandbox.requests)


# ------------------------------------------------------------------ at once


def test_two_connections_of_a_sub_unit_are_activated_at_once(world, monkeypatch):
    """Each finds nothing in its way; the database lets one of them through."""
    from odoo.exceptions import UserError
    from odoo.service.model import retrying

    with world.env() as env:
        twin = world.make_connection(env, name="Twin")
        ids = [world.ids["connection"], twin.id]
        (world.connection(env) | twin).action_look_up_units()
    Connection = world.registry["nav.connection"]
    meeting, original = Meeting(), Connection._fetched_twice

    def fetched_twice(self, *args):
        found = original(self, *args)
        meeting()
        return found

    monkeypatch.setattr(Connection, "_fetched_twice", fetched_twice)

    def activate(connection_id):
        def work(env):
            retrying(env["nav.connection"].browse(connection_id).action_activate, env)

        return work

    raised = at_once(world, *map(activate, ids))
    assert meeting.arrived == 2
    assert sorted(error is None for error in raised) == [False, True]
    refused = next(error for error in raised if error)
    assert isinstance(refused, UserError), refused
    assert "fetche" in str(refused)
    with world.env() as env:
        states = env["nav.connection"].browse(ids).mapped("state")
        assert sorted(states) == ["active", "draft"]


def test_two_workers_tell_the_administrators_once(active, monkeypatch):
    Alert = active.registry["nav.connection.alert"]
    meeting, original = Meeting(), Alert.create

    def create(self, vals_list):
        meeting()
        return original(self, vals_list)

    monkeypatch.setattr(Alert, "create", create)

    def tell(env):
        active.connection(env)._tell_administrators("Something is wrong.", "the cause")

    assert at_once(active, tell, tell) == [None, None]
    assert meeting.arrived == 2
    assert told(active) == 1


def test_two_workers_tell_another_cause_once(active, monkeypatch):
    with active.env() as env:
        active.connection(env)._tell_administrators("Something is wrong.", "the first cause")
    Alert = active.registry["nav.connection.alert"]
    meeting, original = Meeting(), Alert.search

    def search(self, *args, **kwargs):
        found = original(self, *args, **kwargs)
        meeting()
        return found

    monkeypatch.setattr(Alert, "search", search)

    def tell(env):
        active.connection(env)._tell_administrators("Another thing is.", "the second cause")

    assert at_once(active, tell, tell) == [None, None]
    assert meeting.arrived == 2
    assert told(active) == 1


def test_two_workers_check_at_once(active, monkeypatch):
    Check = active.registry["nav.connection.check"]
    meeting, original = Meeting(), Check.create

    def create(self, vals_list):
        meeting()
        return original(self, vals_list)

    monkeypatch.setattr(Check, "create", create)

    def check(env):
        assert active.connection(env)._run_checks() == "ok"

    assert at_once(active, check, check) == [None, None]
    with active.env() as env:
        kinds = active.connection(env).check_ids.mapped("kind")
    assert kinds.count("token") == 1
    assert kinds.count("unit") == len(active.sandbox.units)


@pytest.mark.parametrize("table", ["nav_connection_unit", "nav_connection_check"])
def test_what_keeps_them_apart_is_in_the_database(active, table):
    wanted = {
        "nav_connection_unit": "(company_id, org_number) WHERE (fetching IS TRUE)",
        "nav_connection_check": "(connection_id, kind, COALESCE(unit_id, 0))",
    }
    with active.env() as env:
        env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef ~ 'UNIQUE'", [table]
        )
        assert any(wanted[table] in definition for (definition,) in env.cr.fetchall())
