"""Recurring problems: groups of similar tickets, counted as far as the person who asks may see.

The groups were found in the background (`services.recurring_work`); what is counted of them is as
the tickets are now. Who sees the figures of some teams only finds problems made of their tickets
alone, and words of their titles alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Category, RecurringGroup, RecurringRun, Schedule, Ticket
from services import periods, questions, selections, sessions, stems
from services.errors import NotFound
from services.facts import moment
from services.figures import Sample
from services.periods import Period
from services.permissions import Action, Actor, require
from services.recurring_groups import Groups, known
from services.selections import EVERYTHING, Selection

TASK = "recurring"  # of `services.tasks`
LEAST = 3  # tickets that tell of the same are a problem (domain.md 6)
PERIOD = timedelta(days=30)
MOST = 50  # problems of one answer
WEEKS = 12
EXAMPLES = 3
_CENTRAL = 5  # tickets in whose titles a name is looked for
_CATEGORIES = 3
_NAMED_BY = 8  # of the telling stems, those that a name is made of
_WEEK = 7
_MONDAY = 3  # days from one to the first of 1970, a Thursday

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """Tickets that tell of the same, created in a period.

    `before` counts the period of the same length just before, None when not all of it was looked
    at. `weeks` counts the last WEEKS weeks, Monday to Sunday, up to the end of the period; the
    last may have just begun.
    """

    id: int
    label: str  # words of the title of its most central ticket
    size: int
    before: int | None
    weeks: list[int]
    categories: list[tuple[str, int]]  # paths, most frequent first; empty: none
    examples: list[tuple[int, str]]  # numbers and titles, most central first
    numbers: list[int]  # of the period, most central first


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The largest problems of a period, and what part of its tickets belongs to any."""

    problems: list[Problem]
    tickets: int  # created in the period
    recurring: int  # of them, those that belong to a problem
    found_at: datetime | None  # None: nobody has looked yet

    @property
    def share(self) -> float | None:
        """Return the part of the tickets that recur, from 0 to 1 (domain.md 6)."""
        return self.recurring / self.tickets if self.tickets else None


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether groups are looked for, how many tickets were read so far, when it ended last."""

    is_running: bool
    tickets: int
    found_at: datetime | None


def since(days: int) -> datetime:
    """Return when the last so many days began, with today, in the organisation’s zone."""
    period = Period(questions.today() - timedelta(days=days - 1), questions.today())
    return periods.bounds(period, ZoneInfo(sessions.home_zone()))[0]


def problems(
    s: Session, by: Actor, wanted: Selection = EVERYTHING, most: int = MOST
) -> list[Problem]:
    """Return the largest problems of a selection; `recurrence` says what its period is.

    Raises:
        NotAllowed.
    """
    return recurrence(s, by, wanted, most).problems


def recurrence(
    s: Session, by: Actor, wanted: Selection = EVERYTHING, most: int = MOST
) -> Recurrence:
    """Return the problems of a selection, the largest first, and how much of all they are.

    Its period is of the creation; without a beginning it is the last 30 days. A problem has at
    least LEAST tickets in it that `by` may see figures of.

    Raises:
        NotAllowed.
    """
    require(by, Action.STATS_SEE)
    found = known.fresh(s)
    counted = _count(s, by, wanted, found)
    order = np.argsort(-counted.sizes, kind="stable")
    chosen = [int(group) for group in order if counted.sizes[group] >= LEAST]
    return Recurrence(
        _told(s, found, counted, chosen[:most]),
        counted.tickets,
        int(counted.sizes[chosen].sum()),
        found.at,
    )


def of_ticket(s: Session, by: Actor, number: int, wanted: Selection = EVERYTHING) -> Problem:
    """Return the problem that a ticket belongs to: its number stays when groups are found anew.

    Raises:
        NotAllowed, NotFound: it belongs to none, or one that is none for `by` in that period.
    """
    require(by, Action.STATS_SEE)
    found = known.fresh(s)
    counted = _count(s, by, wanted, found)
    group = counted.group_of(number)
    if group < 0 or counted.sizes[group] < LEAST:
        raise NotFound
    return _told(s, found, counted, [group])[0]


def progress(s: Session, by: Actor) -> Progress:
    """Return how far the search is that runs now, if one does."""
    require(by, Action.STATS_SEE)
    query = select(RecurringRun).order_by(RecurringRun.id.desc())
    runs = s.scalars(query.execution_options(populate_existing=True)).all()
    row = s.get(Schedule, TASK, populate_existing=True)
    is_running = row is not None and (bool(row.owner) or row.next_at <= now())
    unfinished = next((run for run in runs if run.ended_at is None), None)
    done = next((run for run in runs if run.ended_at is not None), None)
    return Progress(
        is_running and row is not None and row.is_active,
        unfinished.tickets if unfinished else 0,
        done.ended_at if done else None,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one person may count of the groups; `codes` is -1 for what belongs to none."""

    numbers: Numbers
    codes: NDArray[np.int32]
    is_in: NDArray[np.bool_]  # the period
    weeks: NDArray[np.int64]  # counted since 1970
    categories: NDArray[Any]
    sizes: NDArray[np.int64]
    before: NDArray[np.int64] | None
    last_week: int
    tickets: int

    def group_of(self, number: int) -> int:
        """Return the group of a ticket that is counted, -1 when there is none."""
        place = np.flatnonzero(self.numbers == number)
        return int(self.codes[place[0]]) if len(place) else -1


