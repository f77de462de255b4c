"""What the rules let through NAV accepts, and what they say NAV refuses it does refuse.

NAV is played by a second telling of its checks, on the JSON as it arrives.
"""

import itertools
import json
import re
import unicodedata
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import followup_plan as plan

examples = settings(max_examples=400, deadline=None, database=None)

MANDATORY_TEXTS = [
    "employeeIdentificationNumber",
    "typicalWorkday",
    "tasksThatCanStillBeDone",
    "tasksThatCanNotBeDone",
    "previousFacilitation",
    "plannedFacilitation",
    "followUp",
    "evaluationDate",
    "contactPersonFullName",
    "contactPersonPhoneNumber",
    "contactPersonEmail",
    "lpsName",
]
FLAGS = ("sendPlanToNav", "sendPlanToGeneralPractitioner", "employeeHasContributedToPlan")
REASON = "employeeHasNotContributedToPlanDescription"


def nav_refuses(body):
    """NAV's checks of a plan: a message, or None."""
    for name in MANDATORY_TEXTS:
        if not isinstance(body.get(name), str):
            return "BAD_REQUEST"
    for name in FLAGS:
        if type(body.get(name)) is not bool:
            return "BAD_REQUEST"
    try:
        date(*map(int, re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", body["evaluationDate"]).groups()))
    except (AttributeError, ValueError):
        return "BAD_REQUEST"
    helps = body.get("needsHelpFromNav") is True
    if helps and not body["sendPlanToNav"]:
        return "needsHelpFromNav cannot be true"
    if helps and is_blank(body.get("needsHelpFromNavDescription")):
        return "needsHelpFromNavDescription is obligatory"
    if not body["employeeHasContributedToPlan"] and is_blank(body.get(REASON)):
        return "description is mandatory"
    if body["employeeHasContributedToPlan"] and body.get(REASON):
        return "description should not be set"
    if not re.fullmatch("[0-9]{11}", body["employeeIdentificationNumber"]):
        return "Invalid employee identification number"
    return None


def is_blank(text):
    return text is None or all(
        unicodedata.category(char).startswith("Z") or char in "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
        for char in text
    )


TEXTS = st.text(st.characters(exclude_categories=[]), max_size=6) | st.sampled_from(
    ["", " ", "\u200b", "Text", "Æ ø\nå", "a\x00", "\ud800", "<x>&amp;"]
)
VALUES = {
    plan.TEXT: TEXTS | st.just("Good text"),
    plan.NUMBER: st.sampled_from(["01810099999", "0181009999", "٠١٨١٠٠٩٩٩٩٩", "", "x" * 11]),
    plan.EMAIL: st.sampled_from(["ada@example.com", "ada", "", "a@b.no, c@d.no"]) | st.emails(),
    plan.DATE: st.sampled_from(["2026-12-15", "2026-02-30", "15.12.2026", "2028-02-29"])
    | st.dates(),
    plan.FLAG: st.booleans(),
}
GOOD = {
    **dict.fromkeys(MANDATORY_TEXTS, "Text"),
    **dict.fromkeys(FLAGS, True),
    "employeeIdentificationNumber": "01810099999",
    "evaluationDate": date(2026, 12, 15),
    "contactPersonEmail": "ada@example.com",
}


@st.composite
def plans(draw):
    """A good plan with some fields at random, so that one in some is in order."""
    fields = dict(GOOD)
    for field in draw(st.lists(st.sampled_from(plan.FIELDS), max_size=5, unique=True)):
        fields[field.name] = draw(st.none() | VALUES[field.kind])
    return fields


def refused(problem, fields):
    """Whether NAV is said to refuse it. A description that is invisible, but not blank, passes."""
    if problem.code in (plan.HELP_MISSING, plan.REASON_MISSING):
        return is_blank(fields.get(problem.field))
    return problem.code in plan.REFUSED_BY_NAV


def as_typed(fields):
    """The JSON of a plan that nobody has checked."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in fields.items()
        if value is not None
    }


@examples
@given(plans())
def test_what_is_let_through_is_accepted(fields):
    problems = plan.plan_problems(fields)
    if not problems:
        arrives = json.loads(json.dumps(plan.to_json(fields)).encode())
        assert nav_refuses(arrives) is None
        expected = {name: value for name, value in as_typed(fields).items() if name in arrives}
        assert arrives == expected
        left_out = set(as_typed(fields)) - set(arrives)
        seen = (char for name in left_out for char in fields[name])
        assert not any(char.isprintable() and char != " " for char in seen)
    elif any(refused(problem, fields) for problem in problems):
        assert nav_refuses(as_typed(fields)) is not None


def test_every_combination_of_the_rules_between_fields():
    texts = (None, "", " ", "Text")
    for nav, help_wanted, what_for, contributed, reason in itertools.product(
        (True, False), (None, True, False), texts, (True, False), texts
    ):
        fields = {
            **GOOD,
            "sendPlanToNav": nav,
            "needsHelpFromNav": help_wanted,
            "needsHelpFromNavDescription": what_for,
            "employeeHasContributedToPlan": contributed,
            REASON: reason,
        }
        problems = plan.plan_problems(fields)
        stops = {problem.code for problem in problems} & plan.REFUSED_BY_NAV
        # A blank reason is left out rather than sent, so that NAV does not see it.
        seen = as_typed({**fields, REASON: None if contributed and reason == " " else reason})
        assert bool(stops) == (nav_refuses(seen) is not None)
        if not problems:
            assert nav_refuses(plan.to_json(fields)) is None
