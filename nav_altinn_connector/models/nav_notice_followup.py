# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models


class NavFollowupMilestone(models.Model):
    """Telling responsible persons that there is something to do: one message a day."""

    _inherit = "nav.followup.milestone"

    def _tell_responsible(self):
        notices = self.env["nav.notice"].sudo()
        today = self.env["nav.sick.case"]._today()
        for (user, company), group in self.grouped(
            lambda one: (one.case_id.responsible_id, one.company_id)
        ).items():
            occasion = f"followup {company.id} {today}"
            waiting = notices.search([("occasion", "=", occasion), ("user_id", "=", user.id)])
            if waiting:
                count = waiting.content.get("followup", 0) + len(group)
                waiting.content = {**waiting.content, "followup": count}
            else:
                notices.create(
                    {
                        "user_id": user.id,
                        "company_id": company.id,
                        "occasion": occasion,
                        "content": {"followup": len(group)},
                    }
                )
        self.env["nav.connection"]._trigger_apply()
