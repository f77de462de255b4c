"""Keys: encrypted at rest, write-only, and useless in a copy of the database alone (promise 7)."""

import json
import stat
import threading

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

VARIABLE = "NAV_CONNECTOR_ENCRYPTION_KEY"
OPTION = "nav_connector_encryption_key"
ADMIN = 2  # Odoo's own administrator, who has all groups
MODEL = "nav.maskinporten.key"
FIELD = "private_key_encrypted"


def call(env, model, method, *args, **kwargs):
    """Call a method as a browser or a script does: over RPC."""
    from odoo.service.model import call_kw

    return call_kw(env[model], method, args, kwargs)


def pem_of(key, password=None):
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


@pytest.fixture
def vault():
    from odoo.addons.nav_altinn_connector.models import key_vault

    return key_vault


@pytest.fixture
def no_vault(vault, monkeypatch, tmp_path):
    """Neither the environment nor odoo.conf names an encryption key, and the data folder is
    empty; gives the path of the file."""
    from odoo.tools import config

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(config._runtime_options, OPTION, None)
    monkeypatch.setitem(config._runtime_options, "data_dir", str(tmp_path))
    return tmp_path / "nav_altinn_connector" / "encryption.key"


# ------------------------------------------------------------------ not to be read

READS = {
    "read": lambda env, ids: call(env, MODEL, "read", ids, [FIELD]),
    "search_read": lambda env, ids: call(env, MODEL, "search_read", [], [FIELD]),
    "web_read": lambda env, ids: call(env, MODEL, "web_read", ids, {FIELD: {}}),
    "web_search_read": lambda env, ids: call(env, MODEL, "web_search_read", [], {FIELD: {}}),
    "export_data": lambda env, ids: call(env, MODEL, "export_data", ids, [FIELD]),
    "export_data_through_client": lambda env, ids: call(
        env, "nav.maskinporten.client", "export_data", [1, 2, 3], [f"key_ids/{FIELD}"]
    ),
    "formatted_read_group": lambda env, ids: call(
        env, MODEL, "formatted_read_group", [], [FIELD], ["__count"]
    ),
    "search": lambda env, ids: call(env, MODEL, "search", [(FIELD, "like", "g")]),
    "search_through_client": lambda env, ids: call(
        env, "nav.maskinporten.client", "search", [(f"key_ids.{FIELD}", "like", "g")]
    ),
    "search_count": lambda env, ids: call(env, MODEL, "search_count", [(FIELD, "like", "g")]),
    "order": lambda env, ids: call(env, MODEL, "search", [], order=FIELD),
    "copy": lambda env, ids: call(env, MODEL, "copy", ids),
    "private_method": lambda env, ids: call(env, MODEL, "_private_pem", ids),
    "decrypt_by_write": lambda env, ids: call(env, MODEL, "write", ids, {FIELD: "x"}),
    "create": lambda env, ids: call(env, MODEL, "create", [{"client_id": 1, "kid": "x"}]),
}


@pytest.mark.parametrize("name", READS)
def test_no_call_gives_the_private_key_not_even_to_administrators(world, name):
    from odoo.exceptions import AccessError, UserError

    with world.env(ADMIN) as env:
        ids = env[MODEL].search([]).ids
        assert ids
        assert env.user.has_group("base.group_system")
        cipher = env[MODEL].sudo().browse(ids).private_key_encrypted
        try:
            with env.cr.savepoint():
                result = READS[name](env, ids)
        except (AccessError, UserError, ValueError):
            return
        if name == "export_data_through_client":
            assert FIELD not in json.dumps(result, default=str)
        assert cipher[:30] not in json.dumps(result, default=str)
        assert name in ("export_data_through_client",), f"{name} was not refused: {result}"


def test_whatever_can_be_read_holds_no_private_key(world):
    with world.env(ADMIN) as env:
        key = env[MODEL].search([])
        pem, cipher = key._private_pem(), key.sudo().private_key_encrypted
        secrets = [cipher[:40], *pem.splitlines()[1:-1], "PRIVATE KEY"]
        for model in (MODEL, "nav.maskinporten.client", "nav.connection"):
            records = env[model].search([])
            assert FIELD not in call(env, model, "fields_get")
            shown = json.dumps(call(env, model, "read", records.ids), default=str)
            assert not [secret for secret in secrets if secret in shown]
        client = world.client(env)
        assert not client.import_pem
        assert "PUBLIC KEY" in client.public_pem
        assert set(json.loads(client.public_jwk)) == {"kty", "n", "e", "kid", "use", "alg"}


def test_an_imported_key_cannot_be_read_back(world):
    pem = pem_of(rsa.generate_private_key(65537, 2048))
    with world.env(ADMIN) as env:
        call(env, "nav.maskinporten.client", "write", [world.ids["client"]], {"import_pem": pem})
    with world.env(ADMIN) as env:
        [values] = call(
            env, "nav.maskinporten.client", "read", [world.ids["client"]], ["import_pem"]
        )
        assert values["import_pem"] is False
        assert world.client(env).current_key_id._private_pem() == pem
        shown = json.dumps(
            call(env, "nav.maskinporten.client", "read", [world.ids["client"]]), default=str
        )
        assert pem.splitlines()[1] not in shown
    with world.env() as env:
        env.cr.execute("SELECT count(*) FROM mail_message WHERE body LIKE '%PRIVATE%'")
        assert env.cr.fetchone() == (0,)


