"""A made-up employer in Odoo: its people, users, leave types and its connection to the sandbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from .odoo_server import OdooServer

CLIENT_ID = "odoo-at-digdir"
HR_GROUPS = ("nav_altinn_connector.group_nav_hr", "hr.group_hr_manager")


def monday() -> date:
    """The Monday of this week: the calendar of this month shows it."""
    today = date.today()
    return today - timedelta(days=today.weekday())


@dataclass
class Employer:
    """Ids of what was made.

    :param employees: by name
    """

    odoo: OdooServer
    sandbox: object
    company: int = 1
    employees: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    leave_type: int = 0
    connection: int = 0
    client: int = 0

    def name_company(self):
        """Give the company a name and its people the Norwegian time zone."""
        self.odoo.call("res.company", "write", [self.company], {"name": "Fjordheim Omsorg AS"})
        admin = self.odoo.ref("base.user_admin")
        self.odoo.call("res.users", "write", [admin], {"tz": "Europe/Oslo"})

    def add_people(self, people: list[dict], **values) -> None:
        """Make employees of the sandbox's people, a department for each sub-unit."""
        for person in people:
            department = self._department(person["unit_name"])
            self.employees[person["name"]] = self.odoo.create(
                "hr.employee",
                name=person["name"],
                company_id=self.company,
                department_id=department,
                identification_id=person["fnr"],
                tz="Europe/Oslo",
                **values,
            )

    def _department(self, unit_name: str) -> int:
        name = unit_name.rsplit(" avd ", 1)[-1]
        if name not in self.departments:
            self.departments[name] = self.odoo.create("hr.department", name=name)
        return self.departments[name]

    def add_user(self, name: str, login: str, *groups: str, employee: str | None = None) -> int:
        """Make a user, whose password is the login, and link an employee to it."""
        ids = [self.odoo.ref(group) for group in ("base.group_user", *groups)]
        user = self.odoo.create(
            "res.users",
            name=name,
            login=login,
            password=login,
            tz="Europe/Oslo",
            email=f"{login}@example.com",
            group_ids=[(6, 0, ids)],
        )
        if employee:
            self.change_employee(employee, user_id=user)
        return user

    def change_employee(self, name: str, **values) -> None:
        """Write on one employee."""
        self.odoo.call("hr.employee", "write", [self.employees[name]], values)

    def add_leave_type(self, name: str, **values) -> int:
        """Make a time off type without allocation."""
        return self.odoo.create(
            "hr.leave.type",
            name=name,
            company_id=self.company,
            requires_allocation=False,
            **{"leave_validation_type": "hr", **values},
        )

    def add_leave(self, employee: str, leave_type: int, first: date, last: date) -> int:
        """Register approved time off by hand."""
        leave = self.odoo.create(
            "hr.leave",
            employee_id=self.employees[employee],
            holiday_status_id=leave_type,
            request_date_from=first.isoformat(),
            request_date_to=last.isoformat(),
        )
        self.odoo.call("hr.leave", "action_approve", [leave])
        return leave

    def hire(self, employee: str, first: date) -> None:
        """Give an employee a contract, which work entries need."""
        day = first.isoformat()
        self.change_employee(employee, date_version=day, contract_date_start=day)

    def set_work_entries(self, employee: str, first: date, last: date, state: str) -> None:
        """Let payroll close days (``validated``), or open them again (``draft``).

        :param employee: one with a contract on these days
        """
        days = (first.isoformat(), last.isoformat())
        key = self.employees[employee]
        self.odoo.call("hr.employee", "generate_work_entries", [key], *days)
        domain = [("employee_id", "=", key), ("date", ">=", days[0]), ("date", "<=", days[1])]
        entries = [entry["id"] for entry in self.odoo.read("hr.work.entry", domain, "id")]
        self.odoo.call("hr.work.entry", "write", entries, {"state": state})

    def make_client(self) -> None:
        """Make a client with its key, known at Digdir, whose system is registered in Altinn."""
        self.client = self.odoo.create(
            "nav.maskinporten.client",
            name="Odoo at Digdir",
            environment="custom",
            client_id=CLIENT_ID,
            owner_org_number=self.sandbox.main_unit,
            maskinporten_url=self.sandbox.maskinporten_url,
            sykepenger_url=self.sandbox.sykepenger_url,
            enhetsregisteret_url=self.sandbox.enhetsregisteret_url,
            altinn_url=self.sandbox.altinn_url,
            followup_plan_url=self.sandbox.followup_plan_url,
        )
        self.odoo.call("nav.maskinporten.client", "action_generate_key", [self.client])
        domain = [("id", "=", self.client)]
        jwk = self.odoo.read("nav.maskinporten.client", domain, "public_jwk")[0]["public_jwk"]
        self.sandbox.register_client(CLIENT_ID, self.sandbox.main_unit, json.loads(jwk))
        for action in ("action_test_token", "action_register_system"):
            self.odoo.call("nav.maskinporten.client", action, [self.client])

    def make_leave_type(self) -> None:
        """Make a type of sick leave that allows grades."""
        self.leave_type = self.add_leave_type(
            "Sick Leave",
            is_sick_leave=True,
            allow_graded=True,
            leave_validation_type="manager",
            color=1,
        )

    def draft(self, org_number: str, name: str, **values) -> int:
        """Make a connection that is filled in as by the guide, up to the approval."""
        connection = self.odoo.create(
            "nav.connection",
            name=name,
            company_id=self.company,
            maskinporten_client_id=self.client,
            org_number=org_number,
            leave_type_id=self.leave_type,
            fetch_from=(date.today() - timedelta(days=400)).isoformat(),
            guide_step="approval",
            **values,
        )
        self.odoo.call("nav.connection", "action_look_up_units", [connection])
        self.odoo.call("nav.connection", "write", [connection], {"authority_confirmed": True})
        return connection

    def connect(self) -> None:
        """Make client, leave type and connection, and have it approved in Altinn."""
        self.make_client()
        self.make_leave_type()
        self.connection = self.draft(
            self.sandbox.main_unit,
            "Sick notes of Fjordheim Omsorg",
            fetch_hour_from=6,
            fetch_hour_to=18,
        )
        self.odoo.call("nav.connection", "action_connect", [self.connection])
        self.sandbox.approve(self.sandbox.requests_at_altinn()[-1].id)
        self.odoo.call("nav.connection", "action_ask_altinn", [self.connection])

    def fetch(self) -> None:
        """Fetch and apply now."""
        self.odoo.call("nav.connection", "action_fetch_now", [self.connection])

    def follow_up(self) -> None:
        """Fetch, and let the cron of the follow-up see what came."""
        self.fetch()
        self.odoo.run_cron("followup")

    def link_in_mail(self, address: str) -> str:
        """The link in the newest mail that waits for being sent to this address."""
        mails = self.odoo.read("mail.mail", [("email_to", "=", address)], "body_html")
        newest = max(mails, key=lambda mail: mail["id"])
        return re.search(r'href="([^"]+/nav_altinn_connector/plan#[^"]+)"', newest["body_html"])[1]
