"""One way to call an outside system: time limits, retries of safe calls, typed errors.

Certificates are always verified, redirects are never followed, cookies are never kept, and an
answer has a greatest size and a greatest duration.
"""

import contextlib
import email.utils
import json as jsonlib
import logging
import random as randomlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .addresses import is_loopback, require_secure
from .body import Unusable, parse_json, read_body
from .errors import (
    ClientError,
    Forbidden,
    InsecureAddress,
    InvalidAnswer,
    NoAnswer,
    NotFound,
    RateLimited,
    Rejected,
    ServerFault,
    Unauthorised,
    error_class_for,
    safe_reference,
)
from .session import FAILURES, new_session, what_failed

__all__ = [
    "Answer",
    "Attempt",
    "ClientError",
    "ErrorDetails",
    "Exchange",
    "Forbidden",
    "InsecureAddress",
    "InvalidAnswer",
    "NoAnswer",
    "NotFound",
    "RateLimited",
    "Rejected",
    "ServerFault",
    "Transport",
    "Unauthorised",
    "new_session",
    "require_secure",
    "retry_after_seconds",
]

_logger = logging.getLogger(__name__)

JSON = "application/json"
CALL_ID = "Nav-Call-Id"  # NAV's name for a call; where we give it one, it keeps that

MAX_BYTES = 20 * 1024 * 1024  # a page of 1 000 ordinary notes is about 2 MB
MAX_ERROR_BYTES = 64 * 1024
TOTAL_TIME = 120.0  # seconds for one attempt with its whole answer
BACKOFF_BASE = 0.5  # seconds; doubled for each retry
BACKOFF_CAP = 8.0
RETRY_AFTER_CAP = 15.0  # a longer wait is the caller's business, not a sleeping worker's


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    :ivar status: HTTP status, 2xx
    :ivar headers: the answer's headers, case-insensitive
    :ivar data: the parsed JSON; None when the body is empty or JSON was not asked for
    :ivar content: the body's bytes
    :ivar duration: seconds, all attempts together
    """

    status: int
    headers: Mapping[str, str]
    data: Any = field(repr=False)
    content: bytes = field(repr=False)
    duration: float


@dataclass(frozen=True)
class Attempt:
    """What may be remembered of one attempt of a call; the names are those of :class:`Exchange`.

    ``reason`` is our own finer reason of a failure, a constant, or None.
    """

    started: datetime
    duration: float
    outcome: str
    status: int | None
    code: str | None
    reference: str | None
    reason: str | None


@dataclass(frozen=True)
class Exchange:
    """What may be remembered of one call, whatever its outcome: never content.

    ``outcome`` is 'ok' or the error's ``kind``; ``started`` is in UTC, ``duration`` in seconds,
    ``records`` how many entries the answer had, if it is a list of such. ``tries`` has each
    attempt, of which the last one decided the outcome.
    """

    system: str
    operation: str
    started: datetime
    duration: float
    outcome: str
    status: int | None
    code: str | None
    reference: str | None
    attempts: int
    records: int | None = None
    tries: tuple[Attempt, ...] = ()


class ErrorDetails(NamedTuple):
    """What a system's own error reader found in an error answer."""

    code: str | None = None
    reference: str | None = None
    error_class: type[ClientError] | None = None


class _Call(NamedTuple):
    method: str
    url: str
    operation: str
    body: bytes | None
    form: Any
    params: Any
    headers: Mapping[str, str]
    accept: str
    check: Callable[[Any], bool] | None
    entries: Callable[[Any], list | None]


def _entries(data):
    return data if isinstance(data, list) else None


def retry_after_seconds(headers, now=None):
    """Seconds to wait by the Retry-After header (a number or an HTTP date); None without one.

    :param datetime now: the time that an HTTP date is compared with
    """
    value = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - (now or datetime.now(timezone.utc))).total_seconds())


