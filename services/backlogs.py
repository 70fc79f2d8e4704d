"""What is there to do: the load of teams and people, and how old what is open has become."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from services import measures
from services.dimensions import Dimension, Group
from services.measures import Answering, Measure, Places, Window
from services.permissions import Actor
from services.questions import Question
from services.statistics import AGE_BANDS
from services.time_axes import DAY


@dataclass(frozen=True, slots=True)
class Load:
    """What a team or a person has and did."""

    group: Group
    open: int  # at the end of the period, as `late`
    late: int
    taken: int  # in the period, as `resolved`
    resolved: int


@dataclass(frozen=True, slots=True)
class Workload:
    """The load of each team, and of each person; of whom depends on the right to see names."""

    teams: list[Load]
    people: list[Load]


@dataclass(frozen=True, slots=True)
class Ages:
    """How many tickets of the backlog are 0–1, 2–5, 6–15 and more days old; no group: all."""

    group: Group | None
    bands: list[int]


def workload(s: Session, by: Actor, question: Question) -> Workload:
    """Return what each team, and with `people` each lead, has open and did in the period.

    open and late are of the end of the period; taken is what somebody first took charge of in it,
    counted for who leads the ticket now, as everything here.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return workload_of(asked)


def workload_of(asked: Answering) -> Workload:
    """Return the load in a question that is being answered."""
    people = _load(asked, Dimension.TECHNICIAN) if asked.question.people else []
    return Workload(_load(asked, Dimension.TEAM), people)


def ages(s: Session, by: Actor, question: Question, dimension: Dimension | None) -> list[Ages]:
    """Return how old the backlog was at the end of the period, in whole days; of groups or of all.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return ages_of(asked, dimension)


def ages_of(asked: Answering, dimension: Dimension | None) -> list[Ages]:
    """Return the ages of the backlog of a question that is being answered."""
    bands = band_of(asked.now, asked.now.places(Measure.BACKLOG))
    size = len(AGE_BANDS) + 1
    if dimension is None:
        return [Ages(None, np.bincount(bands, minlength=size).tolist())]
    grouping = asked.grouping(dimension)
    codes = grouping.codes[asked.now.places(Measure.BACKLOG)].astype(np.int64)
    counted = np.bincount(codes * size + bands, minlength=len(grouping.groups) * size)
    rows = counted.reshape(-1, size)
    found = zip(grouping.groups, rows, strict=True)
    return [Ages(group, row.tolist()) for group, row in found if row.any()]


def band_of(window: Window, places: Places) -> NDArray[np.int64]:
    """Return the age band of tickets at the end of a period, counted from 0."""
    days = (window.end - window.sample["created"][places]) // DAY
    return np.searchsorted(AGE_BANDS, days, side="right")


def _load(asked: Answering, dimension: Dimension) -> list[Load]:
    what = (Measure.BACKLOG, Measure.LATE, Measure.ACCEPTED, Measure.RESOLVED)
    counts = [asked.counts(asked.now, measure, dimension) for measure in what]
    rows = zip(asked.grouping(dimension).groups, *counts, strict=True)
    return [Load(group, *(int(n) for n in row)) for group, *row in rows if any(row)]
