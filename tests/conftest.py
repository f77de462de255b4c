"""Fixtures for all system tests; those that need Odoo import it when they are used."""

from hypothesis import HealthCheck, settings

from tests.support.fixtures import (  # noqa: F401
    _arranged,
    _undisturbed_once,
    _vault,
    active,
    links,
    template,
    tokens,
    transport_options,
    undisturbed,
    waits,
    world,
)

# How fast the machine is decides nothing.
settings.register_profile(
    "project",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("project")
