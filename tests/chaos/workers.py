"""Odoo as it runs in earnest: a master process and its cron workers."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psutil

from dev.console import DevError
from dev.processes import Child

START_SECONDS = 120


class Workers:
    """An Odoo server with cron workers on a database, and nothing else.

    :param folder: where its log goes
    :param count: how many cron workers
    :param patience: see :func:`.impatient.be_impatient`; None for Odoo's own
    """

    def __init__(self, database: str, folder: Path, count: int, patience: float | None = None):
        odoo = ["tests.chaos.impatient", str(patience)] if patience else ["odoo"]
        self._command = [sys.executable, "-m", *odoo, "server", "-d", database, "--no-http"]
        self._command += ["--workers=1", f"--max-cron-threads={count}", "--log-level=warn"]
        self._command += ["--limit-time-cpu=3600", "--limit-time-real=3600"]
        self._folder = folder
        self._starts = 0
        self._server = None
        self.start()

    def start(self):
        """Start it, once more if it has ended."""
        self._starts += 1
        log = self._folder / f"odoo-{os.getpid()}-{self._starts}.log"
        self._server = Child("Odoo", self._command, dict(os.environ), log)

    def processes(self) -> list[psutil.Process]:
        """The cron workers that run now."""
        try:
            return psutil.Process(self._server.process.pid).children()
        except psutil.NoSuchProcess:
            return []

    def await_one(self):
        """Wait until there is a worker.

        :raises DevError: the server does not come up
        """
        for _attempt in range(10 * START_SECONDS):
            if self._server.process.poll() is not None:
                self.start()
            if self.processes():
                return
            time.sleep(0.1)
        raise DevError(f"No worker in {START_SECONDS} s:\n{self.log()[-2000:]}")

    def kill(self, rng) -> bool:
        """Kill a worker, which has no chance to clean up; the master makes another one."""
        if self._server.process.poll() is not None:
            self.start()
            return False
        there = self.processes()
        if not there:
            return False
        try:
            os.kill(rng.choice(there).pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def log(self) -> str:
        """What the server has logged, as long as it was at warning or above."""
        logs = sorted(self._folder.glob("odoo-*.log"))
        return "\n".join(path.read_text(errors="replace") for path in logs)

    def stop(self):
        self._server.stop()
