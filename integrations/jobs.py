"""rq: the accelerator between processes. It carries names and ids, and nothing in it is the truth.

Whoever can write to Redis can write jobs: what a job names is looked up in the table below and
never imported, its data is JSON and never a pickle, its callbacks and webhooks are ignored (R-14).
"""

import asyncio
import logging
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import redis
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import DuplicateJobError, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from data import db, memory
from data.clock import now
from data.models import Event
from integrations import channels, sender
from integrations.bus import Teller, Waker
from integrations.chores import Chores
from integrations.sender import Sender
from services import deliveries
from services.workers import Unseen, Worker

log = logging.getLogger(__name__)

QUEUE = "appticket"
JOB_SECONDS = 60  # more than any job takes
WAITING_SECONDS = 60  # a job nobody took by then is left to the sweepers
QUARANTINE_SECONDS = 86_400
MAX_WAITING = 200  # with more in the queue the workers are behind, or there are none
ALIVE_SECONDS = 60  # a worker says at least so often that it is there
AT_ONCE = 100  # deliveries handed out by one job
_GATHER_SECONDS = 0.05
_PAUSE_SECONDS = 5.0
_PATIENCE: dict[str, Any] = {"socket_connect_timeout": 3, "socket_timeout": 3}


class Foreign(Exception):
    """A job that none of our processes wrote."""


class OurJob(Job):
    """A job that runs what is in the table, with whole numbers, and has no consequences."""

    success_callback = failure_callback = stopped_callback = None  # rq imports what Redis names

    @property
    def func(self) -> Callable[..., None]:
        """Return what the table holds under the name of the job."""
        try:
            return WORK[str(self.func_name)]
        except KeyError:
            raise Foreign(self.id) from None

    def restore(self, raw_data: Any) -> Any:
        """Read the job from Redis without what would follow from it."""
        restored = super().restore(raw_data)
        self.webhooks = []
        self.retries_left = self.repeats_left = None
        return restored

    def perform(self) -> None:
        """Run it, if it is one of ours; otherwise rq logs the error and keeps it among the failed.

        Raises:
            Foreign.
        """
        has_ids = all(type(value) is int for value in self.args)
        if self.instance is not None or self.kwargs or not has_ids:
            raise Foreign(self.id)
        self.func(*self.args)


def relay() -> None:
    """Plan the deliveries of what happened, and hand those that are due to the workers."""
    sender.relay_all()
    due = db.read(lambda s: deliveries.due(s, AT_ONCE))
    with _connected(_url) as connection:
        for delivery_id, attempts in due:
            _enqueue(connection, "deliver", delivery_id, job_id=f"{delivery_id}-{attempts + 1}")


def deliver(delivery_id: int) -> None:
    """Send one delivery, unless somebody else has it or it is not due."""
    for parcel in db.write(lambda s: deliveries.claim(s, 1, delivery_id=delivery_id)):
        channels.send(parcel)


WORK: dict[str, Callable[..., None]] = {"deliver": deliver, "relay": relay}
_url = ""


def configure(url: str) -> None:
    """Choose the Redis of this process; called once by main.py."""
    global _url  # noqa: PLW0603 - as the database, one for the process
    _url = url


