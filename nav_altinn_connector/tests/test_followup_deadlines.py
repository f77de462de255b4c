"""When milestones are due, when people are asked, and what becomes of them in joined cases."""

from dataclasses import replace
from datetime import date, timedelta

from odoo.addons.nav_altinn_connector.domain import followup, followup_continuity, sick_note
from odoo.addons.nav_altinn_connector.domain import followup_deadlines as deadlines
from odoo.tests import BaseCase

MONDAY = date(2026, 6, 1)
TEMPLATES = {template.key: template for template in deadlines.DEFAULT_TEMPLATES}


def case_of(first, days, *more):
    """A case of full sick leave of so many days; ``more`` are (days, kind, degree) after it."""
    periods = []
    for length, kind, degree in ((days, sick_note.FULL, 100), *more):
        last = first + timedelta(days=length - 1)
        periods.append(sick_note.Period(first, last, kind, degree))
        first = last + timedelta(days=1)
    (case,) = followup.cases([followup.Note("A", 1, tuple(periods))])
    return case


def day(number):
    """Day 1 is the first day of the sick leave."""
    return MONDAY + timedelta(days=number - 1)


class TestDueDays(BaseCase):
    def test_default_deadlines(self):
        expected = {
            "employer_period": date(2026, 6, 16),
            "plan": date(2026, 6, 29),
            "meeting": date(2026, 7, 20),
            "activity_requirement": date(2026, 7, 27),
            "plan_update": date(2026, 11, 23),
            "meeting_nav": date(2026, 11, 30),
            "week_39": date(2027, 3, 1),
            "sick_pay_end": date(2027, 5, 31),
            "contact": date(2026, 6, 8),
        }
        found = {key: deadlines.due_day(one, MONDAY) for key, one in TEMPLATES.items()}
        self.assertEqual(found, expected)

    def test_what_is_said_of_them(self):
        self.assertEqual([key for key, one in TEMPLATES.items() if not one.active], ["contact"])
        self.assertEqual(
            [key for key, one in TEMPLATES.items() if not one.certain], ["sick_pay_end"]
        )
        duties = [key for key, one in TEMPLATES.items() if one.stale_days is None and one.active]
        self.assertEqual(duties, ["plan", "meeting", "plan_update"])

    def test_the_employer_pays_sixteen_days_with_both_ends(self):
        due = deadlines.due_day(TEMPLATES["employer_period"], MONDAY)
        self.assertEqual((due - MONDAY).days + 1, 16)

    def test_leap_day_and_turn_of_the_year(self):
        plan = TEMPLATES["plan"]
        for first, due in [
            (date(2028, 2, 1), date(2028, 2, 29)),
            (date(2028, 2, 2), date(2028, 3, 1)),
            (date(2027, 2, 2), date(2027, 3, 2)),
            (date(2026, 12, 14), date(2027, 1, 11)),
        ]:
            self.assertEqual(deadlines.due_day(plan, first), due)
            self.assertEqual(due.weekday(), first.weekday())

    def test_repeated(self):
        contact = TEMPLATES["contact"]
        self.assertEqual(deadlines.due_day(contact, MONDAY, 3), day(22))
        for at, number in [(2, 1), (8, 1), (9, 2), (15, 2), (16, 3), (1, 0), (-6, -1)]:
            self.assertEqual(deadlines.number_at(contact, MONDAY, day(at)), number, at)
        self.assertEqual(deadlines.number_at(TEMPLATES["plan"], MONDAY, day(300)), 1)

    def test_nonsense_is_refused(self):
        for wrong in (
            {"unit": "months"},
            {"number": 0},
            {"lead_days": -1},
            {"repeat_days": -7},
            {"stale_days": -1},
            {"when_graded": "sometimes"},
        ):
            with self.subTest(wrong), self.assertRaises(ValueError):
                replace(TEMPLATES["plan"], **wrong)


