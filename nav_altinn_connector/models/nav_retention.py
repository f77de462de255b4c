# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
import logging
from collections import Counter

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from .quiet_sql import quiet_sql

_logger = logging.getLogger(__name__)

# How much is removed in one transaction.
BATCH = 100
YEARS, MONTHS = 3, 4
# What of a note is health data beyond what the time off itself says.
RAW = (
    "payload",
    "prognosis_fit",
    "prognosis",
    "message_to_employer",
    "measures",
    "doctor_name",
    "doctor_phone",
)


class NavConnection(models.Model):
    """How long what belongs to the follow-up is kept."""

    _inherit = "nav.connection"

    keep_cases_years = fields.Integer(
        "Keep Follow-up (years)",
        default=YEARS,
        required=True,
        help="How long plans, conversations and minutes are kept after the follow-up has closed, "
        "and what was decided about vacation during sick leave.",
    )
    keep_notes_months = fields.Integer(
        "Keep Texts of Sick Notes (months)",
        default=MONTHS,
        required=True,
        help="How long the doctor's texts and the note as NAV sent it are kept after the last day "
        "of the note. Its dates and degrees stay, since the time off rests on them.",
    )

    _keep_positive = models.Constraint(
        "CHECK(keep_cases_years > 0 AND keep_notes_months > 0)",
        "What belongs to the follow-up is kept for at least a year, texts of sick notes for at "
        "least a month.",
    )


class NavSickNote(models.Model):
    _inherit = "nav.sick.note"

    texts_removed_on = fields.Date(readonly=True, copy=False)

    def _remove_texts(self):
        """Forget the doctor's texts and the note as NAV sent it; of one that has become nobody's,
        such as one that was ignored, also the name and the number: no time off rests on it.

        :return: {kind: how many notes}
        """
        nobodys = self.filtered(lambda note: not note.employee_id)
        nobodys.write({"person_name": False, "identity_number": ""})
        self.write({**dict.fromkeys(RAW, False), "texts_removed_on": fields.Date.today()})
        self.period_ids.write({"advice": False})
        return {"notes": len(self)}


class NavSickCase(models.Model):
    _inherit = "nav.sick.case"

    content_removed_on = fields.Date(
        readonly=True, copy=False, help="Plans, conversations and minutes have been deleted."
    )

    def _remove_content(self):
        """Delete all that people wrote about the sick leave. Its days and the states of its
        milestones stay, without texts: they name no more than the time off does.

        :return: {kind: how many were deleted}
        """
        plans = self.plan_ids.with_context(nav_retention=True)
        entries = self.entry_ids
        attachments = self.env["ir.attachment"].search(
            [
                "|",
                "&",
                ("res_model", "=", "nav.sick.case"),
                ("res_id", "in", self.ids),
                "&",
                ("res_model", "=", "nav.followup.entry"),
                ("res_id", "in", entries.ids),
            ]
        )
        counts = {
            "cases": len(self),
            "plans": len(plans),
            "entries": len(entries),
            "documents": len(attachments),
        }
        attachments.unlink()
        plans.unlink()
        entries.unlink()
        # Odoo archives what was done, with what was said about it.
        self.with_context(active_test=False).activity_ids.unlink()
        self.env["mail.message"].search(
            [("model", "=", "nav.sick.case"), ("res_id", "in", self.ids)]
        ).unlink()
        self.with_context(tracking_disable=True, mail_notrack=True).write(
            {"close_note": False, "content_removed_on": fields.Date.today()}
        )
        # Those, too, in whose place another one stands.
        milestones = self.env["nav.followup.milestone"].search([("case_id", "in", self.ids)])
        milestones.write({"reason": False})
        return counts


