"""Fetching: from NAV's list to time off, unit by unit and page by page."""

from datetime import date, datetime, timedelta

import pytest

from sandbox.identity_numbers import make_identity_number
from tests.sandbox.contract import check_request
from tests.support.world import CLIENT_ID, TODAY


def requests_for(world, orgnr=None):
    """The requests for sick notes (of a sub-unit), oldest first."""
    found = world.sandbox.requests.of("sykepenger.notes")
    return [request for request in found if orgnr in (None, request.orgnr)]


def unit(world, env, number):
    return world.connection(env).unit_ids.filtered(lambda unit: unit.org_number == number)


def strangers(count):
    """Valid identity numbers that no employee has: their notes are stored, and wait."""
    found = []
    serial = 0
    while len(found) < count:
        number = make_identity_number(date(1950, 1, 1) + timedelta(days=serial), 321)
        found += [number] if number else []
        serial += 1
    return found


def add_strangers_notes(world, orgnr, count, **more):
    periods = [{"fom": TODAY, "tom": TODAY + timedelta(days=5)}]
    for fnr in strangers(count):
        world.sandbox.add_note(fnr=fnr, orgnr=orgnr, periods=periods, name="Frem Med", **more)


def set_time(monkeypatch, moment):
    """Let Odoo's clock show this time (UTC, naive)."""
    from odoo import fields

    monkeypatch.setattr(fields.Datetime, "now", staticmethod(lambda *args: moment))


# ------------------------------------------------------------------ what is fetched


def test_notes_become_approved_graded_time_off(active):
    active.run_cron()
    states = {state for _nav_id, state, _reason in active.notes()}
    assert states == {"applied", "superseded"}
    assert len(active.notes()) == len(active.sandbox.notes())
    with active.env() as env:
        leaves = env["hr.leave"].search([("nav_sourced", "=", True)])
        assert set(leaves.mapped("state")) == {"validate"}
        degrees = set(leaves.mapped("absence_degree"))
        assert 100 in degrees
        assert len(degrees) > 2
        cancelled = env["hr.leave"].search([("state", "=", "cancel")])
        assert cancelled.holiday_status_id.ids == [active.ids["manual"]]
        assert all(cancelled.mapped("nav_replaced_by_id"))
        vacation = env["hr.leave"].search([("holiday_status_id", "=", active.ids["vacation"])])
        assert set(vacation.mapped("state")) == {"validate"}


def test_a_main_unit_is_fetched_by_its_ticked_sub_units(active):
    left_out = active.sandbox.units[1]
    with active.env() as env:
        unit(active, env, left_out).selected = False
    active.run_cron()
    asked = {request.orgnr for request in requests_for(active)}
    assert asked == set(active.sandbox.units) - {left_out}
    expected = sorted(
        note["sykmeldingId"]
        for note in active.sandbox.notes()
        if note["arbeidsgiver"]["orgnr"] != left_out
    )
    assert [nav_id for nav_id, *_ in active.notes()] == expected


def test_a_single_sub_unit_with_the_main_units_system_user(world):
    chosen = world.sandbox.units[2]
    with world.env() as env:
        world.connection(env).write(
            {"org_number": chosen, "system_user_org_number": world.sandbox.main_unit}
        )
    world.activate()
    world.run_cron()
    assert {request.orgnr for request in requests_for(world)} == {chosen}
    assert len(world.notes()) == len(world.sandbox.notes(chosen)) > 0


def test_a_sub_unit_without_the_right_does_not_stop_the_others(active):
    allowed = active.sandbox.units[1:]
    active.sandbox.allow(CLIENT_ID, active.jwk, active.sandbox.main_unit, units=allowed)
    active.run_cron()
    assert len(active.notes()) == sum(len(active.sandbox.notes(number)) for number in allowed)
    with active.env() as env:
        denied = unit(active, env, active.sandbox.units[0])
        assert denied.permission == "denied"
        assert denied.last_error.startswith("NAV gives no access to the sick notes of this")
        assert active.connection(env).last_error == denied.last_error
        assert not active.connection(env).retry_at
    assert len(requests_for(active, active.sandbox.units[0])) == 1
    active.register()
    active.fetch()
    with active.env() as env:
        assert unit(active, env, active.sandbox.units[0]).permission == "granted"
    assert not active.read("last_error")
    assert len(active.notes()) == len(active.sandbox.notes())


