"""The follow-up plan endpoints: tokens, form, rules, persons, statuses, faults. All by contract."""

import json
import uuid
from datetime import timedelta

import pytest
import requests
from openapi_core.exceptions import OpenAPIError

from sandbox.followup_plan_errors import PLAN_ERRORS
from sandbox.followup_plan_rules import MANDATORY_CHOICES, MANDATORY_TEXTS, TEST_PERSONS
from sandbox.note_store import encode
from sandbox.server import SandboxServer

from .altinn_support import Vendor
from .conftest import TODAY
from .contract import (
    check_exchange,
    check_request,
    check_response,
    own_document,
    published_document,
    published_folder,
)
from .support import TIMEOUT, make_key, public_jwk, system_user_detail

SCOPE = "nav:oppfolgingsplan/lps.write"
PLANS = "/api/v1/followupplan"
VERIFY = f"{PLANS}/verify-integration"
NOBODY = "00000000-0000-4000-8000-000000000000"
REASON = "employeeHasNotContributedToPlanDescription"
needs_published = pytest.mark.skipif(
    published_folder() is None, reason="the published documents are not at hand"
)


def make_plan(**changes) -> dict:
    """Return a plan that breaks no rule; a field that is set to None is left out."""
    plan = {name: f"about {name}" for name in MANDATORY_TEXTS}
    plan.update(dict.fromkeys(MANDATORY_CHOICES, True))
    plan.update(employeeIdentificationNumber=TEST_PERSONS[0], evaluationDate="2026-07-15")
    plan.update(changes)
    return {name: value for name, value in plan.items() if value is not None}


class Sender(Vendor):
    """A client that sends follow-up plans."""

    def ask(self, method, path, *, token=None, checked=True, headers=(), **more):
        token = token or self.plain_token(SCOPE)
        base = self.sandbox.followup_plan_url
        response = requests.request(
            method,
            f"{base}{path}",
            headers={"Authorization": f"Bearer {token}", **dict(headers)},
            timeout=TIMEOUT,
            **more,
        )
        if checked:
            check_exchange(response, base)
        return response

    def send(self, plan=None, **more):
        return self.ask("POST", PLANS, json=make_plan() if plan is None else plan, **more)

    def status(self, plan_id, **more):
        return self.ask("GET", f"{PLANS}/{plan_id}/sendingstatus", **more)

    def delegated(self, employer) -> str:
        return self.token(scope=SCOPE, authorization_details=None, consumer_org=employer)


@pytest.fixture
def sender(sandbox):
    """The employer's own client."""
    return Sender(sandbox)


@pytest.fixture
def supplier(sandbox):
    """The client of a vendor, to which nothing is delegated."""
    return Sender(sandbox, "supplier-1", "315587336")


@pytest.fixture
def sick(sandbox):
    """An employee with a sick note that ends today."""
    person = sandbox.employees[0]
    add_note(sandbox, person)
    return person


def add_note(sandbox, person, first=TODAY - timedelta(days=9), last=TODAY, orgnr=None):
    period = {"fom": first, "tom": last, "kind": "full"}
    return sandbox.add_note(fnr=person["fnr"], orgnr=orgnr or person["orgnr"], periods=[period])


def plan_for(person, **changes):
    return make_plan(employeeIdentificationNumber=person["fnr"], **changes)


def error_of(response):
    """Return status, type and message of an error, whose body is as published."""
    body = response.json()
    assert body["status"]["value"] == response.status_code
    return response.status_code, body["type"], body["message"]


def kind_of(response):
    return error_of(response)[:2]


# -- tokens ------------------------------------------------------------------------------------


def test_verify_integration(sender):
    response = sender.ask("GET", VERIFY)
    assert (response.status_code, response.text) == (200, "Integration is up and running")
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(("method", "path"), [("GET", VERIFY), ("POST", PLANS)])
@pytest.mark.parametrize("token", ["x.y.z", "", "abc"])
def test_tokens_that_are_none(sender, method, path, token):
    more = {"json": make_plan()} if method == "POST" else {}
    url = f"{sender.sandbox.followup_plan_url}{path}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = requests.request(method, url, headers=headers, timeout=TIMEOUT, **more)
    assert error_of(response) == (
        401,
        "AUTHENTICATION_ERROR",
        "Authentication failed. Please check your token",
    )
    assert sender.sandbox.plans() == []


def test_token_that_is_over(sandbox, sender):
    token = sender.plain_token(SCOPE)
    sandbox.clock.shift(600)
    expected = (401, "AUTHENTICATION_ERROR", "JWT is expired")
    assert error_of(sender.send(token=token)) == expected
    assert error_of(sender.status(NOBODY, token=token)) == expected


