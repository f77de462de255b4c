"""Servers started by a command go with it, and a taken port is passed over."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev import cache
from dev.console import DevError
from dev.processes import Child, free_port

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def gone(process: int) -> bool:
    """Wait for the end of a process that may be someone else's child by now."""
    for _attempt in range(100):
        try:
            state = Path("/proc", str(process), "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
        with pytest.raises(DevError, match="are taken"):
            free_port(port, tries=1)


def test_a_server_that_ends_is_told_with_its_last_words(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no such option')"]
    child = Child("The server", command, dict(os.environ), tmp_path / "log")
    with pytest.raises(DevError, match="(?s)The server ended.*no such option"):
        child.wait_for("http://127.0.0.1:9/", 60)


def test_a_server_is_stopped(tmp_path):
    child = Child("The server", SLEEPER, dict(os.environ), tmp_path / "log")
    child.check()
    child.stop()
    assert child.process.poll() is not None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_does_not_outlive_the_command(tmp_path, number):
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from dev.processes import Child\n"
        f"child = Child('x', {SLEEPER!r}, dict(os.environ), Path({str(tmp_path / 'log')!r}))\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=cache.ROOT, stdout=subprocess.PIPE, text=True
    ) as command:
        child = int(command.stdout.readline())
        command.send_signal(number)
        command.wait(60)
    assert gone(child)
