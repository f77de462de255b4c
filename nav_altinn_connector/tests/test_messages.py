import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from odoo.exceptions import AccessError
from odoo.fields import Command, Datetime
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger

from ..models import nav_notice
from .test_first_fetch import FirstFetchCase, batches_of, days

HR = "nav_altinn_connector.group_nav_hr"
ADMIN = "nav_altinn_connector.group_nav_admin"


class MessageCase(FirstFetchCase):
    """After the first fetch: employees with a manager, and HR and a NAV administrator who follow
    the connection."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.unit_ids._fetched_all(False)
        cls.first.write({"state": "done", "ended_at": Datetime.now()})
        cls.boss = cls.person("boss")
        cls.kari = cls.person("kari", leave_manager_id=cls.boss.user_id.id)
        cls.ola = cls.person("ola", leave_manager_id=cls.boss.user_id.id)
        cls.hr = cls._user("hr", HR)
        cls.admin = cls._user("admin-of-nav", ADMIN)
        cls.connection.message_subscribe(partner_ids=(cls.hr | cls.admin).partner_id.ids)

    def come(self, *notes):
        """Notes come in and are applied, as one run of the cron does it."""
        stored = self.store(*notes)
        self.apply_all()
        return stored

    def run_and_deliver(self):
        self.env["nav.sick.note"]._tell_problems(lambda: 1)
        return self.deliver()

    def text(self, message):
        return html2plaintext(message.body)

    def subjects(self, told):
        return {user.login: [message.subject for message in told[user]] for user in told}

    def unmatched(self, *stretches):
        """Notes of somebody who is not employed here."""
        return self.receive(
            *(
                self.payload((*days(*stretch), 100), fnr=next(self.numbers))
                for stretch in stretches
            ),
            apply=False,
        )


@tagged("post_install", "-at_install")
class TestNews(MessageCase):
    """A new, changed or withdrawn NAV leave tells those concerned, once."""

    def test_a_new_note_tells_the_employee_and_the_manager(self):
        self.come((self.kari, 0, 3, 60))
        told = self.run_and_deliver()
        self.assertEqual(
            self.subjects(told),
            {
                "kari": ["Your sick leave is registered"],
                "boss": ["Sick leave is registered"],
            },
        )
        self.assertIn("Kari: 1 sick leave", self.text(told[self.boss.user_id][0]))
        self.assertFalse(self.run_and_deliver())

    def test_a_newer_note_that_changes_the_degree_or_the_days(self):
        self.come((self.kari, 0, 13))
        self.run_and_deliver()
        self.come((self.kari, 7, 13, 50))
        told = self.run_and_deliver()
        self.assertEqual(
            self.subjects(told),
            {
                "kari": ["Your sick leave is changed"],
                "boss": ["News of sick leave"],
            },
        )
        self.assertIn("has changed your sick leave", self.text(told[self.kari.user_id][0]))
        words = self.text(told[self.boss.user_id][0])
        self.assertIn("Kari: changed", words)
        self.assertNotIn("50", words)

    def test_a_newer_note_without_time_off_that_takes_days_away(self):
        self.come((self.kari, 0, 13))
        self.run_and_deliver()
        self.come((self.kari, 7, 13, "advisory"))
        told = self.run_and_deliver()
        self.assertEqual(
            self.subjects(told),
            {"kari": ["Your sick leave is changed"], "boss": ["News of sick leave"]},
        )
        self.assertIn("Kari: changed", self.text(told[self.boss.user_id][0]))

    def test_an_extension_is_a_new_leave(self):
        self.come((self.kari, 0, 6))
        self.run_and_deliver()
        self.come((self.kari, 7, 13))
        told = self.run_and_deliver()
        self.assertEqual(told[self.kari.user_id][0].subject, "Your sick leave is registered")

    def test_an_older_note_that_comes_late_and_changes_nothing_is_no_news(self):
        older = self.payload((*days(0, 6), 100), employee=self.kari)
        self.come((self.kari, 0, 6, 60))
        self.run_and_deliver()
        self.hr.nav_messages = "all"
        self.receive(older)
        self.assertFalse(self.run_and_deliver())

    def test_a_withdrawn_note(self):
        note = self.come((self.kari, 0, 6))
        self.run_and_deliver()
        for _twice in range(2):
            note.action_withdraw()
        told = self.run_and_deliver()
        self.assertEqual(
            self.subjects(told),
            {
                "kari": ["Your sick leave is cancelled"],
                "boss": ["News of sick leave"],
            },
        )
        self.assertIn("Kari: withdrawn", self.text(told[self.boss.user_id][0]))
        self.assertFalse(self.run_and_deliver())

    def test_a_withdrawn_note_that_gives_an_older_one_its_days_back(self):
        self.come((self.kari, 0, 13))
        newer = self.come((self.kari, 7, 13, 50))
        self.run_and_deliver()
        newer.action_withdraw()
        told = self.run_and_deliver()
        self.assertEqual(told[self.kari.user_id][0].subject, "Your sick leave is cancelled")

    def test_a_note_that_takes_the_place_of_a_withdrawn_one_is_a_change(self):
        old = self.come((self.kari, 0, 6))
        self.run_and_deliver()
        new = self.store((self.kari, 0, 4))
        old.state = "withdrawn"
        new._apply()
        self.assertEqual(
            self.subjects(self.run_and_deliver()),
            {
                "kari": ["Your sick leave is changed"],
                "boss": ["News of sick leave"],
            },
        )
        self.assertEqual((old.told_as, new.told_as), ("withdrawn", "registered"))

    def test_a_note_that_nobody_was_told_of_is_withdrawn_silently(self):
        note = self.unmatched((0, 3))
        self.apply_all()
        self.run_and_deliver()
        note.action_withdraw()
        self.assertFalse(self.run_and_deliver())

    def test_notes_without_time_off_are_the_managers_matter(self):
        kinds = ("advisory", "treatment_days", "travel_subsidy")
        notes = self.come(*((self.kari, 0, 3, kind) for kind in kinds))
        told = self.run_and_deliver()
        self.assertEqual(set(told), {self.boss.user_id})
        self.assertIn("Kari: 3 sick notes without time off", self.text(told[self.boss.user_id][0]))
        notes[0].action_withdraw()
        told = self.run_and_deliver()
        self.assertEqual(set(told), {self.boss.user_id})
        self.assertIn("Kari: withdrawn", self.text(told[self.boss.user_id][0]))

    def test_a_note_that_has_waited_is_told_when_it_is_applied(self):
        number = self.kari.identification_id
        self.kari.identification_id = False
        note = self.receive(
            self.payload((*days(0, 3), 100), fnr=number, employee=self.kari), apply=False
        )
        self.apply_all()
        self.assertEqual(set(self.run_and_deliver()), {self.hr, self.admin})
        self.kari.identification_id = number
        self.apply_all()
        self.assertEqual(note.state, "applied")
        self.assertEqual(set(self.run_and_deliver()), {self.kari.user_id, self.boss.user_id})
        # And not again when it waits once more, and is applied once more.
        note.write({"state": "waiting", "waiting_reason": "no_employee"})
        note._apply()
        self.assertEqual(note.state, "applied")
        self.assertFalse(self.run_and_deliver())

    def test_a_burst_is_one_message_for_each_person(self):
        self.hr.nav_messages = "all"
        with patch.object(nav_notice, "DELIVERY_BATCH", 2):
            for first in (0, 20, 40, 60):
                self.come((self.kari, first, first + 3), (self.ola, first, first + 3))
            self.unmatched((0, 3), (5, 6))
            self.apply_all()
            told = self.run_and_deliver()
        self.assertEqual({len(messages) for messages in told.values()}, {1})
        self.assertEqual(
            set(told),
            {self.kari.user_id, self.ola.user_id, self.boss.user_id, self.hr, self.admin},
        )
        self.assertIn("Kari: 4 sick leaves", self.text(told[self.boss.user_id][0]))
        words = self.text(told[self.hr][0])
        self.assertIn("New sick notes: 8", words)
        self.assertIn("Waiting: 2 (No employee has this identity number)", words)
        for name in ("Kari", "Ola"):
            self.assertNotIn(name, words)

    def test_a_burst_that_takes_several_runs_is_one_message_too(self):
        """Each run of the cron has little time; what it leaves is applied in the next."""
        self.hr.nav_messages = "all"
        self.store((self.kari, 0, 3), (self.ola, 0, 3), (self.kari, 20, 23))
        with batches_of(1):
            self.apply_all(lambda: 0)
        self.assertFalse(self.run_and_deliver())
        self.apply_all()
        # Nor is it the end where another connection of the company has its turn still.
        self.env["nav.notice"]._deliver(lambda: 1, self.connection)
        told = self.run_and_deliver()
        self.assertEqual({len(messages) for messages in told.values()}, {1})
        self.assertIn("New sick notes: 3", self.text(told[self.hr][0]))

    def test_a_burst_without_an_end_is_not_waited_for(self):
        self.store((self.kari, 0, 3), (self.ola, 0, 3))
        with batches_of(1):
            self.apply_all(lambda: 0)
        self.env.cr.execute("UPDATE nav_notice SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        self.assertEqual(len(self.run_and_deliver()), 2)

    def test_an_approver_who_has_left_is_no_manager(self):
        line = self.person("line")
        self.kari.parent_id = line
        self.kari.leave_manager_id = self.boss.user_id
        self.boss.user_id.active = False
        self.come((self.kari, 0, 3))
        self.assertEqual(set(self.run_and_deliver()), {self.kari.user_id, line.user_id})

    def test_a_crash_between_two_batches_tells_nobody_twice(self):
        class Crash(Exception):
            pass

        stored = self.store((self.kari, 0, 3))
        with self.assertRaises(Crash), self.env.cr.savepoint():
            stored._apply()
            self.assertTrue(self.env["nav.notice"].search([]))
            raise Crash
        self.env.invalidate_all()
        self.assertFalse(self.env["nav.notice"].search([]))
        self.assertFalse(stored.told_as)
        for _run in range(2):
            self.apply_all()
            stored._apply()
            self.env["nav.sick.note"]._decide(self.kari)
        with self.assertRaises(Crash), self.env.cr.savepoint():
            self.assertEqual(len(self.run_and_deliver()), 2)
            raise Crash
        self.env.invalidate_all()
        told = self.run_and_deliver()
        self.assertEqual({len(messages) for messages in told.values()}, {1})
        self.assertEqual(set(told), {self.kari.user_id, self.boss.user_id})
        self.assertFalse(self.run_and_deliver())

    def test_one_message_about_one_occasion_is_waiting_at_most(self):
        note = self.come((self.kari, 0, 3))
        waiting = self.env["nav.notice"].search([])
        note.told_as = False
        note._apply()
        self.assertEqual(self.env["nav.notice"].search([]), waiting)

    def test_a_bad_note_takes_no_message_with_it(self):
        bad, good = self.store((self.kari, 0, 3), (self.ola, 0, 3))
        original = type(bad)._carry_out

        def carry_out(notes, plans, versions):
            result = original(notes, plans, versions)
            if any(employee.id == self.kari.id for employee in plans):
                raise ValueError("no such luck")
            return result

        logger = mute_logger("odoo.addons.nav_altinn_connector.models.nav_sick_note_apply")
        with patch.object(type(bad), "_carry_out", carry_out), logger:
            (bad | good)._apply()
        self.assertEqual((bad.state, good.state), ("failed", "applied"))
        told = self.run_and_deliver()
        self.assertIn(self.ola.user_id, told)
        self.assertNotIn(self.kari.user_id, told)
        self.assertIn("Could not be registered: 1", self.text(told[self.hr][0]))

    def test_a_message_that_fails_takes_no_other_of_the_person_with_it(self):
        self.come((self.kari, 0, 3))
        self.env["nav.notice"].create(
            {
                "user_id": self.kari.user_id.id,
                "company_id": self.company.id,
                "occasion": "broken",
                "content": {"own": "broken"},
            }
        )
        logger = mute_logger("odoo.addons.nav_altinn_connector.models.nav_notice")
        with logger:
            self.assertEqual(set(self.run_and_deliver()), {self.boss.user_id})
            self.assertEqual(set(self.run_and_deliver()), {self.kari.user_id})

    def test_another_first_fetch_tells_once(self):
        """What it changes of earlier sick leave is told at its end, together with the rest."""
        self.come((self.kari, 0, 13))
        self.run_and_deliver()
        self.unit.last_success_at = False
        self.store((self.kari, 7, 13, 50))
        self.apply_all()
        self.assertFalse(self.run_and_deliver())
        self.finish()
        told = self.run_and_deliver()
        self.assertEqual(len(told[self.kari.user_id]), 1)
        self.assertEqual(len(told[self.boss.user_id]), 1)

    def test_what_is_withdrawn_while_another_first_fetch_goes_on_is_told(self):
        note = self.come((self.kari, 0, 6))
        self.run_and_deliver()
        self.unit.last_success_at = False
        self.store((self.kari, 20, 23))
        self.apply_all()
        note.action_withdraw()
        told = self.run_and_deliver()
        self.assertEqual(
            self.subjects(told),
            {"kari": ["Your sick leave is cancelled"], "boss": ["News of sick leave"]},
        )

    def test_the_subject_of_several_things(self):
        summary = {"connection": 0, "found": 1, "registered": 1, "failed": 0, "waiting": []}
        for content, subject in (
            ({"tasks": 1, "fetches": [summary]}, "The first fetch from NAV has ended"),
            ({"tasks": 1, "followup": 1}, "Sick leave: something to settle"),
            ({"own": {"new": 1}, "tasks": 1}, "Sick leave is registered"),
            ({"own": {"new": 1}, "team": {"0": {"changed": 1}}}, "News of sick leave"),
        ):
            self.assertEqual(nav_notice.plain_words_notice.message(self.env, content)[0], subject)

    def test_of_employees_who_were_deleted_meanwhile_nothing_is_told(self):
        self.env["nav.notice"].create(
            {
                "user_id": self.boss.user_id.id,
                "company_id": self.company.id,
                "occasion": "gone",
                "content": {"team": {"0": {"new": 1}}, "team_link": True},
            }
        )
        self.assertFalse(self.deliver())
        self.assertFalse(self.env["nav.notice"].search([]))

    def test_each_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("nb_NO")
        self.kari.user_id.lang = "nb_NO"
        self.hr.write({"lang": "nb_NO", "nav_messages": "all"})
        self.come((self.kari, 0, 3))
        used = {}
        original = nav_notice.plain_words_notice.message

        def message(env, content):
            used["own" if "own" in content else "team" if "team" in content else "hr"] = env.lang
            return original(env, content)

        with patch.object(nav_notice.plain_words_notice, "message", message):
            self.run_and_deliver()
        self.assertEqual(used, {"own": "nb_NO", "team": "en_US", "hr": "nb_NO"})

    def test_an_installed_database_tells_nothing_of_the_past(self):
        note = self.come((self.kari, 0, 3))
        waiting = self.unmatched((0, 3))
        withdrawn = self.come((self.ola, 0, 3))
        withdrawn.action_withdraw()
        self.env.flush_all()
        self.env.cr.execute("UPDATE nav_sick_note SET told_as = NULL")
        self.env["nav.sick.note"]._init_column("told_as")
        self.env.invalidate_all()
        self.assertEqual(
            [one.told_as for one in (note, waiting, withdrawn)],
            ["registered", False, "withdrawn"],
        )


@tagged("post_install", "-at_install")
class TestSecrets(MessageCase):
    """What e-mails, push messages and the subjects of both do not hold."""

    def test_subjects_and_push(self):
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_private_key", "private")
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_public_key", "public")
        self.hr.nav_messages = self.admin.nav_messages = "all"
        people = self.kari.user_id | self.boss.user_id | self.hr | self.admin
        for user in people:
            user.notification_type = "inbox"
            self.env["mail.push.device"].create(
                {
                    "partner_id": user.partner_id.id,
                    "endpoint": f"https://push.example.com/{user.id}",
                    "keys": "{}",
                }
            )
        first, last = days(0, 13)
        note = self.come((self.kari, 0, 13, 37))
        self.unmatched((0, 3))
        self.apply_all()
        told = self.run_and_deliver()
        self.come((self.kari, 7, 13, 42))
        note.action_withdraw()
        later = self.run_and_deliver()
        self.assertEqual(set(told), set(people))
        pushed = [json.loads(push.payload) for push in self.env["mail.push"].search([])]
        self.assertEqual(len(pushed), 8)
        secrets = [self.kari.identification_id, "37", "42", "%", "Kari", "Ola"]
        secrets += [str(first), str(last), first.strftime("%m/%d"), last.strftime("%m/%d")]
        for shown in pushed:
            shown.pop("icon", None)
            shown["options"].pop("icon")
            for secret in secrets:
                self.assertNotIn(secret, json.dumps(shown))
        for messages in (*told.values(), *later.values()):
            for message in messages:
                for secret in secrets:
                    self.assertNotIn(secret, message.subject)
                for secret in (self.kari.identification_id, "37", "42", "%", str(first)):
                    self.assertNotIn(secret, self.text(message))

    def test_odoos_own_messages_about_a_graded_leave(self):
        """Odoo names the leave by its length, which counts by the degree."""
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_private_key", "private")
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_public_key", "public")
        self.sick_type.graded_counting = "partial"
        self.come((self.kari, 0, 13, 37))
        leave = self.nav_leaves(self.kari)
        counted = leave.duration_display
        self.assertIn(counted, leave.display_name)
        self.kari.user_id.notification_type = "email"
        self.env["mail.push.device"].create(
            {
                "partner_id": self.boss.user_id.partner_id.id,
                "endpoint": "https://push.example.com/boss",
                "keys": "{}",
            }
        )
        leave = leave.with_context(tracking_disable=False)
        leave.action_refuse()
        message = leave.message_ids.filtered(lambda one: one.partner_ids)[:1]
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertIn("Kari", mail.subject)
        self.assertNotIn(counted, mail.subject)
        payloads = [
            leave._notify_by_web_push_prepare_payload(message),
            leave._notify_by_web_push_prepare_payload(
                leave.message_post(
                    body=leave.display_name,
                    tracking_value_ids=self._tracked_degree(),
                )
            ),
            leave._notify_by_web_push_prepare_payload(leave.message_post(body=leave.display_name)),
        ]
        for payload in payloads:
            self.assertIn("Kari", payload["title"])
            for secret in (counted, "37"):
                self.assertNotIn(secret, payload["title"] + payload["options"]["body"])

    def _tracked_degree(self):
        field = self.env["ir.model.fields"]._get("hr.leave", "absence_degree")
        vals = {"field_id": field.id, "old_value_integer": 100, "new_value_integer": 37}
        return [Command.create(vals)]

    def test_activities_of_hr_send_no_mail_of_their_own(self):
        """Odoo's own names the record, which is the employee and the days."""
        self.sick_type.responsible_ids = self.hr
        note = self.come((self.kari, 0, 3))
        self.deliver()
        for words in ("Payroll has locked something.", "Payroll has locked something else."):
            note._tell_hr(words)
        self.assertEqual(note.activity_ids.user_id, self.hr)
        # Who has planned something else there before is told nothing.
        own = note.activity_schedule("mail.mail_activity_data_todo", user_id=self.admin.id)
        self.env.cr.execute(
            "UPDATE mail_activity SET create_date = create_date - interval '1 day' WHERE id = %s",
            (own.id,),
        )
        own.invalidate_recordset()
        note._tell_hr("Payroll has locked more.")
        told = self.deliver()
        self.assertEqual(self.subjects(told), {"hr": ["Sick leave: something to settle"]})
        self.assertIn("new activities", self.text(told[self.hr][0]))
        self.assertNotIn("Kari", told[self.hr][0].body)


