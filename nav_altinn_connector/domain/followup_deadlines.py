"""What has to be done in a sick leave, and by when.

**How days are counted.** The first day of the sick leave is day 1. "Day N" is N - 1 days after it;
"N weeks" is 7 N days after it, the same day of the week, so that a duty "within 4 weeks" of a sick
leave that begins on a Monday is to be done on the fourth Monday after it at the latest. Calendar
days count, weekends and holidays too.

**When a person is asked to act.** A milestone has a due day and, ``lead_days`` before it but never
before the first day, the day on which its activity is made. It is reached when the employee is
covered by sick leave on that day: a doctor writes notes for some weeks, so the note of today
seldom covers the due day, and who waits for that asks too late. A sick leave that ended before the
activity's day asks for nothing, though it is kept open for 16 days more: else each week of flu
would ask for a follow-up plan. An extension that arrives late asks at once.

**When it ends.** A case stays open to 16 days after its last covered day: as long as NAV holds a
sick note for active, and as long as new sick leave would belong to the same case. A person may
close it before; it opens again when the sick leave is extended beyond what was known then.

Sources: arbeidsmiljøloven § 4-6 (plan within 4 weeks, meeting within 7), folketrygdloven § 8-7 a
(dialogue meeting of NAV within 26 weeks), § 8-8 (activity requirement, 8 weeks), § 8-19 (employer
period). The end of sick pay after 52 weeks is the general rule; how many days a person has left,
NAV tells no employer's system, so that milestone is marked as not certain.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .followup import NEW_CASE_AFTER, Case, Stretch

DAY = "day"
WEEKS = "weeks"
UNITS = (DAY, WEEKS)

# What a milestone is for an employee who works in part when it is due.
SAME = "same"
OPTIONAL = "optional"
NEVER = "never"
WHEN_GRADED = (SAME, OPTIONAL, NEVER)

# What people have made of a milestone.
OPEN = "open"
MOVED = "moved"
SKIPPED = "skipped"
NOT_REQUIRED = "not_required"
DONE = "done"
STATES = (OPEN, MOVED, SKIPPED, NOT_REQUIRED, DONE)
SETTLED_STATES = frozenset({SKIPPED, NOT_REQUIRED, DONE})

# Where a milestone stands today.
AHEAD = "ahead"  # not reached yet
EXPECTED = "expected"  # the sick leave reaches its activity, whose day has not come
ACTIVE = "active"  # there shall be an activity
OVERDUE = "overdue"  # there shall be an activity, and it is late
PASSED = "passed"  # nobody settled it, and by now it is of no use
UNREACHED = "unreached"  # the case ended before it
MISSED = "missed"  # the case ended, and it had been reached
SETTLED = "settled"
STAGES = (AHEAD, EXPECTED, ACTIVE, OVERDUE, PASSED, UNREACHED, MISSED, SETTLED)


@dataclass(frozen=True)
class Template:
    """A kind of milestone.

    :param key: names it; stays the same for ever
    :param unit: DAY ("day 16") or WEEKS ("within 4 weeks")
    :param number: the day or the number of weeks, 1 or more
    :param lead_days: how long before the due day the activity is made
    :param when_graded: SAME, OPTIONAL (when useful) or NEVER
    :param repeat_days: it comes again after so many days, as long as the case is open; 0 for once
    :param stale_days: for a point in time rather than a duty: so many days after it, it is of no
        use to ask any more. None: it is asked for until somebody settles it; one that repeats is
        asked for until the next one is due.
    :param active: whether it is used
    :param certain: whether the rule behind it is certain for each employee
    :raise ValueError: for numbers and words that make no sense
    """

    key: str
    unit: str
    number: int
    lead_days: int = 7
    when_graded: str = SAME
    repeat_days: int = 0
    stale_days: int | None = None
    active: bool = True
    certain: bool = True

    def __post_init__(self):
        if self.unit not in UNITS or self.when_graded not in WHEN_GRADED:
            raise ValueError("unknown unit or rule for graded sick leave")
        if self.number < 1 or min(self.lead_days, self.repeat_days, self.stale_days or 0) < 0:
            raise ValueError("a milestone cannot come before the sick leave")


EMPLOYER_PERIOD = "employer_period"
PLAN = "plan"
MEETING = "meeting"
ACTIVITY_REQUIREMENT = "activity_requirement"
PLAN_UPDATE = "plan_update"
MEETING_NAV = "meeting_nav"
WEEK_39 = "week_39"
SICK_PAY_END = "sick_pay_end"
CONTACT = "contact"

DEFAULT_TEMPLATES = (
    Template(EMPLOYER_PERIOD, DAY, 16, lead_days=0, stale_days=14),
    Template(PLAN, WEEKS, 4, lead_days=7),
    Template(MEETING, WEEKS, 7, lead_days=14, when_graded=OPTIONAL),
    Template(ACTIVITY_REQUIREMENT, WEEKS, 8, lead_days=7, stale_days=14),
    # NAV wants the plan a week before its meeting.
    Template(PLAN_UPDATE, WEEKS, 25, lead_days=14),
    Template(MEETING_NAV, WEEKS, 26, lead_days=7, stale_days=14),
    Template(WEEK_39, WEEKS, 39, lead_days=7, stale_days=14),
    Template(SICK_PAY_END, WEEKS, 52, lead_days=28, stale_days=28, certain=False),
    Template(CONTACT, WEEKS, 1, lead_days=0, repeat_days=7, active=False),
)


@dataclass(frozen=True)
class Kept:
    """A milestone as it is remembered.

    :param id: names the record
    :param key: of the template
    :param planned: the due day for which it was made; is never changed
    :param due: the due day; another than planned when a person has moved it
    :param state: one of STATES
    :param settled_on: the day on which it was done, skipped or marked as not required
    :param number: of one that repeats, as :func:`number_at` gives it for planned, else 1
    """

    id: Hashable
    key: str
    planned: date
    due: date
    state: str = OPEN
    settled_on: date | None = None
    number: int = 1


@dataclass(frozen=True)
class Milestone:
    """A milestone of a case, as it stands today.

    :ivar number: 1, 2, … of one that repeats, else 1; 0 or less where one was settled before the
        first day, which has become later since
    :ivar due: the day by which it is to be done
    :ivar activity_on: the day on which a person is asked
    :ivar optional: to be done when useful (graded sick leave)
    :ivar certain: as in the template
    :ivar stage: one of STAGES
    :ivar kept: the id of the remembered milestone that it is, or None
    """

    key: str
    number: int
    due: date
    activity_on: date
    optional: bool
    certain: bool
    stage: str
    kept: Hashable | None = None

    @property
    def wants_activity(self) -> bool:
        """Whether there shall be an activity for the responsible person."""
        return self.stage in (ACTIVE, OVERDUE)


# --- the end of a case ---


def closes_on(last_day: date) -> date:
    """The last day on which a case is open by itself: as long as NAV holds a note for active.

    Sick leave that begins on that day still belongs to the case, on the next day no more.
    """
    return last_day + timedelta(days=NEW_CASE_AFTER)


def is_open(last_day: date, today: date, closed_at: date | None = None) -> bool:
    """Whether a case is open.

    :param last_day: its last covered day
    :param closed_at: what its last covered day was when a person closed it; a later one opens it
        again. None when nobody did.
    """
    return today <= closes_on(last_day) and (closed_at is None or last_day > closed_at)


# --- days ---


def due_day(template: Template, first_day: date, number: int = 1) -> date:
    """The day by which the milestone, or the given one of those that repeat, is to be done."""
    offset = template.number - 1 if template.unit == DAY else 7 * template.number
    return first_day + timedelta(days=offset + (number - 1) * template.repeat_days)


def number_at(template: Template, first_day: date, day: date) -> int:
    """Which of the milestones that repeat is the first that is due on a day or after it.

    0 or less for days that no milestone of a sick leave with this first day can have.
    """
    if not template.repeat_days:
        return 1
    late = (day - due_day(template, first_day)).days
    return 1 - (-late // template.repeat_days)


def milestones(
    case: Case,
    templates: Iterable[Template],
    today: date,
    kept: Iterable[Kept] = (),
    closed_at: date | None = None,
) -> tuple[Milestone, ...]:
    """The milestones of a case as they stand today, by due day.

    What a person has settled stays as it is, and what a person has moved as long as there is its
    template. Remembered ones that are not in the result are to be removed.

    :param kept: the remembered ones of this case, at most one for each template and number
    :param closed_at: as for :func:`is_open`
    """
    remembered = {(one.key, one.number): one for one in kept}
    known = {template.key: template for template in templates}
    found = []
    for template in known.values():
        own = [one for one in remembered.values() if one.key == template.key]
        for number in sorted(_numbers(template, case, today, own)):
            one = remembered.get((template.key, number))
            found.append(_milestone(template, number, case, today, one, closed_at))
    gone = [one for one in remembered.values() if one.key not in known]
    found += [_without_template(one) for one in gone if one.state in SETTLED_STATES]
    wanted = (milestone for milestone in found if milestone)
    return tuple(sorted(wanted, key=lambda one: (one.due, one.key, one.number)))


def _numbers(template, case, today, own) -> set[int]:
    """Which of the milestones of a template are to be looked at."""
    numbers = {one.number for one in own}
    if not template.active:
        return numbers
    if not template.repeat_days:
        return numbers | {1}
    # Those before are of no use any more, those after are for later.
    oldest = number_at(template, case.first_day, today - timedelta(days=_stale_days(template)))
    newest = number_at(template, case.first_day, today + timedelta(days=template.lead_days))
    end = closes_on(case.last_day)
    return numbers | {
        number
        for number in range(max(oldest, 1), max(newest, 1) + 1)
        if due_day(template, case.first_day, number) <= end
    }


def _stale_days(template) -> int | None:
    if template.stale_days is None and template.repeat_days:
        return template.repeat_days - 1
    return template.stale_days


def _milestone(template, number, case, today, one, closed_at) -> Milestone | None:
    state = one.state if one else OPEN
    due = due_day(template, case.first_day, number)
    if one and state != OPEN:
        due = one.due
    activity_on = max(due - timedelta(days=template.lead_days), case.first_day)
    full = _is_full(case, due)
    unwanted = number < 1 or not template.active or (template.when_graded == NEVER and not full)
    if state == OPEN and unwanted:
        return None
    if state in SETTLED_STATES:
        stage = SETTLED
    else:
        # Who moves a milestone wants it, whether the sick leave reaches it or not.
        reached = state == MOVED or case.last_day >= activity_on
        running = is_open(case.last_day, today, closed_at)
        stage = _stage(due, activity_on, reached, running, _stale_days(template), today)
    return Milestone(
        key=template.key,
        number=number,
        due=due,
        activity_on=activity_on,
        optional=template.when_graded == OPTIONAL and not full,
        certain=template.certain,
        stage=stage,
        kept=one.id if one else None,
    )


def _stage(due, activity_on, reached, running, stale_days, today) -> str:
    if not running:
        return MISSED if reached and activity_on <= today else UNREACHED
    if not reached:
        return AHEAD
    if today < activity_on:
        return EXPECTED
    if today <= due:
        return ACTIVE
    stale = stale_days is not None and (today - due).days > stale_days
    return PASSED if stale else OVERDUE


def _without_template(one: Kept) -> Milestone:
    return Milestone(one.key, one.number, one.due, one.due, False, True, SETTLED, one.id)


def _is_full(case: Case, day: date) -> bool:
    """Whether the employee does no work on a day, by the last that is known up to then."""
    covering = [stretch for stretch in case.timeline if stretch.covers]
    before: list[Stretch] = [stretch for stretch in covering if stretch.date_from <= day]
    # Where nothing is known, nothing says that the employee works.
    return all(stretch.is_full for stretch in before[-1:] or covering[:1])
