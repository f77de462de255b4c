"""One, two and four Odoo processes with cron workers on one database: how fast they fetch from
many connections, and that they make the same of it as crons that run one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dev.console import say, step
from tests.bench import scratch
from tests.bench.child import Child

from . import truth
from .arranging import Beginning, add_notes, query
from .people import People
from .story import Size, Story
from .workers import Workers

# How long nothing may happen.
PATIENCE = 600.0
ANSWER_SECONDS = 0.5
LOOK_EVERY = 0.2
NOT_DONE = """
    SELECT (SELECT count(*) FROM nav_sick_note WHERE state = 'received')
         + (SELECT count(*) FROM nav_connection WHERE last_fetch_at IS NULL)
         + (SELECT count(*) FROM nav_first_fetch WHERE state != 'done')
"""
# A call for one connection that began before one for another had its answer.
AT_ONCE = """
    SELECT EXISTS (
        SELECT FROM nav_exchange a JOIN nav_exchange b ON a.connection_id < b.connection_id
         WHERE a.system = 'sykepenger' AND b.system = 'sykepenger'
           AND a.started_at < b.started_at + b.duration_ms * interval '1 millisecond'
           AND b.started_at < a.started_at + a.duration_ms * interval '1 millisecond')
"""
CRON = "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name"


@dataclass
class Throughput:
    """One number of processes.

    :param seconds: from the first worker's start to the last note applied, Odoo's own start not
        counted
    :param at_once: whether two connections were fetched at the same time
    :param most_messages: how many messages one person has had of the first fetch, at most
    :param differences: lines that name what is not as it is after crons in one process
    """

    processes: int
    notes: int
    seconds: float
    at_once: bool
    most_messages: int
    differences: list[str]


def measure(size: Size, numbers: list[int], answer_seconds: float = ANSWER_SECONDS):
    """Let each number of processes fetch the same notes, one after the other.

    :param answer_seconds: how long NAV takes for an answer: what a second worker can use
    :return: a :class:`Throughput` for each number
    """
    story = Story(size, date.today())
    with (
        scratch.own_data() as folder,
        scratch.database() as database,
        Child(People, database) as people,
    ):
        beginning = Beginning(story, people, database)
        try:
            with step(f"an employer of {size.employees} employees"):
                beginning.arrange()
                expected = _as_ever(beginning, story, people)
            results = []
            for number in numbers:
                with step(f"{number} Odoo processes"):
                    beginning.restore()
                    place = _folder(Path(folder), number)
                    figures = _one(
                        beginning, story, people, database, place, number, answer_seconds
                    )
                outcome, *figures = figures
                lines = truth.differences(expected, outcome)
                results.append(Throughput(number, len(outcome["notes"]), *figures, lines))
            return results
        finally:
            beginning.drop()


def _as_ever(beginning, story, people) -> dict:
    """What is there when the crons have run one after the other."""
    sandbox = _nav(beginning, story)
    try:
        people.call("run_crons")
        return people.call("outcome")
    finally:
        sandbox.stop()


def _one(beginning, story, people, database, folder, number, answer_seconds):
    sandbox = _nav(beginning, story)
    try:
        people.call("rest")
        if answer_seconds:
            sandbox.faults.add("slow", "sykepenger", times=None, seconds=answer_seconds)
        seconds = _fetch(database, folder, number)
        sandbox.faults.clear()
        at_once = query(AT_ONCE, database) == ["t"]
        messages = people.call("most_messages")
        people.call("settle")
        return people.call("outcome"), seconds, at_once, messages
    finally:
        sandbox.stop()


def _nav(beginning, story):
    sandbox = beginning.nav()
    for day in story.days:
        add_notes(sandbox, day)
    return sandbox


def _fetch(database, folder, number) -> float:
    """Run so many Odoo processes until everything is fetched and applied."""
    # Nothing but the fetch, and not before all processes are up.
    query(
        "UPDATE ir_cron SET nextcall = now() at time zone 'UTC' + interval '1 day'; "
        "DELETE FROM ir_cron_trigger",
        database,
    )
    servers = [Workers(database, _folder(folder, each), 1) for each in range(number)]
    try:
        for server in servers:
            server.await_one()
        started = time.monotonic()
        query(
            "UPDATE ir_cron SET nextcall = now() at time zone 'UTC' WHERE id IN "
            f"({CRON} = 'ir_cron_fetch_sick_notes')",
            database,
        )
        while int(query(NOT_DONE, database)[0]):
            query(f"SELECT pg_notify('cron_trigger', '{database}')")
            time.sleep(LOOK_EVERY)
            if time.monotonic() - started > PATIENCE:
                raise TimeoutError("the workers do not come to an end")
        return time.monotonic() - started
    finally:
        for server in servers:
            server.stop()


def _folder(parent: Path, number: int) -> Path:
    path = parent / f"of-{number}"
    path.mkdir()
    return path


def report(results: list[Throughput]) -> bool:
    """Print the table; returns whether all made the same and more processes were faster."""
    say()
    say("Odoo processes, each with one cron worker, on one database")
    say(f"{'processes':>10}{'notes':>8}{'s':>8}{'notes/s':>9}{'times':>7}{'messages':>10}")
    one = results[0]
    for each in results:
        times = one.seconds / each.seconds
        say(
            f"{each.processes:10}{each.notes:8}{each.seconds:8.1f}"
            f"{each.notes / each.seconds:9.1f}{times:7.2f}"
            f"{each.most_messages:10}"
        )
        if each.processes > 1 and not each.at_once:
            say("  never two connections at once")
        for line in each.differences:
            say(f"  {line}")
    grows = all(later.seconds < one.seconds for later in results[1:])
    say("  messages: how many one person has had of the first fetch, at most")
    once = all(each.most_messages <= 1 for each in results)
    return grows and once and not any(each.differences for each in results)
