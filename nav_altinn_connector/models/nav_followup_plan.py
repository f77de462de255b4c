import hashlib
import json
import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS

from ..domain import followup_plan
from . import plain_words_plan
from .notification import notification

# The way of a plan:
#
#   draft <──> ready ──> sending ──> sent, partly_sent
#     ^          ^          │  │
#     └── (edited)          │  └───> failed ──> sending        (corrected, sent anew)
#                           v
#                        unknown ──> sent (marked by hand), sending (again, knowingly)
#
# From `sending` on the content is what NAV was given, so it is fixed; only `failed`, which says
# that NAV has not got it, opens it again.
EDITABLE = ("draft", "ready", "failed")
DONE = ("sent", "partly_sent")

# The fields of NAV's plan by ours. What is sent by itself (identity number, sending system) is no
# field of the form.
LPS_NAME = "NAV/Altinn Connector for Odoo"
_NOT_IN_FORM = ("employeeIdentificationNumber", "lpsName", "lpsEmail")
FIELD_OF = {
    name: re.sub("([A-Z])", r"_\1", name).lower()
    for name in followup_plan.NAMES
    if name not in _NOT_IN_FORM
}
FIELD_NAMES = {field: name for name, field in FIELD_OF.items()}
# What follows from the employee's answer is chosen by `contribution`.
CONTRIBUTED = "employee_has_contributed_to_plan"
CONTENT = frozenset(FIELD_OF.values()) - {CONTRIBUTED} | {"contribution"}
RECEIVERS = frozenset(
    {
        "send_plan_to_nav",
        "needs_help_from_nav",
        "needs_help_from_nav_description",
        "send_plan_to_general_practitioner",
        "message_to_general_practitioner",
    }
)
# What the employee has confirmed: everything but to whom it goes and who says so.
AGREED = CONTENT - RECEIVERS - {"contribution", "employee_has_not_contributed_to_plan_description"}
# What a person sees who sends the plan, besides the receivers, and which attempt came before.
SENT_WITH = AGREED | {
    "contribution",
    "employee_has_not_contributed_to_plan_description",
    CONTRIBUTED,
    "call_id",
}
# The part that the employee may write, since nobody knows it better.
EMPLOYEES_PART = (
    "typical_workday",
    "tasks_that_can_still_be_done",
    "tasks_that_can_not_be_done",
)


