# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models
from odoo.tools import format_date


class NavSickCase(models.Model):
    """The picture of a sick leave: notes and degrees over time, and what was done about it."""

    _inherit = "nav.sick.case"

    timeline = fields.Json(compute="_compute_timeline")

    @api.depends("stretches", "milestone_ids.stage", "milestone_ids.due_date", "entry_ids.date")
    def _compute_timeline(self):
        """What the picture shows, with its words. Dates are ISO texts; those who read the case may
        see all of it."""
        for case in self:
            if not case.first_day:
                case.timeline = False
                continue
            case.timeline = {
                "first": case.first_day.isoformat(),
                "last": case.last_day.isoformat(),
                "today": self._today().isoformat(),
                "closes": case.closes_on.isoformat(),
                "open": case.state == "open",
                "stretches": [case._stretch_for_timeline(one) for one in case._stretches()],
                "marks": case._marks_for_timeline(),
            }

    def _stretch_for_timeline(self, stretch):
        return {
            "from": stretch.date_from.isoformat(),
            "to": stretch.date_to.isoformat(),
            "kind": stretch.kind,
            "degree": self._degree_of(stretch),
            "words": self._stretch_words(stretch),
            "days": self._span_words(stretch.date_from, stretch.date_to),
        }

    def _span_words(self, first, last):
        return self.env._(
            "%(date_from)s to %(date_to)s",
            date_from=format_date(self.env, first),
            date_to=format_date(self.env, last),
        )

    def _marks_for_timeline(self):
        """Milestones, conversations and plans, by day."""
        marks = [
            {
                "id": f"milestone-{one.id}",
                "type": "milestone",
                "day": one.due_date.isoformat(),
                "date": format_date(self.env, one.due_date),
                "name": one.name,
                "stage": one.stage,
                "state": one.state,
                "words": one.outcome,
            }
            for one in self.milestone_ids
        ]
        kinds = dict(
            self.env["nav.followup.entry"]._fields["kind"]._description_selection(self.env)
        )
        marks += [
            {
                "id": f"entry-{one.id}",
                "type": "entry",
                "day": one.date.isoformat(),
                "date": format_date(self.env, one.date),
                "name": kinds[one.kind],
                "stage": "entry",
                "state": "",
                "words": "",
            }
            for one in self.entry_ids
        ]
        marks += self._plan_marks_for_timeline()
        return sorted(marks, key=lambda mark: (mark["day"], mark["id"]))

    def _plan_marks_for_timeline(self):
        states = dict(
            self.env["nav.followup.plan"]._fields["state"]._description_selection(self.env)
        )
        marks = []
        for plan in self.plan_ids:
            day = fields.Datetime.context_timestamp(self, plan.create_date).date()
            marks.append(
                {
                    "id": f"plan-{plan.id}",
                    "type": "plan",
                    "day": day.isoformat(),
                    "date": format_date(self.env, day),
                    "name": self.env._("Follow-up plan"),
                    "stage": "plan",
                    "state": plan.state,
                    "words": states.get(plan.state, ""),
                }
            )
        return marks
