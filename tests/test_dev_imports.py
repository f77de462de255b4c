"""The check of the import directions finds what it is for, and the project keeps to them."""

import pytest

from dev import cache
from dev.check_imports import violations

ADDON = "nav_altinn_connector"


def test_the_project_keeps_to_the_directions():
    assert violations(cache.ROOT) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (f"{ADDON}/domain/absence.py", "import odoo"),
        (f"{ADDON}/domain/absence.py", "from odoo import fields"),
        (f"{ADDON}/domain/absence.py", "from odoo.tools import float_round"),
        (f"{ADDON}/domain/absence.py", "import requests.adapters"),
        (f"{ADDON}/domain/absence.py", "from ..clients import sykepenger"),
        (f"{ADDON}/domain/absence.py", "from .. import clients"),
        (f"{ADDON}/domain/absence.py", f"from odoo.addons.{ADDON}.models import hr_leave"),
        (f"{ADDON}/domain/absence.py", f"import {ADDON}.clients.transport"),
        (f"{ADDON}/domain/deep/rule.py", "from ...models import nav_sick_note"),
        (f"{ADDON}/domain/absence.py", "import importlib; importlib.import_module('odoo.fields')"),
        (f"{ADDON}/domain/absence.py", "def late():\n    import odoo"),
        (f"{ADDON}/clients/transport.py", "from odoo import _"),
        (f"{ADDON}/clients/transport.py", "from ..domain.identity import normalize"),
        (f"{ADDON}/models/hr_leave.py", "from ..wizard import x"),
        (f"{ADDON}/models/hr_leave.py", "from ..controllers import x"),
        (f"{ADDON}/wizard/connect.py", "from ..controllers import altinn"),
        (f"{ADDON}/models/hr_leave.py", "import sandbox.server"),
        (f"{ADDON}/tests/test_fetch.py", "from sandbox import SandboxServer"),
        (f"{ADDON}/models/hr_leave.py", "from dev import cache"),
        ("sandbox/server.py", f"from {ADDON}.domain import identity"),
        ("sandbox/server.py", f"from odoo.addons.{ADDON}.domain import identity"),
        ("sandbox/server.py", "import odoo"),
    ],
)
def test_a_wrong_direction_is_found(tmp_path, path, line):
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(line + "\n")
    found = violations(tmp_path)
    assert found and all(text.startswith(f"{path}:") for text in found)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (f"{ADDON}/domain/absence.py", "from .intervals import Interval"),
        (f"{ADDON}/domain/absence.py", f"from odoo.addons.{ADDON}.domain import intervals"),
        (f"{ADDON}/domain/absence.py", "import odoo_like_name"),
        (f"{ADDON}/clients/transport.py", "import requests"),
        (f"{ADDON}/models/hr_leave.py", "from ..domain import absence"),
        (f"{ADDON}/models/hr_leave.py", "from ..clients import sykepenger"),
        (f"{ADDON}/wizard/connect.py", "from ..models import hr_leave"),
        (f"{ADDON}/models/hr_leave.py", "from odoo.tests import tagged"),
        ("sandbox/server.py", "from .state import SandboxState"),
    ],
)
def test_a_right_direction_is_not_found(tmp_path, path, line):
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(line + "\n")
    assert violations(tmp_path) == []
