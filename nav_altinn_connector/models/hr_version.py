from odoo import api, models

# What decides which working schedule an employee has on a day.
_SCHEDULE_FIELDS = frozenset(
    {
        "resource_calendar_id",
        "date_version",
        "contract_date_start",
        "contract_date_end",
        "employee_id",
        "active",
    }
)


class HrVersion(models.Model):
    """A quick way from an identity number to the employee, and sick leave from NAV that follows
    the working schedule.

    When a schedule changes, Odoo refuses the leave across it and requests it anew, which for leave
    from NAV would look like a decision of a person. The connector cuts it by its own rules instead.
    """

    _inherit = "hr.version"

    _nav_identification_digits_idx = models.Index(
        "(regexp_replace(identification_id, '[^0-9]', '', 'g')) WHERE identification_id IS NOT NULL"
    )

    def _get_leaves(self, extra_domain=None):
        return super()._get_leaves(extra_domain).filtered(lambda leave: not leave.nav_sourced)

    def _get_leaves_from_vals(self, vals):
        return super()._get_leaves_from_vals(vals).filtered(lambda leave: not leave.nav_sourced)

    @api.model_create_multi
    def create(self, vals_list):
        versions = super().create(vals_list)
        self._nav_follow_schedule(versions.employee_id)
        return versions

    def write(self, vals):
        if not vals.keys() & _SCHEDULE_FIELDS:
            return super().write(vals)
        employees = self.employee_id
        result = super().write(vals)
        self._nav_follow_schedule(employees | self.employee_id)
        return result

    def unlink(self):
        employees = self.employee_id
        result = super().unlink()
        self._nav_follow_schedule(employees.exists())
        return result

    @api.model
    def _nav_follow_schedule(self, employees):
        """Cut and count the employees' leave from NAV by the schedules that they have now."""
        groups = (
            self.env["hr.leave"]
            .sudo()
            ._read_group(
                [
                    ("employee_id", "in", employees.ids),
                    ("nav_sourced", "=", True),
                    ("state", "=", "validate"),
                ],
                ["employee_id"],
            )
        )
        if groups:
            concerned = employees.browse(employee.id for (employee,) in groups)
            self.env["nav.sick.note"].sudo()._decide_each(concerned.sudo())
