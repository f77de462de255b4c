"""NAV's Sykepenger API: the sick notes of a sub-unit, one note, and its PDF."""

import json
import re
import uuid
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from .errors import ServiceError
from .identity_numbers import is_org_number
from .maskinporten import read_token
from .page_faults import change_page, held_back
from .pdf import note_pdf
from .registrations import SICK_NOTE_RESOURCE
from .request_log import ROWS
from .state import SYKEPENGER_SCOPE

NAME = "sykepenger"
LIST = "sykepenger.notes"
FILTER_KEYS = ("orgnr", "fnr", "fom", "tom", "fraLoepenr")
MAX_INT64 = 2**63 - 1
MESSAGES = {
    "UAUTORISERT": "Uautorisert tilgang",
    "IKKE_TILGANG_TIL_RESSURS": "Ikke tilgang til ressurs",
    "UGYLDIG_REQUEST_BODY": "Ugyldig request",
    "SERIALISERINGSFEIL": "Feil ved serialisering av json body",
    "UGYLDIG_SYKMELDING_ID": "Ugyldig sykmeldingId",
    "SYKMELDING_IKKE_FUNNET": "Ingen sykmelding med denne sykmeldingId, se referanseId",
    "FEIL_VED_PDF_GENERERING": "Feil ved generering av pdf",
    "EN_FEIL_OPPSTOD": "En feil oppstod",
}


@dataclass
class NoteFilter:
    """What a client asks for; dates are of the day that `Options.date_field` names, inclusive."""

    orgnr: str
    fnr: str | None
    first: date | None
    last: date | None
    after: int | None


def refusal(status: int, code: str, *, text=None, reference=None) -> ServiceError:
    """Return the error with NAV's body `{feilkode, feilmelding, referanseId?}`."""
    body = {"feilkode": code, "feilmelding": text or MESSAGES[code]}
    if reference:
        body["referanseId"] = reference
    return ServiceError(status, body)


def error_body(status: int) -> dict:
    """Return the body that goes with a fault of this status."""
    code = "UAUTORISERT" if status == 401 else "EN_FEIL_OPPSTOD"
    return {"feilkode": code, "feilmelding": MESSAGES[code]}


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""

    async def list_notes(request):
        with sandbox.state.lock:
            user_id = _system_user(request, sandbox)
        wanted = read_filter(request.content_type, await request.read())
        with sandbox.state.lock:
            _require_access(sandbox.state, user_id, wanted.orgnr)
            page, more = _page(sandbox, wanted)
            request[ROWS] = len(page)
        headers = (
            {"X-Warning-limit-reached": str(sandbox.state.options.page_limit)} if more else None
        )
        return web.Response(
            body=b"[" + b",".join(page) + b"]", content_type="application/json", headers=headers
        )

    async def one_note(request):
        with sandbox.state.lock:
            note = _find(request, sandbox)
            return web.Response(
                body=note.served(sandbox.state.options.include_nulls),
                content_type="application/json",
            )

    async def one_pdf(request):
        with sandbox.state.lock:
            note = _find(request, sandbox)
        try:
            body = note_pdf(note.raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise refusal(500, "FEIL_VED_PDF_GENERERING") from error
        name = f'inline; filename="sykmelding-{note.note_id}.pdf"'
        return web.Response(
            body=body, content_type="application/pdf", headers={"Content-Disposition": name}
        )

    async def moved_pdf(request):
        return web.Response(text="Flyttet: bruk v1/sykmelding/{sykmeldingId}/pdf", status=410)

    return [
        web.post("/v1/sykmeldinger", list_notes, name=LIST),
        web.get(r"/v1/sykmelding/{note_id:[^/]+}.pdf", moved_pdf, name="sykepenger.moved_pdf"),
        web.get("/v1/sykmelding/{note_id}", one_note, name="sykepenger.note"),
        web.get("/v1/sykmelding/{note_id}/pdf", one_pdf, name="sykepenger.pdf"),
    ]


def _system_user(request, sandbox) -> str:
    """Return the id of the token's system user; 401 when the token is not good for this API."""
    claims = read_token(request.headers.get("Authorization"), sandbox.state, sandbox.issuer)
    if claims is None or claims.get("scope") != SYKEPENGER_SCOPE:
        raise refusal(401, "UAUTORISERT")
    try:
        return claims["authorization_details"][0]["systemuser_id"][0]
    except (KeyError, IndexError, TypeError) as error:
        raise refusal(401, "UAUTORISERT") from error


def _require_access(state, user_id: str, orgnr: str):
    if not state.may_read(user_id, SICK_NOTE_RESOURCE, orgnr):
        raise refusal(401, "IKKE_TILGANG_TIL_RESSURS")


def _bad_body(text=None) -> ServiceError:
    return refusal(400, "SERIALISERINGSFEIL", text=text and f"Illegal input: {text}")


def read_filter(content_type: str, body: bytes) -> NoteFilter:
    """Return the filter in a request's body.

    :raises ServiceError: 400 UGYLDIG_REQUEST_BODY when it is not JSON by its content type, else
        400 SERIALISERINGSFEIL for an unknown key, a missing or wrong value
    """
    if content_type != "application/json":
        raise refusal(400, "UGYLDIG_REQUEST_BODY")
    try:
        value = json.loads(body)
    except ValueError as error:
        raise _bad_body("Unexpected JSON token") from error
    if not isinstance(value, dict):
        raise _bad_body("Unexpected JSON token")
    for key in value:
        if key not in FILTER_KEYS:
            raise _bad_body(f"Encountered an unknown key '{key}'")
    if "orgnr" not in value:
        raise _bad_body("Field 'orgnr' is required, but it was missing")
    if not is_org_number(value["orgnr"]):
        raise _bad_body("ikke et gyldig orgnr")
    after = value.get("fraLoepenr")
    if after is not None and not (type(after) is int and 0 <= after <= MAX_INT64):
        raise _bad_body()
    fnr = value.get("fnr")
    if fnr is not None and not isinstance(fnr, str):
        raise _bad_body()
    return NoteFilter(value["orgnr"], fnr, _day(value, "fom"), _day(value, "tom"), after)


def _day(value: dict, key: str) -> date | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise _bad_body()
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise _bad_body("Text of a date could not be parsed") from error


def _page(sandbox, wanted: NoteFilter) -> tuple[list[bytes], bool]:
    """Return the notes asked for as JSON text, and whether there are more."""
    state = sandbox.state
    limit = state.options.page_limit

    def select(hidden=()):
        return state.notes.select(
            wanted.orgnr,
            after=wanted.after,
            first=wanted.first,
            last=wanted.last,
            fnr=wanted.fnr,
            by_sent=state.options.date_field == "sendtTilArbeidsgiver",
            limit=limit + 1,
            hidden=hidden,
        )

    notes = select()
    hidden = held_back(sandbox.faults, LIST, wanted.orgnr, notes[:limit])
    if hidden:
        notes = select(hidden)
    page = [note.served(state.options.include_nulls) for note in notes[:limit]]
    return change_page(sandbox.faults, LIST, page, state.notes), len(notes) > limit


def _find(request, sandbox):
    """Return the note of the path: first known, then allowed, as the real service does."""
    user_id = _system_user(request, sandbox)
    try:
        note_id = str(uuid.UUID(request.match_info["note_id"]))
    except ValueError as error:
        raise refusal(400, "UGYLDIG_SYKMELDING_ID") from error
    note = sandbox.state.notes.by_id(note_id)
    if note is None:
        raise refusal(404, "SYKMELDING_IKKE_FUNNET", reference=note_id)
    _require_access(sandbox.state, user_id, note.orgnr)
    return note
