"""A vendor's client for many employers, several environments, and a single sub-unit."""

import json
import random

import pytest

from sandbox.identity_numbers import draw_org_number
from sandbox.server import SandboxServer
from sandbox.state import FOLLOWUP_SCOPE
from tests.support.world import CLIENT_ID, TODAY

from .conftest import approve, ask, pending

VENDOR_CLIENT = "c0000000-0000-4000-8000-000000000009"


@pytest.fixture
def grants(monkeypatch):
    """For whom each token was asked: (scope, details)."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import MaskinportenClient

    seen, original = [], MaskinportenClient._assertion

    def assertion(self, scope, details):
        seen.append((scope, details))
        return original(self, scope, details)

    monkeypatch.setattr(MaskinportenClient, "_assertion", assertion)
    return seen


class Vendor:
    """A vendor's client with its system, and two employers in two companies."""

    def __init__(self, world):
        self.world, sandbox = world, world.sandbox
        rng = random.Random(8)
        self.number, self.other_main, *self.other_units = (
            draw_org_number(rng) for _each in range(4)
        )
        sandbox.add_organisation(self.number, "Leverandør AS", "AS")
        sandbox.add_organisation(self.other_main, "Andre AS", "AS")
        for number in self.other_units:
            sandbox.add_organisation(number, f"Andre {number}", "BEDR", self.other_main)
        with world.env() as env:
            self.client_id = self._client(env).id
            self.mine = self._connection(env, world.ids["company"], sandbox.main_unit, "sick")
            company = env["res.company"].create({"name": "Andre AS"})
            env["res.users"].browse(env.uid).company_ids |= company
            leave_type = env["hr.leave.type"].create(
                {
                    "name": "Sick there",
                    "company_id": company.id,
                    "requires_allocation": False,
                    "allow_graded": True,
                }
            )
            world.ids["there"] = leave_type.id
            self.theirs = self._connection(env, company.id, self.other_main, "there")

    def _client(self, env):
        sandbox = self.world.sandbox
        client = env["nav.maskinporten.client"].create(
            {
                "name": "Vendor",
                "environment": "custom",
                "client_id": VENDOR_CLIENT,
                "owner_org_number": self.number,
                "maskinporten_url": sandbox.maskinporten_url,
                "sykepenger_url": sandbox.sykepenger_url,
                "enhetsregisteret_url": sandbox.enhetsregisteret_url,
                "altinn_url": sandbox.altinn_url,
            }
        )
        client.action_generate_key()
        sandbox.register_client(VENDOR_CLIENT, self.number, [json.loads(client.public_jwk)])
        client.action_register_system()
        assert client.register_state == "same", client.register_problem
        return client

    def _connection(self, env, company_id, org_number, leave_type):
        connection = self.world.make_connection(
            env,
            name=org_number,
            company_id=company_id,
            maskinporten_client_id=self.client_id,
            org_number=org_number,
            leave_type_id=self.world.ids[leave_type],
        )
        connection.action_look_up_units()
        return connection.id

    def do(self, connection_id, method):
        with self.world.env() as env:
            connection = env["nav.connection"].browse(connection_id)
            return getattr(connection.with_company(connection.company_id), method)()

    def read(self, connection_id, name):
        with self.world.env() as env:
            return env["nav.connection"].browse(connection_id)[name]

    def states(self):
        return self.read(self.mine, "state"), self.read(self.theirs, "state")


@pytest.fixture
def vendor(employer):
    return Vendor(employer)


@pytest.fixture
def both(vendor):
    """Both employers have approved the vendor's system."""
    for connection in (vendor.mine, vendor.theirs):
        vendor.do(connection, "action_connect")
    assert len(pending(vendor.world)) == 2
    approve(vendor.world)
    assert vendor.states() == ("active", "active")
    return vendor


def test_each_employer_has_a_system_user_of_its_own(both):
    sandbox = both.world.sandbox
    users = sandbox.system_users()
    assert {user.orgnr for user in users} == {sandbox.main_unit, both.other_main}
    assert {user.system_id for user in users} == {f"{both.number}_odoo"}
    person = sandbox.employees[0]
    sandbox.add_note(
        fnr=person["fnr"],
        orgnr=both.other_units[0],
        periods=[{"fom": "2026-06-01", "tom": "2026-06-05", "kind": "full"}],
    )
    both.world.fetch()
    with both.world.env() as env:
        for connection in (both.mine, both.theirs):
            record = env["nav.connection"].browse(connection)
            notes = env["nav.sick.note"].search([("connection_id", "=", connection)])
            assert notes
            assert notes.company_id == record.company_id
            assert notes.unit_id <= record.unit_ids
            assert not record.last_error


def test_revoked_by_one_the_other_goes_on(both):
    sandbox = both.world.sandbox
    with both.world.env() as env:
        env["nav.connection"].browse([both.mine, both.theirs]).write({"approved_at": "2026-01-01"})
    sandbox.revoke(both.other_main)
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    both.world.fetch()
    assert both.states() == ("active", "reauthorise")
    assert not both.read(both.mine, "last_error")
    both.do(both.theirs, "action_reauthorise")
    (request,) = pending(both.world)
    assert request.orgnr == both.other_main
    assert both.states() == ("active", "waiting")
    approve(both.world)
    assert both.states() == ("active", "active")


def test_rejected_by_one_the_other_is_connected(vendor):
    for connection in (vendor.mine, vendor.theirs):
        vendor.do(connection, "action_connect")
    (theirs,) = vendor.world.sandbox.requests_at_altinn(vendor.other_main)
    vendor.world.sandbox.reject(theirs.id)
    approve(vendor.world)
    assert vendor.states() == ("active", "rejected")


