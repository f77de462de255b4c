"""Odoo for which time runs faster: ``python -m tests.chaos.impatient SECONDS ARGUMENTS_OF_ODOO``.

Where a simulated day lasts seconds, an answer that never comes is given up after these seconds, the
pauses between two tries of a call are as much shorter, and the documents of plans, which take
seconds each, are not made.
"""

from __future__ import annotations

import sys
import time

# The transport's own time limit for an answer.
USUAL = 30


def be_impatient(patience: float):
    """:param patience: seconds for which this process waits for an answer of an outside system"""
    from odoo.addons.nav_altinn_connector.clients.transport import Transport
    from odoo.addons.nav_altinn_connector.models.nav_followup_plan_document import NavFollowupPlan

    NavFollowupPlan._make_document = lambda self, plan: self.env["ir.attachment"]
    Transport.__init__.__kwdefaults__.update(
        timeout=(patience, patience),
        sleep=lambda pause: time.sleep(pause * patience / USUAL),
    )


def main():
    import odoo.cli
    from odoo.modules import initialize_sys_path

    patience = float(sys.argv.pop(1))
    initialize_sys_path()
    be_impatient(patience)
    odoo.cli.main()


if __name__ == "__main__":
    main()
