"""Fixtures of the sandbox's own tests."""

from datetime import date

import pytest

from sandbox.server import SandboxServer

from .altinn_support import Vendor
from .support import Caller

TODAY = date(2026, 6, 15)


@pytest.fixture
def sandbox():
    """A sandbox with ten employees in three sub-units and no notes."""
    with SandboxServer(employees=10, units=3, seed=7, today=TODAY) as server:
        yield server


@pytest.fixture
def caller(sandbox):
    """A client with access to all sub-units of the sandbox's main unit."""
    return Caller(sandbox)


@pytest.fixture
def vendor(sandbox):
    """A client with all scopes and no system."""
    return Vendor(sandbox)


@pytest.fixture
def system(vendor):
    """The same client, whose system is registered."""
    assert vendor.register().status_code == 200
    return vendor
