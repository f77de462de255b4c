# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models

from .nav_notice import PATIENCE
from .plain_words_notice import FOLLOWUP_LINK


class NavFollowupMilestone(models.Model):
    """Telling responsible persons that there is something to do: one message a day at most, and
    that of a first fetch together with its end."""

    _inherit = "nav.followup.milestone"

    def _tell_responsible(self):
        notices = self.env["nav.notice"].sudo()
        rows = []
        for (user, company), group in self.grouped(
            lambda one: (one.case_id.responsible_id, one.company_id)
        ).items():
            connection = group._first_fetched()
            rows.append(
                {
                    "user_id": user.id,
                    "company_id": company.id,
                    "connection_id": connection.id,
                    "due_at": not connection and user._nav_followup_due(),
                    "occasion": notices._occasion("followup", *sorted(group.ids)),
                    "content": {"followup": len(group)},
                }
            )
        notices._add(rows)

    def _first_fetched(self):
        """The connection whose first fetch is bringing these, or has just done so. For one that a
        person has stopped, nobody knows for how long, no deadline waits."""
        just_ended = fields.Datetime.now() - PATIENCE
        first = self.case_id.note_ids.first_fetch_id.filtered(
            lambda one: one.state != "stopped" and (not one.ended_at or one.ended_at > just_ended)
        )
        return first.connection_id[:1]


class ResUsers(models.Model):
    _inherit = "res.users"

    def _nav_followup_due(self):
        """When the user may be told of tasks: now (False), or the next morning when there was a
        message about tasks today. What it has said, the messages themselves remember."""
        zone = ZoneInfo(self.tz or "Europe/Oslo")
        midnight = datetime.combine(datetime.now(zone).date(), time.min, tzinfo=zone)
        told = self.env["mail.message"].sudo()
        told_today = told.search_count(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.partner_id.ids),
                ("date", ">=", midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)),
                ("body", "like", FOLLOWUP_LINK),
            ],
            limit=1,
        )
        return bool(told_today) and self._nav_next_summary()


class NavSickCase(models.Model):
    _inherit = "nav.sick.case"

    @api.model
    def _cron_followup(self):
        """What a first fetch has to tell waits for this: let it be told now."""
        result = super()._cron_followup()
        fetching = self.env["nav.first.fetch"].sudo().search([("state", "!=", "done")])
        waiting = [("connection_id", "not in", [False, *fetching.connection_id.ids])]
        if self.env["nav.notice"].sudo().search_count(waiting, limit=1):
            self.env["nav.connection"]._trigger_apply()
        return result
