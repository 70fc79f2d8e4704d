"""What the clock does to tickets (product.md 3)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import LoginSession, PendingReason, Setting, Status, Throttle, Ticket
from services import creation, sessions, throttle, transitions, trash, upkeep
from services.creation import NewTicket
from services.transitions import Wait
from tests.conftest import Clock, People, happened, last_event


def plan(s: Session, people: People, number: int, **ahead: float) -> None:
    wait = Wait(reason=PendingReason.PLANNED, until=clock.now() + timedelta(**ahead))
    transitions.move(s, people.bruno, number, Status.PENDING, wait=wait)
    s.commit()


def test_a_planned_ticket_wakes_on_its_date(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    plan(s, people, ticket.number, hours=2)
    assert upkeep.wake(s) == 0

    time.pass_by(hours=2, seconds=1)
    woken = upkeep.wake(s)
    s.commit()

    assert (woken, ticket.status, ticket.wake_at) == (1, Status.IN_PROGRESS, None)
    event = last_event(s, ticket.number)
    assert (event.kind, event.actor_id) == ("ticket.started", None)
    assert upkeep.wake(s) == 0


def test_only_what_waits_for_a_date_wakes(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    wait = Wait(reason=PendingReason.SUPPLIER)
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)
    deleted = creation.create(s, people.alice, NewTicket(title="Autre")).number
    plan(s, people, deleted, hours=1)
    trash.delete(s, people.bruno, deleted)
    s.commit()

    time.pass_by(days=30)

    assert upkeep.wake(s) == 0


@pytest.mark.parametrize(
    ("setting", "days", "is_closed"),
    [(None, 6.9, False), (None, 7.1, True), (2, 1.9, False), (2, 2.1, True), (0, 999, False),
     ("two", 999, False), (True, 999, False)],
)  # fmt: skip
def test_a_resolved_ticket_closes_by_itself(
    s: Session,
    people: People,
    ticket: Ticket,
    time: Clock,
    setting: object,
    days: float,
    is_closed: bool,
) -> None:
    if setting is not None:
        s.add(Setting(name="close_after_days", value=setting))
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    s.commit()

    time.pass_by(days=days)
    closed = upkeep.close(s)
    s.commit()

    assert closed == int(is_closed)
    assert (ticket.status is Status.CLOSED) is is_closed
    assert (ticket.closed_at is not None) is is_closed
    assert happened(s, ticket.number)[-1] == ("ticket.closed" if is_closed else "ticket.resolved")


def test_the_days_count_from_the_last_solution(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    time.pass_by(days=6)
    transitions.move(s, people.alice, ticket.number, Status.IN_PROGRESS)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    s.commit()

    time.pass_by(days=6)

    assert upkeep.close(s) == 0


def test_many_are_done_in_batches(
    s: Session, people: People, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 3)
    for _ in range(7):
        plan(s, people, creation.create(s, people.alice, NewTicket(title="x")).number, hours=1)
    time.pass_by(hours=2)

    assert [db.write(upkeep.wake) for _ in range(4)] == [3, 3, 1, 0]


@pytest.mark.mariadb
def test_what_somebody_holds_is_left_for_the_next_time(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    plan(s, people, ticket.number, hours=1)
    time.pass_by(hours=2)
    transitions.move(s, people.bruno, ticket.number, Status.CANCELLED)
    s.flush()
    woken: list[int] = []

    other = threading.Thread(target=lambda: woken.append(db.write(upkeep.wake)))
    other.start()
    other.join()
    s.commit()

    assert woken == [0]
    assert ticket.status is Status.CANCELLED


def test_what_is_over_is_forgotten(s: Session, people: People, time: Clock) -> None:
    sessions.open(s, people.alice.id)
    throttle.fail(s, "alice@exemple.fr", "192.0.2.1")
    s.commit()
    upkeep.clean(s)
    before = (s.query(LoginSession).count(), s.query(Throttle).count())

    time.pass_by(days=8)
    upkeep.clean(s)
    s.commit()

    assert before == (1, 2)
    assert (s.query(LoginSession).count(), s.query(Throttle).count()) == (0, 0)
