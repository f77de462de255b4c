"""Altinn's pages for people: to answer a request, and to see and remove system users.

A person is chosen instead of logging in with BankID. A session lives in the server's memory and
ends with the decision, as Altinn logs people out before it sends them back.
"""

import random
import secrets

from aiohttp import web

from . import altinn_html as html
from . import names
from .altinn_requests import confirm_url
from .altinn_state import NEW, PERSONS, SystemUserRequest
from .errors import ServiceError
from .problems import plain_problem

NAME = "altinn_page"
COOKIE = "local_test_altinn"
UI = "/accessmanagement/ui/systemuser"
MOST_SESSIONS = 1000
# Where a request's session is remembered, so that a new one is made once.
SESSION = web.RequestKey("altinn_session", str)
DONE = {
    "approve": "Approved. You are logged out and can close this window.",
    "reject": "Rejected. You are logged out and can close this window.",
    "escalate": "Sent to the organisation's access managers. You are logged out.",
}


class Sessions:
    """Who is at which browser: the person, for which organisation, and the forms' secret."""

    def __init__(self):
        self._sessions: dict[str, dict] = {}

    def of(self, request) -> tuple[str, dict]:
        """Return the browser's session and its id, a new one when it has none."""
        key = request.get(SESSION) or request.cookies.get(COOKIE, "")
        if key not in self._sessions:
            key = secrets.token_urlsafe(24)
            while len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[key] = {"csrf": secrets.token_urlsafe(24), "person": None, "orgnr": None}
        request[SESSION] = key
        return key, self._sessions[key]

    def end(self, key: str):
        """Forget a session."""
        self._sessions.pop(key, None)


def error_body(status: int) -> dict:
    """Return the body that goes with a fault of this status."""
    return plain_problem(status)


def person_name(orgnr: str, key: str) -> str:
    """Return the made-up name of a test person of an organisation, always the same."""
    return names.person(random.Random(f"{orgnr} {key}"))


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""
    sessions = Sessions()
    decide, users = _Decision(sandbox, sessions), _Overview(sandbox, sessions)
    return [
        web.get(f"{UI}/request", decide.show, name="altinn_page.request"),
        web.post(f"{UI}/request", decide.act, name="altinn_page.request_answer"),
        web.get(f"{UI}/changerequest", decide.show, name="altinn_page.change"),
        web.post(f"{UI}/changerequest", decide.act, name="altinn_page.change_answer"),
        web.get(f"{UI}/overview", users.show, name="altinn_page.overview"),
        web.post(f"{UI}/overview", users.act, name="altinn_page.overview_answer"),
    ]


class _Page:
    """What the pages share: the session, and the forms that log in and out."""

    def __init__(self, sandbox, sessions: Sessions):
        self.sandbox = sandbox
        self.sessions = sessions

    def answer(self, request, text: str, status=200) -> web.Response:
        """Return a page, and the browser's session."""
        key, _ = self.sessions.of(request)
        response = web.Response(
            text=text,
            content_type="text/html",
            status=status,
            headers={"Cache-Control": "no-store"},
        )
        response.set_cookie(COOKIE, key, path="/altinn", httponly=True, samesite="Lax")
        return response

    def login(self, request, orgnr: str) -> web.Response:
        _, session = self.sessions.of(request)
        people = {key: person_name(orgnr, key) for key in PERSONS}
        return self.answer(request, html.login(session["csrf"], people, self.name_of(orgnr)))

    def name_of(self, orgnr: str) -> str:
        unit = self.sandbox.state.organisations.get(orgnr)
        return f"{unit.name} ({orgnr})" if unit else orgnr

    def person(self, request, orgnr: str) -> str | None:
        """Return the key of who is logged in for this organisation, or None."""
        _, session = self.sessions.of(request)
        return session["person"] if session["orgnr"] == orgnr else None

    async def read_form(self, request, orgnr: str):
        """Return the posted form; or an answer, when it was to log in or out or is too old."""
        form = await request.post()
        key, session = self.sessions.of(request)
        sent = str(form.get("csrf", "")).encode()
        if not secrets.compare_digest(sent, session["csrf"].encode()):
            text = html.page("This page is too old", html.note("Open the link again."))
            return form, self.answer(request, text, 403)
        action = form.get("action")
        if action == "login" and form.get("person") in PERSONS:
            session.update(person=form["person"], orgnr=orgnr)
            return form, self.reload(request)
        if action == "logout" or self.person(request, orgnr) is None:
            self.sessions.end(key)
            return form, self.reload(request)
        return form, None

    @staticmethod
    def reload(request) -> web.Response:
        """Show the page anew, by GET."""
        return web.Response(status=303, headers={"Location": request.path_qs})

    def framed(self, request, orgnr: str, heading: str, *parts: str) -> web.Response:
        _, session = self.sessions.of(request)
        person = person_name(orgnr, session["person"])
        text = html.page(heading, *parts, person=person, csrf=session["csrf"])
        return self.answer(request, text)


