"""A plan is sent at most once for each time that a person says so, whatever happens."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from odoo.exceptions import ConcurrencyError, UserError

from tests.support.commits import Stopped
from tests.support.log import everything_logged
from tests.support.plan import CONTENT

from .conftest import FOLLOWUP_SCOPE, supplier

ROOT = Path(__file__).resolve().parents[2]
UNCERTAIN_FAULTS = [
    ("answer_lost", {}, 1),
    ("no_answer", {"mode": "abort"}, 0),
    ("server_error", {"status": 503}, 0),
    ("server_error", {"status": 500, "processed": True}, 1),
    ("cut_json", {}, 1),
    ("not_json", {}, None),
]
CERTAIN_TYPES = [
    "VALIDATION_ERROR",
    "BAD_REQUEST",
    "AUTHENTICATION_ERROR",
    "NO_ACTIVE_EMPLOYMENT",
    "NO_ACTIVE_ARBEIDSFORHOLD",
    "NO_ACTIVE_SENT_SYKMELDING",
    "EMPLOYEE_NOT_FOUND",
    "GENERAL_PRACTITIONER_NOT_FOUND",
]


# -- as it should go ---------------------------------------------------------------------------


def test_sent_as_it_was_written(plans):
    assert plans.send() is True
    [arrived] = plans.sandbox.plans()
    assert plans.read("state", "nav_status", "doctor_status") == ("sent", "yes", "yes")
    assert arrived.body["typicalWorkday"] == CONTENT["typical_workday"]
    assert arrived.body["evaluationDate"] == "2026-07-01"
    assert arrived.body["employeeHasContributedToPlan"] is True
    assert "needsHelpFromNavDescription" not in arrived.body
    assert arrived.call_id == plans.read("call_id")
    assert (arrived.employer, arrived.delegated) == (plans.sandbox.main_unit, False)


def test_delegated_by_the_employer(plans):
    other = supplier(plans)
    plans.send()
    [arrived] = plans.sandbox.plans()
    assert (arrived.employer, arrived.supplier) == (plans.sandbox.main_unit, other)
    assert plans.read("state") == "sent"


def test_not_delegated(plans):
    supplier(plans, delegated=False)
    plans.send()
    assert plans.read("state") == "failed"
    assert "Altinn" in plans.read("error")
    assert not plans.arrived()


def test_never_as_a_system_user(plans, monkeypatch):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import MaskinportenClient

    token, asked = MaskinportenClient.token, []

    def remember(self, scope, **details):
        asked.append((scope, details))
        return token(self, scope, **details)

    monkeypatch.setattr(MaskinportenClient, "token", remember)
    plans.send()
    supplier(plans)
    plans.plan_id = plans.new_plan()
    plans.send()
    assert plans.arrived() == 2
    assert asked == [
        (FOLLOWUP_SCOPE, {"consumer_org": None}),
        (FOLLOWUP_SCOPE, {"consumer_org": plans.sandbox.main_unit}),
    ]


def texts_of(documents):
    """The texts of PDF documents, blanks made one."""
    from io import BytesIO

    from odoo.tools.pdf import PdfReader

    pages = [PdfReader(BytesIO(one.raw)).pages for one in documents]
    return [" ".join(" ".join(page.extract_text() for page in one).split()) for one in pages]


def test_the_document_is_kept_with_the_case(plans, documents):
    """In both languages, as it was sent, and anew when NAV tells of another status."""
    plans.sandbox.options.gp_status = False
    with plans.env() as env:
        env["res.lang"]._activate_lang("nb_NO")
    plans.send()
    with plans.env() as env:
        # A name that changes later is not what was sent.
        env["hr.employee"].browse(plans.employee_id).name = "Somebody Else"
        first = plans.plan(env).document_ids
        english, norwegian = texts_of(first)
        assert "Hvordan ser en vanlig arbeidshverdag ut?" in norwegian
        assert "What does a normal working day look like?" in english
        ids = first.ids
    [arrived] = plans.sandbox.plans()
    plans.sandbox.set_doctor_status(arrived.uuid, True)
    after_a_while(plans)
    with plans.env() as env:
        plan = plans.plan(env)
        kept = plan.document_ids
        assert len(kept) == 2
        assert not set(kept.ids) & set(ids)
        assert not env["ir.attachment"].browse(ids).exists()
        assert {(one.res_model, one.res_id) for one in kept} == {("nav.sick.case", plans.case_id)}
        later, _norwegian = texts_of(kept)
        for text in (CONTENT["planned_facilitation"], plan.sent_org_number, plan.call_id):
            assert text in english
            assert text in later
        assert "Somebody Else" not in later
        assert "Not sent" in english
        assert "Not sent" not in later


# -- the process stops -------------------------------------------------------------------------


def stop(monkeypatch, target, name, before=True):
    """Let the process stop before or after a method does its work."""
    original = getattr(target, name)

    def stopped(*args, **kwargs):
        if not before:
            original(*args, **kwargs)
        raise Stopped

    monkeypatch.setattr(target, name, stopped)


def press_and_stop(plans):
    with pytest.raises(Stopped):
        plans.send()


def after_a_while(plans):
    plans.minutes_pass()
    for _each in range(3):
        plans.cron()


def test_stopped_before_the_intent_is_committed(plans, monkeypatch):
    with monkeypatch.context() as patch:
        stop(patch, plans.world.registry["nav.followup.plan"], "_wake_cron")
        press_and_stop(plans)
    assert plans.read("state") == "draft"
    after_a_while(plans)
    assert plans.arrived() == 0
    plans.send()
    assert (plans.read("state"), plans.arrived()) == ("sent", 1)


@pytest.mark.parametrize(
    ("where", "before", "arrived"),
    [("_send_now", True, 0), ("_call", True, 0), ("_call", False, 1), ("_send_now", False, 1)],
)
def test_stopped_after_the_intent_is_committed(plans, monkeypatch, where, before, arrived):
    with monkeypatch.context() as patch:
        stop(patch, plans.world.registry["nav.followup.plan"], where, before)
        press_and_stop(plans)
    assert plans.read("state") == "sending"
    assert plans.arrived() == arrived
    plans.send()
    plans.cron()
    assert plans.read("state") == "sending"
    after_a_while(plans)
    assert plans.read("state") == "unknown"
    assert plans.arrived() == arrived
    assert "not known" in plans.read("error")
    # Whoever knowingly sends it once more gets one more.
    with pytest.raises(UserError):
        plans.send()
    assert plans.arrived() == arrived
    plans.send(again=plans.read("call_id"))
    assert (plans.read("state"), plans.arrived()) == ("sent", arrived + 1)


def test_stopped_when_the_outcome_is_stored(plans, documents, monkeypatch):
    with monkeypatch.context() as patch:
        stop(patch, plans.world.registry["nav.followup.plan"], "_finish")
        press_and_stop(plans)
    assert plans.read("state", "case_to_tell", "documents_to_make") == ("sent", True, True)
    plans.cron()
    assert plans.read("case_to_tell", "documents_to_make") == (False, False)
    assert plans.arrived() == 1


def test_what_follows_may_fail_without_hurting_the_outcome(plans, monkeypatch):
    def fail(self, *args):
        raise ValueError("secret words")

    with monkeypatch.context() as patch, everything_logged() as log:
        patch.setattr(plans.world.registry["nav.sick.case"], "_plan_sent", fail)
        plans.send()
    assert plans.read("state", "case_to_tell") == ("sent", True)
    assert "secret words" not in log.text
    plans.cron()
    assert plans.read("case_to_tell") is False
    assert plans.arrived() == 1


@pytest.mark.parametrize(("moment", "arrived"), [("committed", 0), ("called", 1)])
def test_killed(plans, moment, arrived):
    """A real process, killed as hard as can be."""
    command = [sys.executable, "-m", "tests.followup.stopped_child", plans.world.database.name]
    arguments = [str(plans.plan_id), str(plans.manager_id), moment]
    with subprocess.Popen(
        command + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            line = child.stdout.readline()
        finally:
            child.kill()
        errors = child.stderr.read()
    assert line == "here\n", errors
    assert plans.read("state") == "sending"
    assert plans.arrived() == arrived
    after_a_while(plans)
    assert (plans.read("state"), plans.arrived()) == ("unknown", arrived)


# -- several at once ---------------------------------------------------------------------------


def test_many_clicks_at_once(plans):
    from odoo.service.model import retrying

    begin, results = threading.Barrier(4), []

    def click():
        from odoo import api

        begin.wait()
        with plans.world.registry.cursor() as cr:
            env = api.Environment(cr, plans.manager_id, {})
            results.append(retrying(plans.plan(env).action_send, env))

    threads = [threading.Thread(target=click) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert plans.arrived() == 1
    assert plans.read("state") == "sent"


def test_a_request_that_is_begun_anew(plans):
    """Odoo repeats a request that met another transaction; its first try leaves nothing behind."""
    from odoo import api
    from odoo.service.model import retrying

    tries = []

    def request(env):
        assert plans.plan(env).action_send() is True
        tries.append(plans.plan(env).call_id)
        if len(tries) == 1:
            raise ConcurrencyError

    with plans.world.registry.cursor() as cr:
        env = api.Environment(cr, plans.manager_id, {})
        retrying(lambda: request(env), env)
    assert len(set(tries)) == 2
    assert plans.read("state", "call_id") == ("sent", tries[1])
    assert [one.call_id for one in plans.sandbox.plans()] == [tries[1]]


def test_a_part_of_a_request_that_is_undone(plans):
    """What was to follow the commit of the whole finds that there is no intent."""
    with plans.env(plans.manager_id) as env, pytest.raises(KeyError), env.cr.savepoint():
        plans.plan(env).action_send()
        raise KeyError
    assert (plans.read("state"), plans.arrived()) == ("draft", 0)


def test_the_cron_leaves_alone_what_is_being_sent(plans):
    """However long NAV takes: whoever sends holds the plan's lock."""
    plans.sandbox.faults.add("slow", "followup_plan.send", seconds=3)
    thread = threading.Thread(target=plans.send)
    thread.start()
    # Asked about at NAV, the plan is locked; a moment before, only its intent is there.
    while not plans.sandbox.faults.hits:
        time.sleep(0.01)
    with plans.env() as env:
        from odoo.addons.nav_altinn_connector.models import nav_followup_plan_sending as sending

        assert env["nav.followup.plan"].search([("state", "=", "sending")])
        before, sending.GIVEN_UP_AFTER = sending.GIVEN_UP_AFTER, -sending.GIVEN_UP_AFTER
        try:
            env["nav.followup.plan"]._work_on_abandoned(lambda: 1000)
        finally:
            sending.GIVEN_UP_AFTER = before
    thread.join(60)
    assert (plans.read("state"), plans.arrived()) == ("sent", 1)


