"""What becomes of time and memory when there are more notes, and what a fetch of nothing costs."""

from __future__ import annotations

from dataclasses import dataclass

from dev.console import say, step

from . import scratch
from .child import Child
from .employer import CLIENT_ID
from .local_nav import LocalNav
from .worker import OdooWorker, Sample

NOTES_PER_EMPLOYEE = 4
# One employee in so many is missing in Odoo: their notes wait.
MISSING_ONE_IN = 25
# Notes before the measured ones, so that all processes have filled their caches.
WARM_UP = 10
# What growth may be and still count as linear or constant, noise included.
MOST_TIME = 1.25
MOST_MEMORY = 16 * 2**20


@dataclass
class Growth:
    """One size.

    :param first: the fetch of all notes at once
    :param one_more: the fetch after one note more has come
    :param idle: the fetch when nothing has come
    :param requests: how many requests for notes the idle fetch made
    """

    notes: int
    employees: int
    waiting: int
    first: Sample
    one_more: Sample
    idle: Sample
    requests: int

    @property
    def milliseconds(self) -> float:
        """Time for one note."""
        return 1000 * self.first.seconds / self.notes


def measure(sizes: list[int]) -> list[Growth]:
    """Measure one size after the other, each in a fresh database and fresh processes."""
    results = []
    with scratch.own_data():
        for notes in sizes:
            with step(f"{notes} notes"):
                results.append(_measure_one(notes))
    return results


def _measure_one(notes: int) -> Growth:
    employees = max(notes // NOTES_PER_EMPLOYEE, 2)
    with scratch.database() as database, Child(LocalNav, employees) as nav:
        # Another process than the one that is measured, so that this one starts out small.
        with Child(OdooWorker, database) as odoo:
            nav.call("allow", CLIENT_ID, odoo.call("arrange", nav.call("addresses")))
            odoo.call("activate")
            people = nav.call("people")
            there = [one for number, one in enumerate(people) if (number + 1) % MISSING_ONE_IN]
            odoo.call("employ", there)
            ids = odoo.call("ids")
        with Child(OdooWorker, database, ids) as odoo:
            nav.call("add_notes", 0, min(WARM_UP, employees))
            odoo.call("connector")
            nav.call("add_history", notes)
            first = odoo.call("connector")
            states = odoo.call("notes_by_state")
            done = sum(states.values()) - min(WARM_UP, employees)
            if done != notes or states.get("received") or states.get("failed"):
                raise AssertionError(f"{notes} notes were sent; in Odoo there are {states}")
            nav.call("add_notes", 0, 1)
            one_more = odoo.call("connector")
            nav.call("requests")
            idle = odoo.call("connector")
            requests = nav.call("requests")
    return Growth(notes, len(there), states.get("waiting", 0), first, one_more, idle, requests)


def report(results: list[Growth]) -> bool:
    """Print the table and the ratios; returns whether all is as wanted."""
    say()
    say(
        "Growth: a made-up employer's notes of all kinds, fetched at once, "
        f"{NOTES_PER_EMPLOYEE} for an employee"
    )
    say(f"{'':39}{'for one note':>13}{'peak':>9}{'one more note':>16}{'nothing new':>22}")
    say(
        f"{'notes':>8}{'employees':>10}{'leaves':>8}{'waiting':>8}{'s':>7}{'ms':>6}{'queries':>8}"
        f"{'MB':>7}{'ms':>7}{'queries':>8}{'ms':>7}{'queries':>8}{'reqs':>5}"
    )
    for one in results:
        say(
            f"{one.notes:8}{one.employees:10}{one.first.leaves:8}{one.waiting:8}"
            f"{one.first.seconds:7.1f}{one.milliseconds:6.1f}{one.first.queries / one.notes:8.1f}"
            f"{one.first.peak / 2**20:7.0f}{1000 * one.one_more.seconds:7.0f}"
            f"{one.one_more.queries:8}{1000 * one.idle.seconds:7.0f}{one.idle.queries:8}"
            f"{one.requests:5}"
        )
    say()
    small, large = min(results, key=_size), max(results, key=_size)
    name = f"{large.notes} : {small.notes}"
    more = large.first.peak - small.first.peak
    queries = large.idle.queries - small.idle.queries
    return all(
        [
            _judge(f"{name}, time for one note", large.milliseconds / small.milliseconds,
                   MOST_TIME, ".2f"),
            _judge(f"{name}, memory more, MB", more / 2**20, MOST_MEMORY / 2**20, ".0f"),
            _judge(f"{name}, idle queries more", queries, 0, "d"),
        ]
    )  # fmt: skip


def _size(one: Growth) -> int:
    return one.notes


def _judge(what: str, value: float, most: float, form: str) -> bool:
    good = value <= most
    say(f"  {what:38}{value:8{form}}   wanted: at most {most:g}   {'ok' if good else 'missed'}")
    return good
