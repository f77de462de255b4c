"""What is sent to Altinn about systems, requests and system users, and what it answers.

What is sent is checked first, since much of it stands in an address; what does not fit raises
ValueError and is never sent.

Answers are read into plain objects. Altinn spells some names in several ways
(``allowedRedirectUrls``, ``allowedredirecturls``; the change request's
``requiredAccessPackagages``), so names are compared without regard to case. Unknown fields are
ignored, missing ones are None or empty. What cannot be understood, such as an unknown status,
raises :class:`Unreadable`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit

from .addresses import is_loopback

NEW = "new"
ACCEPTED = "accepted"
REJECTED = "rejected"
DENIED = "denied"
TIMED_OUT = "timedout"
NO_CHANGE = "no_change"
STATUSES = (NEW, ACCEPTED, REJECTED, DENIED, TIMED_OUT, NO_CHANGE)

RESOURCE = "urn:altinn:resource"
ISO6523 = "iso6523-actorid-upis"

_STATUS_OF = {**{status: status for status in STATUSES[:-1]}, "nochangeneeded": NO_CHANGE}
_ORG_NUMBER = re.compile(r"[0-9]{9}")
_ISO_ORG_NUMBER = re.compile(r"(?:0192:)?([0-9]{9})")
_SYSTEM_ID = re.compile(r"[0-9]{9}_[^\s/\\\x00-\x1f\x7f]{1,200}")
_EXTERNAL_REF = re.compile(r"[^\s/\\\x00-\x1f\x7f]{1,255}")
_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


class Unreadable(ValueError):
    """The answer is not what Altinn's documents say."""


@dataclass(frozen=True)
class RegisteredSystem:
    """A system in Altinn's system register.

    :ivar system_id: ``{vendor's organisation number}_{name}``, without spaces
    :ivar vendor_org: the vendor's organisation number, nine digits
    :ivar name: {'nb': …, 'en': …, 'nn': …}, shown to those who approve
    :ivar description: the same for a sentence
    :ivar resources: ids of resources, 'nav_sykepenger_sykmelding', …
    :ivar packages: URNs of access packages
    :ivar client_ids: ids of Maskinporten clients; each belongs to one system only
    :ivar redirect_urls: addresses to which people may be sent back after approval; https
    :ivar visible: whether employers see it in Altinn and may connect it by themselves
    :ivar deleted: whether it is marked as deleted
    """

    system_id: str
    vendor_org: str
    name: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    redirect_urls: tuple[str, ...] = ()
    visible: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class SystemUserRequest:
    """A request for a system user, or for a change of its rights.

    :ivar id: Altinn's id; of a change request the correlation id
    :ivar status: 'new', 'accepted', 'rejected', 'denied', 'timedout' or, of a change, 'no_change'
    :ivar confirm_url: where it is approved, exactly as Altinn wrote it; None in lists
    :ivar external_ref: Altinn's second key beside the organisation number, which is its default
    :ivar org_number: the employer
    :ivar resources: resources asked for (of a change: those to add)
    :ivar packages: the same for access packages
    :ivar escalated: the person who opened it has passed it on to somebody with more rights
    :ivar created: in UTC, or None
    :ivar timed_out: Altinn does not keep it open any longer (180 days)
    :ivar existed: Altinn gave back one that was there already, whatever its status
    """

    id: str
    status: str
    confirm_url: str | None = field(default=None, repr=False)
    external_ref: str | None = None
    system_id: str | None = None
    org_number: str | None = None
    resources: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    redirect_url: str | None = None
    escalated: bool = False
    created: datetime | None = None
    timed_out: bool = False
    existed: bool = False


@dataclass(frozen=True)
class SystemUser:
    """A system user that an employer has approved.

    ``org_number`` is the employer's; ``created`` is in UTC, or None.
    """

    id: str
    system_id: str | None = None
    org_number: str | None = None
    external_ref: str | None = None
    title: str | None = None
    created: datetime | None = None


# ------------------------------------------------------------------ what is sent


def org_number(number):
    """The organisation number.

    :raise ValueError: it has not nine digits
    """
    if not isinstance(number, str) or not _ORG_NUMBER.fullmatch(number):
        raise ValueError("an organisation number has nine digits")
    return number


def system_id(value):
    """The id of a system.

    :raise ValueError: it is none
    """
    if not isinstance(value, str) or not _SYSTEM_ID.fullmatch(value):
        raise ValueError("a system id is an organisation number, an underscore and a name")
    return value


def reference(external_ref, number):
    """The reference that Altinn has for a request: the organisation number when there is no other.

    :raise ValueError: it could not stand in an address
    """
    number = org_number(number)
    if not external_ref:
        return number
    if not isinstance(external_ref, str) or not _EXTERNAL_REF.fullmatch(external_ref):
        raise ValueError("not an external reference that can stand in an address")
    return external_ref


def own_reference(external_ref, number):
    """The reference when it must be sent, else None."""
    found = reference(external_ref, number)
    return None if found == number else found


def altinn_id(value):
    """Altinn's id of something, in small letters.

    :raise ValueError: it is no UUID
    """
    if not _is_id(value):
        raise ValueError("not an id of Altinn")
    return value.lower()


def step(value):
    """The value as one step of a path."""
    return quote(value, safe="")


def system_step(value):
    """The id of a system as one step of a path.

    :raise ValueError: it is no id of a system
    """
    return step(system_id(value))


def given(values):
    """Without what is None: Altinn has defaults of its own for that."""
    return {key: value for key, value in values.items() if value is not None}


def rights(resources):
    """Altinn's ``rights`` for ids of resources: one resource in each."""
    return [{"resource": [{"id": RESOURCE, "value": resource}]} for resource in resources]


