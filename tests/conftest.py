"""An empty database per test, five people everyone knows, files in a folder of their own."""

import math
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from argon2 import PasswordHasher, profiles
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, delete, event, inspect, select, table, update
from sqlalchemy.orm import Session

from data import clock, db, files
from data.models import Category, Event, Role, Shelf, Team, Ticket, User
from services import (
    assignment,
    burst_work,
    channels,
    columns,
    creation,
    destinations,
    passwords,
    postmarks,
    relay,
    samples,
    sealing,
    words,
)
from services.permissions import Actor
from tests import servers

if TYPE_CHECKING:
    from tests.callers import Callers

SQLITE, MARIADB = "sqlite", "mariadb"
TESTS = Path(__file__).parent
LEARNED = "sqlite_stat1"
# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a database on both; browsers and the folders below only on SQLite."""
    marks = list(metafunc.definition.iter_markers("parametrize"))
    if "engine" not in metafunc.fixturenames or any(mark.args[0] == "engine" for mark in marks):
        return
    names = {mark.name for mark in metafunc.definition.iter_markers()}
    if "mariadb" in names:
        metafunc.parametrize("engine", [MARIADB], indirect=True)
    elif "browser" in names or metafunc.definition.path.parent != TESTS:
        metafunc.parametrize("engine", [SQLITE], indirect=True)
    else:
        metafunc.parametrize("engine", [SQLITE, MARIADB], indirect=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    engine = db.configure(f"sqlite:///{path}")
    db.Base.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A MariaDB for this run: a throw-away one, or the server of TEST_DATABASE_URL."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
    else:
        with servers.mariadb() as server:
            yield server.url


@pytest.fixture(scope="session")
def mariadb_engine(mariadb_url: str) -> Iterator[Engine]:
    """The engine of the MariaDB, with the tables.

    One for all tests: a connection costs 20 ms, and an engine learns its statements.
    """
    yield from _with_tables(mariadb_url)


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine of an SQLite file, with the tables."""
    yield from _with_tables(f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/test.db")


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The application’s database, empty."""
    is_mariadb = getattr(request, "param", SQLITE) == MARIADB
    engine: Engine = request.getfixturevalue("mariadb_engine" if is_mariadb else "sqlite_engine")
    db.use(engine)
    yield engine
    _empty(engine)


def _with_tables(url: str) -> Iterator[Engine]:
    engine = db.configure(url)
    db.Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(Category).values(parent_id=None))  # they point at each other
        for emptied in reversed(db.Base.metadata.sorted_tables):
            connection.execute(emptied.delete())
    _forget_learned(engine)


def _forget_learned(engine: Engine) -> None:
    """Plan no reading by what SQLite learned of the tables of another test."""
    if engine.name == SQLITE and inspect(engine).has_table(LEARNED):
        with engine.begin() as connection:
            connection.execute(delete(table(LEARNED)))
        engine.dispose()  # connections remember what they read of it


def _keep_samples(engine: Engine) -> None:
    """Let no test draw samples of lists at a moment of its own: statements would be told by it."""
    samples.forget()
    for shelf in Shelf:
        empty = samples._Kept()
        empty.sample, empty._looked_at = samples.Sample([], 0), math.inf
        samples._kept.setdefault(engine.pool, {})[shelf] = empty


@pytest.fixture
def s(engine: Engine, tmp_path: Path) -> Iterator[Session]:
    """A session on an empty database of its own; the application uses the same database."""
    files.configure(tmp_path / "files")
    passwords.configure(CHEAP)
    sealing.configure("a key that only tests know, 32 characters")
    postmarks.configure("a key that only tests know, 32 characters", "https://aide.exemple.fr")
    channels.configure({})
    destinations.configure(())
    columns.shared.forget()
    burst_work.known.forget()
    _keep_samples(engine)
    words.speak("en")
    with Session(engine, expire_on_commit=False) as session:
        yield session


@dataclass
class People:
    """Alice asks, Bruno repairs, Chloé runs the service, Diane administers; Driss is a stranger."""

    alice: Actor
    bruno: Actor
    chloe: Actor
    diane: Actor
    driss: Actor


