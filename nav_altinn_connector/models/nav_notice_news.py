# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models

from .nav_notice import add_counts
from .res_users import NAV_HR


class NavNotice(models.Model):
    """What people are told after the first fetch.

    ======================= ========================================================
    kind of event           who is told
    ======================= ========================================================
    registered              the employee, the manager, followers who chose everything
    changed, withdrawn      the same
    problem                 followers, save those who chose nothing
    task                    those who have an activity because of it
    given_back              the employee and the manager
    ======================= ========================================================

    Followers are the NAV administrators and HR people who follow the connection. Notes without
    time off, such as advisory ones, are told to the manager and not to the employee (R1).
    """

    _inherit = "nav.notice"

    def _collect_registered(self, contents, notes):
        self._collect_sick_leave(contents, notes)
        # One that came in already overruled by a newer note is no news.
        self._collect_news(
            contents,
            notes.filtered(lambda note: note.state == "applied"),
            "new",
        )

    def _collect_changed(self, contents, notes):
        self._collect_each(contents, notes, "changed")

    def _collect_withdrawn(self, contents, notes):
        self._collect_each(contents, notes, "withdrawn")

    def _collect_each(self, contents, notes, what):
        for note in notes.sorted("id"):
            if note.degrees:
                self._collect_of_employee(contents, note.employee_id, {what: 1})
            else:
                self._collect_of_manager_only(contents, note.employee_id, {what: 1})
        self._collect_news(contents, notes, what)

    def _collect_of_manager_only(self, contents, employee, counts):
        """What makes no time off is the manager's matter, not news to the employee."""
        manager = (employee.leave_manager_id or employee.parent_id.user_id).filtered("active")
        if manager and manager != employee.user_id:
            team = contents.now(manager).setdefault("team", {})
            add_counts(team.setdefault(str(employee.id), {}), counts)

    def _collect_news(self, contents, notes, what):
        for connection, group in notes.grouped("connection_id").items():
            for user in connection._nav_followers():
                if user._nav_wishes() in ("all", "daily"):
                    content = self._content_of_follower(contents, user)
                    counts = content.setdefault("news", {}).setdefault(str(connection.id), {})
                    add_counts(counts, {what: len(group)})

    def _collect_problem(self, contents, notes):
        for connection, group in notes.grouped("connection_id").items():
            causes = {}
            for note in group:
                add_counts(causes, {note._problem_cause(): 1})
            for user in connection._nav_followers():
                if user._nav_wishes() != "none":
                    content = self._content_of_follower(contents, user)
                    of = content.setdefault("problems", {}).setdefault(str(connection.id), {})
                    add_counts(of, causes)

    def _collect_task(self, contents, records):
        """Records with an activity each, for users who are told of it in one message."""
        for record in records:
            for user in record.activity_ids.user_id.filtered("active"):
                if user._nav_wishes() != "none":
                    add_counts(contents.as_wished(user), {"tasks": 1})

    def _collect_given_back(self, contents, conflicts):
        for conflict in conflicts:
            self._collect_of_employee(contents, conflict.employee_id, {"given_back": 1})

    def _content_of_follower(self, contents, user):
        content = contents.as_wished(user)
        if user.has_group(NAV_HR):
            content["hr"] = True
        return content


class NavConnection(models.Model):
    _inherit = "nav.connection"

    def _nav_followers(self):
        """The NAV administrators and HR people of the company who follow the connection."""
        users = self.sudo().message_partner_ids.user_ids
        return users._nav_follows(self.company_id)
