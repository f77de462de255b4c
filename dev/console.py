"""What the commands say while they work: one line a step, with its seconds."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.lifetime import ends_with_parent

_print_lock = threading.Lock()


class DevError(Exception):
    """A step that failed for a reason the developer can do something about.

    Its text is the whole of what the developer sees: what is wrong and what to do.
    """


def say(text: str = "") -> None:
    """Print one line at once, never mixed with another thread's line."""
    with _print_lock:
        print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a long step, and say how many seconds it took when it ends."""
    started = time.monotonic()
    say(f"  ...   {title}")
    yield
    say(f"  {time.monotonic() - started:4.0f} s  {title}: done")


def run(
    command: list[str],
    *,
    what: str,
    log: Path | None = None,
    finishes: bool = False,
    **options,
) -> str:
    """Run a command and return its output.

    :param what: the step in words, for the error's text
    :param log: a file that keeps the output, also after success
    :param finishes: let it come to its end also when this process is killed
    :raises DevError: when the command fails; with the end of its output
    """
    if not finishes:
        options["preexec_fn"] = ends_with_parent()
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout)
    if done.returncode:
        where = f"\n(all of it: {log})" if log else ""
        raise DevError(f"{what} failed:\n{tail(done.stdout)}{where}")
    return done.stdout


def tail(text: str, lines: int = 25) -> str:
    """Return the last lines of a program's output."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def main(command: Callable[[list[str]], int]) -> None:
    """Run a command of this package as a program: its errors are one clear text."""
    try:
        sys.exit(command(sys.argv[1:]))
    except DevError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
