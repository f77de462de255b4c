from datetime import date

from odoo.tests import BaseCase

from ..clients import enhetsregisteret, errors
from ..clients.enhetsregisteret import Unit
from .loopback_server import LoopbackServer

# Synthetic organisations (Tenor numbers begin with 2 or 3).
SUB, MAIN, TOP = "315587336", "310123454", "313000006"


def unit(number, form="BEDR", parent=None, **fields):
    return {
        "organisasjonsnummer": number,
        "navn": f"NAVN {number}",
        "organisasjonsform": {"kode": form, "beskrivelse": "x"},
        "overordnetEnhet": parent,
        **fields,
    }


def page(units, number=0, pages=1, kind="underenheter"):
    body = {
        "page": {
            "size": enhetsregisteret.PAGE_SIZE,
            "totalElements": len(units) * pages,
            "totalPages": pages,
            "number": number,
        }
    }
    if units:
        body["_embedded"] = {kind: units}
    return 200, body


def mains(*units, **options):
    return page([*units], kind="enheter", **options)


class EnhetsregisteretCase(BaseCase):
    def client(self, *answers):
        self.server = LoopbackServer(*answers)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        base = self.server.url + "/enhetsregisteret/api"
        return enhetsregisteret.EnhetsregisteretClient(
            base, enhetsregisteret.new_transport(base, sleep=lambda _seconds: None)
        )

    def paths(self):
        return [
            received.path.removeprefix("/enhetsregisteret/api") for received in self.server.received
        ]


class TestUnits(EnhetsregisteretCase):
    def test_sub_unit(self):
        client = self.client((200, unit(SUB, parent=MAIN, antallAnsatte=42, nytt={"x": 1})))
        self.assertEqual(
            client.sub_unit(SUB), Unit(SUB, f"NAVN {SUB}", "BEDR", MAIN, None, "sub", False)
        )
        self.assertEqual(self.paths(), [f"/underenheter/{SUB}"])
        self.assertNotIn("Authorization", self.server.received[0].headers)

    def test_main_unit(self):
        client = self.client((200, unit(MAIN, "AS")))
        self.assertEqual(
            client.main_unit(MAIN), Unit(MAIN, f"NAVN {MAIN}", "AS", None, None, "main", False)
        )
        self.assertEqual(self.paths(), [f"/enheter/{MAIN}"])

    def test_unknown(self):
        client = self.client((404, b""))
        self.assertIsNone(client.sub_unit(SUB))
        self.assertIsNone(client.lookup(SUB))
        self.assertEqual(self.paths()[1:], [f"/underenheter/{SUB}", f"/enheter/{SUB}"])

    def test_deleted_with_200(self):
        found = self.client((200, unit(SUB, slettedato="2025-03-01"))).sub_unit(SUB)
        self.assertEqual((found.deleted_on, found.deleted), (date(2025, 3, 1), True))

    def test_deleted_with_410(self):
        for body, deleted_on, name in (
            (
                {"organisasjonsnummer": SUB, "slettedato": "2025-03-01", "navn": "X"},
                date(2025, 3, 1),
                "X",
            ),
            ({}, None, ""),
            ({"slettedato": "long ago"}, None, ""),
            (b"", None, ""),
            (["x"], None, ""),
        ):
            found = self.client((410, body)).sub_unit(SUB)
            self.assertEqual(
                (found.number, found.deleted_on, found.deleted, found.name),
                (SUB, deleted_on, True, name),
            )

    def test_lookup(self):
        client = self.client((200, unit(SUB, parent=MAIN)))
        self.assertEqual(client.lookup(SUB).kind, "sub")
        self.assertEqual(len(self.server.received), 1)
        client = self.client((404, {}), (200, unit(MAIN, "ORGL", parent=TOP)))
        found = client.lookup(MAIN)
        self.assertEqual((found.kind, found.form_code, found.parent), ("main", "ORGL", TOP))

    def test_three_levels(self):
        client = self.client((200, unit(MAIN, "ORGL", TOP)), (200, unit(TOP, "STAT")))
        above = client.ancestors(Unit(SUB, "x", "BEDR", MAIN, None, "sub"))
        self.assertEqual([one.number for one in above], [MAIN, TOP])

    def test_levels_that_turn_in_a_circle(self):
        client = self.client((200, unit(MAIN, "ORGL", TOP)), (200, unit(TOP, "ORGL", MAIN)))
        above = client.ancestors(Unit(SUB, "x", "BEDR", MAIN, None, "sub"))
        self.assertEqual([one.number for one in above], [MAIN, TOP])

    def test_level_that_is_missing(self):
        client = self.client((404, {}))
        self.assertEqual(client.ancestors(Unit(SUB, "x", "BEDR", MAIN, None, "sub")), [])

    def test_odd_fields(self):
        body = {
            "organisasjonsnummer": SUB,
            "navn": 7,
            "organisasjonsform": "AS",
            "overordnetEnhet": "../x",
            "slettedato": 7,
        }
        self.assertEqual(
            self.client((200, body)).sub_unit(SUB), Unit(SUB, "", None, None, None, "sub", False)
        )

    def test_answers_of_another_shape(self):
        for body in ([], {}, {"organisasjonsnummer": 315587336}, "x", b"<html>"):
            with self.assertRaises(errors.InvalidAnswer):
                self.client((200, body)).sub_unit(SUB)

    def test_numbers_that_are_none(self):
        client = self.client((200, {}))
        for number in ("", "1", f"{SUB}/x", "NO315587336", None, 315587336):
            for call in (
                client.sub_unit,
                client.main_unit,
                client.lookup,
                client.sub_units,
                client.lower_main_units,
                client.sub_units_below,
            ):
                with self.assertRaises(ValueError):
                    call(number)
        self.assertEqual(self.server.received, [])

    def test_a_fault_is_not_taken_for_unknown(self):
        with self.assertRaises(errors.ServerFault):
            self.client((500, {})).lookup(SUB)
        with self.assertRaises(errors.RateLimited):
            self.client((404, {}), (429, {}, {"Retry-After": "900"})).lookup(SUB)


