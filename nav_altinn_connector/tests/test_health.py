"""Checks, health, healing, and what the administrators are told; the outside systems are played."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

import psycopg2.errors

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from ..clients.enhetsregisteret import EnhetsregisteretClient, Unit
from ..clients.errors import NoAnswer, ServerFault, Unauthorised
from ..clients.maskinporten import MaskinportenError
from ..clients.sykepenger import NoAccess, SickNotePage
from ..models.nav_connection_check import UNITS_AT_ONCE
from ..models.nav_connection_health import TELL_AFTER
from .common import MAIN_UNIT, NavCase, org_numbers

NUMBERS = [number for number, _each in zip(org_numbers(), range(100), strict=False)][1:]
FOLLOWUP_SCOPE = "nav:oppfolgingsplan/lps.write"


def token_refused(code):
    return MaskinportenError("maskinporten", "token", status=400, code=code)


def no_access():
    return NoAccess("sykepenger", "sick_notes", status=401, code="IKKE_TILGANG_TIL_RESSURS")


class Outside:
    """Maskinporten, NAV and Enhetsregisteret, as a test wants them to be.

    :ivar token_error: what Maskinporten answers instead of a token
    :ivar plan_error: the same, for the scope of follow-up plans
    :ivar denied: numbers of the sub-units without access
    :ivar nav_error: what NAV answers to everything
    :ivar asked: the sub-units that NAV was asked for
    :ivar register: what Enhetsregisteret knows, by number; an error to raise instead
    """

    def __init__(self):
        self.token_error = self.plan_error = self.nav_error = self.register_error = None
        self.denied, self.asked, self.notes = set(), [], {}
        self.register = {}

    def token(self, scope, **_grant):
        error = self.plan_error if scope == FOLLOWUP_SCOPE else self.token_error
        if error:
            raise error

    def invalidate(self, *_args, **_grant):
        pass

    def sick_notes(self, orgnr, **_filter):
        self.token("nav:helseytelser/sykepenger")
        self.asked.append(orgnr)
        if self.nav_error:
            raise self.nav_error
        if orgnr in self.denied:
            raise no_access()
        return SickNotePage(self.notes.pop(orgnr, []))

    def lookup(self, number):
        if self.register_error:
            raise self.register_error
        return self.register.get(number)

    def sub_units(self, parent):
        return [unit for unit in self.register.values() if unit.parent == parent]


def entry(number, name="Some unit", parent=None, deleted_on=None):
    kind = "sub" if parent else "main"
    return Unit(number, name, "BEDR", parent, deleted_on, kind, bool(deleted_on))


class HealthCase(NavCase):
    """Two administrators, and an outside world that works."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.admins = cls.env["res.users"].union(
                *(
                    cls._user(f"admin-{number}", "nav_altinn_connector.group_nav_admin")
                    for number in (1, 2)
                )
            )
        others = cls.env.ref("nav_altinn_connector.group_nav_admin").all_user_ids - cls.admins
        others.filtered(lambda user: user != cls.env.user).group_ids -= cls.env.ref(
            "nav_altinn_connector.group_nav_admin"
        )

    def setUp(self):
        super().setUp()
        self.outside = outside = Outside()
        outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer")
        Client = self.env.registry["nav.maskinporten.client"]
        Connection = self.env.registry["nav.connection"]
        for target, name, value in (
            (Client, "_maskinporten_client", lambda client, key=None: outside),
            (Connection, "_sykepenger_client", lambda connection: outside),
            (EnhetsregisteretClient, "lookup", lambda self, number: outside.lookup(number)),
            (EnhetsregisteretClient, "sub_unit", lambda self, number: outside.lookup(number)),
            (EnhetsregisteretClient, "main_unit", lambda self, number: outside.lookup(number)),
            (EnhetsregisteretClient, "sub_units", lambda self, number: outside.sub_units(number)),
            (EnhetsregisteretClient, "lower_main_units", lambda self, number: []),
        ):
            self.patch(target, name, value)

    def add_units(self, count, start=0):
        numbers = NUMBERS[start : start + count]
        self.connection.unit_ids = [
            Command.create({"org_number": number, "name": f"Unit {number}"}) for number in numbers
        ]
        return numbers

    def fetch(self, connection=None):
        connection = connection or self.connection
        connection._fetch(lambda: float("inf"))
        return connection

    def activities(self, connection=None):
        connection = connection or self.connection
        return self.env["mail.activity"].search(
            [("res_model", "=", "nav.connection"), ("res_id", "=", connection.id)]
        )

    def checks(self, kind, connection=None):
        connection = connection or self.connection
        return connection.check_ids.filtered(lambda check: check.kind == kind)

    @contextmanager
    def later(self, **span):
        moment = fields.Datetime.now() + timedelta(**span)
        with patch.object(fields.Datetime, "now", lambda *_args: moment):
            yield


