import logging
import uuid
from datetime import datetime, timezone

from odoo.tests import BaseCase

from ..clients import altinn, altinn_errors, altinn_messages, errors, scopes
from ..clients.altinn import RegisteredSystem, SystemUser, SystemUserRequest
from .loopback_server import LoopbackServer, cut_short, hang_up

# Synthetic organisations (Tenor numbers begin with 2 or 3).
VENDOR, EMPLOYER = "315587336", "310123454"
SYSTEM_ID = f"{VENDOR}_odoo"
REQUEST = "0000abcd-0000-4000-8000-000000000001"
CORRELATION = "00000000-0000-4000-8000-000000000002"
USER = "00000000-0000-4000-8000-000000000003"
SICK_NOTES = "nav_sykepenger_sykmelding"
PACKAGE = "urn:altinn:accesspackage:lonn-personopplysninger-saerlig-kategori"
CONFIRM = f"https://am.ui.example.com/accessmanagement/ui/systemuser/request?id={REQUEST}&X=true"
API = "/authentication/api/v1"
SECRET = "token-that-is-secret"


def rights(*resources):
    return [{"resource": [{"id": "urn:altinn:resource", "value": one}]} for one in resources]


def request_body(**changes):
    return {
        "id": REQUEST,
        "integrationTitle": "Odoo",
        "externalRef": EMPLOYER,
        "systemId": SYSTEM_ID,
        "partyOrgNo": EMPLOYER,
        "rights": rights(SICK_NOTES),
        "accessPackages": [{"urn": PACKAGE}],
        "status": "New",
        "redirectUrl": "https://odoo.example.com/back",
        "confirmUrl": CONFIRM,
        "escalated": False,
        "created": "2026-11-22T05:00:00.1234567Z",
        "timedOut": False,
        **changes,
    }


def user_body(**changes):
    return {
        "id": USER,
        "integrationTitle": "Odoo",
        "systemId": SYSTEM_ID,
        "reporteeOrgNo": EMPLOYER,
        "created": "2026-11-22T05:00:00Z",
        "isDeleted": False,
        "externalRef": EMPLOYER,
        "userType": "Standard",
        **changes,
    }


def system(**changes):
    values = {
        "system_id": SYSTEM_ID,
        "vendor_org": VENDOR,
        "name": {"nb": "Odoo", "en": "Odoo", "nn": "Odoo"},
        "description": {"nb": "Kobler", "en": "Connects", "nn": "Koplar"},
        "resources": (SICK_NOTES,),
        "packages": (PACKAGE,),
        "client_ids": ("client-1",),
        "redirect_urls": ("https://odoo.example.com/back",),
        "visible": False,
        **changes,
    }
    return RegisteredSystem(**values)


def problem(code, status=400, **more):
    return status, {
        "type": f"urn:altinn:error:{code}",
        "title": "x",
        "status": status,
        "detail": "what happened to Ola",
        "code": code,
        **more,
    }


