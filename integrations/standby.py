"""The process that serves does what workers should where none is there."""

import asyncio
import logging
import time
from collections.abc import Callable

from integrations import chores, jobs, sender
from services.workers import Unseen

log = logging.getLogger(__name__)

GRACE_SECONDS = 20.0  # after the start, in which workers may turn up
LOOK_SECONDS = 15.0


async def run() -> None:
    """Relay, send and do what the clock asks for, as long as there is no worker to do it.

    Beside a worker the process has pages to serve; what the clock asks for cannot wait for one to
    turn up, and no harm is done when both do it.
    """
    absence = Absence(_count)
    at_once = Absence(_count, grace_seconds=0, is_told=False)
    await asyncio.gather(sender.run(absence), chores.run(at_once))


def _count() -> int:
    return len(jobs.seen())


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
        is_told: bool = True,
    ) -> None:
        self._count = count
        self._look_seconds = look_seconds
        self._begins_at = time.monotonic() + grace_seconds
        self._looks_at = self._begins_at
        self._is_absent = False
        self._is_told = is_told  # to who reads the log

    def __call__(self) -> bool:
        moment = time.monotonic()
        if moment >= self._looks_at:
            self._looks_at = moment + self._look_seconds
            was, self._is_absent = self._is_absent, self._is_alone()
            if was != self._is_absent and self._is_told:
                told = "a worker is there" if was else "no worker is seen: this process sends"
                log.warning("%s", told)
        return self._is_absent

    def _is_alone(self) -> bool:
        try:
            return self._count() == 0
        except Unseen:
            return True