class TestChecks(HealthCase):
    def test_all_that_works_has_a_line_with_a_tick(self):
        self.assertEqual(self.connection._run_checks(), "ok")
        self.assertEqual(
            [(check.kind, check.state, check.tick) for check in self.connection.check_ids.sorted()],
            [
                ("token", "ok", "✓"),
                ("unit", "ok", "✓"),
                ("register", "ok", "✓"),
                ("followup_plan", "ok", "✓"),
            ],
        )
        self.assertTrue(all(self.connection.check_ids.mapped("checked_at")))
        self.assertEqual(self.unit.permission, "granted")

    def test_checking_again_writes_the_same_lines(self):
        self.connection._run_checks()
        before = self.connection.check_ids
        self.connection._run_checks()
        self.assertEqual(self.connection.check_ids, before)

    def test_a_missing_system_user_is_late_in_the_first_hour_and_failed_after_it(self):
        self.outside.token_error = token_refused("MP-303")
        for minutes, outcome in ((59, "late"), (61, "failed")):
            self.connection.approved_at = fields.Datetime.now() - timedelta(minutes=minutes)
            self.assertEqual(self.connection._run_checks(), outcome)
            self.assertEqual(self.checks("token").state, outcome)
            self.assertIn("system user", self.checks("token").message)
        self.connection.approved_at = False
        self.assertEqual(self.connection._run_checks(), "failed")

    def test_missing_access_to_sub_units_is_late_in_the_first_hour(self):
        self.outside.denied = {MAIN_UNIT}
        self.connection.approved_at = fields.Datetime.now()
        self.assertEqual(self.connection._run_checks(), "late")
        self.assertEqual(self.unit.permission, "unknown")
        self.connection.approved_at -= timedelta(hours=2)
        self.assertEqual(self.connection._run_checks(), "failed")
        self.assertEqual(self.unit.permission, "denied")

    def test_a_client_that_does_not_work_is_never_late(self):
        self.connection.approved_at = fields.Datetime.now()
        self.outside.token_error = token_refused("MP-121")
        self.assertEqual(self.connection._run_checks(), "failed")
        self.assertIn("expired", self.checks("token").message)
        self.assertFalse(self.outside.asked)

    def test_a_sub_unit_without_access_beside_others_fails_alone(self):
        (other,) = self.add_units(1)
        self.outside.denied = {other}
        self.assertEqual(self.connection._run_checks(), "ok")
        states = {check.unit_id.org_number: check.state for check in self.checks("unit")}
        self.assertEqual(states, {MAIN_UNIT: "ok", other: "failed"})
        permissions = {unit.org_number: unit.permission for unit in self.connection.unit_ids}
        self.assertEqual(permissions, {MAIN_UNIT: "granted", other: "denied"})
        self.outside.denied = set()
        self.connection._run_checks()
        self.assertEqual(set(self.connection.unit_ids.mapped("permission")), {"granted"})
        self.assertFalse(any(self.connection.unit_ids.mapped("last_error")))

    def test_many_sub_units_have_their_turn_one_after_the_other(self):
        numbers = [MAIN_UNIT, *self.add_units(2 * UNITS_AT_ONCE)]
        last = self.connection.unit_ids.sorted("id")[-1].org_number
        self.outside.denied = set(numbers) - {last}
        outcomes = []
        for _turn in range(3):
            asked = len(self.outside.asked)
            outcomes.append(self.connection._run_checks())
            self.assertLessEqual(len(self.outside.asked) - asked, UNITS_AT_ONCE)
        self.assertEqual(outcomes, ["late", "late", "ok"])
        self.assertEqual(set(self.outside.asked), set(numbers))
        self.assertEqual(len(self.checks("unit")), len(numbers))

    def test_a_fault_of_nav_ends_the_asking_and_is_not_the_sub_units(self):
        self.add_units(3)
        self.outside.nav_error = ServerFault("sykepenger", "sick_notes", status=500)
        self.assertEqual(self.connection._run_checks(), "late")
        self.assertEqual(len(self.outside.asked), 1)
        self.assertEqual(set(self.connection.unit_ids.mapped("permission")), {"unknown"})
        self.assertEqual(set(self.checks("unit").mapped("state")), {"unknown"})

    def test_follow_up_plans_and_the_register_never_block(self):
        self.outside.plan_error = token_refused("MP-200")
        self.outside.register_error = NoAnswer("enhetsregisteret", "sub_unit")
        self.assertEqual(self.connection._run_checks(), "ok")
        self.assertEqual(self.checks("followup_plan").state, "unknown")
        self.assertIn("Not set up yet", self.checks("followup_plan").message)
        self.assertEqual(self.checks("register").state, "unknown")

    def test_an_organisation_that_is_deleted_is_a_failed_line(self):
        self.outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer", None, date(2026, 1, 1))
        self.assertEqual(self.connection._run_checks(), "ok")
        self.assertEqual(self.checks("register").state, "failed")
        self.assertIn("deleted", self.checks("register").message)

    def test_a_sub_unit_that_is_not_ticked_has_no_line(self):
        (other,) = self.add_units(1)
        self.connection._run_checks()
        unit = self.connection.unit_ids.filtered(lambda unit: unit.org_number == other)
        unit.selected = False
        self.outside.asked.clear()
        self.connection._run_checks()
        self.assertEqual(self.outside.asked, [MAIN_UNIT])
        self.assertEqual(self.checks("unit").unit_id, self.unit)

    def test_the_database_keeps_one_line_of_a_kind(self):
        self.connection._run_checks()
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "INSERT INTO nav_connection_check (connection_id, kind, state) "
                "VALUES (%s, 'token', 'ok')",
                [self.connection.id],
            )

    def test_the_button_says_how_it_went(self):
        self.assertEqual(self.connection.action_run_checks()["params"]["type"], "success")
        self.outside.token_error = token_refused("MP-121")
        self.assertEqual(self.connection.action_run_checks()["params"]["type"], "warning")
        self.assertEqual(self.connection.state, "active")

    def test_the_button_finds_lost_rights(self):
        self.outside.token_error = token_refused("MP-303")
        self.connection.action_run_checks()
        self.assertEqual(self.connection.state, "reauthorise")
        self.assertTrue(self.activities())
        self.outside.token_error = None
        self.connection.action_run_checks()
        self.assertEqual(self.connection.state, "active")


