"""``make chaos``: simulated days with everything going wrong at random, from a seed.

An hour with 10 000 employees. Less of it:
``make chaos ARGS="--employees 100 --notes 250 --users 20 --plans 6 --minutes 3 --patience 3"``.
"""

from __future__ import annotations

import argparse

from dev.console import main, say

from . import parallel
from . import run as chaos
from .story import Size

SHOWN = 40


def command(arguments: list[str]) -> int:
    """Run it and print what came of it; returns the exit code."""
    options = _parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else chaos.new_seed()
    size = Size(
        employees=options.employees,
        notes=options.notes,
        connections=options.connections,
        days=options.days,
        users=options.users,
        plans=options.plans,
        seed=seed,
        page=options.page,
    )
    if options.parallel:
        return 0 if parallel.report(parallel.measure(size, options.parallel)) else 1
    trouble = chaos.Trouble(
        workers=options.workers,
        day_seconds=options.minutes * 60 / options.days,
        trigger_every=options.trigger_every,
        kill_every=options.kill_every,
        crash_every=options.crash_every,
        patience=options.patience,
    )
    say(f"seed {seed}: {size}, {trouble}")
    return _report(chaos.run(size, trouble))


def _report(storm: chaos.Storm) -> int:
    say()
    ends = f"{storm.kills} workers killed, PostgreSQL stopped {storm.crashes} times"
    say(f"In {storm.seconds:.0f} s: {ends}")
    say("Faults: " + (", ".join(f"{kind} {n}" for kind, n in storm.faults.items()) or "none"))
    say("There are: " + ", ".join(f"{name} {count}" for name, count in storm.counts.items()))
    for line in storm.differences[:SHOWN]:
        say(f"  {line}")
    if storm.differences:
        say(f"{len(storm.differences)} differences to the days without faults.")
        return 1
    say("All is as in the days without faults; nobody was told anything twice.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--employees", type=int, default=10_000)
    parser.add_argument("--notes", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=5)
    parser.add_argument("--days", type=int, default=10, help="simulated days")
    parser.add_argument("--users", type=int, default=300, help="employees who are told")
    parser.add_argument("--plans", type=int, default=60, help="follow-up plans that are sent")
    parser.add_argument("--page", type=int, default=1000, help="most notes in an answer of NAV's")
    parser.add_argument("--minutes", type=float, default=60, help="of all days together")
    parser.add_argument("--workers", type=int, default=2, help="cron workers of Odoo")
    parser.add_argument(
        "--trigger-every", type=float, default=2, help="seconds between runs of the crons, at most"
    )
    parser.add_argument("--kill-every", type=float, default=8, help="seconds, on average")
    parser.add_argument("--crash-every", type=int, default=1, help="days between two crashes")
    parser.add_argument(
        "--patience",
        type=float,
        help="seconds that Odoo waits for an answer, where days are short; by default as ever",
    )
    parser.add_argument(
        "--parallel",
        type=int,
        nargs="*",
        metavar="PROCESSES",
        help="instead: how fast so many Odoo processes fetch, such as 1 2 4",
    )
    parser.add_argument("--seed", type=int, help="by default another one each time")
    return parser


if __name__ == "__main__":
    main(command)
