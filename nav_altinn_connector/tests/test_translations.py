"""The Norwegian translation is complete, fits the terms, and is what people see.

After a change of texts: ``./dev/odoo i18n export -d DATABASE nav_altinn_connector`` renews the
template, and these tests name what ``i18n/nb.po`` lacks. A word that nobody wrote as a text is in
the template when a tuple follows ``env._(...)`` with no name in between: Odoo takes it for a call.
"""

import io
import re

import polib

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

from .common import NavCase

ADDON = "nav_altinn_connector"
LANGUAGE = "nb_NO"
FIELD = re.compile(rf"model:ir\.model\.fields,\w+:{ADDON}\.(field_\w+)$")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|%%")
TAG = re.compile(r"<[^>]+>")
SHOWN_ATTRIBUTE = re.compile(r'\b(title|placeholder|alt|aria-label)="[^"]*"')
# Terms that are the same in Norwegian. The checks of po files want these to be empty.
SAME_IN_NORWEGIAN = {
    "%(name)s: %(what)s",
    "%(what)s %(number)s",
    "%(where)s: %(code)s",
    "%(words)s (%(code)s)",
    "%s min",
    "%s, NAV",
    "-----BEGIN PRIVATE KEY-----",
    '<i class="fa fa-exclamation-triangle me-2" title="Problem"/>',
    "Altinn",
    "Enhetsregisteret",
    "Full",
    "ID",
    "Maskinporten",
    "NAV",
    "NAV: Administrator",
    "NAV: HR",
    "HTTP",
    "Plan",
    "Problem",
    "Send",
    "Send …",
    "Status",
    "System",
    "Test",
    "UTC",
}


def read(name):
    """A file of ``i18n/`` as polib's catalogue."""
    return polib.pofile(file_path(f"{ADDON}/i18n/{name}"))


def shape(term):
    """What a translation must keep of a term: placeholders, mark-up, lines, outer spaces."""
    return {
        "placeholders": sorted(PLACEHOLDER.findall(term)),
        "mark-up": [SHOWN_ATTRIBUTE.sub(r"\1", tag) for tag in TAG.findall(term)],
        "lines": term.count("\n"),
        "ends": (term != term.lstrip(), term != term.rstrip()),
    }


@tagged("post_install", "-at_install")
class TestCatalogues(NavCase):
    """The files against the terms that Odoo finds in the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        buffer = io.BytesIO()
        trans_export(False, [ADDON], buffer, "po", cls.env)
        cls.exported = polib.pofile(buffer.getvalue().decode())
        cls.template = read(f"{ADDON}.pot")
        cls.norwegian = read("nb.po")

    def own_terms(self):
        """The terms of the addon itself. Other addons add fields to ``mail.thread`` and the like,
        and so to this addon's models: which of those there are depends on what is installed."""
        foreign = {
            record["name"]
            for record in self.env["ir.model.data"].search_read(
                [("module", "=", ADDON), ("model", "=", "ir.model.fields")], ["name", "res_id"]
            )
            if not self.is_own_field(record["res_id"])
        }
        terms = set()
        for entry in self.exported:
            found = [FIELD.match(place) for place, _line in entry.occurrences]
            if not all(match and match[1] in foreign for match in found):
                terms.add(entry.msgid)
        return terms

    def is_own_field(self, field_id):
        record = self.env["ir.model.fields"].browse(field_id)
        return ADDON in self.env[record.model]._fields[record.name]._modules

    def test_there_are_terms(self):
        self.assertGreater(len(self.own_terms()), 300)
        self.assertIn("Sick Notes", self.own_terms())

    def test_template_has_all_terms(self):
        template = {entry.msgid for entry in self.template}
        self.assertFalse(sorted(self.own_terms() - template))

    def test_template_has_no_old_terms(self):
        exported = {entry.msgid for entry in self.exported}
        template = {entry.msgid for entry in self.template}
        self.assertFalse(sorted(template - exported))

    def test_every_term_is_translated(self):
        translated = {entry.msgid for entry in self.norwegian.translated_entries()}
        self.assertFalse(sorted(self.own_terms() - translated - SAME_IN_NORWEGIAN))
        left = {entry.msgid for entry in self.norwegian.untranslated_entries()}
        self.assertEqual(left, SAME_IN_NORWEGIAN)

    def test_nothing_is_obsolete_or_fuzzy(self):
        template = {entry.msgid for entry in self.template}
        self.assertFalse([entry.msgid for entry in self.norwegian.fuzzy_entries()])
        self.assertFalse([entry.msgid for entry in self.norwegian.obsolete_entries()])
        self.assertFalse(sorted({entry.msgid for entry in self.norwegian} - template))

    def test_places_are_those_of_the_template(self):
        """Odoo finds a translation of a record by its place, not by its text alone."""
        places = {entry.msgid: sorted(entry.occurrences) for entry in self.norwegian}
        self.assertFalse(
            [
                entry.msgid
                for entry in self.template
                if places.get(entry.msgid) != sorted(entry.occurrences)
            ]
        )

    def test_translation_keeps_the_shape(self):
        changed = {
            entry.msgid: entry.msgstr
            for entry in self.norwegian.translated_entries()
            if shape(entry.msgstr) != shape(entry.msgid)
        }
        self.assertFalse(changed)


