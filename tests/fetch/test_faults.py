"""The fetch under faults: nothing raised, plain words meanwhile, and the same time off after."""

import re

import pytest

NOTES = "sykepenger.notes"
TOKEN = "maskinporten.token"

# Faults of a whole request: the kind and what it takes.
REQUEST_FAULTS = {
    "hang": ("no_answer", {"mode": "hang"}),
    "abort": ("no_answer", {"mode": "abort"}),
    "answer_lost": ("answer_lost", {}),
    "unauthorized": ("unauthorized", {}),
    "too_many_requests": ("too_many_requests", {"retry_after": 1}),
    "wait_long": ("too_many_requests", {"retry_after": 900}),
    "500": ("server_error", {"status": 500}),
    "502": ("server_error", {"status": 502}),
    "503": ("server_error", {"status": 503, "retry_after": 2}),
    "504": ("server_error", {"status": 504}),
    "slow": ("slow", {"seconds": 5}),
    "cut_json": ("cut_json", {}),
    "not_json": ("not_json", {}),
    "html_error": ("not_json", {"status": 502}),
}
# Faults of what is on a page of notes.
PAGE_FAULTS = {
    "unknown_keys": ("unknown_values", {"what": "keys"}),
    "unknown_kind": ("unknown_values", {"what": "kind"}),
    "unknown_both": ("unknown_values", {"what": "both"}),
    "duplicate": ("duplicate", {"loepenr": "same"}),
    "duplicate_new_number": ("duplicate", {"loepenr": "new"}),
    "out_of_order": ("out_of_order", {"seed": 5}),
    "late_low_loepenr": ("late_low_loepenr", {}),
    "huge": ("huge", {}),
}
# What people read: a sentence that begins with who it is about, and holds no jargon.
PLAIN = re.compile(r"^(NAV|Maskinporten)\b[^<>{}\[\]]*\.( \([A-Z_]+\))?$")
JARGON = ("HTTP", "Traceback", "Error(", "None", "psycopg2", "requests.")


@pytest.fixture(autouse=True)
def _short(waits, transport_options):
    """No waits between attempts, and a second until an answer is given up."""
    transport_options(timeout=(5, 1), retries=1)


def assert_plain(words, world):
    assert PLAIN.match(words), words
    assert not any(each in words for each in JARGON), words
    for person in world.sandbox.employees:
        assert person["fnr"] not in words
        assert person["name"] not in words


def assert_recovered(world, undisturbed):
    """Without the fault, the next fetch leads to the same as if it had never been."""
    world.sandbox.faults.clear()
    world.fetch()
    assert world.outcome() == undisturbed
    assert not world.read("last_error")
    assert not world.read("retry_at")
    assert not world.read("failures")
    with world.env() as env:
        assert not any(world.connection(env).unit_ids.mapped("last_error"))


@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_a_fault_that_lasts(active, undisturbed, name):
    kind, params = REQUEST_FAULTS[name]
    active.sandbox.faults.add(kind, NOTES, times=None, **params)
    active.run_cron()
    assert active.sandbox.faults.count(kind)
    assert not active.notes()
    assert_plain(active.read("last_error"), active)
    assert active.read("failures") == 1
    assert active.read("retry_at")
    assert_recovered(active, undisturbed)


@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_a_fault_between_two_pages(active, undisturbed, name):
    """What was stored before it stays, and is not asked for again from the start."""
    kind, params = REQUEST_FAULTS[name]
    active.sandbox.options.page_limit = 3
    active.sandbox.faults.add(kind, NOTES, times=2, after=2, **params)
    active.run_cron()
    assert active.sandbox.faults.count(kind)
    assert active.notes()
    assert_recovered(active, undisturbed)


@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_maskinporten_at_fault(active, undisturbed, name):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    kind, params = REQUEST_FAULTS[name]
    TOKENS.clear()
    active.sandbox.faults.add(kind, TOKEN, times=None, **params)
    active.run_cron()
    assert active.sandbox.faults.count(kind)
    assert not active.sandbox.requests.of(NOTES)
    assert_plain(active.read("last_error"), active)
    assert active.read("last_error").startswith("Maskinporten")
    assert_recovered(active, undisturbed)


@pytest.mark.parametrize("name", ["abort", "answer_lost", "too_many_requests", "500", "503"])
def test_a_passing_fault_is_not_noticed(active, undisturbed, name):
    kind, params = REQUEST_FAULTS[name]
    active.sandbox.faults.add(kind, NOTES, times=1, **params)
    active.run_cron()
    assert active.sandbox.faults.count(kind) == 1
    assert not active.read("last_error")
    assert active.outcome() == undisturbed


@pytest.mark.parametrize("name", PAGE_FAULTS)
def test_a_page_with_a_fault(active, undisturbed, name):
    kind, params = PAGE_FAULTS[name]
    active.sandbox.faults.add(kind, NOTES, times=None, **params)
    active.run_cron()
    assert active.sandbox.faults.count(kind)
    # The others go on: at most one note for each sub-unit is concerned.
    concerned = len(active.sandbox.units)
    sound = [note for note in active.notes() if note[1] in ("applied", "superseded")]
    assert len(sound) >= len(active.sandbox.notes()) - concerned
    active.sandbox.faults.release()
    assert_recovered(active, undisturbed)


