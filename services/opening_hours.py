"""Opening hours as they are written: {"mon": [["09:00", "12:30"], …], …} or "always"."""

import re
from collections.abc import Mapping
from itertools import pairwise

from services.business_time import MINUTES_A_DAY, Interval, Week
from services.checks import Problems
from services.errors import Invalid
from services.words import N_

ALWAYS = "always"
DAYS: dict[str, str] = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}
MOST_A_DAY = 12  # intervals

TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_TIME = re.compile(rf"(?:{TIME}|[0-9]:[0-5][0-9])", re.ASCII)

Day = list[list[str]]
Written = str | dict[str, Day]

OFFICE: dict[str, Day] = {
    day: [["09:00", "12:30"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
}


def checked(value: object) -> Written:
    """Return opening hours in their one form: every day, intervals in order, “09:00”.

    Raises:
        Invalid: `hours`, or `hours.tue` for each day that is wrong.
    """
    if value == ALWAYS:
        return ALWAYS
    if not isinstance(value, Mapping):
        raise Invalid({"hours": N_("Give the opening hours of each day, or “always”.")})
    problems = Problems()
    found: dict[str, Day] = {}
    for name in value:
        if name not in DAYS:
            with problems.collected():
                raise Invalid({f"hours.{name}"[:100]: N_("There is no such day.")})
    for name in DAYS:
        with problems.collected():
            found[name] = _day(f"hours.{name}", value.get(name, []))
    problems.raise_any()
    return found


def week(hours: Written) -> Week:
    """Return checked opening hours in minutes."""
    if isinstance(hours, str):
        return (((0, MINUTES_A_DAY),),) * 7
    return tuple(tuple(_minutes(pair) for pair in hours.get(day, [])) for day in DAYS)


def are_never(hours: Written) -> bool:
    """Tell whether no day has opening hours."""
    return not isinstance(hours, str) and not any(hours.values())


def minutes_a_day(hours: Written) -> int:
    """Return how long an open day is, in the mean: what “two days” of opening hours are counted as.

    A day and night when no day is open.
    """
    lengths = [sum(end - begin for begin, end in day) for day in week(hours) if day]
    return round(sum(lengths) / len(lengths)) if lengths else MINUTES_A_DAY


def _day(field: str, value: object) -> Day:
    if not isinstance(value, list | tuple) or len(value) > MOST_A_DAY:
        raise Invalid(
            {field: N_("Give at most {most} intervals of a beginning and an end.")}, most=MOST_A_DAY
        )
    pairs = sorted((_interval(field, pair) for pair in value), key=_minutes)
    for earlier, later in pairwise(pairs):
        if _minutes(later)[0] < _minutes(earlier)[1]:
            raise Invalid({field: N_("Two intervals overlap.")})
    return pairs


def _interval(field: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Invalid({field: N_("An interval has a beginning and an end.")})
    pair = [_time(field, each) for each in value]
    begin, end = _minutes(pair)
    if end <= begin:
        why = N_("An interval must end after it begins; a night is two, parted at midnight.")
        raise Invalid({field: why})
    return pair


def _time(field: str, value: object) -> str:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Invalid({field: N_("Write a time of the day, in hours and minutes.")})
    return value.zfill(5)


def _minutes(pair: list[str]) -> Interval:
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in pair)
    return begin, end
