from .scenarios import Case, ScenarioCase

# June 2026 begins on a Monday: 6–7, 13–14 and 20–21 are weekends.
# Leave is written: whose, days, degree, number of days, state.

NOTE = "06-05..15 100"
NAV = "nav 06-05..15 100 7 validate"

PLACES = [
    Case(
        "before, with a day between",
        ["sick 06-01..03 validate"],
        [NOTE],
        ["sick 06-01..03 100 3 validate", NAV],
    ),
    Case(
        "before, touching",
        ["sick 06-01..04 validate"],
        [NOTE],
        ["sick 06-01..04 100 4 validate", NAV],
    ),
    Case(
        "over the first day only",
        ["sick 06-01..05 validate"],
        [NOTE],
        ["sick 06-01..04 100 4 validate", "sick 06-05 100 1 cancel", NAV],
    ),
    Case(
        "over the beginning",
        ["sick 06-01..10 validate"],
        [NOTE],
        ["sick 06-01..04 100 4 validate", "sick 06-05..10 100 4 cancel", NAV],
    ),
    Case(
        "from before to the last day",
        ["sick 06-01..15 validate"],
        [NOTE],
        ["sick 06-01..04 100 4 validate", "sick 06-05..15 100 7 cancel", NAV],
    ),
    Case(
        "around",
        ["sick 06-01..19 validate"],
        [NOTE],
        [
            "sick 06-01..04 100 4 validate",
            "sick 06-05..15 100 7 cancel",
            "sick 06-16..19 100 4 validate",
            NAV,
        ],
    ),
    Case("equal", ["sick 06-05..15 validate"], [NOTE], ["sick 06-05..15 100 7 cancel", NAV]),
    Case("inside", ["sick 06-08..10 validate"], [NOTE], ["sick 06-08..10 100 3 cancel", NAV]),
    Case("inside, one day", ["sick 06-09 validate"], [NOTE], ["sick 06-09 100 1 cancel", NAV]),
    Case(
        "inside, with the first day in common",
        ["sick 06-05..08 validate"],
        [NOTE],
        ["sick 06-05..08 100 2 cancel", NAV],
    ),
    Case(
        "from the first day to after",
        ["sick 06-05..19 validate"],
        [NOTE],
        ["sick 06-05..15 100 7 cancel", "sick 06-16..19 100 4 validate", NAV],
    ),
    Case(
        "over the end",
        ["sick 06-11..19 validate"],
        [NOTE],
        ["sick 06-11..15 100 3 cancel", "sick 06-16..19 100 4 validate", NAV],
    ),
    Case(
        "over the last day only",
        ["sick 06-15..16 validate"],
        [NOTE],
        ["sick 06-15 100 1 cancel", "sick 06-16 100 1 validate", NAV],
    ),
    Case(
        "after, touching",
        ["sick 06-16..19 validate"],
        [NOTE],
        ["sick 06-16..19 100 4 validate", NAV],
    ),
    Case(
        "after, with a day between",
        ["sick 06-17..19 validate"],
        [NOTE],
        ["sick 06-17..19 100 3 validate", NAV],
    ),
    Case(
        "three at once",
        ["sick 06-01..05 validate", "sick 06-08..09 confirm", "sick 06-15..17 validate1"],
        [NOTE],
        [
            "sick 06-01..04 100 4 validate",
            "sick 06-05 100 1 cancel",
            "sick 06-08..09 100 2 cancel",
            "sick 06-15 100 1 cancel",
            "sick 06-16..17 100 2 validate1",
            NAV,
        ],
    ),
]

KINDS = [
    Case(
        "full",
        ["sick 06-01..10 validate"],
        ["06-05..15 full"],
        ["sick 06-01..04 100 4 validate", "sick 06-05..10 100 4 cancel", NAV],
    ),
    Case(
        "graded",
        ["sick 06-01..10 validate"],
        ["06-05..15 40"],
        [
            "sick 06-01..04 100 4 validate",
            "sick 06-05..10 100 4 cancel",
            "nav 06-05..15 40 2.8 validate",
        ],
    ),
    Case(
        "advisory makes no time off",
        ["sick 06-01..10 validate"],
        ["06-05..15 advisory"],
        ["sick 06-01..10 100 8 validate"],
    ),
    Case(
        "treatment days make no time off",
        ["sick 06-01..10 confirm"],
        ["06-05..15 treatment_days"],
        ["sick 06-01..10 100 8 confirm"],
    ),
    Case(
        "travel subsidy makes no time off",
        ["sick 06-01..10 validate1"],
        ["06-05..15 travel_subsidy"],
        ["sick 06-01..10 100 8 validate1"],
    ),
    Case(
        "kinds mixed in a note",
        ["sick 06-01..19 validate"],
        ["06-02..03 full, 06-04..05 advisory, 06-08..12 50"],
        [
            "sick 06-01 100 1 validate",
            "sick 06-02..03 100 2 cancel",
            "sick 06-04..07 100 2 validate",
            "sick 06-08..12 100 5 cancel",
            "sick 06-13..19 100 5 validate",
            "nav 06-02..03 100 2 validate",
            "nav 06-08..12 50 2.5 validate",
        ],
    ),
    Case(
        "two degrees that touch",
        [],
        ["06-01..07 100, 06-08..14 60"],
        ["nav 06-01..07 100 5 validate", "nav 06-08..14 60 3 validate"],
    ),
]

