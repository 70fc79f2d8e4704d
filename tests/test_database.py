"""Transactions: what is kept, what is tried again, who is told (architecture.md 6)."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql.converters import convert_datetime
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from data import connections, db
from data.models import Event, Priority, Sequence, Setting, Tag, Ticket, User
from services import assignment, creation, events, tickets
from services.creation import NewTicket
from services.errors import NotAllowed
from tests import servers
from tests.conftest import People, happened
from tests.test_races import together


@pytest.fixture
def told(engine: Engine) -> Iterator[list[list[str]]]:
    """What listeners were told, one list of kinds per commit."""
    heard: list[list[str]] = []
    stop = db.on_commit(lambda recorded: heard.append([event.kind for event in recorded]))
    yield heard
    stop()


def tag_names(s: Session) -> list[str]:
    s.rollback()
    return list(s.scalars(select(Tag.name).order_by(Tag.name)))


def test_what_is_written_is_kept_and_told_once(
    s: Session, people: People, ticket: Ticket, told: list[list[str]]
) -> None:
    number = ticket.number
    s.commit()

    db.write(lambda t: tickets.edit(t, people.bruno, number, {"title": "Autre"}))
    db.write(lambda t: assignment.take(t, people.bruno, number))

    assert told == [["ticket.edited"], ["ticket.taken"]]


def test_a_refusal_leaves_nothing_and_tells_nobody(
    s: Session, people: People, told: list[list[str]]
) -> None:
    def work(t: Session) -> None:
        t.add(Tag(name="half"))
        creation.create(t, people.alice, NewTicket(title="Un"))
        raise NotAllowed

    s.commit()
    with pytest.raises(NotAllowed):
        db.write(work)

    assert (told, tag_names(s)) == ([], [])
    assert s.scalars(select(Ticket)).all() == []


def test_looking_changes_nothing(s: Session, engine: Engine) -> None:
    def work(t: Session) -> None:
        t.add(Tag(name="look"))
        t.flush()

    db.read(work)

    assert tag_names(s) == []


def test_a_listener_that_leaves_is_told_no_more(s: Session, people: People) -> None:
    heard: list[object] = []
    stop = db.on_commit(heard.append)
    stop()

    db.write(lambda t: creation.create(t, people.alice, NewTicket(title="Un")))

    assert heard == []


def test_a_mistake_of_the_program_is_not_tried_again(s: Session, engine: Engine) -> None:
    attempts: list[int] = []

    def work(t: Session) -> None:
        attempts.append(1)
        t.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(Exception, match="nowhere"):
        db.write(work)

    assert attempts == [1]


def test_instants_are_utc_in_the_database_and_everywhere_else(s: Session, engine: Engine) -> None:
    noon = datetime(2026, 7, 14, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    s.add(Event(kind="x", created_at=noon))
    s.commit()
    s.expire_all()

    event = s.scalars(select(Event)).one()

    assert event.created_at == noon
    assert event.created_at.tzinfo is UTC
    assert str(s.scalar(text("SELECT created_at FROM event"))).startswith(
        "2026-07-14 10:00:00.123456"
    )
    with pytest.raises(StatementError, match="naive"):
        s.scalar(select(Event).where(Event.created_at > noon.replace(tzinfo=None)))


def test_levels_are_compared_by_rank(s: Session, people: People) -> None:
    for level in ("urgent", "low", "high"):
        creation.create(s, people.alice, NewTicket(title=level, urgency=level))
    s.commit()

    query = select(Ticket.title).where(Ticket.priority >= Priority.HIGH).order_by(Ticket.priority)

    assert s.scalars(query).all() == ["high", "urgent"]


@pytest.mark.mariadb
def test_a_connection_killed_half_way_is_replaced_and_the_work_done_once(
    s: Session, people: People, told: list[list[str]]
) -> None:
    attempts: list[int] = []

    def work(t: Session) -> int:
        attempts.append(connection_of(t))
        ticket = creation.create(t, people.alice, NewTicket(title="Un"))
        if len(attempts) < 3:
            kill(s, attempts[-1])
        t.flush()
        t.scalar(select(Ticket.number))
        return ticket.number

    s.commit()
    number = db.write(work)

    assert (number, len(set(attempts))) == (1, 3)
    assert happened(s, 1) == ["ticket.created"]
    assert told == [["ticket.created"]]


@pytest.mark.mariadb
@pytest.mark.parametrize("rested", [True, False])
def test_a_connection_killed_while_it_rested_is_replaced(
    s: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch, rested: bool
) -> None:
    attempts: list[int] = []

    def work(t: Session) -> int:
        attempts.append(1)
        return connection_of(t)

    monkeypatch.setattr(connections, "RESTED_SECONDS", 0.0 if rested else 60.0)
    s.execute(text("SELECT 1"))  # which keeps a connection of its own
    resting = db.read(connection_of)
    kill(s, resting)
    s.execute(text("SELECT 1"))  # with the same again: the other rests

    assert db.read(work) != resting
    assert len(attempts) == (1 if rested else 2)  # who rested is asked before it is used


@pytest.mark.mariadb
def test_a_look_at_the_data_takes_two_trips_to_the_server(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.read(connection_of)
    said: list[str] = []
    speak = vars(pymysql.connections.Connection)["_execute_command"]

    def note(connection: Any, command: int, sql: Any) -> None:
        said.append(sql.decode() if isinstance(sql, bytes) else sql)
        speak(connection, command, sql)

    monkeypatch.setattr(pymysql.connections.Connection, "_execute_command", note)
    db.read(connection_of)

    assert said == ["SELECT CONNECTION_ID()", "ROLLBACK"]


@pytest.mark.mariadb
def test_what_is_left_open_is_rolled_back_before_the_next_one(engine: Engine) -> None:
    raw = engine.raw_connection()
    raw.cursor().execute("INSERT INTO tag (name) VALUES ('left')")
    raw.close()

    db.write(lambda t: t.scalar(text("SELECT 1")))

    assert db.read(lambda t: list(t.scalars(select(Tag.name)))) == []


@pytest.mark.mariadb
def test_work_that_is_killed_by_name_is_done_again(s: Session, engine: Engine) -> None:
    attempts: list[int] = []

    def work(t: Session) -> None:
        attempts.append(connection_of(t))
        t.add(Tag(name="kept"))
        t.flush()
        if len(attempts) == 1:
            t.execute(text(f"KILL {attempts[0]:d}"))

    db.write(work)

    assert (len(attempts), tag_names(s)) == (2, ["kept"])


def test_a_server_that_is_not_there_is_given_a_moment(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = db.configure(f"mysql+pymysql://nobody@127.0.0.1:{servers.free_port()}/nothing")

    with pytest.raises(OperationalError):
        db.read(connection_of)

    assert len(caplog.records) == db.ATTEMPTS - 1
    engine.dispose()


@pytest.mark.mariadb
def test_of_two_that_block_each_other_both_arrive(s: Session, engine: Engine) -> None:
    s.add_all([Setting(name=name, value=0) for name in "ab"])
    s.commit()
    barrier = threading.Barrier(2)

    def crossing(first: str, second: str) -> Any:
        met: list[bool] = []

        def work(t: Session) -> None:
            raise_by_one(t, first)
            if not met:
                met.append(True)
                barrier.wait()
            raise_by_one(t, second)

        return work

    outcomes = together(crossing("a", "b"), crossing("b", "a"))

    assert outcomes == [None, None]
    assert s.scalars(select(Setting.value)).all() == [2, 2]


@pytest.mark.mariadb
def test_who_was_slower_sees_what_the_faster_one_made(s: Session, engine: Engine) -> None:
    seen: list[bool] = []

    def work(t: Session) -> int:
        tag = t.scalar(select(Tag).where(Tag.name == "wifi"))
        seen.append(tag is not None)
        if tag is None:
            s.add(Tag(name="wifi"))
            s.commit()
            t.add(tag := Tag(name="wifi"))
            t.flush()
        return tag.id

    tag_id = db.write(work)

    assert seen == [False, True]
    assert s.scalars(select(Tag.id)).one() == tag_id


def test_what_is_there_twice_for_good_is_an_error(s: Session, people: People) -> None:
    def work(t: Session) -> None:
        t.add(User(name="Alice bis", email="alice@exemple.fr"))
        t.flush()

    with pytest.raises(IntegrityError):
        db.write(work)


def test_many_writers_never_get_the_same_number(s: Session, people: People) -> None:
    def work(t: Session) -> list[int]:
        return [creation.create(t, people.alice, NewTicket(title="x")).number for _ in range(3)]

    outcomes = [together(*[work] * 8) for _ in range(3)]

    numbers = [number for batch in outcomes for three in batch for number in three]  # type: ignore[attr-defined]
    assert sorted(numbers) == list(range(1, 73))
    assert s.scalars(select(Sequence.value)).one() == 72


def test_a_sequence_read_before_is_not_trusted(s: Session, people: People) -> None:
    creation.next_number(s)
    s.commit()
    kept = s.scalars(select(Sequence)).one()
    s.commit()
    db.write(lambda t: creation.next_number(t, 10))

    assert creation.next_number(s) == 12
    assert kept.name == "ticket"


def test_events_are_written_with_what_they_tell_of(
    s: Session, people: People, ticket: Ticket
) -> None:
    events.record(s, people.bruno, ticket, "ticket.edited", changes={"title": ["a", "b"]})
    s.rollback()

    assert happened(s, 1) == ["ticket.created"]


def connection_of(t: Session) -> int:
    return int(t.scalar(text("SELECT CONNECTION_ID()")) or 0)


def kill(s: Session, connection_id: int) -> None:
    s.execute(text(f"KILL {connection_id:d}"))
    s.rollback()


def raise_by_one(t: Session, name: str) -> None:
    row = t.scalars(select(Setting).where(Setting.name == name).with_for_update()).one()
    row.value += 1
    t.flush()


@given(st.datetimes(min_value=datetime(1000, 1, 1)), st.integers(0, 6))  # noqa: DTZ001 - as stored
def test_an_instant_is_read_as_the_driver_reads_it(instant: datetime, digits: int) -> None:
    said = f"{instant:%Y-%m-%d %H:%M:%S}" + f".{instant.microsecond:06}"[: digits and digits + 1]

    assert connections._instant(said) == convert_datetime(said)


def test_what_is_no_instant_is_left_to_the_driver() -> None:
    assert connections._instant("0000-00-00 00:00:00") == "0000-00-00 00:00:00"
