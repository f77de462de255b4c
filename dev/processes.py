"""Servers that a command starts in the background and takes down with itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.console import DevError, tail
from dev.lifetime import ends_with_parent

STOP_SECONDS = 15


class Stopped(BaseException):
    """The command was asked to end: Ctrl-C, SIGTERM, or the terminal was closed."""


class Child:
    """A server in a session of its own, so that Ctrl-C reaches only the command itself.

    When the command is killed without a chance to clean up, the kernel ends the child.
    """

    def __init__(self, title: str, command: list[str], variables: dict[str, str], log: Path):
        self.title = title
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=ends_with_parent(),
            )

    def check(self) -> None:
        """Raise DevError with the end of the log when the server has ended."""
        if self.process.poll() is not None:
            text = tail(self.log.read_text(errors="replace"))
            raise DevError(f"{self.title} ended:\n{text}\n(log: {self.log})")

    def wait_for(self, url: str, seconds: int) -> None:
        """Wait until a page is there.

        :raises DevError: when the server ends, or the page is not there in time
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=60):
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise DevError(f"{self.title} did not answer in {seconds} s (log: {self.log})")

    def stop(self) -> None:
        """End it and what it started, first politely."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


@contextmanager
def stopping_signals() -> Iterator[None]:
    """Turn the signals that ask for an end into the exception Stopped, once."""

    def stop(*_args) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def free_port(wanted: int, tries: int = 50) -> int:
    """Return the wanted loopback port, or the next one that nobody listens on.

    :raises DevError: when all of them are taken
    """
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DevError(f"All ports from {wanted} to {wanted + tries - 1} are taken.")
