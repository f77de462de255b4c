import copy
import json
from datetime import date, datetime

from odoo.tests import BaseCase

from ..domain import sick_note
from ..domain.sick_note import InvalidSickNote, parse

TODAY = date(2026, 11, 22)
REMOVED = object()
FULL = {"aktivitetIkkeMulig": {"manglendeTilretteleggingPaaArbeidsplassen": False}}


def activity(**fields):
    return {
        "avventendeSykmelding": None,
        "gradertSykmelding": None,
        "aktivitetIkkeMulig": None,
        "antallBehandlingsdagerUke": None,
        "harReisetilskudd": False,
        **fields,
    }


def period(first="2026-11-02", last="2026-11-15", **fields):
    return {"fom": first, "tom": last, "aktivitet": activity(**(fields or FULL))}


def payload(*periods):
    """A note of a synthetic person, with all that NAV may send."""
    return {
        "loepenr": 17,
        "sykmeldingId": "00000000-0000-4000-8000-000000000017",
        "mottattAvNav": "2026-11-01T23:00",
        "sendtTilArbeidsgiver": "2026-11-02T08:15:30",
        "sykmeldt": {"fnr": "05908399546", "navn": "Rask Sandal"},
        "egenmeldingsdager": [{"fom": "2026-10-30", "tom": "2026-11-01"}],
        "sykefravaerFom": "2026-10-30",
        "sykmeldingPerioder": list(periods) or [period()],
        "oppfoelging": {
            "prognose": {
                "erArbeidsfoerEtterEndtPeriode": True,
                "beskrivHensynArbeidsplassen": "Rolige dager",
            },
            "meldingTilArbeidsgiver": "Ring gjerne",
            "tiltakArbeidsplassen": "Hev/senk-pult",
        },
        "kontaktMedPasient": "2026-11-01T12:00:00.123",
        "behandler": {"navn": "Lege Legesen", "tlf": "12345678"},
        "arbeidsgiver": {"navn": "LEKEN BARNEHAGE", "orgnr": "315587336"},
    }


def changed(path, value, *periods):
    """The payload with the value at a path (keys and indexes, dotted) replaced or removed."""
    note = payload(*periods)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = note
    for step in way:
        place = place[step]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return note


class SickNoteCase(BaseCase):
    def problems(self, note):
        """(code, path) of all problems of a note."""
        with self.assertRaises(InvalidSickNote) as caught:
            parse(note, today=TODAY)
        for problem in caught.exception.problems:
            json.dumps(problem.params)
        return [(problem.code, problem.path) for problem in caught.exception.problems]

    def assert_problems(self, note, *expected):
        self.assertEqual(self.problems(note), list(expected))


