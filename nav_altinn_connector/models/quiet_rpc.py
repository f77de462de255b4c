"""With the log level of debugging, Odoo logs each call from a browser with its arguments. A private
key or a password that is being imported is one of them, so such a record loses its arguments."""

import logging

_names = set()


class _WithoutArguments(logging.Filter):
    def filter(self, record):
        text = record.getMessage()
        if any(name in text for name in _names):
            record.msg = "A call that imports a key; its arguments are left out."
            record.args = ()
        return True


logging.getLogger("odoo.service.model").addFilter(_WithoutArguments())


def keep_out_of_log(names):
    """Calls in which one of these field names occurs are logged without their arguments."""
    _names.update(names)
