"""NAV's Sykepenger API: the sick notes of a sub-unit.

The note's reading rights are checked by NAV for each call on the sub-unit in the filter; a missing
right is answered with 401 and the code IKKE_TILGANG_TIL_RESSURS, which no new token mends.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from . import scopes
from .errors import Unauthorised
from .transport import CALL_ID, ErrorDetails, Transport

SYSTEM = "sykepenger"
SCOPE = scopes.SICK_NOTES
PAGE_SIZE = 1000  # NAV's own limit of one answer
MAX_PDF_BYTES = 10 * 1024 * 1024
NO_ACCESS = "IKKE_TILGANG_TIL_RESSURS"

_NOTE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_ORG_NUMBER = re.compile(r"[0-9]{9}")
_PERSON_NUMBER = re.compile(r"[0-9]{11}")


class NoAccess(Unauthorised):
    """The token is good, but the system user has no right to sick notes of this sub-unit."""

    kind = "no_access"


@dataclass(frozen=True)
class SickNotePage:
    """Notes in the order of their loepenr, as NAV wrote them (not checked; an entry may be
    anything that JSON allows).

    ``complete`` is False when there are more: ask again after the last loepenr.
    """

    notes: list[Any] = field(repr=False)
    complete: bool = True


def read_error(status, headers, data):
    """Read NAV's ``feilkode`` and ``referanseId`` (see :class:`ErrorDetails`)."""
    body = data if isinstance(data, dict) else {}
    code = body.get("feilkode")
    return ErrorDetails(
        code=code,
        reference=body.get("referanseId") or headers.get(CALL_ID),
        error_class=NoAccess if code == NO_ACCESS and status in (401, 403) else None,
    )


def new_transport(base_url, **options):
    """A transport for :class:`SykepengerClient`; ``options`` as of :class:`Transport`."""
    return Transport(SYSTEM, base_url, read_error=read_error, **options)


class SykepengerClient:
    """Reads sick notes.

    :param str base_url: for example ``https://sykepenger-api.nav.no``
    :param token_source: gives the value of an access token with :data:`SCOPE` for the system user;
        called once for each call, so it should cache
    :param transport: by default :func:`new_transport` of the base address
    """

    def __init__(self, base_url, token_source, transport=None):
        self._token_source = token_source
        self._transport = transport or new_transport(base_url)
        if self._transport.read_error is None:
            self._transport.read_error = read_error

    def sick_notes(
        self, orgnr, *, after_loepenr=None, received_from=None, received_to=None, fnr=None
    ):
        """The sick notes of a sub-unit, at most 1 000 of them, by rising loepenr.

        :param str orgnr: the sub-unit's organisation number
        :param int after_loepenr: only notes with a higher number (strictly)
        :param date received_from: only notes that NAV received on this day or later
        :param date received_to: … or earlier
        :param str fnr: only notes of this person
        :return: :class:`SickNotePage`
        :raise NoAccess: no right to this sub-unit's notes
        :raise ClientError: everything else that can fail
        """
        if not _ORG_NUMBER.fullmatch(orgnr):
            raise ValueError("an organisation number has nine digits")
        if fnr is not None and not _PERSON_NUMBER.fullmatch(fnr):
            raise ValueError("an identity number has eleven digits")
        if after_loepenr is not None and after_loepenr < 0:
            raise ValueError("loepenr is not negative")
        wanted = {
            "orgnr": orgnr,
            "fnr": fnr,
            "fom": received_from and received_from.strftime("%Y-%m-%d"),
            "tom": received_to and received_to.strftime("%Y-%m-%d"),
            "fraLoepenr": after_loepenr,
        }
        # NAV refuses keys that it does not know, so only those that are set are sent.
        body = {key: value for key, value in wanted.items() if value is not None}
        answer = self._transport.request(
            "POST",
            "/v1/sykmeldinger",
            operation="sick_notes",
            json=body,
            safe=True,
            headers=self._headers(),
            check=lambda data: isinstance(data, list),
        )
        limited = "X-Warning-limit-reached" in answer.headers or len(answer.data) >= PAGE_SIZE
        return SickNotePage(answer.data, complete=not limited)

    def sick_note(self, note_id):
        """One sick note (dict) by NAV's id.

        :raise NotFound: there is none
        """
        return self._transport.request(
            "GET",
            f"/v1/sykmelding/{_checked(note_id)}",
            operation="sick_note",
            safe=True,
            headers=self._headers(),
            check=lambda data: isinstance(data, dict),
        ).data

    def sick_note_pdf(self, note_id):
        """NAV's PDF of a sick note (bytes).

        :raise InvalidAnswer: what came is no PDF, or is larger than 10 MB
        """
        return self._transport.request(
            "GET",
            f"/v1/sykmelding/{_checked(note_id)}/pdf",
            operation="sick_note_pdf",
            safe=True,
            accept="application/pdf",
            headers=self._headers(),
            check=_is_pdf,
        ).content

    def _headers(self):
        return {"Authorization": f"Bearer {self._token_source()}"}


def _is_pdf(content):
    return content.startswith(b"%PDF-") and len(content) <= MAX_PDF_BYTES


def _checked(note_id):
    """The id as a part of a path: letters, digits and dashes need no quoting."""
    if not isinstance(note_id, str) or not _NOTE_ID.fullmatch(note_id):
        raise ValueError("not an id of a sick note")
    return note_id
