"""A small client of the sandbox for its own tests, written from the protocol."""

import functools
import time
import uuid

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from .contract import check_exchange

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "nav:helseytelser/sykepenger"
AUTHORITY = "iso6523-actorid-upis"
TIMEOUT = 20


def make_key(kid="key-1") -> RSAKey:
    """Return a fresh RSA key with this kid."""
    return RSAKey.generate_key(2048, {"kid": kid})


@functools.cache
def key_of(client_id) -> RSAKey:
    """Return a client's key, the same one in each test, since it takes long to make."""
    return make_key()


def public_jwk(key: RSAKey) -> dict:
    return key.as_dict(private=False)


def system_user_detail(orgnr, reference=None) -> list[dict]:
    detail = {
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": AUTHORITY, "ID": f"0192:{orgnr}"},
    }
    return [{**detail, "externalRef": reference} if reference else detail]


class Caller:
    """A client with a key, registered for the sandbox's main unit."""

    def __init__(self, sandbox, client_id="client-1"):
        self.sandbox = sandbox
        self.client_id = client_id
        self.key = key_of(client_id)
        self.owner = sandbox.main_unit
        self.user = sandbox.allow(client_id, public_jwk(self.key), self.owner)

    def claims(self, **changes) -> dict:
        """Return the claims of a good grant for a system user; None takes one away."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "aud": self.sandbox.maskinporten_url,
            "iat": now,
            "exp": now + 100,
            "jti": str(uuid.uuid4()),
            "scope": SCOPE,
            "authorization_details": system_user_detail(self.sandbox.main_unit),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, header=None, key=None, **changes) -> str:
        key = key or self.key
        header = header or {"alg": "RS256", "kid": key.kid}
        if "kid" not in header:
            # The library would add the key's own.
            key = RSAKey.import_key(key.as_pem(private=True))
        return jwt.encode(header, self.claims(**changes), key, algorithms=[header["alg"]])

    def ask_token(self, assertion=None, header=None, key=None, **changes) -> requests.Response:
        data = {
            "grant_type": GRANT_TYPE,
            "assertion": assertion or self.assertion(header, key, **changes),
        }
        return requests.post(f"{self.sandbox.maskinporten_url}token", data=data, timeout=TIMEOUT)

    def token(self, **changes) -> str:
        return self.ask_token(**changes).json()["access_token"]

    def call(self, method, path, *, token=None, checked=True, **more) -> requests.Response:
        """Call the Sykepenger API and check the exchange against the contracts."""
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        base = self.sandbox.sykepenger_url
        response = requests.request(
            method, f"{base}{path}", headers=headers, timeout=TIMEOUT, **more
        )
        if checked:
            check_exchange(response, base)
        return response

    def fetch(self, orgnr=None, *, token=None, checked=True, **wanted) -> requests.Response:
        body = {"orgnr": orgnr or self.sandbox.units[0], **wanted}
        return self.call("POST", "/v1/sykmeldinger", json=body, token=token, checked=checked)

    def numbers(self, orgnr=None, **wanted) -> list[int]:
        """Return the running numbers that a list gives."""
        return [note["loepenr"] for note in self.fetch(orgnr, **wanted).json()]
