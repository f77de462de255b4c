"""The cache folder: named by the environment, whole or absent, one builder at a time."""

import os
import subprocess
import sys

import pytest

from dev import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAV_CONNECTOR_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


def test_the_folder_is_the_named_one(folder):
    assert cache.folder() == folder
    assert folder.is_dir()


def test_the_folder_is_below_xdg_cache_home(tmp_path, monkeypatch):
    monkeypatch.delenv("NAV_CONNECTOR_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "nav-altinn-connector"


def test_an_interrupted_build_leaves_nothing(folder):
    target = cache.folder() / "thing"
    with pytest.raises(KeyboardInterrupt), cache.built(target) as work:
        (work / "half").touch()
        raise KeyboardInterrupt
    assert list(folder.iterdir()) == []


def test_a_build_replaces_the_former_one_whole(folder):
    target = cache.folder() / "thing"
    for name in ("first", "second"):
        with cache.built(target) as work:
            (work / name).touch()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert [path.name for path in folder.iterdir()] == ["thing"]


def test_a_locked_step_keeps_another_process_out(folder):
    script = (
        "import fcntl, sys\n"
        "handle = open(sys.argv[1], 'w')\n"
        "fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    )
    command = [sys.executable, "-c", script, str(folder / "locks" / "step.lock")]
    with cache.locked("step"):
        assert subprocess.run(command, capture_output=True).returncode != 0
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_secret_file_is_readable_by_its_owner_only(folder):
    path = cache.folder() / "secret"
    path.write_text("old")
    os.chmod(path, 0o644)
    cache.write(path, "new", mode=0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)


def test_the_digest_tells_lists_apart():
    lists = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["c", "ab"]]
    assert len({cache.digest(parts) for parts in lists}) == len(lists)


def test_the_addon_digest_follows_code_but_not_tests(tmp_path, monkeypatch):
    addon = tmp_path / "addon"
    (addon / "tests").mkdir(parents=True)
    (addon / "models.py").write_text("a = 1\n")
    monkeypatch.setattr(cache, "ADDON", addon)
    first = cache.addon_digest()
    (addon / "tests" / "test_a.py").write_text("assert True\n")
    (addon / "__pycache__").mkdir()
    (addon / "__pycache__" / "models.pyc").write_bytes(b"x")
    assert cache.addon_digest() == first
    (addon / "models.py").write_text("a = 2\n")
    assert cache.addon_digest() != first
