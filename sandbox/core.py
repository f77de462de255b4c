"""The sandbox without its network: its state, population, faults, and what a test does with it."""

import uuid
from datetime import date, datetime
from pathlib import Path

from . import persistence
from .altinn_helpers import AltinnHelpers
from .faults import Faults
from .followup_plan_helpers import FollowUpPlanHelpers
from .notes import build_note
from .organisations import Organisation
from .population import Plan, make_population
from .registrations import SICK_NOTE_RESOURCE
from .request_log import RequestLog
from .state import ALL_SCOPES, SandboxState


class Sandbox(AltinnHelpers, FollowUpPlanHelpers):
    """A local NAV, and what stands before it.

    :param plan: the population; an existing state file's plan goes before it
    :param state_file: where registrations and added notes are kept over a restart
    """

    def __init__(self, plan: Plan | None = None, state_file: str | Path | None = None):
        self.base_url = ""
        self.state_file = Path(state_file) if state_file else None
        saved = persistence.read_file(self.state_file) if self.state_file else None
        self.plan = Plan.from_dict(saved["plan"]) if saved else plan or Plan()
        self.requests = RequestLog()
        self._start(saved)

    def _start(self, saved: dict | None):
        self.state = SandboxState(self.plan.today)
        self.faults = Faults(self.state.clock)
        self._saved_changes = 0
        population = make_population(self.plan)
        self.main_unit = population.main_unit
        for unit in population.organisations:
            self.state.organisations.add(unit)
        self.state.employees = population.employees
        for raw in population.notes:
            self.state.notes.add(
                raw, loepenr=raw["loepenr"], orgnr=raw["arbeidsgiver"]["orgnr"], added=False
            )
        if saved:
            persistence.load_state(self.state, saved)
            self._saved_changes = self.state.changes

    # -- addresses -------------------------------------------------------------------------

    @property
    def maskinporten_url(self) -> str:
        """The address of Maskinporten, which is its issuer, with the slash at its end."""
        return f"{self.base_url}/maskinporten/"

    issuer = maskinporten_url

    @property
    def sykepenger_url(self) -> str:
        return f"{self.base_url}/sykepenger"

    @property
    def enhetsregisteret_url(self) -> str:
        return f"{self.base_url}/enhetsregisteret/api"

    @property
    def altinn_url(self) -> str:
        """The address of Altinn's platform; its API lies below `/authentication/api/v1`."""
        return f"{self.base_url}/altinn"

    @property
    def admin_url(self) -> str:
        return f"{self.base_url}/admin"

    @property
    def urls(self) -> dict[str, str]:
        """All addresses by their names."""
        return {
            "maskinporten_url": self.maskinporten_url,
            "sykepenger_url": self.sykepenger_url,
            "enhetsregisteret_url": self.enhetsregisteret_url,
            "altinn_url": self.altinn_url,
            "followup_plan_url": self.followup_plan_url,
            "admin_url": self.admin_url,
        }

    # -- what there is ---------------------------------------------------------------------

    @property
    def clock(self):
        return self.state.clock

    @property
    def options(self):
        return self.state.options

    @property
    def employees(self) -> list[dict]:
        """The employees: fnr, name, orgnr and unit_name of the sub-unit, d_number."""
        return self.state.employees

    @property
    def units(self) -> list[str]:
        """The organisation numbers of the main unit's sub-units."""
        return [unit.orgnr for unit in self.state.organisations.sub_units_below(self.main_unit)]

    def notes(self, orgnr: str | None = None) -> list[dict]:
        """Return the notes (of a sub-unit) as JSON values, in the order of their number."""
        with self.state.lock:
            found = [note for note in self.state.notes if orgnr in (None, note.orgnr)]
            return [note.raw for note in sorted(found, key=lambda note: note.loepenr)]

    # -- what can be done ------------------------------------------------------------------

    def allow(
        self,
        client_id,
        jwk,
        owner_orgnr,
        orgnr=None,
        units="all",
        scopes=None,
        *,
        resources=None,
        redirect_urls=(),
        system_id=None,
    ):
        """Register a client with its public key, its system, and an organisation's system user.

        It is as if all of it had been approved long ago, so no delay applies.

        :param jwk: the public key (with kid), or a list of them
        :param orgnr: the organisation that approves, by default the main unit
        :param units: `"all"` for all below it, or a list of sub-units
        :param scopes: by default all that there are
        :param resources: what the system and its user have, by default the sick notes
        :param system_id: by default the system that the client belongs to, or a new one
        :return: the system user
        :raises ValueError: a key or number that is not good, or a client of another system
        """
        keys = jwk if isinstance(jwk, list) else [jwk]
        resources = resources or [SICK_NOTE_RESOURCE]
        with self.state.lock:
            self.state.register_client(client_id, owner_orgnr, scopes or ALL_SCOPES, keys)
            holder = self.state.system_of_client(client_id)
            if system_id is None:
                system_id = holder.system_id if holder else f"{owner_orgnr}_sandbox"
            self.state.register_system(
                system_id,
                owner_orgnr,
                [client_id],
                resources=resources,
                redirect_urls=redirect_urls,
            )
            return self.state.register_system_user(
                system_id, orgnr or self.main_unit, units=units, resources=resources
            )

    def add_note(
        self, *, fnr=None, orgnr=None, periods, loepenr=None, received=None, name=None, **more
    ) -> dict:
        """Add a valid note and return it as NAV answers it.

        :param fnr: by default the first employee's; another person may be unknown to all
        :param orgnr: the sub-unit, by default the employee's
        :param periods: `[{"fom", "tom", "kind", "degree"}]`, see :func:`notes.build_period`
        :param loepenr: by default the next number
        :param received: date or local time when NAV received it, by default now
        :param more: further arguments of :func:`notes.build_note`
        :raises ValueError: unknown kind, or no sub-unit
        """
        with self.state.lock:
            person = self._person(fnr)
            orgnr = orgnr or person.get("orgnr")
            if not orgnr:
                raise ValueError("orgnr is needed for a person who is not employed here")
            unit = self.state.organisations.get(orgnr)
            raw = build_note(
                loepenr=self.state.notes.take_number() if loepenr is None else loepenr,
                fnr=fnr or person["fnr"],
                name=name or person.get("name", "Ukjent Person"),
                orgnr=orgnr,
                periods=periods,
                received=self._moment(received),
                **{"org_name": unit.name if unit else None, **more},
            )
            self.state.notes.add(raw, loepenr=raw["loepenr"], orgnr=orgnr)
            self.state.changed()
            return raw

    def add_raw_note(self, raw, *, orgnr=None, loepenr=None, note_id=None, received=None):
        """Add a note of any shape, served as it is.

        :param orgnr: the sub-unit under which it is found, by default the one in the note, else
            the first
        :param loepenr: its place in the order, by default the one in the note, else the next
        :return: the note's :class:`StoredNote`
        """
        with self.state.lock:
            found = raw if isinstance(raw, dict) else {}
            employer = found.get("arbeidsgiver")
            inner = employer.get("orgnr") if isinstance(employer, dict) else None
            if loepenr is None:
                loepenr = found.get("loepenr")
            if type(loepenr) is not int:
                loepenr = self.state.notes.take_number()
            note = self.state.notes.add(
                raw,
                loepenr=loepenr,
                orgnr=orgnr or (inner if isinstance(inner, str) else self.units[0]),
                note_id=note_id or found.get("sykmeldingId") or str(uuid.uuid4()),
                received=self._moment(received).date(),
            )
            self.state.changed()
            return note

    def add_organisation(self, orgnr, name, form="BEDR", parent=None, **more) -> Organisation:
        """Add or replace a unit; see :class:`organisations.Organisation`."""
        with self.state.lock:
            self.state.changed()
            return self.state.organisations.add(Organisation(orgnr, name, form, parent, **more))

    def delete_organisation(self, orgnr: str, day=None):
        """Mark a unit as deleted, today or on `day`."""
        with self.state.lock:
            self.state.organisations.delete(orgnr, day or self.clock.today)
            self.state.changed()

    def expire_tokens(self):
        """End all access tokens given out so far."""
        self.state.expire_tokens()

    def reset(self):
        """Start over: the population as at first, nothing registered, no faults, empty log."""
        with self.state.lock:
            self.requests.clear()
            self._start(None)
            self.state.changed()

    def save(self):
        """Write the state file, when there is one and something has changed."""
        if self.state_file and self.state.changes != self._saved_changes:
            with self.state.lock:
                self._saved_changes = self.state.changes
                saved = persistence.dump_state(self.state, self.plan)
                persistence.write_file(self.state_file, saved)

    # -- helpers ---------------------------------------------------------------------------

    def _person(self, fnr: str | None) -> dict:
        for person in self.state.employees:
            if fnr in (None, person["fnr"]):
                return person
        return {} if fnr else {"fnr": None}

    def _moment(self, value) -> datetime:
        if value is None:
            return self.clock.local()
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day, 8)
        return value
