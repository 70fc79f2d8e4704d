"""Questions in addresses: read, written, read again; what is wrong is named, field by field."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data import clock
from data.models import Category, Channel, Priority, Status, Team, TicketType, Urgency
from services import periods, questions
from services.errors import Invalid
from services.periods import NAMES, Period, Step
from services.questions import Hours, Question
from services.selections import Selection
from tests.conftest import People

NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
EVENING = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # half past midnight in Paris
DAYS = st.dates(date(1970, 1, 1), date(2200, 12, 31))
# What names rows of the database is tried apart: here, ids are of nothing.
SELECTIONS = st.builds(
    Selection,
    types=st.frozensets(st.sampled_from(TicketType)),
    channels=st.frozensets(st.sampled_from(Channel)),
    urgencies=st.frozensets(st.sampled_from(Urgency)),
    priorities=st.frozensets(st.sampled_from(Priority)),
    statuses=st.frozensets(st.sampled_from(Status)),
    team_ids=st.frozensets(st.integers(0, 5)).map(lambda ids: ids | {0}),
    lead_ids=st.frozensets(st.integers(0, 5)).map(lambda ids: ids | {0}),
    departments=st.frozensets(st.text(min_size=1, max_size=120), max_size=3),
)


def read(s: Session, **fields: str) -> Question:
    with clock.at(NOON):
        return questions.from_query(s, fields.items())


def wrong(s: Session, *pairs: tuple[str, str]) -> set[str]:
    with clock.at(NOON), pytest.raises(Invalid) as refused:
        questions.from_query(s, pairs)
    return set(refused.value.by_field())


def test_without_a_word_it_is_the_last_thirty_days(s: Session) -> None:
    question = read(s)

    assert question == Question(period=periods.named("days_30", date(2026, 11, 25)))
    assert questions.to_query(question) == [("period", "days_30")]


def test_today_is_that_of_the_organisation(s: Session) -> None:
    with clock.at(EVENING):
        assert questions.from_query(s, [("period", "today")]).period.first == date(2026, 11, 26)


def test_days_need_not_both_be_given(s: Session) -> None:
    assert read(s, **{"from": "2026-11-20"}).period == Period(
        date(2026, 11, 20), date(2026, 11, 25)
    )
    assert read(s, **{"from": "2027-01-01"}).period == Period(date(2027, 1, 1), date(2027, 1, 1))
    assert read(s, to="2026-03-31").period == Period(date(2026, 3, 2), date(2026, 3, 31))
    assert read(s, to="1970-01-02").period == Period(date(1970, 1, 1), date(1970, 1, 2))


def test_every_wrong_field_is_named_at_once(s: Session) -> None:
    fields = {
        "from": "gestern",
        "to": "2026-02-30",
        "team": "0",
        "technician": "me",
        "category": "none",
        "type": "riddle",
        "channel": "pigeon,web",
        "priority": "p1",
        "status": "",
        "step": "hour",
        "hours": "night",
        "people": "yes",
        "department": "x" * 121,
    }

    assert wrong(s, *fields.items()) == set(fields) - {"status"}


@pytest.mark.parametrize(
    ("field", "pairs"),
    [
        ("to", [("from", "2026-04-02"), ("to", "2026-04-01")]),
        ("from", [("from", "1969-12-31")]),
        ("to", [("to", "2201-01-01")]),
        ("to", [("to", "2026-03-01T10:00:00Z")]),
        ("period", [("period", "fortnight")]),
        ("period", [("period", "month"), ("from", "2026-03-01")]),
        ("step", [("from", "1990-01-01"), ("to", "2026-01-01"), ("step", "day")]),
        ("team", [("team", ",".join(str(n) for n in range(1, 60)))]),
        ("team", [("team", "99999999999")]),
        ("team", [("team", "4294967297")]),
        ("team", [("team", "٣")]),
        ("department", [("department", str(n)) for n in range(60)]),
    ],
)
def test_what_cannot_be_answered_is_refused(
    s: Session, field: str, pairs: list[tuple[str, str]]
) -> None:
    assert wrong(s, *pairs) == {field}


def test_what_nobody_knows_says_nothing(s: Session) -> None:
    assert read(s, utm_source="mail", cursor="x") == read(s)


def test_a_category_means_all_below_it(s: Session, people: People) -> None:
    s.add(root := Category(name="Matériel", path="Matériel"))
    s.flush()
    s.add(leaf := Category(name="Écran", path="Matériel › Écran", parent_id=root.id))
    s.commit()

    question = read(s, category=str(root.id))

    assert question.wanted.category_ids == {root.id, leaf.id}
    assert ("category", str(root.id)) in questions.to_query(question)
    assert question.gone == ()


def test_what_was_deleted_meanwhile_is_said_and_still_asked_for(s: Session, people: People) -> None:
    s.add(team := Team(name="Minitel"))
    s.commit()
    fields = {"team": str(team.id), "technician": "4711", "category": "4711"}
    assert read(s, **fields).gone == ("technician", "category")
    s.delete(team)
    s.commit()

    question = read(s, **fields)

    assert question.gone == ("team", "technician", "category")
    assert question.wanted.team_ids == {team.id}
    assert set(questions.GONE) == set(question.gone)
    assert read(s, team=f"{team.id},none").gone == ()
    assert read(s, team=f"{team.id},{min(people.bruno.team_ids)}").gone == ()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(
    st.one_of(
        st.sampled_from(sorted(NAMES)).map(lambda name: periods.named(name, date(2026, 11, 25))),
        st.tuples(DAYS, DAYS).map(lambda pair: Period(min(pair), max(pair))),
    ),
    SELECTIONS,
    st.sampled_from([None, *Step]),
    st.sampled_from(Hours),
    st.booleans(),
)
def test_what_is_written_is_read_back(
    s: Session, period: Period, wanted: Selection, step: Step | None, hours: Hours, people: bool
) -> None:
    step = step if period.days < 1500 else None  # more points are refused
    question = Question(period=period, wanted=wanted, step=step, hours=hours, people=people)

    with clock.at(NOON):
        assert questions.from_query(s, questions.to_query(question)) == question


def test_addresses_are_written_for_links(s: Session) -> None:
    question = read(s, period="month", priority="high,urgent", department="R&D")

    assert questions.address("/stats", question, [("measure", "created")]) == (
        "/stats?period=month&priority=high%2Curgent&department=R%26D&measure=created"
    )


def test_no_step_was_asked_for_then_the_period_decides(s: Session) -> None:
    assert read(s, period="days_30").each is Step.DAY
    assert read(s, period="days_365").each is Step.WEEK
    assert read(s, period="days_365", step="month").each is Step.MONTH
    assert read(s, **{"from": "2000-01-01"}).each is Step.MONTH


def test_a_cohort_may_have_no_bounds(s: Session) -> None:
    assert questions.cohort(s, []) == Selection()
    march = questions.cohort(s, [("from", "2026-03-29"), ("to", "2026-03-29")])
    assert march.created_from
    assert march.created_before
    assert march.created_before - march.created_from == timedelta(hours=23)
