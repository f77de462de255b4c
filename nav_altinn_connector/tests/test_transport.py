import gc
import gzip
import json
import logging
import socket
import ssl
from datetime import datetime, timezone
from unittest import mock

import requests

from odoo.tests import BaseCase

from ..clients import errors, transport
from .certificates import Enterprise
from .loopback_server import LoopbackServer, cut_short, drip, hang_up, stay_silent, without_end

# A synthetic number (month + 80): to be found nowhere outside the request itself.
PERSON = "05908399546"
TOKEN = "secret-token-value"
ORG_NUMBER = "312345672"


class TransportCase(BaseCase):
    def serve(self, *answers):
        server = LoopbackServer(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def transport(self, server, **options):
        self.waits = []
        self.exchanges = []
        options = {
            "timeout": (2, 5),
            "sleep": self.waits.append,
            "random": lambda: 0.5,
            "observer": self.exchanges.append,
            **options,
        }
        return transport.Transport("sykepenger", server.url, **options)

    def call(self, server, *, safe=True, options=None, **arguments):
        arguments = {
            "operation": "things",
            "json": {"fnr": PERSON},
            "safe": safe,
            "headers": {"Authorization": f"Bearer {TOKEN}"},
            **arguments,
        }
        return self.transport(server, **(options or {})).request("POST", "/things", **arguments)

    def fails(self, error_class, server, **arguments):
        with self.assertRaises(errors.ClientError) as caught:
            self.call(server, **arguments)
        self.assertIs(type(caught.exception), error_class)
        return caught.exception


class TestAnswers(TransportCase):
    def test_json_answer(self):
        server = self.serve((200, [{"a": 1}, {"a": 2}], {"X-Thing": "yes"}))
        answer = self.call(server)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.data, [{"a": 1}, {"a": 2}])
        self.assertEqual(answer.headers["x-thing"], "yes")
        sent = server.received[0]
        self.assertEqual((sent.method, sent.path, sent.json), ("POST", "/things", {"fnr": PERSON}))
        self.assertEqual(sent.headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(sent.headers["Accept"], "application/json")
        self.assertIn("nav_altinn_connector", sent.headers["User-Agent"])

    def test_form_params_and_base_path(self):
        server = self.serve((200, {}))
        client = transport.Transport("x", server.url + "/api/")
        client.request("POST", "/token", operation="o", form={"a": "æ b"}, params={"p": "1&2"})
        sent = server.received[0]
        self.assertEqual(
            (sent.path, sent.query, sent.form), ("/api/token", {"p": "1&2"}, {"a": "æ b"})
        )

    def test_empty_body_is_none(self):
        self.assertIsNone(self.call(self.serve((204,))).data)

    def test_other_media_type_is_bytes(self):
        answer = self.call(self.serve((200, b"\x00\x01")), accept="application/pdf")
        self.assertEqual((answer.content, answer.data), (b"\x00\x01", None))

    def test_packed_answer_is_unpacked(self):
        packed = gzip.compress(json.dumps({"long": "x" * 50_000}).encode())
        answer = self.call(self.serve((200, packed, {"Content-Encoding": "gzip"})))
        self.assertEqual(answer.data, {"long": "x" * 50_000})

    def test_cookies_are_not_kept(self):
        server = self.serve((200, {}, {"Set-Cookie": "session=1; Path=/"}))
        client = self.transport(server)
        for _turn in range(2):
            client.request("GET", "/a", operation="o", safe=True)
        self.assertNotIn("Cookie", server.received[1].headers)

    def test_netrc_does_not_replace_the_token(self):
        server = self.serve((200, {}))
        with (
            mock.patch("requests.sessions.get_netrc_auth", return_value=("user", "other")),
            mock.patch.object(transport, "is_loopback", return_value=False),
            mock.patch.object(transport, "require_secure", side_effect=lambda url, _s: url),
        ):
            client = self.transport(server)
        with mock.patch("requests.sessions.get_netrc_auth", return_value=("user", "other")):
            client.request("GET", "/a", operation="o", headers={"Authorization": "Bearer own"})
        self.assertEqual(server.received[0].headers["Authorization"], "Bearer own")

    def test_safe_calls_share_a_connection_and_others_begin_anew(self):
        server = self.serve((200, {"some": "thing"}))
        client = self.transport(server)
        for safe in (True, True, False, True):
            client.request("GET", "/a", operation="o", safe=safe)
        ports = [received.connection for received in server.received]
        self.assertEqual(ports[0], ports[1])
        self.assertNotEqual(ports[1], ports[2])
        self.assertEqual(ports[2], ports[3])

    def test_time_limits_reach_the_adapter(self):
        server = self.serve((200, {}))
        send = requests.adapters.HTTPAdapter.send
        with mock.patch(
            "requests.adapters.HTTPAdapter.send", autospec=True, side_effect=send
        ) as sent:
            self.call(server)
        self.assertEqual(sent.call_args.kwargs["timeout"], (2, 5))

    def test_path_must_be_plain(self):
        server = self.serve((200, {}))
        client = self.transport(server)
        for path in (
            "things",
            "//evil.example/a",
            "/a/../b",
            "/a?b=c",
            "/a#b",
            "/a\\b",
            "/a b",
            "/..",
        ):
            with self.subTest(path=path), self.assertRaises(ValueError):
                client.request("GET", path, operation="o")
        self.assertEqual(server.received, [])


class TestErrors(TransportCase):
    def test_status_gives_the_type(self):
        cases = [
            (400, errors.Rejected, "rejected"),
            (401, errors.Unauthorised, "unauthorised"),
            (403, errors.Forbidden, "forbidden"),
            (404, errors.NotFound, "not_found"),
            (409, errors.Rejected, "rejected"),
            (410, errors.NotFound, "not_found"),
            (429, errors.RateLimited, "rate_limited"),
            (500, errors.ServerFault, "server_fault"),
            (503, errors.ServerFault, "server_fault"),
        ]
        for status, error_class, kind in cases:
            with self.subTest(status=status):
                error = self.fails(error_class, self.serve((status, {"feil": 1})), safe=False)
                self.assertEqual(
                    (error.system, error.operation, error.status, error.kind),
                    ("sykepenger", "things", status, kind),
                )
                self.assertEqual(error.data, {"feil": 1})
                self.assertEqual(self.exchanges[0].outcome, kind)

    def test_whether_the_outcome_is_known(self):
        for answer, uncertain in (
            ((400, {}), False),
            ((401, {}), False),
            ((429, {}), False),
            ((500, {}), True),
            ((200, b"no json"), True),
            (hang_up, True),
        ):
            with self.subTest(answer=answer), self.assertRaises(errors.ClientError) as caught:
                self.call(self.serve(answer), safe=False)
            self.assertEqual(caught.exception.uncertain, uncertain)

    def test_error_without_json_is_still_typed(self):
        for body in (b"", b"<html>", b"\xff\xfe", b"x" * 100_000):
            error = self.fails(errors.Forbidden, self.serve((403, body)))
            self.assertIsNone(error.data)

    def test_error_reader(self):
        def read(status, headers, data):
            return transport.ErrorDetails(data["feilkode"], headers["Nav-Call-Id"])

        server = self.serve((403, {"feilkode": "NEI"}, {"Nav-Call-Id": "abc-1"}))
        error = self.fails(errors.Forbidden, server, options={"read_error": read})
        self.assertEqual((error.code, error.reference), ("NEI", "abc-1"))
        self.assertIn("NEI", str(error))

    def test_free_text_is_no_code(self):
        for text in (PERSON, f"x-{PERSON}", "two words", "Ola\n", "", None, 7, "x" * 101):
            error = errors.ClientError("s", "o", code=text, reference=text)
            self.assertIsNone(error.code, text)
        self.assertEqual(
            errors.safe_reference("b5f66f7a-d1a9-483c-a9d1-e4d45a7bba4d"),
            "b5f66f7a-d1a9-483c-a9d1-e4d45a7bba4d",
        )

    def test_nothing_of_the_content_is_told(self):
        body = {"melding": f"Ola {PERSON}", "token": TOKEN}
        for answer in (
            (400, body),
            (500, body),
            (200, b"[" + PERSON.encode()),
            hang_up,
            (302, body, {"Location": f"https://evil.example/?fnr={PERSON}"}),
        ):
            server = self.serve(answer)
            with self.assertLogs(level=logging.WARNING) as logs:
                logging.getLogger("test").warning("so that there is one")
                with self.assertRaises(errors.ClientError) as caught:
                    self.call(server, safe=False, params={"fnr": PERSON})
            error = caught.exception
            shown = f"{error} {error!r} {self.exchanges} {logs.output}"
            for secret in (PERSON, TOKEN, "Ola", "?"):
                self.assertNotIn(secret, shown)
            self.assertIsNone(error.__cause__)
            self.assertIsNone(error.__context__)

    def test_no_connection(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            server = mock.Mock(url=f"http://127.0.0.1:{closed.getsockname()[1]}")
            error = self.fails(errors.NoAnswer, server)
        self.assertEqual(
            (error.reason, error.sent, error.uncertain, error.status),
            ("connect", False, False, None),
        )
        self.assertEqual(error.attempts, 4)

    def test_answer_lost(self):
        server = self.serve(hang_up)
        error = self.fails(errors.NoAnswer, server, safe=False)
        self.assertEqual((error.reason, error.sent, error.attempts), ("broken", True, 1))
        self.assertEqual(len(server.received), 1)

    def test_time_out(self):
        server = self.serve(stay_silent)
        error = self.fails(errors.NoAnswer, server, safe=False, options={"timeout": (2, 0.1)})
        self.assertEqual((error.reason, error.sent), ("timeout", True))

    def test_certificate_is_verified(self):
        failure = requests.exceptions.SSLError(
            ssl.SSLCertVerificationError("self-signed certificate")
        )
        session = mock.Mock(spec=requests.Session)
        session.request.side_effect = failure
        client = transport.Transport(
            "x", "https://nav.example", session=session, sleep=lambda _seconds: None
        )
        with self.assertRaises(errors.NoAnswer) as caught:
            client.request("GET", "/a", operation="o", safe=True)
        self.assertEqual(
            (caught.exception.reason, caught.exception.sent, caught.exception.attempts),
            ("certificate", False, 1),
        )

    def test_a_server_whose_certificate_nobody_vouches_for_hears_nothing(self):
        server = self.serve((200, {}))
        own = Enterprise(ORG_NUMBER)
        server.use_tls(own.private_pem + own.certificate_pem)
        error = self.fails(errors.NoAnswer, server)
        self.assertEqual((error.reason, error.sent, error.attempts), ("certificate", False, 1))
        self.assertEqual(server.received, [])

    def test_a_header_that_cannot_be_sent(self):
        error = self.fails(
            errors.NoAnswer,
            self.serve((200, {})),
            safe=False,
            headers={"Authorization": f"Bearer {TOKEN}\nX: y"},
        )
        self.assertEqual((error.reason, error.sent), ("request", False))
        self.assertNotIn(TOKEN, str(error))


class TestUnusableAnswers(TransportCase):
    def unusable(self, reason, *answers, **arguments):
        error = self.fails(errors.InvalidAnswer, self.serve(*answers), **arguments)
        self.assertEqual(error.reason, reason)
        self.assertEqual(self.exchanges[0].outcome, "invalid_answer")
        return error

    def test_not_json(self):
        for body in (
            b"<html>",
            b'{"a": 1',
            b"[1,]",
            b"NaN",
            b"[Infinity]",
            b"[1e999]",
            b'"\xff"',
            b"9" * 5000,
        ):
            with self.subTest(body=body[:20]):
                error = self.unusable("not_json", (200, body))
                self.assertEqual(error.attempts, 1)

    def test_json_beyond_the_limit_of_recursion(self):
        # What Python tidies up while there is no depth left fails with a warning of its own, and
        # when it tidies up is chance.
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        self.unusable("not_json", (200, b"[" * 100_000))

    def test_wrong_shape(self):
        self.unusable("wrong_shape", (200, {}), check=lambda data: isinstance(data, list))
        self.unusable("wrong_shape", (204,), check=lambda data: isinstance(data, list))

    def test_redirects_are_not_followed(self):
        elsewhere = self.serve((200, {}))
        for status in (301, 302, 303, 307, 308):
            error = self.unusable(
                "redirect", (status, b"", {"Location": elsewhere.url + "/things"})
            )
            self.assertEqual(error.status, status)
        self.assertEqual(elsewhere.received, [])

    def test_a_redirect_without_end_is_left(self):
        def redirect(handler):
            handler.send_response(302)
            handler.send_header("Location", "https://evil.example/")
            handler.end_headers()
            handler.close_connection = True
            while not handler.owner.stopping.wait(0.005):
                try:
                    handler.wfile.write(b"x" * 1000)
                except OSError:
                    return

        self.unusable("redirect", redirect)

    def test_too_large(self):
        limit = {"max_bytes": 1000}
        self.unusable("too_large", (200, b" " * 1001), options=limit)
        self.unusable("too_large", without_end(b" " * 100), options=limit)
        packed = gzip.compress(b" " * 1_000_000)
        self.unusable(
            "too_large", (200, packed, {"Content-Encoding": "gzip"}), options={"max_bytes": 500_000}
        )
        self.assertEqual(self.call(self.serve((200, b"[]" + b" " * 998)), options=limit).data, [])

    def test_too_slow(self):
        # Each piece comes in good time, the whole never.
        self.unusable("too_slow", without_end(b" "), options={"total_time": 0.1})

    def test_headers_without_end(self):
        # Each piece comes in good time here, too.
        for begin, piece in (
            (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ):
            server = self.serve(drip(begin, piece))
            error = self.fails(
                errors.NoAnswer, server, safe=False, options={"total_time": 0.1, "timeout": (2, 2)}
            )
            self.assertEqual((error.reason, error.sent), ("timeout", True))

    def test_packing_that_makes_gigabytes_of_kilobytes_is_not_unpacked(self):
        twice = gzip.compress(gzip.compress(b" " * 100_000))
        for packing in ("gzip, gzip", "br", "zstd"):
            self.unusable("packing", (200, twice, {"Content-Encoding": packing}))
        error = self.fails(
            errors.Forbidden, self.serve((403, twice, {"Content-Encoding": "gzip, gzip"}))
        )
        self.assertIsNone(error.data)
        server = self.serve((200, []))
        self.call(server)
        self.assertEqual(server.received[0].headers["Accept-Encoding"], "gzip, deflate")

    def test_cut_is_tried_again_when_safe(self):
        server = self.serve(cut_short, (200, [1]))
        self.assertEqual(self.call(server).data, [1])
        error = self.unusable("cut", cut_short, safe=False)
        self.assertEqual((error.status, error.uncertain), (200, True))

    def test_broken_packing(self):
        self.unusable("cut", (200, b"no gzip at all", {"Content-Encoding": "gzip"}))


class TestRetries(TransportCase):
    def test_safe_calls_are_repeated(self):
        for failure in ((500, {}), (503, b""), (429, {}), hang_up):
            with self.subTest(failure=failure):
                server = self.serve(failure, failure, failure, (200, ["done"]))
                self.assertEqual(self.call(server).data, ["done"])
                self.assertEqual(self.waits, [0.25, 0.5, 1.0])
                self.assertEqual([(e.outcome, e.attempts) for e in self.exchanges], [("ok", 4)])

    def test_jitter_is_between_nothing_and_the_whole(self):
        server = self.serve((500, {}))
        for share, expected in ((0.0, [0, 0, 0, 0, 0, 0]), (1.0, [0.5, 1, 2, 4, 8, 8])):
            with self.assertRaises(errors.ServerFault):
                self.call(server, options={"random": lambda share=share: share, "retries": 6})
            self.assertEqual(self.waits, expected)

    def test_it_gives_up(self):
        server = self.serve((500, {}))
        error = self.fails(errors.ServerFault, server, options={"retries": 2})
        self.assertEqual((error.attempts, len(server.received)), (3, 3))

    def test_other_calls_are_made_once(self):
        for failure in ((500, {}), (429, {}, {"Retry-After": "1"}), hang_up, cut_short):
            server = self.serve(failure, (200, {}))
            with self.assertRaises(errors.ClientError):
                self.call(server, safe=False)
            self.assertEqual((len(server.received), self.waits), (1, []))

    def test_a_refusal_is_not_repeated(self):
        for status in (400, 401, 403, 404, 409, 410, 422):
            server = self.serve((status, {}), (200, {}))
            with self.assertRaises(errors.ClientError):
                self.call(server)
            self.assertEqual((len(server.received), self.waits), (1, []))

    def test_retry_after_is_obeyed(self):
        for status in (429, 503):
            server = self.serve((status, {}, {"Retry-After": "7"}), (200, {}))
            self.call(server)
            self.assertEqual(self.waits, [7.25])

    def test_a_long_wait_is_left_to_the_caller(self):
        server = self.serve((429, {}, {"Retry-After": "3600"}), (200, {}))
        error = self.fails(errors.RateLimited, server)
        self.assertEqual((error.retry_after, error.attempts, self.waits), (3600, 1, []))

    def test_retry_after_header(self):
        now = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
        cases = [
            ("5", 5),
            ("0", 0),
            (" 12 ", 12),
            ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
            ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
            ("-5", None),
            ("1e3", None),
            ("", None),
            ("soon", None),
            ("9" * 40, None),
            ("\u0663", None),
        ]
        for value, expected in cases:
            with self.subTest(value=value):
                found = transport.retry_after_seconds({"Retry-After": value}, now)
                self.assertEqual(found, expected)
        self.assertIsNone(transport.retry_after_seconds({}, now))

    def test_a_form_is_made_anew(self):
        numbers = iter(range(10))
        server = self.serve((500, {}), (500, {}), (200, {}))
        self.call(server, json=None, form=lambda: {"jti": next(numbers)})
        self.assertEqual([sent.form["jti"] for sent in server.received], ["0", "1", "2"])


class TestExchange(TransportCase):
    def test_success(self):
        self.call(self.serve((200, [1, 2, 3], {"Nav-Call-Id": "call-1"})))
        (exchange,) = self.exchanges
        self.assertEqual(
            (
                exchange.system,
                exchange.operation,
                exchange.outcome,
                exchange.status,
                exchange.code,
                exchange.reference,
                exchange.attempts,
                exchange.records,
            ),
            ("sykepenger", "things", "ok", 200, None, "call-1", 1, 3),
        )
        self.assertEqual(exchange.started.tzinfo, timezone.utc)
        self.assertGreaterEqual(exchange.duration, 0)

    def test_entries_of_an_answer_that_is_no_list(self):
        self.call(self.serve((200, {"data": [1, 2]})), entries=lambda data: data["data"])
        self.assertEqual(self.exchanges[0].records, 2)
        self.call(self.serve((200, {"data": [1, 2]})))
        self.assertIsNone(self.exchanges[0].records)

    def test_failure_is_one_record(self):
        self.fails(errors.ServerFault, self.serve((502, {}, {"Nav-Call-Id": "call-2"})))
        (exchange,) = self.exchanges
        self.assertEqual(
            (
                exchange.outcome,
                exchange.status,
                exchange.attempts,
                exchange.reference,
                exchange.records,
            ),
            ("server_fault", 502, 4, "call-2", None),
        )

    def test_the_name_that_we_gave_a_call_is_its_reference_where_no_answer_came(self):
        named = {"Nav-Call-Id": "ours-1"}
        self.fails(errors.NoAnswer, self.serve(hang_up), safe=False, headers=named)
        self.assertEqual(self.exchanges[0].reference, "ours-1")
        self.call(self.serve((200, [], {"Nav-Call-Id": "theirs-1"})), headers=named)
        self.assertEqual(self.exchanges[0].reference, "theirs-1")

    def test_a_broken_observer_breaks_nothing(self):
        def observer(_exchange):
            raise RuntimeError(PERSON)

        with self.assertLogs(transport.__name__, "WARNING") as logs:
            answer = self.call(self.serve((200, [1])), options={"observer": observer})
        self.assertEqual(answer.data, [1])
        self.assertIn("RuntimeError", logs.output[0])
        self.assertNotIn(PERSON, logs.output[0])


class TestAddresses(BaseCase):
    def test_allowed(self):
        for url in (
            "https://nav.example",
            "https://nav.example:8443/api",
            "http://127.0.0.1:8000",
            "http://localhost:8000/x",
            "http://[::1]:8000",
            "http://127.1.2.3",
            "https://127.0.0.1",
        ):
            self.assertEqual(transport.require_secure(url + "/"), url)

    def test_refused(self):
        for url in (
            "http://nav.example",
            "http://127.0.0.1@nav.example",
            "ftp://127.0.0.1",
            "http://localhost.nav.example",
            "https://",
            "nav.example",
            "",
            None,
            False,
            7,
            "https://user:pass@nav.example",
            "https://nav.example?x=1",
            "//127.0.0.1",
            "https://nav.example#x",
            "https://nav.example\\@127.0.0.1",
            "file:///etc",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "https://nav.example:port",
            "http://[::1",
            "https://nav example",
            " https://nav.example",
            "http://127.0.0.1.nav.example",
            "http://2130706433",
        ):
            with self.subTest(url=url), self.assertRaises(errors.InsecureAddress) as caught:
                transport.require_secure(url)
            self.assertEqual(caught.exception.kind, "insecure_address")
        with self.assertRaises(errors.InsecureAddress):
            transport.Transport("x", "http://nav.example")
