"""The first fetch, where commits are real: stopped at any moment, done by two workers at once,
stopped by a person and resumed. The calendar is the same, and each person is told once.
"""

import threading

import pytest

from tests.fetch.test_concurrency import cron, settle
from tests.support.commits import Stopped, between_commits, run_watched, stop_at
from tests.support.workers import Meeting, at_once

ADMIN = "nav_altinn_connector.group_nav_admin"


@pytest.fixture
def people(world):
    make_people(world)
    return world


def make_people(world):
    """Users for the employees, one of them the manager of all others, who also follows."""
    with world.env() as env:
        env["ir.config_parameter"].set_param("mail.mail.force.send.limit", 0)
        employees = env["hr.employee"].search([("company_id", "=", world.ids["company"])])
        users = env["res.users"].with_context(no_reset_password=True)
        for number, employee in enumerate(employees):
            employee.user_id = users.create(
                {
                    "name": employee.name,
                    "login": f"person-{number}",
                    "email": f"person-{number}@example.com",
                    "notification_type": "email" if number % 2 else "inbox",
                    "company_id": world.ids["company"],
                    "company_ids": [(6, 0, [world.ids["company"]])],
                }
            )
        boss = employees[0].user_id
        boss.group_ids |= env.ref(ADMIN)
        (employees - employees[0]).leave_manager_id = boss
        world.connection(env).message_subscribe(partner_ids=boss.partner_id.ids)
        # Its messages wait for the follow-up, which runs in a cron of its own.
        world.connection(env).followup_enabled = False
        world.ids["boss"] = boss.id


@pytest.fixture
def small_steps(monkeypatch):
    from odoo.addons.nav_altinn_connector.models import nav_connection_fetch, nav_notice

    monkeypatch.setattr(nav_connection_fetch, "APPLY_BATCH", 9)
    monkeypatch.setattr(nav_notice, "DELIVERY_BATCH", 3)


@pytest.fixture
def begun(people, small_steps):
    """Activated, with several pages, batches and deliveries ahead."""
    people.sandbox.options.page_limit = 6
    people.activate()
    return people


def messages(world):
    """[(login, subject)] of all that people were told, sorted."""
    with world.env() as env:
        told = env["mail.message"].search(
            [("message_type", "=", "user_notification"), ("body", "like", "nav_altinn_connector")]
        )
        return sorted(
            (message.notified_partner_ids.user_ids.login, message.subject) for message in told
        )


def expected_messages(world):
    """Whom there is something to tell: employees with time off from NAV, and the manager."""
    with world.env() as env:
        leaves = env["hr.leave"].search([("nav_sourced", "=", True), ("state", "=", "validate")])
        users = leaves.employee_id.user_id | env["res.users"].browse(world.ids["boss"])
        return sorted(users.mapped("login"))


def assert_told_once(world):
    assert [login for login, _subject in messages(world)] == expected_messages(world)
    with world.env() as env:
        assert not env["nav.notice"].search([])


def state(world):
    return world.read("first_fetch_state")


def run(world, monkeypatch, **watch):
    """Run the cron with something done at each commit: see :func:`tests.support.commits`."""
    world.make_due()
    commits, _stopped = run_watched(world, monkeypatch, "_cron_fetch_sick_notes", **watch)
    return commits


def press(world, method):
    """A click in another process, committed."""
    with world.env() as env:
        getattr(world.connection(env), method)()


# ------------------------------------------------------------------ one run


def test_the_cron_does_it_all_and_tells_everyone_once(begun, undisturbed):
    assert state(begun) == "fetching"
    begun.run_cron()
    assert state(begun) == "done"
    assert begun.outcome() == undisturbed
    assert_told_once(begun)
    assert begun.read("first_fetch_total") == len(begun.sandbox.notes())
    assert begun.read("first_fetch_progress") == 100
    begun.fetch()
    assert_told_once(begun)


def test_fetch_now_leaves_the_end_to_the_cron(begun, undisturbed):
    press(begun, "action_fetch_now")
    assert not messages(begun)
    settle(begun)
    begun.fetch()
    assert state(begun) == "done"
    assert begun.outcome() == undisturbed
    assert_told_once(begun)


