"""One, two and four Odoo processes with cron workers on one database: how fast they fetch from
many connections, and that they make the same of it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dev import postgres
from dev.console import say, step
from tests.bench import scratch
from tests.bench.child import Child
from tests.bench.employer import CLIENT_ID

from .people import People
from .story import Size, Story
from .workers import Workers

# How long nothing may happen.
PATIENCE = 600.0
ANSWER_SECONDS = 0.5
NOT_DONE = """
    SELECT (SELECT count(*) FROM nav_sick_note WHERE state = 'received')
         + (SELECT count(*) FROM nav_connection WHERE last_success_at IS NULL)
         + (SELECT count(*) FROM nav_first_fetch WHERE state != 'done')
"""


@dataclass
class Throughput:
    """One number of processes.

    :param seconds: from the first worker's start to the last note applied, Odoo's own start not
        counted
    :param most_messages: how many messages one person has had of the first fetch, at most
    :param differences: names of what is not as with one process
    """

    processes: int
    notes: int
    seconds: float
    most_messages: int
    differences: list[str]


def measure(size: Size, numbers: list[int], answer_seconds: float = ANSWER_SECONDS):
    """Let each number of processes fetch the same notes, one after the other.

    :param answer_seconds: how long NAV takes for an answer: what a second worker can use
    :return: a :class:`Throughput` for each number
    """
    story = Story(size, date.today())
    results, first = [], None
    with scratch.own_data() as folder:
        for number in numbers:
            with step(f"{number} Odoo processes"), scratch.database() as database:
                outcome, *figures = _one(story, database, Path(folder), number, answer_seconds)
            first = first or outcome
            differences = [name for name in outcome if outcome[name] != first[name]]
            results.append(Throughput(number, len(outcome["notes"]), *figures, differences))
    return results


def _one(story, database, folder, number, answer_seconds):
    with Child(People, database) as people:
        sandbox = story.open_nav()
        try:
            _arrange(story, sandbox, people)
            people.call("rest")
            for day in story.days:
                for raw in day.notes:
                    sandbox.add_raw_note(raw, received=raw["mottattAvNav"])
            if answer_seconds:
                sandbox.faults.add("slow", "sykepenger", times=None, seconds=answer_seconds)
            seconds = _fetch(database, folder, number)
            sandbox.faults.clear()
            messages = people.call("most_messages")
            people.call("settle")
            return people.call("outcome"), seconds, messages
        finally:
            sandbox.stop()


def _arrange(story, sandbox, people):
    names = ("maskinporten_url", "sykepenger_url", "enhetsregisteret_url")
    names += ("altinn_url", "followup_plan_url")
    addresses = {name: getattr(sandbox, name) for name in names}
    addresses["owner_org_number"] = story.mains[0]
    jwk = people.call("arrange_all", addresses, story.people, story.today)
    story.allow(sandbox, CLIENT_ID, jwk)
    people.call("hire", story.size.users)
    people.call("activate_all")


def _fetch(database, folder, number) -> float:
    """Run so many Odoo processes until everything is fetched and applied."""
    variables = dict(os.environ)
    # Nothing but the fetch, and not before all processes are up.
    cron = "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name"
    postgres.query(
        variables,
        "UPDATE ir_cron SET nextcall = now() at time zone 'UTC' + interval '1 day'; "
        "DELETE FROM ir_cron_trigger",
        database,
    )
    servers = [Workers(database, _folder(folder, database, each), 1) for each in range(number)]
    try:
        for server in servers:
            server.await_one()
        started = time.monotonic()
        postgres.query(
            variables,
            "UPDATE ir_cron SET nextcall = now() at time zone 'UTC' WHERE id IN "
            f"({cron} = 'ir_cron_fetch_sick_notes')",
            database,
        )
        while int(postgres.query(variables, NOT_DONE, database)[0]):
            postgres.query(variables, f"SELECT pg_notify('cron_trigger', '{database}')")
            time.sleep(0.3)
            if time.monotonic() - started > PATIENCE:
                raise TimeoutError("the workers do not come to an end")
        return time.monotonic() - started
    finally:
        for server in servers:
            server.stop()


def _folder(folder: Path, database: str, number: int) -> Path:
    path = folder / f"{database}-{number}"
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
        if each.differences:
            say(f"  differs: {', '.join(each.differences)}")
    grows = all(later.seconds < one.seconds for later in results[1:])
    say("  messages: how many one person has had of the first fetch, at most")
    once = all(each.most_messages <= 1 for each in results)
    return grows and once and not any(each.differences for each in results)
