"""NAV's follow-up plan API: send a plan, ask what became of it.

NAV has no mark by which it would know a plan again: the same plan sent twice is two plans, to the
doctor too. So a plan is sent once for each call of :meth:`FollowUpPlanClient.send`, whatever
happens, and :func:`may_have_arrived` says whether a failure leaves the outcome open.

The token is the employer's own, or one that the employer delegated to a supplier; never a system
user's, since NAV would take the supplier for the employer. Whoever knows a plan's uuid can ask for
its status, so the uuid is a secret.
"""

import re
import uuid as uuidlib
from dataclasses import dataclass, field

from . import scopes
from .errors import ClientError, Rejected, Unauthorised, safe_reference
from .transport import CALL_ID, ErrorDetails, Transport

SYSTEM = "followup_plan"
SCOPE = scopes.FOLLOWUP_PLAN
SEND, STATUS, VERIFY = "send_plan", "plan_status", "verify_integration"

# All that a plan may hold, in NAV's order (FollowUpPlanDTO).
FIELDS = (
    "employeeIdentificationNumber",
    "typicalWorkday",
    "tasksThatCanStillBeDone",
    "tasksThatCanNotBeDone",
    "previousFacilitation",
    "plannedFacilitation",
    "otherFacilitationOptions",
    "followUp",
    "evaluationDate",
    "sendPlanToNav",
    "needsHelpFromNav",
    "needsHelpFromNavDescription",
    "sendPlanToGeneralPractitioner",
    "messageToGeneralPractitioner",
    "additionalInformation",
    "contactPersonFullName",
    "contactPersonPhoneNumber",
    "contactPersonEmail",
    "employeeHasContributedToPlan",
    "employeeHasNotContributedToPlanDescription",
    "lpsName",
    "lpsEmail",
)

VALIDATION_ERROR = "VALIDATION_ERROR"
BAD_REQUEST = "BAD_REQUEST"
ILLEGAL_ARGUMENT = "ILLEGAL_ARGUMENT"
AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"
NO_ACTIVE_EMPLOYMENT = "NO_ACTIVE_EMPLOYMENT"
NO_ACTIVE_ARBEIDSFORHOLD = "NO_ACTIVE_ARBEIDSFORHOLD"  # the same, in the API's description only
NO_ACTIVE_SENT_SYKMELDING = "NO_ACTIVE_SENT_SYKMELDING"
EMPLOYEE_NOT_FOUND = "EMPLOYEE_NOT_FOUND"
GENERAL_PRACTITIONER_NOT_FOUND = "GENERAL_PRACTITIONER_NOT_FOUND"
FOLLOWUP_PLAN_NOT_FOUND = "FOLLOWUP_PLAN_NOT_FOUND"
NOT_FOUND = "NOT_FOUND"
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
TYPES = (
    VALIDATION_ERROR,
    BAD_REQUEST,
    ILLEGAL_ARGUMENT,
    AUTHENTICATION_ERROR,
    NO_ACTIVE_EMPLOYMENT,
    NO_ACTIVE_ARBEIDSFORHOLD,
    NO_ACTIVE_SENT_SYKMELDING,
    EMPLOYEE_NOT_FOUND,
    GENERAL_PRACTITIONER_NOT_FOUND,
    FOLLOWUP_PLAN_NOT_FOUND,
    NOT_FOUND,
    INTERNAL_SERVER_ERROR,
    SERVICE_UNAVAILABLE,
)

_PLANS = "/api/v1/followupplan"
# NAV answers these for what any part of its service could not do, also a part that comes after the
# plan was stored and passed on. To a plan that is sent they say nothing certain.
_AT_ANY_TIME = frozenset({ILLEGAL_ARGUMENT, NOT_FOUND})
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class PlanRejected(Rejected):
    """NAV refused a plan or a question about one (4xx), with a type of its own."""

    kind = "plan_rejected"

    @property
    def type(self):
        """NAV's type of the error, usually one of :data:`TYPES`."""
        return self.code

    @property
    def field(self):
        """The field of the plan (one of :data:`FIELDS`) that NAV names, or None."""
        if self.code not in (VALIDATION_ERROR, BAD_REQUEST):
            return None
        message = self.data.get("message") if isinstance(self.data, dict) else None
        if not isinstance(message, str):
            return None
        if "employee identification number" in message.lower():
            return "employeeIdentificationNumber"
        return next((word for word in re.findall(r"[A-Za-z]+", message) if word in FIELDS), None)

    @property
    def uncertain(self):
        return self.operation == SEND and self.code in _AT_ANY_TIME


class PlanUnauthorised(PlanRejected, Unauthorised):
    """NAV did not accept the token (401)."""

    kind = "unauthorised"


@dataclass(frozen=True)
class Sent:
    """What NAV says of a plan that it has taken.

    :ivar uuid: by which the status is asked; a secret
    :ivar to_nav: whether it was passed on to NAV; None when NAV does not say
    :ivar to_doctor: whether it was passed on to the general practitioner; None when NAV does not
        say. It is False, too, when it was not to be sent there.
    :ivar call_id: the call's id, for NAV's support
    """

    uuid: str = field(repr=False)
    to_nav: bool | None
    to_doctor: bool | None
    call_id: str | None


