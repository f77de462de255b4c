from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..domain import followup, followup_deadlines
from . import plain_words
from .nav_sick_note import HR, NORWAY

# What HR may say about a case. All else follows from notes, or is said by the case's own actions.
_WRITABLE = frozenset({"responsible_id"})

# The way of a case:
#
#   open ──> closed      16 days after the last covered day (returned), by hand, when the employee
#     ^         │        leaves (left), with nothing left of it (emptied), or as a part of another
#     │         │        case (merged)
#     └─────────┘        when the sick leave is extended, or its days or the employee come back


class NavSickCase(models.Model):
    """One continuous sick leave of an employee (oppfølgingstilfelle), and its follow-up.

    Cases are computed from all notes of an employee whenever something changes
    (:mod:`..domain.followup`); the records remember them, and what people did about them
    (:mod:`..domain.followup_continuity`). The manager reads the cases that they are responsible
    for, HR those of their companies, nobody else any. Only the engine writes, and the actions here.
    """

    _name = "nav.sick.case"
    _description = "Follow-up of Sick Leave"
    _inherit = ["mail.thread.nav", "mail.activity.mixin"]
    _order = "state desc, next_due, first_day desc, id desc"
    _rec_names_search = ["employee_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    department_id = fields.Many2one(related="employee_id.department_id", store=True, index=True)
    connection_id = fields.Many2one(
        "nav.connection",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The connection that brought its newest note.",
    )
    leave_type_id = fields.Many2one("hr.leave.type", "Time Off Type", readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    responsible_id = fields.Many2one(
        "res.users",
        index=True,
        tracking=True,
        help="The employee's manager, else the time off approver, else the department's manager, "
        "else the person whom the connection names.",
    )
    responsible_by_hand = fields.Boolean(
        "Responsible Chosen by HR",
        readonly=True,
        help="HR has chosen the responsible person, who stays when the employee's manager changes.",
    )

    first_day = fields.Date(required=True, readonly=True, help="What deadlines are counted from.")
    last_day = fields.Date(required=True, readonly=True, help="The last covered day.")
    first_day_stated = fields.Boolean(
        "First Day According to NAV",
        readonly=True,
        help="NAV's notes say that the sick leave began on this day; no note covers it.",
    )
    stretches = fields.Json(
        readonly=True,
        copy=False,
        groups=HR,
        help="What decides each day: [[from, to, kind, degree, id of the note or time off], …].",
    )
    day_number = fields.Integer(
        "Day", compute="_compute_today", help="Which day of it is today; 0 before it."
    )
    degree = fields.Integer(
        "Degree Today (%)", compute="_compute_today", help="The active degree; 0 outside the notes."
    )
    extent = fields.Char("Today", compute="_compute_today", help="How the employee is sick today.")
    closes_on = fields.Date(
        "Closes After",
        compute="_compute_closes_on",
        help="When no extension comes, the follow-up closes by itself after this day.",
    )

    note_ids = fields.Many2many(
        "nav.sick.note",
        "nav_sick_case_note_rel",
        "case_id",
        "note_id",
        "Sick Notes",
        readonly=True,
        copy=False,
        groups=HR,
    )
    note_count = fields.Integer("Number of Notes", compute="_compute_note_count", compute_sudo=True)
    milestone_ids = fields.One2many(
        "nav.followup.milestone",
        "case_id",
        "Milestones",
        domain=[("duplicate_of_id", "=", False)],
        readonly=True,
    )
    entry_ids = fields.One2many("nav.followup.entry", "case_id", "Conversations and Minutes")
    next_milestone_id = fields.Many2one(
        "nav.followup.milestone",
        compute="_compute_next_milestone",
        store=True,
        compute_sudo=True,
    )
    next_due = fields.Date(
        "By", compute="_compute_next_milestone", store=True, index=True, compute_sudo=True
    )
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")

    closed_on = fields.Date(readonly=True)
    close_reason = fields.Selection(
        [
            ("returned", "The sick leave has ended"),
            ("by_hand", "Closed by hand"),
            ("left", "The employee has left"),
            ("emptied", "No sick note counts any more"),
            ("merged", "Part of another sick leave"),
        ],
        readonly=True,
    )
    close_note = fields.Char("Reason", readonly=True)
    closed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    closed_last_day = fields.Date(
        readonly=True, help="The last covered day when a person closed it; a later one reopens it."
    )
    merged_into_id = fields.Many2one(
        "nav.sick.case", "Continued In", readonly=True, index="btree_not_null", ondelete="set null"
    )
    split_from_id = fields.Many2one("nav.sick.case", "Split Off", readonly=True)
    checked_on = fields.Date(readonly=True, help="The day on which the deadlines were looked at.")

    _to_check_idx = models.Index("(checked_on) WHERE state = 'open'")

    # ------------------------------------------------------------------ computes

    @api.model
    def _today(self):
        """The day in Norway: that is where deadlines are."""
        return fields.Date.context_today(self.with_context(tz=NORWAY.key))

    @api.depends("employee_id.name", "first_day")
    @api.depends_context("uid")
    def _compute_display_name(self):
        """Whose sick leave it is, for those who may read it. Odoo reads the name that a link shows
        with all rights, and anybody can link to any number."""
        readable = self.sudo(False)._filtered_access("read")
        for case in self:
            if case.id and case.sudo(False) not in readable:
                case.display_name = self.env._("Sick leave")
                continue
            case.display_name = self.env._(
                "%(who)s, from %(first_day)s",
                who=case.sudo().employee_id.name or "",
                first_day=format_date(self.env, case.first_day) if case.first_day else "",
            )

    @api.depends("first_day", "stretches")
    def _compute_today(self):
        today = self._today()
        for case in self:
            begun = case.first_day and case.first_day <= today
            case.day_number = (today - case.first_day).days + 1 if begun else 0
            now = [
                stretch
                for stretch in case._stretches()
                if stretch.date_from <= today <= stretch.date_to
            ]
            case.degree = case._degree_of(now[-1]) if now else 0
            case.extent = case._stretch_words(now[-1]) if now else self.env._("No note today")

    def _stretches(self):
        """What is remembered of the timeline, in the words of :mod:`..domain.followup`."""
        self.ensure_one()
        return [
            followup.Stretch(date.fromisoformat(first), date.fromisoformat(last), *rest)
            for first, last, *rest in self.sudo().stretches or ()
        ]

    @staticmethod
    def _degree_of(stretch):
        """Percent of sick leave; 0 for kinds that have none."""
        return stretch.degree if stretch.covers else 0

    def _stretch_words(self, stretch):
        """How sick a stretch says that the employee is."""
        if stretch.kind in followup.COUNTING:
            return f"{stretch.degree} %"
        words = {
            **dict(
                self.env["nav.sick.note.period"]._fields["kind"]._description_selection(self.env)
            ),
            followup.SELF_CERTIFIED: self.env._("Self-certified"),
            followup.MANUAL: self.env._("Registered by hand, %s %%", stretch.degree),
        }
        return words.get(stretch.kind, "")

    @api.depends("last_day")
    def _compute_closes_on(self):
        for case in self:
            case.closes_on = case.last_day and followup_deadlines.closes_on(case.last_day)

    @api.depends("note_ids")
    def _compute_note_count(self):
        for case in self:
            case.note_count = len(case.note_ids)

    @api.depends("milestone_ids.due_date", "milestone_ids.stage")
    def _compute_next_milestone(self):
        for case in self:
            waiting = case.milestone_ids.filtered(
                lambda milestone: milestone.stage in ("expected", "active", "overdue", "ahead")
            ).sorted(lambda milestone: (milestone.due_date, milestone.id))
            case.next_milestone_id = waiting[:1]
            case.next_due = waiting[:1].due_date

    @api.depends("milestone_ids.stage")
    def _compute_is_late(self):
        for case in self:
            case.is_late = "overdue" in case.milestone_ids.mapped("stage")

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [("milestone_ids.stage", "=", "overdue")]
        return late if True in value else ["!", *late]

    # ------------------------------------------------------------------ who may change what

    def write(self, vals):
        """HR may say who is responsible. All else follows from the notes and from the actions."""
        if self.env.su:
            return super().write(vals)
        if vals.keys() - _WRITABLE:
            raise AccessError(self.env._("Cases are kept by the connector. Use their buttons."))
        self.check_access("write")
        self.sudo()._hand_over(self.env["res.users"].browse(vals.get("responsible_id")))
        return True

    @api.model_create_multi
    def create(self, vals_list):
        """Only the connector makes cases."""
        if not self.env.su:
            raise AccessError(self.env._("Cases are kept by the connector. Use their buttons."))
        return super().create(vals_list)

    # ------------------------------------------------------------------ actions

    def action_close(self, note=None):
        """Return to work, said by a person: what is open is removed, the history stays.

        :param note: why, as the person puts it
        """
        self.check_access("read")
        for case in self.sudo().filtered(lambda case: case.state == "open"):
            case._close_by_hand(self.env.user, note)
            words = plain_words.in_language_of(case.company_id, case).env._("Closed by hand.")
            case._tell_by_hand(" ".join(filter(None, (words, (note or "").strip()))))
        return True

    def action_reopen(self):
        """Take back that a person closed the case.

        :raises UserError: for a case whose time is over, or that goes on in another
        """
        self.check_access("read")
        for case in self.sudo().filtered(lambda case: case.state == "closed"):
            if case.close_reason != "by_hand" or self._today() > case.closes_on:
                raise UserError(
                    self.env._(
                        "Only a follow-up that was closed by hand can be reopened, and as long as "
                        "the sick leave has not ended. It reopens by itself with an extension."
                    )
                )
            case._reopen()
            case._follow_deadlines()
            words = plain_words.in_language_of(case.company_id, case)
            case._tell_by_hand(words.env._("Reopened by hand."))
        return True

    def _tell_by_hand(self, words):
        """Who did it, which reopening forgets elsewhere."""
        self._message_log(body=words, author_id=self.env.user.partner_id.id)

    def action_new_entry(self):
        """Write down a conversation or minutes."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.followup.entry",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": self.id},
            "name": self.env._("Conversation or Minutes"),
        }

    def action_open_notes(self):
        """The notes of the case, for HR."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.sick.note",
            "view_mode": "list,form",
            "domain": [("id", "in", self.note_ids.ids)],
            "name": self.env._("Sick Notes"),
        }
