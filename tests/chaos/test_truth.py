"""The chaos run's own judgement: that what is wrong does not pass it, and that nothing that can go
wrong is left out."""

from datetime import date

import pytest

from sandbox.faults import KINDS

from . import faults, truth
from .story import Size, Story

TIME = "2026-06-15 10:00:00,000 17"
FAILED = f"{TIME} ERROR chaos odoo.addons.base.models.ir_cron: Job 'NAV: fetch' (5) server action"


class Sandbox:
    """Takes down what is ordered."""

    def __init__(self):
        self.faults = self
        self.ordered = []

    def add(self, kind, place, **params):
        self.ordered.append((kind, place, params))


@pytest.fixture(scope="module")
def story():
    return Story(Size(seed=4), date(2026, 6, 15))


@pytest.fixture
def calm(story):
    """What the days without faults lead to."""
    connection, other = story.mains
    return {
        "leave": [("one",)],
        "replaced": [("one",)],
        "cases": [("one",)],
        "notes": [(nav_id, states[0], "") for nav_id, states in story.notes_given().items()],
        "problems": [(*problem, "why") for problem in story.true_problems()],
        "plans": [(number, "sent") for number in story.plans],
        "plans at NAV": [(number,) for number in story.plans],
    }


def test_each_kind_of_fault_of_the_sandbox_is_dealt():
    for seed in range(3):
        sandbox, deck = Sandbox(), faults.by_day(seed)
        for _hand in range(3):
            deck.deal(sandbox)
        assert {kind for kind, *_more in sandbox.ordered} == set(KINDS)
        assert {place for _kind, place, _params in sandbox.ordered} == set(faults.CALLED_BY_DAY)


def test_the_same_seed_deals_the_same():
    hands = []
    for seed in (7, 7, 8):
        sandbox = Sandbox()
        faults.for_plans(seed).deal(sandbox)
        hands.append(sandbox.ordered)
    assert hands[0] == hands[1] != hands[2]


def test_what_is_right_passes(story, calm):
    assert truth.untrue(story, calm) == []
    assert truth.differences(calm, calm) == []


def test_a_lost_note_is_seen_although_it_is_lost_both_times(story, calm):
    lost = calm["notes"].pop()
    assert truth.untrue(story, calm) == [f"without faults: the note {lost[0]} is lost"]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("problems", lambda rows: rows[1:], "no problem in spite of its cause"),
        ("problems", lambda rows: [*rows, ("999999999", "plan", "")], "a problem without a cause"),
        ("plans at NAV", lambda rows: [*rows, rows[0]], "plans"),
        ("plans", lambda rows: [(rows[0][0], "unknown"), *rows[1:]], "a plan is unknown"),
        ("notes", lambda rows: [(rows[0][0], "received", ""), *rows[1:]], "is received"),
        ("leave", lambda rows: [], "nothing has come"),
    ],
)
def test_what_is_wrong_without_faults_is_seen(story, calm, name, change, words):
    [line] = truth.untrue(story, {**calm, name: change(calm[name])})
    assert words in line


def test_each_row_counts_as_often_as_it_is_there():
    calm = {"leave": [("a",), ("a",), ("b",)], "cases": []}
    storm = {"leave": [("a",), ("b",), ("b",)], "cases": [("c",)]}
    assert truth.differences(calm, storm) == [
        "leave: only when calm: ('a',)",
        "leave: only in the storm: ('b',)",
        "cases: only in the storm: ('c',)",
    ]


@pytest.mark.parametrize(
    ("end", "seen"),
    [
        ("KeyError: 'fom'", 1),
        ("psycopg2.errors.SerializationFailure: could not serialize access", 1),
        ("psycopg2.OperationalError: server closed the connection unexpectedly", 0),
        ("psycopg2.InterfaceError: cursor already closed", 0),
    ],
)
def test_a_cron_that_ends_red_is_seen_save_for_a_database_that_ended(end, seen):
    other = f"{TIME} WARNING chaos odoo.service.server: something else"
    log = "\n".join(
        [other, f"{FAILED} #9 failed", "Traceback (most recent call last):", end, other]
    )
    assert len(truth.red(log)) == seen


def test_that_workers_were_killed_again_and_again_is_no_error():
    log = f"{TIME} ERROR chaos odoo.addons.base.models.ir_cron: Job 'NAV: fetch' (22) timed out"
    assert not truth.red(log + "\n")
    assert truth.red(log + ", or not\n")


def test_an_error_of_the_addon_is_seen_and_one_of_another_addon_is_not():
    ours = f"{TIME} ERROR chaos odoo.addons.nav_altinn_connector.models.nav_notice: Message 1 could"
    log = f"{ours} not be written: KeyError\n{TIME} ERROR chaos odoo.addons.mail.models: mail\n"
    assert len(truth.red(log)) == 1
    assert not truth.red(log.replace("KeyError", "InterfaceError"))
