# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from contextlib import contextmanager

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

# Cron workers that may fetch besides the one that runs the fetch cron.
HELPERS = 3
# The first half of the key of PostgreSQL's advisory locks; the second is the connection's id.
LOCKS = 0x4E4156
HELPER = "nav_altinn_connector.ir_cron_help_fetching_%s"


class NavConnection(models.Model):
    """Several cron workers at once, each with another connection.

    Odoo runs a cron in one worker at a time. So where more than one connection is due, the fetch
    cron wakes helpers, crons of their own, which take from the same list. Whose a connection is,
    is said by an advisory lock of PostgreSQL: it outlives the commits of a fetch, and ends with
    the worker, however that ends. It is for speed alone; that nothing comes twice does not depend
    on it.
    """

    _inherit = "nav.connection"

    @api.model
    def _cron_help_fetching(self):
        """Fetch and apply for connections that are due and that no other worker is at."""
        now = fields.Datetime.now()
        due = self._due_to_fetch(now)
        commit = self.env["ir.cron"]._commit_progress
        commit(0, remaining=len(due))
        if self._fetch_in_turn(due, now, commit):
            self._trigger_apply()  # which tells people

    @api.model
    def _wake_helpers(self, number):
        """Let so many other workers take from the connections that are due."""
        for helper in range(1, min(number, HELPERS) + 1):
            cron = self.env.ref(HELPER % helper, raise_if_not_found=False)
            if cron and cron.sudo().active:
                cron.sudo()._trigger()

    def _fetch_in_turn(self, due, now, commit):
        """Fetch and apply for each of these connections that no other worker is at.

        :param commit: the scheduler's; told of each connection
        :return: the connections that were fetched here
        """
        done = self.browse()
        for connection in due:
            with connection._claimed() as mine:
                if mine and connection.state == "active" and connection._is_due(now):
                    if not connection._fetch(lambda: commit(0)):
                        break
                    connection._apply_all(lambda: commit(0))
                    done |= connection
                commit(1)
        return done

    @contextmanager
    def _claimed(self):
        """Give whether this worker has the connection for itself meanwhile, as it now is."""
        self.ensure_one()
        key = SQL("%s, %s", LOCKS, self.id)
        [[mine]] = self.env.execute_query(SQL("SELECT pg_try_advisory_lock(%s)", key))
        self.invalidate_recordset()
        try:
            yield mine
        finally:
            if mine:
                try:
                    self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s)", key))
                except psycopg2.Error:
                    # An undone transaction cannot give it back, the end of the session does.
                    self.env.cr._cnx.close()

    @api.model
    def _claimed_elsewhere(self):
        """The connections that other workers are at."""
        rows = self.env.execute_query(
            SQL(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s "
                "AND pid != pg_backend_pid() AND granted AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())",
                LOCKS,
            )
        )
        return self.browse(key for (key,) in rows)
