"""A follow-up plan as NAV's API takes it: its fields, their rules, and its JSON.

The fields have NAV's own names and come in NAV's order. NAV checks little: it takes blank texts,
any e-mail address and any date, and puts them before its case worker and the doctor. So the rules
here are NAV's and some of our own: what NAV asks for must say something, and texts hold only
characters that survive the way to the doctor, which leads through XML. :data:`REFUSED_BY_NAV` tells
the two kinds apart.

Nothing is altered on the way: what a rule wants gone is reported and not dropped, so that a person
sees exactly what will be sent. Texts of problems hold codes, never what was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

TEXT = "text"
NUMBER = "identity_number"
EMAIL = "email"
DATE = "date"
FLAG = "flag"


class Field(NamedTuple):
    """A field of NAV's follow-up plan."""

    name: str
    kind: str
    mandatory: bool


FIELDS = (
    Field("employeeIdentificationNumber", NUMBER, True),
    Field("typicalWorkday", TEXT, True),
    Field("tasksThatCanStillBeDone", TEXT, True),
    Field("tasksThatCanNotBeDone", TEXT, True),
    Field("previousFacilitation", TEXT, True),
    Field("plannedFacilitation", TEXT, True),
    Field("otherFacilitationOptions", TEXT, False),
    Field("followUp", TEXT, True),
    Field("evaluationDate", DATE, True),
    Field("sendPlanToNav", FLAG, True),
    Field("needsHelpFromNav", FLAG, False),
    Field("needsHelpFromNavDescription", TEXT, False),
    Field("sendPlanToGeneralPractitioner", FLAG, True),
    Field("messageToGeneralPractitioner", TEXT, False),
    Field("additionalInformation", TEXT, False),
    Field("contactPersonFullName", TEXT, True),
    Field("contactPersonPhoneNumber", TEXT, True),
    Field("contactPersonEmail", EMAIL, True),
    Field("employeeHasContributedToPlan", FLAG, True),
    Field("employeeHasNotContributedToPlanDescription", TEXT, False),
    Field("lpsName", TEXT, True),
    Field("lpsEmail", EMAIL, False),
)
NAMES = tuple(field.name for field in FIELDS)

# Codes of problems.
MISSING = "missing"  # mandatory, and absent or without visible content
WRONG_TYPE = "wrong_type"
BAD_TEXT = "bad_text"  # a character that cannot be sent
BAD_NUMBER = "bad_number"  # not eleven digits
BAD_EMAIL = "bad_email"
BAD_DATE = "bad_date"
NEEDS_NAV = "needs_nav"  # help from NAV is wanted, but the plan does not go to NAV
HELP_MISSING = "help_missing"  # help is wanted, but not said what for
HELP_NOT_WANTED = "help_not_wanted"  # said what for, but no help is wanted
REASON_MISSING = "reason_missing"  # the employee has not contributed, but not said why
REASON_NOT_ALLOWED = "reason_not_allowed"  # a reason though the employee has contributed
CODES = (
    MISSING,
    WRONG_TYPE,
    BAD_TEXT,
    BAD_NUMBER,
    BAD_EMAIL,
    BAD_DATE,
    NEEDS_NAV,
    HELP_MISSING,
    HELP_NOT_WANTED,
    REASON_MISSING,
    REASON_NOT_ALLOWED,
)
# Of these NAV's code is known to refuse every plan. It refuses an absent mandatory field too, but
# takes a blank one, and as a description it takes one of zero-width or control characters alone.
# HELP_NOT_WANTED is in NAV's document and not in its code.
REFUSED_BY_NAV = frozenset(
    {BAD_NUMBER, BAD_DATE, NEEDS_NAV, HELP_MISSING, REASON_MISSING, REASON_NOT_ALLOWED}
)

LONGEST_EMAIL = 254

_IDENTITY_NUMBER = re.compile(r"[0-9]{11}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# One address: a local part and a domain of labels, none of them empty. Letters outside ASCII are
# allowed (æ, ø, å occur in domains); blanks, brackets and lists are not.
_ATOM = r"[^\s@.,;:<>()\[\]\\\"]+"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})+")
# What XML 1.0 cannot hold, and half surrogate pairs, which JSON cannot.
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Problem(NamedTuple):
    """A rule that a plan breaks: NAV's name of the field, and one of CODES."""

    field: str
    code: str