def _count(s: Session, by: Actor, wanted: Selection, found: Groups) -> _Counted:
    end = wanted.created_before or now()
    begin = wanted.created_from or end - PERIOD
    first, last = moment(begin), moment(end)
    whole = replace(wanted, created_from=None, created_before=None)
    with selections.sample(s, by, whole) as there:
        sample = there.sample
        created = sample["created"]
        is_in = (created >= first) & (created < last)
        codes = _codes(sample, found)
        is_before = (created >= first - (last - first)) & (created < first)
        inside = np.flatnonzero(codes >= 0)
        days = sample["created_day"][inside].astype(np.int64)
        in_last = sample["created_day"][is_in]
        newest = int(in_last.max()) if len(in_last) else int(end.timestamp() // 86400)
        many = len(found.ids)
        return _Counted(
            numbers=sample["number"][inside].copy(),
            codes=codes[inside],
            is_in=is_in[inside],
            weeks=(days + _MONDAY) // _WEEK,
            categories=sample["category"][inside].copy(),
            sizes=np.bincount(codes[is_in & (codes >= 0)], minlength=many),
            before=np.bincount(codes[is_before & (codes >= 0)], minlength=many)
            if first - (last - first) >= found.first
            else None,
            last_week=(newest + _MONDAY) // _WEEK,
            tickets=int(is_in.sum()),
        )


def _codes(sample: Sample, found: Groups) -> NDArray[np.int32]:
    """Return the group of each ticket of a sample."""
    numbers = sample["number"]
    codes = np.full(len(sample), -1, np.int32)
    if len(found.numbers):
        places = np.minimum(np.searchsorted(found.numbers, numbers), len(found.numbers) - 1)
        is_there = found.numbers[places] == numbers
        codes[is_there] = found.codes[places[is_there]]
    return codes


def _told(s: Session, found: Groups, counted: _Counted, chosen: list[int]) -> list[Problem]:
    """Return problems with their names; in three queries however many they are."""
    ids = [found.ids[group] for group in chosen]
    query = select(RecurringGroup.id, RecurringGroup.telling).where(RecurringGroup.id.in_(ids))
    telling = {row.id: row.telling.split() for row in s.execute(query)} if ids else {}
    numbers = [_central(found.members[group], counted, group) for group in chosen]
    titles = _titles(s, [number for some in numbers for number in some[:_CENTRAL]])
    paths = _paths(s, counted, chosen)
    made = []
    for group, some in zip(chosen, numbers, strict=True):
        central = [(number, titles[number]) for number in some[:_CENTRAL] if number in titles]
        key = found.ids[group]
        made.append(
            Problem(
                id=key,
                label=_label([title for _number, title in central], telling.get(key, [])),
                size=int(counted.sizes[group]),
                before=None if counted.before is None else int(counted.before[group]),
                weeks=_weeks(counted, group),
                categories=paths[group],
                examples=central[:EXAMPLES],
                numbers=some,
            )
        )
    return made


def _central(members: Numbers, counted: _Counted, group: int) -> list[int]:
    """Return the numbers of a group that count in the period, nearest to the centre first."""
    mine = counted.numbers[(counted.codes == group) & counted.is_in]
    return [int(number) for number in members[np.isin(members, mine)]]


def _label(titles: list[str], telling: list[str]) -> str:
    """Return a name of several words of one title, else of one, else a title as it is.

    One is better whose words follow each other there: nothing that led to them is left out.
    """
    names = [stems.label(title, telling[:_NAMED_BY]) for title in titles]
    several = [(name, title) for name, title in zip(names, titles, strict=True) if " " in name]
    best = sorted(several, key=lambda each: not stems.is_unbroken(*each))
    found = [*(name for name, _title in best), *filter(None, names), *titles]
    name = next(iter(found), "")[: stems.MAX_LABEL]
    return name[:1].upper() + name[1:]


def _weeks(counted: _Counted, group: int) -> list[int]:
    ages = counted.last_week - counted.weeks[counted.codes == group]
    ages = ages[(ages >= 0) & (ages < WEEKS)]
    return [int(n) for n in np.bincount(ages, minlength=WEEKS)[::-1]]


def _titles(s: Session, numbers: list[int]) -> dict[int, str]:
    query = select(Ticket.number, Ticket.title).where(Ticket.number.in_(numbers))
    return {row.number: row.title for row in s.execute(query)} if numbers else {}


def _paths(s: Session, counted: _Counted, chosen: list[int]) -> dict[int, list[tuple[str, int]]]:
    """Return the most frequent categories of some groups."""
    most: dict[int, list[tuple[int, int]]] = {}
    for group in chosen:
        mine = counted.categories[(counted.codes == group) & counted.is_in]
        ids, many = np.unique(mine, return_counts=True)
        order = np.argsort(-many, kind="stable")[:_CATEGORIES]
        most[group] = [(int(ids[place]), int(many[place])) for place in order]
    wanted = {key for some in most.values() for key, _many in some if key}
    query = select(Category.id, Category.path).where(Category.id.in_(wanted))
    names = {row.id: row.path for row in s.execute(query)} if wanted else {}
    return {
        group: [(names.get(key, ""), many) for key, many in some] for group, some in most.items()
    }
