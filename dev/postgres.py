"""PostgreSQL: the one that the PG* variables point to, else one of the project's own.

The project's own runs on a free loopback port with its data in the cache folder. It starts
when the first command needs it and stops when the last one ends: each command holds a shared
lock, which the kernel gives back also when a command is killed. Its settings give speed for
data that can be made again (no fsync).
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import cache
from dev.console import DevError, run, say
from dev.environment import Environment

VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGPASSWORD", "PGSERVICE")
ROLE = "odoo"  # Odoo refuses to work as the role "postgres".
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
jit = off
scram_iterations = 1
log_min_messages = fatal
logging_collector = off
"""


@contextmanager
def running(environment: Environment) -> Iterator[dict[str, str]]:
    """Give the process environment in which PostgreSQL can be reached.

    :raises DevError: when the server that PG* points to cannot be used, or when the project's
        own does not start
    """
    variables = environment.variables()
    if any(variables.get(name) for name in VARIABLES):
        _check_external(variables)
        yield variables
        return
    server = Server(environment.postgres_bin)
    with server.in_use():
        variables.update(server.variables())
        yield variables


def query(variables: dict[str, str], sql: str, database: str = "postgres") -> list[str]:
    """Run a statement with psql and return the lines it prints.

    :raises DevError: with PostgreSQL's message
    """
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise DevError(f"PostgreSQL: {done.stderr.strip()}")
    return done.stdout.splitlines()


def copy_database(variables: dict[str, str], source: str, name: str) -> None:
    """Make a database as a copy of another one that nobody is connected to.

    Copying its files is faster than logging all their pages, and was the only way before 15.
    """
    [version] = query(variables, "SHOW server_version_num")
    strategy = "STRATEGY FILE_COPY" if int(version) >= 150000 else ""
    query(variables, f'CREATE DATABASE "{name}" TEMPLATE "{source}" {strategy}')


def _check_external(variables: dict[str, str]) -> None:
    """Refuse early what Odoo would refuse late, or less clearly."""
    sql = "SELECT current_user, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    try:
        user, may_create = query(variables, sql)[0].split("|")
    except DevError as error:
        raise DevError(
            f"The PostgreSQL that the PG* variables point to cannot be used. {error}\n"
            "Correct them, or unset them to use one of the project's own."
        ) from error
    if user == "postgres":
        raise DevError('Odoo refuses the PostgreSQL role "postgres": set PGUSER to another one.')
    if may_create != "t":
        raise DevError(f"The PostgreSQL role {user} may not create databases (CREATEDB).")


class Server:
    """The project's own server: one for each cache folder, shared by all commands."""

    def __init__(self, programs: Path):
        self.programs = programs
        self.base = cache.folder() / "postgres"
        self.data = self.base / "data"
        self.password_file = self.base / "password"
        self.log = self.base / "log"

    def variables(self) -> dict[str, str]:
        """Return the PG* variables that point here."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port()),
            "PGUSER": ROLE,
            "PGPASSWORD": self.password_file.read_text(),
        }

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Have it running; the last one to leave stops it."""
        self.base.mkdir(parents=True, exist_ok=True)
        with (self.base / "users.lock").open("w") as users:
            with cache.locked("postgres"):
                fcntl.flock(users, fcntl.LOCK_SH)
                if not self.answers():
                    self.start()
            try:
                yield
            finally:
                with cache.locked("postgres"):
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass  # another command goes on using it
                    else:
                        self.stop()

    def port(self) -> int | None:
        """Return the port of the last start, as PostgreSQL wrote it down; None: not started."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[3])
        except (OSError, ValueError, IndexError):
            return None

    def answers(self) -> bool:
        """Whether it is this data's server that runs and takes connections."""
        port = self.port()
        if not port or not self.password_file.exists():
            return False
        command = [self._program("psql"), "-X", "-A", "-t", "-d", "postgres"]
        command += ["-c", "SHOW data_directory"]
        variables = {**os.environ, **self.variables(), "PGCONNECT_TIMEOUT": "5"}
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
        return done.stdout.strip() == str(self.data)

    def start(self) -> None:
        """Start it on a free port, with fresh data if there are none.

        :raises DevError: with the end of the server's log
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        elif not self._fits():
            say("  note  the databases in the cache are of another PostgreSQL: starting over")
            self._initialise()
        for attempt in (1, 2, 3):
            options = f"-p {_free_port()}"
            command = ["pg_ctl", "start", "-w", "-t", "60", "-s", "-l", str(self.log)]
            try:
                self._as_server(*command, "-o", options)
                return
            except DevError as error:
                if attempt == 3:
                    text = self.log.read_text(errors="replace")[-2000:]
                    raise DevError(f"{error}\n{text}\nStart over: make clean") from error

    def stop(self) -> None:
        """Stop it; data stay."""
        if self.port():
            self._as_server("pg_ctl", "stop", "-m", "fast", "-w", "-t", "60", "-s")

    def _fits(self) -> bool:
        version = run([self._program("postgres"), "--version"], what="PostgreSQL").split()[-1]
        return (self.data / "PG_VERSION").read_text().strip() == version.split(".")[0]

    def _initialise(self) -> None:
        # The folder named "new" becomes the data folder only when it is complete.
        fresh = self.base / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = _server_user()
            os.chown(fresh, user.pw_uid, user.pw_gid)
        cache.write(self.password_file, secrets.token_urlsafe(24), mode=0o600)
        arguments = ["initdb", "-U", ROLE, f"--pwfile={self.password_file}", "--no-sync"]
        arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._as_server(*arguments, data=fresh)
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        fresh.rename(self.data)

    def _program(self, name: str) -> str:
        return str(self.programs / name)

    def _as_server(self, name: str, *arguments: str, data: Path | None = None) -> None:
        """Run one of PostgreSQL's programs on the data; never as root, which it refuses.

        As root the server gets the user "nobody" and keeps one of root's capabilities: to pass
        the folders above its data and its programs, which others may not enter.
        """
        command = [self._program(name), "-D", str(data or self.data), *arguments]
        if os.geteuid() == 0:
            user = _server_user()
            if not shutil.which("setpriv"):
                raise DevError(
                    "PostgreSQL does not run as root, and setpriv (util-linux) is missing: "
                    "work as an ordinary user, or set PGHOST and PGUSER to a server."
                )
            drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            drop += ["--clear-groups", "--inh-caps=-all,+dac_override"]
            # Else the kernel leaves the capability out of access(), which PostgreSQL relies on.
            drop += ["--securebits=+no_setuid_fixup"]
            command = [*drop, "--ambient-caps=-all,+dac_override", *command]
        # Not through a pipe: the server would inherit it, and reading it would never end.
        with (self.base / "command.log").open("w+") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**os.environ, "LC_ALL": "C"},
            )
            if done.returncode:
                output.seek(0)
                raise DevError(f"PostgreSQL's {name} failed:\n{output.read()[-2000:]}")


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise DevError(
            'PostgreSQL does not run as root and there is no user "nobody": work as an ordinary '
            "user, or set PGHOST and PGUSER to a server."
        ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