# -- what NAV says -----------------------------------------------------------------------------


def test_unknown_and_never_sent_again_by_itself(plans, waits):
    for kind, params, arrived in UNCERTAIN_FAULTS:
        plans.plan_id, before = plans.new_plan(), plans.arrived()
        plans.sandbox.faults.add(kind, "followup_plan.send", **params)
        plans.send()
        assert (kind, plans.read("state")) == (kind, "unknown")
        there = plans.arrived()
        assert arrived is None or (kind, there) == (kind, before + arrived)
        after_a_while(plans)
        assert (plans.read("state"), plans.arrived()) == ("unknown", there)
        with plans.env(plans.manager_id) as env:
            plans.plan(env).action_mark_sent()
        assert (plans.read("state"), plans.arrived()) == ("sent", there)


def test_every_refusal(plans):
    """One after the other on the same plan: each says that NAV has not got it."""
    said, calls = set(), set()
    for kind in CERTAIN_TYPES:
        plans.sandbox.faults.add("problem", "followup_plan.send", code=kind)
        plans.send()
        state, words, call_id = plans.read("state", "error", "call_id")
        assert (kind, state, plans.arrived()) == (kind, "failed", 0)
        assert words
        assert kind not in words
        said.add(words)
        calls.add(call_id)
    assert len(said) >= 5, "each kind has words of its own, but for those that mean the same"
    plans.send()
    assert (plans.read("state"), plans.arrived()) == ("sent", 1)
    assert len(calls) == len(CERTAIN_TYPES)
    assert plans.read("call_id") not in calls


