"""How often somebody may come by."""

import threading
import time
from collections import OrderedDict, deque

# Seconds that are looked back. Each worker counts for itself, as Odoo does for logins.
WINDOW = 600
MOST_KEYS = 10_000


class Limiter:
    """How often somebody has come by lately, by an address or another key. Threads may share it.

    :param most: this many within :data:`WINDOW` seconds are let through
    """

    def __init__(self, most):
        self.most = most
        self._seen = OrderedDict()
        self._lock = threading.Lock()

    def is_over(self, key):
        """Whether the key has had its share."""
        with self._lock:
            times = self._seen.get(key, ())
            return sum(moment > time.monotonic() - WINDOW for moment in times) >= self.most

    def count(self, key):
        """Note that it has come by; what came first is forgotten when there are too many."""
        with self._lock:
            times = self._seen.setdefault(key, deque(maxlen=self.most))
            times.append(time.monotonic())
            self._seen.move_to_end(key)
            while len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)
