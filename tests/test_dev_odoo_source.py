"""Where Odoo is taken from, and that a wrong one is refused in plain words."""

import os
import subprocess

import pytest

from dev import debian, odoo_source
from dev.console import DevError


def make_odoo(base, version="(19, 0, 0, FINAL, 0, '')"):
    (base / "odoo" / "addons").mkdir(parents=True)
    (base / "odoo" / "release.py").write_text(f"version_info = {version}\n")
    return base


def test_a_checkout_is_found_with_both_addons_folders(tmp_path, monkeypatch):
    make_odoo(tmp_path)
    (tmp_path / "addons").mkdir()
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    found = odoo_source.find()
    assert found.python_path == tmp_path
    assert found.addons_paths == (tmp_path / "addons", tmp_path / "odoo" / "addons")


def test_an_unpacked_package_is_found_below_its_root(tmp_path):
    base = make_odoo(tmp_path / "usr/lib/python3/dist-packages")
    assert odoo_source.from_folder(tmp_path, origin="here").python_path == base


@pytest.mark.parametrize("version", ["(18, 0, 0, FINAL, 0, '')", "('saas~18', 4, 0, FINAL, 0)"])
def test_another_series_is_refused(tmp_path, monkeypatch, version):
    make_odoo(tmp_path, version)
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    with pytest.raises(DevError, match="18.*19.0 is needed"):
        odoo_source.find()


def test_a_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    with pytest.raises(DevError, match="holds no Odoo"):
        odoo_source.find()


def test_without_apt_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NAV_CONNECTOR_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DevError, match="ODOO_SOURCE=/path/to/odoo"):
        debian.ensure_unpacked(lambda tree: None)
    assert not (tmp_path / "odoo-debian").exists()


def fake_apt(tmp_path, monkeypatch, lines):
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("NAV_DEBIAN_MIRROR", raising=False)


def test_the_mirror_is_this_machines(tmp_path, monkeypatch):
    fake_apt(
        tmp_path,
        monkeypatch,
        [
            "Other|Other|stable|http://other.test/",
            "Debian|Debian-Security|stable-security|http://security.test/",
            "Debian|Debian|stable|http://mirror.test/debian/",
        ],
    )
    assert debian.mirror(tmp_path) == "http://mirror.test/debian/"


def test_before_the_first_update_the_suite_tells_the_mirror(tmp_path, monkeypatch):
    fake_apt(
        tmp_path,
        monkeypatch,
        [
            "$(ORIGIN)|$(LABEL)|bookworm-security|http://security.test/",
            "$(ORIGIN)|$(LABEL)|bookworm|http://mirror.test/debian/",
        ],
    )
    monkeypatch.setattr(debian, "_distribution", lambda: "debian")
    assert debian.mirror(tmp_path) == "http://mirror.test/debian/"


def test_the_named_mirror_wins(tmp_path, monkeypatch):
    fake_apt(tmp_path, monkeypatch, ["Debian|Debian|stable|http://mirror.test/debian/"])
    monkeypatch.setenv("NAV_DEBIAN_MIRROR", "http://named.test/debian")
    assert debian.mirror(tmp_path) == "http://named.test/debian"


def test_links_are_made_to_stay_inside_the_tree(tmp_path):
    font = tmp_path / "usr/share/fonts/a.ttf"
    link = tmp_path / "usr/lib/web/a.ttf"
    outside = tmp_path / "usr/lib/web/outside"
    for path in (font, link):
        path.parent.mkdir(parents=True)
    font.write_text("font")
    link.symlink_to("/usr/share/fonts/a.ttf")
    outside.symlink_to("/no/such/file")
    debian.localise_links(tmp_path)
    assert link.read_text() == "font"
    assert not os.path.isabs(os.readlink(link))
    assert os.readlink(outside) == "/no/such/file"


def test_a_broken_package_is_an_error(tmp_path):
    archive = tmp_path / "broken.deb"
    archive.write_bytes(b"not an archive")
    if subprocess.run(["which", "dpkg-deb"], capture_output=True).returncode:
        pytest.skip("not a Debian machine")
    with pytest.raises(DevError, match=r"Unpacking broken\.deb failed"):
        debian.unpack([archive], tmp_path)
