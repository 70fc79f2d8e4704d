"""What the clock asks for, as rows: due, claimed once, held by a lease, ended, tried again.

Whoever works claims a row, in whichever process, and renews its lease while it works. Each batch
ends with `hold`, in its own transaction: who lost the lease meanwhile, because they were frozen or
cut off, changes nothing any more. Slots that were missed run once.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Schedule
from services import events, sessions
from services.errors import NotFound, WrongState
from services.leases import Watch
from services.permissions import Action, Actor, require
from services.rhythms import Rhythm
from services.words import N_

LEASE = timedelta(seconds=20)
BACKOFF = (  # after the first failure in a row, the second…
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
LOST = "lost"
ERRORS: dict[str, str] = {LOST: N_("The process that was at it stopped.")}
_MAX_ERROR = 300


def _nothing(_s: Session) -> None:
    """Be the task that never finds anything wrong."""


Work = Callable[[Session], int | None]  # does some, in a transaction, and returns how much


@dataclass(frozen=True, slots=True)
class Mended:
    """What a task found wrong lately, and made again: how many things, and when the last time."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of scheduled work.

    Either `work` is done batch by batch until nothing is left, or each of the `parts` once: what
    these find out between two transactions holds nobody up.
    """

    title: str
    rhythm: Rhythm
    work: Work | None = None
    parts: Callable[[], Iterable[Work]] = tuple
    mended: Callable[[Session], Mended | None] = _nothing


Tasks = Mapping[str, Task]


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as it looked when it could be claimed."""

    name: str
    mark: str


