"""How the desk stands, for a machine that watches it: numbers of the whole organisation, no names.

Nobody is behind the question, so no rights narrow it; whoever asks was let in at the door
(`integrations.metrics.access`). What each figure means, `services.statistics` says.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Priority, Status, Team
from services import columns, figures, selections, time_axes
from services.columns import Clocks, Columns, State
from services.facts import LEVELS, moment
from services.figures import Figures, Sample
from services.time_axes import SECOND
from services.workflow import OPEN

LATELY = timedelta(days=30)  # of whose tickets promises and times are told
SOON = timedelta(hours=4)
MOST_TEAMS = 50  # told by name: those with the most open tickets
NO_TEAM, OTHER_TEAMS = "(none)", "(other)"

_DURATIONS = ("acceptance", "first_response", "resolution")
_STATUSES: tuple[Status, ...] = LEVELS["status"]
_PRIORITIES: tuple[Priority, ...] = LEVELS["priority"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How the desk stands at one moment; ages in seconds, 0 where there is no such ticket.

    `created_today` and `resolved_today` are of the organisation’s day. `lately` are the figures of
    the tickets created in the last LATELY, with acceptance, first response and resolution.
    """

    tickets: dict[tuple[Status, Priority], int]
    open_of_teams: dict[tuple[str, Status], int]
    late_of_teams: dict[str, int]
    unassigned: int
    late: int
    due_soon: int
    oldest_open: float
    oldest_unassigned: float
    created_today: int
    resolved_today: int
    lately: Figures


def look(s: Session) -> Standing:
    """Return how the desk stands; of a million tickets in a few hundredths of a second."""
    clocks = selections.clocks(s)
    names = {team.id: team.name for team in s.execute(select(Team.id, Team.name))}
    with columns.shared.fresh(s, clocks) as known:
        return _standing(known, clocks, names)


def _standing(known: Columns, clocks: Clocks, names: dict[int, str]) -> Standing:
    instant = moment(now())
    everything = Sample(known, None, instant)
    states = everything.states()
    is_open = np.flatnonzero(states & State.OPEN)
    late = is_open[states[is_open] & State.MISSED > 0]
    unassigned = is_open[known["lead"][is_open] == 0]
    due = known["due"][is_open]
    today = _day(clocks, instant)
    recent = np.flatnonzero(known["created"] >= moment(now() - LATELY))
    told = _told_teams(known["team"][is_open], names)
    return Standing(
        tickets=_by_levels(known),
        open_of_teams=_open_of_teams(known, is_open, told),
        late_of_teams=_late_of_teams(known["team"][late], told),
        unassigned=len(unassigned),
        late=len(late),
        due_soon=int(np.count_nonzero((due > instant) & (due <= moment(now() + SOON)))),
        oldest_open=_age(known["created"][is_open], instant),
        oldest_unassigned=_age(known["created"][unassigned], instant),
        created_today=int(np.count_nonzero(known["created_day"] == today)),
        resolved_today=int(np.count_nonzero(known["resolved_day"] == today)),
        lately=_figures(Sample(known, recent, instant)),
    )


def _by_levels(known: Columns) -> dict[tuple[Status, Priority], int]:
    """Count all tickets; what does not occur is 0, so that no series comes and goes."""
    both = known["status"] * np.uint8(len(_PRIORITIES)) + known["priority"]
    counted = np.bincount(both, minlength=len(_STATUSES) * len(_PRIORITIES))
    pairs = ((status, priority) for status in _STATUSES for priority in _PRIORITIES)
    return {pair: int(number) for pair, number in zip(pairs, counted, strict=True)}


def _told_teams(teams: NDArray[np.int32], names: dict[int, str]) -> dict[int, str]:
    """Return what each team is told as: all by name as long as they are not too many."""
    ids, counts = np.unique(teams, return_counts=True)
    open_ones = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    order = sorted(names, key=lambda team_id: (-open_ones.get(team_id, 0), team_id))
    told = dict.fromkeys(order, OTHER_TEAMS)
    told |= {team_id: names[team_id] for team_id in order[:MOST_TEAMS]}
    return {0: NO_TEAM, **told}


def _open_of_teams(
    known: Columns, is_open: NDArray[np.int64], told: dict[int, str]
) -> dict[tuple[str, Status], int]:
    open_statuses = [status for status in _STATUSES if status in OPEN]
    found = {(name, status): 0 for name in told.values() for status in open_statuses}
    size = len(_STATUSES)
    both = known["team"][is_open].astype(np.int64) * size + known["status"][is_open]
    for code, number in zip(*np.unique(both, return_counts=True), strict=True):
        key = told.get(int(code) // size, OTHER_TEAMS), _STATUSES[int(code) % size]
        found[key] = found.get(key, 0) + int(number)
    return found


def _late_of_teams(teams: NDArray[np.int32], told: dict[int, str]) -> dict[str, int]:
    found = dict.fromkeys(told.values(), 0)
    for team_id, number in zip(*np.unique(teams, return_counts=True), strict=True):
        name = told.get(int(team_id), OTHER_TEAMS)
        found[name] = found.get(name, 0) + int(number)
    return found


def _age(created: NDArray[np.int64], instant: int) -> float:
    return max(0, instant - int(created.min())) / SECOND if len(created) else 0.0


def _day(clocks: Clocks, instant: int) -> int:
    walls = time_axes.wall(clocks.zone, np.array([instant]))
    return int(time_axes.days(walls)[0])


def _figures(sample: Sample) -> Figures:
    codes = np.zeros(len(sample), np.uint8)
    return figures.of_groups(sample, codes, 1, durations=_DURATIONS, counters=False)[0]
