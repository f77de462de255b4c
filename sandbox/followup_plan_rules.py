"""What NAV checks in a follow-up plan: its form, its rules, then employment, sick note, person."""

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta

from .followup_plan_errors import refusal

# Persons of NAV's test environment whose employment and sick note are not asked for.
TEST_PERSONS = ("05908399546", "01898299631")
DAYS_AFTER_NOTE = 16

MANDATORY_TEXTS = (
    "employeeIdentificationNumber",
    "typicalWorkday",
    "tasksThatCanStillBeDone",
    "tasksThatCanNotBeDone",
    "previousFacilitation",
    "plannedFacilitation",
    "followUp",
    "contactPersonFullName",
    "contactPersonPhoneNumber",
    "contactPersonEmail",
    "lpsName",
)
OPTIONAL_TEXTS = (
    "otherFacilitationOptions",
    "needsHelpFromNavDescription",
    "messageToGeneralPractitioner",
    "additionalInformation",
    "employeeHasNotContributedToPlanDescription",
    "lpsEmail",
)
MANDATORY_CHOICES = (
    "sendPlanToNav",
    "sendPlanToGeneralPractitioner",
    "employeeHasContributedToPlan",
)
OPTIONAL_CHOICES = ("needsHelpFromNav",)


@dataclass
class Employment:
    """Where a person works: the unit, and the legal entity above it."""

    workplace: str
    legal_entity: str


def read_plan(content_type: str, body: bytes) -> dict:
    """Return the plan in a request's body; keys that NAV does not know are left as they are.

    :raises ServiceError: 400 BAD_REQUEST when it is no JSON object, or a mandatory field is
        missing or null, or a value is of another type
    """
    if content_type != "application/json":
        raise refusal("BAD_REQUEST")
    try:
        plan = json.loads(body)
    except ValueError as error:
        raise refusal("BAD_REQUEST") from error
    if not isinstance(plan, dict):
        raise refusal("BAD_REQUEST")
    for names, kind, optional in (
        (MANDATORY_TEXTS, str, False),
        (OPTIONAL_TEXTS, str, True),
        (MANDATORY_CHOICES, bool, False),
        (OPTIONAL_CHOICES, bool, True),
    ):
        for name in names:
            value = plan.get(name)
            if not isinstance(value, kind) and not (optional and value is None):
                raise refusal("BAD_REQUEST")
    if not _is_day(plan.get("evaluationDate")):
        raise refusal("BAD_REQUEST")
    return plan


def _is_day(value) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def check_rules(plan: dict):
    """Check what depends on more than one field, then the identity number.

    :raises ServiceError: 400 VALIDATION_ERROR for the first rule that is broken
    """
    reason = plan.get("employeeHasNotContributedToPlanDescription") or ""
    contributed = plan["employeeHasContributedToPlan"]
    help_wanted = plan.get("needsHelpFromNav") is True
    help_text = plan.get("needsHelpFromNavDescription") or ""
    number = plan["employeeIdentificationNumber"]
    for broken, message in (
        (
            help_wanted and not plan["sendPlanToNav"],
            "needsHelpFromNav cannot be true if sendPlanToNav is false",
        ),
        (
            help_wanted and not help_text.strip(),
            "needsHelpFromNavDescription is obligatory if needsHelpFromNav is true",
        ),
        (
            not contributed and not reason.strip(),
            "employeeHasNotContributedToPlanDescription is mandatory if "
            "employeeHasContributedToPlan = false",
        ),
        (
            contributed and bool(reason),
            "employeeHasNotContributedToPlanDescription should not be set if "
            "employeeHasContributedToPlan = true",
        ),
        (
            not re.fullmatch(r"[0-9]{11}", number),
            "Invalid employee identification number",
        ),
    ):
        if broken:
            raise refusal("VALIDATION_ERROR", message)


def check_person(state, fnr: str, employer: str):
    """Check that the person works at the employer, is on sick leave there, and is known.

    :param employer: the organisation in the token
    :raises ServiceError: 403 or 404 for the first check that fails
    """
    if fnr in TEST_PERSONS:
        return
    found = [
        employment
        for employment in employments(state, fnr)
        if employer in (employment.workplace, employment.legal_entity)
    ]
    if not found:
        raise refusal("NO_ACTIVE_EMPLOYMENT")
    units = {unit for employment in found for unit in vars(employment).values()}
    if not has_active_note(state, fnr, units):
        raise refusal("NO_ACTIVE_SENT_SYKMELDING")
    if fnr in state.plans.unknown_persons:
        raise refusal("EMPLOYEE_NOT_FOUND")


def employments(state, fnr: str) -> list[Employment]:
    """Return where a person works."""
    return [
        Employment(person["orgnr"], _top(state, person["orgnr"]))
        for person in state.employees
        if person["fnr"] == fnr
    ]


def _top(state, orgnr: str) -> str:
    """Return the unit at the top above a unit (itself when there is none)."""
    seen = set()
    while orgnr not in seen:
        seen.add(orgnr)
        unit = state.organisations.get(orgnr)
        orgnr = unit.parent if unit and unit.parent else orgnr
    return orgnr


def has_active_note(state, fnr: str, units) -> bool:
    """Tell whether a note of the person to one of the units is active today.

    A period counts from its first day until 16 days after its last.
    """
    today = state.clock.today
    return any(
        first <= today <= last + timedelta(days=DAYS_AFTER_NOTE)
        for unit in units
        for note in state.notes.of_unit(unit)
        if note.fnr == fnr
        for first, last in _periods(note.raw)
    )


def _periods(raw):
    """Give the first and last days of a note's periods, leaving out what cannot be read."""
    periods = raw.get("sykmeldingPerioder") if isinstance(raw, dict) else None
    for period in periods if isinstance(periods, list) else ():
        try:
            yield date.fromisoformat(period["fom"]), date.fromisoformat(period["tom"])
        except (KeyError, TypeError, ValueError):
            continue
