"""Debian packages that the project needs: installed when root, else named in one line."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys

from dev import cache
from dev.console import DevError, run, say, step

# The shell has no window to draw, and loads a page with a fifth less work.
SHELL = "chromium-headless-shell"
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome; ``NAV_CHROMIUM`` names another."""
    named = os.environ.get("NAV_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def ensure(*, browser: bool) -> None:
    """Install what is missing of Chromium (for the tests) and wkhtmltopdf (to print PDF).

    Without a browser the tests must not pass by skipping, so its lack is an error. Without
    wkhtmltopdf everything but Odoo's own PDF reports works, so its lack is a line of text.

    :raises DevError: when a browser is needed and cannot be had
    """
    if browser and not chromium():
        try:
            _install("chromium")
        except DevError as error:
            raise DevError(
                f"The browser tests need Chromium. Install it: apt-get install chromium; "
                f"or name one: NAV_CHROMIUM=/path/to/chromium\n({error})"
            ) from error
        if not chromium():
            raise DevError("The browser tests need Chromium; the package brought none.")
        with contextlib.suppress(DevError):  # not every Debian and Ubuntu has it
            _install(SHELL)
    if not shutil.which("wkhtmltopdf"):
        try:
            _install("wkhtmltopdf")
        except DevError:
            say("  note  Odoo's PDF reports need wkhtmltopdf: apt-get install wkhtmltopdf")


def ensure_venv_module() -> None:
    """Get Python's venv module with pip, which Debian and Ubuntu ship apart.

    :raises DevError: when it cannot be installed
    """
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    try:
        _install(name)
    except DevError as error:
        raise DevError(
            f"Python's venv module is missing. Install it: apt-get install {name}"
        ) from error


def _install(name: str) -> None:
    if os.geteuid() != 0:
        raise DevError("only root can install Debian packages")
    if not shutil.which("apt-get"):
        raise DevError("this machine has no apt-get")
    log = cache.folder() / "log" / f"apt-{name}.log"
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt waits for another apt's lock (the second of two makes, an upgrade in the background).
    wait = ["-o", "DPkg::Lock::Timeout=300", "-q"]
    with cache.locked("apt"), step(f"Debian package {name}"):
        options = {"log": log, "env": variables, "finishes": True}
        run(["apt-get", "update", *wait], what="apt-get update", **options)
        command = ["apt-get", "install", "-y", "--no-install-recommends", *wait, name]
        run(command, what=f"apt-get install {name}", **options)
