import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..clients import keys
from . import key_vault


class NavMaskinportenKey(models.Model):
    """A key pair of a Maskinporten client.

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
    public_pem = fields.Text("Public Key (PEM)", readonly=True)
    public_jwk = fields.Text("Public Key (JWK)", readonly=True)
    private_key_encrypted = fields.Text(required=True, readonly=True, copy=False, groups=NO_ACCESS)

    _one_current = models.UniqueIndex("(client_id) WHERE current IS TRUE")

    def copy(self, default=None):  # pylint: disable=method-required-super
        raise UserError(self.env._("A key cannot be duplicated. Generate a new one instead."))

    @api.model
    def _make(self, client, private_pem):
        """Store a private key as the client's current one, encrypted.

        :param str private_pem: an RSA key as PEM, not encrypted
        :raises clients.keys.InvalidKey: when it is not a key that Maskinporten accepts
        :raises key_vault.VaultError: when there is no usable encryption key
        """
        kid = f"nav-{client.owner_org_number or 'odoo'}-{secrets.token_hex(4)}"
        public_jwk = keys.public_jwk(private_pem, kid)
        client.key_ids.filtered("current").write({"current": False})
        # Flushed first, since the index allows one current key at any moment.
        self.env.flush_all()
        return self.create(
            {
                "client_id": client.id,
                "kid": kid,
                "current": True,
                "public_jwk": json.dumps(public_jwk, indent=2, sort_keys=True),
                "public_pem": keys.public_pem(private_pem),
                "private_key_encrypted": key_vault.encrypt(private_pem),
            }
        )

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
