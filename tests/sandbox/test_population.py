"""The population: the same for a seed, valid, of all kinds, in realistic shares."""

from collections import Counter
from datetime import date

import pytest

from sandbox.identity_numbers import is_identity_number, is_org_number
from sandbox.note_store import encode
from sandbox.population import Plan, make_population

from .conftest import TODAY
from .contract import check_response


def kind_of(period):
    activity = period["aktivitet"]
    for field, kind in (
        ("aktivitetIkkeMulig", "full"),
        ("gradertSykmelding", "graded"),
        ("avventendeSykmelding", "advisory"),
        ("antallBehandlingsdagerUke", "treatment_days"),
        ("harReisetilskudd", "travel_subsidy"),
    ):
        if activity[field]:
            return kind
    raise AssertionError("a period of no kind")


@pytest.fixture(scope="module")
def large():
    return make_population(Plan(employees=300, notes=4000, seed=3, today=TODAY))


def test_a_seed_gives_the_same_population():
    plan = Plan(employees=20, notes=50, seed=5, today=TODAY)
    assert make_population(plan) == make_population(plan)
    assert make_population(plan) != make_population(Plan(20, 50, 6, TODAY))


def test_numbers_are_valid_and_synthetic(large):
    numbers = [person["fnr"] for person in large.employees]
    assert len(set(numbers)) == 300
    assert all(is_identity_number(number) and number[2] in "89" for number in numbers)
    assert all(is_org_number(unit.orgnr) for unit in large.organisations)
    assert all(unit.orgnr[0] in "23" for unit in large.organisations)
    d_numbers = [number for number in numbers if number[0] in "4567"]
    assert 5 < len(d_numbers) < 60
    assert d_numbers == [person["fnr"] for person in large.employees if person["d_number"]]


def test_notes_are_as_many_as_asked_and_in_order(large):
    assert len(large.notes) == 4000
    numbers = [note["loepenr"] for note in large.notes]
    assert numbers == sorted(set(numbers))
    sent = [note["sendtTilArbeidsgiver"][:16] for note in large.notes]
    assert sent == sorted(sent)
    assert len({note["sykmeldingId"] for note in large.notes}) == 4000


def test_kinds_have_realistic_shares(large):
    kinds = Counter(
        "mixed" if len(note["sykmeldingPerioder"]) > 1 else kind_of(note["sykmeldingPerioder"][0])
        for note in large.notes
    )
    assert set(kinds) == {
        "full",
        "graded",
        "mixed",
        "advisory",
        "treatment_days",
        "travel_subsidy",
    }
    assert 0.55 < kinds["full"] / 4000 < 0.66
    assert 0.23 < kinds["graded"] / 4000 < 0.33


def test_there_are_extensions_corrections_and_weekends(large):
    by_person = {}
    extended = corrected = weekend = 0
    for note in large.notes:
        periods = note["sykmeldingPerioder"]
        first = date.fromisoformat(periods[0]["fom"])
        last = date.fromisoformat(periods[-1]["tom"])
        assert first <= last
        weekend += first.weekday() == 5 and (last - first).days == 1
        for other_first, other_last in by_person.setdefault(note["sykmeldt"]["fnr"], []):
            extended += (first - other_last).days == 1
            corrected += other_first < first and last == other_last
        by_person[note["sykmeldt"]["fnr"]].append((first, last))
    assert extended > 400
    assert corrected > 50
    assert weekend > 10
    assert sum(bool(note["egenmeldingsdager"]) for note in large.notes) > 200
    assert any(note["sykefravaerFom"] is None for note in large.notes)


def test_notes_lie_around_today(large):
    received = [date.fromisoformat(note["mottattAvNav"][:10]) for note in large.notes]
    assert max(received) == TODAY
    assert (TODAY - min(received)).days <= 365
    ends = [note["sykmeldingPerioder"][-1]["tom"] for note in large.notes]
    assert any(end > TODAY.isoformat() for end in ends)


def test_every_note_keeps_to_the_contract(large):
    for note in large.notes[:300]:
        path = f"/v1/sykmelding/{note['sykmeldingId']}"
        check_response("GET", path, 200, encode(note), "application/json")


def test_small_and_empty_populations():
    assert make_population(Plan(0, 0, 1, TODAY)).employees == []
    assert len(make_population(Plan(1, 3, 1, TODAY, units=1)).notes) == 3
    many = make_population(Plan(0, 0, 1, TODAY, units=25))
    names = [unit.name for unit in many.organisations]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("values", [(-1, 0), (0, 5), (1, -1)])
def test_plans_that_make_no_sense(values):
    with pytest.raises(ValueError):
        Plan(*values)


def test_plan_survives_as_json():
    plan = Plan(3, 4, 5, TODAY, 6)
    assert Plan.from_dict(plan.to_dict()) == plan


def test_an_employer_of_three_levels():
    two, three = make_population(Plan(5, 0)), make_population(Plan(5, 0, levels=3))
    top, level, *sites = three.organisations[:4]
    assert (top.form, level.form, level.parent) == ("KOMM", "ORGL", top.orgnr)
    assert {site.parent for site in sites} == {level.orgnr}
    assert [unit.form for unit in two.organisations[:2]] == ["AS", "BEDR"]
    assert three.main_unit == top.orgnr
    with pytest.raises(ValueError, match="levels"):
        Plan(levels=4)
