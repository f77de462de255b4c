from odoo import api, fields, models

from .nav_connection_exchange import KEEP_EXCHANGES_DAYS


class NavExchange(models.Model):
    """One call to an outside system: what, when, how long, and what came of it. Never content.

    Each attempt of a call has a line; those after the first point at it. The lines are written by
    :mod:`.exchange_log`, outside the ORM and outside the transaction of the work. Addresses and
    bodies are not kept at all, codes and references only when they look like such.
    """

    _name = "nav.exchange"
    _description = "Call to an Outside System"
    _order = "started_at desc, id desc"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", readonly=True, index="btree_not_null", ondelete="set null"
    )
    connection_id = fields.Many2one("nav.connection", readonly=True, ondelete="set null")
    client_id = fields.Many2one(
        "nav.maskinporten.client",
        "Maskinporten Client",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    unit_id = fields.Many2one(
        "nav.connection.unit",
        "Sub-unit",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    system = fields.Selection(
        [
            ("maskinporten", "Maskinporten"),
            ("altinn", "Altinn"),
            ("sykepenger", "NAV: sick notes"),
            ("followup_plan", "NAV: follow-up plans"),
            ("enhetsregisteret", "Enhetsregisteret"),
        ],
        required=True,
        readonly=True,
    )
    operation = fields.Selection(
        [
            ("token", "Get access"),
            ("sick_notes", "List sick notes"),
            ("sick_note", "Read one sick note"),
            ("sick_note_pdf", "Get a sick note as a document"),
            ("send_plan", "Send a follow-up plan"),
            ("plan_status", "Ask what became of a plan"),
            ("verify_integration", "Ask whether plans can be sent"),
            ("main_unit", "Look up an organisation"),
            ("sub_unit", "Look up a sub-unit"),
            ("sub_units", "List sub-units"),
            ("lower_main_units", "List organisations below"),
            ("system", "Read the system"),
            ("register_system", "Register the system"),
            ("update_system", "Change the system"),
            ("create_request", "Ask for approval"),
            ("request", "Look at the approval"),
            ("request_by_reference", "Find the approval"),
            ("requests", "List approvals"),
            ("delete_request", "Withdraw the request"),
            ("create_change_request", "Ask for more rights"),
            ("change_request", "Look at the request for more rights"),
            ("delete_change_request", "Withdraw the request for more rights"),
            ("system_user", "Find the system user"),
            ("system_users", "List system users"),
        ],
        "Call",
        required=True,
        readonly=True,
    )
    started_at = fields.Datetime("Started", required=True, readonly=True, index=True)
    duration_ms = fields.Integer("Milliseconds", readonly=True, aggregator="avg")
    outcome = fields.Selection(
        [
            ("ok", "Done"),
            ("not_found", "Not there"),
            ("refused", "Refused"),
            ("busy", "Asked to wait"),
            ("no_answer", "No answer"),
            ("fault", "Fault at their side"),
            ("unusable", "Unusable answer"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
    )
    failed = fields.Integer("Failures", readonly=True, help="1 for a call that failed, else 0.")
    http_status = fields.Integer("HTTP Status", readonly=True, aggregator=None)
    error_code = fields.Char(
        readonly=True, help="The other system's own code, such as MP-303. Its support knows it."
    )
    reason = fields.Char(readonly=True, help="What failed, where the other system did not say it.")
    reference = fields.Char(
        readonly=True, help="The other system's name for this call. Its support asks for it."
    )
    records = fields.Integer(readonly=True, help="How many entries the answer had.")
    attempt = fields.Integer(readonly=True, aggregator=None)
    retry_of_id = fields.Many2one(
        "nav.exchange", "Again For", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _of_connection = models.Index("(connection_id, started_at) WHERE connection_id IS NOT NULL")

    @api.depends("operation")
    @api.depends_context("lang")
    def _compute_display_name(self):
        words = dict(self._fields["operation"]._description_selection(self.env))
        for line in self:
            line.display_name = words.get(line.operation, line.operation)

    @api.autovacuum
    def _gc_old(self):
        """Remove a batch of what is older than its connection keeps it; called again while there
        is more.

        :return: how many lines were removed, and how many are known to be left
        """
        return self.env["nav.connection"]._remove_old(
            "nav.exchange", "started_at", "keep_exchanges_days", KEEP_EXCHANGES_DAYS
        )
