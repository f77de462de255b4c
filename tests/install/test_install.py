"""Install, update and uninstall, each by Odoo's own command in a process of its own: without a
warning in the log, and with the approved time off left in place."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.database import copy_database, drop_database, name_for

ROOT = Path(__file__).resolve().parents[2]
ADDON = "nav_altinn_connector"
LIMIT = 400
# What Odoo itself says on some machines, with or without the addon.
NOT_OURS = re.compile(
    r"security risk"
    r"|docutils|^<string>:\d+: \((ERROR/3|WARNING/2)\)"
    r"|wkhtmltopdf|Wkhtmltopdf"
    r"|odoo\.tools\.config"
    r"|missing or invalid .*(pdf|font)"
)
COMPLAINT = re.compile(r" (WARNING|ERROR|CRITICAL) |Traceback|Warning:")

pytestmark = pytest.mark.slow


def odoo(*arguments, script=None):
    """Run Odoo's command line; gives its log.

    :param script: Python for ``odoo shell``, whose print the log also holds
    """
    done = subprocess.run(
        [sys.executable, "-m", "odoo", *arguments, "--log-level=info"],
        input=script or "",
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def assert_quiet(log, allowed=None):
    complaints = [
        line
        for line in log.splitlines()
        if COMPLAINT.search(line)
        and not NOT_OURS.search(line)
        and not (allowed and allowed.search(line))
    ]
    assert not complaints, "\n".join(complaints[:10])


def server(database, *options):
    arguments = ["-d", database, *options, "--stop-after-init", "--no-http"]
    return odoo("server", *arguments, "--max-cron-threads=0")


def shell(database, script):
    log = odoo("shell", "-d", database, "--no-http", script=script)
    assert "DONE" in log, log[-3000:]
    return log


def query(database, statement):
    import psycopg2

    with psycopg2.connect(dbname=database) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.fixture
def database():
    name = name_for("install")
    drop_database(name)
    yield name
    drop_database(name)


def base_database():
    """Odoo's own modules without the addon, when whoever runs the tests has such a database."""
    name = os.environ.get("NAV_BASE_DATABASE")
    if not name:
        pytest.skip("NAV_BASE_DATABASE names no database without the addon; make test does")
    return name


# A graded leave from NAV and manual sick leave that it has replaced, as a fetch would make them.
APPLY_A_NOTE = """
from datetime import date
from odoo.addons.nav_altinn_connector.tests.common import MAIN_UNIT, NavCase, identity_numbers
company = env.company
employee = env["hr.employee"].create({
    "name": "Kari Prøve", "company_id": company.id, "identification_id": next(identity_numbers()),
})
sick = env["hr.leave.type"].create({
    "name": "Graded", "company_id": company.id, "requires_allocation": False,
    "is_sick_leave": True, "allow_graded": True, "leave_validation_type": "hr",
})
client = env["nav.maskinporten.client"].create(
    {"name": "Client", "environment": "test", "owner_org_number": MAIN_UNIT})
client.action_generate_key()
connection = env["nav.connection"].create({
    "name": "Connection", "maskinporten_client_id": client.id, "org_number": MAIN_UNIT,
    "leave_type_id": sick.id, "fetch_from": date(2020, 1, 1),
    "unit_ids": [(0, 0, {"org_number": MAIN_UNIT})],
})
connection.state = "active"
manual = env["hr.leave"].create({
    "employee_id": employee.id, "holiday_status_id": sick.id,
    "request_date_from": "2026-06-01", "request_date_to": "2026-06-10",
})
manual.action_approve()
NavCase.employee = employee
NavCase.loepenr = 100
note = NavCase.payload((date(2026, 6, 5), date(2026, 6, 15), 60), employee=employee)
connection._store_page(connection.unit_ids, [note])
env["nav.sick.note"].search([])._apply()
assert env["nav.sick.note"].search([]).state == "applied"
env.cr.commit()
print("DO" + "NE")
"""
UNINSTALL = f"""
env["ir.module.module"].search([("name", "=", "{ADDON}")]).button_immediate_uninstall()
print("DO" + "NE")
"""
LEAVES = """
    SELECT request_date_from::text, request_date_to::text, state
      FROM hr_leave
     WHERE employee_id = (SELECT id FROM hr_employee WHERE name = 'Kari Prøve')
     ORDER BY request_date_from, state
"""
EXPECTED_LEAVES = [
    ("2026-06-01", "2026-06-04", "validate"),
    ("2026-06-05", "2026-06-10", "cancel"),
    ("2026-06-05", "2026-06-15", "validate"),
]


def assert_gone(database):
    """Nothing of the addon is left but the time off, as ordinary time off of Odoo."""
    [(state,)] = query(database, f"SELECT state FROM ir_module_module WHERE name = '{ADDON}'")
    assert state == "uninstalled"
    assert not query(database, "SELECT 1 FROM ir_model WHERE model LIKE 'nav.%'")
    assert not query(database, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'nav\\_%'")
    assert not query(database, f"SELECT 1 FROM ir_model_data WHERE module = '{ADDON}'")
    assert not query(database, "SELECT 1 FROM ir_model_fields WHERE name LIKE 'nav\\_%'")
    assert not query(
        database,
        "SELECT 1 FROM ir_cron c JOIN ir_act_server a ON "
        "a.id = c.ir_actions_server_id WHERE a.code LIKE '%sick_notes%'",
    )
    assert query(database, LEAVES) == EXPECTED_LEAVES
    # Each approved leave holds its absence in the calendar once, as Odoo alone makes it.
    absences = """
        SELECT l.request_date_from::text, count(*) FROM resource_calendar_leaves r
          JOIN hr_leave l ON l.id = r.holiday_id
          JOIN hr_employee e ON e.id = l.employee_id AND e.name = 'Kari Prøve'
         GROUP BY 1 ORDER BY 1
    """
    assert query(database, absences) == [("2026-06-01", 1), ("2026-06-05", 1)]


def live(database):
    """Use it, update it, use it on, remove it."""
    shell(database, APPLY_A_NOTE)
    assert query(database, LEAVES) == EXPECTED_LEAVES
    assert_quiet(server(database, "-u", ADDON))
    assert query(database, LEAVES) == EXPECTED_LEAVES
    assert_quiet(shell(database, UNINSTALL))
    assert_gone(database)


def test_beside_work_entries_without_demo_data(database):
    copy_database(base_database(), database)
    assert_quiet(server(database, "-i", ADDON))
    assert not query(database, "SELECT 1 FROM nav_connection")
    live(database)
    # It can be installed again, and finds the time off of before as any other.
    assert_quiet(server(database, "-i", ADDON))
    assert query(database, LEAVES) == EXPECTED_LEAVES


def test_alone_with_demo_data(database):
    assert_quiet(server(database, "-i", ADDON, "--with-demo"))
    installed = query(database, "SELECT name FROM ir_module_module WHERE state = 'installed'")
    assert (ADDON,) in installed
    assert ("hr_work_entry_holidays",) not in installed
    live(database)
