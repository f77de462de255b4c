import copy
from unittest.mock import patch

from .scenarios import ScenarioCase, day

HUGE = 2**63


def changed(payload, path, value):
    """The payload with one value replaced; ``...`` removes the key."""
    result = copy.deepcopy(payload)
    *parents, last = path
    holder = result
    for key in parents:
        holder = holder[key]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return result


PERIOD = ("sykmeldingPerioder", 0)
ACTIVITY = (*PERIOD, "aktivitet")
DEGREE = (*ACTIVITY, "gradertSykmelding", "sykmeldingsgrad")

# What is wrong, where, and a part of the reason that HR reads.
BROKEN = [
    ("no periods", ("sykmeldingPerioder",), [], "no periods"),
    ("periods missing", ("sykmeldingPerioder",), ..., "missing"),
    ("periods null", ("sykmeldingPerioder",), None, "missing"),
    ("periods of another type", ("sykmeldingPerioder",), {"fom": "2026-06-01"}, "expected kind"),
    ("a period of another type", PERIOD, "2026-06-01", "expected kind"),
    ("too many periods", ("sykmeldingPerioder",), [{}] * 101, "too many"),
    ("end before start", (*PERIOD, "tom"), "2026-05-31", "ends before"),
    ("degree 0", DEGREE, 0, "between 1 and 99"),
    ("degree 100", DEGREE, 100, "between 1 and 99"),
    ("degree 140", DEGREE, 140, "between 1 and 99"),
    ("degree below 0", DEGREE, -60, "between 1 and 99"),
    ("degree as text", DEGREE, "60", "expected kind"),
    ("degree with decimals", DEGREE, 60.5, "expected kind"),
    ("degree as a flag", DEGREE, True, "expected kind"),
    ("degree null", DEGREE, None, "missing"),
    ("degree missing", DEGREE, ..., "missing"),
    ("unknown kind", ACTIVITY, {"nyttFelt": {"grad": 1}}, "kind of sick leave"),
    ("no kind", ACTIVITY, {}, "kind of sick leave"),
    ("kind missing", ACTIVITY, ..., "missing"),
    ("two kinds", (*ACTIVITY, "aktivitetIkkeMulig"), {"beskrivelse": None}, "several kinds"),
    ("a date of the year 1", (*PERIOD, "fom"), "0001-01-01", "too far"),
    ("a date of the year 9999", (*PERIOD, "tom"), "9999-12-31", "too far"),
    ("a period of decades", (*PERIOD, "fom"), "1995-01-01", "too long"),
    ("a date that is none", (*PERIOD, "fom"), "2026-06-31", "not a date"),
    ("a date as a number", (*PERIOD, "fom"), 20260601, "expected kind"),
    ("a date in another form", (*PERIOD, "fom"), "01.06.2026", "not a date"),
    ("first day missing", (*PERIOD, "fom"), ..., "missing"),
    ("identity number missing", ("sykmeldt", "fnr"), ..., "missing"),
    ("identity number null", ("sykmeldt", "fnr"), None, "missing"),
    ("identity number as a number", ("sykmeldt", "fnr"), 1018012345, "expected kind"),
    ("person missing", ("sykmeldt",), ..., "missing"),
    ("person as text", ("sykmeldt",), "Kari", "expected kind"),
    ("employer missing", ("arbeidsgiver",), ..., "missing"),
    ("employer's number wrong", ("arbeidsgiver", "orgnr"), "12", "unusable"),
    ("a megabyte of text", ("oppfoelging", "meldingTilArbeidsgiver"), "x" * 2**20, "too long"),
    ("a megabyte in a name", ("sykmeldt", "navn"), "x" * 2**20, "too long"),
    ("a NUL character", ("oppfoelging", "meldingTilArbeidsgiver"), "a\x00b", "characters"),
    ("a NUL character in a name", ("sykmeldt", "navn"), "a\x00b", "characters"),
    ("half a surrogate pair", ("behandler", "navn"), "a\ud800b", "characters"),
    ("running number missing", ("loepenr",), ..., "missing"),
    ("running number null", ("loepenr",), None, "missing"),
    ("running number as text", ("loepenr",), "7", "expected kind"),
    ("running number too large", ("loepenr",), HUGE, "unusable"),
    ("running number below 0", ("loepenr",), -1, "unusable"),
    ("id missing", ("sykmeldingId",), ..., "missing"),
    ("id null", ("sykmeldingId",), None, "missing"),
    ("id as a number", ("sykmeldingId",), 7, "expected kind"),
    ("id of a strange form", ("sykmeldingId",), "../../etc", "unusable"),
    ("time that is none", ("mottattAvNav",), "yesterday", "not a date"),
    ("self-certified days broken", ("egenmeldingsdager",), [{"fom": "2026-06-01"}], "missing"),
]


