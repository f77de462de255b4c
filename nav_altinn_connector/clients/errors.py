"""What can go wrong with a call to an outside system, as types that a caller can act on.

The text of an error names the system, the operation, the HTTP status and the system's own code.
It never holds a body, a query, an identity number, a name or a token, so it may be logged and
shown. What the system answered is in ``data``, for code that needs it; that is never logged.
"""

import re

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,99}")
_REFERENCE = re.compile(r"[A-Za-z0-9_.:|/-]{1,200}")
# Eleven digits standing alone can be an identity number: such a "code" is not worth the risk.
_IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{11}(?![0-9A-Za-z])")


def safe_code(value):
    """The system's error code if it looks like a code, else None (it might be free text)."""
    return _harmless(value, _CODE)


def safe_reference(value):
    """The system's reference for a call if it looks like one, else None."""
    return _harmless(value, _REFERENCE)


def _harmless(value, pattern):
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return None
    return None if _IDENTITY_NUMBER.search(value) else value


class ClientError(Exception):
    """A call to an outside system did not give what was asked for.

    :ivar system: 'maskinporten', 'sykepenger', 'enhetsregisteret', …
    :ivar operation: what was tried, a constant of the client
    :ivar status: HTTP status, None when there was no answer
    :ivar code: the system's error code, None when it gave none
    :ivar reference: the system's reference for the call, for its support desk
    :ivar retry_after: seconds that the system asked to wait, or None
    :ivar reason: our own finer reason, a constant, or None
    :ivar sent: False when the request certainly did not reach the system
    :ivar data: the error's JSON body or None. Content: never log it.
    :ivar attempts: how often the request was made
    :ivar duration: seconds from the first attempt to the failure
    :ivar scope: the scope that was asked of Maskinporten, None for other calls
    """

    kind = "failed"
    scope = None

    def __init__(
        self,
        system,
        operation,
        *,
        status=None,
        code=None,
        reference=None,
        retry_after=None,
        reason=None,
        sent=True,
        data=None,
    ):
        self.system = system
        self.operation = operation
        self.status = status
        self.code = safe_code(code)
        self.reference = safe_reference(reference)
        self.retry_after = retry_after
        self.reason = reason
        self.sent = sent
        self.data = data
        self.attempts = 1
        self.duration = 0.0
        super().__init__(self._text())

    def _text(self):
        parts = [f"{self.system} {self.operation}: {self.kind}"]
        if self.reason:
            parts.append(f"({self.reason})")
        if self.status is not None:
            parts.append(f"HTTP {self.status}")
        if self.code:
            parts.append(self.code)
        return " ".join(parts)

    @property
    def uncertain(self):
        """True when the system may have done what was asked although we cannot know it."""
        return False


class InsecureAddress(ClientError):
    """The base address is not https (or, on loopback, http), or is no plain address at all."""

    kind = "insecure_address"


class NoAnswer(ClientError):
    """Time-out or no connection. ``sent`` tells whether the request may have been processed."""

    kind = "no_answer"

    @property
    def uncertain(self):
        return self.sent


class Unauthorised(ClientError):
    """401: the token is missing, too old or not good enough."""

    kind = "unauthorised"


class Forbidden(ClientError):
    """403: known, but not allowed."""

    kind = "forbidden"


class NotFound(ClientError):
    """404 or 410: there is no such thing, or not any more."""

    kind = "not_found"


class RateLimited(ClientError):
    """429: too many requests; come back after ``retry_after`` seconds when it is given."""

    kind = "rate_limited"


class ServerFault(ClientError):
    """5xx: the system failed; it may have done part of what was asked."""

    kind = "server_fault"

    @property
    def uncertain(self):
        return True


class Rejected(ClientError):
    """Any other 4xx: the request was refused and nothing was done."""

    kind = "rejected"


class InvalidAnswer(ClientError):
    """The answer cannot be used. ``reason`` is one of 'not_json', 'cut', 'packing', 'too_large',
    'too_slow', 'wrong_shape' or 'redirect'."""

    kind = "invalid_answer"

    @property
    def uncertain(self):
        return True


def error_class_for(status):
    """The error class for an HTTP status outside 2xx."""
    known = {401: Unauthorised, 403: Forbidden, 404: NotFound, 410: NotFound, 429: RateLimited}
    if status in known:
        return known[status]
    if 400 <= status < 500:
        return Rejected
    return ServerFault if 500 <= status < 600 else InvalidAnswer
