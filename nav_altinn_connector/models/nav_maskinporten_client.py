from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..clients import maskinporten, scopes
from ..clients.errors import ClientError, InsecureAddress
from ..clients.transport import require_secure
from ..domain import identity
from . import database_copy, key_vault, plain_words
from .notification import notification

# Base addresses of the public systems (facts: Digdir's, NAV's, Altinn's and Brønnøysund's
# documentation). Enhetsregisteret has no test system that is open to all.
ADDRESSES = {
    "production": {
        "maskinporten_url": "https://maskinporten.no",
        "altinn_url": "https://platform.altinn.no",
        "sykepenger_url": "https://sykepenger-api.nav.no",
        "followup_plan_url": "https://lps-oppfolgingsplan-mottak.nav.no",
        "enhetsregisteret_url": "https://data.brreg.no/enhetsregisteret/api",
    },
    "test": {
        "maskinporten_url": "https://test.maskinporten.no",
        "altinn_url": "https://platform.tt02.altinn.no",
        "sykepenger_url": "https://sykepenger-api.ekstern.dev.nav.no",
        "followup_plan_url": "https://lps-oppfolgingsplan-mottak.ekstern.dev.nav.no",
        "enhetsregisteret_url": "https://data.brreg.no/enhetsregisteret/api",
    },
}
URL_FIELDS = tuple(ADDRESSES["production"])
# What a test of the client depends on: after a change it says nothing any more.
TESTED_FIELDS = frozenset({"environment", "client_id", "maskinporten_url"})
SCOPE_MISSING = "MP-200"  # Maskinporten: the scope is not on the client