SEVERAL_NOTES = [
    Case(
        "a newer note over the end of an older one",
        [],
        ["06-01..12 100", "06-08..19 50"],
        ["nav 06-01..07 100 5 validate", "nav 06-08..19 50 5 validate"],
    ),
    Case(
        "a newer note inside an older one",
        [],
        ["06-01..19 100", "06-08..12 50"],
        [
            "nav 06-01..07 100 5 validate",
            "nav 06-08..12 50 2.5 validate",
            "nav 06-13..19 100 5 validate",
        ],
    ),
    Case(
        "a newer note over all of an older one",
        [],
        ["06-08..12 100", "06-01..19 50"],
        ["nav 06-01..19 50 7.5 validate", "nav 06-08..12 100 5 cancel"],
    ),
    Case(
        "the same days, another degree",
        [],
        ["06-08..12 100", "06-08..12 80"],
        ["nav 06-08..12 100 5 cancel", "nav 06-08..12 80 4 validate"],
    ),
    Case(
        "a newer note that gives no time off takes the days",
        [],
        ["06-01..12 100", "06-08..12 treatment_days"],
        ["nav 06-01..07 100 5 validate"],
    ),
    Case(
        "manual leave yields to two notes",
        ["sick 06-01..19 validate"],
        ["06-02..05 100", "06-09..12 50"],
        [
            "sick 06-01 100 1 validate",
            "sick 06-02..05 100 4 cancel",
            "sick 06-06..08 100 1 validate",
            "sick 06-09..12 100 4 cancel",
            "sick 06-13..19 100 5 validate",
            "nav 06-02..05 100 4 validate",
            "nav 06-09..12 50 2 validate",
        ],
    ),
    Case(
        "manual leave that yielded comes back where a newer note gives no time off",
        ["sick 06-01..12 validate"],
        ["06-01..12 100", "06-08..12 advisory"],
        [
            "sick 06-01..07 100 5 cancel",
            "sick 06-08..12 100 5 validate",
            "nav 06-01..07 100 5 validate",
        ],
    ),
    Case(
        "three notes in a row",
        [],
        ["06-01..05 100", "06-06..12 80", "06-13..19 60"],
        [
            "nav 06-01..05 100 5 validate",
            "nav 06-06..12 80 4 validate",
            "nav 06-13..19 60 3 validate",
        ],
    ),
    Case(
        "three notes on top of each other",
        [],
        ["06-01..19 100", "06-04..16 60", "06-09..10 20"],
        [
            "nav 06-01..03 100 3 validate",
            "nav 06-04..08 60 1.8 validate",
            "nav 06-09..10 20 0.4 validate",
            "nav 06-11..16 60 2.4 validate",
            "nav 06-17..19 100 3 validate",
        ],
    ),
]

OTHER_ABSENCE = [
    Case(
        "vacation in part",
        ["vacation 06-01..10 validate"],
        [NOTE],
        ["vacation 06-01..10 100 8 validate", NAV],
    ),
    Case(
        "vacation equal",
        ["vacation 06-05..15 validate"],
        [NOTE],
        ["vacation 06-05..15 100 7 validate", NAV],
    ),
    Case(
        "vacation around a graded note",
        ["vacation 06-01..19 validate"],
        ["06-08..12 60"],
        ["vacation 06-01..19 100 15 validate", "nav 06-08..12 60 3 validate"],
    ),
    Case(
        "vacation that still waits",
        ["vacation 06-08..12 confirm"],
        [NOTE],
        ["vacation 06-08..12 100 5 confirm", NAV],
    ),
    Case(
        "vacation beside manual sick leave",
        ["vacation 06-01..05 validate", "sick 06-08..10 validate"],
        [NOTE],
        ["vacation 06-01..05 100 5 validate", "sick 06-08..10 100 3 cancel", NAV],
    ),
]

