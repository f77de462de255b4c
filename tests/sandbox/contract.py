"""Checks requests and answers against OpenAPI documents, with openapi-core.

Always against the project's own small contracts in `sandbox/contracts`; and against the documents
that NAV and Brønnøysundregistrene publish, when they are at hand: in the folder that the
environment variable NAV_OPENAPI names, else in `../shared/nav/openapi` beside the repository.

Where a published document does not say what it evidently means, it is mended on loading; each
such place is a function `_mend_…` below, with its reason.
"""

import json
import os
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

ROOT = Path(__file__).resolve().parents[2]
HOST = "http://contract.invalid"
OWN = ("sykepenger", "enhetsregisteret", "altinn", "followup_plan")
PUBLISHED = {
    "sykepenger": "sykepenger-api_openapi_2026-07-24.yaml",
    "enhetsregisteret": "enhetsregisteret_openapi_2023.json",
    "followup_plan": "lps-oppfolgingsplan-mottak_openapi.yaml",
}
USED_PATHS = {
    "sykepenger": (
        "/v1/sykmeldinger",
        "/v1/sykmelding/{sykmeldingId}",
        "/v1/sykmelding/{sykmeldingId}/pdf",
    ),
    "enhetsregisteret": (
        "/enheter/{organisasjonsnummer}",
        "/underenheter/{organisasjonsnummer}",
        "/enheter",
        "/underenheter",
    ),
    "followup_plan": (
        "/api/v1/followupplan",
        "/api/v1/followupplan/{uuid}/sendingstatus",
        "/api/v1/followupplan/verify-integration",
    ),
}
LOCAL_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$"
UNDOCUMENTED = {
    "sykepenger": ("404", "410", "429", "503"),
    "enhetsregisteret": ("400",),
    "followup_plan": ("400", "429", "500", "503"),
}


def published_folder() -> Path | None:
    """Return the folder of the published documents, or None when they are not at hand."""
    named = os.environ.get("NAV_OPENAPI")
    folder = Path(named) if named else ROOT.parent / "shared" / "nav" / "openapi"
    return folder if folder.is_dir() else None


def own_document(service: str) -> dict:
    """Return the project's own contract of a service as it is written."""
    path = ROOT / "sandbox" / "contracts" / f"{service}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def published_document(service: str) -> dict | None:
    """Return the published document of a service, mended, with the used paths only; or None."""
    folder = published_folder()
    if folder is None or service not in PUBLISHED:
        return None
    text = (folder / PUBLISHED[service]).read_text(encoding="utf-8")
    document = json.loads(text) if PUBLISHED[service].endswith("json") else yaml.safe_load(text)
    document = _mend_schemas(document)
    document["servers"] = [{"url": HOST}]
    document["paths"] = {path: document["paths"][path] for path in USED_PATHS[service]}
    _mend_responses(service, document)
    if service == "followup_plan":
        _mend_plan_answers(document)
    return document


def _mend_plan_answers(document: dict):
    """Allow what NAV's service answers: a status that is not known is null, and a refusal for one
    of two reasons, whose descriptions have the same form, so that neither excludes the other."""
    for schema in document["components"]["schemas"]["FollowUpPlanResponse"]["properties"].values():
        if schema["type"] == "boolean":
            schema["nullable"] = True
    for answer in document["paths"]["/api/v1/followupplan"]["post"]["responses"].values():
        schema = answer["content"]["application/json"]["schema"]
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")


