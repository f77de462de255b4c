# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .nav_sick_note import HR

GROUP = "nav_altinn_connector.group_nav_followup"


class NavSickCase(models.Model):
    """Who is responsible for a sick leave, which is who may see it besides HR.

    The employee's manager, else the time off approver, else the department's manager, else whom the
    connection names. It follows changes at once, not with the next run of the cron: the one who was
    responsible until then sees the case no more, and what is to do moves on.
    """

    _inherit = "nav.sick.case"

    def _follow_responsible(self):
        """Find the responsible person of each case anew."""
        self.mapped("employee_id.parent_id.user_id")
        for case in self:
            user = case._find_responsible()
            if case.state == "closed" and user != case.responsible_id:
                # Who comes after has no part in what is over.
                user = user.browse()
            if user != case.responsible_id:
                case._hand_to(user)
        self._pass_on_activities()
        self._grant_menu()

    def _find_responsible(self):
        """The user who is responsible for this case by now; none when nobody is there."""
        self.ensure_one()
        if self.responsible_by_hand and self._can_be_responsible(self.responsible_id):
            return self.responsible_id
        employee = self.employee_id
        department_manager = employee.department_id.manager_id
        connection = self.connection_id
        candidates = [
            employee.parent_id.filtered("active").user_id,
            employee.leave_manager_id,
            department_manager.filtered("active").user_id,
            connection.followup_user_id,
            *connection.leave_type_id.responsible_ids.filtered(lambda user: user.has_group(HR)),
        ]
        for user in candidates:
            if self._can_be_responsible(user):
                return user
        return self.env["res.users"]

    def _can_be_responsible(self, user):
        """Whether a user is there, is of the company, and is not the sick employee."""
        self.ensure_one()
        return bool(
            user
            and user.active
            and not user.share
            and user != self.employee_id.user_id
            and self.company_id in user.company_ids
        )

    def _may_follow(self, user):
        """Whether a user may see this case: the responsible one, or HR of its company."""
        self.ensure_one()
        if not user.active:
            return False
        if user == self.responsible_id:
            return True
        return user.has_group(HR) and self.company_id in user.company_ids

    def _hand_to(self, user, by_hand=False):
        """Make a user responsible, and let the one before go.

        :param by_hand: whether HR has chosen the user; else it is by the rules, again where the one
            whom HR had chosen has gone
        """
        self.ensure_one()
        before = self.responsible_id
        self.write({"responsible_id": user.id, "responsible_by_hand": by_hand})
        if before and not self._may_follow(before):
            self.message_unsubscribe(partner_ids=before.partner_id.ids)

    def _hand_over(self, user):
        """HR says who is responsible; without a user, whoever is so by the rules.

        :raises UserError: for somebody who cannot be it
        """
        for case in self._as_engine():
            if user and not case._can_be_responsible(user):
                raise UserError(
                    self.env._(
                        "%s cannot be responsible: choose an active user of the company, and not "
                        "the employee.",
                        user.name,
                    )
                )
            if user:
                case._hand_to(user, by_hand=True)
            else:
                case.responsible_by_hand = False
            case._follow_deadlines()

    # ------------------------------------------------------------------ when people change

    @api.model
    def _people_changed(self, employees):
        """The managers of these employees may be others by now."""
        cases = self._as_engine().search([("employee_id", "in", employees.ids)])
        cases._moved_on()

    def _moved_on(self):
        if self:
            self._follow_responsible()
            self.filtered(lambda case: case.state == "open")._follow_activities()

    # ------------------------------------------------------------------ the menu

    def _grant_menu(self):
        """Who is responsible for a case finds the menu; no rights hang on it."""
        group = self.env.ref(GROUP, raise_if_not_found=False)
        if not group:
            return
        users = self.filtered(lambda case: case.state == "open").responsible_id
        new = users.filtered(lambda user: not user.has_group(GROUP))
        if new:
            group.sudo().write({"user_ids": [Command.link(user.id) for user in new]})

    @api.model
    def _clean_menu(self):
        """Who is responsible for no case any more needs no menu."""
        group = self.env.ref(GROUP, raise_if_not_found=False)
        if not group:
            return
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT responsible_id FROM nav_sick_case WHERE responsible_id > 0")
        )
        needed = {user_id for (user_id,) in rows}
        unneeded = group.sudo().user_ids.filtered(lambda user: user.id not in needed)
        if unneeded:
            group.sudo().write({"user_ids": [Command.unlink(user.id) for user in unneeded]})
