"""What one process tells of itself: statements, live pages, the bus, what happened in it."""

import asyncio
import shutil
import time
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool

from data import db
from data.config import Settings
from data.models import Event
from integrations.bus import Bus

LOOP_SECONDS = 0.5
_STATEMENT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_DELAY_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_COUNTED_FROM_THE_START = (
    *("ticket.created", "ticket.resolved", "ticket.reopened", "ticket.closed"),
    *("comment.posted", "comment.noted"),
)
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"
_BEGUN = "statement begun"  # in `Connection.info`

Census = Callable[[], tuple[int, int]]  # live pages and sockets


def add_all(
    registry: CollectorRegistry, settings: Settings, role: str, engine: Engine
) -> list[Callable[[], object]]:
    """Let a registry tell what every process has: memory, versions, statements, events, room.

    Return what ends the counting.
    """
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    registry.register(_Build(role, engine.dialect.name))
    room = Gauge(
        "appticket_data_free_bytes",
        "Free room where attachments are kept.",
        registry=registry,
    )
    room.set_function(lambda: shutil.disk_usage(settings.data_dir).free)
    return [*_add_statements(registry, engine), _add_events(registry)]


def add_pages(registry: CollectorRegistry, census: Census) -> None:
    """Let it tell how many pages are open."""
    pages = Gauge("appticket_live_pages", "Pages open in browsers.", registry=registry)
    pages.set_function(lambda: census()[0])
    sockets = Gauge("appticket_live_sockets", "Sockets of these pages.", registry=registry)
    sockets.set_function(lambda: census()[1])


def add_bus(registry: CollectorRegistry, bus: Bus) -> None:
    """Let it tell how the bus between the processes is doing."""
    connected = Gauge(
        "appticket_bus_connected",
        "Whether this process hears what changes in the others.",
        registry=registry,
    )
    connected.set_function(lambda: bus.is_connected)
    registry.register(_Dropped(bus))


class Loop:
    """Tells how late the event loop does what is due: what all live pages wait for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delay = Histogram(
            "appticket_event_loop_delay_seconds",
            "How late the event loop did what was due, looked at twice a second.",
            registry=registry,
            buckets=_DELAY_BUCKETS,
        )

    async def run(self) -> None:
        """Look as long as the site runs."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(LOOP_SECONDS)
            self._delay.observe(max(0.0, time.perf_counter() - begun - LOOP_SECONDS))


class _Build(Collector):
    def __init__(self, role: str, database: str) -> None:
        version = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"]
        self._labels = {"version": version, "role": role, "database": database}

    def collect(self) -> list[Metric]:
        return [InfoMetricFamily("appticket_build", "What runs here.", value=self._labels)]


class _Dropped(Collector):
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def collect(self) -> list[Metric]:
        told = "Messages to the other processes that were dropped because too many waited."
        family = CounterMetricFamily("appticket_bus_messages_dropped", told)
        family.add_metric([], self._bus.dropped)
        return [family]


def _add_statements(registry: CollectorRegistry, engine: Engine) -> list[Callable[[], object]]:
    """Count and time the statements of an engine; return what ends that."""
    seconds = Histogram(
        "appticket_database_statement_duration_seconds",
        "Time a statement took, without fetching what it found.",
        registry=registry,
        buckets=_STATEMENT_BUCKETS,
    )
    errors = Counter(
        "appticket_database_statement_errors",
        "Statements that failed, those that are tried again among them.",
        registry=registry,
    )

    def begin(connection: Connection, *_statement: Any) -> None:
        connection.info[_BEGUN] = time.perf_counter()

    def end(connection: Connection, *_statement: Any) -> None:
        seconds.observe(time.perf_counter() - connection.info[_BEGUN])

    def fail(_context: object) -> None:
        errors.inc()

    heard: dict[str, Callable[..., None]] = {
        "before_cursor_execute": begin,
        "after_cursor_execute": end,
        "handle_error": fail,
    }
    for name, listener in heard.items():
        event.listen(engine, name, listener)
    in_use = Gauge(
        "appticket_database_connections_in_use",
        "Connections that somebody works with.",
        registry=registry,
    )
    in_use.set_function(lambda: _in_use(engine))
    return [partial(event.remove, engine, name, listener) for name, listener in heard.items()]


def _in_use(engine: Engine) -> int:
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def _add_events(registry: CollectorRegistry) -> Callable[[], None]:
    """Count what this process recorded in the history; return what ends that."""
    counted = Counter(
        "appticket_events",
        "What happened through this process, by the kinds of docs/events.md.",
        ("kind",),
        registry=registry,
    )
    for kind in _COUNTED_FROM_THE_START:
        counted.labels(kind)

    def hear(recorded: list[Event]) -> None:
        for each in recorded:
            counted.labels(each.kind).inc()

    return db.on_commit(hear)