def test_refusals_that_say_nothing_certain(plans):
    for kind in ("ILLEGAL_ARGUMENT", "NOT_FOUND", "INTERNAL_SERVER_ERROR"):
        plans.plan_id = plans.new_plan()
        plans.sandbox.faults.add("problem", "followup_plan.send", code=kind)
        plans.send()
        assert (kind, plans.read("state")) == (kind, "unknown")


def test_refused_by_the_checks_themselves(plans):
    plans.sandbox.forget_person(plans.sandbox.employees[0]["fnr"])
    plans.send()
    assert plans.read("state") == "failed"
    assert "identity number" in plans.read("error")


def test_no_answer_at_all(plans, transport_options):
    """NAV's server is not there: certain that nothing was sent."""
    with plans.env() as env:
        plans.world.client(env).followup_plan_url = "http://localhost:9"
    plans.send()
    assert plans.read("state") == "failed"


def test_maskinporten_has_a_fault(plans):
    from odoo.addons.nav_altinn_connector.clients.maskinporten import TOKENS

    TOKENS.clear()
    plans.sandbox.faults.add("server_error", "maskinporten", times=None)
    with pytest.MonkeyPatch.context() as patch:
        from odoo.addons.nav_altinn_connector.clients.transport import Transport

        patch.setitem(Transport.__init__.__kwdefaults__, "sleep", lambda seconds: None)
        plans.send()
    assert plans.read("state") == "failed"
    assert plans.arrived() == 0


