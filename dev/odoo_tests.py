"""``make odoo-tests``: Odoo's own tests of time off give the same result with the addon.

They run twice, in a database without and in one with the addon, both with demo data, by
pytest-odoo: it runs all of them on the complete registry, so that the addon has its say also
in those that Odoo's own runner runs before it loads the addon. Success is the same set of
failing tests, whatever that set is: some fail without the addon too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from dev import cache, databases, environment, postgres
from dev.console import DevError, main, say
from dev.test import pytest_command


def odoo_tests(arguments: list[str]) -> int:
    """Run both and compare; the arguments go to pytest. Returns 0 when the results are equal."""
    environment.need_addon()
    env = environment.prepare(tests=True)
    folders = [str(_tests(env, module)) for module in databases.BASE_MODULES]
    with postgres.running(env) as variables:
        source = databases.base(env, variables, demo=True)
        results = {}
        for title, modules in (("without", ()), ("with", (databases.ADDON,))):
            say(f"\nOdoo's tests {title} the addon")
            with databases.scratch(env, variables, source) as name:
                if modules:
                    databases.install(env, variables, name, modules)
                results[title] = _run(env, variables, name, [*folders, *arguments], title)
    return _compare(results["without"], results["with"])


def _tests(env: environment.Environment, module: str) -> Path:
    for path in env.odoo.addons_paths:
        if (path / module / "tests").is_dir():
            return path / module / "tests"
    raise DevError(f"This Odoo holds no tests of {module}.")


def _run(env, variables, name: str, arguments: list[str], title: str) -> dict[str, bool]:
    """Return for each test whether it passed."""
    report = cache.folder() / "log" / f"odoo-tests-{title}.xml"
    report.unlink(missing_ok=True)
    options = ["-q", "--tb=no", f"--junitxml={report}", "-p", "no:cacheprovider"]
    environment.call(env, pytest_command(name, [*options, *arguments]), variables)
    if not report.exists():
        raise DevError("pytest ended without a report; its output is above.")
    return outcomes(report)


def outcomes(report: Path) -> dict[str, bool]:
    """Read a JUnit report: whether each test passed. Skipped ones are left out."""
    found: dict[str, bool] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if "skipped" in kinds:
            continue
        name = f"{case.get('classname')}.{case.get('name')}"
        found[name] = found.get(name, True) and not kinds & {"failure", "error"}
    return found


def _compare(without: dict[str, bool], with_addon: dict[str, bool]) -> int:
    differences = [
        f"  {name}: {_word(without.get(name))} without, {_word(with_addon.get(name))} with it"
        for name in sorted(without.keys() | with_addon.keys())
        if without.get(name) != with_addon.get(name)
    ]
    failing = sorted(name for name, passed in without.items() if not passed)
    say(f"\n{len(without)} tests; {len(failing)} fail without the addon:")
    for name in failing:
        say(f"  {name}")
    if not without:
        raise DevError("No test ran.")
    if differences:
        say("\nThe addon makes a difference:")
        say("\n".join(differences))
        return 1
    say("\nThe same result with the addon.")
    return 0


def _word(passed: bool | None) -> str:
    return {True: "passes", False: "fails", None: "does not run"}[passed]


if __name__ == "__main__":
    main(odoo_tests)
