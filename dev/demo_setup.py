"""What ``make demo`` puts into its database, by ``odoo shell``, each time it starts."""

from __future__ import annotations

import json
import urllib.request
from datetime import date, timedelta
from functools import partial

from dev import demo_followup, demo_visitor

# One employee without a number and one in the archive, so that there is something to settle.
WITHOUT_NUMBER = 3
ARCHIVED = 7


def setup(env, sandbox_url: str, odoo_url: str) -> None:
    """Connect the demo database to the sandbox; works on a fresh and on a used database.

    :param env: an Odoo environment of the superuser; the caller commits
    :param sandbox_url: where the sandbox listens, such as ``http://127.0.0.1:8169``
    :param odoo_url: where Odoo will listen; people come back there from Altinn
    """
    parameters = env["ir.config_parameter"]
    parameters.set_param("web.base.url", odoo_url)
    parameters.set_param("web.base.url.freeze", "True")
    call = partial(_call, sandbox_url)
    population = call("/admin/population")
    admin = env(user=env.ref("base.user_admin").id)
    client = _client(admin, sandbox_url, population["main_unit"])
    _register(client, call)
    if not env["nav.connection"].search([("maskinporten_client_id", "=", client.id)]):
        connection = _connection(admin, client, population["main_unit"])
        employees = _employees(env, connection, population)
        _other_absence(env, connection, employees)
        demo_visitor.setup(env, call, connection.company_id)
        _approve(connection, call)
        demo_followup.setup(admin, call, connection, employees)


def _call(sandbox_url: str, path: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(sandbox_url + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _client(env, sandbox_url: str, main_unit: str):
    """The Maskinporten client, whose addresses follow the sandbox's port."""
    Client = env["nav.maskinporten.client"]
    addresses = {
        "maskinporten_url": f"{sandbox_url}/maskinporten",
        "altinn_url": f"{sandbox_url}/altinn",
        "sykepenger_url": f"{sandbox_url}/sykepenger",
        "enhetsregisteret_url": f"{sandbox_url}/enhetsregisteret/api",
        "followup_plan_url": f"{sandbox_url}/followup-plan",
    }
    client = Client.search([("client_id", "=", "demo-client")])
    if client:
        changed = {name: value for name, value in addresses.items() if client[name] != value}
        client.write(changed)
    else:
        values = {
            "name": "Odoo at the local NAV",
            "environment": "custom",
            "client_id": "demo-client",
            "owner_org_number": main_unit,
        }
        client = Client.create({**values, **addresses})
    if not client.current_key_id:
        client.action_generate_key()
    return client


def _register(client, call) -> None:
    """What people do at Digdir and in Altinn: register the key, and the system."""
    body = {"owner_orgnr": client.owner_org_number, "keys": [json.loads(client.public_jwk)]}
    call(f"/admin/clients/{client.client_id}/keys", body)
    if not client.key_worked_on:
        client.action_test_token()
    if client.register_state != "same":
        client.action_register_system()
    if client.register_state == "differs":
        # Odoo is at another port than before.
        client.action_update_system()


def _approve(connection, call) -> None:
    """Ask for the approval in Altinn, and answer in place of an access manager."""
    connection.action_connect()
    (waiting,) = call(f"/admin/altinn/requests?orgnr={connection.org_number}")
    call(f"/admin/altinn/requests/{waiting['id']}/approve", {})
    connection.action_ask_altinn()


def _connection(env, client, main_unit: str):
    connection = env["nav.connection"].create(
        {
            "name": "Sick notes of Fjordheim Omsorg",
            "company_id": env.ref("base.main_company").id,
            "maskinporten_client_id": client.id,
            "org_number": main_unit,
            "leave_type_id": env.ref("nav_altinn_connector.leave_type_sick_graded").id,
            "fetch_from": date.today() - timedelta(days=365),
            "fetch_hour_from": 0,
            "fetch_hour_to": 24,
            "guide_step": "approval",
        }
    )
    connection.action_look_up_units()
    connection.authority_confirmed = True
    return connection


def _employees(env, connection, population):
    """The sandbox's people as employees, in one department for each sub-unit."""
    admin = env.ref("base.user_admin")
    names = {unit["orgnr"]: unit["name"] for unit in population["organisations"]}
    departments, values = {}, []
    for number, person in enumerate(population["employees"]):
        unit = person["orgnr"]
        if unit not in departments:
            departments[unit] = env["hr.department"].create(
                {"name": names[unit], "company_id": connection.company_id.id}
            )
        values.append(
            {
                "name": person["name"],
                "company_id": connection.company_id.id,
                "department_id": departments[unit].id,
                "leave_manager_id": admin.id,
                "identification_id": False if number == WITHOUT_NUMBER else person["fnr"],
                "active": number != ARCHIVED,
                "tz": "Europe/Oslo",
            }
        )
    return env["hr.employee"].create(values)


def _other_absence(env, connection, employees) -> None:
    """Vacation and sick leave by hand around today, for notes to meet."""
    monday = date.today() - timedelta(days=date.today().weekday())
    vacation = env["hr.leave.type"].create(
        {
            "name": "Vacation",
            "requires_allocation": False,
            "leave_validation_type": "hr",
            "company_id": connection.company_id.id,
            "color": 4,
        }
    )
    for number, employee in enumerate(employees.filtered("active")):
        by_hand = number % 3 == 0
        leave = env["hr.leave"].create(
            {
                "employee_id": employee.id,
                "holiday_status_id": (connection.leave_type_id if by_hand else vacation).id,
                "request_date_from": monday - timedelta(days=7 if number % 2 else 14),
                "request_date_to": monday - timedelta(days=1 if number % 2 else 10),
            }
        )
        if number % 4:
            leave.action_approve()
