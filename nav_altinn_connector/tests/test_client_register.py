import dataclasses
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from ..clients import altinn, errors, scopes
from ..models.nav_maskinporten_client_system import PACKAGE, RESOURCE
from .common import MAIN_UNIT, org_numbers

OTHER_CLIENT = "another-database's-client"


class FakeRegister:
    """Altinn's system register of one vendor. ``before`` and ``after`` run around each call that
    changes it, and may raise."""

    def __init__(self):
        self.systems = {}
        self.calls = []
        self.before = self.after = lambda: None

    def system(self, system_id):
        self.calls.append("system")
        return self.systems.get(system_id)

    def register_system(self, system):
        self._change("register", system)

    def update_system(self, system):
        self._change("update", system)

    def _change(self, name, system):
        self.calls.append(name)
        self.before()
        self.systems[system.system_id] = system
        self.after()


def refusal(*numbers):
    """What Altinn answers when it finds these things wrong with a system."""
    return altinn.AltinnError(
        "altinn",
        "register_system",
        status=400,
        code="STD-00000",
        data={"validationErrors": [{"code": f"AUTH.VLD-{number:05}"} for number in numbers]},
    )


class RegisterCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("web.base.url", "https://odoo.example.invalid/")
        cls.client = cls.env["nav.maskinporten.client"].create(
            {
                "name": "Client",
                "environment": "test",
                "client_id": "test-client",
                "owner_org_number": MAIN_UNIT,
            }
        )
        cls.system_id = f"{MAIN_UNIT}_odoo"

    def setUp(self):
        super().setUp()
        self.register = FakeRegister()
        model = type(self.env["nav.maskinporten.client"])
        self.enterContext(patch.object(model, "_altinn_client", lambda _client: self.register))

    def registered(self):
        return self.register.systems[self.system_id]

    def raising(self, error):
        def fail():
            raise error

        return fail


@tagged("post_install", "-at_install")
class TestRegister(RegisterCase):
    def test_registering(self):
        self.assertEqual(self.client.register_state, "unknown")
        action = self.client.action_register_system()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(
            self.registered(),
            altinn.RegisteredSystem(
                system_id=self.system_id,
                vendor_org=MAIN_UNIT,
                name=dict.fromkeys(("nb", "en", "nn"), "Odoo"),
                description=dict.fromkeys(("nb", "en", "nn"), self.client.system_description),
                resources=(RESOURCE,),
                client_ids=("test-client",),
                redirect_urls=("https://odoo.example.invalid/nav_altinn_connector/return",),
            ),
        )
        self.assertEqual(self.client.register_state, "same")
        self.assertEqual(self.client.registered_resources, RESOURCE)
        self.assertFalse(self.client.system_todo)
        self.assertTrue(self.client.register_checked_on)

    def test_a_second_click_registers_nothing(self):
        self.client.action_register_system()
        self.client.action_register_system()
        self.assertEqual(self.register.calls.count("register"), 1)
        self.assertEqual(self.client.register_state, "same")

    def test_a_lost_answer_is_found_by_the_next_click(self):
        self.register.after = self.raising(errors.NoAnswer("altinn", "register_system"))
        action = self.client.action_register_system()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertEqual(self.client.register_state, "failed")
        self.assertIn("may have been done all the same", self.client.register_problem)
        self.client.action_register_system()
        self.assertEqual(self.register.calls.count("register"), 1)
        self.assertEqual(self.client.register_state, "same")
        self.assertFalse(self.client.register_problem)

    def test_two_at_once_register_one_system(self):
        def faster():
            self.register.systems[self.system_id] = dataclasses.replace(
                self.client._needed_system(), client_ids=(OTHER_CLIENT,)
            )
            raise refusal(2)

        self.register.before = faster
        self.client.action_register_system()
        self.assertEqual(self.client.register_state, "differs")
        self.assertFalse(self.client.register_problem)

    def test_another_address_of_odoo_is_a_difference(self):
        self.client.action_register_system()
        self.assertEqual(self.client.register_state, "same")
        moved = "https://moved.example.invalid"
        self.env["ir.config_parameter"].set_param("web.base.url", moved)
        self.env.invalidate_all()
        self.assertEqual(self.client.register_state, "differs")
        self.client.action_update_system()
        self.assertEqual(self.client.register_state, "same")
        urls = self.register.systems[self.system_id].redirect_urls
        self.assertIn(f"{moved}/nav_altinn_connector/return", urls)

    def test_what_altinn_finds_wrong_is_told_one_sentence_each(self):
        self.register.before = self.raising(refusal(4, 5))
        self.client.action_register_system()
        self.assertEqual(self.client.register_state, "failed")
        first, second = self.client.register_problem.split("\n")
        self.assertIn("Client ID belongs to another system", first)
        self.assertIn("https://", second)
        self.assertIn("See below", self.client.system_todo)
        self.assertFalse(self.register.systems)

    def test_a_missing_scope_is_named(self):
        error = errors.Rejected("maskinporten", "token", code="MP-200")
        error.scope = scopes.SYSTEM_REGISTER
        with patch.object(self.register, "system", side_effect=error):
            self.client.action_register_system()
        self.assertIn(scopes.SYSTEM_REGISTER, self.client.register_problem)

    def test_what_is_missing_is_told_and_not_sent(self):
        self.client.system_id = False
        self.client.action_register_system()
        self.assertIn("system ID", self.client.register_problem)
        self.client.system_id = "329999999_odoo"
        self.client.action_register_system()
        self.assertIn("must begin with the owner", self.client.register_problem)
        self.assertFalse(self.register.calls)


