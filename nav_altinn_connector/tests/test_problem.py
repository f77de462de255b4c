"""Problems: one for each cause, counted, closed by themselves, with what to do."""

from datetime import date, timedelta
from unittest.mock import patch

import psycopg2.errors

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from ..clients.errors import NoAnswer, ServerFault
from ..models.nav_connection_health import TELL_AFTER
from .common import MAIN_UNIT, NavCase
from .plan_common import PlanCase
from .test_health import NUMBERS, HealthCase, entry, token_refused


def nav_is_down():
    return ServerFault("sykepenger", "sick_notes", status=503)


class ProblemCase(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            cls.hr = cls._user("nav-hr", "base.group_user,nav_altinn_connector.group_nav_hr")

    def problems(self, **values):
        found = self.env["nav.problem"].search([("state", "=", "open")], order="id")
        return found.filtered_domain([(name, "=", value) for name, value in values.items()])


class TestFetching(ProblemCase):
    def test_a_failure_is_one_problem_that_counts(self):
        self.outside.nav_error = nav_is_down()
        for times in range(1, TELL_AFTER + 2):
            self.fetch()
            (problem,) = self.problems()
            self.assertEqual(problem.count, times)
            # Nobody is told of what passes by itself, before it has lasted.
            self.assertEqual(bool(self.activities()), times >= TELL_AFTER)
        self.assertEqual(problem.words, self.connection.last_error)
        self.assertIn("tried again by itself", problem.advice)
        self.assertEqual((problem.topic, problem.company_id), ("connection", self.company))

    def test_what_only_administrators_mend_is_told_as_that(self):
        self.outside.token_error = token_refused("MP-121")
        self.fetch()
        problem = self.problems()
        for user, words in ((self.admins[0], "press Test"), (self.hr, "look after this")):
            self.assertIn(words, problem.with_user(user).what_to_do)

    def test_it_is_closed_when_it_works_again_and_opened_anew(self):
        self.outside.nav_error = nav_is_down()
        self.fetch()
        problem = self.problems()
        self.outside.nav_error = None
        self.fetch()
        self.assertFalse(self.problems())
        self.assertEqual((problem.state, problem.closed_how), ("closed", "works"))
        self.assertTrue(problem.closed_on)
        self.outside.nav_error = nav_is_down()
        self.fetch()
        self.assertEqual(self.problems().count, 1)
        self.assertNotEqual(self.problems(), problem)

    def test_another_cause_takes_its_place(self):
        self.outside.nav_error = nav_is_down()
        self.fetch()
        first = self.problems()
        self.outside.nav_error = NoAnswer("maskinporten", "token")
        self.fetch()
        (second,) = self.problems()
        self.assertNotEqual(first, second)
        self.assertEqual((first.state, first.closed_how), ("closed", "replaced"))

    def test_what_is_wrong_with_the_client_is_one_problem_for_all_its_connections(self):
        other = self._connection(
            name="Other",
            maskinporten_client_id=self.connection.maskinporten_client_id.id,
            unit_ids=[Command.create({"org_number": NUMBERS[5], "name": "Elsewhere"})],
        )
        self.outside.token_error = token_refused("MP-121")
        self.fetch()
        self.fetch(other)
        (problem,) = self.problems()
        self.assertEqual(problem.count, 2)
        self.assertEqual(problem.client_id, self.connection.maskinporten_client_id)
        self.env.invalidate_all()
        self.assertEqual((self.connection | other).mapped("problem_count"), [1, 1])
        self.outside.token_error = None
        self.fetch(other)
        self.assertFalse(self.problems())

    def test_one_cause_at_a_time_of_client_and_connection(self):
        def causes():
            self.fetch()
            activities = len(self.activities().filtered(lambda act: act.user_id == self.admins[0]))
            return [bool(problem.client_id) for problem in self.problems()], activities

        self.outside.nav_error = nav_is_down()
        self.connection.failures = TELL_AFTER
        self.assertEqual(causes(), ([False], 1))
        self.outside.token_error = token_refused("MP-121")
        self.assertEqual(causes(), ([True], 1))
        # A Maskinporten that does not answer says nothing of the client.
        self.outside.token_error = NoAnswer("maskinporten", "token")
        self.assertEqual(causes()[0], [True, False])
        self.outside.token_error = None
        self.assertEqual(causes(), ([False], 1))
        self.outside.token_error = token_refused("MP-303")
        self.assertEqual(causes(), ([False], 1))
        self.assertEqual(self.connection.state, "reauthorise")

    def test_sub_units_without_access_beside_others(self):
        (denied,) = self.add_units(1)
        self.outside.denied = {denied}
        self.fetch()
        self.fetch()
        (problem,) = self.problems()
        # That they have no access lasts; it does not happen again.
        self.assertEqual((problem.topic, problem.count), ("units", 1))
        self.assertIn(denied, problem.words)
        self.outside.denied = set()
        self.fetch()
        self.assertFalse(self.problems())

    def test_pausing_and_archiving_end_it(self):
        for end in (
            lambda: self.connection.action_pause(),
            lambda: self.connection.write({"active": False}),
        ):
            self.connection.state = "active"
            self.outside.nav_error = nav_is_down()
            self.fetch()
            problem = self.problems()
            end()
            self.assertEqual((problem.state, problem.closed_how), ("closed", "ended"))


class TestTryAgain(ProblemCase):
    def test_fetching_again(self):
        self.outside.nav_error = nav_is_down()
        self.fetch()
        problem = self.problems().with_user(self.admins[0])
        self.assertTrue(problem.can_try)
        problem.action_try_again()
        self.assertEqual(problem.count, 2)
        self.outside.nav_error = None
        problem.action_try_again()
        self.assertEqual(problem.state, "closed")
        self.assertFalse(problem.can_try)
        with self.assertRaises(UserError):
            problem.action_try_again()

    def test_lost_rights_are_looked_for_again(self):
        self.outside.token_error = token_refused("MP-303")
        self.fetch()
        self.assertEqual(self.connection.state, "reauthorise")
        (problem,) = self.problems()
        self.outside.token_error = None
        problem.with_user(self.admins[0]).action_try_again()
        self.assertEqual(self.connection.state, "active")
        self.assertEqual(problem.state, "closed")

    def test_hr_reads_problems_and_does_not_fetch(self):
        self.outside.nav_error = nav_is_down()
        self.fetch()
        problem = self.problems().with_user(self.hr)
        self.assertTrue(problem.words)
        with self.assertRaises(AccessError):
            problem.action_try_again()
        self.assertEqual(problem.action_open_affected()["res_id"], self.connection.id)

    def test_opening_the_client_is_for_administrators(self):
        self.outside.token_error = token_refused("MP-121")
        self.fetch()
        client = self.connection.maskinporten_client_id
        opened = self.problems().with_user(self.admins[0]).action_open_affected()
        self.assertEqual((opened["res_model"], opened["res_id"]), (client._name, client.id))
        opened = self.problems().with_user(self.hr).action_open_affected()
        self.assertEqual(opened["res_model"], "nav.connection")

    def test_a_deleted_organisation_is_looked_up_again(self):
        self.outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer", deleted_on=date(2026, 1, 1))
        self.connection._daily_health()
        problem = self.problems(topic="deleted").with_user(self.admins[0])
        problem.action_try_again()
        self.assertEqual(problem.state, "open")
        self.outside.register[MAIN_UNIT] = entry(MAIN_UNIT, "Employer")
        problem.action_try_again()
        self.assertEqual(problem.state, "closed")
        self.assertFalse(self.connection.org_deleted_on)


class TestUnusableNotes(ProblemCase):
    def broken(self):
        return {**self.payload(("2026-06-01", "2026-06-03", 100)), "sykmeldingPerioder": "none"}

    def test_one_problem_for_all_of_a_connection(self):
        self.receive(self.broken(), self.broken(), apply=False)
        for _time in range(2):
            self.env["nav.connection"]._apply_all(lambda: True)
        (problem,) = self.problems()
        self.assertEqual((problem.topic, problem.count), ("notes", 1))
        self.assertIn("2", problem.words)
        self.assertNotIn(self.employee.name, f"{problem.words}{problem.advice}")
        self.receive(self.broken(), apply=False)
        self.env["nav.connection"]._apply_all(lambda: True)
        self.assertIn("3", self.problems().words)
        self.assertEqual(self.connection.problem_count, 1)

    def test_hr_tries_again(self):
        note = self.receive(self.broken(), apply=False)
        self.env["nav.connection"]._apply_all(lambda: True)
        problem = self.problems().with_user(self.hr)
        with patch.object(self.registry["nav.sick.note"], "_fetch_again", lambda _self: self.good):
            self.good = None
            problem.action_try_again()
            self.assertEqual(problem.state, "open")
            self.good = self.payload(("2026-06-01", "2026-06-03", 100), loepenr=note.loepenr)
            problem.action_try_again()
        self.assertEqual((note.state, problem.state), ("applied", "closed"))

    def test_archiving_and_setting_up_anew_end_it(self):
        self.receive(self.broken(), apply=False)
        self.env["nav.connection"]._apply_all(lambda: True)
        problem = self.problems()
        self.connection.active = False
        self.assertEqual((problem.state, problem.closed_how), ("closed", "ended"))
        self.connection.write({"active": True, "state": "draft"})
        self.env["nav.connection"]._apply_all(lambda: True)
        self.assertEqual(self.problems().topic, "notes")
        self.env["nav.sick.note"].search([("connection_id", "=", self.connection.id)]).unlink()
        self.env["nav.connection"]._apply_all(lambda: True)
        self.assertFalse(self.problems())

    def test_what_waits_is_no_problem(self):
        self.note(("2026-06-01", "2026-06-03", 100), fnr=next(self.numbers))
        self.env["nav.connection"]._apply_all(lambda: True)
        self.assertFalse(self.problems())
        self.assertEqual((self.connection.waiting_count, self.connection.problem_count), (1, 0))


class TestPlans(PlanCase):
    def problems(self):
        return self.env["nav.problem"].search([("state", "=", "open")])

    def test_a_plan_whose_outcome_is_unknown_or_bad(self):
        for state in ("unknown", "failed"):
            self.plan.sudo().write({"state": state})
            (problem,) = self.problems()
            self.assertEqual((problem.topic, problem.cause), ("plan", state))
            self.assertNotIn(self.employee.name, f"{problem.words}{problem.advice}")
            opened = problem.with_user(self.hr).action_open_affected()
            self.assertEqual(
                (opened["res_model"], opened["res_id"]), (self.plan._name, self.plan.id)
            )
            with self.assertRaises(AccessError):
                problem.with_user(self.admin).action_open_affected()
            self.assertFalse(problem.can_try)
            self.assertEqual(
                [problem.with_user(user).can_open for user in (self.hr, self.admin)], [True, False]
            )
            self.assertEqual(problem.with_user(self.hr).what_to_do, problem.advice)
        self.plan.sudo().write({"state": "sending"})
        self.assertTrue(self.problems())
        self.plan.sudo().write({"state": "sent"})
        self.assertFalse(self.problems())

    def test_telling_of_it_never_breaks_it(self):
        Problem = self.registry["nav.problem"]
        with (
            patch.object(Problem, "_note", side_effect=RuntimeError("Kari")),
            self.assertLogs("odoo.addons.nav_altinn_connector", "ERROR") as logs,
        ):
            self.plan.sudo().write({"state": "unknown"})
        self.assertEqual(self.plan.state, "unknown")
        self.assertNotIn("Kari", "".join(logs.output))


class TestKeys(ProblemCase):
    def test_a_key_that_expires_soon(self):
        client = self.connection.maskinporten_client_id
        client.action_generate_key()
        key = client.current_key_id
        for days, expected in ((40, 0), (20, 1), (40, 0)):
            key.expires_on = fields.Date.today() + timedelta(days=days)
            self.env["nav.maskinporten.client"]._warn_of_expiring_keys()
            self.env["nav.maskinporten.client"]._warn_of_expiring_keys()
            self.assertEqual(len(self.problems(topic="key")), expected)
        key.expires_on = fields.Date.today()
        self.env["nav.maskinporten.client"]._warn_of_expiring_keys()
        # Of a client for all companies: for the administrators of all of them.
        self.assertFalse(self.problems().company_id)
        self.env.invalidate_all()
        self.assertEqual(self.connection.problem_count, 1)
        client.active = False
        self.env["nav.maskinporten.client"]._warn_of_expiring_keys()
        self.assertFalse(self.problems())


class TestRows(NavCase):
    def note_one(self, cause="cause", **vals):
        return self.env["nav.problem"]._note(
            self.connection, "subject", cause, "Words", topic="connection", **vals
        )

    def test_the_database_keeps_one_open_row_for_each_subject(self):
        problem = self.note_one()
        for cause in ("cause", "other"):
            with (
                self.assertRaises(psycopg2.errors.UniqueViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                problem.copy({"state": "open", "cause": cause})
                self.env.flush_all()

    def test_the_other_worker_s_row_counts(self):
        with patch.object(
            self.registry["nav.problem"], "create", side_effect=psycopg2.errors.UniqueViolation
        ):
            self.assertFalse(self.note_one())
        self.assertTrue(self.note_one())

    def test_long_keys_are_shortened(self):
        self.connection._tell_administrators("Words", "x" * 500)
        self.connection._tell_administrators("Words", "x" * 500)
        (problem,) = self.env["nav.problem"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual(problem.count, 2)

    def test_solved_ones_go_after_a_year(self):
        problem = self.note_one()
        solved_long_ago = self.note_one("other")
        self.assertEqual(problem.state, "closed")
        problem.closed_on = fields.Datetime.now() - timedelta(days=364)
        solved_long_ago._close("works")
        solved_long_ago.closed_on = fields.Datetime.now() - timedelta(days=366)
        old_and_open = self.note_one("third")
        old_and_open.first_seen = old_and_open.last_seen = "2020-01-01"
        self.assertEqual(self.env["nav.problem"]._gc_closed(), (1, 0))
        self.assertEqual(problem.exists() | old_and_open.exists(), problem | old_and_open)
        self.assertFalse(solved_long_ago.exists())

    def test_a_subject_that_is_gone(self):
        problem = self.note_one(res_model="nav.connection", res_id=0)
        self.assertEqual(problem.action_open_affected()["res_id"], self.connection.id)
        self.assertEqual(problem.company_id, self.company)
        self.assertEqual(self.connection.org_number, MAIN_UNIT)


class TestUnsentMessages(ProblemCase):
    """Whom a message about sick leave did not reach is not told by Odoo; this is."""

    def message(self, status="exception", user=None, days=0, **vals):
        """A message by e-mail, and what became of it."""
        user = user or self.admins[0]
        user.notification_type = "email"
        notice = self.env["nav.notice"].create(
            {
                "user_id": user.id,
                "company_id": self.company.id,
                "occasion": f"test {self.env['nav.notice'].search_count([])}",
                "content": {"own": {"new": 1}},
            }
        )
        before = self.env["mail.mail"].search([])
        notice._write_message()
        notice.unlink()
        mail = self.env["mail.mail"].search([]) - before
        failed = status == "exception"
        mail.write({"state": status, **vals})
        mail._postprocess_sent_message([], [], failure_type="mail_smtp" if failed else None)
        message = mail.mail_message_id if failed else self.env["mail.message"]
        message.date = fields.Datetime.now() - timedelta(days=days)
        return mail

    def look(self):
        self.env["nav.connection"]._note_unsent_messages()
        return self.problems(topic="mail")

    def test_one_problem_until_they_are_sent(self):
        other = self._connection(name="Other", unit_ids=[])
        mails = self.message() | self.message()
        self.assertEqual(len(mails), 2)
        self.assertTrue(all("<html" in mail.body_html for mail in mails), "Odoo's own layout")
        for _time in range(2):
            problem = self.look()
            self.assertEqual((problem.connection_id, problem.count), (self.connection, 1))
        self.assertIn(": 2.", problem.words)
        self.assertNotIn(self.admins[0].name, f"{problem.words}{problem.advice}")
        self.assertEqual(set(self.activities().user_id), set(self.admins))
        self.assertFalse(self.activities(other))
        problem.with_user(self.admins[1]).action_try_again()
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        mails.state = "sent"
        mails._postprocess_sent_message([], [])
        self.assertFalse(self.look())
        self.assertEqual((problem.state, problem.closed_how), ("closed", "works"))
        self.assertFalse(self.activities())

    def test_also_where_odoo_has_not_kept_the_e_mail(self):
        mail = self.message()
        mail.unlink()
        self.assertTrue(self.look())

    def test_what_was_sent_is_old_or_not_ours_is_none(self):
        self.message(status="sent")
        self.message(days=8)
        self.message(email_layout_xmlid=False)
        self.assertFalse(self.look())

    def test_messages_that_could_not_be_written(self):
        notice = self.env["nav.notice"].create(
            {
                "user_id": self.admins[0].id,
                "company_id": self.company.id,
                "occasion": "test",
                "content": {"own": {"new": 1}},
                "failures": 5,
            }
        )
        problem = self.look()
        self.assertIn(": 1.", problem.words)
        with self.assertRaises(AccessError):
            problem.with_user(self.hr).action_try_again()
        problem.with_user(self.admins[0]).action_try_again()
        self.assertEqual(notice.failures, 0)
        self.assertFalse(self.look())
