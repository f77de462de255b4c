"""Where Odoo 19 comes from: a folder that is named, an installed one, or Debian's package."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev import cache, debian
from dev.console import DevError

SERIES = "19.0"


@dataclass(frozen=True)
class OdooSource:
    """A usable Odoo: ``python_path`` holds the package ``odoo``."""

    python_path: Path
    addons_paths: tuple[Path, ...]
    origin: str

    def identity(self) -> str:
        """Return a text that differs when Odoo's code does; caches are named by it."""
        parts = [str(self.python_path.resolve())]
        for name in ("release.py", "addons/base/__manifest__.py", "addons/base/models"):
            path = self.python_path / "odoo" / name
            parts.append(str(path.stat().st_mtime_ns) if path.exists() else "")
        head = (
            subprocess.run(
                ["git", "-C", str(self.python_path), "rev-parse", "HEAD"],
                capture_output=True,
                text=True,
            )
            if (self.python_path / ".git").exists()
            else None
        )
        parts.append(head.stdout.strip() if head else "")
        return cache.digest(parts)


def find() -> OdooSource:
    """Return the first Odoo that applies.

    ``ODOO_SOURCE`` (a checkout or an unpacked release), an importable ``odoo`` of the series,
    else Debian's package unpacked in the cache.

    :raises DevError: when ``ODOO_SOURCE`` holds no Odoo or another series, or when Debian's
        package cannot be had
    """
    named = os.environ.get("ODOO_SOURCE")
    if named:
        return from_folder(Path(named).expanduser().resolve(), origin="ODOO_SOURCE")
    installed = _installed()
    if installed:
        return installed
    return from_folder(debian.ensure_unpacked(_check_tree), origin="Debian's package")


def from_folder(folder: Path, *, origin: str) -> OdooSource:
    """Look for Odoo in a folder: a checkout, or Debian's layout below it.

    :raises DevError: when there is none, or of another series
    """
    for base in (folder, folder / "usr/lib/python3/dist-packages"):
        if (base / "odoo" / "release.py").is_file():
            found = series(base)
            if found != SERIES:
                raise DevError(f"{origin}: {folder} holds Odoo {found}, {SERIES} is needed.")
            addons = [path for path in (base / "addons", base / "odoo/addons") if path.is_dir()]
            return OdooSource(base, tuple(addons), origin)
    raise DevError(f"{origin}: {folder} holds no Odoo (no odoo/release.py in it).")


def series(base: Path) -> str:
    """Return the series, such as ``19.0``, that the release file in a tree states."""
    text = (base / "odoo" / "release.py").read_text()
    match = re.search(r"^version_info\s*=\s*\(\s*'?([^,']+)'?\s*,\s*(\d+)", text, re.M)
    return f"{match[1]}.{match[2]}" if match else "unknown"


def _check_tree(tree: Path) -> None:
    from_folder(tree, origin="Debian's package")


def _installed() -> OdooSource | None:
    try:
        spec = importlib.util.find_spec("odoo.release")
    except ImportError:
        return None
    if not spec or not spec.origin:
        return None
    base = Path(spec.origin).resolve().parent.parent
    if series(base) != SERIES:
        return None
    # The folder it is installed in holds other packages too, which must not hide the pinned
    # ones: a folder with nothing but a link to Odoo goes on the path instead.
    link = cache.folder() / "installed" / cache.digest([str(base)]) / "odoo"
    with cache.locked("installed"):
        if not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(base / "odoo")
    addons = [path for path in (base / "addons", base / "odoo/addons") if path.is_dir()]
    return OdooSource(link.parent, tuple(addons), "the installed Odoo")
