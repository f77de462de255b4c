from . import (
    hr_leave_generate_multi_wizard,
    nav_approval_link,
    nav_database_copy,
    nav_sick_note_withdraw,
)
