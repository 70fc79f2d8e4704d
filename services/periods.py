"""Periods of whole days in the organisation’s zone: by name, the one before, their instants."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.errors import Invalid
from services.words import N_

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 12, 31)  # what questions may be about
REVERSED = N_("The end must not come before the beginning.")
_A_DAY = timedelta(days=1)
_DAYS = {"days_7": 7, "days_30": 30, "days_90": 90, "days_365": 365}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}  # how long a month, a quarter, a year is


class Step(StrEnum):
    """How long a point of a trend is; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Some days, the first and the last both whole; `name` is one of NAMES when it has one.

    Raises:
        Invalid: the last day comes before the first.
    """

    first: date
    last: date
    name: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid({"to": REVERSED})

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last - self.first).days + 1


NAMES: dict[str, str] = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "week": N_("This week"),
    "last_week": N_("Last week"),
    "month": N_("This month"),
    "last_month": N_("Last month"),
    "quarter": N_("This quarter"),
    "last_quarter": N_("Last quarter"),
    "year": N_("This year"),
    "last_year": N_("Last year"),
    "days_7": N_("Last 7 days"),
    "days_30": N_("Last 30 days"),
    "days_90": N_("Last 90 days"),
    "days_365": N_("Last 365 days"),
}


def named(name: str, today: date) -> Period:
    """Return the period of a name; one that is running ends today, as the last N days do.

    Raises:
        Invalid: no such name.
    """
    if name not in NAMES:
        raise Invalid({"period": N_("Choose one of the values offered.")})
    if name in _DAYS:
        return Period(today - (_DAYS[name] - 1) * _A_DAY, today, name)
    if name in ("today", "yesterday"):
        day = today if name == "today" else today - _A_DAY
        return Period(day, day, name)
    begin = _begin(name.removeprefix("last_"), today)
    if not name.startswith("last_"):
        return Period(begin, today, name)
    last = begin - _A_DAY
    return Period(_begin(name.removeprefix("last_"), last), last, name)


def before(period: Period) -> Period:
    """Return what a period is compared with.

    Of a whole month, quarter or year that is the one before it; of one that is running (by its
    name) the same part of the one before: of 1 to 30 March all of February. Of everything else,
    whole weeks too, it is as many days just before.
    """
    unit = period.name if period.name in _MONTHS else ""
    months = _whole(period) or _MONTHS.get(unit, 0)
    if months:
        is_whole = bool(_whole(period))
        last = period.first - _A_DAY if is_whole else _months_earlier(period.last, months)
        return Period(_months_earlier(period.first, months), last)
    days = 7 if period.name == "week" else period.days
    return Period(period.first - days * _A_DAY, period.last - days * _A_DAY)


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants at which a period begins, and before which it ends.

    A day begins at midnight on the wall; where clocks skip midnight, when they do.
    """
    return _midnight(period.first, zone), _midnight(period.last + _A_DAY, zone)


def buckets(period: Period, step: Step) -> list[Period]:
    """Return the days, weeks or months of a period in order; the outer ones may be cut off."""
    starts = [period.first + n * _A_DAY for n in starts_of(period.first, period.days, step)]
    ends = [*(start - _A_DAY for start in starts[1:]), period.last]
    return [Period(start, end) for start, end in zip(starts, ends, strict=True)]


def starts_of(first: date, size: int, step: Step) -> list[int]:
    """Return on which of `size` days a day, a week or a month begins; the first always is one."""
    begins: dict[Step, Callable[[date], bool]] = {
        Step.DAY: lambda _day: True,
        Step.WEEK: lambda day: day.weekday() == 0,
        Step.MONTH: lambda day: day.day == 1,
    }
    return [n for n in range(size) if n == 0 or begins[step](first + n * _A_DAY)]


def usual_step(period: Period) -> Step:
    """Return the step that gives a trend some dozens of points."""
    if period.days <= 62:
        return Step.DAY
    return Step.WEEK if period.days <= 500 else Step.MONTH


def _begin(unit: str, day: date) -> date:
    if unit == "week":
        return day - day.weekday() * _A_DAY
    months = _MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _whole(period: Period) -> int:
    """Return how many months a whole month, quarter or year has; 0 for everything else."""
    for unit, months in _MONTHS.items():
        begins = _begin(unit, period.first) == period.first
        if begins and _begin(unit, period.last + _A_DAY) == period.last + _A_DAY:
            after = _months_earlier(period.last + _A_DAY, months)
            if after == period.first:
                return months
    return 0


def _months_earlier(day: date, months: int) -> date:
    """Return the same day of an earlier month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
