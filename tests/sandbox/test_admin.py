"""The admin endpoints, the state file and the command line."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.__main__ import main
from sandbox.server import SandboxServer, is_loopback

from .conftest import TODAY
from .support import SCOPE, TIMEOUT, Caller, make_key, public_jwk

ROOT = Path(__file__).resolve().parents[2]
DAY = {"fom": "2026-06-01", "tom": "2026-06-05", "kind": "graded", "degree": 40}


def admin(sandbox, method, path, **body):
    response = requests.request(
        method, f"{sandbox.admin_url}{path}", json=body or None, timeout=TIMEOUT
    )
    return response.status_code, response.json()


def test_everything_can_be_set_up_over_http(sandbox):
    key = make_key()
    status, client = admin(
        sandbox,
        "POST",
        "/clients",
        client_id="c",
        owner_orgnr=sandbox.main_unit,
        scopes=[SCOPE],
        keys=[public_jwk(key)],
    )
    assert status == 200 and [item["kid"] for item in client["keys"]] == ["key-1"]
    status, user = admin(sandbox, "POST", "/system-users", client_id="c", orgnr=sandbox.main_unit)
    assert status == 200
    status, note = admin(sandbox, "POST", "/notes", orgnr=sandbox.units[0], periods=[DAY])
    assert status == 200
    caller = Caller.__new__(Caller)
    caller.sandbox, caller.client_id, caller.key = sandbox, "c", key
    assert caller.fetch().json() == [note]
    assert admin(sandbox, "DELETE", f"/system-users/{user['id']}") == (200, {"revoked": True})
    assert caller.ask_token().status_code == 400


def test_allow_over_http(sandbox):
    key = make_key()
    status, user = admin(
        sandbox,
        "POST",
        "/allow",
        client_id="c",
        owner_orgnr=sandbox.main_unit,
        jwk=public_jwk(key),
        units=[sandbox.units[0]],
    )
    assert status == 200
    assert (user["orgnr"], user["units"]) == (sandbox.main_unit, [sandbox.units[0]])


def test_overview_and_population(sandbox):
    _, overview = admin(sandbox, "GET", "")
    assert overview["units"] == sandbox.units
    assert overview["urls"]["sykepenger_url"] == sandbox.sykepenger_url
    _, population = admin(sandbox, "GET", "/population")
    assert len(population["employees"]) == 10
    assert {"fnr", "name", "orgnr"} <= population["employees"][0].keys()
    assert population["main_unit"] in {unit["orgnr"] for unit in population["organisations"]}


def test_faults_and_requests_over_http(sandbox):
    body = {"kind": "server_error", "endpoint": "enhetsregisteret", "status": 500}
    assert admin(sandbox, "POST", "/faults", **body)[1]["params"] == {"status": 500}
    url = f"{sandbox.enhetsregisteret_url}/enheter/{sandbox.main_unit}"
    assert requests.get(url, timeout=TIMEOUT).status_code == 500
    _, faults = admin(sandbox, "GET", "/faults")
    assert [hit["kind"] for hit in faults["hits"]] == ["server_error"]
    assert faults["ordered"] == []
    _, log = admin(sandbox, "GET", "/requests")
    assert [(entry["path"], entry["status"]) for entry in log] == [
        (f"/enheter/{sandbox.main_unit}", 500)
    ]
    admin(sandbox, "DELETE", "/requests")
    admin(sandbox, "DELETE", "/faults")
    assert len(sandbox.requests) == 0 and sandbox.faults.hits == []


def test_options_and_clock(sandbox):
    assert admin(sandbox, "POST", "/options", page_limit=5)[1]["page_limit"] == 5
    assert sandbox.options.page_limit == 5
    _, clock = admin(sandbox, "POST", "/clock", offset_seconds=100, today="2026-07-01")
    assert (clock["offset_seconds"], clock["today"]) == (100, "2026-07-01")
    assert sandbox.add_note(periods=[DAY])["mottattAvNav"].startswith("2026-07-01T")


def test_organisations_over_http(sandbox):
    status, _ = admin(
        sandbox,
        "POST",
        "/organisations",
        orgnr="315587336",
        name="Ny avdeling",
        parent=sandbox.main_unit,
    )
    assert status == 200 and "315587336" in sandbox.units
    admin(sandbox, "DELETE", "/organisations/315587336")
    assert "315587336" not in sandbox.units


def test_raw_note_over_http(sandbox):
    _, stored = admin(sandbox, "POST", "/notes/raw", raw={"x": 1}, loepenr=77)
    assert stored["loepenr"] == 77
    assert admin(sandbox, "GET", "/notes")[1] == [{"x": 1}]


def test_reset_starts_over(sandbox, caller):
    sandbox.add_note(periods=[DAY])
    sandbox.faults.add("slow")
    old = caller.token()
    admin(sandbox, "POST", "/reset", all=True)
    assert sandbox.notes() == [] and sandbox.faults.ordered == []
    assert "MP-100" in caller.ask_token().text
    again = Caller(sandbox)
    note = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    assert again.fetch().json() == [note]
    assert again.fetch(token=old).status_code == 401
    assert [user["id"] for user in admin(sandbox, "GET", "/system-users")[1]] == [again.user.id]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/clients", {"client_id": "c"}),
        ("/clients", {"client_id": "c", "owner_orgnr": "1", "scopes": []}),
        ("/clients", {"client_id": "", "owner_orgnr": "315587336", "scopes": []}),
        ("/system-users", {"client_id": "nobody", "orgnr": "315587336"}),
        ("/system-users", {"system_id": "nothing", "orgnr": "315587336"}),
        ("/notes", {"periods": [{**DAY, "kind": "x"}]}),
        ("/notes", {"wrong": 1}),
        ("/faults", {"kind": "x"}),
        ("/options", {"x": 1}),
        ("/options", {"page_limit": "many"}),
        ("/options", {"date_field": "other"}),
        ("/clock", {"today": "tomorrow"}),
        ("/certificates", {"pem": "x"}),
        ("/delegations", {"consumer_orgnr": "1", "supplier_orgnr": "2", "scope": "s"}),
    ],
)
def test_what_makes_no_sense_is_a_plain_error(sandbox, path, body):
    status, answer = admin(sandbox, "POST", path, **body)
    assert status == 400 and answer["error"]


def test_private_and_weak_keys_are_refused(sandbox):
    key = make_key()
    for jwk in (
        key.as_dict(private=True),
        {**public_jwk(key), "kid": ""},
        {"kid": "k", "kty": "RSA"},
    ):
        status, answer = admin(
            sandbox, "POST", "/allow", client_id="c", owner_orgnr=sandbox.main_unit, jwk=jwk
        )
        assert status == 400 and answer["error"]
    assert sandbox.state.clients == {}


def test_a_page_of_another_site_gets_nowhere(sandbox):
    url = f"{sandbox.admin_url}/reset"
    assert requests.post(url, data="{}", timeout=TIMEOUT).status_code == 400
    headers = {"Host": "evil.invalid"}
    response = requests.get(sandbox.admin_url, headers=headers, timeout=TIMEOUT)
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("example.invalid", False),
    ],
)
def test_only_loopback(host, loopback):
    assert is_loopback(host) is loopback
    if not loopback:
        with pytest.raises(ValueError, match="loopback"):
            SandboxServer(host=host)


def test_state_file_survives_a_restart(tmp_path):
    path = tmp_path / "kept" / "state.json"
    with SandboxServer(employees=3, notes=4, seed=2, today=TODAY, state_file=path) as first:
        caller = Caller(first)
        token = caller.token()
        first.options.update({"include_nulls": False})
        added = first.add_note(orgnr=first.units[0], periods=[DAY])
        broken = first.add_raw_note({"x": [1]}, orgnr=first.units[0])
        notes, port = first.notes(), int(first.base_url.rsplit(":", 1)[1])
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with SandboxServer(port, employees=9, notes=9, seed=9, state_file=path) as second:
        assert second.notes() == notes and len(notes) == 6
        assert [note["loepenr"] for note in notes[-2:-1]] == [added["loepenr"]]
        assert second.options.include_nulls is False
        caller.sandbox = second
        assert caller.fetch(token=token, checked=False).json()[-1] == {"x": [1]}
        assert caller.ask_token().status_code == 200
        again = second.add_note(orgnr=second.units[0], periods=[DAY])
        assert again["loepenr"] == broken.loepenr + 1


def test_state_file_of_another_kind(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"version": 99}))
    with pytest.raises(ValueError, match="remove it"):
        SandboxServer(state_file=path)


def test_command_line_serves_until_it_is_ended(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--employees", "2", "--notes", "3"]
    state = tmp_path / "state.json"
    process = subprocess.Popen(
        [*command, "--today", "2026-06-15", "--state", str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        while not lines or "employees" not in lines[-1]:
            lines.append(process.stdout.readline())
        assert lines[-1] == "2 employees, 3 notes\n"
        url = re.search(r"enhetsregisteret_url\s+(\S+)", "".join(lines)).group(1)
        main_unit = re.search(r"main unit\s+(\d{9})", "".join(lines)).group(1)
        assert requests.get(f"{url}/enheter/{main_unit}", timeout=TIMEOUT).status_code == 200
        admin_url = re.search(r"admin_url\s+(\S+)", "".join(lines)).group(1)
        requests.post(f"{admin_url}/notes", json={"periods": [DAY]}, timeout=TIMEOUT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0
        assert len(json.loads(state.read_text())["notes"]) == 1
    finally:
        process.kill()
        process.wait(TIMEOUT)
        process.stdout.close()


def test_command_line_refuses_other_hosts(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--host", "0.0.0.0"])
    assert stopped.value.code == 2
    assert "loopback" in capsys.readouterr().err


def test_command_line_says_that_the_port_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--employees", "0", "--notes", "0"]) == 1
    assert f"Port {port} is taken" in capsys.readouterr().err
