"""Fixtures for all system tests; those that need Odoo import it when they are used."""

from tests.support.fixtures import (  # noqa: F401
    _arranged,
    _undisturbed_once,
    _vault,
    active,
    transport_options,
    undisturbed,
    waits,
    world,
)