class TestGoodNotes(SickNoteCase):
    def test_all_fields(self):
        note = parse(payload(), today=TODAY)
        self.assertEqual(note.loepenr, 17)
        self.assertEqual(note.nav_id, "00000000-0000-4000-8000-000000000017")
        self.assertEqual((note.fnr, note.person_name), ("05908399546", "Rask Sandal"))
        self.assertEqual(note.received_by_nav, datetime(2026, 11, 1, 23))
        self.assertEqual(note.sent_to_employer, datetime(2026, 11, 2, 8, 15, 30))
        self.assertEqual(note.self_certified, ((date(2026, 10, 30), date(2026, 11, 1)),))
        self.assertEqual(note.absence_from, date(2026, 10, 30))
        self.assertEqual((note.org_number, note.org_name), ("315587336", "LEKEN BARNEHAGE"))
        self.assertEqual((note.prognosis_fit, note.prognosis_text), (True, "Rolige dager"))
        self.assertEqual(
            (note.message_to_employer, note.measures), ("Ring gjerne", "Hev/senk-pult")
        )
        self.assertEqual((note.doctor_name, note.doctor_phone), ("Lege Legesen", "12345678"))
        self.assertEqual(note.patient_contact, datetime(2026, 11, 1, 12, 0, 0, 123000))
        self.assertEqual(
            [(p.date_from, p.date_to, p.kind, p.degree) for p in note.periods],
            [(date(2026, 11, 2), date(2026, 11, 15), "full", 100)],
        )

    def test_only_what_is_needed(self):
        for empty in ("absent", "null"):
            note = payload()
            for key in (
                "mottattAvNav",
                "sendtTilArbeidsgiver",
                "egenmeldingsdager",
                "sykefravaerFom",
                "oppfoelging",
                "kontaktMedPasient",
                "behandler",
            ):
                note[key] = None
                if empty == "absent":
                    del note[key]
            note["sykmeldt"].pop("navn")
            note["arbeidsgiver"].pop("navn")
            parsed = parse(note, today=TODAY)
            self.assertEqual((parsed.person_name, parsed.org_name), ("", ""))
            self.assertEqual(parsed.self_certified, ())
            self.assertIsNone(parsed.prognosis_fit)
            self.assertIsNone(parsed.doctor_name)
            self.assertIsNone(parsed.patient_contact)

    def test_unknown_keys_are_ignored(self):
        note = payload()
        expected = parse(note, today=TODAY)
        note["nytt"] = {"x": [1]}
        note["sykmeldingPerioder"][0]["nytt"] = 1
        note["sykmeldingPerioder"][0]["aktivitet"]["nytt"] = True
        note["arbeidsgiver"]["nytt"] = "1"
        self.assertEqual(parse(note, today=TODAY), expected)

    def test_times_with_and_without_zone(self):
        for text, expected in (
            ("2026-11-01T23:00", datetime(2026, 11, 1, 23)),
            ("2026-11-01T23:00:05", datetime(2026, 11, 1, 23, 0, 5)),
            ("2026-11-01T23:00:05.123456789", datetime(2026, 11, 1, 23, 0, 5, 123456)),
            ("2026-11-01T23:00:00Z", datetime(2026, 11, 2, 0)),
            ("2026-07-01T12:00Z", datetime(2026, 7, 1, 14)),
            ("2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 12)),
            ("2026-07-01T12:00:00-0530", datetime(2026, 7, 1, 19, 30)),
        ):
            note = parse(changed("mottattAvNav", text), today=TODAY)
            self.assertEqual(note.received_by_nav, expected, text)

    def test_periods_are_put_in_order(self):
        note = parse(
            payload(period("2026-12-01", "2026-12-03"), period("2026-11-02", "2026-11-15")),
            today=TODAY,
        )
        self.assertEqual([p.date_from.month for p in note.periods], [11, 12])

    def test_repr_shows_no_person(self):
        note = parse(payload(), today=TODAY)
        shown = f"{note!r} {note.periods!r}"
        for secret in ("05908399546", "Sandal", "Lege", "Ring", "Rolige", "100", "2026, 11, 15"):
            self.assertNotIn(secret, shown)


class TestKinds(SickNoteCase):
    def one(self, **fields):
        return parse(payload(period(**fields)), today=TODAY).periods[0]

    def kind_and_degree(self, **fields):
        found = self.one(**fields)
        return found.kind, found.degree

    def test_full(self):
        found = self.one(
            aktivitetIkkeMulig={
                "manglendeTilretteleggingPaaArbeidsplassen": True,
                "beskrivelse": "Trapper",
            }
        )
        self.assertEqual((found.kind, found.degree), ("full", 100))
        self.assertEqual((found.workplace_lacking, found.advice), (True, "Trapper"))
        self.assertEqual(self.kind_and_degree(aktivitetIkkeMulig={}), ("full", 100))
        self.assertEqual(
            self.kind_and_degree(aktivitetIkkeMulig={"beskrivelse": None}), ("full", 100)
        )

    def test_graded(self):
        for degree in (1, 20, 50, 99):
            self.assertEqual(
                self.kind_and_degree(
                    gradertSykmelding={"sykmeldingsgrad": degree, "harReisetilskudd": False}
                ),
                ("graded", degree),
            )
        self.assertEqual(
            self.kind_and_degree(gradertSykmelding={"sykmeldingsgrad": 40}), ("graded", 40)
        )

    def test_graded_with_travel_subsidy_stays_graded(self):
        for fields in (
            {"gradertSykmelding": {"sykmeldingsgrad": 60, "harReisetilskudd": True}},
            {"gradertSykmelding": {"sykmeldingsgrad": 60}, "harReisetilskudd": True},
        ):
            found = self.one(**fields)
            self.assertEqual((found.kind, found.degree, found.travel_subsidy), ("graded", 60, True))

    def test_full_with_travel_subsidy_stays_full(self):
        found = self.one(harReisetilskudd=True, **FULL)
        self.assertEqual((found.kind, found.degree, found.travel_subsidy), ("full", 100, True))

    def test_advisory(self):
        found = self.one(avventendeSykmelding="Legg til rette")
        self.assertEqual(
            (found.kind, found.degree, found.advice), ("advisory", 0, "Legg til rette")
        )
        self.assertEqual(self.kind_and_degree(avventendeSykmelding=""), ("advisory", 0))

    def test_treatment_days(self):
        found = self.one(antallBehandlingsdagerUke=2)
        self.assertEqual(
            (found.kind, found.degree, found.treatment_days_per_week), ("treatment_days", 0, 2)
        )

    def test_travel_subsidy(self):
        found = self.one(harReisetilskudd=True)
        self.assertEqual(
            (found.kind, found.degree, found.travel_subsidy), ("travel_subsidy", 0, True)
        )

    def test_absent_keys_are_as_null(self):
        note = payload()
        note["sykmeldingPerioder"][0]["aktivitet"] = {"gradertSykmelding": {"sykmeldingsgrad": 50}}
        self.assertEqual(parse(note, today=TODAY).periods[0].kind, "graded")

    def test_no_kind(self):
        place = "sykmeldingPerioder[0].aktivitet"
        self.assert_problems(payload(period(harReisetilskudd=False)), ("unknown_kind", place))
        self.assert_problems(payload(period(harReisetilskudd=None)), ("unknown_kind", place))
        self.assert_problems(payload(period(noeNytt={"grad": 50})), ("unknown_kind", place))
        note = payload()
        note["sykmeldingPerioder"][0]["aktivitet"] = {}
        self.assert_problems(note, ("unknown_kind", place))

    def test_several_kinds(self):
        kinds = {
            **FULL,
            "gradertSykmelding": {"sykmeldingsgrad": 50},
            "avventendeSykmelding": "x",
            "antallBehandlingsdagerUke": 1,
        }
        for one in kinds:
            for other in set(kinds) - {one}:
                note = payload(period(**{one: kinds[one], other: kinds[other]}))
                self.assert_problems(note, ("several_kinds", "sykmeldingPerioder[0].aktivitet"))

    def test_degree(self):
        place = "sykmeldingPerioder[0].aktivitet.gradertSykmelding.sykmeldingsgrad"
        for degree, code in (
            (0, "degree_out_of_range"),
            (100, "degree_out_of_range"),
            (140, "degree_out_of_range"),
            (-20, "degree_out_of_range"),
            (10**400, "degree_out_of_range"),
            (50.0, "wrong_type"),
            ("50", "wrong_type"),
            (True, "wrong_type"),
            (None, "missing"),
        ):
            note = payload(period(gradertSykmelding={"sykmeldingsgrad": degree}))
            self.assert_problems(note, (code, place))

    def test_treatment_days_out_of_range(self):
        place = "sykmeldingPerioder[0].aktivitet.antallBehandlingsdagerUke"
        for days, code in (
            (0, "days_out_of_range"),
            (8, "days_out_of_range"),
            ("1", "wrong_type"),
            (False, "wrong_type"),
        ):
            self.assert_problems(payload(period(antallBehandlingsdagerUke=days)), (code, place))


class TestBadNotes(SickNoteCase):
    def test_fields_missing_or_null(self):
        for path in (
            "loepenr",
            "sykmeldingId",
            "sykmeldt",
            "sykmeldt.fnr",
            "arbeidsgiver",
            "arbeidsgiver.orgnr",
            "sykmeldingPerioder",
            "sykmeldingPerioder.0.fom",
            "sykmeldingPerioder.0.tom",
            "sykmeldingPerioder.0.aktivitet",
            "egenmeldingsdager.0.fom",
        ):
            for value in (REMOVED, None):
                with self.subTest(path=path):
                    shown = path.replace(".0", "[0]")
                    self.assert_problems(changed(path, value), ("missing", shown))

    def test_blank_is_missing(self):
        for path in ("sykmeldingId", "sykmeldt.fnr", "arbeidsgiver.orgnr"):
            for value in ("", "  "):
                self.assert_problems(changed(path, value), ("missing", path))

    def test_other_types(self):
        anything = ["text", 7, 7.5, True, [], {}]
        fits = {
            "loepenr": (7,),
            "sykmeldingId": ("text",),
            "mottattAvNav": ("text",),
            "sykmeldt": ({},),
            "sykmeldt.fnr": ("text",),
            "sykmeldt.navn": ("text",),
            "egenmeldingsdager": ([],),
            "sykefravaerFom": ("text",),
            "sykmeldingPerioder": ([],),
            "sykmeldingPerioder.0": ({},),
            "sykmeldingPerioder.0.fom": ("text",),
            "sykmeldingPerioder.0.aktivitet": ({},),
            "sykmeldingPerioder.0.aktivitet.aktivitetIkkeMulig": ({},),
            "sykmeldingPerioder.0.aktivitet.harReisetilskudd": (True,),
            "oppfoelging": ({},),
            "oppfoelging.prognose": ({},),
            "oppfoelging.prognose.erArbeidsfoerEtterEndtPeriode": (True,),
            "oppfoelging.meldingTilArbeidsgiver": ("text",),
            "behandler": ({},),
            "behandler.tlf": ("text",),
            "arbeidsgiver": ({},),
            "arbeidsgiver.orgnr": ("text",),
        }
        for path, fitting in fits.items():
            for value in anything:
                if any(type(value) is type(one) for one in fitting):
                    continue
                with self.subTest(path=path, value=value):
                    shown = path.replace(".0", "[0]")
                    self.assert_problems(changed(path, value), ("wrong_type", shown))

    def test_not_an_object(self):
        for value in (None, 1, "x", [], True, 1.5, [payload()]):
            self.assert_problems(value, ("wrong_type", ""))

    def test_no_periods(self):
        note = payload()
        note["sykmeldingPerioder"] = []
        self.assert_problems(note, ("no_periods", "sykmeldingPerioder"))

    def test_end_before_start(self):
        self.assert_problems(
            payload(period("2026-11-15", "2026-11-14")),
            ("end_before_start", "sykmeldingPerioder[0]"),
        )
        self.assert_problems(
            changed("egenmeldingsdager.0.tom", "2026-10-29"),
            ("end_before_start", "egenmeldingsdager[0]"),
        )
        self.assertEqual(
            len(parse(payload(period("2026-11-15", "2026-11-15")), today=TODAY).periods), 1
        )

    def test_dates_written_otherwise(self):
        for text in (
            "15.11.2026",
            "2026-11-2",
            "20261102",
            "2026-02-30",
            "2026-13-01",
            "2026-11-02T00:00",
            " 2026-11-02",
            "2026-W45-1",
            "2026-11-02\n",
            "",
            "0000-00-00",
            "\u0662026-11-02",
        ):
            with self.subTest(text=text):
                self.assert_problems(
                    changed("sykmeldingPerioder.0.fom", text),
                    ("bad_date", "sykmeldingPerioder[0].fom"),
                )

    def test_times_written_otherwise(self):
        for text in (
            "2026-11-01",
            "2026-11-01 23:00",
            "2026-11-01T24:00",
            "2026-11-01T23:60",
            "2026-11-01T23:00:61",
            "2026-11-01T23:00+99:99",
            "2026-11-01T23:00+02:75",
            "2026-11-01T23",
            "",
        ):
            self.assert_problems(changed("mottattAvNav", text), ("bad_date", "mottattAvNav"))

    def test_dates_far_away(self):
        for first, last, bad in (
            ("0001-01-01", "2026-11-15", "fom"),
            ("1989-12-31", "1990-01-05", "fom"),
            ("2026-11-02", "9999-12-31", "tom"),
            ("2026-11-02", "2037-01-01", "tom"),
        ):
            self.assert_problems(
                payload(period(first, last)), ("date_too_far", f"sykmeldingPerioder[0].{bad}")
            )
        self.assert_problems(
            changed("mottattAvNav", "9999-12-31T23:59:59"), ("date_too_far", "mottattAvNav")
        )
        self.assert_problems(
            changed("mottattAvNav", "9999-12-31T23:59:59Z"), ("bad_date", "mottattAvNav")
        )
        for first, last in (("1990-01-01", "1990-01-02"), ("2036-12-30", "2036-12-31")):
            parse(payload(period(first, last)), today=TODAY)

    def test_long_period(self):
        self.assert_problems(
            payload(period("2024-01-01", "2026-01-02")),
            ("period_too_long", "sykmeldingPerioder[0]"),
        )
        parse(payload(period("2024-01-01", "2026-01-01")), today=TODAY)

    def test_overlap(self):
        note = payload(period("2026-11-02", "2026-11-15"), period("2026-11-15", "2026-11-20"))
        self.assert_problems(note, ("overlapping_periods", "sykmeldingPerioder"))
        inside = payload(period("2026-11-02", "2026-11-30"), period("2026-11-10", "2026-11-12"))
        self.assert_problems(inside, ("overlapping_periods", "sykmeldingPerioder"))
        parse(
            payload(period("2026-11-02", "2026-11-15"), period("2026-11-16", "2026-11-20")),
            today=TODAY,
        )

    def test_too_many_periods(self):
        self.assert_problems(payload(*[period()] * 101), ("too_many_periods", "sykmeldingPerioder"))

    def test_texts(self):
        place = "oppfoelging.meldingTilArbeidsgiver"
        for text, code in (
            ("x" * 100_001, "text_too_long"),
            ("a\x00b", "bad_text"),
            ("a\ud800b", "bad_text"),
        ):
            self.assert_problems(changed(place, text), (code, place))
        for text in ("x" * 100_000, "<script>alert(1)</script>", "\U0001f600 æøå\n"):
            self.assertEqual(
                parse(changed(place, text), today=TODAY).message_to_employer, text.strip()
            )
        self.assert_problems(
            changed("sykmeldt.navn", "x" * 501), ("text_too_long", "sykmeldt.navn")
        )

    def test_numbers(self):
        for value, code in ((-1, "bad_value"), (2**63, "bad_value"), (True, "wrong_type")):
            self.assert_problems(changed("loepenr", value), (code, "loepenr"))
        for value in ("31558733", "0192:315587336", "x"):
            self.assert_problems(
                changed("arbeidsgiver.orgnr", value), ("bad_value", "arbeidsgiver.orgnr")
            )
        for value in ("a/b", "../x", "a" * 65, "-"):
            self.assert_problems(changed("sykmeldingId", value), ("bad_value", "sykmeldingId"))

    def test_all_problems_at_once(self):
        note = payload(
            period("2026-11-05", "2026-11-02"),
            period("x", "2026-11-20"),
            period("2026-12-01", "2026-12-02", harReisetilskudd=False),
        )
        note["loepenr"] = "seventeen"
        self.assertEqual(
            {code for code, _path in self.problems(note)},
            {"wrong_type", "end_before_start", "bad_date", "unknown_kind"},
        )

    def test_text_of_the_error_holds_no_content(self):
        note = changed("sykmeldt.navn", "Rask Sandal\x00")
        note["sykmeldingPerioder"] = [period(gradertSykmelding={"sykmeldingsgrad": 140})] * 9
        with self.assertRaises(InvalidSickNote) as caught:
            parse(note, today=TODAY)
        shown = f"{caught.exception} {caught.exception!r}"
        for secret in ("Sandal", "05908399546", "140", "2026"):
            self.assertNotIn(secret, shown)
        self.assertIn("degree_out_of_range", shown)

    def test_the_payload_is_left_as_it_was(self):
        note = payload()
        before = copy.deepcopy(note)
        parse(note, today=TODAY)
        self.assertEqual(note, before)


class TestEnvelope(BaseCase):
    def test_of_a_good_note(self):
        self.assertEqual(
            sick_note.envelope(payload()), (17, "00000000-0000-4000-8000-000000000017", "315587336")
        )

    def test_of_broken_ones(self):
        for note, expected in (
            (None, (None, None, None)),
            ([], (None, None, None)),
            ("x", (None, None, None)),
            ({"loepenr": 3}, (3, None, None)),
            ({"loepenr": True}, (None, None, None)),
            ({"loepenr": -1}, (None, None, None)),
            ({"loepenr": 2**63}, (None, None, None)),
            ({"sykmeldingId": "a\x00"}, (None, None, None)),
            ({"sykmeldingId": ["a"]}, (None, None, None)),
            ({"arbeidsgiver": {"orgnr": 315587336}}, (None, None, None)),
            ({"arbeidsgiver": []}, (None, None, None)),
            ({"arbeidsgiver": {"orgnr": "315587336"}, "loepenr": "3"}, (None, None, "315587336")),
        ):
            self.assertEqual(sick_note.envelope(note), expected)


class TestPerson(BaseCase):
    def test_of_a_good_note(self):
        person = payload()["sykmeldt"]
        self.assertEqual(sick_note.person(payload()), (person["fnr"], person["navn"]))

    def test_of_broken_ones(self):
        for note, expected in (
            (None, (None, None)),
            ({"sykmeldt": []}, (None, None)),
            ({"sykmeldt": {"fnr": 1, "navn": ["x"]}}, (None, None)),
            ({"sykmeldt": {"fnr": "1", "navn": "Kari"}}, (None, "Kari")),
            ({"sykmeldt": {"navn": "a\x00b"}}, (None, None)),
            ({"sykmeldt": {"navn": "x" * 201}}, (None, None)),
        ):
            self.assertEqual(sick_note.person(note), expected)
