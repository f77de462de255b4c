"""The wheel odoo-addon-nav-altinn-connector: the addon as module odoo.addons.nav_altinn_connector.

Odoo finds it there by itself, since ``odoo.addons`` is a namespace package. Odoo is not among
the requirements: what a package registry calls "odoo" is not the server, and an Odoo that is
installed from source or from a distribution's package would not satisfy it.
"""

import ast
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent
ADDON = ROOT / "nav_altinn_connector"
MODULE = "odoo.addons.nav_altinn_connector"
MANIFEST = ast.literal_eval((ADDON / "__manifest__.py").read_text())


def packages() -> dict[str, Path]:
    """Return the addon's Python packages: their folders by name."""
    found = {}
    for marker in sorted(ADDON.rglob("__init__.py")):
        parts = marker.parent.relative_to(ADDON).parts
        found[".".join([MODULE, *parts])] = marker.parent
    return found


def data_files() -> list[str]:
    """Return all other files of the addon, relative to it: views, data, translations, …"""
    ignored = ("__pycache__",)
    return sorted(
        str(path.relative_to(ADDON))
        for path in ADDON.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not set(path.parts) & set(ignored)
    )


def long_description() -> str:
    """Return the README, where the sources have one."""
    readme = ROOT / "README.md"
    return readme.read_text() if readme.exists() else MANIFEST["summary"]


setup(
    name="odoo-addon-nav-altinn-connector",
    version=MANIFEST["version"],
    description=MANIFEST["summary"],
    long_description=long_description(),
    long_description_content_type="text/markdown",
    author=MANIFEST["author"],
    license="LGPL-3.0-only",
    license_files=["LICENSE"],
    packages=list(packages()),
    package_dir={name: str(folder.relative_to(ROOT)) for name, folder in packages().items()},
    package_data={MODULE: data_files()},
    include_package_data=False,
    zip_safe=False,
    python_requires=">=3.10",
    install_requires=["requests", "PyJWT", "cryptography", "python-stdnum"],
    classifiers=[
        "Framework :: Odoo",
        "Framework :: Odoo :: 19.0",
        "Programming Language :: Python :: 3",
    ],
)
