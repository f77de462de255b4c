"""What ``make demo`` puts into its database, by ``odoo shell``, each time it starts."""

from __future__ import annotations


def setup(env, sandbox_url: str) -> None:
    """Connect the demo database to the sandbox; works on a fresh and on a used database.

    :param env: an Odoo environment of the superuser; the caller commits
    :param sandbox_url: where the sandbox listens, such as ``http://127.0.0.1:8169``
    """
