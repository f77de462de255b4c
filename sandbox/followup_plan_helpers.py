"""What a test does with the follow-up plans that arrived."""

import copy

from .followup_plan_state import ReceivedPlan


class FollowUpPlanHelpers:
    """The part of :class:`core.Sandbox` that concerns follow-up plans."""

    @property
    def followup_plan_url(self) -> str:
        """The address of NAV's follow-up plan API, which lies below `/api/v1/followupplan`."""
        return f"{self.base_url}/followup-plan"

    def plans(self, fnr: str | None = None, employer: str | None = None) -> list[ReceivedPlan]:
        """Return copies of the plans that arrived (for a person, an employer), oldest first."""
        with self.state.lock:
            return [
                copy.deepcopy(plan)
                for plan in self.state.plans
                if fnr in (None, plan.fnr) and employer in (None, plan.employer)
            ]

    def set_doctor_status(self, plan_id: str, status: bool | None):
        """Say whether the doctor has got a plan, as it becomes known later.

        :raises KeyError: no such plan
        :raises ValueError: the status is neither true, false nor null
        """
        with self.state.lock:
            self.state.plans.set_doctor_status(plan_id, status)
            self.state.changed()

    def forget_person(self, fnr: str):
        """Let a person be unknown to NAV: plans get 404, once employment and note are good."""
        with self.state.lock:
            self.state.plans.unknown_persons.add(fnr)
            self.state.changed()
