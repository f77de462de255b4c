# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import dataclasses
import re
from urllib.parse import urlsplit

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..clients import altinn
from ..clients.addresses import is_loopback
from ..clients.errors import ClientError
from ..domain import identity
from . import plain_words, plain_words_altinn

RESOURCE = "nav_sykepenger_sykmelding"
# NAV's access package that holds the right to sick notes among others (NAV's onboarding text).
PACKAGE = "urn:altinn:accesspackage:lonn-personopplysninger-saerlig-kategori"
RETURN_PATH = "/nav_altinn_connector/return"

_SYSTEM_ID = re.compile(r"[0-9]{9}_[A-Za-z0-9._-]{1,100}")
_RESOURCE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{2,99}")
# What decides which system it is: after a change, what is known of Altinn is of another one.
IDENTITY_FIELDS = frozenset({"environment", "altinn_url", "system_id"})
REGISTERED = ("name", "description", "resources", "packages", "redirect_urls", "client_ids")
COMPARED_FIELDS = (
    "register_answer",
    "system_name",
    "system_description",
    "request_by",
    "extra_resources",
    "client_id",
    "environment",
    "registered_deleted",
    *(f"registered_{name}" for name in REGISTERED),
)


class NavMaskinportenClient(models.Model):
    """The client's system in Altinn's system register: what employers approve.

    One system may serve several databases and clients of a vendor. So what is registered is only
    added to, and never taken away from here.
    """

    _inherit = "nav.maskinporten.client"

    system_id = fields.Char(
        "System ID",
        compute="_compute_system_id",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="Its name in Altinn's register: the owner's organisation number, an underscore and a "
        "name without spaces. It cannot be changed once it is registered. To use a system that "
        "you have registered already, enter its ID.",
    )
    system_name = fields.Char(
        default="Odoo",
        required=True,
        help="What the person sees who approves in Altinn.",
    )
    system_description = fields.Char(
        default=lambda self: self.env._("Fetches sick notes from NAV into Odoo."),
        required=True,
        help="A sentence that Altinn shows below the name.",
    )
    request_by = fields.Selection(
        [
            ("rights", "The single right to sick notes"),
            ("package", "NAV's access package for salary and sensitive personal data"),
        ],
        "Ask For",
        default="rights",
        required=True,
        tracking=True,
        help="The single right is the least that is needed. The access package also gives access "
        "to NAV's other services for sickness benefit; choose it when the person who approves has "
        "it and not the single right.",
    )
    extra_resources = fields.Text(
        "Other Resources",
        help="Ids of Altinn resources that your system needs besides, one a line. Usually empty.",
    )
    ownership = fields.Char(compute="_compute_ownership")
    redirect_address = fields.Char("Return Address", compute="_compute_redirect_address")
    redirect_words = fields.Char(compute="_compute_redirect_address")

    register_answer = fields.Selection(
        [
            ("unknown", "Not asked yet"),
            ("missing", "Not there"),
            ("found", "There"),
            ("failed", "No answer"),
        ],
        default="unknown",
        required=True,
        readonly=True,
        copy=False,
        help="What Altinn said last about the system.",
    )
    register_state = fields.Selection(
        [
            ("unknown", "Not Compared Yet"),
            ("missing", "Not Registered"),
            ("same", "Registered"),
            ("differs", "Needs an Update"),
            ("failed", "Failed"),
        ],
        "System in Altinn",
        # Not stored: it depends on the address of this Odoo, too, which is no field.
        compute="_compute_register_state",
    )
    register_checked_on = fields.Datetime("Compared On", readonly=True, copy=False)
    register_problem = fields.Text("Altinn Says", readonly=True, copy=False)
    registered_name = fields.Char(readonly=True, copy=False)
    registered_description = fields.Char(readonly=True, copy=False)
    registered_resources = fields.Text(readonly=True, copy=False)
    registered_packages = fields.Text(readonly=True, copy=False)
    registered_redirect_urls = fields.Text(readonly=True, copy=False)
    registered_client_ids = fields.Text(readonly=True, copy=False)
    registered_deleted = fields.Boolean(readonly=True, copy=False)
    register_comparison = fields.Html(compute="_compute_register_comparison", sanitize=False)
    system_todo = fields.Char("What to Do About the System", compute="_compute_system_todo")

    # ------------------------------------------------------------------ what Odoo needs

    @api.depends("owner_org_number")
    def _compute_system_id(self):
        for client in self:
            owner = client.owner_org_number
            if client.register_answer == "found" or not identity.is_valid_org_number(owner or ""):
                client.system_id = client.system_id
            elif not (client.system_id or "").startswith(f"{owner}_"):
                _old, _bar, name = (client.system_id or "").partition("_")
                client.system_id = f"{owner}_{name or 'odoo'}"

    @api.constrains("system_id", "owner_org_number")
    def _check_system_id(self):
        for client in self.filtered("system_id"):
            if not _SYSTEM_ID.fullmatch(client.system_id):
                raise ValidationError(
                    self.env._(
                        "A system ID is an organisation number, an underscore and a name of "
                        "letters, digits, dots and hyphens, such as 310000000_odoo."
                    )
                )

    @api.constrains("extra_resources")
    def _check_extra_resources(self):
        for client in self:
            for resource in client._extra_resources():
                if not _RESOURCE_ID.fullmatch(resource):
                    raise ValidationError(
                        self.env._(
                            "%s is not the id of an Altinn resource. It has small letters, "
                            "digits, hyphens and underscores only.",
                            resource,
                        )
                    )

    def _extra_resources(self):
        return [item for item in re.split(r"[\s,;]+", self.extra_resources or "") if item]

    def _altinn_resources(self):
        """The ids of the resources to which a system user needs the right."""
        self.ensure_one()
        own = [RESOURCE] if self.request_by == "rights" else []
        return list(dict.fromkeys(own + self._extra_resources()))

    def _altinn_packages(self):
        """The URNs of the access packages that a system user needs."""
        self.ensure_one()
        return [PACKAGE] if self.request_by == "package" else []

    def _redirect_url(self):
        """Where Altinn sends people after they have approved, or False when this Odoo has no
        address that Altinn accepts: https, or for the sandbox http on this machine."""
        self.ensure_one()
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        try:
            parts = urlsplit(base.strip())
            host = parts.hostname
        except ValueError:
            return False
        if not host:
            return False
        local = parts.scheme == "http" and self.environment == "custom" and is_loopback(host)
        if parts.scheme != "https" and not local:
            return False
        return base.strip().rstrip("/") + RETURN_PATH

    @api.depends("environment")
    def _compute_redirect_address(self):
        for client in self:
            client.redirect_address = client._redirect_url()
            client.redirect_words = not client.redirect_address and self.env._(
                "This Odoo has no https address, so nobody is sent back to it after approval. "
                "That is no problem: Odoo asks Altinn by itself."
            )

    @api.depends(
        "owner_org_number",
        "connection_ids.org_number",
        "connection_ids.system_user_org_number",
        "connection_ids.unit_ids.org_number",
    )
    def _compute_ownership(self):
        """Which of the two ways to hold the credentials this is, in words."""
        for client in self:
            connections = client.sudo().connection_ids
            employers = {
                *connections.mapped("org_number"),
                *connections.mapped("system_user_org_number"),
                *connections.unit_ids.mapped("org_number"),
            }
            if not client.owner_org_number or not connections:
                words = self.env._(
                    "The owner is the employer itself, or a vendor that does this for many "
                    "employers. Both ways work; with a vendor's client, each employer approves "
                    "the vendor's system in Altinn."
                )
            elif client.owner_org_number in employers:
                words = self.env._(
                    "The employer's own client: the owner is the organisation that is connected, "
                    "and approves its own system in Altinn."
                )
            else:
                words = self.env._(
                    "A vendor's client: the owner is another organisation than those that are "
                    "connected. Each of them approves the vendor's system in Altinn."
                )
            client.ownership = words

    # ------------------------------------------------------------------ beside what Altinn has

    @api.depends(*COMPARED_FIELDS)
    def _compute_register_state(self):
        for client in self:
            if client.register_answer != "found":
                client.register_state = client.register_answer
            else:
                client.register_state = "differs" if client._register_lacks() else "same"

    def _needed_texts(self):
        """What Odoo needs of the system: {name: list of texts}."""
        self.ensure_one()
        redirect = self._redirect_url()
        return {
            "name": [self.system_name],
            "description": [self.system_description],
            "resources": self._altinn_resources(),
            "packages": self._altinn_packages(),
            "redirect_urls": [redirect] if redirect else [],
            "client_ids": [self.client_id] if self.client_id else [],
        }

    def _registered_texts(self):
        """The same of what Altinn has."""
        self.ensure_one()
        return {
            name: list(filter(None, (self[f"registered_{name}"] or "").split("\n")))
            for name in REGISTERED
        }

    def _register_lacks(self):
        """What Altinn has not got: {name: list of texts}; that Altinn has more is no difference."""
        registered = self._registered_texts()
        lacks = {
            name: [text for text in texts if text not in registered[name]]
            for name, texts in self._needed_texts().items()
        }
        if self.registered_deleted:
            lacks["name"] = [self.system_name]
        return {name: texts for name, texts in lacks.items() if texts}

    @api.depends(*COMPARED_FIELDS)
    def _compute_register_comparison(self):
        for client in self:
            client.register_comparison = client._comparison()

    def _comparison(self):
        labels = {
            "name": self.env._("Name"),
            "description": self.env._("Description"),
            "resources": self.env._("Rights to resources"),
            "packages": self.env._("Access packages"),
            "redirect_urls": self.env._("Return addresses"),
            "client_ids": self.env._("Client IDs"),
        }
        needed, registered = self._needed_texts(), self._registered_texts()
        lacks = self._register_lacks() if self._has_register_texts() else {}
        rows = Markup("").join(
            self._comparison_row(labels[name], needed[name], registered[name], name in lacks)
            for name in REGISTERED
        )
        return Markup(
            '<table class="table table-sm mb-0"><thead><tr><th style="width: 20%%"></th>'
            '<th style="width: 40%%">%s</th><th style="width: 40%%">%s</th></tr></thead>'
            "<tbody>%s</tbody></table>"
        ) % (self.env._("Odoo needs"), self.env._("Altinn has"), rows)

    def _has_register_texts(self):
        return bool(self.registered_name)

    def _comparison_row(self, label, needed, registered, differs):
        def cell(texts):
            lines = Markup("<br>").join(texts) or Markup('<span class="text-muted">–</span>')
            return Markup('<td class="text-break">%s</td>') % lines

        mark = Markup("")
        if self._has_register_texts() and needed:
            icon, title = (
                ("fa-exclamation-triangle text-warning", self.env._("Differs"))
                if differs
                else ("fa-check text-success", self.env._("Fits"))
            )
            mark = Markup('<i class="fa %s fa-fw" title="%s"></i> ') % (icon, title)
        return Markup("<tr%s><th>%s%s</th>%s%s</tr>") % (
            Markup(' class="table-warning"') if differs else "",
            mark,
            label,
            cell(needed),
            cell(registered),
        )

    @api.depends("register_state", "register_problem", "key_worked_on", "client_todo")
    def _compute_system_todo(self):
        """What is left to do in the third part of the form, in words; empty when it is done."""
        for client in self:
            client.system_todo = client._system_todo()

    def _system_todo(self):
        if self.register_state == "same":
            return False
        if self.register_problem:
            return self.env._("Altinn did not do it. See below what it says.")
        if not self.client_id or not self.key_worked_on:
            return self.env._("First finish 1 and 2: Altinn is asked with a token.")
        if self.register_state == "differs":
            return self.env._(
                "Altinn lacks something that Odoo needs: see the marks below. Press Update System. "
                "What others have registered for the system stays."
            )
        if self.register_state == "missing":
            return self.env._("The system is not in Altinn's register. Press Register System.")
        return self.env._(
            "Press Register System. If it is there already, Odoo takes it up as it is."
        )

    # ------------------------------------------------------------------ the register

    def write(self, vals):
        result = super().write(vals)
        if IDENTITY_FIELDS & vals.keys() and "register_answer" not in vals:
            self.write(self._nothing_registered("unknown"))
        return result

    def _altinn_client(self):
        """Altinn as the client's owner sees it.

        :raises UserError: when the client is not completely set up, or must not speak
        """
        self.ensure_one()
        maskinporten_client = self._maskinporten_client()
        address = self._address("altinn")
        return altinn.AltinnClient(
            address,
            lambda scope: maskinporten_client.token(scope).value,
            transport=altinn.new_transport(address, observer=self._observer()),
        )

    def action_register_system(self):
        """Register the system in Altinn, or take up what is there under its ID.

        Altinn is asked first, so that an answer that got lost, a second click and a second database
        lead to the same system.
        """
        return self._ask_register(self._register_system)

    def action_update_system(self):
        """Add to the registered system what Odoo needs and Altinn lacks. Nothing is taken away."""
        return self._ask_register(self._update_system)

    def action_compare_system(self):
        """Ask what Altinn has, and keep it beside what Odoo needs."""
        return self._ask_register(self._compare_system)

    def _ask_register(self, ask):
        """Run one of the actions, and keep in plain words what came of it."""
        self.ensure_one()
        self.check_access("write")
        try:
            words = ask(self._altinn_client(), self._needed_system())
        except UserError as error:
            return self._register_failed(str(error.args[0]))
        except ClientError as error:
            return self._register_failed(self._register_words(error))
        return self._tell(self.register_state in ("same", "differs"), words)

    def _register_failed(self, words):
        self.write(
            {
                "register_answer": "failed",
                "register_problem": words,
                "register_checked_on": fields.Datetime.now(),
            }
        )
        return self._tell(False, words)

    def _needed_system(self):
        """What Odoo would register.

        :raises UserError: when something for it is missing
        """
        if not self.owner_org_number or not self.system_id:
            raise UserError(self.env._("Enter the owner's organisation number and the system ID."))
        if not self.system_id.startswith(f"{self.owner_org_number}_"):
            raise UserError(
                self.env._("The system ID must begin with the owner's organisation number.")
            )
        texts = self._needed_texts()
        return altinn.RegisteredSystem(
            system_id=self.system_id,
            vendor_org=self.owner_org_number,
            name=dict.fromkeys(("nb", "en", "nn"), self.system_name),
            description=dict.fromkeys(("nb", "en", "nn"), self.system_description),
            resources=tuple(texts["resources"]),
            packages=tuple(texts["packages"]),
            client_ids=tuple(texts["client_ids"]),
            redirect_urls=tuple(texts["redirect_urls"]),
        )

    def _register_system(self, register, needed):
        found = register.system(needed.system_id)
        if found is None:
            try:
                register.register_system(needed)
            except altinn.AltinnError as error:
                if not error.system_exists:
                    raise
                return self._compare_system(register, needed)
            self._keep_registered(register.system(needed.system_id) or needed)
            return self.env._("The system is registered in Altinn.")
        self._keep_registered(found)
        if self.register_state == "same":
            return self.env._("The system is registered in Altinn already, with all that it needs.")
        return self.env._(
            "The system is registered in Altinn already. It lacks something: compare, then press "
            "Update System."
        )

    def _update_system(self, register, needed):
        found = register.system(needed.system_id)
        if found is None:
            return self._not_registered()
        self._keep_registered(found)
        if self._register_lacks():
            merged = _merged(found, needed)
            register.update_system(merged)
            self._keep_registered(register.system(needed.system_id) or merged)
        return self.env._("Altinn has all that Odoo needs.")

    def _compare_system(self, register, needed):
        found = register.system(needed.system_id)
        if found is None:
            return self._not_registered()
        self._keep_registered(found)
        if self.register_state == "same":
            return self.env._("Altinn has all that Odoo needs.")
        return self.env._("Altinn lacks something that Odoo needs. Press Update System.")

    def _not_registered(self):
        self.write(
            {
                **self._nothing_registered("missing"),
                "register_checked_on": fields.Datetime.now(),
            }
        )
        return self.env._("The system is not in Altinn's register. Press Register System.")

    @staticmethod
    def _nothing_registered(answer):
        return {
            "register_answer": answer,
            "register_problem": False,
            "registered_deleted": False,
            **{f"registered_{name}": False for name in REGISTERED},
        }

    def _keep_registered(self, system):
        """Keep what Altinn has. Of texts in several languages, Norwegian counts."""
        self.write(
            {
                "register_answer": "found",
                "register_problem": False,
                "register_checked_on": fields.Datetime.now(),
                "registered_deleted": system.deleted,
                "registered_name": _in_norwegian(system.name) or system.system_id,
                "registered_description": _in_norwegian(system.description),
                "registered_resources": "\n".join(system.resources),
                "registered_packages": "\n".join(system.packages),
                "registered_redirect_urls": "\n".join(system.redirect_urls),
                "registered_client_ids": "\n".join(system.client_ids),
            }
        )

    def _register_words(self, error):
        """Words for what Altinn refuses; one sentence for each thing that it finds wrong."""
        problems = getattr(error, "validation", None) or []
        if problems:
            return "\n".join(
                dict.fromkeys(
                    plain_words_altinn.register_problem(self.env, problem.code)
                    for problem in problems
                )
            )
        words = plain_words.client_error(self.env, error)
        if error.uncertain:
            words = self.env._(
                "%s It may have been done all the same: press the button again, Odoo looks first.",
                words,
            )
        return words


def _in_norwegian(texts):
    return texts.get("nb") or next(filter(None, texts.values()), "")


def _merged(found, needed):
    """What is registered, with what is needed added. Names in other languages stay where the
    Norwegian one fits."""

    def both(name):
        return tuple(dict.fromkeys((*getattr(found, name), *getattr(needed, name))))

    def texts(name):
        there, wanted = getattr(found, name), getattr(needed, name)
        return {**wanted, **there} if there.get("nb") == wanted["nb"] else wanted

    return dataclasses.replace(
        found,
        name=texts("name"),
        description=texts("description"),
        resources=both("resources"),
        packages=both("packages"),
        client_ids=both("client_ids"),
        redirect_urls=both("redirect_urls"),
        deleted=False,
    )
