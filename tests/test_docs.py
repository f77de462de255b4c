"""The documents follow the code: messages and their codes, labels on the screen, links, scopes."""

import ast
import re
from xml.etree import ElementTree

import pytest

from odoo.addons.nav_altinn_connector.clients import altinn_errors, scopes
from odoo.addons.nav_altinn_connector.models import plain_words, plain_words_altinn

from dev import cache

DOCS = cache.ROOT / "docs"
PAGES = [cache.ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
TROUBLESHOOTING = DOCS / "troubleshooting.md"
# In these pages **bold** stands for a label on one of the addon's screens and for nothing else.
PAGES_WITH_LABELS = (
    "set-up.md",
    "connections.md",
    "troubleshooting.md",
    "follow-up.md",
    "follow-up-hr.md",
)
# Where the messages are written that the page on troubleshooting explains.
SOURCES = (
    *sorted((cache.ADDON / "models").glob("nav_connection*.py")),
    *sorted((cache.ADDON / "models").glob("nav_maskinporten*.py")),
    *sorted((cache.ADDON / "models").glob("nav_followup*.py")),
    *sorted((cache.ADDON / "models").glob("nav_sick_case*.py")),
    *(
        cache.ADDON / "models" / name
        for name in (
            "database_copy.py",
            "nav_health_token.py",
            "nav_problem.py",
            "nav_problem_mail.py",
            "nav_retention.py",
            "plain_words_altinn.py",
            "plain_words_followup.py",
            "plain_words_plan.py",
        )
    ),
    *(
        cache.ADDON / "wizard" / name
        for name in ("nav_approval_link.py", "nav_database_copy.py", "nav_sick_case_close.py")
    ),
    *sorted((cache.ADDON / "wizard").glob("nav_followup*.py")),
)
# What a sick note can lack is for HR, on the page of daily use.
OF_NOTES = {"note_problem", "_place", "_place_names"}
# Sentences that ask nothing of anybody.
GOOD_NEWS = {
    "Closed by hand.",
    "Reopened by hand.",
    "Thank you. You have confirmed the plan.",
    "Your answer is saved.",
    "A new key, …, is in use. Register its public half at Digdir.",
    "A new key, …, was made. The key in use goes on signing until the new one has been tested.",
    "A vendor's client: the owner is another organisation than those that are connected. Each of "
    "them approves the vendor's system in Altinn.",
    "All connections of this copy are paused.",
    "Altinn has all that Odoo needs.",
    "An enterprise certificate, …, is in use.",
    "Closed. Odoo fetches no more sick notes. If the organisation shall not use the system at all "
    "any more, its access manager removes the system user in Altinn.",
    "Connected.",
    "Connections fetch again.",
    "Everything works.",
    "Fetches sick notes from NAV into Odoo.",
    "HR has to look at … of them.",
    "It works again.",
    "Maskinporten gave a token for the new key. It is in use from now on.",
    "Maskinporten gave a token. The client and its key work.",
    "Maskinporten gives Odoo access.",
    "More are being fetched in the background.",
    "More are fetched from … on.",
    "NAV gives access to the sick notes.",
    "NAV had no sick notes since the first date.",
    "New sick notes: ….",
    "No calls yet.",
    "No sick note after the first fetch in the last 30 days.",
    "No sick notes were found so far.",
    "Nobody has answered in Altinn yet.",
    "None.",
    "One sick note was found.",
    "Plans can be sent.",
    "The connection works again.",
    "The employer's own client: the owner is the organisation that is connected, and approves its "
    "own system in Altinn.",
    "The first fetch was resumed.",
    "The first fetch was stopped.",
    "The link was sent to ….",
    "The NAV administrators have been told of this already.",
    "The new key, …, works and is in use.",
    "The owner is the employer itself, or a vendor that does this for many employers. Both ways "
    "work; with a vendor's client, each employer approves the vendor's system in Altinn.",
    "The system is registered in Altinn already, with all that it needs.",
    "The system is registered in Altinn.",
    "They are sent once more in a moment. This closes when it has worked.",
    "The system user is approved in Altinn. Sick notes become time off by themselves from now on.",
    "There are no new sick notes.",
    "There is nothing new in Enhetsregisteret.",
    "Usually … after NAV sent the note, and 95 of 100 within … (of … notes).",
    "… now allows graded absence.",
    "… of them are registered so far.",
    "… of them are registered.",
    "… said that this database is a copy. The keys were deleted from it.",
    "… sick notes were found.",
    "Ends on … now.",
    "Extended to ….",
    "Follow-up plan … was sent to: ….",
    "Joined with the sick leave that was followed up before it.",
    "NAV accepts the access to follow-up plans. Whether a plan is accepted depends on the "
    "employee, too: NAV looks for the employment and an active sick note.",
    "NAV has answered; the plan shows it.",
    "No sick note counts any more: the follow-up is closed.",
    "Split off: the notes between are gone.",
    "The day follows from the general rule; check it with NAV.",
    "The first day is … now; open milestones have moved with it.",
    "The sick leave is graded, so hold it when it is useful.",
    "Works as: ….",
    "Your manager asks you to read and confirm a plan. You find it under Time Off, My Follow-up "
    "Plans.",
    "A link to the plan was sent to ….",
    "… has answered about the follow-up plan.",
    "… is done.",
    "… is moved to ….",
    "… is not required.",
    "… is open again.",
    "… is skipped.",
    "… was told, and can answer in Odoo.",
}


class Words:
    """Stands for an environment whose language is English; what is filled in becomes …"""

    @staticmethod
    def _(text, *_values, **_named):
        return filled(text)


def filled(text):
    return re.sub(r"%\(\w+\)s|%s", "…", text)


def flat(text):
    return " ".join(text.split())


def rows():
    """The first cells of the troubleshooting page's tables."""
    lines = TROUBLESHOOTING.read_text().splitlines()
    return [line.split("|")[1].strip() for line in lines if line.startswith("| ")]


def row_of(words):
    """The first cells that give this message, with the codes that stand behind it."""
    pattern = re.compile(re.escape(flat(words)) + r"(?: \((?:`[^`]+`(?:, )?)+\))?")
    return [cell for cell in rows() if pattern.fullmatch(cell)]


def literals(path):
    """What is said by `env._("…")` and by constraints in a module: (function, text)."""
    found = []

    def visit(node, function):
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = {"_": 0, "Constraint": 1, "UniqueIndex": 1}.get(node.func.attr)
            if place is not None and len(node.args) > place:
                text = node.args[place]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.append((function, filled(text.value)))
        for child in ast.iter_child_nodes(node):
            visit(child, function)

    visit(ast.parse(path.read_text()), None)
    return found


def sentences():
    """Every sentence of SOURCES that an administrator may be told."""
    texts = {text for path in SOURCES for _function, text in literals(path)}
    path = cache.ADDON / "models" / "plain_words.py"
    texts |= {text for function, text in literals(path) if function not in OF_NOTES}
    return {text for text in texts if text.endswith(".")}


def coded_words():
    """Each code of another system, with the words for it."""
    env = Words()
    found = [
        *plain_words._maskinporten(env).items(),
        *plain_words._about_scopes(env, None).items(),
        *plain_words._about_scopes(env, scopes.SICK_NOTES).items(),
        *plain_words._sykepenger(env).items(),
        *plain_words_altinn.altinn(env).items(),
    ]
    found += [
        (f"AUTH.VLD-{number:05}", words)
        for number, words in plain_words_altinn._validation(env).items()
    ]
    return found


# ---------------------------------------------------------------------- troubleshooting


def test_messages_are_explained():
    missing = sorted(text for text in sentences() - GOOD_NEWS if not row_of(text))
    assert not missing, "in no table of the page:\n" + "\n".join(missing)


def test_good_news_are_still_told():
    assert sorted(GOOD_NEWS - sentences()) == []


@pytest.mark.parametrize(("code", "words"), coded_words())
def test_a_code_stands_behind_its_words(code, words):
    cells = row_of(words)
    assert cells, f"in no table of the page: {words}"
    if words != plain_words_altinn._unexpected(Words(), code):
        assert any(f"`{code}`" in cell for cell in cells), f"{code} is missing behind: {words}"


def test_kinds_of_errors_are_explained():
    kinds = plain_words._by_kind(Words(), "…")
    assert sorted(kind for kind, words in kinds.items() if not row_of(words)) == []


def test_no_code_is_given_two_meanings():
    meant = dict(coded_words())
    for cell in rows():
        for code in re.findall(r"`((?:AUTH|MP)[A-Z.]*-\d+)`", cell):
            assert code in meant, f"{code} is none of the codes that Odoo has words for"
            if code not in ("MP-200", "MP-250"):
                assert cell.startswith(flat(meant[code])), f"{code} stands behind other words"


def test_every_step_that_follows_from_a_code_is_used():
    """A step that no code leads to any more would be explained in vain."""
    steps = {altinn_errors.next_step(code) for code in plain_words_altinn.ALL_CODES}
    assert steps == set(altinn_errors.STEPS)


# ---------------------------------------------------------------------- labels


def labels():
    """All that stands on the addon's screens: in its views, models, menus and groups."""
    found = set()
    for path in [*cache.ADDON.glob("views/*.xml"), *cache.ADDON.glob("security/*.xml")]:
        for node in ElementTree.parse(path).iter():
            found |= {node.get("string"), node.get("title"), flat(node.text or "")}
            if node.tag == "menuitem":
                found.add(node.get("name"))
    for path in [*cache.ADDON.glob("models/*.py"), *cache.ADDON.glob("wizard/*.py")]:
        found |= {text for _function, text in literals(path)}
        found |= set(field_labels(ast.parse(path.read_text())))
    return found


def field_labels(tree):
    """Labels and choices of the fields in a module, also those that Odoo makes of a name."""
    for node in ast.walk(tree):
        call = getattr(node, "value", None)
        if not isinstance(node, ast.Assign) or not isinstance(call, ast.Call):
            continue
        if getattr(getattr(call.func, "value", None), "id", None) == "fields":
            yield re.sub(r"_ids?$", "", node.targets[0].id).replace("_", " ").title()
            for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


@pytest.mark.parametrize("name", PAGES_WITH_LABELS)
def test_labels_are_those_on_the_screen(name):
    quoted = set(re.findall(r"\*\*([^*]+)\*\*", (DOCS / name).read_text()))
    known = labels()
    wrong = sorted(set(map(flat, quoted)) - known - {"…", "bold"})
    assert not wrong, f"{name} names what is on no screen: {', '.join(wrong)}"


# ---------------------------------------------------------------------- links, pictures, scopes


def slug(heading):
    """The anchor that a heading has on the web."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path):
    return {slug(line.lstrip("#")) for line in path.read_text().splitlines() if line[:1] == "#"}


def links(path):
    """The relative links and pictures of a page."""
    found = re.findall(r"\]\(([^)\s]+)\)", path.read_text())
    return [link for link in found if not link.startswith(("http:", "https:", "mailto:"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in links(page):
        name, _hash, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


def test_every_page_is_found_from_the_first_one():
    first = (DOCS / "README.md").read_text()
    assert [path.name for path in DOCS.glob("*.md") if path.name not in first] == ["README.md"]


def test_set_up_names_every_scope_to_add():
    text = (DOCS / "set-up.md").read_text()
    needed = (scopes.SICK_NOTES, scopes.FOLLOWUP_PLAN, *scopes.ALTINN)
    assert [scope for scope in needed if f"`{scope}`" not in text] == []