DAYS_OF_THE_CALENDAR = [
    Case("a weekend", [], ["06-06..07 100"], ["nav 06-06..07 100 0 validate"]),
    Case("a graded weekend", [], ["06-06..07 50"], ["nav 06-06..07 50 0 validate"]),
    Case("a Sunday", [], ["06-07 100"], ["nav 06-07 100 0 validate"]),
    Case(
        "manual leave over a weekend note",
        ["sick 06-05..08 validate"],
        ["06-06..07 100"],
        [
            "sick 06-05 100 1 validate",
            "sick 06-06..07 100 0 cancel",
            "sick 06-08 100 1 validate",
            "nav 06-06..07 100 0 validate",
        ],
    ),
    Case(
        "a note up to Friday leaves the weekend",
        ["sick 06-05..07 validate"],
        ["06-01..05 100"],
        [
            "sick 06-05 100 1 cancel",
            "sick 06-06..07 100 0 validate",
            "nav 06-01..05 100 5 validate",
        ],
    ),
    Case("over a public holiday", [], ["05-11..17 100"], ["nav 05-11..17 100 4 validate"]),
    Case("graded over a public holiday", [], ["05-11..17 50"], ["nav 05-11..17 50 2 validate"]),
    Case("a public holiday alone", [], ["05-14 100"], ["nav 05-14 100 0 validate"]),
    Case(
        "a public holiday in manual leave",
        ["sick 05-11..20 validate"],
        ["05-13..15 100"],
        [
            "sick 05-11..12 100 2 validate",
            "sick 05-13..15 100 2 cancel",
            "sick 05-16..20 100 3 validate",
            "nav 05-13..15 100 2 validate",
        ],
    ),
    Case("the leap day alone", [], ["2028-02-29 100"], ["nav 2028-02-29 100 1 validate"]),
    Case(
        "over the leap day",
        ["sick 2028-02-28..2028-03-03 validate"],
        ["2028-02-28..29 60, 2028-03-01..02 100"],
        [
            "sick 2028-02-28..2028-03-02 100 4 cancel",
            "sick 2028-03-03 100 1 validate",
            "nav 2028-02-28..29 60 1.2 validate",
            "nav 2028-03-01..02 100 2 validate",
        ],
    ),
    Case(
        "over the end of February of a common year",
        [],
        ["2027-02-26..2027-03-01 100"],
        ["nav 2027-02-26..2027-03-01 100 2 validate"],
    ),
    Case(
        "over the change of year",
        ["sick 2026-12-28..2027-01-08 validate"],
        ["2026-12-30..2027-01-05 100"],
        [
            "sick 2026-12-28..29 100 2 validate",
            "sick 2026-12-30..2027-01-05 100 5 cancel",
            "sick 2027-01-06..08 100 3 validate",
            "nav 2026-12-30..2027-01-05 100 5 validate",
        ],
    ),
    Case(
        "over the change to summer time",
        [],
        ["2026-03-27..30 50"],
        ["nav 2026-03-27..30 50 1 validate"],
    ),
    Case(
        "over the change to winter time",
        ["sick 2026-10-23..27 validate"],
        ["2026-10-25..26 100"],
        [
            "sick 2026-10-23..24 100 1 validate",
            "sick 2026-10-25..26 100 1 cancel",
            "sick 2026-10-27 100 1 validate",
            "nav 2026-10-25..26 100 1 validate",
        ],
    ),
    Case(
        "a whole year",
        [],
        ["2026-01-01..2026-12-31 100"],
        # 261 weekdays less Ascension Day, which is the one public holiday here
        ["nav 2026-01-01..2026-12-31 100 260 validate"],
    ),
]