def may_have_arrived(error):
    """Whether NAV may have taken the plan although sending it failed with ``error``.

    :param error: what :meth:`FollowUpPlanClient.send` raised. One of Maskinporten came before the
        plan was sent, however uncertain it is itself.
    """
    return isinstance(error, ClientError) and error.system == SYSTEM and error.uncertain


def read_error(status, _headers, data):
    """Read NAV's ``type`` (see :class:`ErrorDetails`); the message may tell of a person."""
    code = data.get("type") if isinstance(data, dict) else None
    error_class = None
    if isinstance(code, str) and 400 <= status < 500 and status != 429:
        error_class = PlanUnauthorised if status == 401 else PlanRejected
    return ErrorDetails(code=code, error_class=error_class)


def new_transport(base_url, **options):
    """A transport for :class:`FollowUpPlanClient`; ``options`` as of :class:`Transport`."""
    return Transport(SYSTEM, base_url, read_error=read_error, **options)


class FollowUpPlanClient:
    """Sends follow-up plans.

    :param str base_url: for example ``https://lps-oppfolgingsplan-mottak.nav.no``
    :param token_source: gives the value of an access token with :data:`SCOPE`, in the employer's
        name; called once for each call, before it, so it should cache
    :param transport: by default :func:`new_transport` of the base address
    """

    def __init__(self, base_url, token_source, transport=None):
        self._token_source = token_source
        self._transport = transport or new_transport(base_url)
        if self._transport.read_error is None:
            self._transport.read_error = read_error

    def verify_integration(self):
        """Ask NAV whether the token is good for this API; True when it is.

        NAV does not look at the employer here, so this does not show that plans are accepted.

        :raise PlanUnauthorised: it is not good
        :raise ClientError: everything else that can fail
        """
        self._transport.request(
            "GET",
            f"{_PLANS}/verify-integration",
            operation=VERIFY,
            safe=True,
            # The good answer is a text, the others are JSON.
            accept="text/plain, application/json",
            headers=self._headers(),
            check=_is_text,
        )
        return True

    def send(self, plan, *, call_id):
        """Send a plan, once. It is never repeated by itself.

        :param dict plan: keys of :data:`FIELDS` with texts, booleans and dates as ISO text; those
            with None are left out
        :param call_id: a new uuid for this call, which the caller has stored before
        :return: :class:`Sent`
        :raise ValueError: an unknown field, or ``call_id`` is no uuid; nothing was sent
        :raise PlanRejected: NAV refused it
        :raise ClientError: everything else that can fail, of Maskinporten too. What it means for
            the plan is told by :func:`may_have_arrived`.
        """
        unknown = plan.keys() - set(FIELDS)
        if unknown:
            raise ValueError(f"not fields of a plan: {', '.join(sorted(unknown))}")
        call_id = str(uuidlib.UUID(str(call_id)))
        answer = self._transport.request(
            "POST",
            _PLANS,
            operation=SEND,
            json={name: plan[name] for name in FIELDS if plan.get(name) is not None},
            safe=False,
            headers={**self._headers(), CALL_ID: call_id},
            check=_has_uuid,
        )
        return _sent(answer, call_id)

    def status(self, uuid):
        """What became of a plan, or None when NAV does not have it.

        :param str uuid: as :meth:`send` gave it
        :return: :class:`Sent`
        :raise ValueError: not a uuid
        :raise ClientError: everything else that can fail
        """
        if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
            raise ValueError("not the uuid of a plan")
        try:
            answer = self._transport.request(
                "GET",
                f"{_PLANS}/{uuid.lower()}/sendingstatus",
                operation=STATUS,
                safe=True,
                headers=self._headers(),
                check=lambda data: _has_uuid(data) and data["uuid"].lower() == uuid.lower(),
            )
        except PlanRejected as error:
            if error.type == FOLLOWUP_PLAN_NOT_FOUND:
                return None
            raise
        return _sent(answer, None)

    def _headers(self):
        return {"Authorization": f"Bearer {self._token_source()}"}


def _is_text(content):
    """Whether it is a plain text, and not the page of some gateway."""
    return bool(content.strip()) and not content.lstrip().startswith(b"<")


def _has_uuid(data):
    """Without the uuid nothing can be asked later; a status that is missing can."""
    uuid = data.get("uuid") if isinstance(data, dict) else None
    return isinstance(uuid, str) and bool(_UUID.fullmatch(uuid))


def _sent(answer, call_id):
    return Sent(
        uuid=answer.data["uuid"].lower(),
        to_nav=_status(answer.data.get("isSentToNavStatus")),
        to_doctor=_status(answer.data.get("isSentToGeneralPractitionerStatus")),
        call_id=safe_reference(answer.headers.get(CALL_ID)) or call_id,
    )


def _status(value):
    return value if isinstance(value, bool) else None