class TestSubUnits(EnhetsregisteretCase):
    def test_one_page(self):
        client = self.client(page([unit(SUB, parent=MAIN), unit("312345678", "AAFY", MAIN)]))
        found = client.sub_units(MAIN)
        self.assertEqual([one.number for one in found], ["312345678", SUB])
        self.assertEqual({one.kind for one in found}, {"sub"})
        (received,) = self.server.received
        self.assertEqual(
            received.query,
            {"overordnetEnhet": MAIN, "page": "0", "size": str(enhetsregisteret.PAGE_SIZE)},
        )

    def test_all_pages(self):
        numbers = [str(number) for number in range(315000000, 315000007)]
        client = self.client(
            page([unit(one) for one in numbers[:3]], 0, 3),
            # A unit that moved to the next page meanwhile comes twice.
            page([unit(one) for one in numbers[2:5]], 1, 3),
            page([unit(one) for one in numbers[5:]], 2, 3),
        )
        self.assertEqual([one.number for one in client.sub_units(MAIN)], numbers)
        self.assertEqual(
            [received.query["page"] for received in self.server.received], ["0", "1", "2"]
        )

    def test_none(self):
        self.assertEqual(self.client(page([], pages=0)).sub_units(MAIN), [])
        self.assertEqual(self.client(page([])).sub_units(MAIN), [])

    def test_deleted_one_is_marked(self):
        (found,) = self.client(page([unit(SUB, slettedato="2025-03-01")])).sub_units(MAIN)
        self.assertTrue(found.deleted)

    def test_more_than_the_register_lists(self):
        most = enhetsregisteret.MAX_RESULTS // enhetsregisteret.PAGE_SIZE
        client = self.client(page([unit(SUB)], 0, most))
        self.assertEqual(len(client.sub_units(MAIN)), 1)
        last = self.server.received[-1].query
        self.assertLessEqual(
            (int(last["page"]) + 1) * int(last["size"]), enhetsregisteret.MAX_RESULTS
        )
        with self.assertRaises(enhetsregisteret.TooManyUnits) as caught:
            self.client(page([unit(SUB)], 0, most + 1)).sub_units(MAIN)
        self.assertEqual(caught.exception.kind, "too_many_units")

    def test_answers_of_another_shape(self):
        good = page([unit(SUB)])[1]
        for body in (
            [],
            {},
            {"page": {}},
            {"page": {"totalPages": "1"}},
            {**good, "_embedded": []},
            {**good, "_embedded": {"underenheter": {}}},
            {**good, "_embedded": {"underenheter": [{}]}},
            {**good, "page": {"totalPages": True}},
        ):
            with self.subTest(body=body), self.assertRaises(errors.InvalidAnswer):
                self.client((200, body)).sub_units(MAIN)


