"""The facts of all tickets as columns in memory, so that any filter is arithmetic on vectors.

One copy for the process: filled from the blocks by the first who asks, then renewed before each use
by what happened since. About 160 bytes a ticket.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Event, FactMark, Status
from services import fact_store, facts, quantiles, time_axes
from services.business_time import Hours
from services.facts import LEVELS, NEVER, Flag, Rows
from services.time_axes import HOUR, OpenTime

Column = NDArray[Any]
R = TypeVar("R")

MANY = 300_000  # tickets of a sample whose whole overview takes a quarter of a second
FRESH_SECONDS = 15.0  # … and is not computed again sooner, whatever happens meanwhile
MOST_KEPT = 50  # overviews
PORTION = 500  # tickets whose facts are made by one query
LATE_SECONDS = 60.0  # see `fact_store.LATE_AT_MOST`


class State(IntFlag):
    """What is so about a ticket; together they count in one pass."""

    OPEN = 1
    RESOLVED = 2  # it has the date on which it was
    CLOSED = 4
    MADE = 8  # done in time
    MISSED = 16  # done too late; one that is open and late depends on the hour
    REOPENED = 32
    REOPENED_SOON = 64
    FIRST_CONTACT = 128


DURATIONS: dict[str, tuple[str, bool]] = {  # until which instant, and whether in opening hours
    "acceptance": ("accepted", False),
    "first_response": ("responded", False),
    "resolution": ("resolved", False),
    "closing": ("closed", False),
    "acceptance_business": ("accepted", True),
    "first_response_business": ("responded", True),
    "resolution_business": ("resolved", True),
}
PROFILE = ("type", "channel", "urgency", "impact", "priority")  # told by one number
_SENSIBLE = ("accepted", "responded")  # not before the creation, or not at all
_MONDAY, _WEEK = 3 * 24, 7 * 24  # hours: 1970 began on a Thursday
_PLAIN = (
    "number",
    "created",
    "ended",
    "due",
    "team",
    "lead",
    "category",
    "requester",
    "reassignments",
    "reopenings",
    *LEVELS,
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clock of the organisation, and when it works."""

    zone: ZoneInfo
    hours: Hours