class _Decision(_Page):
    """The page at a request's confirmUrl."""

    def _find(self, request) -> SystemUserRequest | web.Response:
        """Return the pending request of the address, or the page that says what is wrong."""
        state = self.sandbox.state
        is_change = request.path.endswith("/changerequest")
        try:
            item = state.altinn.get(request.query.get("id", ""), is_change=is_change)
        except ServiceError:
            text = "There is no such request. It may have been withdrawn by the one who made it."
            return self.answer(request, html.page("Not found", html.note(text)), 404)
        status = state.altinn.status(item)
        if status != NEW:
            heading = "Nothing to answer"
            return self.answer(request, html.page(heading, html.note(html.STATUS_WORDS[status])))
        return item

    async def show(self, request):
        with self.sandbox.state.lock:
            item = self._find(request)
            if isinstance(item, web.Response):
                return item
            person = self.person(request, item.orgnr)
            return self._decide(request, item) if person else self.login(request, item.orgnr)

    def _decide(self, request, item: SystemUserRequest, *more: str) -> web.Response:
        state = self.sandbox.state
        _, session = self.sessions.of(request)
        parts = [html.decision(session["csrf"], session["person"])]
        if not PERSONS[session["person"]].is_outsider:
            unit = state.organisations.get(item.orgnr)
            system = state.systems[item.system_id]
            parts.insert(0, html.request_details(item, system, unit))
        if item.escalated:
            parts.insert(0, html.note("A colleague sent this to the access managers."))
        heading = "Change of a system user" if item.is_change else "Request for a system user"
        return self.framed(request, item.orgnr, heading, *more, *parts)

    async def act(self, request):
        with self.sandbox.state.lock:
            item = self._find(request)
        if isinstance(item, web.Response):
            return item
        form, answer = await self.read_form(request, item.orgnr)
        if answer is not None:
            return answer
        with self.sandbox.state.lock:
            altinn = self.sandbox.state.altinn
            actions = {
                "approve": altinn.approve,
                "reject": altinn.reject,
                "escalate": altinn.escalate,
            }
            action = form.get("action")
            if action not in actions:
                return self._decide(request, item)
            try:
                actions[action](item, self.person(request, item.orgnr))
            except ServiceError as refusal:
                text = f"Altinn refused: {refusal.body['detail']} ({refusal.body['code']})"
                return self._decide(request, item, html.note(text))
        return self._leave(request, item, action)

    def _leave(self, request, item: SystemUserRequest, action: str) -> web.Response:
        """Log out and send the person to the redirect address, or say that it is done."""
        key, _ = self.sessions.of(request)
        self.sessions.end(key)
        if action != "escalate" and item.redirect_url:
            response = web.Response(status=303, headers={"Location": item.redirect_url})
        else:
            text = html.page("Thank you", html.note(DONE[action]))
            response = web.Response(text=text, content_type="text/html")
        response.del_cookie(COOKIE, path="/altinn")
        return response


class _Overview(_Page):
    """The page that lists an organisation's system users."""

    def _orgnr(self, request) -> str | web.Response:
        orgnr = request.query.get("org", "")
        if self.sandbox.state.organisations.get(orgnr) is None:
            text = html.page("Not found", html.note("There is no such organisation."))
            return self.answer(request, text, 404)
        return orgnr

    async def show(self, request):
        with self.sandbox.state.lock:
            orgnr = self._orgnr(request)
            if isinstance(orgnr, web.Response):
                return orgnr
            person = self.person(request, orgnr)
            return self._list(request, orgnr) if person else self.login(request, orgnr)

    def _list(self, request, orgnr: str) -> web.Response:
        state = self.sandbox.state
        _, session = self.sessions.of(request)
        person = PERSONS[session["person"]]
        heading = f"System users of {self.name_of(orgnr)}"
        if not person.may_decide:
            text = "Only an access manager (Tilgangsstyrer) of the organisation can see this."
            return self.framed(request, orgnr, heading, html.note(text))
        users = [u for u in state.system_users.values() if u.orgnr == orgnr and not u.revoked]
        pending = [
            (item, confirm_url(self.sandbox, item))
            for item in state.altinn.of(orgnr=orgnr)
            if state.altinn.status(item) == NEW
        ]
        shown = html.system_users(session["csrf"], users, state.systems, pending)
        return self.framed(request, orgnr, heading, shown)

    async def act(self, request):
        with self.sandbox.state.lock:
            orgnr = self._orgnr(request)
        if isinstance(orgnr, web.Response):
            return orgnr
        form, answer = await self.read_form(request, orgnr)
        if answer is not None:
            return answer
        with self.sandbox.state.lock:
            state = self.sandbox.state
            user = state.system_users.get(form.get("system_user"))
            may = PERSONS[self.person(request, orgnr)].may_decide
            if form.get("action") == "remove" and user and user.orgnr == orgnr and may:
                state.revoke_system_user(user.id)
        return self.reload(request)