async def wake_workers() -> None:
    """Wake a worker after each commit, as long as the site runs; a lost Redis is only slower."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def hear(_recorded: list[Event]) -> None:
        loop.call_soon_threadsafe(woken.set)

    leave = db.on_commit(hear)
    try:
        while True:
            await woken.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            woken.clear()
            await asyncio.to_thread(_wake)
    finally:
        leave()


def work(tell: Callable[[], None]) -> None:
    """Do what queue and clock ask for, and sweep beside it, until told to stop (SIGTERM, SIGINT).

    `tell` is called when a signal finds somebody who stops in order.
    """
    for number in (signal.SIGTERM, signal.SIGINT):  # until rq has its own, and between two of them
        signal.signal(number, _stop)
    logging.getLogger("rq").setLevel(logging.WARNING)
    memory.tune()
    try:
        with _sweeping():
            tell()
            while not _worked():
                time.sleep(_PAUSE_SECONDS)  # Redis is away or speaks nonsense; the sweeper goes on
    except StopRequested:
        pass


@contextmanager
def _sweeping() -> Iterator[None]:
    """Relay, send and do what the clock asks for, in threads, until the end of the block."""
    sweeper, chores = Sender(), Chores()

    def hear(kind: str) -> None:
        sweeper.wake()
        chores.hear_of([kind])

    teller, waker = Teller(_url), Waker(_url, hear)
    leaving = (
        db.on_commit(sweeper.wake),
        db.on_commit(chores.hear),
        db.on_told(teller.tell),
    )
    beside = (sweeper, chores)
    for each in beside:
        each.start()
    try:
        waker.start()
        yield
    finally:
        for leave in leaving:
            leave()
        waker.stop()
        for each in beside:
            each.stop()
        for each in beside:
            each.join()
        teller.close()


def _stop(_signal: int, _frame: object) -> None:
    raise StopRequested


def seen() -> list[Worker]:
    """Return the workers that said in the last ALIVE_SECONDS that they are there.

    Raises:
        Unseen: Redis does not answer.
    """
    try:
        with _connected(_url) as connection:
            return workers_seen(connection, now() - timedelta(seconds=ALIVE_SECONDS))
    except (redis.RedisError, OSError) as error:
        raise Unseen from error


def workers_seen(connection: redis.Redis, since: datetime) -> list[Worker]:
    """Return the workers of ours that said since an instant that they are there."""
    return [
        Worker(
            f"{worker.hostname}:{worker.pid}",
            worker.last_heartbeat,
            worker.get_state() == WorkerStatus.BUSY,
        )
        for worker in SimpleWorker.all(connection=connection, serializer=JSONSerializer)
        if worker.name.startswith(f"{QUEUE}-")
        and worker.last_heartbeat is not None
        and worker.last_heartbeat >= since
    ]


def _worked() -> bool:
    """Let rq work; True when it was told to stop, False when it lost its Redis."""
    worker = None
    try:
        worker = _worker()
        worker.work(logging_level="WARNING")
    except (redis.RedisError, OSError) as error:
        log.warning("Redis is away: %s", error)
    return worker is not None and worker.is_told_to_stop


class _Worker(SimpleWorker):
    """An rq worker that runs jobs itself: a fork would share the database's connections."""

    is_told_to_stop = False
    max_connection_wait_time = 5.0

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say that one is there, also to a Redis that was emptied."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Finish the job at hand and stop."""
        self.is_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call] # rq says no types


def _worker() -> _Worker:
    connection = redis.Redis.from_url(_url, socket_connect_timeout=3)
    return _Worker(
        [_queue(connection)],
        name=f"{QUEUE}-{uuid.uuid4()}",
        connection=connection,
        job_class=OurJob,
        serializer=JSONSerializer,
        default_result_ttl=0,
        worker_ttl=ALIVE_SECONDS,
        log_job_description=False,
    )


def _wake() -> None:
    try:
        with _connected(_url) as connection:
            _enqueue(connection, "relay", job_id=f"relay-{uuid.uuid4()}", is_first=True)
    except (redis.RedisError, OSError) as error:
        log.warning("no worker was woken: %s", error)


def _enqueue(
    connection: redis.Redis, name: str, *ids: int, job_id: str, is_first: bool = False
) -> None:
    queue = _queue(connection)
    if queue.count >= MAX_WAITING:
        return
    with suppress(DuplicateJobError):  # it waits already
        queue.enqueue(
            name,
            args=ids,
            job_id=job_id,
            unique=True,
            at_front=is_first,  # who waits for a page is before who waits for a mail
            job_timeout=JOB_SECONDS,
            ttl=WAITING_SECONDS,
            result_ttl=0,
            failure_ttl=QUARANTINE_SECONDS,
        )


def _queue(connection: redis.Redis) -> Queue:
    return Queue(QUEUE, connection=connection, job_class=OurJob, serializer=JSONSerializer)


def _connected(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, **_PATIENCE)
