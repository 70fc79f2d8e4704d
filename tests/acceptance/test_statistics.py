"""A year of a real service desk, imported: `GET /stats` says what its rows say."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db
from data.models import Event, Role, Ticket, User
from integrations import importers
from integrations.importers import Report
from services import columns, fact_store, sessions, tokens, words
from services.tokens import Scope, Wish
from tests.acceptance import recount
from tests.acceptance.recount import PARIS, Row
from tests.callers import Caller, application

LOG = Path(__file__).parents[3] / "shared/data/uci_incidents/incident_event_log.csv.gz"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.skipif(not LOG.exists(), reason="../shared/data/uci_incidents is not there"),
]


@pytest.fixture(scope="module")
def imported(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Session, Report]]:
    folder = tmp_path_factory.mktemp("imported")
    (folder / "test.db").write_bytes(sqlite_template.read_bytes())
    engine = db.configure(f"sqlite:///{folder}/test.db")
    columns.shared.forget()
    words.speak("en")
    report = importers.KINDS["servicenow"](LOG, PARIS, is_dry=False)
    with Session(engine, expire_on_commit=False) as s:
        yield s, report
    engine.dispose()


@pytest.fixture(scope="module")
def last() -> list[Row]:
    return recount.last_rows(recount.rows(LOG))


@pytest.fixture(scope="module")
def token(imported: tuple[Session, Report]) -> str:
    """The manager’s."""
    s, _report = imported
    chloe = User(name="Chloé", email="chloe@exemple.fr", role=Role.MANAGER)
    s.add(chloe)
    s.commit()
    made = tokens.create(s, sessions.actor_of(s, chloe.id), Wish(name="x", scopes=[Scope.ALL]))[1]
    s.commit()
    return made


@pytest_asyncio.fixture
async def chloe(token: str) -> AsyncIterator[Caller]:
    """The manager, who asks."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application())) as client:
        yield Caller(client, token)


async def asked(chloe: Caller, **query: str) -> dict[str, Any]:
    answer = await chloe.get("/stats", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_incident_and_every_change_is_there(imported: tuple[Session, Report]) -> None:
    s, report = imported

    assert report.summary() == {"created": 24_918, "updated": 0, "unchanged": 0, "rejected": 0}
    assert s.scalar(select(func.count()).select_from(Ticket)) == 24_918
    assert (s.scalar(select(func.count()).where(Event.kind == "ticket.reopened")) or 0) > 200


async def test_the_whole_log_has_the_figures_of_its_rows(chloe: Caller, last: list[Row]) -> None:
    ours = await asked(chloe)

    assert recount.differences(ours["all"], recount.figures(last)) == []
    assert round(ours["all"]["sla"]["share"], 5) == 0.63420


@pytest.mark.parametrize("dimension", recount.DIMENSIONS)
async def test_each_part_has_the_figures_of_its_rows(
    chloe: Caller, last: list[Row], dimension: str
) -> None:
    theirs = recount.by(last, dimension)

    ours = (await asked(chloe, by=dimension))["by"]

    assert set(ours) == set(theirs)
    wrong = {
        value: found
        for value, some in theirs.items()
        if (found := recount.differences(ours[value], recount.figures(some)))
    }
    assert wrong == {}


async def test_a_period_holds_what_was_opened_in_it(chloe: Caller, last: list[Row]) -> None:
    march = [row for row in last if recount.DIMENSIONS["month"](row) == "2016-03"]

    days = await asked(chloe, **{"from": "2016-03-01", "to": "2016-03-31", "by": "priority"})
    instants = await asked(
        chloe,
        **{"from": "2016-02-29T23:00:00Z", "to": "2016-03-31T22:00:00Z", "by": "priority"},
    )

    assert days == instants
    assert recount.differences(days["all"], recount.figures(march)) == []
    for value, some in recount.by(march, "priority").items():
        assert recount.differences(days["by"][value], recount.figures(some)) == []


async def test_importing_again_changes_nothing(
    imported: tuple[Session, Report], chloe: Caller
) -> None:
    before = await asked(chloe, by="team")

    again = importers.KINDS["servicenow"](LOG, PARIS, is_dry=False)

    assert again.summary() == {"created": 0, "updated": 0, "unchanged": 24_918, "rejected": 0}
    assert await asked(chloe, by="team") == before


async def test_what_was_kept_says_the_same_as_what_happened(
    imported: tuple[Session, Report], chloe: Caller
) -> None:
    before = await asked(chloe, by="technician")
    while db.write(lambda s: fact_store.keep(s, at_once=True)):
        pass

    columns.shared.forget()

    assert await asked(chloe, by="technician") == before
    s, _report = imported
    numbers = list(s.scalars(select(Ticket.number).order_by(Ticket.number).limit(300)))
    assert fact_store.differences(s, numbers) == []
