"""A requests session that keeps to our rules, and what its exceptions mean."""

import contextvars
import http.client
import http.cookiejar
import io
import logging
import ssl
import time

import requests
import urllib3
from requests.adapters import HTTPAdapter

USER_AGENT = "nav_altinn_connector (Odoo 19)"
# How an answer may be packed. Other ways, and several at once, make gigabytes of some kilobytes,
# which urllib3 would unpack before anybody can count them.
PACKED = ("gzip", "deflate")

# All that sending a request and reading its answer can raise besides programming errors.
FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,
)


# True while a request of ours is under way in this thread.
_ours = contextvars.ContextVar("nav_altinn_connector_request", default=False)


class _HideAddresses(logging.Filter):
    """Drops what urllib3 tells of our requests: it names the path, which can hold a secret id."""

    def filter(self, record):
        return not _ours.get()


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_HideAddresses())


class _Timed(io.RawIOBase):
    """What arrives at a socket, until a moment (by ``time.monotonic()``)."""

    def __init__(self, raw, until):
        self._raw = raw
        self._until = until

    def readable(self):
        return True

    def readinto(self, buffer):
        if time.monotonic() > self._until:
            raise TimeoutError("the answer takes too long")
        return self._raw.readinto(buffer)

    def fileno(self):
        return self._raw.fileno()

    def close(self):
        self._raw.close()
        return super().close()


def _pools(total_time):
    """The classes of connection pools, by scheme, whose answers end in so many seconds.

    The timeout of a socket begins anew with each byte. Without this, status line and headers,
    which http.client reads by itself, could drip in without end.
    """

    class Response(http.client.HTTPResponse):
        def __init__(self, sock, *args, **kwargs):
            super().__init__(sock, *args, **kwargs)
            self.fp.close()
            until = time.monotonic() + total_time
            self.fp = io.BufferedReader(_Timed(sock.makefile("rb", buffering=0), until))

    class PlainConnection(urllib3.connection.HTTPConnection):
        response_class = Response

    class SecureConnection(urllib3.connection.HTTPSConnection):
        response_class = Response

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": PlainPool, "https": SecurePool}


class _Adapter(HTTPAdapter):
    """Gives every request its time limits, also where the caller passes none on, and tells no log
    of its address."""

    def __init__(self, timeout, total_time):
        self._timeout = timeout
        self._pools = _pools(total_time)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args, **kwargs):
        result = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
        return result

    def proxy_manager_for(self, *args, **kwargs):
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def send(self, request, stream=False, timeout=None, **kwargs):
        token = _ours.set(True)
        try:
            return super().send(request, stream=stream, timeout=timeout or self._timeout, **kwargs)
        finally:
            _ours.reset(token)


class _Session(requests.Session):
    def get_redirect_target(self, resp):
        # Even when redirects are not followed, requests reads the body of one without any limit
        # to prepare the next request. No target, nothing prepared.
        return None


def new_session(timeout, *, total_time, loopback=False):
    """A session whose every request has ``timeout`` (connect, wait for a piece of the answer), and
    ``total_time`` for its whole answer; all in seconds."""
    session = _Session()
    session.mount("https://", _Adapter(timeout, total_time))
    session.mount("http://", _Adapter(timeout, total_time))
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept-Encoding"] = ", ".join(PACKED)
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    # A netrc entry for the host would silently replace our Authorization header.
    session.auth = _leave_headers
    # Proxies of the environment are for the outside world.
    session.trust_env = not loopback
    return session


def _leave_headers(request):
    return request


def what_failed(exc):
    """(reason, may the request have been processed) for an exception before any answer."""
    causes = list(_causes(exc))

    def among(*kinds):
        return any(isinstance(cause, kinds) for cause in causes)

    if among(ssl.SSLCertVerificationError):
        return "certificate", False
    if among(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return "proxy", False
    if among(requests.ConnectTimeout, urllib3.exceptions.NewConnectionError):
        return "connect", False
    if among(requests.Timeout):
        return "timeout", True
    if among(
        requests.exceptions.InvalidHeader,
        requests.exceptions.InvalidURL,
        UnicodeError,
    ):
        return "request", False
    return "broken", True


def _causes(exc, depth=6):
    """``exc`` and what it wraps: requests keeps the cause in args, urllib3 in ``reason``."""
    yield exc
    if depth:
        inner = [*exc.args, getattr(exc, "reason", None), exc.__cause__, exc.__context__]
        for cause in inner:
            if isinstance(cause, BaseException):
                yield from _causes(cause, depth - 1)
