"""The second line of defence of the log: what looks like a secret is struck out of it.

The first one is that nothing secret is logged at all, which tests see to. This one is for the
mistake that is made one day, and for texts of other libraries in a traceback.
"""

import logging
import re

PACKAGE = __name__.rpartition(".clients.")[0]
STRUCK = "[left out]"

_PATTERNS = (
    # Keys and certificates, also where an end is missing.
    re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL),
    # Tokens: JSON Web Tokens anywhere, others by the word before them.
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}"),
    re.compile(r"\bnavh_[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]+"),
    re.compile(
        r"(?<=[?&\"'\s])((?:access_|refresh_|id_)?token|assertion|client_secret|password)"
        r"[\"']?\s*[:=]\s*[\"']?[^\s\"'&,;}]+",
        re.IGNORECASE,
    ),
    # The members of a private key as JSON.
    re.compile(r"[\"'](?:d|p|q|dp|dq|qi)[\"']\s*:\s*[\"'][A-Za-z0-9_-]{40,}[\"']"),
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    # Identity numbers, as they are stored and as people write them.
    re.compile(r"(?<![0-9A-Fa-f-])[0-9]{6}[ .-]?[0-9]{5}(?![0-9A-Fa-f])"),
)


def redact(text):
    """The text without what looks like an identity number, a token, a key or an e-mail address."""
    for pattern in _PATTERNS:
        text = pattern.sub(STRUCK, text)
    return text


class Redaction(logging.Filter):
    """Strikes secrets out of a record: of its message, its traceback and its stack."""

    _formatter = logging.Formatter()

    def filter(self, record):
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Its values do not fit its words: logging would print both to where no filter is.
            said = f"{record.msg} ({STRUCK})"
            record.args = ()
        kept = redact(said)
        if kept != said:
            record.msg, record.args = kept, ()
        if record.exc_info and not record.exc_text:
            # Formatters take this text when it is there.
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text and redact(record.exc_text) != record.exc_text:
            record.exc_text = redact(record.exc_text)
            # Else a handler that makes its own text of the error would find all of it there.
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def guard(package=PACKAGE):
    """Put the filter on all loggers of this package that there are. A filter of a logger is not
    asked about what those below it say, so each one gets it."""
    for name in list(logging.root.manager.loggerDict):
        if name == package or name.startswith(f"{package}."):
            logger = logging.getLogger(name)
            if not any(isinstance(each, Redaction) for each in logger.filters):
                logger.addFilter(Redaction())
