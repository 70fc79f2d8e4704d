"""How durations are spread: boxes of groups, and a histogram."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from services import measures
from services.dimensions import Dimension, Group
from services.measures import Answering, Duration
from services.permissions import Actor
from services.quantiles import Spread
from services.questions import Hours, Question

# Hours at which the next bin begins: 1 h, 4 h, 8 h, 1 d, 2 d, 1 week, 2 weeks, 30 days; in opening
# hours a day has about 8 of them, and a week 40.
EDGES: dict[Hours, tuple[int, ...]] = {
    Hours.CALENDAR: (1, 4, 8, 24, 48, 168, 336, 720),
    Hours.BUSINESS: (1, 2, 4, 8, 16, 40, 80, 160),
}
WHISKERS = (0.05, 0.95)
_DRAWN = [measures.SHARES.index(share) for share in (WHISKERS[0], 0.25, 0.5, 0.75, WHISKERS[1])]


@dataclass(frozen=True, slots=True)
class Box:
    """The hours something took: nine of ten tickets between the whiskers, half in the box."""

    n: int
    mean: float
    low: float
    q1: float
    median: float
    q3: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """How many tickets took at least `begin` hours and less than `end`; None: no end."""

    begin: int
    end: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """How long something took: of all tickets, and of each group in which it ever did."""

    duration: Duration
    hours: Hours
    dimension: Dimension | None
    all: Box | None  # None: of no ticket
    boxes: list[tuple[Group, Box]]
    bins: list[Bin]


def distribution(
    s: Session,
    by: Actor,
    question: Question,
    duration: Duration,
    dimension: Dimension | None = None,
) -> Distribution:
    """Return how the hours are spread of what came to the end of `duration` in the period.

    Quantiles are linear; whiskers are the 5th and the 95th percentile. Closing is measured by the
    calendar only. Left out is what ended before it began.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return of(asked, duration, dimension)


def of(asked: Answering, duration: Duration, dimension: Dimension | None = None) -> Distribution:
    """Return a distribution of a question that is being answered."""
    hours = clock_of(duration, asked.question.hours)
    window, edges = asked.now, EDGES[hours]
    everything = _boxes(window.spread(duration, hours))[0]
    boxes: list[tuple[Group, Box]] = []
    if dimension is not None:
        grouping = asked.grouping(dimension)
        made = _boxes(window.spread(duration, hours, dimension, grouping))
        found = zip(grouping.groups, made, strict=True)
        boxes = [(group, box) for group, box in found if box is not None]
    counted = window.histogram(duration, hours, edges).tolist()
    spans = zip((0, *edges), (*edges, None), counted, strict=True)
    bins = [Bin(*span) for span in spans]
    return Distribution(duration, hours, dimension, everything, boxes, bins)


def clock_of(duration: Duration, hours: Hours) -> Hours:
    """Return by which clock something is measured when one asks for `hours`."""
    return Hours.CALENDAR if duration is Duration.CLOSING else hours


def bin_of(values: NDArray[np.float64], hours: Hours) -> NDArray[np.int64]:
    """Return in which bin each of some hours lies, counted from 0."""
    return np.searchsorted(EDGES[hours], values, side="right")


def _boxes(spread: Spread) -> list[Box | None]:
    at = spread.at[:, _DRAWN].tolist()
    rows = zip(spread.known.tolist(), spread.means.tolist(), at, strict=True)
    return [Box(n, mean, *places) if n else None for n, mean, places in rows]
