"""Who may do what (promise 9): every model, group and operation as a table, then field by field.

Everything is done as a script over RPC would do it, not as the interface offers it.
"""

import contextlib
import json
from datetime import date, datetime, time, timedelta

import pytz
from lxml import etree

from odoo.addons.nav_altinn_connector.tests.common import MAIN_UNIT, NavCase, org_numbers
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

HR = "nav_altinn_connector.group_nav_hr"
ADMIN = "nav_altinn_connector.group_nav_admin"
GROUPS = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "internal": "base.group_user",
    "officer": "hr_holidays.group_hr_holidays_user",
    "time_off_admin": "hr_holidays.group_hr_holidays_manager",
    "nav_hr": f"base.group_user,{HR}",
    "nav_admin": f"base.group_user,{ADMIN}",
    "nav_both": f"base.group_user,{HR},{ADMIN}",
    "nav_privacy": "base.group_user,nav_altinn_connector.group_nav_privacy",
    "system": "base.group_user,base.group_system,base.group_erp_manager",
}
# Each model: what each group may do. r: read and search, c: create, w: write, u: unlink; groups
# that are not named may do nothing.
ALLOWED = {
    "nav.maskinporten.client": {"nav_admin": "rcwu", "nav_both": "rcwu"},
    "nav.maskinporten.key": {"nav_admin": "ru", "nav_both": "ru"},
    "nav.connection": {"nav_admin": "rcwu", "nav_hr": "r", "nav_both": "rcwu"},
    "nav.connection.unit": {"nav_admin": "rcwu", "nav_hr": "r", "nav_both": "rcwu"},
    "nav.sick.note": {"nav_hr": "r", "nav_both": "r"},
    "nav.sick.note.period": {"nav_hr": "r", "nav_both": "r"},
    "nav.sick.note.withdraw": {"nav_hr": "rcwu", "nav_both": "rcwu"},
    # One's own only, like all that asks about people.
    **dict.fromkeys(
        (
            "nav.sick.note.ignore",
            "nav.sick.note.correction",
            "nav.sick.note.mend",
            "nav.sick.note.match",
            "nav.sick.note.match.line",
            "nav.sick.note.entry",
            "nav.sick.note.entry.line",
        ),
        {"nav_hr": "c", "nav_both": "c"},
    ),
    "nav.reconcile": {"nav_hr": "rcwu", "nav_both": "rcwu"},
    "nav.reconcile.line": {"nav_hr": "r", "nav_both": "r"},
    "nav.absence.lock": {},
    "nav.first.fetch": {"nav_admin": "r", "nav_hr": "r", "nav_both": "r"},
    "nav.connection.check": {"nav_admin": "r", "nav_hr": "r", "nav_both": "r"},
    "nav.connection.alert": {},
    "nav.system.user.request": {"nav_admin": "r", "nav_both": "r"},
    "nav.approval.link": {"nav_admin": "rcwu", "nav_both": "rcwu"},
    "nav.database.copy": {"nav_admin": "rcwu", "nav_both": "rcwu", "system": "rcwu"},
    "nav.notice": {},
    "nav.sick.case": {"nav_hr": "rw", "nav_both": "rw"},
    "nav.followup.milestone": {"nav_hr": "r", "nav_both": "r"},
    "nav.followup.milestone.template": {
        **dict.fromkeys(
            ("internal", "officer", "time_off_admin", "nav_admin", "nav_privacy", "system"), "r"
        ),
        "nav_hr": "rcwu",
        "nav_both": "rcwu",
    },
    "nav.followup.entry": {"nav_hr": "rcwu", "nav_both": "rcwu"},
    "nav.followup.mark": {},
    # Everybody's own only, and made by those who may read the case.
    "nav.followup.settle": {"nav_hr": "c", "nav_both": "c"},
    "nav.sick.case.close": {"nav_hr": "c", "nav_both": "c"},
    "nav.followup.plan": {"nav_hr": "rcwu", "nav_both": "rcwu"},
    "nav.followup.plan.send": {"nav_hr": "c", "nav_both": "c"},
    "nav.followup.plan.answer": {},  # the employee alone
    "nav.retention.log": {"nav_hr": "r", "nav_both": "r"},
    "nav.exchange": {"nav_admin": "r", "nav_hr": "r", "nav_both": "r"},
    "nav.problem": {"nav_admin": "r", "nav_hr": "r", "nav_both": "r"},
    # Made and shown by a button alone.
    "nav.health.token": {"system": "rwu"},
    "nav.retention.preview": {"nav_hr": "c", "nav_both": "c"},
    "nav.access.log": {"nav_privacy": "r"},
    "nav.employee.data": {"nav_hr": "c", "nav_both": "c", "nav_privacy": "c"},
    "nav.employee.erase": {"nav_hr": "c", "nav_both": "c"},
    "nav.vacation.conflict": {"nav_hr": "r", "nav_both": "r"},
    "nav.vacation.give.back": {"nav_hr": "c", "nav_both": "c"},
    "nav.vacation.give.back.day": {"nav_hr": "c", "nav_both": "c"},
    "nav.vacation.keep": {"nav_hr": "c", "nav_both": "c"},
}
# Questions to a person, and settings, which hold nothing of a company.
NO_COMPANY = (
    "nav.sick.note.withdraw",
    "nav.database.copy",
    "nav.followup.milestone.template",
)
OPERATIONS = {"r": ("read", "search"), "c": ("create",), "w": ("write",), "u": ("unlink",)}


