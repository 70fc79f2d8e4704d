"""The worker beside rq: it runs what is in its table, and nothing else (T-14; F17, F18, F19)."""

import json
import os
import pickle
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from rq import Queue
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from data.clock import now
from data.config import Settings
from data.models import Delivery, DeliveryState
from integrations import bus, checkup, jobs
from integrations.jobs import OurJob
from integrations.sender import Sender
from integrations.standby import Absence
from services import destinations, sealing, tokens, webhooks
from tests import servers, sinks, sites
from tests.servers import LOOPBACK, wait_until
from tests.sinks import Sink
from tests.sites import Site

_WISH = tokens.Wish(name="script", scopes=[tokens.Scope.ALL])


class Worker(servers.Server):
    """A process of `main.py worker`, which listens on no port."""

    def is_ready(self) -> bool:
        return "waits for work" in self.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One serving process with Redis; whoever works is started by the test."""
    folder = tmp_path_factory.mktemp("worker")
    with servers.redis() as started:
        settings = {"REDIS_URL": started.url, "WEBHOOK_ALLOW": LOOPBACK}
        with sites.embedded(folder, **settings) as site:
            sealing.configure(sites._SECRET)
            destinations.configure([LOOPBACK])
            site.redis = started
            yield site
            destinations.configure(())


@pytest.fixture
def receiver(site: Site) -> Iterator[Sink]:
    """A receiver with a webhook that is told of comments."""
    by = site.actor("diane")
    values = {"allows_http": True, "kinds": ["comment.posted"]}
    with sinks.sink() as sink:
        values |= {"name": str(sink.port), "url": sink.url}
        key = site.write(lambda s: webhooks.create(s, by, **values)[0].id)
        yield sink
        site.write(lambda s: webhooks.delete(s, by, key))


@contextmanager
def working(site: Site) -> Iterator[Worker]:
    """A worker process."""
    node = site.nodes[0]
    folder = node.folder / uuid.uuid4().hex
    folder.mkdir()
    worker = Worker(node.run("worker"), folder, 0)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def connection(site: Site) -> redis.Redis:
    assert site.redis is not None
    return redis.Redis.from_url(site.redis.url)


def queue(client: redis.Redis) -> Queue:
    return Queue(jobs.QUEUE, connection=client, job_class=OurJob, serializer=JSONSerializer)


def state(site: Site) -> DeliveryState:
    """How far the newest delivery is."""
    newest = site.read(lambda s: s.query(Delivery).order_by(Delivery.id.desc()).first())
    assert newest is not None
    return newest.state


def test_a_worker_is_woken_and_sends(site: Site, receiver: Sink) -> None:
    with working(site):
        number = site.ticket("Souris")
        # Through the serving process, whose commits wake: a browser's session is one.
        site.comment(number, "Bonjour", "alice")
        client = connection(site)
        jobs.configure(site.redis.url if site.redis else "")
        jobs._wake()

        wait_until(lambda: receiver.received, 10)

        assert receiver.received[0].message["comment"]["body"] == "Bonjour"
        wait_until(lambda: state(site) is DeliveryState.DONE)
        assert len(receiver.received) == 1
        client.close()


def test_a_worker_gives_way_to_who_serves_pages_on_its_machine(site: Site) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)

    with working(site) as worker:
        assert worker.process is not None
        assert os.getpriority(os.PRIO_PROCESS, worker.process.pid) == min(ours + 10, 19)


def test_a_worker_relays_what_the_bus_announces_and_tells_for_whom(site: Site) -> None:
    """Without a job of rq, which may be busy, and long before the sweeper looks."""
    with connection(site) as client, client.pubsub() as pages, working(site):
        pages.subscribe(bus.CHANNEL)
        wait_until(lambda: client.pubsub_numsub(bus.CHANNEL)[0][1] >= 3)  # serving, worker, we
        number = site.ticket("Batterie")
        site.comment(number, "Elle chauffe.", "bruno")
        change = {"event_id": 1, "kind": "comment.posted", "ticket_number": number, "subject": None}

        client.publish(bus.CHANNEL, json.dumps({**change, "from": "elsewhere"}))

        wait_until(lambda: site.ids["alice"] in told(pages), 8)


def told(pages: Any) -> set[int]:
    """For whom the bus said that something is new, since the last time."""
    found: set[int] = set()
    while message := pages.get_message(ignore_subscribe_messages=True):
        found |= {*json.loads(message["data"]).get("told", ())}
    return found


def test_what_redis_lost_is_found_by_the_sweeper(site: Site, receiver: Sink) -> None:
    with working(site):
        number = site.ticket("Clavier")
        site.comment(number, "Personne n’a été réveillé", "alice")

        wait_until(lambda: receiver.received, 30)


def test_a_worker_without_its_redis_goes_on_and_comes_back(site: Site, receiver: Sink) -> None:
    assert site.redis is not None
    with working(site) as worker:
        site.redis.kill()
        number = site.ticket("Écran")
        site.comment(number, "Sans Redis", "alice")
        wait_until(lambda: len(receiver.received) == 1, 30)
        site.redis.start()
        jobs.configure(site.redis.url)

        wait_until(lambda: _is_seen(site), 30)

        assert worker.process is not None
        assert worker.process.poll() is None
    site.mistakes()  # the serving process may complain of its Redis


def _is_seen(site: Site) -> bool:
    with connection(site) as client:
        return bool(jobs.workers_seen(client, now() - checkup.WORKER_SILENCE))


def test_a_redis_that_is_frozen_or_full_fails_no_request(site: Site, receiver: Sink) -> None:
    assert site.redis is not None
    number = site.ticket("Onduleur")
    token = site.write(lambda s: tokens.create(s, site.actor("alice"), _WISH)[1])
    head = {"Authorization": f"Bearer {token}"}

    def say(body: str) -> int:
        path = f"{site.url}/api/v1/tickets/{number}/comments"
        return httpx.post(path, json={"body": body}, headers=head, timeout=30).status_code

    with working(site):
        site.redis.pause()
        try:
            assert say("Redis ne répond plus") == 201
        finally:
            site.redis.resume()
        with connection(site) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1mb")
            try:
                with pytest.raises(redis.exceptions.OutOfMemoryError):
                    client.set("more", "than there is")
                assert say("Redis est plein") == 201
            finally:
                client.config_set("maxmemory", "0")
        jobs.configure(site.redis.url)
        jobs._wake()
        wait_until(lambda: len(receiver.received) == 2, 60)

    said = {received.message["comment"]["body"] for received in receiver.received}
    assert said == {"Redis ne répond plus", "Redis est plein"}


def test_without_a_worker_the_server_sends_and_stops_when_one_is_there(
    site: Site, receiver: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.redis is not None
    jobs.configure(site.redis.url)
    with connection(site) as client:
        client.flushall()
    absence = Absence(lambda: len(jobs.seen()), grace_seconds=0, look_seconds=0)
    stand_in = Sender(absence)
    stand_in.start()
    try:
        number = site.ticket("Scanner")
        site.comment(number, "Personne d’autre ne l’enverra", "alice")
        stand_in.wake()
        wait_until(lambda: receiver.received, 30)
        assert absence()
        with working(site):
            wait_until(lambda: not absence(), 30)
            (worker,) = jobs.seen()
            assert not worker.is_busy
            monkeypatch.setattr(jobs, "ALIVE_SECONDS", -1)  # as if it had died a minute ago
            wait_until(absence)
            monkeypatch.undo()
            site.redis.kill()
            wait_until(absence)
            site.redis.start()
            wait_until(lambda: not absence(), 60)
    finally:
        stand_in.stop()
        stand_in.join()
    wait_until(lambda: state(site) is DeliveryState.DONE)
    site.mistakes()  # the serving process may complain of its Redis


def test_workers_that_start_with_the_server_are_given_time() -> None:
    absence = Absence(lambda: 0, grace_seconds=3600, look_seconds=0)

    assert not absence()


def test_redis_is_asked_now_and_then_only() -> None:
    counts = iter([0])
    absence = Absence(lambda: next(counts), grace_seconds=0, look_seconds=3600)

    assert [absence() for _ in range(5)] == [True] * 5


def test_a_stopped_worker_finishes_what_it_sends(site: Site, receiver: Sink) -> None:
    with working(site) as worker:
        number = site.ticket("Câble")
        assert worker.process is not None
        process = worker.process
        receiver.before = lambda: process.send_signal(signal.SIGTERM)
        site.comment(number, "Presque parti", "alice")
        jobs.configure(site.redis.url if site.redis else "")
        jobs._wake()

        assert process.wait(30) == 0

    assert len(receiver.received) == 1
    assert state(site) is DeliveryState.DONE


def test_an_idle_worker_stops_at_once(site: Site) -> None:
    with working(site) as worker:
        assert worker.process is not None
        worker.process.terminate()
        assert worker.process.wait(15) == 0


def poison(client: redis.Redis, data: bytes, **fields: str | bytes) -> str:
    """Write a job past rq’s own functions, as whoever reaches Redis can."""
    job_id = str(uuid.uuid4())
    values: dict[Any, Any] = {
        "data": data,
        "status": "queued",
        "origin": jobs.QUEUE,
        "created_at": "2026-11-24T10:00:00.000000Z",
        "enqueued_at": "2026-11-24T10:00:00.000000Z",
        "timeout": "60",
        **fields,
    }
    client.hset(f"rq:job:{job_id}", mapping=values)
    client.rpush(f"rq:queue:{jobs.QUEUE}", job_id)
    return job_id


class Bomb:
    """Touches a file when it is read back from a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return subprocess.check_call, (["touch", str(self.path)],)


