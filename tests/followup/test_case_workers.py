"""Two workers at the follow-up of the same employees, and one that stops half-way: nothing twice,
nothing lost."""

import pytest

from tests.support.commits import Stopped
from tests.support.workers import Meeting, at_once
from tests.support.world import TODAY


@pytest.fixture
def fetched(active, monkeypatch):
    """Notes have been applied, and nobody has followed up yet."""
    monkeypatch.setattr(active.registry["nav.sick.case"], "_today", lambda self: TODAY)
    active.run_cron()
    with active.env() as env:
        assert marks(env)
        assert not env["nav.sick.case"].search([])
        env["nav.connection"].search([]).followup_user_id = env.ref("base.user_admin")
        env.ref("base.user_admin").company_ids |= env["nav.connection"].search([]).company_id
    return active


def meet_in_cron(world, monkeypatch):
    """The workers meet when each has read what there is to do."""
    Case = world.registry["nav.sick.case"]
    meeting, original = Meeting(), Case._in_batches

    def in_batches(self, *args):
        meeting()
        return original(self, *args)

    monkeypatch.setattr(Case, "_in_batches", in_batches)
    return meeting


def follow(env):
    env["nav.sick.case"]._cron_followup()


def marks(env):
    return env["nav.followup.mark"].search([]).employee_id


def expect_all_followed_once(world):
    with world.env() as env:
        assert not marks(env)
        notes = env["nav.sick.note"].search([("state", "in", ("applied", "superseded"))])
        cases = env["nav.sick.case"].search([])
        days = [(case.employee_id.id, case.first_day) for case in cases]
        assert len(days) == len(set(days))
        counting = notes.filtered("degrees")
        assert counting
        assert counting <= cases.note_ids
        asked = cases.milestone_ids.filtered(lambda one: one.stage in ("active", "overdue"))
        asked = asked.filtered(lambda one: one.case_id.responsible_id)
        assert asked
        activities = env["mail.activity"].search([("res_model", "=", "nav.sick.case")])
        assert len(asked.activity_id) == len(asked)
        assert asked.activity_id == activities


def test_two_crons_at_once(fetched, monkeypatch):
    meet = meet_in_cron(fetched, monkeypatch)
    assert at_once(fetched, follow, follow) == [None, None]
    assert meet.arrived == 2
    fetched.run_cron("followup")
    expect_all_followed_once(fetched)


@pytest.mark.parametrize("step", ["_remember", "_follow_milestones", "_follow_activities"])
def test_a_worker_that_stops_half_way(fetched, monkeypatch, step):
    def stop(*_args):
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(fetched.registry["nav.sick.case"], step, stop)
        with pytest.raises(Stopped), fetched.env() as env:
            follow(env)
    with fetched.env() as env:
        assert marks(env)
        assert not env["nav.sick.case"].search([])
    fetched.run_cron("followup")
    expect_all_followed_once(fetched)


def test_a_person_settles_while_the_cron_runs(fetched, monkeypatch):
    from odoo.service.model import retrying

    fetched.run_cron("followup")
    meet = meet_in_cron(fetched, monkeypatch)
    with fetched.env() as env:
        cases = env["nav.sick.case"].search([("state", "=", "open")])
        cases.checked_on = False
        asked = cases.milestone_ids.filtered(lambda one: one.stage in ("active", "overdue"))
        done = asked.ids
        assert done

    def press(env):
        def request():
            meet()
            env["nav.followup.milestone"].browse(done).action_done()

        retrying(request, env)

    assert at_once(fetched, press, follow) == [None, None]
    assert meet.arrived == 2
    fetched.run_cron("followup")
    with fetched.env() as env:
        milestones = env["nav.followup.milestone"].browse(done)
        assert set(milestones.mapped("state")) == {"done"}
        assert set(milestones.mapped("stage")) == {"settled"}
        assert not milestones.activity_id
        assert not env["mail.activity"].search([("res_model", "=", "nav.sick.case")])
