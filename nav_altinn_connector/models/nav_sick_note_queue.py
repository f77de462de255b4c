# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import json

from odoo import api, models
from odoo.tools import SQL

from .nav_sick_note_apply import COUNTING_STATES

BY_EMPLOYEE = "company_id, identity_number, loepenr, id"


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
                ("state", "=", "failed"),
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

    @api.model
    def _pending(self, connections=None):
        """Notes to apply, those of one employee together, so that they are decided once."""
        domain = [] if connections is None else [("connection_id", "in", connections.ids)]
        received = self.search([*domain, ("state", "=", "received")], order=BY_EMPLOYEE)
        waiting = self.search_fetch(
            [*domain, ("state", "=", "waiting")],
            ["connection_id", "employee_id", "identity_number", "state", "waiting_reason"],
        )._worth_a_try()
        if not waiting:
            return received
        return self.search([("id", "in", (received | waiting).ids)], order=BY_EMPLOYEE)
