# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import models

from ..domain import followup, followup_deadlines

ACTIVITY_TYPE = "nav_altinn_connector.activity_type_followup"
_ASKED = ("active", "overdue")


class NavSickCase(models.Model):
    """The milestones of cases as they stand today, and the activities that ask for them."""

    _inherit = "nav.sick.case"

    def _follow_deadlines(self):
        """Open or close the cases, and make their milestones and activities what the day asks for.

        The number of queries for a batch does not depend on how many of them stay as they are.
        """
        today = self._today()
        cases = self._as_engine()
        for case in cases:
            case._follow_state(today)
        cases._follow_responsible()
        # Cases whose days are gone keep what they had.
        running = cases.filtered(lambda case: case.close_reason not in ("emptied", "merged"))
        running._follow_milestones(today)
        running._follow_activities()
        cases.filtered(lambda case: case.checked_on != today).write({"checked_on": today})

    # ------------------------------------------------------------------ milestones

    def _follow_milestones(self, today):
        Milestone = self.env["nav.followup.milestone"]
        templates = self.env["nav.followup.milestone.template"]._all()
        known = Milestone.search([("case_id", "in", self.ids), ("duplicate_of_id", "=", False)])
        by_case = known.grouped("case_id")
        rules = {}
        to_create, gone = [], Milestone
        for case in self:
            key = (case.company_id, case.leave_type_id)
            if key not in rules:
                rules[key] = [template._as_domain_template(*key) for template in templates]
            own = by_case.get(case, Milestone)
            wanted = followup_deadlines.milestones(
                case._as_domain_case(),
                rules[key],
                today,
                [one._as_kept() for one in own],
                case._closed_at(),
            )
            gone |= own - Milestone.browse(one.kept for one in wanted if one.kept)
            for one in wanted:
                if one.kept:
                    Milestone.browse(one.kept)._take_over(one)
                elif case.state == "open":
                    to_create.append(case._milestone_vals(one, templates))
        gone.activity_id.unlink()
        gone.unlink()
        Milestone.create(to_create)

    def _as_domain_case(self):
        """This case in the words of :mod:`..domain.followup`, as far as deadlines need it."""
        self.ensure_one()
        return followup.Case(
            first_day=self.first_day,
            last_day=self.last_day,
            covered=(),
            notes=(),
            manual=(),
            timeline=tuple(self._stretches()),
        )

    def _milestone_vals(self, one, templates):
        template = templates.filtered(lambda template: template.key == one.key)
        return {
            "case_id": self.id,
            "template_id": template.id,
            "key": one.key,
            "occurrence": one.number,
            "planned_date": one.due,
            **_stage_vals(one),
        }

    # ------------------------------------------------------------------ activities

    def _follow_activities(self):
        """Ask the responsible person for what is to do, and for nothing else."""
        milestones = self.env["nav.followup.milestone"].search(
            [
                ("case_id", "in", self.ids),
                "|",
                ("stage", "in", _ASKED),
                ("activity_id", "!=", False),
            ]
        )
        asked = milestones.filtered(
            lambda one: (
                one.stage in _ASKED
                and one.case_id.state == "open"
                and one.case_id.responsible_id
                and not one.duplicate_of_id
            )
        )
        (milestones - asked).activity_id.unlink()
        self.filtered(lambda case: case.state == "closed")._remove_activities()
        known = asked.filtered(lambda one: one.activity_id.active)
        for one in known:
            if one.activity_id.date_deadline != one.due_date:
                one.activity_id.date_deadline = one.due_date
        (asked - known)._ask()

    def _pass_on_activities(self):
        """What somebody was asked or has planned to do goes to the responsible person once they may
        not see the case any more: an activity tells whose sick leave it is."""
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("user_id", "!=", False),
            ]
        )
        moving = activities.filtered(
            lambda one: not self.browse(one.res_id)._may_follow(one.user_id)
        )
        if not moving:
            return
        milestones = self.env["nav.followup.milestone"].search([("activity_id", "in", moving.ids)])
        for activity in moving:
            milestone = milestones.filtered(lambda one, own=activity: one.activity_id == own)
            texts = milestone._activity_texts() if milestone else {}
            responsible = self.browse(activity.res_id).responsible_id
            activity.write({"user_id": responsible.id, **texts})
        milestones.filtered("responsible_id")._tell_responsible()


class NavFollowupMilestone(models.Model):
    """What the engine writes on milestones."""

    _inherit = "nav.followup.milestone"

    def _take_over(self, one):
        """Write where a milestone stands today.

        :param one: a :class:`..domain.followup_deadlines.Milestone`
        """
        self.ensure_one()
        vals = {name: value for name, value in _stage_vals(one).items() if self[name] != value}
        if vals:
            self.write(vals)

    def _ask(self):
        """Make activities for the responsible persons, each in their language."""
        if not self:
            return
        activity_type = self.env.ref(ACTIVITY_TYPE)
        model_id = self.env["ir.model"]._get_id("nav.sick.case")
        activities = self.env["mail.activity"].create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": one.case_id.id,
                    "activity_type_id": activity_type.id,
                    "automated": True,
                    "user_id": one.case_id.responsible_id.id,
                    "date_deadline": one.due_date,
                    **one._activity_texts(),
                }
                for one in self
            ]
        )
        for one, activity in zip(self, activities, strict=True):
            one.activity_id = activity
        self._tell_responsible()

    def _activity_texts(self):
        language = self.case_id.responsible_id.lang
        template = self.template_id.with_context(lang=language or self.env.lang)
        when_useful = template.env._("The sick leave is graded, so hold it when it is useful.")
        uncertain = template.env._("The day follows from the general rule; check it with NAV.")
        notes = [template.help_text]
        notes += [when_useful] if self.optional else []
        notes += [] if self.certain else [uncertain]
        return {"summary": template.name, "note": "\n".join(filter(None, notes))}


def _stage_vals(one):
    return {
        "due_date": one.due,
        "activity_on": one.activity_on,
        "stage": one.stage,
        "optional": one.optional,
        "certain": one.certain,
    }
