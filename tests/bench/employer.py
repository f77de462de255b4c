"""The employer in Odoo: company, schedule, leave type, and a connection that fetches."""

from __future__ import annotations

import json
from datetime import date, timedelta

CLIENT_ID = "bench-client"
HOURS = ((8, 12, "morning"), (12, 13, "lunch"), (13, 17, "afternoon"))


def arrange(env, addresses: dict[str, str]) -> dict:
    """Make company, schedule, leave type, Maskinporten client and connection.

    The leave type makes a calendar meeting for each leave, as Odoo's own do, needs one approval,
    and counts graded leave partially.

    :param addresses: see :meth:`tests.bench.local_nav.LocalNav.addresses`
    :return: ids by name, and the client's public key as ``jwk``
    """
    env.user.tz = "Europe/Oslo"
    schedule = env["resource.calendar"].create(_schedule_vals())
    company = env["res.company"].create(
        {"name": "Fjordheim Omsorg AS", "resource_calendar_id": schedule.id}
    )
    env.ref("base.user_admin").write({"company_ids": [(4, company.id)], "company_id": company.id})
    env.user.company_ids |= company
    leave_type = env["hr.leave.type"].create(
        {
            "name": "Sick leave",
            "company_id": company.id,
            "requires_allocation": False,
            "leave_validation_type": "hr",
            "is_sick_leave": True,
            "allow_graded": True,
            "graded_counting": "partial",
        }
    )
    client = env["nav.maskinporten.client"].create(
        {"name": "Bench", "environment": "custom", "client_id": CLIENT_ID, **addresses}
    )
    client.action_generate_key()
    connection = env["nav.connection"].create(
        {
            "name": "Fjordheim",
            "company_id": company.id,
            "maskinporten_client_id": client.id,
            "org_number": addresses["owner_org_number"],
            "leave_type_id": leave_type.id,
            "fetch_from": date.today() - timedelta(days=500),
            "fetch_hour_from": 0,
            "fetch_hour_to": 24,
        }
    )
    return {
        "company": company.id,
        "schedule": schedule.id,
        "leave_type": leave_type.id,
        "connection": connection.id,
        "jwk": json.loads(client.public_jwk),
    }


def _schedule_vals() -> dict:
    return {
        "name": "40 hours",
        "tz": "Europe/Oslo",
        "company_id": False,
        "hours_per_day": 8,
        "attendance_ids": [(5, 0, 0)]
        + [
            (
                0,
                0,
                {
                    "name": period,
                    "dayofweek": str(day),
                    "hour_from": start,
                    "hour_to": stop,
                    "day_period": period,
                },
            )
            for day in range(5)
            for start, stop, period in HOURS
        ],
    }