def test_notes_from_the_first_date_on(world):
    first = date(2026, 4, 1)
    with world.env() as env:
        world.connection(env).fetch_from = first
    world.activate()
    world.run_cron()
    expected = [n for n in world.sandbox.notes() if n["mottattAvNav"] >= first.isoformat()]
    assert 0 < len(expected) < len(world.sandbox.notes())
    assert len(world.notes()) == len(expected)


def test_a_note_that_comes_later_is_fetched_alone(active):
    active.run_cron()
    before = active.leaves()
    person = active.sandbox.employees[0]
    active.sandbox.add_note(
        fnr=person["fnr"],
        periods=[{"fom": "2026-09-07", "tom": "2026-09-11", "kind": "graded", "degree": 40}],
    )
    active.fetch()
    [new] = set(active.leaves()) - set(before)
    assert (new[0], new[3], new[4], new[5], new[7]) == (
        person["fnr"],
        date(2026, 9, 7),
        date(2026, 9, 11),
        40,
        2.0,
    )
    assert set(before) <= set(active.leaves())


def test_a_note_without_empty_fields_is_the_same_note(active, undisturbed):
    active.sandbox.options.include_nulls = False
    active.run_cron()
    assert active.outcome() == undisturbed


def test_what_is_asked_fits_navs_contract(active):
    active.run_cron()
    active.fetch()
    with active.env() as env:
        env["nav.connection.unit"].search([]).reconciled_at = datetime(2026, 1, 1)
    active.fetch()
    asked = requests_for(active)
    assert len(asked) == 3 * len(active.sandbox.units)
    for request in asked:
        assert request.status == 200
        check_request(
            request.method, request.path, request.body, request.query, request.content_type
        )


# ------------------------------------------------------------------ pages and cursor


def test_more_than_a_page_is_fetched_to_the_end(active):
    number = active.sandbox.units[0]
    own = len(active.sandbox.notes(number))
    add_strangers_notes(active, number, 1005)
    active.run_cron()
    first, second = requests_for(active, number)
    assert (first.from_loepenr, first.rows) == (0, 1000)
    assert second.rows == own + 5
    assert second.from_loepenr == active.sandbox.notes(number)[999]["loepenr"]
    assert len(active.notes()) == len(active.sandbox.notes())
    assert sum(state == "waiting" for _id, state, _reason in active.notes()) == 1005


def test_small_pages_give_the_same_time_off(active, undisturbed):
    active.sandbox.options.page_limit = 2
    active.run_cron()
    assert max(request.rows for request in requests_for(active)) == 2
    assert active.outcome() == undisturbed


def test_the_cursor_is_the_highest_number_stored(active):
    active.run_cron()
    with active.env() as env:
        for each in active.connection(env).unit_ids:
            stored = env["nav.sick.note"].search([("unit_id", "=", each.id)]).mapped("loepenr")
            served = [note["loepenr"] for note in active.sandbox.notes(each.org_number)]
            assert each.cursor == max(stored) == max(served)


def test_a_running_number_may_be_larger_than_32_bits(active):
    large = 2**40 + 7
    active.sandbox.add_note(
        loepenr=large, periods=[{"fom": "2026-09-07", "tom": "2026-09-11", "kind": "full"}]
    )
    active.run_cron()
    with active.env() as env:
        assert max(active.connection(env).unit_ids.mapped("cursor")) == large


def test_a_number_that_becomes_visible_late_is_found_by_the_re_read(active):
    active.run_cron()
    with active.env() as env:
        cursors = {each.org_number: each.cursor for each in active.connection(env).unit_ids}
    late = active.sandbox.add_note(
        loepenr=3, periods=[{"fom": "2026-09-07", "tom": "2026-09-11", "kind": "full"}]
    )
    active.fetch()
    assert (late["sykmeldingId"], "applied", "") in active.notes()
    with active.env() as env:
        assert cursors == {each.org_number: each.cursor for each in active.connection(env).unit_ids}


