"""When somebody is told: at once, hourly or daily, and not at night; pure, right across DST.

Everything is computed on the instants at which a wall clock in the person’s zone shows a time:
a time that a clock change skips is the first instant after it, one that comes twice the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.models import Pace

DAY_MINUTES = 24 * 60
_SECOND = timedelta(seconds=1)
_LOOK_AHEAD = timedelta(hours=50)  # longer than the longest day and the night after it


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When somebody wants to be told: their zone, and their quiet hours in minutes of a day."""

    zone: ZoneInfo
    quiet_from: int | None = None
    quiet_until: int | None = None
    digest_hour: int = 8

    def is_quiet(self, moment: datetime) -> bool:
        """Tell whether it is night for them; from and until the same: never."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= minute < self.quiet_until
        return minute >= self.quiet_from or minute < self.quiet_until


def due(pace: Pace, moment: datetime, rhythm: Rhythm, gather: timedelta = timedelta()) -> datetime:
    """Return when something that happened at `moment` is to be told.

    At once is after the time in which more of the same is gathered.
    """
    if pace is Pace.HOURLY:
        moment = next_hour(moment, rhythm.zone)
    elif pace is Pace.DAILY:
        moment = next_digest(moment, rhythm)
    else:
        moment += gather
    return quiet_end(moment, rhythm)


def next_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the next instant at which the wall clock shows a full hour."""
    moment = moment.astimezone(UTC)
    while True:
        local = moment.astimezone(zone)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        moment += timedelta(hours=1) - into
        if moment.astimezone(zone).minute == 0:  # no change of half an hour in between
            return moment


def next_digest(moment: datetime, rhythm: Rhythm) -> datetime:
    """Return the next instant at which the digest of a day goes out, once on every day."""
    day = moment.astimezone(rhythm.zone).date()
    at = time(rhythm.digest_hour)
    days = (day + timedelta(days=ahead) for ahead in range(3))
    return next(found for d in days if (found := shown(rhythm.zone, d, at)) > moment)


def quiet_end(moment: datetime, rhythm: Rhythm) -> datetime:
    """Return `moment`, or when it falls into the quiet hours, the first instant after them."""
    if not rhythm.is_quiet(moment):
        return moment
    return min(end for end in _ends(moment, rhythm) if end > moment and not rhythm.is_quiet(end))


def shown(zone: ZoneInfo, day: date, at: time) -> datetime:
    """Return the first instant at which the wall clock shows a time or, skipped, a later one."""
    found = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    local = found.astimezone(zone)
    if (local.date(), local.time()) == (day, at):
        return found
    return _change(zone, found - timedelta(days=1), found) or found


def _ends(moment: datetime, rhythm: Rhythm) -> Iterator[datetime]:
    """Yield the instants at which quiet hours may end: their end, twice or not, or a change."""
    hours, minutes = divmod(rhythm.quiet_until or 0, 60)
    today = moment.astimezone(rhythm.zone).date()
    for day in (today, today + timedelta(days=1), today + timedelta(days=2)):
        for fold in (0, 1):
            at = datetime.combine(day, time(hours, minutes, fold=fold), tzinfo=rhythm.zone)
            yield at.astimezone(UTC)
    if change := _change(rhythm.zone, moment, moment + _LOOK_AHEAD):
        yield change


def _change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """Return the instant between two at which the zone’s distance from UTC changes."""
    before = start.astimezone(zone).utcoffset()
    if before == end.astimezone(zone).utcoffset():
        return None
    while end - start > _SECOND:
        middle = start + (end - start) / 2
        if middle.astimezone(zone).utcoffset() == before:
            start = middle
        else:
            end = middle
    return end.replace(microsecond=0)
