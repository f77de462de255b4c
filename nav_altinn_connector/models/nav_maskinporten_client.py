from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..clients import keys, maskinporten, sykepenger
from ..clients.errors import ClientError, InsecureAddress
from ..clients.transport import require_secure
from ..domain import identity
from . import key_vault, plain_words

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


class NavMaskinportenClient(models.Model):
    """A client at Maskinporten (Digdir), by which Odoo gets access to NAV and Altinn.

    One client may serve many connections: those of one employer that owns it, or those of many
    employers when a vendor owns it.
    """

    _name = "nav.maskinporten.client"
    _description = "Maskinporten Client"
    _inherit = ["mail.thread"]
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

    key_ids = fields.One2many("nav.maskinporten.key", "client_id", string="Keys")
    current_key_id = fields.Many2one("nav.maskinporten.key", compute="_compute_current_key_id")
    public_jwk = fields.Text("Public Key (JWK)", compute="_compute_current_key_id")
    public_pem = fields.Text("Public Key (PEM)", compute="_compute_current_key_id")
    key_created_on = fields.Datetime("Key Made On", compute="_compute_current_key_id")
    import_pem = fields.Text(
        "Private Key to Import",
        compute="_compute_import_pem",
        inverse="_inverse_import_pem",
        help="Paste an RSA private key as PEM and save. It is encrypted at once and never shown.",
    )
    test_result = fields.Char("Last Test", readonly=True, copy=False)
    test_succeeded = fields.Boolean(readonly=True, copy=False)
    tested_on = fields.Datetime(readonly=True, copy=False)
    connection_ids = fields.One2many("nav.connection", "maskinporten_client_id", "Connections")
    connection_count = fields.Integer(compute="_compute_connection_count")

    # ------------------------------------------------------------------ computes and constraints

    @api.depends("key_ids.current")
    def _compute_current_key_id(self):
        for client in self:
            key = client.key_ids.filtered("current")[:1]
            client.current_key_id = key
            client.public_jwk = key.public_jwk
            client.public_pem = key.public_pem
            client.key_created_on = key.create_date

    def _compute_import_pem(self):
        self.import_pem = False

    def _inverse_import_pem(self):
        for client in self:
            if client.import_pem:
                client._store_key(client._normal_pem(client.import_pem))
        self.invalidate_recordset(["import_pem"])

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
        if self.env.su or self.env.user.has_group("base.group_system"):
            return super().write(vals)
        self._check_may_set_addresses([vals])
        if any(client.environment == "custom" for client in self) and "environment" in vals:
            self._check_may_set_addresses([{"environment": "custom"}])
        return super().write(vals)

    # ------------------------------------------------------------------ keys

    def action_generate_key(self):
        """Make a new RSA key pair and use it from now on.

        The public half must be registered at Digdir before Maskinporten accepts it.
        """
        self.ensure_one()
        self.check_access("write")
        self._store_key(keys.generate_private_key())
        return True

    def _normal_pem(self, text):
        try:
            return keys.import_private_key(text.strip() + "\n")
        except keys.InvalidKey as error:
            raise UserError(plain_words.invalid_key(self.env, error)) from error

    def _store_key(self, private_pem):
        self.ensure_one()
        try:
            key = self.env["nav.maskinporten.key"].sudo()._make(self.sudo(), private_pem)
        except keys.InvalidKey as error:
            raise UserError(plain_words.invalid_key(self.env, error)) from error
        except key_vault.VaultError as error:
            raise UserError(plain_words.vault(self.env, error)) from error
        self.invalidate_recordset()
        self.message_post(
            body=self.env._(
                "A new key, %s, is in use. Register its public half at Digdir.", key.kid
            )
        )

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

    def _maskinporten_client(self):
        """What asks Maskinporten for tokens, in this client's name.

        :raises UserError: when the client is not completely set up
        """
        self.ensure_one()
        key = self.sudo().current_key_id
        if not self.client_id:
            raise UserError(self.env._("%s has no Client ID yet.", self.display_name))
        if not key:
            raise UserError(
                self.env._("%s has no key yet. Generate one, or import one.", self.display_name)
            )
        try:
            private_pem = key._private_pem()
        except key_vault.VaultError as error:
            raise UserError(plain_words.vault(self.env, error)) from error
        base = self._address("maskinporten")
        return maskinporten.MaskinportenClient(
            f"{base}/", self.client_id, private_pem, kid=key.kid, token_url=f"{base}/token"
        )

    # ------------------------------------------------------------------ actions

    def action_test_token(self):
        """Ask Maskinporten for a token and keep in plain words what it said."""
        self.ensure_one()
        self.check_access("write")
        try:
            maskinporten_client = self._maskinporten_client()
            maskinporten_client.token(sykepenger.SCOPE, fresh=True)
        except UserError as error:
            succeeded, words = False, str(error.args[0])
        except ClientError as error:
            succeeded, words = False, plain_words.client_error(self.env, error)
        else:
            succeeded = True
            words = self.env._("Maskinporten gave a token. The client and its key work.")
        self.write(
            {
                "test_result": words,
                "test_succeeded": succeeded,
                "tested_on": fields.Datetime.now(),
            }
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if succeeded else "danger",
                "title": self.env._("Works") if succeeded else self.env._("Does not work"),
                "message": words,
                "sticky": not succeeded,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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
