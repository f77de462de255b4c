"""An employer whose employee is on sick leave, with a follow-up plan that is ready to be sent."""

from datetime import timedelta

import pytest

from tests.support.plan import CONTENT
from tests.support.world import CLIENT_ID, TODAY

FOLLOWUP_SCOPE = "nav:oppfolgingsplan/lps.write"


class PlanWorld:
    """What a test of sending needs, over :class:`tests.support.world.World`."""

    def __init__(self, world, employee, manager, case):
        self.world = world
        self.sandbox = world.sandbox
        self.employee_id, self.manager_id, self.case_id = employee, manager, case
        self.plan_id = self.new_plan()

    def env(self, user_id=None):
        return self.world.env(user_id)

    def new_plan(self, **vals):
        with self.env() as env:
            return env["nav.followup.plan"].create({**CONTENT, "case_id": self.case_id, **vals}).id

    def plan(self, env):
        return env["nav.followup.plan"].browse(self.plan_id)

    def send(self, again=None):
        """The manager presses the button, in a transaction of its own as in a request.

        :param again: the reference of the attempt that is knowingly sent once more
        """
        with self.env(self.manager_id) as env:
            return self.plan(env).action_send(again=again)

    def write(self, **vals):
        with self.env() as env:
            self.plan(env).write(vals)

    def read(self, *names):
        with self.env() as env:
            plan = self.plan(env)
            values = tuple(plan[name] for name in names)
        return values if len(names) > 1 else values[0]

    def arrived(self):
        """How many plans have arrived at NAV."""
        return len(self.sandbox.plans())

    def cron(self):
        """What time does to plans, as the cron does it."""
        with self.env() as env:
            env["nav.followup.plan"]._cron_plan_status()

    def minutes_pass(self):
        with self.env() as env:
            plans = env["nav.followup.plan"].search([("sending_at", "!=", False)])
            for plan in plans:
                plan.sending_at -= timedelta(minutes=6)
            plans.filtered("next_ask_at").write({"next_ask_at": "2020-01-01"})


@pytest.fixture
def documents(plans, monkeypatch):
    """Documents are made in earnest; else Odoo makes none while it is tested."""
    Plan = plans.world.registry["nav.followup.plan"]
    make = Plan._make_document
    monkeypatch.setattr(
        Plan,
        "_make_document",
        lambda self, plan: make(self, plan.with_context(force_report_rendering=True)),
    )


@pytest.fixture
def plans(active, monkeypatch):
    """The plan of an employee with a note that is active today; the manager may send it."""
    Case = active.registry["nav.sick.case"]
    monkeypatch.setattr(Case, "_today", lambda self: TODAY)
    sandbox = active.sandbox
    person = sandbox.employees[0]
    period = {"fom": TODAY - timedelta(days=9), "tom": TODAY + timedelta(days=4), "kind": "full"}
    note = sandbox.add_note(fnr=person["fnr"], orgnr=person["orgnr"], periods=[period])
    active.fetch()
    with active.env() as env:
        active.client(env).followup_plan_url = sandbox.followup_plan_url
        manager = env["res.users"].create(
            {
                "name": "Mona Leder",
                "login": "plan-manager",
                "company_id": active.ids["company"],
                "company_ids": [(6, 0, [active.ids["company"]])],
                "group_ids": [(6, 0, [env.ref("base.group_user").id])],
            }
        )
        employee = active.employee(env, person["fnr"])
        stored = env["nav.sick.note"].search([("nav_id", "=", note["sykmeldingId"])])
        assert stored.state == "applied"
        case = env["nav.sick.case"].create(
            {
                "employee_id": employee.id,
                "company_id": active.ids["company"],
                "connection_id": active.ids["connection"],
                "first_day": period["fom"],
                "last_day": period["tom"],
                "responsible_id": manager.id,
                "responsible_by_hand": True,
                "note_ids": [(6, 0, stored.ids)],
            }
        )
        ids = employee.id, manager.id, case.id
    return PlanWorld(active, *ids)


def supplier(plans, delegated=True):
    """The client belongs to a supplier now, to whom the employer has delegated the scope or not."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    other = "315587336"
    with plans.sandbox.state.lock:
        del plans.sandbox.state.clients[CLIENT_ID]
    plans.sandbox.register_client(CLIENT_ID, other, [plans.world.jwk])
    if delegated:
        plans.sandbox.delegate(plans.sandbox.main_unit, other, FOLLOWUP_SCOPE)
    with plans.env() as env:
        plans.world.client(env).owner_org_number = other
    return other
