# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from collections import defaultdict
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from ..domain import absence, intervals
from .attempt import attempt
from .plain_words import in_language_of
from .resource_calendar import remembered_hours

_logger = logging.getLogger(__name__)

# The longest stretch of days without work, such as Easter, that counts as locked between two days
# that payroll has validated.
LOCK_GAP = timedelta(days=7)
IN_EFFECT = ("applied", "superseded")
APPLICABLE = ("received", "waiting", *IN_EFFECT)
COUNTING_STATES = ("confirm", "validate1", "validate")


class NavSickNote(models.Model):
    """Carrying out what the notes of employees ask for.

    A batch of notes is matched, and decided and carried out for its employees, in one savepoint.
    When anything fails, each note is tried in a savepoint of its own, so that one bad note stops
    no other. What is decided depends on all notes of the employee (R2), never on one alone.
    """

    _inherit = "nav.sick.note"

    def _apply(self):
        """Apply the notes as far as possible. Never raises for a single note's sake.

        Failed notes have to be read anew first, and withdrawn ones stay so: both are left out.

        :raises psycopg2.errors.SerializationFailure: another worker was at the same employee; to
            be retried in a new transaction
        """
        applicable = self._as_engine().filtered(lambda note: note.state in APPLICABLE)
        for company, notes in applicable.grouped("company_id").items():
            notes = in_language_of(company, notes)
            try:
                with attempt(self.env):
                    notes._apply_batch()
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                _logger.info(
                    "A batch of %s sick notes is tried one by one: %s",
                    len(notes),
                    type(error).__name__,
                )
                for note in notes:
                    note._apply_alone()

    def _as_engine(self):
        """As superuser, so that neither the result nor its author depends on who pressed what."""
        return self.with_user(SUPERUSER_ID).sudo()

    def _apply_alone(self):
        try:
            with attempt(self.env):
                self._apply_batch()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Sick note %s could not be applied: %s", self.id, type(error).__name__)
            words = self._apply_error_words(error)
            if self.state in IN_EFFECT:
                # Its time off stands, and must not be taken away because of this.
                self._message_log(body=words)
            else:
                self.write({"state": "failed", "failure_reason": words})

    def _apply_error_words(self, error):
        """Odoo's own words where it refused something, else only the kind of error: its text may
        hold values of fields."""
        if isinstance(error, UserError):
            return self.env._("Odoo refused the time off: %s", error.args[0])
        return self.env._(
            "The time off could not be made (%s). Try again; if it fails again, ask the person "
            "who runs the server.",
            type(error).__name__,
        )

    def _apply_batch(self):
        """Match, decide and carry out, or raise with nothing done."""
        matched, waiting = self._match()
        for reason, notes in waiting.items():
            changed = notes.filtered(
                lambda note, reason=reason: (note.state, note.waiting_reason) != ("waiting", reason)
            )
            changed.write({"state": "waiting", "waiting_reason": reason})
        if matched:
            # A note is made to be applied: only other changes of its state are told in its chatter.
            new = matched.filtered(lambda note: note.state == "received")
            new.with_context(tracking_disable=True).write({"state": "applied"})
            (matched - new).write({"state": "applied", "waiting_reason": False})
            matched._decide(matched.employee_id)

    # ------------------------------------------------------------------ deciding

    @api.model
    def _decide(self, employees):
        """Make the employees' time off what their notes ask for (R1 to R8).

        Notes of the employees count when they are applied or superseded; what else there is, such
        as waiting or withdrawn notes, asks for nothing.
        """
        for company, group in employees.grouped("company_id").items():
            # Public holidays and schedules are those of the employees' company.
            notes = in_language_of(company, self._as_engine())
            notes = notes.with_context(allowed_company_ids=company.ids)
            notes._decide_in_company(group.with_env(notes.env))

    def _decide_in_company(self, employees):
        self.env["nav.absence.lock"]._take(employees)
        versions = self._versions(employees.ids)
        situation = self._situation(employees, versions)
        plans = {employee: absence.decide(**situation[employee.id]) for employee in employees}
        with remembered_hours(self.env):
            self._carry_out(plans, versions)
        self._follow_schedules(situation, plans, versions)
        self._record_outcome(plans)

    @api.model
    def _decide_each(self, employees):
        """Decide for employees in a batch, and one by one when that fails. Never raises for a
        single employee's sake."""
        if not employees:
            return
        try:
            with attempt(self.env):
                self._decide(employees)
        except Exception as error:
            if len(employees) == 1:
                _logger.warning(
                    "Sick leave of employee %s could not be decided: %s",
                    employees.id,
                    type(error).__name__,
                )
                return
            for employee in employees:
                self._decide_each(employee)

    def _situation(self, employees, versions):
        """What :func:`..domain.absence.decide` needs to know, for each employee."""
        notes = self.search([("employee_id", "in", employees.ids), ("state", "in", IN_EFFECT)])
        situation = {
            employee_id: {
                "periods": [],
                "manual": [],
                "existing": [],
                "yielded": [],
                "locked": (),
                "breaks": (),
                "settled": set(),
            }
            for employee_id in employees.ids
        }
        for period in notes.period_ids:
            known = situation[period.note_id.employee_id.id]
            known["periods"].append(period._as_domain_period())
            if period.leave_deleted:
                known["settled"].add(period.id)
        self._add_leaves_from_nav(situation)
        self._add_yielded_leaves(situation, notes)
        first, last = _span(situation)
        if first:
            self._add_manual_leaves(situation, first, last)
            self._add_locked_days(situation, first, last)
            self._add_schedule_changes(situation, versions)
        return situation

    def _add_leaves_from_nav(self, situation):
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "in", list(situation)),
                ("nav_period_id", "!=", False),
                "|",
                ("state", "in", COUNTING_STATES),
                ("nav_overridden", "=", True),
            ]
        )
        for leave in leaves:
            known = situation[leave.employee_id.id]
            if leave.nav_overridden:
                known["settled"].add(leave.nav_period_id.id)
            if leave.state in COUNTING_STATES:
                known["existing"].append(
                    absence.NavLeave(
                        leave.id,
                        leave.nav_period_id.id,
                        leave.request_date_from,
                        leave.request_date_to,
                        leave.absence_degree,
                    )
                )

    def _add_manual_leaves(self, situation, first, last):
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "in", list(situation)),
                ("nav_sourced", "=", False),
                ("state", "in", COUNTING_STATES),
                ("request_date_from", "<=", last),
                ("request_date_to", ">=", first),
                ("holiday_status_id", "in", self._sick_leave_types().ids),
            ]
        )
        for leave in leaves:
            situation[leave.employee_id.id]["manual"].append(
                absence.ManualLeave(leave.id, leave.request_date_from, leave.request_date_to)
            )

    def _add_yielded_leaves(self, situation, notes):
        leaves = self.env["hr.leave"].search(
            [("nav_replaced_by_id", "in", notes.ids), ("state", "=", "cancel")]
        )
        for leave in leaves:
            situation[leave.employee_id.id]["yielded"].append(
                absence.YieldedLeave(
                    leave.id,
                    leave.request_date_from,
                    leave.request_date_to,
                    leave.nav_replaced_by_id.id,
                )
            )

    @api.model
    def _sick_leave_types(self):
        return (
            self.env["hr.leave.type"]
            .with_context(active_test=False)
            .search([("is_sick_leave", "=", True)])
        )

    def _add_locked_days(self, situation, first, last):
        """R8: days whose work entries payroll has validated, where work entries are installed."""
        if "hr.work.entry" not in self.env:
            return
        validated, open_days = defaultdict(set), defaultdict(set)
        groups = self.env["hr.work.entry"]._read_group(
            [
                ("employee_id", "in", list(situation)),
                # A weekend's neighbours are needed to tell whether it is locked.
                ("date", ">=", first - LOCK_GAP),
                ("date", "<=", last + LOCK_GAP),
            ],
            ["employee_id", "date:day", "state"],
        )
        for employee, day, state in groups:
            (validated if state == "validated" else open_days)[employee.id].add(day)
        for employee_id, days in validated.items():
            gaps = _free_days_between(days, open_days[employee_id] - days)
            situation[employee_id]["locked"] = intervals.from_days(days | gaps)

    def _locked_days(self, employee, first, last):
        """The days of one employee that payroll has locked, as ranges."""
        situation = {employee.id: {"locked": ()}}
        self._add_locked_days(situation, first, last)
        return situation[employee.id]["locked"]

    @staticmethod
    def _add_schedule_changes(situation, versions_by_employee):
        """Odoo refuses leave across two working schedules: leave begins anew where one changes."""
        for employee_id, versions in versions_by_employee.items():
            changes = [
                version.date_version
                for before, version in zip(versions, versions[1:], strict=False)
                if before.resource_calendar_id != version.resource_calendar_id
            ]
            situation[employee_id]["breaks"] = tuple(changes)

    def _versions(self, employee_ids):
        """{employee id: its versions (contracts and changes), oldest first}"""
        versions = self.env["hr.version"].search(
            [("employee_id", "in", employee_ids)], order="employee_id, date_version"
        )
        return {
            employee.id: group.sorted("date_version")
            for employee, group in versions.grouped("employee_id").items()
        }

    # ------------------------------------------------------------------ carrying out

    def _carry_out(self, plans, versions):
        """Cancel, resize, replace and create, in this order, so that no day is held twice."""
        Leave = self.env["hr.leave"]
        Leave.browse(key for plan in plans.values() for key in plan.cancel)._nav_cancel_from_nav()
        for employee, plan in plans.items():
            for resize in plan.resize:
                calendar = _calendar_on(employee, versions.get(employee.id), resize.date_from)
                Leave.browse(resize.leave)._nav_resize(resize.date_from, resize.date_to, calendar)
            for replacement in plan.replace:
                self._carry_out_replacement(replacement)
            for replacement in plan.restore:
                restored, _occupied = Leave.browse(replacement.leave)._nav_restore()
                if restored and replacement.removed:
                    self._carry_out_replacement(replacement)
        created = [
            self._leave_vals(employee, versions.get(employee.id), segment)
            for employee, plan in plans.items()
            for segment in plan.create
        ]
        if created:
            leaves = Leave._nav_create_approved(created)
            leaves._nav_log_created()

    def _carry_out_replacement(self, replacement):
        removed = [
            (piece.date_from, piece.date_to, self.browse(piece.note))
            for piece in replacement.removed
        ]
        self.env["hr.leave"].browse(replacement.leave)._nav_replace(replacement.kept, removed)

    def _follow_schedules(self, situation, plans, versions):
        """Count leave anew whose working schedule is another one by now, save where payroll has
        locked a day."""
        for employee, plan in plans.items():
            done = {*plan.cancel, *(resize.leave for resize in plan.resize)}
            for item in situation[employee.id]["existing"]:
                days = [(item.date_from, item.date_to)]
                if item.key in done or intervals.intersect(days, situation[employee.id]["locked"]):
                    continue
                leave = self.env["hr.leave"].browse(item.key)
                calendar = _calendar_on(employee, versions.get(employee.id), item.date_from)
                if leave.resource_calendar_id != calendar:
                    leave._nav_resize(item.date_from, item.date_to, calendar)

    def _leave_vals(self, employee, versions, segment):
        period = self.env["nav.sick.note.period"].browse(segment.period)
        leave_type = period.note_id.connection_id.leave_type_id
        calendar = _calendar_on(employee, versions, segment.date_from)
        return {
            "employee_id": employee.id,
            "holiday_status_id": leave_type.id,
            "resource_calendar_id": calendar.id,
            "request_date_from": segment.date_from,
            "request_date_to": segment.date_to,
            "absence_degree": segment.degree if leave_type.allow_graded else 100,
            "nav_period_id": segment.period,
            "nav_sourced": True,
            "nav_entered": period.note_id.source == "manual",
        }

    # ------------------------------------------------------------------ what became of the notes

    def _record_outcome(self, plans):
        """Superseded or applied, conflicts with payroll, and overlap with other time off."""
        employee_ids = [employee.id for employee in plans]
        notes = self.search([("employee_id", "in", employee_ids), ("state", "in", IN_EFFECT)])
        superseded = self.browse(note for plan in plans.values() for note in plan.superseded)
        _write_where_different(notes & superseded, "state", "superseded")
        _write_where_different(notes - superseded, "state", "applied")
        self._record_conflicts(plans)
        self._record_overlaps(notes)

    def _record_conflicts(self, plans):
        """R8: each note tells of the locked days that differ because of it; HR is told once."""
        conflicts = defaultdict(list)
        for employee, plan in plans.items():
            for conflict in plan.conflicts:
                note = self.browse(conflict.note) or self._holder_of_days(employee, conflict)
                conflicts[note].append(conflict)
        told_before = self.search(
            [
                ("employee_id", "in", [employee.id for employee in plans]),
                ("payroll_conflict", "!=", False),
            ]
        )
        for note in self.union(told_before, *conflicts):
            found = conflicts.get(note, ())
            days = note._conflict_days(found)
            if note.payroll_conflict_days != days:
                words = note._conflict_words(found)
                note.write(
                    {
                        "payroll_conflict": words,
                        "payroll_conflict_days": days,
                        "payroll_settled": False,
                    }
                )
                if words:
                    note._tell_hr(words)
        told_before._close_tasks()

    def _holder_of_days(self, employee, conflict):
        """The note whose time off stands on days where no note asks for it: a withdrawn one, or
        one that a newer note has overruled."""
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "=", employee.id),
                ("nav_sourced", "=", True),
                ("state", "in", COUNTING_STATES),
                ("request_date_from", "<=", conflict.date_to),
                ("request_date_to", ">=", conflict.date_from),
            ]
        )
        notes = leaves.nav_period_id.note_id
        return (notes.filtered(lambda note: note.state == "withdrawn") or notes)[:1]

    def _record_overlaps(self, notes):
        """R4: other time off stays, and the note tells of it. Whether the employee gets the days
        back, HR is asked by ``nav.vacation.conflict``."""
        notes = notes.filtered("date_from")
        if not notes:
            return
        others = (
            self.env["hr.leave"]
            .search(
                [
                    ("employee_id", "in", notes.employee_id.ids),
                    ("nav_sourced", "=", False),
                    ("state", "in", COUNTING_STATES),
                    ("request_date_from", "<=", max(notes.mapped("date_to"))),
                    ("request_date_to", ">=", min(notes.mapped("date_from"))),
                ]
            )
            .grouped("employee_id")
        )
        for note in notes:
            leaves = note.leave_ids.filtered(lambda leave: leave.state in COUNTING_STATES)
            overlaps = any(
                leave.request_date_from <= other.request_date_to
                and other.request_date_from <= leave.request_date_to
                for leave in leaves
                for other in others.get(note.employee_id, ())
            )
            if note.overlaps_other != overlaps:
                note.overlaps_other = overlaps
                if overlaps:
                    note._message_log(
                        body=self.env._(
                            "Other time off lies on days of this sick note and was left as it "
                            "is. An employee who is fully sick may be owed the days back."
                        )
                    )

    def _tell_hr(self, words):
        """An activity for those whom the time off type names for HR, once for each cause."""
        users = self.connection_id.leave_type_id.responsible_ids.filtered(
            lambda user: user.has_group("nav_altinn_connector.group_nav_hr")
        )
        self._message_log(body=words)
        for user in users:
            self.activity_schedule("mail.mail_activity_data_todo", user_id=user.id, note=words)


def _write_where_different(notes, name, value):
    different = notes.filtered(lambda note: note[name] != value)
    if different:
        different.write({name: value})


def _span(situation):
    """First and last day that any note of the situation covers, or (None, None)."""
    items = [
        item for known in situation.values() for item in (*known["periods"], *known["existing"])
    ]
    if not items:
        return None, None
    return min(item.date_from for item in items), max(item.date_to for item in items)


def _free_days_between(validated, not_validated):
    """Weekends and holidays between two validated days: they have no work entries of their own,
    and leave is not cut around them."""
    ordered = sorted(validated)
    free = set()
    for before, after in zip(ordered, ordered[1:], strict=False):
        if timedelta(days=1) < after - before <= LOCK_GAP:
            between = {before + timedelta(days=n) for n in range(1, (after - before).days)}
            if not between & not_validated:
                free |= between
    return free


def _calendar_on(employee, versions, day):
    """The working schedule on a day: that of the last version that has begun, else of the first."""
    begun = [version for version in versions or () if version.date_version <= day]
    version = begun[-1] if begun else (versions or [employee])[0]
    return version.resource_calendar_id
