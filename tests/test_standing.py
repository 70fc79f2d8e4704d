"""What a machine that watches is told of the desk and of what runs beside the pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import DeliveryState, Event, Priority, Schedule, Status, Team, Ticket, Webhook
from services import (
    assignment,
    columns,
    creation,
    deliveries,
    schedule,
    standing,
    transitions,
    trash,
    vitals,
)
from services.creation import NewTicket
from services.deliveries import Outcome
from services.rhythms import Every
from services.schedule import Task
from services.standing import Standing
from services.vitals import Vitals
from tests.conftest import Clock, People, Queries

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TASKS = {"sweep": Task("Sweep", Every(60), lambda _s: 0)}


@pytest.fixture
def at_noon(s: Session, time: Clock) -> Iterator[None]:
    """A clock that stands still, far from midnight."""
    time.stopped = NOON
    yield
    columns.shared.forget()


def opened(s: Session, people: People, **more: object) -> int:
    new = NewTicket(title="Souris", **more)  # type: ignore[arg-type] # fields of it
    number = creation.create(s, people.diane, new).number
    s.commit()
    return number


def team_of(s: Session, people: People, number: int, team_id: int) -> None:
    assignment.assign(s, people.diane, number, team_id=team_id)
    s.commit()


def look() -> Standing:
    return db.read(standing.look)


def machinery() -> Vitals:
    return db.read(lambda s: vitals.look(s, ("webhook", "email"), TASKS))


def test_an_empty_desk_has_every_series_and_no_ages(s: Session, people: People) -> None:
    found = look()

    assert set(found.tickets.values()) == {0}
    assert len(found.tickets) == len(Status) * len(Priority)
    assert found.open_of_teams["Réseau", Status.NEW] == 0
    assert (found.oldest_open, found.oldest_unassigned, found.late) == (0, 0, 0)
    assert found.lately.sla.share is None


@pytest.mark.usefixtures("at_noon")
def test_tickets_count_by_status_priority_and_team_and_the_trash_does_not(
    s: Session, people: People
) -> None:
    network = s.query(Team).one().id
    first, second, third = (opened(s, people) for _ in range(3))
    team_of(s, people, first, network)
    transitions.move(s, people.diane, second, Status.RESOLVED)
    trash.delete(s, people.diane, third)
    s.commit()

    found = look()

    assert found.tickets[Status.NEW, Priority.NORMAL] == 1
    assert found.tickets[Status.RESOLVED, Priority.NORMAL] == 1
    assert sum(found.tickets.values()) == 2
    assert found.open_of_teams["Réseau", Status.NEW] == 1
    assert found.open_of_teams[standing.NO_TEAM, Status.NEW] == 0
    assert (found.created_today, found.resolved_today) == (2, 1)


@pytest.mark.usefixtures("at_noon")
def test_ages_and_deadlines_are_those_of_open_tickets(s: Session, people: People) -> None:
    numbers = [opened(s, people) for _ in range(4)]
    transitions.move(s, people.diane, numbers[3], Status.RESOLVED)
    assignment.assign(s, people.diane, numbers[0], lead_id=people.bruno.id)
    s.flush()
    due = (-1, 2, 6, -1)
    for number, hours, age in zip(numbers, due, (5, 4, 3, 9), strict=True):
        ticket = s.get_one(Ticket, number)
        ticket.created_at = NOON - timedelta(hours=age)
        ticket.resolve_due_at = NOON + timedelta(hours=hours)
    s.commit()
    columns.shared.forget()

    found = look()

    assert (found.late, found.due_soon, found.unassigned) == (1, 1, 2)
    assert (found.oldest_open, found.oldest_unassigned) == (5 * 3600, 4 * 3600)
    assert found.late_of_teams == {standing.NO_TEAM: 1, "Réseau": 0}


@pytest.mark.usefixtures("at_noon")
def test_promises_and_times_are_those_of_the_last_thirty_days(s: Session, people: People) -> None:
    for days in (40, 20, 10):
        with clock.at(NOON - timedelta(days=days)):
            number = opened(s, people)
        with clock.at(NOON - timedelta(days=days) + timedelta(hours=days)):
            transitions.move(s, people.diane, number, Status.RESOLVED)
            s.commit()

    found = look()

    assert (found.lately.created, found.lately.resolution.median) == (2, 15.0)


def test_teams_beyond_the_fiftieth_are_told_together(s: Session, people: People) -> None:
    s.add_all([Team(name=f"Équipe {n:02}") for n in range(60)])
    s.commit()
    last = s.query(Team).filter_by(name="Équipe 59").one().id
    team_of(s, people, opened(s, people), last)

    found = look()

    names = {team for team, _status in found.open_of_teams}
    assert len(names) == standing.MOST_TEAMS + 2
    assert found.open_of_teams["Équipe 59", Status.NEW] == 1
    assert standing.OTHER_TEAMS in names


def test_it_takes_the_same_few_statements_whatever_there_is(
    s: Session, people: People, queries: Queries
) -> None:
    opened(s, people)
    look()
    before = len(queries.statements)

    look()
    machinery()

    assert len(queries.statements) - before <= 20


def test_messages_count_by_channel_and_state_and_the_oldest_by_when_it_was_due(
    s: Session, time: Clock
) -> None:
    time.stop()
    for channel in ("webhook", "webhook", "email"):
        event = Event(kind="ticket.created", details={})
        s.add(event)
        s.flush()
        deliveries.plan(s, event, channel, "7")
    s.commit()
    (parcel,) = deliveries.claim(s, 1, channel="email")
    deliveries.settle(s, parcel, Outcome("gone", is_final=True))
    s.commit()
    time.pass_by(seconds=90)

    seen = machinery()

    assert seen.deliveries["webhook", DeliveryState.PENDING] == 2
    assert seen.deliveries["email", DeliveryState.DEAD] == 1
    assert seen.deliveries["email", DeliveryState.PENDING] == 0
    assert seen.overdue == pytest.approx(90, abs=1)


def test_the_relay_is_as_far_behind_as_the_oldest_event_that_waits(s: Session, time: Clock) -> None:
    time.stop()
    s.add_all([Event(kind="ticket.created"), Event(kind="ticket.taken")])
    s.commit()
    time.pass_by(seconds=30)

    behind = machinery()
    for event in s.query(Event):
        event.relayed_at = clock.now()
    s.commit()

    assert behind.unrelayed == 2
    assert behind.relay_lag == pytest.approx(30, abs=1)
    assert (machinery().unrelayed, machinery().relay_lag) == (0, 0)


def test_a_task_is_late_when_nobody_began_it(s: Session, time: Clock) -> None:
    time.stop()
    schedule.sow(s, TASKS)
    s.commit()
    time.pass_by(seconds=100)

    late = machinery().tasks["sweep"]
    row = s.get_one(Schedule, "sweep")
    row.failures, row.error, row.milliseconds = 3, "broken", 1500
    row.is_active = False
    s.commit()
    off = machinery().tasks["sweep"]

    assert late.late == pytest.approx(40, abs=1)
    assert (late.failures, late.finished_at) == (0, None)
    assert (off.late, off.failures, off.seconds, off.is_active) == (0, 3, 1.5, False)


def test_webhooks_and_the_size_of_the_database_are_told(s: Session, people: People) -> None:
    for name, is_active in (("a", True), ("b", False), ("c", False)):
        hook = Webhook(name=name, url="https://a.example", kinds=[], is_active=is_active)
        hook.created_by_id = people.diane.id
        s.add(hook)
    s.commit()

    seen = machinery()

    assert (seen.webhooks_active, seen.webhooks_off) == (1, 2)
    assert seen.database_bytes > 100_000
