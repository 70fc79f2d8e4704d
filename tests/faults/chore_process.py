"""A process that does what the clock asks for, with work that a test can watch and spoil.

`python -m tests.faults.chore_process URL FOLDER TASK…` until SIGTERM. Each batch leaves an event
`ledger.run` whose details say who did it and for which slot. A file `dial` in the folder sets the
clock of the process while it runs (libfaketime would also set its stopwatch and its time-outs).
"""

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Event, Schedule
from integrations.chores import Chores
from services import schedule, upkeep
from services.rhythms import At, Every, Rhythm
from services.schedule import Task

LEASE_SECONDS = 1.0
TICK_SECONDS = 0.05
KIND = "ledger.run"
_EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Grid:
    """Slots at whole multiples of some milliseconds, so that one slot has one name."""

    milliseconds: int

    def after(self, instant: datetime, _zone: ZoneInfo) -> datetime:
        step = timedelta(milliseconds=self.milliseconds)
        return _EPOCH + step * ((instant - _EPOCH) // step + 1)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        return next_at <= now


class Dial:
    """Stands in for `datetime` in `data.clock`: what the file says, or seconds added to the clock.

    A date and a speed let the clock run from that date, so many seconds in one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = time.monotonic()

    def now(self, _zone: object) -> datetime:
        told = self._path.read_text(encoding="utf-8").split() if self._path.exists() else ["0"]
        if len(told) == 1:
            return datetime.now(UTC) + timedelta(seconds=float(told[0] or 0))
        passed = (time.monotonic() - self._begun) * float(told[1])
        return datetime.fromisoformat(told[0]) + timedelta(seconds=passed)


def note(s: Session, name: str) -> int:
    """Write down the slot after the one being run: claims of two slots differ in it."""
    slot = s.scalars(select(Schedule.next_at).where(Schedule.name == name)).one()
    told = {"task": name, "pid": os.getpid(), "next": slot.isoformat()}
    s.add(Event(kind=KIND, relayed_at=slot, details=told))
    return 0


def wakes(folder: Path) -> Callable[[Session], int]:
    """Wake three planned tickets at a time; wait before the end of a batch while told to."""
    upkeep.BATCH = 3

    def work(s: Session) -> int:
        count = upkeep.wake(s)
        s.flush()
        (folder / f"busy-{os.getpid()}").touch()
        while count and (folder / "hold").exists() and not (folder / "passed").exists():
            time.sleep(0.01)
        return count

    return work


def eats(_s: Session) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, resource.RLIM_INFINITY))
    return len(bytearray(2**32))


def holds(folder: Path) -> Callable[[Session], int]:
    """Be at it until told otherwise, a batch after the other."""

    def work(s: Session) -> int:
        note(s, "holds")
        time.sleep(0.02)
        return 0 if (folder / "enough").exists() else 1

    return work


def tasks(folder: Path) -> dict[str, Task]:
    """All there is to choose from."""

    def task(rhythm: Rhythm | Grid, work: Callable[[Session], int]) -> Task:
        return Task("Task", rhythm, work)  # type: ignore[arg-type] # Grid does as a rhythm does

    return {
        "grid": task(Grid(100), lambda s: note(s, "grid")),
        "often": task(Every(1), lambda s: note(s, "often")),
        "night": task(At("02:30"), lambda s: note(s, "night")),
        "wakes": task(Grid(200), wakes(folder)),
        "aborts": task(Grid(100), lambda _s: os.abort()),
        "raises": task(Grid(100), lambda _s: 1 // 0),
        "eats": task(Grid(100), eats),
        "holds": task(Grid(100), holds(folder)),
    }


def main(url: str, folder: str, *names: str) -> None:
    """Work until told to stop."""
    vars(clock)["datetime"] = Dial(Path(folder) / "dial")
    db.configure(url)
    known = tasks(Path(folder))
    chosen = {name: known[name] for name in names}
    db.write(lambda s: schedule.sow(s, chosen))
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    chores = Chores(chosen, lease_seconds=LEASE_SECONDS, tick_seconds=TICK_SECONDS)
    print("works", flush=True)  # before it may abort
    chores.start()
    stopped.wait()
    chores.stop()
    chores.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
