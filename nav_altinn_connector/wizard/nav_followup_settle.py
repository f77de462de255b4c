from odoo import fields, models


class NavFollowupSettle(models.TransientModel):
    """Say what became of a milestone: done on another day, moved, skipped, or not required."""

    _name = "nav.followup.settle"
    _description = "Settle a Milestone"
    _inherit = "named.records.nav"
    _named = ("milestone_id",)

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
