from datetime import timedelta

from odoo import fields, models

# How long Altinn keeps a request open for approval (facts: Altinn's documentation).
LIFETIME = timedelta(days=180)
# How often Altinn is asked, by how long the request has been open: (age up to, minutes between).
# An approval in the same sitting comes within minutes; one by a colleague may take days.
PACE = (
    (timedelta(minutes=15), 1),
    (timedelta(hours=2), 5),
    (timedelta(days=1), 30),
    (timedelta(days=7), 120),
    # Altinn counts the days by its own clock; it says "timed out" before Odoo gives up.
    (LIFETIME + timedelta(days=2), 720),
)
# Whoever looks at a waiting screen makes Odoo ask, but no oftener than this.
SHORTEST_PAUSE = timedelta(seconds=4)


class NavSystemUserRequest(models.Model):
    """A request in Altinn that an organisation approves with BankID: for a system user, or for
    other rights of one that there is.

    The record is a copy of what Altinn holds. Altinn has one pending request for a system, an
    organisation and a reference, whoever asks and however often, so a request whose answer was
    lost is found again by asking once more.
    """

    _name = "nav.system.user.request"
    _description = "System User Request"
    _order = "id desc"
    _rec_name = "altinn_id"

    connection_id = fields.Many2one(
        "nav.connection", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("new", "New system user"), ("change", "Other rights")], required=True, readonly=True
    )
    altinn_id = fields.Char("Altinn's ID", required=True, readonly=True)
    status = fields.Selection(
        [
            ("new", "Waiting for approval"),
            ("accepted", "Approved"),
            ("rejected", "Rejected"),
            ("denied", "Denied"),
            ("timedout", "Timed out"),
            ("no_change", "Nothing to change"),
            ("deleted", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    confirm_url = fields.Char("Approval Page", readonly=True)
    resources = fields.Char("Rights", readonly=True)
    opened_at = fields.Datetime("Requested On", required=True, readonly=True)
    requested_by_id = fields.Many2one("res.users", readonly=True)
    asked_at = fields.Datetime("Status Asked On", readonly=True)
    next_ask_at = fields.Datetime(readonly=True, index="btree_not_null")
    decided_at = fields.Datetime("Decided On", readonly=True)
    sent_to = fields.Char("Link Sent To", readonly=True)

    _unique_altinn_id = models.Constraint(
        "UNIQUE(connection_id, altinn_id)", "The connection has this request already."
    )
    _one_open = models.UniqueIndex(
        "(connection_id, kind) WHERE status = 'new'",
        "The connection has a request that waits for approval already.",
    )

    def _pace(self, now):
        """When to ask Altinn again: less and less often, until the request has timed out."""
        self.ensure_one()
        age = now - self.opened_at
        for until, minutes in PACE:
            if age <= until:
                return now + timedelta(minutes=minutes)
        return False

    def _may_ask(self, now):
        """Whether Altinn may be asked at once because somebody is looking."""
        self.ensure_one()
        return not self.asked_at or self.asked_at + SHORTEST_PAUSE <= now
