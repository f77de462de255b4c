"""A sick note in the form in which NAV's Sykepenger API answers it."""

import uuid
from datetime import date, datetime

KINDS = ("full", "graded", "advisory", "treatment_days", "travel_subsidy")


def local_time(moment: datetime) -> str:
    """Return `moment` as NAV writes it: local, without zone, seconds only when there are any."""
    moment = moment.replace(tzinfo=None, microsecond=0)
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def day_text(value) -> str | None:
    """Return a date (or ISO text) as ISO text; None stays None."""
    return value.isoformat() if isinstance(value, date) else value


def build_activity(kind: str, period: dict) -> dict:
    """Return NAV's `aktivitet` for one of KINDS.

    :param period: may hold `degree` (percent, for graded), `per_week` (for treatment days),
        `advice` (for advisory) and `travel_subsidy` (a graded period with travel subsidy)
    :raises ValueError: the kind is unknown
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of period: {kind}; use one of {', '.join(KINDS)}")
    activity = {
        "avventendeSykmelding": None,
        "gradertSykmelding": None,
        "aktivitetIkkeMulig": None,
        "antallBehandlingsdagerUke": None,
        "harReisetilskudd": kind == "travel_subsidy",
    }
    if kind == "full":
        activity["aktivitetIkkeMulig"] = {
            "manglendeTilretteleggingPaaArbeidsplassen": False,
            "beskrivelse": None,
        }
    elif kind == "graded":
        activity["gradertSykmelding"] = {
            "sykmeldingsgrad": period.get("degree", 50),
            "harReisetilskudd": bool(period.get("travel_subsidy")),
        }
    elif kind == "advisory":
        activity["avventendeSykmelding"] = period.get("advice", "Lettere oppgaver i en periode")
    elif kind == "treatment_days":
        activity["antallBehandlingsdagerUke"] = period.get("per_week", 1)
    return activity


def build_period(period: dict) -> dict:
    """Return NAV's period for `{"fom", "tom", "kind", "degree"…}`; dates may be dates or text."""
    return {
        "fom": day_text(period["fom"]),
        "tom": day_text(period.get("tom", period["fom"])),
        "aktivitet": build_activity(period.get("kind", "full"), period),
    }


def build_note(
    *,
    loepenr: int,
    fnr: str,
    name: str,
    orgnr: str,
    periods: list[dict],
    received: datetime,
    sent: datetime | None = None,
    note_id: str | None = None,
    org_name: str | None = None,
    sick_leave_from=None,
    self_certified=(),
    prognosis: dict | None = None,
    message: str | None = None,
    measures: str | None = None,
    doctor: dict | None = None,
) -> dict:
    """Return one sick note as a dict with NAV's own field names.

    :param loepenr: NAV's running number
    :param periods: see :func:`build_period`
    :param received: when NAV received it (`mottattAvNav`), local time
    :param sent: when it reached the employer (`sendtTilArbeidsgiver`), by default as received
    :param self_certified: pairs of dates (from, to) for `egenmeldingsdager`
    :param prognosis, message, measures: the parts of `oppfoelging`
    :raises ValueError: a period of unknown kind
    """
    return {
        "loepenr": loepenr,
        "sykmeldingId": note_id or str(uuid.uuid4()),
        "mottattAvNav": local_time(received),
        "sendtTilArbeidsgiver": local_time(sent or received),
        "sykmeldt": {"fnr": fnr, "navn": name},
        "egenmeldingsdager": [{"fom": day_text(a), "tom": day_text(b)} for a, b in self_certified],
        "sykefravaerFom": day_text(sick_leave_from),
        "sykmeldingPerioder": [build_period(period) for period in periods],
        "oppfoelging": {
            "prognose": prognosis,
            "meldingTilArbeidsgiver": message,
            "tiltakArbeidsplassen": measures,
        },
        "kontaktMedPasient": local_time(received),
        "behandler": doctor,
        "arbeidsgiver": {"navn": org_name, "orgnr": orgnr},
    }


def without_nulls(value):
    """Return a copy of a JSON value without the keys whose value is null."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
