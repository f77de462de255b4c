"""An employer in Odoo, connected to the sandbox, in a database where commits are real."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from sandbox.server import SandboxServer

from .database import ScratchDatabase
from .rows import leave_row

TODAY = date(2026, 6, 15)
CLIENT_ID = "c0000000-0000-4000-8000-000000000001"
POPULATION = {"employees": 10, "notes": 26, "units": 3, "seed": 11, "today": TODAY}
ADDON = "nav_altinn_connector"


def new_sandbox() -> SandboxServer:
    """Return the sandbox that the employer is connected to, not started yet."""
    return SandboxServer(**POPULATION)


class World:
    """Everything a test of the fetch needs.

    A test changes Odoo through :meth:`env`, NAV through :attr:`sandbox`, lets crons run by
    :meth:`run_cron`, and looks at the outcome by :meth:`leaves`, :meth:`notes` and
    :meth:`calendar`, whose values do not depend on record ids.
    """

    def __init__(self, database: ScratchDatabase, sandbox: SandboxServer):
        self.database = database
        self.sandbox = sandbox
        self.ids = {}

    @property
    def registry(self):
        return self.database.registry

    # ------------------------------------------------------------------ set-up

    def arrange(self):
        """Make the employer, its employees and a connection in draft, and keep the database."""
        with self.env() as env:
            env.user.tz = "Europe/Oslo"
            self._make_company(env)
            self._make_leave_types(env)
            self._make_employees(env)
            self._make_client(env)
            self.ids["connection"] = self.make_connection(env).id
            self._make_manual_leave(env)
        self.database.keep()
        self.register()

    def reset(self):
        """Set Odoo and the sandbox back to how :meth:`arrange` left them."""
        from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

        TOKENS.clear()
        self.sandbox.reset()
        self.database.restore()
        self.register()

    def register(self):
        """Let the sandbox know the client's key, and approve the system user in Altinn."""
        self.sandbox.allow(CLIENT_ID, self.jwk, self.sandbox.main_unit)

    def _make_company(self, env):
        calendar = env["resource.calendar"].create(
            {
                "name": "40 hours",
                "tz": "Europe/Oslo",
                "company_id": False,
                "hours_per_day": 8,
                "attendance_ids": [(5, 0, 0)]
                + [
                    (0, 0, _attendance(day, *hours))
                    for day in range(5)
                    for hours in ((8, 12, "morning"), (12, 13, "lunch"), (13, 17, "afternoon"))
                ],
            }
        )
        company = env["res.company"].create(
            {"name": "Fjordheim Omsorg AS", "resource_calendar_id": calendar.id}
        )
        for user in env.user | env.ref("base.user_admin"):
            user.company_ids |= company
        self.ids.update(company=company.id, schedule=calendar.id)

    def _make_leave_types(self, env):
        for name, vals in {
            "sick": {"allow_graded": True, "is_sick_leave": True},
            "manual": {"is_sick_leave": True},
            "vacation": {},
            "ungraded": {},
            "allocated": {"allow_graded": True, "requires_allocation": True},
        }.items():
            leave_type = env["hr.leave.type"].create(
                {
                    "name": name.capitalize(),
                    "company_id": self.ids["company"],
                    "requires_allocation": False,
                    "leave_validation_type": "manager",
                    **vals,
                }
            )
            self.ids[name] = leave_type.id

    def _make_employees(self, env):
        for person in self.sandbox.employees:
            # People write the number with a space in it.
            number = f"{person['fnr'][:6]} {person['fnr'][6:]}"
            self.make_employee(env, person["name"], number)

    def make_employee(self, env, name, number, company_id=None, **vals):
        """Make an employee with an identity number, by default of the employer."""
        return env["hr.employee"].create(
            {
                "name": name,
                "company_id": company_id or self.ids["company"],
                "resource_calendar_id": self.ids["schedule"],
                "tz": "Europe/Oslo",
                "identification_id": number,
                **vals,
            }
        )

    def _make_client(self, env):
        client = env["nav.maskinporten.client"].create(
            {
                "name": "Sandbox",
                "environment": "custom",
                "client_id": CLIENT_ID,
                "owner_org_number": self.sandbox.main_unit,
                "maskinporten_url": self.sandbox.maskinporten_url,
                "sykepenger_url": self.sandbox.sykepenger_url,
                "enhetsregisteret_url": self.sandbox.enhetsregisteret_url,
                "altinn_url": self.sandbox.altinn_url,
            }
        )
        client.action_generate_key()
        self.ids["client"] = client.id
        self.jwk = public_jwk(client)

    def make_connection(self, env, **vals):
        """Make a connection of the employer, in draft."""
        return env["nav.connection"].create(
            {
                "name": "Fjordheim",
                "company_id": self.ids["company"],
                "maskinporten_client_id": self.ids["client"],
                "org_number": self.sandbox.main_unit,
                "leave_type_id": self.ids["sick"],
                "fetch_from": date(2020, 1, 1),
                "fetch_hour_from": 0,
                "fetch_hour_to": 24,
                "fetch_interval": 60,
                **vals,
            }
        )

    def _make_manual_leave(self, env):
        """Sick leave that a note replaces in part or in whole, and vacation beside one."""
        full = [note for note in self.sandbox.notes() if _is_full(note)]
        people = {}
        for note in full:
            people.setdefault(note["sykmeldt"]["fnr"], note)
        kinds = ("manual", "vacation", "manual", "vacation")
        for kind, (number, note) in zip(kinds, people.items(), strict=False):
            start = date.fromisoformat(note["sykmeldingPerioder"][0]["fom"])
            leave = env["hr.leave"].create(
                {
                    "employee_id": self.employee(env, number).id,
                    "holiday_status_id": self.ids[kind],
                    "request_date_from": start - timedelta(days=4),
                    "request_date_to": start + timedelta(days=3),
                }
            )
            if leave.state != "validate":
                leave.action_approve()

    # ------------------------------------------------------------------ access to Odoo

    @contextmanager
    def env(self, user_id=None):
        """Give an environment on a cursor of its own; committed when the block ends well."""
        from odoo import SUPERUSER_ID, api

        with self.registry.cursor() as cr:
            context = {"tz": "Europe/Oslo"}
            if "company" in self.ids:
                context["allowed_company_ids"] = [self.ids["company"]]
            yield api.Environment(cr, user_id or SUPERUSER_ID, context)

    def connection(self, env):
        """The employer's connection."""
        return env["nav.connection"].browse(self.ids["connection"])

    def client(self, env):
        """The Maskinporten client."""
        return env["nav.maskinporten.client"].browse(self.ids["client"])

    def employee(self, env, number):
        """The employee with this identity number."""
        written = f"{number[:6]} {number[6:]}"
        return env["hr.employee"].search([("identification_id", "in", [number, written])])

    def read(self, name):
        """A field of the employer's connection, as it now stands in the database."""
        with self.env() as env:
            return self.connection(env)[name]

    # ------------------------------------------------------------------ what is done

    def activate(self):
        """Activate the employer's connection."""
        with self.env() as env:
            self.connection(env).action_activate()

    def run_cron(self, name="fetch_sick_notes"):
        """Run a cron of the addon as Odoo's scheduler does, with its commits.

        It must not fail: a failure is what an administrator would find as a red cron. It has as
        much time as it needs, so that the outcome does not depend on the speed of the machine.
        """
        from odoo.addons.base.models import ir_cron

        with self.env() as env, patch.object(ir_cron, "MIN_TIME_PER_JOB", 3600):
            cron = env.ref(f"{ADDON}.ir_cron_{name}")
            assert cron.method_direct_trigger() is True, f"the cron {name} failed"
            cron.invalidate_recordset()
            assert not cron.failure_count

    def make_due(self):
        """Let the time pass until all connections fetch again, pauses after failures included."""
        with self.env() as env:
            env["nav.connection"].search([]).write({"last_fetch_at": False, "retry_at": False})

    def fetch(self):
        """Let the cron fetch now."""
        self.make_due()
        self.run_cron()

    # ------------------------------------------------------------------ what came of it

    def leaves(self):
        """All time off, sorted: whose, of which type and source, days, degree, state, length."""
        with self.env() as env:
            return sorted(
                (
                    *leave_row(leave),
                    round(leave.number_of_hours, 4),
                    leave.nav_replaced_by_id.nav_id or "",
                )
                for leave in env["hr.leave"].search([("employee_id.company_id", "!=", 1)])
            )

    def notes(self):
        """All notes, sorted: NAV's id, state, why it waits."""
        with self.env() as env:
            return sorted(
                (note.nav_id, note.state, note.waiting_reason or "")
                for note in env["nav.sick.note"].search([])
            )

    def calendar(self):
        """All absence in the working calendar, sorted: whose, from, to."""
        with self.env() as env:
            return sorted(
                (absence.resource_id.name, absence.date_from, absence.date_to)
                for absence in env["resource.calendar.leaves"].search([("holiday_id", "!=", False)])
            )

    def outcome(self):
        """Everything that must be the same however the fetch went."""
        return {"leaves": self.leaves(), "notes": self.notes(), "calendar": self.calendar()}


def public_jwk(client):
    """The public key of a Maskinporten client, as it would be registered at Digdir."""
    import json

    return json.loads(client.public_jwk)


def _attendance(day, start, stop, period):
    return {
        "name": period,
        "dayofweek": str(day),
        "hour_from": start,
        "hour_to": stop,
        "day_period": period,
    }


def _is_full(note):
    return all(part["aktivitet"]["aktivitetIkkeMulig"] for part in note["sykmeldingPerioder"])
