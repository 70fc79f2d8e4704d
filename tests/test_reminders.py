"""Tickets that nobody takes, and tickets that will close by themselves (C5, C6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Event, Setting, Status, Ticket
from services import assignment, creation, history, reminders, transitions, trash, undo
from services.creation import NewTicket
from tests.conftest import Clock, People, happened, last_event

only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def reminded(s: Session, work: Callable[[Session], int] = reminders.untreated) -> int:
    found = work(s)
    s.commit()
    return found


def decide(s: Session, **values: object) -> None:
    for name, value in values.items():
        s.merge(Setting(name=name, value=value))
    s.commit()


def test_a_ticket_that_nobody_takes_is_reminded_of_once_per_period(
    s: Session, ticket: Ticket, time: Clock
) -> None:
    time.pass_by(days=1.9)
    assert reminded(s) == 0
    time.pass_by(days=0.2)
    assert (reminded(s), reminded(s)) == (1, 0)
    event = last_event(s, ticket.number)
    assert (event.kind, event.is_internal, event.actor_id) == ("ticket.untreated", True, None)
    assert event.details == {"days": 2}

    time.pass_by(days=1.9)
    assert reminded(s) == 0
    time.pass_by(days=0.1)
    assert (reminded(s), reminded(s)) == (1, 0)
    assert last_event(s, ticket.number).details == {"days": 4}


def test_the_next_morning_may_be_seconds_early(s: Session, ticket: Ticket, time: Clock) -> None:
    time.stop()
    time.pass_by(days=3, seconds=40)
    assert reminded(s) == 1

    time.pass_by(days=2, seconds=-30)

    assert reminded(s) == 1


def test_only_new_tickets_that_are_there_are_reminded_of(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    taken, cancelled, deleted = (
        creation.create(s, people.alice, NewTicket(title=title)).number for title in "abc"
    )
    assignment.take(s, people.bruno, taken)
    transitions.move(s, people.bruno, cancelled, Status.CANCELLED)
    trash.delete(s, people.diane, deleted)
    s.commit()
    time.pass_by(days=3)

    assert reminded(s) == 1
    assert happened(s, ticket.number)[-1] == "ticket.untreated"


def test_what_was_forgotten_long_ago_is_left_alone(s: Session, ticket: Ticket, time: Clock) -> None:
    time.pass_by(days=reminders.REMINDED_OF.days + 3)

    assert reminded(s) == 0


@pytest.mark.parametrize(("days", "count"), [(0, 0), (5, 0), (1, 1), ("two", 0), (-1, 0)])
def test_the_administrator_decides_after_how_many_days(
    s: Session, ticket: Ticket, time: Clock, days: object, count: int
) -> None:
    decide(s, untreated_days=days)
    time.pass_by(days=3)

    assert reminded(s) == count


def test_requesters_do_not_read_that_nobody_has_taken_their_ticket(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    time.pass_by(days=3)
    reminded(s)

    kinds = {
        name: [line.sentence for line in history.of(s, getattr(people, name), ticket.number)]
        for name in ("alice", "bruno")
    }

    assert kinds["alice"] == ["created the ticket"]
    assert kinds["bruno"][-1] == "reminded that nobody has taken the ticket"


def test_many_are_reminded_of_in_batches(
    s: Session, people: People, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 3)
    for n in range(7):
        creation.create(s, people.alice, NewTicket(title=str(n)))
    s.commit()
    time.pass_by(days=3)

    assert [db.write(reminders.untreated) for _ in range(4)] == [3, 3, 1, 0]


def resolve(s: Session, people: People, number: int) -> None:
    transitions.move(s, people.bruno, number, Status.RESOLVED)
    s.commit()


def test_a_closing_is_announced_once(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    resolve(s, people, ticket.number)
    time.pass_by(days=4.9)
    assert reminded(s, reminders.closing_soon) == 0
    time.pass_by(days=0.2)

    assert reminded(s, reminders.closing_soon) == 1
    assert reminded(s, reminders.closing_soon) == 0
    event = last_event(s, ticket.number)
    assert (event.kind, event.is_internal) == ("ticket.closing_soon", False)
    assert ticket.resolved_at is not None
    closes_at = ticket.resolved_at + timedelta(days=7)
    assert event.details == {"closes_at": closes_at.isoformat()}
    time.pass_by(days=1)
    assert reminded(s, reminders.closing_soon) == 0


def test_another_solution_is_announced_anew(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    resolve(s, people, ticket.number)
    time.pass_by(days=5.5)
    reminded(s, reminders.closing_soon)
    transitions.move(s, people.alice, ticket.number, Status.IN_PROGRESS)
    time.pass_by(days=1)
    resolve(s, people, ticket.number)
    time.pass_by(days=4)
    assert reminded(s, reminders.closing_soon) == 0

    time.pass_by(days=1.5)

    assert reminded(s, reminders.closing_soon) == 1


def test_what_closes_now_is_not_announced(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    resolve(s, people, ticket.number)
    time.pass_by(days=7.1)

    assert reminded(s, reminders.closing_soon) == 0


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"close_after_days": 0}, 0),
        ({"closing_notice_days": 0}, 0),
        ({"closing_notice_days": 7}, 0),
        ({"closing_notice_days": "x"}, 0),
        ({"close_after_days": 30}, 0),
        ({"close_after_days": 30, "closing_notice_days": 25}, 1),
    ],
)
def test_the_administrator_decides_how_early_a_closing_is_announced(
    s: Session, people: People, ticket: Ticket, time: Clock, values: dict[str, Any], count: int
) -> None:
    decide(s, **values)
    resolve(s, people, ticket.number)
    time.pass_by(days=5.5)

    assert reminded(s, reminders.closing_soon) == count


def test_a_reminder_hinders_nobody_from_undoing(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    time.pass_by(days=3)
    assignment.take(s, people.bruno, ticket.number)
    taken = last_event(s, ticket.number).id
    s.commit()
    reminded(s)

    undo.undo(s, people.bruno, taken)

    assert ticket.status is Status.NEW


FEW, MANY = 50, 4000


@only_sqlite
def test_what_is_done_costs_nothing(s: Session, people: People, engine: Engine) -> None:
    def fill(count: int) -> None:
        start = s.query(Ticket).count()
        common: dict[str, Any] = {"requester_id": people.alice.id, "title": "x"}
        common |= {"created_by_id": people.alice.id, "created_at": clock.now() - timedelta(days=3)}
        s.add_all(
            Ticket(number=start + n + 1, status=Status.CLOSED, **common) for n in range(count)
        )
        s.commit()

    fill(FEW)
    few = _steps(s, engine)
    fill(MANY)
    s.connection().exec_driver_sql("ANALYZE")
    s.commit()

    assert _steps(s, engine) <= few + 50


def _steps(s: Session, engine: Engine) -> int:
    """How often SQLite looks in, in hundreds of its instructions."""
    count = [0]

    def tick() -> int:
        count[0] += 1
        return 0

    raw: Any = s.connection().connection.dbapi_connection
    raw.set_progress_handler(tick, 100)
    try:
        for work in (reminders.untreated, reminders.closing_soon):
            work(s)
    finally:
        raw.set_progress_handler(None, 100)
        s.rollback()
    return count[0]


@pytest.mark.mariadb
def test_mariadb_looks_at_what_is_new_alone(s: Session, people: People, engine: Engine) -> None:
    common: dict[str, Any] = {"requester_id": people.alice.id, "title": "x"}
    common["created_by_id"] = people.alice.id
    s.add_all(
        Ticket(number=n + 1, status=Status.CLOSED, created_at=clock.now(), **common)
        for n in range(MANY)
    )
    s.commit()
    s.connection().exec_driver_sql("ANALYZE TABLE ticket")
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, values: Any, *_: object) -> None:
        if "FROM ticket" in statement:
            asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    reminders.untreated(s)
    reminders.closing_soon(s)
    event.remove(engine, "before_cursor_execute", note)

    assert len(asked) == 2
    for statement, values in asked:
        found = s.connection().exec_driver_sql(f"EXPLAIN {statement}", values).mappings().all()
        assert int(found[0]["rows"]) < 10, found


def test_events_of_reminders_are_told_once(s: Session, ticket: Ticket, time: Clock) -> None:
    time.pass_by(days=3)
    for _ in range(3):
        reminded(s)

    assert s.query(Event).filter_by(kind="ticket.untreated").count() == 1
