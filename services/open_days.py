"""The days of a calendar: which are closed, and why; and its hours, with what was looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from data.models import Closure
from services import holidays, opening_hours
from services.business_time import Hours, Week

AHEAD = timedelta(days=365)

Days = tuple[tuple[date, date], ...]  # first and last of each closure


class Why(StrEnum):
    """Why a day is closed though there are opening hours."""

    CLOSURE = "closure"
    PUBLIC = "public"
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days closed for one reason, both included; `name` is to be translated if not a closure’s."""

    starts_on: date
    ends_on: date
    why: Why
    name: str
    closure_id: int | None = None


def hours_from(values: dict[str, Any], closures: Days = ()) -> Hours:
    """Return the hours of a calendar with these checked values; `closures` in order."""
    hours = values["hours"]
    return _hours(
        values["timezone"],
        None if hours == opening_hours.ALWAYS else opening_hours.week(hours),
        (values["holidays"], values["works_whit_monday"], values["school_zone"]),
        closures,
    )


def coming(
    values: dict[str, Any], closures: Sequence[Closure], first: date, ahead: timedelta = AHEAD
) -> list[ClosedDays]:
    """Return what is closed from `first` on for about a year, whatever the weekday, in order."""
    last = first + ahead
    found = [
        ClosedDays(c.starts_on, c.ends_on, Why.CLOSURE, c.name, c.id)
        for c in closures
        if c.starts_on <= last and c.ends_on >= first
    ]
    if values["hours"] != opening_hours.ALWAYS:
        found += _public(values, first, last)
        found += _school(values["school_zone"], first, last)
    return sorted(found, key=lambda days: (days.starts_on, days.ends_on, days.why))


def _public(values: dict[str, Any], first: date, last: date) -> Iterator[ClosedDays]:
    zone, works = values["holidays"], values["works_whit_monday"]
    for year in range(first.year, last.year + 1):
        for day, name in holidays.public(zone, year, works_whit_monday=works).items():
            if first <= day <= last:
                yield ClosedDays(day, day, Why.PUBLIC, name)


def _school(zone: str, first: date, last: date) -> Iterator[ClosedDays]:
    """Yield the school holidays, each from its first to its last day in the range."""
    held: ClosedDays | None = None
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        name = holidays.school(zone, day)
        if held and name == held.name:
            held = replace(held, ends_on=day)
            continue
        if held:
            yield held
        held = ClosedDays(day, day, Why.SCHOOL, name) if name else None
    if held:
        yield held


@lru_cache(maxsize=64)
def _hours(zone: str, week: Week | None, days_off: tuple[str, bool, str], closures: Days) -> Hours:
    """Make what is equal once: in it are the years that were looked at."""
    if week is None:
        return Hours(ZoneInfo(zone), always=True)
    public, works, school = days_off
    shut = {
        start + timedelta(days=n) for start, end in closures for n in range((end - start).days + 1)
    }

    def is_closed(day: date) -> bool:
        return (
            day in shut
            or day in holidays.public(public, day.year, works_whit_monday=works)
            or bool(holidays.school(school, day))
        )

    return Hours(ZoneInfo(zone), week, is_closed)
