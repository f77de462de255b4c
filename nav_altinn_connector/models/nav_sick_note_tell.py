# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .nav_notice import Event
from .nav_sick_note import HR
from .nav_sick_note_apply import IN_EFFECT
from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)


class NavSickNote(models.Model):
    """Telling people what became of the notes, once.

    What a note has been told as is written on the note in the transaction that decides and
    collects the messages. So a note that is decided again, after a crash or a correction, is not
    told again. Notes of a first fetch that goes on are told at its end, all at once.
    """

    _inherit = "nav.sick.note"

    told_as = fields.Selection(
        [("registered", "Registered"), ("withdrawn", "Withdrawn")],
        "People Were Told",
        readonly=True,
        copy=False,
        groups=HR,
        help="What the people concerned have been told of the note.",
    )
    told_problem = fields.Selection(
        "_problem_causes",
        "HR Was Told",
        readonly=True,
        copy=False,
        groups=HR,
        help="The reason to wait that those who follow the connection have been told of.",
    )

    def _init_column(self, column_name):
        """What was in effect before messages were sent is no news."""
        result = super()._init_column(column_name)
        if column_name == "told_as":
            self.env.cr.execute(
                SQL(
                    "UPDATE nav_sick_note SET told_as = "
                    "CASE WHEN state = 'withdrawn' THEN 'withdrawn' ELSE 'registered' END "
                    "WHERE state IN ('applied', 'superseded', 'withdrawn')"
                )
            )
        return result

    # ------------------------------------------------------------------ time off

    def _record_outcome(self, plans):
        result = super()._record_outcome(plans)
        self._tell_outcome(plans)
        return result

    def _tell_outcome(self, plans):
        """Tell of each note that has come into effect, has changed what was told before, or has
        been withdrawn."""
        notes = self.search(
            [
                ("employee_id", "in", [employee.id for employee in plans]),
                ("state", "in", (*IN_EFFECT, "withdrawn")),
            ]
        )
        untold = notes.filtered(
            lambda note: note.state in IN_EFFECT and note.told_as != "registered"
        )
        new = untold._not_in_first_fetch()
        told = notes.filtered(lambda note: note.told_as == "registered")
        withdrawn = told.filtered(lambda note: note.state == "withdrawn")
        touched = self._touched_notes(plans) & told
        # Whose first fetch goes on, hears at its end of what it changes. What a person withdraws
        # meanwhile is told by itself.
        later = (untold - new).employee_id
        changed = self._changed_notes(
            new, touched.filtered(lambda note: note.employee_id not in later)
        )
        # A note that is withdrawn because another takes its place is a change, and no withdrawal.
        effective = withdrawn.filtered(
            lambda note: (
                (note in touched or not note.degrees)
                and not any(note._concerns_the_same(other) for other in new)
            )
        )
        registered = new - changed
        if new or withdrawn or changed:
            self._tell_by_company(registered, changed, effective)
        new._remember({"told_as": "registered"})
        withdrawn._remember({"told_as": "withdrawn"})

    def _touched_notes(self, plans):
        """The notes whose time off the plans have cut, moved, cancelled or made."""
        leaves = self.env["hr.leave"].browse(
            key
            for plan in plans.values()
            for key in (*plan.cancel, *(resize.leave for resize in plan.resize))
        )
        created = [segment.period for plan in plans.values() for segment in plan.create]
        periods = leaves.nav_period_id | self.env["nav.sick.note.period"].browse(created)
        return periods.note_id

    def _changed_notes(self, new, touched):
        """What stands for a change of sick leave that was told before: the new notes that have
        brought it; where there are none, and no note was withdrawn, the changed ones themselves."""
        changed = self.browse()
        for group in touched.grouped("employee_id").values():
            brought = new.filtered(
                lambda note, group=group: any(note._concerns_the_same(other) for other in group)
            )
            withdrawn = group.filtered(lambda note: note.state == "withdrawn")
            changed |= brought or (self.browse() if withdrawn else group)
        return changed

    def _concerns_the_same(self, other):
        """Whether the notes share a day of one employee."""
        return bool(
            self.employee_id == other.employee_id
            and self.date_from
            and other.date_from
            and self.date_from <= other.date_to
            and other.date_from <= self.date_to
        )

    def _tell_by_company(self, registered, changed, withdrawn):
        everything = registered | changed | withdrawn
        for company, group in everything.grouped("company_id").items():
            events = [
                Event("registered", registered & group),
                Event("changed", changed & group),
                Event("withdrawn", withdrawn & group),
            ]
            parts = [(event.kind, sorted(event.records.ids)) for event in events]
            occasion = self.env["nav.notice"]._occasion("notes", *parts)
            self.env["nav.notice"]._tell(occasion, company, events)

    def _not_in_first_fetch(self):
        """Those that are not told at the end of a first fetch."""
        return self.filtered(
            lambda note: not note.first_fetch_id or note.first_fetch_id.state == "done"
        )

    def _mark_told(self):
        """All that there is to tell of these notes now has been told."""
        in_effect = self.filtered(lambda note: note.state in IN_EFFECT)
        in_effect._remember({"told_as": "registered"})
        for cause, group in self._with_problem().grouped(lambda n: n._problem_cause()).items():
            group._remember({"told_problem": cause})

    def _remember(self, vals):
        """Write on thousands of notes at once what is no news in their chatter."""
        if self:
            self.with_context(tracking_disable=True).write(vals)

    # ------------------------------------------------------------------ what needs somebody

    def _with_problem(self):
        return self.filtered(lambda note: note.state in ("waiting", "failed"))

    @api.model
    def _problem_causes(self):
        """Each name that :meth:`_problem_cause` gives, in words."""
        states = dict(self._fields["state"]._description_selection(self.env))
        reasons = self._fields["waiting_reason"]._description_selection(self.env)
        return [*reasons, ("failed", states["failed"])]

    def _problem_cause(self):
        """A name for why the note is no time off yet."""
        return self.waiting_reason if self.state == "waiting" else "failed"

    @api.model
    def _tell_problems(self, step):
        """Tell those who follow the connections of notes that wait or have failed, once for each
        note and cause.

        :param step: called at the end; commits
        """
        notes = self.sudo().search([("state", "in", ("waiting", "failed"))])
        news = notes.filtered(lambda note: note.told_problem != note._problem_cause())
        news = news._not_in_first_fetch()
        if not news:
            return
        try:
            with self.env.cr.savepoint(), quiet_sql():
                news._tell_problems_now()
        except psycopg2.OperationalError:
            _logger.info("Another worker tells of the same sick notes.")
        step()

    def _tell_problems_now(self):
        notices = self.env["nav.notice"]
        for company, group in self.grouped("company_id").items():
            causes = sorted((note.id, note._problem_cause()) for note in group)
            occasion = notices._occasion("problems", *causes)
            notices._tell(occasion, company, [Event("problem", group)])
        self._mark_told()
        self.env.flush_all()

    # ------------------------------------------------------------------ activities

    def _tell_hr(self, words):
        """The activities of a whole batch lead to one message, and its subject names nobody."""
        quiet = self.with_context(mail_activity_quick_update=True)
        result = super(NavSickNote, quiet)._tell_hr(words)
        notices = self.env["nav.notice"]
        occasion = notices._occasion("task", self.id, words)
        notices._tell(occasion, self.company_id, [Event("task", self)], wait_for=self.connection_id)
        return result
