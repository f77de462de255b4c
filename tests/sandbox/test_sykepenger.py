"""The sick note endpoints: tokens, access, filters, pages, errors. All checked by contract."""

import uuid
from datetime import date, datetime

import pytest
import requests

from .support import SCOPE, TIMEOUT, public_jwk, system_user_detail

DAY = {"fom": "2026-06-01", "tom": "2026-06-05", "kind": "full"}
STRANGER = "315587336"


def error_of(response):
    return response.status_code, response.json()["feilkode"]


# -- tokens and access -------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y.z", "Basic abc"])
def test_without_a_good_token(sandbox, header):
    response = requests.post(
        f"{sandbox.sykepenger_url}/v1/sykmeldinger",
        json={"orgnr": sandbox.units[0]},
        headers={"Authorization": header} if header else {},
        timeout=TIMEOUT,
    )
    assert error_of(response) == (401, "UAUTORISERT")


def test_token_of_another_issuer(sandbox, caller):
    assert error_of(caller.fetch(token=caller.assertion())) == (401, "UAUTORISERT")


def test_token_expires(sandbox, caller):
    token = caller.token()
    assert caller.fetch(token=token).status_code == 200
    sandbox.clock.shift(600)
    assert error_of(caller.fetch(token=token)) == (401, "UAUTORISERT")


def test_token_ended_before_its_time(sandbox, caller):
    token = caller.token()
    sandbox.expire_tokens()
    assert error_of(caller.fetch(token=token)) == (401, "UAUTORISERT")
    assert caller.fetch().status_code == 200


def test_token_with_more_than_the_one_scope(sandbox, caller):
    scopes = [SCOPE, "nav:other"]
    sandbox.state.register_client("client-1", caller.owner, scopes, [public_jwk(caller.key)])
    token = caller.token(scope=" ".join(scopes))
    assert error_of(caller.fetch(token=token)) == (401, "UAUTORISERT")


def test_token_without_system_user(caller):
    token = caller.token(authorization_details=None)
    assert error_of(caller.fetch(token=token)) == (401, "UAUTORISERT")


def test_access_is_by_sub_unit(sandbox, caller):
    first, second, _ = sandbox.units
    system = f"{caller.owner}_sandbox"
    sandbox.state.register_system_user(system, sandbox.main_unit, units=[first])
    assert caller.fetch(first).status_code == 200
    assert error_of(caller.fetch(second)) == (401, "IKKE_TILGANG_TIL_RESSURS")
    assert error_of(caller.fetch(STRANGER)) == (401, "IKKE_TILGANG_TIL_RESSURS")


def test_access_ends_with_revocation_though_the_token_lives(sandbox, caller):
    token = caller.token()
    sandbox.state.revoke_system_user(caller.user.id)
    assert error_of(caller.fetch(token=token)) == (401, "IKKE_TILGANG_TIL_RESSURS")


def test_system_user_of_one_sub_unit(sandbox, caller):
    unit = sandbox.units[1]
    sandbox.state.register_system_user(f"{caller.owner}_sandbox", unit)
    token = caller.token(authorization_details=system_user_detail(unit))
    assert caller.fetch(unit, token=token).status_code == 200
    assert caller.fetch(sandbox.units[0], token=token).status_code == 401


def test_right_to_another_resource(sandbox, caller):
    sandbox.state.register_system_user(
        f"{caller.owner}_sandbox", sandbox.main_unit, resources=["nav_sykepenger_soeknad"]
    )
    assert error_of(caller.fetch()) == (401, "IKKE_TILGANG_TIL_RESSURS")


# -- the list ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "field", "value"),
    [
        ({"kind": "full"}, "aktivitetIkkeMulig", None),
        ({"kind": "graded", "degree": 60}, "gradertSykmelding", None),
        ({"kind": "advisory", "advice": "Hev bordet"}, "avventendeSykmelding", "Hev bordet"),
        ({"kind": "treatment_days", "per_week": 2}, "antallBehandlingsdagerUke", 2),
        ({"kind": "travel_subsidy"}, "harReisetilskudd", True),
    ],
)
def test_each_kind_sets_its_own_field(sandbox, caller, period, field, value):
    unit = sandbox.units[0]
    note = sandbox.add_note(orgnr=unit, periods=[{**DAY, **period}])
    served = caller.fetch().json()
    assert served == [note]
    activity = served[0]["sykmeldingPerioder"][0]["aktivitet"]
    filled = [key for key, item in activity.items() if item not in (None, False)]
    assert filled == [field]
    if value is not None:
        assert activity[field] == value
    if period["kind"] == "graded":
        assert activity[field]["sykmeldingsgrad"] == 60


def test_empty_list(caller):
    response = caller.fetch()
    assert response.json() == []
    assert "X-Warning-limit-reached" not in response.headers


