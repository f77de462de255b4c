# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import json

from odoo import api, fields, models
from odoo.tools import SQL, groupby

from .nav_sick_note import NORWAY
from .nav_sick_note_apply import COUNTING_STATES


class NavSickNote(models.Model):
    """What there is to do."""

    _inherit = "nav.sick.note"

    @api.model
    def _known_nav_ids(self, company, nav_ids):
        if not nav_ids:
            return set()
        notes = self.search_fetch(
            [("company_id", "=", company.id), ("nav_id", "in", nav_ids)], ["nav_id"]
        )
        return set(notes.mapped("nav_id"))

    @api.model
    def _renew_failed(self, company, payloads):
        """A note that could not be used and now looks different has been corrected by NAV.

        :param payloads: {NAV's id: payload}
        """
        failed = self.search(
            [
                ("company_id", "=", company.id),
                # One that HR has ignored is another one now.
                ("state", "in", ("failed", "ignored")),
                ("failure_reason", "!=", False),
                ("nav_id", "in", [nav_id for nav_id in payloads if nav_id]),
            ]
        )
        for note in failed:
            if note.payload != json.dumps(payloads[note.nav_id], ensure_ascii=True):
                note._read_payload(payloads[note.nav_id])

    @api.model
    def _employees_with_late_manual_leave(self):
        """Employees with manual sick leave on days of leave from NAV."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT manual.employee_id
                  FROM hr_leave manual
                  JOIN hr_leave_type type
                    ON type.id = manual.holiday_status_id AND type.is_sick_leave
                  JOIN hr_leave nav
                    ON nav.employee_id = manual.employee_id
                   AND nav.nav_sourced
                   AND nav.state IN %(counting)s
                   AND nav.request_date_from <= manual.request_date_to
                   AND nav.request_date_to >= manual.request_date_from
                 WHERE manual.nav_sourced IS NOT TRUE
                   AND manual.state IN %(counting)s
                 ORDER BY manual.employee_id
                """,
                counting=COUNTING_STATES,
            )
        )
        return self.env["hr.employee"].browse(employee_id for (employee_id,) in rows)

    # ------------------------------------------------------------------ in which order

    @api.model
    def _pending_batches(self, size, connections=None):
        """Notes to apply, in the order in which employees need it.

        All notes of one employee are in one batch, so that they are decided once. The order says
        nothing about the outcome (R5): it is for those who look at the calendar meanwhile.

        :param size: how many notes a batch has at most; more only when one employee has more
        :param connections: only notes of these; when None, of all that no other worker is at
        :return: lists of ids
        """
        batches = []
        for _person, ids in self._in_order_of_need(self._pending(connections)):
            if batches and len(batches[-1]) + len(ids) <= size:
                batches[-1] += ids
            else:
                batches.append(ids)
        return batches

    @api.model
    def _pending(self, connections=None):
        """Received notes, and waiting ones that something has changed for."""
        held = self.env["nav.first.fetch"].sudo()._held_connections()
        if connections is None:
            held |= self.env["nav.connection"]._claimed_elsewhere()
        domain = [("connection_id", "not in", held.ids)]
        if connections is not None:
            domain.append(("connection_id", "in", connections.ids))
        received = self.search([*domain, ("state", "=", "received")])
        waiting = self.search_fetch(
            [*domain, ("state", "=", "waiting")],
            ["connection_id", "employee_id", "identity_number", "state", "waiting_reason"],
        )._worth_a_try()
        return received | waiting

    @api.model
    def _in_order_of_need(self, notes):
        """[(person, ids of the person's notes)]: first those who are on leave today, then those
        whose leave is nearest, first upcoming and then ended leave."""
        if not notes:
            return []
        notes.flush_recordset(["company_id", "identity_number", "loepenr"])
        self.env["nav.sick.note.period"].flush_model(["note_id", "date_from", "date_to"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH pending AS (
                    SELECT note.id, note.loepenr, note.company_id, note.identity_number,
                           bool_or(period.date_from <= %(today)s AND period.date_to >= %(today)s)
                               AS is_current,
                           min(period.date_from) FILTER (WHERE period.date_from > %(today)s)
                               AS next_day,
                           max(period.date_to) AS last_day
                      FROM nav_sick_note note
                      LEFT JOIN nav_sick_note_period period ON period.note_id = note.id
                     WHERE note.id = ANY(%(ids)s)
                     GROUP BY note.id
                )
                SELECT id, company_id, identity_number
                  FROM pending
                WINDOW person AS (PARTITION BY company_id, identity_number)
                 ORDER BY bool_or(is_current) OVER person DESC NULLS LAST,
                          min(next_day) OVER person NULLS LAST,
                          max(last_day) OVER person DESC NULLS LAST,
                          company_id, identity_number, loepenr, id
                """,
                ids=notes.ids,
                today=fields.Date.context_today(self.with_context(tz=NORWAY.key)),
            )
        )
        return [
            (person, [row[0] for row in group])
            for person, group in groupby(rows, key=lambda row: row[1:])
        ]

    def _not_held(self):
        """Those of the notes that are still there, and whose connection was not stopped since."""
        held = self.env["nav.first.fetch"].sudo()._held_connections()
        return self.exists().filtered(lambda note: note.connection_id not in held)
