import hashlib
import time
from collections import OrderedDict

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..models.nav_health_token import is_well_formed
from .limiter import Limiter

PATH = "/nav_altinn_connector/health"
# Wrong tokens from one address that are looked up in the database; each worker counts for itself.
MOST_WRONG = 30
# Seconds for which a worker gives the same answer again, so that asking often costs little.
FRESH = 5
MOST_KNOWN = 100

WRONG = Limiter(MOST_WRONG)


class Answers:
    """What this process has answered lately, and by which tokens.

    A token that has been right once is looked up each time, and is let through to that also when
    others behind the same address (a proxy) send wrong ones.
    """

    def __init__(self):
        self.known = OrderedDict()
        self.bodies = {}

    def remember(self, key):
        self.known[key] = True
        while len(self.known) > MOST_KNOWN:
            self.known.popitem(last=False)

    def body(self, database, make):
        """The answer for this database, not older than :data:`FRESH` seconds."""
        made_at, body = self.bodies.get(database, (None, None))
        if made_at is None or time.monotonic() > made_at + FRESH:
            body = make()
            self.bodies[database] = (time.monotonic(), body)
        return body

    def clear(self):
        self.known.clear()
        self.bodies.clear()


ANSWERS = Answers()


class Health(http.Controller):
    """How the connections are, for a monitoring system: states and numbers, nothing else.

    It reads only, knows no session, and is opened by a token in the header ``Authorization:
    Bearer …``. To all that is wrong with a token the answer is the same.
    """

    @http.route(
        PATH,
        type="http",
        auth="none",
        methods=["GET"],
        csrf=False,
        sitemap=False,
        save_session=False,
        readonly=True,
    )
    def health(self, **_parameters):
        token = _bearer(request.httprequest.headers.get("Authorization"))
        if not is_well_formed(token):
            return self._answer({"status": "unauthorised"}, 401)
        key = key_of(request.db, token)
        address = request.httprequest.remote_addr
        if key not in ANSWERS.known and WRONG.is_over(address):
            return self._answer({"status": "wait"}, 429)
        env = request.env(user=SUPERUSER_ID, su=True, context={})
        if not env["nav.health.token"]._opens(token):
            WRONG.count(address)
            ANSWERS.known.pop(key, None)
            return self._answer({"status": "unauthorised"}, 401)
        ANSWERS.remember(key)
        return self._answer(ANSWERS.body(request.db, env["nav.connection"]._monitoring))

    def _answer(self, data, status=200):
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return request.make_json_response(data, headers=headers, status=status)


def key_of(database, token):
    """What a token is remembered by in this process."""
    return hashlib.sha256(f"{database}\n{token}".encode()).digest()


def _bearer(header):
    """The token of the header, or None."""
    kind, _space, token = (header or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None
