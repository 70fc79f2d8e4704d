"""`/metrics`: who may ask, what it is called, and what it never holds (R-23)."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from data import db
from data.config import Settings
from data.models import Role, User
from integrations import api
from integrations.bus import Bus
from integrations.metrics import Listener, Metrics
from integrations.metrics.access import Access, Verdict
from integrations.metrics.lookout import Lookout
from services import creation, schedule
from services.creation import NewTicket
from services.tasks import TASKS
from services.workers import Unseen
from tests import servers
from tests.conftest import People

TOKEN = "seize lettres au moins"
HOME = "127.0.0.1"
LABELS = {
    *("channel", "database", "generation", "implementation", "kind", "le", "major", "method"),
    *("minor", "patchlevel", "percentile", "priority", "role", "route", "state", "status", "task"),
    *("team", "version"),
}
UNITS = ("_seconds", "_bytes", "_ratio")


class Process:
    """A process that serves, as far as it is watched."""

    def __init__(self, metrics: Metrics, app: Any) -> None:
        self.metrics = metrics
        self.app = app

    async def asked(
        self, path: str = "/metrics", *, address: str = HOME, method: str = "GET", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(app=self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=named)

    async def families(self) -> dict[str, Metric]:
        answer = await self.asked()
        return {family.name: family for family in read_text(answer.text)}

    async def value(self, sample: str, **labels: str) -> float:
        for family in (await self.families()).values():
            for each in family.samples:
                if each.name == sample and labels.items() <= each.labels.items():
                    return each.value
        raise KeyError(sample)


def process(engine: Engine, folder: Path, **settings: Any) -> Process:
    told = Settings(data_dir=folder, language="en", api_rate=10_000, **settings)
    metrics = Metrics(told, engine, see_workers=list)
    root = FastAPI(openapi_url=None)
    root.add_api_route("/metrics", metrics.answer)
    root.mount("/api", api.create(told))
    metrics.beside()
    return Process(metrics, metrics.around(root, lambda: (3, 4), Bus("redis://localhost:1")))


@pytest.fixture
def watched(s: Session, engine: Engine, people: People, tmp_path: Path) -> Iterator[Process]:
    """A process on a desk where something happened."""
    schedule.sow(s, TASKS)
    s.commit()
    found = process(engine, tmp_path, metrics_token=TOKEN)
    db.write(lambda s: creation.create(s, people.alice, NewTicket(title="Souris")).number)
    yield found
    found.metrics.close()


@pytest.mark.parametrize(
    ("settings", "address", "headers", "verdict"),
    [
        ({}, "127.0.0.1", {}, Verdict.WELCOME),
        ({}, "::1", {}, Verdict.WELCOME),
        ({}, "::ffff:127.0.0.1", {}, Verdict.WELCOME),
        ({}, "192.0.2.7", {}, Verdict.HIDDEN),
        ({}, "", {}, Verdict.HIDDEN),
        ({}, "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, Verdict.HIDDEN),
        ({}, "127.0.0.1", {"forwarded": "for=127.0.0.1"}, Verdict.HIDDEN),
        ({}, "127.0.0.1", {"via": "1.1 proxy"}, Verdict.HIDDEN),
        ({"metrics_allow": ()}, "127.0.0.1", {}, Verdict.HIDDEN),
        ({"metrics_allow": ("192.0.2.0/24",)}, "192.0.2.7", {}, Verdict.WELCOME),
        ({"metrics_allow": ("192.0.2.0/24",)}, "127.0.0.1", {}, Verdict.HIDDEN),
        ({"metrics_token": TOKEN}, "192.0.2.7", {}, Verdict.UNKNOWN),
        ({"metrics_token": TOKEN}, "127.0.0.1", {}, Verdict.WELCOME),
        (
            {"metrics_token": TOKEN},
            "192.0.2.7",
            {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "192.0.2.8"},
            Verdict.WELCOME,
        ),
        ({"metrics_token": TOKEN}, "192.0.2.7", {"authorization": "Bearer x"}, Verdict.UNKNOWN),
        ({"metrics_token": TOKEN}, "192.0.2.7", {"authorization": TOKEN}, Verdict.UNKNOWN),
        ({"metrics_token": TOKEN}, "192.0.2.7", {"authorization": "Bearer é"}, Verdict.UNKNOWN),
        ({}, "192.0.2.7", {"authorization": "Bearer "}, Verdict.HIDDEN),
    ],
)
def test_who_may_ask(
    settings: dict[str, Any], address: str, headers: dict[str, str], verdict: Verdict
) -> None:
    assert Access(Settings(**settings)).verdict(address, headers) is verdict


async def test_a_stranger_is_told_nothing(watched: Process) -> None:
    answer = await watched.asked(address="192.0.2.7")

    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_what_is_told_is_named_as_prometheus_wants_it(watched: Process) -> None:
    await watched.asked("/api/docs")

    families = await watched.families()

    ours = {name: family for name, family in families.items() if name.startswith("appticket_")}
    assert len(ours) > 40
    assert {name.partition("_")[0] for name in families} == {"appticket", "process", "python"}
    for name, family in ours.items():
        assert family.documentation, name
        assert family.type in ("gauge", "counter", "histogram"), name
        samples = {sample.name for sample in family.samples}
        assert family.type != "counter" or samples == {f"{name}_total"}
        assert family.type == "counter" or not name.endswith("_total")
        assert not name.endswith(("_ms", "_milliseconds", "_minutes", "_hours", "_percent", "_kb"))
        for unit in ("seconds", "bytes", "ratio"):
            assert f"_{unit}" not in name or name.endswith(UNITS), name
        assert {label for sample in family.samples for label in sample.labels} <= LABELS


async def test_both_formats_tell_the_same(watched: Process) -> None:
    await watched.asked()
    plain = await watched.asked()
    answer = await watched.asked(accept="application/openmetrics-text; version=1.0.0")

    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.headers["cache-control"] == "no-store"
    open_ones = read_open(answer.text)  # type: ignore[no-untyped-call] # it says no types
    plain_ones = read_text(plain.text)
    assert {s.name for f in open_ones for s in f.samples} == {
        s.name for f in plain_ones for s in f.samples
    }


async def test_it_tells_of_the_database_whichever_process_is_asked(watched: Process) -> None:
    assert await watched.value("appticket_database_up") == 1
    assert await watched.value("appticket_tickets", status="new", priority="normal") == 1
    assert await watched.value("appticket_team_tickets", team="(none)", status="new") == 1
    assert await watched.value("appticket_events_unrelayed") == 1
    assert await watched.value("appticket_task_active", task="ring") == 1
    assert await watched.value("appticket_workers") == 0


async def test_it_tells_what_happened_in_this_process(watched: Process) -> None:
    assert await watched.value("appticket_events_total", kind="ticket.created") == 1
    assert await watched.value("appticket_database_statement_duration_seconds_count") > 5
    assert await watched.value("appticket_live_pages") == 3
    assert await watched.value("appticket_live_sockets") == 4
    assert await watched.value("appticket_bus_connected") == 0
    with pytest.raises(Exception, match="nowhere"):
        db.read(lambda s: s.execute(text("SELECT 1 FROM nowhere")))
    assert await watched.value("appticket_database_statement_errors_total") == 1


async def test_requests_are_timed_by_their_route_and_never_by_what_was_typed(
    watched: Process,
) -> None:
    for number in range(50):
        await watched.asked(f"/nowhere/{number}")
        await watched.asked(f"/api/v1/tickets/{number}")
        await watched.asked(f"/assets/{number}/x.css")
    await watched.asked("/metrics", method="HACK")

    family = (await watched.families())["appticket_http_request_duration_seconds"]

    found = {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for s in family.samples
        if s.name.endswith("_count")
    }
    assert found == {
        ("GET", "other", "4xx"): 50,
        ("GET", "/api/v1", "4xx"): 50,
        ("GET", "/assets", "4xx"): 50,
        ("OTHER", "/metrics", "4xx"): 1,
    }


async def test_no_label_and_no_help_names_a_person(
    s: Session, watched: Process, people: People
) -> None:
    s.add(User(name="Zoé Quintefeuille", email="zoe@exemple.fr", role=Role.TECHNICIAN))
    s.commit()

    told = (await watched.asked()).text

    for name in ("Zoé", "zoe@", "Alice", "Bruno", "Souris", "exemple.fr", str(TOKEN)):
        assert name not in told


async def test_a_database_that_is_away_is_told_and_the_rest_goes_on(
    people: People, tmp_path: Path
) -> None:
    bound = db.engine()
    away = create_engine(f"sqlite:///{tmp_path}/no/folder.db")
    found = process(away, tmp_path)
    db.use(away)
    try:
        families = await found.families()
    finally:
        db.use(bound)
        found.metrics.close()

    assert families["appticket_database_up"].samples[0].value == 0
    assert "appticket_live_pages" in families
    assert "process_resident_memory_bytes" in families
    assert not families.keys() & {"appticket_tickets", "appticket_deliveries"}


async def test_a_redis_that_is_away_is_told(engine: Engine, people: People, tmp_path: Path) -> None:
    def unseen() -> list[Any]:
        raise Unseen

    metrics = Metrics(Settings(data_dir=tmp_path), engine, see_workers=unseen)
    told = metrics.tell(HOME, {}).body.decode()
    metrics.close()

    families = {family.name: family for family in read_text(told)}
    assert families["appticket_redis_up"].samples[0].value == 0
    assert "appticket_workers" not in families


def test_however_many_ask_one_looks_and_nobody_waits_for_longer_than_they_will() -> None:
    may_go_on, looks = threading.Event(), []

    def look() -> str:
        looks.append(1)
        may_go_on.wait()
        return "seen"

    moment = [0.0]
    lookout = Lookout("test", look, fresh_seconds=15, stopwatch=lambda: moment[0])
    impatient = [lookout.see(0.01) for _ in range(3)]
    may_go_on.set()
    patient = lookout.see(30)
    again = lookout.see(0)
    moment[0] = 15
    later = lookout.see(30)

    assert impatient == [None] * 3
    assert (patient, again, later) == ("seen",) * 3
    assert len(looks) == 2


def test_a_look_that_fails_is_tried_again_by_the_next_who_asks() -> None:
    outcomes: list[str | Exception] = [RuntimeError("away"), "seen"]

    def look() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    lookout = Lookout("test", look, fresh_seconds=15)

    assert lookout.see(30) is None
    assert lookout.see(30) == "seen"


def test_a_worker_answers_at_an_address_of_its_own(
    engine: Engine, people: People, tmp_path: Path
) -> None:
    port = servers.free_port()
    metrics = Metrics(Settings(data_dir=tmp_path), engine, role="worker")
    listener = Listener(metrics, HOME, port)
    listener.start()
    try:
        answer = httpx.get(f"http://{HOME}:{port}/metrics")
        passed_on = httpx.get(f"http://{HOME}:{port}/metrics", headers={"Via": "1.1 somebody"})
        elsewhere = httpx.get(f"http://{HOME}:{port}/")
    finally:
        listener.close()
        metrics.close()

    assert answer.status_code == 200
    assert 'role="worker"' in answer.text
    assert "appticket_live_pages" not in answer.text
    assert (passed_on.status_code, elsewhere.status_code) == (404, 404)
