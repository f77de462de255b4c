"""Faults on order: what goes wrong, where, how often, and how often it has.

The kinds that concern a whole request are played here, around every endpoint but the admin ones.
The kinds that change a page of notes are in `page_faults`.
"""

import asyncio
import threading
from dataclasses import dataclass, field

from aiohttp import web

from .problems import by_code

REQUEST_KINDS = {
    "no_answer": "nothing comes back: mode=hang (default) until the client gives up, or mode=abort",
    "answer_lost": "processed, then the connection breaks before the answer",
    "unauthorized": "401",
    "too_many_requests": "429 with Retry-After of retry_after seconds (default 1)",
    "server_error": "status (default 503), with Retry-After when retry_after is given; with "
    "processed=true the request is carried out first",
    "problem": "the answer with a problem code, code=AUTH-00009, AUTH.VLD-00004, "
    "MP-303 or NO_ACTIVE_EMPLOYMENT; with bare=true Altinn's code is in the type only, with "
    "message a follow-up plan's error has that text, with processed=true the request is carried "
    "out first",
    "slow": "the answer comes after seconds (default 1)",
    "cut_json": "the body ends early (share, default 0.5) in a complete HTTP answer",
    "not_json": "a page of HTML with status (default 200)",
}
PAGE_KINDS = {
    "unknown_values": "what=keys adds unknown keys to every note, what=kind gives the first note's "
    "periods an unknown kind, what=both (default)",
    "duplicate": "a note twice on the page, loepenr=same (default) or new",
    "out_of_order": "the page in another order (seed)",
    "late_low_loepenr": "a note (the lowest of the page, or loepenr) is missing in this many "
    "answers (times) or until released, then appears with its low number",
    "huge": "a text of size characters (default 1 MB) in the first note",
}
KINDS = {**REQUEST_KINDS, **PAGE_KINDS}
HANG_LIMIT = 300
HTML = "<!DOCTYPE html><html><head><title>502</title></head><body>Bad gateway</body></html>"


@dataclass
class Fault:
    """One ordered fault.

    :param endpoint: `sykepenger.notes`, or `sykepenger` for all of a service, or None for all
    :param times: how often it is played; None for always
    :param after: how many requests pass before it is played first
    :param params: what the kind takes, see KINDS
    :param played: how often it has been played
    """

    kind: str
    endpoint: str | None = None
    times: int | None = 1
    after: int = 0
    params: dict = field(default_factory=dict)
    played: int = 0
    released: bool = False
    held: dict = field(default_factory=dict)

    def concerns(self, endpoint: str) -> bool:
        return self.endpoint is None or f"{endpoint}.".startswith(f"{self.endpoint}.")

    @property
    def is_over(self) -> bool:
        return self.released or (self.times is not None and self.played >= self.times)

    def to_dict(self) -> dict:
        return {
            "kind": self.kind,
            "endpoint": self.endpoint,
            "times": self.times,
            "after": self.after,
            "params": self.params,
            "played": self.played,
        }


@dataclass
class Hit:
    """One time that a fault was played."""

    kind: str
    endpoint: str
    time: float
    detail: str = ""


class Faults:
    """The faults on order and the list of those played."""

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._ordered: list[Fault] = []
        self._hits: list[Hit] = []

    def add(self, kind: str, endpoint=None, times: int | None = 1, after: int = 0, **params):
        """Order a fault and return it. See :class:`Fault` and KINDS.

        :raises ValueError: unknown kind or problem code, or a number that makes no sense
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault: {kind}; there are {', '.join(KINDS)}")
        if (times is not None and times < 1) or after < 0:
            raise ValueError("times is at least 1 (or null for always), after at least 0")
        if kind == "problem":
            by_code(params.get("code", ""))
        fault = Fault(kind, endpoint, times, after, params)
        with self._lock:
            self._ordered.append(fault)
        return fault

    def clear(self):
        """Withdraw all faults and forget those played."""
        with self._lock:
            self._ordered.clear()
            self._hits.clear()

    def release(self):
        """Let all notes that are held back appear."""
        with self._lock:
            for fault in self._ordered:
                fault.released = fault.released or fault.kind == "late_low_loepenr"

    @property
    def ordered(self) -> list[Fault]:
        """The faults that are still to be played."""
        with self._lock:
            return [fault for fault in self._ordered if not fault.is_over]

    @property
    def hits(self) -> list[Hit]:
        """The faults that were played, oldest first."""
        with self._lock:
            return list(self._hits)

    def count(self, kind: str) -> int:
        """Return how often faults of a kind were played."""
        return sum(hit.kind == kind for hit in self.hits)

    def due(self, endpoint: str, kinds) -> list[Fault]:
        """Return the faults of these kinds that concern this request, counting down `after`."""
        with self._lock:
            due = []
            for fault in self._ordered:
                if fault.kind in kinds and not fault.is_over and fault.concerns(endpoint):
                    if fault.after > 0:
                        fault.after -= 1
                    else:
                        due.append(fault)
            return due

    def play(self, fault: Fault, endpoint: str, detail: str = ""):
        """Count a fault as played."""
        with self._lock:
            fault.played += 1
            self._hits.append(Hit(fault.kind, endpoint, self._clock.now(), detail))


async def _hang(request):
    """Wait until the client has gone (or HANG_LIMIT seconds)."""
    waited = 0.0
    while waited < HANG_LIMIT and request.transport and not request.transport.is_closing():
        await asyncio.sleep(0.05)
        waited += 0.05


def _abort(request) -> web.Response:
    """Break the connection; the answer that is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _refusal(fault: Fault, error_body) -> web.Response:
    """Return the error answer of a fault that is a plain status."""
    status = {"unauthorized": 401, "too_many_requests": 429}.get(fault.kind)
    status = status or int(fault.params.get("status", 503))
    headers = {}
    if fault.kind == "too_many_requests" or "retry_after" in fault.params:
        headers["Retry-After"] = str(fault.params.get("retry_after", 1))
    return web.json_response(error_body(status), status=status, headers=headers)


def _problem(fault: Fault) -> web.Response:
    """Return the error answer of a fault that is a problem code."""
    error = by_code(fault.params["code"])
    if fault.params.get("bare"):
        error.body.pop("code", None)
    if "message" in fault.params:
        error.body["message"] = fault.params["message"]
    return error.response()


def _cut(fault: Fault, response: web.Response) -> web.Response:
    """Return the answer with a body that ends early."""
    body = response.body or b""
    kept = min(int(len(body) * float(fault.params.get("share", 0.5))), max(len(body) - 1, 0))
    return web.Response(
        body=body[:kept], status=response.status, content_type=response.content_type
    )


async def play_request_fault(fault: Fault, request, handler, error_body):
    """Answer a request as the fault says.

    :param error_body: function from an HTTP status to the service's own error body
    :return: the answer, and whether it reached the client
    """
    if fault.kind == "no_answer":
        if fault.params.get("mode", "hang") == "hang":
            await _hang(request)
        return _abort(request), False
    if fault.kind == "answer_lost":
        await handler(request)
        return _abort(request), False
    if fault.kind == "slow":
        await asyncio.sleep(float(fault.params.get("seconds", 1)))
        return await handler(request), True
    if fault.kind == "cut_json":
        return _cut(fault, await handler(request)), True
    if fault.kind == "not_json":
        status = int(fault.params.get("status", 200))
        return web.Response(text=HTML, content_type="text/html", status=status), True
    if fault.params.get("processed"):
        await handler(request)
    return (_problem(fault) if fault.kind == "problem" else _refusal(fault, error_body)), True
