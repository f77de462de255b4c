"""Several workers at once, each on a database connection of its own."""

import contextlib
import threading

MEETING = 3  # seconds after which a worker goes on alone, since the other waits in the database


class Meeting:
    """A place in the code at which the workers wait for each other, once each."""

    def __init__(self, workers=2):
        self._barrier = threading.Barrier(workers)
        self._met = threading.local()
        self.arrived = 0

    def __call__(self):
        if getattr(self._met, "done", False):
            return
        self._met.done = True
        self.arrived += 1
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait(MEETING)


def at_once(world, *works):
    """Run each function with an environment of its own in a thread of its own.

    :return: what they raised, None for one that ended well
    """
    from odoo import SUPERUSER_ID, api

    raised = [None] * len(works)

    def run(number, work):
        try:
            with world.registry.cursor() as cr:
                work(api.Environment(cr, SUPERUSER_ID, {}))
        except Exception as error:
            raised[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "the workers wait for each other"
    return raised
