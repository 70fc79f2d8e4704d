"""How fast a change reaches everybody: 500 browsers on the queue, one change a second.

`python -m tests.bench.live [--clients 500] [--changes 30] [--redis] [--json FILE]`

The promise (architecture.md 9): 95 of 100 frames are received within 250 ms of the commit, and
nobody is disconnected. With `--redis` another process commits, and tells through Redis. The
browsers are simulated on the same machine, so the figures are pessimistic.
"""

import argparse
import asyncio
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from data import db, files
from data.models import Role, User
from integrations.bus import Bus
from services import creation, sessions, tickets
from services.changes import Change
from services.permissions import Actor
from tests.bench import server

TICKETS = 200
TECHNICIANS = 50
LIMIT_MS = 250
ROOT = Path(__file__).parent.parent.parent
_STAMP = re.compile(r"stamp-(\d+)-")
_MESSAGE_ID = re.compile(r'"_id":(\d+)')
Committer = Callable[[int, str], Awaitable[float]]
Report = dict[str, float | int]


@dataclass
class Measured:
    """What the browsers saw."""

    committed_at: dict[int, float] = field(default_factory=dict)
    received: list[tuple[int, float, int]] = field(default_factory=list)  # stamp, when, bytes
    disconnected: int = 0

    def delays_ms(self) -> list[float]:
        """Return how long each frame took from the commit, sorted."""
        return sorted((at - self.committed_at[stamp]) * 1000 for stamp, at, _ in self.received)


@dataclass(frozen=True)
class World:
    """A database with people, their cookies, and tickets in the queue."""

    url: str
    admin_id: int
    tokens: list[str]
    numbers: list[int]


def populate(folder: Path) -> World:
    """Fill a database of its own."""
    url = f"sqlite:///{folder}/bench.db"
    engine = db.configure(url)
    db.Base.metadata.create_all(engine)
    files.configure(folder / "files")
    with db.transaction() as s:
        diane = User(name="Diane", email="diane@exemple.fr", role=Role.ADMIN)
        staff = [
            User(name=f"Bruno {n}", email=f"b{n}@exemple.fr", role=Role.TECHNICIAN)
            for n in range(TECHNICIANS)
        ]
        s.add_all([diane, *staff])
        s.flush()
        by = Actor(diane.id, diane.role, diane.name)
        made = [
            creation.create(s, by, creation.NewTicket(title=f"Imprimante {n} muette"))
            for n in range(TICKETS)
        ]
        tokens = [sessions.open(s, user.id) for user in staff]
        return World(url, diane.id, tokens, [ticket.number for ticket in made])


SOCKET = "/_nicegui_ws/socket.io/"


class Browser:
    """One open queue: the page over HTTP with the cookie, then its socket."""

    def __init__(self, base: str, token: str, measured: Measured) -> None:
        self._base = base
        self._headers = {"Cookie": f"appticket={token}", "Origin": base}
        self._measured = measured
        self._last = -1

    async def open(self, web: aiohttp.ClientSession) -> None:
        """Load the page and connect as its script would."""
        async with web.get(f"{self._base}/queue", headers=self._headers) as answer:
            page = await answer.text()
            answer.raise_for_status()
        query = handshake(page)
        self._id = query["client_id"]
        self._socket = await web.ws_connect(
            f"{self._base}{SOCKET}", params=query, headers=self._headers, max_msg_size=0
        )
        await self._socket.receive()
        await self._socket.send_str("40")
        welcome = await self._socket.receive()
        if not str(welcome.data).startswith("40"):
            raise ConnectionError(welcome.data)

    async def watch(self) -> None:
        """Note each frame that carries a change, answer pings, acknowledge now and then."""
        acknowledged = time.monotonic()
        async for message in self._socket:
            at, text = time.monotonic(), str(message.data)
            if text == "2":
                await self._socket.send_str("3")
                continue
            self._note(text, at)
            if at - acknowledged > 3:
                acknowledged = at
                ack = {"client_id": self._id, "next_message_id": self._last + 1}
                await self._socket.send_str(f"42{json.dumps(['ack', ack])}")
        self._measured.disconnected += 1

    def _note(self, text: str, at: float) -> None:
        if ids := _MESSAGE_ID.findall(text):
            self._last = int(ids[-1])
        for stamp in {int(found) for found in _STAMP.findall(text)}:
            self._measured.received.append((stamp, at, len(text)))


def handshake(page: str) -> dict[str, str]:
    """Return by what the script of a page connects to SOCKET."""
    return {
        "client_id": _found(r"client_id['\"]: ?['\"]([^'\"]+)", page),
        "next_message_id": _found(r"next_message_id['\"]: ?(\d+)", page),
        "implicit_handshake": "true",
        "document_id": str(uuid.uuid4()),
        "tab_id": str(uuid.uuid4()),
        "old_tab_id": "null",
        "EIO": "4",
        "transport": "websocket",
    }


def _found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    if match is None:
        raise LookupError(pattern)
    return match.group(1)


