"""Several similar tickets within minutes: found once, told once, to those who may see them."""

import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import (
    Burst,
    BurstTicket,
    Delivery,
    Event,
    Notification,
    Role,
    Schedule,
    Status,
    Team,
    Ticket,
    User,
)
from integrations import bulk
from services import (
    burst_work,
    channels,
    relay,
    schedule,
    transitions,
    trash,
)
from services.permissions import Actor
from services.tasks import TASKS
from tests import loads, outages
from tests.conftest import Clock, People
from tests.outages import OUTAGE, asked, look, relayed


@pytest.fixture(autouse=True)
def standing_still(time: Clock) -> None:
    time.stop()


@pytest.fixture
def askers(s: Session, people: People) -> list[Actor]:
    """Alice, Driss and three more who ask."""
    return outages.askers(s, people)


def signals(s: Session) -> list[Event]:
    return list(s.scalars(select(Event).where(Event.kind.startswith("burst.")).order_by(Event.id)))


def told(s: Session) -> list[int]:
    """Return who was told of a burst in the application, once for each time."""
    relayed()
    s.rollback()
    query = select(Notification.user_id).where(Notification.kind == "burst")
    return sorted(s.scalars(query))


def numbers(s: Session) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = {}
    for row in s.scalars(select(BurstTicket).order_by(BurstTicket.ticket_number)):
        found.setdefault(row.burst_id, []).append(row.ticket_number)
    return found


def test_three_who_report_the_same_are_one_burst_that_is_told_once(
    s: Session, people: People, askers: list[Actor]
) -> None:
    made = asked(s, askers, *OUTAGE, "Changer mon clavier")

    look(s)
    look(s)

    burst = s.scalars(select(Burst)).one()
    assert numbers(s) == {burst.id: [t.number for t in made[:3]], None: [made[3].number]}
    (event,) = signals(s)
    assert (event.kind, event.subject, event.ticket_number) == (
        "burst.began",
        f"burst:{burst.id}",
        None,
    )
    assert event.is_internal
    assert event.details["numbers"] == [ticket.number for ticket in made[:3]]
    assert told(s) == [people.bruno.id, people.diane.id]


def test_two_are_no_burst(s: Session, askers: list[Actor]) -> None:
    asked(s, askers, *OUTAGE[:2])

    look(s)

    assert signals(s) == []


def test_it_grows_and_tells_nobody_again(s: Session, people: People, askers: list[Actor]) -> None:
    asked(s, askers, *OUTAGE)
    look(s)
    before = told(s)

    (more,) = asked(s, askers[3:], "Internet coupé")
    look(s)

    burst = s.scalars(select(Burst)).one()
    assert more.number in numbers(s)[burst.id]
    assert burst.last_at == more.created_at
    _began, grew = signals(s)
    assert (grew.kind, grew.details["tickets"], grew.details["recipients"]) == ("burst.grew", 4, [])
    assert told(s) == before


def test_it_tells_those_who_handle_what_it_grows_into(
    s: Session, people: People, askers: list[Actor]
) -> None:
    chiara = User(name="Chiara", email="chiara@exemple.fr", role=Role.TECHNICIAN)
    own = Team(name="Écoles", sees_only_own=True, members=[chiara])
    network = s.scalars(select(Team)).one()
    s.add(own)
    s.commit()
    asked(s, askers, *OUTAGE, team_id=network.id)
    look(s)
    assert told(s) == [people.bruno.id, people.diane.id]

    asked(s, askers, "Réseau coupé", "Plus de réseau", team_id=own.id)
    look(s)
    assert told(s) == [people.bruno.id, people.diane.id]  # she sees two of them

    asked(s, askers[2:], "Plus de wifi", team_id=own.id)
    look(s)
    assert told(s) == sorted([people.bruno.id, people.diane.id, chiara.id])


def test_whoever_lost_sight_of_it_is_not_told(
    s: Session, people: People, askers: list[Actor]
) -> None:
    made = asked(s, askers, *OUTAGE)
    look(s)

    trash.delete(s, people.diane, made[0].number)
    s.commit()

    assert told(s) == []


def test_requesters_are_never_told(s: Session, people: People, askers: list[Actor]) -> None:
    asked(s, [people.bruno, people.alice, people.alice], *OUTAGE)
    s.get_one(User, people.bruno.id).role = Role.REQUESTER  # between the look and the telling
    s.commit()

    look(s)

    assert told(s) == [people.diane.id]


def test_a_person_and_a_monitoring_account_that_repeat_themselves_are_no_burst(
    s: Session, people: People
) -> None:
    asked(s, [people.alice], *OUTAGE, *OUTAGE)

    look(s)

    assert signals(s) == []


def test_what_is_deleted_or_cancelled_does_not_count(
    s: Session, people: People, askers: list[Actor]
) -> None:
    made = asked(s, askers, *OUTAGE, "Internet coupé")
    trash.delete(s, people.diane, made[0].number)
    transitions.move(s, people.bruno, made[1].number, Status.CANCELLED)

    look(s)

    assert signals(s) == []