@tagged("post_install", "-at_install")
class TestPreferences(MessageCase):
    """What those who follow a connection choose."""

    def both(self):
        """One new sick leave, and one note that waits."""
        self.come((self.kari, 0, 3))
        self.unmatched((0, 3))
        self.apply_all()

    def followers(self, told):
        return set(told) & {self.hr, self.admin}

    def test_only_problems_is_the_default(self):
        self.assertEqual(self.hr.nav_messages, "problems")
        self.come((self.kari, 0, 3))
        self.assertFalse(self.followers(self.run_and_deliver()))
        self.unmatched((0, 3))
        self.apply_all()
        told = self.run_and_deliver()
        self.assertEqual(self.followers(told), {self.hr, self.admin})
        self.assertEqual(told[self.hr][0].subject, "Sick leave: something to settle")
        self.assertIn("nav_sick_note_action_to_settle", told[self.hr][0].body)
        # Who may not see sick notes is led to the connection.
        self.assertNotIn("nav_sick_note", told[self.admin][0].body)
        self.assertIn(f"nav_connection_action/{self.connection.id}", told[self.admin][0].body)

    def test_a_problem_is_told_once_for_each_cause(self):
        note = self.unmatched((0, 3))
        for _run in range(3):
            self.apply_all()
            self.run_and_deliver()
        self.assertEqual(note.told_problem, "no_employee")
        self.assertFalse(self.run_and_deliver())
        note.waiting_reason = "several_employees"
        self.assertEqual(self.followers(self.run_and_deliver()), {self.hr, self.admin})
        self.assertFalse(self.run_and_deliver())

    def test_where_nobody_follows_everyone_hears_of_problems(self):
        self.connection.message_unsubscribe(partner_ids=(self.hr | self.admin).partner_id.ids)
        self.admin.nav_messages = "none"
        self.both()
        self.assertEqual(self.followers(self.run_and_deliver()), {self.hr})

    def test_everything(self):
        self.hr.nav_messages = "all"
        self.both()
        told = self.run_and_deliver()
        words = self.text(told[self.hr][0])
        self.assertIn("New sick notes: 1", words)
        self.assertIn("Waiting: 1", words)
        self.assertNotIn("New sick notes", self.text(told[self.admin][0]))
        self.come((self.kari, 2, 3, 50))
        self.assertIn(
            "changed earlier sick leave: 1", self.text(self.run_and_deliver()[self.hr][0])
        )

    def test_nothing(self):
        self.hr.nav_messages = "none"
        self.both()
        self.assertEqual(self.followers(self.run_and_deliver()), {self.admin})

    def test_nothing_leaves_out_the_first_fetch_too(self):
        self.hr.nav_messages = "none"
        self.env["nav.notice"]._tell(
            "again", self.company, [nav_notice.Event("first_fetch", self.first)]
        )
        self.assertEqual(self.followers(self.deliver()), {self.admin})

    def test_a_daily_summary_comes_in_the_morning_and_only_when_there_is_something(self):
        self.hr.write({"nav_messages": "daily", "tz": "Europe/Oslo"})
        self.both()
        self.come((self.kari, 10, 13), (self.ola, 10, 13))
        self.assertEqual(self.followers(self.run_and_deliver()), {self.admin})
        with self.next_morning():
            told = self.run_and_deliver()
            self.assertEqual(set(told), {self.hr})
            [message] = told[self.hr]
            self.assertIn("New sick notes: 3", self.text(message))
            self.assertIn("Waiting: 1", self.text(message))
            self.assertFalse(self.run_and_deliver())

    @contextmanager
    def next_morning(self):
        waiting = self.env["nav.notice"].search([("due_at", "!=", False)])
        [due] = set(waiting.mapped("due_at"))
        clock = due.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Europe/Oslo"))
        self.assertEqual((clock.hour, clock.minute), (7, 0))
        self.assertGreater(due, datetime.now())
        self.assertLess(due, datetime.now() + timedelta(days=1, hours=1))
        with patch.object(type(self.env["nav.notice"]), "_now", lambda notices: due):
            yield

    def test_who_has_the_summary_hears_of_their_own_leave_at_once(self):
        self.boss.user_id.write({"group_ids": [Command.link(self.env.ref(HR).id)]})
        self.boss.user_id.nav_messages = "daily"
        self.connection.message_subscribe(partner_ids=self.boss.user_id.partner_id.ids)
        self.come((self.kari, 0, 3))
        told = self.run_and_deliver()
        self.assertIn("Kari: 1 sick leave", self.text(told[self.boss.user_id][0]))
        self.assertNotIn("New sick notes", self.text(told[self.boss.user_id][0]))

    def test_only_followers_with_a_group_of_nav_in_the_company(self):
        outsider = self._user("outsider", "base.group_user", nav_messages="all")
        stranger = self._user("stranger", HR, nav_messages="all")
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self._user("elsewhere", HR, nav_messages="all")
        elsewhere.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.connection.message_subscribe(partner_ids=(outsider | elsewhere).partner_id.ids)
        self.both()
        told = self.run_and_deliver()
        self.assertFalse(set(told) & {outsider, stranger, elsewhere})

    def test_one_chooses_for_oneself(self):
        self.hr.with_user(self.hr).nav_messages = "daily"
        self.assertEqual(
            self.hr.with_user(self.hr).read(["nav_messages"])[0]["nav_messages"], "daily"
        )
        with self.assertRaises(AccessError):
            self.hr.with_user(self.admin).nav_messages = "none"

    def test_the_page_is_for_those_whom_it_concerns(self):
        view = "base.view_users_form_simple_modif"
        for user, shown in ((self.hr, True), (self.admin, True), (self.kari.user_id, False)):
            view_id = self.env.ref(view).id
            arch = self.env["res.users"].with_user(user).get_view(view_id, "form")["arch"]
            self.assertEqual('name="nav_messages"' in arch, shown)
        self.hr.tz = "Europe/Oslo"
        with Form(self.hr.with_user(self.hr), view=view) as form:
            form.nav_messages = "none"
        self.assertEqual(self.hr.nav_messages, "none")
