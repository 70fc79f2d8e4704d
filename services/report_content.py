"""What a report says, found out section by section, with the rights of who reads it.

Figures are those of `services.headlines` and `services.measures`: everything counts when it
happened. Each section reads in a transaction of its own, between those of the schedule.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Report, Shelf, Team, Ticket
from services import (
    headlines,
    marks,
    measures,
    periods,
    permissions,
    questions,
    recurring,
    sessions,
    trends,
)
from services.dimensions import Dimension, Group
from services.figures import times as times_of
from services.headlines import Values
from services.marks import Mark
from services.measures import Answering, Duration, Measure, Window
from services.periods import Period
from services.permissions import Actor
from services.questions import Hours, Question
from services.report_model import Content, Figure, Groups, Late, Problem, Step
from services.report_model import Group as Row
from services.selections import EVERYTHING

MOST_LATE = 40
MOST_GROUPS = 25
MOST_PROBLEMS = 10
TICKETS = "/stats/tickets"  # the list behind a figure
RECURRING = "/stats/recurring"  # the tickets of a problem


class Draft:
    """A report being made: what its sections found so far."""

    def __init__(self, report: Report, by: Actor) -> None:
        self.by = by
        self.team_id = report.team_id
        ids = frozenset() if report.team_id is None else frozenset({report.team_id})
        period = Period(report.first_day, report.last_day)
        self.question = Question(period=period, wanted=replace(EVERYTHING, team_ids=ids))
        self.made_at = now()
        self.found: dict[str, Any] = {}

    def content(self) -> Content:
        """Return the whole report."""
        period, before = self.question.period, periods.before(self.question.period)
        return Content(
            first=period.first,
            last=period.last,
            before_first=before.first,
            before_last=before.last,
            zone=sessions.home_zone(),
            made_at=self.made_at,
            **self.found,
        )

    def link(self, measure: Measure, dimension: Dimension | None = None, key: str = "") -> str:
        """Return the address of the tickets that a figure counts."""
        mark = Mark(measure=measure, dimension=dimension, value=key)
        return questions.address(TICKETS, self.question, marks.to_query(mark))


def about(s: Session, draft: Draft) -> None:
    """Find out what the teams are called that the report is of."""
    counted = permissions.teams_counted(draft.by)
    ids = {draft.team_id} if draft.team_id is not None else counted
    query = select(Team.id, Team.name).order_by(Team.name)
    names = {row.id: row.name for row in s.execute(query)}
    draft.found["team"] = names.get(draft.team_id or 0, "")
    draft.found["teams"] = None if ids is None else tuple(n for i, n in names.items() if i in ids)


def figures(s: Session, draft: Draft) -> None:
    """Find the figures on top, the trend, and those of each team, category and priority.

    All of one sample: a ticket that changes meanwhile changes all of them or none.
    """
    question = draft.question
    with measures.answering(s, draft.by, question) as asked:
        headline = headlines.of(asked)
        points = trends.of(asked.sample, question.period, question.each)
        groups = {name: _groups(draft, asked, d) for name, d in _DIMENSIONS.items()}
    now_, before = _values(headline.now), _values(headline.before)
    draft.found["figures"] = tuple(
        Figure(name=name, now=now_[name], before=before[name], link=draft.link(measure))
        for name, measure in _BEHIND.items()
    )
    draft.found["trend"] = tuple(
        Step(first=p.first_day, created=p.created, resolved=p.resolved, backlog=p.backlog)
        for p in points
    )
    draft.found |= groups


def late(s: Session, draft: Draft) -> None:
    """Find the tickets that are open past their resolution deadline, the newest promise first."""
    query = _late(draft).add_columns(Team.name).outerjoin(Team, Ticket.team_id == Team.id)
    newest = query.order_by(Ticket.due_order.desc(), Ticket.number.desc()).limit(MOST_LATE)
    draft.found["late"] = tuple(
        Late(
            number=row.number,
            due_at=row.resolve_due_at,
            team=row.name or "",
            priority=row.priority.value,
        )
        for row in s.execute(newest)
    )
    count = select(func.count()).select_from(_late(draft).subquery())
    draft.found["late_total"] = s.scalar(count) or 0
    today = Period(questions.today(), questions.today())
    asked = replace(draft.question, period=today)
    pairs = marks.to_query(Mark(measure=Measure.LATE))
    draft.found["late_link"] = questions.address(TICKETS, asked, pairs)


def problems(s: Session, draft: Draft) -> None:
    """Find what several tickets created in the period tell of, as far as anybody looked for it."""
    first, after = periods.bounds(draft.question.period, ZoneInfo(sessions.home_zone()))
    wanted = replace(draft.question.wanted, created_from=first, created_before=after)
    found = recurring.recurrence(s, draft.by, wanted, MOST_PROBLEMS)
    if found.found_at is None:
        return
    draft.found["problems"] = tuple(
        Problem(
            label=problem.label,
            size=problem.size,
            before=problem.before,
            weeks=tuple(problem.weeks),
            categories=tuple(path for path, _many in problem.categories),
            examples=tuple(number for number, _title in problem.examples),
            link=f"{RECURRING}?ticket={problem.numbers[0]}",
        )
        for problem in found.problems
    )


Section = Callable[[Session, Draft], None]
SECTIONS: tuple[Section, ...] = (about, figures, late, problems)
_DIMENSIONS = {
    "of_teams": Dimension.TEAM,
    "of_categories": Dimension.CATEGORY,
    "of_priorities": Dimension.PRIORITY,
}
_BEHIND: dict[str, Measure] = {  # what is behind each figure, in the order of all of them
    "created": Measure.CREATED,
    "resolved": Measure.RESOLVED,
    "net_flow": Measure.CREATED,
    "backlog": Measure.BACKLOG,
    "late": Measure.LATE,
    "acceptance": Measure.ACCEPTED,
    "first_response": Measure.ANSWERED,
    "first_response_p90": Measure.ANSWERED,
    "resolution": Measure.RESOLVED,
    "resolution_mean": Measure.RESOLVED,
    "resolution_p90": Measure.RESOLVED,
    "resolution_business": Measure.RESOLVED,
    "sla": Measure.MISSED,
    "first_contact": Measure.FIRST_CONTACT,
    "reopened": Measure.REOPENED,
    "reassignments": Measure.REASSIGNED,
}


def _values(found: Values) -> dict[str, float | None]:
    return {
        "created": found.created,
        "resolved": found.resolved,
        "net_flow": found.net_flow,
        "backlog": found.backlog,
        "late": found.late,
        "acceptance": found.acceptance.median,
        "first_response": found.first_response.median,
        "first_response_p90": found.first_response.p90,
        "resolution": found.resolution.median,
        "resolution_mean": found.resolution.mean,
        "resolution_p90": found.resolution.p90,
        "resolution_business": found.resolution_business.median,
        "sla": found.sla.share,
        "first_contact": found.first_contact_share,
        "reopened": found.reopen_rate,
        "reassignments": found.reassignments.mean,
    }


def _groups(draft: Draft, asked: Answering, dimension: Dimension) -> Groups:
    """Return the groups in which there was anything, the busiest first; priorities by rank."""
    grouping = asked.grouping(dimension)
    columns: tuple[tuple[str, Window, Measure], ...] = (
        ("created", asked.now, Measure.CREATED),
        ("before", asked.before, Measure.CREATED),
        ("resolved", asked.now, Measure.RESOLVED),
        ("backlog", asked.now, Measure.BACKLOG),
        ("late", asked.now, Measure.LATE),
        ("sla_made", asked.now, Measure.KEPT),
        ("sla_missed", asked.now, Measure.MISSED),
    )
    counted = {name: asked.counts(window, m, dimension) for name, window, m in columns}
    spread = asked.now.spread(Duration.RESOLUTION, Hours.CALENDAR, dimension, grouping)
    spans = times_of(spread, measures.SHARES)
    found = []
    for place, group in enumerate(grouping.groups):
        numbers = {name: int(values[place]) for name, values in counted.items()}
        if any(numbers.values()):
            times = spans[place].median, spans[place].p90
            found.append(_row(draft, dimension, group, numbers, times))
    if dimension is not Dimension.PRIORITY:
        found.sort(key=lambda row: (-row.created, -row.backlog, -row.before, row.value))
    return Groups(shown=tuple(found[:MOST_GROUPS]), more=max(0, len(found) - MOST_GROUPS))


def _row(
    draft: Draft,
    dimension: Dimension,
    group: Group,
    numbers: dict[str, int],
    times: tuple[float | None, float | None],
) -> Row:
    missed = numbers.pop("sla_missed")
    return Row(
        value=group.value,
        median=times[0],
        p90=times[1],
        sla_n=numbers["sla_made"] + missed,
        link=draft.link(Measure.CREATED, dimension, group.key),
        **numbers,
    )


def _late(draft: Draft) -> Select[Any]:
    columns: Any = select(Ticket.number, Ticket.resolve_due_at, Ticket.priority)
    query: Select[Any] = columns.where(Ticket.shelf == Shelf.OPEN, Ticket.due_order < draft.made_at)
    counted = permissions.teams_counted(draft.by)
    if draft.team_id is not None:
        query = query.where(Ticket.team_id == draft.team_id)
    return query if counted is None else query.where(Ticket.team_id.in_(counted))