class TestBadInput(ScenarioCase):
    """A broken note is kept with a reason that a person understands, stops no other, and is taken
    in once it is right. Nothing is guessed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_type()

    def good(self, employee=None, **changes):
        return self.payload(
            (day("06-01"), day("06-05"), 60), employee=employee or self.person(), **changes
        )

    def test_each_broken_value(self):
        for name, path, value, words in BROKEN:
            with self.subTest(name):
                employee, other = self.person(), self.person()
                broken = changed(self.good(employee), path, value)
                notes = self.receive(broken, self.good(other))
                self.assertEqual(len(notes), 2)
                failed = notes.filtered(lambda note: note.state == "failed")
                self.assertEqual(len(failed), 1)
                self.assertIn(words, failed.failure_reason)
                self.assertEqual(failed.reason, failed.failure_reason)
                self.assertEqual((notes - failed).state, "applied")
                self.assertFalse(self.nav_leaves(employee))
                self.assertTrue(self.nav_leaves(other))
                self.assertFalse(failed.employee_id)

    def test_what_is_no_note_at_all(self):
        employee = self.person()
        notes = self.receive(None, 7, "note", [], {}, True, self.good(employee))
        self.assertEqual(len(notes.filtered(lambda note: note.state == "failed")), 6)
        self.assertEqual(len(self.nav_leaves(employee)), 1)

    def test_the_reason_tells_no_secret(self):
        """Neither number, name nor degree stands in what a list shows."""
        employee = self.person()
        broken = changed(self.good(employee), DEGREE, 140)
        note = self.receive(broken)
        for secret in (employee.identification_id, employee.name, "140"):
            self.assertNotIn(secret, note.failure_reason)

    def test_the_same_broken_note_again_is_stored_once(self):
        for path, value in ((DEGREE, 140), (("sykmeldingId",), ...), (("loepenr",), ...)):
            with self.subTest(path):
                broken = changed(self.good(), path, value)
                self.assertEqual(len(self.receive(broken, broken)), 1)
                self.assertFalse(self.receive(broken))

    def test_the_same_note_twice(self):
        employee = self.person()
        payload = self.good(employee)
        self.assertEqual(len(self.receive(payload, payload)), 1)
        self.assertFalse(self.receive(payload))
        self.assertEqual(len(self.nav_leaves(employee)), 1)

    def test_the_first_of_two_unlike_notes_with_one_id_stands(self):
        """NAV itself ignores a note that is sent again."""
        employee = self.person()
        payload = self.good(employee)
        other = changed(payload, DEGREE, 20)
        self.receive(payload, other)
        self.receive({**other, "loepenr": payload["loepenr"] + 1})
        self.loepenr_after()
        self.assertEqual(self.nav_leaves(employee).absence_degree, 60)

    @classmethod
    def loepenr_after(cls):
        cls.loepenr += 1

    def test_the_cursor_moves_over_broken_notes(self):
        good = self.good()
        broken = changed(self.good(), DEGREE, 140)
        nameless = changed(self.good(), ("loepenr",), HUGE)
        self.receive(good, broken, nameless)
        self.assertEqual(self.unit.cursor, broken["loepenr"])

    def test_the_largest_running_number(self):
        employee = self.person()
        note = self.receive(self.good(employee, loepenr=2**63 - 1, sykmeldingId="largest"))
        self.assertEqual((note.state, note.loepenr), ("applied", 2**63 - 1))
        older = self.receive(self.good(employee, loepenr=2**40, sykmeldingId="large"))
        self.assertEqual(older.state, "superseded")

    def test_unknown_keys_are_ignored(self):
        employee = self.person()
        payload = {**self.good(employee), "nyttFelt": {"a": [1, 2, 3]}}
        self.assertEqual(self.receive(payload).state, "applied")

    def test_absent_is_like_null(self):
        employee = self.person()
        payload = self.good(employee)
        for key in (
            "behandler",
            "oppfoelging",
            "egenmeldingsdager",
            "sykefravaerFom",
            "kontaktMedPasient",
        ):
            del payload[key]
        payload["sykmeldingPerioder"][0]["aktivitet"] = {
            "gradertSykmelding": {"sykmeldingsgrad": 60}
        }
        self.assertEqual(self.receive(payload).state, "applied")

    # ------------------------------------------------------------------ try again

    def try_again(self, note, payload):
        """Press Try Again while NAV answers with this."""
        model = type(self.env["nav.sick.note"])
        with patch.object(model, "_fetch_again", lambda note: payload):
            note.with_user(self.hr).action_apply()

    def test_try_again_after_a_correction(self):
        for name, path, value, _words in BROKEN:
            if path == ("sykmeldingId",):
                continue
            with self.subTest(name):
                employee = self.person()
                payload = self.good(employee)
                note = self.receive(changed(payload, path, value))
                self.assertEqual(note.state, "failed")
                self.try_again(note, payload)
                self.assertEqual(note.state, "applied")
                self.assertFalse(note.failure_reason)
                self.assertFalse(note.reason)
                self.assertEqual(note.loepenr, payload["loepenr"])
                self.assertEqual(self.nav_leaves(employee).number_of_days, 3)

    def test_try_again_with_the_same(self):
        note = self.receive(changed(self.good(), DEGREE, 140))
        reason = note.failure_reason
        self.try_again(note, None)
        self.assertEqual((note.state, note.failure_reason), ("failed", reason))

    def test_try_again_with_something_else_broken(self):
        payload = self.good()
        note = self.receive(changed(payload, DEGREE, 140))
        self.try_again(note, changed(payload, ("sykmeldingPerioder",), []))
        self.assertEqual(note.state, "failed")
        self.assertIn("no periods", note.failure_reason)

    def test_try_again_with_what_nav_knows_no_more(self):
        """A note of one megabyte is not kept; NAV gives nothing."""
        note = self.receive(
            changed(self.good(), ("oppfoelging", "meldingTilArbeidsgiver"), "x" * 2**20)
        )
        self.assertFalse(note.payload)
        self.try_again(note, None)
        self.assertEqual(note.state, "failed")

    def test_a_corrected_note_comes_with_the_next_fetch(self):
        employee = self.person()
        payload = self.good(employee)
        note = self.receive(changed(payload, DEGREE, 140))
        self.receive(payload)
        self.assertEqual(note.state, "received")
        note._apply()
        self.assertEqual(note.state, "applied")
        self.assertEqual(len(self.nav_leaves(employee)), 1)

    def test_a_corrected_note_of_nobody_waits(self):
        payload = self.good(fnr=next(self.numbers))
        note = self.receive(changed(payload, DEGREE, 140))
        self.try_again(note, payload)
        self.assertEqual((note.state, note.waiting_reason), ("waiting", "no_employee"))

    # ------------------------------------------------------------------ failure while applying

    def test_one_note_that_odoo_refuses_stops_no_other(self):
        """Whatever goes wrong with one employee, the others of the batch get their leave."""
        bad, good = self.person(), self.person()
        Leave = type(self.env["hr.leave"])
        create = Leave._nav_create_approved

        def refuse(leaves, vals_list):
            if any(vals["employee_id"] == bad.id for vals in vals_list):
                raise ValueError("refused")
            return create(leaves, vals_list)

        with (
            patch.object(Leave, "_nav_create_approved", refuse),
            self.assertLogs(
                "odoo.addons.nav_altinn_connector.models.nav_sick_note_apply", "WARNING"
            ),
        ):
            notes = self.receive(self.good(bad), self.good(good))
        self.assertEqual(notes.mapped("state"), ["failed", "applied"])
        self.assertIn("Try again", notes[0].failure_reason)
        self.assertFalse(self.nav_leaves(bad))
        self.assertEqual(len(self.nav_leaves(good)), 1)
        self.try_again(notes[0], None)
        self.assertEqual(notes[0].state, "applied")
        self.assertEqual(len(self.nav_leaves(bad)), 1)
