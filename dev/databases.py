"""Databases with modules installed, made once and copied from then on.

A database's name ends in a short name of all that went into it, so that a stale one is never
used: Odoo's code, the modules, demo data, and for the addon its files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import cache
from dev.console import DevError, step, tail
from dev.environment import Environment
from dev.lifetime import ends_with_parent
from dev.postgres import copy_database, query

ADDON = "nav_altinn_connector"
BASE_MODULES = ("hr_holidays", "hr_work_entry_holidays")
# Keep the templates of a few states of the code: going back and forth stays fast.
KEPT_TEMPLATES = 3
ALL_BUNDLES = "bundles._pregenerate_assets_bundles()"
# Those with the addon's files in them that pages ask for; the others are the base's.
ADDON_BUNDLES = """
bundles._get_asset_bundle("web.assets_web", css=False, js=True).js()
bundles._get_asset_bundle("web.assets_web", css=True, js=False).css()
bundles._get_asset_bundle("web.assets_web_print", css=True, js=False).css()
"""
# Seconds for which a template that was asked for counts as in use.
IN_USE = 3600


def exists(variables: dict[str, str], name: str) -> bool:
    """Whether the database is there."""
    return bool(query(variables, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def names(variables: dict[str, str], prefix: str) -> list[str]:
    """Return the names of the databases that start with the prefix."""
    sql = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{prefix}')"
    return query(variables, sql)


def drop(environment: Environment, variables: dict[str, str], name: str) -> None:
    """Remove a database, also one in use, and its files."""
    query(variables, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(environment.data_dir / "filestore" / name, ignore_errors=True)


def copy(environment: Environment, variables: dict[str, str], source: str, name: str) -> None:
    """Make a database as a copy of another one, files included.

    The files are linked, not copied: Odoo never changes one, it only adds and removes.
    """
    copy_database(variables, source, name)
    stores = environment.data_dir / "filestore"
    if (stores / source).exists():
        shutil.rmtree(stores / name, ignore_errors=True)
        shutil.copytree(stores / source, stores / name, copy_function=os.link)


def rename(environment: Environment, variables: dict[str, str], old: str, new: str) -> None:
    """Give a database that nobody uses its final name."""
    stores = environment.data_dir / "filestore"
    shutil.rmtree(stores / new, ignore_errors=True)
    if (stores / old).exists():
        (stores / old).rename(stores / new)
    query(variables, f'ALTER DATABASE "{old}" RENAME TO "{new}"')


def install(
    environment: Environment,
    variables: dict[str, str],
    name: str,
    modules: tuple[str, ...],
    *options: str,
) -> None:
    """Install or update modules in a database, which is created when it does not exist.

    :raises DevError: when Odoo fails, or logs an error while it installs
    """
    arguments = ["-d", name, *options, "--stop-after-init", "--no-http", "--max-cron-threads=0"]
    odoo(environment, variables, ["server", "-i", ",".join(modules), *arguments], name)


def odoo(
    environment: Environment,
    variables: dict[str, str],
    arguments: list[str],
    title: str,
    script: str | None = None,
) -> None:
    """Run Odoo's command line to its end.

    :param title: names the log file
    :param script: Python for ``odoo shell``
    :raises DevError: when it fails or logs an error
    """
    log = cache.folder() / "log" / f"odoo-{title}.log"
    log.parent.mkdir(exist_ok=True)
    command = [environment.python, "-m", "odoo", *arguments]
    with log.open("w+") as output:
        done = subprocess.run(
            command,
            env=variables,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=ends_with_parent(),
            **({"input": script} if script else {"stdin": subprocess.DEVNULL}),
        )
        output.seek(0)
        text = output.read()
    failed = [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]
    if done.returncode or failed:
        head = "\n".join(failed[:5])
        raise DevError(f"Odoo failed ({' '.join(arguments)}):\n{head}\n{tail(text)}\n(log: {log})")


def base(
    environment: Environment,
    variables: dict[str, str],
    modules: tuple[str, ...] = BASE_MODULES,
    *,
    demo: bool = False,
) -> str:
    """Return the name of a database with Odoo's own modules and their asset bundles.

    Never connect to it: copy it. Made once for each version of Odoo.
    """
    assert environment.odoo
    key = cache.digest([environment.odoo.identity(), environment.venv.name, *modules, str(demo)])
    name = f"nav_base_{key}"

    def make(work: str) -> None:
        install(environment, variables, work, modules, *(["--with-demo"] if demo else []))
        _generate_assets(environment, variables, work, ALL_BUNDLES)

    title = f"base database ({', '.join(modules)}{', demo data' if demo else ''})"
    _ensure(environment, variables, name, title, make)
    return name


def template(environment: Environment, variables: dict[str, str]) -> str:
    """Return the name of a database with the addon as it now is on top of the base.

    Without demo data. Never connect to it: copy it.
    """
    source = base(environment, variables)
    name = f"nav_template_{cache.digest([source, cache.addon_digest()])}"

    def make(work: str) -> None:
        copy(environment, variables, source, work)
        install(environment, variables, work, (ADDON,))
        _generate_assets(environment, variables, work, ADDON_BUNDLES)

    _ensure(environment, variables, name, "database with the addon", make)
    _drop_old_templates(environment, variables, name)
    return name


@contextmanager
def scratch(environment: Environment, variables: dict[str, str], source: str) -> Iterator[str]:
    """Give a copy of a database for this process, and remove it and its copies after use."""
    _drop_abandoned(environment, variables)
    name = f"nav_run_{os.getpid()}_{int(time.time())}"
    with cache.locked("databases"):
        copy(environment, variables, source, name)
    try:
        yield name
    finally:
        for left in names(variables, name):
            drop(environment, variables, left)


def _ensure(
    environment: Environment,
    variables: dict[str, str],
    name: str,
    title: str,
    make: Callable[[str], None],
) -> None:
    """Have a database; it gets its name only when complete."""
    with cache.locked("databases"):
        if not exists(variables, name):
            work = f"{name}_new"
            drop(environment, variables, work)
            try:
                with step(title):
                    make(work)
                    rename(environment, variables, work, name)
            finally:
                drop(environment, variables, work)
        marker = _marker(name)
        marker.parent.mkdir(exist_ok=True)
        marker.touch()


def _generate_assets(
    environment: Environment, variables: dict[str, str], name: str, bundles: str
) -> None:
    """Build the web client's bundles once, else each browser test builds them again.

    :param bundles: Python that builds them
    """
    script = f"bundles = env['ir.qweb']\n{bundles}\nenv.cr.commit()\n"
    arguments = ["shell", "-d", name, "--no-http", "--log-level=warn"]
    odoo(environment, variables, arguments, f"{name}-assets", script)


def _drop_old_templates(environment: Environment, variables: dict[str, str], kept: str) -> None:
    with cache.locked("databases"):
        known = list(_marker(kept).parent.glob("nav_template_*"))
        known.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in known[KEPT_TEMPLATES:]:
            if time.time() - path.stat().st_mtime < IN_USE:
                continue  # another run of another state of the addon may be copying it
            drop(environment, variables, path.name)
            path.unlink(missing_ok=True)


def _drop_abandoned(environment: Environment, variables: dict[str, str]) -> None:
    """Remove what a killed run left behind."""
    for name in names(variables, "nav_run_"):
        process = name.split("_")[2].split("-")[0]
        if not Path("/proc", process).exists():
            drop(environment, variables, name)


def _marker(name: str) -> Path:
    return cache.folder() / "databases" / name
