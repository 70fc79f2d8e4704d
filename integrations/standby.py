"""The process that serves relays and sends where workers should and none is there."""

import logging
import time
from collections.abc import Callable

from integrations import jobs, sender
from services.workers import Unseen

log = logging.getLogger(__name__)

GRACE_SECONDS = 60.0  # after the start, in which workers may turn up
LOOK_SECONDS = 15.0


async def run() -> None:
    """Relay and send in the process that serves, as long as there is no worker to do it."""
    await sender.run(Absence(lambda: len(jobs.seen())))


class Absence:
    """Tells whether no worker is there; asks now and then, and lets those that start arrive.

    A Redis that does not answer hides those that are there: nothing is lost when both send, for
    each delivery is leased.
    """

    def __init__(
        self,
        count: Callable[[], int],
        *,
        grace_seconds: float = GRACE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._count = count
        self._look_seconds = look_seconds
        self._begins_at = time.monotonic() + grace_seconds
        self._looks_at = self._begins_at
        self._is_absent = False

    def __call__(self) -> bool:
        moment = time.monotonic()
        if moment >= self._looks_at:
            self._looks_at = moment + self._look_seconds
            was, self._is_absent = self._is_absent, self._is_alone()
            if was != self._is_absent:
                told = "a worker is there" if was else "no worker is seen: this process sends"
                log.warning("%s", told)
        return self._is_absent

    def _is_alone(self) -> bool:
        try:
            return self._count() == 0
        except Unseen:
            return True
