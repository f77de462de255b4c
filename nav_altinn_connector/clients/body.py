"""The body of an answer: read within limits, and parsed."""

import json
import math
import re
import time
from contextlib import suppress

import urllib3

from .session import FAILURES, PACKED

# Bytes that are read at once, before unpacking, which may make a thousand times as much of them.
PIECE = 16 * 1024


class Unusable(Exception):
    """The body cannot be used; ``reason`` is one of InvalidAnswer's."""

    def __init__(self, reason):
        self.reason = reason
        super().__init__(reason)


def read_body(response, limit, deadline):
    """The unpacked body (bytes) of a streamed answer.

    :param int limit: the greatest number of bytes
    :param float deadline: when it must be complete, by ``time.monotonic()``; looked at whenever
        a piece arrives
    :raise Unusable: 'packing', 'too_large', 'too_slow' or 'cut'
    """
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", *PACKED):
        raise Unusable("packing")
    length = response.headers.get("Content-Length", "")
    length = int(length) if re.fullmatch(r"[0-9]{1,18}", length) else 0
    if length > limit:
        raise Unusable("too_large")
    pieces, size, cut = [], 0, False
    try:
        for piece in _pieces(response):
            size += len(piece)
            if size > limit:
                raise Unusable("too_large")
            if time.monotonic() > deadline:
                raise Unusable("too_slow")
            pieces.append(piece)
    except FAILURES:
        cut = True
    # urllib3 1 does not notice by itself that less came than was promised.
    if cut or (size < length and packing == "identity"):
        raise Unusable("cut")
    return b"".join(pieces)


def _pieces(response):
    """The body as it arrives. Reading with a wanted length would wait for that length, and so
    let a slow sender stretch it without end."""
    raw = response.raw
    if not (isinstance(raw, urllib3.HTTPResponse) and hasattr(raw, "read1")):
        yield from response.iter_content(1024)
        return
    while piece := raw.read1(PIECE, decode_content=True):
        yield piece


def parse_json(content):
    """The value of a JSON text (bytes). NaN, Infinity and numbers beyond a float are refused.

    :raise Unusable: 'not_json'
    """
    with suppress(ValueError, RecursionError):
        return json.loads(content, parse_constant=_refuse_constant, parse_float=_finite)
    # Raised outside, so that the parser's error, which quotes the text, is not its context.
    raise Unusable("not_json")


def _refuse_constant(name):
    raise ValueError(name)


def _finite(text):
    number = float(text)
    if math.isinf(number):
        raise ValueError("number out of range")
    return number
