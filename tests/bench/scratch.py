"""What a bench needs of the machine and gives back: a database, and Odoo's data folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from dev.console import DevError
from dev.postgres import copy_database, query

TEMPLATE = "NAV_TEMPLATE_DATABASE"


@contextmanager
def database(source: str | None = None) -> Iterator[str]:
    """Give a copy of a database, by default the one with the addon, and remove it after use.

    :raises DevError: when no database with the addon is named
    """
    source = source or os.environ.get(TEMPLATE)
    if not source:
        raise DevError(f"{TEMPLATE} names no database; start this by: make bench")
    variables = dict(os.environ)
    # A name that the next run removes, should this one be killed.
    name = f"nav_run_{os.getpid()}_{secrets.token_hex(4)}"
    copy_database(variables, source, name)
    try:
        yield name
    finally:
        query(variables, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def own_data() -> Iterator[str]:
    """Let all Odoo processes of this run use a data folder and encryption key of their own.

    :return: the folder, removed after use
    """
    from cryptography.fernet import Fernet

    key = "NAV_CONNECTOR_ENCRYPTION_KEY"
    before = {name: os.environ.get(name) for name in ("ODOO_DATA_DIR", key)}
    with tempfile.TemporaryDirectory(prefix="nav-bench-") as folder:
        os.environ.update({"ODOO_DATA_DIR": folder, key: Fernet.generate_key().decode()})
        try:
            yield folder
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value
