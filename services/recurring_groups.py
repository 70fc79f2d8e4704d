"""The groups of similar tickets that the last search found, kept in memory as two columns."""

import threading
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import RecurringGroup, RecurringRun
from services.facts import moment

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one run: the numbers of their tickets, ascending, and the group of each."""

    run_id: int
    at: datetime | None
    first: int  # the instant since which tickets were looked at
    ids: list[int]
    members: list[Numbers]
    numbers: Numbers
    codes: NDArray[np.int32]


_NONE = Groups(0, None, 0, [], [], np.empty(0, np.int64), np.empty(0, np.int32))


class _Known:
    """The groups of the last run in memory, 20 bytes a ticket; read again when there is another."""

    def __init__(self) -> None:
        self._groups = _NONE
        self._lock = threading.Lock()

    def fresh(self, s: Session) -> Groups:
        """Return the groups of the last run that ended."""
        ended = RecurringRun.ended_at.is_not(None)
        run = s.scalar(select(RecurringRun).where(ended).order_by(RecurringRun.id.desc()).limit(1))
        with self._lock:
            if run is None:
                self._groups = _NONE
            elif (run.id, run.ended_at) != (self._groups.run_id, self._groups.at):
                self._groups = _read(s, run)
            return self._groups


known = _Known()


def _read(s: Session, run: RecurringRun) -> Groups:
    query = select(RecurringGroup.id, RecurringGroup.members)
    rows = s.execute(query.where(RecurringGroup.run_id == run.id).order_by(RecurringGroup.id)).all()
    members = [np.frombuffer(row.members, np.int64) for row in rows]
    numbers = np.concatenate(members) if members else np.empty(0, np.int64)
    codes = np.repeat(np.arange(len(members), dtype=np.int32), [len(some) for some in members])
    order = np.argsort(numbers, kind="stable")
    return Groups(
        run.id,
        run.ended_at,
        moment(run.first_at),
        [row.id for row in rows],
        members,
        numbers[order],
        codes[order],
    )