def plan_check(world, connection_id):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    with world.env() as env:
        connection = env["nav.connection"].browse(connection_id)
        connection.action_run_checks()
        check = connection.check_ids.filtered(lambda check: check.kind == "followup_plan")
        return check.state


def plan_grants(grants):
    return [details for scope, details in grants if scope == FOLLOWUP_SCOPE]


def test_plans_are_sent_for_an_employer_that_has_delegated(both, grants):
    sandbox = both.world.sandbox
    assert plan_check(both.world, both.mine) == "unknown"
    assert plan_grants(grants)[-1] == {"consumer_org": sandbox.main_unit}
    assert both.states() == ("active", "active")
    sandbox.delegate(sandbox.main_unit, both.number, FOLLOWUP_SCOPE)
    assert plan_check(both.world, both.mine) == "ok"
    assert plan_check(both.world, both.theirs) == "unknown"
    assert plan_grants(grants)[-1] == {"consumer_org": both.other_main}
    sandbox.undelegate(sandbox.main_unit, both.number, FOLLOWUP_SCOPE)
    assert plan_check(both.world, both.mine) == "unknown"
    # Sick notes go by the system user, and never by a delegation.
    both.world.fetch()
    assert {tuple(d) for s, d in grants if s != FOLLOWUP_SCOPE} <= {(), ("authorization_details",)}


def test_an_own_client_asks_for_nobody_else(connected, grants):
    assert plan_check(connected, connected.ids["connection"]) == "ok"
    assert plan_grants(grants)[-1] == {}


# ------------------------------------------------------------------ one sub-unit


def test_one_sub_unit_approves_for_itself(employer, grants):
    sandbox = employer.sandbox
    unit = sandbox.units[1]
    with employer.env() as env:
        connection = employer.connection(env)
        connection.org_number = unit
        connection.action_look_up_units()
        connection.action_connect()
    (request,) = pending(employer)
    assert request.orgnr == unit
    approve(employer)
    assert employer.read("state") == "active"
    (user,) = sandbox.system_users()
    assert user.orgnr == unit
    sandbox.requests.clear()
    employer.fetch()
    with employer.env() as env:
        notes = env["nav.sick.note"].search([])
        assert set(notes.unit_id.mapped("org_number")) == {unit}
        assert len(notes) == len(sandbox.notes(unit))
    asked = [details["authorization_details"][0] for _scope, details in grants if details]
    assert {detail["systemuser_org"]["ID"] for detail in asked} == {f"0192:{unit}"}
    # The client is the own main unit's: nobody delegates anything to it.
    assert plan_check(employer, employer.ids["connection"]) == "ok"
    assert plan_grants(grants)[-1] == {}


# ------------------------------------------------------------------ several environments


def test_two_environments_know_nothing_of_each_other(connected):
    """The same client id in both, as a client of Digdir's two environments may have."""
    with SandboxServer(employees=3, notes=5, units=2, seed=12, today=TODAY) as test:
        with connected.env() as env:
            client = connected.client(env).copy(
                {
                    "name": "Test",
                    "client_id": CLIENT_ID,
                    "owner_org_number": test.main_unit,
                    "maskinporten_url": test.maskinporten_url,
                    "sykepenger_url": test.sykepenger_url,
                    "enhetsregisteret_url": test.enhetsregisteret_url,
                    "altinn_url": test.altinn_url,
                }
            )
            client.action_generate_key()
            test.register_client(CLIENT_ID, test.main_unit, [json.loads(client.public_jwk)])
            client.action_register_system()
            assert client.register_state == "same", client.register_problem
            other = connected.make_connection(
                env, name="Test", maskinporten_client_id=client.id, org_number=test.main_unit
            )
            other.action_look_up_units()
            other_id = other.id
        connected.sandbox.requests.clear()
        with connected.env() as env:
            env["nav.connection"].browse(other_id).action_connect()
        assert not connected.sandbox.requests.of("altinn")
        (request,) = test.requests_at_altinn()
        test.approve(request.id)
        ask(connected)
        connected.fetch()
        with connected.env() as env:
            for connection_id, sandbox in (
                (connected.ids["connection"], connected.sandbox),
                (other_id, test),
            ):
                connection = env["nav.connection"].browse(connection_id)
                assert connection.state == "active"
                notes = env["nav.sick.note"].search([("connection_id", "=", connection_id)])
                assert len(notes) == len(sandbox.notes())
        with connected.env() as env:
            env["nav.connection"].browse(other_id).approved_at = "2026-01-01"
        test.revoke(test.main_unit)
        from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

        TOKENS.clear()
        connected.fetch()
        with connected.env() as env:
            assert env["nav.connection"].browse(other_id).state == "reauthorise"
        assert connected.read("state") == "active"


def test_what_another_company_has_approved_is_not_taken_up(both):
    """The administrator of one company types the number of an employer of the other."""
    from odoo.exceptions import UserError
    from odoo.tests import new_test_user

    world = both.world
    with world.env() as env:
        theirs = env["nav.connection"].browse(both.theirs)
        outsider = new_test_user(
            env,
            "outsider",
            groups="base.group_user,nav_altinn_connector.group_nav_admin",
            company_id=world.ids["company"],
            company_ids=[(6, 0, [world.ids["company"]])],
        )
        number = theirs.org_number
        mine = world.make_connection(
            env, name="Not mine", maskinporten_client_id=both.client_id, org_number=number
        )
        mine.action_look_up_units()
        mine_id, outsider_id = mine.id, outsider.id
    with pytest.raises(UserError, match="by another company"), world.env(outsider_id) as env:
        env["nav.connection"].browse(mine_id).action_connect()