@tagged("post_install", "-at_install")
class TestCompare(RegisterCase):
    def test_not_registered(self):
        self.client.action_compare_system()
        self.assertEqual(self.client.register_state, "missing")
        self.assertIn("Register System", self.client.action_update_system()["params"]["message"])
        self.assertEqual(set(self.register.calls), {"system"})

    def test_differences_are_marked(self):
        self.client.action_register_system()
        self.assertNotIn("table-warning", self.client.register_comparison)
        self.client.extra_resources = "nav_sykepenger_soeknad"
        self.assertEqual(self.client.register_state, "differs")
        self.assertIn("finish 1 and 2", self.client.system_todo, "the key has not been tested")
        self.assertEqual(self.client.register_comparison.count("table-warning"), 1)
        self.client.action_update_system()
        self.assertEqual(self.client.register_state, "same")
        self.assertEqual(self.registered().resources, (RESOURCE, "nav_sykepenger_soeknad"))

    def test_an_update_takes_nothing_away(self):
        self.client.action_register_system()
        self.register.systems[self.system_id] = dataclasses.replace(
            self.registered(),
            name={"nb": "Odoo", "en": "Odoo HR", "nn": "Odoo"},
            resources=("nav_sykepenger_dialog",),
            packages=("urn:altinn:accesspackage:other",),
            client_ids=(OTHER_CLIENT,),
            redirect_urls=("https://other.example.invalid/return",),
            visible=True,
        )
        self.client.action_compare_system()
        self.assertEqual(self.client.register_state, "differs")
        self.client.action_update_system()
        system = self.registered()
        self.assertEqual(system.name["en"], "Odoo HR")
        self.assertEqual(system.resources, ("nav_sykepenger_dialog", RESOURCE))
        self.assertEqual(system.packages, ("urn:altinn:accesspackage:other",))
        self.assertEqual(system.client_ids, (OTHER_CLIENT, "test-client"))
        self.assertEqual(len(system.redirect_urls), 2)
        self.assertTrue(system.visible)
        self.assertEqual(self.client.register_state, "same", "more than needed is no difference")

    def test_an_update_without_a_difference_sends_nothing(self):
        self.client.action_register_system()
        self.client.action_update_system()
        self.assertNotIn("update", self.register.calls)

    def test_what_was_deleted_in_altinn_comes_back_by_an_update(self):
        self.client.action_register_system()
        self.register.systems[self.system_id] = dataclasses.replace(self.registered(), deleted=True)
        self.client.action_compare_system()
        self.assertEqual(self.client.register_state, "differs")
        self.client.action_update_system()
        self.assertFalse(self.registered().deleted)

    def test_what_altinn_has_is_shown_as_text(self):
        self.client.action_register_system()
        self.register.systems[self.system_id] = dataclasses.replace(
            self.registered(), name={"nb": "<script>alert(1)</script>"}
        )
        self.client.action_compare_system()
        self.assertNotIn("<script>", self.client.register_comparison)

    def test_another_system_has_to_be_compared_anew(self):
        self.client.action_register_system()
        self.client.environment = "production"
        self.assertEqual(self.client.register_state, "unknown")
        self.assertFalse(self.client.registered_name)

    def test_altinn_does_not_answer(self):
        self.client.action_register_system()
        error = errors.NoAnswer("altinn", "system", sent=False)
        with patch.object(self.register, "system", side_effect=error):
            action = self.client.action_compare_system()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertEqual(self.client.register_state, "failed")
        self.assertTrue(self.client.registered_name, "what was known before stays")


