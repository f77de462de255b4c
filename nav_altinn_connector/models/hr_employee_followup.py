# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import fields, models

_OF_EMPLOYEE = frozenset(
    {"parent_id", "leave_manager_id", "department_id", "user_id", "active", "company_id"}
)


class HrEmployee(models.Model):
    """An employee's cases; and who is responsible follows a change of managers at once."""

    _inherit = "hr.employee"

    nav_case_count = fields.Integer(
        compute="_compute_nav_case_count", groups="hr.group_hr_user,base.group_user"
    )

    def _compute_nav_case_count(self):
        """Of the cases that the user may see, so nobody else learns whether there are any."""
        counts = dict(
            self.env["nav.sick.case"]._read_group(
                [("employee_id", "in", self.ids), ("close_reason", "!=", "merged")],
                ["employee_id"],
                ["__count"],
            )
        )
        for employee in self:
            employee.nav_case_count = counts.get(employee._origin, 0)

    def write(self, vals):
        if not vals.keys() & _OF_EMPLOYEE:
            return super().write(vals)
        result = super().write(vals)
        if {"active", "company_id"} & vals.keys():
            self._nav_came_or_left()
        self._nav_managers_changed()
        return result

    def _nav_came_or_left(self):
        """Who has left needs no follow-up here; who comes back does."""
        cases = self.env["nav.sick.case"].sudo()._as_engine()
        cases.search([("employee_id", "in", self.ids)])._follow_deadlines()
        self.env["nav.followup.mark"].sudo()._mark(self.ids)

    def _nav_managers_changed(self):
        """The employees, and those whose manager or department's manager they are."""
        employees = self.sudo().with_context(active_test=False)
        domain = [
            "|",
            "|",
            ("id", "in", employees.ids),
            ("parent_id", "in", employees.ids),
            ("department_id.manager_id", "in", employees.ids),
        ]
        self.env["nav.sick.case"].sudo()._people_changed(employees.search(domain))

    def action_open_nav_cases(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.sick.case",
            "view_mode": "list,form",
            "domain": [("employee_id", "=", self.id)],
            "name": self.env._("Follow-up"),
        }


class HrDepartment(models.Model):
    """Another manager of a department is another responsible person for its employees."""

    _inherit = "hr.department"

    def write(self, vals):
        result = super().write(vals)
        if "manager_id" in vals:
            members = (
                self.env["hr.employee"]
                .sudo()
                .with_context(active_test=False)
                .search([("department_id", "in", self.ids)])
            )
            self.env["nav.sick.case"].sudo()._people_changed(members)
        return result


class ResUsers(models.Model):
    """Who is archived or leaves a company is responsible for nobody there any more."""

    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if {"active", "company_ids"} & vals.keys():
            self._nav_cases()._moved_on()
        return result

    def unlink(self):
        cases = self._nav_cases()
        result = super().unlink()
        cases._moved_on()
        return result

    def _nav_cases(self):
        """The cases that these users are responsible for."""
        cases = self.env["nav.sick.case"].sudo()._as_engine()
        return cases.search([("responsible_id", "in", self.ids)])
