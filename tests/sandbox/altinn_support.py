"""A vendor who calls the sandbox's Altinn, and a person at its pages. For the sandbox's tests."""

import re
import uuid

import requests

from .contract import check_exchange
from .support import SCOPE, TIMEOUT, Caller, key_of, public_jwk, system_user_detail

REGISTER = "altinn:authentication/systemregister.write"
WRITE = "altinn:authentication/systemuser.request.write"
READ = "altinn:authentication/systemuser.request.read"
API = "/authentication/api/v1"
SYSTEMS = f"{API}/systemregister/vendor"
REQUESTS = f"{API}/systemuser/request/vendor"
CHANGES = f"{API}/systemuser/changerequest/vendor"
USERS = f"{API}/systemuser/vendor"
SICK_NOTES = "nav_sykepenger_sykmelding"
APPLICATIONS = "nav_sykepenger_soeknad"
SICK_PACKAGE = "urn:altinn:accesspackage:sykefravaer"
RETURN = "https://odoo.example.invalid/nav_altinn/return"


def rights(*resources, kind="urn:altinn:resource"):
    return [{"resource": [{"id": kind, "value": value}]} for value in resources]


def packages(*urns):
    return [{"urn": urn} for urn in urns]


class Vendor(Caller):
    """A registered client with all scopes, which has no system yet."""

    def __init__(self, sandbox, client_id="vendor-1", owner=None):
        self.sandbox, self.client_id, self.key = sandbox, client_id, key_of(client_id)
        self.owner = owner or sandbox.main_unit
        self.system_id = f"{self.owner}_odoo"
        self._tokens = {}
        sandbox.register_client(client_id, self.owner, public_jwk(self.key))

    def plain_token(self, scope) -> str:
        if scope not in self._tokens:
            self._tokens[scope] = self.token(scope=scope, authorization_details=None)
        return self._tokens[scope]

    def altinn(self, method, path, scope=None, *, token=None, checked=True, **more):
        """Call Altinn and check the exchange against the contract."""
        if scope is None:
            scope = REGISTER if "systemregister" in path else READ if method == "GET" else WRITE
        headers = {"Authorization": f"Bearer {token or self.plain_token(scope)}"}
        base = self.sandbox.altinn_url
        response = requests.request(
            method, f"{base}{path}", headers=headers, timeout=TIMEOUT, **more
        )
        if checked:
            check_exchange(response, base)
        return response

    # -- the register ----------------------------------------------------------------------

    def system_body(self, **changes) -> dict:
        """Return a good system; None takes a part away."""
        names = {"nb": "Odoo", "en": "Odoo", "nn": "Odoo"}
        body = {
            "id": self.system_id,
            "vendor": {"authority": "iso6523-actorid-upis", "ID": f"0192:{self.owner}"},
            "name": names,
            "description": names,
            "rights": rights(SICK_NOTES, APPLICATIONS),
            "accessPackages": packages(SICK_PACKAGE),
            "clientId": [self.client_id],
            "allowedRedirectUrls": [RETURN],
            "isVisible": False,
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}

    def register(self, **changes):
        return self.altinn("POST", SYSTEMS, json=self.system_body(**changes))

    def replace(self, **changes):
        return self.altinn("PUT", f"{SYSTEMS}/{self.system_id}", json=self.system_body(**changes))

    # -- requests --------------------------------------------------------------------------

    def ask(self, checked=True, **changes):
        """Ask for a system user of the main unit; None takes a part away."""
        body = {
            "systemId": self.system_id,
            "partyOrgNo": self.sandbox.main_unit,
            "rights": rights(SICK_NOTES),
            "redirectUrl": RETURN,
            **changes,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return self.altinn("POST", REQUESTS, json=body, checked=checked)

    def status(self, request_id) -> str:
        return self.altinn("GET", f"{REQUESTS}/{request_id}").json()["status"]

    def ask_change(self, user_id, correlation_id=None, **body):
        query = {"correlation-id": correlation_id or str(uuid.uuid4()), "system-user-id": user_id}
        return self.altinn("POST", CHANGES, params=query, json=body)

    def find_user(self, orgnr=None, reference=None):
        query = {"system-id": self.system_id, "orgno": orgnr or self.sandbox.main_unit}
        if reference:
            query["external-ref"] = reference
        return self.altinn("GET", f"{USERS}/byquery", WRITE, params=query)

    # -- what the rights are for -----------------------------------------------------------

    def user_token(self, orgnr=None, reference=None):
        """Ask a token for the system user."""
        detail = system_user_detail(orgnr or self.sandbox.main_unit, reference)
        return self.ask_token(scope=SCOPE, authorization_details=detail)


def code_of(response) -> str:
    """Return the code of a problem, whose status must be the answer's."""
    body = response.json()
    assert body["status"] == response.status_code
    assert response.headers["Content-Type"].startswith("application/problem+json")
    return body["code"]


def validation_of(response) -> list[str]:
    """Return the short numbers of a validation problem."""
    assert code_of(response) == "STD-00000"
    return [int(error["code"][-5:]) for error in response.json()["validationErrors"]]


class Browser:
    """A person at Altinn's pages, without scripts."""

    def __init__(self):
        self._session = requests.Session()
        self.url = None
        self.response = None

    def open(self, url) -> str:
        self.url = url
        self.response = self._session.get(url, timeout=TIMEOUT)
        return self.response.text

    def press(self, action, **fields) -> str:
        """Post the page's form and return where it leads: a page's text, or an address."""
        secret = re.search(r'name="csrf" value="([^"]+)"', self.response.text).group(1)
        data = {"csrf": secret, "action": action, **fields}
        response = self._session.post(self.url, data, allow_redirects=False, timeout=TIMEOUT)
        self.response = response
        location = response.headers.get("Location", "")
        if response.status_code == 303 and location.startswith("/"):
            return self.open(f"{self.url.split('/altinn/')[0]}{location}")
        return location or response.text

    def login(self, url, person="access_manager") -> str:
        assert "Log in" in self.open(url)
        return self.press("login", person=person)

    @property
    def buttons(self) -> list[str]:
        found = re.findall(r'name="action" value="(\w+)"', self.response.text)
        return [name for name in found if name != "logout"]
