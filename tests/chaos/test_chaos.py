"""The short form of the chaos: a few days, and all is as in the days without faults."""

import os
import subprocess
import sys

import pytest

from dev import cache
from tests.support.database import copy_database, drop_database, name_for, source_database

SHORT = "--employees 30 --notes 80 --connections 2 --days 3 --users 8 --plans 3 --minutes 0.4"
SHORT += " --kill-every 4 --crash-every 2 --seed 1"
SECONDS = 600


@pytest.fixture
def template():
    """A database with the addon that nobody is connected to."""
    name = name_for("chaos")
    copy_database(source_database(), name)
    yield name
    drop_database(name)


@pytest.mark.slow
def test_three_days_with_everything_going_wrong(template):
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *SHORT.split()],
        env={**os.environ, "NAV_TEMPLATE_DATABASE": template},
        cwd=cache.ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is as in the days without faults" in done.stdout
    assert "workers killed, PostgreSQL stopped 1 times" in done.stdout
    assert " 0 workers killed" not in done.stdout
    assert "Faults: none" not in done.stdout