class TestHealth(HealthCase):
    def test_a_system_user_that_is_gone_stops_the_fetching_until_it_is_back(self):
        self.outside.token_error = token_refused("MP-303")
        self.fetch()
        self.assertEqual(self.connection.state, "reauthorise")
        self.assertEqual((self.connection.health, self.connection.mend), ("problem", "reauthorise"))
        self.assertTrue(self.connection.next_check_at)
        self.assertFalse(self.connection.next_fetch_at)
        with self.assertRaisesRegex(UserError, "Press Reauthorise"):
            self.connection.action_fetch_now()
        self.assertFalse(self.connection._heal())
        self.assertEqual(self.connection.state, "reauthorise")
        self.outside.token_error = None
        self.assertTrue(self.connection._heal())
        self.assertEqual(self.connection.state, "active")
        self.assertFalse(self.connection.last_error)
        self.assertFalse(self.connection.failing_part)
        self.assertEqual(self.connection.health, "ok")

    def test_healing_is_tried_less_and_less_often(self):
        self.outside.token_error = token_refused("MP-303")
        self.fetch()
        pauses = []
        for _turn in range(12):
            before = fields.Datetime.now()
            self.connection._heal()
            # To the minute: a second may pass between the two clocks.
            pauses.append(round((self.connection.next_check_at - before) / timedelta(minutes=1)))
        self.assertLess(pauses[0], 6)
        self.assertEqual(pauses, sorted(pauses))
        self.assertLess(pauses[-1], 7 * 60)

    def test_a_fresh_approval_is_not_lost_in_its_first_hour(self):
        self.connection.approved_at = fields.Datetime.now()
        self.outside.token_error = token_refused("MP-303")
        self.fetch()
        self.assertEqual(self.connection.state, "active")
        self.assertFalse(self.activities())

    def test_all_sub_units_denied_is_lost_access_and_one_of_them_is_not(self):
        (other,) = self.add_units(1)
        self.outside.denied = {other}
        self.fetch()
        self.assertEqual(self.connection.state, "active")
        self.assertEqual((self.connection.health, self.connection.mend), ("attention", "checks"))
        self.assertIn(f"Unit {other}", self.connection.health_message)
        self.assertEqual((self.connection.unit_count, self.connection.granted_count), (2, 1))
        self.assertEqual(len(self.activities()), 2)
        self.outside.denied = {other, MAIN_UNIT}
        self.fetch()
        self.assertEqual(self.connection.state, "reauthorise")

    def test_a_denied_sub_unit_that_works_again_is_told_no_more(self):
        (other,) = self.add_units(1)
        self.outside.denied = {other}
        self.fetch()
        self.outside.denied = set()
        self.fetch()
        self.assertFalse(self.activities())
        self.assertEqual(self.connection.health, "ok")

    def test_a_client_that_does_not_work_leaves_the_connection_active(self):
        for code in ("MP-100", "MP-110", "MP-121", "MP-124", "MP-200", "MP-250", "MP-251", None):
            with self.subTest(code=code):
                self.outside.token_error = token_refused(code)
                self.fetch()
                self.assertEqual(self.connection.state, "active")
                self.assertEqual(self.connection.failing_part, "client")
                self.assertEqual(
                    (self.connection.health, self.connection.mend), ("problem", "client")
                )
                self.assertEqual(self.connection.health_message, self.connection.last_error)
                self.assertTrue(self.connection.retry_at)
        self.outside.token_error = None
        self.fetch()
        self.assertEqual(self.connection.health, "ok")
        self.assertFalse(self.activities())

    def test_a_token_that_nav_refuses_is_asked_for_anew_once(self):
        self.outside.nav_error = Unauthorised("sykepenger", "sick_notes", status=401)
        self.fetch()
        self.assertEqual(len(self.outside.asked), 1)
        self.assertEqual(
            (self.connection.state, self.connection.failing_part), ("active", "system")
        )
        self.assertEqual(self.connection.health, "attention")

    def test_a_failure_that_lasts_becomes_a_problem(self):
        self.outside.nav_error = ServerFault("sykepenger", "sick_notes", status=500)
        found = []
        for _turn in range(4):
            self.fetch()
            found.append(self.connection.health)
        self.assertEqual(found, ["attention", "attention", "problem", "problem"])

    def test_health_is_found_by_search_as_it_is_shown(self):
        def assert_found():
            for level in ("ok", "attention", "problem", False):
                found = self.env["nav.connection"].search([("health", "=", level)])
                self.assertEqual(self.connection in found, self.connection.health == level, level)

        shown = set()
        for vals in (
            {"state": "draft"},
            {"state": "waiting"},
            {"state": "rejected"},
            {"state": "paused"},
            {"state": "reauthorise", "last_error": "Gone."},
            {"state": "active", "last_error": False},
            {"failing_part": "client", "failures": 1},
            {"failing_part": "system", "failures": 1},
            {"failing_part": "system", "failures": 3},
            {"failing_part": False, "failures": 0, "org_deleted_on": date(2026, 1, 1)},
            {"org_deleted_on": False},
        ):
            self.connection.write(vals)
            assert_found()
            shown.add((self.connection.health, self.connection.mend))
        self.unit.closed_on = date(2026, 1, 1)
        assert_found()
        self.assertEqual((self.connection.health, self.connection.mend), ("attention", "open"))
        self.assertEqual({level for level, _mend in shown}, {"ok", "attention", "problem", False})
        self.assertGreaterEqual(
            {mend for _level, mend in shown},
            {"guide", "resume", "reauthorise", "client", "checks", "open"},
        )

    def test_hr_sees_health_without_reading_clients(self):
        hr = self._user("nav-hr", "nav_altinn_connector.group_nav_hr")
        connection = self.connection.with_user(hr)
        self.assertEqual(connection.health, "ok")
        self.assertIn(connection, connection.search([("health", "=", "ok")]))
        self.connection._run_checks()
        self.assertTrue(connection.check_ids.mapped("name"))


