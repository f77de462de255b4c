"""A process that fetches and then stands still, for a test that kills it there.

``python -m tests.support.stopped_child DATABASE NUMBER before|after``: the fetch cron, up to just
before or just after the commit with this number (0 is the first). Prints a line when it is there.
"""

import sys
import time


def main(database: str, number: str, moment: str):
    import odoo.tools.config
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-d", database, "--no-http", "--log-level=critical"])
    registry = Registry(database)
    Cron = registry["ir.cron"]
    commit, calls = Cron._commit_progress, iter(range(10**6))

    def commit_progress(self, *args, **kwargs):
        here = next(calls) == int(number)
        if here and moment == "before":
            self.env.flush_all()  # as near to the commit as can be
            stand_still()
        result = commit(self, *args, **kwargs)
        if here:
            stand_still()
        return result

    Cron._commit_progress = commit_progress
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["nav.connection"]._cron_fetch_sick_notes()
    raise SystemExit("the cron ended without that commit")


def stand_still():
    print("here", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
