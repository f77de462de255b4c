"""The bench in its smallest form: that it measures, not how fast anything is."""

import os
import re
import subprocess
import sys

import pytest

from dev import cache

SMALLEST = ["--rounds", "1", "--batch", "3", "--single", "2", "--growth", "12", "--cases", "40"]
SECONDS = 300


@pytest.mark.slow
def test_the_bench_measures_every_way_and_size(template):
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *SMALLEST],
        env={**os.environ, "NAV_TEMPLATE_DATABASE": template},
        cwd=cache.ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    for way in ("a", "a%", "b", "c", "d"):
        assert re.search(rf"^  {re.escape(way)} .* \d+\.\d \(", text, re.M), text
    for ratio in ("a : b", "a : c", "a : d"):
        assert re.search(rf"^  {ratio} +\d+\.\d\d \(", text, re.M), text
    assert re.search(r"^ +12 ( *[\d.]+){12}$", text, re.M), text
    assert re.search(r"^ +40 ( *[\d.]+){7}$", text, re.M), text
    assert max(len(line) for line in text.splitlines()) <= 100
