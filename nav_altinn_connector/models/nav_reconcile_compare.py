# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..clients.errors import NotFound
from ..domain import absence, sick_note
from .nav_sick_note import NORWAY
from .nav_sick_note_apply import COUNTING_STATES

# NAV's description leaves open whether its list goes by the day on which NAV received a note or by
# that on which it sent it to the employer. A wider list has it in either case.
WIDER = timedelta(days=14)
EMPLOYEE_BATCH = 100
# NAV is asked again about each note that its list lacks; more than these when one is mended.
ASK_AGAIN = 20


class NavReconcile(models.Model):
    """Finding the differences."""

    _inherit = "nav.reconcile"

    # ------------------------------------------------------------------ NAV's list and the notes

    def _compare_page(self, unit):
        """Compare one page of NAV's list with the notes of its stretch of running numbers.

        :return: whether the sub-unit is done
        :raises ClientError: when NAV does not answer
        """
        after = self.after.get("loepenr", 0) if self.after else 0
        client = self.connection_id._sykepenger_client()
        page = client.sick_notes(
            unit.org_number,
            after_loepenr=after,
            received_from=self.date_from - WIDER,
            received_to=self.date_to + WIDER,
        )
        envelopes = [sick_note.envelope(payload) for payload in page.notes]
        last = max((envelope.loepenr or 0 for envelope in envelopes), default=0)
        complete = page.complete or last <= after
        at_nav = {envelope.nav_id for envelope in envelopes if envelope.nav_id}
        self._add_missing_here(unit, page.notes, envelopes)
        self._add_set_aside(at_nav)
        self._add_missing_at_nav(unit, client, at_nav, after, None if complete else last)
        self.after = {"loepenr": last}
        return complete

    def _add_missing_here(self, unit, payloads, envelopes):
        inside = [
            (payload, envelope)
            for payload, envelope in zip(payloads, envelopes, strict=True)
            if envelope.nav_id and self._is_inside(payload)
        ]
        self.note_count += len(inside)
        known = (
            self.env["nav.sick.note"]
            .sudo()
            ._known_nav_ids(self.company_id, [envelope.nav_id for _payload, envelope in inside])
        )
        self._add(
            {
                "kind": "missing_here",
                "unit_id": unit.id,
                "nav_id": envelope.nav_id,
                "loepenr": envelope.loepenr or 0,
                "person_name": sick_note.person(payload)[1],
                **_days(payload),
                "words": self.env._("NAV has this sick note, and Odoo does not."),
            }
            for payload, envelope in inside
            if envelope.nav_id not in known
        )

    def _add_set_aside(self, at_nav):
        """Notes that NAV has and that a person has set aside: told, and left as they are."""
        domain = self._notes_domain() & Domain("nav_id", "in", list(at_nav))
        domain &= Domain("state", "in", ("withdrawn", "ignored"))
        words = {
            "withdrawn": self.env._("NAV has this sick note; a person has withdrawn it."),
            "ignored": self.env._("NAV has this sick note; a person has ignored it."),
        }
        self._add(
            self._note_vals(note, "set_aside", words[note.state], state="left")
            for note in self.env["nav.sick.note"].sudo().search(domain)
        )

    def _is_inside(self, payload):
        """Whether NAV received the note in the period; also when that cannot be read."""
        received = payload.get("mottattAvNav") if isinstance(payload, dict) else None
        day = str(received or "")[:10]
        return not day or self.date_from.isoformat() <= day <= self.date_to.isoformat()

    def _add_missing_at_nav(self, unit, client, at_nav, after, last):
        """Notes that came from NAV, and that its list does not have (any more)."""
        domain = self._notes_domain() & Domain("unit_id.org_number", "=", unit.org_number)
        domain &= Domain("loepenr", ">", after) if after else Domain("loepenr", ">=", 0)
        if last is not None:
            domain &= Domain("loepenr", "<=", last)
        domain &= Domain("nav_id", "not like", "sha256-%")
        domain &= Domain("state", "not in", ("withdrawn", "ignored"))
        notes = self.env["nav.sick.note"].sudo().search(domain)
        missing = notes.filtered(lambda note: note.nav_id not in at_nav)
        for note in missing[:ASK_AGAIN]:
            if note._is_at_nav(client):
                missing -= note
        self._add(
            self._note_vals(
                note,
                "missing_at_nav",
                self.env._("NAV does not have this sick note any more. It may be taken back."),
            )
            for note in missing
        )

    def _notes_domain(self):
        """Notes from NAV that NAV received in the period."""
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("source", "=", "nav")
            & Domain("received_by_nav", ">=", _begin(self.date_from))
            & Domain("received_by_nav", "<", _begin(self.date_to + timedelta(days=1)))
        )

    def _add(self, vals_list):
        vals_list = [{"reconcile_id": self.id, **vals} for vals in vals_list]
        self.env["nav.reconcile.line"].sudo().create(vals_list)

    @api.model
    def _note_vals(self, note, kind, words, **vals):
        return {
            "kind": kind,
            "note_id": note.id,
            "unit_id": note.unit_id.id,
            "nav_id": note.nav_id,
            "loepenr": note.loepenr,
            "employee_id": note.employee_id.id,
            "person_name": note.employee_id.name or note.person_name,
            "date_from": note.date_from,
            "date_to": note.date_to,
            "words": words,
            **vals,
        }

    # ------------------------------------------------------------------ the notes and the time off

    def _compare_next_employees(self):
        """Compare the time off of a batch of employees with what their notes ask for.

        :return: False when there was nobody left
        """
        left = (self.after or {}).get("employees")
        if left is None:
            self._add_not_registered()
            left = self._concerned().ids
        if not left:
            return False
        employees = self.env["hr.employee"].sudo().browse(left[:EMPLOYEE_BATCH]).exists()
        self._add(self._differences(employees))
        self.employee_count += len(employees)
        self.after = {"employees": left[EMPLOYEE_BATCH:]}
        return True

    def _concerned(self):
        """Employees with notes of the period."""
        domain = self._notes_domain() & Domain("employee_id", "!=", False)
        groups = self.env["nav.sick.note"].sudo()._read_group(domain, ["employee_id"])
        return self.env["hr.employee"].union(*[employee for (employee,) in groups])

    def _add_not_registered(self):
        notes = (
            self.env["nav.sick.note"]
            .sudo()
            .search(self._notes_domain() & Domain("state", "in", ("received", "waiting", "failed")))
        )
        self._add(
            self._note_vals(
                note,
                "not_registered",
                note.reason or self.env._("It is about to be registered."),
            )
            for note in notes
        )

    def _differences(self, employees):
        """Values of lines: where what stands is not what the engine would make of the notes now."""
        notes = (
            self.env["nav.sick.note"]
            ._as_engine()
            .with_context(
                lang=self.env.context.get("lang"), allowed_company_ids=self.company_id.ids
            )
        )
        employees = employees.with_env(notes.env)
        situation = notes._situation(employees, notes._versions(employees.ids))
        found = []
        for employee in employees:
            known = situation[employee.id]
            plan = absence.decide(**known)
            of_notes = absence.decide(**{**known, "settled": ()})
            found += self._plan_vals(plan)
            found += self._degree_vals(known)
            found += self._by_hand_vals(of_notes, known["settled"])
        return found

    def _plan_vals(self, plan):
        """What the engine would create, resize, cancel and replace."""
        Leave = self.env["hr.leave"].sudo()
        for segment in plan.create:
            yield self._period_vals(
                segment, "leave_missing", self.env._("The time off of these days is missing.")
            )
        for resize in plan.resize:
            words = self.env._(
                "The sick notes ask for %(date_from)s to %(date_to)s.",
                date_from=format_date(self.env, resize.date_from),
                date_to=format_date(self.env, resize.date_to),
            )
            yield self._leave_vals(Leave.browse(resize.leave), "leave_differs", words)
        for key in plan.cancel:
            words = self.env._("No sick note asks for this time off any more.")
            yield self._leave_vals(Leave.browse(key), "leave_differs", words)
        for replacement in plan.replace:
            words = self.env._("Sick leave registered by hand lies on days of a sick note.")
            yield self._leave_vals(Leave.browse(replacement.leave), "leave_differs", words)
        for replacement in plan.restore:
            words = self.env._("No sick note gives time off on days of this sick leave any more.")
            yield self._leave_vals(Leave.browse(replacement.leave), "leave_differs", words)

    def _period_vals(self, segment, kind, words):
        period = self.env["nav.sick.note.period"].sudo().browse(segment.period)
        return self._note_vals(
            period.note_id,
            kind,
            words,
            period_id=period.id,
            date_from=segment.date_from,
            date_to=segment.date_to,
        )

    def _leave_vals(self, leave, kind, words):
        note = leave.nav_period_id.note_id
        return {
            **self._note_vals(note, kind, words),
            "employee_id": leave.employee_id.id,
            "person_name": leave.employee_id.name,
            "leave_id": leave.id,
            "period_id": leave.nav_period_id.id,
            "date_from": leave.request_date_from,
            "date_to": leave.request_date_to,
        }

    def _degree_vals(self, known):
        """Time off with another degree than its period, which no person has changed."""
        for leave in self._wrong_degrees(known["existing"]):
            if leave.nav_period_id.id not in known["settled"]:
                yield self._leave_vals(leave, "leave_differs", self._degree_words(leave))

    @api.model
    def _wrong_degrees(self, existing):
        leaves = self.env["hr.leave"].sudo().browse(leave.key for leave in existing)
        return leaves.filtered(
            lambda leave: (
                leave.holiday_status_id.allow_graded
                and leave.absence_degree != leave.nav_period_id.degree
            )
        )

    def _degree_words(self, leave):
        return self.env._(
            "The degree is %(degree)s %%; the sick note says %(asked)s %%.",
            degree=leave.absence_degree,
            asked=leave.nav_period_id.degree,
        )

    def _by_hand_vals(self, of_notes, settled):
        """What people have changed: it stays so, until one of them wants NAV's again."""
        periods = self.env["nav.sick.note.period"].sudo().browse(settled)
        wrong = self._wrong_degrees_of(periods)
        changed = {segment.period for segment in of_notes.create}
        leaves = self.env["hr.leave"].sudo().browse(resize.leave for resize in of_notes.resize)
        leaves |= self.env["hr.leave"].sudo().browse(of_notes.cancel) | wrong
        changed |= set(leaves.nav_period_id.ids)
        words = self.env._("A person has changed or removed the time off of this sick note.")
        for period in periods.filtered(lambda period: period.id in changed):
            yield self._note_vals(
                period.note_id,
                "by_hand",
                words,
                period_id=period.id,
                date_from=period.date_from,
                date_to=period.date_to,
            )

    @api.model
    def _wrong_degrees_of(self, periods):
        leaves = periods.leave_ids.filtered(
            lambda leave: leave.state in COUNTING_STATES and leave.holiday_status_id.allow_graded
        )
        return leaves.filtered(lambda leave: leave.absence_degree != leave.nav_period_id.degree)


class NavSickNote(models.Model):
    _inherit = "nav.sick.note"

    def _is_at_nav(self, client):
        """Ask NAV for this one note.

        :raises ClientError: when NAV answers with neither the note nor that there is none
        """
        try:
            client.sick_note(self.nav_id)
        except NotFound:
            return False
        return True


def _days(payload):
    """First and last day of a note as values, where it is in order."""
    try:
        periods = sick_note.parse(payload).periods
    except sick_note.InvalidSickNote:
        return {}
    return {
        "date_from": min(period.date_from for period in periods),
        "date_to": max(period.date_to for period in periods),
    }


def _begin(day):
    """The beginning of a Norwegian day, as Odoo stores times."""
    moment = datetime.combine(day, time.min, tzinfo=NORWAY)
    return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
