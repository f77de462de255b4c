"""What tests compare of Odoo's records: values that do not depend on the records' ids."""


def leave_row(leave):
    """Whose, of which type and source, days, degree, state, length."""
    return (
        (leave.employee_id.identification_id or "").replace(" ", ""),
        leave.holiday_status_id.name,
        leave.nav_period_id.note_id.nav_id or "",
        leave.request_date_from,
        leave.request_date_to,
        leave.absence_degree,
        leave.state,
        round(leave.number_of_days, 4),
    )
