"""What people are told about sick leave, each in their own language. The words fit notes from NAV
and notes that HR has entered alike: who has brought a note, its time off says.

Neither degree nor identity number nor day is in any of it: e-mails pass through many hands. Names
of employees are for their manager only, and never in a subject. Push messages say less still (see
``mail.thread.nav``).
"""

from markupsafe import Markup

# A manager of very many reads the rest in the list.
MOST_NAMES = 100
OWN_LINK = "/odoo/action-nav_altinn_connector.nav_leave_action_own"
OWN_TIME_OFF_LINK = "/odoo/action-hr_holidays.hr_leave_action_my"
FOLLOWUP_LINK = "/odoo/action-nav_altinn_connector.nav_sick_case_action"
TEAM_LINK = "/odoo/action-nav_altinn_connector.nav_leave_action_team"
CONNECTION_LINK = "/odoo/action-nav_altinn_connector.nav_connection_action/%s"
SETTLE_LINK = "/odoo/action-nav_altinn_connector.nav_sick_note_action_to_settle"
NOTES_LINK = "/odoo/action-nav_altinn_connector.nav_sick_note_action"


def merged(contents):
    """One content of all that a person is told: counts are added, lists are joined."""
    total = {}
    for content in contents:
        total = _merge(total, content)
    return total


def _merge(left, right):
    if isinstance(left, bool) or isinstance(right, bool):
        return left or right
    if isinstance(left, dict):
        both = {key: _merge(left[key], right[key]) for key in left.keys() & right.keys()}
        return {**left, **right, **both}
    return left + right


def message(env, content):
    """One message of all that a person is told.

    :param env: with the person's language
    :param content: what ``nav.notice`` has collected: ``own``, ``team``, ``followup``, ``tasks``,
        ``news``, ``problems``, ``fetches``
    :return: (subject, body as HTML)
    """
    body = Markup()
    if content.get("own"):
        body += _own(env, content["own"])
    if content.get("team"):
        body += _team(env, content["team"], content.get("team_link"))
    if content.get("followup"):
        body += _followup(env, content["followup"])
    if content.get("tasks"):
        body += _tasks(env, content["tasks"])
    for connection_id, counts in content.get("news", {}).items():
        body += _news(env, int(connection_id), counts, content.get("hr"))
    for connection_id, problems in content.get("problems", {}).items():
        body += _problems(env, int(connection_id), problems, content.get("hr"))
    for summary in content.get("fetches", ()):
        body += _fetch(env, summary)
    return _subject(env, content), body


def _subject(env, content):
    kinds = {kind for kind, what in content.items() if what and kind not in ("team_link", "hr")}
    if kinds == {"own"}:
        return _own_subject(env, content["own"])
    if kinds == {"followup"}:
        return env._("Follow-up of sick leave: something to do")
    if not kinds & {"own", "team", "news"}:
        if "fetches" in kinds:
            return env._("The first fetch from NAV has ended")
        return env._("Sick leave: something to settle")
    of_team = {what for counts in content.get("team", {}).values() for what in counts}
    what = of_team.union(content.get("own", ()), *content.get("news", {}).values())
    if what <= {"new", "others"}:
        return env._("Sick leave is registered")
    return env._("News of sick leave")


def _own_subject(env, own):
    if own.keys() == {"new"}:
        return env._("Your sick leave is registered")
    if own.keys() == {"changed"}:
        return env._("Your sick leave is changed")
    if own.keys() == {"withdrawn"}:
        return env._("Your sick leave is cancelled")
    if own.keys() == {"given_back"}:
        return env._("You have time off back")
    return env._("News of your sick leave")


def _own(env, own):
    body = Markup()
    if own.get("new") == 1:
        body += _paragraph(env._("A sick note of yours has been registered in Time Off."))
    elif own.get("new"):
        body += _paragraph(
            env._("Sick notes of yours have been registered in Time Off: %s times.", own["new"])
        )
    if own.get("changed"):
        body += _paragraph(
            env._("A newer sick note or a correction has changed your sick leave in Time Off.")
        )
    if own.get("withdrawn"):
        body += _paragraph(
            env._(
                "A sick note of yours has been withdrawn. Its sick leave is cancelled in Time Off. "
                "If that is wrong, ask HR."
            )
        )
    if own.keys() & {"new", "changed", "withdrawn"}:
        body += _link(OWN_LINK, env._("See your sick leave"))
    if own.get("given_back"):
        body += _paragraph(
            env._(
                "You were on sick leave during other time off. HR has given you the days back: you "
                "can take them later."
            )
        )
        body += _link(OWN_TIME_OFF_LINK, env._("See your time off"))
    return body


