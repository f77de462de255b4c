"""Any order and repetition of notes, manual leave and withdrawals gives the oracle's calendar, in
Odoo itself: notes come in as NAV's JSON, manual leave by ``create``, and the calendar is read from
time off and from the working calendar."""

from collections import namedtuple
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.nav_altinn_connector.domain.absence import ManualLeave, NotePeriod
from odoo.addons.nav_altinn_connector.tests.scenarios import COUNTING, ScenarioCase
from odoo.tests import tagged

from . import oracle
from .oracle import each_day, span

# Few, since each plays a whole history in the database; the rules alone are tried with many more.
examples = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)

Note = namedtuple("Note", "name periods")
Withdrawal = namedtuple("Withdrawal", "name")
KINDS = st.sampled_from(["full", "graded", "graded", "advisory", "treatment_days"])
BEGINNINGS = st.sampled_from([date(2026, 5, 25), date(2026, 12, 14), date(2028, 2, 14)])


@st.composite
def notes(draw, beginning, name, loepenr):
    day = beginning + timedelta(days=draw(st.integers(0, 25)))
    periods = []
    for number in range(draw(st.integers(1, 2))):
        first = day + timedelta(days=draw(st.integers(0, 2)))
        last = first + timedelta(days=draw(st.integers(0, 10)))
        kind = draw(KINDS)
        degree = draw(st.sampled_from([20, 50, 60, 99])) if kind == "graded" else 100
        periods.append(NotePeriod(f"{name}{number}", name, loepenr, first, last, kind, degree))
        day = last + timedelta(days=1)
    return Note(name, tuple(periods))


@st.composite
def manual_leaves(draw, beginning):
    """One after the other: Odoo itself refuses manual leave on top of manual leave."""
    leaves = []
    day = beginning + timedelta(days=draw(st.integers(0, 10)))
    for number in range(draw(st.integers(0, 3))):
        last = day + timedelta(days=draw(st.integers(0, 12)))
        leaves.append(ManualLeave(f"M{number}", day, last))
        day = last + timedelta(days=draw(st.integers(1, 5)))
    return leaves


@st.composite
def histories(draw):
    """Events in any order, some of them twice."""
    beginning = draw(BEGINNINGS)
    numbers = draw(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True))
    events = [
        draw(notes(beginning, name, loepenr))
        for name, loepenr in zip("ABCD", numbers, strict=False)
    ]
    withdrawn = draw(st.lists(st.sampled_from("ABCD"), max_size=1))
    names = {event.name for event in events}
    events += draw(manual_leaves(beginning))
    repeated = draw(st.lists(st.sampled_from(events), max_size=2))
    ordered = draw(st.permutations([*events, *repeated]))
    for name in names & set(withdrawn):
        # A note is withdrawn after it has come, at any time.
        arrived = next(
            index
            for index, event in enumerate(ordered)
            if isinstance(event, Note) and event.name == name
        )
        ordered.insert(draw(st.integers(arrived + 1, len(ordered))), Withdrawal(name))
    states = draw(st.lists(st.sampled_from(COUNTING), min_size=3, max_size=3))
    return ordered, states


@tagged("post_install", "-at_install")
class TestCalendarThroughDatabase(ScenarioCase):
    """The oracle's calendar, in the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()
        cls.type_for("manual")
        cls.worker = cls.person()
        cls.env.flush_all()

    @examples
    @given(histories())
    def test_any_order_and_repetition_gives_the_calendar_of_the_oracle(self, history):
        events, states = history
        savepoint = self.env.cr.savepoint()
        try:
            self._known = {}
            for event in events:
                self._happen(event, states)
            self._expect_oracle(events)
            before = self._leaves().read(["request_date_from", "request_date_to", "state"])
            self.env["nav.sick.note"]._decide(self.worker)
            after = self._leaves().read(["request_date_from", "request_date_to", "state"])
            self.assertEqual(after, before, "deciding again changes something")
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    # --- what happens ---

    def _happen(self, event, states):
        if isinstance(event, Note):
            self._receive(event)
        elif isinstance(event, Withdrawal):
            self._note(event.name).action_withdraw()
        elif event.key not in self._known:
            self._known[event.key] = True
            self._register(event, states[int(event.key[1:])])

    def _receive(self, event):
        loepenr = event.periods[0].loepenr
        payload = self.payload(
            *(
                (*span(period), period.degree if period.kind == "graded" else period.kind)
                for period in event.periods
            ),
            employee=self.worker,
            loepenr=loepenr,
            sykmeldingId=f"note-{event.name}",
        )
        self.receive(payload)

    def _note(self, name):
        return self.env["nav.sick.note"].search([("nav_id", "=", f"note-{name}")])

    def _register(self, event, state):
        first, last = span(event)
        if all(day.weekday() > 4 for day in each_day(first, last)):
            state = "confirm"  # Odoo lets nobody approve leave without a working day
        self.manual(f"sick {first}..{last} {state}", self.worker, notes=event.key)
        Notes = self.env["nav.sick.note"]
        Notes._decide_each(Notes._employees_with_late_manual_leave())

    # --- what there is ---

    def _leaves(self):
        return self.env["hr.leave"].search(
            [("employee_id", "=", self.worker.id), ("state", "in", COUNTING)], order="id"
        )

    def _expect_oracle(self, events):
        arrived = {event for event in events if isinstance(event, Note)}
        withdrawn = {event.name for event in events if isinstance(event, Withdrawal)}
        manual = {event for event in events if isinstance(event, ManualLeave)}
        ever = [period for note in arrived for period in note.periods]
        in_effect = [period for period in ever if period.note not in withdrawn]
        expected = {day: degree for day, (_period, degree) in oracle.nav_days(in_effect).items()}
        from_nav = self._leaves().filtered("nav_sourced")
        self.assertEqual(self._days(from_nav, lambda leave: leave.absence_degree), expected)
        self.assertLessEqual(set(from_nav.mapped("state")), {"validate"})
        must, may = oracle.manual_days(manual, ever, in_effect)
        stands = set(self._days(self._leaves() - from_nav, lambda leave: str(leave.notes)).items())
        self.assertLessEqual(must, stands)
        self.assertLessEqual(stands, may)
        self._expect_working_calendar()

    def _days(self, leaves, what):
        days = {}
        for leave in leaves:
            for day in each_day(leave.request_date_from, leave.request_date_to):
                self.assertNotIn(day, days, "two leaves share a day")
                days[day] = what(leave)
        return days

    def _expect_working_calendar(self):
        """The hours that are left for work are those that no approved leave takes."""
        leaves = self._leaves().filtered(lambda leave: leave.state == "validate")
        taken = self._days(leaves, lambda leave: leave.absence_degree)
        if not taken:
            return
        left = self.worker._list_work_time_per_day(
            leaves[0].date_from.combine(min(taken), leaves[0].date_from.min.time()),
            leaves[0].date_from.combine(max(taken), leaves[0].date_from.max.time()),
            calendar=self.calendar,
        )[self.worker.id]
        hours = {day: round(worked, 3) for day, worked in left}
        for day in each_day(min(taken), max(taken)):
            expected = 8 * (100 - taken.get(day, 0)) / 100 if day.weekday() < 5 else 0
            self.assertAlmostEqual(hours.get(day, 0), expected, places=2, msg=f"{day}")