class TestClosing(BaseCase):
    def test_open_as_long_as_nav_holds_the_note_for_active(self):
        last = date(2026, 12, 20)
        self.assertEqual(deadlines.closes_on(last), date(2027, 1, 5))
        self.assertTrue(deadlines.is_open(last, date(2027, 1, 5)))
        self.assertFalse(deadlines.is_open(last, date(2027, 1, 6)))

    def test_closed_by_hand_until_extended(self):
        self.assertFalse(deadlines.is_open(day(20), day(10), closed_at=day(20)))
        self.assertFalse(deadlines.is_open(day(15), day(10), closed_at=day(20)))
        self.assertTrue(deadlines.is_open(day(21), day(10), closed_at=day(20)))


class TestMilestones(BaseCase):
    def stage(self, case, key, today, kept=(), closed_at=None, **changes):
        template = replace(TEMPLATES[key], **changes)
        found = deadlines.milestones(case, [template], today, kept, closed_at)
        return found[0].stage if found else None

    def test_the_stages_of_the_plan(self):
        # Due on day 29, asked for on day 22.
        for length, today, stage in [
            (60, 1, "expected"),
            (60, 21, "expected"),
            (60, 22, "active"),
            (60, 29, "active"),
            (60, 30, "overdue"),
            (60, 76, "overdue"),
            (60, 77, "missed"),
            (22, 22, "active"),  # covered on the day of the activity, not to the deadline
            (22, 21, "expected"),
            (22, 38, "overdue"),
            (22, 39, "missed"),
            (21, 21, "ahead"),
            (21, 22, "ahead"),
            (21, 37, "ahead"),
            (21, 38, "unreached"),
        ]:
            with self.subTest(length=length, today=today):
                self.assertEqual(self.stage(case_of(MONDAY, length), "plan", day(today)), stage)

    def test_a_week_of_flu_asks_for_nothing(self):
        case = case_of(MONDAY, 7)
        for today in range(1, 60):
            found = deadlines.milestones(case, TEMPLATES.values(), day(today))
            self.assertFalse([one for one in found if one.wants_activity])

    def test_a_late_extension_asks_at_once(self):
        self.assertEqual(self.stage(case_of(MONDAY, 14), "plan", day(25)), "ahead")
        self.assertEqual(self.stage(case_of(MONDAY, 28), "plan", day(25)), "active")

    def test_a_point_in_time_passes_and_a_duty_stays(self):
        case = case_of(MONDAY, 200)
        self.assertEqual(self.stage(case, "employer_period", day(16)), "active")
        self.assertEqual(self.stage(case, "employer_period", day(30)), "overdue")
        self.assertEqual(self.stage(case, "employer_period", day(31)), "passed")
        self.assertEqual(self.stage(case, "plan", day(200)), "overdue")

    def test_never_asked_before_the_first_day(self):
        case = case_of(MONDAY, 5)
        (one,) = deadlines.milestones(case, [replace(TEMPLATES["plan"], lead_days=60)], MONDAY)
        self.assertEqual((one.activity_on, one.stage), (MONDAY, "active"))

    def test_closed_by_hand(self):
        case = case_of(MONDAY, 60)
        self.assertEqual(self.stage(case, "plan", day(25), closed_at=case.last_day), "missed")
        self.assertEqual(self.stage(case, "plan", day(10), closed_at=case.last_day), "unreached")
        self.assertEqual(self.stage(case, "plan", day(25), closed_at=day(40)), "active")

    def test_graded_on_the_due_day(self):
        meeting = TEMPLATES["meeting"]  # day 50
        for days_of_full, optional in [(49, True), (50, False), (30, True)]:
            case = case_of(MONDAY, days_of_full, (40, sick_note.GRADED, 50))
            (one,) = deadlines.milestones(case, [meeting], day(40))
            self.assertEqual(one.optional, optional, days_of_full)
            found = deadlines.milestones(case, [replace(meeting, when_graded="never")], day(40))
            self.assertEqual(len(found), 0 if optional else 1)
            (one,) = deadlines.milestones(case, [replace(meeting, when_graded="same")], day(40))
            self.assertFalse(one.optional)

    def test_graded_is_judged_by_the_last_known(self):
        case = case_of(MONDAY, 30, (10, sick_note.GRADED, 50))
        (one,) = deadlines.milestones(case, [TEMPLATES["meeting"]], day(40))
        self.assertTrue(one.optional)
        for at_work in (sick_note.ADVISORY, sick_note.TREATMENT_DAYS, sick_note.TRAVEL_SUBSIDY):
            case = case_of(MONDAY, 30, (10, at_work, 0))
            (one,) = deadlines.milestones(case, [TEMPLATES["meeting"]], day(40))
            self.assertFalse(one.optional, at_work)

    def test_switched_off(self):
        case = case_of(MONDAY, 60)
        self.assertIsNone(self.stage(case, "plan", day(25), active=False))
        open_one = deadlines.Kept(7, "plan", day(29), day(29))
        self.assertIsNone(self.stage(case, "plan", day(25), [open_one], active=False))
        done = replace(open_one, state="done", settled_on=day(24))
        self.assertEqual(self.stage(case, "plan", day(25), [done], active=False), "settled")
        found = deadlines.milestones(case, [], day(25), [open_one, done])
        self.assertEqual([(one.kept, one.stage) for one in found], [(7, "settled")])
        self.assertEqual(deadlines.milestones(case, [], day(25), [open_one]), ())

    def test_settled_ones_are_not_asked_for_again(self):
        for state in ("done", "skipped", "not_required"):
            kept = deadlines.Kept(7, "plan", day(29), day(29), state, day(20))
            for length, today in [(60, 25), (60, 50), (25, 90), (10, 12)]:
                case = case_of(MONDAY, length)
                self.assertEqual(self.stage(case, "plan", day(today), [kept]), "settled")

    def test_moved_by_hand(self):
        kept = deadlines.Kept(7, "plan", day(29), day(40), "moved")
        case = case_of(MONDAY, 30)
        for today, stage in [(30, "expected"), (33, "active"), (41, "overdue"), (47, "missed")]:
            self.assertEqual(self.stage(case, "plan", day(today), [kept]), stage)

    def test_an_open_one_gets_its_day_from_the_first_day(self):
        kept = deadlines.Kept(7, "plan", day(20), day(20))
        (one,) = deadlines.milestones(case_of(MONDAY, 60), [TEMPLATES["plan"]], day(5), [kept])
        self.assertEqual((one.due, one.kept), (day(29), 7))

    def test_weekly_contact(self):
        contact = replace(TEMPLATES["contact"], active=True)
        case = case_of(MONDAY, 30)

        def told(today, *kept):
            found = deadlines.milestones(case, [contact], day(today), kept)
            return [(one.number, one.stage) for one in found]

        self.assertEqual(told(1), [(1, "expected")])
        self.assertEqual(told(8), [(1, "active")])
        self.assertEqual(told(10), [(1, "overdue"), (2, "expected")])
        self.assertEqual(told(15), [(2, "active")])
        done = deadlines.Kept(7, "contact", day(8), day(8), "done", day(8), 1)
        self.assertEqual(told(10, done), [(1, "settled"), (2, "expected")])
        # Not covered any more, then closed.
        self.assertEqual(told(33), [(4, "overdue"), (5, "ahead")])
        self.assertEqual(told(60), [])
        open_one = deadlines.Kept(8, "contact", day(8), day(8), "open", None, 1)
        self.assertEqual(told(60, open_one), [(1, "missed")])
        # The first day has become later: a contact before it is history, or is not needed.
        self.assertEqual(told(3, replace(open_one, number=0)), [(1, "expected")])
        self.assertEqual(told(3, replace(done, number=0)), [(0, "settled"), (1, "expected")])


