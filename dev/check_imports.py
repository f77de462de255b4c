"""The import directions of the architecture, checked in the syntax trees.

Controllers and wizards use models and are not used by them; models use ``domain`` and
``clients``, and these two know neither each other nor Odoo. The sandbox and the addon know
nothing of each other, so that a misreading of a protocol cannot hide on both sides.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ADDON = "nav_altinn_connector"
ADDON_NAMES = (ADDON, f"odoo.addons.{ADDON}")


@dataclass(frozen=True)
class Rule:
    """No module below ``folder`` imports one of ``forbidden``; a name stands for all below it.

    A name that starts with a dot is a part of the addon.
    """

    folder: str
    forbidden: tuple[str, ...]


RULES = (
    Rule(
        f"{ADDON}/domain",
        ("odoo", "requests", "jwt", "cryptography", "psycopg2", ".clients", ".models", ".wizard",
         ".controllers"),
    ),
    Rule(
        f"{ADDON}/clients",
        ("odoo", "psycopg2", ".domain", ".models", ".wizard", ".controllers"),
    ),
    Rule(f"{ADDON}/models", (".wizard", ".controllers")),
    Rule(f"{ADDON}/wizard", (".controllers",)),
    Rule("sandbox", ("odoo", *ADDON_NAMES, "tests", "dev")),
    Rule(ADDON, ("sandbox", "tests", "dev")),
)  # fmt: skip


def violations(root: Path) -> list[str]:
    """Return a line for each import that goes against a rule."""
    found = []
    for rule in RULES:
        for path in sorted((root / rule.folder).rglob("*.py")):
            for line, name in imported(path, root):
                if any(covers(forbidden, name) for forbidden in rule.forbidden):
                    where = f"{path.relative_to(root)}:{line}"
                    found.append(f"{where}: {rule.folder} must not import {name}")
    return found


def covers(forbidden: str, name: str) -> bool:
    """Whether an imported name is the forbidden one or below it."""
    if forbidden.startswith("."):
        return any(covers(addon + forbidden, name) for addon in ADDON_NAMES)
    if forbidden == "odoo":
        # The addon's own modules also have names below odoo.addons; other rules judge these.
        own = name == "odoo.addons" or covers(ADDON_NAMES[1], name)
        return not own and (name == "odoo" or name.startswith("odoo."))
    return name == forbidden or name.startswith(f"{forbidden}.")


def imported(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Give line and absolute name of all that a file imports, wherever in it."""
    package = list(path.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and _is_import_call(node):
            yield node.lineno, node.args[0].value


def _is_import_call(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = node.func.id if isinstance(node.func, ast.Name) else name
    first = node.args[0] if node.args else None
    return (
        name in ("import_module", "__import__")
        and isinstance(first, ast.Constant)
        and isinstance(first.value, str)
    )


if __name__ == "__main__":
    lines = violations(Path(__file__).resolve().parent.parent)
    print("\n".join(lines))
    sys.exit(1 if lines else 0)
