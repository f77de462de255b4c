from . import (
    hr_leave_generate_multi_wizard,
    nav_approval_link,
    nav_database_copy,
    nav_followup_plan_answer,
    nav_followup_plan_send,
    nav_followup_settle,
    nav_retention_preview,
    nav_sick_case_close,
    nav_sick_note_withdraw,
)
