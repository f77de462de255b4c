"""What people are told about sick leave from NAV, each in their own language.

Neither degree nor identity number is in any of it: subjects and first lines are shown on locked
telephones. Names of employees are for their manager only.
"""

from markupsafe import Markup

# A manager of very many reads the rest in the list.
MOST_NAMES = 100
OWN_LINK = "/odoo/action-nav_altinn_connector.nav_leave_action_own"
FOLLOWUP_LINK = "/odoo/action-nav_altinn_connector.nav_sick_case_action"
TEAM_LINK = "/odoo/action-nav_altinn_connector.nav_leave_action_team"
CONNECTION_LINK = "/odoo/action-nav_altinn_connector.nav_connection_action/%s"


def message(env, content):
    """One message of all that a person is told.

    :param env: with the person's language
    :param content: what ``nav.notice`` has collected: ``own``, ``team``, ``followup``, ``fetches``
    :return: (subject, body as HTML)
    """
    body = Markup()
    if content.get("own"):
        body += _own(env, content["own"])
    if content.get("team"):
        body += _team(env, content["team"], content.get("team_link"))
    if content.get("followup"):
        body += _followup(env, content["followup"])
    for summary in content.get("fetches", ()):
        body += _fetch(env, summary)
    return _subject(env, content), body


def _subject(env, content):
    if content.keys() == {"own"}:
        return env._("Your sick leave from NAV is registered")
    if content.keys() == {"followup"}:
        return env._("Follow-up of sick leave: something to do")
    if content.keys() == {"fetches"}:
        return env._("The first fetch from NAV has ended")
    return env._("Sick leave from NAV is registered")


def _own(env, leaves):
    if leaves == 1:
        words = env._("Your sick leave from NAV has been registered in Time Off.")
    else:
        words = env._("Your sick leave from NAV has been registered in Time Off: %s times.", leaves)
    return _paragraph(words) + _link(OWN_LINK, env._("See your sick leave"))


def _followup(env, count):
    if count == 1:
        words = env._("Odoo has a new task for you in the follow-up of sick leave.")
    else:
        words = env._("Odoo has new tasks for you in the follow-up of sick leave: %s.", count)
    return _paragraph(words) + _link(FOLLOWUP_LINK, env._("See what is to do"))


def _team(env, team, link):
    employees = {
        employee.id: employee.name
        for employee in env["hr.employee"].sudo().browse(row[0] for row in team).exists()
    }
    rows = [row for row in team if row[0] in employees]
    lines = [
        env._("%(name)s: %(what)s", name=employees[employee_id], what=_counts(env, leaves, others))
        for employee_id, leaves, others in rows[:MOST_NAMES]
    ]
    if len(rows) > MOST_NAMES:
        lines.append(env._("and %s more", len(rows) - MOST_NAMES))
    body = _paragraph(env._("Sick leave from NAV has been registered for your employees:"))
    body += _list(lines)
    return body + (_link(TEAM_LINK, env._("See their sick leave")) if link else "")


def _counts(env, leaves, others):
    words = []
    if leaves:
        words.append(env._("1 sick leave") if leaves == 1 else env._("%s sick leaves", leaves))
    if others == 1:
        words.append(env._("1 sick note without time off"))
    elif others:
        words.append(env._("%s sick notes without time off", others))
    return ", ".join(words)


def _fetch(env, summary):
    connection = env["nav.connection"].sudo().browse(summary["connection"])
    body = _paragraph(
        env._(
            "The first fetch of %(connection)s has ended. Sick notes found: %(found)s.",
            connection=connection.name,
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