@dataclass(frozen=True, slots=True)
class Run:
    """A task in the hands of whoever works at it now."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended; no error: well. `is_cut`: there was more to do, and no time."""

    done: int = 0
    milliseconds: int = 0
    error: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A task as the administrator sees it."""

    name: str
    task: Task
    row: Schedule
    mended: Mended | None = None


class Lost(Exception):
    """The lease is somebody else’s now: nothing of this batch may stay."""


class SwitchedOff(WrongState):
    """Work that is switched off does not run."""

    code = "switched_off"
    sentence = N_("This is switched off: switch it on first.")


def sow(s: Session, tasks: Tasks) -> None:
    """Write the rows of tasks that have none yet, each with its first slot."""
    known = set(s.scalars(select(Schedule.name)))
    for name, task in tasks.items():
        if name not in known:
            s.add(Schedule(name=name, next_at=task.rhythm.after(now(), _zone())))


def claimable(s: Session, tasks: Tasks, watch: Watch, busy: Collection[str] = ()) -> list[Seen]:
    """Return what may be claimed: due and free, or left by a process that is no more.

    `busy` is what this process works at itself.
    """
    query = select(Schedule).execution_options(populate_existing=True)
    rows = [row for row in s.scalars(query) if row.name in tasks.keys() - busy]
    over = watch.over({row.name: _mark(row) for row in rows if row.owner})
    return [
        Seen(row.name, _mark(row))
        for row in rows
        if (row.name in over if row.owner else is_due(tasks[row.name], row))
    ]


def claim(s: Session, tasks: Tasks, seen: Seen) -> Run | None:
    """Claim a row that still looks as it was seen; its slot, and all that were missed, are used.

    A row that its process left has failed: the first time it runs again at once, then it waits as
    after any other failure, for it may be what ends the processes.
    """
    row = _locked(s, seen.name)
    if row is None or _mark(row) != seen.mark:
        return None
    if row.owner:
        _release(row)
        row.failures, row.error = row.failures + 1, LOST
        row.finished_at, row.milliseconds, row.done = now(), None, 0
        row.next_at = now() if row.failures == 1 else now() + _pause(row)
    task = tasks[row.name]
    if not is_due(task, row):
        return None
    row.owner, row.lease_until = str(uuid.uuid4()), now() + LEASE
    row.started_at, row.next_at = now(), task.rhythm.after(now(), _zone())
    return Run(row.name, row.owner)


def hold(s: Session, run: Run) -> None:
    """Renew the lease; as the last step of a batch it decides whether the batch stays.

    Raises:
        Lost: somebody else has it.
    """
    mine = (Schedule.name == run.name, Schedule.owner == run.owner)
    renewed = update(Schedule).where(*mine).values(lease_until=now() + LEASE)
    done = s.execute(renewed.execution_options(synchronize_session=False))
    if not cast("CursorResult[Any]", done).rowcount:
        raise Lost


def settle(s: Session, run: Run, ending: Ending) -> bool:
    """Write how a run ended; False, and nothing is written, when somebody else has it by now."""
    row = s.get(Schedule, run.name, with_for_update=True, populate_existing=True)
    if row is None or row.owner != run.owner:
        return False
    _release(row)
    row.finished_at, row.milliseconds, row.done = now(), ending.milliseconds, ending.done
    row.error = ending.error[:_MAX_ERROR]
    if ending.error:
        row.failures += 1
        row.next_at = now() + _pause(row)
    else:
        row.failures = 0
        row.next_at = now() if ending.is_cut else row.next_at
    return True


def lines(s: Session, by: Actor, tasks: Tasks) -> list[Line]:
    """Return each task with its last run and its next."""
    require(by, Action.SCHEDULE_MANAGE)
    rows = {row.name: row for row in s.scalars(select(Schedule))}
    return [
        Line(name, task, rows[name], task.mended(s)) for name, task in tasks.items() if name in rows
    ]


def ask(s: Session, by: Actor, name: str) -> Schedule:
    """Let a task run at once, once more when it is running.

    Raises:
        NotFound, SwitchedOff.
    """
    row = _found(s, by, name)
    if not row.is_active:
        raise SwitchedOff
    row.next_at = now()
    events.record(s, by, None, "schedule.asked", subject=f"schedule:{name}")
    return row


def prompt(s: Session, name: str, after: timedelta = timedelta()) -> None:
    """Let a task run soon, for something that was asked for and recorded.

    `after` a while: what is asked for until then is one run.

    Raises:
        SwitchedOff.
    """
    row = s.get(Schedule, name, with_for_update=True, populate_existing=True)
    if row is not None and not row.is_active:
        raise SwitchedOff
    if row is not None:
        row.next_at = min(row.next_at, now() + after)


def switch(s: Session, by: Actor, name: str, *, is_active: bool) -> Schedule:
    """Let a task run as its rhythm says, or no more.

    Raises:
        NotFound.
    """
    row = _found(s, by, name)
    before = {"is_active": row.is_active}
    row.is_active = is_active
    events.record_edit(s, by, f"schedule:{name}", before, {"is_active": is_active})
    return row


def is_due(task: Task, row: Schedule) -> bool:
    """Tell whether a task should run by now, whoever may be at it."""
    if row.failures:  # it waits for longer than its rhythm says
        return row.is_active and row.next_at <= now()
    return row.is_active and task.rhythm.is_due(row.next_at, now())


def _found(s: Session, by: Actor, name: str) -> Schedule:
    require(by, Action.SCHEDULE_MANAGE)
    row = s.get(Schedule, name, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _locked(s: Session, name: str) -> Schedule | None:
    query = select(Schedule).where(Schedule.name == name).with_for_update(skip_locked=True)
    return s.scalar(query.execution_options(populate_existing=True))


def _pause(row: Schedule) -> timedelta:
    return BACKOFF[min(row.failures, len(BACKOFF)) - 1]


def _release(row: Schedule) -> None:
    row.owner, row.lease_until = "", None


def _mark(row: Schedule) -> str:
    return f"{row.owner} {_told(row.lease_until)} {row.next_at.isoformat()}"


def _told(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def _zone() -> ZoneInfo:
    return ZoneInfo(sessions.home_zone())
