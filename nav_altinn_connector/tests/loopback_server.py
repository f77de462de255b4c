"""A small HTTP server on loopback that answers what a test has prepared, and remembers the calls.

Odoo's test classes let requests to 127.0.0.1 through.
"""

import json
import ssl
import sys
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Received:
    """A request as it arrived; ``connection`` is the client's port."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    connection: int

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}


class LoopbackServer:
    """Use as a context manager.

    ``answers`` are given in their order, and the last one for good. An answer is a tuple
    (status, body, headers) with trailing parts optional, where a body that is not bytes is sent
    as JSON; or a function that gets the request handler and writes as it likes.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.received = []
        self.stopping = threading.Event()

    def __enter__(self):
        server = self

        class Handler(_Handler):
            owner = server

        self._httpd = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._httpd.server_port}"
        return self

    def __exit__(self, *_exc):
        self.stopping.set()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def use_tls(self, bundle):
        """Speak https from now on.

        :param str bundle: the private key and its certificate, as PEM
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(bundle)
            file.flush()
            context.load_cert_chain(file.name)
        self._httpd.socket = context.wrap_socket(self._httpd.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if isinstance(sys.exc_info()[1], ConnectionError):
            return None  # a client may leave when it likes
        return super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner = None

    def _answer(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.owner.received.append(
            Received(
                self.command,
                url.path,
                {k: v[0] for k, v in parse_qs(url.query).items()},
                dict(self.headers.items()),
                body,
                self.client_address[1],
            )
        )
        answer = self.owner.next_answer()
        if callable(answer):
            answer(self)
        else:
            self.write_answer(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def write_answer(self, status, body=b"", headers=()):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = dict(headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args):
        """Nothing: a test's output is its own."""


def cut_short(handler):
    """Promise a hundred bytes and send five."""
    handler.write_answer(200, b"[1, 2", {"Content-Length": "100"})
    handler.close_connection = True


def hang_up(handler):
    """Close the connection without an answer, after the request was read."""
    handler.close_connection = True


def stay_silent(handler):
    """Give no answer while the test runs."""
    handler.owner.stopping.wait(20)
    handler.close_connection = True


def without_end(piece):
    """A body that goes on, piece by piece, until the client leaves."""

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        while not handler.owner.stopping.wait(0.005):
            try:
                handler.wfile.write(piece)
            except OSError:
                return

    return answer


def drip(begin, piece):
    """Not even headers, piece by piece, for longer than a client should wait."""

    def answer(handler):
        handler.close_connection = True
        handler.wfile.write(begin)
        for _time in range(400):
            if handler.owner.stopping.wait(0.005):
                return
            try:
                handler.wfile.write(piece)
            except OSError:
                return

    return answer
