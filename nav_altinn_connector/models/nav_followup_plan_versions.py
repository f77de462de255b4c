# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from odoo import api, fields, models

from .nav_followup_plan import AGREED, EDITABLE
from .nav_sick_note_apply import IN_EFFECT


def _in_order(plan):
    """Versions as they were made; cases that are joined bring plans of the same version."""
    return plan.version, plan.id


class NavFollowupPlan(models.Model):
    """Versions: each begins with what is known from the last one, or from the sick leave."""

    _inherit = "nav.followup.plan"

    @api.model
    def default_get(self, fields_list):
        """A plan begins with what is known: the last version, the sick note, the job, and who is
        the contact."""
        values = super().default_get(fields_list)
        case_id = values.get("case_id") or self.env.context.get("default_case_id")
        case = self.env["nav.sick.case"].browse(case_id or [])
        if case:
            known = self._prefilled(case)
            values.update({name: known[name] for name in known if name in fields_list})
        return values

    def _number(self):
        others = self.case_id.plan_ids - self
        last = others.sorted(_in_order)[-1:]
        self.write({"version": last.version + 1, "previous_id": last.id})

    def _move_to(self, case):
        """The plan belongs to another case of the employee by now: with its documents, which are
        read by those who may read the case, and the question whether it has arrived."""
        self.case_id = case
        self.document_ids.write({"res_id": case.id})
        if self.state == "unknown":
            self.decision_activity_id.unlink()
            self._ask_for_a_decision()

    @api.model
    def _prefilled(self, case):
        """What a new plan of this case begins with, as far as the user may see the case."""
        case.check_access("read")
        last = case.plan_ids.sorted(_in_order)[-1:]
        if last:
            known = {**self._from_last(last), **self._contact(case, last)}
            return {**known, "version": last.version + 1}
        job = case.sudo().employee_id.job_title or case.sudo().employee_id.job_id.name
        values = {"planned_facilitation": case.sudo()._plan_advice(measures_only=True)}
        if job:
            values["typical_workday"] = self.env._("Works as: %s.", job)
        return {**values, **self._contact(case)}

    def _from_last(self, last):
        """The last version's texts. What it planned is what has been tried by now."""
        names = AGREED - {"evaluation_date"}
        values = {name: last[name] for name in names if last[name]}
        if last.state not in EDITABLE:
            tried = (last.previous_facilitation, last.planned_facilitation)
            values["previous_facilitation"] = "\n\n".join(filter(None, tried))
        return values

    def _contact(self, case, last=None):
        if last and last.contact_person_full_name:
            return {}
        user = case.sudo().responsible_id or self.env.user
        employee = user.sudo().employee_ids.filtered(
            lambda employee: employee.company_id == case.sudo().company_id
        )[:1]
        return {
            "contact_person_full_name": user.name,
            "contact_person_phone_number": employee.mobile_phone
            or employee.work_phone
            or user.partner_id.phone,
            "contact_person_email": employee.work_email or user.email,
        }

    def action_open(self):
        """Open the plan on a page of its own: in a list's dialog nobody could write on it."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "name": self.display_name,
        }

    def action_new_version(self):
        """Open a new version, with this one's texts to go on from."""
        self.ensure_one()
        return self.case_id.action_new_plan()


class NavSickCase(models.Model):
    """What a plan takes from its sick leave."""

    _inherit = "nav.sick.case"

    plan_ids = fields.One2many("nav.followup.plan", "case_id", "Follow-up Plans")

    def _plan_notes(self):
        """The notes that count, the newest first."""
        counting = self.sudo().note_ids.filtered(lambda note: note.state in IN_EFFECT)
        return counting.sorted(lambda note: (note.date_to, note.loepenr), reverse=True)

    def _has_active_note(self, today):
        """Whether NAV takes a plan today: a note counts from its first day until 16 days after
        its last (NAV's own rule). NAV knows nothing of notes that HR has entered."""
        self.ensure_one()
        notes = self._plan_notes().filtered(lambda note: note.source == "nav")
        return any(
            period.date_from <= today <= fields.Date.add(period.date_to, days=16)
            for period in notes.period_ids
        )

    def _plan_advice(self, measures_only=False):
        """What the doctor wrote to the employer, from the newest note that says something."""
        self.ensure_one()
        for note in self._plan_notes():
            texts = [note.measures, note.message_to_employer]
            if not measures_only:
                texts.append(note.prognosis)
            if any(texts):
                return "\n\n".join(filter(None, texts))
        return False

    def action_new_plan(self):
        """Open a new version of the plan, filled in with what is known."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nav.followup.plan",
            "view_mode": "form",
            "context": {"default_case_id": self.id},
            "name": self.env._("New Follow-up Plan"),
        }
