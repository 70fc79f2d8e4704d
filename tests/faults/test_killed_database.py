"""MariaDB dies in the middle of work: what was acknowledged is there, once (product.md 6)."""

import threading
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from data import db, files, schema
from data.models import Comment, Event, Role, Sequence, Ticket, User
from services import comments, creation, sessions
from services.creation import NewTicket
from tests import servers

WRITERS = 4
TICKETS_EACH = 25
KILLS = 3


@pytest.mark.faults
@pytest.mark.mariadb
def test_killing_the_database_loses_and_doubles_nothing(tmp_path: Path) -> None:
    files.configure(tmp_path / "files")
    with servers.mariadb(durable=True) as server:
        engine = db.configure(server.url)
        schema.upgrade()
        alice_id = db.write(make_alice)
        acknowledged: list[tuple[str, int]] = []
        arrived = threading.Semaphore(0)

        def write_on(writer: int) -> None:
            for n in range(TICKETS_EACH):
                key = f"{writer}/{n}"
                acknowledged.append((key, until_it_is_acknowledged(alice_id, key)))
                arrived.release()

        threads = [threading.Thread(target=write_on, args=(w,)) for w in range(WRITERS)]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            for _ in range(WRITERS * TICKETS_EACH // (KILLS + 1)):
                assert arrived.acquire(timeout=60)
            server.kill()
            server.start()
        for thread in threads:
            thread.join(timeout=120)

        assert len(acknowledged) == WRITERS * TICKETS_EACH
        db.read(lambda s: check(s, dict(acknowledged)))
        engine.dispose()


def make_alice(s: Session) -> int:
    alice = User(name="Alice", email="alice@exemple.fr", role=Role.REQUESTER)
    s.add(alice)
    s.flush()
    return alice.id


def until_it_is_acknowledged(alice_id: int, key: str) -> int:
    """Do as a browser does: send the same form again until it is answered."""

    def work(s: Session) -> int:
        alice = sessions.actor_of(s, alice_id)
        ticket = creation.create(s, alice, NewTicket(title=key, key=key))
        comments.post(s, alice, ticket.number, key, key=key)
        return ticket.number

    while True:
        try:
            return db.write(work)
        except DBAPIError:
            continue


def check(s: Session, acknowledged: dict[str, int]) -> None:
    tickets = {ticket.title: ticket for ticket in s.scalars(select(Ticket))}
    assert {title: ticket.number for title, ticket in tickets.items()} == acknowledged
    assert sorted(acknowledged.values()) == list(range(1, len(acknowledged) + 1))
    assert s.scalars(select(Sequence.value)).one() == len(acknowledged)
    said = Counter(s.scalars(select(Comment.body)))
    assert said == Counter(list(acknowledged))
    kinds = Counter(s.scalars(select(Event.kind)))
    assert kinds == {"ticket.created": len(acknowledged), "comment.posted": len(acknowledged)}
    assert all(ticket.comment_count == 1 for ticket in tickets.values())
