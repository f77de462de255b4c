from datetime import timedelta

from odoo import api, fields, models, tools

KEEP_MONTHS = 12
# How much is removed in one transaction.
BATCH = 1000
# The longest month there is.
DAYS = 31


class NavConnection(models.Model):
    """Whether it is written down who reads health data. Off unless an employer wants it: it is
    surveillance of those who read, which they have to be told about first."""

    _inherit = "nav.connection"

    log_reading = fields.Boolean(
        "Write Down Who Reads",
        copy=False,
        help="Who has read a sick note, a follow-up plan or minutes of this company, and when. "
        "Only the data protection officer sees it. Tell those who are concerned before you "
        "switch it on.",
    )
    keep_access_months = fields.Integer(
        "Keep Who Has Read (months)",
        default=KEEP_MONTHS,
        required=True,
        help="How long it is kept who has read what.",
    )

    _keep_access_positive = models.Constraint(
        "CHECK(keep_access_months BETWEEN 1 AND 1200)",
        "Who has read what is kept for at least a month.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """As always; what is logged may have changed."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """As always; what is logged may have changed."""
        if vals.keys() & {"log_reading", "company_id", "active"}:
            self.env.registry.clear_cache()
        return super().write(vals)


class NavAccessLog(models.Model):
    """Who has read a sick note, a follow-up plan or minutes, and how: a line for each person,
    record and hour; of groups, which do not say whose records they hold, one for all. It holds
    nothing of what was read.

    It is written by :mod:`.reading`, outside the ORM. Nobody can change it.
    """

    _name = "nav.access.log"
    _description = "Who Has Read Health Data"
    _order = "hour desc, id desc"
    _rec_name = "user_name"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users", "Who", readonly=True, index="btree_not_null", ondelete="set null"
    )
    user_name = fields.Char("Name", readonly=True, help="Stays when the user is deleted.")
    employee_id = fields.Many2one(
        "hr.employee", "About", readonly=True, index="btree_not_null", ondelete="set null"
    )
    what = fields.Selection(
        [
            ("nav.sick.note", "Sick note"),
            ("nav.followup.plan", "Follow-up plan"),
            ("nav.followup.entry", "Conversation or minutes"),
        ],
        required=True,
        readonly=True,
    )
    record_id = fields.Integer("Number", readonly=True, aggregator=None, help="0 for groups.")
    how = fields.Selection(
        [
            ("opened", "Opened"),
            ("listed", "In a list"),
            ("grouped", "In groups or a chart"),
            ("exported", "Exported"),
            ("document", "As a document"),
            ("report", "In the report about the employee"),
        ],
        required=True,
        readonly=True,
    )
    hour = fields.Datetime(required=True, readonly=True, index=True, help="The hour's beginning.")

    _once_an_hour = models.UniqueIndex("(company_id, user_id, what, record_id, how, hour)")

    @api.model
    @tools.ormcache()
    def _companies(self):
        """The companies in which it is written down who reads."""
        connections = (
            self.env["nav.connection"]
            .sudo()
            .with_context(active_test=False)
            .search([("log_reading", "=", True)])
        )
        return frozenset(connections.company_id.ids)

    @api.autovacuum
    def _gc_old(self):
        """Remove a batch of what is older than its company keeps it; called again while there is
        more.

        :return: how many lines were removed, and how many are known to be left
        """
        log = self.sudo()
        settings = self.env["nav.connection"].sudo().with_context(active_test=False)
        longest = dict(
            settings._read_group([], ["company_id"], ["keep_access_months:max"]),
        )
        removed = 0
        for company in self.env["res.company"].sudo().search([]):
            months = longest.get(company, KEEP_MONTHS)
            before = fields.Datetime.now() - timedelta(days=DAYS * months)
            old = log.search(
                [("company_id", "=", company.id), ("hour", "<", before)], limit=BATCH - removed
            )
            removed += len(old)
            old.unlink()
            if removed >= BATCH:
                return removed, 1
        return removed, 0
