from datetime import date

from odoo.tests import BaseCase

from ..clients import errors, sykepenger
from .loopback_server import LoopbackServer

ORG = "315587336"
PERSON = "05908399546"
NOTE = "00000000-0000-4000-8000-000000000017"


class SykepengerCase(BaseCase):
    def serve(self, *answers):
        server = LoopbackServer(*answers)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def client(self, server):
        self.tokens = 0
        self.exchanges = []

        def token_source():
            self.tokens += 1
            return f"token-{self.tokens}"

        return sykepenger.SykepengerClient(
            server.url,
            token_source,
            sykepenger.new_transport(
                server.url, sleep=lambda _seconds: None, observer=self.exchanges.append
            ),
        )


class TestSickNotes(SykepengerCase):
    def asked(self, *answer, **filters):
        server = self.serve(answer or (200, []))
        page = self.client(server).sick_notes(ORG, **filters)
        return page, server.received[0]

    def test_request(self):
        _page, received = self.asked()
        self.assertEqual(
            (received.method, received.path, received.json),
            ("POST", "/v1/sykmeldinger", {"orgnr": ORG}),
        )
        self.assertEqual(received.headers["Authorization"], "Bearer token-1")
        self.assertEqual(received.headers["Content-Type"], "application/json")

    def test_filters(self):
        _page, received = self.asked(
            after_loepenr=0,
            received_from=date(2026, 11, 1),
            received_to=date(2026, 11, 30),
            fnr=PERSON,
        )
        self.assertEqual(
            received.json,
            {
                "orgnr": ORG,
                "fraLoepenr": 0,
                "fom": "2026-11-01",
                "tom": "2026-11-30",
                "fnr": PERSON,
            },
        )

    def test_wrong_arguments_are_not_sent(self):
        server = self.serve((200, []))
        client = self.client(server)
        for orgnr, filters in (
            ("1", {}),
            (f"0192:{ORG}", {}),
            (ORG, {"fnr": "059083 99546"}),
            (ORG, {"fnr": ""}),
            (ORG, {"after_loepenr": -1}),
        ):
            with self.assertRaises(ValueError) as caught:
                client.sick_notes(orgnr, **filters)
            self.assertNotIn("059083", str(caught.exception))
        self.assertEqual((server.received, self.tokens), ([], 0))

    def test_page(self):
        page, _received = self.asked(200, [{"loepenr": 1}, {"loepenr": 2}])
        self.assertEqual((page.notes, page.complete), ([{"loepenr": 1}, {"loepenr": 2}], True))
        self.assertEqual(self.exchanges[0].records, 2)

    def test_entries_are_kept_as_they_are(self):
        entries = [{}, None, 7, "x", []]
        self.assertEqual(self.asked(200, entries)[0].notes, entries)

    def test_full_page(self):
        cut = {"X-Warning-limit-reached": "1000"}
        self.assertFalse(self.asked(200, [{}] * 3, cut)[0].complete)
        self.assertFalse(self.asked(200, [{}] * 1000)[0].complete)
        self.assertTrue(self.asked(200, [{}] * 999)[0].complete)

    def test_repr_shows_no_note(self):
        self.assertNotIn(PERSON, repr(self.asked(200, [{"fnr": PERSON}])[0]))

    def test_not_a_list(self):
        for body in ({}, {"sykmeldinger": []}, "x", None, 7, b""):
            with self.assertRaises(errors.InvalidAnswer) as caught:
                self.asked(200, body)
            self.assertEqual(caught.exception.reason, "wrong_shape")

    def test_a_read_is_repeated(self):
        server = self.serve((500, {}), (200, []))
        self.client(server).sick_notes(ORG)
        self.assertEqual((len(server.received), self.tokens), (2, 1))

    def test_a_token_for_each_call(self):
        server = self.serve((200, []))
        client = self.client(server)
        client.sick_notes(ORG)
        client.sick_notes(ORG)
        self.assertEqual(server.received[1].headers["Authorization"], "Bearer token-2")


