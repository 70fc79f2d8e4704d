"""What happened in a period: the columns say the same as walking through all tickets."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data import clock
from services import arrivals, backlogs, compliance, distributions, headlines, measures, sessions
from services import periods as periods_module
from services.dimensions import Dimension
from services.measures import Duration, Measure
from services.periods import Period, Step
from services.questions import Question
from services.selections import Selection
from tests import recounts
from tests.conftest import People
from tests.recounts import Fact, Recount, midnight

DAY = timedelta(days=1)
CHANGES = {  # zones, and days on which their clocks change
    "Europe/Paris": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/Noronha": [date(2026, 3, 1)],
    "America/Sao_Paulo": [date(2018, 11, 4)],  # midnight was skipped
    "America/Havana": [date(2026, 11, 1)],  # midnight comes twice
    "America/St_Johns": [date(2010, 11, 7)],  # a day ends, begins, ends again
}
UNTIL = {
    Duration.ACCEPTANCE: "accepted",
    Duration.FIRST_RESPONSE: "responded",
    Duration.RESOLUTION: "resolved",
    Duration.CLOSING: "closed",
}


@pytest.fixture(autouse=True)
def _at_home() -> Iterator[None]:
    yield
    sessions.configure(timezone="Europe/Paris")


@st.composite
def scenes(draw: Callable[[Any], Any]) -> tuple[list[Fact], Period, str, datetime]:
    """Draw tickets around a change of clocks, a period near it, and an hour at which one asks."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[name]))
    around = [midnight(change + n * DAY, ZoneInfo(name)) for n in (-1, 0, 1)]
    some = [draw(recounts.lives(n, around)) for n in range(1, draw(st.integers(0, 12)) + 1)]
    first = change + draw(st.integers(-4, 3)) * DAY
    period = Period(first, first + draw(st.integers(0, 4)) * DAY)
    now = around[0] + timedelta(hours=draw(st.integers(0, 24 * 6)))
    return some, period, name, now


SLOWLY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
    deadline=None,
)


@SLOWLY
@given(scenes())
def test_every_measure_counts_what_a_recount_finds(
    s: Session, people: People, scene: tuple[list[Fact], Period, str, datetime]
) -> None:
    some, period, zone, now = scene
    sessions.configure(timezone=zone)
    recounts.keep(s, some)

    with clock.at(now), measures.answering(s, people.chloe, Question(period=period)) as asked:
        for window in (asked.now, asked.before):
            days = window.period
            theirs = Recount(some, days.first, days.last, ZoneInfo(zone), now)
            for measure in Measure:
                numbers = asked.sample["number"][window.places(measure)].tolist()
                assert numbers == theirs.numbers(measure.value), measure


