# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from datetime import timedelta

import psycopg2

from odoo import api, models

from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# How many employees or cases are followed up in one transaction.
FOLLOW_BATCH = 100


class NavSickCase(models.Model):
    """The cron: what has changed, then what the new day brings.

    Batches in transactions of their own. What fails in a batch is tried one by one, and who cannot
    be followed up waits for the next day and stops nobody else.
    """

    _inherit = "nav.sick.case"

    @api.model
    def _cron_followup(self):
        commit = self.env["ir.cron"]._commit_progress
        today = self._today()
        waiting = self.env["nav.followup.mark"].sudo()._waiting_employee_ids(today)
        due = self._due_ids(today)
        commit(0, remaining=len(waiting) + len(due))
        done = self._in_batches(waiting, self._follow_marked, self._put_off_marked, commit)
        done = done and self._in_batches(due, self._check_deadlines, self._put_off_check, commit)
        if not done:
            self.env["nav.followup.mark"]._trigger_followup()
            return
        if due:
            self._clean_menu()
            commit(0)
        self.env["nav.followup.plan"]._cron_plan_status()

    @api.model
    def _due_ids(self, today):
        """Open cases whose deadlines have not been looked at today."""
        domain = [
            ("state", "=", "open"),
            "|",
            ("checked_on", "=", False),
            ("checked_on", "!=", today),
        ]
        return self.sudo().search(domain, order="id").ids

    def _in_batches(self, ids, work, put_off, step):
        """Do some work for all ids.

        :param work: does it for a list of ids, or raises with nothing done
        :param put_off: called with one id for which it cannot be done today
        :param step: commits; called with how many are done, returns the seconds left
        :return: False when there is no time left
        """
        for start in range(0, len(ids), FOLLOW_BATCH):
            batch = ids[start : start + FOLLOW_BATCH]
            self._batch_or_each(batch, work, put_off)
            time_left = step(len(batch))
            # What a batch has read is not needed again: memory must not grow.
            self.env.invalidate_all()
            if not time_left:
                return start + FOLLOW_BATCH >= len(ids)
        return True

    def _batch_or_each(self, batch, work, put_off):
        try:
            with self.env.cr.savepoint(), quiet_sql():
                work(batch)
        except psycopg2.OperationalError as error:
            _logger.info("Follow-up gave way to another worker: %s", type(error).__name__)
            self.env["nav.followup.mark"]._trigger_followup()
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    self._batch_or_each([one], work, put_off)
                return
            # Its text may hold values of notes, so only its kind is logged.
            _logger.error("Follow-up of %s failed: %s", batch[0], type(error).__name__)
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    put_off(batch[0])
            except psycopg2.OperationalError:
                _logger.info("Another worker is at the same follow-up.")

    # ------------------------------------------------------------------ the two kinds of work

    def _follow_marked(self, employee_ids):
        self.env["nav.followup.mark"].sudo()._take(employee_ids)
        employees = self.env["hr.employee"].with_context(active_test=False).browse(employee_ids)
        self._follow(employees.exists())

    def _put_off_marked(self, employee_id):
        tomorrow = self._today() + timedelta(days=1)
        self.env["nav.followup.mark"].sudo()._try_later(employee_id, tomorrow)

    def _check_deadlines(self, case_ids):
        self.sudo().browse(case_ids).exists()._follow_deadlines()

    def _put_off_check(self, case_id):
        self.sudo().browse(case_id).write({"checked_on": self._today()})

    @api.model
    def _look_again(self):
        """The rules of deadlines have changed: look at all open cases anew."""
        cases = self.sudo().search([("state", "=", "open"), ("checked_on", "!=", False)])
        if cases:
            cases.write({"checked_on": False})
            self.env["nav.followup.mark"]._trigger_followup()
