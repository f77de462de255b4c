"""A program of the project, run as a person runs it."""

import os
import subprocess
import sys

from dev import cache


def run_program(arguments, template, seconds):
    """Run Python with these arguments and return what it has printed; it must end well.

    :param template: a database with the addon, to be copied
    :param seconds: after which it has failed
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "NAV_TEMPLATE_DATABASE": template},
        cwd=cache.ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