class TestTelling(HealthCase):
    def lose(self, code="MP-303"):
        self.outside.token_error = token_refused(code)
        self.fetch()

    def test_each_administrator_is_told_once_and_no_more_when_it_is_over(self):
        self.lose()
        told = self.activities()
        self.assertEqual(told.user_id, self.admins | (told.user_id & self.env.user))
        self.assertEqual(len(told), len(told.user_id))
        self.assertIn("Reauthorise", told[0].note)
        for _turn in range(3):
            self.connection._heal()
        self.assertEqual(self.activities(), told)
        self.outside.token_error = None
        self.connection._heal()
        self.assertFalse(self.activities())

    def test_an_activity_that_is_done_is_not_made_again_for_the_same_cause(self):
        self.lose("MP-121")
        self.activities().action_done()
        self.fetch()
        self.assertFalse(self.activities())

    def test_another_cause_is_told_in_place_of_the_first(self):
        self.lose("MP-121")
        first = self.activities()
        self.lose("MP-200")
        second = self.activities()
        self.assertTrue(first and second)
        self.assertFalse(first.exists())
        self.assertEqual(len(second), len(first.ids))

    def test_the_same_cause_is_told_again_after_it_was_gone(self):
        self.lose("MP-121")
        self.outside.token_error = None
        self.fetch()
        self.lose("MP-121")
        self.assertTrue(self.activities())

    def test_what_is_wrong_with_the_client_is_told_for_one_of_its_connections(self):
        twin = self.connection.copy({"name": "Twin", "org_number": NUMBERS[0]})
        twin.unit_ids = [Command.create({"org_number": NUMBERS[0]})]
        twin.state = "active"
        self.lose("MP-121")
        self.fetch(twin)
        self.assertTrue(self.activities())
        self.assertFalse(self.activities(twin))
        self.outside.token_error = None
        self.fetch(twin)
        self.assertFalse(self.activities(), "the client works again, whoever found out")

    def test_what_passes_by_itself_is_told_when_it_has_lasted(self):
        self.outside.nav_error = ServerFault("sykepenger", "sick_notes", status=500)
        for turn in range(TELL_AFTER + 2):
            self.fetch()
            self.assertEqual(bool(self.activities()), turn + 1 >= TELL_AFTER)

    def test_administrators_of_other_companies_are_not_told(self):
        other = self.env["res.company"].create({"name": "Other"})
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            stranger = self._user("stranger", "nav_altinn_connector.group_nav_admin")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.lose()
        self.assertNotIn(stranger, self.activities().user_id)

    def test_closing_the_connection_ends_the_telling(self):
        self.lose()
        self.connection.action_close()
        self.assertFalse(self.activities())