@tagged("post_install", "-at_install")
class TestNorwegian(NavCase):
    """What a person with Norwegian as language sees."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        addon = cls.env["ir.module.module"].search([("name", "=", ADDON)])
        addon._update_translations([LANGUAGE])
        cls.norsk = cls.env(context={**cls.env.context, "lang": LANGUAGE})

    def test_menu(self):
        menu = self.norsk.ref(f"{ADDON}.menu_nav_sick_notes")
        self.assertEqual(menu.name, "Sykmeldinger")
        self.assertEqual(menu.with_context(lang="en_US").name, "Sick Notes")

    def test_field_label_and_choices(self):
        note = self.norsk["nav.sick.note"].fields_get(["loepenr", "state"])
        self.assertEqual(note["loepenr"]["string"], "Løpenummer")
        self.assertIn(("withdrawn", "Trukket tilbake"), note["state"]["selection"])

    def test_view(self):
        arch = self.norsk["nav.sick.note"].get_view(view_type="form")["arch"]
        self.assertIn("Prøv igjen", arch)
        self.assertNotIn("Try Again", arch)

    def test_error_in_code(self):
        leave = self.leave(self.vacation_type, "2026-06-01", "2026-06-05", state="confirm")
        with self.assertRaisesRegex(ValidationError, r"tillater ikke gradert fravær\. Velg 100 %,"):
            leave.with_env(self.norsk).absence_degree = 60

    def test_error_of_a_constraint(self):
        constraint = self.norsk.ref(f"{ADDON}.constraint_hr_leave_check_absence_degree")
        self.assertEqual(constraint.message, "Graden må være mellom 1 og 100 prosent.")


@tagged("post_install", "-at_install")
class TestLanguageOfTheCompany(NavCase):
    """What is stored for many to read is in the company's language: the cron has none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        cls.company.partner_id.lang = LANGUAGE

    def bodies(self, record):
        return " ".join(record.message_ids.mapped("body"))

    def test_reason_of_a_broken_note(self):
        broken = self.receive(self.payload(("2026-06-05", "2026-06-01", 100)))
        words = "Sykmeldingen fra NAV kan ikke brukes: periode 1 slutter før den begynner."
        self.assertEqual(broken.failure_reason, words)
        broken.with_context(lang="en_US").action_apply()
        self.assertEqual(broken.failure_reason, words)

    def test_chatter_of_time_off(self):
        manual = self.leave(self.manual_sick_type, "2026-06-01", "2026-06-03")
        note = self.note(("2026-06-01", "2026-06-05", 100))
        self.assertIn("Laget fra en sykmelding", self.bodies(note.leave_ids))
        self.assertIn("Kansellert fordi disse dagene dekkes av en", self.bodies(manual))

    def test_chatter_by_the_cron_for_late_leave(self):
        self.note(("2026-06-01", "2026-06-05", 100))
        manual = self.leave(self.manual_sick_type, "2026-06-01", "2026-06-03", state="confirm")
        self.env["nav.sick.note"]._decide_each(manual.employee_id)
        self.assertIn("Kansellert fordi disse dagene dekkes av en", self.bodies(manual))

    def test_problem_of_a_fetch(self):
        self.connection._fetch(lambda: 1)
        self.assertEqual(
            self.connection.last_error, "Client har ingen nøkkel ennå. Lag en, eller importer en."
        )

    def test_language_that_is_not_there(self):
        self.company.partner_id.lang = False
        broken = self.receive(self.payload(("2026-06-05", "2026-06-01", 100)))
        self.assertIn("period 1 ends before it begins", broken.failure_reason)