# Leave of two weeks that is still to come: what is over, employees cannot cancel anyway.
FIRST = date.today() + timedelta(days=35 - date.today().weekday())
LAST = FIRST + timedelta(days=11)


class AccessCase(NavCase):
    """A graded leave from NAV of an employee with a manager and a colleague, and a user for each
    group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.contexts = {}
            cls.users = {name: cls._user(f"nav-{name}", groups) for name, groups in GROUPS.items()}
            cls.users["employee"] = cls._user("nav-employee", "base.group_user")
            cls.users["manager"] = cls._user("nav-manager", "base.group_user")
        cls.employee.write(
            {
                "user_id": cls.users["employee"].id,
                "leave_manager_id": cls.users["manager"].id,
            }
        )
        cls.colleague = cls._employee("Nora Kollega", user_id=cls.users["internal"].id)
        cls.sick_note = cls.note((FIRST, LAST, 60))
        cls.nav_leave = cls.env["hr.leave"].search([("nav_sourced", "=", True)])
        cls.env.flush_all()

    def as_user(self, name, records):
        """Records as this user has them, with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_user(self.users[name]).with_context(self.context_of(name))

    def context_of(self, name):
        """The context in which a user works, read once."""
        user = self.users[name]
        if user.id not in self.contexts:
            self.contexts[user.id] = {"allowed_company_ids": user.company_ids.ids}
        return self.contexts[user.id]

    def rpc(self, name, records, method, *args, **kwargs):
        """Call a method over RPC as a user, and undo what it did."""
        records = self.as_user(name, records)
        ids = [] if method in ("create", "search", "search_read") else [records.ids]
        kwargs.setdefault("context", dict(records.env.context))
        with self.env.cr.savepoint() as savepoint:
            try:
                return call_kw(records.browse(), method, [*ids, *args], kwargs)
            finally:
                savepoint.rollback()
                self.env.invalidate_all()


