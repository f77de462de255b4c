from datetime import date

from .common import NavCase


class TestRules(NavCase):
    """The rules of absence R1 to R8 through the database, with both examples of the manual."""

    def test_example_a_vacation_stays_and_sick_leave_counts_in_full(self):
        vacation = self.leave(self.vacation_type, date(2026, 6, 1), date(2026, 6, 10))
        self.assertEqual(vacation.number_of_days, 8)
        note = self.note((date(2026, 6, 5), date(2026, 6, 15), 100))
        self.assertEqual(note.state, "applied")
        leave = self.nav_leaves()
        self.assertEqual(self.spans(leave), [(date(2026, 6, 5), date(2026, 6, 15), 100)])
        self.assertEqual(leave.number_of_days, 7)
        self.assertEqual(leave.state, "validate")
        self.assertEqual(vacation.state, "validate")
        self.assertEqual(vacation.number_of_days, 8)
        self.assertTrue(note.overlaps_other)

    def test_example_b_manual_sick_leave_yields(self):
        manual = self.leave(self.manual_sick_type, date(2026, 6, 1), date(2026, 6, 10))
        note = self.note((date(2026, 6, 5), date(2026, 6, 15), 60))
        self.assertEqual(manual.state, "validate")
        self.assertEqual(manual.request_date_to, date(2026, 6, 4))
        self.assertEqual(manual.number_of_days, 4)
        cancelled = note.replaced_leave_ids
        self.assertEqual(
            (cancelled.request_date_from, cancelled.request_date_to, cancelled.state),
            (date(2026, 6, 5), date(2026, 6, 10), "cancel"),
        )
        leave = self.nav_leaves()
        self.assertEqual(self.spans(leave), [(date(2026, 6, 5), date(2026, 6, 15), 60)])
        self.assertAlmostEqual(leave.number_of_days, 7 * 0.6)
        self.assertAlmostEqual(leave.number_of_hours, 7 * 8 * 0.6)
