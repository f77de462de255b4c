"""What the addon lets through is accepted, what it stops would have been refused; and what it says
to NAV keeps to NAV's contract."""

from datetime import date, timedelta

from odoo.addons.nav_altinn_connector.clients.followup_plan import FIELDS, PlanRejected
from odoo.addons.nav_altinn_connector.domain import followup_plan as rules

from tests.sandbox.contract import check_request
from tests.support.world import TODAY

REASON = "employee_has_not_contributed_to_plan_description"
HELP = "needs_help_from_nav_description"
TEXTS = (
    "typical_workday",
    "tasks_that_can_still_be_done",
    "tasks_that_can_not_be_done",
    "previous_facilitation",
    "planned_facilitation",
    "follow_up",
    "contact_person_full_name",
    "contact_person_phone_number",
    "contact_person_email",
)
FLAGS = {field.name for field in rules.FIELDS if field.kind == rules.FLAG}
INVISIBLE = "\N{ZERO WIDTH SPACE}"
# What is written, and NAV's name of the field that is marked.
BROKEN = [
    *(({name: False}, None) for name in TEXTS),
    *(({name: " \n"}, None) for name in TEXTS),
    *(({name: INVISIBLE}, None) for name in TEXTS),
    *(({name: "a\x07b"}, None) for name in (*TEXTS, "other_facilitation_options", HELP)),
    ({"contact_person_email": "nobody"}, None),
    ({"contact_person_email": "a@example.com, b@example.com"}, None),
    ({"evaluation_date": False}, None),
    ({"needs_help_from_nav": True}, "needsHelpFromNavDescription"),
    ({"needs_help_from_nav": True, HELP: " "}, "needsHelpFromNavDescription"),
    (
        {"needs_help_from_nav": True, HELP: "x", "send_plan_to_nav": False},
        "needsHelpFromNav",
    ),
    ({HELP: "x"}, "needsHelpFromNavDescription"),
    ({"contribution": "no"}, "employeeHasNotContributedToPlanDescription"),
    ({"contribution": "answer"}, "employeeHasNotContributedToPlanDescription"),
    ({"contribution": "no", REASON: "\n"}, "employeeHasNotContributedToPlanDescription"),
    ({REASON: "x"}, "employeeHasNotContributedToPlanDescription"),
    ({"send_plan_to_nav": False, "send_plan_to_general_practitioner": False}, "sendPlanToNav"),
]
GOOD = [
    {"needs_help_from_nav": True, HELP: "Et møte"},
    {"contribution": "no", REASON: "Er bortreist"},
    {"send_plan_to_nav": False},
    {"send_plan_to_general_practitioner": False},
    {"other_facilitation_options": "Annet", "additional_information": "Mer"},
    {"message_to_general_practitioner": "Hei 👋 <b>&amp;</b>\t\r\n«æøå»"},
    {"evaluation_date": "2020-01-01"},
    {REASON: " "},
    {HELP: INVISIBLE, "other_facilitation_options": "  "},
    {"typical_workday": "x" * 100_000},
]


def camel(name):
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def as_it_stands(plan):
    """The plan as it would be sent if nothing were checked."""
    body = {}
    for name, value in plan._values_for_nav().items():
        if isinstance(value, date):
            body[name] = value.isoformat()
        elif value or isinstance(value, bool) and name in FLAGS:
            body[name] = value
    return body


def codes_of(plan):
    return {problem.code for problem in rules.plan_problems(plan._values_for_nav())}


def nav_takes(plan, body):
    """Whether NAV accepts a body, past all that the addon checks."""
    client = plan.case_id.connection_id._followup_plan_client()
    try:
        client.send(body, call_id="00000000-0000-4000-8000-000000000000")
    except PlanRejected:
        return False
    return True


