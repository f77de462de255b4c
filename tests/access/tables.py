"""What can be reached from outside: each field of the addon, and each method that RPC can call.

What is added to the addon must be added here, by somebody who has thought of who may have it.
"""

ADMINS = {"nav_admin", "nav_both"}
HR = {"nav_hr", "nav_both"}
BOTH = ADMINS | HR
PRIVACY = HR | {"nav_privacy"}
# Whoever follows up the sick leave: the manager of the employee, and HR.
FOLLOW_UP = HR | {"manager"}

# Each method, and who may do something by it or learn something from it. What the table gives to
# nobody answers without having done or told anything.
METHODS = {
    "nav.approval.link": {"action_send": ADMINS},
    "nav.connection": {
        **dict.fromkeys(
            (
                "action_activate",
                "action_allow_graded",
                "action_ask_altinn",
                "action_close",
                "action_connect",
                "action_continue_guide",
                "action_dismiss_offered",
                "action_draft",
                "action_fetch_now",
                "action_guide_back",
                "action_guide_look_up",
                "action_guide_next",
                "action_look_up_units",
                "action_pause",
                "action_reauthorise",
                "action_request_rights",
                "action_resume",
                "action_resume_first_fetch",
                "action_run_checks",
                "action_send_link",
                "action_stop_first_fetch",
                "action_use_other_number",
                "action_verify_followup",
                "action_withdraw_request",
            ),
            ADMINS,
        ),
        **dict.fromkeys(
            (
                "action_open",
                "action_open_altinn",
                "action_open_client",
                "action_open_connection",
                "action_open_log",
                "action_open_notes",
                "action_open_problems",
                "action_open_waiting",
                "watch_approval",
            ),
            BOTH,
        ),
    },
    "nav.database.copy": dict.fromkeys(("action_copy", "action_in_use"), ADMINS | {"system"}),
    "nav.employee.data": {"action_erase": HR, "action_json": PRIVACY, "action_pdf": PRIVACY},
    "nav.employee.erase": {"action_erase": HR},
    "nav.followup.entry": {"action_open": FOLLOW_UP},
    "nav.followup.milestone": dict.fromkeys(
        ("action_ask_again", "action_done", "action_settle"), FOLLOW_UP
    ),
    "nav.followup.plan": {
        "action_answer": {"employee"},
        **dict.fromkeys(("action_open", "action_print"), FOLLOW_UP | {"employee"}),
        **dict.fromkeys(
            (
                "action_ask_employee",
                "action_ask_status",
                "action_mark_sent",
                "action_new_version",
                "action_open_send",
                "action_ready",
                "action_revoke_link",
                "action_send",
            ),
            FOLLOW_UP,
        ),
    },
    "nav.followup.plan.answer": dict.fromkeys(("action_confirm", "action_save"), {"employee"}),
    "nav.followup.plan.send": {"action_send": FOLLOW_UP},
    "nav.followup.settle": {"action_settle": FOLLOW_UP},
    "nav.health.token": dict.fromkeys(("action_new", "action_revoke"), {"system"}),
    "nav.maskinporten.client": dict.fromkeys(
        (
            "action_compare_system",
            "action_discard_new_key",
            "action_generate_key",
            "action_open_connections",
            "action_register_system",
            "action_remove_old_keys",
            "action_test_new_key",
            "action_test_token",
            "action_update_system",
        ),
        ADMINS,
    ),
    "nav.problem": dict.fromkeys(("action_open_affected", "action_try_again"), BOTH),
    "nav.reconcile": dict.fromkeys(
        ("action_compare", "action_mend_all", "action_open_lines", "action_refresh"), HR
    ),
    "nav.reconcile.line": dict.fromkeys(("action_leave", "action_mend", "action_settle"), HR),
    "nav.retention.preview": {"action_remove": HR},
    "nav.sick.case": {
        **dict.fromkeys(
            (
                "action_close",
                "action_new_entry",
                "action_new_plan",
                "action_open_draft_plan",
                "action_reopen",
            ),
            FOLLOW_UP,
        ),
        "action_open_notes": HR,
    },
    "nav.sick.case.close": {"action_close": FOLLOW_UP},
    "nav.sick.note": dict.fromkeys(
        (
            "action_apply",
            "action_both_right",
            "action_mend",
            "action_open_entry",
            "action_open_ignore",
            "action_open_leaves",
            "action_open_withdraw",
            "action_open_work_entries",
            "action_payroll_settled",
            "action_show_document",
            "action_unignore",
            "action_withdraw",
        ),
        HR,
    ),
    "nav.sick.note.correction": dict.fromkeys(("action_both_right", "action_withdraw_older"), HR),
    "nav.sick.note.entry": {"action_enter": HR},
    "nav.sick.note.ignore": {"action_ignore": HR},
    "nav.sick.note.match": {"action_match": HR},
    "nav.sick.note.mend": dict.fromkeys(("action_ask", "action_include", "action_unarchive"), HR),
    "nav.sick.note.withdraw": {"action_withdraw": HR},
    "nav.vacation.conflict": dict.fromkeys(("action_open_give_back", "action_open_keep"), HR),
    "nav.vacation.give.back": {"action_give_back": HR},
    "nav.vacation.keep": {"action_keep": HR},
    "hr.employee": {
        "action_nav_data": PRIVACY,
        "action_open_nav_cases": FOLLOW_UP,
        "action_open_nav_notes": HR,
    },
}
# Odoo's own, which the addon narrows; the matrix and the guessing tests call them.
OF_ODOO = {
    "action_refuse",
    "action_generate_time_off",
    "copy",
    "create",
    "default_get",
    "export_data",
    "message_notify",
    "message_post",
    "message_subscribe",
    "onchange",
    "run",
    "unlink",
    "write",
}
# What a method needs besides its records.
ARGUMENTS = {}

