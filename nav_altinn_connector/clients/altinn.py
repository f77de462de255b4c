"""Altinn: the vendor's side of the system register and of system users.

All calls carry a plain Maskinporten token of the vendor, each with the scope that Altinn documents
for it. Not obvious, and taken from Altinn's list of scopes: a single system user is looked up with
the scope that writes requests, and the system users of a system are listed with the scope of the
system register.
"""

from urllib.parse import parse_qsl, unquote, urlsplit

from . import altinn_messages as messages
from . import scopes
from .addresses import is_loopback
from .altinn_errors import (
    AltinnError,
    RegisterProblem,
    next_step,
    read_error,
    step_for,
    validation_number,
)
from .altinn_messages import (
    ACCEPTED,
    DENIED,
    NEW,
    NO_CHANGE,
    REJECTED,
    TIMED_OUT,
    RegisteredSystem,
    SystemUser,
    SystemUserRequest,
    Unreadable,
    read_request,
    read_system,
    read_system_user,
)
from .errors import ClientError, InvalidAnswer, NotFound
from .transport import Transport

__all__ = [
    "ACCEPTED",
    "DENIED",
    "NEW",
    "NO_CHANGE",
    "REJECTED",
    "SCOPE_REGISTER",
    "SCOPE_REQUEST_READ",
    "SCOPE_REQUEST_WRITE",
    "SYSTEM",
    "TIMED_OUT",
    "AltinnClient",
    "AltinnError",
    "RegisterProblem",
    "RegisteredSystem",
    "SystemUser",
    "SystemUserRequest",
    "new_transport",
    "next_step",
    "read_error",
    "step_for",
    "validation_number",
]

SYSTEM = "altinn"
SCOPE_REGISTER = scopes.SYSTEM_REGISTER
SCOPE_REQUEST_WRITE = scopes.REQUEST_WRITE
SCOPE_REQUEST_READ = scopes.REQUEST_READ

MAX_BYTES = 4 * 1024 * 1024
MAX_PAGES = 200

_API = "/authentication/api/v1"
_SYSTEMS = f"{_API}/systemregister/vendor"
_REQUESTS = f"{_API}/systemuser/request/vendor"
_CHANGES = f"{_API}/systemuser/changerequest/vendor"
_USERS = f"{_API}/systemuser/vendor"
# Where the answer's body says nothing that is needed, it is not looked at.
_ANY_TYPE = "application/json, */*;q=0.1"

# 404 with one of these codes, or with none, says that there is no such thing.
_NO_SUCH_SYSTEM = {"AUTH-00011", "AUTH-00017"}
_NO_SUCH_REQUEST = {"AUTH-00010"}
_NO_SUCH_USER = {"AUTH-00015"}


def new_transport(base_url, **options):
    """A transport for :class:`AltinnClient`; ``options`` as of :class:`Transport`."""
    return Transport(
        SYSTEM, base_url, **{"read_error": read_error, "max_bytes": MAX_BYTES, **options}
    )


