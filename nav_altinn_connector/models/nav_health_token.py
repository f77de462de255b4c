import hashlib
import hmac
import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

PREFIX = "navh_"
SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


class NavHealthToken(models.Model):
    """A token by which a monitoring system may read how the connections are.

    The token itself is shown once, when it is made. What is kept is its hash, from which it cannot
    be found: it is 256 random bits, so no slow hash is needed. It opens nothing but the states and
    numbers of :meth:`nav.connection._monitoring`.
    """

    _name = "nav.health.token"
    _description = "Token for Monitoring"
    _order = "revoked_on desc, id desc"

    name = fields.Char(required=True, help="Which system uses it.")
    token_hash = fields.Char(required=True, readonly=True, copy=False, groups=fields.NO_ACCESS)
    revoked_on = fields.Datetime(readonly=True, copy=False)

    _unique_hash = models.Constraint("UNIQUE(token_hash)", "Make another token.")

    def write(self, vals):
        """Only the name is a person's to change: what is revoked stays so."""
        if not self.env.su and vals.keys() - {"name"}:
            raise AccessError(self.env._("Only the name of a token can be changed."))
        return super().write(vals)

    def action_new(self):
        """Make a token, and show it this once.

        :raises AccessError: to those who are no system administrator
        """
        self._refuse_others()
        token = PREFIX + secrets.token_urlsafe(32)
        self.sudo().create(
            {
                "name": self.env._(
                    "Monitoring, %s", fields.Date.to_string(fields.Date.context_today(self))
                ),
                "token_hash": _hash(token),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",  # Odoo's own way to show a secret once
            "views": [(self.env.ref("nav_altinn_connector.nav_health_token_view_show").id, "form")],
            "target": "new",
            "context": {"default_key": token},
            "name": self.env._("Token for Monitoring"),
        }

    def action_revoke(self):
        """From now on the tokens open nothing.

        :raises AccessError: to those who are no system administrator
        """
        self._refuse_others()
        self.sudo().filtered(lambda token: not token.revoked_on).revoked_on = fields.Datetime.now()
        return True

    def _refuse_others(self):
        if not (self.env.su or self.env.user.has_group("base.group_system")):
            raise AccessError(self.env._("Only a system administrator makes and revokes tokens."))

    @api.model
    def _opens(self, token):
        """Whether this token is in use. How long that takes says nothing about the tokens."""
        if not is_well_formed(token):
            return False
        given, found = _hash(token), False
        for (kept,) in self.env.execute_query(
            SQL("SELECT token_hash FROM nav_health_token WHERE revoked_on IS NULL")
        ):
            found |= hmac.compare_digest(kept, given)
        return found


def is_well_formed(token):
    """Whether it looks like a token at all; no database is needed to tell."""
    return isinstance(token, str) and bool(SHAPE.fullmatch(token))


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()
