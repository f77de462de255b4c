"""Processes that must not outlive the command that started them."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def ends_with_parent() -> Callable[[], None]:
    """Return a hook for ``subprocess`` (``preexec_fn``): the kernel ends the child.

    It gets SIGTERM when the thread that started it ends, also when that is by SIGKILL.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def hook() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return hook
