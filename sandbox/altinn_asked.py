"""What a vendor may do with the requests it has made: read one or all of them, and take one back.

Requests for system users and change requests differ in their paths and in how they are shown.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from .altinn_auth import uuid_of, vendor_of
from .altinn_pages import paged
from .altinn_state import REQUEST_READ_SCOPE, REQUEST_WRITE_SCOPE, SystemUserRequest
from .problems import problem
from .registrations import System


@dataclass(frozen=True)
class Asked:
    """One of the two kinds of requests."""

    sandbox: object
    path: str
    # The names of the routes, by which faults are set, begin with it.
    name: str
    is_change: bool
    describe: Callable[[object, SystemUserRequest], dict]

    def routes(self) -> list[web.RouteDef]:
        """Return the routes that are the same for both kinds."""
        one = f"{self.path}/{{request_id}}"
        by_reference = f"{self.path}/byexternalref/{{system_id}}/{{orgnr}}/{{external_ref}}"
        by_system = f"{self.path}/bysystem/{{system_id}}"
        return [
            web.get(one, self._read, name=self.name),
            web.delete(one, self._delete, name=f"{self.name}_delete"),
            web.get(by_reference, self._by_reference, name=f"{self.name}_by_reference"),
            web.get(by_system, self._by_system, name=f"{self.name}s_by_system"),
        ]

    async def _read(self, request):
        vendor = vendor_of(request, self.sandbox, REQUEST_READ_SCOPE)
        with self.sandbox.state.lock:
            return web.json_response(self.describe(self.sandbox, self._own(request, vendor)))

    async def _delete(self, request):
        vendor = vendor_of(request, self.sandbox, REQUEST_WRITE_SCOPE)
        with self.sandbox.state.lock:
            self.sandbox.state.altinn.delete(self._own(request, vendor))
            return web.Response(status=202)

    async def _by_reference(self, request):
        vendor = vendor_of(request, self.sandbox, REQUEST_READ_SCOPE)
        at = request.match_info
        with self.sandbox.state.lock:
            found = self.sandbox.state.altinn.find(
                at["system_id"], at["orgnr"], at["external_ref"], is_change=self.is_change
            )
            if found is None:
                raise problem(10)
            own_system(self.sandbox, found.system_id, vendor)
            return web.json_response(self.describe(self.sandbox, found))

    async def _by_system(self, request):
        vendor = vendor_of(request, self.sandbox, REQUEST_READ_SCOPE)
        with self.sandbox.state.lock:
            system = own_system(self.sandbox, request.match_info["system_id"], vendor)
            found = self.sandbox.state.altinn.of(
                system_id=system.system_id, is_change=self.is_change
            )
            items = [self.describe(self.sandbox, item) for item in found]
            return web.json_response(paged(request, self.sandbox, items))

    def _own(self, request, vendor: str) -> SystemUserRequest:
        """Return the request of the path, whose system must be the vendor's."""
        request_id = uuid_of(request.match_info["request_id"], "requestId")
        found = self.sandbox.state.altinn.get(request_id, is_change=self.is_change)
        own_system(self.sandbox, found.system_id, vendor)
        return found


def own_system(sandbox, system_id: str, vendor: str) -> System:
    """Return a vendor's system; AUTH-00011 for another's too."""
    system = sandbox.state.systems.get(system_id)
    if system is None or system.deleted or system.owner_orgnr != vendor:
        raise problem(11)
    return system
