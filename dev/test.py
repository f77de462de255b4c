"""``make test``: all tests, by pytest with pytest-odoo, in a database with the addon.

The template database has the addon installed without demo data, on top of ``hr_holidays`` and
``hr_work_entry_holidays``. A run works on a copy of it, and each pytest-xdist worker on a copy
of that, which pytest-odoo makes.
"""

from __future__ import annotations

import os

from dev import beside, cache, databases, environment, postgres
from dev.console import main

FOLDERS = ("tests", "nav_altinn_connector/tests")
MOST_WORKERS = 4


def test(arguments: list[str]) -> int:
    """Run the tests; the arguments go to pytest. Returns pytest's exit code."""
    environment.need_addon()
    env = environment.prepare(tests=True)
    with postgres.running(env) as variables:
        source = databases.base(env, variables)
        template = databases.template(env, variables)
        with databases.scratch(env, variables, template) as name:
            # For tests that make databases of their own: copy these, never connect to them.
            variables["NAV_BASE_DATABASE"] = source
            variables["NAV_TEMPLATE_DATABASE"] = template
            variables = beside.add(variables, beside.ensure(env))
            return environment.call(env, pytest_command(name, arguments), variables)


def pytest_command(database: str, arguments: list[str]) -> list[str]:
    """Return the arguments for Python that run pytest on a database."""
    command = ["-m", "pytest", f"--odoo-database={database}", "--odoo-http"]
    if not any(word == "-n" or word.startswith(("-n", "--numprocesses")) for word in arguments):
        workers = min(os.cpu_count() or 1, MOST_WORKERS)
        # A class's costly set-up is done by one worker only. In the order of the folders the long
        # system tests come first, so that the workers end together.
        command += ["-n", str(workers), "--dist=loadscope", "--no-loadscope-reorder"]
    chosen = [word.split("::")[0] for word in arguments if not word.startswith("-")]
    if not any((cache.ROOT / word).exists() for word in chosen):
        command += [folder for folder in FOLDERS if (cache.ROOT / folder).is_dir()]
    return command + arguments


if __name__ == "__main__":
    main(test)
