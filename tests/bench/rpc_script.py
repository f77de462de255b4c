"""A script of the usual kind: leave after leave over XML-RPC, from an Odoo server."""

from __future__ import annotations

import os
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.processes import Child, free_port

from .local_nav import stretch

START_SECONDS = 120


@contextmanager
def odoo_server(database: str, folder: str) -> Iterator[str]:
    """Run an Odoo server on a database; gives its address.

    :param folder: where its log goes
    """
    port = free_port(8469)
    command = [sys.executable, "-m", "odoo", "server", "-d", database, "--http-port", str(port)]
    command += ["--max-cron-threads=0", "--workers=0", "--log-level=error"]
    address = f"http://127.0.0.1:{port}"
    server = Child("Odoo", command, dict(os.environ), Path(folder, "odoo-server.log"))
    try:
        server.wait_for(f"{address}/web/login", START_SECONDS)
        yield address
    finally:
        server.stop()


class RpcScript:
    """What somebody writes without a connector.

    :raises xmlrpc.client.Fault: when Odoo refuses the login or a call
    """

    def __init__(self, address: str, database: str, login: str, password: str):
        common = xmlrpc.client.ServerProxy(f"{address}/xmlrpc/2/common")
        self._login = (database, common.authenticate(database, login, password, {}), password)
        self._models = xmlrpc.client.ServerProxy(f"{address}/xmlrpc/2/object")

    def make_leaves(self, employees: list[int], leave_type: int) -> float:
        """Create and approve a leave for each employee; returns the seconds it took."""
        started = time.perf_counter()
        for number, employee in enumerate(employees):
            first, last = stretch(number)
            vals = {
                "employee_id": employee,
                "holiday_status_id": leave_type,
                "request_date_from": first.isoformat(),
                "request_date_to": last.isoformat(),
            }
            [leave] = self._call("create", [vals])
            self._call("action_approve", [leave])
        return time.perf_counter() - started

    def _call(self, method: str, *arguments):
        return self._models.execute_kw(*self._login, "hr.leave", method, list(arguments))
