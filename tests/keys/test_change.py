"""Changing keys, certificates and encryption keys while a connection fetches: never a gap."""

import base64
import json
import os

import pytest
from cryptography.fernet import Fernet

from tests.support.world import CLIENT_ID

VARIABLE = "NAV_CONNECTOR_ENCRYPTION_KEY"
PASSWORD = "Vinter-7-test"


@pytest.fixture
def fetching(active):
    """An active connection; ``active.check()`` fetches with a new token and must succeed."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    def check():
        TOKENS.clear()
        active.sandbox.requests.clear()
        active.fetch()
        assert not active.read("last_error")
        assert len(active.sandbox.requests.of("maskinporten.token")) >= 1

    active.check = check
    return active


def jwk(client, name="public_jwk"):
    return json.loads(client[name])


def test_a_change_of_keys_without_a_gap(fetching):
    sandbox, owner = fetching.sandbox, fetching.sandbox.main_unit
    with fetching.env() as env:
        client = fetching.client(env)
        client.action_generate_key()
        new = jwk(client, "new_public_jwk")
        assert jwk(client) == fetching.jwk
    fetching.check()
    with fetching.env() as env:
        fetching.client(env).action_test_new_key()
        assert jwk(fetching.client(env)) == fetching.jwk, "Digdir does not know the new one yet"
    fetching.check()

    sandbox.register_client(CLIENT_ID, owner, new)
    fetching.check()
    with fetching.env() as env:
        fetching.client(env).action_test_new_key()
        assert jwk(fetching.client(env)) == new
    fetching.check()

    sandbox.remove_key(CLIENT_ID, fetching.jwk["kid"])
    fetching.check()
    with fetching.env() as env:
        fetching.client(env).action_remove_old_keys()
        assert len(fetching.client(env).key_ids) == 1
    fetching.check()


def test_from_a_key_to_an_enterprise_certificate_without_a_gap(fetching):
    from odoo.addons.nav_altinn_connector.tests.certificates import Enterprise

    enterprise = Enterprise(fetching.sandbox.main_unit)
    fetching.sandbox.state.trust_certificate(enterprise.issuer_pem)
    with fetching.env() as env:
        fetching.client(env).write(
            {
                "import_file": base64.b64encode(enterprise.pkcs12(PASSWORD)),
                "import_password": PASSWORD,
            }
        )
    fetching.check()
    with fetching.env() as env:
        client = fetching.client(env)
        client.action_test_new_key()
        assert client.certificate_org_number == fetching.sandbox.main_unit
    fetching.sandbox.remove_key(CLIENT_ID, fetching.jwk["kid"])
    fetching.check()


def test_a_certificate_of_another_organisation_is_refused(world):
    from odoo.addons.nav_altinn_connector.tests.certificates import Enterprise

    enterprise = Enterprise(world.sandbox.units[0])
    world.sandbox.state.trust_certificate(enterprise.issuer_pem)
    with world.env() as env:
        client = world.client(env)
        client.import_pem = enterprise.bundle()
        assert "is of the organisation" in client.key_problem
        client.action_test_token()
        assert "Maskinporten does not accept the certificate" in client.test_result


def test_a_certificate_that_nobody_trusts_is_refused(world):
    from odoo.addons.nav_altinn_connector.tests.certificates import Enterprise

    with world.env() as env:
        client = world.client(env)
        client.import_pem = Enterprise(world.sandbox.main_unit).bundle()
        client.action_test_token()
        assert "Maskinporten does not accept the certificate" in client.test_result


def test_the_encryption_key_is_changed_while_odoo_runs(fetching, monkeypatch):
    """As docs/operation.md says: the new one before the old one, Odoo's daily clean-up, then the
    new one alone."""
    old, new = os.environ[VARIABLE], Fernet.generate_key().decode()
    with fetching.env() as env:
        fetching.client(env).action_generate_key()
    monkeypatch.setenv(VARIABLE, f"{new},{old}")
    fetching.check()
    with fetching.env() as env:
        assert fetching.client(env).key_ids.mapped("encryption") == ["older", "older"]
        assert env.ref("base.autovacuum_job").method_direct_trigger() is True
    monkeypatch.setenv(VARIABLE, new)
    with fetching.env() as env:
        assert fetching.client(env).key_ids.mapped("encryption") == ["newest", "newest"]
        assert not fetching.client(env).key_problem
    fetching.check()


def test_the_database_keeps_one_new_key(active):
    """Two administrators who start a change at once cannot make two."""
    import psycopg2.errors

    with active.env() as env:
        active.client(env).action_test_token()
        active.client(env).action_generate_key()
    with pytest.raises(psycopg2.errors.UniqueViolation), active.env() as env:
        env.cr.execute(
            "INSERT INTO nav_maskinporten_key "
            "(client_id, kid, private_key_encrypted, registered_on) "
            "SELECT client_id, 'second', 'x', registered_on FROM nav_maskinporten_key LIMIT 1"
        )
