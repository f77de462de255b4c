from odoo import api, fields, models


class NavFollowupSettle(models.TransientModel):
    """Say what became of a milestone: done on another day, moved, skipped, or not required."""

    _name = "nav.followup.settle"
    _description = "Settle a Milestone"

    milestone_id = fields.Many2one("nav.followup.milestone", required=True, readonly=True)
    name = fields.Char("What", related="milestone_id.name")
    due_date = fields.Date("By", related="milestone_id.due_date")
    help_text = fields.Text(related="milestone_id.help_text")
    outcome = fields.Selection(
        [
            ("done", "Done"),
            ("moved", "Move it to another day"),
            ("skipped", "Skip it"),
            ("not_required", "Not required"),
        ],
        "What Became of It",
        default="done",
        required=True,
    )
    done_on = fields.Date(default=lambda self: self.env["nav.sick.case"]._today())
    new_date = fields.Date("New Day")
    reason = fields.Char(help="Kept with the follow-up, with your name and the day.")

    @api.model_create_multi
    def create(self, vals_list):
        """Whoever may not read the case learns nothing of its milestone."""
        wizards = super().create(vals_list)
        wizards.milestone_id.check_access("read")
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self.milestone_id.check_access("read")
        return result

    def onchange(self, values, field_names, fields_spec):
        """A form that is not saved yet can name any milestone.

        :raises AccessError: for one of a case that the user may not read
        """
        named = self.new({"milestone_id": values.get("milestone_id")}).milestone_id._origin
        named.check_access("read")
        return super().onchange(values, field_names, fields_spec)

    def action_settle(self):
        """Record it with the user and the time."""
        self.ensure_one()
        self.milestone_id._settle(
            self.outcome,
            reason=self.reason,
            on=self.done_on if self.outcome == "done" else None,
            due=self.new_date if self.outcome == "moved" else None,
        )
        return {"type": "ir.actions.act_window_close"}
