from odoo import fields, models
from odoo.tools import SQL


class NavAbsenceLock(models.Model):
    """One row per employee whose sick leave is being decided.

    What an employee's notes lead to is decided from all of them together, so two workers must not
    decide for one employee at once. A row lock alone is not enough: under PostgreSQL's repeatable
    read a worker that waited would still see the calendar as it was before. Counting up the row
    makes PostgreSQL refuse the second worker's transaction instead, which is then begun anew.
    """

    _name = "nav.absence.lock"
    _description = "Lock on an Employee's Sick Leave"
    _rec_name = "employee_id"

    employee_id = fields.Many2one("hr.employee", required=True, ondelete="cascade")
    decisions = fields.Integer(default=0)

    _unique_employee = models.Constraint("UNIQUE(employee_id)", "One lock for each employee.")

    def _take(self, employees):
        """Hold the employees' calendars until the end of the transaction.

        :raises psycopg2.errors.SerializationFailure: when another worker has decided for one of
            them since this transaction began; to be retried in a new transaction
        """
        if not employees:
            return
        # In order, so that two workers with overlapping sets wait instead of deadlocking.
        rows = SQL(", ").join(SQL("(%s, 1)", employee_id) for employee_id in sorted(employees.ids))
        self.env.cr.execute(
            SQL(
                "INSERT INTO nav_absence_lock (employee_id, decisions) VALUES %s "
                "ON CONFLICT (employee_id) "
                "DO UPDATE SET decisions = nav_absence_lock.decisions + 1",
                rows,
            )
        )
