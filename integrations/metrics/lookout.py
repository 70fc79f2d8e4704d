"""What was seen a moment ago, looked at again in the background: asking never costs more than once.

A database that hangs holds up one thread of its own, and nobody who asks for longer than they wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Lookout(Generic[T]):
    """Keeps what `look` returned for some seconds; one looks at a time, however many ask."""

    def __init__(
        self,
        name: str,
        look: Callable[[], T],
        *,
        fresh_seconds: float,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._look = look
        self._fresh_seconds = fresh_seconds
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._looking: Future[T] | None = None
        self._seen: tuple[T, float] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"metrics {name}")

    def see(self, patience_seconds: float) -> T | None:
        """Return what is to be seen; None when looking fails, or takes longer than one waits."""
        with self._lock:
            if self._seen and self._stopwatch() - self._seen[1] < self._fresh_seconds:
                return self._seen[0]
            looking = self._looking
            if looking is None:
                looking = self._looking = self._pool.submit(self._attempt)
        wait([looking], patience_seconds)
        if not looking.done() or looking.exception():
            return None
        return looking.result()

    def _attempt(self) -> T:
        try:
            found = self._look()
            with self._lock:
                self._seen = found, self._stopwatch()
            return found
        except Exception as error:
            log.warning("%s could not be looked at: %s", self._name, error)
            raise
        finally:
            with self._lock:
                self._looking = None