class TestLowerMainUnits(EnhetsregisteretCase):
    def test_all_pages(self):
        client = self.client(
            mains(unit(MAIN, "ORGL", TOP), number=0, pages=2),
            mains(unit("312345678", "ORGL", TOP, slettedato="2025-03-01"), number=1, pages=2),
        )
        found = client.lower_main_units(TOP)
        self.assertEqual(
            [(one.number, one.kind, one.form_code, one.deleted) for one in found],
            [(MAIN, "main", "ORGL", False), ("312345678", "main", "ORGL", True)],
        )
        self.assertEqual(self.paths(), ["/enheter", "/enheter"])
        self.assertEqual(
            self.server.received[1].query,
            {"overordnetEnhet": TOP, "page": "1", "size": str(enhetsregisteret.PAGE_SIZE)},
        )

    def test_none(self):
        self.assertEqual(self.client(mains(pages=0)).lower_main_units(TOP), [])

    def test_answers_of_another_shape(self):
        for body in ([], {}, {**mains(unit(MAIN))[1], "_embedded": {"enheter": [{}]}}):
            with self.assertRaises(errors.InvalidAnswer):
                self.client((200, body)).lower_main_units(TOP)


class TestBelow(EnhetsregisteretCase):
    def register(self, tree, **options):
        """A register in which ``tree`` has {main unit: (its sub-units, its lower main units)}."""

        def answer(handler):
            received = self.server.received[-1]
            parent = received.query["overordnetEnhet"]
            subs, lower = tree.get(parent, ((), ()))
            if received.path.endswith("/underenheter"):
                handler.write_answer(*page([unit(one, parent=parent) for one in subs]))
            else:
                handler.write_answer(
                    *mains(*(unit(one, "ORGL", parent, **options) for one in lower))
                )

        return self.client(answer)

    def asked(self):
        """The main units that were asked about, for each of the two lists."""
        return {
            kind: [
                received.query["overordnetEnhet"]
                for received in self.server.received
                if received.path.endswith(f"/{kind}")
            ]
            for kind in ("underenheter", "enheter")
        }

    def numbers(self, units):
        return [one.number for one in units]

    def test_private_company_takes_two_calls(self):
        client = self.register({MAIN: ((SUB,), ())})
        found = client.sub_units_below(Unit(MAIN, "x", "AS", None, None, "main"))
        self.assertEqual(self.numbers(found), [SUB])
        self.assertEqual(self.asked(), {"underenheter": [MAIN], "enheter": [MAIN]})

    def test_levels(self):
        client = self.register({TOP: (("315000002",), (MAIN,)), MAIN: ((SUB, "315000001"), ())})
        subs, lower = client.below(TOP)
        self.assertEqual(self.numbers(subs), ["315000001", "315000002", SUB])
        self.assertEqual(self.numbers(lower), [MAIN])
        self.assertEqual(self.numbers(client.sub_units_below(TOP)), self.numbers(subs))

    def test_circle(self):
        client = self.register({TOP: ((SUB,), (MAIN, TOP)), MAIN: ((), (TOP, MAIN))})
        self.assertEqual(self.numbers(client.sub_units_below(TOP)), [SUB])
        self.assertEqual(self.asked(), {"underenheter": [TOP, MAIN], "enheter": [TOP, MAIN]})

    def test_deepest_level(self):
        chain = [str(number) for number in range(313000000, 313000010)]
        tree = {
            above: ((f"315{above[3:]}",), (below,))
            for above, below in zip(chain, chain[1:], strict=False)
        }
        client = self.register(tree)
        found = client.sub_units_below(chain[0])
        self.assertEqual(len(found), enhetsregisteret.MAX_LEVELS)
        self.assertEqual(
            self.asked(),
            {
                "underenheter": chain[: enhetsregisteret.MAX_LEVELS],
                "enheter": chain[: enhetsregisteret.MAX_LEVELS - 1],
            },
        )

    def test_deleted_main_units_are_not_asked_about(self):
        client = self.register({TOP: ((SUB,), (MAIN,))}, slettedato="2025-03-01")
        subs, lower = client.below(TOP)
        self.assertEqual((self.numbers(subs), self.numbers(lower)), ([SUB], [MAIN]))
        self.assertTrue(lower[0].deleted)
        self.assertEqual(self.asked()["underenheter"], [TOP])

    def test_more_main_units_than_are_asked_about(self):
        self.patch(enhetsregisteret, "MAX_MAIN_UNITS", 3)
        lower = tuple(str(number) for number in range(314000000, 314000003))
        with self.assertRaises(enhetsregisteret.TooManyUnits):
            self.register({TOP: ((), lower)}).sub_units_below(TOP)
        self.assertEqual(len(self.server.received), 2)
        self.assertEqual(
            self.register({TOP: ((SUB,), lower[:2])}).sub_units_below(TOP)[0].kind, "sub"
        )
