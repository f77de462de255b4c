"""A database set back by writing only the tables that have changed.

Making it anew as a copy takes longer than most tests.
"""

import io
from contextlib import closing

TABLES = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
SEQUENCES = """
    SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL
      FROM pg_sequences WHERE schemaname = 'public'
"""
# Where a change of tables, columns, constraints, triggers, functions and views shows.
CATALOGUE = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_rewrite",
    "pg_trigger",
    "pg_type",
)
END_MS = 10_000


class Snapshot:
    """A database that stays as it is, and to which its copy is set back.

    A row's ``xmin`` is the transaction that wrote it: a table of the copy has changed when it holds
    a row that is younger than the snapshot, or another number of rows. Each table is taken without
    those that inherit from it, as the kinds of Odoo's actions do.

    :param kept: its name
    """

    def __init__(self, kept: str):
        self._kept = kept
        self._content = {}
        with closing(_cursor(kept)) as cr:
            cr.execute("SHOW is_superuser")
            self._able = cr.fetchone() == ("on",)
            cr.execute("SELECT pg_current_xact_id()::xid::text")
            [self._taken] = cr.fetchone()
            cr.execute(TABLES)
            tables = [name for (name,) in cr.fetchall()]
            self._tables = self._look(cr, dict.fromkeys(tables, self._taken))
            self._catalogue = self._look(cr, dict.fromkeys(CATALOGUE, self._taken))
            self._sequences = self._look_at_sequences(cr)
        self.is_copied()

    def is_copied(self):
        """The copy has just been made anew."""
        self._since = dict.fromkeys(self._tables, self._taken)

    def put_back(self, name: str) -> bool:
        """Set the copy back, where only rows have changed there.

        :return: whether that could be done; else it is to be copied anew
        """
        if not self._able:  # only a superuser can write without triggers
            return False
        with closing(_cursor(name)) as cr:
            end_connections(cr, name, pooled=False)
            cr.commit()  # what they did last is seen
            if self._look(cr, dict.fromkeys(CATALOGUE, self._taken)) != self._catalogue:
                return False
            found = self._look(cr, self._since)
            changed = [table for table, state in found.items() if state != self._tables[table]]
            cr.execute("SET LOCAL session_replication_role = replica")
            cr.execute("SELECT pg_current_xact_id()::xid::text")
            [now] = cr.fetchone()
            for table in changed:
                cr.execute(f'DELETE FROM ONLY "{table}"')
                rows = io.BytesIO(self._rows(table))
                cr._obj.copy_expert(f'COPY "{table}" FROM STDIN BINARY', rows)
            for sequence, state in self._look_at_sequences(cr).items():
                if state != self._sequences[sequence]:
                    values = (f'"{sequence}"', *self._sequences[sequence])
                    cr.execute("SELECT setval(%s::regclass, %s, %s)", values)
            cr.commit()
            self._since.update(dict.fromkeys(changed, now))
        return True

    def _look(self, cr, since):
        """Return for each table how many rows it has, and how many were written since then."""
        cr.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', count(*), "
                f"count(*) FILTER (WHERE age(xmin) < age('{then}'::xid)) FROM ONLY \"{table}\""
                for table, then in since.items()
            )
        )
        return {table: state for table, *state in cr.fetchall()}

    def _look_at_sequences(self, cr):
        cr.execute(SEQUENCES)
        return {name: state for name, *state in cr.fetchall()}

    def _rows(self, table):
        if table not in self._content:
            with closing(_cursor(self._kept)) as cr:
                rows = io.BytesIO()
                cr._obj.copy_expert(f'COPY "{table}" TO STDOUT BINARY', rows)
                self._content[table] = rows.getvalue()
        return self._content[table]


def _cursor(name):
    import odoo.sql_db

    return odoo.sql_db.db_connect(name).cursor()


def end_connections(cr, name, pooled=True):
    """End all other connections to a database.

    :param pooled: also those that this process holds for later use
    """
    cr.execute(
        """
        SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity
         WHERE datname = %s AND pid != pg_backend_pid() AND backend_type = 'client backend'
           AND (%s OR application_name != current_setting('application_name') OR state != 'idle')
        """,
        (END_MS, name, pooled),
    )
