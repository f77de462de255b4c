"""``make lint``: the checks of the code, each by name; all run, also when one fails."""

from __future__ import annotations

import subprocess

from dev import cache, environment
from dev.console import DevError, main, say

ADDON = "nav_altinn_connector"
# Not for us: README.md at the top of the project, not in the addon; no Weblate.
ADDON_CHECKS_OFF = "weblate-component-too-long,prefer-readme-rst"
FIXERS = {"ruff", "xml", "po"}


def commands(env: environment.Environment) -> dict[str, list[str]]:
    """Return the checks by name, as commands."""
    bin_dir = env.venv / "bin"
    pylint = [str(bin_dir / "pylint"), "--rcfile=.pylintrc-mandatory", "--jobs=0", ADDON]
    module = [str(bin_dir / "oca-checks-odoo-module"), f"--disable={ADDON_CHECKS_OFF}", ADDON]
    translations = sorted(str(path) for path in cache.ADDON.glob("i18n/*.po*"))
    checks = {
        "ruff": [str(bin_dir / "ruff"), "check", "."],
        "format": [str(bin_dir / "ruff"), "format", "--check", "."],
        "pylint": pylint,
        "xml": module,
        "po": [str(bin_dir / "oca-checks-po"), *translations],
        "imports": [env.python, "-m", "dev.check_imports"],
    }
    if not translations:
        del checks["po"]
    return checks


def lint(arguments: list[str]) -> int:
    """Run all checks, or those named; returns 1 when one of them failed.

    With ``--fix`` the tools that can correct what they find do so.

    :raises DevError: when a named check does not exist
    """
    environment.need_addon()
    env = environment.prepare(tests=True, odoo=False, debian=False)
    checks = commands(env)
    if "--fix" in arguments:
        arguments = [word for word in arguments if word != "--fix"]
        for name in FIXERS & checks.keys():
            checks[name].append("--fix")
        checks["format"].remove("--check")
    unknown = set(arguments) - set(checks)
    if unknown:
        raise DevError(f"No check {', '.join(sorted(unknown))}; there are {', '.join(checks)}.")
    variables = env.variables()
    failed = []
    for name in arguments or checks:
        done = subprocess.run(
            checks[name],
            cwd=cache.ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        say(f"{name}: {'failed' if done.returncode else 'ok'}")
        if done.returncode:
            failed.append(name)
            say(done.stdout.rstrip())
    return 1 if failed else 0


if __name__ == "__main__":
    main(lint)
