# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

# What anyone who may discuss a leave may also do to one from NAV.
_DISCUSSION_FIELDS = frozenset(
    {"attachment_ids", "supported_attachment_ids", "message_main_attachment_id"}
)
# A change of these by a person is a decision that the connector does not undo.
_DECISIVE_FIELDS = frozenset(
    {
        "state",
        "employee_id",
        "holiday_status_id",
        "absence_degree",
        "request_date_from",
        "request_date_to",
        "date_from",
        "date_to",
        "request_hour_from",
        "request_hour_to",
        "request_date_from_period",
        "request_date_to_period",
    }
)
_COUNTING_STATES = ("confirm", "validate1", "validate")


class HrLeave(models.Model):
    """Time off with a degree, and time off that a sick note from NAV has made.

    Leave from NAV is made and changed by the connector alone (``nav_apply`` in the context, and
    as superuser). HR administrators may change it by hand; what they change is then left as it is.
    """

    _inherit = "hr.leave"

    absence_degree = fields.Integer(
        "Degree (%)",
        default=100,
        tracking=True,
        aggregator=None,
        help="How much of the working time the employee is absent, in percent.",
    )
    allow_graded = fields.Boolean(related="holiday_status_id.allow_graded")
    nav_period_id = fields.Many2one(
        "nav.sick.note.period",
        "Period of the Sick Note",
        readonly=True,
        # Odoo copies leave as whoever splits it, who may not be allowed to read this.
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="nav_altinn_connector.group_nav_hr",
    )
    nav_note_id = fields.Many2one(
        related="nav_period_id.note_id",
        string="Sick Note",
        groups="nav_altinn_connector.group_nav_hr",
    )
    nav_sourced = fields.Boolean(
        "From a Sick Note",
        readonly=True,
        copy=False,
        help="Made from a sick note that NAV sent, or that HR entered.",
    )
    nav_entered = fields.Boolean(
        "From a Note Entered by HR",
        readonly=True,
        copy=False,
        help="Made from a sick note that HR entered, such as one on paper.",
    )
    nav_overridden = fields.Boolean(
        "Changed by Hand",
        readonly=True,
        copy=False,
        groups="nav_altinn_connector.group_nav_hr",
        help="A person has changed this leave after NAV's note made it; it is left as it is.",
    )
    nav_label = fields.Char(
        "Degree and Source", compute="_compute_nav_label", help="Such as: 60 %, NAV."
    )
    nav_can_change = fields.Boolean(compute="_compute_nav_can_change")
    nav_overlap_ids = fields.Many2many(
        "hr.leave",
        compute="_compute_nav_overlap_ids",
        string="Overlapping Time Off",
        help="Sick leave from NAV never blocks other time off: this is what lies on the same days.",
    )
    nav_overlap_message = fields.Char(compute="_compute_nav_overlap_ids")

    _check_absence_degree = models.Constraint(
        "CHECK(absence_degree BETWEEN 1 AND 100)", "The degree must be between 1 and 100 percent."
    )
    # The effect of a note exists once, whatever runs twice or at the same time.
    _unique_nav_effect = models.UniqueIndex(
        "(nav_period_id, request_date_from) "
        "WHERE nav_period_id IS NOT NULL AND state IN ('confirm', 'validate1', 'validate')",
        "This sick note has its time off already.",
    )

    # ------------------------------------------------------------------ degree and length

    @api.depends("absence_degree", "nav_sourced", "nav_entered", "allow_graded")
    def _compute_nav_label(self):
        """The degree where it says something, and whether NAV sent the leave."""
        for leave in self:
            degree = f"{leave.absence_degree} %"
            if leave.nav_entered:
                leave.nav_label = self.env._("%s, sick note", degree)
            elif leave.nav_sourced:
                leave.nav_label = self.env._("%s, NAV", degree)
            else:
                leave.nav_label = degree if leave.absence_degree < 100 else False

    @api.constrains("absence_degree", "holiday_status_id")
    def _check_degree_allowed(self):
        for leave in self:
            if leave.absence_degree != 100 and not leave.holiday_status_id.allow_graded:
                raise ValidationError(
                    self.env._(
                        "%s does not allow graded absence. Choose 100 %%, or allow graded absence "
                        "on the type.",
                        leave.holiday_status_id.display_name,
                    )
                )

    @api.onchange("holiday_status_id")
    def _onchange_holiday_status_degree(self):
        if not self.holiday_status_id.allow_graded:
            self.absence_degree = 100

    # The type's way of counting is left out on purpose: a change of it must not recount the past.
    @api.depends("absence_degree")
    def _compute_duration(self):
        return super()._compute_duration()

    def _get_durations(self, check_leave_type=True, resource_calendar=None):
        """Days and hours, where leave from NAV and other leave do not shorten each other (R4), and
        a graded leave on a type with partial counting counts by its degree."""
        durations = {}
        from_nav = self.filtered("nav_sourced")
        for leaves, beside in ((self - from_nav, "other"), (from_nav, "nav")):
            if leaves:
                durations.update(
                    super(HrLeave, leaves.with_context(nav_count_beside=beside))._get_durations(
                        check_leave_type=check_leave_type, resource_calendar=resource_calendar
                    )
                )
        for leave in self:
            if leave._nav_counts_partially():
                days, hours = durations[leave.id]
                degree = leave.absence_degree
                durations[leave.id] = (days * degree / 100, hours * degree / 100)
        return durations

    def _nav_counts_partially(self):
        """True where days and hours are multiplied by the degree."""
        self.ensure_one()
        leave_type = self.holiday_status_id
        return (
            self.absence_degree < 100
            and leave_type.allow_graded
            and leave_type.graded_counting == "partial"
        )

    # ------------------------------------------------------------------ overlap with other leave

    def _compute_dashboard_warning_message(self):
        """Odoo's message blocks; leave from NAV neither blocks nor is blocked (R3, R4)."""
        result = super()._compute_dashboard_warning_message()
        warned = self.filtered("dashboard_warning_message")
        if not warned:
            return result
        warned.filtered("nav_sourced").dashboard_warning_message = False
        warned = warned.filtered(lambda leave: not leave.nav_sourced)
        if not warned:
            return result
        blocking = self.search(
            Domain("date_from", "<", max(warned.mapped("date_to")))
            & Domain("date_to", ">", min(warned.mapped("date_from")))
            & Domain("employee_id", "in", warned.employee_id.ids)
            & Domain("holiday_status_id.allow_request_on_top", "=", False)
            & Domain("state", "not in", ("cancel", "refuse"))
            & Domain("nav_sourced", "!=", True)
        )
        for leave in warned:
            if not any(leave._nav_overlaps(other) for other in blocking):
                leave.dashboard_warning_message = False
        return result

    def _nav_overlaps(self, other):
        """True when another leave of the same employee shares a moment with this one."""
        return (
            other._origin.id not in self._origin.ids
            and other.employee_id.id in self.employee_id._origin.ids
            and other.date_from < self.date_to
            and other.date_to > self.date_from
        )

    @api.depends("date_from", "date_to", "employee_id", "state", "nav_sourced")
    def _compute_nav_overlap_ids(self):
        counting = self.filtered(
            lambda leave: leave.state in _COUNTING_STATES and leave.date_from and leave.date_to
        )
        (self - counting).update({"nav_overlap_ids": False, "nav_overlap_message": False})
        if not counting:
            return
        others = self.search(
            Domain("date_from", "<", max(counting.mapped("date_to")))
            & Domain("date_to", ">", min(counting.mapped("date_from")))
            & Domain("employee_id", "in", counting.employee_id._origin.ids)
            & Domain("state", "in", _COUNTING_STATES)
        )
        for leave in counting:
            overlapping = others.filtered(
                lambda other, leave=leave: (
                    other.nav_sourced != leave.nav_sourced and leave._nav_overlaps(other)
                )
            )
            leave.nav_overlap_ids = overlapping
            leave.nav_overlap_message = leave._nav_overlap_words(overlapping)

    def _nav_overlap_words(self, overlapping):
        if not overlapping:
            return False
        spans = ", ".join(
            self.env._(
                "%(date_from)s to %(date_to)s",
                date_from=format_date(self.env, leave.request_date_from),
                date_to=format_date(self.env, leave.request_date_to),
            )
            for leave in overlapping.sorted("request_date_from")
        )
        if self.nav_sourced:
            return self.env._(
                "Other time off lies on the same days and stays as it is: %s. An employee who is "
                "fully sick may be owed the days back.",
                spans,
            )
        if any(overlapping.mapped("nav_entered")):
            return self.env._("Sick leave by a sick note lies on the same days: %s.", spans)
        return self.env._("Sick leave from NAV lies on the same days: %s.", spans)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """``nav_leave_out`` in the context: what makes room for other leave does not see leave from
        NAV."""
        if self.env.context.get("nav_leave_out"):
            domain = Domain(domain) & Domain("nav_sourced", "!=", True)
        return super()._search(domain, *args, **kwargs)

    # ------------------------------------------------------------------ protection

    @api.depends_context("uid")
    def _compute_nav_can_change(self):
        may = self._nav_user_may_change()
        for leave in self:
            leave.nav_can_change = may or not leave.nav_sourced

    @api.model
    def _nav_user_may_change(self):
        """HR administrators may change leave from NAV; employees and managers may not."""
        return (
            self.env.su
            or self.env.user.has_group("hr_holidays.group_hr_holidays_manager")
            or self.env.user.has_group("nav_altinn_connector.group_nav_hr")
        )

    def _nav_check_may_change(self):
        if not self._nav_user_may_change() and any(self.sudo().mapped("nav_sourced")):
            raise UserError(
                self.env._(
                    "This sick leave comes from a sick note. Only HR administrators can change it. "
                    "If it is wrong, ask HR, or the doctor who wrote the sick note."
                )
            )

    def _get_next_states_by_state(self):
        """No button leads anywhere for those who may not change a leave from NAV."""
        states = super()._get_next_states_by_state()
        if self.nav_sourced and not self._nav_user_may_change():
            return {state: set() for state in states}
        return states

    @api.model
    def _nav_is_connector(self):
        """The connector itself is at work. The context alone proves nothing: callers set it."""
        return self.env.su and bool(self.env.context.get("nav_apply"))

    def _nav_check_source(self):
        """What NAV has sent is not for people to say: such leave passes the checks of requests."""
        if not self.env.su and any(self.mapped("nav_sourced")):
            raise UserError(self.env._("Only the connector makes time off that comes from NAV."))

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        # The records and not the values: defaults may come from the caller's context.
        leaves._nav_check_source()
        if not self._nav_is_connector():
            leaves._nav_yield_soon()
        return leaves

    def _nav_yield_soon(self):
        """Manual sick leave on days that a note covers yields (R3): let the cron see to it now."""
        late = self.filtered(lambda leave: leave.holiday_status_id.is_sick_leave)
        if any(overlap for overlap in late.sudo().mapped("nav_overlap_ids")):
            self.env.ref("nav_altinn_connector.ir_cron_cancel_overlaps").sudo()._trigger()

    def write(self, vals):
        if not self._nav_is_connector():
            if vals.keys() - _DISCUSSION_FIELDS:
                self._nav_check_may_change()
            if not self.env.su and vals.keys() & _DECISIVE_FIELDS:
                from_nav = self.sudo().filtered(
                    lambda leave: leave.nav_sourced and not leave.nav_overridden
                )
                from_nav.with_context(nav_apply=True).write({"nav_overridden": True})
        result = super().write(vals)
        if vals.get("nav_sourced"):
            self._nav_check_source()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_from_nav(self):
        self._nav_check_may_change()

    # ------------------------------------------------------------------ while the connector works

    def _check_validity(self):
        """A note is a fact, not a request: nothing is asked of allocations or mandatory days."""
        if self._nav_is_connector():
            return None
        requested = self.filtered(lambda leave: not leave.nav_sourced)
        return super(HrLeave, requested)._check_validity()

    @api.constrains("date_from", "date_to")
    def _check_contracts(self):
        """The connector cuts leave where the working schedule changes, so there is nothing left
        to check, and the check costs two queries for each leave."""
        if self._nav_is_connector():
            return None
        return super()._check_contracts()

    def message_post(self, **kwargs):
        """While a batch is applied, Odoo's message for each approved leave is left out: those
        concerned are told by the connector."""
        if self._nav_is_connector():
            return self.env["mail.message"]
        return super().message_post(**kwargs)
