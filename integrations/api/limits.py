"""How many requests a token may make: a bucket of them, filled as time passes (in this process)."""

import math
import time

MOST = 10_000  # callers remembered; a full bucket need not be


class Buckets:
    """One bucket per caller: `rate` requests a second, twice as many at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = 2 * rate
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, *, now: float | None = None) -> int:
        """Take one request out of the caller’s bucket; return the seconds to wait, 0 for none."""
        now = time.monotonic() if now is None else now
        left = self._level(caller, now)
        if left < 1:
            return max(1, math.ceil((1 - left) / self._rate))
        if len(self._left) >= MOST:
            self._forget_full(now)
        self._left[caller] = (left - 1, now)
        return 0

    def is_empty(self, caller: str, *, now: float | None = None) -> bool:
        """Tell whether the caller has to wait, without taking anything."""
        return self._level(caller, time.monotonic() if now is None else now) < 1

    def _level(self, caller: str, now: float) -> float:
        left, at = self._left.get(caller, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate)

    def _forget_full(self, now: float) -> None:
        levels = {caller: self._level(caller, now) for caller in self._left}
        self._left = {c: (level, now) for c, level in levels.items() if level < self._burst}
