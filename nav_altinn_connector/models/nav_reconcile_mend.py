# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..clients.errors import ClientError
from ..domain import sick_note
from .attempt import attempt
from .hr_leave_replace import APPLY_CONTEXT
from .nav_connection_fetch import GAVE_WAY
from .nav_reconcile import LINES_AT_ONCE, STEPS_AT_ONCE, limited
from .nav_reconcile_compare import WIDER
from .nav_sick_note_apply import COUNTING_STATES
from .plain_words import in_language_of

_logger = logging.getLogger(__name__)

OF_LEAVE = ("leave_missing", "leave_differs", "by_hand")


class NavReconcileLine(models.Model):
    """A difference between NAV's list, the notes and the time off, and what became of it."""

    _name = "nav.reconcile.line"
    _description = "Difference from NAV"
    _order = "kind, person_name, date_from, id"
    _rec_name = "words"

    reconcile_id = fields.Many2one(
        "nav.reconcile", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reconcile_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("missing_here", "Missing in Odoo"),
            ("missing_at_nav", "Not at NAV any more"),
            ("not_registered", "Not registered yet"),
            ("leave_missing", "Time off is missing"),
            ("leave_differs", "Time off differs"),
            ("by_hand", "Changed by hand"),
            ("set_aside", "Withdrawn or ignored"),
        ],
        "Difference",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("open", "To Settle"),
            ("queued", "Being Mended"),
            ("mended", "Mended"),
            ("left", "Left as It Is"),
        ],
        "Status",
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    note_id = fields.Many2one("nav.sick.note", readonly=True, ondelete="cascade")
    period_id = fields.Many2one("nav.sick.note.period", readonly=True, ondelete="cascade")
    leave_id = fields.Many2one("hr.leave", "Time Off", readonly=True, ondelete="cascade")
    employee_id = fields.Many2one("hr.employee", readonly=True, ondelete="cascade")
    unit_id = fields.Many2one("nav.connection.unit", "Sub-unit", readonly=True, ondelete="cascade")
    nav_id = fields.Char("NAV's ID", readonly=True)
    loepenr = fields.Char("Running Number", readonly=True)
    person_name = fields.Char("Name", readonly=True)
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    words = fields.Char("What Differs", readonly=True)
    problem = fields.Char(readonly=True, help="Why it could not be mended.")

    # ------------------------------------------------------------------ by people

    def action_mend(self):
        """Make Odoo agree with NAV: fetch, withdraw, take up, try again, or decide the time off
        anew. What is too much for a person to wait for is left to the cron."""
        self.check_access("read")
        lines = self.sudo().filtered(lambda line: line.state != "mended")
        lines.reconcile_id.connection_id._refuse_on_hold()
        lines.write({"state": "queued", "problem": False})
        step = limited(STEPS_AT_ONCE)
        for group in lines.grouped("reconcile_id").values():
            group._mend_queued(step)
        if any(line.state == "queued" for line in lines):
            self.env["nav.reconcile"]._trigger()
        return True

    def action_leave(self):
        """It is right as it is, or is settled elsewhere."""
        self.check_access("read")
        self.sudo().filtered(lambda line: line.state in ("open", "queued")).state = "left"
        return True

    def action_settle(self):
        """Open what mends a note that is not registered yet."""
        self.ensure_one()
        if self.note_id.state in ("waiting", "failed"):
            return self.note_id.action_mend()
        return self.action_mend()

    # ------------------------------------------------------------------ in batches

    def _mend_queued(self, step):
        """Mend the queued ones of the lines, which are of one comparison, a batch at a time.

        :param step: called after each batch; may commit, and returns whether there is time left
        :return: False when there was no time left; what another worker is at is left for later
        """
        while True:
            queued = self.filtered(lambda line: line.state == "queued")
            if not queued:
                return True
            batch = queued.sorted(lambda line: (line.kind, line.id))
            batch = batch.filtered(lambda line, kind=batch[0].kind: line.kind == kind)
            try:
                with attempt(self.env):
                    mine = batch[:LINES_AT_ONCE].try_lock_for_update(allow_referencing=True)
                    mine._mend()
            except GAVE_WAY as error:
                _logger.info("Mending gave way to another worker: %s", type(error).__name__)
                return True
            if not mine:
                return True
            if not step():
                return not self.filtered(lambda line: line.state == "queued")

    def _mend(self):
        """Mend lines of one kind; what fails says why, and is open again."""
        if not self:
            return
        kind = self[0].kind
        method = self._mend_time_off if kind in OF_LEAVE else getattr(self, f"_mend_{kind}")
        try:
            with attempt(self.env):
                method()
        except GAVE_WAY:
            raise  # a fetch may have brought the same note at this moment
        except Exception as error:
            if not isinstance(error, (ClientError, UserError)):
                _logger.warning("Differences could not be mended: %s", type(error).__name__)
            connection = in_language_of(self.company_id, self.reconcile_id.connection_id)
            self._fail(connection._error_words(error))

    def _fail(self, words):
        self.write({"state": "open", "problem": words})

    def _done(self):
        self.write({"state": "mended", "problem": False})

    # ------------------------------------------------------------------ each kind

    def _mend_missing_here(self):
        """Fetch the notes from NAV's list, page by page and not one by one, and apply them.

        The cursor of the sub-unit is not moved: what a fetch finds later is known then.
        """
        for unit, lines in self.grouped("unit_id").items():
            reconcile = lines.reconcile_id[0]
            connection = reconcile.connection_id
            client = connection._sykepenger_client()
            wanted = set(lines.mapped("nav_id"))
            numbers = [int(line.loepenr or 0) for line in lines]
            after, until = max(min(numbers) - 1, 0), max(numbers)
            while wanted:
                page = client.sick_notes(
                    unit.org_number,
                    after_loepenr=after,
                    received_from=reconcile.date_from - WIDER,
                    received_to=reconcile.date_to + WIDER,
                )
                envelopes = [sick_note.envelope(payload) for payload in page.notes]
                found = [
                    payload
                    for payload, envelope in zip(page.notes, envelopes, strict=True)
                    if envelope.nav_id in wanted
                ]
                connection._create_new_notes(unit, found)
                wanted -= {envelope.nav_id for envelope in envelopes}
                last = max((envelope.loepenr or 0 for envelope in envelopes), default=0)
                if page.complete or last <= after or last >= until:
                    break
                after = last
            lines._take_fetched()

    def _take_fetched(self):
        notes = self.env["nav.sick.note"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("nav_id", "in", self.mapped("nav_id"))
        )
        notes._apply()
        by_id = {note.nav_id: note for note in notes}
        for line in self:
            note = by_id.get(line.nav_id)
            if note:
                line.write({"note_id": note.id, "employee_id": note.employee_id.id})
                line._done()
            else:
                line._fail(self.env._("NAV does not give this sick note any more."))

    def _mend_missing_at_nav(self):
        """Withdraw what NAV does not have, when NAV says so about each one."""
        for connection, lines in self.grouped(lambda line: line.note_id.connection_id).items():
            client = connection._sykepenger_client()
            for line in lines:
                if line.note_id._is_at_nav(client):
                    line._fail(self.env._("NAV has this sick note after all. Leave it as it is."))
                else:
                    line.note_id.action_withdraw(restore=True)
                    line._done()

    def _mend_set_aside(self):
        """Take up what a person has withdrawn or ignored, as a person asks now."""
        self.note_id.action_unignore()
        self._look_whether_registered()

    def _mend_not_registered(self):
        self.note_id.action_apply()
        self._look_whether_registered()

    def _look_whether_registered(self):
        for line in self:
            if line.note_id.state in ("received", "waiting", "failed"):
                reason = line.note_id.reason or self.env._("Settle it among those to settle.")
                line._fail(reason if reason != line.words else False)
            else:
                line._done()

    def _mend_time_off(self):
        """Decide the employees' time off anew; then look whether it is as the notes ask."""
        self.filtered(lambda line: line.kind == "by_hand").period_id._forget_by_hand()
        for line in self.filtered("leave_id"):
            leave = line.leave_id
            period = leave.nav_period_id
            graded = leave.holiday_status_id.allow_graded
            if leave.state in COUNTING_STATES and graded and leave.absence_degree != period.degree:
                leave.filtered("nav_sourced")._nav_cancel_from_nav()
        employees = self.employee_id
        self.env["nav.sick.note"]._decide_each(employees)
        still = {
            (vals["note_id"], vals.get("leave_id", False), vals["date_from"])
            for vals in self.reconcile_id[0]._differences(employees)
        }
        for line in self:
            if (line.note_id.id, line.leave_id.id, line.date_from) in still:
                line._fail(self.env._("It still differs. Open the sick note to see why."))
            else:
                line._done()


class NavSickNotePeriod(models.Model):
    _inherit = "nav.sick.note.period"

    def _forget_by_hand(self):
        """What people have done to the time off of these periods counts no more: the next decision
        makes it as the notes ask."""
        leaves = self.leave_ids.filtered("nav_overridden").with_context(**APPLY_CONTEXT)
        wrong = leaves.filtered(
            lambda leave: (
                leave.state in COUNTING_STATES
                and leave.holiday_status_id.allow_graded
                and leave.absence_degree != leave.nav_period_id.degree
            )
        )
        wrong._nav_cancel_from_nav()
        leaves.write({"nav_overridden": False})
        self.write({"leave_deleted": False})
        for note in self.note_id:
            note._message_log(
                body=self.env._("Changes by hand were undone: the time off is as the note asks.")
            )