# ------------------------------------------------------------------ at rest


def test_the_database_holds_only_ciphertext(world, vault):
    with world.env() as env:
        key = env[MODEL].search([])
        pem = key._private_pem()
        env.cr.execute("SELECT private_key_encrypted FROM nav_maskinporten_key")
        [(stored,)] = env.cr.fetchall()
    assert "PRIVATE KEY" in pem
    assert "PRIVATE" not in stored
    assert not [line for line in pem.splitlines()[1:-1] if line in stored]
    assert vault.decrypt(stored) == pem


def test_a_generated_key_is_long_enough(world):
    with world.env() as env:
        pem = env[MODEL].search([])._private_pem()
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert key.key_size >= 3072


def test_a_copy_of_the_database_alone_gets_no_token(active, monkeypatch):
    """Another server has another encryption key: plain words, and no request goes out."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    active.sandbox.requests.clear()
    monkeypatch.setenv(VARIABLE, Fernet.generate_key().decode())
    with active.env() as env:
        active.client(env).action_test_token()
        assert active.client(env).test_result.startswith("The private key cannot be read")
    active.run_cron()
    assert active.read("last_error").startswith("The private key cannot be read")
    assert "generate a new key" in active.read("last_error")
    assert not len(active.sandbox.requests)


def test_a_malformed_encryption_key_is_told(active, monkeypatch):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS
    from odoo.exceptions import UserError

    TOKENS.clear()
    monkeypatch.setenv(VARIABLE, "not-a-key")
    active.run_cron()
    assert active.read("last_error").startswith("The encryption key of this Odoo server is not")
    assert "not-a-key" not in active.read("last_error")
    with pytest.raises(UserError, match="NAV_CONNECTOR_ENCRYPTION_KEY"), active.env() as env:
        active.client(env).action_generate_key()


def test_the_encryption_key_is_changed_without_a_gap(active, vault, monkeypatch):
    """Both keys for a while, the new one first; then the new one alone."""
    import os

    old, new = os.environ[VARIABLE], Fernet.generate_key().decode()
    monkeypatch.setenv(VARIABLE, f"{new}, {old}")
    with active.env() as env:
        key = env[MODEL].search([])
        pem = key._private_pem()
        key._gc_old_encryption_keys()
        renewed = key.sudo().private_key_encrypted
        key._gc_old_encryption_keys()
        assert key.sudo().private_key_encrypted == renewed, "nothing to do the second time"
    monkeypatch.setenv(VARIABLE, new)
    with active.env() as env:
        assert env[MODEL].search([])._private_pem() == pem
    monkeypatch.setenv(VARIABLE, old)
    with active.env() as env, pytest.raises(vault.VaultError, match="wrong_key"):
        env[MODEL].search([])._private_pem()


# ------------------------------------------------------------------ where the encryption key is


def test_the_file_is_made_for_its_owner_alone(vault, no_vault):
    cipher = vault.encrypt("secret")
    assert vault.key_file() == no_vault
    assert stat.S_IMODE(no_vault.stat().st_mode) == 0o600
    assert stat.S_IMODE(no_vault.parent.stat().st_mode) == 0o700
    assert vault.decrypt(cipher) == "secret"
    assert [path.name for path in no_vault.parent.iterdir()] == ["encryption.key"]


def test_workers_that_start_together_agree_on_one_file(vault, no_vault):
    barrier, ciphers = threading.Barrier(8), []

    def work():
        barrier.wait()
        ciphers.append(vault.encrypt("secret"))

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [vault.decrypt(cipher) for cipher in ciphers] == ["secret"] * 8


def test_the_environment_goes_before_odoo_conf_and_that_before_the_file(
    vault, no_vault, monkeypatch
):
    from odoo.tools import config

    by_file = vault.encrypt("file")
    option, variable = (Fernet.generate_key().decode() for _each in range(2))
    monkeypatch.setitem(config._runtime_options, OPTION, option)
    by_option = vault.encrypt("option")
    assert Fernet(option).decrypt(by_option.encode()) == b"option"
    monkeypatch.setenv(VARIABLE, variable)
    by_variable = vault.encrypt("variable")
    assert Fernet(variable).decrypt(by_variable.encode()) == b"variable"
    for cipher in (by_file, by_option):
        with pytest.raises(vault.VaultError, match="wrong_key"):
            vault.decrypt(cipher)


def test_odoo_conf_is_read_by_odoo_itself(tmp_path):
    """Odoo keeps an option that it does not know."""
    from odoo.tools.config import configmanager

    path = tmp_path / "odoo.conf"
    path.write_text(f"[options]\n{OPTION} = from-the-file\n")
    manager = configmanager()
    manager._parse_config(["-c", str(path)])
    assert manager.get(OPTION) == "from-the-file"


# ------------------------------------------------------------------ importing

RSA = rsa.generate_private_key(65537, 2048)
BAD_KEYS = {
    "no_key": ("hello", "not a private key in PEM form"),
    "half": (pem_of(RSA)[:400], "not a private key in PEM form"),
    "public": (
        RSA.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "not a private key in PEM form",
    ),
    "encrypted": (pem_of(RSA, b"password"), "protected by a password"),
    "elliptic": (pem_of(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
    "short": (pem_of(rsa.generate_private_key(65537, 1024)), "too short"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_bad_key_is_refused_in_plain_words(world, name):
    from odoo.exceptions import UserError

    pem, expected = BAD_KEYS[name]
    with pytest.raises(UserError) as caught, world.env(ADMIN) as env:
        call(env, "nav.maskinporten.client", "write", [world.ids["client"]], {"import_pem": pem})
    assert expected in str(caught.value)
    assert pem.splitlines()[-1] not in str(caught.value)
    with world.env() as env:
        assert len(env[MODEL].search([])) == 1
        assert world.client(env).current_key_id.kid == world.jwk["kid"]


def test_an_imported_key_is_used_from_then_on(world):
    with world.env(ADMIN) as env:
        world.client(env).import_pem = "\r\n" + pem_of(RSA).replace("\n", "\r\n") + "  \r\n"
    with world.env() as env:
        client = world.client(env)
        assert len(client.key_ids) == 2
        assert client.key_ids.filtered("current") == client.current_key_id
        jwk = json.loads(client.public_jwk)
        assert jwk["kid"] != world.jwk["kid"]
        client.action_test_token()
        assert not client.test_succeeded
        world.sandbox.allow(client.client_id, jwk, world.sandbox.main_unit)
        client.action_test_token()
        assert client.test_succeeded


# ------------------------------------------------------------------ whose addresses are called


@pytest.fixture
def nav_admin(world):
    """The id of a user who is NAV: Administrator, and no system administrator."""
    with world.env() as env:
        return (
            env["res.users"]
            .create(
                {
                    "name": "Nav Admin",
                    "login": "nav-admin",
                    "company_id": world.ids["company"],
                    "company_ids": [(6, 0, [world.ids["company"]])],
                    "group_ids": [(6, 0, [env.ref("nav_altinn_connector.group_nav_admin").id])],
                }
            )
            .id
        )


ELSEWHERE = "https://elsewhere.example.invalid"
WAYS = {
    "create": lambda world, env: call(
        env,
        "nav.maskinporten.client",
        "create",
        [{"name": "X", "environment": "custom", "sykepenger_url": ELSEWHERE}],
    ),
    "create_by_context": lambda world, env: call(
        env(context={"default_environment": "custom", "default_sykepenger_url": ELSEWHERE}),
        "nav.maskinporten.client",
        "create",
        [{"name": "X"}],
        context={"default_environment": "custom", "default_sykepenger_url": ELSEWHERE},
    ),
    "write": lambda world, env: call(
        env,
        "nav.maskinporten.client",
        "write",
        [world.ids["client"]],
        {"sykepenger_url": ELSEWHERE},
    ),
    "maskinporten": lambda world, env: call(
        env,
        "nav.maskinporten.client",
        "write",
        [world.ids["client"]],
        {"maskinporten_url": ELSEWHERE},
    ),
    "environment": lambda world, env: call(
        env, "nav.maskinporten.client", "write", [world.ids["client"]], {"environment": "custom"}
    ),
    "copy": lambda world, env: call(env, "nav.maskinporten.client", "copy", [world.ids["client"]]),
}


@pytest.mark.parametrize("way", WAYS)
def test_only_system_administrators_choose_addresses(world, nav_admin, way):
    from odoo.exceptions import UserError

    words = "Only a system administrator may choose own addresses"
    with pytest.raises(UserError, match=words), world.env(nav_admin) as env:
        WAYS[way](world, env)


def test_a_nav_administrator_sets_up_a_client_of_the_public_systems(world, nav_admin):
    with world.env(nav_admin) as env:
        client = env["nav.maskinporten.client"].create(
            {"name": "Test", "environment": "test", "client_id": "x"}
        )
        client.action_generate_key()
        client.name = "Renamed"
        client.environment = "production"
        assert client._address("sykepenger") == "https://sykepenger-api.nav.no"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://nav.example.invalid", True),
        ("http://127.0.0.1:8070/sykepenger", True),
        ("http://localhost:8070", True),
        ("http://[::1]:8070", True),
        ("http://nav.example.invalid", False),
        ("http://127.0.0.1.example.invalid", False),
        ("http://localhost@nav.example.invalid", False),
        ("ftp://127.0.0.1", False),
        ("nav.example.invalid", False),
        ("https://nav.example.invalid/?x=", False),
    ],
)
def test_plain_http_is_for_this_machine_only(world, url, allowed):
    from odoo.exceptions import ValidationError

    if allowed:
        with world.env(ADMIN) as env:
            world.client(env).sykepenger_url = url
        return
    words = "must begin with https://"
    with pytest.raises(ValidationError, match=words), world.env(ADMIN) as env:
        world.client(env).sykepenger_url = url
