"""Who calls Altinn, and with what: the vendor of a token, and a body read as a model."""

import re
import uuid

from .errors import ServiceError
from .maskinporten import read_token
from .problems import model_problem, problem

_CONSUMER = re.compile(r"0192:(\d{9})")
RESOURCE_URN = "urn:altinn:resource"


def vendor_of(request, sandbox, scope: str) -> str:
    """Return the organisation number of the vendor whose plain token with `scope` this is.

    :raises ServiceError: 401 for no good token; 403 without the scope, or for a system user's
        token; AUTH-00023 when it names no organisation
    """
    claims = read_token(request.headers.get("Authorization"), sandbox.state, sandbox.issuer)
    if claims is None:
        raise ServiceError(401, headers={"WWW-Authenticate": "Bearer"})
    if scope not in claims.get("scope", "").split() or "authorization_details" in claims:
        raise ServiceError(403)
    found = _CONSUMER.fullmatch(claims.get("consumer", {}).get("ID", ""))
    if not found:
        raise problem(23)
    return found.group(1)


class Model(dict):
    """A JSON object whose keys are found in any case, as Altinn's framework does."""

    def __init__(self, values: dict):
        super().__init__({key.lower(): value for key, value in values.items()})

    def text(self, name: str, *, required=False, trim=True) -> str | None:
        """Return a text, trimmed; empty and missing are None.

        :raises ServiceError: it is required and missing, or is no text
        """
        value = self.get(name.lower())
        if value is not None and not isinstance(value, str):
            raise model_problem(**{name: "must be a text"})
        value = value.strip() if value and trim else value
        if required and not value:
            raise model_problem(**{name: "is required"})
        return value or None

    def texts(self, name: str, *, required=False) -> list[str]:
        """Return a list of texts; missing is empty.

        :raises ServiceError: it is required and missing, or is no list of texts
        """
        value = self.get(name.lower())
        if value is None and not required:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise model_problem(**{name: "must be a list of texts"})
        return [item.strip() for item in value]

    def flag(self, name: str, default: bool) -> bool:
        """Return a truth value.

        :raises ServiceError: it is something else
        """
        value = self.get(name.lower(), default)
        if not isinstance(value, bool):
            raise model_problem(**{name: "must be true or false"})
        return value

    def languages(self, name: str) -> dict[str, str]:
        """Return texts by language.

        :raises ServiceError: missing or no such object
        """
        value = self.get(name.lower())
        if not isinstance(value, dict) or not all(isinstance(t, str) for t in value.values()):
            raise model_problem(**{name: "must hold a text for each language"})
        return value

    def rights(self, name: str) -> list[tuple[str, str]]:
        """Return the resources of a list of rights, as (id, value); missing is empty."""
        return read_rights(self.get(name.lower()), name)

    def packages(self, name: str) -> list[str]:
        """Return the urns of a list of access packages; missing is empty."""
        return read_packages(self.get(name.lower()), name)


def read_rights(value, name="rights") -> list[tuple[str, str]]:
    """Return the resources in `[{"resource": [{"id", "value"}]}]`, as (id, value).

    :raises ServiceError: it has another form
    """
    pairs = []
    for right in _objects(value, name):
        resources = _objects(right.get("resource"), name)
        if not resources:
            raise model_problem(**{name: "a right must have a resource"})
        pairs += [
            (item.text("id", required=True), item.text("value", required=True))
            for item in resources
        ]
    return pairs


def read_packages(value, name="accessPackages") -> list[str]:
    """Return the urns in `[{"urn"}]`.

    :raises ServiceError: it has another form
    """
    return [item.text("urn", required=True) for item in _objects(value, name)]


def _objects(value, name: str) -> list[Model]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise model_problem(**{name: "must be a list of objects"})
    return [Model(item) for item in value]


def shown_rights(resources) -> list[dict]:
    """Return resources as Altinn shows rights."""
    return [{"resource": [{"id": RESOURCE_URN, "value": value}]} for value in resources]


def shown_packages(packages) -> list[dict]:
    """Return urns as Altinn shows access packages."""
    return [{"urn": urn} for urn in packages]


async def read_json(request, kind=dict):
    """Return the JSON body.

    :param kind: dict gives a :class:`Model`, list the list
    :raises ServiceError: 415 for another content type, 400 for what cannot be read
    """
    if request.content_type != "application/json":
        raise ServiceError(415)
    try:
        value = await request.json()
    except ValueError as error:
        raise model_problem(body="cannot be read") from error
    if not isinstance(value, kind):
        raise model_problem(body=f"must be {'an object' if kind is dict else 'a list'}")
    return Model(value) if kind is dict else value


def uuid_of(text: str, name: str) -> str:
    """Return a uuid in its usual form.

    :raises ServiceError: it is none
    """
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise model_problem(**{name: "is not a uuid"}) from error