@tagged("post_install", "-at_install")
class TestNeeds(RegisterCase):
    def test_the_id_follows_the_owner_until_it_is_registered(self):
        other = [number for number, _each in zip(org_numbers(), range(3), strict=False)][-1]
        self.assertEqual(self.client.system_id, self.system_id)
        self.client.system_id = f"{MAIN_UNIT}_our-odoo"
        self.client.owner_org_number = other
        self.assertEqual(self.client.system_id, f"{other}_our-odoo")
        self.client.owner_org_number = MAIN_UNIT
        self.system_id = self.client.system_id
        self.client.action_register_system()
        self.client.owner_org_number = other
        self.assertEqual(self.client.system_id, self.system_id)

    def test_ids_are_checked(self):
        for name in ("odoo", "310000000_my odoo", "310000000_", "31000000_odoo", "310000000_a/b"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.client.system_id = name
        for name in ("Nav", "nav sykepenger/x", "urn:altinn:resource:x", "æøå"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.client.extra_resources = name

    def test_rights_or_package(self):
        self.client.extra_resources = "nav_sykepenger_soeknad, nav_sykepenger_dialog\n"
        extra = ["nav_sykepenger_soeknad", "nav_sykepenger_dialog"]
        self.assertEqual(self.client._altinn_resources(), [RESOURCE, *extra])
        self.assertEqual(self.client._altinn_packages(), [])
        self.client.request_by = "package"
        self.assertEqual(self.client._altinn_resources(), extra)
        self.assertEqual(self.client._altinn_packages(), [PACKAGE])

    def test_where_people_are_sent_back_to(self):
        path = "/nav_altinn_connector/return"
        for url, environment, expected in (
            ("https://odoo.example.invalid", "production", f"https://odoo.example.invalid{path}"),
            ("https://odoo.example.invalid/x/", "test", f"https://odoo.example.invalid/x{path}"),
            ("http://odoo.example.invalid", "test", False),
            ("http://127.0.0.1:8069", "test", False),
            ("http://127.0.0.1:8069", "custom", f"http://127.0.0.1:8069{path}"),
            ("http://odoo.example.invalid", "custom", False),
            ("https://[broken", "test", False),
            ("", "test", False),
        ):
            with self.subTest(url=url, environment=environment):
                self.env["ir.config_parameter"].set_param("web.base.url", url)
                self.client.environment = environment
                self.client.invalidate_recordset()
                self.assertEqual(self.client._redirect_url(), expected)
                self.assertEqual(bool(self.client.redirect_words), not expected)

    def test_whose_client_it_is(self):
        numbers = org_numbers()
        self.assertIn("Both ways work", self.client.ownership)
        connection = self.env["nav.connection"].create(
            {
                "name": "Connection",
                "maskinporten_client_id": self.client.id,
                "org_number": MAIN_UNIT,
                "leave_type_id": self.env["hr.leave.type"]
                .create({"name": "Sick", "requires_allocation": False})
                .id,
            }
        )
        self.assertIn("employer's own client", self.client.ownership)
        connection.org_number = [next(numbers) for _each in range(2)][-1]
        self.assertIn("vendor's client", self.client.ownership)

    def test_the_own_organisation_needs_no_delegation(self):
        self.client.action_generate_key()
        self.assertEqual(self.client._maskinporten_client()._own_org, MAIN_UNIT)

    def test_a_client_that_is_not_set_up_says_so(self):
        model = type(self.env["nav.maskinporten.client"])
        with patch.object(model, "_altinn_client", lambda client: client._maskinporten_client()):
            self.client.action_register_system()
        self.assertIn("has no key yet", self.client.register_problem)
