"""A browser, Odoo, a sandbox and people who sign in for the tests of a module."""

import pytest

from dev import cache
from sandbox.server import SandboxServer

from .odoo_server import running_odoo
from .web_client import WebClient, running_browser


@pytest.fixture(scope="module")
def browser():
    """Not for the session: Odoo's test cases end all child processes of the test process, and one
    of them may run between two modules."""
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def odoo():
    with running_odoo() as odoo:
        yield odoo


@pytest.fixture(scope="module")
def sandbox():
    """A local NAV with people and without notes: each test adds its own."""
    with SandboxServer(employees=7, notes=0, seed=11, units=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def people():
    """Who has signed in, by login: they stay so, and their browsers keep what they have loaded."""
    people = {}
    yield people
    for client in people.values():
        client.close()


@pytest.fixture
def sign_in(browser, odoo, people, request):
    """Give a function from a login to a :class:`WebClient`.

    A test fails at its end when one of its pages had a console error or a failed request. When it
    fails before, a picture of each page is kept.
    """
    clients = []

    def sign_in(login):
        if login in people:
            people[login].begin()
        else:
            people[login] = WebClient(browser, odoo.url, login)
        clients.append(people[login])
        return clients[-1]

    yield sign_in
    failed = request.node.stash.get(FAILED, False)
    for client in clients:
        if failed:
            picture = cache.folder() / "log" / f"{request.node.name}-{client.login}.png"
            client.page.screenshot(path=picture)
            print(f"{client.login} sees: {picture}")
        client.leave()
    troubles = [trouble for client in clients for trouble in client.troubles]
    assert failed or not troubles, "\n".join(troubles)


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
