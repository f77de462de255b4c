"""Faults: each kind does what it says, as often as it was ordered, and is counted."""

import json

import pytest
import requests

from .contract import check_exchange
from .support import TIMEOUT

DAY = {"fom": "2026-06-01", "tom": "2026-06-05", "kind": "full"}
LIST = "sykepenger.notes"


@pytest.fixture
def notes(sandbox):
    """Five notes in the first sub-unit, numbered 10, 20, …"""
    unit = sandbox.units[0]
    return [
        sandbox.add_note(orgnr=unit, periods=[DAY], loepenr=number)
        for number in (10, 20, 30, 40, 50)
    ]


def numbers(response):
    return [note["loepenr"] for note in response.json()]


def test_a_fault_is_played_as_often_as_ordered(sandbox, caller, notes):
    sandbox.faults.add("server_error", LIST, times=2, after=1, status=500)
    token = caller.token()
    assert [caller.fetch(token=token).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert sandbox.faults.count("server_error") == 2
    assert [hit.endpoint for hit in sandbox.faults.hits] == [LIST, LIST]
    assert sandbox.faults.ordered == []


def test_a_fault_without_end(sandbox, caller):
    sandbox.faults.add("unauthorized", "sykepenger", times=None)
    token = caller.token()
    assert {caller.fetch(token=token).status_code for _ in range(3)} == {401}
    sandbox.faults.clear()
    assert caller.fetch(token=token).status_code == 200


def test_a_fault_concerns_its_endpoint_only(sandbox, caller):
    sandbox.faults.add("server_error", "maskinporten.token")
    sandbox.faults.add("server_error", "enhetsregisteret")
    assert caller.ask_token().status_code == 503
    assert caller.fetch().status_code == 200
    url = f"{sandbox.enhetsregisteret_url}/enheter/{sandbox.main_unit}"
    assert requests.get(url, timeout=TIMEOUT).status_code == 503
    assert requests.get(url, timeout=TIMEOUT).status_code == 200


@pytest.mark.parametrize(
    ("kind", "params", "status", "retry_after"),
    [
        ("unauthorized", {}, 401, None),
        ("too_many_requests", {"retry_after": 17}, 429, "17"),
        ("server_error", {"status": 502}, 502, None),
        ("server_error", {"retry_after": 3}, 503, "3"),
    ],
)
def test_plain_refusals(sandbox, caller, kind, params, status, retry_after):
    sandbox.faults.add(kind, LIST, **params)
    response = caller.fetch(checked=status != 502)
    assert response.status_code == status
    assert response.headers.get("Retry-After") == retry_after
    assert response.json()["feilkode"]


@pytest.mark.parametrize("kind", ["no_answer", "answer_lost"])
def test_connection_breaks(sandbox, caller, notes, kind):
    token = caller.token()
    sandbox.faults.add(kind, LIST, **({"mode": "abort"} if kind == "no_answer" else {}))
    with pytest.raises(requests.ConnectionError):
        caller.fetch(token=token)
    entry = sandbox.requests.of(LIST)[-1]
    assert (entry.status, entry.fault) == (None, kind)
    assert entry.rows == (5 if kind == "answer_lost" else None)
    assert numbers(caller.fetch(token=token)) == [10, 20, 30, 40, 50]


def test_answer_lost_uses_the_grant_up(sandbox, caller):
    assertion = caller.assertion()
    sandbox.faults.add("answer_lost", "maskinporten.token")
    with pytest.raises(requests.ConnectionError):
        caller.ask_token(assertion)
    assert "MP-012" in caller.ask_token(assertion).text


def test_no_answer_lasts_until_the_client_gives_up(sandbox, caller):
    token = caller.token()
    sandbox.faults.add("no_answer", LIST)
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{sandbox.sykepenger_url}/v1/sykmeldinger",
            json={"orgnr": sandbox.units[0]},
            headers={"Authorization": f"Bearer {token}"},
            timeout=0.3,
        )
    assert sandbox.faults.count("no_answer") == 1


def test_slow_answer_comes(sandbox, caller, notes):
    sandbox.faults.add("slow", LIST, seconds=0.1)
    assert numbers(caller.fetch()) == [10, 20, 30, 40, 50]
    assert sandbox.faults.count("slow") == 1


