"""Several workers at once, each on a database connection of its own: nothing twice, nothing lost.

The workers meet at a barrier, in the middle of what they do, so that they really are at it at the
same time.
"""

from datetime import date

import pytest

from tests.support.workers import Meeting, at_once


def cron(env):
    env["nav.connection"]._cron_fetch_sick_notes()


def button(world, method, model="nav.connection"):
    """What a person's click does: Odoo tries a request anew when another worker was faster."""

    def work(env):
        from odoo.service.model import retrying

        def request():
            records = env[model].search([("state", "!=", "draft")])
            getattr(records, method)()

        retrying(request, env)

    return work


@pytest.fixture
def meet_after_page(monkeypatch):
    """The workers meet when they have a page and nothing is stored yet."""
    return _meet_after_page(monkeypatch)


def _meet_after_page(monkeypatch):
    from odoo.addons.nav_altinn_connector.clients.sykepenger import SykepengerClient

    meeting, original = Meeting(), SykepengerClient.sick_notes

    def sick_notes(self, *args, **kwargs):
        page = original(self, *args, **kwargs)
        meeting()
        return page

    monkeypatch.setattr(SykepengerClient, "sick_notes", sick_notes)
    return meeting


@pytest.fixture
def meet_before_deciding(active, monkeypatch):
    """The workers meet when they have matched the notes and are about to decide."""
    Lock = active.registry["nav.absence.lock"]
    meeting, original = Meeting(), Lock._take

    def take(self, employees):
        meeting()
        return original(self, employees)

    monkeypatch.setattr(Lock, "_take", take)
    return meeting


def settle(world):
    """Run the cron as long as it has asked for it: what one worker left to the other."""
    for _attempt in range(5):
        with world.env() as env:
            cron = env.ref("nav_altinn_connector.ir_cron_fetch_sick_notes")
            if not env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]):
                return
        world.run_cron()
    raise AssertionError("the cron asks for itself without end")


def store_only(world, monkeypatch):
    """Fetch without applying."""
    with monkeypatch.context() as patch:
        patch.setattr(world.registry["nav.connection"], "_apply_all", lambda self, step: None)
        world.run_cron()
    assert {state for _id, state, _reason in world.notes()} == {"received"}


# ------------------------------------------------------------------ two fetches


@pytest.mark.parametrize("page_limit", [1000, 2])
def test_two_crons_at_once(active, undisturbed, meet_after_page, page_limit):
    active.sandbox.options.page_limit = page_limit
    assert at_once(active, cron, cron) == [None, None]
    settle(active)
    assert active.outcome() == undisturbed


def test_two_crons_at_once_that_both_wait_for_nav(active, undisturbed, monkeypatch):
    """The second one meets sub-units that the first one has locked."""
    active.sandbox.faults.add("slow", "sykepenger.notes", times=2, seconds=0.7)
    assert at_once(active, cron, cron) == [None, None]
    settle(active)
    assert active.outcome() == undisturbed
    assert not active.read("last_error")


def test_fetch_now_beside_the_cron(active, undisturbed, meet_after_page):
    assert at_once(active, cron, button(active, "action_fetch_now")) == [None, None]
    settle(active)
    assert active.outcome() == undisturbed


def test_mending_differences_beside_the_fetch(active, undisturbed, monkeypatch):
    """What a comparison has found missing comes by the fetch at the same moment."""
    with active.env() as env:
        connection = active.connection(env)
        period = {"date_from": connection.fetch_from, "date_to": date.today()}
        reconcile = env["nav.reconcile"].create({"connection_id": connection.id, **period})
        reconcile.action_compare()
        assert set(reconcile.line_ids.mapped("kind")) == {"missing_here"}
    _meet_after_page(monkeypatch)
    mend = button(active, "action_mend_all", "nav.reconcile")
    assert at_once(active, cron, mend) == [None, None]
    settle(active)
    active.run_cron("reconcile")
    assert active.outcome() == undisturbed
    with active.env() as env:
        lines = env["nav.reconcile.line"].search([])
        assert set(lines.mapped("state")) == {"mended"}, lines.mapped("problem")


def test_two_people_press_fetch_now(active, undisturbed, meet_after_page):
    press = button(active, "action_fetch_now")
    assert at_once(active, press, press) == [None, None]
    settle(active)
    assert active.outcome() == undisturbed


def two_connections(world):
    """A second connection to the same sub-units. The database does not let it become active, so
    it fetches without being so: the notes must be one also where all else failed."""
    with world.env() as env:
        other = world.make_connection(env, name="Twin")
        other.action_look_up_units()
        return other.id


def fetch_one(connection_id):
    def work(env):
        connection = env["nav.connection"].browse(connection_id)
        connection._fetch(lambda: env.cr.commit() or 1)

    return work


