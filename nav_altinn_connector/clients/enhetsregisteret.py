"""Enhetsregisteret: main units (enheter) and sub-units (underenheter). Open data, no token.

A deleted unit is answered with 410, or with 200 and ``slettedato``; both give a deleted
:class:`Unit`.
"""

import re
from dataclasses import dataclass
from datetime import date

from .errors import ClientError, NotFound
from .transport import Transport

SYSTEM = "enhetsregisteret"
MAIN = "main"
SUB = "sub"
PAGE_SIZE = 500
MAX_RESULTS = 10_000  # the register answers nothing beyond page × size = 10 000
MAX_LEVELS = 5  # main units have up to three levels (public sector)
MAX_MAIN_UNITS = 100  # that are asked for their sub-units, in one walk down

_ORG_NUMBER = re.compile(r"[0-9]{9}")
_PATHS = {MAIN: "/enheter", SUB: "/underenheter"}


class TooManyUnits(ClientError):
    """More units than the register lists (10 000), or than are asked about at once."""

    kind = "too_many_units"


@dataclass(frozen=True)
class Unit:
    """An organisation in the register.

    :ivar number: organisation number
    :ivar form_code: 'AS', 'ORGL', …; sub-units have 'BEDR' or 'AAFY'
    :ivar parent: the organisation number of the unit above, or None
    :ivar deleted_on: when it was deleted, if that is known
    :ivar kind: 'main' or 'sub'
    :ivar deleted: whether it is deleted
    """

    number: str
    name: str
    form_code: str | None
    parent: str | None
    deleted_on: date | None
    kind: str
    deleted: bool = False


def new_transport(base_url, **options):
    """A transport for :class:`EnhetsregisteretClient`; ``options`` as of :class:`Transport`."""
    return Transport(SYSTEM, base_url, **options)