def test_cut_json_is_a_complete_answer_of_half_a_body(sandbox, caller, notes):
    whole = caller.fetch().content
    sandbox.faults.add("cut_json", LIST)
    response = caller.fetch(checked=False)
    assert response.status_code == 200
    assert response.content == whole[: len(whole) // 2]
    assert int(response.headers["Content-Length"]) == len(response.content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.content)


def test_not_json(sandbox, caller):
    sandbox.faults.add("not_json", LIST)
    response = caller.fetch(checked=False)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")


def test_unknown_values(sandbox, caller, notes):
    sandbox.faults.add("unknown_values", LIST, what="keys")
    served = caller.fetch(checked=False).json()
    assert all("nyttFelt" in note for note in served)
    assert all(note["sykmeldingPerioder"][0]["aktivitet"]["aktivitetIkkeMulig"] for note in served)
    sandbox.faults.add("unknown_values", LIST, what="kind")
    first, *others = caller.fetch(checked=False).json()
    assert "nyAktivitetstype" in first["sykmeldingPerioder"][0]["aktivitet"]
    assert others == notes[1:]
    assert caller.fetch().json() == notes


@pytest.mark.parametrize(("loepenr", "expected"), [("same", [10, 20, 30, 30, 40, 50]), ("new", 51)])
def test_duplicate(sandbox, caller, notes, loepenr, expected):
    sandbox.faults.add("duplicate", LIST, loepenr=loepenr)
    served = caller.fetch().json()
    found = [note["loepenr"] for note in served]
    assert found == (expected if loepenr == "same" else [10, 20, 30, 40, 50, expected])
    assert len({note["sykmeldingId"] for note in served}) == 5
    added = sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY])
    assert added["loepenr"] == (51 if loepenr == "same" else 52)


def test_out_of_order(sandbox, caller, notes):
    sandbox.faults.add("out_of_order", LIST)
    found = numbers(caller.fetch())
    assert found != [10, 20, 30, 40, 50]
    assert sorted(found) == [10, 20, 30, 40, 50]


def test_late_note_appears_by_itself(sandbox, caller, notes):
    sandbox.faults.add("late_low_loepenr", LIST, times=2)
    assert numbers(caller.fetch()) == [20, 30, 40, 50]
    assert numbers(caller.fetch(fraLoepenr=50)) == []
    assert numbers(caller.fetch()) == [20, 30, 40, 50]
    assert numbers(caller.fetch()) == [10, 20, 30, 40, 50]
    assert sandbox.faults.count("late_low_loepenr") == 2


def test_late_note_appears_when_released(sandbox, caller, notes):
    sandbox.faults.add("late_low_loepenr", LIST, times=None, loepenr=30)
    assert numbers(caller.fetch()) == numbers(caller.fetch()) == [10, 20, 40, 50]
    sandbox.faults.release()
    assert numbers(caller.fetch()) == [10, 20, 30, 40, 50]


def test_a_note_alone_is_not_held_back(sandbox, caller):
    sandbox.add_note(orgnr=sandbox.units[0], periods=[DAY], loepenr=10)
    sandbox.faults.add("late_low_loepenr", LIST)
    assert numbers(caller.fetch()) == [10]
    assert sandbox.faults.hits == []


def test_huge_text(sandbox, caller, notes):
    sandbox.faults.add("huge", LIST)
    text = caller.fetch().json()[0]["oppfoelging"]["tiltakArbeidsplassen"]
    assert len(text) == 1_000_000


def test_faults_of_a_page_wait_for_a_page(sandbox, caller):
    for kind in ("duplicate", "out_of_order", "huge", "unknown_values"):
        sandbox.faults.add(kind, LIST)
    assert caller.fetch().json() == []
    assert sandbox.faults.hits == []
    assert len(sandbox.faults.ordered) == 4


def test_orders_that_are_refused(sandbox):
    for order in (
        {"kind": "earthquake"},
        {"kind": "slow", "times": 0},
        {"kind": "slow", "after": -1},
    ):
        with pytest.raises(ValueError):
            sandbox.faults.add(**order)


def test_server_stops_while_an_answer_hangs(sandbox, caller):
    token = caller.token()
    sandbox.faults.add("no_answer", LIST)
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{sandbox.sykepenger_url}/v1/sykmeldinger",
            json={"orgnr": sandbox.units[0]},
            headers={"Authorization": f"Bearer {token}"},
            timeout=0.2,
        )
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.admin_url, timeout=TIMEOUT)


def test_answers_after_a_fault_keep_to_the_contract(sandbox, caller, notes):
    sandbox.faults.add("too_many_requests", LIST)
    response = caller.fetch(checked=False)
    check_exchange(response, sandbox.sykepenger_url)
