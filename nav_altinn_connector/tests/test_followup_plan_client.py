import logging
import socket
import uuid

from odoo.tests import BaseCase

from ..clients import errors, followup_plan, scopes
from ..clients.followup_plan import PlanRejected, PlanUnauthorised, Sent
from .loopback_server import LoopbackServer, cut_short, hang_up, stay_silent

PERSON = "05908399546"  # of NAV's test environment
PLAN_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
CALL = "00000000-0000-4000-8000-000000000021"
SECRET = "token-that-is-secret"
PLANS = "/api/v1/followupplan"
REASON = "employeeHasNotContributedToPlanDescription"


def plan(**changes):
    texts = {name: "text" for name in followup_plan.FIELDS if not name.startswith("send")}
    return {
        **texts,
        "employeeIdentificationNumber": PERSON,
        "evaluationDate": "2026-12-15",
        "sendPlanToNav": True,
        "needsHelpFromNav": False,
        "needsHelpFromNavDescription": None,
        "sendPlanToGeneralPractitioner": True,
        "employeeHasContributedToPlan": True,
        REASON: None,
        **changes,
    }


def status_body(**changes):
    return {
        "uuid": PLAN_ID,
        "isSentToGeneralPractitionerStatus": True,
        "isSentToNavStatus": True,
        **changes,
    }


def problem(status, kind, message="x", **headers):
    body = {"status": {"value": status, "description": "x"}, "type": kind, "message": message}
    return status, body, headers


class PlanCase(BaseCase):
    def client(self, *answers, timeout=(5, 30)):
        self.server = LoopbackServer(*answers)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.exchanges = []
        self.tokens = 0

        def token_source():
            self.tokens += 1
            return SECRET

        return followup_plan.FollowUpPlanClient(
            self.server.url,
            token_source,
            followup_plan.new_transport(
                self.server.url,
                sleep=lambda _seconds: None,
                observer=self.exchanges.append,
                timeout=timeout,
            ),
        )

    def send(self, *answers, **options):
        return self.client(*answers, **options).send(plan(), call_id=CALL)

    def send_fails(self, *answers, **options):
        with self.assertRaises(errors.ClientError) as caught:
            self.send(*answers, **options)
        return caught.exception


class TestSending(PlanCase):
    def test_request(self):
        sent = self.send((200, status_body(), {"Nav-Call-Id": CALL}))
        (received,) = self.server.received
        self.assertEqual((received.method, received.path, received.query), ("POST", PLANS, {}))
        given = {name: value for name, value in plan().items() if value is not None}
        self.assertEqual(received.json, given)
        self.assertEqual(list(received.json), [n for n in followup_plan.FIELDS if n in given])
        self.assertEqual(received.headers["Authorization"], f"Bearer {SECRET}")
        self.assertEqual(received.headers["Content-Type"], "application/json")
        self.assertEqual(received.headers["Nav-Call-Id"], CALL)
        self.assertEqual(sent, Sent(PLAN_ID, True, True, CALL))
        self.assertEqual(self.tokens, 1)

    def test_false_is_sent_and_none_is_not(self):
        client = self.client((200, status_body()))
        client.send(plan(sendPlanToNav=False, lpsEmail=None), call_id=CALL)
        body = self.server.received[0].json
        self.assertIs(body["sendPlanToNav"], False)
        self.assertIs(body["needsHelpFromNav"], False)
        self.assertFalse({REASON, "lpsEmail", "needsHelpFromNavDescription"} & body.keys())

    def test_statuses(self):
        for nav in (True, False, None):
            for doctor in (True, False, None):
                body = status_body(isSentToGeneralPractitionerStatus=doctor, isSentToNavStatus=nav)
                sent = self.send((200, body))
                self.assertEqual((sent.to_nav, sent.to_doctor), (nav, doctor))

    def test_what_is_not_said_is_not_known(self):
        for body in (
            {"uuid": PLAN_ID},
            status_body(isSentToGeneralPractitionerStatus="true", isSentToNavStatus=1),
            {"uuid": PLAN_ID.upper(), "isSentToNavStatus": {}, "more": {"x": 1}},
        ):
            self.assertEqual(self.send((200, body)), Sent(PLAN_ID, None, None, CALL))
        self.assertEqual(self.send((201, status_body())).uuid, PLAN_ID)

    def test_id_of_the_call(self):
        self.assertEqual(self.send((200, status_body())).call_id, CALL)
        other = {"Nav-Call-Id": "another-id"}
        self.assertEqual(self.send((200, status_body(), other)).call_id, "another-id")
        unsafe = {"Nav-Call-Id": f"Ola {PERSON}"}
        self.assertEqual(self.send((200, status_body(), unsafe)).call_id, CALL)
        client = self.client((200, status_body()))
        client.send(plan(), call_id=uuid.UUID(CALL))
        self.assertEqual(self.server.received[0].headers["Nav-Call-Id"], CALL)

    def test_nothing_is_sent_that_is_no_plan(self):
        client = self.client((200, status_body()))
        for arguments in (
            {"plan": plan(), "call_id": "no-uuid"},
            {"plan": plan(), "call_id": None},
            {"plan": plan(misspelt=1), "call_id": CALL},
            {"plan": plan(typicalWorkday=float("nan")), "call_id": CALL},
        ):
            with self.assertRaises(ValueError):
                client.send(**arguments)
        self.assertEqual(self.server.received, [])


