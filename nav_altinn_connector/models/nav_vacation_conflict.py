# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from datetime import date, datetime, time, timedelta

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..domain import intervals
from .attempt import attempt
from .nav_notice import Event
from .nav_sick_note import HR
from .nav_sick_note_apply import COUNTING_STATES
from .plain_words import in_language_of

_logger = logging.getLogger(__name__)

ACTIVITY_TYPE = "nav_altinn_connector.activity_type_vacation"
# Days that lie further back when they are first seen are history that HR has dealt with.
ASKED_FOR = timedelta(days=90)
# How many employees are looked at in one transaction.
FOLLOW_BATCH = 100

# The way of a conflict:
#
#   open ──> given_back      some days were given back, the others were kept
#     ├────> kept            with a reason
#     └────> gone            by itself: the sick leave or the other time off is not there any more


class NavVacationConflict(models.Model):
    """Vacation, or other time off, on days of full sick leave: HR says whether the employee gets
    the days back.

    R4 leaves such time off as it is, since only HR knows what the employee is owed: fully sick
    employees may have the right to take the vacation later (ferieloven § 9). Graded sick leave
    gives no such right, and asks nothing.

    There is one open conflict for each time off. Its days follow from what there is, so that it
    does not matter what came first, and a repeat changes nothing. Days that HR has settled are not
    asked about again, whatever the notes ask for later.
    """

    _name = "nav.vacation.conflict"
    _description = "Time Off during Sick Leave"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    leave_id = fields.Many2one(
        "hr.leave", "Time Off", readonly=True, index="btree_not_null", ondelete="set null"
    )
    leave_ids = fields.Many2many(
        "hr.leave",
        "nav_vacation_conflict_leave_rel",
        "conflict_id",
        "leave_id",
        "Time Off and Its Pieces",
        readonly=True,
    )
    leave_type_id = fields.Many2one(
        "hr.leave.type", "Kind of Time Off", readonly=True, ondelete="set null"
    )
    days = fields.Json("Overlapping Days", readonly=True, help="The days of both, [[from, to], …].")
    date_from = fields.Date("From", compute="_compute_span", store=True)
    date_to = fields.Date("To", compute="_compute_span", store=True)
    days_words = fields.Char("Sick On", compute="_compute_days_words")
    state = fields.Selection(
        [
            ("open", "To Settle"),
            ("given_back", "Given Back"),
            ("kept", "Kept"),
            ("gone", "No Overlap Any More"),
        ],
        "Status",
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    days_given_back = fields.Json("Days Given Back (stored)", readonly=True, help="[[from, to], …]")
    given_back_words = fields.Char("Days Given Back", compute="_compute_days_words")
    reason = fields.Char(readonly=True, help="Why the time off was kept as it is.")
    settled_by_id = fields.Many2one("res.users", readonly=True)
    settled_on = fields.Datetime(readonly=True)

    _one_open = models.UniqueIndex(
        "(leave_id) WHERE state = 'open'", "HR is asked about this time off already."
    )

    # ------------------------------------------------------------------ computes

    @api.depends("days")
    def _compute_span(self):
        for conflict in self:
            ranges = conflict._ranges()
            conflict.date_from = ranges[0][0] if ranges else False
            conflict.date_to = ranges[-1][1] if ranges else False

    @api.depends("days", "days_given_back")
    @api.depends_context("lang")
    def _compute_days_words(self):
        for conflict in self:
            conflict.days_words = conflict._words(conflict.days)
            conflict.given_back_words = conflict._words(conflict.days_given_back)

    @api.depends_context("lang")
    def _compute_display_name(self):
        """Neither names nor days: Odoo puts it into the subjects of e-mails."""
        for conflict in self:
            conflict.display_name = self.env._("Time off during sick leave")

    def _ranges(self, days=None):
        """The days as ranges of dates."""
        return intervals.union(
            [
                (date.fromisoformat(first), date.fromisoformat(last))
                for first, last in (self.days if days is None else days) or ()
            ]
        )

    def _words(self, days):
        return ", ".join(
            format_date(self.env, first)
            if first == last
            else self.env._(
                "%(date_from)s to %(date_to)s",
                date_from=format_date(self.env, first),
                date_to=format_date(self.env, last),
            )
            for first, last in self._ranges(days or ())
        )

    # ------------------------------------------------------------------ following what there is

    @api.model
    def _follow(self, employees):
        """Ask, ask about other days, or stop asking, for these employees."""
        engine = self.sudo()
        for company, group in employees.sudo().grouped("company_id").items():
            conflicts = in_language_of(company, engine).with_context(
                allowed_company_ids=company.ids
            )
            conflicts._follow_in_company(group.with_env(conflicts.env))

    def _follow_in_company(self, employees):
        sick, others = self._full_sick_leave(employees), self._other_time_off(employees)
        known = self.search([("employee_id", "in", employees.ids)])
        still_open = known.filtered(lambda conflict: conflict.state == "open")
        questions, seen = [], self.browse()
        for leave in others:
            conflict = still_open.filtered(lambda one, leave=leave: one.leave_id == leave)
            days = self._days_to_settle(leave, sick.get(leave.employee_id, ()), known)
            if conflict and days:
                seen |= conflict
                conflict._set_days(days)
            elif days and days[-1][1] >= fields.Date.today() - ASKED_FOR:
                questions.append((leave, days))
        (still_open - seen)._gone()
        self._ask(questions)._ask_hr()

    def _full_sick_leave(self, employees):
        """{employee: the days of approved, ungraded leave from notes}"""
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "in", employees.ids),
                ("nav_sourced", "=", True),
                ("state", "=", "validate"),
                ("absence_degree", "=", 100),
            ]
        )
        # On a type without grades a graded note gives a leave of 100 %.
        full = leaves.filtered(lambda leave: leave.nav_period_id.kind != "graded")
        return {
            employee: intervals.union(
                [(leave.request_date_from, leave.request_date_to) for leave in group]
            )
            for employee, group in full.grouped("employee_id").items()
        }

    def _other_time_off(self, employees):
        """Absence that is no sick leave, in a state that counts."""
        return self.env["hr.leave"].search(
            [
                ("employee_id", "in", employees.ids),
                ("nav_sourced", "=", False),
                ("state", "in", COUNTING_STATES),
                ("holiday_status_id.is_sick_leave", "=", False),
                ("holiday_status_id.time_type", "=", "leave"),
            ]
        )

    def _days_to_settle(self, leave, sick, known):
        """The days of a leave that HR has to settle; none where there is no day of work."""
        days = intervals.intersect([(leave.request_date_from, leave.request_date_to)], sick)
        settled = known.filtered(
            lambda one: one.state in ("given_back", "kept") and leave in one.leave_ids
        )
        days = intervals.subtract(days, [pair for one in settled for pair in one._ranges()])
        return days if days and self._working_days(leave, days) else ()

    @api.model
    def _working_days(self, leave, ranges):
        """The days of the ranges on which the employee would have worked."""
        employee = leave.employee_id
        zone = pytz.timezone(employee.tz or employee.company_id.resource_calendar_id.tz or "UTC")
        worked = employee._list_work_time_per_day(
            zone.localize(datetime.combine(ranges[0][0], time.min)),
            zone.localize(datetime.combine(ranges[-1][1], time.max)),
            calendar=leave.resource_calendar_id or None,
            # Public holidays are no working days; the time off in question is.
            domain=[("resource_id", "=", False), ("time_type", "=", "leave")],
        )
        return {
            day
            for day, _hours in worked.get(employee.id, ())
            if any(begin <= day <= end for begin, end in ranges)
        }

    def _set_days(self, days):
        stored = [[first.isoformat(), last.isoformat()] for first, last in days]
        if self.days != stored:
            self.days = stored

    @api.model
    def _ask(self, questions):
        """New conflicts.

        :param questions: [(time off, its days to settle)]
        """
        employees = self.env["hr.employee"].union(*(leave.employee_id for leave, _ in questions))
        # Another worker that decides for one of them at this moment would ask the same.
        self.env["nav.absence.lock"]._take(employees)
        return self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True).create(
            [
                {
                    "employee_id": leave.employee_id.id,
                    "company_id": leave.employee_id.company_id.id,
                    "leave_id": leave.id,
                    "leave_ids": [fields.Command.set(leave.ids)],
                    "leave_type_id": leave.holiday_status_id.id,
                    "days": [[first.isoformat(), last.isoformat()] for first, last in days],
                }
                for leave, days in questions
            ]
        )

    def _gone(self):
        """There is nothing to settle any more."""
        if self:
            self.write({"state": "gone"})
            self.activity_ids.unlink()

    # ------------------------------------------------------------------ asking HR

    def _ask_hr(self):
        """An activity for each who may settle it, and one message for all of them together."""
        for connection, group in self.grouped(lambda one: one._connection()).items():
            for conflict in group:
                for user in conflict._hr_users(connection):
                    conflict.with_context(mail_activity_quick_update=True).activity_schedule(
                        ACTIVITY_TYPE,
                        user_id=user.id,
                        note=Markup("<p>%s</p>") % conflict._question(),
                    )
            self.env["nav.notice"]._tell(
                self.env["nav.notice"]._occasion("vacation", *group.ids),
                group[:1].company_id,
                [Event("task", group)],
                wait_for=connection,
            )

    def _question(self):
        return self.env._(
            "The employee was fully sick during other time off, and may be owed the days back. "
            "Give the Days Back, or Keep the time off as it is."
        )

    def _connection(self):
        """The connection whose note the days are from."""
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "=", self.employee_id.id),
                ("nav_sourced", "=", True),
                ("state", "=", "validate"),
                ("request_date_from", "<=", self.date_to),
                ("request_date_to", ">=", self.date_from),
            ]
        )
        return leaves.nav_period_id.note_id.connection_id[:1]

    def _hr_users(self, connection):
        """Those whom the sick leave's type names for HR, else all NAV HR people of the company."""
        people = (
            self.env.ref(HR)
            .sudo()
            .all_user_ids.filtered(lambda user: user.active and self.company_id in user.company_ids)
        )
        return (connection.leave_type_id.responsible_ids & people) or people

    # ------------------------------------------------------------------ what came another way

    @api.model
    def _employees_to_follow(self):
        """Employees with time off on days of full sick leave that HR was never asked about, or that
        was gone and is back; after them those about whom a question is open."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT other.employee_id
                  FROM hr_leave other
                  JOIN hr_leave_type type
                    ON type.id = other.holiday_status_id
                   AND type.is_sick_leave IS NOT TRUE
                   AND type.time_type = 'leave'
                  JOIN hr_leave nav
                    ON nav.employee_id = other.employee_id
                   AND nav.nav_sourced
                   AND nav.state = 'validate'
                   AND nav.absence_degree = 100
                   AND nav.request_date_from <= other.request_date_to
                   AND nav.request_date_to >= other.request_date_from
                 WHERE other.nav_sourced IS NOT TRUE
                   AND other.state IN %(counting)s
                   AND other.request_date_to >= %(since)s
                   AND NOT EXISTS (
                       SELECT 1
                         FROM nav_vacation_conflict_leave_rel rel
                         JOIN nav_vacation_conflict known
                           ON known.id = rel.conflict_id
                          AND known.state != 'gone'
                        WHERE rel.leave_id = other.id)
                """,
                counting=COUNTING_STATES,
                since=fields.Date.today() - ASKED_FOR,
            )
        )
        asked = self.sudo().search([("state", "=", "open")]).employee_id
        return self.env["hr.employee"].sudo().browse(row[0] for row in rows) | asked

    @api.model
    def _follow_each(self, employees):
        """Follow employees in a batch, and one by one when that fails: one employee's trouble is
        not the others'."""
        try:
            with attempt(self.env):
                self._follow(employees)
        except Exception as error:
            if len(employees) > 1:
                for employee in employees:
                    self._follow_each(employee)
                return
            _logger.warning(
                "Time off of employee %s could not be compared with sick leave: %s",
                employees.id,
                type(error).__name__,
            )


class NavSickNote(models.Model):
    _inherit = "nav.sick.note"

    def _record_outcome(self, plans):
        result = super()._record_outcome(plans)
        self.env["nav.vacation.conflict"]._follow(self.env["hr.employee"].union(*plans))
        return result


class NavConnection(models.Model):
    _inherit = "nav.connection"

    @api.model
    def _cron_cancel_overlaps(self):
        """Also time off that was registered after the note."""
        result = super()._cron_cancel_overlaps()
        conflicts = self.env["nav.vacation.conflict"].sudo()
        employees = conflicts._employees_to_follow()
        for start in range(0, len(employees), FOLLOW_BATCH):
            conflicts._follow_each(employees[start : start + FOLLOW_BATCH])
            if not self.env["ir.cron"]._commit_progress(0):
                break
        return result
