"""The bus between processes, on a Redis of its own that is killed and comes back (C2)."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio as redis
from nicegui import core
from redis.exceptions import RedisError
from sqlalchemy import Engine

from integrations.bus import CHANNEL, MAX_BYTES, Bus
from services.changes import Change
from ui import live
from ui.live import Hub
from ui.presence import Presence

SOON = 20.0
pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server here")


class Server:
    """A Redis that keeps nothing, on a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            "redis-server",
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
            cwd=self._folder,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until(self.answers)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def answers(self) -> bool:
        async with redis.from_url(self.url) as client:
            with suppress(RedisError, OSError):
                return bool(await client.ping())
        return False

    async def listeners(self) -> int:
        async with redis.from_url(self.url) as client:
            return int((await client.pubsub_numsub(CHANNEL))[0][1])

    async def say(self, raw: bytes) -> None:
        async with redis.from_url(self.url) as client:
            await client.publish(CHANNEL, raw)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something outside this process is so."""
    async with asyncio.timeout(SOON):
        while not await is_so():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A Redis of this test."""
    server = Server(tmp_path)
    await server.start()
    yield server
    await server.kill()


class Node:
    """One end of the bus, and what it heard."""

    def __init__(self, server: Server) -> None:
        self.bus = Bus(server.url)
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gaps: asyncio.Queue[bool] = asyncio.Queue()
        gap = lambda: self.gaps.put_nowait(True)  # noqa: E731 - only counted
        self.task = asyncio.create_task(self.bus.run(self.heard.put_nowait, gap))

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.heard.get(), SOON)


@pytest_asyncio.fixture
async def nodes(server: Server) -> AsyncIterator[tuple[Node, Node]]:
    """Two processes, as it were, both listening."""
    both = Node(server), Node(server)
    await until(lambda: _has(server, 2))
    yield both
    for node in both:
        node.task.cancel()
        with suppress(asyncio.CancelledError):
            await node.task


async def _has(server: Server, listeners: int) -> bool:
    return await server.listeners() == listeners


@pytest.mark.asyncio
async def test_what_one_says_the_other_hears_and_it_does_not_hear_itself(
    nodes: tuple[Node, Node],
) -> None:
    here, there = nodes

    here.bus.publish({"event_id": 1})
    there.bus.publish({"event_id": 2})

    assert await there.next() == {"event_id": 1}
    assert await here.next() == {"event_id": 2}
    assert here.heard.empty()


@pytest.mark.asyncio
async def test_a_killed_redis_fails_nobody_and_its_return_is_told_as_a_gap(
    server: Server, nodes: tuple[Node, Node]
) -> None:
    here, there = nodes

    await server.kill()
    here.bus.publish({"event_id": 1})
    await server.start()
    await asyncio.wait_for(there.gaps.get(), SOON)
    await asyncio.wait_for(here.gaps.get(), SOON)
    here.bus.publish({"event_id": 2})

    heard = await there.next()
    if heard == {"event_id": 1}:  # it may still have been waiting, or be lost: both are right
        heard = await there.next()
    assert heard == {"event_id": 2}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "nonsense",
    [
        b"{not json",
        b"[1, 2]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 3000,
        json.dumps({"event_id": 1}).encode(),
        json.dumps({"from": "x", "event_id": 1, "pad": "x" * MAX_BYTES}).encode(),
    ],
)
async def test_what_is_not_a_message_of_ours_is_ignored(
    server: Server, nodes: tuple[Node, Node], nonsense: bytes
) -> None:
    here, there = nodes

    await server.say(nonsense)
    here.bus.publish({"event_id": 3})

    assert await there.next() == {"event_id": 3}


def test_when_too_many_wait_the_rest_is_dropped_and_nobody_waits() -> None:
    bus = Bus("redis://127.0.0.1:1/0")

    for event_id in range(6000):
        bus.publish({"event_id": event_id})


@pytest.mark.asyncio
async def test_a_bus_that_starts_before_redis_finds_it_when_it_comes(tmp_path: Path) -> None:
    server = Server(tmp_path)
    node = Node(server)

    await server.start()
    await until(lambda: _has(server, 1))

    node.task.cancel()
    await server.kill()


@pytest.mark.asyncio
async def test_two_hubs_tell_each_other_ids_and_who_is_typing(
    server: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
    hubs = Hub(), Hub()
    buses = [Bus(server.url), Bus(server.url)]
    tasks = [
        asyncio.create_task(bus.run(hub.receive, hub.gap))
        for bus, hub in zip(buses, hubs, strict=True)
    ]
    for bus, hub in zip(buses, hubs, strict=True):
        hub.start(bus.publish, every=3600)
    here, there = Presence(hubs[0]), Presence(hubs[1])
    heard: asyncio.Queue[set[int]] = asyncio.Queue()
    hubs[1].follow(live.QUEUE, heard.put_nowait)
    moved: asyncio.Queue[int] = asyncio.Queue()
    there.follow_all(moved.put_nowait)
    await until(lambda: _has(server, 2))

    hubs[0].send(Change(5, "ticket.edited", 50, None).plain())
    leave = here.enter(50, 1, "Bruno", is_staff=True)
    here.type(50, 1, is_note=True)

    assert await asyncio.wait_for(heard.get(), SOON) == {50}
    assert [await asyncio.wait_for(moved.get(), SOON) for _ in range(2)] == [50, 50]
    (viewer,) = there.at(50)
    assert (viewer.name, viewer.is_typing, viewer.is_typing_note) == ("Bruno", False, True)
    leave()
    await asyncio.wait_for(moved.get(), SOON)
    assert there.at(50) == []
    for hub, task in zip(hubs, tasks, strict=True):
        hub.stop()
        task.cancel()