@pytest.mark.parametrize("name", ["unknown_kind", "huge"])
def test_a_note_that_cannot_be_used_says_why(active, name):
    kind, params = PAGE_FAULTS[name]
    active.sandbox.faults.add(kind, NOTES, times=None, **params)
    active.run_cron()
    expected = {"unknown_kind": "the kind of sick leave", "huge": "too long"}[name]
    with active.env() as env:
        failed = env["nav.sick.note"].search([("state", "=", "failed")])
        assert len(failed) == len(active.sandbox.units)
        for note in failed:
            assert note.failure_reason.startswith("NAV's note cannot be used: ")
            assert expected in note.failure_reason
        assert active.connection(env).failed_count == len(failed)


@pytest.mark.parametrize("name", ["unknown_keys", "duplicate", "duplicate_new_number"])
def test_a_page_with_a_harmless_fault_is_used_at_once(active, undisturbed, name):
    kind, params = PAGE_FAULTS[name]
    active.sandbox.faults.add(kind, NOTES, times=None, **params)
    active.run_cron()
    assert active.outcome() == undisturbed
    assert not active.read("last_error")


def test_an_unauthorised_request_is_not_repeated(active):
    """One request a unit and fetch, and one new token for the next fetch."""
    active.sandbox.faults.add("unauthorized", NOTES, times=None)
    active.sandbox.requests.clear()
    active.run_cron()
    assert len(active.sandbox.requests.of(NOTES)) <= len(active.sandbox.units)
    assert len(active.sandbox.requests.of(TOKEN)) <= len(active.sandbox.units)
    asked = len(active.sandbox.requests)
    active.run_cron()
    assert len(active.sandbox.requests) == asked, "it has to wait before it asks again"


def test_tokens_that_nav_has_ended_are_renewed(active, undisturbed):
    active.sandbox.expire_tokens()
    active.run_cron()
    assert_plain(active.read("last_error"), active)
    assert_recovered(active, undisturbed)


def test_a_right_that_was_withdrawn_is_told_and_not_looped_on(active, undisturbed):
    for user_id in active.sandbox.state.system_users:
        active.sandbox.state.revoke_system_user(user_id)
    active.run_cron()
    assert "must have the right to sick notes" in active.read("last_error")
    assert len(active.sandbox.requests.of(NOTES)) == len(active.sandbox.units)
    assert active.read("state") == "reauthorise"
    active.register()
    with active.env() as env:
        active.connection(env).next_check_at = "2026-01-01"
    active.run_cron("poll_altinn")
    assert_recovered(active, undisturbed)


@pytest.mark.parametrize(("kind", "status"), [("too_many_requests", 429), ("server_error", 503)])
def test_retry_after_is_obeyed(active, monkeypatch, kind, status):
    from datetime import datetime, timedelta

    from odoo import fields

    now = datetime(2026, 6, 15, 12)
    monkeypatch.setattr(fields.Datetime, "now", staticmethod(lambda *args: now))
    active.sandbox.faults.add(kind, NOTES, times=None, status=status, retry_after=600)
    active.run_cron()
    assert active.read("retry_at") == now + timedelta(seconds=600)
    assert active.read("next_fetch_at") == now + timedelta(seconds=600)
    asked = len(active.sandbox.requests.of(NOTES))
    now += timedelta(seconds=599)
    active.run_cron()
    assert len(active.sandbox.requests.of(NOTES)) == asked
    now += timedelta(seconds=1)
    active.run_cron()
    assert len(active.sandbox.requests.of(NOTES)) > asked


def test_too_many_requests_for_one_unit_stops_the_others(active):
    active.sandbox.faults.add("too_many_requests", NOTES, times=None, retry_after=600)
    active.run_cron()
    assert len(active.sandbox.requests.of(NOTES)) == 1


def test_a_short_retry_after_is_waited_for(active, waits):
    active.sandbox.faults.add("too_many_requests", NOTES, times=1, retry_after=7)
    active.run_cron()
    assert [7 <= seconds < 8 for seconds in waits] == [True]


def test_the_pause_grows_with_each_failure_up_to_the_interval(active, monkeypatch):
    from datetime import datetime, timedelta

    from odoo import fields

    now = datetime(2026, 6, 15, 0)
    monkeypatch.setattr(fields.Datetime, "now", staticmethod(lambda *args: now))
    active.sandbox.faults.add("server_error", NOTES, times=None)
    pauses = []
    for _attempt in range(6):
        active.run_cron()
        pauses.append(active.read("retry_at") - now)
        now = active.read("retry_at")
    assert pauses == [timedelta(minutes=each) for each in (5, 10, 20, 40, 60, 60)]


def test_a_fault_of_one_unit_leaves_the_others_their_notes(active, undisturbed):
    """The first sub-unit's answers are broken; the other two are fetched as ever."""
    active.sandbox.faults.add("cut_json", NOTES, times=1)
    active.run_cron()
    with active.env() as env:
        units = active.connection(env).unit_ids
        assert sorted(map(bool, units.mapped("last_error"))) == [False, False, True]
        assert sorted(bool(each.cursor) for each in units) == [False, True, True]
    assert active.notes()
    assert_plain(active.read("last_error"), active)
    assert_recovered(active, undisturbed)


def test_no_server_at_all(active, undisturbed):
    """Nobody listens at the address: told in plain words, and mended by the right address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with active.env() as env:
        active.client(env).sykepenger_url = nobody
    active.run_cron()
    assert active.read("last_error") == (
        "NAV (Sykepenger API) did not answer. It will be tried again."
    )
    with active.env() as env:
        active.client(env).sykepenger_url = active.sandbox.sykepenger_url
    assert_recovered(active, undisturbed)
