"""What Altinn knows about requests for system users, and what a person may do with one."""

from dataclasses import dataclass, field

from .problems import problem

REGISTER_SCOPE = "altinn:authentication/systemregister.write"
REQUEST_WRITE_SCOPE = "altinn:authentication/systemuser.request.write"
REQUEST_READ_SCOPE = "altinn:authentication/systemuser.request.read"
ALTINN_SCOPES = (REGISTER_SCOPE, REQUEST_WRITE_SCOPE, REQUEST_READ_SCOPE)
DAYS_OPEN = 180
DAY = 24 * 3600
NEW, ACCEPTED, REJECTED, DENIED, TIMED_OUT = "New", "Accepted", "Rejected", "Denied", "Timedout"
NO_CHANGE_NEEDED = "NoChangeNeeded"
DECIDED_CODES = {ACCEPTED: 6, DENIED: 8, REJECTED: 9}

# The resources that exist, by the words that the approval page shows.
RESOURCES = {
    "nav_sykepenger_sykmelding": "Sick notes (sykmeldinger)",
    "nav_sykepenger_soeknad": "Applications for sickness benefit",
    "nav_sykepenger_inntektsmelding": "Income reports",
    "nav_sykepenger_dialog": "Dialogues about sickness benefit",
    "nav_syfo_oppgi-narmesteleder": "Line managers of employees on sick leave",
    "nav_syfo_dialogmote": "Letters about dialogue meetings",
    "nav_syfo_oppfolgingsplan": "Follow-up plans made at NAV",
}
# Exists, but is a Maskinporten scope: no system user can have it.
SCOPE_RESOURCES = ("nav_oppfolgingsplan_lps-write",)


@dataclass(frozen=True)
class Package:
    """An access package: the resources in it, and whom it can be given to."""

    resources: tuple[str, ...] = ()
    for_clients: bool = False
    delegable: bool = True


_PACKAGE = "urn:altinn:accesspackage:"
PACKAGES = {
    f"{_PACKAGE}sykefravaer": Package(tuple(RESOURCES)),
    f"{_PACKAGE}lonn-personopplysninger-saerlig-kategori": Package(tuple(RESOURCES)),
    f"{_PACKAGE}lonn": Package(),
    f"{_PACKAGE}permisjon": Package(),
    f"{_PACKAGE}regnskapsforer-lonn": Package(for_clients=True),
    f"{_PACKAGE}ansvarlig-revisor": Package(for_clients=True),
    f"{_PACKAGE}konkursbo-tilgangsstyrer": Package(delegable=False),
}


@dataclass(frozen=True)
class Person:
    """A test person who can log in to Altinn, described by what they may do.

    :param role: what the person is, in words
    :param may_decide: has the role of access manager (Tilgangsstyrer)
    :param has_rights: holds the rights that are asked for, and so can give them on
    :param is_outsider: has nothing to do with the organisation
    """

    role: str
    may_decide: bool = False
    has_rights: bool = False
    is_outsider: bool = False


PERSONS = {
    "access_manager": Person("Access manager (Tilgangsstyrer)", may_decide=True, has_rights=True),
    "limited": Person("Access manager without NAV rights", may_decide=True),
    "employee": Person("Employee without the role"),
    "outsider": Person("Person from another organisation", is_outsider=True),
}


@dataclass
class SystemUserRequest:
    """A request for a system user, or (`is_change`) for a change of one.

    :param external_ref: the vendor's reference; the organisation number when none was given
    :param status: as it was last set; see :meth:`AltinnRequests.status`
    :param created: seconds since the epoch
    """

    id: str
    system_id: str
    orgnr: str
    external_ref: str
    resources: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    unwanted_resources: list[str] = field(default_factory=list)
    unwanted_packages: list[str] = field(default_factory=list)
    title: str = ""
    redirect_url: str | None = None
    status: str = NEW
    escalated: bool = False
    created: float = 0.0
    is_change: bool = False
    system_user_id: str | None = None


