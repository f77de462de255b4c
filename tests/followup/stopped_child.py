"""A process that sends a follow-up plan and then stands still, for a test that kills it there.

``python -m tests.followup.stopped_child DATABASE PLAN USER committed|called``: the intent is
committed and nothing is called yet, or NAV has answered and nothing of that is stored. Prints a
line when it is there.
"""

import sys
from datetime import date

from tests.support.stopped_child import stand_still


def main(database: str, plan_id: str, user_id: str, moment: str):
    import odoo.tools.config
    from odoo import api
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-d", database, "--no-http", "--log-level=critical"])
    registry = Registry(database)
    Plan, name = (
        registry["nav.followup.plan"],
        {"committed": "_send_now", "called": "_call"}[moment],
    )
    original = getattr(Plan, name)

    def stopping(self, *args):
        if moment == "called":
            original(self, *args)
        stand_still()

    setattr(Plan, name, stopping)
    registry["nav.sick.case"]._today = lambda self: date(2026, 6, 15)
    with registry.cursor() as cr:
        env = api.Environment(cr, int(user_id), {})
        env["nav.followup.plan"].browse(int(plan_id)).action_send()
    raise SystemExit("sent without coming by that moment")


if __name__ == "__main__":
    main(*sys.argv[1:])
