"""The short form of the chaos: a few days, and all is as in the days without faults."""

import re

import pytest

from tests.support.program import run_program

SHORT = "--employees 30 --notes 80 --connections 2 --days 3 --users 6 --plans 3 --page 20"
# A day lasts seconds, so as much more goes wrong in each, and Odoo waits as much less.
SHORT += " --minutes 0.2 --kill-every 2 --crash-every 2 --trigger-every 0.8 --patience 1 --seed 1"
SECONDS = 600


@pytest.mark.slow
def test_three_days_with_everything_going_wrong(template):
    printed = run_program(["-m", "tests.chaos", *SHORT.split()], template, SECONDS)
    assert "All is as in the days without faults" in printed
    # A worker at the end of each day, and more in between.
    [kills] = re.findall(r"(\d+) workers killed, PostgreSQL stopped 2 times", printed)
    assert int(kills) >= 2
    [played] = re.findall(r"^Faults: (.*)$", printed, re.MULTILINE)
    assert len(played.split(", ")) >= 3
