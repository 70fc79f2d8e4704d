"""Live updates inside a process and between processes (C2): who is told, once, in which order."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nicegui import core
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Event
from services import assignment, changes, creation, events
from services.changes import Change
from services.permissions import Actor
from tests.conftest import People, Queries
from ui import live
from ui.live import Hub

SOON = 10.0  # seconds after which something will not come any more
ROOT = Path(__file__).parent.parent


@pytest_asyncio.fixture
async def hub(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """A hub of its own, in a loop NiceGUI knows; it watches only when a test wants it to."""
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
    monkeypatch.setattr(live, "COALESCE_SECONDS", 0.05)
    hub = Hub()
    hub.start(every=3600)
    yield hub
    hub.stop()


class Heard:
    """What a listener was told, call by call."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self._calls: asyncio.Queue[set[int]] = asyncio.Queue()
        self.leave = hub.follow(topic, self._calls.put_nowait)

    async def next(self) -> set[int]:
        """Return the numbers of the next call."""
        return await asyncio.wait_for(self._calls.get(), SOON)

    @property
    def is_silent(self) -> bool:
        """Tell whether nothing waits."""
        return self._calls.empty()


def change(event_id: int, number: int | None = 1, kind: str = "ticket.edited") -> Change:
    return Change(event_id, kind, number, None)


def create(by: Actor) -> int:
    new = creation.NewTicket(title="Imprimante muette")
    return db.write(lambda s: creation.create(s, by, new).number)


@pytest.mark.asyncio
async def test_what_a_thread_commits_is_heard_in_the_queue_and_on_its_ticket(
    hub: Hub, people: People
) -> None:
    queue = Heard(hub, live.QUEUE)
    number = await asyncio.to_thread(create, people.alice)
    ticket = Heard(hub, live.of_ticket(number))
    other = Heard(hub, live.of_ticket(number + 1))

    await asyncio.to_thread(db.write, lambda s: assignment.take(s, people.bruno, number))

    assert await queue.next() == {number}
    assert await ticket.next() == {number}
    assert other.is_silent


@pytest.mark.asyncio
async def test_a_change_rolled_back_is_heard_by_nobody(hub: Hub, people: People) -> None:
    queue = Heard(hub, live.QUEUE)

    def fail(s: Session) -> None:
        creation.create(s, people.alice, creation.NewTicket(title="Perdue"))
        raise LookupError

    with pytest.raises(LookupError):
        await asyncio.to_thread(db.write, fail)
    number = await asyncio.to_thread(create, people.alice)

    assert await queue.next() == {number}


@pytest.mark.asyncio
async def test_the_first_change_comes_at_once_and_a_burst_as_one(hub: Hub) -> None:
    queue = Heard(hub, live.QUEUE)

    hub.announce([change(1, 10)])
    hub.announce([change(2, 20), change(3, 30)])
    hub.announce([change(4, 20)])

    assert await queue.next() == {10}
    assert await queue.next() == {20, 30}
    assert queue.is_silent


@pytest.mark.asyncio
async def test_the_same_event_by_three_roads_is_heard_once(hub: Hub) -> None:
    queue = Heard(hub, live.QUEUE)

    hub.announce([change(7, 70)])
    hub.receive(change(7, 70).plain())
    hub.announce([change(7, 70)])
    hub.announce([change(8, 80)])

    assert await queue.next() == {70}
    assert await queue.next() == {80}


@pytest.mark.asyncio
async def test_two_readings_of_one_listener_never_overtake_each_other(hub: Hub) -> None:
    finished: asyncio.Queue[set[int]] = asyncio.Queue()
    begun, may_end = asyncio.Queue[set[int]](), asyncio.Event()

    async def slow(numbers: set[int]) -> None:
        begun.put_nowait(numbers)
        await may_end.wait()
        finished.put_nowait(numbers)

    hub.follow(live.QUEUE, slow)
    fast = Heard(hub, live.QUEUE)
    for event_id in (1, 2, 3):
        hub.announce([change(event_id, event_id)])
        await fast.next()

    assert begun.qsize() == 1
    may_end.set()
    assert await asyncio.wait_for(finished.get(), SOON) == {1}
    assert await asyncio.wait_for(finished.get(), SOON) == {2, 3}


@pytest.mark.asyncio
async def test_a_listener_that_fails_hurts_neither_the_others_nor_its_own_next_time(
    hub: Hub,
) -> None:
    heard: asyncio.Queue[set[int]] = asyncio.Queue()

    def fragile(numbers: set[int]) -> None:
        heard.put_nowait(numbers)
        if numbers == {1}:
            raise LookupError

    hub.follow(live.QUEUE, fragile)
    sound = Heard(hub, live.QUEUE)
    hub.announce([change(1, 1)])
    hub.announce([change(2, 2)])

    assert [await sound.next(), await sound.next()] == [{1}, {2}]
    assert [await asyncio.wait_for(heard.get(), SOON) for _ in range(2)] == [{1}, {2}]


@pytest.mark.asyncio
async def test_who_left_hears_nothing_more(hub: Hub) -> None:
    gone, there = Heard(hub, live.QUEUE), Heard(hub, live.QUEUE)

    gone.leave()
    hub.announce([change(1)])

    assert await there.next() == {1}
    assert gone.is_silent
    there.leave()
    assert hub.listeners() == 0


@pytest.mark.asyncio
async def test_signing_in_wakes_no_page_but_a_change_of_a_team_does(hub: Hub) -> None:
    organisation = Heard(hub, live.ORGANISATION)
    queue = Heard(hub, live.QUEUE)

    hub.announce([change(1, None, "session.opened")])
    hub.announce([change(2, 5)])
    assert await queue.next() == {5}
    assert organisation.is_silent
    hub.announce([change(3, None, "team.changed")])

    assert await organisation.next() == set()