class TestEveryDay(HealthCase):
    def setUp(self):
        super().setUp()
        self.outside.register[NUMBERS[0]] = entry(NUMBERS[0], "Old", parent=MAIN_UNIT)
        self.unit.org_number = NUMBERS[0]

    def by_number(self, number):
        return self.connection.unit_ids.filtered(lambda unit: unit.org_number == number)

    def test_a_new_sub_unit_is_offered_and_told_once(self):
        self.outside.register[NUMBERS[1]] = entry(NUMBERS[1], "New street", parent=MAIN_UNIT)
        for _day in range(2):
            self.connection._daily_health()
        new = self.by_number(NUMBERS[1])
        self.assertEqual((new.selected, new.offered), (False, True))
        self.assertEqual(self.connection.health, "attention")
        told = self.activities()
        self.assertEqual(len(told), len(told.user_id))
        self.assertIn("New street", told[0].note)
        new.selected = True
        self.assertFalse(new.offered)
        self.connection._daily_health()
        self.assertFalse(self.activities())

    def test_new_sub_units_can_be_left_aside(self):
        self.outside.register[NUMBERS[1]] = entry(NUMBERS[1], "New street", parent=MAIN_UNIT)
        self.connection._daily_health()
        self.connection.action_dismiss_offered()
        self.connection._daily_health()
        self.assertFalse(self.by_number(NUMBERS[1]).offered)
        self.assertFalse(self.activities())
        self.assertEqual(self.connection.health, "ok")

    def test_a_closed_sub_unit_is_marked_and_still_fetched(self):
        self.outside.register[NUMBERS[0]] = entry(NUMBERS[0], "Old", None, date(2026, 3, 1))
        self.connection._daily_health()
        self.assertEqual(self.unit.closed_on, date(2026, 3, 1))
        self.assertEqual((self.connection.health, self.connection.mend), ("attention", "open"))
        self.fetch()
        self.assertIn(NUMBERS[0], self.outside.asked)

    def test_an_organisation_that_is_deleted_is_a_problem_until_it_is_not(self):
        self.outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer", None, date(2026, 3, 1))
        for _day in range(2):
            self.connection._daily_health()
        self.assertEqual(self.connection.org_deleted_on, date(2026, 3, 1))
        self.assertEqual(self.connection.health, "problem")
        self.assertEqual(self.connection.state, "active")
        told = self.activities()
        self.assertEqual(len(told), len(told.user_id))
        self.outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer")
        self.connection._daily_health()
        self.assertFalse(self.connection.org_deleted_on)
        self.assertFalse(self.activities())

    def test_a_register_that_does_not_answer_does_no_harm(self):
        self.outside.register_error = NoAnswer("enhetsregisteret", "sub_unit")
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=1.0):
            self.env["nav.connection"]._daily_health_if_due()
        self.assertEqual(self.connection.health, "ok")
        self.assertTrue(self.connection.health_checked_at)

    def test_it_is_done_once_a_day(self):
        days = []
        Connection = self.env.registry["nav.connection"]
        self.patch(Connection, "_daily_health", lambda connection: days.append(connection.id))
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=1.0):
            for _turn in range(3):
                self.env["nav.connection"]._daily_health_if_due()
            with self.later(days=1):
                self.env["nav.connection"]._daily_health_if_due()
        self.assertEqual(days.count(self.connection.id), 2)


