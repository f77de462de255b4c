"""Where the database may tell something to whom it is not for, and the looking for secrets there.

Every text of every table of the addon is looked at, and those of Odoo's tables by which something
is told. A column that may hold a secret is named here, with what it may hold; so a new one is
looked at without anybody thinking of it.
"""

import re
from collections import defaultdict

from .secrets import DEGREE, around, secrets

ODOO = {
    "bus_bus": {"channel", "message"},
    "ir_config_parameter": {"key", "value"},
    "ir_cron": {"cron_name"},
    "ir_logging": {"name", "message", "path", "func"},
    "mail_activity": {"summary", "note"},
    "mail_mail": {"body_html", "headers", "email_to", "email_cc", "failure_reason"},
    "mail_message": {"subject", "body"},
    "mail_message_schedule": {"notification_parameters"},
    "mail_notification": {"failure_reason"},
    "mail_push": {"payload"},
    "mail_tracking_value": {
        *("old_value_char", "old_value_text", "new_value_char", "new_value_text"),
    },
}
# Where secrets are at home: what NAV has sent, what follows for an employee's days, and what
# people have written into follow-up plans.
HOME = {
    "nav_sick_note": {
        *("degrees", "doctor_name", "doctor_phone", "identity_number", "measures"),
        *("message_to_employer", "payload", "person_name", "prognosis", "self_certified_days"),
    },
    "nav_sick_note_period": {"advice"},
    "nav_sick_case": {"stretches"},
    "nav_vacation_conflict": {"days", "days_given_back"},
    "nav_reconcile_line": {"person_name"},
    "nav_maskinporten_key": {"private_key_encrypted"},
    "nav_followup_plan": {
        *("typical_workday", "tasks_that_can_still_be_done", "tasks_that_can_not_be_done"),
        *("previous_facilitation", "planned_facilitation", "other_facilitation_options"),
        *("follow_up", "needs_help_from_nav_description", "message_to_general_practitioner"),
        *("additional_information", "employee_has_not_contributed_to_plan_description"),
        *("contact_person_full_name", "contact_person_phone_number", "contact_person_email"),
        *("employee_comment", "sent_employee_name"),
    },
}
# What else may hold one of them: a message is read by those who may know who is absent, and a link
# goes by e-mail.
ALLOWED = {
    "mail_mail.body_html": {"name", "link to a plan"},
    "mail_message.body": {"name", "link to a plan", "degree"},
    # Why Odoo or payroll has refused the time off, in their own words.
    "nav_sick_note.failure_reason": {"name", "degree"},
    # Odoo follows the changes of an employee's name and number for HR.
    "mail_tracking_value.old_value_char": {"name", "identity number", "text of a plan"},
    "mail_tracking_value.new_value_char": {"name", "identity number", "text of a plan"},
}
_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type IN ('character varying', 'text', 'json', 'jsonb')
       AND (table_name LIKE 'nav\\_%%' OR table_name IN %s)
     ORDER BY table_name, column_name
"""
_columns = {}  # by the name of the database


def assert_channels_silent(world, tokens, links=()):
    """Nothing secret is where it is not at home: not in mail, bus, crons, activities, the log of
    calls, problems, nor in what anything remembers of its errors."""
    found = secrets(world, tokens, links)
    with world.env() as env:
        # Who is a user, is named wherever users are.
        found["name"] -= set(env["res.users"].search([]).mapped("name"))
        said = _texts(env)
    leaks = []
    for place, text in said.items():
        allowed = ALLOWED.get(place, ())
        for what, values in found.items():
            leaked = what not in allowed and next((one for one in values if one in text), None)
            if leaked:
                leaks.append(f"{place} holds a {what}: {around(text, leaked)}")
        shown = re.sub(r"<[^>]*>", " ", text)  # widths are no degrees
        degree = "degree" not in allowed and DEGREE.search(shown)
        if degree:
            leaks.append(f"{place} holds a degree: {around(shown, degree.group())}")
    assert not leaks, "\n".join(leaks)


def _texts(env):
    """{table and column: everything that stands there}"""
    name = env.cr.dbname
    if name not in _columns:
        _columns[name] = _looked_at(env)
    # A part for each table, since it is the number of parts that takes time.
    env.cr.execute(
        " UNION ALL ".join(
            f"SELECT '{table}', json_agg(json_build_array({', '.join(columns)})) FROM {table}"
            for table, columns in _columns[name].items()
        )
    )
    return {
        f"{table}.{column.split('::')[0]}": "\n".join(filter(None, texts))
        for table, rows in env.cr.fetchall()
        if rows
        for column, texts in zip(_columns[name][table], zip(*rows, strict=True), strict=True)
    }


def _looked_at(env):
    """{table: [column::text]}"""
    env.cr.execute(_COLUMNS, [tuple(ODOO)])
    found = defaultdict(list)
    for table, column in env.cr.fetchall():
        if column in ODOO.get(table, {column}) - HOME.get(table, set()):
            found[table].append(f"{column}::text")
    return found
