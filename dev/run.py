"""``python -m dev.run MODULE …``: a module of the project in the full environment."""

from __future__ import annotations

from dev import databases, environment, postgres
from dev.console import DevError, main


def run(arguments: list[str]) -> int:
    """Run a module with Odoo, PostgreSQL and the browser at hand; returns its exit code.

    ``NAV_BASE_DATABASE`` and ``NAV_TEMPLATE_DATABASE`` name databases to copy, not to connect
    to: Odoo's modules alone, and with the addon.
    """
    if not arguments:
        raise DevError("Name a module: python -m dev.run tests.bench")
    environment.need_addon()
    env = environment.prepare(tests=True)
    with postgres.running(env) as variables:
        variables["NAV_BASE_DATABASE"] = databases.base(env, variables)
        variables["NAV_TEMPLATE_DATABASE"] = databases.template(env, variables)
        return environment.call(env, ["-m", *arguments], variables)


if __name__ == "__main__":
    main(run)
