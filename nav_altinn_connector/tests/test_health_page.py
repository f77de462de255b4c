"""The figures of the health page, and what monitoring reads."""

import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tools import mute_logger

from ..models.nav_health_token import PREFIX
from .common import MAIN_UNIT, NavCase, org_numbers

NUMBERS = [number for number, _each in zip(org_numbers(), range(20), strict=False)][1:]


class TestFigures(NavCase):
    def call(self, connection=None, outcome="ok", days=0, **vals):
        return self.env["nav.exchange"].create(
            {
                "connection_id": (connection or self.connection).id,
                "company_id": self.company.id,
                "system": "sykepenger",
                "operation": "sick_notes",
                "outcome": outcome,
                "failed": int(outcome != "ok"),
                "started_at": fields.Datetime.now() - timedelta(days=days),
                **vals,
            }
        )

    def measured(self, *minutes):
        """Notes whose time off came so many minutes after NAV had sent them."""
        self.unit.last_success_at = fields.Datetime.now()  # the first fetch is over
        day = fields.Date.today() + timedelta(days=1)
        for number, late in enumerate(minutes):
            employee = self._employee(f"Person {number}")
            note = self.note((day, day, 100), employee=employee)
            self.env.flush_all()
            created = note.leave_ids.create_date
            note.sent_to_employer = created - timedelta(minutes=late)
        self.env.invalidate_all()

    def test_delay(self):
        self.assertEqual(
            self.connection.delay_words, "No sick note after the first fetch in the last 30 days."
        )
        self.measured(*range(1, 22))  # 1 … 21 minutes
        connection = self.connection
        self.assertEqual(
            (connection.delay_median, connection.delay_p95, connection.delay_notes), (11, 20, 21)
        )
        self.assertIn("11 min", connection.delay_words)

    def test_delay_leaves_out_the_first_fetch_and_what_is_old(self):
        self.measured(1, 2, 3)
        first, second, _third = notes = self.env["nav.sick.note"].search([], order="id")
        first.first_fetch_id = self.env["nav.first.fetch"].create(
            {"connection_id": self.connection.id, "state": "done"}
        )
        notes.flush_recordset()
        self.env.cr.execute(
            "UPDATE nav_sick_note SET create_date = create_date - interval '31 days' WHERE id = %s",
            [second.id],
        )
        self.env.invalidate_all()
        self.assertEqual((self.connection.delay_notes, self.connection.delay_median), (1, 3))

    def test_clocks_that_differ_give_no_negative_delay(self):
        self.measured(-5)
        self.assertEqual((self.connection.delay_notes, self.connection.delay_median), (1, 0))

    def test_calls_of_each_day(self):
        self.call()
        self.call(outcome="fault")
        self.call(days=3)
        self.call(days=40)
        self.assertEqual((self.connection.calls_today, self.connection.failures_today), (2, 1))
        chart = self.connection.calls_chart
        self.assertEqual(chart.count("title="), 30)
        self.assertIn("2 calls, 1 failed", chart)
        self.assertEqual(chart.count("1 calls, 0 failed"), 1)

    def test_waiting_notes_by_reason(self):
        self.assertIn("None.", self.connection.waiting_by_reason)
        self.note(("2026-06-01", "2026-06-03", 100), fnr=next(self.numbers))
        self.receive({"sykmeldingId": "broken"})
        self.env.invalidate_all()
        words = self.connection.waiting_by_reason
        self.assertIn("No employee has this identity number", words)
        self.assertIn("Could not be used", words)

    def test_failing_sub_units(self):
        self.assertFalse(self.connection.failing_unit_ids)
        self.unit.permission = "denied"
        self.assertEqual(self.connection.failing_unit_ids, self.unit)
        self.unit.selected = False
        self.assertFalse(self.connection.failing_unit_ids)

    def test_ten_connections_take_as_many_queries_as_one(self):
        numbers = iter(NUMBERS)
        self.call(self.connection)
        for _each in range(9):
            connection = self._connection(name="Another", org_number=next(numbers), unit_ids=[])
            self.call(connection)
        names = [
            "delay_words",
            "calls_chart",
            "waiting_by_reason",
            "failing_unit_count",
            "problem_count",
            "open_problem_ids",
        ]
        everything = self.env["nav.connection"].search([])

        def queries(connections):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            connections.read(names)
            return self.env.cr.sql_log_count - before

        queries(everything)
        self.assertEqual(queries(everything), queries(self.connection))

    def test_an_administrator_who_may_read_no_note_sees_the_figures(self):
        self.measured(5)
        self.call()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            admin = self._user(
                "health-admin", "base.group_user,nav_altinn_connector.group_nav_admin"
            )
        connection = self.connection.with_user(admin)
        self.assertEqual((connection.delay_median, connection.calls_today), (5, 1))
        self.assertIn("None.", connection.waiting_by_reason)