class TestOutcome(PlanCase):
    """Each failure: sent once, and whether the plan may have arrived."""

    def outcome(self, *answers, **options):
        error = self.send_fails(*answers, **options)
        self.assertEqual((len(self.server.received), error.attempts), (1, 1))
        self.assertEqual(followup_plan.may_have_arrived(error), error.uncertain)
        return error

    def test_not_known(self):
        silent = {"timeout": (5, 0.2)}
        for answer, kind, options in (
            (hang_up, "no_answer", {}),
            (stay_silent, "no_answer", silent),
            (cut_short, "invalid_answer", {}),
            ((200, b""), "invalid_answer", {}),
            ((200, b"<html>"), "invalid_answer", {}),
            ((200, b"[]"), "invalid_answer", {}),
            ((200, b'"text"'), "invalid_answer", {}),
            ((200, {}), "invalid_answer", {}),
            ((200, status_body(uuid="1")), "invalid_answer", {}),
            ((200, status_body(uuid=None)), "invalid_answer", {}),
            ((204, b""), "invalid_answer", {}),
            (problem(500, "INTERNAL_SERVER_ERROR"), "server_fault", {}),
            (problem(503, "SERVICE_UNAVAILABLE"), "server_fault", {}),
            ((502, b"<html>"), "server_fault", {}),
            ((504, b"", {"Retry-After": "1"}), "server_fault", {}),
            # NAV gives these for faults in any part of its service, also late ones.
            (problem(400, "ILLEGAL_ARGUMENT"), "plan_rejected", {}),
            (problem(404, "NOT_FOUND"), "plan_rejected", {}),
        ):
            with self.subTest(answer):
                error = self.outcome(answer, **options)
                self.assertEqual((error.kind, error.uncertain), (kind, True))

    def test_certainly_not_arrived(self):
        for answer, kind in (
            (problem(400, "VALIDATION_ERROR"), "plan_rejected"),
            (problem(400, "BAD_REQUEST"), "plan_rejected"),
            (problem(401, "AUTHENTICATION_ERROR"), "unauthorised"),
            (problem(403, "NO_ACTIVE_EMPLOYMENT"), "plan_rejected"),
            (problem(403, "NO_ACTIVE_ARBEIDSFORHOLD"), "plan_rejected"),
            (problem(403, "NO_ACTIVE_SENT_SYKMELDING"), "plan_rejected"),
            (problem(404, "EMPLOYEE_NOT_FOUND"), "plan_rejected"),
            (problem(404, "GENERAL_PRACTITIONER_NOT_FOUND"), "plan_rejected"),
            (problem(400, "NEW_TYPE"), "plan_rejected"),
            ((400, b""), "rejected"),
            ((401, b""), "unauthorised"),
            ((403, b"<html>"), "forbidden"),
            ((404, {}), "not_found"),
            ((413, b""), "rejected"),
            (problem(429, "TOO_MANY"), "rate_limited"),
            ((400, {"type": 7}), "rejected"),
            ((400, [1]), "rejected"),
        ):
            with self.subTest(answer):
                error = self.outcome(answer)
                self.assertEqual((error.kind, error.uncertain), (kind, False))

    def test_nobody_there(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        client = followup_plan.FollowUpPlanClient(url, lambda: SECRET)
        with self.assertRaises(errors.NoAnswer) as caught:
            client.send(plan(), call_id=CALL)
        self.assertFalse(followup_plan.may_have_arrived(caught.exception))

    def test_what_fails_before_the_plan_is_sent(self):
        def no_token():
            raise errors.NoAnswer("maskinporten", "token", reason="timeout", sent=True)

        self.client((200, status_body()))
        client = followup_plan.FollowUpPlanClient(self.server.url, no_token)
        with self.assertRaises(errors.NoAnswer) as caught:
            client.send(plan(), call_id=CALL)
        self.assertTrue(caught.exception.uncertain)
        self.assertFalse(followup_plan.may_have_arrived(caught.exception))
        self.assertFalse(followup_plan.may_have_arrived(ValueError()))
        self.assertEqual(self.server.received, [])

    def test_a_refusal_says_what_it_is(self):
        error = self.outcome(problem(403, "NO_ACTIVE_EMPLOYMENT", **{"Nav-Call-Id": CALL}))
        self.assertIsInstance(error, PlanRejected)
        self.assertEqual(
            (error.type, error.code, error.status, error.reference),
            ("NO_ACTIVE_EMPLOYMENT", "NO_ACTIVE_EMPLOYMENT", 403, CALL),
        )
        self.assertIsNone(error.field)
        error = self.outcome(problem(401, "AUTHENTICATION_ERROR", "JWT is expired"))
        self.assertIsInstance(error, PlanUnauthorised)
        self.assertIsInstance(error, errors.Unauthorised)
        self.assertIsInstance(error, PlanRejected)
        # A fault keeps its type, too.
        self.assertEqual(
            self.outcome(problem(500, "INTERNAL_SERVER_ERROR")).code, "INTERNAL_SERVER_ERROR"
        )

    def test_the_field(self):
        for kind, message, name in (
            (
                "VALIDATION_ERROR",
                "Invalid employee identification number",
                "employeeIdentificationNumber",
            ),
            (
                "VALIDATION_ERROR",
                "needsHelpFromNav cannot be true if sendPlanToNav is false",
                "needsHelpFromNav",
            ),
            (
                "VALIDATION_ERROR",
                "needsHelpFromNavDescription is obligatory if needsHelpFromNav is true",
                "needsHelpFromNavDescription",
            ),
            (
                "VALIDATION_ERROR",
                f"{REASON} is mandatory if employeeHasContributedToPlan = false",
                REASON,
            ),
            (
                "VALIDATION_ERROR",
                f"{REASON} should not be set if employeeHasContributedToPlan = true",
                REASON,
            ),
            ("BAD_REQUEST", 'no value (JSON path: $["lpsName"])', "lpsName"),
            ("BAD_REQUEST", "Failed to convert request body to class FollowUpPlanDTO", None),
            ("VALIDATION_ERROR", f"Ola {PERSON}", None),
            ("VALIDATION_ERROR", None, None),
            ("VALIDATION_ERROR", ["lpsName"], None),
            ("NO_ACTIVE_EMPLOYMENT", "lpsName", None),
        ):
            with self.subTest(message):
                error = self.outcome(problem(400, kind, message))
                self.assertEqual(error.field, name)


class TestAsking(PlanCase):
    def test_status(self):
        client = self.client((200, status_body(isSentToGeneralPractitionerStatus=False)))
        self.assertEqual(client.status(PLAN_ID), Sent(PLAN_ID, True, False, None))
        (received,) = self.server.received
        self.assertEqual(
            (received.method, received.path), ("GET", f"{PLANS}/{PLAN_ID}/sendingstatus")
        )
        self.assertEqual(received.headers["Authorization"], f"Bearer {SECRET}")

    def test_status_of_a_plan_that_is_not_there(self):
        client = self.client(problem(404, "FOLLOWUP_PLAN_NOT_FOUND"))
        self.assertIsNone(client.status(PLAN_ID))

    def test_status_is_asked_again(self):
        client = self.client((503, b""), hang_up, (200, status_body()))
        self.assertEqual(client.status(PLAN_ID.upper()).uuid, PLAN_ID)
        self.assertEqual(len(self.server.received), 3)

    def test_status_fails(self):
        other = status_body(uuid="00000000-0000-4000-8000-000000000000")
        for answer, kind in (
            ((404, b""), "not_found"),
            (problem(404, "NOT_FOUND"), "plan_rejected"),
            (problem(400, "ILLEGAL_ARGUMENT"), "plan_rejected"),
            (problem(401, "AUTHENTICATION_ERROR"), "unauthorised"),
            ((200, other), "invalid_answer"),
            ((200, {}), "invalid_answer"),
        ):
            with self.subTest(answer), self.assertRaises(errors.ClientError) as caught:
                self.client(answer).status(PLAN_ID)
            self.assertEqual(caught.exception.kind, kind)
            if kind == "plan_rejected":
                self.assertFalse(caught.exception.uncertain)

    def test_no_uuid(self):
        client = self.client((200, status_body()))
        for bad in ("", "x", None, 7, f"{PLAN_ID}/../x", f"{PLAN_ID}\n"):
            with self.assertRaises(ValueError):
                client.status(bad)
        self.assertEqual(self.server.received, [])

    def test_verify(self):
        for body in (b"Integration is up and running", b'"Integration is up and running"'):
            client = self.client((503, b""), (200, body, {"Content-Type": "text/plain"}))
            self.assertIs(client.verify_integration(), True)
            received = self.server.received[-1]
            self.assertEqual(
                (received.method, received.path), ("GET", f"{PLANS}/verify-integration")
            )
            # The service would refuse to answer an error to who takes text only.
            self.assertIn("application/json", received.headers["Accept"])

    def test_verify_fails(self):
        for answer, kind in (
            (problem(401, "AUTHENTICATION_ERROR", "Invalid scope in JWT"), "unauthorised"),
            ((200, b"<html>hello</html>"), "invalid_answer"),
            ((200, b" "), "invalid_answer"),
            ((404, b""), "not_found"),
        ):
            with self.subTest(answer), self.assertRaises(errors.ClientError) as caught:
                self.client(answer).verify_integration()
            self.assertEqual(caught.exception.kind, kind)


class TestDiscretion(PlanCase):
    def test_nothing_secret_is_shown(self):
        message = f"Ola {PERSON} {PLAN_ID}"
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("before").debug("the log itself is there")
            sent = self.send((200, status_body()))
            exchanges = [*self.exchanges]
            client = self.client((200, status_body()))
            found = client.status(PLAN_ID)
            exchanges += self.exchanges
            failed = []
            for answer in (
                problem(400, "VALIDATION_ERROR", message),
                problem(500, message, message),
                (200, b"[" + message.encode()),
                (302, b"", {"Location": f"https://evil.example/{PLAN_ID}"}),
                hang_up,
            ):
                failed.append(self.send_fails(answer))
                with self.assertRaises(errors.ClientError) as caught:
                    self.client(answer).status(PLAN_ID)
                failed.append(caught.exception)
                exchanges += self.exchanges
        shown = [repr(sent), repr(found), repr(client), repr(exchanges), *logs.output]
        shown += [f"{error} {error!r}" for error in failed]
        for text in shown:
            for secret in (SECRET, PERSON, PLAN_ID, "Ola"):
                self.assertNotIn(secret, text)
        for error in failed:
            self.assertIsNone(error.__cause__)
            self.assertIsNone(error.__context__)

    def test_addresses_of_others_are_logged_as_before(self):
        logger = logging.getLogger("urllib3.connectionpool")
        self.send((200, status_body()))
        with self.assertLogs(logger, logging.DEBUG):
            logger.debug("of somebody else")

    def test_observer(self):
        self.send((200, status_body(), {"Nav-Call-Id": CALL}))
        (exchange,) = self.exchanges
        self.assertEqual(
            (exchange.system, exchange.operation, exchange.outcome, exchange.reference),
            ("followup_plan", "send_plan", "ok", CALL),
        )

    def test_only_safe_addresses(self):
        for url in ("http://nav.example.com", "ftp://x", ""):
            with self.assertRaises(errors.InsecureAddress):
                followup_plan.FollowUpPlanClient(url, lambda: SECRET)

    def test_the_token_is_never_a_system_user_s(self):
        self.assertEqual(followup_plan.SCOPE, "nav:oppfolgingsplan/lps.write")
        self.assertFalse(scopes.takes(followup_plan.SCOPE, scopes.SYSTEM_USER))
        self.assertTrue(scopes.takes(followup_plan.SCOPE, scopes.PLAIN))
        self.assertTrue(scopes.takes(followup_plan.SCOPE, scopes.DELEGATED))

    def test_a_transport_without_reader_gets_ours(self):
        self.client(problem(403, "NO_ACTIVE_EMPLOYMENT"))
        transport = followup_plan.Transport("followup_plan", self.server.url)
        client = followup_plan.FollowUpPlanClient(self.server.url, lambda: SECRET, transport)
        with self.assertRaises(PlanRejected):
            client.send(plan(), call_id=CALL)
