"""What must be true at the end, and what is not."""

from __future__ import annotations

import re
from collections import Counter

from .story import Story

# A line of Odoo's log begins with a time, and goes on below it.
_ENTRY = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )")
# That there is no database, or not the one of before: by the traceback, or by what the addon says.
_NO_DATABASE = re.compile(
    r"(?m)^(?:\S+\.CronError: )?psycopg2\.(InterfaceError|OperationalError|errors\.AdminShutdown)\b"
    r"|: (InterfaceError|OperationalError|AdminShutdown)\s*$"
)
# What Odoo makes of three workers in a row that were killed in the same job.
_KILLED_THRICE = re.compile(r"\bJob '[^']*' \(\d+\) timed out\s*$")
_OURS = re.compile(r"Job 'NAV: |odoo\.addons\.nav_altinn_connector")


def differences(calm: dict[str, list], storm: dict[str, list]) -> list[str]:
    """What the days without faults and those with them do not have in common, in words."""
    lines = []
    for name in calm:
        before, after = Counter(calm[name]), Counter(storm[name])
        for title, more in (
            ("only when calm", before - after),
            ("only in the storm", after - before),
        ):
            lines += [f"{name}: {title}: {row}" for row in sorted(more.elements(), key=str)]
    return lines


def untrue(story: Story, calm: dict[str, list]) -> list[str]:
    """What is wrong already without faults: what both have in common is not right for that."""
    given = story.notes_given()
    notes = {nav_id: state for nav_id, state, *_more in calm["notes"]}
    lines = [f"the note {nav_id} is lost" for nav_id in given.keys() - notes.keys()]
    lines += [
        f"the note {nav_id} is {state}"
        for nav_id, state in notes.items()
        if state not in given.get(nav_id, ())
    ]
    problems = {(connection, topic) for connection, topic, *_more in calm["problems"]}
    true = story.true_problems()
    lines += [f"a problem without a cause: {problem}" for problem in problems - true]
    lines += [f"no problem in spite of its cause: {problem}" for problem in true - problems]
    arrived = sorted(number for (number,) in calm["plans at NAV"])
    if arrived != sorted(story.plans):
        lines.append(f"of {len(story.plans)} plans, {len(arrived)} are at NAV")
    lines += [f"a plan is {state}" for _number, state in calm["plans"] if state != "sent"]
    if not calm["leave"] or not calm["replaced"] or not calm["cases"]:
        lines.append("nothing has come of the notes")
    return sorted(f"without faults: {line}" for line in lines)


def red(log: str) -> list[str]:
    """Errors in Odoo's log that must not be there: nothing that goes wrong may be left to Odoo's
    scheduler, and nothing may fail in an unforeseen way, save that there is no database, or that
    each worker was killed that began."""
    return [
        entry.splitlines()[0]
        for entry in _ENTRY.split(log)
        if re.search(r" (ERROR|CRITICAL) ", entry.split("\n")[0])
        and _OURS.search(entry)
        and not _NO_DATABASE.search(entry)
        and not _KILLED_THRICE.search(entry)
    ]
