"""The wheel holds the whole addon, and Odoo finds it where pip installs it."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from dev import cache

FILES = ("setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "README.md")
FIND = """
import odoo.init
from odoo.modules import initialize_sys_path
from odoo.modules.module import get_manifest, get_module_path
from odoo.tools import config
config.parse_config([], setup_logging=False)
initialize_sys_path()
import odoo.addons.nav_altinn_connector
print(get_module_path("nav_altinn_connector"))
print(get_manifest("nav_altinn_connector")["version"])
"""


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources: building leaves files beside them."""
    sources = tmp_path_factory.mktemp("sources")
    for name in FILES:
        if (cache.ROOT / name).exists():
            shutil.copy(cache.ROOT / name, sources)
    shutil.copytree(
        cache.ADDON, sources / cache.ADDON.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    target = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(target), str(sources))
    (found,) = target.glob("*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_addon(wheel):
    prefix = "odoo/addons/nav_altinn_connector/"
    wanted = {
        prefix + path.relative_to(cache.ADDON).as_posix()
        for path in cache.ADDON.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert wheel.name.startswith("odoo_addon_nav_altinn_connector-19.0.")
    # The packages odoo and odoo.addons are namespaces: a file of theirs would hide Odoo's own.
    assert names == wanted


def test_the_wheel_requires_what_the_addon_imports_and_not_odoo(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    required = {line.split(": ")[1] for line in lines if line.startswith("Requires-Dist: ")}
    assert required == {"requests", "PyJWT", "cryptography", "python-stdnum"}


def test_odoo_finds_the_installed_wheel(wheel, tmp_path):
    own = tmp_path / "own"
    venv.create(own, with_pip=False)
    python = own / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", "-q", str(wheel))
    (site_packages,) = own.glob("lib/python3*/site-packages")
    # Odoo's dependencies from this environment, after the own one.
    here = Path(pytest.__file__).parent.parent
    (site_packages / "dependencies.pth").write_text(f"{here}\n")
    odoo_only = [path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path]
    odoo_only = [path for path in odoo_only if Path(path) != cache.ROOT]
    addons = os.environ["ODOO_ADDONS_PATH"].split(",")
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(odoo_only),
        "ODOO_ADDONS_PATH": ",".join(path for path in addons if Path(path) != cache.ROOT),
    }
    done = subprocess.run(
        [str(python), "-c", FIND], env=variables, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    where, version = done.stdout.split()
    assert Path(where) == site_packages / "odoo" / "addons" / "nav_altinn_connector"
    assert version.startswith("19.0.")
