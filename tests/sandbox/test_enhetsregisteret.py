"""Enhetsregisteret: units, lists by pages, deleted units, three levels. All by contract."""

import random

import pytest
import requests

from sandbox.identity_numbers import draw_org_number

from .contract import check_exchange
from .support import TIMEOUT


def get(sandbox, path, checked=True, **query):
    base = sandbox.enhetsregisteret_url
    response = requests.get(f"{base}{path}", params=query or None, timeout=TIMEOUT)
    if checked:
        check_exchange(response, base)
    return response


def test_main_unit(sandbox):
    body = get(sandbox, f"/enheter/{sandbox.main_unit}").json()
    assert body["organisasjonsnummer"] == sandbox.main_unit
    assert body["organisasjonsform"]["kode"] == "AS"
    assert body["antallAnsatte"] == 10
    assert "overordnetEnhet" not in body


def test_sub_unit(sandbox):
    body = get(sandbox, f"/underenheter/{sandbox.units[0]}").json()
    assert body["overordnetEnhet"] == sandbox.main_unit
    assert body["organisasjonsform"]["kode"] == "BEDR"
    assert body["beliggenhetsadresse"]["landkode"] == "NO"


def test_each_kind_has_its_own_path(sandbox):
    assert get(sandbox, f"/underenheter/{sandbox.main_unit}").status_code == 404
    assert get(sandbox, f"/enheter/{sandbox.units[0]}").status_code == 404
    assert get(sandbox, "/enheter/315587336").status_code == 404


def test_list_of_sub_units(sandbox):
    body = get(sandbox, "/underenheter", overordnetEnhet=sandbox.main_unit).json()
    found = [unit["organisasjonsnummer"] for unit in body["_embedded"]["underenheter"]]
    assert found == sandbox.units
    assert body["page"] == {"size": 20, "totalElements": 3, "totalPages": 1, "number": 0}


def test_empty_list_has_no_embedded(sandbox):
    body = get(sandbox, "/underenheter", overordnetEnhet="315587336").json()
    assert "_embedded" not in body
    assert body["page"] == {"size": 20, "totalElements": 0, "totalPages": 0, "number": 0}


def test_pages(sandbox):
    rng = random.Random(3)
    for number in range(42):
        sandbox.add_organisation(
            draw_org_number(rng), f"Avdeling {number}", parent=sandbox.main_unit
        )
    seen = []
    for page, rows in ((0, 20), (1, 20), (2, 5), (3, 0)):
        body = get(sandbox, "/underenheter", overordnetEnhet=sandbox.main_unit, page=page).json()
        units = body.get("_embedded", {}).get("underenheter", [])
        assert (len(units), body["page"]["totalPages"]) == (rows, 3)
        seen += [unit["organisasjonsnummer"] for unit in units]
    assert seen == sandbox.units


@pytest.mark.parametrize(
    ("page", "size", "status"),
    [
        (500, 20, 200),
        (501, 20, 400),
        (1, 10_000, 200),
        (0, 10_001, 400),
        (0, 0, 400),
        (-1, 20, 400),
        ("x", 20, 400),
    ],
)
def test_depth_of_pages(sandbox, page, size, status):
    assert get(sandbox, "/underenheter", page=page, size=size).status_code == status


def test_deleted_unit(sandbox):
    unit = sandbox.units[1]
    sandbox.delete_organisation(unit, "2026-05-31")
    body = get(sandbox, f"/underenheter/{unit}").json()
    assert body["slettedato"] == "2026-05-31"
    assert "overordnetEnhet" not in body
    listed = get(sandbox, "/underenheter", overordnetEnhet=sandbox.main_unit).json()
    assert listed["page"]["totalElements"] == 2
    sandbox.options.update({"deleted_units": "gone"})
    assert get(sandbox, f"/underenheter/{unit}").status_code == 410


def test_three_levels(sandbox):
    level = next(unit for unit in sandbox.state.organisations if unit.form == "ORGL")
    body = get(sandbox, f"/enheter/{level.orgnr}").json()
    assert get(sandbox, f"/enheter/{body['overordnetEnhet']}").json()["organisasjonsform"] == {
        "kode": "KOMM",
        "beskrivelse": "Kommune",
    }
    direct = get(sandbox, "/underenheter", overordnetEnhet=level.parent).json()
    assert direct["page"]["totalElements"] == 0
    below = get(sandbox, "/underenheter", overordnetEnhet=level.orgnr).json()
    assert below["page"]["totalElements"] == 2
    unit = below["_embedded"]["underenheter"][0]["organisasjonsnummer"]
    user = sandbox.allow("c", [], sandbox.main_unit, level.parent)
    assert sandbox.state.may_read(user.id, "nav_sykepenger_sykmelding", unit)
    assert not sandbox.state.may_read(user.id, "nav_sykepenger_sykmelding", sandbox.units[0])


def test_units_that_are_refused(sandbox):
    for values in (
        ("123456789", "Feil"),
        ("315587336", "Uten forelder"),
        ("315587336", "Ukjent form", "XYZ", None),
        ("315587336", "Ukjent forelder", "BEDR", "363969623"),
    ):
        with pytest.raises(ValueError):
            sandbox.add_organisation(*values)


def test_main_units_below_a_main_unit(sandbox):
    level = next(unit for unit in sandbox.state.organisations if unit.form == "ORGL")
    body = get(sandbox, "/enheter", overordnetEnhet=level.parent).json()
    assert [unit["organisasjonsnummer"] for unit in body["_embedded"]["enheter"]] == [level.orgnr]
    assert body["page"] == {"size": 20, "totalElements": 1, "totalPages": 1, "number": 0}
    assert "_embedded" not in get(sandbox, "/enheter", overordnetEnhet=level.orgnr).json()
    chosen = get(sandbox, "/enheter", organisasjonsnummer=sandbox.main_unit, size=1).json()
    assert chosen["page"]["totalElements"] == 1
    assert get(sandbox, "/enheter", size=0).status_code == 400
    sandbox.delete_organisation(level.orgnr)
    gone = get(sandbox, "/enheter", overordnetEnhet=level.parent).json()
    assert gone["page"]["totalElements"] == 0
