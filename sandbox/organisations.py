"""The organisations that exist in the sandbox: main units, levels between, and sub-units."""

from dataclasses import asdict, dataclass
from datetime import date

from .identity_numbers import is_org_number

SUB_UNIT_FORMS = {
    "BEDR": "Underenhet til næringsdrivende og offentlig forvaltning",
    "AAFY": "Underenhet til ikke-næringsdrivende",
}
MAIN_UNIT_FORMS = {
    "AS": "Aksjeselskap",
    "ENK": "Enkeltpersonforetak",
    "KOMM": "Kommune",
    "ORGL": "Organisasjonsledd",
    "STAT": "Staten",
}


@dataclass
class Organisation:
    """One unit.

    :param form: the code of its organisation form; BEDR and AAFY are sub-units
    :param parent: organisation number of the unit above, or None at the top
    :param deleted: the day it was deleted (`slettedato`), or None
    """

    orgnr: str
    name: str
    form: str = "BEDR"
    parent: str | None = None
    employees: int = 0
    street: str = "Lyngveien 1"
    postal_code: str = "0150"
    city: str = "OSLO"
    municipality: str = "0301"
    started: str = "2015-01-01"
    closed: str | None = None
    deleted: str | None = None

    @property
    def is_sub_unit(self) -> bool:
        return self.form in SUB_UNIT_FORMS

    def to_dict(self) -> dict:
        return asdict(self)


class Organisations:
    """The register: units by their organisation number."""

    def __init__(self):
        self._units: dict[str, Organisation] = {}

    def __iter__(self):
        return iter(self._units.values())

    def __len__(self):
        return len(self._units)

    def add(self, unit: Organisation) -> Organisation:
        """Store or replace a unit.

        :raises ValueError: the number is not valid, the form or the parent is unknown
        """
        if not is_org_number(unit.orgnr):
            raise ValueError(f"not an organisation number: {unit.orgnr}")
        if unit.form not in SUB_UNIT_FORMS and unit.form not in MAIN_UNIT_FORMS:
            raise ValueError(f"unknown organisation form: {unit.form}")
        if unit.parent is not None and unit.parent not in self._units:
            raise ValueError(f"unknown parent: {unit.parent}")
        if unit.is_sub_unit and unit.parent is None:
            raise ValueError("a sub-unit has a parent")
        self._units[unit.orgnr] = unit
        return unit

    def get(self, orgnr: str) -> Organisation | None:
        return self._units.get(orgnr)

    def sub_units(self, parent: str | None = None) -> list[Organisation]:
        """Return the sub-units directly below `parent` (or all) that are not deleted."""
        return [
            unit
            for unit in self._units.values()
            if unit.is_sub_unit and not unit.deleted and parent in (None, unit.parent)
        ]

    def main_units(self, parent: str | None = None) -> list[Organisation]:
        """Return the main units directly below `parent` (or all) that are not deleted."""
        return [
            unit
            for unit in self._units.values()
            if not unit.is_sub_unit and not unit.deleted and parent in (None, unit.parent)
        ]

    def sub_units_below(self, top: str) -> list[Organisation]:
        """Return the sub-units at any depth below `top` that are not deleted."""
        return [unit for unit in self.sub_units() if self.is_within(unit.orgnr, top)]

    def is_within(self, orgnr: str, top: str) -> bool:
        """Tell whether `orgnr` is `top` or lies at any depth below it."""
        seen = set()
        while orgnr is not None and orgnr not in seen:
            if orgnr == top:
                return True
            seen.add(orgnr)
            unit = self._units.get(orgnr)
            orgnr = unit.parent if unit else None
        return False

    def delete(self, orgnr: str, day: date | str):
        """Mark a unit as deleted on `day`.

        :raises KeyError: the unit is unknown
        """
        self._units[orgnr].deleted = str(day)