@pytest.mark.asyncio
async def test_a_purged_ticket_leaves_the_lists_though_its_event_names_it_only_as_subject(
    hub: Hub,
) -> None:
    queue, ticket = Heard(hub, live.QUEUE), Heard(hub, live.of_ticket(9))

    hub.announce([Change(1, "ticket.purged", None, "ticket:9")])

    assert await queue.next() == {9}
    assert await ticket.next() == {9}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "nonsense",
    [
        {"event_id": [1], "kind": "x", "ticket_number": 1, "subject": None},
        {"event_id": True, "kind": "x", "ticket_number": 1, "subject": None},
        {"event_id": 1, "kind": "x", "ticket_number": "1", "subject": None},
        {"event_id": 1},
        {"event_id": 1, "kind": "x", "ticket_number": 1, "subject": None, "more": 1},
        {"presence": "here", "number": "1", "person": []},
        {},
    ],
)
async def test_nonsense_from_outside_is_ignored(hub: Hub, nonsense: dict[str, Any]) -> None:
    queue = Heard(hub, live.QUEUE)

    hub.receive(nonsense)
    hub.receive(change(2, 20).plain())

    assert await queue.next() == {20}


@pytest.mark.asyncio
async def test_a_gap_makes_every_listener_look_again(hub: Hub) -> None:
    queue, ticket = Heard(hub, live.QUEUE), Heard(hub, live.of_ticket(3))

    hub.gap()

    assert await queue.next() == set()
    assert await ticket.next() == set()


@pytest.mark.asyncio
async def test_only_ones_own_commits_are_published_and_as_ids(hub: Hub, people: People) -> None:
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    hub.start(sent.put_nowait, every=3600)

    hub.announce([change(999, 1)])
    number = await asyncio.to_thread(create, people.alice)

    message = await asyncio.wait_for(sent.get(), SOON)
    assert message["ticket_number"] == number
    assert message.keys() == {"event_id", "kind", "ticket_number", "subject"}


# What follows is the safety net: no Redis, two processes, one database.


@pytest.mark.asyncio
async def test_without_redis_the_watcher_hears_what_another_process_commits(
    hub: Hub, engine: Engine, people: People
) -> None:
    queue = Heard(hub, live.QUEUE)
    hub.start(every=0.02)
    url = engine.url.render_as_string(hide_password=False)
    code = (
        "import sys\n"
        "from data import db\n"
        "from services import creation, sessions\n"
        "from services.permissions import Actor, Role\n"
        "db.configure(sys.argv[1])\n"
        "by = Actor(int(sys.argv[2]), Role.REQUESTER)\n"
        "db.write(lambda s: creation.create(s, by, creation.NewTicket(title='Autre processus')))\n"
    )
    process = [sys.executable, "-c", code, url, str(people.alice.id)]

    await asyncio.to_thread(subprocess.run, process, check=True, cwd=ROOT, timeout=60)

    assert len(await queue.next()) == 1


@pytest.mark.asyncio
async def test_who_is_not_awake_hears_all_at_once_on_going_on(hub: Hub) -> None:
    heard: asyncio.Queue[set[int]] = asyncio.Queue()
    awake = False
    ear = live.Ear(heard.put_nowait, lambda: awake)
    hub.add(live.QUEUE, ear)
    ear.hear({1})
    ear.hear({2})
    ear.go_on()
    await asyncio.sleep(0)
    assert heard.empty()

    awake = True
    ear.go_on()

    assert await asyncio.wait_for(heard.get(), SOON) == {1, 2}
    ear.go_on()
    await asyncio.sleep(0)
    assert heard.empty()


@pytest.mark.asyncio
async def test_row_41_is_heard_though_it_is_committed_after_row_42(
    hub: Hub, engine: Engine
) -> None:
    queue = Heard(hub, live.QUEUE)
    hub.start(every=0.02)

    for event_id, number in ((42, 420), (41, 410)):
        with Session(engine) as session, session.begin():
            session.add(Event(id=event_id, kind="ticket.edited", ticket_number=number))
        assert await queue.next() == {number}


def test_after_a_lost_database_the_watcher_looks_back_to_the_last_time_it_could_read(
    s: Session, people: People
) -> None:
    event = events.record(s, people.diane, None, "team.created", subject="team:1")
    event.created_at = now() - 4 * changes.WINDOW
    s.flush()

    assert changes.recent(s) == []
    assert changes.recent(s, now() - timedelta(minutes=3)) == [Change.of(event)]


async def test_when_the_database_is_back_all_look_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, was_lost = Heard(hub, live.of_ticket(7)), asyncio.Event()
    loop = asyncio.get_running_loop()

    def lost(_work: object) -> None:
        loop.call_soon_threadsafe(was_lost.set)
        raise OperationalError("SELECT 1", {}, Exception("gone away"))

    with monkeypatch.context() as without:
        without.setattr(db, "read", lost)
        hub.start(every=0.02)
        await asyncio.wait_for(was_lost.wait(), SOON)
        assert ticket.is_silent

    assert await ticket.next() == set()


def test_the_watcher_reads_what_it_knows_by_its_id_alone(
    s: Session, people: People, queries: Queries
) -> None:
    made = [
        events.record(s, people.diane, None, "team.created", subject=f"team:{n}") for n in (1, 2)
    ]
    s.flush()
    queries.statements.clear()

    assert changes.recent(s, known={made[0].id}) == [Change.of(made[1])]
    assert changes.recent(s, known={event.id for event in made}) == []
    assert len(queries.statements) == 3
