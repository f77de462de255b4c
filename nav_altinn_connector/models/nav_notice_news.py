# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models

from .nav_notice import add_counts
from .res_users import NAV_GROUPS, NAV_HR


class NavNotice(models.Model):
    """What people are told after the first fetch.

    ======================= ========================================================
    kind of event           who is told
    ======================= ========================================================
    registered              the employee, the manager, followers who chose everything
    changed, withdrawn      the same
    problem                 followers, save those who chose nothing; where nobody follows, all
                            who could
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
            # A change is always one of time off, also where the newer note makes none itself.
            if note.degrees or what == "changed":
                self._collect_of_employee(contents, note.employee_id, {what: 1})
            else:
                self._collect_of_manager(contents, note.employee_id, {what: 1})
        self._collect_news(contents, notes, what)

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
            for user in connection._nav_followers() or connection._nav_people():
                if user._nav_wishes() != "none":
                    content = self._content_of_follower(contents, user)
                    of = content.setdefault("problems", {}).setdefault(str(connection.id), {})
                    add_counts(of, causes)

    def _collect_task(self, contents, records):
        """Records with activities that this transaction has made, for users who are told of them in
        one message."""
        now = self.env.cr.now().replace(microsecond=0)
        for record in records:
            new = record.activity_ids.filtered(lambda activity: activity.create_date >= now)
            for user in new.user_id.filtered("active"):
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

    def _nav_people(self):
        """All NAV administrators and HR people of the company."""
        groups = [self.env.ref(group).sudo() for group in NAV_GROUPS]
        users = self.env["res.users"].sudo().union(*(group.all_user_ids for group in groups))
        return users._nav_follows(self.company_id)
