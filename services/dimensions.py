"""By what figures are parted: the group of each ticket of a sample, and what groups are called."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category, Team, User
from services.facts import LEVELS
from services.figures import Codes, Sample
from services.opening_hours import DAYS

NOTHING = "none"  # what a ticket without a team, a lead, a category or a department counts under

_EPOCH = date(1970, 1, 1)  # a Thursday
_IN_PORTIONS = 500


class Dimension(StrEnum):
    """By what figures can be parted."""

    TEAM = "team"
    TECHNICIAN = "technician"
    CATEGORY = "category"
    PRIORITY = "priority"
    IMPACT = "impact"
    URGENCY = "urgency"
    TYPE = "type"
    CHANNEL = "channel"
    DEPARTMENT = "department"
    MONTH = "month"
    WEEK = "week"
    WEEKDAY = "weekday"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Group:
    """A value of a dimension: its name, and the id of the person, team or category it is."""

    value: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """The group of each ticket of a sample, as its place in `groups`."""

    codes: Codes
    groups: list[Group]


def grouping(
    s: Session, sample: Sample, dimension: Dimension, departments: "Departments"
) -> Grouping:
    """Part a sample; only values that occur, each with its name, in their natural order.

    Levels are in order from the lowest, times as they pass, names by the alphabet with « none »
    last. Days, weeks (ISO 8601), months and hours are those of the creation in the organisation’s
    zone.
    """
    if dimension in LEVELS:
        levels = LEVELS[dimension]
        return _compact(sample[dimension], lambda place: Group(levels[place].value), len(levels))
    if dimension is Dimension.DEPARTMENT:
        codes = departments.of(sample["requester"])
        names = departments.names
        return _in_order(_compact(codes, lambda place: Group(names[place]), len(names)))
    if dimension is Dimension.HOUR:
        return _compact(sample["hour"], lambda hour: Group(str(hour)), 24)
    if dimension in _BY_DAY:
        return _by_day(sample["created_day"], *_BY_DAY[dimension])
    column, named = _NAMED[dimension]
    return _by_id(s, sample[column], named)


class Departments:
    """The present department of each person, as a number."""

    def __init__(self, s: Session) -> None:
        rows = s.execute(select(User.id, User.department).order_by(User.id)).all()
        found = {row.department for row in rows} - {""}
        self.names = [NOTHING, *(_apart(name) for name in sorted(found))]
        self._places = {"": 0, **{name: place for place, name in enumerate(sorted(found), 1)}}
        self._codes = np.zeros(max((row.id for row in rows), default=0) + 1, np.int32)
        for row in rows:
            self._codes[row.id] = self._places[row.department]

    def of(self, person_ids: NDArray[np.int32]) -> Codes:
        """Return the department of each person."""
        return self._codes[np.minimum(person_ids, len(self._codes) - 1)]

    def place(self, name: str) -> int:
        """Return the number of a department; -1 when nobody is in it."""
        return self._places.get("" if name == NOTHING else name, -1)


def _apart(name: str) -> str:
    """Keep what is called « none » apart from nothing."""
    return f"“{name}”" if name == NOTHING else name


def _compact(codes: Codes, named: Callable[[int], Group], most: int) -> Grouping:
    """Keep only the groups that occur."""
    there = np.flatnonzero(np.bincount(codes, minlength=most))
    if len(there) == most:
        return Grouping(codes, [named(code) for code in range(most)])
    places = np.zeros(max(most, 1), np.int32)
    places[there] = np.arange(len(there))
    return Grouping(places[codes], [named(int(code)) for code in there])


def _by_id(s: Session, ids: NDArray[np.int32], named: "Named") -> Grouping:
    most = int(ids.max()) + 1 if len(ids) else 1
    names = named(s, [int(n) for n in np.flatnonzero(np.bincount(ids, minlength=most)) if n])

    def group(found: int) -> Group:
        return Group(_apart(names.get(found, str(found))), found) if found else Group(NOTHING)

    return _in_order(_compact(ids, group, most))


def _in_order(found: Grouping) -> Grouping:
    """Put groups in the order of their names, « none » last."""
    order = sorted(
        range(len(found.groups)),
        key=lambda place: (
            found.groups[place].value == NOTHING and not found.groups[place].id,
            found.groups[place].value.casefold(),
        ),
    )
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order))
    return Grouping(places[found.codes] if order else found.codes, [found.groups[n] for n in order])


def _by_day(
    days: NDArray[np.int32], place: Callable[[int], int], named: Callable[[int], str]
) -> Grouping:
    """Part by what follows from the day; looked up for each day once, not for each ticket."""
    if not len(days):
        return Grouping(days, [])
    first, last = int(days.min()), int(days.max())
    counted = np.bincount(days - first, minlength=last - first + 1)
    present = np.flatnonzero(counted) + first
    values = [place(int(day)) for day in present]
    order = sorted(set(values))
    codes = np.zeros(last - first + 1, np.int32)
    codes[present - first] = np.searchsorted(order, values)
    return Grouping(codes[days - first], [Group(named(value)) for value in order])


def day(number: int) -> date:
    """Return a day, counted since 1970."""
    return _EPOCH + timedelta(days=number)


def _month(number: int) -> int:
    found = day(number)
    return found.year * 12 + found.month - 1


def _week_name(number: int) -> str:
    year, week, _weekday = day(number * 7 - 3).isocalendar()
    return f"{year}-W{week:02}"


_BY_DAY: dict[Dimension, tuple[Callable[[int], int], Callable[[int], str]]] = {
    Dimension.DAY: (lambda number: number, lambda number: day(number).isoformat()),
    Dimension.WEEK: (lambda number: (number + 3) // 7, _week_name),
    Dimension.MONTH: (_month, lambda month: f"{month // 12}-{month % 12 + 1:02}"),
    Dimension.WEEKDAY: (lambda number: (number + 3) % 7, lambda place: tuple(DAYS)[place]),
}
Named = Callable[[Session, list[int]], Mapping[int, str]]


def _teams(s: Session, _ids: list[int]) -> Mapping[int, str]:
    return {row.id: row.name for row in s.execute(select(Team.id, Team.name))}


def _categories(s: Session, _ids: list[int]) -> Mapping[int, str]:
    return {row.id: row.path for row in s.execute(select(Category.id, Category.path))}


def _people(s: Session, ids: list[int]) -> Mapping[int, str]:
    """Return the names of people; of those who share one, with the address."""
    rows: list[Any] = []
    for start in range(0, len(ids), _IN_PORTIONS):
        portion = ids[start : start + _IN_PORTIONS]
        rows += s.execute(select(User.id, User.name, User.email).where(User.id.in_(portion))).all()
    shared = Counter(row.name for row in rows)
    return {
        row.id: f"{row.name} <{row.email}>" if shared[row.name] > 1 else row.name for row in rows
    }


_NAMED: dict[Dimension, tuple[str, Named]] = {
    Dimension.TEAM: ("team", _teams),
    Dimension.TECHNICIAN: ("lead", _people),
    Dimension.CATEGORY: ("category", _categories),
}