def test_a_message_of_a_person_is_in_the_own_inbox_or_mail_only(begun):
    begun.run_cron()
    with begun.env() as env:
        for message in env["mail.message"].search([("message_type", "=", "user_notification")]):
            user = message.notified_partner_ids.user_ids
            assert message.notification_ids.notification_type == user.notification_type
            mails = env["mail.mail"].search([("mail_message_id", "=", message.id)])
            assert len(mails) == (user.notification_type == "email")
            for mail in mails:
                assert mail.recipient_ids == user.partner_id


# ------------------------------------------------------------------ stopped by a crash


def test_crashed_between_commits(begun, undisturbed, monkeypatch):
    commits = run(begun, monkeypatch)
    assert commits > 12
    assert_told_once(begun)
    # Every span of the end, and some of those before, which tests/fetch/test_crash.py has all.
    stops = between_commits(commits)
    for number, moment in stops[2:-8:4] + stops[-8:]:
        begun.reset()
        make_people(begun)
        begun.sandbox.options.page_limit = 6
        begun.activate()
        run(begun, monkeypatch, **{f"{moment}_commit": stop_at(number)})
        begun.fetch()
        assert state(begun) == "done", (number, moment)
        assert begun.outcome() == undisturbed, (number, moment)
        assert_told_once(begun)


def test_crashed_while_a_message_is_written(begun, monkeypatch):
    Notice = begun.registry["nav.notice"]
    original, written = Notice._write_message, []

    def write_message(self):
        original(self)
        written.append(None)
        if len(written) == 5:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(Notice, "_write_message", write_message)
        run(begun, monkeypatch)
    # What was written after the last commit is gone with the process.
    assert len(messages(begun)) == 3
    begun.fetch()
    assert_told_once(begun)


# ------------------------------------------------------------------ two workers


def test_two_crons_at_once(begun, undisturbed):
    assert at_once(begun, cron, cron) == [None, None]
    settle(begun)
    begun.fetch()
    assert begun.outcome() == undisturbed
    assert_told_once(begun)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("nav.first.fetch", "_end"),
        ("nav.notice", "_tell"),
        ("nav.notice", "_write_message"),
    ],
)
def test_two_crons_meet_at_the_end(begun, undisturbed, monkeypatch, model, method):
    meeting, Model = Meeting(), begun.registry[model]
    original = getattr(Model, method)
    monkeypatch.setattr(
        Model, method, lambda self, *args: (meeting(), original(self, *args))[1], raising=True
    )
    assert at_once(begun, cron, cron) == [None, None]
    settle(begun)
    begun.fetch()
    assert meeting.arrived
    assert state(begun) == "done"
    assert begun.outcome() == undisturbed
    assert_told_once(begun)


def test_two_workers_advance_at_the_same_moment(begun, monkeypatch):
    """Both have looked, and both find that it has ended."""
    with monkeypatch.context() as patch:
        FirstFetch = begun.registry["nav.first.fetch"]
        patch.setattr(FirstFetch, "_advance", lambda self: None)
        begun.run_cron()
    with begun.env() as env:
        env["nav.first.fetch"].search([]).state = "applying"
    meeting = Meeting()
    original = FirstFetch._advance
    monkeypatch.setattr(
        FirstFetch, "_advance", lambda self: (meeting(), original(self))[1], raising=True
    )

    def advance(env):
        env["nav.connection"]._advance_first_fetches(env.cr.commit)

    assert at_once(begun, advance, advance) == [None, None]
    assert meeting.arrived == 2
    settle(begun)
    assert state(begun) == "done"
    assert_told_once(begun)


def test_no_note_slips_into_a_first_fetch_that_ends(begun, monkeypatch):
    """A worker that has begun to store notes in it is seen by the one that would end it, and one
    that begins after that begins a first fetch of its own, or gives way."""
    import psycopg2

    begun.run_cron()
    with begun.env() as env:
        env["nav.first.fetch"].search([]).write({"state": "fetching", "ended_at": False})
        unit = begun.connection(env).unit_ids[0]
        unit.last_success_at = False
        unit_id = unit.id
    with begun.registry.cursor() as storing, begun.registry.cursor() as ending:
        from odoo import SUPERUSER_ID, api

        storing_env = api.Environment(storing, SUPERUSER_ID, {})
        ending_env = api.Environment(ending, SUPERUSER_ID, {})
        unit = storing_env["nav.connection.unit"].browse(unit_id)
        taking_part = unit.connection_id._first_fetch_of(unit)
        assert taking_part.state == "fetching"
        # The permission was denied meanwhile, so the other worker finds the fetch complete.
        ending_env["nav.connection.unit"].browse(unit_id).permission = "denied"
        first = ending_env["nav.first.fetch"].browse(taking_part.id)
        first._advance()
        assert first.state == "fetching"
        storing.commit()
        first._advance()
        assert first.state == "applying"
        late = unit.connection_id
        assert unit.name  # the worker's view of the database is from before the commit
        ending.commit()
        with pytest.raises(psycopg2.errors.SerializationFailure):
            late._first_fetch_of(unit)


