"""The problem codes of Altinn, Maskinporten and NAV's follow-up plan API, and their answers.

Codes and HTTP statuses are Altinn's and Maskinporten's; the words beside them are not, since a
client shall go by the code.
"""

import uuid
from http import HTTPStatus

from .errors import ServiceError
from .followup_plan_errors import PLAN_ERRORS, refusal

PROBLEM_JSON = "application/problem+json"
VALIDATION_CODE = "STD-00000"
HELP_URL = "https://docs.example.invalid/maskinporten"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

# AUTH-000NN: the HTTP status, and what it means.
AUTH_CODES: dict[int, tuple[int, str]] = {
    0: (400, "the organisation is not known"),
    1: (400, "a right is not in the system, or cannot be given on"),
    2: (400, "the delegation did not succeed"),
    3: (400, "the system user could not be made"),
    4: (400, "the system user exists already"),
    5: (400, "no rule covers this"),
    6: (400, "these references belong to an accepted request"),
    7: (400, "these references belong to a pending request: use it or delete it"),
    8: (400, "these references belong to a denied request: delete it first"),
    9: (400, "these references belong to a rejected request: delete it first"),
    10: (404, "no such request"),
    11: (404, "no such system"),
    12: (404, "the request could not be stored"),
    13: (409, "the request has been decided"),
    14: (403, "whether the person may give this right on could not be told"),
    15: (404, "no such system user"),
    16: (403, "the person has no role that gives this right"),
    17: (404, "the system has no name"),
    18: (403, "the person was not given this right"),
    19: (403, "the organisation is not admitted to this service"),
    20: (403, "the person must log in at a higher level"),
    21: (400, "the redirect address is not one of the system's"),
    22: (400, "the rights could not be withdrawn"),
    23: (401, "the token names no vendor"),
    24: (403, "the person may not remove this system user"),
    25: (400, "the request is not for an agent"),
    26: (400, "the system has no redirect addresses"),
    27: (400, "no role goes with this access package"),
    28: (400, "the customer is missing or not valid"),
    30: (404, "no such agent request"),
    31: (400, "the party is not the facilitator"),
    32: (400, "no such assignment"),
    33: (400, "the agent could not be removed"),
    34: (400, "the system user is not an agent"),
    35: (400, "the agent still has customers"),
    36: (400, "the system user is an agent"),
    37: (400, "more than one assignment fits"),
    38: (400, "no such delegation"),
    39: (400, "the delegation is another facilitator's"),
    40: (400, "the assignment is another party's"),
    41: (403, "the request is another organisation's"),
    42: (403, "the agent request is another organisation's"),
    43: (401, "not logged in"),
    44: (403, "not allowed"),
    45: (400, "the clients could not be read"),
    46: (400, "the access packages could not be listed"),
    47: (400, "the system user could not be made a right holder"),
    48: (400, "access management could not be told of the system user"),
    49: (400, "the party has no uuid"),
    50: (400, "whether the packages may be given on could not be told"),
    51: (400, "the packages could not be given"),
    52: (400, "an access package is not valid"),
    53: (400, "the person may not give these packages on"),
    54: (400, "the system user could not be removed as right holder"),
    55: (500, "the given packages could not be read"),
    56: (400, "the system user could not be removed"),
    57: (400, "the given packages could not be withdrawn"),
    58: (400, "an agent needs an access package"),
    59: (400, "a system user needs a right or an access package"),
    60: (404, "the request could not be changed"),
    61: (409, "the change request has been decided: take a new correlation id"),
    62: (500, "the given rights could not be read"),
    63: (400, "an access package is not in the system"),
    64: (400, "an access package is for clients, or cannot be given on"),
    65: (400, "an access package is not for clients"),
    66: (403, "the person is not an access manager"),
    67: (400, "the system user could not be made an agent"),
    68: (403, "the person was not given this package"),
    69: (403, "the receiver is not on the resource's access list"),
    70: (403, "the resource cannot be given on"),
    71: (403, "the resource is a Maskinporten scope and cannot be given on here"),
    72: (401, "wrong name or password"),
    73: (429, "the account is locked for now"),
    74: (403, "the person is not self-identified"),
    75: (400, "the person has no party uuid"),
    76: (401, "the link is not valid, or too old"),
    77: (403, "the link is another person's"),
    78: (502, "the connection could not be made"),
    79: (400, "no such client"),
    80: (400, "the client lacks packages that the agent needs"),
}

