"""The topic of a person: who is told of something new, from whichever process it came."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data import db
from data.models import Event, Notification
from integrations.bus import Bus, Teller
from services import comments, creation, notifications, relay, undo
from services.creation import NewTicket
from tests.conftest import People, last_event
from tests.test_bus import Server, _has, server, until
from tests.test_live_hub import Heard, hub
from ui import live
from ui.live import Hub

__all__ = ["hub", "server"]  # fixtures


def create(people: People) -> int:
    """Alice opens a ticket, of which Diane is to be told."""
    new = NewTicket(title="Imprimante muette")
    return db.write(lambda s: creation.create(s, people.alice, new).number)


async def relayed() -> None:
    await asyncio.to_thread(db.write, relay.relay)


async def test_who_is_told_hears_it_when_it_is_relayed_and_nobody_else(
    hub: Hub, people: People
) -> None:
    diane = Heard(hub, live.of_person(people.diane.id))
    alice = Heard(hub, live.of_person(people.alice.id))
    await asyncio.to_thread(create, people)

    await relayed()

    assert await diane.next() == set()
    assert alice.is_silent


async def test_what_was_rolled_back_is_heard_by_nobody(hub: Hub, people: People) -> None:
    diane = Heard(hub, live.of_person(people.diane.id))
    await asyncio.to_thread(create, people)

    def fail(s: Session) -> None:
        relay.relay(s)
        raise LookupError

    with pytest.raises(LookupError):
        await asyncio.to_thread(db.write, fail)
    await asyncio.sleep(0)
    assert diane.is_silent
    await relayed()

    assert await diane.next() == set()


async def test_reading_is_heard_by_one_s_other_pages_and_only_if_there_was_something(
    hub: Hub, people: People
) -> None:
    number = await asyncio.to_thread(create, people)
    await relayed()
    diane = Heard(hub, live.of_person(people.diane.id))
    other = Heard(hub, live.of_person(people.bruno.id))

    def read(by: Any) -> None:
        db.write(lambda s: notifications.read_ticket(s, by, number))

    await asyncio.to_thread(read, people.bruno)
    await asyncio.to_thread(read, people.diane)

    assert await diane.next() == set()
    assert other.is_silent


async def test_what_is_taken_back_is_heard(hub: Hub, people: People, s: Session) -> None:
    number = await asyncio.to_thread(create, people)
    await asyncio.to_thread(
        db.write, lambda w: comments.post(w, people.bruno, number, "Bonjour").id
    )
    await relayed()
    alice = Heard(hub, live.of_person(people.alice.id))

    await asyncio.to_thread(
        db.write, lambda w: undo.undo(w, people.bruno, last_event(w, number).id)
    )

    assert await alice.next() == set()


async def test_the_watcher_finds_what_no_message_told(hub: Hub, people: People, s: Session) -> None:
    hub.start(every=0.05)
    alice = Heard(hub, live.of_person(people.alice.id))
    bruno = Heard(hub, live.of_person(people.bruno.id))
    async with asyncio.timeout(10):
        while not hub._newest:  # noqa: ASYNC110 - until the first look
            await asyncio.sleep(0.02)
    event = Event(kind="ticket.resolved", details={})
    s.add(event)
    s.flush()
    row = Notification(user_id=people.alice.id, event_id=event.id, kind="resolved", reason="lead")
    s.add(row)
    s.commit()

    assert await alice.next() == set()
    assert bruno.is_silent


@pytest.mark.parametrize(
    "nonsense",
    [{"told": 7}, {"told": ["7", True, None]}, {"told": [7], "more": 1}, {"told": {"7": 1}}],
)
async def test_nonsense_from_outside_is_for_nobody(hub: Hub, nonsense: dict[str, Any]) -> None:
    one, seven = Heard(hub, live.of_person(1)), Heard(hub, live.of_person(7))

    hub.receive(nonsense)
    hub.receive({"told": [8, 7]})

    assert await seven.next() == set()
    assert seven.is_silent
    assert one.is_silent


async def test_a_process_without_pages_tells_the_others_by_the_bus(
    hub: Hub, server: Server
) -> None:
    bus = Bus(server.url)
    hearing = asyncio.create_task(bus.run(hub.receive, hub.gap))
    await until(lambda: _has(server, 1))
    last = Heard(hub, live.of_person(10_900))
    teller = Teller(server.url)

    await asyncio.to_thread(teller.tell, frozenset(range(10_000, 11_000)))

    assert await last.next() == set()
    teller.close()
    hearing.cancel()


async def test_a_redis_that_is_away_costs_whoever_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    teller = Teller("redis://127.0.0.1:1/0")

    for _ in range(50):
        await asyncio.to_thread(teller.tell, frozenset({1}))

    assert caplog.text.count("nobody was told") == 1
    teller.close()
