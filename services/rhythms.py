"""When scheduled work is due: every so often, or at a time that the clock on the wall shows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTH = 31  # days, at most


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again, `seconds` from one beginning to the next."""

    seconds: int

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the next slot after an instant."""
        return instant + timedelta(seconds=self.seconds)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Tell whether a slot has come.

        One that lies further ahead than it was ever set has come as well: the clock went back.
        """
        return next_at <= now or next_at > now + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class At:
    """Once a day, a week or a month, at a time of the organisation’s zone, as "08:00".

    Once however the clock is changed: a time that comes twice counts the first time, one that is
    skipped comes as much later as was skipped (02:30 is 03:30 on the day summer time begins).
    """

    wall: str
    weekday: int | None = None  # 0 is Monday
    day: int | None = None  # of the month, at most 28

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the next slot after an instant."""
        today = instant.astimezone(zone).date()
        days = (today + timedelta(days=n) for n in range(-1, _MONTH + 2))
        slots = (self._slot(day, zone) for day in days if self._is_on(day))
        return next(slot for slot in slots if slot > instant)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Tell whether a slot has come; when the clock goes back over one, it was yesterday’s."""
        return next_at <= now

    def _is_on(self, day: date) -> bool:
        return self.weekday in (None, day.weekday()) and self.day in (None, day.day)

    def _slot(self, day: date, zone: ZoneInfo) -> datetime:
        wall = time.fromisoformat(self.wall)
        return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)  # fold 0: the first


Rhythm = Every | At