class TestRulesTable(ScenarioCase):
    """R1 to R5 and R7, case by case, with every place in which Odoo keeps a leave."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()
        cls.public_holiday("05-14")

    def check(self, cases):
        for case in cases:
            with self.subTest(case.name):
                employee = self.play(case)
                self.assertEqual(self.calendar_of(employee), self.expected(case))
                self.assert_places(employee)

    def test_where_manual_leave_lies(self):
        self.check(PLACES)

    def test_every_kind(self):
        self.check(KINDS)

    def test_several_notes(self):
        self.check(SEVERAL_NOTES)

    def test_other_absence(self):
        self.check(OTHER_ABSENCE)

    def test_days_of_the_calendar(self):
        self.check(DAYS_OF_THE_CALENDAR)

    def test_every_kind_of_note_with_every_place_of_manual_leave(self):
        """Each kind against each place: the kinds without time off leave everything alone."""
        for what in ("full", "60", "advisory", "treatment_days", "travel_subsidy"):
            for case in PLACES:
                with self.subTest(kind=what, place=case.name):
                    note = f"06-05..15 {what}"
                    employee = self.play(case._replace(notes=[note]))
                    manual = [text for text in self.calendar_of(employee) if "nav" not in text]
                    if what in ("full", "60"):
                        expected = [
                            text for text in self.expected(case) if not text.startswith("nav")
                        ]
                        self.assertEqual(manual, expected)
                    else:
                        self.assertEqual(len(manual), len(case.manual))
                        self.assertFalse([text for text in manual if "cancel" in text])
                    nav = self.nav_leaves(employee)
                    self.assertEqual(
                        nav.mapped("number_of_days"),
                        {"full": [7], "60": [4.2]}.get(what, []),
                    )

    def test_every_note_is_recorded_with_its_outcome(self):
        for case in [*PLACES, *KINDS, *SEVERAL_NOTES]:
            with self.subTest(case.name):
                employee = self.play(case)
                notes = self.env["nav.sick.note"].search([("employee_id", "=", employee.id)])
                self.assertEqual(len(notes), len(case.notes))
                self.assertLessEqual(set(notes.mapped("state")), {"applied", "superseded"})
                for note in notes.filtered(lambda note: note.state == "superseded"):
                    self.assertFalse(
                        note.leave_ids.filtered(lambda leave: leave.state == "validate")
                    )


class TestStatesAndUnits(ScenarioCase):
    """Manual leave in each state and each request unit, and each unit for the NAV leave."""

    def test_manual_states_and_units(self):
        self.use_type()
        for unit in ("day", "half_day", "hour"):
            for state in ("confirm", "validate1", "validate"):
                with self.subTest(unit=unit, state=state):
                    case = Case(
                        "around",
                        [f"sick 06-01..19 {state}"],
                        ["06-05..15 60"],
                        [
                            f"sick 06-01..04 100 4 {state}",
                            "sick 06-05..15 100 7 cancel",
                            f"sick 06-16..19 100 4 {state}",
                            "nav 06-05..15 60 4.2 validate",
                        ],
                        {"unit": unit},
                    )
                    employee = self.play(case)
                    self.assertEqual(self.calendar_of(employee), self.expected(case))
                    self.assert_places(employee)
                    cancelled = (
                        self.env["nav.sick.note"]
                        .search([("employee_id", "=", employee.id)])
                        .replaced_leave_ids
                    )
                    self.assertEqual(cancelled.nav_state_before, state)

    def test_half_days_at_the_edges_stay(self):
        self.use_type()
        employee = self.person()
        leave = self.manual(
            "sick 06-01..19 validate",
            employee,
            unit="half_day",
            request_date_from_period="pm",
            request_date_to_period="am",
        )
        self.assertEqual(leave.number_of_days, 14)
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-05..2026-06-15 100 7 validate",
                "sick 2026-06-01..2026-06-04 100 3.5 validate",
                "sick 2026-06-05..2026-06-15 100 7 cancel",
                "sick 2026-06-16..2026-06-19 100 3.5 validate",
            ],
        )
        self.assert_places(employee)

    def test_half_day_on_the_day_of_a_note_yields_wholly(self):
        self.use_type()
        for period in ("am", "pm"):
            with self.subTest(period):
                employee = self.person()
                self.manual(
                    "sick 06-05 validate",
                    employee,
                    unit="half_day",
                    request_date_from_period=period,
                    request_date_to_period=period,
                )
                self.note(("2026-06-05", "2026-06-08", 50), employee=employee)
                self.assertEqual(
                    self.calendar_of(employee),
                    ["nav 2026-06-05..2026-06-08 50 1 validate", "sick 2026-06-05 100 0.5 cancel"],
                )
                self.assert_places(employee)

    def test_half_day_beside_a_note_stays(self):
        self.use_type()
        employee = self.person()
        self.manual(
            "sick 06-04 validate",
            employee,
            unit="half_day",
            request_date_from_period="pm",
            request_date_to_period="pm",
        )
        self.note(("2026-06-05", "2026-06-05", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            ["nav 2026-06-05 100 1 validate", "sick 2026-06-04 100 0.5 validate"],
        )
        self.assert_places(employee)

    def test_hours_at_the_edges_stay(self):
        self.use_type()
        employee = self.person()
        leave = self.manual(
            "sick 06-01..19 validate",
            employee,
            unit="hour",
            request_hour_from=10,
            request_hour_to=15,
        )
        before = leave.number_of_hours
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        pieces = self.env["hr.leave"].search(
            [("employee_id", "=", employee.id), ("nav_sourced", "=", False)],
            order="request_date_from",
        )
        self.assertEqual(
            [
                (piece.request_date_from.day, piece.request_hour_from, piece.request_hour_to)
                for piece in pieces
            ],
            [(1, 10, 17), (5, 8, 17), (16, 8, 15)],
        )
        self.assertAlmostEqual(sum(pieces.mapped("number_of_hours")), before)
        self.assert_places(employee)

    def test_hours_on_one_day(self):
        self.use_type()
        employee = self.person()
        self.manual(
            "sick 06-05 validate", employee, unit="hour", request_hour_from=10, request_hour_to=12
        )
        self.note(("2026-06-05", "2026-06-08", 100), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            ["nav 2026-06-05..2026-06-08 100 2 validate", "sick 2026-06-05 100 0.25 cancel"],
        )
        self.assert_places(employee)

    def test_units_of_the_nav_type(self):
        """Request units, countings and approval flows of the connection's type change no day."""
        for unit in ("day", "half_day", "hour"):
            for validation in ("no_validation", "hr", "manager", "both"):
                for counting, degree in (("partial", 60), ("full", 60), ("partial", 100)):
                    with self.subTest(unit=unit, validation=validation, counting=counting):
                        self.use_type(unit=unit, validation=validation, counting=counting)
                        employee = self.person()
                        self.manual("sick 06-01..08 validate", employee)
                        self.note(("2026-06-05", "2026-06-15", degree), employee=employee)
                        days = 4.2 if (counting, degree) == ("partial", 60) else 7
                        self.assertEqual(
                            self.calendar_of(employee),
                            [
                                f"nav 2026-06-05..2026-06-15 {degree} {days} validate",
                                "sick 2026-06-01..2026-06-04 100 4 validate",
                                "sick 2026-06-05..2026-06-08 100 2 cancel",
                            ],
                        )
                        self.assertAlmostEqual(self.nav_leaves(employee).number_of_hours, days * 8)
                        self.assert_places(employee)

    def test_weekend_in_every_unit(self):
        for unit in ("day", "half_day", "hour"):
            with self.subTest(unit):
                self.use_type(unit=unit)
                employee = self.person()
                note = self.note(("2026-06-06", "2026-06-07", 50), employee=employee)
                self.assertEqual(note.state, "applied")
                self.assertEqual(
                    self.calendar_of(employee), ["nav 2026-06-06..2026-06-07 50 0 validate"]
                )
                self.assert_places(employee)

    def test_degrees_under_both_countings(self):
        for counting in ("partial", "full"):
            self.use_type(counting=counting)
            for degree in range(20, 101, 10):
                with self.subTest(counting=counting, degree=degree):
                    employee = self.person()
                    self.note(("2026-06-01", "2026-06-12", degree), employee=employee)
                    leave = self.nav_leaves(employee)
                    share = degree / 100 if counting == "partial" else 1
                    self.assertAlmostEqual(leave.number_of_days, 10 * share)
                    self.assertAlmostEqual(leave.number_of_hours, 80 * share)
                    self.assertEqual(leave.absence_degree, degree)
                    self.assert_places(employee)

    def test_graded_manual_leave_yields_and_keeps_its_degree(self):
        self.use_type()
        employee = self.person()
        leave = self.manual("sick 06-01..10 validate", employee, absence_degree=50)
        self.assertEqual(leave.number_of_days, 4)
        self.note(("2026-06-05", "2026-06-15", 20), employee=employee)
        self.assertEqual(
            self.calendar_of(employee),
            [
                "nav 2026-06-05..2026-06-15 20 1.4 validate",
                "sick 2026-06-01..2026-06-04 50 2 validate",
                "sick 2026-06-05..2026-06-10 50 2 cancel",
            ],
        )
        self.assert_places(employee)

    def test_refused_and_cancelled_leave_is_left_alone(self):
        self.use_type()
        employee = self.person()
        refused = self.manual("sick 06-01..10 confirm", employee)
        refused.action_refuse()
        cancelled = self.manual("sick 06-01..10 validate", employee)
        cancelled._force_cancel()
        self.note(("2026-06-05", "2026-06-15", 100), employee=employee)
        self.assertEqual((refused.state, cancelled.state), ("refuse", "cancel"))
        self.assertEqual(refused.number_of_days, 8)
        self.assertFalse((refused | cancelled).nav_replaced_by_id)
