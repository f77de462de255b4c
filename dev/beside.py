"""Addons of the Odoo Community Association, for the tests: in a folder of their own.

Not in the virtual environment: only the tests are to find them.
"""

from __future__ import annotations

import os
from pathlib import Path

from dev import cache, environment
from dev.console import run, step

REQUIREMENTS = Path(__file__).parent / "requirements-beside.txt"


def ensure(env: environment.Environment) -> Path:
    """Return the folder that holds them, made if needed.

    :raises DevError: when they cannot be had
    """
    target = cache.folder() / "beside" / cache.digest([REQUIREMENTS.read_bytes()])
    with cache.locked("beside"):
        if not target.exists():
            with step("addons to test beside the connector"), cache.built(target) as work:
                command = [env.python, "-m", "pip", "install", "--no-input", "--no-deps"]
                command += ["--disable-pip-version-check", "--progress-bar=off"]
                command += ["--target", str(work), "-r", str(REQUIREMENTS)]
                log = cache.folder() / "log" / "pip-beside.log"
                run(command, what="Installing addons beside the connector", log=log)
    return target


def add(variables: dict[str, str], folder: Path | str) -> dict[str, str]:
    """Return a process environment in which Odoo finds them too."""
    folder = Path(folder)
    return {
        **variables,
        "PYTHONPATH": os.pathsep.join([variables.get("PYTHONPATH", ""), str(folder)]),
        "ODOO_ADDONS_PATH": f"{variables['ODOO_ADDONS_PATH']},{folder / 'odoo' / 'addons'}",
    }