class TestSubUnits(HealthCase):
    def payload_for(self, number):
        days = (date(2026, 6, 1), date(2026, 6, 5), 100)
        return self.payload(days, arbeidsgiver={"navn": "Employer", "orgnr": number})

    def test_a_note_for_a_sub_unit_that_is_not_ticked_waits_until_it_is(self):
        (other,) = self.add_units(1)
        unit = self.connection.unit_ids.filtered(lambda unit: unit.org_number == other)
        unit.selected = False
        note = self.receive(self.payload_for(other))
        self.assertEqual((note.state, note.waiting_reason), ("waiting", "unit_not_included"))
        self.assertFalse(self.nav_leaves())
        self.assertNotIn(note, self.env["nav.sick.note"]._pending())
        unit.selected = True
        self.assertIn(note, self.env["nav.sick.note"]._pending())
        self.env["nav.sick.note"]._pending()._apply()
        self.assertEqual(note.state, "applied")
        self.assertTrue(self.nav_leaves())

    def test_a_note_for_a_sub_unit_that_nobody_knows_waits(self):
        note = self.receive(self.payload_for(NUMBERS[5]))
        self.assertEqual(note.waiting_reason, "unit_not_included")

    def test_a_note_for_a_sub_unit_that_another_connection_fetches_is_applied(self):
        twin = self.connection.copy({"name": "Twin", "org_number": NUMBERS[0]})
        twin.unit_ids = [Command.create({"org_number": NUMBERS[0]})]
        twin.state = "active"
        self.assertEqual(self.receive(self.payload_for(NUMBERS[0])).state, "applied")

    def test_a_note_in_the_main_units_name_is_applied(self):
        self.unit.org_number = NUMBERS[0]
        self.assertEqual(self.receive(self.payload_for(MAIN_UNIT)).state, "applied")

    def test_notes_stay_applied_when_their_sub_unit_is_unticked(self):
        note = self.receive(self.payload_for(MAIN_UNIT))
        self.unit.selected = False
        note._apply()
        self.assertEqual(note.state, "applied")