ROLES = {
    "alice": Role.REQUESTER,
    "bruno": Role.TECHNICIAN,
    "chloe": Role.MANAGER,
    "diane": Role.ADMIN,
    "driss": Role.REQUESTER,
}


@pytest.fixture
def people(s: Session) -> People:
    """The five personas every permission test uses; Bruno works in the team « Réseau »."""
    users = {n: User(name=n.title(), email=f"{n}@exemple.fr", role=r) for n, r in ROLES.items()}
    team = Team(name="Réseau", members=[users["bruno"]])
    s.add_all([*users.values(), team])
    s.commit()
    teams = {"bruno": frozenset({team.id})}
    return People(
        **{
            n: Actor(u.id, u.role, u.name, team_ids=teams.get(n, frozenset()), language="en")
            for n, u in users.items()
        }
    )


@pytest.fixture
def ticket(s: Session, people: People) -> Ticket:
    """Alice’s printer."""
    ticket = creation.create(s, people.alice, creation.NewTicket(title="Imprimante muette"))
    s.commit()
    return ticket


@pytest.fixture
def led(s: Session, people: People, ticket: Ticket) -> Ticket:
    """Alice’s printer, which Bruno takes care of; who is to know of it is told."""
    assignment.take(s, people.bruno, ticket.number)
    relayed(s)
    return ticket


def happened(s: Session, number: int) -> list[str]:
    """Return the kinds of events of a ticket, oldest first."""
    query = select(Event.kind).where(Event.ticket_number == number).order_by(Event.id)
    return list(s.scalars(query))


def last_event(s: Session, number: int) -> Event:
    """Return the newest event of a ticket."""
    query = select(Event).where(Event.ticket_number == number).order_by(Event.id.desc()).limit(1)
    return s.scalars(query).one()


def relayed(s: Session) -> None:
    """Plan what everything that happened brings about."""
    s.commit()
    while relay.relay(s) == relay.BATCH:
        s.commit()
    s.commit()


class Clock:
    """The instant of the application, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.stopped: datetime | None = None

    def now(self, zone: object) -> datetime:
        """Stand in for `datetime` in `data.clock`."""
        return (self.stopped or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        """Let no time pass but by `pass_by`."""
        self.stopped = datetime.now(UTC)

    def pass_by(self, **time: float) -> None:
        """Let time pass: `pass_by(seconds=20)`."""
        self.ahead += timedelta(**time)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that goes as usual until the test moves it."""
    moved = Clock()
    monkeypatch.setattr(clock, "datetime", moved)
    monkeypatch.setattr(clock, "_of_server", lambda _s: clock.now())
    return moved


class Queries:
    """Counts the statements sent to the database."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def count(self, _c: object, _cur: object, statement: str, *_: object) -> None:
        """Note one; MariaDB is told of a transaction without a statement."""
        if not statement.startswith("BEGIN"):
            self.statements.append(statement)


@pytest.fixture
def queries(engine: Engine) -> Iterator[Queries]:
    """The statements of this test so far."""
    counted = Queries()
    event.listen(engine, "before_cursor_execute", counted.count)
    yield counted
    event.remove(engine, "before_cursor_execute", counted.count)


class Changes:
    """Counts the transactions of changes that are open."""

    def __init__(self) -> None:
        self.open = 0

    def begin(self, connection: Connection) -> None:
        self.open += bool(connection.get_execution_options().get("writes"))

    def end(self, connection: Connection) -> None:
        self.open -= bool(connection.get_execution_options().get("writes"))


@pytest.fixture
def changes(engine: Engine) -> Iterator[Changes]:
    """The transactions in which the application changes something at this moment."""
    counted = Changes()
    heard = {"begin": counted.begin, "commit": counted.end, "rollback": counted.end}
    for name, listener in heard.items():
        event.listen(engine, name, listener)
    yield counted
    for name, listener in heard.items():
        event.remove(engine, name, listener)


CHEAP = PasswordHasher.from_parameters(profiles.CHEAPEST)


@pytest_asyncio.fixture
async def callers(s: Session, people: People) -> AsyncIterator["Callers"]:
    """The personas, each with a token of the API."""
    from tests.callers import calling  # noqa: PLC0415 - which needs what stands above

    async with calling(s, people) as found:
        yield found
