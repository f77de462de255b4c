"""The contracts themselves: they refuse what is wrong, and agree with the published ones."""

import copy
import json
import os

import pytest
from openapi_core.exceptions import OpenAPIError
from openapi_spec_validator import validate

from sandbox.note_store import encode

from .contract import (
    OWN,
    PUBLISHED,
    ROOT,
    _contracts,
    check_request,
    check_response,
    own_document,
    published_document,
    published_folder,
)

NOTE = {
    "loepenr": 1,
    "sykmeldingId": "00000000-0000-4000-8000-000000000001",
    "mottattAvNav": "2026-06-01T23:00",
    "sendtTilArbeidsgiver": "2026-06-01T23:00:01",
    "sykmeldt": {"fnr": "05908399546", "navn": "Test"},
    "egenmeldingsdager": [],
    "sykmeldingPerioder": [
        {"fom": "2026-06-01", "tom": "2026-06-02", "aktivitet": {"harReisetilskudd": True}}
    ],
    "oppfoelging": {"prognose": None},
    "kontaktMedPasient": "2026-06-01T23:00",
    "behandler": None,
    "arbeidsgiver": {"orgnr": "315587336"},
}


def check_note(note):
    path = f"/v1/sykmelding/{NOTE['sykmeldingId']}"
    check_response("GET", path, 200, encode(note), "application/json")


@pytest.mark.parametrize("service", OWN)
def test_own_contract_is_valid_openapi(service):
    validate(own_document(service))


def test_published_documents_are_used_where_they_should_be():
    named = os.environ.get("NAV_OPENAPI")
    shared = ROOT.parent / "shared"
    if named or (os.environ.get("CI") and shared.exists()):
        assert published_folder() is not None
    expected = 1 if published_folder() is None else 2
    assert [len(_contracts(service)) for service in PUBLISHED] == [expected] * len(PUBLISHED)


def test_good_messages_pass():
    check_note(NOTE)
    check_request("POST", "/v1/sykmeldinger", {"orgnr": "315587336", "fom": None, "fraLoepenr": 3})


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"orgnr": "315587336", "unknown": 1},
        {"orgnr": "315587336", "fom": "1 June"},
        {"orgnr": "315587336", "fraLoepenr": "3"},
        {"orgnr": 315587336},
    ],
)
def test_bad_requests_are_found(body):
    with pytest.raises(OpenAPIError):
        check_request("POST", "/v1/sykmeldinger", body)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.pop("sykmeldt"),
        lambda note: note.update(loepenr="1"),
        lambda note: note.update(mottattAvNav="yesterday"),
        lambda note: note.update(mottattAvNav="2026-06-01T23:00:00Z"),
        lambda note: note.update(sykmeldingPerioder=None),
        lambda note: note["sykmeldingPerioder"][0].update(fom="2026-13-01"),
        lambda note: note["sykmeldingPerioder"][0]["aktivitet"].clear(),
        lambda note: note["arbeidsgiver"].update(orgnr=None),
        lambda note: note.update(misspelt=1),
    ],
)
def test_bad_notes_are_found(change):
    note = copy.deepcopy(NOTE)
    change(note)
    with pytest.raises(OpenAPIError):
        check_note(note)


def test_unknown_paths_and_answers_are_found():
    with pytest.raises(OpenAPIError):
        check_request("POST", "/v1/sykmelding", {"orgnr": "315587336"})
    with pytest.raises(OpenAPIError):
        check_response("POST", "/v1/sykmeldinger", 200, b"{}", "application/json")
    with pytest.raises(OpenAPIError):
        check_response("POST", "/v1/sykmeldinger", 400, b'{"error": 1}', "application/json")
    with pytest.raises(OpenAPIError):
        check_response("POST", "/v1/sykmeldinger", 418, b"[]", "application/json")


def _resolved(schema, schemas):
    """Return a schema itself, behind its references and `or null`."""
    while "anyOf" in schema or "$ref" in schema:
        inner = schema["anyOf"][0] if "anyOf" in schema else None
        schema = inner or schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _compare(own, published, own_schemas, published_schemas, path):
    own = _resolved(own, own_schemas)
    published = _resolved(published, published_schemas)
    if "properties" in published:
        assert set(own["properties"]) == set(published["properties"]), path
        assert set(own.get("required", ())) == set(published.get("required", ())), path
        for name, schema in published["properties"].items():
            inner = f"{path}.{name}"
            _compare(own["properties"][name], schema, own_schemas, published_schemas, inner)
    elif "items" in published:
        _compare(own["items"], published["items"], own_schemas, published_schemas, f"{path}[]")


@pytest.mark.skipif(published_folder() is None, reason="the published documents are not at hand")
@pytest.mark.parametrize(
    ("own_name", "published_name"),
    [("Note", "Sykmelding"), ("Filter", "SykmeldingFilter"), ("Error", "ErrorResponse")],
)
def test_own_contract_has_the_published_fields(own_name, published_name):
    own = own_document("sykepenger")["components"]["schemas"]
    published = published_document("sykepenger")["components"]["schemas"]
    _compare(own[own_name], published[published_name], own, published, own_name)


@pytest.mark.skipif(published_folder() is None, reason="the published documents are not at hand")
def test_published_examples_keep_to_the_contracts():
    for path in sorted((published_folder().parent / "samples" / "sykmelding").glob("*.json")):
        sample = json.loads(path.read_text(encoding="utf-8"))
        if "filter" in path.name:
            check_request("POST", "/v1/sykmeldinger", sample)
        elif "error" in path.name:
            for item in sample:
                route = "/v1/sykmelding/x"
                body = encode(item["body"])
                check_response("GET", route, item["http"], body, "application/json")
        else:
            check_note(sample)
