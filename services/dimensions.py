"""By what figures are parted: the group of each ticket of a sample, and what groups are called."""

import math
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
from services.columns import PROFILE
from services.facts import LEVELS
from services.figures import Sample
from services.opening_hours import DAYS
from services.permissions import Action, Actor, allows
from services.quantiles import Codes, Margin

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


OTHERS = "others"  # tickets led by others, in no team, for who may not see names


@dataclass(frozen=True, slots=True)
class Group:
    """A value of a dimension: its name, and the id of the person, team or category it is.

    Less than 0 is the id of a team whose people are not named.
    """

    value: str
    id: int | None = None

    @property
    def key(self) -> str:
        """Return what the value is called in an address; it stays when a name changes."""
        return self.value if self.id is None else str(self.id)


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
        there = np.flatnonzero(np.bincount(codes, minlength=len(names)))
        return _sorted(codes, there, [Group(names[place]) for place in there], len(names))
    if dimension is Dimension.HOUR:
        return _compact(sample["hour"], lambda hour: Group(str(hour)), 24)
    if dimension in _BY_DAY:
        return _by_day(sample["created_day"], *_BY_DAY[dimension])
    column, named = _NAMED[dimension]
    return _by_id(s, sample[column], named)


def grouping_for(
    s: Session, by: Actor, sample: Sample, dimension: Dimension, departments: "Departments"
) -> Grouping:
    """Part a sample as `by` may see it: without the right, others are teams and not people (G19).

    Their own tickets keep their name; tickets that others lead count under the ticket’s team.
    """
    if dimension is not Dimension.TECHNICIAN or allows(by, Action.STATS_NAMES):
        return grouping(s, sample, dimension, departments)
    teams, leads = grouping(s, sample, Dimension.TEAM, departments), sample["lead"]
    groups = [
        Group(group.value, -group.id) if group.id else Group(OTHERS) for group in teams.groups
    ]
    groups += [Group(by.name, by.id), Group(NOTHING)]
    codes = np.where(leads == by.id, len(groups) - 2, teams.codes)
    codes = np.where(leads == 0, len(groups) - 1, codes)
    return _in_order(_compact(codes, groups.__getitem__, len(groups)))


@dataclass(frozen=True, slots=True)
class Profiles:
    """The tickets of a sample by what PROFILE tells: of each cell, how many and in which groups."""

    codes: Codes
    cells: int
    margins: dict[Dimension, tuple[Margin, list[Group]]]


def profiles(sample: Sample) -> Profiles:
    """Part a sample by all levels but the status at once."""
    shape = [len(LEVELS[name]) for name in PROFILE]
    codes, there = _numbered(sample["profile"], math.prod(shape))
    levels = np.unravel_index(there, shape)
    margins = {}
    for name, cells in zip(PROFILE, levels, strict=True):
        present, margin = np.unique(cells, return_inverse=True)
        groups = [Group(LEVELS[name][place].value) for place in present]
        margins[Dimension(name)] = (margin, groups)
    return Profiles(codes, len(there), margins)


class Departments:
    """The present department of each person, as a number."""

    def __init__(self, s: Session) -> None:
        rows = s.execute(select(User.id, User.department).order_by(User.id)).all()
        found = {row.department for row in rows} - {""}
        self.names = [NOTHING, *(_apart(name) for name in sorted(found))]
        self._places = {"": 0, **{name: place for place, name in enumerate(sorted(found), 1)}}
        size = max((row.id for row in rows), default=0) + 1
        self._codes = np.zeros(size, np.uint16 if len(self.names) <= 1 << 16 else np.int32)
        for row in rows:
            self._codes[row.id] = self._places[row.department]

    def of(self, person_ids: NDArray[np.int32]) -> Codes:
        """Return the department of each person."""
        return self._codes.take(person_ids, mode="clip")

    def place(self, name: str) -> int:
        """Return the number of a department; -1 when nobody is in it."""
        return self._places.get("" if name == NOTHING else name, -1)


def _apart(name: str) -> str:
    """Keep what is called « none » apart from nothing."""
    return f"“{name}”" if name == NOTHING else name


def _numbered(codes: Codes, most: int) -> tuple[Codes, NDArray[np.int64]]:
    """Number the codes that occur from 0; return each one’s number, and the codes by number."""
    there = np.flatnonzero(np.bincount(codes, minlength=most))
    if len(there) == most:
        return codes, there
    return _translated(codes, there, np.arange(len(there)), most), there


def _translated(codes: Codes, there: NDArray[np.int64], numbers: Codes, most: int) -> Codes:
    """Return the numbers of codes; numbers that are small, for speed."""
    small = np.uint8 if len(there) <= 1 << 8 else np.uint16 if len(there) <= 1 << 16 else np.int32
    table = np.zeros(most, small)
    table[there] = numbers
    return table.take(codes)


def _compact(codes: Codes, named: Callable[[int], Group], most: int) -> Grouping:
    """Keep only the groups that occur."""
    codes, there = _numbered(codes, most)
    return Grouping(codes, [named(int(code)) for code in there])


def _by_id(s: Session, ids: NDArray[np.int32], named: "Named") -> Grouping:
    most = int(ids.max(initial=0)) + 1
    there = np.flatnonzero(np.bincount(ids, minlength=most))
    names = named(s, [int(n) for n in there if n])
    groups = [
        Group(_apart(names.get(found, str(found))), found) if found else Group(NOTHING)
        for found in there.tolist()
    ]
    return _sorted(ids, there, groups, most)


def _in_order(found: Grouping) -> Grouping:
    """Put groups in the order of their names, « none » last."""
    many = len(found.groups)
    return _sorted(found.codes, np.arange(many), found.groups, many)


def _sorted(codes: Codes, there: NDArray[np.int64], groups: list[Group], most: int) -> Grouping:
    """Put the groups of the codes that are `there` in the order of their names, « none » last."""
    order = sorted(
        range(len(groups)),
        key=lambda place: (
            groups[place].value == NOTHING and not groups[place].id,
            groups[place].value.casefold(),
        ),
    )
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    return Grouping(_translated(codes, there, numbers, most), [groups[n] for n in order])


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
    numbers = np.searchsorted(order, values)
    codes = _translated(days - first, present - first, numbers, last - first + 1)
    return Grouping(codes, [Group(named(value)) for value in order])


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
