"""Access tokens kept in memory until shortly before they expire."""

import hashlib
import json
import threading
import time

MARGIN = 30  # seconds before the end in which a token is not given out any more
MAX_ENTRIES = 10_000


class TokenCache:
    """Tokens by what they were issued for. Safe to use from several threads.

    The key is hashed, so that a look into the memory of the cache shows no organisation; the
    values live in memory only.

    :param clock: gives seconds; it must never go backwards
    """

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = {}

    @staticmethod
    def key(*parts):
        """One key for the parts (strings or None); different parts give different keys."""
        return hashlib.sha256(json.dumps(parts).encode()).digest()

    def get(self, key):
        """The token, or None when there is none that is good for long enough."""
        with self._lock:
            token, end = self._tokens.get(key, (None, 0.0))
            if token is not None and self._clock() >= end:
                del self._tokens[key]
                return None
            return token

    def put(self, key, token, expires_in):
        """Keep a token until :data:`MARGIN` seconds before ``expires_in`` seconds from now."""
        with self._lock:
            now = self._clock()
            if expires_in <= MARGIN:
                self._tokens.pop(key, None)
                return
            if len(self._tokens) >= MAX_ENTRIES:
                self._tokens = {k: v for k, v in self._tokens.items() if v[1] > now}
            if len(self._tokens) < MAX_ENTRIES:
                self._tokens[key] = (token, now + expires_in - MARGIN)

    def invalidate(self, key):
        """Forget one token."""
        with self._lock:
            self._tokens.pop(key, None)

    def clear(self):
        """Forget all tokens."""
        with self._lock:
            self._tokens.clear()

    def __len__(self):
        with self._lock:
            return len(self._tokens)


TOKENS = TokenCache()
