"""What happens once, when the addon is installed or removed."""


def post_init_hook(env):
    """Mark Odoo's own type for sick leave as sick leave, so that manual leave of it yields (R3).

    A hook and not a data record: the type may have been deleted, and an update must not undo what
    an administrator has chosen since.
    """
    sick_type = env.ref("hr_holidays.leave_type_sick_time_off", raise_if_not_found=False)
    if sick_type:
        sick_type.is_sick_leave = True


def uninstall_hook(env):
    """Leave the time off that stands as ordinary approved time off of Odoo.

    The calendar of a graded leave lies in many pieces, one for each working day. Odoo alone knows
    one piece a leave, and would compute with the last it finds, so each set becomes one.
    """
    Calendar = env["resource.calendar.leaves"].sudo()
    pieces = Calendar.search([("nav_part_of_day", "=", True)])
    leaves = pieces.holiday_id
    pieces.unlink()
    for leave in leaves.filtered(lambda leave: leave.state == "validate"):
        Calendar.create(leave._nav_whole_resource_leave_vals())
