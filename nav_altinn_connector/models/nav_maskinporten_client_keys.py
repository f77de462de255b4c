# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import base64
import binascii
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..clients import keys
from . import key_vault, plain_words, quiet_rpc
from .nav_maskinporten_client import TESTED_FIELDS

UNKNOWN_KEY = "MP-124"  # Maskinporten: none of the client's keys made this signature
WARN_DAYS = 30  # before a key expires
# An activity of this type on a client, made by Odoo, is always about its key.
ACTIVITY = "mail.mail_activity_data_warning"
IMPORT_FIELDS = ("import_pem", "import_file", "import_password")
quiet_rpc.keep_out_of_log(IMPORT_FIELDS)


class NavMaskinportenClient(models.Model):
    """The keys of a client: how they are made, imported, tested, changed and removed, and who is
    told in time that one expires. The life of a key is drawn in :mod:`.nav_maskinporten_key`."""

    _inherit = "nav.maskinporten.client"

    authentication = fields.Selection(
        [("key", "A key registered at Digdir"), ("certificate", "An enterprise certificate")],
        "Signs With",
        default="key",
        required=True,
        copy=False,
        tracking=True,
        help="A key that Odoo makes and you register at Digdir, which is the simplest. Or an "
        "enterprise certificate (virksomhetssertifikat) that your organisation has already.",
    )
    key_ids = fields.One2many("nav.maskinporten.key", "client_id", string="Keys")
    current_key_id = fields.Many2one("nav.maskinporten.key", compute="_compute_keys")
    new_key_id = fields.Many2one("nav.maskinporten.key", compute="_compute_keys")
    old_key_count = fields.Integer(compute="_compute_keys")
    public_jwk = fields.Text("Public Key (JWK)", compute="_compute_keys")
    public_pem = fields.Text("Public Key (PEM)", compute="_compute_keys")
    new_public_jwk = fields.Text("New Public Key (JWK)", compute="_compute_keys")
    new_public_pem = fields.Text("New Public Key (PEM)", compute="_compute_keys")
    new_certificate_subject = fields.Char("New Certificate Of", compute="_compute_keys")
    key_created_on = fields.Datetime("Key Made On", compute="_compute_keys")
    key_worked_on = fields.Datetime("Key Works Since", compute="_compute_keys")
    key_age = fields.Integer("Age of the Key (Days)", compute="_compute_keys")
    key_registered_on = fields.Date(
        "Registered at Digdir On",
        compute="_compute_key_registered_on",
        inverse="_inverse_key_registered_on",
        help="Maskinporten accepts a key for one year from then on. Set by Odoo to the day on "
        "which the key was made; change it for a key that was imported.",
    )
    key_expires_on = fields.Date(
        compute="_compute_key_expires_on", store=True, index="btree_not_null"
    )
    key_warning = fields.Char(compute="_compute_key_warning")
    key_problem = fields.Char(compute="_compute_key_problem")
    key_todo = fields.Char("What to Do About the Key", compute="_compute_key_todo")
    new_key_result = fields.Char("Test of the New Key", readonly=True, copy=False)

    certificate_subject = fields.Char("Certificate Of", compute="_compute_keys")
    certificate_org_number = fields.Char(
        "Certificate's Organisation Number", compute="_compute_keys"
    )
    certificate_issuer = fields.Char("Certificate Issued By", compute="_compute_keys")
    certificate_valid_until = fields.Date(compute="_compute_keys")

    # What is imported is encrypted at once: these fields have no column, and always read empty.
    import_pem = fields.Text(
        "Private Key to Import",
        compute="_compute_import",
        inverse="_inverse_import",
        help="Paste an RSA private key as PEM, with its certificates if it has some, and save. It "
        "is encrypted at once and never shown.",
    )
    import_file = fields.Binary(
        "File to Import",
        compute="_compute_import",
        inverse="_inverse_import",
        help="A PKCS#12 file (.p12, .pfx) or a PEM file. It is encrypted at once and never shown.",
    )
    import_password = fields.Char(
        "Its Password",
        compute="_compute_import",
        inverse="_inverse_import",
        help="Needed when the key or the file is protected by a password. It is not kept.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends(
        "key_ids.current", "key_ids.replaced_on", "key_ids.worked_on", "key_ids.registered_on"
    )
    def _compute_keys(self):
        for client in self:
            key = client.key_ids.filtered("current")[:1]
            new = client.key_ids.filtered(lambda key: key.state == "new")[:1]
            client.current_key_id = key
            client.new_key_id = new
            client.old_key_count = len(client.key_ids.filtered(lambda key: key.state == "old"))
            client.public_jwk, client.public_pem = key.public_jwk, key.public_pem
            client.new_public_jwk, client.new_public_pem = new.public_jwk, new.public_pem
            client.new_certificate_subject = new.certificate_subject
            for name in ("subject", "org_number", "issuer", "valid_until"):
                client[f"certificate_{name}"] = key[f"certificate_{name}"]
            client.key_created_on = key.create_date
            client.key_worked_on = key.worked_on
            client.key_age = (
                (fields.Date.context_today(client) - key.registered_on).days if key else 0
            )

    @api.depends("key_ids.current", "key_ids.registered_on")
    def _compute_key_registered_on(self):
        for client in self:
            client.key_registered_on = client.key_ids.filtered("current")[:1].registered_on

    def _inverse_key_registered_on(self):
        for client in self.filtered(lambda client: client.current_key_id):
            day = client.key_registered_on
            if not day or day > fields.Date.context_today(client):
                raise UserError(self.env._("A key cannot be registered later than today."))
            client.current_key_id.sudo().write({"registered_on": day, "warned": False})
            if not client._key_warning():
                client.activity_unlink([ACTIVITY])

    @api.depends("key_ids.current", "key_ids.expires_on")
    def _compute_key_expires_on(self):
        for client in self:
            client.key_expires_on = client.key_ids.filtered("current")[:1].expires_on

    @api.depends("key_expires_on", "key_ids.current", "key_ids.replaced_on")
    def _compute_key_warning(self):
        for client in self:
            client.key_warning = client._key_warning()

    def _key_warning(self):
        """Words from 30 days before the key in use expires, else False."""
        key = self.sudo().current_key_id
        today = fields.Date.context_today(self)
        if not key.expires_on or key.expires_on > today + timedelta(days=WARN_DAYS):
            return False
        when = format_date(self.env, key.expires_on)
        over = key.expires_on <= today
        if key.certificate_chain:
            told = (
                self.env._("The enterprise certificate expired on %s.", when)
                if over
                else self.env._("The enterprise certificate expires on %s.", when)
            )
        else:
            told = (
                self.env._("Maskinporten does not accept the key any more since %s.", when)
                if over
                else self.env._("Maskinporten accepts the key until %s only.", when)
            )
        return f"{told} {self._key_advice(key)}"

    def _key_advice(self, key):
        if self.sudo().new_key_id:
            return self.env._("Register the new key at Digdir, then press Test New Key.")
        if key.certificate_chain:
            return self.env._("Import a new certificate.")
        return self.env._("Press Start Key Change; the key in use goes on working meanwhile.")

    def _compute_key_problem(self):
        """Why the keys cannot be used on this server, in words: asked each time, of the server's
        encryption key and not of Maskinporten."""
        for client in self:
            key = client.sudo().current_key_id
            reason = key and key_vault.standing(key.private_key_encrypted)
            client.key_problem = (
                plain_words.vault(self.env, key_vault.VaultError(reason))
                if reason and reason not in ("newest", "older")
                else client._certificate_problem(key)
            )

    def _certificate_problem(self, key):
        number = key.certificate_org_number
        if not number or not self.owner_org_number or number == self.owner_org_number:
            return False
        return self.env._(
            "The certificate is of the organisation %(certificate)s, but the client belongs to "
            "%(owner)s. Maskinporten accepts a certificate of the client's owner only.",
            certificate=number,
            owner=self.owner_org_number,
        )

    @api.depends("key_problem", "key_warning", "tested_on", "test_succeeded", "authentication")
    def _compute_key_todo(self):
        """What is left to do in the second part of the form, in words; empty when it is done."""
        for client in self:
            client.key_todo = client._key_todo()

    def _key_todo(self):
        if self.key_problem:
            return self.key_problem
        if not self.current_key_id:
            if self.authentication == "certificate":
                return self.env._("Import the enterprise certificate of the client's owner.")
            return self.env._("Generate a key. Its private half stays here, encrypted.")
        if self.tested_on and not self.test_succeeded:
            return self.env._("The last test failed. Mend what it says, then press Test.")
        if not self.key_worked_on:
            if self.certificate_subject:
                return self.env._("Press Test.")
            return self.env._(
                "Register the public key on the client in Digdir's self-service, then press Test. "
                "A new key may take a few minutes until it works."
            )
        return self.key_warning

    def write(self, vals):
        result = super().write(vals)
        if TESTED_FIELDS & vals.keys():
            # That a key worked for another client at Maskinporten says nothing of this one.
            self.sudo().key_ids.filtered("worked_on").write({"worked_on": False})
        return result

    # ------------------------------------------------------------------ making and importing

    def action_generate_key(self):
        """Make a new RSA key pair.

        The first key of a client is in use at once, and so is one that replaces a key which never
        worked. Otherwise this starts a change of keys: the key in use goes on signing until
        :meth:`action_test_new_key` succeeds. The public half must be registered at Digdir before
        Maskinporten accepts it.

        :raises UserError: when a change has been started already
        """
        self.ensure_one()
        self.check_access("write")
        self._store_key(keys.generate_private_key())
        return True

    def _compute_import(self):
        self.update(dict.fromkeys(IMPORT_FIELDS, False))

    def _inverse_import(self):
        for client in self.with_context(bin_size=False):
            if client.import_pem or client.import_file:
                private_pem, certificates = client._read_import()
                client._store_key(private_pem, certificates)
        self.invalidate_recordset(IMPORT_FIELDS)

    def _read_import(self):
        """The private key and the certificates in what was pasted or uploaded.

        :raises UserError: when there is nothing in it that can be used
        """
        password = self.import_password or None
        try:
            if self.import_pem:
                return self._checked(*keys.split_pem(self.import_pem.strip() + "\n", password))
            data = base64.b64decode(self.import_file, validate=True)
            if b"-----BEGIN" in data:
                return self._checked(*keys.split_pem(data.decode("ascii", "replace"), password))
            return self._checked(*keys.load_pkcs12(data, password))
        except keys.InvalidKey as error:
            raise UserError(plain_words.invalid_key(self.env, error)) from error
        except binascii.Error as error:
            raise UserError(self.env._("The file cannot be read.")) from error

    def _checked(self, private_pem, certificates):
        if not certificates:
            if self.authentication == "certificate":
                raise keys.InvalidKey("no_certificate")
            return private_pem, certificates
        until = keys.read_certificate(certificates[0]).valid_until
        if until < fields.Date.today():
            raise UserError(
                self.env._("This certificate expired on %s.", format_date(self.env, until))
            )
        return private_pem, certificates

    def _store_key(self, private_pem, certificates=()):
        self.ensure_one()
        client = self.sudo()
        if client.new_key_id:
            raise UserError(
                self.env._(
                    "A change of keys has been started already. Register the new key at Digdir "
                    "and press Test New Key, or press Discard New Key first."
                )
            )
        at_once = not client._key_has_worked()
        try:
            key = (
                self.env["nav.maskinporten.key"]
                .sudo()
                ._make(client, private_pem, certificates, current=at_once)
            )
        except keys.InvalidKey as error:
            raise UserError(plain_words.invalid_key(self.env, error)) from error
        except key_vault.VaultError as error:
            raise UserError(plain_words.vault(self.env, error)) from error
        self.invalidate_recordset()
        if at_once:
            client._key_replaced(key)
        client.new_key_result = False
        words = self._stored_words(key)
        self.message_post(body=words)

    def _stored_words(self, key):
        client = plain_words.in_language_of(self._company(), self)
        if not key.current:
            return client.env._(
                "A new key, %s, was made. The key in use goes on signing until the new one has "
                "been tested.",
                key.kid,
            )
        if key.certificate_chain:
            return client.env._("An enterprise certificate, %s, is in use.", key.kid)
        return client.env._(
            "A new key, %s, is in use. Register its public half at Digdir.", key.kid
        )

    def _company(self):
        return self.company_id or self.env.company

    def _key_has_worked(self):
        """Whether something depends on the key in use: it gave a token in a test, or a connection
        has left draft with it, for which a token is needed too."""
        key = self.current_key_id
        if not key:
            return False
        connections = self.env["nav.connection"].with_context(active_test=False)
        return bool(key.worked_on) or bool(
            connections.search_count(
                [("maskinporten_client_id", "=", self.id), ("state", "!=", "draft")], limit=1
            )
        )

    # ------------------------------------------------------------------ changing

    def action_test_new_key(self):
        """Ask Maskinporten for a token by the new key alone, and use it from now on when there was
        one. The key in use until then stays until it is removed."""
        self.ensure_one()
        self.check_access("write")
        key = self.sudo().new_key_id
        if not key:
            raise UserError(self.env._("There is no new key. Press Start Key Change first."))
        problem, code = self._ask_token(key)
        if problem:
            if code == UNKNOWN_KEY:
                problem = self.env._(
                    "Maskinporten does not know it. Register its public half at Digdir; it may "
                    "then take a few minutes."
                )
            words = self.env._(
                "The new key does not work yet. %s The key in use goes on signing.", problem
            )
            self.new_key_result = words
            return self._tell(False, words)
        key._take_over()
        self.sudo()._key_replaced(key)
        words = self.env._("Maskinporten gave a token for the new key. It is in use from now on.")
        self.write(
            {
                "test_result": words,
                "test_succeeded": True,
                "tested_on": fields.Datetime.now(),
                "new_key_result": False,
            }
        )
        self.message_post(
            body=plain_words.in_language_of(self._company(), self).env._(
                "The new key, %s, works and is in use.", key.kid
            )
        )
        return self._tell(True, words)

    def _key_replaced(self, key):
        """What follows when another key signs: nobody needs to be told of the one before it."""
        self.authentication = "certificate" if key.certificate_chain else "key"
        if key.certificate_org_number and not self.owner_org_number:
            self.owner_org_number = key.certificate_org_number
        self.activity_unlink([ACTIVITY])
        if key.worked_on:
            return
        # What an earlier key's test said is no longer so.
        self.write({"tested_on": False, "test_succeeded": False, "test_result": False})

    def action_discard_new_key(self):
        """Give a change of keys up. The key in use stays as it is."""
        self.ensure_one()
        self.check_access("write")
        self.sudo().new_key_id.unlink()
        self.new_key_result = False
        return True

    def action_remove_old_keys(self):
        """Remove the keys that are not used any more."""
        self.ensure_one()
        self.check_access("write")
        self.sudo().key_ids.filtered(lambda key: key.state == "old").unlink()
        return True

    # ------------------------------------------------------------------ telling in time

    @api.model
    def _warn_of_expiring_keys(self):
        """Tell the administrators of each client whose key expires within 30 days: once for each
        key, by an activity, which goes away when another key is in use."""
        clients = self.sudo().search(
            [
                ("key_expires_on", "<=", fields.Date.today() + timedelta(days=WARN_DAYS)),
                ("key_ids", "any", [("current", "=", True), ("warned", "=", False)]),
            ]
        )
        for client in clients:
            client.current_key_id.warned = True
            for user in client._administrators():
                in_words = client.with_context(lang=user.lang or "en_US")
                in_words.activity_schedule(
                    ACTIVITY,
                    date_deadline=client.key_expires_on,
                    summary=in_words.env._("The key of %s expires", client.name),
                    note=in_words._key_warning(),
                    user_id=user.id,
                )

    def _administrators(self):
        """Who looks after this client: NAV administrators of its company."""
        users = self.env.ref("nav_altinn_connector.group_nav_admin").sudo().all_user_ids
        return users.filtered(
            lambda user: (
                user.active
                and not user.share
                and (not self.company_id or self.company_id in user.company_ids)
            )
        )