class NavRetentionLog(models.Model):
    """What was removed because its time was over: how much of what, and nothing of it."""

    _name = "nav.retention.log"
    _description = "Log of What Was Removed"
    _order = "id desc"
    _rec_name = "removed_at"

    removed_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        "Removed By",
        readonly=True,
        help="Who removed it before its turn; empty for Odoo.",
    )
    closed_before = fields.Date(
        "Follow-up Closed Before", readonly=True, help="The follow-up that was removed."
    )
    ended_before = fields.Date(
        "Notes Ended Before", readonly=True, help="The notes whose texts were removed."
    )
    cases = fields.Integer("Sick Leaves", readonly=True)
    plans = fields.Integer(readonly=True)
    entries = fields.Integer("Conversations and Minutes", readonly=True)
    documents = fields.Integer(readonly=True)
    notes = fields.Integer("Sick Notes", readonly=True)

    # ------------------------------------------------------------------ what is due

    @api.model
    def _limits(self, company):
        """The days before which a case must have closed, and a note ended, to be removed.

        Where a company has several connections, the longest time counts.
        """
        connections = (
            self.env["nav.connection"]
            .sudo()
            .with_context(active_test=False)
            .search([("company_id", "=", company.id)])
        )
        years = max(connections.mapped("keep_cases_years"), default=YEARS)
        months = max(connections.mapped("keep_notes_months"), default=MONTHS)
        today = self.env["nav.sick.case"]._today()
        return today - relativedelta(years=years), today - relativedelta(months=months)

    @api.model
    def _cases_due(self, company, limit=None, after=0):
        closed_before, _ended_before = self._limits(company)
        return (
            self.env["nav.sick.case"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "closed"),
                    ("closed_on", "<", closed_before),
                    ("content_removed_on", "=", False),
                    ("id", ">", after),
                ],
                limit=limit,
                order="id",
            )
        )

    @api.model
    def _notes_due(self, company, limit=None, after=0):
        """Notes that have ended, also those of a sick leave that goes on. One that waits or has
        failed is kept: what it says is still needed."""
        _closed_before, ended_before = self._limits(company)
        return (
            self.env["nav.sick.note"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", ("applied", "superseded", "withdrawn", "ignored")),
                    ("texts_removed_on", "=", False),
                    ("id", ">", after),
                    # One that could not be read has no days of its own.
                    "|",
                    ("date_to", "<", ended_before),
                    "&",
                    ("date_to", "=", False),
                    ("create_date", "<", fields.Datetime.to_datetime(ended_before)),
                ],
                limit=limit,
                order="id",
            )
        )

    # ------------------------------------------------------------------ removing

    @api.model
    def _remove_due(self, company, user=None):
        """Remove one batch of a company. What cannot be removed is logged, and stops nothing else.

        :return: whether there may be more
        """
        log, counts = self.sudo(), Counter()
        removed = (
            log._remove_batch(log._cases_due, company, "_remove_content", counts),
            log._remove_batch(log._notes_due, company, "_remove_texts", counts),
        )
        if not any(removed):
            return False
        closed_before, ended_before = log._limits(company)
        log.create(
            {
                "company_id": company.id,
                "user_id": user and user.id,
                "closed_before": closed_before,
                "ended_before": ended_before,
                **counts,
            }
        )
        return BATCH in removed

    @api.model
    def _remove_batch(self, find_due, company, method, counts):
        """Remove up to a batch. What cannot be removed is passed over, so that it keeps nothing
        behind it from being removed.

        :param find_due: finds a company's records that are due, in the order of their ids
        :param method: name of the records' method that removes one
        :param counts: what was removed is added to these numbers
        :return: of how many records
        """
        removed, last = 0, 0
        while removed < BATCH:
            due = find_due(company, limit=BATCH - removed, after=last)
            if not due:
                break
            for record in due:
                gone = self._attempt(getattr(record, method))
                counts.update(gone)
                removed += bool(gone)
            last = due.ids[-1]
        return removed

    @api.model
    def _attempt(self, remove):
        """Remove something whole or not at all.

        :param remove: does it; returns {kind: how many}
        """
        try:
            with self.env.cr.savepoint(), quiet_sql():
                return remove()
        except Exception as error:
            _logger.error("What is too old was not removed: %s", type(error).__name__)
            return {}

    @api.autovacuum
    def _gc_followup(self):
        """Remove a batch of each company whose time is over; called again while there is more."""
        more = [self._remove_due(company) for company in self.env["res.company"].sudo().search([])]
        return len(more), sum(more)
