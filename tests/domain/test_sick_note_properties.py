"""Whatever JSON comes, a note is read rightly or refused with reasons."""

import copy
import json
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain import sick_note

TODAY = date(2026, 11, 22)
TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
REMOVED = object()

# What a change at a place in the JSON may change in the note.
FIELDS = {
    "loepenr": {"loepenr"},
    "sykmeldingId": {"nav_id"},
    "mottattAvNav": {"received_by_nav"},
    "sendtTilArbeidsgiver": {"sent_to_employer"},
    "sykmeldt": {"fnr", "person_name"},
    "egenmeldingsdager": {"self_certified"},
    "sykefravaerFom": {"absence_from"},
    "sykmeldingPerioder": {"periods"},
    "oppfoelging": {"prognosis_fit", "prognosis_text", "message_to_employer", "measures"},
    "kontaktMedPasient": {"patient_contact"},
    "behandler": {"doctor_name", "doctor_phone"},
    "arbeidsgiver": {"org_number", "org_name"},
}


@st.composite
def activities(draw):
    """(aktivitet, kind, degree) as NAV writes it, with nulls or without the keys."""
    degree = draw(st.integers(1, 99))
    kind, fields, percent = draw(
        st.sampled_from(
            [
                ("full", {"aktivitetIkkeMulig": {"beskrivelse": None}}, 100),
                ("graded", {"gradertSykmelding": {"sykmeldingsgrad": degree}}, degree),
                ("advisory", {"avventendeSykmelding": "Tilrettelegg"}, 0),
                ("treatment_days", {"antallBehandlingsdagerUke": 1}, 0),
                ("travel_subsidy", {"harReisetilskudd": True}, 0),
            ]
        )
    )
    nulls = {
        "avventendeSykmelding": None,
        "gradertSykmelding": None,
        "aktivitetIkkeMulig": None,
        "antallBehandlingsdagerUke": None,
        "harReisetilskudd": draw(st.sampled_from((False, None))),
    }
    return ({**nulls, **fields} if draw(st.booleans()) else fields), kind, percent


@st.composite
def notes(draw):
    """(payload, expected periods) of a note that is in order."""
    day = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    entries, expected = [], []
    for _index in range(draw(st.integers(1, 5))):
        first = day + timedelta(draw(st.integers(0, 10)))
        last = first + timedelta(draw(st.integers(0, 40)))
        day = last + timedelta(1)
        activity, kind, degree = draw(activities())
        entries.append({"fom": first.isoformat(), "tom": last.isoformat(), "aktivitet": activity})
        expected.append((first, last, kind, degree))
    payload = {
        "loepenr": draw(st.integers(0, 2**63 - 1)),
        "sykmeldingId": str(draw(st.uuids())),
        "mottattAvNav": draw(st.datetimes(*EPOCH)).isoformat(),
        "sendtTilArbeidsgiver": draw(st.datetimes(*EPOCH)).isoformat(timespec="minutes"),
        "sykmeldt": {"fnr": "05908399546", "navn": "Rask Sandal"},
        "egenmeldingsdager": [],
        "sykefravaerFom": expected[0][0].isoformat(),
        "sykmeldingPerioder": draw(st.permutations(entries)),
        "oppfoelging": {"prognose": {"erArbeidsfoerEtterEndtPeriode": draw(st.booleans())}},
        "kontaktMedPasient": "2026-11-01T12:00",
        "behandler": draw(st.sampled_from((None, {"navn": "Lege", "tlf": "1"}))),
        "arbeidsgiver": {"navn": "LEKEN BARNEHAGE", "orgnr": "315587336"},
    }
    return payload, expected


EPOCH = (sick_note.datetime(2020, 1, 1), sick_note.datetime(2030, 1, 1))


def places(value, way=()):
    """All ways (keys and indexes) into a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        yield (*way, key)
        if isinstance(part, (dict, list)):
            yield from places(part, (*way, key))


def mutated(payload, way, value):
    changed = copy.deepcopy(payload)
    place = changed
    for key in way[:-1]:
        place = place[key]
    if value is REMOVED:
        del place[way[-1]]
    else:
        place[way[-1]] = value
    return changed


def parsed(payload):
    """The note, or None when it is refused with reasons that can be stored and shown."""
    try:
        return sick_note.parse(payload, today=TODAY)
    except sick_note.InvalidSickNote as error:
        assert error.problems
        for problem in error.problems:
            assert json.dumps(problem.params)
            assert isinstance(problem.path, str)
        return None


def assert_sane(note):
    assert type(note.loepenr) is int
    assert note.fnr and note.org_number and note.nav_id and note.periods
    for period in note.periods:
        assert period.date_from <= period.date_to
        assert period.kind in sick_note.KINDS
        degrees = {"full": range(100, 101), "graded": range(1, 100)}
        assert period.degree in degrees.get(period.kind, range(1))
    for before, after in zip(note.periods, note.periods[1:], strict=False):
        assert before.date_to < after.date_from


@given(JSON)
def test_any_json_is_refused_and_has_an_envelope(value):
    assert parsed(value) is None
    assert len(sick_note.envelope(value)) == 3


@given(st.dictionaries(st.sampled_from([*FIELDS, "annet"]), JSON))
def test_known_keys_with_anything_in_them(value):
    assert parsed(value) is None
    loepenr, nav_id, org_number = sick_note.envelope(value)
    assert loepenr is None or value["loepenr"] == loepenr
    assert nav_id is None or value["sykmeldingId"] == nav_id
    assert org_number is None or value["arbeidsgiver"]["orgnr"] == org_number


@given(notes())
def test_good_notes_are_read(case):
    payload, expected = case
    note = parsed(payload)
    assert note is not None
    assert_sane(note)
    read = [(p.date_from, p.date_to, p.kind, p.degree) for p in note.periods]
    assert read == sorted(expected)
    assert sick_note.envelope(payload) == (note.loepenr, note.nav_id, note.org_number)


@settings(max_examples=300)
@given(notes(), st.data())
def test_a_changed_note_is_refused_or_differs_only_there(case, data):
    """Nothing is guessed: a change somewhere gives a problem, or a note that differs in what
    belongs to that place at most."""
    payload, _expected = case
    before = parsed(payload)
    way = data.draw(st.sampled_from(list(places(payload))))
    value = data.draw(
        st.one_of(JSON, st.just(REMOVED), st.integers(-200, 200), st.just("2026-02-30"))
    )
    after = parsed(mutated(payload, way, value))
    if after is None:
        return
    assert_sane(after)
    for field in vars(before):
        if field not in FIELDS[way[0]]:
            assert getattr(after, field) == getattr(before, field)


@given(notes(), st.data())
def test_a_period_never_loses_its_kind_silently(case, data):
    """A wrong value in ``aktivitet`` is a problem; it never turns into another kind or degree."""
    payload, expected = case
    index = data.draw(st.integers(0, len(expected) - 1))
    activity = payload["sykmeldingPerioder"][index]["aktivitet"]
    key = next(key for key, value in activity.items() if value not in (None, False))
    wrong = data.draw(
        st.sampled_from(
            [
                [],
                1.5,
                [1],
                {"sykmeldingsgrad": 0},
                {"sykmeldingsgrad": 140},
                {"sykmeldingsgrad": "50"},
            ]
        )
    )
    if key == "aktivitetIkkeMulig" and isinstance(wrong, dict):
        wrong = "ja"
    activity[key] = wrong
    assert parsed(payload) is None
