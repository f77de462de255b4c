"""``make bench``: the connector next to Odoo's own ways, and its growth."""

from __future__ import annotations

import argparse

from dev.console import main, say

from . import followup, growth, load, side_by_side


def bench(arguments: list[str]) -> int:
    """Measure and print; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rounds, options.batch, options.single = 3, 50, 15
        options.growth = [100, 400]
        options.cases = [250, 1000]
    if options.load:
        return 0 if load.report(load.measure(*options.load)) or not options.strict else 1
    size = side_by_side.Size(options.rounds, options.batch, options.single)
    good = side_by_side.report(side_by_side.measure(size))
    if options.growth:
        good = growth.report(growth.measure(options.growth)) and good
    if options.cases:
        good = followup.report(followup.measure(options.cases)) and good
    say()
    if not good:
        say("Something is not as wanted. Other work on the machine makes the times uncertain.")
    return 1 if options.strict and not good else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same in small, under a minute")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a ratio is missed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=200, help="leaves a round, ways in batches")
    parser.add_argument("--single", type=int, default=50, help="leaves a round, one by one")
    parser.add_argument(
        "--growth",
        type=int,
        nargs="*",
        default=[1000, 5000, 20000],
        metavar="NOTES",
        help="numbers of notes; none to leave it out",
    )
    parser.add_argument(
        "--cases",
        type=int,
        nargs="*",
        default=[1000, 10000],
        metavar="CASES",
        help="numbers of open cases to follow up; none to leave it out",
    )
    parser.add_argument(
        "--load",
        type=int,
        nargs="*",
        metavar="NUMBER",
        action=_Load,
        help="instead: how long pages take with so many employees and notes (60000 300000)",
    )
    return parser


class _Load(argparse.Action):
    """Two numbers, or none for the usual ones."""

    def __call__(self, parser, options, values, option_string=None):
        if values and len(values) != 2:
            parser.error("--load takes employees and notes")
        options.load = values or [60_000, 300_000]


if __name__ == "__main__":
    main(bench)