def test_what_is_loaded_in_bulk_is_silent(s: Session, people: People, tmp_path: Path) -> None:
    at = f"{now() - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
    lines = [
        loads.open_ticket(n, title="Plus d’internet", requester=n % 2, created=at, updated=at)
        for n in range(1, 6)
    ]

    bulk.load(loads.write(tmp_path, *lines))
    look(s)

    assert len(s.scalars(select(Ticket.number)).all()) == 5
    assert numbers(s) == {}
    assert signals(s) == []


def test_what_is_relayed_late_is_no_news(
    s: Session, people: People, askers: list[Actor], time: Clock
) -> None:
    asked(s, askers, *OUTAGE)
    time.pass_by(hours=2)

    look(s)

    assert numbers(s) == {}


def test_what_came_together_is_found_after_a_pause(
    s: Session, people: People, askers: list[Actor], time: Clock
) -> None:
    asked(s, askers, *OUTAGE)
    time.pass_by(minutes=40)

    look(s)

    assert [event.kind for event in signals(s)] == ["burst.began"]


def test_a_quarter_of_an_hour_of_silence_ends_it(
    s: Session, people: People, askers: list[Actor], time: Clock
) -> None:
    asked(s, askers, *OUTAGE)
    look(s)

    time.pass_by(minutes=16)
    (late,) = asked(s, askers, "Plus d’internet")
    look(s)

    assert late.number in numbers(s)[None]


def test_a_ticket_purged_before_it_is_relayed_stops_nothing(
    s: Session, people: People, askers: list[Actor]
) -> None:
    made = asked(s, askers, *OUTAGE, "Internet coupé")
    trash.delete(s, people.diane, made[0].number)
    trash.purge(s, people.diane, made[0].number, typed=str(made[0].number))

    look(s)

    (found,) = [some for key, some in numbers(s).items() if key]
    assert found == [ticket.number for ticket in made[1:]]


def test_two_who_found_the_same_make_one_burst(
    s: Session, people: People, askers: list[Actor]
) -> None:
    """The task has one process at a time; were there two, the tickets would still be free once."""
    asked(s, askers, *OUTAGE)
    s.commit()
    db.write(relay.relay)
    looks = [burst_work._Look() for _ in range(2)]
    for each in looks:
        db.write(each.read)
        assert each.compare(burst_work.known.background)
    ready = threading.Barrier(2)

    def keep(which: burst_work._Look) -> None:
        ready.wait(10)
        db.write(which.keep)

    threads = [threading.Thread(target=keep, args=(each,)) for each in looks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(signals(s)) == 1
    assert len(s.scalars(select(Burst)).all()) == 1


def test_a_new_ticket_lets_the_task_run(s: Session, people: People, askers: list[Actor]) -> None:
    schedule.sow(s, TASKS)
    row = s.get_one(Schedule, burst_work.TASK)
    row.next_at = now() + timedelta(seconds=50)
    asked(s, askers, "Plus d’internet")
    db.write(relay.relay)
    s.expire_all()
    assert row.next_at == now()

    row.is_active, row.next_at = False, now() + timedelta(seconds=50)
    asked(s, askers, "Plus d’internet")
    db.write(relay.relay)
    s.expire_all()
    assert row.next_at > now()
    assert len(numbers(s)[None]) == 2


def test_a_message_goes_at_once_by_mail(s: Session, people: People, askers: list[Actor]) -> None:
    channels.configure({"email": {"mode": "console"}})
    asked(s, askers, *OUTAGE)
    look(s)
    told(s)

    found = s.scalars(select(Delivery).join(Event).where(Event.kind == "burst.began")).all()

    assert {row.recipient for row in found} == {str(people.bruno.id), str(people.diane.id)}
    assert all(row.channel == "email" and row.next_at <= now() for row in found)


def test_words_of_the_tickets_before_are_read_once(
    s: Session, people: People, askers: list[Actor], time: Clock
) -> None:
    asked(s, askers, *["Imprimante en panne"] * 5)
    time.pass_by(hours=2)
    look(s)
    before = burst_work.known.background
    assert len(before) == 5

    asked(s, askers, "Imprimante en panne")
    look(s)
    assert burst_work.known.background is before

    time.pass_by(hours=24)
    look(s)
    assert len(burst_work.known.background) == 6


def test_a_look_scans_no_table(tmp_path: Path, sqlite_template: Path) -> None:
    # A database of its own: what others let SQLite learn of nearly empty tables would tell here.
    engine = create_engine(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'plain.db')}")
    query = burst_work.came().compile(engine)
    explain = f"EXPLAIN QUERY PLAN {query}"
    with engine.connect() as connection:
        values = tuple(str(value) for value in query.params.values())
        explained = connection.exec_driver_sql(explain, values).all()
    engine.dispose()

    steps = " / ".join(row.detail for row in explained)

    assert "SEARCH burst_ticket USING INDEX ix_burst_ticket_created_at" in steps
    assert "SCAN" not in steps
    assert "TEMP B-TREE FOR ORDER BY" not in steps


def test_after_a_long_look_the_next_one_waits(s: Session, askers: list[Actor]) -> None:
    schedule.sow(s, TASKS)
    burst_work.known.pause = timedelta(seconds=20)

    asked(s, askers, OUTAGE[0])
    relayed()

    assert s.get_one(Schedule, burst_work.TASK).next_at == now() + timedelta(seconds=20)
