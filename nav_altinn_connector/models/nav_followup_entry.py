from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class NavFollowupEntry(models.Model):
    """A conversation, or the minutes of a dialogue meeting, in the follow-up of a sick leave.

    Written by whoever is responsible for the case, or HR. The employee does not see it here.
    """

    _name = "nav.followup.entry"
    _description = "Conversation or Minutes"
    _order = "date desc, id desc"
    _rec_names_search = ["case_id.employee_id.name"]

    case_id = fields.Many2one("nav.sick.case", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True, precompute=True)
    kind = fields.Selection(
        [
            ("conversation", "Conversation"),
            ("dialogue_meeting", "Dialogue meeting"),
            ("dialogue_meeting_nav", "Dialogue meeting held by NAV"),
            ("other", "Other"),
        ],
        default="conversation",
        required=True,
    )
    date = fields.Date(
        required=True, default=lambda self: self.env["nav.sick.case"]._today(), index=True
    )
    participants = fields.Char(help="Who took part.")
    text = fields.Html("Notes", sanitize=True)
    attachment_ids = fields.Many2many(
        "ir.attachment", "nav_followup_entry_attachment_rel", string="Attachments", copy=False
    )
    author_id = fields.Many2one(
        "res.users",
        "Written By",
        default=lambda self: self.env.user,
        readonly=True,
        ondelete="restrict",
    )
    milestone_id = fields.Many2one(
        "nav.followup.milestone",
        "Settles",
        copy=False,
        ondelete="set null",
        domain="[('case_id', '=', case_id), ('stage', '!=', 'settled')]",
        help="The milestone that is done by this.",
    )

    @api.depends("kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for entry in self:
            day = entry.date and format_date(self.env, entry.date)
            entry.display_name = " ".join(filter(None, (kinds.get(entry.kind), day)))

    @api.constrains("milestone_id", "case_id")
    def _check_milestone(self):
        for entry in self:
            if entry.milestone_id and entry.milestone_id.case_id != entry.case_id:
                raise ValidationError(self.env._("The milestone belongs to another sick leave."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # Who wrote it is not for the writer to choose.
            vals_list = [{**vals, "author_id": self.env.uid} for vals in vals_list]
        entries = super().create(vals_list)
        entries._own_attachments()
        entries._settle_milestones()
        return entries

    def write(self, vals):
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name != "author_id"}
        result = super().write(vals)
        if "case_id" in vals:
            # Odoo looks at the case before; after it, it must be one of the writer's as well.
            self.check_access("write")
        if "attachment_ids" in vals:
            self._own_attachments()
        if vals.get("milestone_id"):
            self._settle_milestones()
        return result

    def action_open(self):
        """Read or change it: the case itself is not the manager's to edit."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.display_name,
        }

    def _own_attachments(self):
        """Attachments can be read by those who may read the entry, and nobody else."""
        for entry in self:
            loose = entry.attachment_ids.filtered(
                lambda one: not one.res_id or one.res_model in (False, "nav.followup.entry")
            )
            loose.write({"res_model": self._name, "res_id": entry.id, "public": False})

    def _settle_milestones(self):
        today = self.env["nav.sick.case"]._today()
        for entry in self.filtered("milestone_id"):
            if entry.milestone_id.stage != "settled":
                entry.milestone_id._settle("done", on=min(entry.date, today))