def _followup(env, count):
    if count == 1:
        words = env._("Odoo has a new task for you in the follow-up of sick leave.")
    else:
        words = env._("Odoo has new tasks for you in the follow-up of sick leave: %s.", count)
    return _paragraph(words) + _link(FOLLOWUP_LINK, env._("See what is to do"))


def _tasks(env, count):
    if count == 1:
        words = env._("Odoo has a new activity for you about sick leave.")
    else:
        words = env._("Odoo has new activities for you about sick leave: %s.", count)
    return _paragraph(words) + _paragraph(env._("You find them under the clock at the top."))


def _team(env, team, link):
    employees = env["hr.employee"].sudo().browse(int(employee_id) for employee_id in team).exists()
    if not employees:
        return Markup()  # they were deleted meanwhile
    rows = [(employee.name or "", team[str(employee.id)]) for employee in employees]
    rows.sort(key=lambda row: row[0])
    lines = [
        env._("%(name)s: %(what)s", name=name, what=_counts(env, counts))
        for name, counts in rows[:MOST_NAMES]
    ]
    if len(rows) > MOST_NAMES:
        lines.append(env._("and %s more", len(rows) - MOST_NAMES))
    if {what for counts in team.values() for what in counts} <= {"new", "others"}:
        words = env._("Sick notes of your employees have been registered:")
    else:
        words = env._("There is news of your employees' sick leave:")
    body = _paragraph(words) + _list(lines)
    return body + (_link(TEAM_LINK, env._("See their sick leave")) if link else "")


def _counts(env, counts):
    """What there is of one employee, or of one connection, in a few words."""
    words = []
    if counts.get("new") == 1:
        words.append(env._("1 sick leave"))
    elif counts.get("new"):
        words.append(env._("%s sick leaves", counts["new"]))
    if counts.get("others") == 1:
        words.append(env._("1 sick note without time off"))
    elif counts.get("others"):
        words.append(env._("%s sick notes without time off", counts["others"]))
    if counts.get("changed"):
        words.append(env._("changed"))
    if counts.get("withdrawn"):
        words.append(env._("withdrawn"))
    if counts.get("given_back"):
        words.append(env._("other time off given back"))
    return ", ".join(words)


def _news(env, connection_id, counts, hr):
    """What came from NAV, for those who follow the connection: numbers, without names."""
    lines = []
    if counts.get("new"):
        lines.append(env._("New sick notes: %s", counts["new"]))
    if counts.get("changed"):
        lines.append(env._("Sick notes that changed earlier sick leave: %s", counts["changed"]))
    if counts.get("withdrawn"):
        lines.append(env._("Withdrawn sick notes: %s", counts["withdrawn"]))
    link = NOTES_LINK if hr else CONNECTION_LINK % connection_id
    words = env._("See the sick notes") if hr else env._("See the connection")
    heading = env._("News of %s:", _connection_name(env, connection_id))
    return _paragraph(heading) + _list(lines) + _link(link, words)


def _problems(env, connection_id, problems, hr):
    """Sick notes that somebody has to settle: numbers and reasons."""
    reasons = dict(env["nav.sick.note"]._fields["waiting_reason"]._description_selection(env))
    lines = [
        env._("Could not be registered: %s", count)
        if cause == "failed"
        else env._("Waiting: %(count)s (%(reason)s)", count=count, reason=reasons.get(cause, ""))
        for cause, count in problems.items()
    ]
    heading = env._(
        "Sick notes of %s could not become time off by themselves:",
        _connection_name(env, connection_id),
    )
    link = SETTLE_LINK if hr else CONNECTION_LINK % connection_id
    words = env._("Settle them") if hr else env._("See the connection")
    return _paragraph(heading) + _list(lines) + _link(link, words)


def _connection_name(env, connection_id):
    return env["nav.connection"].sudo().browse(connection_id).exists().name or ""


def _fetch(env, summary):
    body = _paragraph(
        env._(
            "The first fetch of %(connection)s has ended. Sick notes found: %(found)s.",
            connection=_connection_name(env, summary["connection"]),
            found=summary["found"],
        )
    )
    lines = [env._("Registered: %s", summary["registered"])]
    reasons = dict(env["nav.sick.note"]._fields["waiting_reason"]._description_selection(env))
    lines += [
        env._(
            "Waiting: %(count)s (%(reason)s)",
            count=count,
            reason=reasons.get(reason, ""),
        )
        for reason, count in summary["waiting"]
    ]
    if summary["failed"]:
        lines.append(env._("Could not be registered: %s", summary["failed"]))
    link = _link(CONNECTION_LINK % summary["connection"], env._("See the connection"))
    return body + _list(lines) + link


def _paragraph(words):
    return Markup("<p>%s</p>") % words


def _list(lines):
    return Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % line for line in lines)


def _link(address, words):
    return Markup('<p><a href="%s">%s</a></p>') % (address, words)