def test_number_is_strictly_greater_and_ascending(sandbox, caller):
    unit = sandbox.units[0]
    for number in (30, 10, 20):
        sandbox.add_note(orgnr=unit, periods=[DAY], loepenr=number)
    sandbox.add_note(orgnr=sandbox.units[1], periods=[DAY], loepenr=15)
    assert caller.numbers() == [10, 20, 30]
    assert caller.numbers(fraLoepenr=0) == [10, 20, 30]
    assert caller.numbers(fraLoepenr=10) == [20, 30]
    assert caller.numbers(fraLoepenr=15) == [20, 30]
    assert caller.numbers(fraLoepenr=30) == []


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"fom": "2026-06-02"}, [2, 3]),
        ({"tom": "2026-06-02"}, [1, 2]),
        ({"fom": "2026-06-02", "tom": "2026-06-02"}, [2]),
        ({"fom": "2026-06-04"}, []),
        ({"fom": "2026-06-02", "fraLoepenr": 2}, [3]),
        ({"fom": None, "tom": None, "fnr": None, "fraLoepenr": None}, [1, 2, 3]),
    ],
)
def test_dates_are_inclusive(sandbox, caller, wanted, numbers):
    for number in (1, 2, 3):
        received = datetime(2026, 6, number, 23, 59, 59)
        sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY], loepenr=number, received=received)
    assert caller.numbers(**wanted) == numbers


def test_which_date_is_looked_at_can_be_switched(sandbox, caller):
    sandbox.add_note(
        orgnr=sandbox.units[0],
        periods=[DAY],
        received=datetime(2026, 6, 1, 23),
        sent=datetime(2026, 6, 2, 1),
    )
    assert len(caller.numbers(tom="2026-06-01")) == 1
    sandbox.options.update({"date_field": "sendtTilArbeidsgiver"})
    assert caller.numbers(tom="2026-06-01") == []


def test_filter_by_person(sandbox, caller):
    one, two = (person["fnr"] for person in sandbox.employees[:2])
    unit = sandbox.units[0]
    sandbox.add_note(fnr=one, orgnr=unit, periods=[DAY], loepenr=1)
    sandbox.add_note(fnr=two, orgnr=unit, periods=[DAY], loepenr=2)
    assert caller.numbers(fnr=two) == [2]


def test_pages_of_a_thousand(sandbox, caller):
    unit = sandbox.units[0]
    for number in range(1, 2003):
        sandbox.add_note(orgnr=unit, periods=[DAY], loepenr=number)
    token, after, seen = caller.token(), 0, []
    for rows, warned in ((1000, True), (1000, True), (2, False)):
        response = caller.fetch(fraLoepenr=after, token=token, checked=not seen)
        numbers = [note["loepenr"] for note in response.json()]
        assert len(numbers) == rows
        assert response.headers.get("X-Warning-limit-reached") == ("1000" if warned else None)
        seen += numbers
        after = numbers[-1]
    assert seen == list(range(1, 2003))


def test_full_page_without_more_gives_no_warning(sandbox, caller):
    sandbox.options.update({"page_limit": 2})
    for number in (1, 2):
        sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY], loepenr=number)
    assert "X-Warning-limit-reached" not in caller.fetch().headers
    sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY], loepenr=3)
    assert caller.fetch().headers["X-Warning-limit-reached"] == "2"


def test_nulls_can_be_left_out(sandbox, caller):
    note = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    assert "behandler" in caller.fetch().json()[0]
    sandbox.options.update({"include_nulls": False})
    served = caller.fetch().json()[0]
    assert "behandler" not in served
    assert served["sykmeldingPerioder"][0]["aktivitet"].keys() == {
        "aktivitetIkkeMulig",
        "harReisetilskudd",
    }
    assert served["sykmeldingId"] == note["sykmeldingId"]
    assert caller.call("GET", f"/v1/sykmelding/{note['sykmeldingId']}").json() == served


@pytest.mark.parametrize(
    "change",
    [
        {"orgnr": "123456789"},
        {"orgnr": None},
        {"orgnr": 315587336},
        {"unknown": 1},
        {"fraLoepenr": -1},
        {"fraLoepenr": "5"},
        {"fraLoepenr": True},
        {"fraLoepenr": 2**63},
        {"fom": "01.06.2026"},
        {"fom": "20260601"},
        {"tom": "2026-02-30"},
        {"tom": 5},
        {"fnr": 5},
    ],
)
def test_filters_that_are_refused(sandbox, caller, change):
    body = {"orgnr": sandbox.units[0], **change}
    response = caller.call("POST", "/v1/sykmeldinger", json=body)
    assert error_of(response) == (400, "SERIALISERINGSFEIL")


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        ("{", "application/json", "SERIALISERINGSFEIL"),
        ("[]", "application/json", "SERIALISERINGSFEIL"),
        ("{}", "application/json", "SERIALISERINGSFEIL"),
        ("{}", "text/plain", "UGYLDIG_REQUEST_BODY"),
    ],
)
def test_bodies_that_are_refused(caller, data, content_type, code):
    response = requests.post(
        f"{caller.sandbox.sykepenger_url}/v1/sykmeldinger",
        data=data,
        headers={"Authorization": f"Bearer {caller.token()}", "Content-Type": content_type},
        timeout=TIMEOUT,
    )
    assert error_of(response) == (400, code)


