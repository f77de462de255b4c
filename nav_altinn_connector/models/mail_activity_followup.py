from odoo import models


class MailActivity(models.Model):
    """What a person does with the activity of a milestone, they have done with the milestone."""

    _inherit = "mail.activity"

    def _nav_milestones(self):
        """The milestones that these activities ask for."""
        if not any(activity.res_model == "nav.sick.case" for activity in self.sudo()):
            return self.env["nav.followup.milestone"].sudo()
        return self.env["nav.followup.milestone"].sudo().search([("activity_id", "in", self.ids)])

    def _action_done(self, feedback=False, attachment_ids=None):
        milestones = self._nav_milestones()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if milestones:
            # The history holds the activity's own message: the milestone says no more.
            milestones.write({"activity_id": False})
            milestones.with_context(nav_followup_told=True)._settle("done", reason=feedback)
        return result

    def write(self, vals):
        """A new day moves the milestone."""
        engine = self.env.su and self.env.context.get("nav_followup_engine")
        moved = {}
        if vals.get("date_deadline") and not engine:
            moved = {
                one: one.activity_id.date_deadline
                for one in self._nav_milestones()
                if one.activity_id.active
            }
        result = super().write(vals)
        for milestone, before in moved.items():
            due = milestone.activity_id.date_deadline
            if due and due != before:
                reason = milestone.env._("Moved in the activity.")
                milestone._settle("moved", reason=reason, due=due)
        return result
