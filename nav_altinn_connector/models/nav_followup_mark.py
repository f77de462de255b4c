from odoo import api, fields, models
from odoo.tools import SQL


class NavFollowupMark(models.Model):
    """Whose sick leave has changed since their cases were computed last.

    Written in the transaction that changes the sick leave, and worked off by the cron in another
    one, so that nothing that goes wrong with a case ever stops time off. Rows are only added, never
    shared, so that marking waits for nobody.
    """

    _name = "nav.followup.mark"
    _description = "Sick Leave to Follow Up"
    _rec_name = "employee_id"
    _log_access = False

    employee_id = fields.Many2one("hr.employee", required=True, index=True, ondelete="cascade")
    retry_on = fields.Date(help="Its cases could not be computed; tried again on this day.")

    @api.model
    def _mark(self, employee_ids):
        """The employees' cases are to be computed anew, soon."""
        if not employee_ids:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO nav_followup_mark (employee_id) SELECT unnest(%s)",
                sorted(set(employee_ids)),
            )
        )
        self._trigger_followup()

    @api.model
    def _mark_connections(self, connections):
        """All employees with notes of the connections, or with manual leave in their companies."""
        notes = self.env["nav.sick.note"].sudo()
        groups = notes._read_group(
            [("connection_id", "in", connections.ids), ("employee_id", "!=", False)],
            ["employee_id"],
        )
        employees = self.env["hr.employee"].union(*(employee for (employee,) in groups))
        manual = (
            self.env["hr.leave"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", connections.company_id.ids),
                    ("nav_sourced", "=", False),
                    ("state", "=", "validate"),
                    ("holiday_status_id.is_sick_leave", "=", True),
                ],
                ["employee_id"],
            )
        )
        employees = employees.union(*(employee for (employee,) in manual))
        self._mark(employees.ids)

    @api.model
    def _trigger_followup(self):
        cron = self.env.ref("nav_altinn_connector.ir_cron_followup", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _waiting_employee_ids(self, today):
        """Ids of the employees who are marked, those marked first coming first."""
        rows = self.env.execute_query(
            SQL(
                "SELECT employee_id FROM nav_followup_mark "
                "WHERE retry_on IS NULL OR retry_on <= %s GROUP BY employee_id ORDER BY min(id)",
                today,
            )
        )
        return [employee_id for (employee_id,) in rows]

    @api.model
    def _take(self, employee_ids):
        """Take the marks away, in the transaction that computes the cases.

        :raises psycopg2.errors.SerializationFailure: when another worker is at the same employee
        """
        self.env.cr.execute(
            SQL("DELETE FROM nav_followup_mark WHERE employee_id = ANY(%s)", list(employee_ids))
        )

    @api.model
    def _try_later(self, employee_id, day):
        self.env.cr.execute(
            SQL(
                "UPDATE nav_followup_mark SET retry_on = %s WHERE employee_id = %s",
                day,
                employee_id,
            )
        )
