# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import timedelta

from odoo import SUPERUSER_ID, models

from .hr_leave_replace import APPLY_CONTEXT


class HrLeave(models.Model):
    """What people do by hand with leave from NAV in ways that are more than a change of values.

    Odoo does a part of it as superuser, so that it does not look like the decision of a person
    that it is. What a person has decided is not undone when the next note comes.
    """

    _inherit = "hr.leave"

    def _nav_mark_overridden(self):
        if self.env.uid == SUPERUSER_ID or self._nav_is_connector():
            return
        from_nav = self.sudo().filtered(
            lambda leave: leave.nav_sourced and not leave.nav_overridden
        )
        from_nav.with_context(nav_apply=True).write({"nav_overridden": True})

    def action_refuse(self):
        self._nav_check_may_change()
        self._nav_mark_overridden()
        return super().action_refuse()

    def _force_cancel(self, *args, **kwargs):
        self._nav_check_may_change()
        self._nav_mark_overridden()
        return super()._force_cancel(*args, **kwargs)

    def unlink(self):
        """Remember that a person did not want the time off of these periods."""
        if self.env.uid != SUPERUSER_ID and not self._nav_is_connector():
            self._nav_check_may_change()
            self.sudo().nav_period_id.leave_deleted = True
        return super().unlink()

    def _split_leaves(self, split_date_from, split_date_to=False):
        """Odoo shortens approved leave and leaves its absence and its meeting at the old dates.
        Leave from NAV, which may lie in many pieces in the calendar, is cut in all places."""
        from_nav = self.filtered(lambda leave: leave.nav_sourced and leave.state == "validate")
        from_nav._nav_check_may_change()
        from_nav._nav_mark_overridden()
        new = super(HrLeave, self - from_nav)._split_leaves(split_date_from, split_date_to)
        for leave in from_nav:
            new |= leave._nav_split(split_date_from, split_date_to or split_date_from)
        return new

    def _nav_split(self, gap_from, gap_to):
        """Keep the days before ``gap_from`` and those from ``gap_to`` on; the latter in a new
        leave, which is returned, when there are days before."""
        self.ensure_one()
        leave = self.sudo().with_context(**APPLY_CONTEXT)
        whole = leave._nav_snapshot()
        first_day, last_day = whole["span"]
        kept = []
        if first_day < gap_from:
            kept.append((first_day, min(last_day, gap_from - timedelta(days=1))))
        if gap_to <= last_day:
            kept.append((max(first_day, gap_to), last_day))
        if not kept:
            return self.browse()
        leave._nav_become_piece(whole, *kept[0], None)
        copies = leave.create([leave._nav_piece_vals(whole, *piece, None) for piece in kept[1:]])
        leave._nav_approve_pieces(copies)
        return self.browse(copies.ids)
