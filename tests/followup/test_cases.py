"""Cases in the database against the day-by-day oracle: notes come and are withdrawn in any order,
manual leave too, the cron runs now and then, and people settle milestones meanwhile."""

from collections import namedtuple
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.models.nav_sick_case import NavSickCase
from odoo.addons.nav_altinn_connector.tests.common import NavCase
from odoo.tests import tagged

from tests.domain import oracle_followup
from tests.domain.oracle import each_day
from tests.domain.test_followup_properties import BEGINNINGS, NAMES, notes_of

# Few, since each plays a whole history in the database; the rules alone are tried with many more.
examples = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)

Arrival = namedtuple("Arrival", "note")
Withdrawal = namedtuple("Withdrawal", "name")
Leave = namedtuple("Leave", "first last")
Settle = namedtuple("Settle", "state")
Follow = namedtuple("Follow", "")


@st.composite
def histories(draw):
    """Events in some order; a note is withdrawn after it has come."""
    beginning = draw(BEGINNINGS)
    numbers = draw(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True))
    notes = [
        draw(notes_of(beginning, name, loepenr))
        for name, loepenr in zip(NAMES, numbers, strict=False)
    ]
    events = [Arrival(note) for note in notes]
    first = beginning + timedelta(days=draw(st.integers(0, 90)))
    if draw(st.booleans()):
        events.append(Leave(first, first + timedelta(days=draw(st.integers(0, 6)))))
    events += [Settle("done"), Settle("not_required"), Follow(), Follow()]
    ordered = list(draw(st.permutations(events)))
    for name in draw(st.lists(st.sampled_from([note.id for note in notes]), max_size=1)):
        arrived = next(
            place
            for place, event in enumerate(ordered)
            if isinstance(event, Arrival) and event.note.id == name
        )
        ordered.insert(draw(st.integers(arrived + 1, len(ordered))), Withdrawal(name))
    return beginning + timedelta(days=draw(st.integers(20, 140))), ordered


@tagged("post_install", "-at_install")
class TestCasesThroughDatabase(NavCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        user = cls._user("cases-manager", "base.group_user")
        cls.employee.parent_id = cls._employee("Ola Leder", user_id=user.id)
        cls.connection.followup_manual_leave = True
        cls.env["nav.followup.milestone.template"]._all().write({"active": True})
        cls.env.flush_all()

    @examples
    @given(histories())
    def test_any_order_gives_the_cases_of_the_oracle(self, history):
        today, events = history
        savepoint = self.env.cr.savepoint()
        try:
            with patch.object(NavSickCase, "_today", lambda model: today):
                self.notes, self.records, self.settled = {}, {}, {}
                for event in events:
                    getattr(self, f"_happens_{type(event).__name__.lower()}")(event)
                self._happens_follow(None)
                self._expect_oracle()
                self._expect_what_people_settled()
                before = self._everything()
                self.env["nav.sick.case"]._follow(self.employee)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(self._everything(), before, "again changes something")
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    # --- what happens ---

    def _happens_arrival(self, event):
        note = event.note
        payload = self.payload(
            *((one.date_from, one.date_to, _what(one)) for one in note.periods),
            loepenr=note.loepenr,
            egenmeldingsdager=[
                {"fom": first.isoformat(), "tom": last.isoformat()}
                for first, last in note.self_certified
            ],
            sykefravaerFom=note.absence_from and note.absence_from.isoformat(),
        )
        self.records[note.id] = self.receive(payload)
        self.assertIn(self.records[note.id].state, ("applied", "superseded"))
        self.notes[note.id] = note

    def _happens_withdrawal(self, event):
        self.records[event.name].action_withdraw()
        del self.notes[event.name]

    def _happens_leave(self, event):
        self.leave(self.manual_sick_type, event.first, event.last)

    def _happens_settle(self, event):
        self._happens_follow(None)
        cases = self._cases()
        waiting = cases.milestone_ids.filtered(lambda one: one.stage != "settled")
        if waiting:
            one = waiting.sorted("due_date")[0]
            one._settle(event.state, reason="Because")
            self.settled[one] = event.state

    def _happens_follow(self, _event):
        self.env.flush_all()
        cron = type(self.env["ir.cron"])
        with patch.object(cron, "_commit_progress", lambda *_a, **_k: float("inf")):
            self.env["nav.connection"]._cron_cancel_overlaps()
            self.env["nav.sick.case"]._cron_followup()
        self.env.invalidate_all()

    # --- what is expected ---

    def _cases(self):
        return self.env["nav.sick.case"].search(
            [
                ("employee_id", "=", self.employee.id),
                ("close_reason", "not in", ("merged", "emptied")),
            ],
            order="first_day",
        )

    def _expect_oracle(self):
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "=", self.employee.id),
                ("nav_sourced", "=", False),
                ("state", "=", "validate"),
            ]
        )
        manual = [
            oracle_followup_manual(leave.id, leave.request_date_from, leave.request_date_to)
            for leave in leaves
        ]
        expected = oracle_followup.cases(list(self.notes.values()), manual)
        names = {record.id: name for name, record in self.records.items()}
        found = [
            {
                "first": case.first_day,
                "last": case.last_day,
                "notes": {names[note.id] for note in case.note_ids},
                "timeline": {
                    day: (
                        one.kind,
                        one.degree,
                        one.source if one.kind == "manual" else names[one.source],
                    )
                    for one in case._stretches()
                    for day in each_day(one.date_from, one.date_to)
                },
            }
            for case in self._cases()
        ]
        self.assertEqual(
            found,
            [
                {key: case[key] for key in ("first", "last", "notes", "timeline")}
                for case in expected
            ],
        )

    def _expect_what_people_settled(self):
        for one, state in self.settled.items():
            self.assertEqual(one.exists(), one, "what a person has settled is gone")
            self.assertEqual(one.state, state)
            self.assertFalse(one.activity_id)
            again = one.case_id.milestone_ids.filtered(
                lambda other, one=one: (
                    other != one
                    and (other.key, other.occurrence) == (one.key, one.occurrence)
                    and one.duplicate_of_id != other
                )
            )
            self.assertFalse(again, "what is settled is asked for again")
        merged = self.env["nav.sick.case"].search([("close_reason", "=", "merged")])
        self.assertFalse(merged.activity_ids)

    def _everything(self):
        cases = self.env["nav.sick.case"].search([("employee_id", "=", self.employee.id)])
        names = ["state", "stage", "due_date", "occurrence", "case_id", "activity_id"]
        milestones = self.env["nav.followup.milestone"].search([("case_id", "in", cases.ids)])
        return (
            cases.read(["first_day", "last_day", "state", "close_reason", "responsible_id"]),
            milestones.sorted("id").read(names),
        )


def oracle_followup_manual(key, first, last):
    from odoo.addons.nav_altinn_connector.domain.followup import Manual

    return Manual(key, first, last, 100)


def _what(period):
    return period.degree if period.kind in ("full", "graded") else period.kind
