from contextlib import contextmanager
from itertools import islice
from unittest.mock import patch

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..clients.errors import NotFound, ServerFault
from ..clients.sykepenger import SickNotePage
from .common import org_numbers
from .scenarios import OfficerCase, day

PERIOD = {"date_from": day("05-20"), "date_to": day("06-30")}


class LocalNav:
    """NAV's list, without HTTP. Pages hold at most ``size`` notes.

    :ivar calls: what was asked for
    """

    def __init__(self, payloads, size=1000):
        self.payloads = sorted(payloads, key=lambda payload: payload["loepenr"])
        self.size = size
        self.down = False
        self.calls = []

    def sick_notes(self, orgnr, *, after_loepenr=None, received_from=None, received_to=None):
        self.calls.append("list")
        if self.down:
            raise ServerFault("sykepenger", "sick_notes", status=503)
        found = [
            payload
            for payload in self.payloads
            if payload["arbeidsgiver"]["orgnr"] == orgnr
            and payload["loepenr"] > (after_loepenr or 0)
            and str(received_from) <= payload["mottattAvNav"][:10] <= str(received_to)
        ]
        return SickNotePage(found[: self.size], complete=len(found) <= self.size)

    def sick_note(self, nav_id):
        self.calls.append("note")
        for payload in self.payloads:
            if payload["sykmeldingId"] == nav_id:
                return payload
        raise NotFound("sykepenger", "sick_note", status=404)


