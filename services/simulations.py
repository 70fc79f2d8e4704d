"""What opening hours would make of a time: for trying them out, on the page and by the API (C6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services import business_time, calendars, open_days, opening_hours
from services.accounts import checked
from services.business_time import LAST_YEAR, Hours, NeverOpen
from services.errors import Invalid
from services.permissions import Actor
from services.words import N_

FIRST_YEAR = 1970
MOST_MINUTES = 50_000_000  # about a century
MOST_DRAWN = 14  # days

DEFAULTS: dict[str, Any] = {
    "timezone": "Europe/Paris",
    "holidays": "",
    "works_whit_monday": False,
    "school_zone": "",
}


class Stretch(NamedTuple):
    """A part of a day that is open; `counts` when it lies between start and end."""

    start: datetime
    end: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar’s zone, from `start` to `end`: 23 to 25 hours."""

    on: date
    start: datetime
    end: datetime
    stretches: list[Stretch]

    @property
    def counted(self) -> timedelta:
        """Return how much of the day counts."""
        return sum((s.end - s.start for s in self.stretches if s.counts), timedelta(0))


@dataclass(frozen=True, slots=True)
class Simulated:
    """From when to when, how many open minutes lie between, and the days to draw."""

    start: datetime
    due_at: datetime
    minutes: int
    days: list[Day]


def simulate(
    _s: Session,
    _by: Actor,
    *,
    start: datetime,
    end: datetime | None = None,
    business_minutes: int | None = None,
    **values: Any,
) -> Simulated:
    """Count the open minutes until `end`, or find the end of the n-th open minute; for everybody.

    `values` are those of a calendar without its name; hours may be empty here. Seconds count: the
    minutes between two instants are the whole ones, a deadline keeps the seconds of its start.

    Raises:
        Invalid: for each field that is wrong; `business_minutes` when that many never come.
    """
    given = checked({**DEFAULTS, **values}, _FIELDS)
    if end is None and opening_hours.are_never(given["hours"]):
        raise Invalid({"hours": N_("Enter opening hours on at least one day.")})
    return of_hours(open_days.hours_from(given), start, end, business_minutes)


def of_calendar(
    s: Session, by: Actor, calendar_id: int, start: datetime, minutes: int
) -> Simulated:
    """Find the end of the n-th open minute by a calendar with its closures.

    Raises:
        Invalid: fields `start`, `business_minutes`.
        NotFound.
    """
    calendars.get(s, by, calendar_id)
    return of_hours(calendars.hours_of(s, calendar_id), start, None, minutes)


def of_hours(hours: Hours, start: datetime, end: datetime | None, minutes: int | None) -> Simulated:
    """Do the same by hours at hand."""
    _check(start, end, minutes)
    if end is None:
        end = _due(hours, start, minutes or 0)
    else:
        minutes = business_time.business_minutes_between(hours, start, end)
    drawn = list(_days(hours, start, end))
    return Simulated(start.astimezone(UTC), end.astimezone(UTC), minutes or 0, drawn)


def _days(hours: Hours, start: datetime, end: datetime) -> Iterator[Day]:
    """Yield the first `MOST_DRAWN` days between two instants, with what is open in them."""
    first, last = (at.astimezone(hours.zone).date() for at in (start, end))
    for number in range(min((last - first).days + 1, MOST_DRAWN)):
        day = first + timedelta(days=number)
        begins, ends = _midnight(day, hours.zone), _midnight(day + timedelta(days=1), hours.zone)
        yield Day(day, begins, ends, list(_stretches(hours, begins, ends, (start, end))))


def _stretches(
    hours: Hours, begins: datetime, ends: datetime, counted: tuple[datetime, datetime]
) -> Iterator[Stretch]:
    start, end = (min(max(at, begins), ends) for at in counted)
    for since, until, counts in ((begins, start, False), (start, end, True), (end, ends, False)):
        for part in business_time.segments(hours, since, until):
            if part.is_open:
                yield Stretch(part.start, part.end, counts)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _due(hours: Hours, start: datetime, minutes: int) -> datetime:
    try:
        return business_time.add_business_time(hours, start, timedelta(minutes=minutes))
    except NeverOpen:
        why = N_("These opening hours do not hold so many minutes until the year {last}.")
        raise Invalid({"business_minutes": why}, last=LAST_YEAR) from None


def _check(start: datetime, end: datetime | None, minutes: int | None) -> None:
    for field, instant in (("start", start), ("end", end)):
        if instant is not None and not FIRST_YEAR <= instant.astimezone(UTC).year <= LAST_YEAR:
            why = N_("Choose a day between {first} and {last}.")
            raise Invalid({field: why}, first=FIRST_YEAR, last=LAST_YEAR)
    if end is not None and minutes is not None:
        why = N_("Give an end or a number of minutes, not both.")
        raise Invalid({"end": why, "business_minutes": why})
    if end is None and minutes is None:
        why = N_("Give an end or a number of minutes.")
        raise Invalid({"end": why, "business_minutes": why})
    if end is not None and end < start:
        raise Invalid({"end": N_("The end must not come before the start.")})
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise Invalid({"business_minutes": N_("Give a number of minutes from 1 on.")})


_FIELDS: dict[str, Callable[[Any], Any]] = {
    **{name: calendars.FIELDS[name] for name in DEFAULTS},
    "hours": opening_hours.checked,
}