async def run(world: World, base: str, clients: int, changes: int, commit: Committer) -> Report:
    """Connect everybody, change one ticket a second, and report."""
    measured = Measured()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, connect=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as web:
        await until_it_answers(web, base)
        await _warm_up(web, base, world)
        empty = await _state(web, base)
        browsers = [
            Browser(base, world.tokens[n % len(world.tokens)], measured) for n in range(clients)
        ]
        watching = await _open_all(web, browsers)
        await asyncio.sleep(3)
        calm = await _state(web, base)
        await asyncio.sleep(5)
        before = await _state(web, base)
        for stamp in range(changes):
            number = world.numbers[-1 - stamp % 20]
            measured.committed_at[stamp] = await commit(number, f"stamp-{stamp}-")
            await asyncio.sleep(1)
        await asyncio.sleep(2)
        after = await _state(web, base)
        disconnected = measured.disconnected
        for task in watching:
            task.cancel()
    idle = (before["cpu"] - calm["cpu"]) / 5
    busy = after["cpu"] - before["cpu"] - idle * (changes + 2)
    return report(measured, clients, changes) | {
        "disconnected": max(disconnected, clients - int(after["connected"])),
        "rss_mib": round(after["rss"] / 2**20),
        "kib_per_client": round((calm["rss"] - empty["rss"]) / 1024 / clients),
        "cpu_ms_per_page": round((calm["cpu"] - empty["cpu"]) / clients * 1000, 1),
        "elements_per_client": round(calm["elements"] / max(1, calm["connected"])),
        "idle_cpu_percent": round(idle * 100, 1),
        "cpu_ms_per_change": round(busy / changes * 1000, 1),
    }


def report(measured: Measured, clients: int, changes: int) -> Report:
    """Return the figures of what the browsers saw."""
    delays = measured.delays_ms()
    expected = clients * changes

    def at(share: float) -> float:
        return round(delays[min(len(delays) - 1, int(len(delays) * share))], 1) if delays else -1

    return {
        "clients": clients,
        "changes": changes,
        "frames": len(delays),
        "frames_expected": expected,
        "p50_ms": at(0.5),
        "p95_ms": at(0.95),
        "max_ms": at(1),
        "bytes_per_frame": round(sum(x[2] for x in measured.received) / max(1, len(delays))),
    }


async def _open_all(
    web: aiohttp.ClientSession, browsers: list[Browser]
) -> list[asyncio.Task[None]]:
    """Open the pages, a few at a time; each answers pings from the moment it is open."""
    few = asyncio.Semaphore(10)

    async def open_one(browser: Browser) -> asyncio.Task[None]:
        async with few:
            await browser.open(web)
        return asyncio.create_task(browser.watch())

    return await asyncio.gather(*(open_one(browser) for browser in browsers))


async def until_it_answers(web: aiohttp.ClientSession, base: str) -> None:
    """Wait until the server has started."""
    async with asyncio.timeout(30):
        while True:
            with suppress(aiohttp.ClientError):
                await _state(web, base)
                return
            await asyncio.sleep(0.1)


async def _warm_up(web: aiohttp.ClientSession, base: str, world: World) -> None:
    """Build one page first: what is loaded and compiled once is nobody’s memory."""
    headers = {"Cookie": f"appticket={world.tokens[0]}"}
    async with web.get(f"{base}/queue", headers=headers) as answer:
        await answer.read()


async def _state(web: aiohttp.ClientSession, base: str) -> dict[str, float]:
    async with web.get(f"{base}{server.HOOKS}state") as answer:
        return dict(await answer.json())


def by_hook(base: str) -> Committer:
    """Return what has the server itself commit."""

    async def commit(number: int, stamp: str) -> float:
        params = {"number": str(number), "stamp": stamp}
        url = f"{base}{server.HOOKS}change"
        async with aiohttp.ClientSession() as web, web.post(url, params=params) as answer:
            return float((await answer.json())["committed_at"])

    return commit


def by_another_process(world: World, bus: Bus) -> Committer:
    """Return what commits here, in a process of its own, and tells the server through Redis."""
    loop = asyncio.get_running_loop()
    hooks = server.Hooks(world.admin_id)

    def publish(recorded: list[Any]) -> None:
        for event in recorded:
            loop.call_soon_threadsafe(bus.publish, Change.of(event).plain())

    db.on_commit(hooks.noted)
    db.on_commit(publish)
    by = Actor(world.admin_id, Role.ADMIN, "Diane")

    async def commit(number: int, stamp: str) -> float:
        values = {"title": f"Imprimante {stamp}"}
        await asyncio.to_thread(db.write, lambda s: tickets.edit(s, by, number, values))
        return hooks.committed_at

    return commit


async def measure(arguments: argparse.Namespace, folder: Path) -> Report:
    """Start what is needed, measure, and stop it."""
    world = populate(folder)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with ExitStack() as running:
        more = []
        if arguments.redis:
            redis_port = free_port()
            more = [f"redis://127.0.0.1:{redis_port}/0"]
            start(running, "redis-server", "--port", str(redis_port), "--save", "")
        serve = (sys.executable, "-m", "tests.bench.server", world.url, str(port))
        start(running, *serve, str(world.admin_id), *more)
        if not arguments.redis:
            commit = by_hook(base)
            return await run(world, base, arguments.clients, arguments.changes, commit)
        bus = Bus(more[0])
        telling = asyncio.create_task(bus.run(lambda _message: None, lambda: None))
        commit = by_another_process(world, bus)
        try:
            return await run(world, base, arguments.clients, arguments.changes, commit)
        finally:
            telling.cancel()


def start(running: ExitStack, *command: str) -> None:
    """Run a command until the stack ends."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    running.callback(process.wait)
    running.callback(process.terminate)


def until_it_listens(port: int) -> None:
    """Wait until a port accepts connections, 30 seconds at most."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(port)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Measure, show, and fail when the promise is broken."""
    parser = argparse.ArgumentParser(description="Measure live updates.")
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(arguments, Path(folder)))
    for name, value in found.items():
        sys.stdout.write(f"{name:>22}  {value}\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    is_kept = found["p95_ms"] <= LIMIT_MS and found["frames"] >= found["frames_expected"]
    return 0 if is_kept and found["disconnected"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