def test_scope_is_compared_as_one_text(sandbox, sender):
    expected = (401, "AUTHENTICATION_ERROR", "Invalid scope in JWT")
    both = f"{SCOPE} nav:helseytelser/sykepenger"
    for scope in (both, "nav:helseytelser/sykepenger"):
        assert error_of(sender.send(token=sender.plain_token(scope))) == expected


def test_employer_and_supplier_are_read_from_the_token(sandbox, sender, supplier, sick):
    assert sender.send(plan_for(sick)).status_code == 200
    sandbox.delegate(sandbox.main_unit, supplier.owner, SCOPE)
    token = supplier.delegated(sandbox.main_unit)
    assert supplier.send(plan_for(sick), token=token).status_code == 200
    own, delegated = sandbox.plans()
    assert (own.employer, own.supplier, own.delegated) == (sandbox.main_unit,) * 2 + (False,)
    assert (delegated.employer, delegated.supplier) == (sandbox.main_unit, supplier.owner)
    assert delegated.delegated


def test_token_of_a_system_user_stands_for_the_vendor(sandbox, supplier, sick):
    """The employer in the token is the vendor, who does not employ the person."""
    key = make_key()
    sandbox.allow("supplier-1", public_jwk(key), supplier.owner)
    supplier.key = key
    token = supplier.token(scope=SCOPE, authorization_details=system_user_detail(sandbox.main_unit))
    assert kind_of(supplier.send(plan_for(sick), token=token)) == (403, "NO_ACTIVE_EMPLOYMENT")
    # The check of the access notices nothing of it.
    assert supplier.ask("GET", VERIFY, token=token).status_code == 200


# -- the form and the rules --------------------------------------------------------------------


@pytest.mark.parametrize("name", [*MANDATORY_TEXTS, *MANDATORY_CHOICES, "evaluationDate"])
@pytest.mark.parametrize("value", ["missing", None, 7, ["x"]])
def test_mandatory_fields(sender, name, value):
    plan = make_plan()
    plan[name] = value
    if value == "missing":
        del plan[name]
    assert kind_of(sender.send(plan)) == (400, "BAD_REQUEST")
    assert sender.sandbox.plans() == []


@pytest.mark.parametrize("value", ["15.07.2026", "2026-02-30", "2026-7-1", "", "2026-07-15T00:00"])
def test_date_of_evaluation(sender, value):
    assert kind_of(sender.send(make_plan(evaluationDate=value))) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null"])
def test_body_that_is_no_plan(sender, body):
    headers = {"Content-Type": "application/json"}
    assert kind_of(sender.ask("POST", PLANS, data=body, headers=headers)) == (400, "BAD_REQUEST")


def test_body_of_another_type(sender):
    response = sender.ask("POST", PLANS, data={"a": "b"})
    assert kind_of(response) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sendPlanToNav": False, "needsHelpFromNav": True},
            "needsHelpFromNav cannot be true if sendPlanToNav is false",
        ),
        (
            {"needsHelpFromNav": True},
            "needsHelpFromNavDescription is obligatory if needsHelpFromNav is true",
        ),
        (
            {"needsHelpFromNav": True, "needsHelpFromNavDescription": "  "},
            "needsHelpFromNavDescription is obligatory if needsHelpFromNav is true",
        ),
        (
            {"employeeHasContributedToPlan": False},
            f"{REASON} is mandatory if employeeHasContributedToPlan = false",
        ),
        (
            {"employeeHasContributedToPlan": False, REASON: "\n"},
            f"{REASON} is mandatory if employeeHasContributedToPlan = false",
        ),
        ({REASON: "x"}, f"{REASON} should not be set if employeeHasContributedToPlan = true"),
        ({REASON: " "}, f"{REASON} should not be set if employeeHasContributedToPlan = true"),
        *(
            ({"employeeIdentificationNumber": number}, "Invalid employee identification number")
            for number in ("", "0590839954", "059083995461", "05908 399546", "٠٥٩٠٨٣٩٩٥٤٦")
        ),
    ],
)
def test_rules(sender, changes, message):
    response = sender.send(make_plan(**changes))
    assert error_of(response) == (400, "VALIDATION_ERROR", message)
    assert sender.sandbox.plans() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"needsHelpFromNav": True, "needsHelpFromNavDescription": "a meeting"},
        {"needsHelpFromNav": False, "sendPlanToNav": False},
        {"needsHelpFromNav": False, "needsHelpFromNavDescription": "not enforced"},
        {"employeeHasContributedToPlan": False, REASON: "away"},
        {REASON: ""},
        {"sendPlanToNav": False, "sendPlanToGeneralPractitioner": False},
        {"employeeIdentificationNumber": TEST_PERSONS[1]},
        {"messageToGeneralPractitioner": "m", "additionalInformation": "a", "lpsEmail": "e"},
    ],
)
def test_plans_that_are_taken(sender, changes):
    plan = make_plan(**changes)
    assert sender.send(plan).status_code == 200
    assert sender.sandbox.plans()[0].body == plan


