"""Who lives is seen by what they renew, and not by what the clock says.

A date in a lease would be compared with the clock of whoever reads it: of another machine, or of
this one after it was set back by ten minutes, when a dead process would keep its work that much
longer. A stopwatch is never set: what has looked the same for as long as a lease lasts is nobody’s.
"""

import time
from collections.abc import Callable, Mapping


class Watch:
    """Tells which leases are over; one process has one, and asks it more often than they last."""

    def __init__(self, seconds: float, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._stopwatch = stopwatch
        self._seen: dict[str, tuple[str, float]] = {}  # the mark, and since when it is the same

    def over(self, leases: Mapping[str, str]) -> set[str]:
        """Return those of the leases whose mark nobody changed; each renewal makes another mark.

        A process that was frozen itself may trust what it remembers: had the lease been renewed
        meanwhile, its mark would be another.
        """
        moment = self._stopwatch()
        seen = self._seen
        self._seen = {
            name: seen[name] if name in seen and seen[name][0] == mark else (mark, moment)
            for name, mark in leases.items()
        }
        return {n for n, (_mark, since) in self._seen.items() if moment - since >= self._seconds}

    def left(self) -> float | None:
        """Return in how many seconds the first of the leases is over, None when there is none."""
        oldest = min((since for _mark, since in self._seen.values()), default=None)
        return None if oldest is None else max(0.0, oldest + self._seconds - self._stopwatch())
