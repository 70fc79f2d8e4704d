"""Who does what the clock asks for: a thread that claims, and others that work, in every process.

Each kind of work has a thread of its own: one that hangs or fails keeps no other waiting.
"""

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from data import db, memory
from data.courtesy import give_way
from data.models import Event
from services import schedule
from services.leases import Watch
from services.schedule import Ending, Lost, Run, Tasks, Work
from services.tasks import TASKS

log = logging.getLogger(__name__)

TICK_SECONDS = 5.0
RUN_SECONDS = 60.0  # then the next slot goes on
LONGEST_SECONDS = 600.0  # a batch that takes longer hangs: others may claim the task
TRIM_EVERY_SECONDS = 3600.0
_ASKED = ("schedule.", "report.asked")  # events that somebody waits for


class Chores:
    """Claims what is due and does it, while it is wanted, until it is stopped."""

    def __init__(
        self,
        tasks: Tasks = TASKS,
        *,
        is_wanted: Callable[[], bool] = lambda: True,
        lease_seconds: float = schedule.LEASE.total_seconds(),
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._tasks = tasks
        self._is_wanted = is_wanted
        self._tick_seconds = tick_seconds
        self._watch = Watch(lease_seconds)
        self._running: dict[str, tuple[Run, float]] = {}  # and when a batch ended last
        self._is_sown = False
        self._trimmed = time.monotonic()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        # No daemons: the process ends when those who work have finished their batch.
        self._pool = ThreadPoolExecutor(len(tasks), thread_name_prefix="chore")
        self._thread = threading.Thread(target=self._run, name="chores")

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def hear(self, recorded: list[Event]) -> None:
        """Look soon when somebody asked for something; a listener of `db.on_commit`."""
        self.hear_of(event.kind for event in recorded)

    def hear_of(self, kinds: Iterable[str]) -> None:
        """Look soon when somebody asked for something here or elsewhere; kinds of events."""
        if any(kind.startswith(_ASKED) for kind in kinds):
            self._woken.set()

    def stop(self) -> None:
        """Claim nothing more and begin no further batch."""
        self._stopping.set()
        self._woken.set()

    def join(self) -> None:
        """Wait until all is finished after a stop."""
        self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self.turn()
            except Exception:  # whatever it is: without this thread nothing would run any more
                log.exception("the schedule could not be looked at")  # it stays due
            self._trim()
            self._woken.wait(self._tick_seconds)

    def turn(self) -> None:
        """Renew the leases of what is being done, and begin what is due."""
        if not self._is_sown:
            db.write(lambda s: schedule.sow(s, self._tasks))
            self._is_sown = True
        self._renew()
        if not self._is_wanted():
            return
        busy = list(self._running)
        for seen in db.read(lambda s: schedule.claimable(s, self._tasks, self._watch, busy)):
            if self._stopping.is_set():
                return
            if run := db.write(partial(schedule.claim, tasks=self._tasks, seen=seen)):
                self._running[run.name] = run, time.monotonic()
                self._pool.submit(self._do, run)

    def _renew(self) -> None:
        for run, since in list(self._running.values()):
            if time.monotonic() - since < LONGEST_SECONDS:
                try:
                    db.write(partial(schedule.hold, run=run))
                except Lost:  # or just ended
                    log.debug("%s is not ours any more", run.name)

    def _do(self, run: Run) -> None:
        """Do a task until nothing is left, and write how it ended."""
        try:
            begun = time.monotonic()
            ending = self._attempt(run, begun)
            taken = round((time.monotonic() - begun) * 1000)
            ending = replace(ending, milliseconds=taken)
            if not db.write(lambda s: schedule.settle(s, run, ending)):
                log.warning("%s ended late: somebody else is at it", run.name)
        except SQLAlchemyError:
            log.exception("how %s ended could not be written, its lease will run out", run.name)
        finally:
            del self._running[run.name]
            self._woken.set()

    def _attempt(self, run: Run, begun: float) -> Ending:
        try:
            return self._batches(run, begun)
        except Lost:
            log.warning("a batch of %s came too late and was undone", run.name)
            return Ending()
        except Exception as error:
            log.exception("%s failed", run.name)
            return Ending(error=_told(error))

    def _batches(self, run: Run, begun: float) -> Ending:
        task, done = self._tasks[run.name], 0
        for work in itertools.repeat(task.work) if task.work else task.parts():
            give_way()
            count = db.write(partial(_batch, run=run, work=work))
            self._running[run.name] = run, time.monotonic()
            done += count
            if task.work and not count:
                break
            is_long = task.work and time.monotonic() - begun > RUN_SECONDS
            if is_long or self._stopping.is_set():
                return Ending(done, is_cut=True)
        return Ending(done)

    def _trim(self) -> None:
        if memory.is_due() or time.monotonic() - self._trimmed > TRIM_EVERY_SECONDS:
            self._trimmed = time.monotonic()
            memory.tidy()


async def run(is_wanted: Callable[[], bool] = lambda: True) -> None:
    """Do what is due as long as the site runs, while it is wanted; any number of processes may."""
    chores = Chores(is_wanted=is_wanted)
    leave = db.on_commit(chores.hear)
    chores.start()
    try:
        await asyncio.Event().wait()
    finally:
        leave()
        chores.stop()


def _batch(s: Session, run: Run, work: Work) -> int:
    done = work(s) or 0
    schedule.hold(s, run)  # last: if the lease was lost, nothing of this stays
    return done


def _told(error: Exception) -> str:
    """Return an error in one line, without the values that a statement was given."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(error).__name__}: {cause}".splitlines()[0]
