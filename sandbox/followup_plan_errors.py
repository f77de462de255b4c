"""The error answers of NAV's follow-up plan API, by their type.

Types, statuses and texts are the published ones. NO_ACTIVE_ARBEIDSFORHOLD is in the API's
description only: the service itself answers NO_ACTIVE_EMPLOYMENT. SERVICE_UNAVAILABLE is in its
code only.
"""

from http import HTTPStatus

from .errors import ServiceError

PLAN_ERRORS: dict[str, tuple[int, str]] = {
    "VALIDATION_ERROR": (400, "Invalid employee identification number"),
    "BAD_REQUEST": (400, "Failed to convert request body"),
    "ILLEGAL_ARGUMENT": (400, "Invalid UUID string"),
    "AUTHENTICATION_ERROR": (401, "Authentication failed. Please check your token"),
    "NO_ACTIVE_EMPLOYMENT": (403, "No active employment relationship found for given orgnumber"),
    "NO_ACTIVE_ARBEIDSFORHOLD": (
        403,
        "No active employment relationship found for given orgnumber",
    ),
    "NO_ACTIVE_SENT_SYKMELDING": (403, "No active sykmelding sent to employer"),
    "EMPLOYEE_NOT_FOUND": (404, "Could not find requested person in our systems"),
    "GENERAL_PRACTITIONER_NOT_FOUND": (404, "General practitioner was not found"),
    "FOLLOWUP_PLAN_NOT_FOUND": (404, "The follow-up plan with a given uuid was not found"),
    "NOT_FOUND": (404, "Not found"),
    "INTERNAL_SERVER_ERROR": (500, "Internal server error"),
    "SERVICE_UNAVAILABLE": (503, "Temporary issue with person lookup service. Try again later."),
}
EXPIRED = "JWT is expired"
WRONG_SCOPE = "Invalid scope in JWT"
NO_CONSUMER = "Missing consumer claim in JWT"


def _body(status: int, kind: str, message: str) -> dict:
    description = HTTPStatus(status).phrase
    return {
        "status": {"value": status, "description": description},
        "type": kind,
        "message": message,
    }


def refusal(kind: str, message: str | None = None) -> ServiceError:
    """Return the error of a type, with its usual text or another."""
    status, text = PLAN_ERRORS[kind]
    return ServiceError(status, _body(status, kind, message or text))


def body_for_status(status: int) -> dict:
    """Return the body that goes with a fault of this status."""
    for kind in ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "AUTHENTICATION_ERROR"):
        if PLAN_ERRORS[kind][0] == status:
            return _body(status, kind, PLAN_ERRORS[kind][1])
    kind = "INTERNAL_SERVER_ERROR" if status >= 500 else "BAD_REQUEST"
    return _body(status, kind, HTTPStatus(status).phrase)
