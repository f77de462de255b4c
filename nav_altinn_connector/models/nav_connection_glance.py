# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from . import causes, database_copy

# A failure of an outside system is a problem when it has come so often in a row.
LASTING = 3
WARN_OF_KEY = timedelta(days=30)


@dataclass(frozen=True)
class _Sign:
    """Something to see on a connection.

    :ivar level: how bad it is, None when it is only said
    :ivar mend: which button mends it
    :ivar domain: the connections that it is seen on
    :ivar words: what is said, from a connection
    """

    level: str | None
    mend: str | None
    domain: Domain
    words: Callable


class NavConnection(models.Model):
    """A connection at a glance: how it is, in one sentence, and the one click that mends it."""

    _inherit = "nav.connection"

    health = fields.Selection(
        [("ok", "Works"), ("attention", "Needs Attention"), ("problem", "Problem")],
        compute="_compute_health",
        search="_search_health",
        compute_sudo=True,
        help="Empty as long as the connection is not meant to fetch.",
    )
    health_message = fields.Char("What to Do", compute="_compute_health", compute_sudo=True)
    mend = fields.Selection(
        [
            ("database", "Say which database this is"),
            ("reauthorise", "Reauthorise"),
            ("guide", "Continue set-up"),
            ("client", "Open the client"),
            ("checks", "Run the checks"),
            ("resume", "Resume"),
            ("first_fetch", "Resume the first fetch"),
            ("open", "Open the connection"),
        ],
        compute="_compute_health",
        compute_sudo=True,
    )
    key_expires_on = fields.Date(related="maskinporten_client_id.key_expires_on")
    key_age = fields.Integer(related="maskinporten_client_id.key_age")
    granted_count = fields.Integer("Sub-units with Access", compute="_compute_granted_count")

    @api.depends("unit_ids.selected", "unit_ids.permission")
    def _compute_granted_count(self):
        for connection in self:
            connection.granted_count = len(
                connection.unit_ids.filtered(
                    lambda unit: unit.selected and unit.permission == "granted"
                )
            )

    @api.depends(
        "state",
        "approval_status",
        "approved_at",
        "last_error",
        "failures",
        "failing_part",
        "org_deleted_on",
        "unit_ids.selected",
        "unit_ids.permission",
        "unit_ids.offered",
        "unit_ids.closed_on",
        "first_fetch_ids.state",
        "maskinporten_client_id.key_expires_on",
    )
    @api.depends_context("lang")
    def _compute_health(self):
        self.health = self.health_message = self.mend = False
        left = self
        for sign in self._signs():
            seen = left.filtered_domain(sign.domain)
            for connection in seen:
                connection.health = sign.level
                connection.health_message = sign.words(connection)
                connection.mend = sign.mend
            left -= seen
        left.filtered(lambda connection: connection.state == "active").health = "ok"

    @api.model
    def _search_health(self, operator, values):
        if operator != "in":
            return NotImplemented
        signs = self._signs()
        domains, above = {}, Domain.FALSE
        for level in ("problem", "attention"):
            found = Domain.OR(sign.domain for sign in signs if sign.level == level)
            domains[level] = found & ~above
            above |= found
        domains["ok"] = Domain("state", "=", "active") & ~above
        domains[False] = Domain("state", "!=", "active") & ~above
        wanted = Domain.OR(domain for level, domain in domains.items() if level in values)
        # What a sign depends on need not be readable for whoever searches.
        return [("id", "in", self.sudo()._search(wanted))]

    @api.model
    def _signs(self):
        """What can be seen, the worst first: each connection shows the first that fits."""
        return [*self._problem_signs(), *self._attention_signs(), *self._plain_signs()]

    def _problem_signs(self):
        active = Domain("state", "=", "active")
        begun = Domain("state", "in", ("active", "reauthorise", "waiting"))
        copied = begun if database_copy.is_copy(self.env) else Domain.FALSE
        failing = active & Domain("failing_part", "!=", False)
        return [
            _Sign(
                "problem",
                "database",
                copied,
                lambda connection: database_copy.copy_words(connection.env),
            ),
            _Sign("problem", "reauthorise", Domain("state", "=", "reauthorise"), _last_error),
            _Sign(
                "problem",
                "guide",
                Domain("state", "=", "rejected"),
                lambda connection: connection.approval_words or connection.last_error,
            ),
            _Sign(
                "problem",
                "client",
                failing & Domain("failing_part", "=", causes.CLIENT),
                _last_error,
            ),
            _Sign("problem", "checks", failing & Domain("failures", ">=", LASTING), _last_error),
            _Sign(
                "problem",
                "open",
                active & Domain("org_deleted_on", "!=", False),
                lambda connection: connection._deleted_words(connection.org_name),
            ),
        ]

    def _attention_signs(self):
        active = Domain("state", "=", "active")
        soon = fields.Date.context_today(self) + WARN_OF_KEY
        return [
            _Sign("attention", "checks", active & Domain("failing_part", "!=", False), _last_error),
            _Sign(
                "attention",
                "checks",
                active & _ticked(("permission", "=", "denied")),
                lambda connection: connection._denied_words(),
            ),
            _Sign(
                "attention",
                "first_fetch",
                active & Domain("first_fetch_ids", "any", [("state", "=", "stopped")]),
                lambda connection: connection.first_fetch_words,
            ),
            _Sign(
                "attention",
                "client",
                active & Domain("maskinporten_client_id.key_expires_on", "<=", soon),
                lambda connection: connection.maskinporten_client_id.key_warning,
            ),
            _Sign(
                "attention",
                "open",
                active & _ticked(("closed_on", "!=", False)),
                lambda connection: self.env._(
                    "A sub-unit is closed in Enhetsregisteret. It is fetched as long as NAV gives "
                    "its notes; untick it when it is not needed any more."
                ),
            ),
            _Sign(
                "attention",
                "open",
                active & Domain("unit_ids", "any", [("offered", "=", True)]),
                lambda connection: self.env._(
                    "There are new sub-units. Tick those whose sick notes shall be fetched."
                ),
            ),
        ]

    def _plain_signs(self):
        return [
            _Sign(
                None,
                "guide",
                Domain("state", "=", "draft"),
                lambda connection: self.env._("The set-up is not finished."),
            ),
            _Sign(
                None,
                "guide",
                Domain("state", "=", "waiting"),
                lambda connection: connection.last_error or connection.approval_words,
            ),
            _Sign(
                None,
                "resume",
                Domain("state", "=", "paused"),
                lambda connection: self.env._("Paused: no sick notes are fetched."),
            ),
        ]

    def _denied_words(self):
        denied = self.unit_ids.filtered(lambda unit: unit.selected and unit.permission == "denied")
        if len(denied) == 1:
            return self.env._(
                "NAV gives no access to %s. The other sub-units are fetched.",
                denied.name or denied.org_number,
            )
        return self.env._(
            "NAV gives no access to %s sub-units. The others are fetched.", len(denied)
        )

    def action_open(self):
        """Open the connection itself."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.connection",
            "res_id": self.id,
            "views": [(False, "form")],
            "name": self.name,
        }

    def action_open_client(self):
        """Open the client that the connection uses."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.maskinporten.client",
            "res_id": self.maskinporten_client_id.id,
            "views": [(False, "form")],
            "name": self.env._("Maskinporten Client"),
        }


def _last_error(connection):
    return connection.last_error


def _ticked(leaf):
    return Domain("unit_ids", "any", [("selected", "=", True), leaf])
