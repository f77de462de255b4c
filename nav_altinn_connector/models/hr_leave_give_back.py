# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import fields, models
from odoo.tools import format_date

from .hr_leave_replace import APPLY_CONTEXT

# A change of these may make or end an overlap with sick leave.
_PLACE = {"state", "request_date_from", "request_date_to", "employee_id", "holiday_status_id"}


class HrLeave(models.Model):
    """Time off whose days are given back, because the employee was fully sick on them.

    The days become a cancelled leave of their own, beside what is left. It does not name a note
    (``nav_replaced_by_id``), so no later decision about notes brings it back.
    """

    _inherit = "hr.leave"

    nav_given_back_id = fields.Many2one(
        "nav.vacation.conflict",
        "Given Back",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="nav_altinn_connector.group_nav_hr",
    )

    def _nav_give_back(self, kept, removed, conflict):
        """Cancel the leave on some of its days. The rest keeps its state and its approvers.

        :param kept: ranges of days that stay; may be empty
        :param removed: ranges of days that are given back
        :param conflict: the ``nav.vacation.conflict`` that is settled by it
        :return: the leave and the new pieces
        """
        self.ensure_one()
        leave = self.sudo().with_context(**APPLY_CONTEXT)
        whole = leave._nav_snapshot()
        pieces = [(*stretch, None) for stretch in kept]
        pieces += [(*stretch, conflict) for stretch in removed]
        # The leave first gives up its days: Odoo would count no days on a copy that overlaps it.
        first, *others = pieces
        leave._nav_become_piece(whole, *first)
        copies = leave.create([leave._nav_piece_vals(whole, *piece) for piece in others])
        leave._nav_approve_pieces(copies)
        (leave | copies)._nav_log_given_back(whole)
        return leave | copies

    def _nav_state_vals(self, whole, note):
        if note and note._name == "nav.vacation.conflict":
            return {"state": "cancel", "nav_given_back_id": note.id}
        return super()._nav_state_vals(whole, note)

    def _nav_log_given_back(self, whole):
        cancelled = self.env._("Given back: the employee was fully sick on these days.")
        rest = self.env._(
            "This time off was %(date_from)s to %(date_to)s. The employee was fully sick during a "
            "part of it, and has those days back; the rest stays as it was.",
            date_from=format_date(self.env, whole["date_from"]),
            date_to=format_date(self.env, whole["date_to"]),
        )
        self._message_log_batch(
            bodies={leave.id: cancelled if leave.nav_given_back_id else rest for leave in self}
        )

    # ------------------------------------------------------------------ when a person changes it

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & _PLACE and not self._nav_is_connector():
            self.sudo().employee_id._nav_follow_vacation()
        return result

    def unlink(self):
        employees = self.sudo().employee_id
        result = super().unlink()
        employees._nav_follow_vacation()
        return result


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def _nav_follow_vacation(self):
        """Look anew at what HR was asked about these employees."""
        if not self:
            return
        conflicts = self.env["nav.vacation.conflict"].sudo()
        asked = conflicts.search([("employee_id", "in", self.ids), ("state", "=", "open")])
        if asked:
            conflicts._follow(asked.employee_id)
