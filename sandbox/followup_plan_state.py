"""The follow-up plans that arrived at NAV, and whether they were passed on."""

import uuid
from dataclasses import asdict, dataclass


@dataclass
class ReceivedPlan:
    """One plan that NAV has taken.

    :param body: the plan as it was sent, unknown keys too
    :param employer: the token's consumer
    :param supplier: who sent it: the token's supplier, or the employer itself
    :param call_id: the request's Nav-Call-Id, or the one that NAV gave it
    :param received: seconds since the epoch, on the sandbox's clock
    :param to_nav, to_doctor: the statuses that are answered
    """

    uuid: str
    body: dict
    employer: str
    supplier: str
    call_id: str
    received: float
    to_nav: bool | None = False
    to_doctor: bool | None = False

    @property
    def fnr(self) -> str:
        return self.body["employeeIdentificationNumber"]

    @property
    def delegated(self) -> bool:
        """Whether somebody else than the employer sent it."""
        return self.supplier != self.employer

    def answer(self) -> dict:
        """Return the body with which NAV answers for this plan."""
        return {
            "uuid": self.uuid,
            "isSentToGeneralPractitionerStatus": self.to_doctor,
            "isSentToNavStatus": self.to_nav,
        }

    def to_dict(self) -> dict:
        return asdict(self)


class Plans:
    """All plans in the order of their arrival. The sandbox's lock is held around every call."""

    def __init__(self):
        self._plans: dict[str, ReceivedPlan] = {}
        self.unknown_persons: set[str] = set()

    def __iter__(self):
        return iter(self._plans.values())

    def __len__(self):
        return len(self._plans)

    def new(self, body: dict, **values) -> ReceivedPlan:
        """Store a plan under a new uuid and return it; the same plan twice is two plans."""
        return self.put(ReceivedPlan(str(uuid.uuid4()), body, **values))

    def put(self, plan: ReceivedPlan) -> ReceivedPlan:
        """Store a plan under its own uuid."""
        self._plans[plan.uuid] = plan
        return plan

    def get(self, plan_id: str) -> ReceivedPlan | None:
        return self._plans.get(plan_id)

    def set_doctor_status(self, plan_id: str, status: bool | None):
        """Say whether the doctor has got a plan.

        :raises KeyError: no such plan
        :raises ValueError: the status is neither true, false nor null
        """
        if status is not None and not isinstance(status, bool):
            raise ValueError("the status is true, false or null")
        self._plans[plan_id].to_doctor = status
