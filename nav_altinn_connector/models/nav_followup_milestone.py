from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..domain import followup_deadlines
from ..domain.followup_deadlines import Kept

SETTLED = tuple(followup_deadlines.SETTLED_STATES)


class NavFollowupMilestone(models.Model):
    """A milestone of a case: when it is due, and what a person has made of it.

    Written by the engine (:mod:`.nav_sick_case_deadlines`) and by the actions here. What is settled
    keeps by whom and when, and is never asked for again.
    """

    _name = "nav.followup.milestone"
    _description = "Milestone of a Sick Leave"
    _order = "due_date, id"

    case_id = fields.Many2one(
        "nav.sick.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, precompute=True)
    employee_id = fields.Many2one(related="case_id.employee_id", store=True, precompute=True)
    responsible_id = fields.Many2one(related="case_id.responsible_id")
    template_id = fields.Many2one(
        "nav.followup.milestone.template", "Kind", required=True, readonly=True, ondelete="restrict"
    )
    name = fields.Char("Milestone", related="template_id.name")
    help_text = fields.Text(related="template_id.help_text")
    key = fields.Char(required=True, readonly=True)
    occurrence = fields.Integer(default=1, required=True, readonly=True, aggregator=None)
    planned_date = fields.Date(required=True, readonly=True, help="The day it was made for.")
    due_date = fields.Date("By", required=True, readonly=True)
    activity_on = fields.Date("Asked For From", readonly=True)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("moved", "Moved"),
            ("skipped", "Skipped"),
            ("not_required", "Not Required"),
            ("done", "Done"),
        ],
        default="open",
        required=True,
        readonly=True,
    )
    stage = fields.Selection(
        [
            ("ahead", "Ahead"),
            ("expected", "Soon"),
            ("active", "To Do"),
            ("overdue", "Late"),
            ("passed", "Passed"),
            ("unreached", "Not Reached"),
            ("missed", "Missed"),
            ("settled", "Settled"),
        ],
        "Status",
        default="ahead",
        required=True,
        readonly=True,
        index=True,
    )
    outcome = fields.Char("Status in Words", compute="_compute_outcome")
    optional = fields.Boolean("When Useful", readonly=True)
    certain = fields.Boolean(readonly=True, default=True)
    reason = fields.Char(readonly=True, copy=False)
    settled_by_id = fields.Many2one("res.users", "By Whom", readonly=True, ondelete="restrict")
    settled_on = fields.Date("When", readonly=True)
    settled_at = fields.Datetime("Recorded At", readonly=True)
    settlement = fields.Char(
        compute="_compute_settlement", help="By whom, when and why it was settled, in words."
    )
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    duplicate_of_id = fields.Many2one(
        "nav.followup.milestone",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Of a sick leave that became part of this one: another milestone stands in its place.",
    )

    _unique_milestone = models.UniqueIndex(
        "(case_id, key, occurrence) WHERE duplicate_of_id IS NULL",
        "A sick leave has each milestone once.",
    )
    _by_key_idx = models.Index("(key, stage)")

    @api.depends("template_id.name", "due_date")
    def _compute_display_name(self):
        for milestone in self:
            milestone.display_name = milestone.template_id.name or milestone.key

    @api.depends("state", "stage")
    def _compute_outcome(self):
        stages = dict(self._fields["stage"]._description_selection(self.env))
        states = dict(self._fields["state"]._description_selection(self.env))
        for milestone in self:
            by_state = milestone.stage == "settled"
            milestone.outcome = states.get(milestone.state) if by_state else stages[milestone.stage]

    @api.depends("settled_by_id", "settled_on", "reason")
    def _compute_settlement(self):
        for milestone in self:
            day = milestone.settled_on and format_date(self.env, milestone.settled_on)
            facts = [milestone.settled_by_id.sudo().name, day]
            facts = ", ".join(fact for fact in facts if fact)
            milestone.settlement = ": ".join(filter(None, (facts, milestone.reason)))

    def _as_kept(self):
        """This milestone in the words of :mod:`..domain.followup_deadlines`."""
        self.ensure_one()
        return Kept(
            id=self.id,
            key=self.key,
            planned=self.planned_date,
            due=self.due_date,
            state=self.state,
            settled_on=self.settled_on or None,
            number=self.occurrence,
        )

    # ------------------------------------------------------------------ what people make of it

    def action_done(self):
        """It is done, today and by the person who says so."""
        self._settle("done")
        return True

    def action_settle(self):
        """Ask how and why."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.followup.settle",
            "view_mode": "form",
            "target": "new",
            "context": {"default_milestone_id": self.id},
            "name": self.display_name,
        }

    def action_ask_again(self):
        """Take back what a person has said: it is open again, on its ordinary day."""
        self.check_access("read")
        own = self.sudo().filtered(lambda one: one.state != "open")
        for milestone in own:
            milestone._tell_case(self.env._("%s is open again.", milestone.name))
        own.write(
            {
                "state": "open",
                # Of a sick leave with days left it is found anew below.
                "stage": "unreached",
                "reason": False,
                "settled_by_id": False,
                "settled_on": False,
                "settled_at": False,
            }
        )
        own.case_id._follow_deadlines()
        return True

    def _settle(self, state, reason=None, on=None, due=None):
        """Say what became of the milestones, as the user of the environment.

        :param state: done, skipped, not_required, or moved
        :param reason: why; asked for everything but done
        :param on: the day on which it was done, today by default
        :param due: the new day of what is moved
        :raises UserError: when the reason or the day is missing or makes no sense
        :raises AccessError: for who may not read the case
        """
        self.check_access("read")
        self._check_settlement(state, reason, on, due)
        vals = {
            "state": state,
            "reason": (reason or "").strip() or False,
            "settled_by_id": self.env.uid,
            "settled_on": on or self.env["nav.sick.case"]._today(),
            "settled_at": fields.Datetime.now(),
        }
        vals.update({"due_date": due} if state == "moved" else {"stage": "settled"})
        milestones = self.sudo()
        milestones.write(vals)
        if not self.env.context.get("nav_followup_told"):
            for milestone in milestones:
                milestone._tell_case(milestone._settled_words())
        milestones.case_id._follow_deadlines()

    def _check_settlement(self, state, reason, on, due):
        today = self.env["nav.sick.case"]._today()
        if state != "done" and not (reason or "").strip():
            raise UserError(self.env._("Say why: the reason is kept with the follow-up."))
        if state == "moved" and not due:
            raise UserError(self.env._("Choose the new day."))
        if on and on > today:
            raise UserError(self.env._("What is done cannot be done in the future."))
        if due and any(due < milestone.sudo().case_id.first_day for milestone in self):
            raise UserError(self.env._("The new day lies before the sick leave."))

    def _settled_words(self):
        self.ensure_one()
        words = {
            "done": self.env._("%s is done.", self.name),
            "skipped": self.env._("%s is skipped.", self.name),
            "not_required": self.env._("%s is not required.", self.name),
            "moved": self.env._(
                "%(milestone)s is moved to %(day)s.",
                milestone=self.name,
                day=format_date(self.env, self.due_date),
            ),
        }[self.state]
        return f"{words} {self.reason}" if self.reason else words

    def _tell_case(self, words):
        """In the case's history, in the name of the user."""
        self.case_id._message_log(body=words, author_id=self.env.user.partner_id.id)
