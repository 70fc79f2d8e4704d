"""Whoever sends is killed again and again: each message arrives, repeats are known (F1, F17)."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data import db
from data.models import Delivery, DeliveryState, Event
from integrations import sender
from services import destinations, sealing, webhooks
from tests import servers, sinks, sites
from tests.servers import LOOPBACK, Server, wait_until
from tests.sinks import Sink
from tests.sites import Site
from tests.test_worker import Worker

KILLS = 4
COMMENTS = 100
KIND = "comment.posted"


@contextmanager
def alone(folder: Path) -> Iterator[tuple[Site, list[Server]]]:
    """One process on SQLite, which serves and sends."""
    with sites.embedded(folder, WEBHOOK_ALLOW=LOOPBACK) as site:
        yield site, [*site.nodes]


@contextmanager
def with_workers(folder: Path, **more: str) -> Iterator[tuple[Site, list[Server]]]:
    """Two workers on MariaDB and Redis; nobody serves."""
    with ExitStack() as running:
        database = running.enter_context(servers.mariadb())
        redis = running.enter_context(servers.redis())
        settings = {
            "DATA_DIR": str(folder / "var"),
            "DATABASE_URL": database.url,
            "REDIS_URL": redis.url,
            "WEBHOOK_ALLOW": LOOPBACK,
            **more,
        }
        node = sites.Node(folder / "node", servers.free_port(), settings)
        servers.finish(node.run("migrate"))
        workers: list[Server] = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            workers.append(Worker(node.run("worker"), folder / name, 0))
            workers[-1].start()
            running.callback(workers[-1].stop)
        engine = db.configure(database.url)
        running.callback(engine.dispose)
        site = Site("", engine, [])
        site.fill()
        yield site, workers


@pytest.mark.faults
@pytest.mark.parametrize(
    "installed", [alone, pytest.param(with_workers, marks=pytest.mark.mariadb)]
)
def test_killing_whoever_sends_loses_nothing_and_repeats_are_known(
    tmp_path: Path, installed: Callable[[Path], AbstractContextManager[tuple[Site, list[Server]]]]
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with sinks.sink() as sink, installed(tmp_path) as (site, senders):
        subscribe(site, sink)
        number = site.ticket("Imprimante")
        for n in range(COMMENTS):
            site.comment(number, f"Message {n}", "alice")
            if n % (COMMENTS // KILLS) == COMMENTS // KILLS - 1:
                victim = dice.choice(senders)
                victim.kill()
                if dice.random() < 0.5:
                    kill_in_the_middle(sink, victim)
                victim.start()
        wait_until(lambda: unfinished(site) == 0, 90)

        check(site, sink)


def kill_in_the_middle(sink: Sink, victim: Server) -> None:
    """Start it, and kill it when a message has come and was not answered."""
    guard, begun, dead = threading.Lock(), threading.Event(), threading.Event()

    def strike() -> None:
        begun.wait(60)
        with guard:
            if not dead.is_set():
                victim.kill()
                dead.set()

    sink.before = strike
    victim.start()
    begun.set()
    assert dead.wait(60)
    sink.before = lambda: None


def subscribe(site: Site, sink: Sink) -> None:
    destinations.configure([LOOPBACK])
    sealing.configure(sites._SECRET)
    values = {"name": "Compteur", "url": sink.url, "allows_http": True, "kinds": [KIND]}
    site.write(lambda s: webhooks.create(s, site.actor("diane"), **values)[0].id)
    destinations.configure(())


def unfinished(site: Site) -> int:
    """How many messages have not arrived yet, as the installation sees it."""
    told = select(func.count()).select_from(Event).where(Event.kind == KIND)
    done = select(func.count()).where(Delivery.state == DeliveryState.DONE)
    return site.read(lambda s: (s.scalar(told) or 0) - (s.scalar(done) or 0))


def check(site: Site, sink: Sink) -> None:
    said = Counter(received.message["comment"]["body"] for received in sink.received)
    assert set(said) == {f"Message {n}" for n in range(COMMENTS)}
    keys = {received.key: received.message["id"] for received in sink.received}
    assert len(keys) == len(set(keys.values())) == COMMENTS  # one key each, also in a repeat
    repeats = sum(said.values()) - COMMENTS
    print(f"{COMMENTS} messages, {KILLS} kills, {repeats} repeated")
    assert repeats <= KILLS * sender.SENDERS  # no more than can be in the air when one dies
