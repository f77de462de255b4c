"""Enhetsregisteret: main units, sub-units, and the lists of those below a unit, by pages."""

import math

from aiohttp import web

from .errors import ServiceError
from .organisations import MAIN_UNIT_FORMS, SUB_UNIT_FORMS, Organisation

NAME = "enhetsregisteret"
DEFAULT_SIZE = 20
MAX_DEPTH = 10_000


def error_body(status: int, message: str = "") -> dict:
    """Return the register's error body for a status."""
    return {"status": status, "feilmelding": message or f"Feil {status}"}


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""

    def one(is_sub_unit):
        async def handler(request):
            with sandbox.state.lock:
                unit = _find(sandbox, request.match_info["orgnr"], is_sub_unit)
                return web.json_response(_describe(unit, sandbox.enhetsregisteret_url))

        return handler

    def below(kind):
        async def handler(request):
            page, size = _page_of(request.query)
            with sandbox.state.lock:
                organisations = sandbox.state.organisations
                find = organisations.main_units if kind == "enheter" else organisations.sub_units
                units = find(request.query.get("overordnetEnhet"))
            wanted = request.query.get("organisasjonsnummer")
            if wanted:
                units = [unit for unit in units if unit.orgnr in wanted.split(",")]
            return web.json_response(_list(kind, units, page, size, sandbox.enhetsregisteret_url))

        return handler

    return [
        web.get("/enheter/{orgnr}", one(False), name="enhetsregisteret.main_unit"),
        web.get("/underenheter/{orgnr}", one(True), name="enhetsregisteret.sub_unit"),
        web.get("/enheter", below("enheter"), name="enhetsregisteret.main_units"),
        web.get("/underenheter", below("underenheter"), name="enhetsregisteret.sub_units"),
    ]


def _find(sandbox, orgnr: str, is_sub_unit: bool) -> Organisation:
    unit = sandbox.state.organisations.get(orgnr)
    if unit is None or unit.is_sub_unit != is_sub_unit:
        raise ServiceError(404, error_body(404, "Enheten finnes ikke"))
    if unit.deleted and sandbox.state.options.deleted_units == "gone":
        raise ServiceError(410, error_body(410, "Enheten er fjernet"))
    return unit


def _page_of(query) -> tuple[int, int]:
    """Return page (from 0) and size of a query; 400 when they are no numbers or too deep."""
    try:
        page, size = int(query.get("page", 0)), int(query.get("size", DEFAULT_SIZE))
    except ValueError as error:
        raise ServiceError(400, error_body(400, "page og size er heltall")) from error
    if page < 0 or size < 1 or size > MAX_DEPTH or page * size > MAX_DEPTH:
        raise ServiceError(400, error_body(400, "page og size er utenfor det tillatte"))
    return page, size


def _address(unit: Organisation) -> dict:
    return {
        "adresse": [unit.street],
        "postnummer": unit.postal_code,
        "poststed": unit.city,
        "kommune": unit.city,
        "kommunenummer": unit.municipality,
        "land": "Norge",
        "landkode": "NO",
    }


def _describe(unit: Organisation, base: str) -> dict:
    """Return a unit as the register shows it; a deleted one with little more than the date."""
    kind = "underenheter" if unit.is_sub_unit else "enheter"
    forms = SUB_UNIT_FORMS if unit.is_sub_unit else MAIN_UNIT_FORMS
    body = {
        "organisasjonsnummer": unit.orgnr,
        "navn": unit.name.upper(),
        "organisasjonsform": {"kode": unit.form, "beskrivelse": forms[unit.form]},
    }
    links = {"_links": {"self": {"href": f"{base}/{kind}/{unit.orgnr}"}}}
    if unit.deleted:
        return {**body, "slettedato": unit.deleted, **links}
    body["registreringsdatoEnhetsregisteret"] = unit.started
    body["registrertIMvaregisteret"] = False
    body["naeringskode1"] = {"kode": "88.911", "beskrivelse": "Barnehager"}
    body["harRegistrertAntallAnsatte"] = unit.employees > 0
    if unit.employees:
        body["antallAnsatte"] = unit.employees
    if unit.parent:
        body["overordnetEnhet"] = unit.parent
    if unit.is_sub_unit:
        body["beliggenhetsadresse"] = _address(unit)
        body["oppstartsdato"] = unit.started
        if unit.closed:
            body["nedleggelsesdato"] = unit.closed
    else:
        body["forretningsadresse"] = _address(unit)
        body.update(konkurs=False, underAvvikling=False, stiftelsesdato=unit.started)
    return {**body, **links}


def _list(kind: str, units: list[Organisation], page: int, size: int, base: str) -> dict:
    shown = units[page * size : (page + 1) * size]
    body = {}
    if shown:
        body["_embedded"] = {kind: [_describe(unit, base) for unit in shown]}
    body["_links"] = {"self": {"href": f"{base}/{kind}?page={page}&size={size}"}}
    body["page"] = {
        "size": size,
        "totalElements": len(units),
        "totalPages": math.ceil(len(units) / size),
        "number": page,
    }
    return body