class Transport:
    """Calls one system below one base address.

    :param str system: the name that errors and the exchange log carry
    :param str base_url: https, or http on loopback (:func:`require_secure`)
    :param timeout: seconds to connect and to wait for a piece of the answer
    :param int max_bytes: greatest size of an answer, unpacked
    :param int retries: how often a safe call is repeated after the first attempt
    :param session: a ``requests.Session`` to use instead of an own one
    :param sleep: called with seconds between attempts
    :param random: gives numbers in [0, 1), for the jitter
    :param read_error: reads code and reference from an error answer:
        ``(status, headers, data) -> ErrorDetails``
    :param observer: gets one :class:`Exchange` for each call
    :param float total_time: seconds for one attempt, counted when a piece of the answer arrives;
        a silent connection ends by ``timeout``
    :raise InsecureAddress: for a base address that must not be called
    """

    def __init__(
        self,
        system,
        base_url,
        *,
        timeout=(5, 30),
        max_bytes=MAX_BYTES,
        retries=3,
        session=None,
        sleep=time.sleep,
        random=randomlib.random,
        read_error=None,
        observer=None,
        total_time=TOTAL_TIME,
    ):
        self.system = system
        self.base_url = require_secure(base_url, system)
        self.read_error = read_error
        self.observer = observer
        self._max_bytes = max_bytes
        self._total_time = total_time
        self._retries = retries
        self._sleep = sleep
        self._random = random
        self._own_session = session is None
        # An own session's adapter bears the timeout. It is not given with each request, because
        # Odoo's test classes compare that argument with a number.
        self._timeout = None if self._own_session else timeout
        loopback = is_loopback(urlsplit(self.base_url).hostname)
        if session is None:
            session = new_session(timeout, total_time=total_time, loopback=loopback)
        self._session = session

    def request(
        self,
        method,
        path,
        *,
        operation,
        json=None,
        form=None,
        params=None,
        headers=None,
        safe=False,
        accept=JSON,
        check=None,
        entries=None,
    ):
        """Make one call and return its :class:`Answer`.

        :param str path: begins with '/', below the base address; its variables are quoted
        :param str operation: a constant that names the call in errors and in the log
        :param form: fields of a form, or a function that makes them anew for each attempt
        :param bool safe: the call changes nothing, so it may be repeated
        :param accept: the media type; with 'application/json' the body is parsed
        :param check: tells whether the parsed JSON (or else the bytes) has the right shape
        :param entries: gives the entries of the parsed JSON, which are counted for the log, where
            it is not a list itself
        :raise ClientError: one of its subclasses; see :mod:`.errors`
        """
        if not path.startswith("/") or re.search(r"//|/\.\.?(/|$)|[?#\\\s]", path):
            raise ValueError("path must be a plain path below the base address")
        call = _Call(
            method,
            self.base_url + path,
            operation,
            None if json is None else jsonlib.dumps(json, allow_nan=False).encode(),
            form,
            params,
            {"Content-Type": JSON, **(headers or {})} if json is not None else dict(headers or {}),
            accept,
            check,
            entries or _entries,
        )
        started, begin = datetime.now(timezone.utc), time.monotonic()
        answer, error, tries = self._attempt_all(call, safe)
        duration = time.monotonic() - begin
        self._observe(call, started, duration, tries, answer, error)
        if error is not None:
            error.attempts, error.duration = len(tries), duration
            raise error
        return Answer(answer.status, answer.headers, answer.data, answer.content, duration)

    # -- attempts -------------------------------------------------------------------------------

    def _attempt_all(self, call, safe):
        """Return (answer, error, attempts); exactly one of the first two is None."""
        tries = []
        while True:
            answer = error = None
            started, begin = datetime.now(timezone.utc), time.monotonic()
            try:
                answer = self._attempt(call, safe)
            except ClientError as failure:
                error = failure
            tries.append(_remembered(call, started, time.monotonic() - begin, answer, error))
            wait = self._wait_before_retry(error, len(tries)) if error and safe else None
            if wait is None:
                return answer, error, tries
            self._sleep(wait)

    def _wait_before_retry(self, error, attempts):
        """Seconds until the next attempt, or None when there shall be none."""
        transient = isinstance(error, (NoAnswer, ServerFault, RateLimited)) or error.reason == "cut"
        if not transient or error.reason == "certificate" or attempts > self._retries:
            return None
        backoff = min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempts - 1))
        if error.retry_after is None:
            return self._random() * backoff
        if error.retry_after > RETRY_AFTER_CAP:
            return None
        return error.retry_after + self._random() * BACKOFF_BASE

    def _attempt(self, call, safe):
        begin = time.monotonic()
        if not safe and self._own_session:
            # A kept connection that the other side has closed meanwhile would look like a lost
            # answer. What must not be repeated begins on a fresh connection.
            self._session.close()
        response, failure = self._send(call)
        if failure is not None:
            raise failure
        with contextlib.closing(response):
            return self._read(call, response, begin)

    def _send(self, call):
        """Return (response, None), or (None, NoAnswer). An exception of requests is not chained:
        its text holds the whole address."""
        form = call.form() if callable(call.form) else call.form
        try:
            return self._session.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body if form is None else form,
                headers={"Accept": call.accept, **call.headers},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ), None
        except FAILURES as exc:
            reason, sent = what_failed(exc)
        return None, NoAnswer(self.system, call.operation, reason=reason, sent=sent)

    # -- answers --------------------------------------------------------------------------------

    def _read(self, call, response, begin):
        status = response.status_code
        if 300 <= status < 400:
            raise InvalidAnswer(self.system, call.operation, status=status, reason="redirect")
        if not 200 <= status < 300:
            raise self._error(call, response, begin)
        reason = data = None
        content = b""
        try:
            content = read_body(response, self._max_bytes, begin + self._total_time)
            if call.accept == JSON:
                data = parse_json(content) if content.strip() else None
        except Unusable as unusable:
            reason = unusable.reason
        if reason is None and call.check is not None:
            usable = call.check(data if call.accept == JSON else content)
            reason = None if usable else "wrong_shape"
        if reason is not None:
            raise InvalidAnswer(
                self.system,
                call.operation,
                status=status,
                reason=reason,
                reference=response.headers.get(CALL_ID),
            )
        return Answer(status, response.headers, data, content, time.monotonic() - begin)

    def _error(self, call, response, begin):
        data = None
        with contextlib.suppress(Unusable):  # an error without a readable body is an error
            data = parse_json(read_body(response, MAX_ERROR_BYTES, begin + self._total_time))
        details = ErrorDetails()
        if self.read_error is not None:
            details = self.read_error(response.status_code, response.headers, data)
        error_class = details.error_class or error_class_for(response.status_code)
        return error_class(
            self.system,
            call.operation,
            status=response.status_code,
            code=details.code,
            reference=details.reference or response.headers.get(CALL_ID),
            retry_after=retry_after_seconds(response.headers),
            data=data,
        )

    # -- the exchange log -----------------------------------------------------------------------

    def _observe(self, call, started, duration, tries, answer, error):
        if self.observer is None:
            return
        last = tries[-1]
        entries = call.entries(answer.data) if answer else None
        exchange = Exchange(
            self.system,
            call.operation,
            started,
            duration,
            outcome=last.outcome,
            status=last.status,
            code=last.code,
            reference=last.reference,
            attempts=len(tries),
            records=None if entries is None else len(entries),
            tries=tuple(tries),
        )
        try:
            self.observer(exchange)
        except Exception as exc:
            # The call has happened; a log that cannot be written must not make it look failed.
            _logger.warning(
                "the observer of %s %s failed: %s", self.system, call.operation, type(exc).__name__
            )


def _remembered(call, started, duration, answer, error):
    """The :class:`Attempt` by what came of it."""
    reference = error.reference if error else safe_reference(answer.headers.get(CALL_ID))
    # A lost answer is asked about by the name that we gave the call.
    reference = reference or safe_reference(call.headers.get(CALL_ID))
    if reference and reference.lower() in call.url.lower():
        # What names a thing in the address may be a secret, and the log holds no addresses.
        reference = None
    return Attempt(
        started,
        duration,
        outcome=error.kind if error else "ok",
        status=(error or answer).status,
        code=error.code if error else None,
        reference=reference,
        reason=error.reason if error else None,
    )