class Columns:
    """The columns, by name; each has a value for each ticket, in the order of their numbers."""

    def __init__(self) -> None:
        self.version = 0  # another one: figures may differ
        self.departments_version = 0
        self.lock = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self._clocks: Clocks | None = None
        self._opening: OpenTime | None = None
        self._generation: str | None = None
        self._size = 0
        self._kept: dict[str, Column] = {}
        self._settled = 0  # events up to this one are in the columns, whoever commits when
        self._seen: set[int] = set()  # later ones that are in the columns, too
        self._newest: tuple[int | None, int] = (None, 0)
        self._marks: list[tuple[float, int]] = []
        self._overviews: dict[Any, tuple[int, float, Any]] = {}
        self.version += 1
        self.departments_version += 1

    def remembered(self, key: Any, make: Callable[[], R], *, is_large: bool) -> R:
        """Return what was made of these columns before, as long as it is right; make it otherwise.

        Right is what was made since the last change and a moment ago (deadlines pass meanwhile).
        What is large may also be a moment behind: made again for each change, it would be all the
        process does.
        """
        version, at, found = self._overviews.get(key, (0, 0.0, None))
        is_recent = time.monotonic() - at < FRESH_SECONDS
        if found is None or not is_recent or (version != self.version and not is_large):
            found = make()
            self._overviews.pop(key, None)
            self._overviews[key] = (self.version, time.monotonic(), found)
            while len(self._overviews) > MOST_KEPT:
                del self._overviews[next(iter(self._overviews))]
        return cast("R", found)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> Column:
        return self._kept[name][: self._size]

    @contextmanager
    def fresh(self, s: Session, clocks: Clocks) -> Iterator["Columns"]:
        """Hold the columns with all that `s` sees in them; others wait meanwhile."""
        with self.lock:
            self._refresh(s, clocks)
            yield self

    def forget(self) -> None:
        """Give the memory back."""
        with self.lock:
            self._forget()

    @property
    def bytes(self) -> int:
        """Return how much memory the columns take."""
        return sum(column.nbytes for column in self._kept.values())

    def _refresh(self, s: Session, clocks: Clocks) -> None:
        generation = s.scalar(select(FactMark.generation)) or ""
        if (clocks, generation) != (self._clocks, self._generation):
            self._fill(s, clocks, generation)
        self._catch_up(s)

    def _fill(self, s: Session, clocks: Clocks, generation: str) -> None:
        """Read the blocks; their mark first, so that nothing is taken for done that is not."""
        self._forget()
        self._clocks, self._opening = clocks, OpenTime(clocks.hours)
        self._generation = generation
        mark = s.scalar(select(FactMark).execution_options(populate_existing=True))
        is_whole = mark is not None and mark.layout == facts.VERSION and mark.done_number is None
        self._settled = mark.event_id if mark is not None and is_whole else 0
        rows = fact_store.load(s) if is_whole else np.empty(0, facts.LAYOUT)
        self._kept = self._derived(rows)
        self._size = len(rows)

    def _catch_up(self, s: Session) -> None:
        """Renew the tickets to which something happened since the last time.

        Nothing is known of what is not committed yet, so the last minute is looked at again while
        the number of its events, or the newest of them, changes.
        """
        later = Event.id > self._settled
        newest = s.execute(select(func.max(Event.id), func.count()).where(later)).one()
        if (newest[0], newest[1]) == self._newest:
            return
        query = select(Event.id, Event.kind, Event.ticket_number, Event.subject).where(later)
        found = [row for row in s.execute(query) if row.id not in self._seen]
        numbers = {number for row in found for number in fact_store.concerned(s, row)}
        self._renew(s, sorted(numbers))
        if any(row.subject and row.subject.startswith("user:") for row in found):
            self.departments_version += 1
        self._seen.update(row.id for row in found)
        self._newest = (newest[0], newest[1])
        self.version += 1
        self._settle(newest[0] or self._settled)

    def _settle(self, top: int) -> None:
        """Look no longer at what has been seen for a minute."""
        moment = time.monotonic()
        self._marks.append((moment, top))
        old = [mark for mark in self._marks if mark[0] <= moment - LATE_SECONDS]
        if old:
            self._settled = old[-1][1]
            self._marks = [mark for mark in self._marks if mark not in old]
            self._seen = {seen for seen in self._seen if seen > self._settled}
            self._newest = (None, 0)

    def _renew(self, s: Session, numbers: list[int]) -> None:
        made = [
            facts.build(s, numbers[start : start + PORTION])
            for start in range(0, len(numbers), PORTION)
        ]
        if not made:
            return
        rows = np.concatenate(made)
        gone = np.setdiff1d(np.array(numbers, np.int64), rows["number"])
        self._drop(gone)
        self._put(rows)

    def _drop(self, numbers: Column) -> None:
        there = np.isin(self["number"], numbers) if len(numbers) else np.zeros(0, bool)
        if there.any():
            self._kept = {name: self[name][~there] for name in self._kept}
            self._size = len(self._kept["number"])

    def _put(self, rows: Rows) -> None:
        """Write rows over those of the same numbers, and add the others."""
        places = np.searchsorted(self["number"], rows["number"])
        inside = places < self._size
        is_known = np.zeros(len(rows), bool)
        is_known[inside] = self["number"][places[inside]] == rows["number"][inside]
        for name, values in self._derived(rows[is_known]).items():
            self._kept[name][places[is_known]] = values
        new = rows[~is_known]
        if len(new) and self._size and new["number"][0] < self["number"][-1]:
            self._mix(new)
        elif len(new):
            self._append(new)

    def _append(self, rows: Rows) -> None:
        size = self._size + len(rows)
        for name, values in self._derived(rows).items():
            if size > len(self._kept[name]):
                grown = np.empty(size + size // 8 + 1024, values.dtype)
                grown[: self._size] = self[name]
                self._kept[name] = grown
            self._kept[name][self._size : size] = values
        self._size = size

    def _mix(self, rows: Rows) -> None:
        """Add tickets between others: one that came back from the trash, for instance."""
        places = np.searchsorted(self["number"], rows["number"])
        self._kept = {
            name: np.insert(self[name], places, values)
            for name, values in self._derived(rows).items()
        }
        self._size += len(rows)

    def _derived(self, rows: Rows) -> dict[str, Column]:
        """Return the columns of rows: their fields, and what the clocks make of them."""
        if self._clocks is None:
            raise RuntimeError("the columns have no clock yet")
        found: dict[str, Column] = {name: rows[name].copy() for name in _PLAIN}
        walls = time_axes.wall(self._clocks.zone, found["created"])
        found["created_day"] = time_axes.days(walls)
        found["week_hour"] = ((walls // HOUR + _MONDAY) % _WEEK).astype(np.uint8)
        found["hour"] = found["week_hour"] % np.uint8(24)
        for name in ("accepted", "responded", "resolved", "closed", "ended", "due"):
            instants = rows[name]
            if name in _SENSIBLE:
                instants = np.where(instants >= found["created"], instants, NEVER)
            found[f"{name}_day"] = time_axes.days(time_axes.wall(self._clocks.zone, instants))
        for name, (until, is_business) in DURATIONS.items():
            found[name] = _hours(rows, until, self._opening if is_business else None)
            found[f"{name}_bin"] = quantiles.bins(found[name])
        found["state"] = _states(rows)
        shape = [len(LEVELS[name]) for name in PROFILE]
        profiles = np.ravel_multi_index([rows[name] for name in PROFILE], shape)
        found["profile"] = profiles.astype(np.uint16)
        return found


def _hours(rows: Rows, until: str, opening: OpenTime | None) -> NDArray[np.float64]:
    """Return the hours from the creation; NaN where the end has not come or lies before it."""
    starts, ends = np.ascontiguousarray(rows["created"]), np.ascontiguousarray(rows[until])
    if opening is not None:
        return opening.between(starts, ends)
    is_known = (ends != NEVER) & (ends >= starts)
    return np.where(is_known, (ends - np.where(is_known, starts, ends)) / HOUR, np.nan)


def _states(rows: Rows) -> NDArray[np.uint8]:
    is_open = rows["ended"] == NEVER
    is_cancelled = rows["status"] == LEVELS["status"].index(Status.CANCELLED)
    is_promised = (rows["due"] != NEVER) & ~is_open & ~is_cancelled
    is_late = is_promised & (rows["ended"] > rows["due"])
    told = rows["flags"] & (Flag.MADE_SLA | Flag.MISSED_SLA) > 0
    says_missed = rows["flags"] & Flag.MISSED_SLA > 0
    is_judged = told & ~is_cancelled & (~is_open | says_missed)
    conditions = {
        State.OPEN: is_open,
        State.RESOLVED: rows["resolved"] != NEVER,
        State.CLOSED: rows["closed"] != NEVER,
        State.MADE: np.where(told, is_judged & ~says_missed, is_promised & ~is_late),
        State.MISSED: np.where(told, is_judged & says_missed, is_late),
        State.REOPENED: rows["reopenings"] > 0,
        State.REOPENED_SOON: rows["flags"] & Flag.REOPENED > 0,
        State.FIRST_CONTACT: rows["flags"] & Flag.FIRST_CONTACT > 0,
    }
    bits = [is_so * np.uint8(state) for state, is_so in conditions.items()]
    return np.asarray(np.bitwise_or.reduce(bits), np.uint8)


shared = Columns()