# AUTH.VLD-000NN: the path that Altinn names, and what is wrong.
_SYSTEM_ID = "/registersystemrequest/systemid"
_RIGHTS = "/registersystemrequest/rights/resource"
_PACKAGES = "/registersystemrequest/accesspackages"
_CLIENTS = "/registersystemrequest/clientid"
VALIDATION_CODES: dict[int, tuple[str, str]] = {
    0: ("/registersystemrequest/vendor/id", "the vendor is not of the form 0192:number"),
    1: (_SYSTEM_ID, "the id must begin with the vendor's number and _"),
    2: (_SYSTEM_ID, "the id is taken"),
    3: (_RIGHTS, "a resource does not exist"),
    4: (_CLIENTS, "a client id belongs to another system"),
    5: ("/registersystemrequest/allowedredirecturls", "a redirect address is not https"),
    6: (_RIGHTS, "a right is there twice"),
    7: (_PACKAGES, "an access package is there twice"),
    8: (_PACKAGES, "an access package does not exist, or cannot be given on"),
    9: (_RIGHTS, "a resource's id is not urn:altinn:resource"),
    11: (_CLIENTS, "a client id is there twice"),
    12: (_SYSTEM_ID, "the id in the body is not the one in the address"),
    13: (_SYSTEM_ID, "the id has a space"),
    17: (_RIGHTS, "a resource is of a type that cannot be given on"),
    18: (_PACKAGES, "packages for clients do not go with isVisible"),
}

# MP-NNN: the OAuth error, and what is wrong.
MP_CODES: dict[str, tuple[str, str]] = {
    "MP-011": ("invalid_grant", "the assertion is not of the right form"),
    "MP-012": ("invalid_grant", "the assertion was used before"),
    "MP-100": ("invalid_grant", "the client is not known"),
    "MP-110": ("invalid_grant", "the audience is another one"),
    "MP-120": ("invalid_grant", "the certificate is for another environment"),
    "MP-121": ("invalid_grant", "the key or certificate has expired"),
    "MP-122": ("invalid_grant", "the certificate is another organisation's"),
    "MP-123": ("invalid_grant", "the certificate cannot be read"),
    "MP-124": ("invalid_grant", "the signature does not fit"),
    "MP-130": ("invalid_grant", "the assertion's times are not good"),
    "MP-200": ("invalid_scope", "the scope is not on the client"),
    "MP-201": ("invalid_scope", "the client is of another type"),
    "MP-250": ("invalid_scope", "the organisation was not given the scope"),
    "MP-251": ("invalid_grant", "the consumer has not delegated the scope"),
    "MP-301": ("invalid_grant", "authorization_details is not of the right form"),
    "MP-302": ("invalid_grant", "authorization_details is of an unknown type"),
    "MP-303": ("invalid_altinn_customer_configuration", "Altinn has no such system user"),
}


def _body(status: int, code: str) -> dict:
    title = HTTPStatus(status).phrase
    return {"type": f"urn:altinn:error:{code}", "title": title, "status": status, "code": code}


def problem(number: int) -> ServiceError:
    """Return Altinn's error with the code AUTH-000NN."""
    status, text = AUTH_CODES[number]
    body = {**_body(status, f"AUTH-{number:05}"), "detail": text}
    return ServiceError(status, body, content_type=PROBLEM_JSON)


def validation_problem(numbers) -> ServiceError:
    """Return Altinn's error for what is wrong with a system, each number as AUTH.VLD-000NN."""
    errors = [
        {
            "code": f"AUTH.VLD-{number:05}",
            "detail": VALIDATION_CODES[number][1],
            "paths": [VALIDATION_CODES[number][0]],
        }
        for number in numbers
    ]
    body = _body(400, VALIDATION_CODE)
    body.update(title="One or more validation errors occurred.", validationErrors=errors)
    return ServiceError(400, body, content_type=PROBLEM_JSON)


def model_problem(**errors: str) -> ServiceError:
    """Return the answer to a body or query that does not have the form of its model: no code."""
    body = {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {name: [text] for name, text in errors.items()},
    }
    return ServiceError(400, body, content_type=PROBLEM_JSON)


def plain_problem(status: int) -> dict:
    """Return a problem's body with no code, as the platform around Altinn's services gives it."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}


def token_problem(code: str | None, text: str, error: str) -> ServiceError:
    """Return Maskinporten's error; the code is part of the description."""
    marked = f"{code}: {text}" if code else text
    body = {
        "error": error,
        "error_description": f"{marked} (trace_id: {uuid.uuid4()})",
        "error_uri": HELP_URL,
    }
    return ServiceError(400, body, NO_STORE)


def by_code(code: str) -> ServiceError:
    """Return the answer that carries a code.

    :param code: `AUTH-00009`, `AUTH.VLD-00004`, `MP-303` or `NO_ACTIVE_EMPLOYMENT`
    :raises ValueError: there is no such code
    """
    if code in MP_CODES:
        error, text = MP_CODES[code]
        return token_problem(code, text, error)
    if code in PLAN_ERRORS:
        return refusal(code)
    family, _, digits = str(code).partition("-")
    number = int(digits) if digits.isdigit() and len(digits) == 5 else None
    if family == "AUTH" and number in AUTH_CODES:
        return problem(number)
    if family == "AUTH.VLD" and number in VALIDATION_CODES:
        return validation_problem([number])
    raise ValueError(f"unknown problem code: {code}")