class TestReconcileReport(OfficerCase):
    """NAV's list beside the notes and the time off: each kind of difference is found and mended."""

    def setUp(self):
        super().setUp()
        self.employee = self.person()

    def paper(self, first="06-01", last="06-10", degree=60, employee=None, **changes):
        return self.payload(
            (day(first), day(last), degree), employee=employee or self.employee, **changes
        )

    @contextmanager
    def nav(self, *payloads, size=1000):
        local = LocalNav(payloads, size)
        connection = type(self.env["nav.connection"])
        with patch.object(connection, "_sykepenger_client", lambda connection: local):
            yield local

    def compare(self, **vals):
        reconcile = (
            self.env["nav.reconcile"]
            .with_user(self.officer)
            .create({"connection_id": self.connection.id, **PERIOD, **vals})
        )
        reconcile.action_compare()
        return reconcile

    def found(self, reconcile):
        return sorted((line.kind, line.state) for line in reconcile.line_ids)

    def assert_agrees(self):
        again = self.compare()
        self.assertEqual((again.state, self.found(again)), ("done", []))

    # ------------------------------------------------------------------ no difference

    def test_nothing_differs(self):
        payloads = [self.paper(), self.paper("06-15", "06-20", 100)]
        self.receive(*payloads)
        self.enter_by_hand()
        with self.nav(*payloads):
            reconcile = self.compare()
        self.assertEqual((reconcile.state, reconcile.note_count), ("done", 2))
        self.assertFalse(reconcile.line_ids)
        self.assertEqual((reconcile.employee_count, reconcile.progress), (1, 100))

    def enter_by_hand(self):
        """A note that NAV knows nothing of: that is no difference."""
        self.env["nav.sick.note"]._enter(
            self.connection,
            self.employee,
            [
                {
                    "date_from": day("06-24"),
                    "date_to": day("06-26"),
                    "kind": "full",
                    "degree": 100,
                }
            ],
        )

    # ------------------------------------------------------------------ notes

    def test_missing_here(self):
        known, missing = self.paper(), self.paper("06-15", "06-20", 100)
        self.receive(known)
        with self.nav(known, missing):
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("missing_here", "open")])
            self.assertEqual(reconcile.line_ids.person_name, self.employee.name)
            cursor = self.unit.cursor
            reconcile.line_ids.with_user(self.officer).action_mend()
            self.assertEqual(reconcile.line_ids.state, "mended")
            self.assertEqual(reconcile.line_ids.note_id.state, "applied")
            self.assertEqual(self.unit.cursor, cursor)
            self.assert_agrees()
        self.assertEqual(len(self.nav_leaves(self.employee)), 2)

    def test_many_are_fetched_by_pages(self):
        payloads = [
            self.paper(f"06-{number:02}", f"06-{number:02}", 100) for number in range(1, 25)
        ]
        with self.nav(*payloads, size=10) as local:
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("missing_here", "open")] * 24)
            local.calls.clear()
            reconcile.action_mend_all()
            self.assertEqual(local.calls, ["list"] * 3)
            self.assertEqual(set(reconcile.line_ids.mapped("state")), {"mended"})
            self.assert_agrees()

    def test_not_at_nav_any_more(self):
        gone, kept = self.paper(), self.paper("06-15", "06-20", 100)
        self.manual("sick 06-08..10 validate", self.employee)
        note, _other = self.receive(gone, kept)
        with self.nav(kept):
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("missing_at_nav", "open")])
            self.assertEqual(reconcile.line_ids.note_id, note)
            reconcile.action_mend_all()
            self.assertEqual(reconcile.line_ids.state, "mended")
            self.assert_agrees()
        self.assertEqual(note.state, "withdrawn")
        self.assertEqual(
            self.calendar_of(self.employee, ("validate",)),
            [
                "nav 2026-06-15..2026-06-20 100 5 validate",
                "sick 2026-06-08..2026-06-10 100 3 validate",
            ],
        )

    def test_a_note_that_only_the_list_lacks_is_at_nav(self):
        """What the list lacks is asked for by itself, when it is found and when it is mended."""
        payload = self.paper()
        [note] = self.receive(payload)
        with (
            self.nav(payload) as local,
            patch.object(local, "sick_notes", lambda *args, **kwargs: SickNotePage([])),
        ):
            reconcile = self.compare()
            self.assertFalse(reconcile.line_ids)
            line = self.env["nav.reconcile.line"].create(
                {
                    "reconcile_id": reconcile.id,
                    "kind": "missing_at_nav",
                    "note_id": note.id,
                }
            )
            line.action_mend()
        self.assertEqual((line.state, note.state), ("open", "applied"))
        self.assertIn("after all", line.problem)

    def test_paging_finds_gaps_and_ends(self):
        payloads = [
            self.paper(f"06-{number:02}", f"06-{number:02}", 100) for number in range(1, 13)
        ]
        self.receive(*payloads)
        gone = [payloads[2], payloads[5], payloads[11]]
        with self.nav(*[one for one in payloads if one not in gone], size=4):
            reconcile = self.compare()
        self.assertEqual(
            sorted(reconcile.line_ids.mapped("nav_id")),
            sorted(one["sykmeldingId"] for one in gone),
        )

    def test_only_notes_of_the_period(self):
        before = self.paper("05-01", "05-05", mottattAvNav="2026-05-18T10:00")
        first = self.paper("05-20", "05-25", mottattAvNav="2026-05-20T00:30")
        late = self.paper("06-01", "06-05", mottattAvNav="2026-06-30T23:59")
        with self.nav(before, first, late):
            reconcile = self.compare()
        self.assertEqual(
            sorted(reconcile.line_ids.mapped("nav_id")),
            sorted([first["sykmeldingId"], late["sykmeldingId"]]),
        )
        self.receive(before, first, late)
        with self.nav():
            reconcile = self.compare()
        self.assertEqual(
            sorted(reconcile.line_ids.mapped("nav_id")),
            sorted([first["sykmeldingId"], late["sykmeldingId"]]),
        )

    def test_notes_before_the_first_date_are_not_wanted(self):
        self.connection.fetch_from = day("06-10")
        with self.nav(self.paper(mottattAvNav="2026-06-05T10:00")):
            reconcile = self.compare()
        self.assertEqual(reconcile.date_from, day("06-10"))
        self.assertFalse(reconcile.line_ids)

    def test_the_period_is_chosen_until_it_is_compared(self):
        """A refusal names a period to choose, so it can be chosen."""
        self.connection.fetch_from = day("06-10")
        Reconcile = self.env["nav.reconcile"].with_user(self.officer)
        self.assertFalse(Reconcile.new({"connection_id": False}).display_name)
        reconcile = Reconcile.create(
            {"connection_id": self.connection.id, **PERIOD, "date_to": day("06-09")}
        )
        with self.nav(), self.assertRaisesRegex(UserError, "choose a later period"):
            reconcile.action_compare()
        reconcile.date_to = day("06-30")
        with self.nav():
            reconcile.action_compare()
        self.assertEqual(reconcile.state, "done")
        with self.assertRaises(AccessError):
            reconcile.date_to = day("06-29")

    def test_what_a_person_has_set_aside_is_told(self):
        withdrawn = self.paper()
        ignored = self.paper("06-15", "06-20", fnr=next(self.numbers))
        notes = self.receive(withdrawn, ignored)
        notes[0].action_withdraw()
        notes[1].with_user(self.officer)._ignore("Not one of ours")
        with self.nav(withdrawn, ignored):
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("set_aside", "left")] * 2)
            reconcile.action_mend_all()
            self.assertEqual(set(notes.mapped("state")), {"withdrawn", "ignored"})
            reconcile.line_ids.with_user(self.officer).action_mend()
        by_note = {line.note_id: line for line in reconcile.line_ids}
        self.assertEqual((by_note[notes[0]].state, notes[0].state), ("mended", "applied"))
        self.assertEqual((by_note[notes[1]].state, notes[1].state), ("open", "waiting"))
        self.assertIn("No employee has", by_note[notes[1]].problem)

    def test_not_registered_yet(self):
        number = next(self.numbers)
        payload = self.paper(fnr=number)
        self.receive(payload)
        with self.nav(payload):
            reconcile = self.compare()
            line = reconcile.line_ids
            self.assertEqual(self.found(reconcile), [("not_registered", "open")])
            self.assertIn("No employee has", line.words)
            line.action_mend()
            self.assertEqual(line.state, "open")
            self.assertFalse(line.problem, "the line says it already")
            self.person(identification_id=number)
            line.action_mend()
            self.assertEqual(line.state, "mended")

    # ------------------------------------------------------------------ time off

    def damage(self, leaves, **vals):
        """Change time off behind the connector's back."""
        for name, value in vals.items():
            self.env.cr.execute(
                f"UPDATE hr_leave SET {name} = %s WHERE id = ANY(%s)",  # pylint: disable=sql-injection
                [value, leaves.ids],
            )
        self.env.invalidate_all()

    def test_time_off_is_missing(self):
        payload = self.paper()
        self.receive(payload)
        self.damage(self.nav_leaves(self.employee), state="cancel")
        with self.nav(payload):
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("leave_missing", "open")])
            self.assertEqual(reconcile.line_ids.date_to, day("06-10"))
            reconcile.action_mend_all()
            self.assertEqual(reconcile.line_ids.state, "mended")
            self.assert_agrees()

    def test_time_off_differs(self):
        payload = self.paper()
        self.receive(payload)
        leave = self.nav_leaves(self.employee)
        for vals, words in (
            ({"request_date_to": day("06-08")}, "ask for"),
            ({"absence_degree": 80}, "The degree is 80 %"),
        ):
            with self.subTest(words), self.nav(payload):
                self.damage(leave, **vals)
                reconcile = self.compare()
                self.assertEqual(self.found(reconcile), [("leave_differs", "open")])
                self.assertIn(words, reconcile.line_ids.words)
                reconcile.action_mend_all()
                self.assertEqual(reconcile.line_ids.state, "mended")
                self.assert_agrees()
                leave = self.nav_leaves(self.employee)
                self.assertEqual(self.spans(leave), [(day("06-01"), day("06-10"), 60)])

    def test_no_note_asks_for_it(self):
        payload = self.paper()
        [note] = self.receive(payload)
        self.env.cr.execute("UPDATE nav_sick_note SET state = 'withdrawn' WHERE id = %s", [note.id])
        self.env.invalidate_all()
        with self.nav():
            reconcile = self.compare()
            self.assertEqual(self.found(reconcile), [("leave_differs", "open")])
            reconcile.action_mend_all()
            self.assert_agrees()
        self.assertFalse(self.nav_leaves(self.employee))

    def test_changed_by_hand(self):
        payload = self.paper()
        self.receive(payload)
        leave = self.nav_leaves(self.employee)
        by_hand = {
            "refused": lambda leave: leave.action_refuse(),
            "another degree": lambda leave: leave.write({"absence_degree": 80}),
            "split": lambda leave: leave._split_leaves(day("06-03"), day("06-04")),
            "deleted": lambda leave: (leave.action_refuse(), leave.unlink()),
        }
        for name, change in by_hand.items():
            with self.subTest(name), self.nav(payload):
                change(self.nav_leaves(self.employee).with_user(self.hr))
                reconcile = self.compare()
                self.assertEqual(self.found(reconcile), [("by_hand", "open")])
                reconcile.action_mend_all()
                self.assertEqual(
                    reconcile.line_ids.state, "open", "what a person did is not undone in bulk"
                )
                reconcile.line_ids.with_user(self.officer).action_mend()
                self.assertEqual(reconcile.line_ids.state, "mended")
                self.assert_agrees()
                leave = self.nav_leaves(self.employee)
                self.assertEqual(self.spans(leave), [(day("06-01"), day("06-10"), 60)])

    def test_left_as_it_is(self):
        with self.nav(self.paper()):
            reconcile = self.compare()
        reconcile.line_ids.with_user(self.officer).action_leave()
        self.assertEqual((reconcile.line_ids.state, reconcile.open_count), ("left", 0))
        reconcile.action_mend_all()
        self.assertFalse(self.employee.nav_note_ids)

    # ------------------------------------------------------------------ how it goes on

    def test_much_is_left_to_the_cron(self):
        numbers = [self.person().identification_id for _each in range(3)]
        self.connection.unit_ids = [
            Command.create({"org_number": number, "name": "Another"})
            for number in islice(org_numbers(), 1, 8)
        ]
        payloads = [self.paper(fnr=number) for number in numbers]
        with self.nav(*payloads):
            reconcile = self.compare()
            self.assertEqual(reconcile.state, "running")
            self.assertTrue(0 < reconcile.progress < 100)
            cron = self.env.ref("nav_altinn_connector.ir_cron_reconcile")
            triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertTrue(triggers)
            reconcile = reconcile.sudo()
            self.assertTrue(reconcile._advance(lambda: True))
            self.assertEqual((reconcile.state, len(reconcile.line_ids)), ("done", 3))
            reconcile.line_ids.write({"state": "queued"})
            self.assertTrue(reconcile.line_ids._mend_queued(lambda: True))
        self.assertEqual(set(reconcile.line_ids.mapped("state")), {"mended"})

    def test_another_worker_is_at_it(self):
        with self.nav(self.paper()):
            reconcile = self.compare()
            line = reconcile.line_ids
            method = "_mend_missing_here"
            for gave_way in (SerializationFailure, UniqueViolation):
                with patch.object(type(line), method, side_effect=gave_way):
                    line.action_mend()
                self.assertEqual(line.state, "queued", "it is neither lost nor an error")
                self.assertFalse(line.problem)
            with (
                patch.object(type(line), method, side_effect=SerializationFailure),
                patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=1.0),
                patch.object(self.env.registry["nav.reconcile"], "_trigger") as trigger,
            ):
                self.env["nav.reconcile"]._cron_reconcile()
            trigger.assert_called_once()
            self.assertTrue(trigger.call_args.args, "some time later, and not at once")
            reconcile.action_refresh()
        self.assertEqual(line.state, "mended")

    def test_what_fails_in_the_middle_is_told(self):
        def told():
            """What a webhook of time off would do that is undone."""

        def fail(*args):
            self.env.cr.postcommit.add(told)
            raise RuntimeError("secret")

        self.receive(self.paper())
        with self.nav(self.paper()):
            reconcile = self.compare()
            with (
                patch.object(type(self.connection), "_create_new_notes", side_effect=fail),
                self.assertLogs("odoo.addons.nav_altinn_connector.models", "WARNING") as logs,
            ):
                reconcile.action_mend_all()
        lines = reconcile.line_ids.filtered(lambda line: line.kind == "missing_here")
        self.assertEqual(lines.state, "open")
        self.assertNotIn(told, list(self.env.cr.postcommit._funcs), "it is told all the same")
        self.assertIn("RuntimeError", lines.problem)
        self.assertNotIn("secret", " ".join([*logs.output, lines.problem]))

    def test_nav_does_not_answer(self):
        with self.nav(self.paper()) as local:
            local.down = True
            reconcile = self.compare()
            self.assertEqual(reconcile.state, "done")
            self.assertIn("Main street: ", reconcile.problem)
            local.down = False
            reconcile.action_compare()
            self.assertFalse(reconcile.problem)
            local.down = True
            reconcile.line_ids.action_mend()
            self.assertEqual(reconcile.line_ids.state, "open")
            self.assertTrue(reconcile.line_ids.problem)

    def test_a_connection_that_is_not_active(self):
        self.connection.action_pause()
        with self.nav(), self.assertRaisesRegex(UserError, "must be active"):
            self.compare()

    def test_of_the_company_and_hr_alone(self):
        with self.nav(self.paper()):
            reconcile = self.compare()
        for records in (reconcile, reconcile.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.manager).read(["display_name"])
            with self.assertRaises(AccessError):
                records.with_user(self.officer).write({"state": "done"})
        other = self.env["res.company"].create({"name": "Another employer"})
        self.officer.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            reconcile.with_user(self.officer).with_context(
                allowed_company_ids=other.ids
            ).action_compare()

    def test_it_is_not_kept(self):
        with self.nav(self.paper()):
            reconcile = self.compare()
        self.env["nav.reconcile"]._gc_old()
        self.assertTrue(reconcile.exists())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE nav_reconcile SET write_date = write_date - interval '31 days' WHERE id = %s",
            [reconcile.id],
        )
        self.env.invalidate_all()
        self.env["nav.reconcile"]._gc_old()
        self.assertFalse(reconcile.exists())

    def test_the_number_of_queries_does_not_grow_with_the_notes(self):
        people = [self.person() for _each in range(20)]
        payloads = [self.paper(employee=one) for one in people]
        self.receive(*payloads)
        with self.nav(*payloads):
            few = self.env["nav.reconcile"].create({"connection_id": self.connection.id, **PERIOD})
            few.write({"state": "running", "unit_ids": [], "after": {}})
            with patch.object(type(few), "_concerned", lambda self: people[0]):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                few._compare_next_employees()
                for_one = self.env.cr.sql_log_count - before
            few.after = {}
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            few._compare_next_employees()
            for_all = self.env.cr.sql_log_count - before
        self.assertEqual(few.employee_count, 21)
        self.assertLessEqual(for_all, for_one + 5)
