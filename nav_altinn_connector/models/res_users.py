from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models

NAV_HR = "nav_altinn_connector.group_nav_hr"
NAV_ADMIN = "nav_altinn_connector.group_nav_admin"
NAV_GROUPS = (NAV_HR, NAV_ADMIN)
# When the daily summary is written, on the person's own clock.
SUMMARY_HOUR = 7


class ResUsers(models.Model):
    """What those who look after the connections to NAV wish to be told of.

    It concerns the connections that the person follows. One's own sick leave, and that of those
    whom one is the manager of, are told whatever is chosen here.
    """

    _inherit = "res.users"

    nav_messages = fields.Selection(
        [
            ("all", "Everything, as it happens"),
            ("problems", "Only what somebody has to settle"),
            ("daily", "A summary each morning"),
            ("none", "Nothing"),
        ],
        "Messages about NAV",
        default="problems",
        help="What you are told of the connections to NAV that you follow. Activities that are "
        "assigned to you appear whatever you choose.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "nav_messages"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "nav_messages"]

    def _nav_follows(self, company):
        """Those of the users who may be told of a company's connections."""
        return self.filtered(
            lambda user: (
                user.active
                and company in user.company_ids
                and any(user.has_group(group) for group in NAV_GROUPS)
            )
        )

    def _nav_wishes(self):
        """The user's choice; what was never chosen is the default."""
        return self.nav_messages or "problems"

    def _nav_next_summary(self):
        """When the user's next daily summary is due (UTC, without zone)."""
        zone = ZoneInfo(self.tz or "Europe/Oslo")
        now = datetime.now(zone)
        summary = datetime.combine(now.date(), time(SUMMARY_HOUR), tzinfo=zone)
        if summary <= now:
            summary = datetime.combine(
                now.date() + timedelta(days=1), time(SUMMARY_HOUR), tzinfo=zone
            )
        return fields.Datetime.to_datetime(summary.astimezone(ZoneInfo("UTC")).replace(tzinfo=None))