class AltinnRequests:
    """All requests, and the register's log of changes.

    The sandbox holds its lock around every call.
    """

    def __init__(self, state):
        self._state = state
        self.all: dict[str, SystemUserRequest] = {}
        self.change_log: list[dict] = []

    def add(self, request: SystemUserRequest) -> SystemUserRequest:
        """Store a new request, dated now."""
        request.created = self._state.clock.now()
        self.all[request.id] = request
        self._state.changed()
        return request

    def log_change(self, system, kind: str, client_id: str | None, data):
        """Remember a change of the register: create, update, rightsupdate, … and what was sent."""
        self.change_log.append(
            {
                "systemInternalId": system.internal_id,
                "changedByOrgNumber": system.owner_orgnr,
                "changeType": kind,
                "changedData": data,
                "clientId": client_id,
                "created": self._state.clock.now(),
            }
        )

    def status(self, request: SystemUserRequest) -> str:
        """Return a request's status now: a pending one times out after DAYS_OPEN days."""
        age = self._state.clock.now() - request.created
        return TIMED_OUT if request.status == NEW and age >= DAYS_OPEN * DAY else request.status

    def get(self, request_id: str, *, is_change: bool) -> SystemUserRequest:
        """Return the request with this id.

        :raises ServiceError: AUTH-00010
        """
        found = self.all.get(request_id)
        if found is None or found.is_change != is_change:
            raise problem(10)
        return found

    def find(self, system_id, orgnr, external_ref, *, is_change=False):
        """Return the newest request with these references, or None."""
        wanted = (system_id, orgnr, external_ref, is_change)
        for item in reversed(self.all.values()):
            if (item.system_id, item.orgnr, item.external_ref, item.is_change) == wanted:
                return item
        return None

    def of(self, *, system_id=None, orgnr=None, is_change=None) -> list[SystemUserRequest]:
        """Return the requests of a system, an organisation, or all, oldest first."""
        return [
            item
            for item in self.all.values()
            if system_id in (None, item.system_id)
            and orgnr in (None, item.orgnr)
            and is_change in (None, item.is_change)
        ]

    def delete(self, request: SystemUserRequest):
        """Delete a request: its references are free again."""
        del self.all[request.id]
        self._state.changed()

    def forget_request_of(self, user):
        """Delete the request that a system user came from: what Altinn does on its removal."""
        request = self.find(user.system_id, user.orgnr, user.external_ref or user.orgnr)
        if request is not None and self.status(request) == ACCEPTED:
            self.delete(request)

    # -- what a person does on the page ----------------------------------------------------

    def approve(self, request: SystemUserRequest, person="access_manager", units="all"):
        """Approve a request: the system user is made, or changed. Return it.

        :param person: a key of PERSONS
        :param units: the sub-units on which it gets the rights
        :raises ServiceError: with the code that says why not
        """
        self._check_open(request)
        self._check_person(person, must_have_rights=True)
        state = self._state
        system = state.systems.get(request.system_id)
        if system is None or system.deleted:
            raise problem(11)
        if not set(request.resources) <= set(system.resources):
            raise problem(1)
        now = state.clock.now()
        user = self._changed_user(request, now) if request.is_change else None
        if user is None:
            user = self._new_user(request, units, now)
        request.status, request.system_user_id = ACCEPTED, user.id
        state.changed()
        return user

    def _new_user(self, request: SystemUserRequest, units, now: float):
        state = self._state
        reference = None if request.external_ref == request.orgnr else request.external_ref
        if state.find_system_user(request.system_id, request.orgnr, reference):
            raise problem(4)
        user = state.new_system_user(request.system_id, request.orgnr, reference, units)
        user.resources, user.title = [], request.title
        user.give(request.resources, request.packages, now)
        user.created = user.approved_at = now
        return user

    def _changed_user(self, request: SystemUserRequest, now: float):
        user = self._state.system_users.get(request.system_user_id)
        if user is None or user.revoked:
            raise problem(15)
        user.give(request.resources, request.packages, now)
        user.take(request.unwanted_resources, request.unwanted_packages)
        return user

    def reject(self, request: SystemUserRequest, person="access_manager"):
        """Reject a request.

        :raises ServiceError: with the code that says why not
        """
        self._check_open(request)
        self._check_person(person)
        request.status = REJECTED
        self._state.changed()

    def escalate(self, request: SystemUserRequest, person="employee"):
        """Leave a request to those who may decide it.

        :raises ServiceError: with the code that says why not
        """
        self._check_open(request)
        if PERSONS[person].is_outsider:
            raise problem(41)
        request.escalated = True
        self._state.changed()

    def set_status(self, request: SystemUserRequest, status: str):
        """Set the status with nobody's doing: denied, or too old."""
        self._check_open(request)
        request.status = status
        self._state.changed()

    def _check_open(self, request: SystemUserRequest):
        if self.status(request) != NEW:
            raise problem(13)

    @staticmethod
    def _check_person(key: str, *, must_have_rights=False):
        person = PERSONS[key]
        if person.is_outsider:
            raise problem(41)
        if not person.may_decide:
            raise problem(66)
        if must_have_rights and not person.has_rights:
            raise problem(16)