class TestMove(BaseCase):
    def kept(self, name, state, due, settled_on=None, **more):
        settled = day(settled_on) if settled_on else None
        return deadlines.Kept(name, more.pop("key", "plan"), day(due), day(due), state, settled)

    def move(self, notes, stored, kept, templates=deadlines.DEFAULT_TEMPLATES):
        notes = [
            followup.Note(name, place, (sick_note.Period(day(first), day(last), "full", 100),))
            for place, (name, first, last) in enumerate(notes)
        ]
        stored = [
            followup_continuity.Stored(name, day(first), day(last)) for name, first, last in stored
        ]
        following = followup_continuity.follow(stored, followup.cases(notes))
        return followup_continuity.move(following, kept, templates)

    def join(self, *kept):
        stored = [(1, 1, 20), (2, 41, 50)]
        (moved,) = self.move([("A", 1, 50)], stored, {1: kept[:1], 2: kept[1:]})
        return [one.id for one in moved.keep], list(moved.duplicates)

    def test_the_strongest_stays(self):
        states = {
            "done": self.kept("done", "done", 69, 45),
            "skipped": self.kept("skipped", "skipped", 29, 10),
            "moved": self.kept("moved", "moved", 15),
            "open": self.kept("open", "open", 29),
        }
        order = list(states)
        for place, strong in enumerate(order):
            for weak in order[place + 1 :]:
                for pair in ((strong, weak), (weak, strong)):
                    with self.subTest(pair):
                        keep, duplicates = self.join(*(states[name] for name in pair))
                        self.assertEqual(keep, [strong])
                        self.assertEqual(duplicates, [(weak, strong)])

    def test_of_equals_the_earliest_stays(self):
        late = self.kept("late", "skipped", 29, 45)
        early = self.kept("early", "not_required", 69, 12)
        self.assertEqual(self.join(late, early), (["early"], [("late", "early")]))

    def test_different_ones_all_stay(self):
        plan = self.kept("plan", "done", 29, 20)
        meeting = self.kept("meeting", "open", 50, key="meeting")
        self.assertEqual(self.join(plan, meeting), (["plan", "meeting"], []))

    def test_a_split_parts_them_by_their_days(self):
        kept = [
            self.kept("first", "done", 29, 10),
            self.kept("second", "done", 50, 45, key="meeting"),
            # Settled between the two: the earlier one was the sick leave of that time.
            self.kept("between", "skipped", 57, 30, key="activity_requirement"),
            self.kept("open", "open", 44, key="week_39"),
        ]
        notes = [("A", 1, 20), ("B", 41, 60)]
        first, second = self.move(notes, [(1, 1, 60)], {1: kept})
        self.assertEqual([one.id for one in first.keep], ["first", "between"])
        self.assertEqual([one.id for one in second.keep], ["open", "second"])

    def test_settled_before_all_parts(self):
        kept = [self.kept("early", "done", 29, 1)]
        notes = [("A", 5, 20), ("B", 41, 60)]
        first, second = self.move(notes, [(1, 1, 60)], {1: kept})
        self.assertEqual(([one.id for one in first.keep], second.keep), (["early"], ()))

    def test_emptied_cases_keep_theirs(self):
        kept = {1: [self.kept("one", "done", 29, 10)], 2: []}
        (moved,) = self.move([("B", 41, 60)], [(1, 1, 20), (2, 41, 60)], kept)
        self.assertEqual(moved.keep, ())

    def test_what_was_settled_goes_where_its_day_is(self):
        # The sick leave was shortened to days 41 to 60, and now its first days are back.
        kept = [
            self.kept("plan", "done", 29, 10),
            self.kept("meeting", "moved", 10, key="meeting"),
        ]
        notes = [("A", 1, 20), ("B", 41, 60)]
        for stored in ([(1, 41, 60)], [(1, 70, 80)]):
            first, _second = self.move(notes, stored, {1: kept})
            self.assertEqual([one.id for one in first.keep], ["plan"])

    def test_contacts_are_counted_anew_when_the_first_day_changes(self):
        contact = replace(TEMPLATES["contact"], active=True)
        # Made for a sick leave that began on day 10: due on days 17 and 24.
        kept = [
            deadlines.Kept("a", "contact", day(17), day(17), "done", day(17), 1),
            deadlines.Kept("b", "contact", day(24), day(26), "moved", None, 2),
        ]
        (moved,) = self.move([("A", 1, 60)], [(1, 10, 60)], {1: kept}, [contact])
        self.assertEqual([(one.id, one.number) for one in moved.keep], [("a", 3), ("b", 4)])
        # Shortened from the front: both lie before the first contact of the sick leave.
        (moved,) = self.move([("A", 30, 60)], [(1, 10, 60)], {1: kept}, [contact])
        self.assertEqual([(one.id, one.number) for one in moved.keep], [("a", -1), ("b", 0)])
