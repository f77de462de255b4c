import json
import random
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from ..models import nav_connection_fetch, nav_notice, plain_words_notice
from ..models.nav_sick_note import NORWAY
from .common import NavCase, org_numbers

# In Norway it is tomorrow an hour or two before it is so in UTC.
TODAY = datetime.now(NORWAY).date()


def days(first, last):
    """A stretch, in days from today."""
    return TODAY + timedelta(days=first), TODAY + timedelta(days=last)


@contextmanager
def batches_of(size):
    with patch.object(nav_connection_fetch, "APPLY_BATCH", size):
        yield


class FirstFetchCase(NavCase):
    """A connection that has just become active, and employees with notes at NAV."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.connection._open_first_fetch()
        # Its messages wait for the follow-up, which runs in a cron of its own.
        cls.connection.followup_enabled = False

    def store(self, *notes, connection=None):
        """Store notes as a fetch does, without applying.

        :param notes: (employee, first day, last day[, what]), days from today
        """
        return self.receive(
            *(
                self.payload((*days(first, last), *(what or [100])), employee=employee)
                for employee, first, last, *what in notes
            ),
            apply=False,
        )

    def fetched_all(self):
        """All sub-units have been fetched."""
        self.connection.unit_ids._fetched_all(False)

    def apply_all(self, step=lambda: 1):
        self.env["nav.connection"]._apply_all(step)

    def advance(self):
        self.env["nav.connection"]._advance_first_fetches(lambda: 1)
        self.env.invalidate_all()

    def finish(self):
        """Everything that the cron does after fetching."""
        self.fetched_all()
        self.apply_all()
        self.advance()

    def deliver(self):
        """Write the messages; gives them by recipient."""
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.env["nav.notice"]._deliver(lambda: 1)
        messages = self.env["mail.message"].search(
            [("id", ">", before), ("message_type", "=", "user_notification")]
        )
        told = {}
        for message in messages:
            self.assertEqual(len(message.notified_partner_ids), 1)
            told.setdefault(message.notified_partner_ids.user_ids, []).append(message)
        return told

    @classmethod
    def person(cls, login, **vals):
        """An employee with a user."""
        user = cls._user(login, "base.group_user", name=login.capitalize())
        return cls._employee(login.capitalize(), user_id=user.id, **vals)


@tagged("post_install", "-at_install")
class TestFirstFetch(FirstFetchCase):
    """How a first fetch begins, in which order it works, and how it is stopped."""

    # ------------------------------------------------------------------ beginning and end

    def test_it_begins_with_activation_and_wakes_the_cron(self):
        cron = self.env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes")
        draft = self.connection.copy({"name": "New"})
        self.assertEqual(draft.first_fetch_state, "none")
        self.assertFalse(draft.first_fetch_words)
        number = next(number for number in org_numbers() if number != self.unit.org_number)
        draft.write({"unit_ids": [Command.create({"org_number": number})]})
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        draft.state = "active"
        self.assertEqual(draft.first_fetch_state, "fetching")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        draft.state = "paused"
        draft.state = "active"
        self.assertEqual(len(draft.first_fetch_ids), 1)

    def test_whoever_activates_follows_the_connection(self):
        admin = self._user("activating", "nav_altinn_connector.group_nav_admin")
        self.first.unlink()
        self.connection.state = "paused"
        self.connection.with_user(admin).state = "active"
        self.assertIn(admin.partner_id, self.connection.message_partner_ids)

    def test_progress_and_words(self):
        connection = self.connection

        def shown():
            connection.invalidate_recordset()
            return (
                connection.first_fetch_state,
                connection.first_fetch_total,
                connection.first_fetch_done,
                connection.first_fetch_progress,
            )

        connection.write({"fetch_hour_from": 0, "fetch_hour_to": 24})
        self.assertEqual(shown(), ("fetching", 0, 0, 0))
        self.assertIn("No sick notes were found so far.", connection.first_fetch_words)
        others = [self._employee(f"Person {number}") for number in range(3)]
        self.store((self.employee, 0, 3), *((other, 0, 3) for other in others))
        self.assertEqual(shown(), ("fetching", 4, 0, 0))
        self.assertEqual(
            connection.first_fetch_words,
            "4 sick notes were found. 0 of them are registered so far. "
            "More are being fetched in the background.",
        )
        others[0].identification_id = False
        self.fetched_all()
        self.advance()
        with batches_of(1):
            self.apply_all(lambda: 0)
        self.assertEqual(shown(), ("applying", 4, 1, 25))
        self.assertEqual(
            connection.first_fetch_words,
            "4 sick notes were found. 1 of them are registered so far.",
        )
        self.apply_all()
        self.advance()
        self.assertEqual(shown(), ("done", 4, 4, 100))
        self.assertEqual(
            connection.first_fetch_words,
            "4 sick notes were found. 3 of them are registered. HR has to look at 1 of them.",
        )
        # What comes later is no part of it.
        self.store((others[1], 10, 12))
        self.assertEqual(shown(), ("done", 4, 4, 100))

    def test_nothing_found_is_told_to_nobody(self):
        hr = self._user("follower", "nav_altinn_connector.group_nav_hr")
        self.connection.message_subscribe(partner_ids=hr.partner_id.ids)
        self.fetched_all()
        self.advance()
        self.assertEqual(self.connection.first_fetch_state, "done")
        self.assertEqual(self.connection.first_fetch_progress, 100)
        self.assertEqual(
            self.connection.first_fetch_words, "NAV had no sick notes since the first date."
        )
        self.assertFalse(self.deliver())

    def test_it_does_not_end_before_all_sub_units_are_fetched(self):
        second = self._second_unit()
        self.store((self.employee, 0, 3))
        self.unit._fetched_all(False)
        self.apply_all()
        self.advance()
        self.assertEqual(self.connection.first_fetch_state, "fetching")
        second.permission = "denied"
        self.advance()
        self.assertEqual(self.connection.first_fetch_state, "done")

    def test_a_sub_unit_that_fails_for_a_day_is_not_waited_for(self):
        self._second_unit()
        self.unit._fetched_all(False)
        self.advance()
        self.assertEqual(self.connection.first_fetch_state, "fetching")
        self.first.begun_at -= timedelta(days=1, minutes=1)
        self.advance()
        self.assertEqual(self.connection.first_fetch_state, "done")

    def test_a_sub_unit_that_comes_later_has_a_first_fetch_of_its_own(self):
        self.store((self.employee, 0, 3))
        self.finish()
        second = self._second_unit()
        other = self._employee("Other")
        self.connection._store_page(second, [self.payload((*days(0, 3), 100), employee=other)])
        self.assertEqual(self.connection.first_fetch_state, "fetching")
        self.assertEqual(self.connection.first_fetch_total, 1)
        self.assertEqual(len(self.connection.first_fetch_ids), 2)

    def test_a_sub_unit_that_comes_while_the_rest_is_applied_takes_part(self):
        self.store((self.employee, 0, 3))
        self.fetched_all()
        self.advance()
        self.assertEqual(self.first.state, "applying")
        second = self._second_unit()
        other = self._employee("Other")
        self.connection._store_page(second, [self.payload((*days(0, 3), 100), employee=other)])
        self.assertEqual(self.first.state, "fetching")
        self.assertEqual(self.connection.first_fetch_total, 2)

    def _second_unit(self):
        number = next(number for number in org_numbers() if number != self.unit.org_number)
        return self.env["nav.connection.unit"].create(
            {"connection_id": self.connection.id, "org_number": number, "selected": True}
        )

    # ------------------------------------------------------------------ the order

    def applied_in_order(self):
        """The employees, in the order in which they got their time off."""
        order = []

        def step():
            notes = self.env["nav.sick.note"].search([("state", "!=", "received")])
            order.append(notes.employee_id - self.env["hr.employee"].union(*order))
            return 1

        self.apply_all(step)
        return order

    def test_current_leave_first_then_upcoming_then_ended(self):
        names = ("ended long ago", "ended", "later", "soon", "current", "also current")
        people = {name: self._employee(name) for name in names}
        self.store(
            (people["ended long ago"], -300, -200),
            (people["ended"], -60, -30),
            (people["later"], 30, 40),
            (people["soon"], 3, 10),
            (people["current"], -3, 3),
            # The note that is current is not the first of this employee.
            (people["also current"], -90, -80),
            (people["also current"], 0, 0),
        )
        with batches_of(1):
            order = self.applied_in_order()
        self.assertEqual(set(order[0] | order[1]), {people["current"], people["also current"]})
        self.assertEqual(
            order[2:],
            [people[name] for name in ("soon", "later", "ended", "ended long ago")],
        )

    def test_between_two_periods_nobody_is_on_leave(self):
        """What counts is the periods, not the span from the first to the last day."""
        gap, soon = self._employee("Gap"), self._employee("Soon")
        self.receive(
            self.payload((*days(-9, -5), 100), (*days(5, 9), 100), employee=gap), apply=False
        )
        self.store((soon, 1, 2))
        with batches_of(1):
            self.assertEqual(self.applied_in_order(), [soon, gap])

    def test_all_notes_of_an_employee_are_decided_together(self):
        many, few = self._employee("Many"), self._employee("Few")
        notes = [(many, -10 * number - 5, -10 * number) for number in range(1, 6)]
        self.store(*notes, (few, -8, 2), (few, 3, 6))
        with batches_of(3):
            batches = self.env["nav.sick.note"]._pending_batches(3)
            self.assertEqual([len(batch) for batch in batches], [2, 5])
            self.assertEqual(self.applied_in_order(), [few, many])

    def test_any_notes_in_batches_of_any_size(self):
        """Employees with current leave are done first, and the calendar is that of one batch."""
        chance = random.Random(5)
        for _round in range(6):
            people = [self._employee(f"Person {number}") for number in range(7)]
            notes = []
            for _note in range(chance.randint(6, 16)):
                first = chance.randint(-30, 20)
                degree = chance.choice([100, 100, 50, "advisory"])
                last = first + chance.randint(0, 15)
                notes.append((chance.choice(people), first, last, degree))
            stored = self.store(*notes)
            current = {person for person, first, last, _degree in notes if first <= 0 <= last}
            size = chance.randint(1, 5)
            with self.subTest(notes=notes, size=size):
                with self.env.cr.savepoint() as savepoint, batches_of(100):
                    self.apply_all()
                    expected = self._became(people, stored)
                    savepoint.rollback()
                self.env.invalidate_all()
                with batches_of(size):
                    order = self.applied_in_order()
                whose = [person in current for batch in order for person in batch]
                boundary = [bool(set(batch) & current) for batch in order]
                self.assertEqual(boundary, sorted(boundary, reverse=True), whose)
                self.assertEqual(self._became(people, stored), expected)

    def _became(self, people, notes):
        calendar = [self.spans(self.nav_leaves(person)) for person in people]
        return calendar, notes.mapped("state")

    # ------------------------------------------------------------------ stopping

    def stopped_after(self, number):
        """Apply, while somebody presses Stop during the batch with this number."""
        batches = []

        def step():
            batches.append(None)
            if len(batches) == number:
                self.connection.action_stop_first_fetch()
            return 1

        self.apply_all(step)
        return len(batches)

    def test_stopped_between_two_batches_and_resumed(self):
        people = [self._employee(f"Person {number}") for number in range(4)]
        notes = self.store(*((person, -3, 3) for person in people))
        self.fetched_all()
        self.advance()
        with batches_of(1):
            self.stopped_after(2)
        self.assertEqual(self.connection.first_fetch_state, "stopped")
        self.assertEqual(sorted(notes.mapped("state")), ["applied"] * 2 + ["received"] * 2)
        self.assertIn("Resume it", self.connection.first_fetch_words)
        self.assertIn("2 of them are registered so far", self.connection.first_fetch_words)
        # Neither the next runs of the cron nor a change of an employee go on.
        self.apply_all()
        self.advance()
        self.assertEqual(sorted(notes.mapped("state")), ["applied"] * 2 + ["received"] * 2)
        self.assertEqual(self.connection.first_fetch_state, "stopped")
        self.connection.action_resume_first_fetch()
        self.advance()
        self.apply_all()
        self.advance()
        self.assertEqual(notes.mapped("state"), ["applied"] * 4)
        self.assertEqual(self.connection.first_fetch_state, "done")
        self.assertTrue(all(len(self.nav_leaves(person)) == 1 for person in people))
        words = "".join(self.connection.message_ids.mapped("body"))
        self.assertIn("The first fetch was stopped.", words)
        self.assertIn("The first fetch was resumed.", words)

    def test_stopping_holds_no_other_connection(self):
        number = next(number for number in org_numbers() if number != self.unit.org_number)
        other_connection = self._connection(
            name="Other",
            org_number=number,
            unit_ids=[Command.create({"org_number": number, "name": "Side street"})],
        )
        held, free = self._employee("Held"), self._employee("Free")
        held_note = self.store((held, -3, 3))
        payload = self.payload(
            (*days(-3, 3), 100), employee=free, arbeidsgiver={"navn": "Side", "orgnr": number}
        )
        other_connection._store_page(other_connection.unit_ids, [payload])
        self.connection.action_stop_first_fetch()
        self.apply_all()
        self.assertEqual(held_note.state, "received")
        self.assertEqual(len(self.nav_leaves(free)), 1)
        self.assertEqual(other_connection.first_fetch_state, "fetching")

    def test_a_changed_employee_does_not_go_round_the_stop(self):
        person = self._employee("Person")
        note = self.receive(
            self.payload((*days(-3, 3), 100), fnr=next(self.numbers), employee=person)
        )
        self.assertEqual(note.state, "waiting")
        self.connection.action_stop_first_fetch()
        person.identification_id = note.identity_number
        self.assertEqual(note.state, "waiting")
        self.connection.action_resume_first_fetch()
        self.apply_all()
        self.assertEqual(note.state, "applied")

    def test_nothing_is_fetched_while_it_is_stopped(self):
        self.connection.write({"fetch_hour_from": 0, "fetch_hour_to": 24})
        self.connection.action_stop_first_fetch()
        with self.assertRaisesRegex(UserError, "Resume it"):
            self.connection.action_fetch_now()
        with (
            patch.object(type(self.connection), "_fetch") as fetch,
            patch.object(self.env.cr, "commit"),
        ):
            self.env["nav.connection"]._cron_fetch_sick_notes()
            self.assertFalse(fetch.called)
            self.connection.action_resume_first_fetch()
            self.env["nav.connection"]._cron_fetch_sick_notes()
            self.assertTrue(fetch.called)

    def test_stop_and_resume_pressed_twice_or_out_of_place(self):
        for _time in range(2):
            self.connection.action_stop_first_fetch()
        self.assertEqual(self.connection.first_fetch_state, "stopped")
        for _time in range(2):
            self.connection.action_resume_first_fetch()
        self.assertEqual(self.connection.first_fetch_state, "fetching")
        self.fetched_all()
        self.advance()
        self.connection.action_stop_first_fetch()
        self.connection.action_resume_first_fetch()
        self.assertEqual(self.connection.first_fetch_state, "done")

    def test_only_administrators_stop_and_resume(self):
        hr = self._user("nav-hr", "nav_altinn_connector.group_nav_hr")
        admin = self._user("nav-admin", "nav_altinn_connector.group_nav_admin")
        for method in ("action_stop_first_fetch", "action_resume_first_fetch"):
            with self.assertRaises(AccessError):
                getattr(self.connection.with_user(hr), method)()
            getattr(self.connection.with_user(admin), method)()
        for user in (hr, admin):
            [values] = self.connection.with_user(user).read(
                ["first_fetch_state", "first_fetch_total", "first_fetch_words"]
            )
            self.assertEqual(values["first_fetch_state"], "fetching")


@tagged("post_install", "-at_install")
class TestTelling(FirstFetchCase):
    """One message to each person, of all that concerns them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls.person("boss")
        cls.kari = cls.person("kari", leave_manager_id=cls.boss.user_id.id)
        cls.ola = cls.person("ola", leave_manager_id=cls.boss.user_id.id)

    def only(self, told, user):
        [message] = told[user]
        return message

    def text(self, message):
        return html2plaintext(message.body)

    def test_employee_and_manager_have_one_message_each(self):
        self.store((self.kari, 0, 3, 60), (self.kari, -30, -20), (self.ola, -3, 3))
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {person.user_id for person in (self.boss, self.kari, self.ola)})
        own = self.only(told, self.kari.user_id)
        self.assertEqual(own.subject, "Your sick leave is registered")
        self.assertIn("registered in Time Off: 2 times.", self.text(own))
        self.assertIn("action-nav_altinn_connector.nav_leave_action_own", own.body)
        self.assertNotIn("Ola", own.body)
        one = self.only(told, self.ola.user_id)
        self.assertIn("A sick note of yours has been registered in Time Off.", self.text(one))
        team = self.only(told, self.boss.user_id)
        self.assertEqual(team.subject, "Sick leave is registered")
        self.assertIn("Kari: 2 sick leaves", self.text(team))
        self.assertIn("Ola: 1 sick leave", self.text(team))
        self.assertIn("action-nav_altinn_connector.nav_leave_action_team", team.body)
        self.assertFalse(self.deliver())

    def test_neither_degree_nor_identity_number_nor_name_where_it_is_not_due(self):
        self.store((self.kari, 0, 3, 37), (self.ola, -3, 3, 37))
        self.finish()
        for user, [message] in self.deliver().items():
            words = f"{message.subject} {self.text(message)} {message.record_name}"
            self.assertNotIn("37", words)
            self.assertNotIn("%", words)
            for person in (self.kari, self.ola):
                self.assertNotIn(person.identification_id, message.body)
                self.assertNotIn(person.name, message.subject)
            self.assertFalse(message.model)
            self.assertTrue(message.with_user(user).has_access("read"))
            self.assertFalse(message.with_user(self._outsider()).has_access("read"))

    def _outsider(self):
        return self.env["res.users"].search([("login", "=", "outsider")]) or self._user(
            "outsider", "base.group_user"
        )

    def test_what_a_locked_telephone_shows(self):
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_private_key", "private")
        self.env["ir.config_parameter"].set_param("mail.web_push_vapid_public_key", "public")
        self.env["mail.push.device"].create(
            {
                "partner_id": self.kari.user_id.partner_id.id,
                "endpoint": "https://push.example.com/kari",
                "keys": "{}",
            }
        )
        self.kari.user_id.notification_type = "inbox"
        self.store((self.kari, 0, 3, 37))
        self.finish()
        with patch("odoo.addons.mail.models.mail_thread.push_to_end_point") as at_once:
            self.deliver()
        self.assertFalse(at_once.called)
        pushed = self.env["mail.push"].search([]).payload
        payload = json.loads(pushed)
        self.assertTrue(
            payload["title"].endswith(": Your sick leave is registered"), payload["title"]
        )
        self.assertEqual(payload["options"]["body"], "Log in to Odoo to read it.")
        for word in ("37", "%", "Kari", self.kari.identification_id):
            self.assertNotIn(word, pushed)

    def test_the_links_lead_to_lists_that_the_person_may_see(self):
        self.store((self.kari, 0, 3), (self.ola, -3, 3))
        self.finish()
        for name, person, expected in (
            ("own", self.kari, self.kari),
            ("team", self.boss, self.kari | self.ola),
        ):
            action = self.env.ref(f"nav_altinn_connector.nav_leave_action_{name}")
            domain = [
                (field, operator, person.user_id.id if field != "nav_sourced" else True)
                for field, operator in (
                    ("user_id" if name == "own" else "employee_id.leave_manager_id", "="),
                    ("nav_sourced", "="),
                )
            ]
            self.assertEqual(
                action.domain.replace("uid", str(person.user_id.id)), str(domain).replace('"', "'")
            )
            leaves = self.env["hr.leave"].with_user(person.user_id).search(domain)
            self.assertEqual(leaves.sudo().employee_id, expected)

    def test_one_message_for_a_person_with_all_roles(self):
        boss = self.boss.user_id
        boss.group_ids |= self.env.ref("nav_altinn_connector.group_nav_hr")
        self.connection.message_subscribe(partner_ids=boss.partner_id.ids)
        self.store((self.kari, 0, 3), (self.boss, 0, 3))
        self.receive(
            self.payload((*days(0, 3), 100), fnr=next(self.numbers), employee=self.ola),
            apply=False,
        )
        self.finish()
        message = self.only(self.deliver(), boss)
        words = self.text(message)
        self.assertIn("A sick note of yours", words)
        self.assertIn("Kari: 1 sick leave", words)
        self.assertIn("The first fetch of Connection has ended. Sick notes found: 3.", words)
        self.assertIn("Registered: 2", words)
        self.assertIn("Waiting: 1 (No employee has this identity number)", words)
        self.assertEqual(message.subject, "Sick leave is registered")

    def test_the_follow_up_that_it_begins_is_in_the_same_message(self):
        self.connection.followup_enabled = True
        marks = self.env["nav.followup.mark"]
        cases = self.env["nav.sick.case"]

        def follow():
            cases._follow_marked(marks._waiting_employee_ids(TODAY))

        self.store((self.kari, -30, 30), (self.ola, -30, 30))
        self.fetched_all()
        with batches_of(1):
            self.apply_all(lambda: 0)
        follow()
        asked = [("res_model", "=", "nav.sick.case"), ("user_id", "=", self.boss.user_id.id)]
        self.assertTrue(self.env["mail.activity"].search(asked))
        self.assertFalse(self.deliver())
        self.apply_all()
        self.advance()
        self.assertEqual(self.first.state, "done")
        self.assertFalse(self.deliver(), "the follow-up of the second is not made yet")
        follow()
        told = self.deliver()
        self.assertEqual({len(messages) for messages in told.values()}, {1})
        words = self.text(self.only(told, self.boss.user_id))
        self.assertIn("Kari: 1 sick leave", words)
        self.assertIn("follow-up of sick leave", words)

    def test_a_follow_up_that_is_never_made_is_not_waited_for(self):
        self.connection.followup_enabled = True
        self.store((self.kari, 0, 3))
        self.finish()
        self.assertFalse(self.deliver())
        self.first.ended_at -= nav_notice.PATIENCE
        self.assertEqual(set(self.deliver()), {self.kari.user_id, self.boss.user_id})

    def test_followers_without_a_group_of_nav_are_not_told(self):
        hr = self._user("hr", "nav_altinn_connector.group_nav_hr")
        admin = self._user("admin-of-nav", "nav_altinn_connector.group_nav_admin")
        other_company = self.env["res.company"].create({"name": "Other"})
        elsewhere = self._user("elsewhere", "nav_altinn_connector.group_nav_hr")
        elsewhere.write(
            {"company_ids": [Command.set(other_company.ids)], "company_id": other_company.id}
        )
        followers = hr | admin | elsewhere | self._outsider()
        self.connection.message_subscribe(partner_ids=followers.partner_id.ids)
        broken = self.payload((*days(0, 3), 100), employee=self.ola)
        broken["sykmeldingPerioder"] = []
        self.receive(broken, apply=False)
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {hr, admin})
        message = self.only(told, admin)
        self.assertEqual(message.subject, "The first fetch from NAV has ended")
        self.assertIn("Could not be registered: 1", self.text(message))
        self.assertIn(f"nav_connection_action/{self.connection.id}", message.body)

    def test_the_line_manager_where_nobody_approves_time_off(self):
        line_manager = self.person("line")
        person = self._employee("Without user", parent_id=line_manager.id)
        person.leave_manager_id = False
        self.store((person, 0, 3))
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {line_manager.user_id})
        message = self.only(told, line_manager.user_id)
        self.assertIn("Without user: 1 sick leave", self.text(message))
        self.assertNotIn("action_team", message.body)  # which would be empty

    def test_nobody_is_told_of_themselves_as_their_manager(self):
        self.kari.leave_manager_id = self.kari.user_id
        self.store((self.kari, 0, 3))
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {self.kari.user_id})
        self.assertNotIn("Kari", told[self.kari.user_id][0].body)

    def test_notes_that_make_no_time_off_are_the_managers_matter(self):
        self.store((self.kari, 0, 3, "advisory"), (self.ola, 0, 3, "treatment_days"))
        self.store((self.ola, 5, 6))
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {self.boss.user_id, self.ola.user_id})
        words = self.text(told[self.boss.user_id][0])
        self.assertIn("Kari: 1 sick note without time off", words)
        self.assertIn("Ola: 1 sick leave, 1 sick note without time off", words)

    def test_an_archived_user_is_not_told(self):
        self.kari.user_id.active = False
        self.store((self.kari, 0, 3))
        self.finish()
        self.assertEqual(set(self.deliver()), {self.boss.user_id})

    def test_inbox_or_mail_as_each_prefers_and_mails_are_queued(self):
        self.kari.user_id.notification_type = "inbox"
        self.ola.user_id.notification_type = "email"
        self.store((self.kari, 0, 3), (self.ola, 0, 3))
        self.finish()
        with patch.object(self.env.registry["mail.mail"], "send_after_commit") as send:
            told = self.deliver()
        self.assertFalse(send.called)
        kinds = {
            user: messages[0].notification_ids.mapped("notification_type")
            for user, messages in told.items()
        }
        self.assertEqual(kinds[self.kari.user_id], ["inbox"])
        self.assertEqual(kinds[self.ola.user_id], ["email"])
        mail = self.env["mail.mail"].search(
            [("mail_message_id", "=", told[self.ola.user_id][0].id)]
        )
        self.assertEqual(mail.state, "outgoing")
        self.assertIn("A sick note of yours", mail.body_html)
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", queue.id)]))

    def test_each_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("nb_NO")
        self.kari.user_id.lang = "nb_NO"
        self.store((self.kari, 0, 3))
        self.finish()
        used = {}
        original = plain_words_notice.message

        def message(env, content):
            used["own" if "own" in content else "team"] = env.lang
            return original(env, content)

        with patch.object(plain_words_notice, "message", message):
            self.deliver()
        self.assertEqual(used, {"own": "nb_NO", "team": "en_US"})

    def test_a_stopped_first_fetch_tells_at_its_end(self):
        self.store((self.kari, 0, 3), (self.ola, 0, 3))
        self.fetched_all()
        with batches_of(1):
            self.apply_all(lambda: self.connection.action_stop_first_fetch() and 1)
        self.advance()
        self.assertFalse(self.deliver())
        self.connection.action_resume_first_fetch()
        self.finish()
        told = self.deliver()
        self.assertIn("Kari: 1", self.text(told[self.boss.user_id][0]))
        self.assertIn("Ola: 1", self.text(told[self.boss.user_id][0]))

    def test_what_comes_after_it_does_not_tell_of_it_again(self):
        self.store((self.kari, 0, 3), (self.ola, 0, 3))
        self.finish()
        self.deliver()
        self.apply_all()
        self.assertFalse(self.deliver())
        self.store((self.kari, 10, 13))
        self.finish()
        told = self.deliver()
        self.assertEqual(set(told), {self.kari.user_id, self.boss.user_id})
        words = self.text(told[self.boss.user_id][0])
        self.assertIn("Kari: 1 sick leave", words)
        self.assertNotIn("Ola", words)

    def test_one_message_that_fails_stops_no_other_and_is_tried_again(self):
        self.store((self.kari, 0, 3), (self.ola, 0, 3))
        self.finish()
        original = nav_notice.NavNotice._write_message

        def write_message(notice):
            original(notice)
            if notice.user_id == self.kari.user_id:
                raise ValueError("no such luck")

        logger = mute_logger("odoo.addons.nav_altinn_connector.models.nav_notice")
        with patch.object(nav_notice.NavNotice, "_write_message", write_message), logger:
            self.assertEqual(set(self.deliver()), {self.boss.user_id, self.ola.user_id})
        self.assertEqual(set(self.deliver()), {self.kari.user_id})
        self.assertFalse(self.env["nav.notice"].search([]))

    def test_a_message_that_always_fails_is_given_up(self):
        self.store((self.ola, 0, 3))
        self.finish()
        tries = []

        def write_message(notice):
            tries.append(notice.user_id)
            raise ValueError("never")

        logger = mute_logger("odoo.addons.nav_altinn_connector.models.nav_notice")
        with patch.object(nav_notice.NavNotice, "_write_message", write_message), logger:
            for _run in range(10):
                self.deliver()
        self.assertEqual(tries.count(self.ola.user_id), nav_notice.MOST_FAILURES)
        notices = self.env["nav.notice"].search([])
        self.assertEqual(len(notices), 2)
        notices._gc_failed()
        self.assertTrue(notices.exists())
        self.env.cr.execute("UPDATE nav_notice SET create_date = create_date - interval '31 days'")
        self.env["nav.notice"]._gc_failed()
        self.assertFalse(notices.exists())

    def test_a_manager_of_very_many_has_the_rest_in_the_list(self):
        people = [
            self._employee(f"Person {number:03}", leave_manager_id=self.boss.user_id.id)
            for number in range(5)
        ]
        self.store(*((person, 0, 3) for person in people))
        self.finish()
        with patch.object(plain_words_notice, "MOST_NAMES", 3):
            words = self.text(self.deliver()[self.boss.user_id][0])
        self.assertIn("Person 002", words)
        self.assertNotIn("Person 003", words)
        self.assertIn("and 2 more", words)

    def test_names_are_text_and_not_markup(self):
        self.kari.name = "Kari <b>Prøve</b>"
        self.store((self.kari, 0, 3))
        self.finish()
        self.assertIn("Kari &lt;b&gt;", self.deliver()[self.boss.user_id][0].body)

    def test_queries_grow_with_persons_only(self):
        """Ten times the notes cost no more queries; each message has its bounded share."""

        def queries(people, notes_each):
            self.store(
                *(
                    (person, 20 * number, 20 * number + 3)
                    for person in people
                    for number in range(notes_each)
                )
            )
            self.fetched_all()
            self.apply_all()
            first = self.connection._open_first_fetch() or self.connection._create_first_fetch()
            notes = self.env["nav.sick.note"].search([("employee_id", "in", people.ids)])
            notes.first_fetch_id = first
            first.state = "applying"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.advance()
            ended = self.env.cr.sql_log_count
            told = self.deliver()
            self.assertEqual(len(told), len(people))
            return ended - before, (self.env.cr.sql_log_count - ended) / len(told)

        def team(size, prefix):
            return self.env["hr.employee"].union(
                *(self.person(f"{prefix}{number}") for number in range(size))
            )

        self.fetched_all()
        few, each_of_few = queries(team(4, "few"), 1)
        many, each_of_many = queries(team(12, "many"), 4)
        self.assertLess(many, few + 12)
        self.assertLess(each_of_many, each_of_few + 3)
        self.assertLess(each_of_many, 60)
