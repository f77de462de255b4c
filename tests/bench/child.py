"""An object that lives in a process of its own, so that its time and memory are measured alone."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from typing import Any

STOP_SECONDS = 15


class ChildError(Exception):
    """A call failed in the child; the text is the child's traceback."""


class Child:
    """Calls methods of an object that ``factory(*arguments)`` makes in a new process::

        with Child(LocalNav, 10) as nav:
            nav.call("add_notes", 5)

    :param factory: importable by name; the object's ``close()`` is called at the end, if any
    :raises ChildError: when the object cannot be made, or a call of it fails
    """

    def __init__(self, factory: Callable[..., Any], *arguments):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, factory, arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        self._receive()

    def call(self, name: str, *arguments, **options):
        """Call a method of the object and return what it returns."""
        self._pipe.send((name, arguments, options))
        return self._receive()

    def stop(self):
        """End the process, and wait for its end."""
        self._pipe.close()
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error):
        self.stop()

    def _receive(self):
        try:
            good, value = self._pipe.recv()
        except EOFError:
            raise ChildError("the process ended before it answered") from None
        if not good:
            raise ChildError(value)
        return value


def _serve(pipe, factory, arguments):
    try:
        target = factory(*arguments)
    except BaseException:
        pipe.send((False, traceback.format_exc()))
        return
    pipe.send((True, None))
    try:
        while True:
            name, call_arguments, options = pipe.recv()
            try:
                answer = (True, getattr(target, name)(*call_arguments, **options))
            except Exception:
                answer = (False, traceback.format_exc())
            pipe.send(answer)
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass
    finally:
        close = getattr(target, "close", None)
        if close:
            close()
