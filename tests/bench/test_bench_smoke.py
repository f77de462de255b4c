"""The bench in its smallest form: that it measures, not how fast anything is."""

import re

import pytest

from tests.support.program import run_program

SMALLEST = ["--rounds", "1", "--batch", "3", "--single", "2", "--growth", "12", "--cases", "40"]
SECONDS = 300


@pytest.mark.slow
def test_the_bench_measures_every_way_and_size(template):
    text = run_program(["-m", "tests.bench", *SMALLEST], template, SECONDS)
    for way in ("a", "a%", "b", "c", "d"):
        assert re.search(rf"^  {re.escape(way)} .* \d+\.\d \(", text, re.M), text
    for ratio in ("a : b", "a : c", "a : d"):
        assert re.search(rf"^  {ratio} +\d+\.\d\d \(", text, re.M), text
    assert re.search(r"^ +12 ( *[\d.]+){12}$", text, re.M), text
    assert re.search(r"^ +40 ( *[\d.]+){7}$", text, re.M), text
    assert max(len(line) for line in text.splitlines()) <= 100