class TestFetchedTwice(HealthCase):
    """No sub-unit is fetched by two connections of a company."""

    def setUp(self):
        super().setUp()
        self.twin = self.connection.copy({"name": "Twin"})
        self.twin.unit_ids = [Command.create({"org_number": MAIN_UNIT, "name": "Main street"})]

    def assert_refused(self, work):
        words = "Main street is already fetched by"
        with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
            work()
        self.env.invalidate_all()

    def test_a_second_connection_is_refused_in_words(self):
        self.assert_refused(self.twin.action_activate)
        self.assert_refused(lambda: self.twin.write({"state": "reauthorise"}))
        self.twin.state = "paused"
        self.assert_refused(self.twin.action_resume)

    def test_ticking_is_refused_in_words(self):
        self.twin.unit_ids.selected = False
        self.twin.state = "active"
        self.assert_refused(lambda: self.twin.unit_ids.write({"selected": True}))
        self.twin.unit_ids.unlink()
        self.assert_refused(
            lambda: self.env["nav.connection.unit"].create(
                {"connection_id": self.twin.id, "org_number": MAIN_UNIT}
            )
        )

    def test_unarchiving_is_refused_in_words(self):
        self.connection.active = False
        self.twin.state = "active"
        self.assert_refused(lambda: self.connection.write({"active": True}))

    def test_a_connection_that_lost_its_access_keeps_its_sub_units(self):
        self.connection.state = "reauthorise"
        self.assert_refused(lambda: self.twin.write({"state": "active"}))

    def test_another_company_may(self):
        company = self.env["res.company"].create({"name": "Sister"})
        self.env.user.company_ids |= company
        leave_type = self.sick_type.copy({"company_id": company.id})
        self.twin.write({"leave_type_id": leave_type.id, "company_id": company.id})
        self.twin.state = "active"
        self.assertTrue(self.twin.unit_ids.fetching)
        self.twin.state = "reauthorise"
        self.assert_refused(
            lambda: self.twin.write(
                {"leave_type_id": self.sick_type.id, "company_id": self.company.id}
            )
        )

    def test_paused_ones_and_drafts_may(self):
        self.connection.state = "paused"
        self.twin.state = "active"
        self.assertEqual((self.unit.fetching, self.twin.unit_ids.fetching), (False, True))

    def test_the_database_refuses_what_gets_past_the_words(self):
        self.env.flush_all()
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE nav_connection_unit SET fetching = true WHERE id = %s",
                [self.twin.unit_ids.id],
            )
