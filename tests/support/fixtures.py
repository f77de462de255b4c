"""The fixtures of the system tests."""

import pytest

from .channels import assert_channels_silent
from .database import ScratchDatabase, copy_database, drop_database, name_for, source_database
from .secrets import links, nothing_told, tokens  # noqa: F401
from .world import World, new_sandbox


@pytest.fixture(scope="session")
def template():
    """The name of a database with the addon that nobody is connected to, to be copied."""
    name = name_for("template")
    copy_database(source_database(), name)
    yield name
    drop_database(name)


@pytest.fixture(scope="session")
def _vault():
    """An encryption key of this run, so that the machine's own is neither used nor made."""
    from cryptography.fernet import Fernet

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAV_CONNECTOR_ENCRYPTION_KEY", Fernet.generate_key().decode())
        yield


@pytest.fixture(scope="session")
def _arranged(_vault):
    """The employer and the sandbox, made once."""
    with new_sandbox() as sandbox:
        database = ScratchDatabase(name_for("world"), source_database())
        world = World(database, sandbox)
        try:
            world.arrange()
            yield world
        finally:
            database.drop()


@pytest.fixture
def world(_arranged, tokens, links):  # noqa: F811
    """An employer with a connection in draft, and a sandbox with notes for its employees. Whatever
    a test does with them, nothing secret is told, neither in the log nor in the database."""
    try:
        with nothing_told(_arranged, tokens, links):
            yield _arranged
        assert_channels_silent(_arranged, tokens, links)
    finally:
        _arranged.reset()


@pytest.fixture
def active(world):
    """The same with the connection activated."""
    world.activate()
    return world


@pytest.fixture(scope="session")
def _undisturbed_once(_arranged):
    _arranged.activate()
    _arranged.run_cron()
    outcome = _arranged.outcome()
    states = {state for _nav_id, state, _reason in outcome["notes"]}
    assert states == {"applied", "superseded"}, "what the tests compare with is itself wrong"
    assert len(outcome["notes"]) == len(_arranged.sandbox.notes())
    _arranged.reset()
    return outcome


@pytest.fixture
def undisturbed(_undisturbed_once):
    """What comes of the sandbox's notes when nothing goes wrong."""
    return _undisturbed_once


@pytest.fixture
def waits(monkeypatch):
    """Make the transport's waits end at once; gives the list of the seconds it wanted to wait."""
    from odoo.addons.nav_altinn_connector.clients.transport import Transport

    seconds = []
    monkeypatch.setitem(Transport.__init__.__kwdefaults__, "sleep", seconds.append)
    return seconds


@pytest.fixture
def transport_options(monkeypatch):
    """Change defaults of the transport: ``transport_options(timeout=(1, 1), retries=0)``."""
    from odoo.addons.nav_altinn_connector.clients.transport import Transport

    def change(**options):
        for name, value in options.items():
            monkeypatch.setitem(Transport.__init__.__kwdefaults__, name, value)

    return change