def test_what_is_stopped_would_have_been_refused(plans):
    """Where NAV would take it all the same, the rule is one of our own, and named as such."""
    own = set()
    for vals, marked in BROKEN:
        plans.plan_id = plans.new_plan(**vals)
        before = len(plans.sandbox.requests.of("followup_plan"))
        assert plans.send() is False, vals
        assert plans.read("state", "checked") == ("draft", True), vals
        assert len(plans.sandbox.requests.of("followup_plan")) == before, vals
        field = marked or camel(next(iter(vals)))
        assert f" {field} " in plans.read("problem_fields"), vals
        with plans.env() as env:
            plan = plans.plan(env)
            assert field in FIELDS
            codes, taken = codes_of(plan), nav_takes(plan, as_it_stands(plan))
        if taken:
            assert not codes & rules.REFUSED_BY_NAV, (vals, codes)
            own |= codes or {"no receiver"}
        else:
            assert codes & (rules.REFUSED_BY_NAV | {rules.MISSING}), (vals, codes)
    assert own == {
        rules.MISSING,
        rules.BAD_TEXT,
        rules.BAD_EMAIL,
        rules.HELP_NOT_WANTED,
        "no receiver",
    }


def test_what_is_let_through_is_accepted(plans):
    for number, vals in enumerate(GOOD, start=1):
        plans.plan_id = plans.new_plan(**vals)
        assert plans.send() is True, vals
        assert (plans.read("state"), plans.arrived()) == ("sent", number), vals


def test_the_identity_number(plans):
    """As people write it, it is accepted; all else is stopped, and NAV would refuse it."""
    number = plans.sandbox.employees[0]["fnr"]
    for written, good in (
        (f"{number[:6]} {number[6:]}", True),
        (f" {number}", True),
        (number[:10], False),
        (f"{number}1", False),
        ("", False),
        ("abcdefghijk", False),
    ):
        plans.plan_id = plans.new_plan()
        with plans.env() as env:
            env["hr.employee"].browse(plans.employee_id).identification_id = written
        arrived = plans.arrived()
        assert plans.send() is good, written
        assert plans.arrived() == arrived + good
        if not good:
            assert "employeeIdentificationNumber" in plans.read("problem_fields")
            with plans.env() as env:
                plan = plans.plan(env)
                body = {**as_it_stands(plan), "employeeIdentificationNumber": written}
                assert not nav_takes(plan, body)


def test_the_days_of_an_active_note(plans, monkeypatch):
    """The note of this world lasts from nine days ago until four days ahead."""
    Case = plans.world.registry["nav.sick.case"]
    for days, active in ((-10, False), (-9, True), (4, True), (20, True), (21, False)):
        day = TODAY + timedelta(days=days)
        monkeypatch.setattr(Case, "_today", lambda self, day=day: day)
        plans.sandbox.clock.today = day
        plans.plan_id = plans.new_plan()
        assert plans.send() is active, day
        if not active:
            with plans.env() as env:
                plan = plans.plan(env)
                assert "" in plan._problems()
                assert not nav_takes(plan, as_it_stands(plan))


def test_what_is_said_keeps_to_the_contract(plans):
    """Requests of all kinds, with few fields and with all, and NAV's answers to them."""
    everything = {
        "other_facilitation_options": "Annet",
        "additional_information": "Mer",
        "message_to_general_practitioner": "Hei",
        "needs_help_from_nav": True,
        HELP: "Et møte",
        "contribution": "no",
        REASON: "Er bortreist",
    }
    for vals in ({}, everything):
        plans.plan_id = plans.new_plan(**vals)
        assert plans.send() is True
    with plans.env(plans.manager_id) as env:
        plans.plan(env).action_ask_status()
    with plans.env() as env:
        plans.world.connection(env).action_verify_followup()
    asked = plans.sandbox.requests.of("followup_plan")
    assert [request.method for request in asked] == ["POST", "POST", "GET", "GET"]
    for request in asked:
        assert request.status == 200
        check_request(
            request.method, request.path, request.body, request.query, request.content_type
        )
    assert set(asked[1].body) == set(FIELDS) - {"lpsEmail"}
