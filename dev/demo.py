"""``make demo``: Odoo with demo data, the addon, and a local NAV with notes waiting."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dev import cache, databases, demo_visitor, environment, postgres
from dev.console import DevError, main, say, step
from dev.processes import Child, Stopped, free_port, stopping_signals

DATABASE = "demo"
PORT = 8069
SANDBOX_PORT = 8169
SANDBOX_STATE = "demo-sandbox.json"
OVERVIEW = "/altinn/accessmanagement/ui/systemuser/overview?org="

# A demo of another layout is not brought up to date, it is made anew.
LAYOUT = 3

WELCOME = """
  Odoo is at    {url}
  log in with   admin / admin
  the local NAV is at {sandbox}

  Look at
  - Time Off > NAV > Connections: sick notes come in by themselves; "Fetch Now" asks at once
  - Time Off > NAV > Sick Notes: what each of them became, and what waits and why
  - Time Off > Management > Time Off: graded sick leave, approved, sent by NAV

  Follow up sick leave
  - Time Off > Follow-up: a card for each sick leave, with what to do and by when
  - one has a plan in work: "Go On With the Plan", fill it in, and send it to the local NAV
  - demo / demo is a manager without HR rights, and sees only the people of his own

  Connect another organisation
  - Time Off > NAV > Connections > New, and follow the guide
  - its number is {number} ({name}); its time off type can be "Sick Time Off"
  - "Ask for Approval in Altinn" opens a local Altinn: log in as the access manager, Approve
  - what an organisation has approved is taken back at
    {overview}{number}

  Logs: {logs}
  Ctrl-C stops all of it; make demo goes on from here; make demo-reset starts over.
"""


def demo(arguments: list[str]) -> int:
    """Start the demo and stay until it is stopped. Returns the exit code."""
    options = _options(arguments)
    environment.need_addon()
    started = time.monotonic()
    with stopping_signals():
        try:
            env = environment.prepare()
            with _only_one(), postgres.running(env) as variables:
                _serve(env, variables, options, started)
        except Stopped:
            say("\nStopped.")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    port = os.environ.get("NAV_DEMO_PORT")
    parser.add_argument("--port", type=int, default=int(port) if port else PORT)
    return parser.parse_args(arguments)


def _serve(env, variables, options, started: float) -> None:
    _ensure_database(env, variables, reset=options.reset)
    port = free_port(options.port)
    if port != options.port:
        say(f"  note  port {options.port} is taken: using {port}")
    sandbox_port = free_port(SANDBOX_PORT)
    children: list[Child] = []
    try:
        sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        with step("local NAV"):
            children.append(_start_sandbox(env, variables, sandbox_port))
            children[-1].wait_for(sandbox_url, 60)
        with step("connection to it"):
            url = f"http://localhost:{port}"
            _set_up(env, variables, sandbox_url, url)
        with step("Odoo"):
            children.append(_start_odoo(env, variables, port))
            children[-1].wait_for(f"http://127.0.0.1:{port}/web/login", 180)
        say(_welcome(url, sandbox_url))
        say(f"  Ready after {time.monotonic() - started:.0f} s.")
        while True:
            for child in children:
                child.check()
            time.sleep(0.5)
    finally:
        for child in reversed(children):
            child.stop()


def _welcome(url: str, sandbox_url: str) -> str:
    return WELCOME.format(
        url=url,
        sandbox=sandbox_url,
        number=demo_visitor.ORGANISATION,
        name=demo_visitor.NAME,
        overview=f"{sandbox_url}{OVERVIEW}",
        logs=cache.folder() / "log",
    )


def _ensure_database(env, variables, *, reset: bool) -> None:
    """Have the demo database with the addon as it now is: made, updated, or used as it is."""
    state_file = cache.folder() / "demo.json"
    state = {"addon": cache.addon_digest(), "odoo": env.odoo.identity(), "layout": LAYOUT}
    before = {}
    with suppress(OSError, ValueError):
        before = json.loads(state_file.read_text())
    reset = reset or before.get("layout") != LAYOUT
    if reset or not databases.exists(variables, DATABASE):
        # Without the state file the database is not complete: it is written last.
        state_file.unlink(missing_ok=True)
        (cache.folder() / SANDBOX_STATE).unlink(missing_ok=True)
        databases.drop(env, variables, DATABASE)
        with step("demo database (two minutes at most)"):
            databases.install(env, variables, DATABASE, (databases.ADDON,), "--with-demo")
    elif before != state:
        with step("demo database, update"):
            arguments = ["server", "-d", DATABASE, "-u", databases.ADDON, "--stop-after-init"]
            databases.odoo(env, variables, [*arguments, "--no-http"], "demo-update")
    else:
        return
    cache.write(state_file, json.dumps(state))


def _start_sandbox(env, variables, port: int) -> Child:
    state = cache.folder() / SANDBOX_STATE
    command = [env.python, "-m", "sandbox", "--port", str(port), "--state", str(state)]
    return Child("The local NAV", command, variables, cache.folder() / "log" / "sandbox.log")


def _set_up(env, variables, sandbox_url: str, url: str) -> None:
    setup = f"setup(env, {sandbox_url!r}, {url!r})"
    script = f"from dev.demo_setup import setup\n{setup}\nenv.cr.commit()\n"
    arguments = ["shell", "-d", DATABASE, "--no-http", "--log-level=warn"]
    databases.odoo(env, variables, arguments, "demo-setup", script)


def _start_odoo(env, variables, port: int) -> Child:
    command = [env.python, "-m", "odoo", "server", "-d", DATABASE, f"--http-port={port}"]
    command += ["--no-database-list", f"--db-filter=^{DATABASE}$"]
    return Child("Odoo", command, variables, cache.folder() / "log" / "demo.log")


@contextmanager
def _only_one() -> Iterator[None]:
    """Refuse a second demo on the same database."""
    path = cache.folder() / "locks" / "demo.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevError(
                "The demo is running already. Stop it there, or give this one a cache folder "
                "of its own: NAV_CONNECTOR_CACHE=/path"
            ) from None
        yield


if __name__ == "__main__":
    main(demo)