class TestMonitoring(NavCase):
    def test_states_and_numbers_only(self):
        self.connection.write({"name": "Secret name", "org_name": "Secret organisation"})
        self.unit.name = "Secret unit"
        self.note(("2026-06-01", "2026-06-03", 100), fnr=next(self.numbers))
        self.receive({"sykmeldingId": "broken"})
        self.connection.write(
            {
                "last_success_at": fields.Datetime.now() - timedelta(minutes=90),
                "last_error": "Secret words",
                "failures": 4,
                "failing_part": "system",
            }
        )
        self.env["nav.connection"]._apply_all(lambda: True)
        told = self.env["nav.connection"]._monitoring()
        text = json.dumps(told)
        for secret in ("Secret", MAIN_UNIT, self.employee.name, self.company.name):
            self.assertNotIn(secret, text)
        (line,) = (each for each in told["connections"] if each["id"] == self.connection.id)
        self.assertEqual(
            {name: line[name] for name in line if name not in ("last_success",)},
            {
                "id": self.connection.id,
                "state": "active",
                "health": "problem",
                "minutes_since_success": 90,
                "failures_in_a_row": 4,
                "open_problems": 1,
                "waiting_notes": 1,
                "failed_notes": 1,
                "failing_units": 0,
                "delay_median_minutes": None,
                "delay_95_minutes": None,
            },
        )
        self.assertEqual(told["status"], "problem")
        self.assertRegex(line["last_success"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_drafts_are_left_out(self):
        draft = self._connection(name="Draft", org_number=NUMBERS[0], unit_ids=[])
        draft.state = "draft"
        ids = {line["id"] for line in self.env["nav.connection"]._monitoring()["connections"]}
        self.assertIn(self.connection.id, ids)
        self.assertNotIn(draft.id, ids)


class TestTokens(NavCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.system = cls._user("health-system", "base.group_user,base.group_system")
            cls.admin = cls._user(
                "health-admin", "base.group_user,nav_altinn_connector.group_nav_admin"
            )
        cls.Token = cls.env["nav.health.token"].with_user(cls.system)

    def make(self):
        # As the button of the list does it.
        token = call_kw(self.Token, "action_new", [[]], {})["context"]["default_key"]
        return token, self.Token.search([], order="id desc", limit=1)

    def test_it_is_shown_once_and_kept_as_a_hash(self):
        token, record = self.make()
        self.assertTrue(token.startswith(PREFIX))
        self.env.flush_all()
        self.env.cr.execute("SELECT to_json(t)::text FROM nav_health_token t")
        self.assertNotIn(token, str(self.env.cr.fetchall()))
        self.assertTrue(record._opens(token))
        with self.assertRaises(AccessError):
            record.read(["token_hash"])
        with self.assertRaises(AccessError):
            record.copy()

    def test_revoked(self):
        token, record = self.make()
        other, _record = self.make()
        record.action_revoke()
        self.env.flush_all()
        self.assertFalse(record._opens(token))
        self.assertTrue(record._opens(other))
        with self.assertRaises(AccessError):
            record.write({"revoked_on": False})
        record.write({"name": "Renamed"})

    def test_wrong_ones(self):
        token, _record = self.make()
        self.env.flush_all()
        for wrong in (None, "", 7, b"x", token[:-1], f"{token}x", token.upper(), PREFIX + "x" * 43):
            self.assertFalse(self.Token._opens(wrong), wrong)

    def test_only_system_administrators(self):
        _token, record = self.make()
        for user in (self.admin, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.Token.with_user(user).action_new()
            with self.assertRaises(AccessError):
                record.with_user(user).action_revoke()
