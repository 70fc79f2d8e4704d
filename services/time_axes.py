"""Many instants at once on two clocks: the wall clock of a zone, and opening hours.

Instants are columns of microseconds since 1970 in UTC, as `services.facts` keeps them; what has
not come stays NEVER.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from services.business_time import Hours
from services.facts import NEVER, moment

Instants = NDArray[np.int64]
Days = NDArray[np.int32]  # days since 1970 in the zone

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NO_DAY = np.iinfo(np.int32).min
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_A_WEEK = timedelta(days=7)  # no zone changes its clocks twice in one


def wall(zone: ZoneInfo, instants: Instants) -> Instants:
    """Return what the wall clock of a zone shows, in microseconds since 1970 there."""
    changes, offsets = _offsets(zone)
    known = instants + offsets[np.searchsorted(changes, instants, side="right")]
    return np.where(instants == NEVER, NEVER, known)


def days(walls: Instants) -> Days:
    """Return the days of times on the wall; NO_DAY where there is none."""
    found = np.floor_divide(walls, DAY)
    return np.where(walls == NEVER, NO_DAY, found).astype(np.int32)


class OpenTime:
    """How much of the time since 1970 was inside opening hours, for many instants at once."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._years = (1, 0)
        self._starts = self._ends = self._sums = np.empty(0, np.int64)

    def between(self, starts: Instants, ends: Instants) -> NDArray[np.float64]:
        """Return the open hours between instants, NaN where one of them has not come."""
        is_known = (starts != NEVER) & (ends != NEVER) & (ends >= starts)
        found = np.full(len(starts), np.nan)
        if is_known.any():
            first, last = starts[is_known], ends[is_known]
            self._know(int(first.min()), int(last.max()))
            found[is_known] = (self._before(last) - self._before(first)) / HOUR
        return found

    def _before(self, instants: Instants) -> Instants:
        if self.hours.always:
            return instants
        if not len(self._starts):
            return np.zeros_like(instants)
        at = np.searchsorted(self._starts, instants, side="right") - 1
        opened = np.minimum(instants, self._ends[at]) - self._starts[at]
        return np.where(at < 0, 0, self._sums[at] + opened)

    def _know(self, first: int, last: int) -> None:
        """Find the open stretches of the years between two instants, once."""
        wanted = (_year(first), _year(last))
        known = self._years
        if self.hours.always or (known[0] <= wanted[0] and wanted[1] <= known[1]):
            return
        if known[0] <= known[1]:
            wanted = (min(known[0], wanted[0]), max(known[1], wanted[1]))
        years = [self.hours.year(year) for year in range(wanted[0], wanted[1] + 1)]
        self._starts = np.array([start for year in years for start in year.starts], np.int64)
        self._ends = np.array([end for year in years for end in year.ends], np.int64)
        lengths = self._ends - self._starts
        self._sums = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(lengths) else lengths
        self._years = wanted


def _year(instant: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + instant * _MICROSECOND).year


@lru_cache(maxsize=8)
def _offsets(zone: ZoneInfo) -> tuple[Instants, Instants]:
    """Return when a zone changed its offset, and the offsets before, between and after."""
    changes: list[int] = []
    offsets = [_offset(zone, _FIRST)]
    at = _FIRST
    while at < _LAST:
        after = at + _A_WEEK
        if _offset(zone, after) != offsets[-1]:
            changes.append(moment(_change(zone, at, after)))
            offsets.append(_offset(zone, after))
        at = after
    return np.array(changes, np.int64), np.array(offsets, np.int64)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first instant with the later offset; clocks change on full seconds."""
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> int:
    return (at.astimezone(zone).utcoffset() or timedelta()) // _MICROSECOND
