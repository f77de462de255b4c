"""The token endpoint: every refusal with its code, and what a token holds."""

import base64
import json
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import KeySet

from .support import GRANT_TYPE, SCOPE, TIMEOUT, Caller, make_key, public_jwk, system_user_detail

OTHER_ORG = "315587336"
PLAN_SCOPE = "nav:oppfolgingsplan/lps.write"


def refusal_of(response):
    """Return the OAuth error and Maskinporten's code of a refusal."""
    assert response.status_code == 400, response.text
    body = response.json()
    assert set(body) == {"error", "error_description", "error_uri"}
    code = body["error_description"].split(":")[0]
    return body["error"], code if code.startswith("MP-") else None


def claims_of(sandbox, token):
    keys = requests.get(f"{sandbox.maskinporten_url}jwk", timeout=TIMEOUT).json()
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims


def test_system_user_token(sandbox, caller):
    before = int(time.time())
    answer = caller.ask_token()
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 599
    assert body["scope"] == SCOPE
    claims = claims_of(sandbox, body["access_token"])
    assert claims["iss"] == sandbox.maskinporten_url
    assert claims["client_id"] == "client-1"
    assert claims["exp"] - claims["iat"] == 599
    assert claims["iat"] >= before
    assert claims["consumer"] == {"authority": "iso6523-actorid-upis", "ID": f"0192:{caller.owner}"}
    assert claims["authorization_details"] == [
        {
            "type": "urn:altinn:systemuser",
            "systemuser_id": [caller.user.id],
            "systemuser_org": {
                "authority": "iso6523-actorid-upis",
                "ID": f"0192:{sandbox.main_unit}",
            },
            "system_id": f"{caller.owner}_sandbox",
        }
    ]


def test_metadata_leads_to_token_and_keys(sandbox):
    url = f"{sandbox.maskinporten_url}.well-known/oauth-authorization-server"
    metadata = requests.get(url, timeout=TIMEOUT).json()
    assert metadata["issuer"] == sandbox.maskinporten_url
    assert metadata["token_endpoint"] == f"{sandbox.maskinporten_url}token"
    key = requests.get(metadata["jwks_uri"], timeout=TIMEOUT).json()["keys"][0]
    assert key["kty"] == "RSA" and "d" not in key


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_rsa_algorithms_are_taken(caller, algorithm):
    header = {"alg": algorithm, "kid": caller.key.kid}
    assert caller.ask_token(header=header).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "nobody"}, "MP-100"),
        ({"iss": 5}, "MP-100"),
        ({"iss": None}, "MP-011"),
        ({"aud": "https://other.invalid/"}, "MP-110"),
        ({"aud": ["https://other.invalid/", "x"]}, "MP-110"),
        ({"scope": "nav:unknown"}, "MP-200"),
        ({"scope": f"{SCOPE} nav:unknown"}, "MP-200"),
        ({"scope": None}, "MP-011"),
        ({"iat": "now"}, "MP-011"),
        ({"iat": True}, "MP-011"),
        ({"jti": 5}, "MP-011"),
        ({"consumer_org": OTHER_ORG}, "MP-011"),
        ({"consumer_org": OTHER_ORG, "iss_onbehalfof": "x"}, "MP-011"),
        ({"consumer_org": "123456789", "authorization_details": None}, "MP-011"),
        ({"consumer_org": OTHER_ORG, "authorization_details": None}, "MP-251"),
        ({"authorization_details": []}, "MP-301"),
        ({"authorization_details": {}}, "MP-301"),
        ({"authorization_details": system_user_detail(OTHER_ORG) * 2}, "MP-301"),
        ({"authorization_details": [{"type": "urn:altinn:systemuser"}]}, "MP-301"),
        ({"authorization_details": system_user_detail("NO 1")}, "MP-301"),
        ({"authorization_details": [{"type": "other"}]}, "MP-302"),
        ({"authorization_details": system_user_detail(OTHER_ORG)}, "MP-303"),
    ],
)
def test_claims_that_are_refused(caller, changes, code):
    assert refusal_of(caller.ask_token(**changes))[1] == code


@pytest.mark.parametrize(
    ("iat", "exp"),
    [(-30, 60), (30, 100), (0, 121), (-5, -1), (-200, -100), (0, 0)],
    ids=["iat late", "iat early", "too long", "over", "long over", "no life"],
)
def test_times_that_are_refused(caller, iat, exp):
    now = int(time.time())
    assert refusal_of(caller.ask_token(iat=now + iat, exp=now + exp))[1] == "MP-130"


def test_two_minutes_are_not_too_long(caller):
    now = int(time.time())
    assert caller.ask_token(iat=now, exp=now + 120).status_code == 200