class TestErrors(SykepengerCase):
    def fails(self, *answer):
        server = self.serve(answer)
        with self.assertRaises(errors.ClientError) as caught:
            self.client(server).sick_notes(ORG)
        return caught.exception, len(server.received)

    def test_no_access(self):
        error, calls = self.fails(
            401, {"feilkode": "IKKE_TILGANG_TIL_RESSURS", "feilmelding": "Ikke tilgang til ressurs"}
        )
        self.assertIs(type(error), sykepenger.NoAccess)
        self.assertIsInstance(error, errors.Unauthorised)
        self.assertEqual(
            (error.code, error.kind, calls), ("IKKE_TILGANG_TIL_RESSURS", "no_access", 1)
        )

    def test_other_401(self):
        for body in ({"feilkode": "UAUTORISERT"}, b"", {"feilkode": None}, ["x"]):
            error, calls = self.fails(401, body)
            self.assertIs(type(error), errors.Unauthorised)
            self.assertEqual(calls, 1)

    def test_code_and_reference(self):
        error, _calls = self.fails(
            400, {"feilkode": "SERIALISERINGSFEIL", "feilmelding": f"Illegal input: {PERSON}"}
        )
        self.assertEqual((type(error), error.code), (errors.Rejected, "SERIALISERINGSFEIL"))
        self.assertNotIn(PERSON, str(error))
        error, _calls = self.fails(500, {"feilkode": "EN_FEIL_OPPSTOD"}, {"Nav-Call-Id": "c-1"})
        self.assertEqual((error.code, error.reference), ("EN_FEIL_OPPSTOD", "c-1"))
        error, _calls = self.fails(409, {"feilkode": "X", "referanseId": NOTE})
        self.assertEqual(error.reference, NOTE)

    def test_a_transport_without_reader_gets_ours(self):
        server = self.serve((401, {"feilkode": "IKKE_TILGANG_TIL_RESSURS"}))
        transport = sykepenger.Transport("sykepenger", server.url)
        client = sykepenger.SykepengerClient(server.url, lambda: "token", transport)
        with self.assertRaises(sykepenger.NoAccess):
            client.sick_notes(ORG)


class TestOneNote(SykepengerCase):
    def test_note(self):
        server = self.serve((200, {"loepenr": 17}))
        self.assertEqual(self.client(server).sick_note(NOTE), {"loepenr": 17})
        (received,) = server.received
        self.assertEqual((received.method, received.path), ("GET", f"/v1/sykmelding/{NOTE}"))
        self.assertEqual(received.headers["Authorization"], "Bearer token-1")

    def test_note_not_found(self):
        body = {"feilkode": "SYKMELDING_IKKE_FUNNET", "referanseId": NOTE}
        with self.assertRaises(errors.NotFound) as caught:
            self.client(self.serve((404, body))).sick_note(NOTE)
        self.assertEqual(
            (caught.exception.code, caught.exception.reference), ("SYKMELDING_IKKE_FUNNET", NOTE)
        )

    def test_note_of_another_shape(self):
        with self.assertRaises(errors.InvalidAnswer):
            self.client(self.serve((200, []))).sick_note(NOTE)

    def test_pdf(self):
        server = self.serve((200, b"%PDF-1.7 content"))
        self.assertEqual(self.client(server).sick_note_pdf(NOTE), b"%PDF-1.7 content")
        (received,) = server.received
        self.assertEqual(received.path, f"/v1/sykmelding/{NOTE}/pdf")
        self.assertEqual(received.headers["Accept"], "application/pdf")

    def test_no_pdf(self):
        for content in (
            b"",
            b"<html>",
            b" %PDF-1.7",
            b"%PDF-1.7" + bytes(sykepenger.MAX_PDF_BYTES),
        ):
            with self.assertRaises(errors.InvalidAnswer):
                self.client(self.serve((200, content))).sick_note_pdf(NOTE)

    def test_pdf_errors_are_read(self):
        with self.assertRaises(errors.ServerFault) as caught:
            self.client(self.serve((500, {"feilkode": "FEIL_VED_PDF_GENERERING"}))).sick_note_pdf(
                NOTE
            )
        self.assertEqual(caught.exception.code, "FEIL_VED_PDF_GENERERING")

    def test_ids_that_would_lead_elsewhere(self):
        server = self.serve((200, {}))
        client = self.client(server)
        for note_id in (
            "",
            "../x",
            "a/b",
            "a?b",
            "a#b",
            "a%2Fb",
            ".",
            "a b",
            "æ",
            None,
            7,
            "a\n",
            "x" * 65,
            "-a",
        ):
            for call in (client.sick_note, client.sick_note_pdf):
                with self.assertRaises(ValueError):
                    call(note_id)
        self.assertEqual((server.received, self.tokens), ([], 0))
