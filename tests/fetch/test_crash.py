"""The process may stop at any moment: nothing is lost, nothing is done twice.

What happens between two commits is undone by the database, so one moment between each two of them
stands for all.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import commits
from tests.support.commits import Stopped, between_commits

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small_steps(active, monkeypatch):
    """Several pages and batches, so that there are several commits."""
    from odoo.addons.nav_altinn_connector.models import nav_connection_fetch

    monkeypatch.setattr(nav_connection_fetch, "APPLY_BATCH", 9)
    active.sandbox.options.page_limit = 6


def run_until(world, monkeypatch, number=None, moment="before"):
    """Run the fetch cron until it is stopped at a commit: see :func:`tests.support.commits`."""
    world.make_due()
    return commits.run_until(world, monkeypatch, "_cron_fetch_sick_notes", number, moment)


def assert_nothing_lost(world):
    """No cursor is ahead of the notes that are stored, and no note is half stored or applied."""
    with world.env() as env:
        for unit in env["nav.connection.unit"].search([]):
            stored = env["nav.sick.note"].search([("unit_id", "=", unit.id)])
            assert unit.cursor == max(stored.mapped("loepenr"), default=0)
            served = world.sandbox.notes(unit.org_number)
            assert len(stored) == sum(note["loepenr"] <= unit.cursor for note in served)
        for note in env["nav.sick.note"].search([]):
            assert note.period_ids
            assert bool(note.employee_id) == (note.state in ("applied", "superseded"))
        orphans = env["hr.leave"].search(
            [("nav_sourced", "=", True), ("nav_period_id", "=", False)]
        )
        assert not orphans


def test_stopped_between_any_two_commits_and_started_again(
    active, small_steps, undisturbed, monkeypatch
):
    commits = run_until(active, monkeypatch)
    assert commits > 8
    assert active.outcome() == undisturbed
    options = active.sandbox.options
    for stop in between_commits(commits):
        active.reset()
        active.sandbox.options.page_limit = options.page_limit
        active.activate()
        run_until(active, monkeypatch, *stop)
        assert_nothing_lost(active)
        active.fetch()
        assert active.outcome() == undisturbed, stop


def test_stopped_again_and_again(active, small_steps, undisturbed, monkeypatch):
    """Each start gets one commit further than the one before."""
    for number in range(12):
        run_until(active, monkeypatch, number, "after")
        assert_nothing_lost(active)
    active.fetch()
    assert active.outcome() == undisturbed


def test_the_answer_arrived_but_nothing_was_stored(active, undisturbed, monkeypatch):
    """Stopped in the middle of a transaction: after the notes, before the cursor."""
    Note = active.registry["nav.sick.note"]
    with monkeypatch.context() as patch:

        def create(self, vals_list):
            original(self, vals_list)
            raise Stopped

        original = Note.create
        patch.setattr(Note, "create", create)
        with pytest.raises(Stopped), active.env() as env:
            env["nav.connection"]._cron_fetch_sick_notes()
    assert not active.notes()
    active.fetch()
    assert active.outcome() == undisturbed


@pytest.mark.parametrize(("number", "moment"), [(2, "before"), (6, "after")])
def test_killed(active, undisturbed, number, moment):
    """A real process, killed as hard as can be: while it stores, and while it applies."""
    active.sandbox.options.page_limit = 6
    active.make_due()
    command = [sys.executable, "-m", "tests.support.stopped_child"]
    arguments = [active.database.name, str(number), moment]
    with subprocess.Popen(
        command + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            line = child.stdout.readline()
        finally:
            child.kill()
        errors = child.stderr.read()
    assert line == "here\n", errors
    assert_nothing_lost(active)
    assert active.outcome() != undisturbed
    active.fetch()
    assert active.outcome() == undisturbed