def test_clock_that_differs_is_refused(sandbox, caller):
    sandbox.clock.shift(60)
    assert refusal_of(caller.ask_token())[1] == "MP-130"


def test_assertion_is_good_once_only(sandbox, caller):
    assertion = caller.assertion()
    assert caller.ask_token(assertion).status_code == 200
    assert refusal_of(caller.ask_token(assertion))[1] == "MP-012"
    other = Caller(sandbox, "client-2")
    same_jti = {"jti": json.loads(_part(assertion, 1))["jti"]}
    assert other.ask_token(**same_jti).status_code == 200


def test_jti_is_forgotten_when_its_assertion_is_over(sandbox, caller):
    assert caller.ask_token(jti="one").status_code == 200
    sandbox.clock.shift(200)
    now = int(time.time()) + 200
    assert caller.ask_token(jti="one", iat=now, exp=now + 60).status_code == 200


def _part(assertion, number):
    part = assertion.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "..", "e30.e30.e30", "W10.e30.x"])
def test_what_is_no_assertion(caller, assertion):
    assert refusal_of(caller.ask_token(assertion))[1] == "MP-011"


def test_header_has_either_kid_or_x5c(caller):
    for header in ({"alg": "RS256"}, {"alg": "RS256", "kid": caller.key.kid, "x5c": ["x"]}):
        # Written by hand, since a library need not be willing to sign it.
        text = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
        rest = caller.assertion().split(".", 1)[1]
        assert refusal_of(caller.ask_token(f"{text}.{rest}"))[1] == "MP-011"


def test_other_algorithms_are_refused(caller):
    header = {"alg": "PS256", "kid": caller.key.kid}
    assert refusal_of(caller.ask_token(header=header))[1] == "MP-011"
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"key-1"}').decode().rstrip("=")
    unsigned = f"{none}.{caller.assertion().split('.')[1]}."
    assert refusal_of(caller.ask_token(unsigned))[1] == "MP-011"


def test_key_that_is_not_registered(caller):
    assert refusal_of(caller.ask_token(key=make_key("key-1")))[1] == "MP-124"
    assert refusal_of(caller.ask_token(key=make_key("key-2")))[1] == "MP-124"


def test_changed_claims_break_the_signature(caller):
    first, second = caller.assertion(), caller.assertion(jti="another")
    mixed = ".".join([first.split(".")[0], second.split(".")[1], first.split(".")[2]])
    assert refusal_of(caller.ask_token(mixed))[1] == "MP-124"


def test_key_expires(sandbox, caller):
    jwk = {**public_jwk(caller.key), "expires_at": time.time() - 1}
    sandbox.state.register_client("client-1", caller.owner, [SCOPE], [jwk])
    assert refusal_of(caller.ask_token())[1] == "MP-121"


def test_two_keys_are_good_at_once(sandbox, caller):
    new = make_key("key-2")
    keys = [public_jwk(caller.key), public_jwk(new)]
    sandbox.state.register_client("client-1", caller.owner, [SCOPE], keys)
    assert caller.ask_token().status_code == 200
    assert caller.ask_token(key=new).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "grant_type", "error"),
    [
        ("application/json", GRANT_TYPE, "invalid_request"),
        ("application/x-www-form-urlencoded", "client_credentials", "unsupported_grant_type"),
    ],
)
def test_request_of_another_form(sandbox, caller, content_type, grant_type, error):
    data = {"grant_type": grant_type, "assertion": caller.assertion()}
    body = json.dumps(data) if "json" in content_type else data
    response = requests.post(
        f"{sandbox.maskinporten_url}token",
        data=body,
        headers={"Content-Type": content_type},
        timeout=TIMEOUT,
    )
    assert refusal_of(response) == (error, None)


def test_missing_assertion(sandbox):
    url = f"{sandbox.maskinporten_url}token"
    response = requests.post(url, data={"grant_type": GRANT_TYPE}, timeout=TIMEOUT)
    assert refusal_of(response)[1] == "MP-011"


def test_delegated_token(sandbox, caller):
    sandbox.state.register_client("client-1", caller.owner, [PLAN_SCOPE], [public_jwk(caller.key)])
    sandbox.state.delegate(OTHER_ORG, caller.owner, PLAN_SCOPE)
    answer = caller.ask_token(scope=PLAN_SCOPE, consumer_org=OTHER_ORG, authorization_details=None)
    claims = claims_of(sandbox, answer.json()["access_token"])
    assert claims["consumer"]["ID"] == f"0192:{OTHER_ORG}"
    assert claims["supplier"]["ID"] == f"0192:{caller.owner}"
    assert "delegation_source" in claims and "authorization_details" not in claims