def test_what_is_older_than_the_re_read_is_found_by_the_weekly_reconcile(active):
    number = active.sandbox.units[0]
    add_strangers_notes(active, number, 110)
    active.run_cron()
    active.fetch()
    with active.env() as env:
        reread_from = unit(active, env, number).reread_from
    assert reread_from > 5
    # Only the newest hundred are read again.
    assert requests_for(active, number)[-1].rows <= 110
    yesterday = date.today() - timedelta(days=1)
    late = active.sandbox.add_note(
        orgnr=number,
        fnr=active.sandbox.employees[0]["fnr"],
        loepenr=5,
        received=yesterday,
        periods=[{"fom": "2026-09-07", "tom": "2026-09-11", "kind": "full"}],
    )
    active.fetch()
    assert requests_for(active, number)[-1].from_loepenr == reread_from
    assert late["sykmeldingId"] not in [nav_id for nav_id, *_ in active.notes()]
    with active.env() as env:
        unit(active, env, number).reconciled_at = datetime.now() - timedelta(days=8)
    active.fetch()
    reconcile = requests_for(active, number)[-1]
    assert reconcile.from_loepenr == 0
    assert date.fromisoformat(reconcile.body["fom"]) < yesterday - timedelta(days=14)
    assert (late["sykmeldingId"], "applied", "") in active.notes()
    active.fetch()
    assert requests_for(active, number)[-1].from_loepenr == reread_from


# ------------------------------------------------------------------ when


def test_nothing_is_fetched_outside_the_hours(active, monkeypatch):
    with active.env() as env:
        active.connection(env).write({"fetch_hour_from": 8, "fetch_hour_to": 18})
    for hour, minute, fetched in ((7, 59, 0), (18, 0, 0), (8, 0, 3), (17, 59, 3)):
        set_time(monkeypatch, datetime(2026, 6, 15, hour, minute))
        active.sandbox.requests.clear()
        active.fetch()
        assert len(requests_for(active)) == fetched, (hour, minute)


def test_the_next_fetch_is_within_the_hours(active, monkeypatch):
    with active.env() as env:
        active.connection(env).write({"fetch_hour_from": 8, "fetch_hour_to": 18})
    for now, expected in (
        (datetime(2026, 6, 15, 7), datetime(2026, 6, 15, 8)),
        (datetime(2026, 6, 15, 12), datetime(2026, 6, 15, 12)),
        (datetime(2026, 6, 15, 19), datetime(2026, 6, 16, 8)),
    ):
        set_time(monkeypatch, now)
        assert active.read("next_fetch_at") == expected


def test_the_interval_is_kept(active, monkeypatch):
    start = datetime(2026, 6, 15, 12)
    set_time(monkeypatch, start)
    active.run_cron()
    assert len(requests_for(active)) == 3
    set_time(monkeypatch, start + timedelta(minutes=59))
    active.run_cron()
    assert len(requests_for(active)) == 3
    assert active.read("next_fetch_at") == start + timedelta(minutes=60)
    set_time(monkeypatch, start + timedelta(minutes=60))
    active.run_cron()
    assert len(requests_for(active)) == 6


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_a_connection_that_is_not_active_is_not_fetched(active, state):
    with active.env() as env:
        active.connection(env).action_pause()
        if state == "draft":
            active.connection(env).action_draft()
    active.fetch()
    assert not requests_for(active)


def test_a_fetch_with_nothing_new_costs_one_request_a_unit_and_the_same_queries(active):
    """Also with a hundred times as many notes stored."""

    def idle():
        from odoo import SUPERUSER_ID, api

        active.make_due()
        active.sandbox.requests.clear()
        with active.registry.cursor() as cr:
            before = cr.sql_log_count
            api.Environment(cr, SUPERUSER_ID, {})["nav.connection"]._cron_fetch_sick_notes()
            count = cr.sql_log_count - before
        assert len(requests_for(active)) == len(active.sandbox.units)
        assert not active.sandbox.requests.of("maskinporten")
        return count

    active.run_cron()
    idle()
    few = idle()
    with active.env() as env:
        # Applied notes, without the time off that would take long to make.
        note = env["nav.sick.note"].search([], limit=1)
        env.cr.execute(
            """
            INSERT INTO nav_sick_note (connection_id, company_id, unit_id, nav_id, loepenr, state,
                                       source, employee_id, identity_number, date_from, date_to)
            SELECT connection_id, company_id, unit_id, 'copy-' || number, 1, 'applied',
                   source, employee_id, identity_number, date_from, date_to
              FROM nav_sick_note, generate_series(1, 1000) AS number
             WHERE id = %s
            """,
            [note.id],
        )
    assert idle() == few


# ------------------------------------------------------------------ several