# -- one note ----------------------------------------------------------------------------------


def test_one_note_and_its_pdf(sandbox, caller):
    note = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY], name="Åse (Ørn) \\ Ærlig")
    path = f"/v1/sykmelding/{note['sykmeldingId']}"
    assert caller.call("GET", path).json() == note
    response = caller.call("GET", f"{path}/pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    body = response.content
    assert body.startswith(b"%PDF-1.4") and body.endswith(b"%%EOF\n")
    assert "Åse \\(Ørn\\) \\\\ Ærlig".encode("cp1252") in body
    table = int(body.rsplit(b"startxref\n", 1)[1].split()[0])
    assert body[table:].startswith(b"xref")
    for number, line in enumerate(body[table:].split(b"\n")[3:8], 1):
        assert body[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_old_path_of_the_pdf_is_gone(sandbox, caller):
    note = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    response = caller.call("GET", f"/v1/sykmelding/{note['sykmeldingId']}.pdf", checked=False)
    assert response.status_code == 410


@pytest.mark.parametrize("ending", ["", "/pdf"])
def test_unknown_note(caller, ending):
    note_id = str(uuid.uuid4())
    response = caller.call("GET", f"/v1/sykmelding/{note_id}{ending}")
    assert error_of(response) == (404, "SYKMELDING_IKKE_FUNNET")
    assert response.json()["referanseId"] == note_id


def test_id_that_is_none(caller):
    response = caller.call("GET", "/v1/sykmelding/17")
    assert error_of(response) == (400, "UGYLDIG_SYKMELDING_ID")


def test_note_of_a_sub_unit_without_access(sandbox, caller):
    note = sandbox.add_note(orgnr=sandbox.units[1], periods=[DAY])
    system = f"{caller.owner}_sandbox"
    sandbox.state.register_system_user(system, sandbox.main_unit, units=[sandbox.units[0]])
    response = caller.call("GET", f"/v1/sykmelding/{note['sykmeldingId']}")
    assert error_of(response) == (401, "IKKE_TILGANG_TIL_RESSURS")


# -- notes of any shape ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        {"sykmeldingPerioder": None},
        {"loepenr": "x", "sykmeldt": 5, "arbeidsgiver": []},
        {},
        [],
        "text",
        None,
    ],
)
def test_broken_note_is_served_as_it_is(sandbox, caller, raw):
    good = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    stored = sandbox.add_raw_note(raw)
    assert stored.orgnr == sandbox.units[0]
    assert caller.fetch(checked=False).json() == [good, raw]
    response = caller.call("GET", f"/v1/sykmelding/{stored.note_id}", checked=False)
    assert response.json() == raw
    if raw != {"sykmeldingPerioder": []}:
        pdf = caller.call("GET", f"/v1/sykmelding/{stored.note_id}/pdf", checked=False)
        assert error_of(pdf) == (500, "FEIL_VED_PDF_GENERERING")


def test_same_id_twice_keeps_the_first(sandbox, caller):
    first = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    sandbox.add_raw_note({**first, "loepenr": first["loepenr"] + 5})
    assert len(caller.numbers()) == 2
    assert caller.call("GET", f"/v1/sykmelding/{first['sykmeldingId']}").json() == first


def test_requests_are_logged_without_tokens(sandbox, caller):
    sandbox.requests.clear()
    caller.fetch(fraLoepenr=7)
    token, listed = sandbox.requests
    assert (token.endpoint, token.status, token.body) == ("maskinporten.token", 200, None)
    assert (listed.endpoint, listed.status, listed.rows) == ("sykepenger.notes", 200, 0)
    assert (listed.orgnr, listed.from_loepenr) == (sandbox.units[0], 7)
    assert listed.body == {"orgnr": sandbox.units[0], "fraLoepenr": 7}
    assert "eyJ" not in str([entry.to_dict() for entry in sandbox.requests])
    assert sandbox.requests.of("sykepenger") == [listed]


def test_note_needs_a_known_kind_and_a_sub_unit(sandbox):
    with pytest.raises(ValueError, match="unknown kind"):
        sandbox.add_note(periods=[{**DAY, "kind": "half"}])
    with pytest.raises(ValueError, match="orgnr"):
        sandbox.add_note(fnr="05908399546", periods=[DAY])
    before = sandbox.add_note(periods=[{"fom": date(2026, 6, 6), "tom": date(2026, 6, 7)}])
    assert before["mottattAvNav"].startswith("2026-06-15T")
    assert before["sykmeldingPerioder"][0]["fom"] == "2026-06-06"
