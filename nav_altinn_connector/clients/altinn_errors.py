"""Altinn's refusals in the system register and of system users, and what each one asks for.

The codes are those of Altinn's authentication component (``AUTH-00004``); it numbers what is wrong
with a registered system separately (``AUTH.VLD-00003``, inside an answer ``STD-00000``).
"""

import re
from typing import NamedTuple

from .errors import Rejected, safe_code
from .transport import ErrorDetails

TAKE_UP = "take_up"  # the system user is there already: use it
TAKE_UP_REQUEST = "take_up_request"  # a request waits already: use that one
RENEW = "renew"  # the request is refused or gone: delete it and make a new one
REGISTER = "register"  # the system, or what is asked for, is not (so) in the system register
REDIRECT = "redirect"  # the return address is not in the system register
NOT_NEW = "not_new"  # somebody was faster: ask for the status again
SYSTEM_USER_GONE = "system_user_gone"  # the system user is removed
RIGHTS = "rights"  # who approves lacks rights in Altinn
VENDOR = "vendor"  # the token's organisation is not the one that the system belongs to
LATER = "later"  # a fault at Altinn: the same again later
SUPPORT = "support"  # nothing that can be mended from here

STEPS = (
    TAKE_UP,
    TAKE_UP_REQUEST,
    RENEW,
    REGISTER,
    REDIRECT,
    NOT_NEW,
    SYSTEM_USER_GONE,
    RIGHTS,
    VENDOR,
    LATER,
    SUPPORT,
)

VALIDATION = "STD-00000"

_NUMBERS = {
    TAKE_UP: (4, 6),
    TAKE_UP_REQUEST: (7,),
    RENEW: (8, 9, 10),
    REGISTER: (1, 11, 17, 52, 59, 63, 64, 65),
    REDIRECT: (21, 26),
    NOT_NEW: (13, 61),
    SYSTEM_USER_GONE: (15,),
    RIGHTS: (14, 16, 18, 19, 20, 50, 53, 66, 68, 69, 70, 71),
    VENDOR: (23, 43, 44),
    LATER: (2, 3, 12, 22, 47, 48, 51, 54, 55, 56, 57, 60, 62),
}
_STEP_OF = {
    **{f"AUTH-{number:05}": step for step, numbers in _NUMBERS.items() for number in numbers},
    VALIDATION: REGISTER,
}
_STEP_OF_KIND = {
    "no_answer": LATER,
    "server_fault": LATER,
    "rate_limited": LATER,
    "invalid_answer": LATER,
    "unauthorised": VENDOR,
    "forbidden": VENDOR,
}
_CODE = re.compile(r"(?:AUTH|STD)(?:\.VLD)?-[0-9]{5}")
_PATH = re.compile(r"[A-Za-z0-9_/.\[\]-]{1,100}")
_VALIDATION = re.compile(r"(?:AUTH\.VLD-)?0*([0-9]{1,2})")


def next_step(code):
    """What follows from an error code of Altinn: one of :data:`STEPS`.

    An unknown code, or None, gives SUPPORT.
    """
    if validation_number(code) is not None:
        return REGISTER
    return _STEP_OF.get(code, SUPPORT)


def step_for(error):
    """What follows from a :class:`.errors.ClientError` of a call to Altinn: one of STEPS.

    Without a code of Altinn it is decided by the kind of error: 401 and 403 mean that the token is
    not good enough for this system.
    """
    if next_step(error.code) != SUPPORT:
        return next_step(error.code)
    return _STEP_OF_KIND.get(error.kind, SUPPORT)


def validation_number(code):
    """The number of a validation code: 3 for 'AUTH.VLD-00003', '3' or 3; None for others."""
    found = _VALIDATION.fullmatch(str(code)) if code is not None else None
    return int(found.group(1)) if found else None


class RegisterProblem(NamedTuple):
    """One thing that Altinn finds wrong with a registered system.

    ``code`` is 'AUTH.VLD-00003', ``paths`` are the fields concerned.
    """

    code: str
    paths: tuple[str, ...] = ()


class AltinnError(Rejected):
    """Altinn refused the call (4xx), usually with a ``code`` of its own ('AUTH-00004').

    :func:`next_step` says what follows from the code.
    """

    @property
    def validation(self):
        """What is wrong with the registered system (list of :class:`RegisterProblem`)."""
        entries = _value(self.data, "validationErrors")
        found = []
        for entry in entries if isinstance(entries, list) else ():
            code = safe_code(_value(entry, "code"))
            paths = _value(entry, "paths")
            paths = paths if isinstance(paths, list) else ()
            if code:
                found.append(RegisterProblem(code, tuple(filter(_is_path, paths))))
        return found

    @property
    def system_exists(self):
        """Whether the id of the system is taken; Altinn says so by a validation error, or by 409
        when two register it at once."""
        numbers = {validation_number(problem.code) for problem in self.validation}
        return 2 in numbers or (self.operation == "register_system" and self.status == 409)


def read_error(status, _headers, data):
    """Read the code from Altinn's problem details (see :class:`ErrorDetails`).

    It is in ``code``, and also at the end of the URN in ``type``.
    """
    code = _value(data, "code")
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        found = _CODE.search(str(_value(data, "type") or ""))
        code = found.group() if found else None
    own = 400 <= status < 500 and status != 429 and (code or status not in (401, 403, 404, 410))
    return ErrorDetails(
        code=code, reference=_value(data, "traceId"), error_class=AltinnError if own else None
    )


def _value(data, name):
    """A member of an object whatever the case of its name; None when there is none."""
    if not isinstance(data, dict):
        return None
    return next((data[key] for key in data if key.lower() == name.lower()), None)


def _is_path(value):
    return isinstance(value, str) and bool(_PATH.fullmatch(value))
