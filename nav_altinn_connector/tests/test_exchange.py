"""The log of calls, from what the transport tells to lines, and how long they are kept."""

import ast
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg2.errors

from odoo import fields
from odoo.tests import BaseCase
from odoo.tools import SQL

from .. import clients
from ..clients import errors
from ..clients.maskinporten import TOKENS
from ..clients.transport import Transport
from ..models import exchange_log
from .common import MAIN_UNIT, NavCase
from .loopback_server import LoopbackServer

TOKEN = {"access_token": "secret-token", "expires_in": 600, "token_type": "Bearer"}
PERSON = "05908399546"
UUID = "5b7a2a1e-0000-4000-8000-00000000abcd"


class ExchangeCase(NavCase):
    """A connection whose Maskinporten and NAV are played on loopback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.connection.maskinporten_client_id
        cls.client.action_generate_key()
        cls.startClassPatcher(
            patch.dict(Transport.__init__.__kwdefaults__, {"sleep": lambda _seconds: None})
        )

    def setUp(self):
        super().setUp()
        TOKENS.clear()
        self.maskinporten = self.serve((200, TOKEN))

    def serve(self, *answers):
        server = LoopbackServer(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def nav_answers(self, *answers):
        nav = self.serve(*answers)
        self.client.write(
            {
                "environment": "custom",
                "maskinporten_url": self.maskinporten.url,
                "sykepenger_url": nav.url,
                "enhetsregisteret_url": nav.url,
                "altinn_url": nav.url,
                "followup_plan_url": nav.url,
            }
        )
        return nav

    def fetch(self, *answers):
        self.nav_answers(*answers)
        self.connection._fetch(lambda: float("inf"))
        return self.lines()

    def lines(self, system=None):
        self.env.invalidate_all()
        domain = [("system", "=", system)] if system else []
        return self.env["nav.exchange"].search(domain, order="id")


class TestLines(ExchangeCase):
    def test_each_call_of_a_fetch_has_a_line(self):
        token, notes = self.fetch(
            (200, [self.payload(("2026-06-01", "2026-06-03", 100))], {"Nav-Call-Id": "call-1"})
        )
        self.assertEqual(
            [(line.system, line.operation, line.outcome) for line in (token, notes)],
            [("maskinporten", "token", "ok"), ("sykepenger", "sick_notes", "ok")],
        )
        for line in (token, notes):
            self.assertEqual(line.connection_id, self.connection)
            self.assertEqual(line.client_id, self.client)
            self.assertEqual(line.company_id, self.company)
            self.assertEqual(line.unit_id, self.unit)
            self.assertEqual((line.http_status, line.failed, line.attempt), (200, 0, 1))
            self.assertGreaterEqual(line.duration_ms, 0)
            age = fields.Datetime.now() - line.started_at
            self.assertLess(abs(age), timedelta(minutes=5))
        self.assertEqual((notes.records, notes.reference), (1, "call-1"))
        self.assertFalse(token.records)
        self.assertEqual(notes.display_name, "List sick notes")

    def test_each_attempt_has_a_line_that_points_at_the_first(self):
        _token, *lines = self.fetch((503, {}), (429, {}), (200, []))
        self.assertEqual([line.outcome for line in lines], ["fault", "busy", "ok"])
        self.assertEqual([line.attempt for line in lines], [1, 2, 3])
        self.assertEqual([line.failed for line in lines], [1, 1, 0])
        first = lines[0]
        self.assertEqual([line.retry_of_id for line in lines[1:]], [first, first])
        self.assertFalse(first.retry_of_id)
        self.assertEqual([line.records for line in lines], [0, 0, 0])

    def test_a_refusal_keeps_nav_s_code_and_reference(self):
        refused = {"feilkode": "IKKE_TILGANG_TIL_RESSURS", "referanseId": UUID}
        *_others, line = self.fetch((403, refused))
        self.assertEqual(
            (line.outcome, line.http_status, line.error_code, line.reference),
            ("refused", 403, "IKKE_TILGANG_TIL_RESSURS", UUID),
        )

    def test_no_answer(self):
        def hang_up(handler):
            handler.close_connection = True

        lines = self.fetch(hang_up).filtered(lambda line: line.system == "sykepenger")
        self.assertEqual(set(lines.mapped("outcome")), {"no_answer"})
        self.assertTrue(all(lines.mapped("reason")))
        self.assertFalse(any(lines.mapped("http_status")))

    def test_enhetsregisteret_and_altinn_are_in_it(self):
        self.nav_answers((404, {}))
        self.connection._calling_client()._enhetsregisteret_client().lookup(MAIN_UNIT)
        self.connection._calling_client()._altinn_client().system(f"{MAIN_UNIT}_odoo")
        self.assertEqual(
            [(line.system, line.outcome) for line in self.lines()],
            [
                ("enhetsregisteret", "not_found"),
                ("enhetsregisteret", "not_found"),
                ("maskinporten", "ok"),
                ("altinn", "not_found"),
            ],
        )
        self.assertFalse(any(self.lines().mapped("failed")))

    def test_a_client_without_connection_has_lines_of_its_company(self):
        self.nav_answers((200, []))
        self.client.company_id = self.company
        self.client.action_test_token()
        lines = self.lines()
        self.assertEqual(lines.client_id, self.client)
        self.assertEqual(lines.company_id, self.company)
        self.assertFalse(lines.connection_id)

    def test_nothing_of_what_was_sent_and_received(self):
        payload = self.payload(("2026-06-01", "2026-06-03", 60))
        self.fetch((200, [payload], {"Nav-Call-Id": self.employee.identification_id}))
        error = {"feilkode": "Kari Prøve", "referanseId": "Kari", "melding": "Kari Prøve 60 %"}
        self.fetch((400, error))
        self.fetch((400, {"feilkode": self.employee.identification_id}))
        rows = self.env.execute_query(SQL("SELECT to_json(line)::text FROM nav_exchange line"))
        text = "\n".join(row for (row,) in rows)
        for secret in (
            self.employee.identification_id,
            "Kari",
            "secret-token",
            payload["sykmeldingId"],
            MAIN_UNIT,
            "127.0.0.1",
            "2026-06-0",
        ):
            self.assertNotIn(secret, text)
        self.assertIn("refused", text)

    def test_the_secret_of_a_plan_s_address_is_no_reference(self):
        plan = {"uuid": UUID, "isSentToNavStatus": True, "isSentToGeneralPractitionerStatus": True}
        self.nav_answers((200, plan, {"Nav-Call-Id": UUID.upper()}))
        self.connection._followup_plan_client().status(UUID)
        (line,) = self.lines("followup_plan")
        self.assertEqual((line.operation, line.outcome), ("plan_status", "ok"))
        self.assertFalse(line.reference)


class TestFailingLog(ExchangeCase):
    """The call has happened: what becomes of its line changes nothing for it."""

    def test_a_log_that_cannot_be_written(self):
        with (
            patch.object(exchange_log, "_insert", side_effect=RuntimeError("Kari Prøve")),
            self.assertLogs("odoo.addons.nav_altinn_connector.clients.transport") as logs,
        ):
            self.fetch((200, [self.payload(("2026-06-01", "2026-06-03", 100))]))
        self.assertFalse(self.connection.last_error)
        self.assertTrue(self.env["nav.sick.note"].search([("employee_id", "=", False)]))
        self.assertNotIn("Kari", "".join(logs.output))

    def test_a_broken_statement_leaves_the_work_alone(self):
        with (
            patch.object(exchange_log, "_statement", lambda *_args: SQL("SELECT 1/0")),
            self.assertLogs("odoo.addons.nav_altinn_connector.clients.transport"),
        ):
            self.fetch((200, []))
        self.assertFalse(self.connection.last_error)

    def test_it_does_not_wait_for_a_lock(self):
        insert, given = exchange_log._insert, []

        def locked_once(env, owner, exchange):
            given.append(owner)
            if owner["connection"]:
                raise psycopg2.errors.LockNotAvailable
            insert(env, owner, exchange)

        with patch.object(exchange_log, "_insert", locked_once):
            lines = self.fetch((200, []))
        self.assertEqual(len(given), 4)
        self.assertFalse(lines.connection_id | lines.unit_id.connection_id)
        self.assertEqual(lines.company_id, self.company)


class TestKept(NavCase):
    def test_lines_go_after_the_days_of_their_connection(self):
        other = self._connection(name="Other", unit_ids=[], keep_exchanges_days=10)
        now = fields.Datetime.now()
        make = self.env["nav.exchange"].create
        kept, gone = [], []
        for connection, days in ((self.connection, 90), (other, 10), (other.browse(), 90)):
            for age, where in ((days - 1, kept), (days + 1, gone)):
                where.append(
                    make(
                        {
                            "connection_id": connection.id,
                            "system": "sykepenger",
                            "operation": "sick_notes",
                            "outcome": "ok",
                            "started_at": now - timedelta(days=age),
                        }
                    )
                )
        kept[0].retry_of_id = gone[0]
        with patch("odoo.addons.nav_altinn_connector.models.nav_connection_exchange.BATCH", 2):
            self.assertEqual(self.env["nav.exchange"]._gc_old(), (2, 1))
            removed, left = self.env["nav.exchange"]._gc_old()
        self.assertEqual((removed, left), (1, 0))
        self.assertTrue(all(line.exists() for line in kept))
        self.assertFalse(any(line.exists() for line in gone))
        self.assertFalse(kept[0].retry_of_id)

    def test_lines_stay_when_the_connection_is_deleted(self):
        other = self._connection(name="Other", unit_ids=[])
        line = self.env["nav.exchange"].create(
            {
                "connection_id": other.id,
                "company_id": self.company.id,
                "system": "altinn",
                "operation": "request",
                "outcome": "ok",
                "started_at": fields.Datetime.now(),
            }
        )
        other.unlink()
        self.assertTrue(line.exists())
        self.assertFalse(line.connection_id)


class TestWords(BaseCase):
    def test_codes(self):
        for code in ("MP-303", "AUTH-00011", "IKKE_TILGANG_TIL_RESSURS", "invalid_grant", "CUT"):
            self.assertEqual(exchange_log.safe_code(code), code)
        for code in ("Kari", "Kari Prøve", "OlaNordmann", PERSON, f"A-{PERSON}", "A" * 61, "", 7):
            self.assertIsNone(exchange_log.safe_code(code), code)

    def test_references(self):
        for reference in (UUID, "call-1", "a1b2:c3/d4|x"):
            self.assertEqual(exchange_log.safe_reference(reference), reference)
        for reference in ("Kari", "Ola-Nordmann", PERSON, f"ref{PERSON}", "1" * 101, "a b 1", None):
            self.assertIsNone(exchange_log.safe_reference(reference), reference)

    def test_every_kind_of_error_has_an_outcome(self):
        kinds = {"ok"}
        families = [errors.ClientError]
        while families:
            family = families.pop()
            kinds.add(family.kind)
            families += family.__subclasses__()
        known = {*exchange_log.OUTCOMES, "failed", "insecure_address", "too_many_units"}
        self.assertEqual(kinds - known, set())


class TestOperations(NavCase):
    def test_every_operation_of_the_clients_has_words(self):
        words = dict(self.env["nav.exchange"]._fields["operation"].selection)
        found = set()
        for path in Path(clients.__file__).parent.glob("*.py"):
            found |= _operations(ast.parse(path.read_text(encoding="utf-8")))
        self.assertEqual(found - words.keys(), set())
        self.assertGreaterEqual(len(found), 15)


# What of the clients gets the name of an operation, and as which argument.
CALLS = {
    "_look_up": 2,
    "_call": 3,
    "_create": 1,
    "_request": 1,
    "_delete": 1,
    "_pages": 2,
    "_below": 2,
}


def _operations(tree):
    """The names of operations in a client's source."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", "")
        values = [keyword.value for keyword in node.keywords if keyword.arg == "operation"]
        if name in CALLS and len(node.args) > CALLS[name]:
            values.append(node.args[CALLS[name]])
        found |= {value.value for value in values if isinstance(value, ast.Constant)}
    return found
