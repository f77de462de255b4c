"""Promise 7: a backup holds no private key and no password, in whatever form."""

import base64
import io
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.log import everything_logged

ADMIN = 2
FILE_PASSWORD, KEY_PASSWORD = "Sommer-i-Lofoten-41", "Haust-paa-Voss-42"
MODEL = "nav.maskinporten.client"


def call(env, method, *args):
    from odoo.service.model import call_kw

    return call_kw(env[MODEL], method, args, {})


@pytest.fixture
def imported(world):
    """A client whose keys came in all ways: generated, as PEM, as PEM with a password, as PKCS#12.
    Gives the log of it and the private keys."""
    from odoo.addons.nav_altinn_connector.tests.certificates import Enterprise

    enterprise = Enterprise(world.sandbox.main_unit)
    plain, protected = (rsa.generate_private_key(65537, 2048) for _each in "ab")
    ways = [
        {"import_pem": _pem(plain)},
        {"import_pem": _pem(protected, KEY_PASSWORD), "import_password": KEY_PASSWORD},
        {
            "import_file": base64.b64encode(enterprise.pkcs12(FILE_PASSWORD)).decode(),
            "import_password": FILE_PASSWORD,
        },
    ]
    files = [enterprise.pkcs12(FILE_PASSWORD)]
    with everything_logged() as log:
        for values in ways:
            with world.env(ADMIN) as env:
                env = env(context={**env.context, "bin_size": True})
                call(env, "web_save", [world.ids["client"]], values, {"key_ids": {"fields": {}}})
        with world.env(ADMIN) as env:
            call(env, "action_test_token", [world.ids["client"]])
    with world.env() as env:
        keys = env["nav.maskinporten.key"].search([])
        private = [key._private_pem() for key in keys]
        ciphers = keys.mapped("private_key_encrypted")
    assert len(private) == 4
    return {"log": log.text, "private": private, "files": files, "ciphers": ciphers}


def _pem(key, password=None):
    encryption = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


def forms(data: bytes):
    """The ways in which a text may hide in another one: as it is, as hex, as base64 wherever it
    begins in what was encoded."""
    yield data
    yield data.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data)
        # What is next to the data is not known: the characters that it shares are left out.
        yield encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


def secrets(imported):
    """What must be nowhere: {what it is: the forms}."""
    found = {}
    for number, pem in enumerate(imported["private"]):
        key = serialization.load_pem_private_key(pem.encode(), None)
        lines = pem.splitlines()[1:-1]
        secret = key.private_numbers()
        der = base64.b64decode("".join(lines))
        found[f"key {number}"] = [
            *(line.encode() for line in lines if len(line) > 40 and line != lines[0]),
            *forms(pem.encode()[40:200]),
            *forms(der[400:520]),
            *(str(value).encode()[:60] for value in (secret.d, secret.p, secret.q)),
            *(f"{value:x}".encode()[:60] for value in (secret.d, secret.p, secret.q)),
        ]
    for data in imported["files"]:
        found["file"] = list(forms(data[100:300]))
    for password in (FILE_PASSWORD, KEY_PASSWORD):
        found[password] = list(forms(password.encode()))
    return found


def dump(world, how) -> bytes:
    """What a backup holds: the database, and the files beside it."""
    from odoo.tools import config

    store = Path(config["data_dir"], "filestore", world.database.name)
    files = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    rows = _pg_dump(world.database.name) if how == "program" else _tables(world)
    return b"\n".join([rows, *files])


def _pg_dump(name):
    """The output of the PostgreSQL program that fits the server."""
    from dev.environment import Environment

    program = Environment(Path(os.environ["VIRTUAL_ENV"]), None).postgres_bin / "pg_dump"
    if not program.exists():
        pytest.skip("the server's own pg_dump is not on this machine")
    command = [str(program), "--no-owner", name]
    return subprocess.run(command, stdout=subprocess.PIPE, timeout=300, check=True).stdout


def _tables(world):
    """The same without that program: every table as text."""
    with world.env() as env:
        env.cr.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        target = io.BytesIO()
        for (table,) in env.cr.fetchall():
            env.cr._obj.copy_expert(f"COPY {table} TO STDOUT", target)
    return target.getvalue()


@pytest.mark.parametrize("how", ["program", "tables"])
def test_a_backup_holds_no_secret(world, imported, how):
    content = dump(world, how)
    for cipher in imported["ciphers"]:
        assert cipher.encode() in content, "the search would not find a key that is there"
    found = [
        name
        for name, values in secrets(imported).items()
        if any(each in content for each in values)
    ]
    assert not found


def test_importing_logs_no_secret(imported):
    content = imported["log"].encode()
    assert b"A call that imports a key" in content, "debugging is not logged at all"
    found = [
        name
        for name, values in secrets(imported).items()
        if any(each in content for each in values)
    ]
    assert not found


def test_the_search_finds_what_it_looks_for(imported):
    """Each form is found when it is put there."""
    for name, values in secrets(imported).items():
        assert all(len(value) >= 12 for value in values), name
    pem = imported["private"][0].encode()
    for hidden in (pem, pem.hex().encode(), base64.b64encode(b"x" + pem), base64.b64encode(pem)):
        assert any(value in hidden for value in secrets(imported)["key 0"])


@pytest.mark.parametrize("name", ["import_pem", "import_file", "import_password"])
def test_what_is_imported_has_no_column_and_no_way_out(world, imported, name):
    with world.env(ADMIN) as env:
        client_id = world.ids["client"]
        assert not env[MODEL]._fields[name].store
        assert call(env, "read", [client_id], [name])[0][name] is False
        assert call(env, "export_data", [client_id], [name])["datas"] in ([[""]], [[False]])
        copy = call(env, "copy", [client_id])
        assert not env[MODEL].browse(copy).key_ids
        assert not env["ir.attachment"].search_count(
            [("res_model", "=", MODEL), ("res_field", "!=", False)]
        )


def test_names_that_are_searched_show_no_secret(world, imported):
    with world.env(ADMIN) as env:
        from odoo.service.model import call_kw

        shown = repr(call_kw(env["nav.maskinporten.key"], "name_search", ("",), {}))
        shown += repr(call_kw(env[MODEL], "name_search", ("",), {}))
    assert "nav-" in shown
    for values in secrets(imported).values():
        assert not any(each in shown.encode() for each in values)
