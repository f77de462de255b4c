"""An Odoo server as a process of its own, on a database of its own, and its API."""

from __future__ import annotations

import base64
import itertools
import os
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import cache, databases, postgres, processes
from dev.environment import Environment

START_SECONDS = 120
PORTS_FROM = 18100
_numbers = itertools.count(1)


class OdooServer:
    """A running Odoo, reached by browser at :attr:`url` and from Python by :meth:`call`.

    :param url: where it listens; it is also what Odoo takes for its own address
    :param database: its only database
    :param variables: the environment in which the database is reached
    """

    def __init__(self, url: str, database: str, variables: dict[str, str]):
        self.url = url
        self.database = database
        self._variables = variables
        self._models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)
        self._admin = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common").authenticate(
            database, "admin", "admin", {}
        )
        self.call("ir.config_parameter", "set_param", "web.base.url", url)

    def call(self, model: str, method: str, *arguments, **named):
        """Call a model's public method as the administrator and return its answer.

        :raises xmlrpc.client.Fault: when Odoo refuses
        """
        return self._models.execute_kw(
            self.database, self._admin, "admin", model, method, arguments, named
        )

    def create(self, model: str, **values) -> int:
        """Create one record and return its id."""
        return self.call(model, "create", [values])[0]

    def read(self, model: str, domain: list, *fields: str) -> list[dict]:
        """Return these fields of the records that fit."""
        return self.call(model, "search_read", domain, list(fields))

    def ref(self, xml_id: str) -> int:
        """Return the id of the record with this XML id."""
        module, name = xml_id.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        return self.read("ir.model.data", domain, "res_id")[0]["res_id"]

    def run_cron(self, name: str) -> None:
        """Run one of the addon's crons now.

        :param name: its XML id without ``ir_cron_``
        """
        cron = self.ref(f"nav_altinn_connector.ir_cron_{name}")
        self.call("ir.cron", "method_direct_trigger", [cron])

    def let_time_pass(self) -> None:
        """Let a day pass for the approvals: Altinn is asked again, and their rights are not new."""
        changes = (
            "nav_system_user_request SET next_ask_at = '2020-01-01' WHERE status = 'new'",
            "nav_connection SET next_check_at = '2020-01-01' WHERE next_check_at IS NOT NULL",
            "nav_connection SET approved_at = approved_at - interval '1 day'",
        )
        for change in changes:
            postgres.query(self._variables, f"UPDATE {change}", self.database)

    def make_calls(self, connection: int, days: int) -> None:
        """Let there have been calls to NAV on the days before today, some of which failed."""
        rows = (
            f"SELECT {connection}, company_id, 'sykepenger', 'sick_notes', "
            "now() at time zone 'UTC' - make_interval(days => day, mins => call), "
            "80 + (day * 37 + call * 11) % 300, "
            "CASE WHEN bad THEN 'fault' ELSE 'ok' END, bad::int, "
            "CASE WHEN bad THEN 503 ELSE 200 END, 1 "
            f"FROM nav_connection, generate_series(1, {days}) day, "
            "LATERAL (SELECT call, (day % 9 = 4 AND call % 4 = 1) AS bad "
            f"FROM generate_series(1, 20 + day % 7) call) made WHERE id = {connection}"
        )
        names = (
            "connection_id, company_id, system, operation, started_at, duration_ms, outcome, "
            "failed, http_status, attempt"
        )
        postgres.query(self._variables, f"INSERT INTO nav_exchange ({names}) {rows}", self.database)


@contextmanager
def running_odoo() -> Iterator[OdooServer]:
    """Start Odoo on a fresh copy of the database that ``NAV_TEMPLATE_DATABASE`` names.

    No cron runs: what a page shows comes from what was done on it. Server and database are gone
    at the end.

    :raises DevError: when the server does not start
    """
    # A key of this run, so that the machine's own is neither used nor made.
    vault_key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    variables = {**os.environ, "NAV_CONNECTOR_ENCRYPTION_KEY": vault_key}
    environment = Environment(Path(os.environ["VIRTUAL_ENV"]), None)
    name = f"nav_run_{os.getpid()}_browser{next(_numbers)}"
    with cache.locked("databases"):
        databases.copy(environment, variables, os.environ["NAV_TEMPLATE_DATABASE"], name)
    try:
        with _serving(environment, variables, name) as url:
            yield OdooServer(url, name, variables)
    finally:
        databases.drop(environment, variables, name)


@contextmanager
def _serving(environment: Environment, variables: dict[str, str], name: str) -> Iterator[str]:
    # Each process looks for ports in a range of its own, so that two do not pick the same.
    port = processes.free_port(PORTS_FROM + os.getpid() % 400 * 50)
    command = [environment.python, "-m", "odoo", "server", "-d", name, f"--http-port={port}"]
    command += ["--no-database-list", f"--db-filter=^{name}$", "--max-cron-threads=0"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    log = cache.folder() / "log" / f"browser-{worker}-{name[-1]}.log"
    server = processes.Child("Odoo", command, variables, log)
    try:
        url = f"http://127.0.0.1:{port}"
        server.wait_for(f"{url}/web/login", START_SECONDS)
        yield url
    finally:
        server.stop()