class EnhetsregisteretClient:
    """Looks up organisations.

    :param str base_url: for example ``https://data.brreg.no/enhetsregisteret/api``
    """

    def __init__(self, base_url, transport=None):
        self._transport = transport or new_transport(base_url)

    def main_unit(self, orgnr):
        """The main unit (:class:`Unit`) with this number, or None."""
        return self._unit(MAIN, orgnr)

    def sub_unit(self, orgnr):
        """The sub-unit (:class:`Unit`) with this number, or None."""
        return self._unit(SUB, orgnr)

    def lookup(self, orgnr):
        """The sub-unit, else the main unit with this number, or None.

        Main units below another one (ORGL in the public sector) are main units.
        """
        return self.sub_unit(orgnr) or self.main_unit(orgnr)

    def ancestors(self, unit):
        """The units above ``unit``, the nearest first (list of :class:`Unit`)."""
        above = []
        seen = {unit.number}
        while unit and unit.parent and unit.parent not in seen and len(above) < MAX_LEVELS:
            seen.add(unit.parent)
            unit = self.main_unit(unit.parent)
            if unit:
                above.append(unit)
        return above

    def sub_units(self, parent):
        """All sub-units directly below a main unit, by number (list of :class:`Unit`).

        :raise TooManyUnits: there are more than the register lists
        """
        return self._below(SUB, parent, "sub_units")

    def lower_main_units(self, parent):
        """All main units directly below a main unit, by number (list of :class:`Unit`).

        Only the public sector has such (ORGL).

        :raise TooManyUnits: there are more than the register lists
        """
        return self._below(MAIN, parent, "lower_main_units")

    def sub_units_below(self, unit):
        """All sub-units below a main unit, also below its lower main units, by number.

        The walk goes down MAX_LEVELS levels and meets each main unit once. It asks twice for each
        main unit (and for further pages of long lists), of which there may be MAX_MAIN_UNITS; of
        those that are deleted it asks nothing. A private company takes two calls.

        :param unit: a main unit (:class:`Unit`), or its number
        :return: list of :class:`Unit`
        :raise TooManyUnits: there are more sub-units or main units than that
        """
        return self.below(unit)[0]

    def below(self, unit):
        """The sub-units below a main unit and its lower main units, as two lists by number; see
        :meth:`sub_units_below`."""
        top = unit.number if isinstance(unit, Unit) else unit
        subs, mains = {}, {}
        level, seen = [top], {top}
        for depth in range(MAX_LEVELS):
            lower = {}
            for number in level:
                subs.update({sub.number: sub for sub in self.sub_units(number)})
                if depth + 1 < MAX_LEVELS:
                    lower.update({main.number: main for main in self.lower_main_units(number)})
            lower = {number: main for number, main in lower.items() if number not in seen}
            mains.update(lower)
            seen.update(lower)
            level = sorted(number for number, main in lower.items() if not main.deleted)
            if not level:
                break
            if len(seen) > MAX_MAIN_UNITS:
                raise TooManyUnits(self._transport.system, "lower_main_units")
        return _sorted(subs), _sorted(mains)

    def _below(self, kind, parent, operation):
        name = _PATHS[kind].removeprefix("/")
        found = {}
        page, pages = 0, 1
        while page < pages:
            data = self._transport.request(
                "GET",
                _PATHS[kind],
                operation=operation,
                safe=True,
                check=lambda data: _is_unit_list(data, name),
                entries=lambda data: _units(data, name),
                params={"overordnetEnhet": _checked(parent), "page": page, "size": PAGE_SIZE},
            ).data
            pages = data["page"]["totalPages"]
            if pages * PAGE_SIZE > MAX_RESULTS:
                raise TooManyUnits(self._transport.system, operation)
            for entry in _units(data, name):
                found[entry["organisasjonsnummer"]] = _read_unit(entry, kind)
            page += 1
        return _sorted(found)

    def _unit(self, kind, orgnr):
        gone = None
        try:
            data = self._transport.request(
                "GET",
                f"{_PATHS[kind]}/{_checked(orgnr)}",
                operation=f"{kind}_unit",
                safe=True,
                check=_is_unit,
            ).data
        except NotFound as error:
            if error.status != 410:
                return None
            gone = error.data if isinstance(error.data, dict) else {}
        if gone is None:
            return _read_unit(data, kind)
        return _read_unit({**gone, "organisasjonsnummer": orgnr}, kind, deleted=True)


def _sorted(units):
    return [units[number] for number in sorted(units)]


def _checked(orgnr):
    if not isinstance(orgnr, str) or not _ORG_NUMBER.fullmatch(orgnr):
        raise ValueError("an organisation number has nine digits")
    return orgnr


def _is_unit(data):
    return (
        isinstance(data, dict)
        and isinstance(data.get("organisasjonsnummer"), str)
        and bool(_ORG_NUMBER.fullmatch(data["organisasjonsnummer"]))
    )


def _units(data, name):
    # HAL leaves `_embedded` out when there is nothing in it.
    return data.get("_embedded", {}).get(name, [])


def _is_unit_list(data, name):
    page = data.get("page") if isinstance(data, dict) else None
    if not isinstance(page, dict) or type(page.get("totalPages")) is not int:
        return False
    embedded = data.get("_embedded", {})
    units = embedded.get(name, []) if isinstance(embedded, dict) else None
    return isinstance(units, list) and all(map(_is_unit, units))


def _read_unit(data, kind, deleted=False):
    form = data.get("organisasjonsform")
    parent = _text(data.get("overordnetEnhet"))
    deleted_on = _date(data.get("slettedato"))
    return Unit(
        number=data["organisasjonsnummer"],
        name=_text(data.get("navn")) or "",
        form_code=_text(form.get("kode")) if isinstance(form, dict) else None,
        parent=parent if parent and _ORG_NUMBER.fullmatch(parent) else None,
        deleted_on=deleted_on,
        kind=kind,
        deleted=deleted or deleted_on is not None,
    )


def _text(value):
    return value if isinstance(value, str) and value else None


def _date(value):
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
