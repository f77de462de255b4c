import logging
from datetime import timedelta
from functools import partial

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..clients.errors import ClientError
from .plain_words import in_language_of
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# What a person waits for; the cron goes on from there.
STEPS_AT_ONCE = 6
LINES_AT_ONCE = 50
# What a person chooses, before it is compared.
CHOSEN = {"connection_id", "date_from", "date_to"}
KEPT = timedelta(days=30)
# What gave way to another worker, such as a fetch, is begun anew this much later.
COME_BACK = timedelta(minutes=1)

# The way of a comparison:
#
#   draft ──> running ──> done          (sub-units page by page, then employees in batches)
#               ^           │
#               └───────────┘           (Compare Again)


class NavReconcile(models.Model):
    """A comparison of NAV's list of sick notes with the notes and the time off in Odoo.

    It goes on in steps, each in a transaction of its own when the cron takes it: one page of NAV's
    list, or one batch of employees. Nothing is changed by it: each difference is a line, which a
    person mends, or leaves as it is.
    """

    _name = "nav.reconcile"
    _description = "Comparison with NAV"
    _order = "id desc"

    connection_id = fields.Many2one(
        "nav.connection",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_connection(),
        domain="[('state', '=', 'active')]",
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.context_today(self) - timedelta(days=30),
        help="Sick notes that NAV received from this day on are compared.",
    )
    date_to = fields.Date(
        "To", required=True, default=fields.Date.context_today, help="The last such day."
    )
    state = fields.Selection(
        [("draft", "New"), ("running", "Comparing"), ("done", "Compared")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
    )
    compared_at = fields.Datetime(readonly=True)
    unit_ids = fields.Many2many(
        "nav.connection.unit", string="Sub-units to Compare", readonly=True, copy=False
    )
    # Where the next page, and the next batch of employees, begins.
    after = fields.Json(readonly=True, copy=False)
    units_total = fields.Integer("Sub-units", readonly=True)
    note_count = fields.Integer("Sick Notes at NAV", readonly=True)
    employee_count = fields.Integer("Employees Compared", readonly=True)
    problem = fields.Text(readonly=True, help="What could not be compared, and why.")
    line_ids = fields.One2many("nav.reconcile.line", "reconcile_id", "Differences", readonly=True)
    open_count = fields.Integer("Differences to Settle", compute="_compute_counts")
    queued_count = fields.Integer("Being Mended", compute="_compute_counts")
    progress = fields.Float("Progress (%)", compute="_compute_progress")

    _dates_in_order = models.Constraint(
        "CHECK(date_from <= date_to)", "The last day cannot lie before the first."
    )

    @api.model
    def _default_connection(self):
        """The connection, where there is no choice."""
        domain = [("state", "=", "active"), ("company_id", "=", self.env.company.id)]
        connections = self.env["nav.connection"].search(domain, limit=2)
        return connections if len(connections) == 1 else False

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = self.env["nav.reconcile.line"]._read_group(
            [("reconcile_id", "in", self.ids)], ["reconcile_id", "state"], ["__count"]
        )
        counts = {(reconcile.id, state): count for reconcile, state, count in groups}
        for reconcile in self:
            reconcile.open_count = counts.get((reconcile.id, "open"), 0)
            reconcile.queued_count = counts.get((reconcile.id, "queued"), 0)

    @api.depends("state", "unit_ids", "units_total", "after")
    def _compute_progress(self):
        """The sub-units are most of it: NAV is asked about each."""
        for reconcile in self:
            if reconcile.state == "done":
                reconcile.progress = 100
            else:
                done = reconcile.units_total - len(reconcile.unit_ids)
                reconcile.progress = 90 * done / (reconcile.units_total or 1)

    @api.depends("connection_id.name", "date_from", "date_to")
    def _compute_display_name(self):
        for reconcile in self:
            if not reconcile.connection_id:
                reconcile.display_name = False
                continue
            reconcile.display_name = self.env._(
                "%(connection)s, %(date_from)s to %(date_to)s",
                connection=reconcile.connection_id.name,
                date_from=format_date(self.env, reconcile.date_from),
                date_to=format_date(self.env, reconcile.date_to),
            )

    def write(self, vals):
        """:raises AccessError: for what the comparison writes, and once there is one"""
        if not self.env.su and (
            vals.keys() - CHOSEN or any(reconcile.state != "draft" for reconcile in self)
        ):
            raise AccessError(self.env._("This is compared already. Compare another period anew."))
        result = super().write(vals)
        # Odoo looks at the connection before; after it, it must be one of the writer's as well.
        self.check_access("write")
        return result

    # ------------------------------------------------------------------ comparing

    def action_compare(self):
        """Begin, or begin anew. What is too much for a person to wait for is left to the cron.

        :raises UserError: when NAV cannot be asked for this connection
        """
        self.ensure_one()
        self.check_access("read")
        reconcile = self.sudo()
        connection = reconcile.connection_id
        if connection.state != "active":
            raise UserError(self.env._("The connection must be active to be compared with NAV."))
        connection._refuse_on_hold()
        if reconcile.date_to < connection.fetch_from:
            raise UserError(
                self.env._(
                    "Sick notes are fetched from %s on: choose a later period.",
                    format_date(self.env, connection.fetch_from),
                )
            )
        units = connection.unit_ids.filtered("selected")
        reconcile.line_ids.unlink()
        reconcile.write(
            {
                "state": "running",
                "date_from": max(reconcile.date_from, connection.fetch_from),
                "unit_ids": [fields.Command.set(units.ids)],
                "units_total": len(units),
                "after": {},
                "note_count": 0,
                "employee_count": 0,
                "problem": False,
            }
        )
        reconcile._advance(limited(STEPS_AT_ONCE))
        if reconcile.state == "running":
            self._trigger()
        return True

    def action_refresh(self):
        """Take some more steps, and show how far it is."""
        self.ensure_one()
        self.check_access("read")
        reconcile, step = self.sudo(), limited(STEPS_AT_ONCE)
        reconcile._advance(step)
        reconcile.line_ids._mend_queued(step)
        return True

    def _advance(self, step):
        """Take step after step while there is time.

        :param step: called after each step; may commit, and returns whether there is time left
        :return: whether there was time left
        """
        self.ensure_one()
        reconcile = in_language_of(self.company_id, self)
        while True:
            try:
                with self.env.cr.savepoint(), quiet_sql():
                    if not reconcile._take_step():
                        return True
            except psycopg2.OperationalError as error:
                _logger.info("A comparison gave way to another worker: %s", type(error).__name__)
                return True
            except Exception as error:  # its text may hold values of notes: only its kind is told
                _logger.error("A comparison failed: %s", type(error).__name__)
                words = reconcile.connection_id._error_words(error)
                problem = "\n".join(filter(None, [reconcile.problem, words]))
                reconcile.write({"state": "done", "problem": problem})
            if not step():
                return False

    def _take_step(self):
        """Compare one page or one batch of employees.

        :return: whether a step was taken; not so at the end, or when another worker is at it
        """
        if self.state != "running" or not self.try_lock_for_update(allow_referencing=True):
            return False
        if self.unit_ids:
            self._compare_next_page()
        elif not self._compare_next_employees():
            self.write({"state": "done", "compared_at": fields.Datetime.now()})
        return True

    def _compare_next_page(self):
        unit = self.unit_ids.sorted("id")[0]
        try:
            complete = self._compare_page(unit)
        except (ClientError, UserError, ValueError) as error:
            name = unit.name or unit.org_number
            words = f"{name}: {self.connection_id._error_words(error)}"
            self.problem = "\n".join(filter(None, [self.problem, words]))
            complete = True
        if complete:
            self.write({"unit_ids": [fields.Command.unlink(unit.id)], "after": {}})

    @api.model
    def _trigger(self, at=None):
        self.env.ref("nav_altinn_connector.ir_cron_reconcile").sudo()._trigger(at)

    @api.model
    def _cron_reconcile(self):
        """Go on with comparisons and with mending. What goes wrong with one stops no other."""
        commit = self.env["ir.cron"]._commit_progress
        if self.env["nav.connection"]._all_on_hold():
            return
        running = self.search([("state", "=", "running")])
        queued = self.env["nav.reconcile.line"].search([("state", "=", "queued")])
        commit(0, remaining=len(running) + len(queued.reconcile_id))
        for reconcile in running | queued.reconcile_id:
            step = partial(commit, 0)
            if not reconcile._advance(step) or not reconcile.line_ids._mend_queued(step):
                self._trigger()
                return
            commit(1)
        if (running | queued.reconcile_id)._is_unfinished():
            self._trigger(fields.Datetime.now() + COME_BACK)

    def _is_unfinished(self):
        """Whether something is left that another worker has kept from being done."""
        left = self.exists()
        return "running" in left.mapped("state") or "queued" in left.line_ids.mapped("state")

    # ------------------------------------------------------------------ mending

    def action_mend_all(self):
        """Mend all differences that are open, save for what people have changed by hand."""
        self.check_access("read")
        self.line_ids.filtered(
            lambda line: line.state == "open" and line.kind != "by_hand"
        ).action_mend()
        return True

    def action_open_lines(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.reconcile.line",
            "view_mode": "list",
            "domain": [("reconcile_id", "=", self.id)],
            "context": {"search_default_open": 1, "search_default_group_by_kind": 1},
            "name": self.env._("Differences"),
        }

    @api.autovacuum
    def _gc_old(self):
        """A comparison is of its day: it names people, and is not kept."""
        old = self.search([("write_date", "<", fields.Datetime.now() - KEPT)], limit=100)
        old.unlink()


def limited(most):
    """A step that counts, for a request of a person, which commits once at its end."""
    steps = iter(range(most - 1))
    return lambda: next(steps, None) is not None