def test_plain_token_has_no_supplier(sandbox, caller):
    claims = claims_of(sandbox, caller.token(authorization_details=None))
    assert not {"supplier", "authorization_details"} & set(claims)


def test_own_organisation_as_consumer_is_refused(caller):
    response = caller.ask_token(consumer_org=caller.owner, authorization_details=None)
    assert refusal_of(response) == ("invalid_request", None)


def test_external_reference_must_fit(sandbox, caller):
    system = f"{caller.owner}_sandbox"
    sandbox.state.register_system_user(system, OTHER_ORG, external_ref="branch-7")
    without = system_user_detail(OTHER_ORG)
    assert refusal_of(caller.ask_token(authorization_details=without))[1] == "MP-303"
    wrong = system_user_detail(OTHER_ORG, "branch-8")
    assert refusal_of(caller.ask_token(authorization_details=wrong))[1] == "MP-303"
    right = system_user_detail(OTHER_ORG, "branch-7")
    assert caller.ask_token(authorization_details=right).status_code == 200


def test_system_of_another_client_is_refused(sandbox, caller):
    other = make_key()
    sandbox.state.register_client("stranger", OTHER_ORG, [SCOPE], [public_jwk(other)])
    response = caller.ask_token(key=other, iss="stranger")
    assert refusal_of(response) == ("invalid_altinn_customer_configuration", "MP-303")


def test_revoked_system_user_gets_no_token(sandbox, caller):
    sandbox.state.revoke_system_user(caller.user.id)
    assert refusal_of(caller.ask_token())[1] == "MP-303"


# -- enterprise certificates -------------------------------------------------------------------


def make_certificate(key, orgnr, *, issuer=None, days=30, attribute="organization"):
    """Return a certificate of an organisation; `issuer` is a pair of certificate and key."""
    private = key.private_key
    if attribute == "organization":
        number = x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNO-{orgnr}")
    else:
        number = x509.NameAttribute(NameOID.SERIAL_NUMBER, orgnr)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test"), number])
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=40))
        .not_valid_after(now + timedelta(days=days))
    )
    return builder.sign(issuer[1].private_key if issuer else private, hashes.SHA256())


def x5c_header(*certificates):
    chain = [base64.b64encode(item.public_bytes(Encoding.DER)).decode() for item in certificates]
    return {"alg": "RS256", "x5c": chain}


def trust(sandbox, certificate):
    sandbox.state.trust_certificate(certificate.public_bytes(Encoding.PEM))


@pytest.mark.parametrize("attribute", ["organization", "serial"])
def test_certificate_instead_of_kid(sandbox, caller, attribute):
    certificate = make_certificate(caller.key, caller.owner, attribute=attribute)
    trust(sandbox, certificate)
    answer = caller.ask_token(header=x5c_header(certificate))
    claims = claims_of(sandbox, answer.json()["access_token"])
    assert claims["client_amr"] == "virksomhetssertifikat"


def test_certificate_issued_by_a_trusted_one(sandbox, caller):
    root_key = make_key("root")
    root = make_certificate(root_key, OTHER_ORG)
    leaf = make_certificate(caller.key, caller.owner, issuer=(root, root_key))
    trust(sandbox, root)
    assert caller.ask_token(header=x5c_header(leaf, root)).status_code == 200
    assert refusal_of(caller.ask_token(header=x5c_header(leaf)))[1] == "MP-120"
    stranger = make_certificate(caller.key, caller.owner)
    assert refusal_of(caller.ask_token(header=x5c_header(stranger, root)))[1] == "MP-123"


@pytest.mark.parametrize(
    ("orgnr", "days", "trusted", "code"),
    [
        (None, 30, False, "MP-120"),
        (None, -1, True, "MP-121"),
        (OTHER_ORG, 30, True, "MP-122"),
    ],
)
def test_certificates_that_are_refused(sandbox, caller, orgnr, days, trusted, code):
    certificate = make_certificate(caller.key, orgnr or caller.owner, days=days)
    if trusted:
        trust(sandbox, certificate)
    assert refusal_of(caller.ask_token(header=x5c_header(certificate)))[1] == code


def test_certificate_of_another_key(sandbox, caller):
    certificate = make_certificate(make_key(), caller.owner)
    trust(sandbox, certificate)
    assert refusal_of(caller.ask_token(header=x5c_header(certificate)))[1] == "MP-124"


def test_certificate_that_cannot_be_read(caller):
    for x5c in ([], ["AAAA"], [5]):
        text = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "x5c": x5c}).encode())
        assertion = f"{text.decode().rstrip('=')}.{caller.assertion().split('.', 1)[1]}"
        assert refusal_of(caller.ask_token(assertion))[1] == "MP-123"
