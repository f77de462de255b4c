"""Odoo logs a failing SQL statement with its values. While sick notes are written these values are
health data, so the record is replaced by one that names the kind of error only."""

import logging
import threading
from contextlib import contextmanager

_state = threading.local()


class _WithoutValues(logging.Filter):
    def filter(self, record):
        if getattr(_state, "depth", 0):
            record.msg = "SQL failed while sick notes were written; its values are left out."
            record.args = ()
            record.exc_info = record.exc_text = record.stack_info = None
            # The failure is expected and handled by whoever asked for quiet.
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


logging.getLogger("odoo.sql_db").addFilter(_WithoutValues())


@contextmanager
def quiet_sql():
    """Keep values out of the log of SQL errors of this thread."""
    _state.depth = getattr(_state, "depth", 0) + 1
    try:
        yield
    finally:
        _state.depth -= 1
