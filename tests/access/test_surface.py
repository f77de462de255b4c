"""Every field and every method that can be reached from outside, by the tables of ``tables.py``."""

import inspect
import json

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from tests.access import tables
from tests.access.test_matrix import ALLOWED, GROUPS, MatrixCase

PACKAGE = "odoo.addons.nav_altinn_connector"
MODULE = "nav_altinn_connector"
MAGIC = {"id", "display_name", "create_date", "create_uid", "write_date", "write_uid"}
SECRET = "Zq7secret"
# Ways to learn a field's value, or by the answer something about it.
WAYS = {
    "read": lambda name: ("read", [name]),
    "web_read": lambda name: ("web_read", {name: {}}),
    "export_data": lambda name: ("export_data", [name]),
    "search": lambda name: ("search", [(name, "!=", False)]),
    "search_read": lambda name: ("search_read", [], [name]),
    "web_search_read": lambda name: ("web_search_read", [], {name: {}}),
    "formatted_read_group": lambda name: ("formatted_read_group", [], [name], ["__count"]),
    "read_group": lambda name: ("read_group", [], ["__count"], [name]),
    "web_read_group": lambda name: ("web_read_group", [], [name], ["__count"]),
    "order": lambda name: ("web_search_read", [], {"id": {}}, 0, 80, name),
}