def test_a_pickled_or_foreign_job_runs_nothing(site: Site, receiver: Sink, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    touch = ["touch", str(canary)]
    client = connection(site)
    ours = json.dumps(["relay", None, [], {}]).encode()
    called = "subprocess.check_call"
    with sinks.sink() as elsewhere, working(site) as worker:
        foreign = [
            poison(client, pickle.dumps(("relay", None, (Bomb(canary),), {}))),
            poison(client, pickle.dumps(Bomb(canary))),
            poison(client, json.dumps(["os.system", None, [" ".join(touch)], {}]).encode()),
            poison(client, json.dumps([called, None, [touch], {}]).encode()),
            poison(client, json.dumps(["subprocess.Popen", None, [touch], {}]).encode()),
            poison(client, json.dumps(["deliver", None, ["1 OR 1=1"], {}]).encode()),
            poison(client, json.dumps(["deliver", None, [], {"delivery_id": 1}]).encode()),
            poison(client, json.dumps(["channels.send", {"a": 1}, [1], {}]).encode()),
            poison(client, json.dumps(["__class__", "relay", [], {}]).encode()),
            poison(client, b"\x80\x04garbage"),
            poison(client, b"[" * 100_000),
        ]
        hook = json.dumps([{"url": elsewhere.url, "job_status": "finished"}])
        failing = json.dumps([{"url": elsewhere.url, "job_status": "failed"}])
        poison(client, ours, success_callback_name="os.abort", webhooks=hook)
        wrong = json.dumps(["os.abort", None, [], {}]).encode()
        foreign.append(poison(client, wrong, failure_callback_name="os.abort", webhooks=failing))
        poison(client, ours, meta=pickle.dumps(Bomb(canary)), result=pickle.dumps(Bomb(canary)))
        poison(client, ours, repeats_left="99", repeat_intervals="[1]")
        number = site.ticket("Casque")
        site.comment(number, "Après les bombes", "alice")
        jobs.configure(site.redis.url if site.redis else "")
        jobs._wake()

        wait_until(lambda: receiver.received, 30)
        failed = FailedJobRegistry(queue=queue(client))
        wait_until(lambda: set(foreign) <= set(failed.get_job_ids()), 30)

        assert worker.process is not None
        assert worker.process.poll() is None
        assert not canary.exists()
        assert elsewhere.connections == 0
        assert worker.log.read_text(errors="replace").count("ERROR rq.worker") >= len(foreign)
    client.flushall()
    client.close()


def test_jobs_do_not_pile_up_where_nobody_works(site: Site) -> None:
    client = connection(site)
    client.flushall()
    jobs.configure(site.redis.url if site.redis else "")

    for _ in range(jobs.MAX_WAITING + 20):
        jobs._wake()

    assert queue(client).count == jobs.MAX_WAITING
    client.flushall()
    client.close()


def test_waking_nobody_is_no_failure(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    jobs.configure(f"redis://{LOOPBACK}:1/0")

    jobs._wake()

    assert "no worker was woken" in caplog.text


def test_doctor_misses_a_worker_and_sees_one(site: Site) -> None:
    assert site.redis is not None
    settings = Settings(redis_url=site.redis.url)
    with connection(site) as client:
        client.flushall()

    assert [finding.is_good for finding in checkup._worker(settings)] == [False]
    with working(site):
        wait_until(lambda: _is_seen(site), 10)
        assert [finding.is_good for finding in checkup._worker(settings)] == [True]
    assert list(checkup._worker(Settings())) == []


def test_our_package_knows_no_pickle() -> None:
    root = Path(__file__).parent.parent
    for folder in ("data", "services", "integrations", "ui"):
        for path in (root / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for word in ("import pickle", "import marshal", "import shelve", "from pickle"):
                assert word not in text, path
