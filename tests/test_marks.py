"""Behind each mark of a chart there are as many tickets as the chart says, and the right ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data import clock
from services import arrivals, distributions, marks, sessions, stats_page
from services.dimensions import Dimension
from services.errors import Invalid
from services.marks import Mark
from services.measures import Duration, Measure
from services.periods import Period, Step
from services.permissions import Actor
from services.questions import Hours, Question
from services.stats_page import Page
from tests import recounts
from tests.conftest import People
from tests.recounts import Fact
from tests.test_measures import scenes

Scene = tuple[list[Fact], Period, str, datetime]


@pytest.fixture(autouse=True)
def _at_home() -> Iterator[None]:
    yield
    sessions.configure(timezone="Europe/Paris")


def of_the_headline(page: Page) -> Iterator[tuple[Mark, int]]:
    now = page.headline.now
    for measure in (
        Measure.CREATED,
        Measure.RESOLVED,
        Measure.CLOSED,
        Measure.BACKLOG,
        Measure.LATE,
        Measure.FIRST_CONTACT,
        Measure.REOPENED,
    ):
        yield Mark(measure=measure), getattr(now, measure.value)
    yield Mark(measure=Measure.KEPT), now.sla.made
    yield Mark(measure=Measure.MISSED), now.sla.n - now.sla.made
    yield Mark(measure=Measure.REASSIGNED), now.reassignments.tickets


def of_the_trend(page: Page, step: Step) -> Iterator[tuple[Mark, int]]:
    for point in page.trend:
        for measure in (Measure.CREATED, Measure.RESOLVED, Measure.CLOSED, Measure.BACKLOG):
            on = marks.on(point.first_day, step)
            yield Mark(measure=measure, on=on), getattr(point, measure.value)
    for part in page.compliance:
        assert part.part
        yield Mark(measure=Measure.KEPT, on=marks.on(part.part.first, step)), part.sla.made


def of_the_ages(page: Page) -> Iterator[tuple[Mark, int]]:
    for age, count in enumerate(page.ages.bands):
        yield Mark(measure=Measure.BACKLOG, age=age), count
    for ages in page.ages_by_team:
        for age, count in enumerate(ages.bands):
            assert ages.group
            mark = Mark(measure=Measure.BACKLOG, age=age, dimension=Dimension.TEAM)
            yield replace(mark, value=ages.group.key), count


def of_the_durations(page: Page, duration: Duration) -> Iterator[tuple[Mark, int]]:
    for dimension, spread in page.distributions.items():
        for place, span in enumerate(spread.bins):
            yield Mark(duration=duration, bin=place), span.count
        for group, box in spread.boxes:
            yield Mark(duration=duration, dimension=dimension, value=group.key), box.n


def of_what_came_in(page: Page) -> Iterator[tuple[Mark, int]]:
    for weekday, row in enumerate(page.heat):
        for hour, count in enumerate(row):
            if count:
                yield Mark(weekday=weekday, hour=hour), count
    for mover in page.movers:
        yield Mark(dimension=Dimension.CATEGORY, value=mover.group.key), mover.now
    for channel in page.funnel:
        mark = Mark(dimension=Dimension.CHANNEL, value=channel.group.key)
        for stage, _column in arrivals.STAGES:
            yield replace(mark, reached=stage), getattr(channel, stage)


def of_the_load(page: Page) -> Iterator[tuple[Mark, int]]:
    for dimension, load in (
        (Dimension.TEAM, page.workload.teams),
        (Dimension.TECHNICIAN, page.workload.people),
    ):
        for each in load:
            mark = Mark(dimension=dimension, value=each.group.key)
            yield replace(mark, measure=Measure.BACKLOG), each.open
            yield replace(mark, measure=Measure.LATE), each.late
            yield replace(mark, measure=Measure.ACCEPTED), each.taken
            yield replace(mark, measure=Measure.RESOLVED), each.resolved


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=15,
    deadline=None,
)
@given(
    scenes(),
    st.sampled_from(["chloe", "bruno"]),
    st.sampled_from(Step),
    st.sampled_from(Hours),
    st.sampled_from(Duration),
)
def test_a_list_is_as_long_as_its_mark_says(
    s: Session,
    people: People,
    scene: Scene,
    who: str,
    step: Step,
    hours: Hours,
    duration: Duration,
) -> None:
    some, period, zone, now = scene
    sessions.configure(timezone=zone)
    recounts.keep(s, some)
    by: Actor = getattr(people, who)
    question = Question(period=period, step=step, hours=hours, people=True)

    with clock.at(now):
        page = stats_page.page(s, by, question, duration)
        shown = chain(
            *(of_the_headline(page), of_the_trend(page, step), of_the_ages(page)),
            *(of_the_durations(page, duration), of_what_came_in(page), of_the_load(page)),
        )
        for mark, number in shown:
            assert marks.behind(s, by, question, mark, limit=1).total == number, mark
            assert marks.from_query(marks.to_query(mark)) == mark


def test_the_page_is_empty_when_nothing_happened(s: Session, people: People) -> None:
    recounts.keep(s, [Fact(number=1, created=datetime(2026, 3, 4, tzinfo=UTC))])

    def is_empty(first: date) -> bool:
        question = Question(period=Period(first, first))
        return stats_page.page(s, people.chloe, question).is_empty

    assert is_empty(date(2026, 3, 3))
    assert not is_empty(date(2026, 3, 4))
    assert not is_empty(date(2026, 3, 9))  # it is still open


def test_a_mark_narrows_to_the_part_of_the_period_that_it_names() -> None:
    question = Question(period=Period(date(2026, 3, 4), date(2026, 4, 10)))

    def days(on: str) -> tuple[int, int]:
        found = marks.period_of(question, Mark(on=on))
        return found.first.day, found.last.day

    assert days("2026-W10") == (4, 8)
    assert days("2026-03") == (4, 31)
    assert days("2026-04") == (1, 10)
    assert days("2026-04-10") == (10, 10)
    assert days("") == (4, 10)
    with pytest.raises(Invalid):
        days("2026-02")


def test_what_is_wrong_with_a_mark_is_named_at_once() -> None:
    wrong = {
        "measure": "loved",
        "on": "2026-13",
        "by": "colour",
        "weekday": "8",
        "hour": "24",
        "age": "4",
        "duration": "lunch",
        "bin": str(len(distributions.EDGES[Hours.CALENDAR]) + 1),
        "reached": "heaven",
    }

    with pytest.raises(Invalid) as refused:
        marks.from_query(wrong.items())

    assert set(refused.value.by_field()) == set(wrong)
    assert marks.from_query([]) == Mark()
