# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from odoo import api, fields, models

from ..clients import enhetsregisteret
from . import exchange_log

KEEP_EXCHANGES_DAYS, KEEP_PROBLEMS_DAYS = 90, 365
# How much is removed in one transaction.
BATCH = 5000


class NavMaskinportenClient(models.Model):
    """Everything that is called with a client is written into the log."""

    _inherit = "nav.maskinporten.client"

    def _observer(self):
        """What a transport tells of its calls."""
        self.ensure_one()
        return exchange_log.observer(self)

    def _enhetsregisteret_client(self):
        """Enhetsregisteret, which is open to all and needs no token.

        :raises UserError: when own addresses are used and this one is empty
        """
        address = self._address("enhetsregisteret")
        return enhetsregisteret.EnhetsregisteretClient(
            address, enhetsregisteret.new_transport(address, observer=self._observer())
        )


class NavConnection(models.Model):
    """Which calls are a connection's, and how long it is remembered how they went."""

    _inherit = "nav.connection"

    keep_exchanges_days = fields.Integer(
        "Keep the Log (days)",
        default=KEEP_EXCHANGES_DAYS,
        required=True,
        help="How long it is kept which calls were made and how they went. The log holds nothing "
        "of sick notes.",
    )
    keep_problems_days = fields.Integer(
        "Keep Solved Problems (days)",
        default=KEEP_PROBLEMS_DAYS,
        required=True,
        help="How long problems are kept after they have been solved.",
    )

    _keep_log_positive = models.Constraint(
        "CHECK(keep_exchanges_days BETWEEN 1 AND 36500 AND keep_problems_days BETWEEN 1 AND 36500)",
        "The log and solved problems are kept for at least a day.",
    )

    def _calling_client(self):
        """The client, whose calls are made for this connection."""
        self.ensure_one()
        return self.maskinporten_client_id.with_context(**{exchange_log.CONNECTION: self.id})

    @api.model
    def _remove_old(self, model, date_field, setting, default):
        """Remove one batch of a model's records that are older than their connection keeps them,
        and of those that belong to none.

        :return: how many were removed, and how many are known to be left
        """
        Model = self.env[model].sudo()
        connections = self.sudo().with_context(active_test=False).search([])
        limits = {connection.id: connection[setting] for connection in connections}
        removed = 0
        for connection_id, days in {**limits, False: default}.items():
            before = fields.Datetime.now() - timedelta(days=days)
            old = Model.search(
                [("connection_id", "=", connection_id), (date_field, "<", before)],
                limit=BATCH - removed,
                order=f"{date_field}, id",
            )
            removed += len(old)
            old.unlink()
            if removed >= BATCH:
                return removed, 1
        return removed, 0