class MatrixCase(AccessCase):
    """A record of each model, and values to make and change one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = cls.connection.maskinporten_client_id
        client.action_generate_key()
        # Beside the one in use, which nobody can remove, one that is not tested yet.
        client.action_generate_key()
        numbers = org_numbers()
        unused = cls._connection(
            name="Unused", org_number=[next(numbers) for _each in range(3)][-1], unit_ids=[]
        )
        free_client = unused.maskinporten_client_id.copy({"name": "Free"})
        wizard = cls.env["nav.sick.note.withdraw"].create(
            {"note_ids": [Command.set(cls.sick_note.ids)]}
        )
        cls.records = {
            "nav.maskinporten.client": free_client,
            "nav.maskinporten.key": client.new_key_id,
            "nav.connection": unused,
            "nav.connection.unit": cls.env["nav.connection.unit"].create(
                {"connection_id": unused.id, "org_number": next(numbers)}
            ),
            "nav.sick.note": cls.sick_note,
            "nav.sick.note.period": cls.sick_note.period_ids,
            "nav.sick.note.withdraw": wizard,
            "nav.absence.lock": cls.env["nav.absence.lock"].search([], limit=1),
            "nav.first.fetch": cls.connection._open_first_fetch(),
            "nav.notice": cls.env["nav.notice"].create(
                {
                    "user_id": cls.users["employee"].id,
                    "company_id": cls.company.id,
                    "occasion": "test",
                    "content": {"own": 1},
                }
            ),
            **{model: cls.env[model].create(values) for model, values in cls.made(unused).items()},
            **cls.followed_up(),
            **cls.vacation(),
            **cls.lost_and_found(),
        }
        cls.to_create = {
            "nav.maskinporten.client": {"name": "New"},
            "nav.maskinporten.key": {"client_id": client.id, "kid": "new"},
            "nav.connection": {
                "name": "New",
                "maskinporten_client_id": client.id,
                "org_number": next(numbers),
                "leave_type_id": cls.sick_type.id,
                "company_id": cls.company.id,
            },
            "nav.connection.unit": {"connection_id": unused.id, "org_number": next(numbers)},
            "nav.sick.note": {"connection_id": cls.connection.id, "nav_id": "new"},
            "nav.sick.note.period": {
                "note_id": cls.sick_note.id,
                "date_from": "2026-01-01",
                "date_to": "2026-01-02",
                "kind": "full",
            },
            "nav.sick.note.withdraw": {"note_ids": [Command.set(cls.sick_note.ids)]},
            "nav.absence.lock": {"employee_id": cls.colleague.id},
            "nav.first.fetch": {"connection_id": unused.id},
            "nav.notice": {
                "user_id": cls.users["manager"].id,
                "company_id": cls.company.id,
                "occasion": "test",
                "content": {"own": 1},
            },
            **cls.made(unused, another=True),
            **cls.followup_to_create(),
            **cls.vacation_to_create(cls.records["nav.vacation.conflict"]),
            **cls.lost_and_found_to_create(cls.records),
        }
        cls.to_write = {
            "nav.maskinporten.client": {"name": "Changed"},
            "nav.maskinporten.key": {"kid": "changed"},
            "nav.connection": {"name": "Changed"},
            "nav.connection.unit": {"name": "Changed"},
            "nav.sick.note": {"org_number": MAIN_UNIT},
            "nav.sick.note.period": {"advice": "Changed"},
            "nav.sick.note.withdraw": {"restore": False},
            "nav.absence.lock": {"decisions": 7},
            "nav.first.fetch": {"state": "done"},
            "nav.notice": {"failures": 1},
            "nav.connection.check": {"state": "failed"},
            "nav.connection.alert": {"key": "changed"},
            "nav.system.user.request": {"status": "accepted"},
            "nav.approval.link": {"note": "Changed"},
            "nav.database.copy": {},
            "nav.sick.case": {"responsible_id": cls.users["manager"].id},
            "nav.followup.milestone": {"state": "done"},
            "nav.followup.milestone.template": {"lead_days": 3},
            "nav.followup.entry": {"participants": "Changed"},
            "nav.followup.mark": {"retry_on": "2026-01-01"},
            "nav.followup.settle": {"reason": "Changed"},
            "nav.sick.case.close": {"note": "Changed"},
            "nav.followup.plan": {"typical_workday": "Changed"},
            "nav.followup.plan.send": {"send_plan_to_nav": True},
            "nav.followup.plan.answer": {"employee_comment": "Changed"},
            "nav.retention.log": {"plans": 7},
            "nav.exchange": {"outcome": "failed"},
            "nav.problem": {"words": "Changed"},
            "nav.health.token": {"name": "Changed"},
            "nav.retention.preview": {"company_id": cls.company.id},
            "nav.access.log": {"user_name": "Changed"},
            "nav.employee.data": {"employee_id": cls.colleague.id},
            "nav.employee.erase": {"asked_by_employee": True},
            "nav.vacation.conflict": {"reason": "Changed"},
            "nav.vacation.give.back": {"conflict_id": cls.records["nav.vacation.conflict"].id},
            "nav.vacation.give.back.day": {"give_back": False},
            "nav.vacation.keep": {"reason": "Changed"},
            "nav.sick.note.ignore": {"words": "Changed"},
            "nav.sick.note.correction": {"restore": False},
            "nav.sick.note.mend": {"note_ids": []},
            "nav.sick.note.match": {"note_ids": []},
            "nav.sick.note.match.line": {"employee_id": cls.colleague.id},
            "nav.sick.note.entry": {"doctor_name": "Changed"},
            "nav.sick.note.entry.line": {"degree": 7},
            "nav.reconcile": {"date_to": LAST},
            "nav.reconcile.line": {"problem": "Changed"},
        }

    @classmethod
    def lost_and_found(cls):
        """Questions about sick notes, and a comparison with NAV: records by model."""
        made = {}
        for model in cls.lost_and_found_to_create(made):
            values = cls.lost_and_found_to_create(made)[model]
            made[model] = cls.env[model].create(values)
            cls.env.flush_all()  # the lines of a wizard are computed before others are added
        return made

    @classmethod
    def lost_and_found_to_create(cls, records):
        """Values by model.

        :param records: those that lines belong to, by model
        """
        notes = {"note_ids": [Command.set(cls.sick_note.ids)]}
        return {
            "nav.sick.note.ignore": notes,
            "nav.sick.note.correction": notes,
            "nav.sick.note.mend": notes,
            "nav.sick.note.match": notes,
            "nav.sick.note.match.line": {
                "wizard_id": records.get("nav.sick.note.match", cls.env["hr.leave"]).id,
                "note_id": cls.sick_note.id,
            },
            "nav.sick.note.entry": {"employee_id": cls.employee.id},
            "nav.sick.note.entry.line": {
                "entry_id": records.get("nav.sick.note.entry", cls.env["hr.leave"]).id,
            },
            "nav.reconcile": {
                "connection_id": cls.connection.id,
                "date_from": FIRST,
                "date_to": LAST,
            },
            "nav.reconcile.line": {
                "reconcile_id": records.get("nav.reconcile", cls.env["hr.leave"]).id,
                "kind": "missing_here",
            },
        }

    @classmethod
    def vacation(cls):
        """The question to HR about vacation during sick leave, and its answers: records by
        model."""
        conflict = cls.env["nav.vacation.conflict"].create(
            {"employee_id": cls.employee.id, "company_id": cls.company.id}
        )
        made = {"nav.vacation.conflict": conflict}
        for model in ("nav.vacation.give.back", "nav.vacation.keep", "nav.vacation.give.back.day"):
            values = cls.vacation_to_create(conflict, made.get("nav.vacation.give.back"))[model]
            made[model] = cls.env[model].create(values)
        return made

    @classmethod
    def vacation_to_create(cls, conflict, wizard=None):
        wizard = wizard or cls.env["nav.vacation.give.back"].create({"conflict_id": conflict.id})
        return {
            "nav.vacation.conflict": {
                "employee_id": cls.colleague.id,
                "company_id": cls.company.id,
            },
            "nav.vacation.give.back": {"conflict_id": conflict.id},
            "nav.vacation.give.back.day": {"wizard_id": wizard.id, "day": FIRST},
            "nav.vacation.keep": {"conflict_id": conflict.id, "reason": "Agreed"},
        }

    @classmethod
    def followed_up(cls):
        """The follow-up of the sick leave: records by model."""
        cls.env["nav.sick.case"]._follow(cls.employee)
        case = cls.env["nav.sick.case"].search([("employee_id", "=", cls.employee.id)])
        values = cls.followup_to_create(case)
        return {
            "nav.sick.case": case,
            "nav.followup.milestone": case.milestone_ids,
            **{
                model: cls.env[model].create(values[model])
                for model in values
                if model not in ("nav.sick.case", "nav.followup.milestone")
            },
        }

    @classmethod
    def followup_plan(cls, case):
        return case.plan_ids[:1] or cls.env["nav.followup.plan"].create({"case_id": case.id})

    @classmethod
    def followup_to_create(cls, case=None):
        """What a person or the engine makes of a case: values by model."""
        case = case or cls.records["nav.sick.case"]
        milestone = case.milestone_ids[:1]
        return {
            "nav.sick.case": {
                "employee_id": cls.colleague.id,
                "company_id": cls.company.id,
                "first_day": FIRST,
                "last_day": LAST,
            },
            "nav.followup.milestone": {
                "case_id": case.id,
                "template_id": milestone.template_id.id,
                "key": "new",
                "planned_date": FIRST,
                "due_date": FIRST,
            },
            "nav.followup.milestone.template": {"name": "New"},
            "nav.followup.entry": {"case_id": case.id, "date": FIRST},
            "nav.followup.mark": {"employee_id": cls.employee.id},
            "nav.followup.settle": {"milestone_id": milestone.id},
            "nav.sick.case.close": {"case_id": case.id, "note": "Back"},
            "nav.followup.plan": {"case_id": case.id},
            "nav.followup.plan.send": {"plan_id": cls.followup_plan(case).id},
            "nav.followup.plan.answer": {"plan_id": cls.followup_plan(case).id},
            "nav.retention.log": {"company_id": cls.company.id},
            "nav.retention.preview": {"company_id": cls.company.id},
        }

    @classmethod
    def made(cls, connection, another=False):
        """What the engine or a person makes of a connection: values by model."""
        return {
            "nav.connection.check": {
                "connection_id": connection.id,
                "kind": "register" if another else "token",
                "state": "ok",
            },
            "nav.connection.alert": {
                "connection_id": connection.id,
                "subject": f"connection {connection.id}",
                "topic": "another" if another else "connection",
                "key": "cause",
            },
            "nav.system.user.request": {
                "connection_id": connection.id,
                "kind": "change" if another else "new",
                "altinn_id": "another" if another else "one",
                "status": "new",
                "opened_at": "2026-01-01",
            },
            "nav.access.log": {
                "company_id": cls.company.id,
                "what": "nav.sick.note",
                "record_id": cls.sick_note.id,
                "how": "listed" if another else "opened",
                "hour": "2026-01-01",
            },
            "nav.employee.data": {"employee_id": cls.employee.id},
            "nav.employee.erase": {"employee_id": cls.employee.id},
            "nav.approval.link": {"connection_id": connection.id, "email_to": "a@example.com"},
            "nav.exchange": {
                "connection_id": connection.id,
                "company_id": cls.company.id,
                "system": "altinn",
                "operation": "request",
                "outcome": "ok",
                "started_at": "2026-01-01",
            },
            "nav.problem": {
                "connection_id": connection.id,
                "company_id": cls.company.id,
                "topic": "connection",
                "subject": "another" if another else "one",
                "cause": "cause",
                "words": "Words",
            },
            "nav.health.token": {
                "name": "Monitoring",
                "token_hash": "another" if another else "one",
            },
            "nav.database.copy": {},
        }


@tagged("post_install", "-at_install")
class TestMatrix(MatrixCase):
    def attempt(self, name, model, operation):
        """Whether the user may do it; what is found by a search counts, too."""
        records = self.records[model]
        arguments = {
            "read": [["id"]],
            "search": [[("id", "in", records.ids)]],
            "create": [self.to_create[model]],
            "write": [self.to_write[model]],
            "unlink": [],
        }[operation]
        try:
            result = self.rpc(name, records, operation, *arguments)
        except AccessError:
            return False
        if operation == "search":
            # Where a rule hides the records, the search finds none of them.
            self.assertIn(set(result), (set(), set(records.ids)))
            return bool(result)
        return True

    def test_every_model_is_in_the_table(self):
        own = {model.model for model in self.env["ir.model"].search([("model", "=like", "nav.%")])}
        self.assertEqual(own, set(ALLOWED))

    def test_every_model_group_and_operation(self):
        """Half a right is none: who may not read may not search either, nor the other way round."""
        for model, groups in ALLOWED.items():
            self.assertTrue(self.records[model], model)
            for name in GROUPS:
                for letter, operations in OPERATIONS.items():
                    expected = letter in groups.get(name, "")
                    for operation in operations:
                        with self.subTest(model=model, group=name, operation=operation):
                            self.assertEqual(self.attempt(name, model, operation), expected)

    # -------------------------------------------------------------- companies

    def test_records_of_another_company_are_out_of_reach(self):
        other = self.env["res.company"].create({"name": "Other employer"})
        stranger = self.users["nav_both"].copy(
            {
                "login": "nav-stranger",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
            }
        )
        self.users["stranger"] = stranger
        self.records["nav.maskinporten.client"].company_id = self.company
        self.records["nav.maskinporten.key"].client_id.company_id = self.company
        for model, groups in ALLOWED.items():
            if "r" not in groups.get("nav_both", "") or model in NO_COMPANY:
                continue
            records = self.records[model]
            with self.subTest(model=model):
                mine = [("id", "in", records.ids)]
                self.assertFalse(self.rpc("stranger", records, "search", mine))
                for operation, *arguments in (
                    ("read", ["display_name"]),
                    ("write", self.to_write[model]),
                    ("unlink",),
                ):
                    with self.assertRaises(AccessError):
                        self.rpc("stranger", records, operation, *arguments)

    def test_a_client_without_company_serves_all(self):
        other = self.env["res.company"].create({"name": "Other employer"})
        self.users["stranger"] = self.users["nav_admin"].copy(
            {
                "login": "nav-stranger",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
            }
        )
        client = self.records["nav.maskinporten.client"]
        self.assertFalse(client.company_id)
        self.assertIn(client.id, self.rpc("stranger", client, "search", []))

    # -------------------------------------------------------------- actions

    def test_actions_are_refused_without_the_right(self):
        client = self.records["nav.maskinporten.client"]
        for records, method, allowed in (
            (client, "action_generate_key", {"nav_admin", "nav_both"}),
            (client, "action_test_token", {"nav_admin", "nav_both"}),
            (client, "action_test_new_key", {"nav_admin", "nav_both"}),
            (client, "action_discard_new_key", {"nav_admin", "nav_both"}),
            (client, "action_remove_old_keys", {"nav_admin", "nav_both"}),
            (client, "action_register_system", {"nav_admin", "nav_both"}),
            (client, "action_update_system", {"nav_admin", "nav_both"}),
            (client, "action_compare_system", {"nav_admin", "nav_both"}),
            (self.connection, "action_fetch_now", {"nav_admin", "nav_both"}),
            (self.connection, "action_pause", {"nav_admin", "nav_both"}),
            (self.connection, "action_stop_first_fetch", {"nav_admin", "nav_both"}),
            (self.connection, "action_resume_first_fetch", {"nav_admin", "nav_both"}),
            (self.connection, "action_activate", {"nav_admin", "nav_both"}),
            (self.connection, "action_look_up_units", {"nav_admin", "nav_both"}),
            (self.sick_note, "action_apply", {"nav_hr", "nav_both"}),
            (self.sick_note, "action_withdraw", {"nav_hr", "nav_both"}),
        ):
            for name in set(GROUPS) - allowed:
                with self.subTest(method=method, group=name), self.assertRaises(AccessError):
                    self.rpc(name, records, method)
        for name in ("nav_hr", "nav_both"):
            self.rpc(name, self.sick_note, "action_apply")
            self.rpc(name, self.sick_note, "action_withdraw")
        for name in ("nav_admin", "nav_both"):
            self.rpc(name, client, "action_generate_key")
            self.rpc(name, self.connection, "action_pause")


@tagged("post_install", "-at_install")
class TestFields(AccessCase):
    """What of a note, a leave and an absence each person sees."""

    SENSITIVE = {
        "nav.sick.note": [
            "identity_number",
            "identity_masked",
            "person_name",
            "prognosis",
            "prognosis_fit",
            "message_to_employer",
            "measures",
            "doctor_name",
            "doctor_phone",
            "payload",
        ],
        "hr.leave": [
            "nav_period_id",
            "nav_note_id",
            "nav_overridden",
            "nav_replaced_by_id",
            "nav_given_back_id",
        ],
        "hr.employee": ["nav_note_ids", "nav_note_count"],
        "resource.calendar.leaves": ["nav_sourced", "nav_part_of_day"],
    }

    def readable(self, name, records, field):
        try:
            self.rpc(name, records, "read", [field])
        except (AccessError, ValueError):
            return False
        return True

    def test_sensitive_fields_are_for_nav_hr_alone(self):
        absences = self.env["resource.calendar.leaves"].search(
            [("holiday_id", "=", self.nav_leave.id)]
        )
        records = {
            "nav.sick.note": self.sick_note,
            "hr.leave": self.nav_leave,
            "hr.employee": self.employee,
            "resource.calendar.leaves": absences,
        }
        for model, fields in self.SENSITIVE.items():
            for field in fields:
                for name in (*GROUPS, "employee", "manager"):
                    with self.subTest(model=model, field=field, user=name):
                        self.assertEqual(
                            self.readable(name, records[model], field),
                            name in ("nav_hr", "nav_both"),
                        )

    def test_sensitive_fields_cannot_be_searched_for(self):
        """A search tells by its result what cannot be read."""
        for model, fields in self.SENSITIVE.items():
            for field in fields:
                if not self.env[model]._fields[field].store:
                    continue
                for name in ("internal", "officer", "manager", "nav_admin", "system"):
                    with self.subTest(model=model, field=field, user=name):
                        self.assertFalse(self.searchable(name, model, field))

    def searchable(self, name, model, field):
        try:
            self.rpc(name, self.env[model], "search", [(field, "!=", False)])
        except (AccessError, ValueError):
            # ValueError: an employee is another model to those outside HR, without the field.
            return False
        return True

    def test_an_administrator_of_nav_counts_notes_and_sees_none(self):
        [values] = self.rpc("nav_admin", self.connection, "read", ["note_count", "waiting_count"])
        self.assertEqual(values["note_count"], 1)
        for domain in ([], [("identity_number", "like", "1")]):
            with self.assertRaises(AccessError):
                self.rpc("nav_admin", self.sick_note, "search", domain)

    def test_nav_hr_sees_where_a_connection_stands(self):
        """Opening a connection must not fail on requests and clients that HR has no access to."""
        self.connection.write({"state": "active", "granted_resources": "nav_another_right"})
        request = {"kind": "change", "altinn_id": "1", "status": "new", "opened_at": FIRST}
        self.connection.request_ids.create({**request, "connection_id": self.connection.id})
        for view in ("form", "kanban", "list"):
            [values] = self.rpc("nav_hr", self.connection, "web_read", self.shown("nav_hr", view))
            self.assertEqual(values["state"], "active")

    def shown(self, name, view):
        """What a view of connections reads for a user."""
        arch = self.as_user(name, self.connection).get_view(view_type=view)["arch"]
        nodes = etree.fromstring(arch).xpath("//field[not(ancestor::field)]")
        return {node.get("name"): {} for node in nodes} | {"state": {}}

    def test_the_number_is_masked_where_it_is_shown_in_lists(self):
        [values] = self.rpc("nav_hr", self.sick_note, "read", ["identity_masked"])
        number = self.employee.identification_id
        self.assertNotIn(number[6:], values["identity_masked"])
        self.assertNotEqual(number, values["identity_masked"])

    # -------------------------------------------------------------- a colleague

    FORBIDDEN_WORDS = ("60 %", "0.6", "6 days", "6.0", "NAV", "Sick", "sick", "graded", "doctor")

    def test_a_colleague_sees_an_absence_and_nothing_else(self):
        self.assertEqual(self.nav_leave.number_of_days, 6)
        with self.assertRaises(AccessError):
            self.rpc("internal", self.nav_leave, "read", ["absence_degree"])
        self.assertFalse(self.rpc("internal", self.nav_leave, "search", []))
        report = self.env["hr.leave.report.calendar"].browse(self.nav_leave.id)
        names = self.rpc("internal", report, "fields_get")
        hidden = {"holiday_status_id", "leave_id", "description", "duration"}
        self.assertFalse(hidden & names.keys())
        [shown] = self.rpc("internal", report, "read", list(names))
        self.assertEqual(shown["employee_id"][1], self.employee.name)
        self.assertEqual(shown["duration_display"], "10 days")
        self.assertEqual(shown["name"], f"{self.employee.name}: 10 days")
        for word in self.FORBIDDEN_WORDS:
            self.assertNotIn(word, json.dumps(shown, default=str))

    def test_those_who_may_see_the_leave_see_its_length(self):
        report = self.env["hr.leave.report.calendar"].browse(self.nav_leave.id)
        for name in ("employee", "manager", "officer", "nav_hr"):
            with self.subTest(user=name):
                [shown] = self.rpc(name, report, "read", ["name", "duration_display"])
                self.assertEqual(shown["duration_display"], "6 days")
                self.assertTrue(shown["name"].endswith(": 6 days"))

    def test_what_a_colleague_reads_of_absence_in_the_working_calendar(self):
        self.note((FIRST, LAST, 100), employee=self.colleague)
        whole = [("resource_id", "=", self.colleague.resource_id.id)]
        absences = self.env["resource.calendar.leaves"].search(whole)
        self.assertTrue(absences)
        names = self.rpc("nav_admin", absences, "fields_get")
        found = self.rpc("nav_admin", absences, "read", list(names))
        for word in self.FORBIDDEN_WORDS:
            self.assertNotIn(word, json.dumps(found, default=str))
        self.assertIn("Nora Kollega: Time Off", found[0]["holiday_id"][1])
        self.assertFalse([name for name in names if name.startswith("nav_")])
        # Those who may see the leave see what it is.
        [told] = self.rpc("officer", absences[:1], "read", ["holiday_id"])
        self.assertIn("Sick leave", told["holiday_id"][1])

    def test_the_hours_of_graded_leave_are_no_colleagues_to_read(self):
        """They would tell the degree: 60 % of each day."""
        pieces = self.env["resource.calendar.leaves"].search(
            [("holiday_id", "=", self.nav_leave.id)]
        )
        self.assertEqual(len(pieces), 10)
        mine = [("id", "in", pieces.ids)]
        calendar = self.employee.resource_calendar_id
        start, end = (pytz.utc.localize(datetime.combine(day, time.min)) for day in (FIRST, LAST))
        for name, may in (
            ("internal", False),
            ("nav_admin", False),
            ("system", False),
            ("employee", True),
            ("manager", True),
            ("officer", True),
        ):
            with self.subTest(user=name):
                found = self.rpc(name, pieces, "search", mine)
                self.assertEqual(set(found), set(pieces.ids) if may else set())
                if may:
                    self.rpc(name, pieces, "read", ["date_from", "date_to"])
                else:
                    with self.assertRaises(AccessError):
                        self.rpc(name, pieces, "read", ["date_from", "date_to"])
                # Who plans with somebody finds them absent all the same.
                resource = self.employee.resource_id
                work = self.as_user(name, calendar)._work_intervals_batch(start, end, resource)
                hours = sum((stop - begin).seconds for begin, stop, _ in work[resource.id]) / 3600
                self.assertAlmostEqual(hours, 9 * 8 * 0.4 if may else 0, 2)

    def test_a_colleague_sees_nothing_on_the_employee(self):
        public = self.env["hr.employee.public"].browse(self.employee.id)
        names = self.rpc("internal", public, "fields_get")
        self.assertFalse([name for name in names if "nav_" in name or "degree" in name])
        names = self.rpc("internal", self.employee, "fields_get")
        self.assertFalse([name for name in names if name.startswith("nav_")])

    # -------------------------------------------------------------- the meeting of a leave

    def test_the_meeting_of_a_leave_tells_no_degree(self):
        meeting = self.nav_leave.meeting_id
        self.assertTrue(meeting)
        [shown] = self.rpc("internal", meeting, "read", ["name", "description", "duration"])
        self.assertEqual(shown["name"], f"{self.employee.name} on Time Off : 10 days")
        self.assertEqual(shown["duration"], 80)
        for word in self.FORBIDDEN_WORDS:
            self.assertNotIn(word, json.dumps(shown))


@tagged("post_install", "-at_install")
class TestLeaveFromNav(AccessCase):
    """Employees and managers cannot change leave from NAV; HR administrators can."""

    FORGED = {"nav_apply": True, "leave_skip_state_check": True, "leave_fast_create": True}

    def state_of(self, leave):
        leave.invalidate_recordset()
        return leave.read(
            [
                "state",
                "request_date_from",
                "request_date_to",
                "absence_degree",
                "number_of_days",
                "nav_sourced",
                "employee_id",
                "holiday_status_id",
                "name",
                "nav_overridden",
            ]
        )

    def ways(self):
        """Everything that would change the leave: (name, function of a user's name)."""
        leave = self.nav_leave

        def write(**vals):
            return lambda name, **more: self.rpc_kept(name, leave, "write", vals, **more)

        def call(method, *arguments):
            return lambda name, **more: self.rpc_kept(name, leave, method, *arguments, **more)

        def wizard(name, **more):
            wizards = self.as_user(name, self.env["hr.holidays.cancel.leave"]).with_context(
                **more.get("context", {})
            )
            wizards.create({"leave_id": leave.id, "reason": "No"}).action_cancel_leave()

        return {
            "shorten": write(request_date_to=FIRST),
            "move": write(request_date_from=FIRST - timedelta(days=7)),
            "degree": write(absence_degree=20),
            "state_refuse": write(state="refuse"),
            "state_cancel": write(state="cancel"),
            "state_confirm": write(state="confirm"),
            "other_type": write(holiday_status_id=self.vacation_type.id),
            "other_employee": write(employee_id=self.colleague.id),
            "source": write(nav_sourced=False),
            "description": write(name="Changed"),
            "refuse": call("action_refuse"),
            "back": call("action_back_to_approval"),
            "unlink": call("unlink"),
            "cancel": wizard,
        }

    def rpc_kept(self, name, records, method, *args, **kwargs):
        records = self.as_user(name, records)
        kwargs["context"] = {**records.env.context, **kwargs.get("context", {})}
        result = call_kw(records.browse(), method, [records.ids, *args], kwargs)
        self.env.flush_all()
        return result

    def test_nobody_but_hr_administrators_changes_it(self):
        before = self.state_of(self.nav_leave)
        for name in ("employee", "manager", "internal", "officer", "nav_admin", "system"):
            for way, change in self.ways().items():
                for context in ({}, self.FORGED):
                    with self.subTest(user=name, way=way, forged=bool(context)):
                        with self.env.cr.savepoint() as savepoint:
                            # Odoo passes over some in silence, which is as good.
                            with contextlib.suppress(UserError):
                                change(name, context=context)
                                self.assertEqual(self.state_of(self.nav_leave), before)
                                self.assertEqual(way, "back")
                            savepoint.rollback()
                        self.env.invalidate_all()
                        self.assertEqual(self.state_of(self.nav_leave), before)

    def test_the_words_say_whom_to_ask(self):
        with self.assertRaisesRegex(UserError, "comes from a sick note. Only HR administrators"):
            self.rpc("manager", self.nav_leave, "write", {"request_date_to": FIRST})
        with self.assertRaisesRegex(UserError, "ask HR"):
            self.rpc("officer", self.nav_leave, "action_refuse")

    def test_hr_administrators_change_it_and_it_stays_as_they_left_it(self):
        for name in ("time_off_admin", "nav_hr", "nav_both"):
            for way, expected in (
                ("refuse", ("refuse", 60)),
                ("back", ("confirm", 60)),
                ("degree", ("validate", 20)),
            ):
                with self.subTest(user=name, way=way), self.env.cr.savepoint() as savepoint:
                    self.ways()[way](name)
                    self.nav_leave.invalidate_recordset()
                    found = (self.nav_leave.state, self.nav_leave.absence_degree)
                    self.assertEqual(found, expected)
                    self.assertTrue(self.nav_leave.nav_overridden)
                    self.sick_note.action_apply()
                    found = (self.nav_leave.state, self.nav_leave.absence_degree)
                    self.assertEqual(found, expected)
                    self.assertEqual(
                        len(self.nav_leaves(states=("confirm", "validate"))),
                        expected[0] != "refuse",
                    )
                    savepoint.rollback()
                self.env.invalidate_all()

    def test_the_interface_offers_no_button_to_those_who_may_not(self):
        for name, may in (
            ("employee", False),
            ("manager", False),
            ("officer", False),
            ("time_off_admin", True),
            ("nav_hr", True),
        ):
            leave = self.as_user(name, self.nav_leave)
            with self.subTest(user=name):
                self.assertEqual(leave.nav_can_change, may)
                self.assertEqual(bool(leave.can_refuse), may)
                if not may:
                    self.assertFalse(leave.can_cancel)
                    self.assertFalse(leave.can_approve)
                    self.assertFalse(leave.can_back_to_approve)

    def test_nobody_forges_leave_from_nav(self):
        """Such leave may overlap others and needs no approval, so only the connector makes it."""
        vals = {
            "employee_id": self.employee.id,
            "holiday_status_id": self.sick_type.id,
            "request_date_from": "2026-10-05",
            "request_date_to": "2026-10-09",
        }
        for name in ("employee", "manager", "officer", "time_off_admin", "nav_hr"):
            for extra, context in (
                ({"nav_sourced": True}, {}),
                ({}, {"default_nav_sourced": True}),
                ({"nav_sourced": True}, self.FORGED),
            ):
                context = {"allowed_company_ids": self.company.ids, **context}
                forged = {**vals, **extra}
                with self.subTest(user=name, vals=extra), self.assertRaises(UserError):
                    self.rpc(name, self.env["hr.leave"], "create", forged, context=context)

    def test_an_own_request_does_not_become_leave_from_nav(self):
        request = self.as_user("employee", self.env["hr.leave"]).create(
            {
                "employee_id": self.employee.id,
                "holiday_status_id": self.manual_sick_type.id,
                "request_date_from": "2026-10-05",
                "request_date_to": "2026-10-09",
            }
        )
        self.assertEqual(request.state, "confirm")
        for name in ("employee", "manager", "officer"):
            with self.subTest(user=name), self.assertRaises(UserError):
                self.rpc(name, request, "write", {"nav_sourced": True})

    def test_the_context_does_not_lift_the_checks_of_a_request(self):
        allocated = self._leave_type("By allocation", requires_allocation=True)
        for context in ({}, {"nav_apply": True}):
            with self.subTest(context=context), self.assertRaises(UserError):
                self.rpc(
                    "employee",
                    self.env["hr.leave"],
                    "create",
                    {
                        "employee_id": self.employee.id,
                        "holiday_status_id": allocated.id,
                        "request_date_from": "2026-10-05",
                        "request_date_to": "2026-10-09",
                    },
                    context={"allowed_company_ids": self.company.ids, **context},
                )

    def test_the_employee_sees_the_own_leave_with_degree_and_source(self):
        [values] = self.rpc(
            "employee", self.nav_leave, "read", ["absence_degree", "nav_sourced", "nav_label"]
        )
        self.assertEqual(values["absence_degree"], 60)
        self.assertEqual(values["nav_label"], "60 %, NAV")
