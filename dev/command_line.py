"""``./dev/odoo …``: Odoo's command line with PostgreSQL running and the addon on the path."""

from __future__ import annotations

from dev import environment, postgres


def odoo(arguments: list[str]) -> int:
    """Run Odoo with these arguments in the foreground; returns its exit code."""
    env = environment.prepare(debian=False)
    with postgres.running(env) as variables:
        return environment.call(env, ["-m", "odoo", *arguments], variables)
