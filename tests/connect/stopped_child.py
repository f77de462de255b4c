"""A process that connects and then stands still, for a test that kills it there.

``python -m tests.connect.stopped_child DATABASE CONNECTION sent|kept|committed``: the request has
reached Altinn, it is kept in the open transaction, or that is committed. Prints a line when it is
there.
"""

import sys

from tests.support.stopped_child import stand_still


def main(database: str, connection_id: str, moment: str):
    import odoo.tools.config
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-d", database, "--no-http", "--log-level=critical"])
    registry = Registry(database)
    if moment == "sent":
        _stop_when_sent()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["nav.connection"].browse(int(connection_id)).action_connect()
        if moment == "kept":
            env.flush_all()
            stand_still()
    if moment == "committed":
        stand_still()
    raise SystemExit("connected without coming by that moment")


def _stop_when_sent():
    from odoo.addons.nav_altinn_connector.clients.transport import Transport

    send = Transport._send

    def send_and_stop(self, call):
        answer = send(self, call)
        if call.operation == "create_request":
            stand_still()
        return answer

    Transport._send = send_and_stop


if __name__ == "__main__":
    main(*sys.argv[1:])