def _mend_schemas(value):
    """Return the document with `nullable` and local times as they are meant.

    `nullable: true` has no meaning in OpenAPI 3.1 (there, null is a type), and beside `$ref` it
    had none in 3.0 either; it is meant as "or null". `format: date-time` demands a time zone,
    which NAV's local times do not have.
    """
    if isinstance(value, list):
        return [_mend_schemas(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: _mend_schemas(item) for key, item in value.items()}
    if value.get("format") == "date-time":
        del value["format"]
        value["pattern"] = LOCAL_TIME
    if value.pop("nullable", None) is True:
        return {"anyOf": [value, {"type": "null"}]}
    return value


def _mend_responses(service: str, document: dict):
    """Add the answers that the documents leave out, and call JSON by its name.

    NAV's document says `*/*` for its JSON, which would be left unread, and calls a PDF a string,
    which a file is not in OpenAPI 3.1. NAV answers 404 and 410 with its error body without listing
    them, and any service may answer 429 or 503. Enhetsregisteret's document calls the JSON of
    sub-units a string.
    """
    error = {"type": "object"}
    if service == "sykepenger":
        error = {"$ref": "#/components/schemas/ErrorResponse"}
    if service == "followup_plan":
        error = {"$ref": "#/components/schemas/ValidationError"}
    for item in document["paths"].values():
        responses = next(item[method]["responses"] for method in ("get", "post") if method in item)
        responses.pop("default", None)
        for answer in responses.values():
            if "*/*" in answer.get("content", {}):
                answer["content"]["application/json"] = answer["content"].pop("*/*")
            if "application/pdf" in answer.get("content", {}):
                answer["content"]["application/pdf"] = {}
            for media in answer.get("content", {}).values():
                if service == "enhetsregisteret" and media["schema"] == {"type": "string"}:
                    media["schema"] = {"type": "object"}
        for status in UNDOCUMENTED[service]:
            content = {"application/json": {"schema": error}}
            if status == "410":
                content["text/plain"] = {"schema": {"type": "string"}}
            responses.setdefault(status, {"description": "not listed", "content": content})


@cache
def _contracts(service: str) -> tuple[OpenAPI, ...]:
    documents = [own_document(service), published_document(service)]
    # The published documents have faults in parts that are not used; only the used are judged.
    config = Config(
        spec_validator_cls=None,
        extra_media_type_deserializers={"application/problem+json": json.loads},
    )
    return tuple(OpenAPI.from_dict(item, config=config) for item in documents if item)


def _service(path: str) -> str:
    if path.startswith("/authentication/"):
        return "altinn"
    if path.startswith("/api/v1/followupplan"):
        return "followup_plan"
    return "sykepenger" if path.startswith("/v1/") else "enhetsregisteret"


def _request(method, path, body, query, content_type) -> MockRequest:
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    return MockRequest(
        HOST,
        method,
        path,
        args={key: str(value) for key, value in (query or {}).items()},
        headers={"Authorization": "Bearer checked-elsewhere"},
        data=data,
        content_type=content_type or "application/json",
    )


def check_request(method: str, path: str, body=None, query=None, content_type=None):
    """Check a request against all contracts of its service.

    :param path: below the service's own address, such as `/v1/sykmeldinger`
    :param body: a JSON value or bytes; None for none
    :raises openapi_core.exceptions.OpenAPIError: it does not fit
    """
    for contract in _contracts(_service(path)):
        contract.validate_request(_request(method, path, body, query, content_type))


def check_response(
    method: str, path: str, status: int, body: bytes, content_type: str, headers=None, query=None
):
    """Check an answer against all contracts of its service.

    :param path: the path that was asked, below the service's own address
    :param body: the answer's body as it came
    :param content_type: the answer's content type; a charset is ignored
    :raises openapi_core.exceptions.OpenAPIError: it does not fit
    """
    response = MockResponse(body, status, dict(headers or {}), content_type.split(";")[0])
    for contract in _contracts(_service(path)):
        contract.validate_response(_request(method, path, None, query, None), response)


def check_exchange(response, base_url: str):
    """Check a `requests.Response` and what it was asked with.

    :param base_url: the service's own address, which the contract's paths lie below
    """
    asked = response.request
    path, _, text = asked.url[len(base_url) :].partition("?")
    query = dict(parse_qsl(text, keep_blank_values=True)) if text else None
    body, content_type = response.content, response.headers.get("Content-Type", "")
    if response.status_code < 400:
        check_request(asked.method, path, asked.body, query, asked.headers.get("Content-Type"))
    check_response(
        asked.method, path, response.status_code, body, content_type, response.headers, query
    )


__all__ = [
    "check_exchange",
    "check_request",
    "check_response",
    "own_document",
    "published_document",
    "published_folder",
]
