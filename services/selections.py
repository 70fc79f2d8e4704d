"""Which tickets figures are of: a filter, as far as the person who asks may see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Calendar, Channel, Impact, Priority, Status, TicketType, Urgency
from services import calendars, columns, holidays, open_days, opening_hours, permissions, sessions
from services.columns import Clocks, Columns
from services.dimensions import Departments
from services.facts import LEVELS, moment
from services.figures import Places, Sample
from services.permissions import Action, Actor, require


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which tickets are meant; what is empty does not narrow. 0 among ids is « none »."""

    created_from: datetime | None = None
    created_before: datetime | None = None
    team_ids: frozenset[int] = frozenset()
    lead_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()  # a whole subtree
    types: frozenset[TicketType] = frozenset()
    channels: frozenset[Channel] = frozenset()
    urgencies: frozenset[Urgency] = frozenset()
    impacts: frozenset[Impact] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    statuses: frozenset[Status] = frozenset()
    departments: frozenset[str] = frozenset()


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Found:
    """The tickets of a selection, and who is in which department."""

    sample: Sample
    departments: Departments


@contextmanager
def sample(s: Session, by: Actor, wanted: Selection) -> Iterator[Found]:
    """Hold the tickets of a selection that `by` may see figures of.

    Raises:
        NotAllowed: also to narrow to other people without the right to see figures by name.
    """
    require(by, Action.STATS_SEE)
    if not wanted.lead_ids <= {0, by.id}:
        require(by, Action.STATS_NAMES)  # G19
    with columns.shared.fresh(s, clocks(s)) as known:
        departments = _departments(s, known)
        places = _places(known, departments, wanted, permissions.teams_counted(by))
        yield Found(Sample(known, places, moment(now())), departments)


def clocks(s: Session) -> Clocks:
    """Return the zone of the organisation, and the hours of its default calendar."""
    zone = sessions.home_zone()
    query = select(Calendar.id).where(Calendar.is_default).order_by(Calendar.id)
    calendar_id = s.scalar(query.limit(1))
    if calendar_id is not None:
        return Clocks(ZoneInfo(zone), calendars.hours_of(s, calendar_id))
    usual = {
        "timezone": zone,
        "hours": opening_hours.checked(opening_hours.OFFICE),
        "holidays": holidays.METROPOLE,
        "works_whit_monday": False,
        "school_zone": "",
    }
    return Clocks(ZoneInfo(zone), open_days.hours_from(usual))


_departments_known: tuple[int, Departments] | None = None


def _departments(s: Session, known: Columns) -> Departments:
    """Return who is in which department, read again when somebody’s account changed."""
    global _departments_known  # noqa: PLW0603 - beside the columns, of which there is one
    version = known.departments_version
    if _departments_known is None or _departments_known[0] != version:
        _departments_known = version, Departments(s)
    return _departments_known[1]


def _places(
    known: Columns, departments: Departments, wanted: Selection, teams: frozenset[int] | None
) -> Places | None:
    """Return the places of the tickets that are meant; None is all of them."""
    conditions = list(_conditions(known, departments, wanted))
    if teams is not None:
        conditions.append(np.isin(known["team"], list(teams)))
    if not conditions:
        return None
    mask = conditions[0]
    for condition in conditions[1:]:
        mask &= condition
    return _stretch(mask)


def _stretch(mask: NDArray[np.bool_]) -> Places:
    """Return where a mask holds: a period mostly is a stretch of tickets, which costs nothing."""
    first, many = int(mask.argmax()) if len(mask) else 0, int(np.count_nonzero(mask))
    if mask[first : first + many].all():
        return slice(first, first + many)
    return np.flatnonzero(mask)


def _conditions(
    known: Columns, departments: Departments, wanted: Selection
) -> Iterator[NDArray[np.bool_]]:
    if wanted.created_from is not None:
        yield known["created"] >= moment(wanted.created_from)
    if wanted.created_before is not None:
        yield known["created"] < moment(wanted.created_before)
    for name, ids in (
        ("team", wanted.team_ids),
        ("lead", wanted.lead_ids),
        ("category", wanted.category_ids),
    ):
        if ids:
            yield np.isin(known[name], list(ids))
    for name, levels in _levels(wanted):
        if levels:
            is_in = np.array([level in levels for level in LEVELS[name]])
            yield is_in[known[name]]
    if wanted.departments:
        among = [departments.place(name) for name in wanted.departments]
        yield np.isin(departments.of(known["requester"]), among)


def _levels(wanted: Selection) -> Iterator[tuple[str, frozenset[Any]]]:
    yield "type", wanted.types
    yield "channel", wanted.channels
    yield "urgency", wanted.urgencies
    yield "impact", wanted.impacts
    yield "priority", wanted.priorities
    yield "status", wanted.statuses
