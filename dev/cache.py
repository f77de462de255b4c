"""The cache folder: what is downloaded and built once, for every clone of the project.

Two commands that run at once do no harm: each step holds a file lock. A step that was
interrupted is repeated, since its result gets its final name only when it is complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "nav_altinn_connector"


def folder() -> Path:
    """Return the cache folder, made if missing.

    ``NAV_CONNECTOR_CACHE`` names it; else it is ``nav-altinn-connector`` below
    ``XDG_CACHE_HOME`` or ``~/.cache``.
    """
    named = os.environ.get("NAV_CONNECTOR_CACHE")
    if named:
        path = Path(named).expanduser().resolve()
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        path = Path(base).expanduser().resolve() / "nav-altinn-connector"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of one step; another process waits until it is free."""
    path = folder() / "locks" / f"{name}.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def built(target: Path) -> Iterator[Path]:
    """Give an empty folder to build in; it becomes ``target`` when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    work.chmod(0o755)
    try:
        yield work
        if target.exists():
            shutil.rmtree(target)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a small file in one go, with the given access rights from the start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as handle:
        handle.write(text)
    fresh.replace(path)


def digest(parts: Iterable[str | bytes]) -> str:
    """Return a short name for a list of texts: other texts, another name."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()[:12]


def addon_digest() -> str:
    """Return a short name for the addon's present files, its tests left out.

    Tests are left out because they change nothing in a database that has the addon installed.
    """
    parts: list[str | bytes] = []
    for path in sorted(ADDON.rglob("*")):
        relative = path.relative_to(ADDON)
        if relative.parts[0] == "tests" or "__pycache__" in relative.parts or path.is_dir():
            continue
        parts += [str(relative), path.read_bytes()]
    return digest(parts)
