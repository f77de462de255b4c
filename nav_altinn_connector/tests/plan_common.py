from datetime import date, timedelta
from unittest.mock import patch

from odoo.addons.nav_altinn_connector.clients.followup_plan import Sent
from odoo.fields import Command
from odoo.tools import mute_logger

from .common import NavCase

TODAY = date(2026, 6, 15)
NAV_UUID = "5b7a2a1e-0000-4000-8000-00000000abcd"
CONTENT = {
    "typical_workday": "Sells things at the counter.",
    "tasks_that_can_still_be_done": "Orders and stock.",
    "tasks_that_can_not_be_done": "Heavy lifting.",
    "previous_facilitation": "A chair.",
    "planned_facilitation": "Shorter shifts until August.",
    "follow_up": "A talk each week.",
    "evaluation_date": "2026-07-01",
    "contact_person_full_name": "Mona Leder",
    "contact_person_phone_number": "00 00 00 00",
    "contact_person_email": "mona@example.com",
}


class FakeClient:
    """In the place of NAV's API.

    :param answer: what :meth:`send` and :meth:`status` give; an exception is raised
    """

    def __init__(self, answer=None):
        self.answer = answer or Sent(NAV_UUID, True, True, None)
        self.plans = []
        self.asked = []

    def _give(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def send(self, plan, *, call_id):
        self.plans.append((plan, call_id))
        return self._give()

    def status(self, uuid):
        self.asked.append(uuid)
        return self._give()

    def verify_integration(self):
        return bool(self._give())


class PlanCase(NavCase):
    """A sick leave with an active note, its manager, and a plan that breaks no rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.manager = cls._user("plan-manager", "base.group_user", name="Mona Leder")
            cls.hr = cls._user("plan-hr", "base.group_user,nav_altinn_connector.group_nav_hr")
            cls.other = cls._user("plan-other", "base.group_user")
            cls.admin = cls._user(
                "plan-admin", "base.group_user,nav_altinn_connector.group_nav_admin"
            )
        cls.startClassPatcher(
            patch.object(cls.registry["nav.sick.case"], "_today", lambda self: TODAY)
        )
        # The report engine's part: Odoo makes no documents while it is tested.
        cls.startClassPatcher(
            patch.object(
                cls.registry["ir.actions.report"],
                "_render_qweb_pdf",
                lambda self, report, ids=None, data=None: (b"%PDF-1.4", "pdf"),
            )
        )
        cls.sick_note = cls.note((TODAY - timedelta(days=20), TODAY + timedelta(days=5), 60))
        cls.sick_note.measures = "Rest after two hours"
        cls.case = cls.new_case()
        cls.plan = cls.new_plan()

    @classmethod
    def new_case(cls, **vals):
        return cls.env["nav.sick.case"].create(
            {
                "employee_id": cls.employee.id,
                "company_id": cls.company.id,
                "connection_id": cls.connection.id,
                "first_day": TODAY - timedelta(days=20),
                "last_day": TODAY + timedelta(days=5),
                "responsible_id": cls.manager.id,
                "responsible_by_hand": True,
                "note_ids": [Command.set(cls.sick_note.ids)],
                **vals,
            }
        )

    @classmethod
    def new_plan(cls, **vals):
        reason = "employee_has_not_contributed_to_plan_description"
        return cls.env["nav.followup.plan"].create(
            {
                **CONTENT,
                "case_id": cls.case.id,
                "send_plan_to_nav": True,
                "send_plan_to_general_practitioner": True,
                "contribution": "no",
                reason: "Is abroad.",
                **vals,
            }
        )

    def use(self, answer=None):
        """NAV answers with this from now on."""
        client = FakeClient(answer)
        self.patch(
            self.registry["nav.connection"], "_followup_plan_client", lambda connection: client
        )
        return client

    def send(self, plan=None, user=None):
        """Send as a person does, and let the commit come, which tests have none of."""
        plan = plan or self.plan
        began = plan.with_user(user or self.manager).action_send()
        if began:
            plan.sudo()._send_now(plan.call_id)
            plan.invalidate_recordset()
        return began
