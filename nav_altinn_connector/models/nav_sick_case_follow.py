# A model of many subjects has a file for each of them.
# pylint: disable=consider-merging-classes-inherited
from collections import defaultdict
from datetime import date

from odoo import SUPERUSER_ID, Command, api, models
from odoo.tools import SQL, format_date

from ..domain import followup, followup_continuity, followup_deadlines
from .nav_sick_note_apply import IN_EFFECT
from .plain_words import in_language_of

_ENGINE_CONTEXT = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_activity_quick_update": True,
    "nav_followup_engine": True,
}


class NavSickCase(models.Model):
    """From notes to cases: what becomes of the remembered ones (:mod:`..domain.followup`)."""

    _inherit = "nav.sick.case"

    def _as_engine(self):
        """As superuser, so that neither the result nor its author depends on who pressed what."""
        return self.with_user(SUPERUSER_ID).sudo().with_context(**_ENGINE_CONTEXT)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """To be asked makes nobody a follower: who follows what is open to all colleagues, and who
        is not responsible any more must get no messages."""
        if self.env.su and self.env.context.get("nav_followup_engine"):
            return True
        return super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids)

    @api.model
    def _follow(self, employees):
        """Make the employees' cases what their notes ask for.

        Depends on what there is and not on the order in which it came. Safe to repeat.
        """
        for company, group in self._by_company(employees.sudo()).items():
            cases = in_language_of(company, self._as_engine())
            cases = cases.with_context(allowed_company_ids=company.ids)
            cases._follow_in_company(company, group.with_env(cases.env))

    def _by_company(self, employees):
        """{company: those of the employees who work there, or have notes or cases of it}

        Who moves to another company takes no sick leave along: it is not the new one's to see.
        """
        found = employees.grouped("company_id")
        for name in ("nav.sick.note", "nav.sick.case"):
            groups = (
                self.env[name]
                .sudo()
                ._read_group(
                    [("employee_id", "in", employees.ids)],
                    ["company_id"],
                    ["employee_id:recordset"],
                )
            )
            for company, group in groups:
                found[company] = found.get(company, employees.browse()) | group
        return found

    def _follow_in_company(self, company, employees):
        notes = self._notes_in_effect(company, employees)
        manual = self._manual_leave(company, employees)
        remembered = self.search(
            [
                ("employee_id", "in", employees.ids),
                ("company_id", "=", company.id),
                ("close_reason", "!=", "merged"),
            ]
        )
        following = {}
        for employee in employees:
            computed = followup.cases(
                [_as_domain_note(note) for note in notes.get(employee, ())],
                manual.get(employee.id, ()),
            )
            stored = [
                case._as_stored() for case in remembered if case.employee_id.id == employee.id
            ]
            following[employee] = followup_continuity.follow(stored, computed)
        records = self._remember(company, following)
        emptied = self.browse(one for each in following.values() for one in each.emptied)
        emptied._close_emptied()
        self.browse(case.id for cases in records.values() for case in cases)._follow_deadlines()

    # ------------------------------------------------------------------ what there is

    def _notes_in_effect(self, company, employees):
        """{employee: the notes of the company that count}"""
        return (
            self.env["nav.sick.note"]
            .search(
                [
                    ("employee_id", "in", employees.ids),
                    ("company_id", "=", company.id),
                    ("state", "in", IN_EFFECT),
                    ("connection_id.followup_enabled", "=", True),
                ]
            )
            .grouped("employee_id")
        )

    def _manual_leave(self, company, employees):
        """{employee id: approved sick leave that a person registered}, where a connection of the
        company says that it counts."""
        found = defaultdict(list)
        if not self._connection_for_manual(company):
            return found
        # Time off goes along with who moves to another company.
        own = employees.filtered(lambda employee: employee.company_id == company)
        leaves = self.env["hr.leave"].search(
            [
                ("employee_id", "in", own.ids),
                ("nav_sourced", "=", False),
                ("state", "=", "validate"),
                ("holiday_status_id", "in", self.env["nav.sick.note"]._sick_leave_types().ids),
            ]
        )
        for leave in leaves:
            found[leave.employee_id.id].append(
                followup.Manual(
                    leave.id,
                    leave.request_date_from,
                    leave.request_date_to,
                    leave.absence_degree,
                )
            )
        return found

    @api.model
    def _connection_for_manual(self, company):
        return (
            self.env["nav.connection"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("followup_enabled", "=", True),
                    ("followup_manual_leave", "=", True),
                ],
                order="id",
                limit=1,
            )
        )

    def _as_stored(self):
        """This case in the words of :mod:`..domain.followup_continuity`."""
        self.ensure_one()
        return followup_continuity.Stored(
            id=self.id,
            first_day=self.first_day,
            last_day=self.last_day,
            notes=frozenset(self.note_ids.ids),
            emptied=self.close_reason == "emptied",
        )

    # ------------------------------------------------------------------ remembering

    def _remember(self, company, following):
        """Write what the computed cases are.

        :param following: {employee: Following}
        :return: {employee: the cases' records, in the order of Following.cases}
        """
        new = [
            (employee, place)
            for employee, each in following.items()
            for place, followed in enumerate(each.cases)
            if followed.goes_on is None
        ]
        created = self.create(
            [
                self._new_vals(company, employee, following[employee].cases[place])
                for employee, place in new
            ]
        )
        made = dict(zip(new, created, strict=True))
        records = {}
        for employee, each in following.items():
            records[employee] = [
                made.get((employee, place)) or self.browse(followed.goes_on)
                for place, followed in enumerate(each.cases)
            ]
            for case, followed in zip(records[employee], each.cases, strict=True):
                if followed.goes_on is not None:
                    case._remember_days(followed.case)
            self._merge(each, records[employee])
        self._move_milestones(following, records)
        return records

    def _new_vals(self, company, employee, followed):
        case = followed.case
        today = self._today()
        vals = {
            "employee_id": employee.id,
            "company_id": company.id,
            "split_from_id": followed.split_from[0] if followed.split_from else False,
            **self._days_vals(case, company),
        }
        if not followup_deadlines.is_open(case.last_day, today):
            ended = followup_deadlines.closes_on(case.last_day)
            vals.update(state="closed", close_reason="returned", closed_on=ended)
        return vals

    def _days_vals(self, case, company):
        notes = self.env["nav.sick.note"].browse(case.notes)
        leave = self.env["hr.leave"].browse(case.manual[-1:])
        connection = notes[-1:].connection_id or self._connection_for_manual(company)
        return {
            "first_day": case.first_day,
            "last_day": case.last_day,
            "first_day_stated": case.is_stated,
            "stretches": [
                [
                    stretch.date_from.isoformat(),
                    stretch.date_to.isoformat(),
                    stretch.kind,
                    stretch.degree,
                    stretch.source,
                ]
                for stretch in case.timeline
            ],
            "note_ids": [Command.set(notes.ids)],
            "connection_id": connection.id,
            "leave_type_id": (notes[-1:].connection_id.leave_type_id or leave.holiday_status_id).id,
        }

    def _remember_days(self, computed):
        """Take over the days of a computed case, and tell what has changed."""
        vals = self._days_vals(computed, self.company_id)
        if set(self.note_ids.ids) == set(computed.notes):
            del vals["note_ids"]
        different = {
            name: value
            for name, value in vals.items()
            if name == "note_ids" or _plain(self[name]) != (value or False)
        }
        words = self._changed_words(vals["first_day"], vals["last_day"])
        if self.close_reason == "emptied":
            different["close_reason"] = False
        if different:
            self.write(different)
        if words:
            self._message_log(body=words)

    def _changed_words(self, first_day, last_day):
        """What people are told of a change of the days; no degree."""
        words = []
        if last_day > self.last_day:
            words.append(self.env._("Extended to %s.", format_date(self.env, last_day)))
        elif last_day < self.last_day:
            words.append(self.env._("Ends on %s now.", format_date(self.env, last_day)))
        if first_day != self.first_day:
            words.append(
                self.env._(
                    "The first day is %s now; open milestones have moved with it.",
                    format_date(self.env, first_day),
                )
            )
        return " ".join(words)

    def _merge(self, following, records):
        """Cases that have become a part of another one, and what lies in parts of a split one."""
        for case, followed in zip(records, following.cases, strict=True):
            merged = self.browse(followed.merged)
            if merged:
                merged.write(
                    {
                        "state": "closed",
                        "close_reason": "merged",
                        "merged_into_id": case.id,
                        "closed_on": self._today(),
                        "note_ids": [Command.clear()],
                    }
                )
                merged._remove_activities()
                case._message_log(
                    body=self.env._("Joined with the sick leave that was followed up before it.")
                )
            if followed.split_from:
                case._message_log(body=self.env._("Split off: the notes between are gone."))
        for stored_id in {one for followed in following.cases for one in followed.behind}:
            parts = [
                case
                for case, followed in zip(records, following.cases, strict=True)
                if stored_id in followed.behind
            ]
            if parts != [self.browse(stored_id)]:
                self.browse(stored_id)._move_along(parts)

    def _move_along(self, parts):
        """Give conversations and minutes to the part on whose time they lie.

        :param parts: the cases that this one's days are in by now, in their order
        """
        for entry in self.entry_ids:
            part = _part_at(entry.date, parts)
            if entry.case_id != part:
                entry.case_id = part

    def _move_milestones(self, following, records):
        """Done milestones go with their days, and the strongest of each kind stays."""
        behind = {
            stored_id
            for each in following.values()
            for followed in each.cases
            for stored_id in followed.behind
        }
        if not behind:
            return
        Milestone = self.env["nav.followup.milestone"]
        by_case = Milestone.search([("case_id", "in", list(behind))]).grouped("case_id")
        templates = self.env["nav.followup.milestone.template"]._all()
        places = {}  # milestone id → (case id, number, id of the one in its place)
        for employee, each in following.items():
            kept = {
                stored_id: [one._as_kept() for one in by_case.get(self.browse(stored_id), ())]
                for followed in each.cases
                for stored_id in followed.behind
            }
            own = [
                template._as_domain_template(employee.company_id, self.env["hr.leave.type"])
                for template in templates
            ]
            moved = followup_continuity.move(each, kept, own)
            for case, result in zip(records[employee], moved, strict=True):
                numbers = {one.id: one.number for one in result.keep}
                places.update((one, (case.id, number, False)) for one, number in numbers.items())
                places.update(
                    (one, (case.id, Milestone.browse(one).occurrence, winner))
                    for one, winner in result.duplicates
                )
        self._put_milestones(places)

    def _put_milestones(self, places):
        Milestone = self.env["nav.followup.milestone"]
        different = Milestone.browse(
            one.id
            for one in Milestone.browse(places)
            if (one.case_id.id, one.occurrence, one.duplicate_of_id.id) != places[one.id]
        )
        if not different:
            return
        # Out of each other's way first: the index is checked row by row.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE nav_followup_milestone SET occurrence = -id WHERE id = ANY(%s)",
                different.ids,
            )
        )
        different.invalidate_recordset(["occurrence"])
        for one in different:
            case_id, number, winner = places[one.id]
            if one.case_id.id != case_id or winner:
                one.activity_id.unlink()
            one.write({"case_id": case_id, "occurrence": number, "duplicate_of_id": winner})

    # ------------------------------------------------------------------ opening and closing

    def _close_emptied(self):
        """Cases without a day left: their notes are withdrawn, or follow-up is switched off."""
        for case in self:
            case.write(
                {
                    "state": "closed",
                    "close_reason": "emptied",
                    "closed_on": self._today(),
                }
            )
            case._message_log(
                body=self.env._("No sick note counts any more: the follow-up is closed.")
            )
        open_ones = self.milestone_ids.filtered(lambda one: one.stage != "settled")
        open_ones.write({"stage": "unreached"})
        self._remove_activities()

    def _close_by_hand(self, user, note=None):
        """Close an open case, as a user says; a later extension opens it again."""
        self.ensure_one()
        case = self._as_engine()
        case.write(
            {
                "closed_last_day": case.last_day,
                "closed_by_id": user.id,
                "close_note": (note or "").strip() or False,
            }
        )
        case._follow_deadlines()

    def _reopen(self):
        self._as_engine().write(
            {"closed_last_day": False, "closed_by_id": False, "close_note": False}
        )

    def _follow_state(self, today):
        """Open or closed, by the last covered day and what a person has said."""
        self.ensure_one()
        if self.close_reason in ("emptied", "merged"):
            return
        is_open = followup_deadlines.is_open(self.last_day, today, self._closed_at())
        if is_open and self.state == "closed":
            self.write({"state": "open", "closed_on": False, "close_reason": False})
        elif not is_open and (self.state == "open" or not self.close_reason):
            ended = followup_deadlines.closes_on(self.last_day)
            if self.closed_last_day and self.last_day <= self.closed_last_day:
                reason, ended = "by_hand", today
            else:
                reason = "left" if today <= ended else "returned"
            self.write({"state": "closed", "closed_on": min(today, ended), "close_reason": reason})

    def _closed_at(self):
        """What the last covered day was when the case was closed before its time, as
        :func:`..domain.followup_deadlines.is_open` asks: by a person, or since the employee does
        not work in the company any more."""
        self.ensure_one()
        employee = self.employee_id
        if not employee.active or employee.company_id != self.company_id:
            return self.last_day
        return self.closed_last_day or None

    def _remove_activities(self):
        """What is open is removed; what people have done stays in the history."""
        if self:
            self.env["mail.activity"].sudo().search(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)]
            ).with_context(**_ENGINE_CONTEXT).unlink()


def _as_domain_note(note):
    """A note in the words of :mod:`..domain.followup`."""
    return followup.Note(
        id=note.id,
        loepenr=note.loepenr,
        periods=tuple(
            followup.Period(period.date_from, period.date_to, period.kind, period.degree)
            for period in note.period_ids
        ),
        self_certified=tuple(
            (date.fromisoformat(first), date.fromisoformat(last))
            for first, last in note.self_certified_days or ()
        ),
        absence_from=note.absence_from or None,
    )


def _part_at(day, parts):
    begun = [case for case in parts if case.first_day <= day]
    return (begun or parts)[-1 if begun else 0]


def _plain(value):
    return value.id if isinstance(value, models.BaseModel) else (value or False)
