"""Databases that a test may change for good: copies, in which commits are real."""

import os
import shutil
from contextlib import closing
from pathlib import Path

from .rewind import Snapshot, end_connections


def source_database() -> str:
    """Return the name of a database with the addon that may be copied.

    ``NAV_TEMPLATE_DATABASE`` names one that nobody is connected to; without it, the database that
    pytest works on is copied.
    """
    from odoo.tests.common import get_db_name

    return os.environ.get("NAV_TEMPLATE_DATABASE") or get_db_name()


def name_for(purpose: str) -> str:
    """Return a name for a database of this run and worker.

    It begins with the name of the database that pytest works on, so that whoever removes that one
    finds this one too.
    """
    from odoo.tests.common import get_db_name

    return f"{get_db_name()}_{purpose}"


def copy_database(source: str, name: str):
    """Make a database as a copy of another one, in place of one that has the name already.

    Connections to either are closed; Odoo opens new ones when it needs them.
    """
    import odoo.sql_db
    from odoo.tools import SQL

    for database in (source, name):
        odoo.sql_db.close_db(database)
    with closing(odoo.sql_db.db_connect("postgres").cursor()) as cr:
        cr.rollback()
        cr._cnx.autocommit = True
        end_connections(cr, source)
        cr.execute(SQL("DROP DATABASE IF EXISTS %s WITH (FORCE)", SQL.identifier(name)))
        # Copying the files is faster than logging all their pages; it was the only way before 15.
        strategy = SQL("STRATEGY FILE_COPY") if cr._cnx.server_version >= 150000 else SQL()
        cr.execute(
            SQL(
                "CREATE DATABASE %s TEMPLATE %s %s",
                SQL.identifier(name),
                SQL.identifier(source),
                strategy,
            )
        )


def drop_database(name: str):
    """Remove a database with its files, if it is there, and forget Odoo's registry of it."""
    import odoo.sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import SQL, config

    Registry.delete(name)
    odoo.sql_db.close_db(name)
    with closing(odoo.sql_db.db_connect("postgres").cursor()) as cr:
        cr.rollback()
        cr._cnx.autocommit = True
        cr.execute(SQL("DROP DATABASE IF EXISTS %s WITH (FORCE)", SQL.identifier(name)))
    shutil.rmtree(Path(config["data_dir"], "filestore", name), ignore_errors=True)


class ScratchDatabase:
    """A database that :meth:`restore` sets back to how :meth:`keep` found it.

    :param name: its name; ``<name>_kept`` is the copy that it is restored from
    :param source: the database that it is first copied from
    """

    def __init__(self, name: str, source: str):
        from odoo.modules.registry import Registry

        self.name = name
        self.kept = f"{name}_kept"
        copy_database(source, name)
        self.registry = Registry(name)

    def keep(self):
        """Remember the database as it now is."""
        copy_database(self.name, self.kept)
        self._snapshot = Snapshot(self.kept)

    def restore(self):
        """Set the database back. Odoo's registry of it is kept, since the models are the same."""
        if not self._snapshot.put_back(self.name):
            copy_database(self.kept, self.name)
            self._snapshot.is_copied()
        self.registry.reset_changes()
        self.registry.clear_all_caches()
        self.registry.cache_invalidated.clear()
        self.registry.setup_signaling()

    def drop(self):
        drop_database(self.name)
        drop_database(self.kept)
