"""Altinn's API for vendors: the system register, requests, change requests and system users."""

from aiohttp import web

from . import altinn_changes, altinn_register, altinn_requests, altinn_users
from .problems import plain_problem

NAME = "altinn"


def error_body(status: int) -> dict:
    """Return the body that goes with a fault of this status."""
    return plain_problem(status)


def routes(sandbox) -> list[web.RouteDef]:
    """Return the routes below the service's address."""
    return [
        route
        for part in (altinn_register, altinn_requests, altinn_changes, altinn_users)
        for route in part.routes(sandbox)
    ]
