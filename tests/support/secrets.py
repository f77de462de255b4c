"""Everything that must not be told where it is nobody's to read, and the looking for it."""

import re
from contextlib import contextmanager

import pytest

from .log import everything_logged

# Shorter ones, as "Other", are found in texts that have nothing to do with a plan.
SHORTEST_TYPED = 8
DEGREE = re.compile(r"\b\d{1,3} ?(%(?!\()|percent|prosent)")
_TOKEN_OR_KEY = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.|PRIVATE KEY-----")


@pytest.fixture
def tokens(monkeypatch):
    """The access tokens and assertions that went over the line."""
    from odoo.addons.nav_altinn_connector.clients.maskinporten import MaskinportenClient

    seen = []
    token, assertion = MaskinportenClient.token, MaskinportenClient._assertion

    def keep_token(self, *args, **kwargs):
        result = token(self, *args, **kwargs)
        seen.append(result.value)
        return result

    def keep_assertion(self, *args, **kwargs):
        result = assertion(self, *args, **kwargs)
        seen.append(result)
        return result

    monkeypatch.setattr(MaskinportenClient, "token", keep_token)
    monkeypatch.setattr(MaskinportenClient, "_assertion", keep_assertion)
    return seen


@pytest.fixture
def links(_arranged, monkeypatch):
    """The tokens of links to follow-up plans, which are kept nowhere."""
    Plan, seen = _arranged.registry["nav.followup.plan"], []
    new_link = Plan._new_link

    def keep_link(self):
        token = new_link(self)
        seen.append(token)
        return token

    monkeypatch.setattr(Plan, "_new_link", keep_link)
    return seen


def secrets(world, tokens, links=()):
    """{what it is: texts that must not be told}"""
    notes = world.sandbox.notes()
    people = [note["sykmeldt"] for note in notes if isinstance(note.get("sykmeldt"), dict)]
    numbers = {p["fnr"] for p in world.sandbox.employees} | {person["fnr"] for person in people}
    with world.env() as env:
        typed, keys = _typed(env), _keys(env)
    return {
        "identity number": numbers | {f"{number[:6]} {number[6:]}" for number in numbers},
        "name": {p["name"] for p in world.sandbox.employees} | {p["navn"] for p in people},
        "doctor": {note["behandler"]["navn"] for note in notes if note.get("behandler")},
        "text": {
            text
            for note in notes
            for text in (note.get("oppfoelging") or {}).values()
            if isinstance(text, str) and text
        },
        "date": {
            period[edge]
            for note in notes
            for period in note.get("sykmeldingPerioder") or ()
            for edge in ("fom", "tom")
            if isinstance(period, dict) and isinstance(period.get(edge), str)
        },
        "token": {part for token in tokens for part in token.split(".")[1:]},
        "key": keys,
        "text of a plan": typed,
        "link to a plan": set(links),
        "plan's id at NAV": {plan.uuid for plan in world.sandbox.plans()},
    }


def _keys(env):
    """Pieces of all private keys, in clear text and encrypted."""
    from odoo.addons.nav_altinn_connector.models.key_vault import VaultError

    found = set()
    for key in env["nav.maskinporten.key"].search([]):
        found.add((key.private_key_encrypted or "")[:60])
        try:
            body = "".join(key._private_pem().splitlines()[1:-1])
        except VaultError:
            continue  # a test has taken its encryption key away
        found.update(body[at : at + 40] for at in range(40, len(body) - 40, 40))
    return found - {""}


def _typed(env):
    """Everything that people have written into follow-up plans."""
    from odoo.addons.nav_altinn_connector.models.nav_followup_plan import CONTENT

    fields = env["nav.followup.plan"]._fields
    names = {name for name in CONTENT if fields[name].type in ("char", "text")}
    names.remove("contact_person_full_name")  # a user's, who is named where users are
    plans = env["nav.followup.plan"].search([])
    texts = {plan[name] for plan in plans for name in {*names, "employee_comment"}}
    return {text for text in texts if text and len(text) >= SHORTEST_TYPED}


def assert_silent(world, text, tokens, links=()):
    """Nothing secret is in this text, which is a log."""
    found = secrets(world, tokens, links)
    for what, values in found.items():
        leaked = [value for value in values if value in text]
        assert not leaked, f"the log holds a {what}: {around(text, leaked[0])}"
    for what, pattern in (("degree", DEGREE), ("token or key", _TOKEN_OR_KEY)):
        seen = pattern.search(text)
        assert not seen, f"the log holds a {what}: {around(text, seen.group())}"


def around(text, value):
    """What stands around the first place of the value."""
    at = text.index(value)
    return text[max(0, at - 300) : at + 300]


@contextmanager
def nothing_told(world, tokens, links=()):
    """Fail at the end when anything secret was logged meanwhile."""
    with everything_logged() as log:
        yield
    assert_silent(world, log.text, tokens, links)
