"""What came in: which groups grew, at which hours, by which channels and how far it came."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from services import measures
from services.dimensions import Dimension, Group
from services.measures import Answering, Days, Measure, Places, Window
from services.permissions import Actor
from services.questions import Question
from services.time_axes import NO_DAY

HOURS, WEEKDAYS = 24, 7
STAGES: tuple[tuple[str, str], ...] = (  # name, and which column says that it was reached
    ("created", "created_day"),
    ("accepted", "accepted_day"),
    ("answered", "responded_day"),
    ("resolved", "resolved_day"),
    ("closed", "closed_day"),
)


@dataclass(frozen=True, slots=True)
class Mover:
    """How many tickets of a group were created in the period and in the one before."""

    group: Group
    now: int
    before: int

    @property
    def change(self) -> int:
        """Return how many more they are."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the tickets of a channel that were created in the period have come by now."""

    group: Group
    created: int
    accepted: int
    answered: int
    resolved: int
    closed: int


def movers(
    s: Session, by: Actor, question: Question, dimension: Dimension, most: int = 10
) -> list[Mover]:
    """Return the groups with the most tickets created, in the period or before; the most first.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return movers_of(asked, dimension, most)


def movers_of(asked: Answering, dimension: Dimension, most: int = 10) -> list[Mover]:
    """Return the movers of a question that is being answered."""
    here, earlier = (
        asked.counts(window, Measure.CREATED, dimension) for window in (asked.now, asked.before)
    )
    groups = asked.grouping(dimension).groups
    found = [
        Mover(group, int(now), int(before))
        for group, now, before in zip(groups, here, earlier, strict=True)
        if now or before
    ]
    return sorted(found, key=lambda mover: (-max(mover.now, mover.before), -mover.now))[:most]


def heat(s: Session, by: Actor, question: Question) -> list[list[int]]:
    """Return how many were created in the period, by weekday (Monday first) and hour.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return heat_of(asked)


def heat_of(asked: Answering) -> list[list[int]]:
    """Return how many were created in the period, by weekday (Monday first) and hour."""
    both = asked.now.column(Measure.CREATED, "week_hour")
    counted = np.bincount(both, minlength=WEEKDAYS * HOURS).reshape(WEEKDAYS, HOURS)
    return [[int(number) for number in row] for row in counted]


def weekday(days: Days) -> NDArray[np.int64]:
    """Return the weekday of days since 1970: 0 is Monday."""
    return (days.astype(np.int64) + 3) % WEEKDAYS


def funnel(s: Session, by: Actor, question: Question) -> list[Funnel]:
    """Return, channel by channel, how far what was created in the period has come by now.

    Each stage counts for itself: what was resolved without an answer is not among the answered.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return funnel_of(asked)


def funnel_of(asked: Answering) -> list[Funnel]:
    """Return the funnel of a question that is being answered."""
    grouping, places = asked.grouping(Dimension.CHANNEL), asked.now.at(Measure.CREATED)
    codes = grouping.codes[places].astype(np.int32)
    for name, _column in STAGES:
        codes <<= 1
        codes |= reached(asked.now, places, name)
    counted = np.bincount(codes, minlength=len(grouping.groups) << len(STAGES))
    table = counted.reshape(-1, *[2] * len(STAGES))
    axes = range(1, len(STAGES) + 1)
    counts = [
        table.take(1, axis).sum(axis=tuple(other for other in axes if other < len(STAGES)))
        for axis in axes
    ]
    rows = zip(grouping.groups, *counts, strict=True)
    return [Funnel(group, *(int(n) for n in row)) for group, *row in rows if row[0]]


def reached(window: Window, places: Places | slice, stage: str) -> NDArray[np.bool_]:
    """Tell which tickets have come to a stage by now."""
    is_so: NDArray[np.bool_] = window.sample[dict(STAGES)[stage]][places] != NO_DAY
    return is_so
