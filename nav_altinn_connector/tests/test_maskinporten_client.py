import base64
import hashlib
import json
import threading
from datetime import datetime, timedelta, timezone

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from odoo.tests import BaseCase

from ..clients import errors, maskinporten
from ..clients.maskinporten import InvalidKey, MaskinportenClient, MaskinportenError
from ..clients.token_cache import TokenCache
from .loopback_server import LoopbackServer, hang_up

SCOPE = "nav:helseytelser/sykepenger"
ORG = "315587336"
NOW = 1_795_305_600
GOOD = (
    200,
    {"access_token": "abc.def.ghi", "token_type": "Bearer", "expires_in": 599, "scope": SCOPE},
)


def pem_of(key, password=None):
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


def certificate_of(key, name="ENTERPRISE", issuer=None, issuer_key=None):
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        for text in (name, issuer or name)
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(issuer_key or key, hashes.SHA256())
    )


def pem_of_certificate(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class KeyCase(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pem = maskinporten.generate_private_key()
        cls.key = serialization.load_pem_private_key(cls.pem.encode(), None)


class TestKeys(KeyCase):
    def assert_invalid(self, reason, function, *arguments):
        with self.assertRaises(InvalidKey) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.reason, reason)
        self.assertIsNone(caught.exception.__context__)

    def test_new_key(self):
        self.assertTrue(self.pem.startswith("-----BEGIN PRIVATE KEY-----"))
        self.assertEqual(self.key.key_size, 3072)
        self.assertNotEqual(self.pem, maskinporten.generate_private_key())

    def test_public_halves(self):
        public = serialization.load_pem_public_key(maskinporten.public_pem(self.pem).encode())
        self.assertEqual(public.public_numbers(), self.key.public_key().public_numbers())
        jwk = maskinporten.public_jwk(self.pem, "my-kid")
        self.assertEqual(set(jwk), {"kty", "n", "e", "use", "alg", "kid"})
        self.assertEqual((jwk["kid"], jwk["use"], jwk["alg"]), ("my-kid", "sig", "RS256"))
        self.assertEqual(jwt.PyJWK(jwk).key.public_numbers(), public.public_numbers())

    def test_thumbprint(self):
        jwk = maskinporten.public_jwk(self.pem)
        text = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
        digest = hashlib.sha256(text.encode()).digest()
        expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        self.assertEqual(maskinporten.thumbprint(self.pem), expected)
        self.assertEqual(jwk["kid"], expected)

    def test_import(self):
        traditional = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        locked = pem_of(self.key, b"secret")
        for given in (
            (self.pem,),
            (self.pem, "not needed"),
            (traditional,),
            (locked, "secret"),
            (f"Bag Attributes\n{locked}", "secret"),
        ):
            self.assertEqual(maskinporten.import_private_key(*given), self.pem)

    def test_refused_keys(self):
        short = pem_of(rsa.generate_private_key(65537, 1024))
        locked = pem_of(self.key, b"secret")
        for reason, given in (
            ("unreadable", ("",)),
            ("unreadable", (None,)),
            ("unreadable", ("x" * 100,)),
            ("unreadable", (maskinporten.public_pem(self.pem),)),
            ("unreadable", (self.pem[:200],)),
            ("too_short", (short,)),
            ("not_rsa", (pem_of(ec.generate_private_key(ec.SECP256R1())),)),
            ("encrypted", (locked,)),
            ("encrypted", (locked, "")),
            ("wrong_password", (locked, "other")),
        ):
            self.assert_invalid(reason, maskinporten.load_private_key, *given)

    def test_pkcs12(self):
        issuer_key = rsa.generate_private_key(65537, 2048)
        issuer = certificate_of(issuer_key, "ISSUER")
        own = certificate_of(self.key, "OWN", "ISSUER", issuer_key)
        data = pkcs12.serialize_key_and_certificates(
            b"name", self.key, own, [issuer], serialization.BestAvailableEncryption(b"secret")
        )
        pem, chain = maskinporten.load_pkcs12(data, "secret")
        self.assertEqual(pem, self.pem)
        self.assertEqual(chain, [pem_of_certificate(own), pem_of_certificate(issuer)])
        load = maskinporten.load_pkcs12
        self.assert_invalid("wrong_password", load, data, "other")
        self.assert_invalid("encrypted", load, data)
        self.assert_invalid("wrong_password", load, b"nonsense", "secret")

    def test_certificate_must_be_of_the_key(self):
        other = certificate_of(rsa.generate_private_key(65537, 2048))
        for reason, chain in (
            ("certificate_mismatch", [pem_of_certificate(other)]),
            ("bad_certificate", ["nonsense"]),
            ("bad_certificate", [""]),
        ):
            self.assert_invalid(
                reason, MaskinportenClient, "https://mp.example/", "id", self.pem, None, chain
            )


class ClientCase(KeyCase):
    def serve(self, *answers):
        server = LoopbackServer(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def client(self, server, **options):
        self.cache_time = 0.0
        self.exchanges = []
        options.setdefault("cache", TokenCache(clock=lambda: self.cache_time))
        options.setdefault("clock", lambda: NOW)
        issuer = server.url + "/"
        return MaskinportenClient(
            issuer,
            "client-id",
            self.pem,
            transport=maskinporten.new_transport(
                issuer,
                options.get("token_url"),
                sleep=lambda _seconds: None,
                observer=self.exchanges.append,
            ),
            **options,
        )

    def assertion(self, received):
        """(header, claims) of a verified assertion."""
        token = received.form["assertion"]
        claims = jwt.decode(
            token,
            self.key.public_key(),
            ["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
        )
        return jwt.get_unverified_header(token), claims


class TestGrant(ClientCase):
    def grant(self, client_options=None, **arguments):
        server = self.serve(GOOD)
        self.client(server, **(client_options or {})).token(SCOPE, **arguments)
        (received,) = server.received
        header, claims = self.assertion(received)
        return received, header, claims, server.url + "/"

    def test_plain(self):
        received, header, claims, issuer = self.grant()
        self.assertEqual((received.method, received.path), ("POST", "/token"))
        self.assertEqual(received.headers["Content-Type"], "application/x-www-form-urlencoded")
        self.assertEqual(set(received.form), {"grant_type", "assertion"})
        self.assertEqual(received.form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer")
        self.assertEqual(
            header, {"alg": "RS256", "typ": "JWT", "kid": maskinporten.thumbprint(self.pem)}
        )
        self.assertEqual(set(claims), {"aud", "iss", "scope", "iat", "exp", "jti"})
        self.assertEqual(
            (claims["aud"], claims["iss"], claims["scope"], claims["iat"]),
            (issuer, "client-id", SCOPE, NOW),
        )
        self.assertIs(type(claims["iat"]), int)
        self.assertGreater(claims["exp"] - claims["iat"], 60)
        self.assertLessEqual(claims["exp"] - claims["iat"], 120)

    def test_system_user(self):
        claims = self.grant(systemuser_org=ORG)[2]
        self.assertEqual(
            claims["authorization_details"],
            [
                {
                    "type": "urn:altinn:systemuser",
                    "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": f"0192:{ORG}"},
                }
            ],
        )
        self.assertNotIn("consumer_org", claims)

    def test_external_reference(self):
        (details,) = self.grant(systemuser_org=ORG, external_ref="a-1")[2]["authorization_details"]
        self.assertEqual(details["externalRef"], "a-1")
        # The organisation's own number is Altinn's default and must not be given.
        (details,) = self.grant(systemuser_org=ORG, external_ref=ORG)[2]["authorization_details"]
        self.assertNotIn("externalRef", details)

    def test_delegated(self):
        claims = self.grant(consumer_org=ORG)[2]
        self.assertEqual(claims["consumer_org"], ORG)
        self.assertNotIn("authorization_details", claims)
        claims = self.grant({"own_org": ORG}, consumer_org=ORG)[2]
        self.assertNotIn("consumer_org", claims)

    def test_registered_key_id(self):
        self.assertEqual(self.grant({"kid": "my-kid"})[1]["kid"], "my-kid")

    def test_certificate(self):
        issuer_key = rsa.generate_private_key(65537, 2048)
        chain = [
            certificate_of(self.key, "OWN", "ISSUER", issuer_key),
            certificate_of(issuer_key, "ISSUER"),
        ]
        pems = [pem_of_certificate(one) for one in chain]
        expected = [
            base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in chain
        ]
        for given in (pems, ["".join(pems)]):
            header = self.grant({"certificate_chain": given, "kid": "unused"})[1]
            self.assertEqual(header["x5c"], expected)
            self.assertNotIn("kid", header)

    def test_issuer_gets_its_slash(self):
        client = MaskinportenClient("https://mp.example", "id", self.pem)
        self.assertEqual(client.issuer, "https://mp.example/")

    def test_own_token_address(self):
        server = self.serve(GOOD)
        self.client(server, token_url=f"{server.url}/sub/oauth").token(SCOPE)
        self.assertEqual(server.received[0].path, "/sub/oauth")

    def test_address_must_be_safe(self):
        with self.assertRaises(errors.InsecureAddress):
            MaskinportenClient("http://mp.example/", "id", self.pem)

    def test_arguments_that_do_not_go_together(self):
        client = self.client(self.serve(GOOD))
        for scope, arguments in (
            (f"{SCOPE} other", {}),
            ("", {}),
            (SCOPE, {"external_ref": "x"}),
            (SCOPE, {"systemuser_org": ORG, "consumer_org": ORG}),
            (SCOPE, {"systemuser_org": f"0192:{ORG}"}),
            (SCOPE, {"consumer_org": "1"}),
        ):
            with self.assertRaises(ValueError):
                client.token(scope, **arguments)

    def test_each_attempt_has_an_assertion_of_its_own(self):
        server = self.serve((500, {}), hang_up, GOOD)
        self.client(server).token(SCOPE)
        identifiers = {self.assertion(received)[1]["jti"] for received in server.received}
        self.assertEqual(len(identifiers), 3)
        self.assertEqual([exchange.attempts for exchange in self.exchanges], [3])


class TestToken(ClientCase):
    def test_token(self):
        token = self.client(self.serve(GOOD)).token(SCOPE)
        self.assertEqual((token.value, token.scope), ("abc.def.ghi", SCOPE))
        self.assertEqual(token.expires_at, datetime.fromtimestamp(NOW + 599, timezone.utc))
        for shown in (repr(token), str(token), f"{token}", repr([token])):
            self.assertNotIn("abc", shown)

    def test_answers_that_are_no_token(self):
        for body in (
            [],
            {},
            {"access_token": None},
            {"access_token": ""},
            {"access_token": 7},
            {"access_token": "a\nX-Other: b"},
            {"access_token": "æ"},
            {"access_token": "a", "token_type": "MAC"},
            {"access_token": "a", "token_type": 7},
        ):
            with self.subTest(body=body), self.assertRaises(errors.InvalidAnswer) as caught:
                self.client(self.serve((200, body))).token(SCOPE)
            self.assertEqual(caught.exception.reason, "wrong_shape")

    def test_kept_until_shortly_before_its_end(self):
        server = self.serve(GOOD)
        client = self.client(server)
        first = client.token(SCOPE)
        self.assertIs(client.token(SCOPE), first)
        # The time that the request took is taken off; it was less than a second here.
        self.cache_time = 599 - 30 - 1
        self.assertIs(client.token(SCOPE), first)
        self.cache_time = 599 - 30
        self.assertIsNot(client.token(SCOPE), first)
        self.assertEqual(len(server.received), 2)

    def test_not_kept_without_a_lifetime(self):
        for lifetime in (None, "599", True, 30, 0, -5, 599.0):
            server = self.serve((200, {"access_token": "a", "expires_in": lifetime}))
            client = self.client(server)
            client.token(SCOPE)
            client.token(SCOPE)
            self.assertEqual(len(server.received), 2, lifetime)

    def test_kept_for_what_it_was_issued_for(self):
        server = self.serve(GOOD)
        client = self.client(server)
        grants = [
            {},
            {"systemuser_org": ORG},
            {"systemuser_org": ORG, "external_ref": "x"},
            {"consumer_org": ORG},
            {"systemuser_org": "312345678"},
        ]
        for _turn in range(2):
            for grant in grants:
                client.token(SCOPE, **grant)
            client.token("nav:other")
        self.assertEqual(len(server.received), len(grants) + 1)

    def test_kept_for_the_client_and_key(self):
        server = self.serve(GOOD)
        cache = TokenCache()
        other_key = maskinporten.generate_private_key()
        for client_id, pem in (("a", self.pem), ("b", self.pem), ("a", other_key)):
            for _turn in range(2):
                MaskinportenClient(server.url + "/", client_id, pem, cache=cache).token(SCOPE)
        self.assertEqual(len(server.received), 3)

    def test_clients_of_one_process_share(self):
        server = self.serve(GOOD)
        self.addCleanup(maskinporten.TOKENS.clear)
        for _turn in range(2):
            MaskinportenClient(server.url + "/", "a", self.pem).token(SCOPE)
        self.assertEqual(len(server.received), 1)

    def test_invalidate_and_fresh(self):
        server = self.serve(GOOD)
        client = self.client(server)
        client.token(SCOPE, systemuser_org=ORG)
        client.invalidate(SCOPE)
        client.token(SCOPE, systemuser_org=ORG)
        self.assertEqual(len(server.received), 1)
        client.invalidate(SCOPE, systemuser_org=ORG)
        client.token(SCOPE, systemuser_org=ORG)
        self.assertEqual(len(server.received), 2)
        client.token(SCOPE, systemuser_org=ORG, fresh=True)
        self.assertEqual(len(server.received), 3)

    def test_cache_shows_no_organisation(self):
        cache = TokenCache()
        self.client(self.serve(GOOD), cache=cache).token(SCOPE, systemuser_org=ORG)
        self.assertEqual(len(cache), 1)
        self.assertNotIn(ORG, repr(vars(cache)))
        self.assertNotIn("abc", repr(vars(cache)))

    def test_cache_from_many_threads(self):
        cache = TokenCache()
        failures = []

        def work(number):
            try:
                for turn in range(300):
                    key = cache.key(str(turn % 7))
                    cache.put(key, f"{turn % 7}", 100)
                    if cache.get(key) not in (None, f"{turn % 7}"):
                        failures.append(number)
                    cache.invalidate(key)
            except Exception as exc:
                failures.append(exc)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((failures, len(cache)), ([], 0))


class TestRefusal(ClientCase):
    def refused(self, status, body):
        server = self.serve((status, body))
        with self.assertRaises(errors.ClientError) as caught:
            self.client(server).token(SCOPE)
        self.assertEqual(len(server.received), 4 if status >= 500 else 1)
        return caught.exception

    def test_codes(self):
        for status, code in ((400, "MP-303"), (400, "MP-012"), (401, "MP-124"), (403, "MP-200")):
            body = {
                "error": "invalid_grant",
                "error_description": f"Something is wrong ({code}) (trace_id: 0af7-e1)",
                "error_uri": "https://docs.example",
            }
            error = self.refused(status, body)
            self.assertIs(type(error), MaskinportenError)
            self.assertEqual(
                (error.system, error.status, error.code, error.error, error.reference, error.kind),
                ("maskinporten", status, code, "invalid_grant", "0af7-e1", "token_refused"),
            )
            self.assertEqual(error.scope, SCOPE)
            self.assertEqual(self.exchanges[0].code, code)
            self.assertIn(code, str(error))

    def test_code_in_front(self):
        error = self.refused(
            400,
            {
                "error": "invalid_altinn_customer_configuration",
                "error_description": "MP-303: no system user",
            },
        )
        self.assertEqual(
            (error.code, error.error), ("MP-303", "invalid_altinn_customer_configuration")
        )

    def test_without_code(self):
        error = self.refused(
            400,
            {
                "error": "invalid_grant",
                "error_description": "Invalid assertion. Client authentication failed. "
                "JWT is expired (trace_id: 12ab-34)",
            },
        )
        self.assertIs(type(error), MaskinportenError)
        self.assertEqual((error.code, error.reference), (None, "12ab-34"))
        self.assertIn("JWT is expired", error.description)
        self.assertNotIn("expired", str(error))

    def test_description_is_cleaned(self):
        token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjbGllbnQiLCJhdWQi.c2lnbmF0dXJlc2lnbmF0dXJl"
        error = self.refused(
            400,
            {
                "error": "invalid_grant",
                "error_description": f"bad {token} of 05908399546 " + "x" * 1000,
            },
        )
        self.assertNotIn("eyJ", error.description)
        self.assertNotIn("05908399546", error.description)
        self.assertEqual(len(error.description), 500)

    def test_other_answers_keep_their_type(self):
        for status, body, error_class in (
            (400, b"", errors.Rejected),
            (401, [], errors.Unauthorised),
            (403, {"message": "firewall"}, errors.Forbidden),
            (404, {}, errors.NotFound),
            (503, {"error": "temporarily_unavailable"}, errors.ServerFault),
        ):
            self.assertIs(type(self.refused(status, body)), error_class)

    def test_odd_bodies(self):
        for body in (
            {"error": ["x"]},
            {"error": "x", "error_description": 7},
            {"error": "x", "error_description": None},
        ):
            error = self.refused(400, body)
            self.assertIsNone(error.code)
            self.assertEqual(getattr(error, "description", ""), "")

    def test_a_refused_token_is_not_kept(self):
        server = self.serve((400, {"error": "invalid_grant"}), GOOD)
        client = self.client(server)
        with self.assertRaises(MaskinportenError):
            client.token(SCOPE)
        self.assertEqual(client.token(SCOPE).value, "abc.def.ghi")

    def test_the_key_is_in_no_error(self):
        server = self.serve((400, {"error": "invalid_client"}))
        with self.assertRaises(MaskinportenError) as caught:
            self.client(server).token(SCOPE)
        assertion = server.received[0].form["assertion"]
        shown = json.dumps([str(caught.exception), repr(caught.exception)])
        self.assertNotIn(assertion[:30], shown)
        self.assertNotIn("PRIVATE", shown)
