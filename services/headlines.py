"""The row of figures above everything: what a period had, and the one before."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from services import measures
from services.figures import Reassignments, Sla, Times
from services.measures import Answering, Duration, Measure, Window
from services.periods import Period
from services.permissions import Actor
from services.questions import Hours, Question
from services.words import N_


class Unit(StrEnum):
    """What a figure is counted in."""

    TICKETS = "tickets"
    HOURS = "hours"
    SHARE = "share"  # from 0 to 1
    TIMES = "times"  # per ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """The figures of one period; `headline` defines each."""

    created: int
    resolved: int
    closed: int
    backlog: int
    late: int
    acceptance: Times
    acceptance_business: Times
    first_response: Times
    first_response_business: Times
    resolution: Times
    resolution_business: Times
    sla: Sla
    first_contact: int
    reopened: int
    reassignments: Reassignments

    @property
    def net_flow(self) -> int:
        """Return created less resolved: above 0, more came in than was done."""
        return self.created - self.resolved

    @property
    def first_contact_share(self) -> float | None:
        """Return the part of the resolved ones that the first contact resolved, from 0 to 1."""
        return self.first_contact / self.resolved if self.resolved else None

    @property
    def reopen_rate(self) -> float | None:
        """Return the part of the resolved ones that had come back, from 0 to 1."""
        return self.reopened / self.resolved if self.resolved else None

    def times(self, duration: Duration, hours: Hours) -> Times:
        """Return how long something took by one of the clocks."""
        suffix = "_business" if hours is Hours.BUSINESS else ""
        found: Times = getattr(self, duration.value + suffix)
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a headline, now and before; None where there is nothing to tell."""

    name: str
    title: str  # to translate
    unit: Unit
    now: float | None
    before: float | None
    wanted: int  # 1: more is better, -1: less is, 0: neither

    @property
    def change(self) -> float | None:
        """Return by how much it grew, in its unit."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def ratio(self) -> float | None:
        """Return by which part of what it was before it grew: 0.5 is half as much again."""
        return self.change / abs(self.before) if self.change is not None and self.before else None

    @property
    def is_better(self) -> bool | None:
        """Tell whether the change is welcome; None: there is none, or nobody can say."""
        return self.change * self.wanted > 0 if self.change and self.wanted else None


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures of a period and of the one before."""

    period: Period
    period_before: Period
    now: Values
    before: Values
    hours: Hours

    @property
    def lines(self) -> list[Line]:
        """Return every figure with its change; durations by the clock that was asked for."""
        return [
            Line(name, title, unit, _value(self.now, name, self.hours), earlier, wanted)
            for name, title, unit, wanted in _LINES
            for earlier in (_value(self.before, name, self.hours),)
        ]


def headline(s: Session, by: Actor, question: Question) -> Headline:
    """Return what happened in the period of a question, and in the one before.

    * created, resolved, closed: in the period, whenever they were created; resolved is the last
      time, cancelled ones are none of them. net_flow is created less resolved.
    * backlog: open at the end of the period, or now: created by then and not yet done for the last
      time. late: of these, those past their resolution deadline by then. Pending ones count.
    * acceptance, first_response, resolution: hours since the creation of what was first taken
      charge of, first answered in public by staff, resolved in the period; pauses are not taken
      off. `_business`: of the opening hours of the default calendar.
    * sla: of the promises that were kept (done in time, in the period) or missed (the deadline
      passed in the period, done since or not), how many were kept. A promise counts in one period.
      What another system told of its ticket counts when that was done, if it had no deadline.
    * first_contact: of the resolved ones, with at most one public answer of staff, never
      reassigned, and not reopened within 7 days.
    * reopened: of the resolved ones, those that had come back within 30 days of an earlier end.
    * reassignments: of the resolved ones, changes to another team or lead: mean, how many had any,
      the most.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return of(asked)


def of(asked: Answering) -> Headline:
    """Return the headline of a question that is being answered."""
    return Headline(
        asked.now.period,
        asked.before.period,
        _values(asked.now),
        _values(asked.before),
        asked.question.hours,
    )


def _values(window: Window) -> Values:
    durations = {
        duration.value + suffix: window.times(duration, hours)
        for duration in (Duration.ACCEPTANCE, Duration.FIRST_RESPONSE, Duration.RESOLUTION)
        for suffix, hours in (("", Hours.CALENDAR), ("_business", Hours.BUSINESS))
    }
    counted = (
        Measure.CREATED,
        Measure.RESOLVED,
        Measure.CLOSED,
        Measure.BACKLOG,
        Measure.LATE,
        Measure.FIRST_CONTACT,
        Measure.REOPENED,
    )
    return Values(
        **{measure.value: window.count(measure) for measure in counted},  # type: ignore[arg-type] # counts
        **durations,  # type: ignore[arg-type] # times
        sla=window.sla(),
        reassignments=_reassignments(window),
    )


def _reassignments(window: Window) -> Reassignments:
    moved = window.column(Measure.RESOLVED, "reassignments")
    if not len(moved):
        return Reassignments()
    tickets = window.count(Measure.REASSIGNED)
    return Reassignments(float(moved.mean()), tickets, int(moved.max()))


def _value(of: Values, name: str, hours: Hours) -> float | None:
    """Return a figure by its name in `_LINES`."""
    what, _space, which = name.partition(" ")
    if what in set(Duration):
        found: float | None = getattr(of.times(Duration(what), hours), which)
        return found
    special = {"sla": of.sla.share, "reassignments": of.reassignments.mean}
    value: float | None = special[name] if name in special else getattr(of, name)
    return value


_LINES: tuple[tuple[str, str, Unit, int], ...] = (
    ("created", N_("Tickets created"), Unit.TICKETS, 0),
    ("resolved", N_("Tickets resolved"), Unit.TICKETS, 1),
    ("net_flow", N_("Net flow"), Unit.TICKETS, -1),
    ("backlog", N_("Backlog"), Unit.TICKETS, -1),
    ("late", N_("Tickets late"), Unit.TICKETS, -1),
    ("sla", N_("Deadlines kept"), Unit.SHARE, 1),
    ("acceptance median", N_("Time to take charge, median"), Unit.HOURS, -1),
    ("acceptance mean", N_("Time to take charge, mean"), Unit.HOURS, -1),
    ("acceptance p90", N_("Time to take charge, 90th percentile"), Unit.HOURS, -1),
    ("first_response median", N_("Time to first answer, median"), Unit.HOURS, -1),
    ("first_response mean", N_("Time to first answer, mean"), Unit.HOURS, -1),
    ("first_response p90", N_("Time to first answer, 90th percentile"), Unit.HOURS, -1),
    ("resolution median", N_("Time to resolve, median"), Unit.HOURS, -1),
    ("resolution mean", N_("Time to resolve, mean"), Unit.HOURS, -1),
    ("resolution p90", N_("Time to resolve, 90th percentile"), Unit.HOURS, -1),
    ("first_contact_share", N_("Resolved at first contact"), Unit.SHARE, 1),
    ("reopen_rate", N_("Reopen rate"), Unit.SHARE, -1),
    ("reassignments", N_("Reassignments per ticket"), Unit.TIMES, -1),
)
