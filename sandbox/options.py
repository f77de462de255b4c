"""The switches of the sandbox, and its clock."""

import time
from dataclasses import dataclass, fields
from datetime import date, datetime
from zoneinfo import ZoneInfo

# NAV writes times as they are there, without a zone.
NORWAY = ZoneInfo("Europe/Oslo")


def today_in_norway() -> date:
    """Return the day it is at NAV, which an hour or two before midnight in UTC is the next one."""
    return datetime.now(NORWAY).date()


@dataclass
class Options:
    """Switches for what the published facts leave open, and for tests.

    :param token_lifetime: seconds that an access token lives
    :param clock_tolerance: seconds that `iat` may differ from the clock
    :param include_nulls: whether a note's empty fields are sent as null or left out
    :param date_field: the field that `fom` and `tom` of the filter look at; the API's description
        says when NAV received the note (`mottattAvNav`), the other is `sendtTilArbeidsgiver`
    :param deleted_units: how Enhetsregisteret answers for a deleted unit: `slettedato` (200 with
        that date) or `gone` (410)
    :param page_limit: most notes in one answer
    :param rights_delay_maskinporten: seconds from the approval in Altinn until Maskinporten gives
        tokens for the system user (MP-303 until then)
    :param rights_delay_nav: seconds from the approval until NAV grants access (401 until then)
    :param unknown_system: how Altinn answers for a system that is not registered: `not_found`
        (404) or `forbidden` (403)
    :param pending_request: how Altinn answers to a request that is pending already: `returned`
        (200 with that request) or `refused` (AUTH-00007)
    :param decided_request: how Altinn answers to a request whose references belong to a decided
        one: `refused` (AUTH-00006, 00008, 00009) or `returned` (200 with that request)
    :param detect_no_change: whether a change request for what there is already is answered
        NoChangeNeeded, or made
    :param removed_system_users: whether Altinn's answers show removed system users, with
        `isDeleted`: `hidden` or `shown`
    :param altinn_page_size: most items in one of Altinn's lists
    :param gp_status: the status of a plan that is sent to the doctor: true, false or null; what
        NAV's test environment answers is always false
    """

    token_lifetime: int = 599
    clock_tolerance: int = 10
    include_nulls: bool = True
    date_field: str = "mottattAvNav"
    deleted_units: str = "slettedato"
    page_limit: int = 1000
    rights_delay_maskinporten: int = 0
    rights_delay_nav: int = 0
    unknown_system: str = "not_found"
    pending_request: str = "returned"
    decided_request: str = "refused"
    detect_no_change: bool = False
    removed_system_users: str = "hidden"
    altinn_page_size: int = 20
    gp_status: bool | None = True

    def update(self, values: dict):
        """Set options by name.

        :raises ValueError: an unknown name or value
        """
        choices = {
            "date_field": ("mottattAvNav", "sendtTilArbeidsgiver"),
            "deleted_units": ("slettedato", "gone"),
            "unknown_system": ("not_found", "forbidden"),
            "pending_request": ("returned", "refused"),
            "decided_request": ("refused", "returned"),
            "removed_system_users": ("hidden", "shown"),
            "gp_status": (True, False, None),
        }
        known = {item.name: item.type for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown option: {name}")
            if name in choices:
                if not any(value == item and type(value) is type(item) for item in choices[name]):
                    raise ValueError(f"{name} is one of {', '.join(map(str, choices[name]))}")
            elif type(value) is not type(getattr(self, name)):
                raise ValueError(f"{name} is a {known[name].__name__}")
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Clock:
    """The time of the sandbox: the machine's, shifted by `offset` seconds.

    `today` is the day around which the population was made, not moved by `offset`.
    """

    today: date
    offset: float = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self.offset

    def shift(self, seconds: float):
        """Move the clock on by `seconds` (back when negative)."""
        self.offset += seconds

    def local(self) -> datetime:
        """Return the time of day in Norway on `today`, without zone."""
        moment = datetime.fromtimestamp(self.now(), NORWAY)
        return datetime.combine(self.today, moment.time())