class NavMaskinportenClient(models.Model):
    """A client at Maskinporten (Digdir), by which Odoo gets access to NAV and Altinn.

    One client may serve many connections: those of one employer that owns it, or those of many
    employers when a vendor owns it.
    """

    _name = "nav.maskinporten.client"
    _description = "Maskinporten Client"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty when connections of several companies use this client."
    )
    environment = fields.Selection(
        [
            ("production", "Production"),
            ("test", "NAV's and Altinn's test environment"),
            ("custom", "Own addresses (sandbox)"),
        ],
        default="production",
        required=True,
        tracking=True,
        help="Production uses real health data. Identity numbers of test persons are accepted in "
        "the other environments only.",
    )
    owner_org_number = fields.Char(
        "Owner's Organisation Number",
        tracking=True,
        help="The organisation that owns the client at Digdir: the employer itself, or a vendor.",
    )
    client_id = fields.Char(
        "Client ID",
        tracking=True,
        help="The identifier that Digdir's self-service shows for the integration.",
    )
    maskinporten_url = fields.Char("Maskinporten Address")
    altinn_url = fields.Char("Altinn Address")
    sykepenger_url = fields.Char("Sykepenger API Address")
    followup_plan_url = fields.Char("Follow-up Plan API Address")
    enhetsregisteret_url = fields.Char("Enhetsregisteret Address")

    test_result = fields.Char("Last Test", readonly=True, copy=False)
    test_succeeded = fields.Boolean(readonly=True, copy=False)
    tested_on = fields.Datetime(readonly=True, copy=False)
    scopes = fields.Text("Scopes to Add at Digdir", compute="_compute_scopes")
    scopes_missing = fields.Text(
        readonly=True, copy=False, help="Scopes that the last test found missing, one a line."
    )
    scope_overview = fields.Html(compute="_compute_scopes", sanitize=False)
    client_todo = fields.Char("What to Do at Digdir", compute="_compute_client_todo")
    connection_ids = fields.One2many("nav.connection", "maskinporten_client_id", "Connections")
    connection_count = fields.Integer(compute="_compute_connection_count")

    # ------------------------------------------------------------------ computes and constraints

    @api.depends("connection_ids")
    def _compute_connection_count(self):
        for client in self:
            client.connection_count = len(client.connection_ids)

    @api.constrains("owner_org_number")
    def _check_owner_org_number(self):
        for client in self:
            number = client.owner_org_number
            if number and not identity.is_valid_org_number(number):
                raise ValidationError(
                    self.env._(
                        "%s is not a valid organisation number. It has nine digits, and the last "
                        "one is a check digit.",
                        number,
                    )
                )

    @api.constrains("environment", *URL_FIELDS)
    def _check_addresses(self):
        for client in self.filtered(lambda client: client.environment == "custom"):
            for name in URL_FIELDS:
                if not client[name]:
                    continue
                try:
                    require_secure(client[name])
                except InsecureAddress as error:
                    raise ValidationError(
                        self.env._(
                            "%(field)s must begin with https://. Only an address on this machine "
                            "may use http://.",
                            field=self._fields[name]._description_string(self.env),
                        )
                    ) from error

    def _check_may_set_addresses(self, values_list):
        """Only a system administrator decides where identity numbers and health data are sent."""
        if self.env.su or self.env.user.has_group("base.group_system"):
            return
        for values in values_list:
            if values.get("environment") == "custom" or any(map(values.get, URL_FIELDS)):
                raise UserError(
                    self.env._(
                        "Only a system administrator may choose own addresses: sick notes are "
                        "fetched from them."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        clients = super().create(vals_list)
        # The records and not the values: defaults may come from the caller's context.
        clients._check_may_set_addresses(
            [{name: client[name] for name in ("environment", *URL_FIELDS)} for client in clients]
        )
        return clients

    def write(self, vals):
        if not (self.env.su or self.env.user.has_group("base.group_system")):
            self._check_may_set_addresses([vals])
            if any(client.environment == "custom" for client in self) and "environment" in vals:
                self._check_may_set_addresses([{"environment": "custom"}])
        if TESTED_FIELDS & vals.keys() and "tested_on" not in vals:
            vals = {**vals, "tested_on": False, "test_succeeded": False, "scopes_missing": False}
        return super().write(vals)

    # ------------------------------------------------------------------ access to outside systems

    def _address(self, system):
        """The base address of a system, without a slash at its end.

        :param str system: a name in ``URL_FIELDS`` without ``_url``
        :raises UserError: when own addresses are used and this one is empty
        """
        self.ensure_one()
        name = f"{system}_url"
        if self.environment != "custom":
            return ADDRESSES[self.environment][name]
        if not self[name]:
            raise UserError(
                self.env._(
                    "%(client)s has no %(field)s.",
                    client=self.display_name,
                    field=self._fields[name]._description_string(self.env),
                )
            )
        return self[name].strip().rstrip("/")

    def _allows_synthetic(self):
        """Identity numbers of test persons are valid outside production only."""
        self.ensure_one()
        return self.environment != "production"

    def _maskinporten_client(self, key=None):
        """What asks Maskinporten for tokens, in this client's name. There is no other way to get
        a token.

        :param key: the ``nav.maskinporten.key`` that signs; by default the one in use
        :raises UserError: when the client is not completely set up, or must not speak
        """
        self.ensure_one()
        database_copy.refuse(self)
        key = key or self.sudo().current_key_id
        if not self.client_id:
            raise UserError(self.env._("%s has no Client ID yet.", self.display_name))
        if not key:
            raise UserError(
                self.env._("%s has no key yet. Generate one, or import one.", self.display_name)
            )
        base = self._address("maskinporten")
        token_url = f"{base}/token"
        try:
            return maskinporten.MaskinportenClient(
                f"{base}/",
                self.client_id,
                key._private_pem(),
                kid=key.kid,
                certificate_chain=[key.certificate_chain] if key.certificate_chain else None,
                token_url=token_url,
                transport=maskinporten.new_transport(base, token_url, observer=self._observer()),
                own_org=self.owner_org_number or None,
            )
        except key_vault.VaultError as error:
            raise UserError(plain_words.vault(self.env, error)) from error
        except maskinporten.InvalidKey as error:
            raise UserError(plain_words.invalid_key(self.env, error)) from error

    # ------------------------------------------------------------------ scopes

    def _scope_purposes(self):
        """What must be added to the client at Digdir: {scope: what it is for}."""
        return {
            scopes.SICK_NOTES: self.env._("Fetch sick notes from NAV"),
            scopes.FOLLOWUP_PLAN: self.env._(
                "Send follow-up plans to NAV, where you want that; the connection verifies it"
            ),
            scopes.SYSTEM_REGISTER: self.env._("Register the system in Altinn"),
            scopes.REQUEST_WRITE: self.env._("Ask employers for approval in Altinn"),
            scopes.REQUEST_READ: self.env._("See whether they have approved"),
        }

    @api.depends("scopes_missing", "tested_on", "test_succeeded")
    def _compute_scopes(self):
        purposes = self._scope_purposes()
        for client in self:
            client.scopes = "\n".join(purposes)
            missing = (client.scopes_missing or "").split()
            known = client.tested_on and (client.test_succeeded or missing)
            client.scope_overview = Markup('<ul class="list-unstyled mb-0">%s</ul>') % Markup(
                ""
            ).join(
                client._scope_line(
                    scope,
                    purpose,
                    # Whether plans can be sent depends on the connection, which verifies it.
                    known and scope not in missing and scope != scopes.FOLLOWUP_PLAN,
                    scope in missing,
                )
                for scope, purpose in purposes.items()
            )

    def _scope_line(self, scope, purpose, granted, missing):
        icon, title = "fa-circle-o text-muted", self.env._("Not tested yet")
        if granted:
            icon, title = "fa-check text-success", self.env._("The client has it")
        elif missing:
            icon, title = "fa-times text-danger", self.env._("Missing at Digdir")
        return Markup(
            '<li class="mb-1"><i class="fa %s fa-fw me-1" title="%s"></i>'
            '<code>%s</code> <span class="text-muted">%s</span></li>'
        ) % (icon, title, scope, purpose)

    @api.depends("client_id", "owner_org_number", "scopes_missing")
    def _compute_client_todo(self):
        """What is left to do in the first part of the form, in words; empty when it is done."""
        for client in self:
            if not client.owner_org_number or not client.client_id:
                words = self.env._(
                    "Make an integration of the type Maskinporten in Digdir's self-service, add "
                    "the scopes below to it, and enter its client ID and its owner here."
                )
            elif client.scopes_missing:
                words = self.env._("Add the missing scopes at Digdir, then press Test.")
            else:
                words = False
            client.client_todo = words

    # ------------------------------------------------------------------ testing

    def action_test_token(self):
        """Ask Maskinporten for a token and keep in plain words what it said.

        The other scopes are tried once the first one works, to tell which of them are missing at
        Digdir.
        """
        self.ensure_one()
        self.check_access("write")
        problem, code = self._ask_token(self.sudo().current_key_id)
        succeeded = not problem
        if succeeded:
            words, missing = (
                self.env._("Maskinporten gave a token. The client and its key work."),
                self._missing_scopes(),
            )
        else:
            words, missing = problem, [scopes.SICK_NOTES] if code == SCOPE_MISSING else []
        self.write(
            {
                "test_result": words,
                "test_succeeded": succeeded,
                "tested_on": fields.Datetime.now(),
                "scopes_missing": "\n".join(missing) or False,
            }
        )
        if missing and succeeded:
            words = self.env._(
                "%(words)s These scopes are missing at Digdir: %(scopes)s",
                words=words,
                scopes=", ".join(missing),
            )
        return self._tell(succeeded, words)

    def _ask_token(self, key):
        """Ask for a token, signed with this key.

        :return: (False, None) when there was one, else (why not in plain words, the error's code)
        """
        try:
            self._maskinporten_client(key or None).token(scopes.SICK_NOTES, fresh=True)
        except UserError as error:
            return str(error.args[0]), None
        except ClientError as error:
            return plain_words.client_error(self.env, error), error.code
        if not key.worked_on:
            key.sudo().worked_on = fields.Datetime.now()
        return False, None

    def _missing_scopes(self):
        """The scopes for which Maskinporten says that the client has not got them at Digdir. What
        it does not answer is not called missing."""
        maskinporten_client, missing = self._maskinporten_client(), []
        for scope in scopes.ALTINN:
            try:
                maskinporten_client.token(scope, fresh=True)
            except ClientError as error:
                if error.code != SCOPE_MISSING:
                    break
                missing.append(scope)
        return missing

    def _tell(self, succeeded, words):
        """A notification, after which the form shows the new state."""
        if succeeded:
            return notification(words, "success", title=self.env._("Works"))
        return notification(words, "danger", title=self.env._("Does not work"))

    # ------------------------------------------------------------------ actions

    def action_open_connections(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.connection",
            "view_mode": "kanban,list,form",
            "domain": [("maskinporten_client_id", "=", self.id)],
            "name": self.env._("Connections"),
            "context": {"default_maskinporten_client_id": self.id},
        }
