"""What opening hours would make of a time: for trying them out, on the page and by the API (C6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services import business_time, calendars, open_days, opening_hours
from services.accounts import checked
from services.business_time import LAST_YEAR, Hours, NeverOpen, Segment
from services.errors import Invalid
from services.permissions import Actor
from services.words import N_

FIRST_YEAR = 1970
MOST_MINUTES = 50_000_000  # about a century
LONGEST_DRAWN = timedelta(days=40)

DEFAULTS: dict[str, Any] = {
    "timezone": "Europe/Paris",
    "holidays": "",
    "works_whit_monday": False,
    "school_zone": "",
}


@dataclass(frozen=True, slots=True)
class Simulated:
    """From when to when, how many open minutes lie between, and what of it is open."""

    start: datetime
    due_at: datetime
    minutes: int
    segments: list[Segment]


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
    until = min(end, start + LONGEST_DRAWN)
    drawn = list(business_time.segments(hours, start, until))
    return Simulated(start.astimezone(UTC), end.astimezone(UTC), minutes or 0, drawn)


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