class AltinnClient:
    """Registers the vendor's system and asks employers for system users.

    Calls that make or replace something are never repeated by themselves; after
    an ``uncertain`` error ask :meth:`request_by_reference` or :meth:`system` what became of them.

    :param str base_url: for example ``https://platform.altinn.no``
    :param token: gives the value of the vendor's access token with a scope; called once for each
        call, so it should cache
    :param transport: by default :func:`new_transport` of the base address
    """

    def __init__(self, base_url, token, transport=None):
        self._token = token
        self._transport = transport or new_transport(base_url)
        if self._transport.read_error is None:
            self._transport.read_error = read_error
        self._host = urlsplit(self._transport.base_url).hostname
        self._loopback = is_loopback(self._host)

    # ------------------------------------------------------------------ the system register

    def system(self, system_id):
        """The vendor's :class:`RegisteredSystem` with this id, or None.

        :raise Forbidden: it belongs to another vendor
        :raise ClientError: everything else that can fail
        """
        return self._look_up(
            f"{_SYSTEMS}/{messages.system_step(system_id)}",
            SCOPE_REGISTER,
            "system",
            read_system,
            _NO_SUCH_SYSTEM,
        )

    def register_system(self, system):
        """Register a new :class:`RegisteredSystem`.

        :raise AltinnError: with ``validation`` when something in it is refused;
            ``system_exists`` when it is there already
        """
        self._call(
            "POST",
            _SYSTEMS,
            SCOPE_REGISTER,
            "register_system",
            json=messages.system_body(system),
            accept=_ANY_TYPE,
        )

    def update_system(self, system):
        """Replace all that is registered of a system by this :class:`RegisteredSystem`.

        :raise AltinnError: with ``validation`` when something in it is refused
        :raise NotFound: it is not registered, or by another vendor
        """
        self._call(
            "PUT",
            f"{_SYSTEMS}/{messages.system_step(system.system_id)}",
            SCOPE_REGISTER,
            "update_system",
            json=messages.system_body(system),
            accept=_ANY_TYPE,
        )

    # ------------------------------------------------------------------ requests

    def create_request(
        self,
        *,
        system_id,
        org_number,
        resources,
        packages=(),
        external_ref=None,
        redirect_url=None,
        title=None,
    ):
        """Ask an employer for a system user.

        Altinn answers with the request that exists for the same system, employer and reference,
        if there is one that has not timed out. Then ``existed`` is True, and its status may be any:
        also accepted, rejected or denied.

        :param str org_number: the employer; nine digits
        :param resources: ids of resources; a system user needs one, or one of ``packages``
        :param external_ref: needed only for a second system user of the same employer
        :param redirect_url: where people are sent after approval; in the system register
        :param title: what the employer sees; by default the system's name
        :return: :class:`SystemUserRequest`
        :raise AltinnError: refused; :func:`next_step` of its code says what to do
        """
        if not resources and not packages:
            raise ValueError("a system user needs at least one resource or access package")
        body = {
            "systemId": messages.system_id(system_id),
            "partyOrgNo": messages.org_number(org_number),
            "externalRef": messages.own_reference(external_ref, org_number),
            "integrationTitle": title or None,
            "rights": messages.rights(resources),
            "accessPackages": messages.packages(packages),
            "redirectUrl": redirect_url or None,
        }
        return self._create(_REQUESTS, "create_request", body)

    def request(self, request_id):
        """The :class:`SystemUserRequest` with this id, or None."""
        return self._request(f"{_REQUESTS}/{messages.altinn_id(request_id)}", "request")

    def request_by_reference(self, system_id, org_number, external_ref=None):
        """The :class:`SystemUserRequest` of an employer, or None.

        :param external_ref: by default the organisation number, as at Altinn
        """
        steps = (
            messages.system_step(system_id),
            messages.org_number(org_number),
            messages.step(messages.reference(external_ref, org_number)),
        )
        return self._request(f"{_REQUESTS}/byexternalref/{'/'.join(steps)}", "request_by_reference")

    def requests(self, system_id):
        """All requests for a system, one after the other (iterator of :class:`SystemUserRequest`).

        They come without ``confirm_url``. Entries that cannot be understood are left out.
        """
        path = f"{_REQUESTS}/bysystem/{messages.system_step(system_id)}"
        return self._pages(path, SCOPE_REQUEST_READ, "requests", self._read_request)

    def delete_request(self, request_id):
        """Withdraw a request. False when Altinn did not have it (any more)."""
        return self._delete(f"{_REQUESTS}/{messages.altinn_id(request_id)}", "delete_request")

    # ------------------------------------------------------------------ change requests

    def create_change_request(
        self,
        correlation_id,
        *,
        system_id,
        org_number,
        external_ref=None,
        required_resources=(),
        unwanted_resources=(),
        required_packages=(),
        unwanted_packages=(),
        redirect_url=None,
        system_user_id=None,
    ):
        """Ask an employer to change the rights of a system user.

        Altinn's documents name the system user by its id, its code partly by system, employer and
        reference. All are sent; the id is looked up when it is not given. To add what is there, or
        to remove what is not, is no error.

        :param str correlation_id: a new UUID for each change, by which it is known afterwards;
            repeated with the same one, Altinn gives back the request that exists
        :return: :class:`SystemUserRequest`; its status is 'no_change' when all is so already
        :raise AltinnError: refused; :func:`next_step` of its code says what to do
        """
        params = {
            "correlation-id": messages.altinn_id(correlation_id),
            "system-id": messages.system_id(system_id),
            "orgno": messages.org_number(org_number),
            "external-ref": messages.own_reference(external_ref, org_number),
        }
        if system_user_id is None:
            user = self.system_user(system_id, org_number, external_ref)
            system_user_id = user and user.id
        if system_user_id is not None:
            params["system-user-id"] = messages.altinn_id(system_user_id)
        body = {
            "requiredRights": messages.rights(required_resources),
            "unwantedRights": messages.rights(unwanted_resources),
            "requiredAccessPackages": messages.packages(required_packages),
            "unwantedAccessPackages": messages.packages(unwanted_packages),
            "redirectUrl": redirect_url or None,
        }
        return self._create(_CHANGES, "create_change_request", body, messages.given(params))

    def change_request(self, request_id):
        """The change request (:class:`SystemUserRequest`) with this correlation id, or None."""
        return self._request(f"{_CHANGES}/{messages.altinn_id(request_id)}", "change_request")

    def delete_change_request(self, request_id):
        """Withdraw a change request. False when Altinn did not have it (any more)."""
        return self._delete(f"{_CHANGES}/{messages.altinn_id(request_id)}", "delete_change_request")

    # ------------------------------------------------------------------ system users

    def system_user(self, system_id, org_number, external_ref=None):
        """The :class:`SystemUser` of an employer, or None when there is none (any more)."""
        params = {
            "system-id": messages.system_id(system_id),
            "orgno": messages.org_number(org_number),
            "external-ref": messages.own_reference(external_ref, org_number),
        }
        return self._look_up(
            f"{_USERS}/byquery",
            SCOPE_REQUEST_WRITE,
            "system_user",
            read_system_user,
            _NO_SUCH_USER,
            params=messages.given(params),
        )

    def system_users(self, system_id):
        """All system users of a system that are not deleted (iterator of :class:`SystemUser`).

        Entries that cannot be understood are left out.
        """
        path = f"{_USERS}/bysystem/{messages.system_step(system_id)}"
        return self._pages(path, SCOPE_REGISTER, "system_users", read_system_user)

    # ------------------------------------------------------------------ calls

    def _call(self, method, path, scope, operation, **options):
        headers = {"Authorization": f"Bearer {self._token(scope)}"}
        return self._transport.request(
            method, path, operation=operation, headers=headers, **options
        )

    def _look_up(self, path, scope, operation, read, absent, params=None):
        """What a GET finds, or None when it says that there is no such thing."""

        def check(data):
            return data is None or _is_readable(read, data)

        try:
            data = self._call(
                "GET", path, scope, operation, params=params, safe=True, check=check
            ).data
        except ClientError as error:
            if not _is_absent(error, absent):
                raise
            return None
        return None if data is None else read(data)

    def _create(self, path, operation, body, params=None):
        answer = self._call(
            "POST",
            path,
            SCOPE_REQUEST_WRITE,
            operation,
            json=messages.given(body),
            params=params,
            check=lambda data: _is_readable(self._read_request, data),
        )
        return self._read_request(answer.data, existed=answer.status == 200)

    def _request(self, path, operation):
        return self._look_up(
            path, SCOPE_REQUEST_READ, operation, self._read_request, _NO_SUCH_REQUEST
        )

    def _delete(self, path, operation):
        try:
            self._call("DELETE", path, SCOPE_REQUEST_WRITE, operation, safe=True, accept=_ANY_TYPE)
        except ClientError as error:
            if not _is_absent(error, _NO_SUCH_REQUEST):
                raise
            return False
        return True

    def _read_request(self, data, existed=False):
        return read_request(data, loopback=self._loopback, existed=existed)

    def _pages(self, path, scope, operation, read):
        params, seen = None, set()
        for _number in range(MAX_PAGES):
            data = self._call(
                "GET",
                path,
                scope,
                operation,
                params=params,
                safe=True,
                check=_is_page,
                entries=lambda page: page["data"],
            ).data
            yield from filter(None, (_or_none(read, entry) for entry in data["data"]))
            url = _next_url(data)
            if not url:
                return
            params = self._next_params(url, path)
            if params is None or url in seen:
                raise InvalidAnswer(SYSTEM, operation, status=200, reason="wrong_shape")
            seen.add(url)
        raise InvalidAnswer(SYSTEM, operation, status=200, reason="too_large")

    def _next_params(self, url, path):
        """The query of the next page's address; None when that is not the same list at the same
        host. Only the query is used, so the token goes nowhere else."""
        try:
            parts = urlsplit(url)
            same_host = parts.hostname == self._host
        except ValueError:
            return None
        same_list = unquote(parts.path).lower().endswith(unquote(path).lower())
        return parse_qsl(parts.query) if same_host and same_list else None


# ------------------------------------------------------------------ what is answered


def _is_absent(error, codes):
    if isinstance(error, NotFound):
        return True
    return isinstance(error, AltinnError) and error.status == 404 and error.code in codes


def _is_readable(read, data):
    try:
        read(data)
    except Unreadable:
        return False
    return True


def _or_none(read, entry):
    try:
        return read(entry)
    except Unreadable:
        return None


def _is_page(data):
    return isinstance(data, dict) and isinstance(data.get("data"), list)


def _next_url(data):
    links = data.get("links")
    url = links.get("next") if isinstance(links, dict) else None
    return url if isinstance(url, str) else None
