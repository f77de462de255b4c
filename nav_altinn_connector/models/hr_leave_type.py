from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HrLeaveType(models.Model):
    """Time off types that are sick leave, and whether they know degrees."""

    _inherit = "hr.leave.type"

    is_sick_leave = fields.Boolean(
        "Sick Leave",
        help="Time off of this type, registered by hand, is replaced by a sick note from NAV "
        "on the days that the note covers.",
    )
    allow_graded = fields.Boolean(
        "Allow Graded Absence",
        help="Time off of this type can be for a part of the working time, such as 60 %.",
    )
    graded_counting = fields.Selection(
        [
            ("full", "Count as full days"),
            ("partial", "Count as partial days"),
        ],
        "Counting of Graded Absence",
        default="partial",
        required=True,
        help="A week at 50 % counts as 5 days (full) or as 2.5 days (partial). With partial days "
        "the calendar holds the employee absent for that share of each working day. A change "
        "applies to time off that is registered or changed from then on.",
    )

    @api.constrains("allow_graded", "requires_allocation", "is_sick_leave", "active")
    def _check_nav_connections(self):
        """A connection that is active must be able to go on making time off of its type."""
        connections = (
            self.env["nav.connection"]
            .sudo()
            .search([("leave_type_id", "in", self.ids), ("state", "=", "active")])
        )
        for connection in connections:
            problem = connection._leave_type_problem()
            if problem:
                raise ValidationError(
                    self.env._(
                        "The connection %(connection)s to NAV uses this type. %(problem)s",
                        connection=connection.name,
                        problem=problem,
                    )
                )
