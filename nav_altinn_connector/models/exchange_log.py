"""Writing the exchange log: what the transport's observer does.

A line is written on a cursor of its own, in a transaction that lasts as long as the statement. So
it is there whatever becomes of the work that made the call, and also when the process dies in the
middle of it. What the work itself has not committed yet cannot be pointed at from there: the line
then stands without it.
"""

import re
import threading
from contextlib import contextmanager
from datetime import timezone

import psycopg2

import odoo.modules.module
from odoo.tools import SQL

from .quiet_sql import quiet_sql

# The work that makes the call may hold locks, and waits for the log in the same thread: the log
# must never wait for the work.
LOCK_TIMEOUT = "500ms"
CONNECTION = "nav_exchange_connection"  # in the context of a client: for which connection it calls

# Outcomes by the kind of error (clients/errors.py).
OUTCOMES = {
    "ok": "ok",
    "not_found": "not_found",
    "rate_limited": "busy",
    "no_answer": "no_answer",
    "server_fault": "fault",
    "invalid_answer": "unusable",
    "unauthorised": "refused",
    "forbidden": "refused",
    "no_access": "refused",
    "token_refused": "refused",
    "rejected": "refused",
    "plan_rejected": "refused",
}
# That there is no such thing is an answer.
GOOD = ("ok", "not_found")

_CODE = re.compile(r"[A-Z][A-Z0-9]*([_.:/-][A-Z0-9]+)*|[a-z][a-z0-9]*(_[a-z0-9]+)+")
_REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.:|/-]+")
_ELEVEN_DIGITS = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")

_about = threading.local()


@contextmanager
def about_unit(unit):
    """The calls that this thread makes meanwhile are about this sub-unit."""
    before = getattr(_about, "unit_id", None)
    _about.unit_id = unit.id
    try:
        yield
    finally:
        _about.unit_id = before


def observer(client):
    """What writes the calls that are made with this client into the log.

    :param client: a ``nav.maskinporten.client``, with :data:`CONNECTION` in its context when it is
        used for a connection
    :return: a function for :class:`..clients.transport.Transport`
    """
    env = client.env
    connection = env["nav.connection"].sudo().browse(client.env.context.get(CONNECTION))
    company = connection.company_id or client.sudo().company_id
    # Ids only: the log must not read anything when the work's transaction may have failed.
    owner = {
        "company": company.id or None,
        "connection": connection.id or None,
        "client": client.id or None,
    }
    return lambda exchange: _write(env, owner, exchange)


def safe_code(code):
    """The code as the log may hold it: what looks like a name or a sentence is left out."""
    return _safe(code, _CODE, 60)


def safe_reference(reference):
    """The reference as the log may hold it: a text without digits may be a name."""
    return _safe(reference, _REFERENCE, 100)


def _safe(value, pattern, longest):
    if not isinstance(value, str) or len(value) > longest or not pattern.fullmatch(value):
        return None
    return None if _ELEVEN_DIGITS.search(value) else value


def _write(env, owner, exchange):
    owner = {**owner, "unit": getattr(_about, "unit_id", None)}
    with quiet_sql():
        try:
            _insert(env, owner, exchange)
        except psycopg2.errors.LockNotAvailable:
            # What the line points at is being deleted or changed in earnest.
            pointless = {**owner, "connection": None, "client": None, "unit": None}
            _insert(env, pointless, exchange)


def _insert(env, owner, exchange):
    with _cursor(env) as cr:
        first = None
        for number, attempt in enumerate(exchange.tries, start=1):
            last = number == len(exchange.tries)
            records = exchange.records if last else None
            cr.execute(_statement(owner, exchange, attempt, number, records, first))
            (row,) = cr.fetchone()
            first = first or row


@contextmanager
def _cursor(env):
    """A cursor that does not depend on the work; in a test that is undone at its end, the test's
    own, since that is all there is."""
    test = odoo.modules.module.current_test
    if getattr(test, "cr", None) is env.cr:
        with env.cr.savepoint(flush=False):
            yield env.cr
        return
    with env.registry.cursor() as cr:
        # A crash of PostgreSQL may take the last lines with it; for that no call has to wait.
        cr.execute(
            SQL(
                "SELECT set_config('lock_timeout', %s, true), "
                "set_config('synchronous_commit', 'off', true)",
                LOCK_TIMEOUT,
            )
        )
        yield cr


def _statement(owner, exchange, attempt, number, records, first):
    outcome = OUTCOMES.get(attempt.outcome, "failed")
    values = {
        "system": exchange.system,
        "operation": exchange.operation,
        "started_at": attempt.started.astimezone(timezone.utc).replace(tzinfo=None),
        "duration_ms": round(attempt.duration * 1000),
        "outcome": outcome,
        "failed": int(outcome not in GOOD),
        "http_status": attempt.status,
        "error_code": safe_code(attempt.code),
        "reason": safe_code(attempt.reason and attempt.reason.upper()),
        "reference": safe_reference(attempt.reference),
        "records": records,
        "attempt": number,
        "retry_of_id": first,
        # What is not committed yet, or not there any more, is not pointed at.
        "company_id": SQL("(SELECT id FROM res_company WHERE id = %s)", owner["company"]),
        "connection_id": SQL("(SELECT id FROM nav_connection WHERE id = %s)", owner["connection"]),
        "client_id": SQL("(SELECT id FROM nav_maskinporten_client WHERE id = %s)", owner["client"]),
        "unit_id": SQL("(SELECT id FROM nav_connection_unit WHERE id = %s)", owner["unit"]),
    }
    return SQL(
        "INSERT INTO nav_exchange (%s) VALUES (%s) RETURNING id",
        SQL(", ").join(SQL.identifier(name) for name in values),
        SQL(", ").join(
            value if isinstance(value, SQL) else SQL("%s", value) for value in values.values()
        ),
    )