class AltinnCase(BaseCase):
    def client(self, *answers):
        server = LoopbackServer(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        self.server, self.scopes, self.exchanges = server, [], []

        def token(scope):
            self.scopes.append(scope)
            return SECRET

        return altinn.AltinnClient(
            server.url + "/altinn",
            token,
            altinn.new_transport(
                server.url + "/altinn",
                sleep=lambda _seconds: None,
                observer=self.exchanges.append,
            ),
        )

    def called(self):
        """(method, path below the API, scope of the token) of each call."""
        return [
            (one.method, one.path.removeprefix("/altinn" + API), scope)
            for one, scope in zip(self.server.received, self.scopes, strict=True)
        ]

    def ask(self, client, **changes):
        wanted = {
            "system_id": SYSTEM_ID,
            "org_number": EMPLOYER,
            "resources": [SICK_NOTES],
            **changes,
        }
        return client.create_request(**wanted)

    def every_call(self, client):
        """All methods by name, as functions without arguments."""
        return {
            "system": lambda: client.system(SYSTEM_ID),
            "register_system": lambda: client.register_system(system()),
            "update_system": lambda: client.update_system(system()),
            "create_request": lambda: self.ask(client),
            "request": lambda: client.request(REQUEST),
            "request_by_reference": lambda: client.request_by_reference(SYSTEM_ID, EMPLOYER),
            "requests": lambda: list(client.requests(SYSTEM_ID)),
            "delete_request": lambda: client.delete_request(REQUEST),
            "create_change_request": lambda: client.create_change_request(
                CORRELATION,
                system_id=SYSTEM_ID,
                org_number=EMPLOYER,
                required_resources=[SICK_NOTES],
                system_user_id=USER,
            ),
            "change_request": lambda: client.change_request(CORRELATION),
            "delete_change_request": lambda: client.delete_change_request(CORRELATION),
            "system_user": lambda: client.system_user(SYSTEM_ID, EMPLOYER),
            "system_users": lambda: list(client.system_users(SYSTEM_ID)),
        }


class TestSystemRegister(AltinnCase):
    def test_register(self):
        client = self.client((200, str(uuid.uuid4())))
        self.assertIsNone(client.register_system(system()))
        self.assertEqual(
            self.called(), [("POST", "/systemregister/vendor", scopes.SYSTEM_REGISTER)]
        )
        received = self.server.received[0]
        self.assertEqual(received.headers["Authorization"], f"Bearer {SECRET}")
        self.assertEqual(
            received.json,
            {
                "id": SYSTEM_ID,
                "vendor": {"authority": "iso6523-actorid-upis", "ID": f"0192:{VENDOR}"},
                "name": {"nb": "Odoo", "en": "Odoo", "nn": "Odoo"},
                "description": {"nb": "Kobler", "en": "Connects", "nn": "Koplar"},
                "rights": rights(SICK_NOTES),
                "accessPackages": [{"urn": PACKAGE}],
                "clientId": ["client-1"],
                "allowedRedirectUrls": ["https://odoo.example.com/back"],
                "isVisible": False,
            },
        )

    def test_update(self):
        client = self.client((200, {"success": True}))
        self.assertIsNone(client.update_system(system(visible=True)))
        self.assertEqual(
            self.called(), [("PUT", f"/systemregister/vendor/{SYSTEM_ID}", scopes.SYSTEM_REGISTER)]
        )
        self.assertIs(self.server.received[0].json["isVisible"], True)

    def test_the_answers_body_is_not_needed(self):
        for body in (b"", b"not json", b"<html>"):
            self.client((200, body)).register_system(system())
            self.client((200, body)).update_system(system())

    def test_several_rights_have_one_resource_each(self):
        client = self.client((200, b""))
        client.register_system(system(resources=("a", "b")))
        self.assertEqual(self.server.received[0].json["rights"], rights("a", "b"))

    def test_what_is_registered_can_be_read_back(self):
        client = self.client((200, b""))
        client.register_system(system())
        body = self.server.received[0].json
        self.assertEqual(self.client((200, body)).system(SYSTEM_ID), system())
        self.assertEqual(
            self.called(), [("GET", f"/systemregister/vendor/{SYSTEM_ID}", scopes.SYSTEM_REGISTER)]
        )

    def test_other_spellings(self):
        body = {
            "systemId": SYSTEM_ID,
            "systemVendorOrgNumber": VENDOR,
            "Name": {"NB": "Odoo", "en": "Odoo", "nn": None},
            "Rights": rights(SICK_NOTES, SICK_NOTES),
            "accesspackages": [{"Urn": PACKAGE}, {}, None],
            "ClientId": ["client-1", "", None],
            "allowedredirecturls": ["https://odoo.example.com/back"],
            "isVisible": True,
            "softDeleted": True,
            "unknown": {"x": 1},
        }
        self.assertEqual(
            self.client((200, body)).system(SYSTEM_ID),
            system(name={"nb": "Odoo", "en": "Odoo"}, description={}, visible=True, deleted=True),
        )

    def test_missing_fields(self):
        self.assertEqual(
            self.client((200, {"id": SYSTEM_ID})).system(SYSTEM_ID), RegisteredSystem(SYSTEM_ID, "")
        )
        for value in (None, "x", 7, {}, [7], [None]):
            body = {"id": SYSTEM_ID, "rights": value, "accessPackages": value, "clientId": 7}
            body |= {"vendor": value, "name": value, "allowedRedirectUrls": value and 7}
            found = self.client((200, body)).system(SYSTEM_ID)
            self.assertEqual((found.resources, found.packages, found.name), ((), (), {}))

    def test_no_such_system(self):
        for answer in (
            (404, b""),
            (404, "System not found"),
            problem("AUTH-00011", 404),
            problem("AUTH-00017", 404),
            (410, b""),
            (204, b""),
            (200, None),
        ):
            self.assertIsNone(self.client(answer).system(SYSTEM_ID))

    def test_another_vendors_system(self):
        with self.assertRaises(errors.Forbidden):
            self.client((403, b"")).system(SYSTEM_ID)

    def test_systems_that_cannot_be_registered(self):
        client = self.client((200, b""))
        for changes in (
            {"system_id": "odoo"},
            {"system_id": f"{VENDOR}_a b"},
            {"system_id": f"{VENDOR}_"},
            {"vendor_org": f"0192:{VENDOR}"},
            {"vendor_org": None},
        ):
            for call in (client.register_system, client.update_system):
                with self.assertRaises(ValueError):
                    call(system(**changes))
        self.assertEqual((self.server.received, self.scopes), ([], []))

    def test_validation(self):
        entries = [
            {"code": "AUTH.VLD-00003", "detail": "x", "paths": ["/registersystemrequest/rights"]},
            {"code": "AUTH.VLD-00004", "detail": "x", "paths": ["/a b", 7, None]},
            {"code": "AUTH.VLD-00017"},
            {"code": "no code at all"},
            {"detail": "x"},
            "x",
        ]
        client = self.client(problem("STD-00000", 400, validationErrors=entries))
        with self.assertRaises(altinn.AltinnError) as caught:
            client.register_system(system())
        error = caught.exception
        self.assertEqual(error.code, "STD-00000")
        self.assertEqual(
            error.validation,
            [
                ("AUTH.VLD-00003", ("/registersystemrequest/rights",)),
                ("AUTH.VLD-00004", ()),
                ("AUTH.VLD-00017", ()),
            ],
        )
        self.assertFalse(error.system_exists)
        self.assertEqual(altinn.step_for(error), "register")

    def test_the_system_exists(self):
        taken = problem("STD-00000", 400, validationErrors=[{"code": "AUTH.VLD-00002"}])
        for answer in (taken, (409, "The System already exist"), (409, b"The System")):
            with self.assertRaises(altinn.AltinnError) as caught:
                self.client(answer).register_system(system())
            self.assertTrue(caught.exception.system_exists)

    def test_other_refusals_name_nothing(self):
        for body in (b"", "text", {"errors": {"id": ["x"]}}, {"validationErrors": 7}, [7]):
            with self.assertRaises(altinn.AltinnError) as caught:
                self.client((400, body)).update_system(system())
            error = caught.exception
            self.assertEqual((error.validation, error.code, error.system_exists), ([], None, False))


class TestRequests(AltinnCase):
    def test_create(self):
        client = self.client((201, request_body()))
        found = self.ask(client, packages=[PACKAGE], redirect_url="https://odoo.example.com/x")
        self.assertEqual(
            found,
            SystemUserRequest(
                id=REQUEST,
                status="new",
                confirm_url=CONFIRM,
                external_ref=EMPLOYER,
                system_id=SYSTEM_ID,
                org_number=EMPLOYER,
                resources=(SICK_NOTES,),
                packages=(PACKAGE,),
                redirect_url="https://odoo.example.com/back",
                escalated=False,
                created=datetime(2026, 11, 22, 5, 0, 0, 123456, tzinfo=timezone.utc),
                timed_out=False,
                existed=False,
            ),
        )
        self.assertEqual(
            self.called(), [("POST", "/systemuser/request/vendor", scopes.REQUEST_WRITE)]
        )
        self.assertEqual(
            self.server.received[0].json,
            {
                "systemId": SYSTEM_ID,
                "partyOrgNo": EMPLOYER,
                "rights": rights(SICK_NOTES),
                "accessPackages": [{"urn": PACKAGE}],
                "redirectUrl": "https://odoo.example.com/x",
            },
        )

    def test_reference_is_sent_only_when_it_is_another(self):
        for given, sent in (
            (None, None),
            ("", None),
            (False, None),
            (EMPLOYER, None),
            ("second", "second"),
        ):
            client = self.client((201, request_body()))
            self.ask(client, external_ref=given)
            self.assertEqual(self.server.received[0].json.get("externalRef"), sent)
            client = self.client((200, user_body()))
            client.system_user(SYSTEM_ID, EMPLOYER, given)
            self.assertEqual(self.server.received[0].query.get("external-ref"), sent)

    def test_title(self):
        client = self.client((201, request_body()))
        self.ask(client, title="Odoo at Employer")
        self.assertEqual(self.server.received[0].json["integrationTitle"], "Odoo at Employer")

    def test_one_that_exists(self):
        for status in ("New", "Accepted", "Rejected", "Denied"):
            found = self.ask(self.client((200, request_body(status=status))))
            self.assertEqual((found.existed, found.status), (True, status.lower()))

    def test_nothing_asked_for(self):
        client = self.client((201, request_body()))
        with self.assertRaises(ValueError):
            self.ask(client, resources=[])
        self.ask(client, resources=[], packages=[PACKAGE])
        self.assertEqual(self.server.received[0].json["rights"], [])

    def test_wrong_arguments_are_not_sent(self):
        client = self.client((200, request_body()))
        for number in ("1", f"0192:{EMPLOYER}", "", None, 310123454, "31012345٤"):
            with self.assertRaises(ValueError):
                self.ask(client, org_number=number)
            with self.assertRaises(ValueError):
                client.request_by_reference(SYSTEM_ID, number, "ref")
            with self.assertRaises(ValueError):
                client.system_user(SYSTEM_ID, number)
        for system_id in ("", "odoo", f"{VENDOR}_a/b", f"{VENDOR}_a b", f"{VENDOR}_a\n", None):
            for call in (client.system, client.requests, client.system_users):
                with self.assertRaises(ValueError):
                    call(system_id)
        for reference in ("a/b", "a b", "a\\b", "..", ".", "\n", 7):
            with self.assertRaises(ValueError):
                client.request_by_reference(SYSTEM_ID, EMPLOYER, reference)
        for request_id in ("", "1", "../x", f"{REQUEST}/x", f"{REQUEST}\n", None):
            for call in (
                client.request,
                client.delete_request,
                client.change_request,
                client.delete_change_request,
            ):
                with self.assertRaises(ValueError):
                    call(request_id)
        self.assertEqual(self.server.received, [])

    def test_request(self):
        client = self.client((200, request_body(status="Accepted")))
        found = client.request(REQUEST.upper())
        self.assertEqual((found.status, found.existed), ("accepted", False))
        self.assertEqual(
            self.called(), [("GET", f"/systemuser/request/vendor/{REQUEST}", scopes.REQUEST_READ)]
        )

    def test_request_by_reference(self):
        client = self.client((200, request_body()))
        client.request_by_reference(SYSTEM_ID, EMPLOYER)
        client.request_by_reference(f"{VENDOR}_å?#", EMPLOYER, "a?b#c%2F")
        paths = [path for _method, path, _scope in self.called()]
        base = "/systemuser/request/vendor/byexternalref"
        self.assertEqual(
            paths,
            [
                f"{base}/{SYSTEM_ID}/{EMPLOYER}/{EMPLOYER}",
                f"{base}/{VENDOR}_%C3%A5%3F%23/{EMPLOYER}/a%3Fb%23c%252F",
            ],
        )
        self.assertEqual(set(self.scopes), {scopes.REQUEST_READ})

    def test_no_such_request(self):
        for answer in ((404, b""), problem("AUTH-00010", 404), (204, b"")):
            client = self.client(answer)
            self.assertIsNone(client.request(REQUEST))
            self.assertIsNone(client.request_by_reference(SYSTEM_ID, EMPLOYER))
            self.assertIsNone(client.change_request(CORRELATION))

    def test_a_missing_system_is_not_taken_for_a_missing_request(self):
        with self.assertRaises(altinn.AltinnError) as caught:
            self.client(problem("AUTH-00011", 404)).request(REQUEST)
        self.assertEqual(altinn.next_step(caught.exception.code), "register")

    def test_statuses(self):
        for text, timed_out, status in (
            ("New", False, "new"),
            ("NEW", None, "new"),
            ("new", True, "timedout"),
            ("Accepted", False, "accepted"),
            ("accepted", True, "accepted"),
            ("Rejected", True, "rejected"),
            ("Denied", False, "denied"),
            ("Timedout", False, "timedout"),
            ("TimedOut", True, "timedout"),
            ("NoChangeNeeded", False, "no_change"),
        ):
            found = self.client((200, request_body(status=text, timedOut=timed_out)))
            found = found.request(REQUEST)
            self.assertEqual((found.status, found.timed_out), (status, status == "timedout"))

    def test_statuses_that_are_none(self):
        for status in ("Waiting", "", None, 7, ["New"], "no_change", "new accepted"):
            for call in ("request", "create_request", "change_request"):
                client = self.client((200, request_body(status=status)))
                with self.assertRaises(errors.InvalidAnswer) as caught:
                    self.every_call(client)[call]()
                self.assertEqual(caught.exception.reason, "wrong_shape")

    def test_confirm_url_is_kept_as_it_is(self):
        for url in (
            CONFIRM,
            "https://am.ui.example.com/%C3%A5?a=b%2Fc&d#e",
            "https://xn--am-ui.example.com:8443/x",
            "HTTPS://AM.example.com/X",
            "http://127.0.0.1:1/x",
            "http://localhost/x",
        ):
            found = self.client((200, request_body(confirmUrl=url))).request(REQUEST)
            self.assertEqual(found.confirm_url, url)
            self.assertNotIn(url, repr(found))

    def test_confirm_urls_that_lead_astray(self):
        for url in (
            "http://am.ui.example.com/x",
            "javascript:alert(1)",
            "//am.ui.example.com/x",
            "/accessmanagement",
            "https:///x",
            "https://altinn.no@example.com/x",
            "https://example.com\\@altinn.no/x",
            "https://example.com/x y",
            "https://example.com/x\n",
            "https://[::1/x",
            "ftp://127.0.0.1/x",
        ):
            with self.assertRaises(errors.InvalidAnswer):
                self.client((200, request_body(confirmUrl=url))).request(REQUEST)

    def test_http_only_while_altinn_is_on_this_machine(self):
        body = request_body(confirmUrl="http://127.0.0.1:1/x")
        with self.assertRaises(altinn_messages.Unreadable):
            altinn_messages.read_request(body, loopback=False)
        client = altinn.AltinnClient("https://platform.example.com", lambda _scope: SECRET)
        with self.assertRaises(altinn_messages.Unreadable):
            client._read_request(body)

    def test_missing_fields(self):
        found = self.client((200, {"ID": REQUEST, "Status": "New"})).request(REQUEST)
        self.assertEqual(found, SystemUserRequest(REQUEST, "new"))
        for value in (None, "", 7, [], {}):
            body = request_body(
                confirmUrl=value, externalRef=value, partyOrgNo=value, rights=value, created=value
            )
            found = self.client((200, body)).request(REQUEST)
            self.assertEqual(
                (found.confirm_url, found.external_ref, found.org_number, found.resources),
                (None, None, None, ()),
            )
            self.assertIsNone(found.created)

    def test_answers_of_another_shape(self):
        for body in ([], "x", 7, {}, {"id": "x", "status": "New"}, {"status": "New"}, [{}]):
            for call in ("request", "create_request", "create_change_request", "system_user"):
                with self.assertRaises(errors.InvalidAnswer):
                    self.every_call(self.client((200, body)))[call]()
        for call in ("create_request", "create_change_request"):
            with self.assertRaises(errors.InvalidAnswer) as caught:
                self.every_call(self.client((201, b"")))[call]()
            self.assertTrue(caught.exception.uncertain)

    def test_times(self):
        for text, moment in (
            ("2026-11-22T05:00:00Z", (2026, 11, 22, 5, 0, 0, 0)),
            ("2026-11-22T05:00:00", (2026, 11, 22, 5, 0, 0, 0)),
            ("2026-11-22T06:00:00.5+01:00", (2026, 11, 22, 5, 0, 0, 500000)),
            ("2026-11-22T05:00:00.123456789Z", (2026, 11, 22, 5, 0, 0, 123456)),
        ):
            found = self.client((200, request_body(created=text))).request(REQUEST)
            self.assertEqual(found.created, datetime(*moment, tzinfo=timezone.utc))
        for text in ("0001-01-01T00:00:00", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22"):
            found = self.client((200, request_body(created=text))).request(REQUEST)
            self.assertIsNone(found.created)

    def test_delete(self):
        client = self.client((202, b""))
        self.assertIs(client.delete_request(REQUEST), True)
        self.assertEqual(
            self.called(),
            [("DELETE", f"/systemuser/request/vendor/{REQUEST}", scopes.REQUEST_WRITE)],
        )
        for answer in (problem("AUTH-00010", 404), (404, b""), (410, b"")):
            self.assertIs(self.client(answer).delete_request(REQUEST), False)

    def test_delete_is_repeated(self):
        client = self.client(hang_up, problem("AUTH-00010", 404))
        self.assertIs(client.delete_request(REQUEST), False)
        self.assertEqual(len(self.server.received), 2)

    def test_delete_that_fails(self):
        with self.assertRaises(altinn.AltinnError):
            self.client(problem("AUTH-00012", 404)).delete_request(REQUEST)


class TestChangeRequests(AltinnCase):
    def change(self, client, **changes):
        wanted = {
            "system_id": SYSTEM_ID,
            "org_number": EMPLOYER,
            "required_resources": [SICK_NOTES],
            **changes,
        }
        return client.create_change_request(CORRELATION, **wanted)

    def test_create(self):
        body = request_body(
            id=CORRELATION,
            rights=None,
            accessPackages=None,
            requiredRights=rights("new"),
            unwantedRights=rights("old"),
            requiredAccessPackagages=[{"urn": PACKAGE}],
            systemUserId=USER,
        )
        client = self.client((201, body))
        found = self.change(
            client,
            external_ref="second",
            unwanted_resources=["old"],
            required_packages=[PACKAGE],
            unwanted_packages=["urn:x"],
            redirect_url="https://odoo.example.com/back",
            system_user_id=USER,
        )
        self.assertEqual(
            (found.id, found.status, found.resources, found.packages, found.existed),
            (CORRELATION, "new", ("new",), (PACKAGE,), False),
        )
        self.assertEqual(
            self.called(), [("POST", "/systemuser/changerequest/vendor", scopes.REQUEST_WRITE)]
        )
        received = self.server.received[0]
        self.assertEqual(
            received.query,
            {
                "correlation-id": CORRELATION,
                "system-id": SYSTEM_ID,
                "orgno": EMPLOYER,
                "external-ref": "second",
                "system-user-id": USER,
            },
        )
        self.assertEqual(
            received.json,
            {
                "requiredRights": rights(SICK_NOTES),
                "unwantedRights": rights("old"),
                "requiredAccessPackages": [{"urn": PACKAGE}],
                "unwantedAccessPackages": [{"urn": "urn:x"}],
                "redirectUrl": "https://odoo.example.com/back",
            },
        )

    def test_the_system_user_is_looked_up(self):
        client = self.client((200, user_body()), (201, request_body()))
        self.change(client)
        self.assertEqual(
            [path for _method, path, _scope in self.called()],
            ["/systemuser/vendor/byquery", "/systemuser/changerequest/vendor"],
        )
        self.assertEqual(self.server.received[1].query["system-user-id"], USER)

    def test_without_system_user_altinn_says_so(self):
        client = self.client((404, b""), problem("AUTH-00015", 404))
        with self.assertRaises(altinn.AltinnError) as caught:
            self.change(client)
        self.assertEqual(altinn.step_for(caught.exception), "system_user_gone")
        self.assertNotIn("system-user-id", self.server.received[1].query)

    def test_no_change_needed(self):
        body = request_body(id=CORRELATION, status="NoChangeNeeded", confirmUrl="")
        found = self.change(self.client((200, body)), system_user_id=USER)
        self.assertEqual((found.status, found.confirm_url), ("no_change", None))

    def test_read_and_delete(self):
        client = self.client((200, request_body(id=CORRELATION, status="Rejected")))
        self.assertEqual(client.change_request(CORRELATION).status, "rejected")
        self.assertIs(client.delete_change_request(CORRELATION), True)
        path = f"/systemuser/changerequest/vendor/{CORRELATION}"
        self.assertEqual(
            self.called(),
            [("GET", path, scopes.REQUEST_READ), ("DELETE", path, scopes.REQUEST_WRITE)],
        )

    def test_correlation_ids_that_are_none(self):
        client = self.client((201, request_body()))
        for correlation in ("", "1", None, 7):
            with self.assertRaises(ValueError):
                client.create_change_request(
                    correlation, system_id=SYSTEM_ID, org_number=EMPLOYER, system_user_id=USER
                )
        self.assertEqual(self.server.received, [])


class TestSystemUsers(AltinnCase):
    def test_system_user(self):
        client = self.client((200, user_body()))
        self.assertEqual(
            client.system_user(SYSTEM_ID, EMPLOYER, "second"),
            SystemUser(
                id=USER,
                system_id=SYSTEM_ID,
                org_number=EMPLOYER,
                external_ref=EMPLOYER,
                title="Odoo",
                created=datetime(2026, 11, 22, 5, tzinfo=timezone.utc),
            ),
        )
        self.assertEqual(
            self.called(), [("GET", "/systemuser/vendor/byquery", scopes.REQUEST_WRITE)]
        )
        self.assertEqual(
            self.server.received[0].query,
            {"system-id": SYSTEM_ID, "orgno": EMPLOYER, "external-ref": "second"},
        )

    def test_none(self):
        for answer in (
            (404, b""),
            problem("AUTH-00015", 404),
            (200, user_body(isDeleted=True)),
            (204, b""),
        ):
            self.assertIsNone(self.client(answer).system_user(SYSTEM_ID, EMPLOYER))

    def test_no_access_is_not_taken_for_none(self):
        for answer, expected in (
            ((401, b""), errors.Unauthorised),
            ((403, b""), errors.Forbidden),
            (problem("AUTH-00011", 404), altinn.AltinnError),
            ((500, b""), errors.ServerFault),
        ):
            with self.assertRaises(expected):
                self.client(answer).system_user(SYSTEM_ID, EMPLOYER)

    def test_deleted_ones_are_left_out(self):
        page = {"links": {}, "data": [user_body(), user_body(isDeleted=True), {"x": 1}, None]}
        client = self.client((200, page))
        self.assertEqual([user.id for user in client.system_users(SYSTEM_ID)], [USER])
        path = f"/systemuser/vendor/bysystem/{SYSTEM_ID}"
        self.assertEqual(self.called(), [("GET", path, scopes.SYSTEM_REGISTER)])


class TestPages(AltinnCase):
    path = f"/altinn{API}/systemuser/request/vendor/bysystem/{SYSTEM_ID}"

    def page(self, *ids, following=None):
        return lambda handler: handler.write_answer(
            200,
            {
                "links": {"next": following and following(self.server.url)},
                "data": [request_body(id=one, confirmUrl=None) for one in ids],
            },
        )

    def test_all_pages(self):
        client = self.client(
            self.page(REQUEST, following=lambda url: f"{url}{self.path}?token=a%2Bb%3D"),
            # Behind a proxy Altinn does not know its own scheme and port.
            self.page(following=lambda _url: f"https://127.0.0.1{self.path}?token=c&x=1"),
            self.page(CORRELATION),
        )
        found = list(client.requests(SYSTEM_ID))
        self.assertEqual([one.id for one in found], [REQUEST, CORRELATION])
        self.assertEqual(
            [one.query for one in self.server.received],
            [{}, {"token": "a+b="}, {"token": "c", "x": "1"}],
        )
        self.assertEqual({one.path for one in self.server.received}, {self.path})
        self.assertEqual(self.scopes, [scopes.REQUEST_READ] * 3)

    def test_pages_are_asked_for_as_they_are_needed(self):
        client = self.client(
            self.page(REQUEST, following=lambda url: f"{url}{self.path}?token=a"), (500, b"")
        )
        self.assertEqual(next(client.requests(SYSTEM_ID)).id, REQUEST)
        self.assertEqual(len(self.server.received), 1)

    def test_links_that_lead_elsewhere(self):
        for link in (
            "https://evil.example.com{path}?token=a",
            "http://127.0.0.1.example.com{path}?token=a",
            "http://127.0.0.1@example.com{path}?token=a",
            "{path}?token=a",
            "http://127.0.0.1/other?token=a",
            "http://[::1",
            "x",
        ):
            client = self.client(
                self.page(REQUEST, following=lambda _url, link=link: link.format(path=self.path))
            )
            with self.assertRaises(errors.InvalidAnswer):
                list(client.requests(SYSTEM_ID))
            self.assertEqual(len(self.server.received), 1)

    def test_pages_that_turn_in_a_circle(self):
        client = self.client(self.page(following=lambda url: f"{url}{self.path}?token=a"))
        with self.assertRaises(errors.InvalidAnswer):
            list(client.requests(SYSTEM_ID))
        self.assertEqual(len(self.server.received), 2)

    def test_pages_without_end(self):
        def following(url):
            return f"{url}{self.path}?token={len(self.server.received)}"

        self.patch(altinn, "MAX_PAGES", 5)
        client = self.client(self.page(REQUEST, following=following))
        with self.assertRaises(errors.InvalidAnswer) as caught:
            list(client.requests(SYSTEM_ID))
        self.assertEqual(caught.exception.reason, "too_large")
        self.assertEqual(len(self.server.received), 5)

    def test_a_bad_entry_hides_no_other(self):
        entries = [request_body(status="Odd"), None, 7, request_body(id=CORRELATION), {}]
        found = list(self.client((200, {"data": entries})).requests(SYSTEM_ID))
        self.assertEqual([one.id for one in found], [CORRELATION])

    def test_answers_of_another_shape(self):
        for body in ([], {}, {"data": {}}, {"data": None}, "x", b""):
            with self.assertRaises(errors.InvalidAnswer):
                list(self.client((200, body)).requests(SYSTEM_ID))
        for links in (None, [], {"next": 7}, {"next": ""}, {}):
            page = {"links": links, "data": [request_body()]}
            self.assertEqual(len(list(self.client((200, page)).requests(SYSTEM_ID))), 1)


class TestErrors(AltinnCase):
    makers = ("register_system", "update_system", "create_request", "create_change_request")

    def test_every_code_of_every_call(self):
        for code in (f"AUTH-{number:05}" for number in range(81)):
            client = self.client(problem(code, 400))
            for name, call in self.every_call(client).items():
                with self.assertRaises(altinn.AltinnError) as caught:
                    call()
                error = caught.exception
                self.assertEqual((error.code, error.operation), (code, name))
                self.assertIn(altinn.next_step(code), altinn_errors.STEPS)

    def test_the_code_is_also_in_the_type(self):
        for body, code in (
            ({"type": "urn:altinn:error:AUTH-00009"}, "AUTH-00009"),
            ({"type": "urn:altinn:error:AUTH-00009", "code": None}, "AUTH-00009"),
            ({"type": "urn:altinn:error:AUTH-00009", "code": "05908399546"}, "AUTH-00009"),
            ({"Type": "x", "Code": "AUTH-00008"}, "AUTH-00008"),
            ({"type": "about:blank"}, None),
            ({"type": 7, "code": 7}, None),
            (b"", None),
            (["AUTH-00009"], None),
        ):
            with self.assertRaises(altinn.AltinnError) as caught:
                self.ask(self.client((400, body)))
            self.assertEqual(caught.exception.code, code)

    def test_statuses_without_code(self):
        for status, expected in (
            (400, altinn.AltinnError),
            (401, errors.Unauthorised),
            (403, errors.Forbidden),
            (404, errors.NotFound),
            (409, altinn.AltinnError),
            (410, errors.NotFound),
            (415, altinn.AltinnError),
            (429, errors.RateLimited),
            (500, errors.ServerFault),
        ):
            with self.assertRaises(errors.ClientError) as caught:
                self.ask(self.client((status, b"", {"Retry-After": "900"})))
            self.assertIs(type(caught.exception), expected)

    def test_statuses_with_code(self):
        for status, code, expected in (
            (401, "AUTH-00023", altinn.AltinnError),
            (403, "AUTH-00044", altinn.AltinnError),
            (404, "AUTH-00011", altinn.AltinnError),
            (409, "AUTH-00061", altinn.AltinnError),
            (429, "AUTH-00073", errors.RateLimited),
            (500, "AUTH-00055", errors.ServerFault),
        ):
            with self.assertRaises(errors.ClientError) as caught:
                self.ask(self.client(problem(code, status)))
            self.assertEqual((type(caught.exception), caught.exception.code), (expected, code))

    def test_reference_for_the_support_desk(self):
        answer = problem("AUTH-00003", 400, traceId="00-4bf92f3577b34da6-01")
        with self.assertRaises(altinn.AltinnError) as caught:
            self.ask(self.client(answer))
        self.assertEqual(caught.exception.reference, "00-4bf92f3577b34da6-01")

    def test_what_makes_something_is_not_repeated(self):
        for name in self.makers:
            for answer in ((503, b""), hang_up, (429, b"", {"Retry-After": "1"}), cut_short):
                client = self.client(answer)
                with self.assertRaises(errors.ClientError):
                    # Their answers' bodies are not needed; a cut one is still an error.
                    self.every_call(client)[name]()
                self.assertEqual(len(self.server.received), 1, name)

    def test_a_lost_answer_is_uncertain(self):
        with self.assertRaises(errors.NoAnswer) as caught:
            self.ask(self.client(hang_up))
        self.assertTrue(caught.exception.uncertain)

    def test_what_only_reads_is_repeated(self):
        good = {
            "system": {"id": SYSTEM_ID},
            "system_user": user_body(),
            "requests": {"data": []},
            "system_users": {"data": []},
        }
        names = set(self.every_call(None)) - set(self.makers)
        for name in sorted(names):
            client = self.client((503, b""), hang_up, (200, good.get(name, request_body())))
            self.every_call(client)[name]()
            self.assertEqual(len(self.server.received), 3, name)

    def test_a_token_for_each_call(self):
        client = self.client((503, b""), (200, request_body()))
        client.request(REQUEST)
        client.request(REQUEST)
        self.assertEqual((len(self.server.received), len(self.scopes)), (3, 2))

    def test_a_transport_without_reader_gets_ours(self):
        client = self.client(problem("AUTH-00004"))
        transport = altinn.Transport("altinn", self.server.url)
        client = altinn.AltinnClient(self.server.url, lambda _scope: SECRET, transport)
        with self.assertRaises(altinn.AltinnError) as caught:
            self.ask(client)
        self.assertEqual(caught.exception.code, "AUTH-00004")

    def test_nothing_secret_is_shown(self):
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("before").debug("the log itself is there")
            client = self.client(problem("AUTH-00004"))
            with self.assertRaises(altinn.AltinnError) as caught:
                self.ask(client, external_ref="second")
            found = self.ask(self.client((201, request_body())))
        shown = [str(caught.exception), repr(caught.exception), repr(found), repr(self.exchanges)]
        for text in [*shown, *logs.output, repr(client), str(client)]:
            for secret in (SECRET, "Ola", CONFIRM):
                self.assertNotIn(secret, text)

    def test_observer(self):
        with self.assertRaises(altinn.AltinnError):
            self.ask(self.client(problem("AUTH-00004")))
        (exchange,) = self.exchanges
        self.assertEqual(
            (exchange.system, exchange.operation, exchange.outcome, exchange.code),
            ("altinn", "create_request", "rejected", "AUTH-00004"),
        )

    def test_only_safe_addresses(self):
        for url in ("http://platform.example.com", "https://a@example.com", "ftp://x", ""):
            with self.assertRaises(errors.InsecureAddress):
                altinn.AltinnClient(url, lambda _scope: SECRET)


class TestSteps(BaseCase):
    def test_each_code_has_its_step(self):
        expected = {
            "take_up": (4, 6),
            "take_up_request": (7,),
            "renew": (8, 9, 10),
            "register": (1, 11, 17, 52, 59, 63, 64, 65),
            "redirect": (21, 26),
            "not_new": (13, 61),
            "system_user_gone": (15,),
            "rights": (14, 16, 18, 19, 20, 50, 53, 66, 68, 69, 70, 71),
            "vendor": (23, 43, 44),
            "later": (2, 3, 12, 22, 47, 48, 51, 54, 55, 56, 57, 60, 62),
        }
        by_number = {number: step for step, numbers in expected.items() for number in numbers}
        for number in range(100):
            self.assertEqual(
                altinn.next_step(f"AUTH-{number:05}"), by_number.get(number, "support"), number
            )
        self.assertEqual({*expected, "support"}, set(altinn_errors.STEPS))

    def test_other_codes(self):
        for code in ("STD-00000", "AUTH.VLD-00003", "AUTH.VLD-00018"):
            self.assertEqual(altinn.next_step(code), "register")
        for code in (None, "", "X", "AUTH-4", "AUTH-000040", "auth-00004", 7.5):
            self.assertEqual(altinn.next_step(code), "support")

    def test_errors_without_code(self):
        for error_class, step in (
            (errors.NoAnswer, "later"),
            (errors.ServerFault, "later"),
            (errors.RateLimited, "later"),
            (errors.InvalidAnswer, "later"),
            (errors.Unauthorised, "vendor"),
            (errors.Forbidden, "vendor"),
            (errors.NotFound, "support"),
            (altinn.AltinnError, "support"),
            (errors.InsecureAddress, "support"),
        ):
            self.assertEqual(altinn.step_for(error_class("altinn", "request")), step)

    def test_a_code_says_more_than_the_kind(self):
        error = errors.ServerFault("altinn", "request", status=500, code="AUTH-00004")
        self.assertEqual(altinn.step_for(error), "take_up")
        error = errors.RateLimited("altinn", "request", status=429, code="AUTH-00073")
        self.assertEqual(altinn.step_for(error), "later")

    def test_validation_numbers(self):
        for code, number in (
            ("AUTH.VLD-00003", 3),
            ("AUTH.VLD-00018", 18),
            ("AUTH.VLD-00000", 0),
            (3, 3),
            ("3", 3),
            ("AUTH-00003", None),
            ("STD-00000", None),
            ("AUTH.VLD-", None),
            (None, None),
            ("", None),
        ):
            self.assertEqual(altinn.validation_number(code), number)


class TestScopes(BaseCase):
    def test_every_scope_has_its_kinds_of_token(self):
        named = {
            value
            for name, value in vars(scopes).items()
            if name.isupper() and isinstance(value, str) and ":" in value
        }
        self.assertEqual(named, set(scopes.TOKEN_KINDS))

    def test_kinds(self):
        self.assertTrue(scopes.takes(scopes.SICK_NOTES, scopes.SYSTEM_USER))
        self.assertFalse(scopes.takes(scopes.SICK_NOTES, scopes.PLAIN))
        self.assertTrue(scopes.takes(scopes.FOLLOWUP_PLAN, scopes.PLAIN))
        self.assertTrue(scopes.takes(scopes.FOLLOWUP_PLAN, scopes.DELEGATED))
        self.assertFalse(scopes.takes(scopes.FOLLOWUP_PLAN, scopes.SYSTEM_USER))
        for scope in scopes.ALTINN:
            self.assertEqual(scopes.TOKEN_KINDS[scope], (scopes.PLAIN,))
        self.assertEqual(
            scopes.ALTINN,
            (altinn.SCOPE_REGISTER, altinn.SCOPE_REQUEST_WRITE, altinn.SCOPE_REQUEST_READ),
        )