# -- the status --------------------------------------------------------------------------------


def test_the_doctor_has_not_got_it_at_first(plans):
    plans.sandbox.options.gp_status = False
    plans.send()
    assert plans.read("state", "nav_status", "doctor_status") == ("partly_sent", "yes", "no")
    after_a_while(plans)
    assert plans.read("state") == "partly_sent"
    [arrived] = plans.sandbox.plans()
    plans.sandbox.set_doctor_status(arrived.uuid, True)
    after_a_while(plans)
    assert plans.read("state", "doctor_status", "next_ask_at") == ("sent", "yes", False)
    assert plans.arrived() == 1


def test_asked_by_a_person(plans):
    plans.sandbox.options.gp_status = None
    plans.send()
    assert plans.read("state", "doctor_status") == ("sent", "unknown")
    [arrived] = plans.sandbox.plans()
    plans.sandbox.set_doctor_status(arrived.uuid, False)
    with plans.env(plans.manager_id) as env:
        plans.plan(env).action_ask_status()
    assert plans.read("state", "doctor_status") == ("partly_sent", "no")


def test_nav_does_not_have_it(plans):
    plans.send()
    with plans.sandbox.state.lock:
        plans.sandbox.state.plans._plans.clear()
    with plans.env(plans.manager_id) as env, pytest.raises(UserError, match="does not have"):
        plans.plan(env).action_ask_status()


def test_verify_integration(plans):
    with plans.env() as env:
        assert plans.world.connection(env).action_verify_followup()["params"]["type"] == "success"
    supplier(plans, delegated=False)
    with plans.env() as env:
        answer = plans.world.connection(env).action_verify_followup()["params"]
        assert answer["type"] == "danger"
        assert "Altinn" in answer["message"]
    assert plans.arrived() == 0


# -- secrets -----------------------------------------------------------------------------------


def test_nothing_of_a_plan_is_logged(plans):
    plans.sandbox.options.gp_status = False
    with everything_logged() as log:
        plans.send()
        after_a_while(plans)
    [arrived] = plans.sandbox.plans()
    number = plans.sandbox.employees[0]["fnr"]
    for secret in (arrived.uuid, number, *map(str, CONTENT.values())):
        if secret not in ("True", "yes"):
            assert secret not in log.text, secret
    with plans.env() as env:
        env.cr.execute("SELECT nav_uuid FROM nav_followup_plan WHERE id = %s", [plans.plan_id])
        assert arrived.uuid not in env.cr.fetchone()[0]
