"""Everything that is logged, at every level, as a file of an administrator would hold it."""

import logging
from contextlib import contextmanager

# With DEBUG these write every statement with its values, or every record that they touch, for
# whatever addon: that is what `--log-sql` and `--log-level=debug_rpc` are for. Here they log what
# they do by default.
DEFAULT_LEVEL = ("odoo.sql_db", "odoo.models", "odoo.fields")


class Collector(logging.Handler):
    """Keeps each record as text, with its traceback."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))

    @property
    def text(self):
        return "\n".join(self.lines)


@contextmanager
def everything_logged():
    """Give a :class:`Collector` of all that any logger says, also one that does not pass it on."""
    collector = Collector()
    loggers = [logging.getLogger()]
    loggers += [
        each
        for each in logging.root.manager.loggerDict.values()
        if isinstance(each, logging.Logger)
    ]
    before = [(each, each.level, each.propagate, each.disabled) for each in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
        logger.propagate, logger.disabled = True, False
    logging.getLogger().setLevel(logging.DEBUG)
    for name in DEFAULT_LEVEL:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger().addHandler(collector)
    try:
        yield collector
    finally:
        logging.getLogger().removeHandler(collector)
        for logger, level, propagate, disabled in before:
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled
