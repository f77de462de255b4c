"""The same leaves made in different ways, round by round, in one run."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dev.console import say, step

from . import scratch
from .child import Child
from .employer import CLIENT_ID
from .local_nav import LocalNav
from .rpc_script import RpcScript, odoo_server
from .worker import OdooWorker, Sample

DEGREE = 60
TITLES = {
    "a": "connector, from NAV's page to approved leave",
    "a%": f"the same with notes of {DEGREE} %, counted partially",
    "b": "Odoo's create in one batch and action_approve",
    "c": "Odoo's create and action_approve, one by one",
    "d": "script over XML-RPC, create and action_approve",
}
# Ratio of two ways, and what it should be at most.
WANTED = (
    ("a", "b", 1.0),
    ("a", "c", 0.4),
    ("a%", "b", None),
    ("a", "d", None),
)


@dataclass(frozen=True)
class Size:
    """How much is measured.

    :param batch: leaves a round for the ways that work in batches
    :param single: leaves a round for the ways that go one by one
    """

    rounds: int
    batch: int
    single: int

    def leaves(self, way: str) -> int:
        return self.single if way[0] in "cd" else self.batch


def measure(size: Size) -> dict[str, list[Sample]]:
    """Measure all ways in interleaved rounds, each round beginning with the next way.

    Each way of each round has employees of its own, on the same schedule, with leaves on the same
    days. The first round, in which processes fill their caches, does not count.

    :return: the samples of each way
    """
    people = (size.rounds + 1) * sum(size.leaves(way) for way in TITLES)
    with (
        scratch.own_data() as folder,
        scratch.database() as database,
        Child(LocalNav, people) as nav,
        Child(OdooWorker, database) as odoo,
    ):
        with step(f"an employer with {people} employees"):
            nav.call("allow", CLIENT_ID, odoo.call("arrange", nav.call("addresses")))
            odoo.call("activate")
            employees = odoo.call("employ", nav.call("people"))
            password = secrets.token_urlsafe()
            login = odoo.call("set_password", password)
        with odoo_server(database, folder) as address:
            script = RpcScript(address, database, login, password)
            ways = _Ways(nav, odoo, script, employees)
            return _rounds(size, ways)


def _rounds(size: Size, ways: _Ways) -> dict[str, list[Sample]]:
    samples = defaultdict(list)
    names = list(TITLES)
    for number in range(size.rounds + 1):
        with step(f"round {number} of {size.rounds}" if number else "a round to warm up"):
            for name in names:
                sample = ways.run(name, size.leaves(name))
                if number:
                    samples[name].append(sample)
        names = names[1:] + names[:1]
    return samples


class _Ways:
    """The ways by name, and which employees are left for them."""

    def __init__(self, nav: Child, odoo: Child, script: RpcScript, employees: list[int]):
        self._nav, self._odoo, self._script = nav, odoo, script
        self._employees = employees
        self._leave_type = odoo.call("ids")["leave_type"]
        self._used = 0

    def run(self, name: str, count: int) -> Sample:
        """Make ``count`` leaves in a way.

        :raises AssertionError: when it made another number of leaves
        """
        first, self._used = self._used, self._used + count
        sample = self._work(name)(first, count)
        if sample.leaves != count:
            raise AssertionError(f"{name} made {sample.leaves} leaves instead of {count}")
        return sample

    def _work(self, name: str) -> Callable[[int, int], Sample]:
        return {
            "a": lambda first, count: self._connector(first, count, 100),
            "a%": lambda first, count: self._connector(first, count, DEGREE),
            "b": lambda first, count: self._odoo_itself("batch", first, count),
            "c": lambda first, count: self._odoo_itself("one_by_one", first, count),
            "d": self._by_script,
        }[name]

    def _connector(self, first: int, count: int, degree: int) -> Sample:
        self._nav.call("add_notes", first, count, degree)
        return self._odoo.call("connector")

    def _odoo_itself(self, how: str, first: int, count: int) -> Sample:
        return self._odoo.call(how, self._employees[first : first + count])

    def _by_script(self, first: int, count: int) -> Sample:
        before = self._odoo.call("approved")
        seconds = self._script.make_leaves(self._employees[first : first + count], self._leave_type)
        return Sample(seconds, 0, self._odoo.call("approved") - before, 0)


def report(samples: dict[str, list[Sample]]) -> bool:
    """Print the table and the ratios; returns whether all is as wanted."""
    say()
    say(
        "Time and SQL queries for one approved leave: median (lowest to highest) of "
        f"{len(samples['a'])} rounds"
    )
    say(f"      {'':48}{'leaves':>7}  {'ms':>6}{'':18}{'queries':>8}")
    for name, title in TITLES.items():
        times = sorted(1000 * sample.seconds / sample.leaves for sample in samples[name])
        counts = sorted(sample.queries / sample.leaves for sample in samples[name])
        spread = f"({times[0]:.1f} to {times[-1]:.1f})"
        queries = f"{median(counts):8.1f}" if counts[-1] else f"{'-':>8}"
        say(
            f"  {name:3} {title:48}{samples[name][0].leaves:7}  {median(times):6.1f} "
            f"{spread:17}{queries}"
        )
    say()
    return all(list(_ratio_lines(samples)))


def _ratio_lines(samples: dict[str, list[Sample]]) -> Iterator[bool]:
    """Print the ratios, each the median of the rounds' ratios; gives whether each is wanted."""
    for over, under, most in WANTED:
        ratios = sorted(
            (one.seconds / one.leaves) / (other.seconds / other.leaves)
            for one, other in zip(samples[over], samples[under], strict=True)
        )
        middle = median(ratios)
        spread = f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        line = f"  {over + ' : ' + under:9}{middle:6.2f} {spread:17}"
        if most is not None:
            line += f"wanted: at most {most:g}   {'ok' if middle <= most else 'missed'}"
        say(line.rstrip())
        yield most is None or middle <= most


def median(values: list[float]) -> float:
    """Return the middle of sorted values, or of the two in the middle."""
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