def test_connections_of_two_companies_each_by_itself(active):
    """The same person works for both: each employer gets the notes sent to it."""
    sandbox = active.sandbox
    organisations = sandbox.state.organisations
    level = next(u for u in organisations if u.form == "ORGL")
    school = organisations.sub_units(level.orgnr)[0]
    sandbox.allow(CLIENT_ID, active.jwk, sandbox.main_unit, orgnr=level.orgnr)
    person = sandbox.employees[0]
    note = sandbox.add_note(
        fnr=person["fnr"],
        name=person["name"],
        orgnr=school.orgnr,
        periods=[{"fom": "2026-10-05", "tom": "2026-10-09", "kind": "graded", "degree": 80}],
    )
    with active.env() as env:
        company = env["res.company"].create({"name": "Sandnesfjord"})
        env.user.company_ids |= company
        env = env(context={**env.context, "allowed_company_ids": company.ids})
        leave_type = (
            env["hr.leave.type"]
            .browse(active.ids["sick"])
            .copy({"company_id": company.id, "name": "Sick elsewhere"})
        )
        employee = active.make_employee(env, person["name"], person["fnr"], company.id)
        other = active.make_connection(
            env,
            name="Sandnesfjord",
            company_id=company.id,
            org_number=level.orgnr,
            leave_type_id=leave_type.id,
        )
        other.action_activate()
        other_id, employee_id, company_id = other.id, employee.id, company.id
    active.run_cron()
    with active.env() as env:
        env = env(context={**env.context, "allowed_company_ids": [company_id]})
        leave = env["hr.leave"].search([("employee_id", "=", employee_id)])
        assert leave.nav_period_id.note_id.nav_id == note["sykmeldingId"]
        assert (leave.absence_degree, leave.number_of_days) == (80, 4)
        assert env["nav.connection"].browse(other_id).note_count == 1
    assert active.read("note_count") == len(sandbox.notes()) - 1


def test_a_connection_that_fails_does_not_stop_another(active):
    sandbox = active.sandbox
    level = next(u for u in sandbox.state.organisations if u.form == "ORGL")
    user = sandbox.allow(CLIENT_ID, active.jwk, sandbox.main_unit, orgnr=level.orgnr)
    with active.env() as env:
        # By name it comes first.
        broken = active.make_connection(env, name="A broken one", org_number=level.orgnr)
        broken.action_activate()
        broken_id = broken.id
        broken.maskinporten_client_id._maskinporten_client()._cache.clear()
    sandbox.state.revoke_system_user(user.id)
    active.run_cron()
    with active.env() as env:
        broken = env["nav.connection"].browse(broken_id)
        assert "Altinn has no approved system user" in broken.last_error
        assert broken.state == "reauthorise"
        assert broken.next_check_at
    assert not active.read("last_error")
    assert len(active.notes()) == len(sandbox.notes())


# ------------------------------------------------------------------ by hand


def test_fetch_now_fetches_and_applies_whatever_the_hours(active, undisturbed, monkeypatch):
    set_time(monkeypatch, datetime(2026, 6, 15, 3))
    with active.env() as env:
        active.connection(env).write({"fetch_hour_from": 8, "fetch_hour_to": 18})
        action = active.connection(env).action_fetch_now()
    assert action["params"]["message"] == f"New sick notes: {len(active.sandbox.notes())}."
    assert action["params"]["type"] == "success"
    assert active.outcome() == undisturbed
    with active.env() as env:
        action = active.connection(env).action_fetch_now()
    assert action["params"]["message"] == "There are no new sick notes."


def test_fetch_now_tells_a_problem_in_plain_words(active, waits):
    active.sandbox.faults.add("server_error", "sykepenger", times=None)
    with active.env() as env:
        action = active.connection(env).action_fetch_now()
    assert action["params"]["type"] == "warning"
    assert "NAV (Sykepenger API) has a fault of its own." in action["params"]["message"]


def test_fetch_now_leaves_what_is_too_much_to_the_cron(active, undisturbed):
    active.sandbox.options.page_limit = 2
    with active.env() as env:
        active.connection(env).action_fetch_now()
        cron = env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes")
        assert env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
    assert 0 < len(active.notes()) < len(active.sandbox.notes())
    active.fetch()
    assert active.outcome() == undisturbed


def test_fetch_now_of_a_connection_in_draft_is_refused(world):
    from odoo.exceptions import UserError

    with pytest.raises(UserError, match="Activate the connection"), world.env() as env:
        world.connection(env).action_fetch_now()
