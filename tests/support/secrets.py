"""Everything that must not be told where it is nobody's to read, and the looking for it."""

import re
from contextlib import contextmanager

import pytest

from .log import everything_logged


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


def secrets(world, tokens):
    """Everything that must not be logged, by what it is."""
    with world.env() as env:
        key = env["nav.maskinporten.key"].search([], limit=1)
        pem, cipher = key._private_pem(), key.sudo().private_key_encrypted
    body = "".join(pem.splitlines()[1:-1])
    notes = world.sandbox.notes()
    people = [note["sykmeldt"] for note in notes if isinstance(note.get("sykmeldt"), dict)]
    found = {
        "identity number": {p["fnr"] for p in world.sandbox.employees}
        | {person["fnr"] for person in people},
        "name": {p["name"] for p in world.sandbox.employees} | {p["navn"] for p in people},
        "doctor": {note["behandler"]["navn"] for note in notes if note.get("behandler")},
        "text": {
            text
            for note in notes
            for text in (note.get("oppfoelging") or {}).values()
            if isinstance(text, str)
        },
        "token": {part for token in tokens for part in token.split(".")[1:]},
        "key": {body[at : at + 40] for at in range(40, len(body) - 40, 40)} | {cipher[:60]},
    }
    assert all(found.values())
    return found


def assert_silent(world, text, tokens):
    for what, values in secrets(world, tokens).items():
        leaked = [value for value in values if value and value in text]
        assert not leaked, f"the log holds a {what}: {_around(text, leaked[0])}"
    written = {f"{p['fnr'][:6]} {p['fnr'][6:]}" for p in world.sandbox.employees}
    assert not [number for number in written if number in text]
    degree = re.search(r"\b\d{1,3} ?(%(?!\()|percent|prosent)", text)
    assert not degree, _around(text, degree.group())
    dates = {
        period[edge]
        for note in world.sandbox.notes()
        for period in note.get("sykmeldingPerioder") or ()
        for edge in ("fom", "tom")
        if isinstance(period.get(edge), str)
    }
    leaked = [day for day in dates if day in text]
    assert not leaked, f"the log holds a date of a note: {_around(text, leaked[0])}"
    with world.env() as env:
        logged = env["ir.logging"].search([]).mapped("message")
    assert not logged, "the addon writes no logging to the database"
    assert_channels_silent(world, tokens)


# Where else something may be told: a model, its fields, and what must not be in them. The name of
# somebody who is absent is in the text of a message to those who may know it, and nowhere else.
_HEALTH = ("identity number", "doctor", "text", "token", "key")
CHANNELS = (
    ("mail.mail", ("subject", "body_html", "headers", "failure_reason", "email_to"), _HEALTH),
    ("mail.mail", ("subject", "failure_reason"), ("name",)),
    ("bus.bus", ("channel", "message"), (*_HEALTH, "name")),
    ("ir.cron", ("cron_name",), (*_HEALTH, "name")),
    ("nav.connection", ("last_error", "health_message"), (*_HEALTH, "name")),
    ("nav.connection.unit", ("last_error",), (*_HEALTH, "name")),
    ("nav.connection.check", ("message",), (*_HEALTH, "name")),
    ("nav.problem", ("subject", "cause", "words", "advice"), (*_HEALTH, "name")),
    ("nav.exchange", ("error_code", "reason", "reference"), (*_HEALTH, "name")),
    ("mail.activity", ("summary", "note"), _HEALTH),
)


def assert_channels_silent(world, tokens):
    """What goes by mail, bus, cron, activity, and what the connection remembers of its errors."""
    found = secrets(world, tokens)
    with world.env() as env:
        for model, names, kinds in CHANNELS:
            said = " ".join(str(record[name]) for record in env[model].search([]) for name in names)
            for kind in kinds:
                leaked = [value for value in found[kind] if value and value in said]
                assert not leaked, f"{model} holds a {kind}: {_around(said, leaked[0])}"
            shown = re.sub(r"<[^>]*>", " ", said)  # widths are no degrees
            degree = re.search(r"\b\d{1,3} ?(%(?!\()|percent|prosent)", shown)
            assert not degree, f"{model}: {_around(shown, degree.group())}"


def _around(text, value):
    at = text.index(value)
    return text[max(0, at - 300) : at + 300]


@contextmanager
def nothing_told(world, *texts):
    """Fail at the end when anything was logged meanwhile of a person, of these texts, a token or a
    key."""
    with everything_logged() as log:
        yield
    people = world.sandbox.employees
    for secret in (*texts, *(person[name] for person in people for name in ("fnr", "name"))):
        assert secret not in log.text, _around(log.text, secret)
    found = re.search(r"eyJ[A-Za-z0-9_-]{8,}\.|PRIVATE KEY-----", log.text)
    assert not found, _around(log.text, found.group())
