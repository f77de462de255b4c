import json
import secrets

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..clients import keys
from . import database_copy, key_vault

# Maskinporten accepts a registered key for this long (docs.digdir.no, Maskinporten).
LIFETIME = relativedelta(years=1)

# The life of a key. A new one signs nothing but its own test; the test that succeeds puts it in
# use, and only then the one before it is no longer used. So there is no moment without a key that
# Maskinporten knows.
#
#   new ──(a token was had with it)──> current ──(another one took over)──> old ──> removed
#    │                                    ^
#    │                                    └── at once, when the client has no key that ever worked
#    └──> discarded


class NavMaskinportenKey(models.Model):
    """A key pair of a Maskinporten client, with the enterprise certificate that belongs to it, if
    it is one.

    The private key is encrypted before it reaches the database, and its field is closed to every
    user: not even a system administrator can read it by the interface, by RPC or by an export. It
    leaves the vault only inside :meth:`_private_pem`, for the signature of a grant.

    Several keys of one client may exist, so that a new one can be registered and tested while the
    old one still works; ``current`` is the one that signs.
    """

    _name = "nav.maskinporten.key"
    _description = "Maskinporten Key"
    _order = "create_date desc, id desc"
    _rec_name = "kid"

    client_id = fields.Many2one(
        "nav.maskinporten.client", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kid = fields.Char("Key ID", required=True, readonly=True)
    current = fields.Boolean(readonly=True)
    replaced_on = fields.Datetime("Out of Use Since", readonly=True)
    state = fields.Selection(
        [("new", "New"), ("current", "In Use"), ("old", "Old")],
        compute="_compute_state",
        help="New: not used before a test of it has succeeded. In use: signs. Old: not used any "
        "more, can be removed.",
    )
    public_pem = fields.Text("Public Key (PEM)", readonly=True)
    public_jwk = fields.Text("Public Key (JWK)", readonly=True)
    private_key_encrypted = fields.Text(required=True, readonly=True, copy=False, groups=NO_ACCESS)
    encryption = fields.Selection(
        [
            ("newest", "By the newest encryption key"),
            ("older", "By an older encryption key; renewed within a day"),
            ("wrong_key", "By an encryption key that this server does not have"),
            ("missing_key", "This server has no encryption key"),
            ("malformed_key", "The server's encryption key is not valid"),
            ("unusable_file", "The file of the encryption key cannot be read"),
        ],
        "Encrypted",
        compute="_compute_encryption",
    )

    registered_on = fields.Date(
        "Registered at Digdir On",
        readonly=True,
        required=True,
        default=fields.Date.context_today,
        help="Maskinporten accepts a registered key for one year from then on.",
    )
    expires_on = fields.Date(compute="_compute_expires_on", store=True)
    worked_on = fields.Datetime(
        "First Token On", readonly=True, help="When Maskinporten first gave a token for this key."
    )
    warned = fields.Boolean(
        readonly=True, help="The administrators have been told that it expires."
    )

    certificate_chain = fields.Text(
        readonly=True, help="The enterprise certificate and its issuers, as PEM. Not secret."
    )
    certificate_subject = fields.Char("Certificate Of", readonly=True)
    certificate_org_number = fields.Char("Certificate's Organisation Number", readonly=True)
    certificate_issuer = fields.Char("Issued By", readonly=True)
    certificate_valid_until = fields.Date("Valid Until", readonly=True)

    _one_current = models.UniqueIndex("(client_id) WHERE current IS TRUE")
    _one_new = models.UniqueIndex(
        "(client_id) WHERE current IS NOT TRUE AND replaced_on IS NULL",
        "A new key is waiting already. Test it, or discard it.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends("current", "replaced_on")
    def _compute_state(self):
        for key in self:
            key.state = "current" if key.current else "old" if key.replaced_on else "new"

    @api.depends("registered_on", "certificate_valid_until")
    def _compute_expires_on(self):
        for key in self:
            registered = key.registered_on and key.registered_on + LIFETIME
            # A certificate is not registered: it has its own end.
            key.expires_on = key.certificate_valid_until or registered

    def _compute_encryption(self):
        for key in self:
            ciphertext = key.sudo().private_key_encrypted
            key.encryption = key_vault.standing(ciphertext) if ciphertext else False

    # ------------------------------------------------------------------ making and removing

    def copy(self, default=None):  # pylint: disable=method-required-super
        raise UserError(self.env._("A key cannot be duplicated. Generate a new one instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_current(self):
        if any(key.current for key in self):
            raise UserError(
                self.env._(
                    "The key in use cannot be removed: nothing could be fetched any more. Make a "
                    "new key first, register it and test it."
                )
            )

    def _destroy(self):
        """Remove keys for good, also the one in use."""
        self.sudo().write({"current": False, "replaced_on": fields.Datetime.now()})
        self.sudo().unlink()

    @api.model
    def _make(self, client, private_pem, certificates=(), current=False):
        """Store a private key, encrypted.

        :param client: the ``nav.maskinporten.client``
        :param str private_pem: an unencrypted RSA private key
        :param certificates: PEM texts of the enterprise certificate and its issuers
        :param bool current: it takes the place of the client's current key at once
        :raises keys.InvalidKey: when it is not a key that Maskinporten accepts
        :raises key_vault.VaultError: when there is no usable encryption key
        """
        kid = f"nav-{client.owner_org_number or 'odoo'}-{secrets.token_hex(4)}"
        # What was written of the other keys comes first: the index allows one new key.
        self.env.flush_all()
        key = self.create(
            {
                "client_id": client.id,
                "kid": kid,
                "public_jwk": json.dumps(
                    keys.public_jwk(private_pem, kid), indent=2, sort_keys=True
                ),
                "public_pem": keys.public_pem(private_pem),
                "private_key_encrypted": key_vault.encrypt(private_pem),
                **_certificate_values(certificates),
            }
        )
        if current:
            key._take_over()
        database_copy.mark_first_use(self.env)
        return key

    def _take_over(self):
        """Sign with this key from now on; the one before it becomes an old one."""
        self.ensure_one()
        self.client_id.key_ids.filtered("current").write(
            {"current": False, "replaced_on": fields.Datetime.now()}
        )
        # Flushed first, since the index allows one current key at any moment.
        self.env.flush_all()
        self.current = True

    # ------------------------------------------------------------------ the private half

    @api.autovacuum
    def _gc_old_encryption_keys(self):
        """Bring all private keys under the newest encryption key, so that the old one can go.

        What cannot be decrypted stays as it is: the message comes where the key is used.
        """
        for key in self.sudo().search([]):
            try:
                renewed = key_vault.reencrypt(key.private_key_encrypted)
            except key_vault.VaultError:
                continue
            if renewed != key.private_key_encrypted:
                key.private_key_encrypted = renewed

    def _private_pem(self):
        """The private key, for signing. Never to be stored, shown or logged.

        :raises key_vault.VaultError: when it cannot be decrypted
        """
        self.ensure_one()
        return key_vault.decrypt(self.sudo().private_key_encrypted)


def _certificate_values(certificates):
    if not certificates:
        return {}
    certificate = keys.read_certificate(certificates[0])
    return {
        "certificate_chain": "\n".join(pem.strip() for pem in certificates) + "\n",
        "certificate_subject": certificate.subject,
        "certificate_org_number": certificate.org_number,
        "certificate_issuer": certificate.issuer,
        "certificate_valid_until": certificate.valid_until,
    }
