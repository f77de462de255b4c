"""The sandbox as a web server on loopback, run in a thread of its own."""

import asyncio
import contextlib
import ipaddress
import threading
from datetime import date

from aiohttp import web

from . import (
    admin,
    altinn,
    altinn_page,
    enhetsregisteret,
    followup_plan,
    maskinporten,
    sykepenger,
)
from .core import Sandbox
from .errors import ServiceError
from .faults import REQUEST_KINDS, play_request_fault
from .options import today_in_norway
from .population import Plan
from .request_log import ROWS, LoggedRequest

# A service is a module with NAME, routes(sandbox) and error_body(status); more can be added here.
SERVICES = (
    ("/maskinporten", maskinporten),
    ("/sykepenger", sykepenger),
    ("/enhetsregisteret/api", enhetsregisteret),
    ("/altinn", altinn),
    ("/altinn", altinn_page),
    ("/followup-plan", followup_plan),
)
ADMIN_PREFIX = "/admin"
SAVE_EVERY = 1.0
START_LIMIT = 30
MAX_BODY = 32 * 2**20


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@web.middleware
async def _loopback_only(request, handler):
    """Refuse a request made under another host's name: a page in a browser could send one."""
    host = request.host.rsplit(":", 1)[0] if ":" in request.host else request.host
    if not is_loopback(host):
        raise web.HTTPForbidden(text="only by the name of loopback")
    return await handler(request)


def _observe(sandbox: Sandbox, services: dict):
    """Return the middleware that logs each request to a service and plays the faults."""

    @web.middleware
    async def middleware(request, handler):
        endpoint = request.match_info.route.name
        service = services.get((endpoint or "").split(".")[0])
        if service is None:
            return await handler(request)
        entry = await _log_entry(sandbox, request, endpoint)
        sandbox.requests.append(entry)
        due = sandbox.faults.due(endpoint, REQUEST_KINDS)
        if not due:
            response, answered = await _answer(request, handler), True
        else:
            entry.fault = due[0].kind
            sandbox.faults.play(due[0], endpoint)
            response, answered = await play_request_fault(
                due[0], request, lambda req: _answer(req, handler), service.error_body
            )
        entry.status = response.status if answered else None
        entry.rows = request.get(ROWS)
        return response

    return middleware


async def _answer(request, handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ServiceError as error:
        return error.response()


async def _log_entry(sandbox: Sandbox, request, endpoint: str) -> LoggedRequest:
    body = None
    if request.can_read_body and request.content_type == "application/json":
        with contextlib.suppress(ValueError):
            body = await request.json()
    prefix = next(prefix for prefix, _ in SERVICES if request.path.startswith(f"{prefix}/"))
    return LoggedRequest(
        time=sandbox.clock.now(),
        endpoint=endpoint,
        method=request.method,
        path=request.path[len(prefix) :],
        query=dict(request.query),
        content_type=request.content_type if request.can_read_body else None,
        body=body,
    )


def make_app(sandbox: Sandbox) -> web.Application:
    """Return the web application of a sandbox."""
    services = {module.NAME: module for _, module in SERVICES}
    app = web.Application(
        middlewares=[_loopback_only, _observe(sandbox, services)], client_max_size=MAX_BODY
    )
    for prefix, module in (*SERVICES, (ADMIN_PREFIX, admin)):
        app.router.add_routes(
            web.RouteDef(route.method, f"{prefix}{route.path}", route.handler, route.kwargs)
            for route in module.routes(sandbox)
        )
    return app


class SandboxServer(Sandbox):
    """A sandbox that answers on loopback while it is open::

        with SandboxServer(employees=5, notes=20, seed=3) as sandbox:
            requests.get(f"{sandbox.enhetsregisteret_url}/enheter/{sandbox.main_unit}")

    :param port: 0 takes a free one
    :param levels: 3 puts a level (ORGL) between the employer and its sub-units
    :param today: the day around which the population lies, by default the machine's
    :raises ValueError: the host is not loopback
    :raises OSError: on start, when the port is taken
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        employees: int = 0,
        notes: int = 0,
        seed: int = 1,
        units: int = 4,
        levels: int = 2,
        today: date | None = None,
        state_file=None,
    ):
        if not is_loopback(host):
            raise ValueError(f"the sandbox answers on loopback only, not on {host}")
        plan = Plan(employees, notes, seed, today or today_in_norway(), units, levels)
        super().__init__(plan, state_file)
        self._host, self._port = host, port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> "SandboxServer":
        """Open the port and return once requests are answered."""
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._started.wait(START_LIMIT):
            raise TimeoutError("the sandbox did not start")
        if self._failure:
            self._thread.join()
            raise self._failure
        return self

    def stop(self):
        """Close the port and save the state."""
        if self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(START_LIMIT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()

    def _run(self):
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._started.set()

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # A hanging answer must not keep the server from stopping.
        runner = web.AppRunner(make_app(self), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
            port = runner.addresses[0][1]
            host = f"[{self._host}]" if ":" in self._host else self._host
            self.base_url = f"http://{host}:{port}"
            self._started.set()
            while not self._stop.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), SAVE_EVERY)
                self.save()
        finally:
            await runner.cleanup()
            self.save()
