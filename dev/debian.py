"""Debian's package of Odoo 19, downloaded by apt in a state of its own and unpacked.

apt checks the archive's signature and each package's checksum. Nothing outside the cache
folder is read or written but the machine's apt configuration and its archive keyring.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from dev import cache
from dev.console import DevError, run, step

SUITE = "sid"
PACKAGES = (
    "odoo-19",
    # The web client links to these by relative paths below /usr/share.
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
# Left out, to save a minute and a gigabyte: translations other than Norwegian, documentation,
# and a second copy of the addons' Python files that Odoo does not read.
EXCLUDED = (
    "*/i18n*/[!n]*.po",
    "*/i18n*/n[!b]*.po",
    "./usr/share/doc",
    "./usr/share/lintian",
    "./usr/lib/python3/dist-packages/addons",
    "./usr/lib/python3/dist-packages/doc",
    "./usr/lib/python3/dist-packages/setup",
)
# Named in an asset bundle of mail, left out by the package; an empty file satisfies the bundle.
EMPTY_FILES = (
    "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation/"
    "selfie_segmentation.js",
)
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")


def ensure_unpacked(check: Callable[[Path], None]) -> Path:
    """Return the tree with Odoo in it, downloaded and unpacked at the first call.

    :param check: raises when the unpacked tree is not what is needed
    :raises DevError: when the machine has no apt, no mirror or no key, or the check fails
    """
    tree = cache.folder() / "odoo-debian"
    with cache.locked("odoo"):
        if not tree.exists():
            if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
                raise DevError(
                    "Odoo 19 is needed. This machine has no apt to get Debian's package with: "
                    "name a checkout or an unpacked release, ODOO_SOURCE=/path/to/odoo"
                )
            apt = cache.folder() / "apt"
            with step("Odoo 19, download"):
                archives = download(apt)
            with step("Odoo 19, unpack"), cache.built(tree) as work:
                unpack(archives, work)
                check(work)
            shutil.rmtree(apt)
    return tree


def download(apt: Path) -> list[Path]:
    """Download the packages into ``apt`` with a package list of their own."""
    source = f"deb [signed-by={keyring(apt)}] {mirror(apt)} {SUITE} main\n"
    # apt writes every version of a package that it ever downloaded to the same folder.
    shutil.rmtree(apt / "debs", ignore_errors=True)
    return _fetch(apt, "debian", source, PACKAGES)


def unpack(archives: list[Path], tree: Path) -> None:
    """Unpack the packages into one tree and add what the packages leave out."""
    for archive in archives:
        command = ["tar", "--extract", "--no-same-owner", f"--directory={tree}", "--file=-"]
        command += [f"--exclude={pattern}" for pattern in EXCLUDED]
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE
        ) as reader:
            done = subprocess.run(command, stdin=reader.stdout)
        if reader.returncode or done.returncode:
            raise DevError(f"Unpacking {archive.name} failed.")
    for name in EMPTY_FILES:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    localise_links(tree)


def localise_links(tree: Path) -> None:
    """Turn links to absolute paths into relative ones where their target is in the tree."""
    for folder, folders, files in os.walk(tree):
        for name in [*folders, *files]:
            path = Path(folder, name)
            if not path.is_symlink():
                continue
            target = os.readlink(path)
            inside = tree / target.lstrip("/")
            if target.startswith("/") and inside.exists():
                path.unlink()
                path.symlink_to(os.path.relpath(inside, folder))


def mirror(apt: Path) -> str:
    """Return the Debian mirror: named, else this machine's, else the one apt's tools know.

    :raises DevError: when none of them gives one
    """
    named = os.environ.get("NAV_DEBIAN_MIRROR")
    if named:
        return named
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(RELEASE)|$(REPO_URI)",
         "Created-By: Packages"],
        capture_output=True,
        text=True,
    )  # fmt: skip
    for line in listed.stdout.splitlines():
        origin, label, release, uri = line.split("|", 3)
        # Before the machine's first "apt-get update" the origin is not known.
        known = origin == label == "Debian"
        fresh = origin.startswith("$") and _distribution() == "debian"
        if known or (fresh and re.fullmatch(r"[a-z]+(-updates)?", release)):
            return uri
    return _known_mirror(apt)


def keyring(apt: Path) -> Path:
    """Return the Debian archive's keys: the machine's, else from its package.

    :raises DevError: when the machine's own archive does not have that package
    """
    for name in KEYRINGS:
        path = Path("/usr/share/keyrings", name)
        if path.exists():
            return path
    tree = _helper_package(apt, "debian-archive-keyring")
    for name in KEYRINGS:
        path = tree / "usr/share/keyrings" / name
        if path.exists():
            return path
    raise DevError("The package debian-archive-keyring holds no keyring that apt can use.")


def _known_mirror(apt: Path) -> str:
    """Read the mirror that the package python-apt-common (Debian, Ubuntu) has for Debian."""
    name = "usr/share/python-apt/templates/Debian.info"
    path = Path("/", name)
    if not path.exists():
        path = _helper_package(apt, "python-apt-common") / name
    match = re.search(r"^BaseURI:\s*(\S+)", path.read_text(), re.M) if path.exists() else None
    if not match:
        raise DevError(
            "No Debian mirror is known here. Name one: NAV_DEBIAN_MIRROR=http://...; "
            "or name an Odoo 19: ODOO_SOURCE=/path/to/odoo"
        )
    return match[1]


def _helper_package(apt: Path, name: str) -> Path:
    """Download a small package from this machine's own archive and unpack it in the cache."""
    tree = apt / name
    try:
        archives = _fetch(apt, "machine", None, [name])
    except DevError as error:
        raise DevError(
            f"Debian's package of Odoo 19 needs the package {name}, which cannot be had here. "
            f"Install it, or name an Odoo 19: ODOO_SOURCE=/path/to/odoo\n({error})"
        ) from error
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for archive in archives:
        run(["dpkg-deb", "--extract", str(archive), str(tree)], what=f"Unpacking {name}")
    return tree


def _fetch(apt: Path, state: str, source: str | None, names) -> list[Path]:
    """Download packages by an apt whose lists and cache are below ``apt``.

    :param source: the sources file's text; None: the machine's own sources
    """
    base = apt / state
    debs = apt / "debs" / "-".join(names)[:40]
    for path in (base / "lists/partial", base / "cache/archives/partial", debs):
        path.mkdir(parents=True, exist_ok=True)
    options = [f"Dir::State::lists={base}/lists", f"Dir::Cache={base}/cache"]
    options += ["Acquire::Languages=none"]
    if os.geteuid() == 0:
        # apt's own user may not enter the cache folder of root.
        options.append("APT::Sandbox::User=root")
    if source:
        (base / "sources.list").write_text(source)
        options += [f"Dir::Etc::sourcelist={base}/sources.list", "Dir::Etc::sourceparts=-"]
    # Hooks of the machine's configuration work on its own lists, as root; not on these.
    hooks = base / "apt.conf"
    hooks.write_text(
        "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n"
        "#clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Post-Invoke;\n"
    )
    command = ["apt-get", "-q", "-c", str(hooks)]
    for option in options:
        command += ["-o", option]
    log = cache.folder() / "log" / f"odoo-apt-{state}.log"
    run([*command, "update"], what="Reading the package list", log=log, cwd=debs)
    run([*command, "download", *names], what="Downloading packages", log=log, cwd=debs)
    return sorted(debs.glob("*.deb"))


def _distribution() -> str:
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return ""
    match = re.search(r'^ID="?([^"\n]*)', text, re.M)
    return match[1] if match else ""
