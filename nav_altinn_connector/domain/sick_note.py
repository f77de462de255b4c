"""A sick note as NAV's Sykepenger API gives it, parsed and checked.

NAV's JSON has no field for the kind of a period: it follows from which field of ``aktivitet`` is
set (design R1). Nothing is guessed: what is not as expected becomes a :class:`Problem`, and all
problems of a note are found at once. Keys that are not known are ignored, since NAV may add some.

Bounds, chosen to refuse nonsense such as the years 1 and 9999 and no real note: dates from 1990
to the end of the tenth year after today's; a period of at most two years; at most 100 periods and
100 self-certified ranges; at most 100 000 characters in a text and 500 in a name.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FULL = "full"
GRADED = "graded"
ADVISORY = "advisory"
TREATMENT_DAYS = "treatment_days"
TRAVEL_SUBSIDY = "travel_subsidy"
KINDS = (FULL, GRADED, ADVISORY, TREATMENT_DAYS, TRAVEL_SUBSIDY)

EARLIEST = date(1990, 1, 1)
YEARS_AHEAD = 10
MAX_PERIOD_DAYS = 732
MAX_RANGES = 100
MAX_TEXT = 100_000
MAX_NAME = 500
MAX_NUMBER = 2**63 - 1  # NAV's type is a 64-bit integer, and so is PostgreSQL's

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_ORG_NUMBER = re.compile(r"[0-9]{9}")
_FNR = re.compile(r"[0-9]{11}")
_NAME = re.compile("[^\x00-\x1f\ud800-\udfff]{1,200}")
_NAV_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
# PostgreSQL stores neither NUL nor half a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Problem(NamedTuple):
    """Why a note cannot be used.

    ``code`` is one of 'missing', 'wrong_type', 'bad_value', 'bad_date', 'date_too_far',
    'end_before_start', 'period_too_long', 'no_periods', 'too_many_periods', 'overlapping_periods',
    'unknown_kind', 'several_kinds', 'degree_out_of_range', 'days_out_of_range', 'text_too_long',
    'bad_text'. ``path`` is NAV's ('sykmeldingPerioder[0].fom'); ``params`` (JSON) holds numbers
    and dates for the explanation, never a name or an identity number.
    """

    code: str
    path: str
    params: dict


class InvalidSickNote(ValueError):
    """The note cannot be used; all that is wrong with it is in ``problems``.

    The text names codes and places only.
    """

    def __init__(self, problems):
        self.problems = tuple(problems)
        shown = ", ".join(f"{p.code} {p.path}".strip() for p in self.problems[:5])
        more = len(self.problems) - 5
        super().__init__(shown + (f" and {more} more" if more > 0 else ""))


@dataclass(frozen=True)
class Period:
    """A period of a note, both days included. ``repr`` shows neither dates nor degree.

    :ivar degree: percent of sick leave: 100 for FULL, 1–99 for GRADED, 0 for the others
    :ivar treatment_days_per_week: for TREATMENT_DAYS
    :ivar advice: for ADVISORY, the doctor's advice to the employer; for FULL, the description of
        what the workplace lacks
    :ivar workplace_lacking: for FULL, whether missing adaptation of the workplace is a reason
    :ivar travel_subsidy: whether travel subsidy is given (alone, or besides another kind)
    """

    date_from: date = field(repr=False)
    date_to: date = field(repr=False)
    kind: str
    degree: int = field(repr=False)
    treatment_days_per_week: int | None = None
    advice: str | None = field(default=None, repr=False)
    workplace_lacking: bool | None = None
    travel_subsidy: bool = False


@dataclass(frozen=True)
class SickNote:
    """A note that is in order. Times are Norwegian local time, without zone, as NAV gives them.

    Whether ``fnr`` is a valid number depends on the environment and is the caller's to decide;
    here it is any text with content. ``repr`` shows no person.
    """

    loepenr: int
    nav_id: str
    fnr: str = field(repr=False)
    person_name: str = field(repr=False)
    received_by_nav: datetime | None
    sent_to_employer: datetime | None
    periods: tuple[Period, ...] = field(repr=False)
    self_certified: tuple[tuple[date, date], ...] = field(repr=False)
    absence_from: date | None = field(repr=False)
    org_number: str
    org_name: str
    prognosis_fit: bool | None = field(default=None, repr=False)
    prognosis_text: str | None = field(default=None, repr=False)
    message_to_employer: str | None = field(default=None, repr=False)
    measures: str | None = field(default=None, repr=False)
    doctor_name: str | None = field(default=None, repr=False)
    doctor_phone: str | None = field(default=None, repr=False)
    patient_contact: datetime | None = field(default=None, repr=False)


class Envelope(NamedTuple):
    """What could be read of a note that may be broken; None where it could not."""

    loepenr: int | None
    nav_id: str | None
    org_number: str | None


def envelope(payload):
    """The most tolerant reading: enough to store a broken note where it belongs.

    Never raises, whatever JSON value it is given.
    """
    note = payload if isinstance(payload, dict) else {}
    employer = note.get("arbeidsgiver")
    employer = employer if isinstance(employer, dict) else {}
    loepenr = note.get("loepenr")
    return Envelope(
        loepenr=loepenr if type(loepenr) is int and 0 <= loepenr <= MAX_NUMBER else None,
        nav_id=_short_text(note.get("sykmeldingId"), _NAV_ID),
        org_number=_short_text(employer.get("orgnr"), _ORG_NUMBER),
    )


def person(payload):
    """(identity number, name) as far as they can be read of a note that may be broken, each a text
    or None. Never raises."""
    note = payload if isinstance(payload, dict) else {}
    employee = note.get("sykmeldt")
    employee = employee if isinstance(employee, dict) else {}
    return _short_text(employee.get("fnr"), _FNR), _short_text(employee.get("navn"), _NAME)


def _short_text(value, pattern):
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def parse(payload, *, today=None):
    """Read one note from NAV's JSON.

    :param payload: the parsed JSON, any value
    :param date today: the day from which "too far ahead" is counted; the current day by default
    :return: :class:`SickNote`, with the periods in order of their first day
    :raise InvalidSickNote: with all problems found
    """
    reader = _Reader(today or date.today())
    note = reader.note(payload)
    if reader.problems:
        raise InvalidSickNote(reader.problems)
    return note


class _Reader:
    """Reads a note and collects what is wrong. Where a value is unusable its result is None."""

    def __init__(self, today):
        self.problems = []
        self._latest = date(today.year + YEARS_AHEAD, 12, 31)

    def problem(self, code, path, **params):
        self.problems.append(Problem(code, path, params))

    # -- the note -------------------------------------------------------------------------------

    def note(self, payload):
        if not isinstance(payload, dict):
            return self.wrong_type("", payload, "object")
        person = self.object(payload, "sykmeldt", required=True)
        employer = self.object(payload, "arbeidsgiver", required=True)
        advice = self.object(payload, "oppfoelging")
        prognosis = self.object(advice, "prognose", "oppfoelging.")
        doctor = self.object(payload, "behandler")
        return SickNote(
            loepenr=self.whole(payload, "loepenr", 0, MAX_NUMBER, "bad_value", required=True),
            nav_id=self.nav_id(payload),
            fnr=self.text(person, "fnr", "sykmeldt.", MAX_NAME, filled=True),
            person_name=self.text(person, "navn", "sykmeldt.", MAX_NAME) or "",
            received_by_nav=self.time(payload, "mottattAvNav"),
            sent_to_employer=self.time(payload, "sendtTilArbeidsgiver"),
            periods=self.periods(payload),
            self_certified=self.self_certified(payload),
            absence_from=self.day(payload, "sykefravaerFom"),
            org_number=self.org_number(employer),
            org_name=self.text(employer, "navn", "arbeidsgiver.", MAX_NAME) or "",
            prognosis_fit=self.flag(
                prognosis, "erArbeidsfoerEtterEndtPeriode", "oppfoelging.prognose."
            ),
            prognosis_text=self.text(
                prognosis, "beskrivHensynArbeidsplassen", "oppfoelging.prognose."
            ),
            message_to_employer=self.text(advice, "meldingTilArbeidsgiver", "oppfoelging."),
            measures=self.text(advice, "tiltakArbeidsplassen", "oppfoelging."),
            doctor_name=self.text(doctor, "navn", "behandler.", MAX_NAME),
            doctor_phone=self.text(doctor, "tlf", "behandler.", MAX_NAME),
            patient_contact=self.time(payload, "kontaktMedPasient"),
        )

    def nav_id(self, payload):
        nav_id = self.text(payload, "sykmeldingId", "", MAX_NAME, filled=True)
        if nav_id is not None and not _NAV_ID.fullmatch(nav_id):
            return self.problem("bad_value", "sykmeldingId")
        return nav_id

    def org_number(self, employer):
        number = self.text(employer, "orgnr", "arbeidsgiver.", MAX_NAME, filled=True)
        if number is not None and not _ORG_NUMBER.fullmatch(number):
            return self.problem("bad_value", "arbeidsgiver.orgnr")
        return number

    def self_certified(self, payload):
        entries = self.array(payload, "egenmeldingsdager")
        ranges = (
            self.range(entry, f"egenmeldingsdager[{index}]") for index, entry in enumerate(entries)
        )
        return tuple(sorted(days for days in ranges if days))

    # -- periods --------------------------------------------------------------------------------

    def periods(self, payload):
        key = "sykmeldingPerioder"
        if payload.get(key) == []:
            self.problem("no_periods", key)
        entries = self.array(payload, key, required=True)
        periods = [self.period(entry, f"{key}[{index}]") for index, entry in enumerate(entries)]
        known = sorted((p for p in periods if p), key=lambda p: (p.date_from, p.date_to))
        for before, after in zip(known, known[1:], strict=False):
            if after.date_from <= before.date_to:
                self.problem("overlapping_periods", key, date=after.date_from.isoformat())
        return tuple(known)

    def period(self, entry, path):
        days = self.range(entry, path)
        if not isinstance(entry, dict):
            return None
        if days and (days[1] - days[0]).days >= MAX_PERIOD_DAYS:
            self.problem("period_too_long", path, days=(days[1] - days[0]).days + 1)
        activity = self.object(entry, "aktivitet", f"{path}.", required=True)
        if activity is None:
            return None
        found = self.activity(activity, f"{path}.aktivitet")
        return Period(*days, **found) if days and found else None

    def activity(self, activity, path):
        """The kind and what belongs to it, as arguments of :class:`Period`; None if unclear."""
        travel = self.flag(activity, "harReisetilskudd", f"{path}.")
        readers = {
            "aktivitetIkkeMulig": self.full,
            "gradertSykmelding": self.graded,
            "avventendeSykmelding": self.advisory,
            "antallBehandlingsdagerUke": self.treatment_days,
        }
        chosen = [key for key in readers if activity.get(key) is not None]
        if len(chosen) > 1:
            return self.problem("several_kinds", path, fields=chosen)
        if not chosen and not travel:
            return self.problem("unknown_kind", path)
        if not chosen:
            return {"kind": TRAVEL_SUBSIDY, "degree": 0, "travel_subsidy": True}
        found = readers[chosen[0]](activity, chosen[0], f"{path}.")
        if found and travel:
            found["travel_subsidy"] = True
        return found

    def full(self, activity, key, path):
        details = self.object(activity, key, path)
        return details is not None and {
            "kind": FULL,
            "degree": 100,
            "advice": self.text(details, "beskrivelse", f"{path}{key}."),
            "workplace_lacking": self.flag(
                details, "manglendeTilretteleggingPaaArbeidsplassen", f"{path}{key}."
            ),
        }

    def graded(self, activity, key, path):
        details = self.object(activity, key, path)
        # The law knows grades from 20 to 99; 100 here would contradict the field's meaning.
        degree = self.whole(
            details, "sykmeldingsgrad", 1, 99, "degree_out_of_range", f"{path}{key}.", required=True
        )
        travel = self.flag(details, "harReisetilskudd", f"{path}{key}.")
        return degree and {"kind": GRADED, "degree": degree, "travel_subsidy": bool(travel)}

    def advisory(self, activity, key, path):
        advice = self.text(activity, key, path)
        return advice is not None and {"kind": ADVISORY, "degree": 0, "advice": advice}

    def treatment_days(self, activity, key, path):
        days = self.whole(activity, key, 1, 7, "days_out_of_range", path)
        return days and {"kind": TREATMENT_DAYS, "degree": 0, "treatment_days_per_week": days}

    # -- values ---------------------------------------------------------------------------------

    def value(self, parent, key, path, required):
        """The value of a key; None when it is absent or null, which NAV uses alike."""
        if parent is None:  # its absence or type has been dealt with
            return None
        value = parent.get(key)
        if value is None and required:
            self.problem("missing", path + key)
        return value

    def wrong_type(self, path, value, expected):
        return self.problem("wrong_type", path, expected=expected, found=_json_type(value))

    def object(self, parent, key, path="", required=False):
        value = self.value(parent, key, path, required)
        if value is None or isinstance(value, dict):
            return value
        return self.wrong_type(path + key, value, "object")

    def array(self, parent, key, required=False):
        value = self.value(parent, key, "", required)
        if value is not None and not isinstance(value, list):
            self.wrong_type(key, value, "array")
        elif value and len(value) > MAX_RANGES:
            self.problem("too_many_periods", key, count=len(value), most=MAX_RANGES)
        else:
            return value or []
        return []

    def text(self, parent, key, path, longest=MAX_TEXT, filled=False):
        value = self.value(parent, key, path, required=filled)
        if value is None:
            return None
        if not isinstance(value, str):
            return self.wrong_type(path + key, value, "string")
        if len(value) > longest:
            return self.problem("text_too_long", path + key, length=len(value), most=longest)
        if _UNSTORABLE.search(value):
            return self.problem("bad_text", path + key)
        if filled and not value.strip():
            return self.problem("missing", path + key)
        return value.strip()

    def whole(self, parent, key, least, most, code, path="", required=False):
        value = self.value(parent, key, path, required)
        if value is None:
            return None
        if type(value) is not int:  # in Python True is an int, in JSON it is not
            return self.wrong_type(path + key, value, "integer")
        if not least <= value <= most:
            shown = value if abs(value) < 10_000 else None
            return self.problem(code, path + key, value=shown, least=least, most=most)
        return value

    def flag(self, parent, key, path):
        value = self.value(parent, key, path, required=False)
        if value is None or isinstance(value, bool):
            return value
        return self.wrong_type(path + key, value, "boolean")

    # -- dates ----------------------------------------------------------------------------------

    def range(self, entry, path):
        """(first, last) of an object with ``fom`` and ``tom``, or None."""
        if not isinstance(entry, dict):
            return self.wrong_type(path, entry, "object")
        first = self.day(entry, "fom", f"{path}.", required=True)
        last = self.day(entry, "tom", f"{path}.", required=True)
        if first is None or last is None:
            return None
        if last < first:
            return self.problem(
                "end_before_start", path, first=first.isoformat(), last=last.isoformat()
            )
        return first, last

    def day(self, parent, key, path="", required=False):
        value = self.value(parent, key, path, required)
        if value is None:
            return None
        if not isinstance(value, str):
            return self.wrong_type(path + key, value, "date")
        return self.sane(_date(value), path + key)

    def time(self, parent, key):
        value = self.value(parent, key, "", required=False)
        if value is None:
            return None
        if not isinstance(value, str):
            return self.wrong_type(key, value, "date-time")
        return self.sane(_local_time(value), key)

    def sane(self, moment, path):
        if moment is None:
            return self.problem("bad_date", path)
        day = moment.date() if isinstance(moment, datetime) else moment
        if not EARLIEST <= day <= self._latest:
            return self.problem("date_too_far", path, date=day.isoformat())
        return moment


def _json_type(value: Any):
    names = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        type(None): "null",
    }
    return names.get(type(value), "unknown")


def _date(text):
    """A date written YYYY-MM-DD and in no other way, or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _local_time(text):
    """A date and time in Norwegian local time, or None.

    NAV writes it without zone, and without seconds when they are 0. Should it come with a zone,
    it is converted; fractions beyond microseconds are cut.
    """
    match = _DATETIME.fullmatch(text)
    if not match:
        return None
    day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(
            f"{day}T{hour}:{minute}:{second or '00'}.{(fraction or '').ljust(6, '0')[:6]}"
        )
        if zone is None:
            return moment
        moment = moment.replace(tzinfo=_zone(zone))
        return moment.astimezone(ZoneInfo("Europe/Oslo")).replace(tzinfo=None)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def _zone(text):
    if text == "Z":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