def test_two_connections_that_bring_the_same_notes(active, undisturbed, meet_after_page):
    """Different rows are locked: only the database's own constraint keeps them apart."""
    twin = two_connections(active)
    raised = at_once(active, fetch_one(active.ids["connection"]), fetch_one(twin))
    assert raised == [None, None]
    assert meet_after_page.arrived == 2
    active.fetch()
    assert active.outcome() == undisturbed


# ------------------------------------------------------------------ two appliers


def test_two_workers_apply_the_same_notes(active, undisturbed, monkeypatch, meet_before_deciding):
    store_only(active, monkeypatch)

    def apply_all(env):
        env["nav.connection"]._apply_all(lambda: env.cr.commit() or 1)

    assert at_once(active, apply_all, apply_all) == [None, None]
    assert meet_before_deciding.arrived == 2
    settle(active)
    assert active.outcome() == undisturbed


def test_a_person_applies_beside_the_cron(active, undisturbed, monkeypatch, meet_before_deciding):
    store_only(active, monkeypatch)

    def apply_all(env):
        env["nav.connection"]._apply_all(lambda: env.cr.commit() or 1)

    raised = at_once(active, apply_all, button(active, "action_apply", "nav.sick.note"))
    assert raised == [None, None]
    assert meet_before_deciding.arrived == 2
    settle(active)
    assert active.outcome() == undisturbed


def test_two_notes_of_one_employee_applied_by_two_workers(active, monkeypatch):
    """Each decides from one note, not seeing the other: the days of both must not be held twice."""
    person = active.sandbox.employees[0]
    first, second = (
        active.sandbox.add_note(fnr=person["fnr"], periods=[{"fom": fom, "tom": tom, **what}])
        for fom, tom, what in (
            ("2026-10-05", "2026-10-16", {"kind": "full"}),
            ("2026-10-12", "2026-10-23", {"kind": "graded", "degree": 50}),
        )
    )
    store_only(active, monkeypatch)
    meeting = Meeting()
    Lock = active.registry["nav.absence.lock"]
    original = Lock._take
    monkeypatch.setattr(
        Lock, "_take", lambda self, employees: (meeting(), original(self, employees))[1]
    )

    def apply_one(nav_id):
        def work(env):
            from odoo.service.model import retrying

            retrying(
                lambda: env["nav.sick.note"].search([("nav_id", "=", nav_id)]).action_apply(), env
            )

        return work

    works = [apply_one(note["sykmeldingId"]) for note in (first, second)]
    assert at_once(active, *works) == [None, None]
    assert meeting.arrived == 2
    spans = sorted(
        (str(leave[3]), str(leave[4]), leave[5])
        for leave in active.leaves()
        if leave[0] == person["fnr"] and leave[3].month == 10
    )
    assert spans == [("2026-10-05", "2026-10-11", 100), ("2026-10-12", "2026-10-23", 50)]


def test_the_overlap_cron_beside_the_fetch_cron(active, undisturbed, meet_before_deciding):
    def overlaps(env):
        env["nav.connection"]._cron_cancel_overlaps()

    assert at_once(active, cron, overlaps) == [None, None]
    settle(active)
    active.run_cron("cancel_overlaps")
    assert active.outcome() == undisturbed


# ------------------------------------------------------------------ the database's own word


UNIQUE = {
    "nav_sick_note": "(company_id, nav_id)",
    "nav_connection_unit": "(connection_id, org_number)",
    "nav_absence_lock": "(employee_id)",
    "nav_maskinporten_key": "(client_id) WHERE (current IS TRUE)",
    "hr_leave": "(nav_period_id, request_date_from) WHERE",
}


@pytest.mark.parametrize("table", UNIQUE)
def test_uniqueness_is_kept_by_the_database(active, table):
    with active.env() as env:
        env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef ~ 'UNIQUE'", [table]
        )
        found = [definition for (definition,) in env.cr.fetchall()]
    assert any(UNIQUE[table] in definition for definition in found), found


@pytest.mark.parametrize("table", ["nav_sick_note", "hr_leave"])
def test_the_database_refuses_a_second_effect_of_a_note(active, table):
    import psycopg2.errors

    active.run_cron()
    with pytest.raises(psycopg2.errors.UniqueViolation), active.env() as env:
        env.cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND column_name != 'id'",
            [table],
        )
        columns = ", ".join(f'"{name}"' for (name,) in env.cr.fetchall())
        where = (
            "nav_period_id IS NOT NULL AND state = 'validate'" if table == "hr_leave" else "true"
        )
        env.cr.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE {where} LIMIT 1",
            log_exceptions=False,  # Odoo's log of it holds the row
        )
