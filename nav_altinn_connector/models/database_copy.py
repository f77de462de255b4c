"""A copied database never speaks in the original's name (promise 8).

When the first key is made, the database gets a mark of its identity: its UUID and its name. A copy
made by Odoo has another UUID, one made by PostgreSQL another name; both have the original's mark
and its keys. Where the mark does not fit, no token is asked for until an administrator has said
which of the two databases this is. A database that was renamed looks the same, and is asked about
too.

A copy with the same UUID and the same name, on another server, cannot be told by this. It lacks the
encryption key, which is not in the database (:mod:`.key_vault`).
"""

import hashlib
import logging
from urllib.parse import urlsplit

import psycopg2
import psycopg2.errors

from odoo.exceptions import UserError
from odoo.tools import SQL

from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

MARK = "nav_altinn_connector.database_mark"
NEUTRALISED = "database.is_neutralized"
UUID = "database.uuid"
COPY, NEUTRAL = "copy", "neutral"


def refuse(client):
    """Nothing is asked of an outside system in the name of this client where it must not be.

    :param client: a ``nav.maskinporten.client``
    :raises UserError: the database is a copy, or it is neutralised and the client is one of
        production
    """
    held = hold(client)
    if held:
        raise UserError(words(client.env, held))
    mark_first_use(client.env)


def hold(client):
    """Why this client must not speak: ``copy``, ``neutral``, or None when it may."""
    if is_copy(client.env):
        return COPY
    if is_production(client) and is_neutralised(client.env):
        return NEUTRAL
    return None


def words(env, held):
    """What to tell people, for what :func:`hold` gives."""
    if held == COPY:
        where = env._("To say it, open Time Off > NAV > Connections.")
        return f"{copy_words(env)} {where}"
    return env._(
        "This database is neutralised, which is done with copies for testing. It must not talk to "
        "NAV's and Altinn's production."
    )


def copy_words(env):
    """What to tell people of a copy, where the button for it is beside the words."""
    return env._(
        "On hold: this database looks like a copy of another one, or has been renamed. Nothing is "
        "fetched until a NAV administrator says which database this is."
    )


def is_copy(env):
    """Whether the database carries another one's mark."""
    kept = _stored(env)
    return bool(kept.get(MARK)) and kept[MARK] != _fingerprint(env, kept)


def is_neutralised(env):
    """Whether Odoo's neutralising has been run on the database."""
    return bool(_stored(env).get(NEUTRALISED))


def is_production(client):
    """Whether the client gets its tokens where real health data is behind them, also when its
    addresses were typed in."""
    if client.environment != "custom":
        return client.environment == "production"
    host = urlsplit((client.maskinporten_url or "").strip()).hostname or ""
    return host != "test.maskinporten.no" and f".{host}".endswith(".maskinporten.no")


def mark_first_use(env):
    """Mark the database, if it has no mark yet: from its first key on there is something that a
    copy could misuse."""
    if not _stored(env).get(MARK):
        mark(env)


def mark(env):
    """Take this database for the one in use, whatever it carried before."""
    fingerprint = _fingerprint(env, _stored(env))
    try:
        with env.cr.savepoint(), quiet_sql():
            env["ir.config_parameter"].sudo().set_param(MARK, fingerprint)
    except (psycopg2.OperationalError, psycopg2.errors.UniqueViolation) as error:
        # The other worker's mark is the same one.
        _logger.info("Another worker marks the database: %s", type(error).__name__)


def _fingerprint(env, stored):
    return hashlib.sha256(f"{stored.get(UUID)}\n{env.cr.dbname}".encode()).hexdigest()


def _stored(env):
    """The parameters that matter, as they are in the database: what Odoo remembers of them may be
    of before the copy, or of a transaction that was undone."""
    env["ir.config_parameter"].sudo().flush_model(["key", "value"])
    query = SQL(
        "SELECT key, value FROM ir_config_parameter WHERE key IN %s", (MARK, NEUTRALISED, UUID)
    )
    return dict(env.execute_query(query))
