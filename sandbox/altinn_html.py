"""How the pages of the local Altinn look. Plain HTML; every value from outside is escaped."""

from html import escape

from .altinn_state import (
    ACCEPTED,
    DENIED,
    PERSONS,
    REJECTED,
    RESOURCES,
    TIMED_OUT,
    SystemUserRequest,
)

TITLE = "Local test Altinn"
STYLE = """
body{font-family:sans-serif;margin:0;background:#eef2f6;color:#1b2733}
header{background:#123a63;color:#fff;padding:.8rem 1.5rem;display:flex;gap:1rem;
align-items:center}
header b{flex:1}
main{max-width:42rem;margin:2rem auto;background:#fff;padding:1.5rem 2rem;border-radius:.4rem}
h1{font-size:1.4rem}
dt{font-weight:bold;margin-top:.6rem}
dd{margin:0}
label{display:block;margin:.4rem 0}
button{font:inherit;padding:.5rem 1.2rem;margin:1rem .6rem 0 0;border:1px solid #123a63;
border-radius:.3rem;background:#fff;color:#123a63;cursor:pointer}
button.main{background:#123a63;color:#fff}
.note{background:#fff4d6;padding:.7rem 1rem;border-radius:.3rem}
small{color:#5b6b7b}
"""
STATUS_WORDS = {
    ACCEPTED: "This request has been approved already.",
    REJECTED: "This request has been rejected.",
    DENIED: "This request has been denied.",
    TIMED_OUT: "This request is too old: nobody answered it in time.",
}


def page(heading: str, *parts: str, person: str | None = None, csrf: str = "") -> str:
    """Return a whole page.

    :param parts: HTML, ready
    :param person: the name of who is logged in
    """
    leave = ""
    if person:
        leave = f"<span>{escape(person)}</span>"
        leave += form(csrf, button("logout", "Log out"), compact=True)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{TITLE}</title><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body>"
        f"<header><b>{TITLE}</b>{leave}</header>"
        f"<main><h1>{escape(heading)}</h1>{''.join(parts)}"
        "<p><small>Nothing here is real: people, organisations and rights are made up.</small></p>"
        "</main></body></html>"
    )


def form(csrf: str, *parts: str, compact=False) -> str:
    """Return a form that posts to the page it is on."""
    style = ' style="margin:-1rem 0 0"' if compact else ""
    return (
        f'<form method="post"{style}><input type="hidden" name="csrf" value="{escape(csrf)}">'
        f"{''.join(parts)}</form>"
    )


def button(action: str, text: str, *, main=False) -> str:
    """Return a button that posts its action."""
    kind = ' class="main"' if main else ""
    return f'<button name="action" value="{action}"{kind}>{escape(text)}</button>'


def note(text: str) -> str:
    """Return a paragraph that stands out."""
    return f'<p class="note" role="status">{escape(text)}</p>'


def login(csrf: str, people: dict[str, str], organisation: str) -> str:
    """Return the page where a test person is chosen.

    :param people: names by the keys of PERSONS
    """
    choices = "".join(
        f'<label><input type="radio" name="person" value="{key}" id="person-{key}"'
        f"{' checked' if number == 0 else ''}> {escape(name)} "
        f"<small>{escape(PERSONS[key].role)}</small></label>"
        for number, (key, name) in enumerate(people.items())
    )
    text = f"<p>Who are you? The people below belong to {escape(organisation)} if they say so.</p>"
    return page("Log in", text, form(csrf, choices, button("login", "Log in", main=True)))


def request_details(item: SystemUserRequest, system, unit) -> str:
    """Return what is asked for: by which system, for whom, which rights."""
    name = unit.name if unit else "Unknown organisation"
    rows = [
        ("Organisation", f"{name} ({item.orgnr})"),
        ("System", f"{system.name.get('nb', system.system_id)} ({system.system_id})"),
        ("Supplier", system.owner_orgnr),
    ]
    lists = [
        ("Rights", [RESOURCES.get(value, value) for value in item.resources]),
        ("Access packages", item.packages),
        ("Rights to be taken away", [RESOURCES.get(v, v) for v in item.unwanted_resources]),
        ("Access packages to be taken away", item.unwanted_packages),
    ]
    shown = "".join(f"<dt>{term}</dt><dd>{escape(text)}</dd>" for term, text in rows)
    for term, values in lists:
        if values:
            shown += f"<dt>{term}</dt>" + "".join(f"<dd>{escape(value)}</dd>" for value in values)
    return f"<dl>{shown}</dl>"


def decision(csrf: str, person_key: str) -> str:
    """Return the buttons that a person has, or why there are none."""
    person = PERSONS[person_key]
    if person.is_outsider:
        return note("You do not act for this organisation, so you cannot see or answer this.")
    escalate = button("escalate", "Send to someone who can approve")
    if not person.may_decide:
        text = "Only an access manager (Tilgangsstyrer) of the organisation can answer this."
        return note(text) + form(csrf, escalate)
    buttons = [button("reject", "Reject")]
    warning = ""
    if person.has_rights:
        buttons.insert(0, button("approve", "Approve", main=True))
    else:
        warning = note(
            "You are an access manager, but do not have these rights yourself, "
            "so you cannot give them on."
        )
        buttons.append(escalate)
    return warning + form(csrf, *buttons)


def system_users(csrf: str, users, systems, pending) -> str:
    """Return the list of an organisation's system users, and of requests that wait.

    :param pending: pairs of a request and its address
    """
    parts = []
    for item, url in pending:
        sent = " (sent to the access managers)" if item.escalated else ""
        parts.append(f'<li><a href="{escape(url)}">{escape(item.title)}</a>{sent}</li>')
    shown = f"<h2>Waiting for an answer</h2><ul>{''.join(parts)}</ul>" if parts else ""
    rows = []
    for user in users:
        system = systems[user.system_id]
        title = escape(f"{user.title} ({system.system_id})")
        field = f'<input type="hidden" name="system_user" value="{escape(user.id)}">'
        remove = form(csrf, field, button("remove", "Remove"))
        rows.append(f"<li>{title}{remove}</li>")
    shown += f"<h2>System users</h2><ul>{''.join(rows)}</ul>" if rows else "<p>No system users.</p>"
    return shown
