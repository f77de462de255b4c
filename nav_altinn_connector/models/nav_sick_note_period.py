from odoo import api, fields, models
from odoo.tools import format_date

from ..domain import absence


class NavSickNotePeriod(models.Model):
    """A period of a sick note, as NAV sent it."""

    _name = "nav.sick.note.period"
    _description = "Period of a Sick Note"
    _order = "date_from, id"
    _rec_name = "kind"

    note_id = fields.Many2one(
        "nav.sick.note", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="note_id.company_id", store=True, index=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("full", "Full"),
            ("graded", "Graded"),
            ("advisory", "Advisory"),
            ("treatment_days", "Treatment days"),
            ("travel_subsidy", "Travel subsidy"),
        ],
        required=True,
        readonly=True,
    )
    degree = fields.Integer("Degree (%)", readonly=True, aggregator=None)
    treatment_days_per_week = fields.Integer(readonly=True, aggregator=None)
    travel_subsidy = fields.Boolean(
        readonly=True, help="Travel to and from work is paid instead of a part of the sick leave."
    )
    advice = fields.Text("Advice to the Employer", readonly=True)
    leave_ids = fields.One2many("hr.leave", "nav_period_id", "Time Off", readonly=True)
    leave_deleted = fields.Boolean(
        "Time Off Deleted by Hand",
        readonly=True,
        help="A person has deleted time off of this period; it is not made again.",
    )

    _dates_in_order = models.Constraint(
        "CHECK(date_from <= date_to)", "A period cannot end before it begins."
    )

    @api.depends("kind", "degree", "date_from", "date_to")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for period in self:
            period.display_name = self.env._(
                "%(date_from)s to %(date_to)s, %(kind)s %(degree)s %%",
                date_from=format_date(self.env, period.date_from),
                date_to=format_date(self.env, period.date_to),
                kind=kinds.get(period.kind, ""),
                degree=period.degree,
            )

    def _as_domain_period(self):
        """This period in the words of :mod:`..domain.absence`."""
        self.ensure_one()
        return absence.NotePeriod(
            key=self.id,
            note=self.note_id.id,
            loepenr=self.note_id.loepenr,
            date_from=self.date_from,
            date_to=self.date_to,
            kind=self.kind,
            degree=self.degree,
        )
