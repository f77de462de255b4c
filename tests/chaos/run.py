"""The same days twice, calmly and with everything going wrong, and the comparison."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from dev.console import step
from tests.bench import scratch
from tests.bench.child import Child

from . import faults, truth
from .arranging import Beginning, add_notes, query
from .people import People
from .postgres import OwnServer, own_server
from .story import Size, Story
from .workers import Workers

DATABASE = "chaos"
CASES_TRIES = 30
# The addon's crons, which the scheduler is to run again and again.
AGAIN = """
    UPDATE ir_cron SET nextcall = now() at time zone 'UTC', failure_count = 0
     WHERE id IN (SELECT res_id FROM ir_model_data
                   WHERE model = 'ir.cron' AND module = 'nav_altinn_connector')
"""


@dataclass
class Storm:
    """What went wrong, and what differs because of it.

    :param kills: cron workers of Odoo and processes that were sending plans
    :param differences: lines that must not be there: what calm and storm do not have in common,
        problems without a cause, messages that came twice
    """

    kills: int = 0
    crashes: int = 0
    faults: Counter = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trouble:
    """How much goes wrong besides the faults of the outside systems.

    :param workers: cron workers of Odoo
    :param day_seconds: how long a simulated day lasts
    :param gust_every: seconds after which more faults are ordered
    :param trigger_every: seconds between two runs of the crons, at most
    :param kill_every: seconds between two workers' ends, on average
    :param crash_every: days between two ends of PostgreSQL
    :param patience: how long Odoo waits for an answer, in seconds; None for as long as ever
    """

    workers: int = 2
    day_seconds: float = 20.0
    gust_every: float = 8.0
    trigger_every: float = 2.0
    kill_every: float = 6.0
    crash_every: int = 2
    patience: float | None = None


def run(size: Size, trouble: Trouble) -> Storm:
    """Let the days happen twice, and compare.

    :return: what went wrong and what differs; nothing is raised for a difference
    """
    story = Story(size, date.today())
    with scratch.own_data() as data, scratch.database() as source:
        folder = Path(data)
        with (
            own_server(_folder(folder, "postgres"), source, DATABASE) as server,
            Child(People, DATABASE, trouble.patience) as people,
        ):
            return _Run(story, trouble, server, people, folder).both()


def _folder(parent: Path, name: str) -> Path:
    # PostgreSQL runs as another user, who must be able to enter.
    parent.chmod(0o755)
    path = parent / name
    path.mkdir()
    return path


class _Run:
    def __init__(
        self, story: Story, trouble: Trouble, server: OwnServer, people: Child, folder: Path
    ):
        self._story, self._trouble = story, trouble
        self._server, self._people, self._folder = server, people, folder
        self._rng = random.Random(f"storm {story.size.seed}")
        self._beginning = Beginning(story, people, DATABASE)

    def both(self) -> Storm:
        with step(f"an employer of {self._story.size.employees} employees"):
            self._beginning.arrange()
        with step(f"{len(self._story.days)} calm days"), self._nav() as sandbox:
            calm = self._calm(sandbox)
        self._beginning.restore()
        storm, started = Storm(), time.monotonic()
        with self._nav() as sandbox:
            with step("the same days with everything going wrong"), self._workers() as workers:
                self._storm(sandbox, workers, storm)
                log = workers.log()
            storm.seconds = time.monotonic() - started
            with step("what is left to do"):
                after = self._settle(sandbox)
        storm.counts = self._people.call("counts")
        storm.differences = [
            *truth.untrue(self._story, calm),
            *truth.differences(calm, after),
            *(f"{what}: {row}" for what, rows in self._people.call("told").items() for row in rows),
            *truth.red(log),
        ]
        return storm

    @contextmanager
    def _nav(self):
        sandbox = self._beginning.nav()
        try:
            yield sandbox
        finally:
            sandbox.stop()

    def _write_plans(self) -> bool:
        evaluation = self._story.today + timedelta(days=30)
        return self._people.call("write_plans", self._story.plans, evaluation)

    def _outcome(self, sandbox) -> dict:
        outcome = self._people.call("outcome")
        outcome["plans at NAV"] = sorted((plan.fnr,) for plan in sandbox.plans())
        return outcome

    # ------------------------------------------------------------------ calm

    def _calm(self, sandbox) -> dict:
        people = self._people
        for day in self._story.days:
            add_notes(sandbox, day)
            people.call("register", day.by_hand)
            people.call("make_due")
            people.call("run_crons")
        self._write_plans()
        people.call("send_plans")
        people.call("settle")
        return self._outcome(sandbox)

    def _settle(self, sandbox) -> dict:
        """What time and people make of it once nothing goes wrong any more."""
        people = self._people
        sandbox.faults.clear()
        people.call("settle")
        people.call("settle", compare=True)
        self._write_plans()
        for _round in range(2):
            people.call("settle_plans", [plan.call_id for plan in sandbox.plans()])
        people.call("settle")
        return self._outcome(sandbox)

    # ------------------------------------------------------------------ storm

    @contextmanager
    def _workers(self):
        workers = Workers(DATABASE, self._folder, self._trouble.workers, self._trouble.patience)
        try:
            yield workers
        finally:
            workers.stop()

    def _storm(self, sandbox, workers: Workers, storm: Storm):
        deck = faults.by_day(self._story.size.seed)
        for number, day in enumerate(self._story.days, start=1):
            add_notes(sandbox, day)
            crash = number % self._trouble.crash_every == 0
            self._disturb(sandbox, deck, workers, storm, day.by_hand, crash)
            self._calm_down(sandbox, storm)
        self._disturb_sending(sandbox, workers, storm)
        self._calm_down(sandbox, storm)

    def _calm_down(self, sandbox, storm: Storm):
        storm.faults.update(hit.kind for hit in sandbox.faults.hits)
        sandbox.faults.clear()

    def _disturb(self, sandbox, deck, workers: Workers, storm: Storm, by_hand: list, crash: bool):
        """One day: crons run again and again, people do what they do, and workers end."""
        people, rng, trouble = self._people, self._rng, self._trouble
        people.call("make_due")
        workers.await_one()
        begin = time.monotonic()
        by_hand, end = iter(by_hand), begin + trouble.day_seconds
        gusts = itertools.count(begin, trouble.gust_every)
        gust, kill = next(gusts), begin + self._until_kill()
        crash_at = begin + rng.uniform(0.3, 0.7) * trouble.day_seconds
        while (now := time.monotonic()) < end:
            # Odoo ends with the database, and is started again; the day goes on where it was.
            workers.await_one()
            end += time.monotonic() - now
            if now >= gust:
                deck.deal(sandbox)
                gust = next(gusts)
            _trigger()
            people.call("register", list(itertools.islice(by_hand, 1)))
            time.sleep(rng.uniform(0, trouble.trigger_every))
            if now >= kill:
                storm.kills += workers.kill(rng)
                kill = now + self._until_kill()
            if crash and crash_at <= now:
                self._crash(storm)
                crash = False
            if rng.random() < 0.3:
                people.call("make_due")
        people.call("register", list(by_hand))
        storm.kills += workers.kill(rng)
        if crash:  # on a slow machine the day has been too short
            self._crash(storm)

    def _until_kill(self) -> float:
        return self._rng.expovariate(1 / self._trouble.kill_every)

    def _crash(self, storm: Storm):
        self._server.crash()
        storm.crashes += 1

    def _disturb_sending(self, sandbox, workers: Workers, storm: Storm):
        """Plans are sent by people whose processes end, while the database ends too."""
        people, seed = self._people, self._story.size.seed
        for attempt in range(CASES_TRIES):
            if self._write_plans():
                break
            # The last sick notes are still on their way to a case, or to be fetched again after a
            # failure that a worker has recorded meanwhile.
            workers.await_one()
            if attempt % 4 == 0:
                people.call("make_due")
            _trigger()
            time.sleep(0.3)
        faults.for_plans(seed).deal(sandbox)
        timer = threading.Timer(self._rng.uniform(0, 1), self._crash, [storm])
        timer.start()
        times = max(2, len(self._story.plans) // 2)
        storm.kills += people.call("send_plans_and_die", f"plans {seed}", times)
        timer.join()


def _trigger():
    """Let the scheduler run the crons now."""
    query(AGAIN, DATABASE)
    query(f"SELECT pg_notify('cron_trigger', '{DATABASE}')")


def new_seed() -> int:
    """A seed that nobody has had before."""
    return secrets.randbelow(10**6)
