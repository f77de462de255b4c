# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date

# What is measured, looking back from now.
DELAY_DAYS, CALL_DAYS = 30, 30


class NavConnection(models.Model):
    """How well a connection works, in figures: read for the health page and by monitoring.

    Everything is read for all connections at once, in a fixed number of queries.
    """

    _inherit = "nav.connection"

    delay_median = fields.Integer(
        "Usual Delay (minutes)",
        compute="_compute_delay",
        compute_sudo=True,
        help="From when NAV sent a note to the employer until its time off stood in Odoo: the "
        "median of the last 30 days. Notes of the first fetch do not count.",
    )
    delay_p95 = fields.Integer(
        "Delay of 95 in 100 (minutes)",
        compute="_compute_delay",
        compute_sudo=True,
        help="95 of 100 notes of the last 30 days were not slower than this.",
    )
    delay_notes = fields.Integer("Notes Measured", compute="_compute_delay", compute_sudo=True)
    delay_words = fields.Char("Delay", compute="_compute_delay_words")
    calls_today = fields.Integer(compute="_compute_calls", compute_sudo=True)
    failures_today = fields.Integer("Failed Today", compute="_compute_calls", compute_sudo=True)
    calls_chart = fields.Html(
        "Calls of 30 Days", compute="_compute_calls", compute_sudo=True, sanitize=False
    )
    failing_unit_ids = fields.Many2many(
        "nav.connection.unit", compute="_compute_failing_units", string="Failing Sub-units"
    )
    failing_unit_count = fields.Integer("Sub-units Failing", compute="_compute_failing_units")
    waiting_by_reason = fields.Html(
        "Waiting Sick Notes", compute="_compute_waiting_by_reason", sanitize=False
    )

    # ------------------------------------------------------------------ delay

    def _compute_delay(self):
        rows = {row[0]: row[1:] for row in self._delays()}
        for connection in self:
            median, slowest, notes = rows.get(connection.id, (0, 0, 0))
            connection.delay_median = round(median / 60)
            connection.delay_p95 = round(slowest / 60)
            connection.delay_notes = notes

    def _delays(self):
        """[(connection's id, median and 95th percentile in seconds, how many notes)]"""
        if not self.ids:
            return []
        self.env["nav.sick.note"].flush_model(
            ["connection_id", "sent_to_employer", "first_fetch_id"]
        )
        self.env["nav.sick.note.period"].flush_model(["note_id"])
        self.env["hr.leave"].flush_model(["nav_period_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT connection_id,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY delay),
                       percentile_cont(0.95) WITHIN GROUP (ORDER BY delay),
                       count(*)
                  FROM (SELECT note.connection_id,
                               greatest(extract(epoch FROM min(leave.create_date)
                                                           - note.sent_to_employer), 0) AS delay
                          FROM nav_sick_note note
                          JOIN nav_sick_note_period period ON period.note_id = note.id
                          JOIN hr_leave leave ON leave.nav_period_id = period.id
                         WHERE note.connection_id = ANY(%(ids)s)
                           AND note.create_date >= %(since)s
                           AND note.sent_to_employer IS NOT NULL
                           AND note.first_fetch_id IS NULL
                         GROUP BY note.id) AS measured
                 GROUP BY connection_id
                """,
                ids=self.ids,
                since=fields.Datetime.now() - timedelta(days=DELAY_DAYS),
            )
        )

    @api.depends("delay_median", "delay_p95", "delay_notes")
    @api.depends_context("lang")
    def _compute_delay_words(self):
        for connection in self:
            if not connection.delay_notes:
                connection.delay_words = self.env._(
                    "No sick note after the first fetch in the last 30 days."
                )
                continue
            connection.delay_words = self.env._(
                "Usually %(median)s after NAV sent the note, and 95 of 100 within %(slowest)s "
                "(of %(notes)s notes).",
                median=self._time_words(connection.delay_median),
                slowest=self._time_words(connection.delay_p95),
                notes=connection.delay_notes,
            )

    def _time_words(self, minutes):
        if minutes < 120:
            return self.env._("%s min", minutes)
        if minutes < 48 * 60:
            return self.env._("%s hours", round(minutes / 60))
        return self.env._("%s days", round(minutes / 60 / 24))

    # ------------------------------------------------------------------ calls

    @api.depends_context("lang", "tz")
    def _compute_calls(self):
        today = fields.Date.context_today(self)
        by_day = self._calls_by_day(today - timedelta(days=CALL_DAYS - 1))
        for connection in self:
            days = [
                (day, *by_day.get((connection.id, day), (0, 0)))
                for day in (today - timedelta(days=back) for back in reversed(range(CALL_DAYS)))
            ]
            _day, connection.calls_today, connection.failures_today = days[-1]
            connection.calls_chart = self._chart(days)

    def _calls_by_day(self, first):
        """{(connection's id, day): (calls, failed ones)}, by the days of whoever looks."""
        if not self.ids:
            return {}
        self.env["nav.exchange"].flush_model(["connection_id", "started_at", "failed"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT connection_id, (started_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date,
                       count(*), sum(failed)
                  FROM nav_exchange
                 WHERE connection_id = ANY(%(ids)s) AND started_at >= %(since)s
                 GROUP BY 1, 2
                """,
                tz=str(self.env.tz),
                ids=self.ids,
                since=fields.Datetime.to_datetime(first) - timedelta(days=1),
            )
        )
        return {(id_, day): (calls, failed or 0) for id_, day, calls, failed in rows}

    def _chart(self, days):
        """A column for each day, the failed calls in red on top."""
        highest = max((calls for _day, calls, _failed in days), default=0)
        if not highest:
            return Markup('<p class="text-muted">%s</p>') % self.env._("No calls yet.")
        columns = Markup("").join(
            Markup(
                '<div class="d-flex flex-column justify-content-end flex-grow-1" '
                'style="height:100%%" title="%s">'
                '<div class="bg-danger" style="height:%s%%"></div>'
                '<div class="bg-success" style="height:%s%%"></div></div>'
            )
            % (
                self.env._(
                    "%(day)s: %(calls)s calls, %(failed)s failed",
                    day=format_date(self.env, day),
                    calls=calls,
                    failed=failed,
                ),
                round(100 * failed / highest, 1),
                round(100 * (calls - failed) / highest, 1),
            )
            for day, calls, failed in days
        )
        return Markup(
            '<div class="d-flex align-items-end gap-1 border-bottom" style="height:120px">%s</div>'
            '<div class="d-flex justify-content-between small text-muted">'
            "<span>%s</span><span>%s</span></div>"
        ) % (columns, format_date(self.env, days[0][0]), self.env._("Today"))

    # ------------------------------------------------------------------ what does not get through

    @api.depends("unit_ids.selected", "unit_ids.permission", "unit_ids.last_error")
    def _compute_failing_units(self):
        for connection in self:
            failing = connection.unit_ids.filtered(
                lambda unit: unit.selected and (unit.last_error or unit.permission == "denied")
            )
            connection.failing_unit_ids = failing
            connection.failing_unit_count = len(failing)

    @api.depends_context("lang")
    def _compute_waiting_by_reason(self):
        counts = self._waiting_counts()
        words = dict(
            self.env["nav.sick.note"]._fields["waiting_reason"]._description_selection(self.env)
        )
        words["failed"] = self.env._("Could not be used")
        row = Markup('<tr><td>%s</td><td class="text-end">%s</td></tr>')
        for connection in self:
            lines = counts.get(connection.id, {})
            if not lines:
                connection.waiting_by_reason = Markup('<p class="text-muted">%s</p>') % self.env._(
                    "None."
                )
                continue
            connection.waiting_by_reason = Markup(
                '<table class="table table-sm mb-0"><tbody>%s</tbody></table>'
            ) % Markup("").join(
                row % (words.get(reason, reason), count)
                for reason, count in sorted(lines.items(), key=lambda line: -line[1])
            )

    def _waiting_counts(self):
        """{connection's id: {reason: how many notes}}; "failed" for notes that cannot be used."""
        groups = (
            self.env["nav.sick.note"]
            .sudo()
            ._read_group(
                [("connection_id", "in", self.ids), ("state", "in", ("waiting", "failed"))],
                ["connection_id", "state", "waiting_reason"],
                ["__count"],
            )
        )
        counts = {}
        for connection, state, reason, count in groups:
            key = "failed" if state == "failed" else reason or "waiting"
            of = counts.setdefault(connection.id, {})
            of[key] = of.get(key, 0) + count
        return counts

    def action_open_log(self):
        """The calls of this connection over time."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "nav_altinn_connector.nav_exchange_action"
            ),
            "domain": [("connection_id", "=", self.id)],
            "context": {"search_default_days": 0},
        }

    # ------------------------------------------------------------------ for monitoring

    @api.model
    def _monitoring(self):
        """States and numbers of all connections that are in use, for a monitoring system.

        :return: a dict for JSON, without a name or a number of an organisation or a person. Times
            are in UTC.
        """
        connections = self.sudo().search([("state", "!=", "draft")], order="id")
        problems = self.env["nav.problem"].sudo().search_count([("state", "=", "open")])
        waiting = connections._waiting_counts()
        now = fields.Datetime.now()
        lines = [connection._monitored(waiting, now) for connection in connections]
        levels = {line["health"] for line in lines}
        worst = next((level for level in ("problem", "attention") if level in levels), "ok")
        return {
            "status": worst,
            "time": _utc(now),
            "open_problems": problems,
            "connections": lines,
        }

    def _monitored(self, waiting, now):
        counts = waiting.get(self.id, {})
        success = self.last_success_at
        return {
            "id": self.id,
            "state": self.state,
            "health": self.health or "off",
            "last_success": success and _utc(success) or None,
            "minutes_since_success": int((now - success).total_seconds() // 60)
            if success
            else None,
            "failures_in_a_row": self.failures,
            "open_problems": self.problem_count,
            "waiting_notes": sum(counts.values()) - counts.get("failed", 0),
            "failed_notes": counts.get("failed", 0),
            "failing_units": self.failing_unit_count,
            "delay_median_minutes": self.delay_median if self.delay_notes else None,
            "delay_95_minutes": self.delay_p95 if self.delay_notes else None,
        }


def _utc(moment):
    return f"{fields.Datetime.to_string(moment).replace(' ', 'T')}Z"
