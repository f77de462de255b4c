"""What goes wrong outside: each of the sandbox's kinds of fault, where it can happen."""

from __future__ import annotations

import random
from typing import NamedTuple

from sandbox.server import SandboxServer

NOTES, TOKEN = "sykepenger.notes", "maskinporten.token"
REGISTER, PLAN = "enhetsregisteret", "followup_plan"
CALLED_BY_DAY = (NOTES, NOTES, TOKEN, REGISTER)
CALLED_FOR_PLANS = (PLAN, PLAN, PLAN, TOKEN)
HAND = (8, 12)
MOST_TIMES, MOST_AFTER = 3, 5


class Kind(NamedTuple):
    """A kind of fault with what it takes, and the only place where it makes sense, if any."""

    name: str
    params: dict
    place: str | None = None


ANYWHERE = (
    Kind("no_answer", {"mode": "hang"}),
    Kind("no_answer", {"mode": "abort"}),
    Kind("answer_lost", {}),
    Kind("unauthorized", {}),
    Kind("too_many_requests", {"retry_after": 1}),
    Kind("server_error", {"status": 500}),
    Kind("server_error", {"status": 503, "retry_after": 1}),
    Kind("server_error", {"status": 502, "processed": True}),
    Kind("slow", {"seconds": 0.5}),
    Kind("cut_json", {}),
    Kind("not_json", {}),
    Kind("not_json", {"status": 502}),
    # The organisation's approval is gone, for a while: the connection has to heal.
    Kind("problem", {"code": "MP-303"}, TOKEN),
    Kind("problem", {"code": "MP-124"}, TOKEN),
    Kind("problem", {"code": "MP-130"}, TOKEN),
)
BY_DAY = (
    *ANYWHERE,
    Kind("unknown_values", {"what": "keys"}, NOTES),
    # The note cannot be used, until NAV gives it with a kind that is known.
    Kind("unknown_values", {"what": "kind"}, NOTES),
    Kind("duplicate", {"loepenr": "same"}, NOTES),
    Kind("duplicate", {"loepenr": "new"}, NOTES),
    Kind("out_of_order", {"seed": 5}, NOTES),
    Kind("late_low_loepenr", {}, NOTES),
    Kind("huge", {"size": 100_000}, NOTES),
)
FOR_PLANS = (
    *ANYWHERE,
    Kind("problem", {"code": "NO_ACTIVE_EMPLOYMENT"}, PLAN),
    Kind("problem", {"code": "NO_ACTIVE_SENT_SYKMELDING"}, PLAN),
    Kind("problem", {"code": "EMPLOYEE_NOT_FOUND"}, PLAN),
    Kind("problem", {"code": "GENERAL_PRACTITIONER_NOT_FOUND"}, PLAN),
    Kind("problem", {"code": "VALIDATION_ERROR", "message": "A message of NAV"}, PLAN),
    Kind("problem", {"code": "INTERNAL_SERVER_ERROR", "processed": True}, PLAN),
    Kind("problem", {"code": "SERVICE_UNAVAILABLE"}, PLAN),
)


class Deck:
    """Kinds of fault in an order of the seed, dealt a hand at a time: all of them, then all of them
    again in another order.

    :param places: where those happen that can happen anywhere
    """

    def __init__(self, seed: str, kinds: tuple[Kind, ...], places: tuple[str, ...]):
        self._rng = random.Random(seed)
        self._kinds, self._places = kinds, places
        self._left: list[Kind] = []

    def deal(self, sandbox: SandboxServer):
        """Order the next hand."""
        rng = self._rng
        for _number in range(rng.randint(*HAND)):
            if not self._left:
                self._left = rng.sample(self._kinds, len(self._kinds))
            kind = self._left.pop()
            sandbox.faults.add(
                kind.name,
                kind.place or rng.choice(self._places),
                times=rng.randint(1, MOST_TIMES),
                after=rng.randint(0, MOST_AFTER),
                **kind.params,
            )


def by_day(seed: int) -> Deck:
    """What goes wrong while sick notes are fetched."""
    return Deck(f"day {seed}", BY_DAY, CALLED_BY_DAY)


def for_plans(seed: int) -> Deck:
    """What goes wrong while follow-up plans are sent."""
    return Deck(f"plans {seed}", FOR_PLANS, CALLED_FOR_PLANS)
