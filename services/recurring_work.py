"""Looking for groups of similar tickets: read here, computed in a process of its own.

What the computation loads (scikit-learn, 150 MB) would stay with a process for as long as it lives;
so one is started for it, and ends. It gets texts through a pipe, a thousand tickets at a time, and
knows no database. Nobody waits meanwhile: no transaction is open while it computes.
"""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import RecurringGroup, RecurringRun, Shelf, Ticket
from services import stems
from services.schedule import Work

DAYS = 180  # back from now: twice the longest period that the page offers
MOST = 100_000  # tickets, the newest
PORTION = 1000  # tickets read at a time
_LOOK_SECONDS = 1.0
_NICE = 10  # who serves pages goes first
_MAX_TELLING = 400

Row = Any  # number, title, the beginning of the description, when it was created


def parts() -> Iterator[Work]:
    """Yield the steps of a search, each a transaction of its own; a task of `services.tasks`."""
    with _computing() as pipe:
        search = _Search()
        yield search.begin
        for shelf in (Shelf.OPEN, Shelf.DONE):
            search.enter(shelf)
            while not search.is_through:
                yield search.read
                pipe.send([(row.title, row.description) for row in search.rows])
        pipe.send(None)
        while not pipe.poll(_LOOK_SECONDS):
            yield _nothing  # so that the lease is kept, and a stop is noticed
        search.groups = pipe.recv()
        yield search.end


class _Search:
    """How far a search is."""

    def __init__(self) -> None:
        self.groups: list[Any] = []
        self.rows: list[Row] = []
        self._run_id = 0
        self._numbers: list[int] = []
        self._since = self._first_at = now() - timedelta(days=DAYS)

    def begin(self, s: Session) -> int:
        """Write that a search began; one that never ended is forgotten."""
        s.execute(delete(RecurringRun).where(RecurringRun.ended_at.is_(None)))
        run = RecurringRun(begun_at=now(), first_at=self._since)
        s.add(run)
        s.flush()
        self._run_id = run.id
        return 0

    def enter(self, shelf: Shelf) -> None:
        """Turn to another shelf: first what is open, then what is done, each the newest first."""
        self._shelf, self._after = shelf, (datetime.max.replace(tzinfo=now().tzinfo), 0)
        self.is_through = len(self._numbers) >= MOST

    def read(self, s: Session) -> int:
        """Read the next tickets."""
        at, number = self._after
        before = or_(Ticket.created_at < at, and_(Ticket.created_at == at, Ticket.number < number))
        said = func.substr(Ticket.description, 1, stems.MAX_DESCRIPTION).label("description")
        query = (
            select(Ticket.number, Ticket.title, said, Ticket.created_at)
            .where(Ticket.shelf == self._shelf, Ticket.created_at >= self._since)
            .where(Ticket.created_at <= at, before)
            .order_by(Ticket.created_at.desc(), Ticket.number.desc())
            .limit(min(PORTION, MOST - len(self._numbers)))
        )
        self._take(list(s.execute(query).all()))
        s.get_one(RecurringRun, self._run_id).tickets = len(self._numbers)
        return len(self.rows)

    def _take(self, rows: list[Row]) -> None:
        self.rows = rows
        self._numbers += [row.number for row in rows]
        if rows:
            self._after = rows[-1].created_at, rows[-1].number
        is_full = len(self._numbers) >= MOST
        self.is_through = is_full or len(rows) < PORTION
        if is_full:
            self._first_at = self._after[0]

    def end(self, s: Session) -> int:
        """Keep what was found in the place of what was found before."""
        s.execute(delete(RecurringRun).where(RecurringRun.id != self._run_id))
        run = s.get_one(RecurringRun, self._run_id)
        run.ended_at, run.first_at = now(), self._first_at
        numbers = np.array(self._numbers, np.int64)
        rows = [
            {
                "run_id": run.id,
                "telling": " ".join(telling)[:_MAX_TELLING],
                "members": numbers[members].tobytes(),
            }
            for members, telling in self.groups
        ]
        if rows:
            s.execute(insert(RecurringGroup), rows)
        return len(rows)


def _nothing(_s: Session) -> int:
    return 0


@contextmanager
def _computing() -> Iterator[Connection]:
    """Hold a process that is given texts, portion by portion, and answers with groups."""
    spawning = multiprocessing.get_context("spawn")  # a fork would share the database connections
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_compute, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _compute(pipe: Connection) -> None:
    """Answer with the groups, as places and stems; when its starter is no more, the pipe ends."""
    from services import similar  # noqa: PLC0415 - what this process is for

    os.nice(_NICE)
    try:
        found = similar.groups(_received(pipe))
        pipe.send([(group.members, group.telling) for group in found])
    except (EOFError, BrokenPipeError):
        return  # nobody wants it any more


def _received(pipe: Connection) -> Iterator[tuple[str, str]]:
    while (portion := pipe.recv()) is not None:
        yield from portion
