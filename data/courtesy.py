"""Who waits comes first: in a process that serves, work that nobody waits for gives way.

One thread computes at a time under the interpreter’s lock. A page that comes while others compute
takes turns with all of them; with this it meets one piece of work, which ends in milliseconds.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_SECONDS = 0.2  # for which a piece of work waits: it goes on under a stream of people


class Courtesy:
    """Counts who waits, and lets work begin piece by piece while nobody does."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._change = threading.Condition()
        self._waiting = 0

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Mark that somebody waits until the end of the block."""
        with self._change:
            self._waiting += 1
        try:
            yield
        finally:
            with self._change:
                self._waiting -= 1
                if not self._waiting:
                    self._change.notify_all()

    def give_way(self) -> None:
        """Wait until nobody waits, for LONGEST_SECONDS at most."""
        with self._change:
            self._change.wait_for(lambda: not self._waiting, LONGEST_SECONDS)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Do one piece of work, of some milliseconds: one such piece at a time."""
        with self._turn:
            self.give_way()
            yield


courtesy = Courtesy()
awaited, give_way, turn = courtesy.awaited, courtesy.give_way, courtesy.turn
