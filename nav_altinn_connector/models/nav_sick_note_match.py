# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..domain import identity


class NavSickNote(models.Model):
    """Which employee a sick note belongs to."""

    _inherit = "nav.sick.note"

    def _match(self):
        """Find the employee of each note, or the reason why it has to wait.

        A note that has its employee keeps it: the number on an employee may be changed later.

        :return: (notes with their employee, {waiting reason: notes})
        """
        waiting, employees = defaultdict(list), defaultdict(list)
        for note, employee, reason in self._find_employees():
            (waiting[reason] if reason else employees[employee]).append(note.id)
        for employee, ids in employees.items():
            new = self.browse(ids).filtered(lambda note: not note.employee_id)
            new.with_context(tracking_disable=True).write({"employee_id": employee.id})
        matched = self.browse(note_id for ids in employees.values() for note_id in ids)
        return matched, {reason: self.browse(ids) for reason, ids in waiting.items()}

    def _worth_a_try(self):
        """Waiting notes whose reason is gone or another one now. Nothing is written, and the number
        of queries does not depend on the number of notes."""
        return self.browse(
            note.id
            for note, _employee, reason in self._as_engine()._find_employees()
            if reason != note.waiting_reason
        )

    def _find_employees(self):
        """(note, employee, reason why it has to wait) for each note."""
        for connection, notes in self.grouped("connection_id").items():
            candidates = connection._employees_by_number(
                set(notes.filtered(lambda note: not note.employee_id).mapped("identity_number"))
            )
            audience = connection._audience_ids(
                notes.employee_id | notes.env["hr.employee"].union(*candidates.values())
            )
            included = connection._included_org_numbers()
            for note in notes:
                yield note, *note._match_one(candidates, audience, included)

    def _match_one(self, candidates, audience, included):
        """(employee, None), or (None, reason)."""
        if self.state in ("applied", "superseded"):
            # It has its time off: what changes around the employee does not take it away.
            return self.employee_id, None
        if self.org_number != self.unit_id.org_number and self.org_number not in included:
            return None, "unit_not_included"
        if self.employee_id:
            employee = self.employee_id
        else:
            if not identity.is_valid(
                self.identity_number,
                allow_synthetic=self.connection_id.maskinporten_client_id._allows_synthetic(),
            ):
                return None, "invalid_identity"
            found = candidates.get(self.identity_number) or self.env["hr.employee"]
            # Somebody who came back has an archived employee beside the active one.
            found = found.filtered("active") or found
            if not found:
                return None, "no_employee"
            if len(found) > 1:
                return None, "several_employees"
            employee = found
        if not employee.active:
            return None, "archived_employee"
        if employee.id not in audience:
            return None, "outside_audience"
        return employee, None

    @api.model
    def _apply_waiting_for(self, numbers):
        """Apply notes that wait for one of these identity numbers, now that an employee changed.

        :param numbers: normalised identity numbers
        """
        numbers = [number for number in numbers if number]
        if not numbers:
            return
        waiting = self.search([("state", "=", "waiting"), ("identity_number", "in", numbers)])
        waiting._not_held()._apply()


class NavConnection(models.Model):
    """Who is included in a connection, and by which number they are found."""

    _inherit = "nav.connection"

    def _included_org_numbers(self):
        """Whose notes are meant to become time off: the ticked sub-units of the company's
        connections, and the main unit, which nobody can tick."""
        self.ensure_one()
        units = self.env["nav.connection.unit"].sudo()
        ticked = units.search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("selected", "=", True),
                "|",
                ("fetching", "=", True),
                ("connection_id", "=", self.id),
            ],
            ["org_number"],
        )
        numbers = set(ticked.mapped("org_number"))
        if self.org_number not in self.sudo().unit_ids.mapped("org_number"):
            numbers.add(self.org_number)
        return numbers

    def _employees_by_number(self, numbers):
        """Employees of the connection's company, archived ones too, by identity number.

        The numbers are compared by their digits, since people write them with spaces and dashes.

        :param numbers: normalised identity numbers
        :return: {number: employees}
        """
        self.ensure_one()
        Employee = self.env["hr.employee"].sudo().with_context(active_test=False)
        found = defaultdict(Employee.browse)
        if not numbers:
            return found
        query = Employee._search([("company_id", "=", self.company_id.id)])
        field_sql = Employee._field_to_sql(Employee._table, self.identity_field, query)
        digits = SQL("regexp_replace(%s, '[^0-9]', '', 'g')", field_sql)
        query.add_where(SQL("%s IN %s", digits, tuple(numbers)))
        rows = self.env.execute_query(
            query.select(SQL.identifier(Employee._table, "id"), field_sql)
        )
        # All in one query; what is found by one number is read alone otherwise.
        Employee.browse(employee_id for employee_id, _value in rows).mapped("active")
        for employee_id, value in rows:
            found[identity.normalize(value)] |= Employee.browse(employee_id)
        return found

    def _audience_ids(self, employees):
        """Ids of those among the employees whom the connection includes."""
        self.ensure_one()
        if self.audience == "employees":
            included = employees & self.employee_ids
        elif self.audience == "departments":
            departments = (
                self.env["hr.department"]
                .sudo()
                .with_context(active_test=False)
                .search([("id", "child_of", self.department_ids.ids)])
            )
            included = employees.filtered(lambda employee: employee.department_id in departments)
        else:
            included = employees
        return set(included.ids)