def packages(urns):
    """Altinn's ``accessPackages`` for URNs."""
    return [{"urn": urn} for urn in urns]


def system_body(system):
    """The JSON that registers or replaces a :class:`RegisteredSystem`."""
    return {
        "id": system_id(system.system_id),
        "vendor": {"authority": ISO6523, "ID": f"0192:{org_number(system.vendor_org)}"},
        "name": dict(system.name),
        "description": dict(system.description),
        "rights": rights(system.resources),
        "accessPackages": packages(system.packages),
        "clientId": list(system.client_ids),
        "allowedRedirectUrls": list(system.redirect_urls),
        "isVisible": bool(system.visible),
    }


# ------------------------------------------------------------------ what is answered


def read_system(data):
    """A :class:`RegisteredSystem` from Altinn's JSON."""
    values = _lowered(data)
    vendor = values.get("vendor")
    vendor = _lowered(vendor).get("id") if isinstance(vendor, dict) else vendor
    name = _text(_first(values, "id", "systemid"))
    if name is None:
        raise Unreadable("no id")
    return RegisteredSystem(
        system_id=name,
        vendor_org=_read_org_number(vendor or values.get("systemvendororgnumber")) or "",
        name=_texts_by_language(values.get("name")),
        description=_texts_by_language(values.get("description")),
        resources=_resources(values.get("rights")),
        packages=_packages(values.get("accesspackages")),
        client_ids=_texts(values.get("clientid")),
        redirect_urls=_texts(values.get("allowedredirecturls")),
        visible=values.get("isvisible") is True,
        deleted=_first(values, "isdeleted", "softdeleted") is True,
    )


def read_request(data, *, loopback=False, existed=False):
    """A :class:`SystemUserRequest` from Altinn's JSON of a request or a change request.

    :param bool loopback: Altinn is on this machine, so that the approval page may be http
    """
    values = _lowered(data)
    status = _status(values)
    required_packages = _first(
        values, "requiredaccesspackages", "requiredaccesspackagages", "accesspackages"
    )
    return SystemUserRequest(
        id=_read_id(values.get("id")),
        status=status,
        confirm_url=_confirm_url(values.get("confirmurl"), loopback),
        external_ref=_text(values.get("externalref")),
        system_id=_text(values.get("systemid")),
        org_number=_read_org_number(_first(values, "partyorgno", "reporteeorgno", "orgnr")),
        resources=_resources(_first(values, "requiredrights", "rights")),
        packages=_packages(required_packages),
        redirect_url=_text(values.get("redirecturl")),
        escalated=values.get("escalated") is True,
        created=_time(values.get("created")),
        timed_out=status == TIMED_OUT,
        existed=existed,
    )


def read_system_user(data):
    """A :class:`SystemUser` from Altinn's JSON, or None when it is marked as deleted."""
    values = _lowered(data)
    if values.get("isdeleted") is True:
        return None
    return SystemUser(
        id=_read_id(values.get("id")),
        system_id=_text(values.get("systemid")),
        org_number=_read_org_number(_first(values, "reporteeorgno", "partyorgno", "orgnr")),
        external_ref=_text(values.get("externalref")),
        title=_text(values.get("integrationtitle")),
        created=_time(values.get("created")),
    )


def _is_id(value):
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _status(values):
    status = _STATUS_OF.get(str(values.get("status")).strip().lower())
    if status is None:
        raise Unreadable("unknown status")
    # An answer stays an answer, however old it is.
    return TIMED_OUT if status == NEW and values.get("timedout") is True else status


def _confirm_url(value, loopback):
    url = _text(value)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise Unreadable("bad confirmUrl") from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and loopback and is_loopback(host))
    if not host or not secure or re.search(r"[\s\\\x00-\x1f\x7f]", url) or "@" in parts.netloc:
        raise Unreadable("bad confirmUrl")
    return url


def _lowered(data):
    if not isinstance(data, dict):
        raise Unreadable("not an object")
    return {key.lower(): value for key, value in data.items()}


def _first(values, *names):
    """The value of the first name that has one."""
    return next((values[name] for name in names if values.get(name) is not None), None)


def _read_id(value):
    if not _is_id(value):
        raise Unreadable("no id")
    return value.lower()


def _read_org_number(value):
    found = _ISO_ORG_NUMBER.fullmatch(value) if isinstance(value, str) else None
    return found.group(1) if found else None


def _resources(value):
    """The ids of the resources in ``rights[].resource[].value``."""
    found = []
    for right in value if isinstance(value, list) else ():
        pairs = _lowered(right).get("resource") if isinstance(right, dict) else None
        for pair in pairs if isinstance(pairs, list) else ():
            resource = _text(_lowered(pair).get("value")) if isinstance(pair, dict) else None
            if resource and resource not in found:
                found.append(resource)
    return tuple(found)


def _packages(value):
    entries = value if isinstance(value, list) else ()
    return _texts([_lowered(one).get("urn") for one in entries if isinstance(one, dict)])


def _texts(value):
    entries = value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(text for text in map(_text, entries) if text))


def _texts_by_language(value):
    entries = value.items() if isinstance(value, dict) else ()
    return {language.lower(): text for language, text in entries if isinstance(text, str)}


def _text(value):
    return value if isinstance(value, str) and value else None


def _time(value):
    """A time in UTC from ISO 8601 with any number of decimals; None for none, and for year 1,
    which is how .NET writes that there is none."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found or value.startswith("0001-"):
        return None
    seconds, decimals, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    try:
        moment = datetime.fromisoformat(f"{seconds}.{(decimals or '0').ljust(6, '0')}{zone}")
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
