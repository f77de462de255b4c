"""What somebody learns who guesses numbers of records: by forms that are not saved, by defaults, by
records of their own that point at others', and by names.

Odoo computes what a form shows before it is saved, and reads names behind links with all rights. So
each model is asked, with each of its links pointing at health data that the person may not see.
"""

from datetime import date

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .plan_common import PlanCase

SECRET = "Zq7secret"
# Of the sick leave that is looked for: no other record has them.
FIRST, LAST, DEGREE = date(2026, 5, 19), date(2026, 6, 24), 37


@tagged("post_install", "-at_install")
class TestGuessing(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = {}
        cls.hide()
        cls.own()
        other = cls.env["res.company"].create({"name": "Other employer"})
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.people = {
                "manager of another": cls.manager,
                "administrator": cls.admin,
                "HR of another company": new_test_user(
                    cls.env,
                    "guess-stranger",
                    groups="nav_altinn_connector.group_nav_hr",
                    company_id=other.id,
                    company_ids=[Command.set(other.ids)],
                ),
            }
        cls.env.flush_all()

    @classmethod
    def hide(cls):
        """The sick leave of Ida, for which nobody here is responsible: ``cls.hidden``, records by
        model."""
        ida = cls._employee("Ida Skjult")
        texts = {
            "oppfoelging": {
                "prognose": {
                    "erArbeidsfoerEtterEndtPeriode": True,
                    "beskrivHensynPaaArbeidsplassen": f"{SECRET} prognosis",
                },
                "meldingTilArbeidsgiver": f"{SECRET} message",
                "tiltakArbeidsplassen": f"{SECRET} measures",
            },
            "behandler": {"navn": f"{SECRET} doctor", "tlf": "00000000"},
            "sykmeldt": {"fnr": ida.identification_id, "navn": f"{SECRET} name"},
        }
        note = cls.note((FIRST, LAST, DEGREE), employee=ida, **texts)
        note.write({"measures": f"{SECRET} measures", "failure_reason": f"{SECRET} failure"})
        case = cls.new_case(
            employee_id=ida.id,
            first_day=FIRST,
            last_day=LAST,
            responsible_id=cls.hr.id,
            note_ids=[Command.set(note.ids)],
            close_note=f"{SECRET} closing",
            stretches=[[FIRST.isoformat(), LAST.isoformat(), "graded", DEGREE, note.id]],
        )
        case._follow_deadlines()
        entry = cls.env["nav.followup.entry"].create(
            {
                "case_id": case.id,
                "date": FIRST,
                "text": f"{SECRET} minutes",
                "participants": f"{SECRET} people",
            }
        )
        plan = cls.new_plan(
            case_id=case.id,
            **dict.fromkeys(
                ("typical_workday", "follow_up", "planned_facilitation"), f"{SECRET} plan"
            ),
        )
        conflict = cls.env["nav.vacation.conflict"].create(
            {
                "employee_id": ida.id,
                "company_id": cls.company.id,
                "days": [[FIRST.isoformat(), LAST.isoformat()]],
                "reason": f"{SECRET} conflict",
            }
        )
        milestones = case.milestone_ids
        milestones.write({"reason": f"{SECRET} milestone"})
        cls.env.flush_all()
        own = cls.case.milestone_ids
        cls.days = {FIRST, LAST, *milestones.mapped("due_date"), *milestones.mapped("planned_date")}
        cls.days -= {*own.mapped("due_date"), *own.mapped("planned_date")}
        cls.number = ida.identification_id[:6]
        case.message_post(body=f"{SECRET} talk")
        attachment = cls.env["ir.attachment"].create(
            {
                "name": f"{SECRET}.txt",
                "raw": b"minutes",
                "res_model": "nav.followup.entry",
                "res_id": entry.id,
            }
        )
        cls.hidden = {
            "hr.employee": ida,
            "nav.sick.note": note,
            "nav.sick.note.period": note.period_ids,
            "hr.leave": cls.env["hr.leave"].search([("nav_note_id", "=", note.id)]),
            "nav.sick.case": case,
            "nav.followup.milestone": milestones,
            "nav.followup.entry": entry,
            "nav.followup.plan": plan,
            "nav.vacation.conflict": conflict,
            "ir.attachment": attachment,
            "nav.connection": cls.connection,
            "nav.connection.unit": cls.unit,
            "nav.maskinporten.client": cls.connection.maskinporten_client_id,
        }
        for model, values in {
            "nav.sick.note.match": {"note_ids": [Command.set(note.ids)]},
            "nav.sick.note.entry": {"employee_id": ida.id, "message_to_employer": SECRET},
            "nav.vacation.give.back": {"conflict_id": conflict.id},
        }.items():
            cls.hidden[model] = cls.env[model].create(values)

    @classmethod
    def own(cls):
        """The manager has a sick leave of their own to follow up; what of it they may see is no
        secret."""
        cls.sick_note.write({"message_to_employer": "Own", "measures": "Own"})

    # -------------------------------------------------------------- asking

    def call(self, user, model, method, *args, **kwargs):
        """Call over RPC, undone: the answer, or None where it is refused."""
        self.env.flush_all()
        self.env.invalidate_all()
        kwargs["context"] = {
            "allowed_company_ids": user.company_ids.ids,
            **kwargs.get("context", {}),
        }
        with self.env.cr.savepoint() as savepoint, mute_logger("odoo.sql_db"):
            try:
                return call_kw(self.env[model].with_user(user), method, list(args), kwargs)
            # Forged values break more than access: what they break tells nothing.
            except (UserError, ValueError, KeyError, TypeError, psycopg2.Error):
                return None
            finally:
                savepoint.rollback()
                self.env.invalidate_all()

    def once(self, question, user, *args):
        """The answer to what is the same for all tests of this class, asked once."""
        key = (question.__name__, user.id, *args)
        if key not in self.known:
            self.known[key] = question(user, *args)
        return self.known[key]

    def fields_of(self, user, model):
        """{name: type and relation} of the fields that the user knows of."""
        return self.call(user, model, "fields_get", None, ["type", "relation"]) or {}

    def readable(self, user, model):
        """Whether the user may read any record of a model at all."""
        return self.env[model].with_user(user).has_access("read")

    def spec(self, user, model, depth):
        """All that a form could ask for. Beyond a link to a model that is closed to the user, which
        the matrix of access sees to, there is its name to ask for: Odoo reads that with all
        rights."""
        spec = {}
        for name, field in self.once(self.fields_of, user, model).items():
            spec[name] = {}
            relation = field.get("relation")
            if not relation:
                continue
            inner = {"display_name": {}}
            if self.once(self.readable, user, relation):
                if depth and relation in self.hidden:
                    inner |= self.once(self.spec, user, relation, depth - 1)
            elif field["type"] != "many2one":
                continue
            spec[name]["fields"] = inner
        return spec

    def ask(self, user, model, method, *args, **kwargs):
        """:meth:`call` with all that a form could ask for; where that is refused, in ever smaller
        parts, so that a field that is refused does not hide what another one tells."""
        spec = self.once(self.spec, user, model, 1)
        found = self.call(user, model, method, *args, spec, **kwargs)
        # What is refused altogether need not be tried bit by bit.
        least = {"display_name": {}}
        if found is not None or not self.once(self.readable, user, model):
            return found
        if self.call(user, model, method, *args, least, **kwargs) is not None:
            found = list(self.parts(user, model, method, args, spec, kwargs))
        return found

    def parts(self, user, model, method, args, spec, kwargs):
        """The answers to both halves of a question; to halves of those that are refused."""
        names = list(spec)
        for some in (names[: len(names) // 2], names[len(names) // 2 :]):
            part = {name: spec[name] for name in some}
            found = self.call(user, model, method, *self.only(model, some, args), part, **kwargs)
            if found is None and len(some) > 1:
                yield from self.parts(user, model, method, args, part, kwargs)
            else:
                yield found

    def only(self, model, asked, args):
        """Odoo takes no other lists than those that the form has."""
        for arg in args:
            if isinstance(arg, dict):
                fields = self.env[model]._fields
                yield {
                    name: value
                    for name, value in arg.items()
                    if name in asked or fields[name].type == "many2one"
                }
            elif isinstance(arg, list) and arg and isinstance(arg[0], str):
                yield asked
            else:
                yield arg

    def links(self, model):
        """{name of a link: value of it in a form that points at what is hidden}"""
        values = {}
        for name, field in self.env[model]._fields.items():
            target = self.hidden.get(field.comodel_name)
            if not target:
                continue
            if field.type == "many2one":
                values[name] = target.ids[0]
            elif field.type in ("many2many", "one2many"):
                values[name] = [[Command.LINK, each, False] for each in target.ids]
        return values

    def models(self):
        return sorted(
            model for model in self.env.registry if model.startswith("nav.") or model == "hr.leave"
        )

    def leaks(self, found, key=""):
        """What of an answer is of the hidden sick leave: (name of the field, value)."""
        if isinstance(found, dict):
            for name, value in found.items():
                yield from self.leaks(value, name)
        elif isinstance(found, (list, tuple)):
            for value in found:
                yield from self.leaks(value, key)
        elif isinstance(found, str):
            words = (SECRET, f"{DEGREE} %", f'"degree": {DEGREE}', FIRST.strftime("%m/%d/%Y"))
            beginnings = {self.number, *(day.isoformat() for day in self.days)}
            if any(word in found for word in words) or beginnings & {found[:6], found[:10]}:
                yield key, found[:80]
        elif isinstance(found, date):
            if found in self.days:
                yield key, found
        elif isinstance(found, int) and "degree" in key and found == DEGREE:
            yield key, found

    def assert_nothing(self, found, **about):
        told = list(self.leaks(found))
        if told:
            self.fail(f"{about} tells {told[:5]}")

    # -------------------------------------------------------------- tests

    def test_the_hidden_can_be_found_by_those_who_may(self):
        """Else the tests below would show nothing."""
        for model in ("nav.sick.note", "nav.sick.case", "nav.followup.plan", "nav.followup.entry"):
            found = self.ask(self.hr, model, "web_read", self.hidden[model].ids)
            self.assertTrue(list(self.leaks(found)), model)

    def test_a_form_that_is_not_saved(self):
        for who, user in self.people.items():
            for model in self.models():
                links = self.links(model)
                found = self.ask(user, model, "onchange", [], links, list(links))
                with self.subTest(who=who, model=model):
                    self.assert_nothing(found, who=who, model=model)

    def test_a_line_of_a_form_that_is_not_saved(self):
        note = self.hidden["nav.sick.note"]
        values = {"line_ids": [[Command.CREATE, "virtual_1", {"note_id": note.id}]]}
        names = {"note_id": {}, "person_name": {}, "identity_masked": {}, "reason": {}}
        spec = {"line_ids": {"fields": names}}
        arguments = ("nav.sick.note.match", "onchange", [], values, ["line_ids"], spec)
        self.assertIsNotNone(self.call(self.hr, *arguments))
        for who, user in self.people.items():
            with self.subTest(who=who):
                self.assertIsNone(self.call(user, *arguments))

    def test_defaults(self):
        for who, user in self.people.items():
            for model in self.models():
                defaults = {f"default_{name}": each for name, each in self.links(model).items()}
                names = list(self.env[model]._fields)
                for target in ("nav.sick.note", "nav.sick.case"):
                    ids = self.hidden[target].ids
                    active = {"active_model": target, "active_ids": ids, "active_id": ids[0]}
                    context = {**defaults, **active}
                    found = self.call(user, model, "default_get", names, context=context)
                    with self.subTest(who=who, model=model, target=target):
                        self.assert_nothing(found, who=who, model=model)
                found = self.ask(user, model, "onchange", [], {}, [], context=context)
                with self.subTest(who=who, model=model):
                    self.assert_nothing(found, who=who, model=model)

    def test_a_record_of_ones_own(self):
        for who, user in self.people.items():
            for model in self.models():
                if not self.env[model].with_user(user).has_access("create"):
                    continue
                links = self.links(model)
                for some in (links, *({name: value} for name, value in links.items())):
                    found = self.ask(user, model, "web_save", [], some)
                    with self.subTest(who=who, model=model, links=list(some)):
                        self.assert_nothing(found, who=who, model=model)

    def test_all_ways_to_the_hidden_itself(self):
        for who, user in self.people.items():
            for model, records in self.hidden.items():
                if not model.startswith("nav."):
                    continue
                stored = [
                    name
                    for name, field in self.env[model]._fields.items()
                    if field.store and field.type not in ("binary", "json", "one2many")
                ]
                one = [("id", "in", records.ids)]
                for method, args in (
                    ("read", [records.ids]),
                    ("search_read", [one]),
                    ("name_search", [SECRET]),
                    ("web_name_search", ["", {"display_name": {}}]),
                    ("export_data", [records.ids, stored]),
                    ("copy_data", [records.ids]),
                ):
                    with self.subTest(who=who, model=model, method=method):
                        self.assert_nothing(
                            self.call(user, model, method, *args), who=who, model=model
                        )
                for method, args in (
                    ("web_read", [records.ids]),
                    ("web_search_read", [one]),
                    ("onchange", [records.ids, {}, []]),
                    ("web_save", [records.ids, {}]),
                ):
                    with self.subTest(who=who, model=model, method=method):
                        self.assert_nothing(
                            self.ask(user, model, method, *args), who=who, model=model
                        )
                # Of a field that is hidden from the user tests/access tells.
                names = [name for name in stored if name in self.once(self.fields_of, user, model)]
                group = ("formatted_read_group", one)
                found = self.call(user, model, *group, names, ["__count"])
                if found is None and self.once(self.readable, user, model):
                    found = [self.call(user, model, *group, [name], ["__count"]) for name in names]
                with self.subTest(who=who, model=model):
                    self.assert_nothing(found, who=who, model=model)