def test_what_only_the_own_contract_refuses(sender):
    """NAV takes empty texts, unknown keys and nulls, so the sandbox does."""
    for changes in ({"typicalWorkday": ""}, {"misspelt": 1}):
        plan = make_plan(**changes)
        assert sender.send(plan, checked=False).status_code == 200
        with pytest.raises(OpenAPIError):
            check_request("POST", PLANS, plan)
    plan = {**make_plan(), "needsHelpFromNav": None, "lpsEmail": None}
    assert sender.send(plan, checked=False).status_code == 200


# -- employment, sick note, person -------------------------------------------------------------


def test_checks_are_made_in_their_order(sandbox, sender):
    person = sandbox.employees[0]
    stranger = make_plan(employeeIdentificationNumber="13898799999")
    assert kind_of(sender.send(stranger)) == (403, "NO_ACTIVE_EMPLOYMENT")
    sandbox.forget_person(person["fnr"])
    assert kind_of(sender.send(plan_for(person))) == (403, "NO_ACTIVE_SENT_SYKMELDING")
    add_note(sandbox, person)
    assert kind_of(sender.send(plan_for(person))) == (404, "EMPLOYEE_NOT_FOUND")
    # The rules of the plan go before all of them.
    broken = {**stranger, REASON: "x"}
    assert kind_of(sender.send(broken)) == (400, "VALIDATION_ERROR")
    assert sandbox.plans() == []


@pytest.mark.parametrize("number", TEST_PERSONS)
def test_persons_of_the_test_environment_are_let_through(sandbox, supplier, number):
    assert supplier.send(make_plan(employeeIdentificationNumber=number)).status_code == 200


def test_employer_is_the_legal_entity_or_the_workplace(sandbox, supplier, sick):
    other = next(unit for unit in sandbox.units if unit != sick["orgnr"])
    found = {}
    for employer in (sandbox.main_unit, sick["orgnr"], other):
        sandbox.delegate(employer, supplier.owner, SCOPE)
        response = supplier.send(plan_for(sick), token=supplier.delegated(employer))
        found[employer] = response.status_code
    assert found == {sandbox.main_unit: 200, sick["orgnr"]: 200, other: 403}


def test_legal_entity_above_a_level_between():
    with SandboxServer(employees=2, units=2, levels=3, today=TODAY) as sandbox:
        person = sandbox.employees[0]
        add_note(sandbox, person)
        assert Sender(sandbox).send(plan_for(person)).status_code == 200


@pytest.mark.parametrize(
    ("first", "last", "active"),
    [(-9, 0, True), (0, 5, True), (-30, -16, True), (-30, -17, False), (1, 9, False)],
)
def test_note_is_active_until_sixteen_days_after(sandbox, sender, first, last, active):
    person = sandbox.employees[0]
    add_note(sandbox, person, TODAY + timedelta(days=first), TODAY + timedelta(days=last))
    response = sender.send(plan_for(person))
    if active:
        assert response.status_code == 200
    else:
        assert kind_of(response) == (403, "NO_ACTIVE_SENT_SYKMELDING")


def test_note_to_another_unit_or_that_cannot_be_read(sandbox, sender):
    person = sandbox.employees[0]
    other = next(unit for unit in sandbox.units if unit != person["orgnr"])
    add_note(sandbox, person, orgnr=other)
    raw = {"sykmeldt": {"fnr": person["fnr"]}, "sykmeldingPerioder": [{"fom": "x"}, 3]}
    sandbox.add_raw_note(raw, orgnr=person["orgnr"])
    assert kind_of(sender.send(plan_for(person))) == (403, "NO_ACTIVE_SENT_SYKMELDING")


# -- what became of it -------------------------------------------------------------------------