@SLOWLY
@given(scenes())
def test_every_figure_is_what_a_recount_finds(
    s: Session, people: People, scene: tuple[list[Fact], Period, str, datetime]
) -> None:
    some, period, zone, now = scene
    sessions.configure(timezone=zone)
    recounts.keep(s, some)
    question, by = Question(period=period), people.chloe
    theirs = Recount(some, period.first, period.last, ZoneInfo(zone), now)

    with clock.at(now):
        ours = headlines.headline(s, by, question).now
        spread = {d: distributions.distribution(s, by, question, d) for d in Duration}
        parts = {step: compliance.compliance(s, by, question, step) for step in Step}
        heat = arrivals.heat(s, by, question)
        (ages,) = backlogs.ages(s, by, question, None)

    kept, missed = (len(theirs.numbers(name)) for name in ("kept", "missed"))
    assert (ours.sla.n, ours.sla.made) == (kept + missed, kept)
    assert ours.net_flow == len(theirs.numbers("created")) - len(theirs.numbers("resolved"))
    for duration, until in UNTIL.items():
        hours = theirs.hours(until)
        found = spread[duration]
        assert sum(span.count for span in found.bins) == len(hours)
        for span in found.bins:
            inside = [h for h in hours if span.begin <= h and (span.end is None or h < span.end)]
            assert span.count == len(inside)
        if not hours:
            assert found.all is None
            continue
        box = found.all
        assert box is not None
        expected = [recounts.quantile(hours, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
        assert [box.low, box.q1, box.median, box.q3, box.high] == pytest.approx(expected)
        assert box.n == len(hours)
        assert box.mean == pytest.approx(sum(hours) / len(hours))
        if duration is not Duration.CLOSING:
            times = getattr(ours, duration.value)
            p90 = recounts.quantile(hours, 0.9)
            assert (times.n, times.median, times.p90) == pytest.approx((box.n, box.median, p90))
    for step, found_parts in parts.items():
        assert [part.part for part in found_parts] == periods_module.buckets(period, step)
        assert sum(part.sla.n for part in found_parts) == kept + missed
        for part in found_parts:
            assert part.part
            one = Recount(some, part.part.first, part.part.last, ZoneInfo(zone), now)
            assert part.sla.made == len(one.numbers("kept"))
    assert sum(map(sum, heat)) == len(theirs.numbers("created"))
    assert sum(ages.bands) == len(theirs.numbers("backlog"))


@SLOWLY
@given(scenes())
def test_each_promise_and_each_ticket_counts_in_one_period_only(
    s: Session, people: People, scene: tuple[list[Fact], Period, str, datetime]
) -> None:
    some, period, zone, now = scene
    sessions.configure(timezone=zone)
    recounts.keep(s, some)
    whole = Period(period.first - 20 * DAY, period.last + 20 * DAY)
    ends = [period.first - DAY, period.last, whole.last]
    starts = [whole.first, period.first, period.last + DAY]
    flows = set(Measure) - {Measure.BACKLOG, Measure.LATE}

    def counted(of: Period) -> dict[Measure, int]:
        with clock.at(now), measures.answering(s, people.chloe, Question(period=of)) as asked:
            return {measure: asked.now.count(measure) for measure in flows}

    parts = [counted(Period(first, last)) for first, last in zip(starts, ends, strict=True)]

    assert counted(whole) == {m: sum(part[m] for part in parts) for m in flows}


@SLOWLY
@given(scenes(), st.sampled_from([Dimension.TEAM, Dimension.PRIORITY, Dimension.CHANNEL]))
def test_groups_add_up_to_the_whole(
    s: Session,
    people: People,
    scene: tuple[list[Fact], Period, str, datetime],
    dimension: Dimension,
) -> None:
    some, period, zone, now = scene
    sessions.configure(timezone=zone)
    recounts.keep(s, some)
    question, by = Question(period=period), people.chloe
    theirs = Recount(some, period.first, period.last, ZoneInfo(zone), now)

    with clock.at(now):
        whole = headlines.headline(s, by, question)
        movers = arrivals.movers(s, by, question, dimension, 99)
        funnel = arrivals.funnel(s, by, question)
        load = backlogs.workload(s, by, question).teams
        ages = backlogs.ages(s, by, question, dimension)
        kept = compliance.compliance(s, by, question, dimension)
        boxes = distributions.distribution(s, by, question, Duration.RESOLUTION, dimension)

    assert sum(mover.now for mover in movers) == whole.now.created
    assert sum(mover.before for mover in movers) == whole.before.created
    created = set(theirs.numbers("created"))
    assert sum(stage.created for stage in funnel) == len(created)
    resolved = [fact for fact in some if fact.number in created and fact.resolved]
    assert sum(stage.resolved for stage in funnel) == len(resolved)
    assert sum(team.open for team in load) == whole.now.backlog
    assert sum(team.late for team in load) == whole.now.late
    assert sum(team.taken for team in load) == len(theirs.numbers("accepted"))
    assert sum(team.resolved for team in load) == whole.now.resolved
    assert sum(sum(part.bands) for part in ages) == whole.now.backlog
    assert sum(part.sla.n for part in kept) == whole.now.sla.n
    assert sum(box.n for _group, box in boxes.boxes) == whole.now.resolution.n


def test_with_nothing_there_are_no_times_and_no_shares(s: Session, people: People) -> None:
    question = Question(period=Period(date(2026, 3, 1), date(2026, 3, 31)))

    found = headlines.headline(s, people.chloe, question)

    assert (found.now.created, found.now.backlog, found.now.sla.share) == (0, 0, None)
    assert (found.now.first_contact_share, found.now.reopen_rate) == (None, None)
    lines = {line.name: line for line in found.lines}
    assert lines["created"].change == 0
    assert lines["created"].ratio is None
    assert lines["resolution median"].now is None
    assert lines["resolution median"].change is None
    assert lines["resolution median"].is_better is None


def test_a_change_is_told_with_its_direction(s: Session, people: People) -> None:
    june, july = datetime(2026, 6, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    some = [Fact(number=n, created=june) for n in range(1, 5)]
    some += [Fact(number=9, created=july)]
    recounts.keep(s, some)

    question = Question(period=Period(date(2026, 7, 1), date(2026, 7, 31)))
    lines = {line.name: line for line in headlines.headline(s, people.chloe, question).lines}

    created, backlog = lines["created"], lines["backlog"]
    assert (created.now, created.before, created.change, created.ratio) == (1, 4, -3, -0.75)
    assert created.is_better is None
    assert (backlog.now, backlog.before, backlog.is_better) == (5, 4, False)
    assert lines["net_flow"].is_better is True


def test_a_filter_that_fits_nothing_is_answered_by_nothing(s: Session, people: People) -> None:
    recounts.keep(s, [Fact(number=1, created=datetime(2026, 7, 10, tzinfo=UTC), team=1)])
    period = Period(date(2026, 7, 1), date(2026, 7, 31))
    question = Question(period=period, wanted=Selection(team_ids=frozenset({4711})))

    assert headlines.headline(s, people.chloe, question).now.created == 0
    assert arrivals.movers(s, people.chloe, question, Dimension.CATEGORY) == []
    assert backlogs.workload(s, people.chloe, question).teams == []
    found = distributions.distribution(
        s, people.chloe, question, Duration.RESOLUTION, Dimension.TEAM
    )
    assert (found.all, found.boxes) == (None, [])
