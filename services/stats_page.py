"""Everything the page of statistics draws, in one pass over one sample."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services import (
    arrivals,
    backlogs,
    columns,
    compliance,
    distributions,
    headlines,
    measures,
    permissions,
    trends,
)
from services.arrivals import Funnel, Mover
from services.backlogs import Ages, Workload
from services.compliance import Compliance
from services.dimensions import Dimension
from services.distributions import Distribution
from services.headlines import Headline
from services.measures import Answering, Duration
from services.permissions import Actor
from services.questions import Question
from services.trends import Point

SPREAD = (Dimension.TEAM, Dimension.PRIORITY)  # by what durations are shown in boxes
MOVERS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The answers to one question; the functions of the same names define them."""

    headline: Headline
    trend: list[Point]
    compliance: list[Compliance]  # by the step of the trend
    ages: Ages
    ages_by_team: list[Ages]
    distributions: dict[Dimension, Distribution]  # of one duration, by SPREAD
    heat: list[list[int]]
    movers: list[Mover]  # categories
    workload: Workload
    funnel: list[Funnel]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing happened in the period, nor was open at its end."""
        now = self.headline.now
        return not any((now.created, now.resolved, now.closed, now.backlog, now.sla.n))


def page(
    s: Session, by: Actor, question: Question, duration: Duration = Duration.RESOLUTION
) -> Page:
    """Return what the page draws. Of very many tickets it may be some seconds behind.

    Raises:
        NotAllowed.
    """
    with measures.answering(s, by, question) as asked:
        return columns.shared.remembered(
            (question, duration, permissions.sight(by)),
            lambda: _page(asked, duration),
            is_large=len(asked.sample) > columns.MANY,
        )


def _page(asked: Answering, duration: Duration) -> Page:
    return Page(
        headline=headlines.of(asked),
        trend=trends.of(asked.sample, asked.question.period, asked.question.each),
        compliance=compliance.compliance_of(asked, asked.question.each),
        ages=backlogs.ages_of(asked, None)[0],
        ages_by_team=backlogs.ages_of(asked, Dimension.TEAM),
        distributions={d: distributions.of(asked, duration, d) for d in SPREAD},
        heat=arrivals.heat_of(asked),
        movers=arrivals.movers_of(asked, Dimension.CATEGORY, MOVERS),
        workload=backlogs.workload_of(asked),
        funnel=arrivals.funnel_of(asked),
    )
