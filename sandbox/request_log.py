"""Which requests came in: for tests that count them and check them. Never a token."""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

# Where a handler leaves the number of rows in its answer.
ROWS = web.RequestKey("rows", int)


@dataclass
class LoggedRequest:
    """One request.

    :param time: seconds since the epoch, on the sandbox's clock
    :param endpoint: name of the endpoint, such as `sykepenger.notes`
    :param path: the path below the service's own address
    :param body: the JSON body as the client sent it, None when there was none
    :param status: the HTTP status that was answered, None when no answer went out
    :param rows: how many notes the answer holds, for a list
    :param fault: kind of the fault that was played, if any
    """

    time: float
    endpoint: str
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    body: Any = None
    status: int | None = None
    rows: int | None = None
    fault: str | None = None

    @property
    def orgnr(self):
        """The organisation number that was asked for, if any."""
        return self.body.get("orgnr") if isinstance(self.body, dict) else None

    @property
    def from_loepenr(self):
        """The running number after which notes were asked for, if any."""
        return self.body.get("fraLoepenr") if isinstance(self.body, dict) else None

    def to_dict(self) -> dict:
        return {**asdict(self), "orgnr": self.orgnr, "fraLoepenr": self.from_loepenr}


class RequestLog:
    """All requests since the start or the last :meth:`clear`, oldest first."""

    def __init__(self):
        self._entries: list[LoggedRequest] = []
        self._lock = threading.Lock()

    def append(self, entry: LoggedRequest):
        with self._lock:
            self._entries.append(entry)

    def clear(self):
        with self._lock:
            self._entries.clear()

    def __iter__(self):
        with self._lock:
            return iter(list(self._entries))

    def __len__(self):
        return len(self._entries)

    def __getitem__(self, index):
        return self._entries[index]

    def of(self, endpoint: str) -> list[LoggedRequest]:
        """Return the requests to an endpoint (`sykepenger.notes`) or a service (`sykepenger`)."""
        return [
            entry
            for entry in self
            if entry.endpoint == endpoint or entry.endpoint.startswith(f"{endpoint}.")
        ]
