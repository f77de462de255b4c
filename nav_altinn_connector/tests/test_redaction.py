"""The filter of this module's loggers: what looks like a secret is struck out."""

import base64
import io
import logging

from odoo.addons.nav_altinn_connector.clients import redaction
from odoo.tests import BaseCase

from .common import identity_numbers

PACKAGE = "odoo.addons.nav_altinn_connector"
SEGMENT = base64.urlsafe_b64encode(b'{"alg":"none","x":"0123456789"}').decode().rstrip("=")
TOKEN = f"{SEGMENT}.{SEGMENT}.c2lnbmF0dXJl"
PEM = f"-----BEGIN PRIVATE KEY-----\n{'QUJD' * 20}\n-----END PRIVATE KEY-----"


class TestRedaction(BaseCase):
    def secrets(self):
        number = next(identity_numbers())
        return {
            "identity number": (f"of {number}.", number),
            "identity number as written": (f"{number[:6]} {number[6:]}", number[6:]),
            "bearer": ("Authorization: Bearer abc.def-123", "abc.def-123"),
            "token": (f"got {TOKEN}", SEGMENT),
            "health token": ("navh_" + "a1" * 20, "a1a1"),
            "key": (f"{PEM}", "QUJD"),
            "half a key": (PEM[:60], "QUJD"),
            "key as JSON": ("{'d': '%s'}" % ("Zx" * 40), "ZxZx"),
            "answer": ('{"access_token":"abcdef","x":1}', "abcdef"),
            "form": ("grant_type=x&assertion=abcdef&y=1", "abcdef"),
            "e-mail": ("to kari@example.com", "kari@"),
        }

    def said(self, log):
        """What a handler writes of what this does with a logger."""
        logger = logging.getLogger(f"{PACKAGE}.clients.transport")
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        before, propagate = logger.level, logger.propagate
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            log(logger)
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)
            logger.propagate = propagate
        return stream.getvalue()

    def test_words_values_errors_and_stacks(self):
        for what, (text, secret) in self.secrets().items():

            def fail(logger, text=text):
                try:
                    raise ValueError(text)
                except ValueError:
                    logger.exception("Failed")

            for log in (
                lambda logger, text=text: logger.info(text.replace("%", "%%")),
                lambda logger, text=text: logger.info("Said %s and %d", text, 5),
                lambda logger, text=text: logger.info("Said %(it)s", {"it": text}),
                lambda logger, text=text: logger.info("Said %r", [text]),
                fail,
            ):
                with self.subTest(what=what):
                    said = self.said(log)
                    self.assertNotIn(secret, said)
                    self.assertIn(redaction.STRUCK, said)

    def test_what_is_no_secret_stays(self):
        for text in (
            "Fetched 120 notes in 35 ms for 310000000 (call 00000000-0000-4000-8000-000000000099)",
            "PostgreSQL: SerializationFailure",
            "sha256 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5",
            "Maskinporten said MP-303 after 2 tries",
            "100 %",
        ):
            self.assertEqual(redaction.redact(text), text)

    def test_values_that_do_not_fit_their_words(self):
        number = next(identity_numbers())
        self.assertNotIn(number, self.said(lambda logger: logger.info("%d notes", number)))

    def test_the_traceback_stays(self):
        def fail(logger):
            try:
                raise KeyError("key")
            except KeyError:
                logger.exception("Failed")

        self.assertIn("Traceback", self.said(fail))
        self.assertIn("test_redaction.py", self.said(fail))

    def test_every_logger_of_the_module_has_it(self):
        names = [
            name
            for name, logger in logging.root.manager.loggerDict.items()
            if name.startswith((f"{PACKAGE}.models", f"{PACKAGE}.clients", f"{PACKAGE}.wizard"))
            and isinstance(logger, logging.Logger)
        ]
        self.assertTrue(names)
        for name in names:
            filters = logging.getLogger(name).filters
            with self.subTest(logger=name):
                self.assertTrue(any(isinstance(each, redaction.Redaction) for each in filters))

    def test_it_is_put_on_once(self):
        redaction.guard(f"{PACKAGE}.clients")
        logger = logging.getLogger(f"{PACKAGE}.clients.transport")
        guards = [each for each in logger.filters if isinstance(each, redaction.Redaction)]
        self.assertEqual(len(guards), 1)