# Models whose every field is about the health of somebody: their readers are the matrix's, and the
# responsible and the employee for what is theirs.
ABOUT_HEALTH = {
    "nav.absence.lock",
    "nav.employee.data",
    "nav.employee.erase",
    "nav.followup.entry",
    "nav.followup.mark",
    "nav.followup.milestone",
    "nav.followup.plan",
    "nav.followup.plan.answer",
    "nav.followup.plan.send",
    "nav.followup.settle",
    "nav.notice",
    "nav.reconcile",
    "nav.reconcile.line",
    "nav.retention.log",
    "nav.retention.preview",
    "nav.sick.case",
    "nav.sick.case.close",
    "nav.sick.note",
    "nav.sick.note.correction",
    "nav.sick.note.entry",
    "nav.sick.note.entry.line",
    "nav.sick.note.ignore",
    "nav.sick.note.match",
    "nav.sick.note.match.line",
    "nav.sick.note.mend",
    "nav.sick.note.period",
    "nav.sick.note.withdraw",
    "nav.vacation.conflict",
    "nav.vacation.give.back",
    "nav.vacation.give.back.day",
    "nav.vacation.keep",
}
# Fields that only NAV: HR reads, in models that others read as well.
OF_HR = {
    "nav.sick.case": {"note_ids", "stretches"},
    "hr.leave": {
        "nav_given_back_id",
        "nav_note_id",
        "nav_overridden",
        "nav_period_id",
        "nav_replaced_by_id",
        "nav_state_before",
    },
    "hr.employee": {"nav_note_count", "nav_note_ids"},
    "resource.calendar.leaves": {"nav_part_of_day", "nav_sourced"},
}
# Fields that nobody reads.
OF_NOBODY = {
    "nav.maskinporten.key": {"private_key_encrypted"},
    "nav.health.token": {"token_hash"},
    "nav.followup.plan": {"link_hash", "nav_uuid"},
}
# All other fields, of models that also people without anything to do with health read: none of
# them may hold anything about a person's health, nor a secret.
PLAIN = {
    "nav.connection": """
        active approval_request_id approval_status approval_url approval_words approved_at
        audience authority_confirmed authority_on authority_user_id calls_chart calls_today
        change_request_id change_url check_ids closed_on company_id delay_median delay_notes
        delay_p95 delay_words department_ids employee_ids environment failed_count failing_part
        failing_unit_count failing_unit_ids failures failures_today fetch_from fetch_hour_from
        fetch_hour_to fetch_interval first_fetch_done first_fetch_ids first_fetch_progress
        first_fetch_state first_fetch_total first_fetch_words followup_enabled
        followup_manual_leave followup_user_id graded_counting_choice granted_count
        granted_resources guide_step has_offered health health_checked_at health_message
        identity_field keep_access_months keep_cases_years keep_exchanges_days keep_notes_months
        keep_problems_days key_age key_expires_on last_error last_fetch_at last_success_at
        leave_type_allows_graded leave_type_graded_counting leave_type_id leave_type_problem
        log_reading maskinporten_client_id mend missing_resources name next_check_at
        next_fetch_at note_count open_problem_ids org_advice org_deleted_on org_form org_kind
        org_lower_unit_count org_name org_number org_other_number org_parent_name
        org_parent_number org_sub_unit_count problem_count request_ids retry_at state
        system_user_external_ref system_user_org_number unit_count unit_ids waiting_by_reason
        waiting_count
    """,
    "nav.connection.unit": """
        closed_on company_id connection_id cursor fetching last_error last_success_at name
        offered org_number permission reconciled_at reread_from selected
    """,
    "nav.connection.check": """
        checked_at company_id connection_id kind message name part sequence state tick unit_id
    """,
    "nav.first.fetch": """
        begun_at connection_id ended_at state
    """,
    "nav.exchange": """
        attempt client_id company_id connection_id duration_ms error_code failed http_status
        operation outcome reason records reference retry_of_id started_at system unit_id
    """,
    "nav.problem": """
        advice can_open can_try cause client_id closed_how closed_on company_id connection_id count
        first_seen last_seen res_id res_model state subject topic what_to_do words
    """,
    "nav.system.user.request": """
        altinn_id asked_at company_id confirm_url connection_id decided_at kind next_ask_at
        opened_at requested_by_id resources sent_to status
    """,
    "nav.maskinporten.client": """
        active altinn_url authentication certificate_issuer certificate_org_number
        certificate_subject certificate_valid_until client_id client_todo company_id
        connection_count connection_ids current_key_id enhetsregisteret_url environment
        extra_resources followup_plan_url import_file import_password import_pem key_age
        key_created_on key_expires_on key_ids key_problem key_registered_on key_todo key_warning
        key_worked_on maskinporten_url name new_certificate_subject new_key_id new_key_result
        new_public_jwk new_public_pem old_key_count owner_org_number ownership public_jwk
        public_pem redirect_address redirect_words register_answer register_checked_on
        register_comparison register_problem register_state registered_client_ids
        registered_deleted registered_description registered_name registered_packages
        registered_redirect_urls registered_resources request_by scope_overview scopes
        scopes_missing sykepenger_url system_description system_id system_name system_todo
        test_result test_succeeded tested_on
    """,
    "nav.maskinporten.key": """
        certificate_chain certificate_issuer certificate_org_number certificate_subject
        certificate_valid_until client_id current encryption expires_on kid public_jwk
        public_pem registered_on replaced_on state warned worked_on
    """,
    "nav.approval.link": """
        connection_id email_to note
    """,
    "nav.database.copy": """
        client_names connection_count database is_copy
    """,
    "nav.followup.milestone.template": """
        active certain company_id help_text is_point_in_time key lead_days name number
        off_company_ids off_leave_type_ids repeat_days sequence settled_by stale_days unit
        when_graded
    """,
    "nav.health.token": """
        name revoked_on
    """,
    "nav.access.log": """
        company_id employee_id hour how record_id user_id user_name what
    """,
    "hr.leave": """
        absence_degree allow_graded nav_can_change nav_entered nav_label nav_overlap_ids
        nav_overlap_message nav_sourced
    """,
    "hr.employee": """
        nav_case_count
    """,
    "hr.leave.type": """
        allow_graded graded_counting is_sick_leave
    """,
    "res.users": """
        nav_messages
    """,
    "hr.leave.report.calendar": """
        duration duration_display
    """,
    "nav.connection.alert": """
        activity_ids connection_id key subject topic
    """,
}