@tagged("post_install", "-at_install")
class TestSurface(MatrixCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["hr_officer"] = cls._user("nav-hr-officer", "hr.group_hr_manager")
        cls.sick_note.write(
            {
                "message_to_employer": f"{SECRET} message",
                "measures": f"{SECRET} measures",
                "failure_reason": f"{SECRET} failure",
            }
        )
        cls.records["nav.followup.plan"].typical_workday = f"{SECRET} workday"
        cls.records["nav.followup.entry"].text = f"{SECRET} text"
        cls.records["nav.sick.case"].close_note = f"{SECRET} close"
        cls.records |= {
            "hr.employee": cls.employee,
            "hr.leave": cls.nav_leave,
            "resource.calendar.leaves": cls.env["resource.calendar.leaves"].search(
                [("holiday_id", "=", cls.nav_leave.id)]
            ),
        }
        cls.env.flush_all()

    def own_fields(self, model):
        return {
            name
            for name, field in self.env[model]._fields.items()
            if MODULE in (field._modules or ()) and name not in MAGIC
        }

    # -------------------------------------------------------------- the tables are whole

    def test_every_field_is_in_a_table(self):
        for model in self.env.registry:
            Model = self.env[model]
            if model in tables.ABOUT_HEALTH or (Model._abstract and not model.startswith("nav.")):
                continue
            told = (
                set(tables.PLAIN.get(model, "").split())
                | tables.OF_HR.get(model, set())
                | tables.OF_NOBODY.get(model, set())
            )
            with self.subTest(model=model):
                self.assertEqual(self.own_fields(model), told)

    def test_every_model_about_health_is_closed_to_those_who_have_nothing_to_do_with_it(self):
        for model in tables.ABOUT_HEALTH:
            readers = {name for name, letters in ALLOWED[model].items() if "r" in letters}
            with self.subTest(model=model):
                self.assertLessEqual(readers, tables.HR)

    def test_every_method_is_in_a_table(self):
        found = {}
        for model, Model in self.env.registry.items():
            for cls in Model.mro():
                if not cls.__module__.startswith(PACKAGE):
                    continue
                for name, method in vars(cls).items():
                    if (
                        callable(method)
                        and not name.startswith("_")
                        and not getattr(method, "_api_private", False)
                        and name not in tables.OF_ODOO
                    ):
                        found.setdefault(model, set()).add(name)
        for model in found.keys() | tables.METHODS.keys():
            with self.subTest(model=model):
                self.assertEqual(found.get(model, set()), set(tables.METHODS.get(model, ())))

    # -------------------------------------------------------------- fields

    def test_fields_of_hr_by_every_way(self):
        people = {*GROUPS, "employee", "manager", "hr_officer"} - tables.HR
        self.ask_for(tables.OF_HR, sorted(people))

    def test_fields_of_nobody_by_every_way(self):
        self.ask_for(tables.OF_NOBODY, ["nav_both", "nav_admin", "system", "manager", "employee"])

    def ask_for(self, fields, people):
        for person in people:
            # Nothing of this changes anything, and what is refused leaves nothing to read again.
            self.as_user(person, self.env["res.users"])
            for model, names in fields.items():
                for name in names:
                    self.ask_for_field(person, model, name)

    def ask_for_field(self, person, model, name):
        field = self.env[model]._fields[name]
        for way, call in WAYS.items():
            if field.store or way in ("read", "web_read", "export_data"):
                with self.subTest(model=model, field=name, way=way, person=person):
                    self.refuse(person, model, *call(name))

    def refuse(self, person, model, method, *arguments):
        """Fail unless a call is refused, or finds no record to answer about."""
        records = self.records[model]
        on_model = "search" in method or "group" in method
        asked = records.with_user(self.users[person]).with_context(self.context_of(person))
        ids = [] if on_model else [records.ids]
        try:
            found = call_kw(
                asked.browse(), method, [*ids, *arguments], {"context": dict(asked.env.context)}
            )
        except (AccessError, UserError, ValueError, KeyError):
            # ValueError and KeyError: to those outside HR an employee is another model, which
            # has no such field.
            return
        if method == "search":
            self.assertFalse(set(found) & set(records.ids))
        elif "search" in method:
            found = found["records"] if isinstance(found, dict) else found
            self.assertFalse([line for line in found if line["id"] in records.ids])
        elif "group" in method:
            groups = found["groups"] if isinstance(found, dict) else found
            self.assertFalse([group for group in groups if group.get("__count")])
        else:
            self.fail(f"{person} got {found}")

    def rpc(self, name, records, method, *args, _on_model=False, **kwargs):
        if not _on_model or method in ("search", "search_read"):
            return super().rpc(name, records, method, *args, **kwargs)
        # Methods of the model, which the class above does not know of.
        records = self.as_user(name, records)
        context = dict(records.env.context)
        with self.env.cr.savepoint() as savepoint:
            try:
                return call_kw(records.browse(), method, list(args), {"context": context})
            finally:
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_colleague_finds_no_message_activity_or_reason_of_absence(self):
        self.sick_note.message_post(body=f"{SECRET} talk")
        self.nav_leave.message_post(body=f"{SECRET} talk")
        self.sick_note.activity_schedule("mail.mail_activity_data_todo", note=SECRET)
        for person in ("internal", "nav_admin", "nav_privacy", "portal"):
            for model, domain in (
                ("mail.message", [("body", "ilike", SECRET)]),
                ("mail.activity", [("note", "ilike", SECRET)]),
                ("hr.leave", [("nav_sourced", "=", True)]),
            ):
                with self.subTest(person=person, model=model):
                    try:
                        self.assertFalse(self.rpc(person, self.env[model], "search", domain))
                    except AccessError:
                        continue
        # That somebody is away is told, and until when; not why, nor how much.
        partner = self.users["employee"].partner_id
        names = self.rpc("internal", partner, "fields_get", _on_model=True)
        told = [name for name in names if "im_status" in name or "out_of_office" in name]
        self.assertIn("im_status", told)
        for word in ("60 %", "NAV", "Sick", "sick", "graded"):
            self.assertNotIn(word, str(self.rpc("internal", partner, "read", told)))

    # -------------------------------------------------------------- methods

    def rows_written(self):
        """How many rows this transaction has written so far, also those that were undone."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
        )
        return self.env.cr.fetchone()[0]

    def press(self, person, records, method, arguments, count=False):
        """Call a method as a user, and undo it.

        :param count: count the rows that it writes, which takes long
        :return: (the answer or the words of its refusal, the number of rows), or None where access
            is refused
        """
        records = self.as_user(person, records)
        context = dict(records.env.context)
        with self.env.cr.savepoint() as savepoint, mute_logger("odoo.sql_db"):
            before = count and self.rows_written()
            try:
                told = call_kw(
                    records.browse(), method, [records.ids, *arguments], {"context": context}
                )
            except AccessError:
                return None
            except UserError as error:
                told = error.args
            else:
                # What Odoo has still to write would else be forgotten with the rest.
                self.env.flush_all()
            finally:
                rows = count and self.rows_written() - before
                savepoint.rollback()
                self.env.invalidate_all()
        return told, rows

    def test_methods_do_and_tell_nothing_to_others(self):
        people = (*GROUPS, "employee", "manager", "hr_officer")
        for model, methods in tables.METHODS.items():
            for method, allowed in methods.items():
                needed = [
                    parameter
                    for parameter in inspect.signature(
                        getattr(self.env.registry[model], method)
                    ).parameters.values()
                    if parameter.default is parameter.empty
                    and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
                ][1:]
                arguments = tables.ARGUMENTS.get((model, method), ())
                self.assertEqual(len(needed), len(arguments), f"{model}.{method}")
                for person in people:
                    if person not in allowed:
                        with self.subTest(model=model, method=method, person=person):
                            self.assert_idle(person, model, method, arguments)

    def assert_idle(self, person, model, method, arguments):
        records = self.records[model][:1]
        # Most are refused, which says it all: only what is not, is done again and looked at.
        if self.press(person, records, method, arguments) is None:
            return
        told, rows = self.press(person, records, method, arguments, count=True)
        self.assertEqual(rows, 0, "something was written")
        told = json.dumps(told, default=str)
        for secret in (SECRET, "60 %", self.employee.identification_id, self.employee.name):
            self.assertNotIn(secret, told)

    def test_those_who_may_are_not_refused(self):
        """Else the tests above would show nothing."""
        for model, method, person in (
            ("nav.sick.note", "action_open_leaves", "nav_hr"),
            ("nav.sick.case", "action_new_entry", "manager"),
            ("nav.connection", "action_pause", "nav_admin"),
            ("nav.employee.data", "action_json", "nav_privacy"),
            ("nav.health.token", "action_new", "system"),
        ):
            with self.subTest(method=method):
                records = self.records[model]
                if model == "nav.employee.data":
                    records = records.with_user(self.users[person]).create(
                        {"employee_id": self.employee.id}
                    )
                self.assertTrue(self.rpc(person, records, method))