class InvalidPlan(ValueError):
    """The plan cannot be sent; all that is wrong with it is in ``problems``."""

    def __init__(self, problems):
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{field}: {code}" for field, code in self.problems))


def plan_problems(fields: Mapping[str, Any]) -> tuple[Problem, ...]:
    """All rules that a plan breaks, in NAV's order of fields, one for each field at most.

    :param fields: values by NAV's names. Texts are str; dates ``date`` or text YYYY-MM-DD; flags
        bool. None stands for absent, as False does for texts and dates (Odoo's empty value).
    :raise ValueError: for a name that is not one of NAV's
    """
    unknown = set(fields) - set(NAMES)
    if unknown:
        raise ValueError(f"not in a follow-up plan: {', '.join(sorted(unknown))}")
    found = {}
    for field in FIELDS:
        code = _problem(field, fields.get(field.name))
        if code:
            found[field.name] = code
    for name, code in _between_fields(fields):
        found.setdefault(name, code)
    return tuple(Problem(name, found[name]) for name in NAMES if name in found)


def to_json(fields: Mapping[str, Any]) -> dict[str, str | bool]:
    """NAV's JSON of a plan (FollowUpPlanDTO), in NAV's order; what is optional and empty is left
    out.

    :param fields: as for :func:`plan_problems`
    :raise InvalidPlan: when a rule is broken
    """
    problems = plan_problems(fields)
    if problems:
        raise InvalidPlan(problems)
    plan = {}
    for field in FIELDS:
        value = fields.get(field.name)
        if not _is_empty(field, value):
            plan[field.name] = value.isoformat() if isinstance(value, date) else value
    return plan


def _is_empty(field: Field, value) -> bool:
    if value is None:
        return True
    if field.kind == FLAG:
        return False
    return value is False or (isinstance(value, str) and not _says_something(value))


def _says_something(text: str) -> bool:
    """Whether there is a character to see: no blank, no control and no zero-width character."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _problem(field: Field, value) -> str | None:
    """What is wrong with a value by itself."""
    if isinstance(value, str) and field.kind != FLAG and _UNSENDABLE.search(value):
        return BAD_TEXT
    if _is_empty(field, value):
        return MISSING if field.mandatory else None
    return _CHECKS[field.kind](value)


def _flag(value):
    return None if isinstance(value, bool) else WRONG_TYPE


def _text(value):
    return None if isinstance(value, str) else WRONG_TYPE


def _identity_number(value):
    if not isinstance(value, str):
        return WRONG_TYPE
    return None if _IDENTITY_NUMBER.fullmatch(value) else BAD_NUMBER


def _email(value):
    if not isinstance(value, str):
        return WRONG_TYPE
    fits = len(value) <= LONGEST_EMAIL and _EMAIL.fullmatch(value)
    return None if fits else BAD_EMAIL


def _date(value):
    if isinstance(value, datetime) or not isinstance(value, str | date):
        return WRONG_TYPE
    if isinstance(value, date):
        return None
    try:
        return None if _DATE.fullmatch(value) and date.fromisoformat(value) else BAD_DATE
    except ValueError:
        return BAD_DATE


_CHECKS = {
    FLAG: _flag,
    TEXT: _text,
    NUMBER: _identity_number,
    EMAIL: _email,
    DATE: _date,
}


def _between_fields(fields):
    """The rules that join two fields."""

    def says(name):
        value = fields.get(name)
        return isinstance(value, str) and _says_something(value)

    wants_help = fields.get("needsHelpFromNav")
    if wants_help is True and fields.get("sendPlanToNav") is False:
        yield "needsHelpFromNav", NEEDS_NAV
    if wants_help is True and not says("needsHelpFromNavDescription"):
        yield "needsHelpFromNavDescription", HELP_MISSING
    if wants_help in (None, False) and says("needsHelpFromNavDescription"):
        yield "needsHelpFromNavDescription", HELP_NOT_WANTED
    contributed = fields.get("employeeHasContributedToPlan")
    reason = "employeeHasNotContributedToPlanDescription"
    if contributed is False and not says(reason):
        yield reason, REASON_MISSING
    if contributed is True and says(reason):
        yield reason, REASON_NOT_ALLOWED