@pytest.mark.parametrize("to_nav", [True, False])
@pytest.mark.parametrize("to_doctor", [True, False])
@pytest.mark.parametrize("answered", [True, False, None])
def test_statuses(sandbox, sender, to_nav, to_doctor, answered):
    sandbox.options.update({"gp_status": answered})
    plan = make_plan(sendPlanToNav=to_nav, sendPlanToGeneralPractitioner=to_doctor)
    body = sender.send(plan).json()
    assert body == {
        "uuid": body["uuid"],
        "isSentToNavStatus": to_nav,
        "isSentToGeneralPractitionerStatus": answered if to_doctor else False,
    }
    assert sender.status(body["uuid"]).json() == body


def test_the_doctor_s_status_may_change_later(sandbox, sender, supplier):
    sandbox.options.gp_status = False
    first, second = (sender.send().json() for _ in range(2))
    assert first["uuid"] != second["uuid"]
    sandbox.set_doctor_status(first["uuid"], True)
    # Who knows the uuid may ask, in either case of its letters.
    answers = [supplier.status(item["uuid"].upper()).json() for item in (first, second)]
    assert [item["isSentToGeneralPractitionerStatus"] for item in answers] == [True, False]
    with pytest.raises(KeyError):
        sandbox.set_doctor_status(NOBODY, True)
    with pytest.raises(ValueError, match="true, false or null"):
        sandbox.set_doctor_status(first["uuid"], "yes")


@pytest.mark.parametrize("value", ["true", 1, 0])
def test_option_of_the_doctor_s_status(sandbox, value):
    with pytest.raises(ValueError, match="gp_status is one of True, False, None"):
        sandbox.options.update({"gp_status": value})


def test_status_of_no_plan(sender):
    assert kind_of(sender.status(NOBODY)) == (404, "FOLLOWUP_PLAN_NOT_FOUND")
    for bad in ("x", NOBODY[:-1], f"{NOBODY}0"):
        assert kind_of(sender.status(bad)) == (400, "ILLEGAL_ARGUMENT")


def test_call_id_is_sent_back(sandbox, sender):
    call_id = str(uuid.uuid4())
    headers = {"Nav-Call-Id": call_id}
    for response in (
        sender.send(headers=headers),
        sender.send({}, headers=headers),
        sender.ask("GET", VERIFY, headers=headers),
    ):
        assert response.headers["Nav-Call-Id"] == call_id
    assert sender.send().headers["Nav-Call-Id"] != call_id
    assert [plan.call_id == call_id for plan in sandbox.plans()] == [True, False]


def test_same_plan_twice_is_two_plans(sandbox, sender):
    call_id = {"Nav-Call-Id": str(uuid.uuid4())}
    for _ in range(2):
        assert sender.send(headers=call_id).status_code == 200
    assert len({plan.uuid for plan in sandbox.plans()}) == 2


def test_plans_are_found_by_person_and_employer(sandbox, sender, supplier, sick):
    sender.send(plan_for(sick))
    supplier.send()
    assert [plan.fnr for plan in sandbox.plans(sick["fnr"])] == [sick["fnr"]]
    assert [plan.fnr for plan in sandbox.plans(employer=supplier.owner)] == [TEST_PERSONS[0]]
    sandbox.plans()[0].body.clear()
    assert sandbox.plans()[0].body == plan_for(sick)


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLAN_ERRORS)
def test_every_type_can_be_ordered(sender, kind):
    sender.sandbox.faults.add("problem", "followup_plan.send", code=kind)
    status, message = PLAN_ERRORS[kind]
    assert error_of(sender.send()) == (status, kind, message)
    assert sender.sandbox.plans() == []
    assert sender.send().status_code == 200


def test_a_problem_with_a_text_of_its_own(sender):
    sender.sandbox.faults.add("problem", "followup_plan", code="VALIDATION_ERROR", message="m")
    assert error_of(sender.send()) == (400, "VALIDATION_ERROR", "m")


@pytest.mark.parametrize(
    ("kind", "params", "arrived"),
    [
        ("answer_lost", {}, 1),
        ("no_answer", {"mode": "abort"}, 0),
        ("server_error", {"status": 500, "processed": True}, 1),
        ("server_error", {"status": 503}, 0),
        ("problem", {"code": "GENERAL_PRACTITIONER_NOT_FOUND", "processed": True}, 1),
        ("cut_json", {}, 1),
        ("not_json", {}, 0),
        ("slow", {"seconds": 0.01}, 1),
        ("too_many_requests", {}, 0),
        ("unauthorized", {}, 0),
    ],
)
def test_faults_before_and_after_the_plan_is_taken(sandbox, sender, kind, params, arrived):
    sender.plain_token(SCOPE)
    sandbox.faults.add(kind, "followup_plan.send", **params)
    lost = kind in ("answer_lost", "no_answer")
    if lost:
        with pytest.raises(requests.ConnectionError):
            sender.send()
    else:
        usable = kind not in ("cut_json", "not_json")
        response = sender.send(checked=usable)
        assert usable == isinstance(_json_or_none(response), dict)
    assert len(sandbox.plans()) == arrived
    assert sandbox.requests.of("followup_plan.send")[0].fault == kind