class NavFollowupPlan(models.Model):
    """A follow-up plan (oppfølgingsplan): one version of what employer and employee agree on.

    Managers and HR write the content of a plan that has not been sent. All else is written by
    this model alone. A plan that was sent, or may have been, cannot be changed or deleted by
    anybody: the way on is a new version.
    """

    _name = "nav.followup.plan"
    _description = "Follow-up Plan"
    _order = "case_id, version desc, id desc"

    case_id = fields.Many2one(
        "nav.sick.case", "Sick Leave", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )
    employee_id = fields.Many2one(
        related="case_id.employee_id", store=True, index=True, precompute=True
    )
    responsible_id = fields.Many2one(related="case_id.responsible_id")
    employee_name = fields.Char(
        "Name of the Employee", compute="_compute_employee_name", compute_sudo=True, readonly=True
    )
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    previous_id = fields.Many2one(
        "nav.followup.plan", "Previous Version", readonly=True, copy=False, ondelete="set null"
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("ready", "Ready"),
            ("sending", "Being Sent"),
            ("sent", "Sent"),
            ("partly_sent", "Partly Sent"),
            ("unknown", "Unknown"),
            ("failed", "Not Sent"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    locked = fields.Boolean(compute="_compute_locked")
    mine = fields.Boolean(compute="_compute_mine", help="Whether I am the employee.")
    advice = fields.Text(
        "From the Sick Note",
        compute="_compute_advice",
        compute_sudo=True,
        help="What the doctor has written to the employer. It is not sent.",
    )

    # In NAV's order.
    typical_workday = fields.Text(
        "What does a normal working day look like?",
        help="Tasks, hours, place, and what is hard or heavy about them, before the sick leave.",
    )
    tasks_that_can_still_be_done = fields.Text(
        "Which ordinary tasks can still be done?",
        help="In whole or in part, also those that only need more time or an aid.",
    )
    tasks_that_can_not_be_done = fields.Text(
        "Which ordinary tasks cannot be done?",
        help="Name the tasks and not the illness: the employer need not know a diagnosis.",
    )
    previous_facilitation = fields.Text(
        "Adaptations earlier in the sick leave",
        help="What has been tried, and how it went. If nothing has been tried yet, say so.",
    )
    planned_facilitation = fields.Text(
        "How will you adapt the working day from now on?",
        help="What you do, from when until when, and who sees to it.",
    )
    other_facilitation_options = fields.Text(
        "Do you have other ways to adapt the work that are not tried now?",
        help="Other tasks, another place or other hours, for example. This may be left empty.",
    )
    follow_up = fields.Text(
        "How will you follow up the agreed adaptations?",
        help="How often you talk, and who takes the initiative.",
    )
    evaluation_date = fields.Date(
        "When will you evaluate this follow-up plan?",
        help="The day on which you go through the plan and see how the adaptations have worked.",
    )
    send_plan_to_nav = fields.Boolean(
        "Send to NAV",
        copy=False,
        help="Before a dialogue meeting, and when NAV asks for the plan.",
    )
    needs_help_from_nav = fields.Boolean(
        "Do you need help from NAV?",
        copy=False,
        help="A dialogue meeting led by NAV or an aid at work, for example. A case worker at NAV "
        "then gets a task; without it the plan is only filed there.",
    )
    needs_help_from_nav_description = fields.Text(
        "What do you need help from NAV with?", copy=False
    )
    send_plan_to_general_practitioner = fields.Boolean(
        "Send to the general practitioner",
        copy=False,
        help="Within four weeks of the first day of the sick leave.",
    )
    message_to_general_practitioner = fields.Text("Message to the general practitioner", copy=False)
    additional_information = fields.Text(
        "Additional information", help="What else NAV or the doctor should know. May be left empty."
    )
    contact_person_full_name = fields.Char(
        "Name of the contact person", help="Whom NAV and the doctor may call at the employer."
    )
    contact_person_phone_number = fields.Char("Telephone number of the contact person")
    contact_person_email = fields.Char("E-mail of the contact person")
    employee_has_contributed_to_plan = fields.Boolean(
        "Has the employee taken part in making the plan?", compute="_compute_contributed"
    )
    contribution = fields.Selection(
        [
            ("answer", "As the employee's confirmation says"),
            ("yes", "Yes, in another way"),
            ("no", "No"),
        ],
        "Taken Part",
        default="answer",
        required=True,
        copy=False,
        help="The employee has taken part when he or she has confirmed the plan. Choose "
        "otherwise when you know better, for example after going through the plan in a meeting.",
    )
    employee_has_not_contributed_to_plan_description = fields.Text(
        "Why has the employee not taken part in making the plan?",
        copy=False,
        help="NAV asks for the reason whenever the employee has not taken part.",
    )

    checked = fields.Boolean(
        readonly=True, copy=False, help="The rules have been checked, so problems are shown."
    )
    problem_fields = fields.Char(
        compute="_compute_problems", help="NAV's names of the fields to correct."
    )
    problem_words = fields.Html(compute="_compute_problems", sanitize=False)
    error = fields.Text("Problem", readonly=True, copy=False)
    error_field = fields.Char(
        readonly=True, copy=False, help="NAV's name of the field that NAV did not accept."
    )
    # Whoever knows it may ask NAV about the plan: a secret, encrypted at rest.
    nav_uuid = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)

    # ------------------------------------------------------------------ computes

    @api.depends("employee_id.name", "version")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = self.env._(
                "Follow-up plan %(version)s, %(employee)s",
                version=plan.version,
                employee=plan.employee_name or "",
            )

    @api.depends("employee_id.name")
    def _compute_employee_name(self):
        for plan in self:
            plan.employee_name = plan.employee_id.name

    @api.depends("state")
    def _compute_locked(self):
        for plan in self:
            plan.locked = plan.state not in EDITABLE

    @api.depends("employee_id.user_id")
    @api.depends_context("uid")
    def _compute_mine(self):
        for plan in self:
            plan.mine = plan.sudo().employee_id.user_id == self.env.user

    @api.depends("case_id")
    def _compute_advice(self):
        for plan in self:
            # Without what an unsaved form says of the case.
            case = plan.case_id._origin
            plan.advice = case._plan_advice() if case else False

    @api.depends("contribution", "employee_confirmed_at")
    def _compute_contributed(self):
        for plan in self:
            by_answer = plan.contribution == "answer" and bool(plan.employee_confirmed_at)
            plan.employee_has_contributed_to_plan = by_answer or plan.contribution == "yes"

    @api.depends("checked", "error_field", "employee_confirmed_at", "mine", *sorted(CONTENT))
    @api.depends_context("uid")
    def _compute_problems(self):
        """Shown to those who write the plan; the employee corrects nothing."""
        for plan in self:
            shown = plan.state in EDITABLE and not plan.mine
            problems = plan._problems() if plan.checked and shown else {}
            names = list(problems)
            if plan.error_field and plan.state == "failed" and shown:
                names.append(plan.error_field)
            # Each with blanks around it, so that no name is found in another one.
            plan.problem_fields = f" {' '.join(names)} "
            if plan.state != "failed":
                # Receivers are chosen in the window that sends the plan, which shows these.
                problems = {
                    name: words
                    for name, words in problems.items()
                    if FIELD_OF.get(name) not in RECEIVERS
                }
            plan.problem_words = plain_words_plan.as_list(self.env, problems)

    # ------------------------------------------------------------------ the rules

    def _values_for_nav(self):
        """The plan by NAV's names, as it would be sent now."""
        self.ensure_one()
        values = {name: self[field] for name, field in FIELD_OF.items()}
        return {
            **values,
            "employeeIdentificationNumber": self.sudo()._identity_number(),
            "lpsName": LPS_NAME,
        }

    def _identity_number(self):
        """The employee's identity number as digits, or what is there when it is none."""
        case = self.case_id
        field = case.connection_id.identity_field or "identification_id"
        number = case.employee_id[field] or ""
        return re.sub(r"[\s.\-]", "", number)

    def _problems(self):
        """What must be corrected before the plan can be sent: {NAV's name: words}, in NAV's
        order. What is wrong with the sick leave and not with a field stands under ``""``."""
        self.ensure_one()
        values = self._values_for_nav()
        problems = {
            field: plain_words_plan.rule_problem(self.env, field, code)
            for field, code in followup_plan.plan_problems(values)
        }
        if not (self.send_plan_to_nav or self.send_plan_to_general_practitioner):
            problems["sendPlanToNav"] = self.env._(
                "Choose who gets the plan: NAV, the general practitioner, or both."
            )
        problems[""] = self.sudo()._sick_leave_problem()
        return {name: problems[name] for name in ("", *followup_plan.NAMES) if problems.get(name)}

    def _sick_leave_problem(self):
        """Why NAV would not take a plan for this sick leave now, or False."""
        if not self.case_id.connection_id:
            return self.env._(
                "This sick leave belongs to no NAV connection, so its plan cannot be sent from "
                "here."
            )
        if not self.case_id._has_active_note(self._today()):
            return self.env._(
                "NAV takes plans only while the employee has an active sick note: from its first "
                "day until 16 days after its last. There is none now."
            )
        return False

    @api.model
    def _today(self):
        return self.env["nav.sick.case"]._today()

    def _seal(self, names):
        """Stands for the values of these fields, to see later whether they are still what a
        person has looked at."""
        self.ensure_one()
        values = [str(self[name] or "") for name in sorted(names)]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    # ------------------------------------------------------------------ who may write what

    def onchange(self, values, field_names, fields_spec):
        """A form that is not saved yet can name any sick leave, and shows the employee and the
        doctor's advice with all rights.

        :raises AccessError: for a sick leave that the user may not read
        """
        named = self.new({"case_id": values.get("case_id")}).case_id._origin
        named.check_access("read")
        return super().onchange(values, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: for values that only the engine gives"""
        allowed = CONTENT | {"case_id"}
        if not self.env.su:
            for vals in vals_list:
                self._refuse_foreign(vals.keys() - allowed)
            defaults = {f"default_{name}" for name in self._fields.keys() - allowed}
            context = {key: each for key, each in self.env.context.items() if key not in defaults}
            self = self.with_env(self.env(context=context))
        plans = super().create(vals_list)
        for plan in plans:
            plan.sudo()._number()
            plan._refuse_closed()
        return plans

    def write(self, vals):
        """:raises AccessError: for values that only the engine gives
        :raises UserError: for the content of a plan that has been sent"""
        names = vals.keys()
        if not self.env.su:
            self._refuse_foreign(names - CONTENT)
        if names & CONTENT and any(plan.state not in EDITABLE for plan in self):
            raise UserError(
                self.env._(
                    "A plan that has been sent, or is being sent, cannot be changed. Make a new "
                    "version of it."
                )
            )
        changed = {plan: plan._changed_by(vals) for plan in self}
        result = super().write(vals)
        for plan, fields_ in changed.items():
            if fields_:
                plan.sudo()._content_changed(fields_)
        return result

    def _changed_by(self, vals):
        """The names of the content that is another one with these values."""
        return {
            name
            for name in vals.keys() & CONTENT
            if (self._fields[name].convert_to_cache(vals[name], self) or False)
            != (self[name] or False)
        }

    def _content_changed(self, names):
        """The employee has confirmed another text, and the rules are to be looked at again."""
        if self.state == "ready":
            self.state = "draft"
        if names & AGREED:
            self.employee_confirmed_at = False
        self.error_field = False

    def _refuse_foreign(self, names):
        if names:
            raise AccessError(self.env._("This part of a follow-up plan is not written by hand."))

    def _refuse_closed(self):
        if self.sudo().case_id.state == "closed" and not self.env.su:
            raise UserError(self.env._("This sick leave is closed. Plans are made while it lasts."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        """What has been sent is kept until its time is over (:mod:`.nav_retention`)."""
        if self.env.su and self.env.context.get("nav_retention"):
            return
        if any(plan.state not in EDITABLE for plan in self):
            raise UserError(
                self.env._("A plan that has been sent, or is being sent, cannot be deleted.")
            )

    # ------------------------------------------------------------------ what people press

    def action_ready(self):
        """Check all rules; the plan is ready when it breaks none but those about receivers, which
        are chosen when it is sent.

        :return: a notification when it is not, else True
        """
        self.check_access("write")
        for plan in self.sudo().filtered(lambda plan: plan.state in ("draft", "failed")):
            plan.checked = True
            chosen_later = {FIELD_NAMES[name] for name in RECEIVERS} | {""}
            if not plan._problems().keys() - chosen_later:
                plan.write({"state": "ready", "error": False, "error_field": False})
        if any(plan.state != "ready" for plan in self):
            return notification(
                self.env._("Not ready yet: the list at the top says what to correct."), "warning"
            )
        return True

    def action_open_send(self):
        """Open the wizard that shows what will be sent, and to whom. From then on the plan shows
        what is to be corrected."""
        self.ensure_one()
        self.check_access("write")
        if not self.locked and not self.checked:
            self.sudo().checked = True
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.followup.plan.send",
            "view_mode": "form",
            "target": "new",
            "context": {"default_plan_id": self.id},
            "name": self.env._("Send Follow-up Plan"),
        }
