# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date

# How the connector writes on leave: as superuser, without the checks and messages that are meant
# for requests of people, and marked so that the protection of leave from NAV lets it through.
APPLY_CONTEXT = {
    "nav_apply": True,
    "leave_fast_create": True,
    "leave_skip_date_check": True,
    "leave_skip_state_check": True,
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_activity_automation_skip": True,
    "mail_notrack": True,
}


class HrLeave(models.Model):
    """Cancelling, cutting and restoring leave, with all that hangs on it.

    Odoo keeps an approved leave in three more places: the working calendar, the meeting, and the
    work entries when they are installed. Everything here keeps the four alike.
    """

    _inherit = "hr.leave"

    nav_replaced_by_id = fields.Many2one(
        "nav.sick.note",
        "Replaced By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="nav_altinn_connector.group_nav_hr",
    )
    nav_state_before = fields.Selection(
        selection=[
            ("confirm", "To Approve"),
            ("validate1", "Second Approval"),
            ("validate", "Approved"),
        ],
        string="Status Before",
        readonly=True,
        copy=False,
        groups="nav_altinn_connector.group_nav_hr",
    )

    # ------------------------------------------------------------------ approved without a request

    def _nav_create_approved(self, vals_list):
        """Create approved leave in one batch, whatever the type's approval flow (R7: also leave
        without a working day).

        :param vals_list: values with employee, type, request dates, schedule and degree
        :return: the new leave, in order
        """
        leaves = self.with_context(**APPLY_CONTEXT).create(
            [{**vals, "state": "validate"} for vals in vals_list]
        )
        # The meetings name each employee's contact; read one by one otherwise.
        leaves.employee_id.work_contact_id.mapped("name")
        leaves._nav_validate()
        return leaves

    # ------------------------------------------------------------------ cancelling

    def _nav_cancel(self):
        """Cancel leave, its absence in the calendar, its meeting, activities and work entries."""
        leaves = self.with_context(**APPLY_CONTEXT)
        approved = leaves.filtered(lambda leave: leave.state == "validate")
        entry_days = approved._nav_entry_days()
        leaves.write({"state": "cancel"})
        leaves.meeting_id.active = False
        # Odoo's switch that makes no activities would also leave the old ones where they are.
        leaves.with_context(mail_activity_automation_skip=False).activity_unlink(
            leaves._get_to_clean_activities(), only_automated=False
        )
        leaves._nav_renew_work_entries(entry_days)

    def _nav_cancel_from_nav(self):
        """Cancel leave of a note that no longer asks for it, and say why."""
        if not self:
            return
        self._nav_cancel()
        self._message_log_batch(
            bodies={
                leave.id: self.env._(
                    "Cancelled, because the sick note was withdrawn or a newer one covers these "
                    "days."
                )
                for leave in self
            }
        )

    def _nav_replace(self, kept, removed):
        """R3: what is left of a manual leave stays as it was, what a note covers is cancelled and
        remains visible as such, with the reason.

        :param kept: stretches (first day, last day) that stay; may be empty
        :param removed: stretches (first day, last day, ``nav.sick.note``) that yield
        """
        self.ensure_one()
        leave = self.with_context(**APPLY_CONTEXT)
        # Read before the first write: every piece is described by the leave as it was.
        whole = leave._nav_snapshot()
        first, *others = [(*stretch, None) for stretch in kept] + list(removed)
        # The leave first gives up its days: Odoo would count no days on a copy that overlaps it.
        leave._nav_become_piece(whole, *first)
        copies = leave.create([leave._nav_piece_vals(whole, *piece) for piece in others])
        leave._nav_approve_pieces(copies)
        (leave | copies)._nav_log_replaced(whole)

    def _nav_approve_pieces(self, copies):
        """Put the copies of a leave where the leave was: in the calendar, or before an approver."""
        approved = copies.filtered(lambda copy: copy.state == "validate")
        if approved:
            approved._nav_validate()
        waiting = copies.filtered(lambda copy: copy.state in ("confirm", "validate1"))
        waiting.with_context(mail_activity_automation_skip=False).activity_update()

    def _nav_snapshot(self):
        """What the pieces of a leave are made from."""
        vals = self._nav_copy_vals()
        return {
            "vals": vals,
            "state": self.state,
            "date_from": self.request_date_from,
            "date_to": self.request_date_to,
            "period_from": self.request_date_from_period,
            "period_to": self.request_date_to_period,
            "hour_from": self.request_hour_from,
            "hour_to": self.request_hour_to,
            "span": (self.request_date_from, self.request_date_to),
        }

    def _nav_copy_vals(self):
        """Values of a leave for a copy of a part of it, approvers included."""
        self.ensure_one()
        vals = self.with_context(skip_copy_check=True).copy_data()[0]
        vals.update(
            first_approver_id=self.first_approver_id.id,
            second_approver_id=self.second_approver_id.id,
            resource_calendar_id=self.resource_calendar_id.id,
            nav_period_id=self.nav_period_id.id,
            nav_sourced=self.nav_sourced,
            nav_entered=self.nav_entered,
            nav_overridden=self.nav_overridden,
        )
        for name in ("date_from", "date_to", "number_of_days", "number_of_hours"):
            vals.pop(name, None)
        return vals

    def _nav_days_vals(self, whole, date_from, date_to):
        """Request dates of a piece. Its outer edges keep the leave's own half days and hours."""
        at_start = date_from == whole["date_from"]
        at_end = date_to == whole["date_to"]
        vals = {
            "request_date_from": date_from,
            "request_date_to": date_to,
            "request_date_from_period": whole["period_from"] if at_start else "am",
            "request_date_to_period": whole["period_to"] if at_end else "pm",
        }
        if self.request_unit_hours:
            begin, end = self._get_hour_from_to(date_from, date_to)
            vals["request_hour_from"] = whole["hour_from"] if at_start else begin
            vals["request_hour_to"] = whole["hour_to"] if at_end else end
        return vals

    def _nav_state_vals(self, whole, note):
        if not note:
            return {"state": whole["state"]}
        return {
            "state": "cancel",
            "nav_replaced_by_id": note.id,
            "nav_state_before": whole["state"],
        }

    def _nav_piece_vals(self, whole, date_from, date_to, note):
        return {
            **whole["vals"],
            **self._nav_days_vals(whole, date_from, date_to),
            **self._nav_state_vals(whole, note),
        }

    def _nav_become_piece(self, whole, date_from, date_to, note):
        """Make the leave itself the first of its pieces."""
        if (date_from, date_to) != whole["span"]:
            self._nav_set_days(self._nav_days_vals(whole, date_from, date_to))
        if note:
            vals = self._nav_state_vals(whole, note)
            vals.pop("state")
            self.write(vals)
            self._nav_cancel()

    def _nav_set_days(self, vals):
        """Give a leave other days, and renew the calendar, the meeting and the work entries."""
        self.ensure_one()
        leave = self.with_context(**APPLY_CONTEXT)
        approved = leave.state == "validate"
        entry_days = leave._nav_entry_days()
        if approved:
            leave._remove_resource_leave()
        leave.write(vals)
        # The times follow from the days, and are checked, here: elsewhere Odoo's checks are on.
        leave.flush_recordset()
        if not approved:
            return
        leave._create_resource_leave()
        leave._nav_renew_meeting()
        leave._nav_renew_work_entries(entry_days | leave._nav_entry_days())

    def _nav_resize(self, date_from, date_to, calendar):
        """Give a leave from NAV the days that its note decides now.

        :param calendar: the working schedule on the first day
        """
        self._nav_set_days(
            {
                "request_date_from": date_from,
                "request_date_to": date_to,
                "resource_calendar_id": calendar.id,
            }
        )

    def _nav_renew_meeting(self):
        """Move the meeting of an approved leave to its dates."""
        for leave in self.filtered("meeting_id"):
            [[values]] = leave._prepare_holidays_meeting_values().values()
            keep = ("name", "duration", "start", "stop", "allday")
            leave.meeting_id.with_context(no_mail_to_attendees=True).write(
                {name: values[name] for name in keep}
            )

    # ------------------------------------------------------------------ restoring

    def _nav_restore(self):
        """R6: bring back manual leave that a withdrawn note had cancelled, as it was.

        Leave whose days hold other time off by now is not brought back: a person has planned anew.

        :return: (restored, left alone)
        """
        leaves = self.with_context(**APPLY_CONTEXT)
        occupied = leaves.filtered(lambda leave: leave._nav_days_are_taken())
        restored = leaves - occupied
        for state, group in restored.grouped("nav_state_before").items():
            group.write(
                {
                    "state": state or "confirm",
                    "nav_replaced_by_id": False,
                    "nav_state_before": False,
                }
            )
        restored.with_context(active_test=False).meeting_id.unlink()
        leaves._nav_approve_pieces(restored)
        restored._message_log_batch(
            bodies={
                leave.id: self.env._(
                    "Restored: no sick note gives time off on these days any more."
                )
                for leave in restored
            }
        )
        return restored, occupied

    def _nav_days_are_taken(self):
        self.ensure_one()
        return bool(
            self.search_count(
                [
                    ("id", "!=", self.id),
                    ("employee_id", "=", self.employee_id.id),
                    ("nav_sourced", "=", False),
                    ("state", "in", ("confirm", "validate1", "validate")),
                    ("date_from", "<", self.date_to),
                    ("date_to", ">", self.date_from),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------ what the chatter says

    def _nav_log_created(self):
        from_nav = self.env._("Made from a sick note that NAV sent.")
        entered = self.env._("Made from a sick note that HR entered.")
        self._message_log_batch(
            bodies={leave.id: entered if leave.nav_entered else from_nav for leave in self}
        )

    def _nav_log_replaced(self, whole):
        """Say on each piece what happened, with a link to the note for those who may open it."""
        bodies = {}
        for leave in self:
            note = leave.sudo().nav_replaced_by_id
            if note:
                from_nav, entered = self.env._("sick note from NAV"), self.env._("sick note")
                link = note._get_html_link(title=entered if note.source == "manual" else from_nav)
                bodies[leave.id] = Markup("%s %s") % (
                    self.env._("Cancelled, because these days are covered by a"),
                    link,
                )
            else:
                bodies[leave.id] = self.env._(
                    "A sick note covers a part of this time off, which was %(date_from)s to "
                    "%(date_to)s. Its days were cancelled; the rest stays as it was.",
                    date_from=format_date(self.env, whole["date_from"]),
                    date_to=format_date(self.env, whole["date_to"]),
                )
        self._message_log_batch(bodies=bodies)