# ------------------------------------------------------------------ stopped by a person


@pytest.mark.parametrize("number", range(1, 12, 2))
def test_stopped_by_a_click_and_resumed(begun, undisturbed, monkeypatch, number):
    """The click comes from another process, just after a commit."""
    at_stop = []

    def click(commit):
        if commit == number:
            press(begun, "action_stop_first_fetch")
            at_stop.append(begun.notes())

    run(begun, monkeypatch, after_commit=click)
    assert state(begun) == "stopped"
    assert begun.notes() == at_stop[0], "another page or batch was begun after the stop"
    before = begun.outcome()
    begun.fetch()
    assert begun.outcome() == before, "it went on though it was stopped"
    assert not messages(begun)
    press(begun, "action_resume_first_fetch")
    begun.fetch()
    assert state(begun) == "done"
    assert begun.outcome() == undisturbed
    assert_told_once(begun)


def test_resuming_goes_on_at_once_and_does_not_wait_for_the_interval(begun, monkeypatch):
    run(
        begun,
        monkeypatch,
        after_commit=lambda number: number == 1 and press(begun, "action_stop_first_fetch"),
    )
    assert len(begun.notes()) < len(begun.sandbox.notes())
    press(begun, "action_resume_first_fetch")
    begun.run_cron()
    assert state(begun) == "done"
    assert len(begun.notes()) == len(begun.sandbox.notes())


def test_the_stop_outlives_a_restart_and_a_second_worker_sees_it(begun, undisturbed, monkeypatch):
    """One worker is in the middle of a batch when the stop comes; another begins after that."""
    Note = begun.registry["nav.sick.note"]
    original, in_batch, go_on = Note._apply_batch, threading.Event(), threading.Event()

    def apply_batch(self):
        in_batch.set()
        assert go_on.wait(30)
        return original(self)

    def click_and_second_worker(env):
        assert in_batch.wait(30)
        press(begun, "action_stop_first_fetch")
        monkeypatch.setattr(Note, "_apply_batch", original)
        begun.run_cron()  # a second worker: it finds nothing to do
        applied.append([note for note in begun.notes() if note[1] != "received"])
        go_on.set()

    applied = []
    with monkeypatch.context() as patch:
        patch.setattr(Note, "_apply_batch", apply_batch)
        assert at_once(begun, cron, click_and_second_worker) == [None, None]
    assert applied == [[]]
    states = [note_state for _id, note_state, _reason in begun.notes()]
    assert 0 < sum(note_state != "received" for note_state in states) <= 9
    assert "received" in states
    press(begun, "action_resume_first_fetch")
    begun.fetch()
    assert begun.outcome() == undisturbed
    assert_told_once(begun)


# ------------------------------------------------------------------ sub-units that come later


def test_a_sub_unit_ticked_later_has_a_first_fetch_of_its_own(begun, undisturbed):
    with begun.env() as env:
        late = begun.connection(env).unit_ids[0]
        late.selected = False
        number = late.org_number
    begun.run_cron()
    assert state(begun) == "done"
    found = begun.read("first_fetch_total")
    assert found == len(begun.sandbox.notes()) - len(begun.sandbox.notes(number))
    told = messages(begun)
    with begun.env() as env:
        begun.connection(env).unit_ids[0].selected = True
    begun.fetch()
    assert state(begun) == "done"
    assert begun.read("first_fetch_total") == len(begun.sandbox.notes(number))
    assert begun.outcome() == undisturbed
    again = messages(begun)
    assert len(told) < len(again)
    for login in {login for login, _subject in again}:
        assert sum(login == each for each, _subject in again) <= 2
