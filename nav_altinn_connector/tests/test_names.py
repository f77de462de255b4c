from unittest import TestCase

from ..domain import names


class TestNames(TestCase):
    """Which employee a name on a sick note may mean."""

    def test_same_name(self):
        for one, other in (
            ("Kari Prøve", "KARI PRØVE"),
            ("Prøve, Kari", "Kari Prøve"),
            ("Kari-Anne Prøve", "Kari Anne Prøve"),
            ("André Lærdal", "Andre Laerdal"),
        ):
            with self.subTest(one):
                self.assertEqual(names.likeness(one, other), names.SAME)

    def test_similar_name(self):
        self.assertEqual(names.likeness("Kari Anne Prøve", "Kari Prøve"), names.SIMILAR)
        self.assertEqual(names.likeness("Kari Prøve", "Kari Prøve Testdatter"), names.SIMILAR)

    def test_another_name(self):
        for one, other in (
            ("Kari Prøve", "Ola Prøve"),
            ("Kari Anne Prøve", "Kari Beate Prøve"),
            ("Kari", "Kari Prøve"),
            ("", ""),
            ("", "Kari Prøve"),
        ):
            with self.subTest(one=one, other=other):
                self.assertIsNone(names.likeness(one, other))

    def test_one_is_suggested(self):
        people = [(1, "Ola Prøve"), (2, "Kari Prøve"), (3, "Kari Anne Prøve")]
        self.assertEqual(names.suggest("KARI PRØVE", people), (2, names.SAME))
        self.assertEqual(names.suggest("Ola Nils Prøve", people), (1, names.SIMILAR))

    def test_nobody_is_suggested_among_several(self):
        people = [(1, "Kari Prøve"), (2, "Prøve Kari")]
        self.assertEqual(names.suggest("Kari Prøve", people), (None, names.SAME))
        self.assertEqual(names.suggest("Per Hansen", people), (None, None))