def _json_or_none(response):
    try:
        return response.json()
    except ValueError:
        return None


# -- kept, and seen by others ------------------------------------------------------------------


def test_plans_are_kept_over_a_restart(tmp_path):
    path = tmp_path / "state.json"
    with SandboxServer(employees=1, today=TODAY, state_file=path) as first:
        Sender(first).send()
        first.forget_person(first.employees[0]["fnr"])
        before = first.plans()
        first.set_doctor_status(before[0].uuid, None)
    with SandboxServer(state_file=path) as second:
        (after,) = second.plans()
        assert (after.uuid, after.body, after.to_doctor) == (before[0].uuid, before[0].body, None)
        assert second.state.plans.unknown_persons == {second.employees[0]["fnr"]}
        second.reset()
        assert second.plans() == []


def test_admin(sandbox, sender, sick):
    admin = sandbox.admin_url
    plan_id = sender.send(plan_for(sick)).json()["uuid"]
    found = requests.get(f"{admin}/plans?fnr={sick['fnr']}", timeout=TIMEOUT).json()
    assert [plan["uuid"] for plan in found] == [plan_id]
    assert requests.get(f"{admin}/plans?employer=315587336", timeout=TIMEOUT).json() == []
    url = f"{admin}/plans/{plan_id}/doctor-status"
    assert requests.post(url, json={"status": False}, timeout=TIMEOUT).status_code == 200
    assert sandbox.plans()[0].to_doctor is False
    assert requests.post(url, json={"status": "x"}, timeout=TIMEOUT).status_code == 400
    url = f"{admin}/plans/unknown-persons"
    assert requests.post(url, json={"fnr": sick["fnr"]}, timeout=TIMEOUT).status_code == 200
    assert kind_of(sender.send(plan_for(sick))) == (404, "EMPLOYEE_NOT_FOUND")
    urls = requests.get(admin, timeout=TIMEOUT).json()["urls"]
    assert urls["followup_plan_url"] == sandbox.followup_plan_url


# -- the published documents -------------------------------------------------------------------


def samples(name):
    folder = published_folder().parent / "samples" / "oppfolgingsplan"
    return json.loads((folder / name).read_text(encoding="utf-8"))


@needs_published
@pytest.mark.parametrize("name", ["followupplan_request.json", "followupplan_request_minimal.json"])
def test_published_requests_are_taken(sender, name):
    assert sender.send(samples(name)).status_code == 200


@needs_published
def test_published_answers_keep_to_the_contracts():
    sample = encode(samples("followupplan_response_200.json"))
    for method, path in (("POST", PLANS), ("GET", f"{PLANS}/{NOBODY}/sendingstatus")):
        check_response(method, path, 200, sample, "application/json")
    for item in samples("errors.json"):
        check_response("POST", PLANS, item["http"], encode(item["body"]), "application/json")


@needs_published
def test_errors_are_the_published_ones():
    for item in samples("errors.json"):
        body = item["body"]
        assert PLAN_ERRORS[body["type"]][0] == item["http"]
        if item["http"] in (403, 404):
            assert PLAN_ERRORS[body["type"]][1] == body["message"]


@needs_published
def test_own_contract_has_the_published_fields():
    own = own_document("followup_plan")["components"]["schemas"]
    published = published_document("followup_plan")["components"]["schemas"]
    # NAV's code demands the sender's name, which its description leaves out.
    assert set(own["Plan"]["required"]) == {*published["FollowUpPlanDTO"]["required"], "lpsName"}
    for mine, theirs in (
        ("Plan", "FollowUpPlanDTO"),
        ("Status", "FollowUpPlanResponse"),
        ("Error", "ValidationError"),
    ):
        assert set(own[mine]["properties"]) == set(published[theirs]["properties"])


@pytest.mark.parametrize(
    "changes",
    [
        {"lpsName": None},
        {"evaluationDate": "July"},
        {"sendPlanToNav": "yes"},
        {"employeeIdentificationNumber": "1"},
    ],
)
def test_the_contract_finds_bad_plans(changes):
    with pytest.raises(OpenAPIError):
        check_request("POST", PLANS, make_plan(**changes))
