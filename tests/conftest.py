"""An empty database per test, five people everyone knows, files in a folder of their own."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, profiles
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from data import clock, db, files
from data.models import Event, Role, Team, Ticket, User
from services import creation, passwords, words
from services.permissions import Actor
from tests import servers

SQLITE, MARIADB = "sqlite", "mariadb"
TESTS = Path(__file__).parent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a database on both; browsers and the folders below only on SQLite."""
    if "engine" not in metafunc.fixturenames:
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
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A MariaDB with the tables: a throw-away one, or the server of TEST_DATABASE_URL."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        _make_tables(url)
        yield url
        return
    with servers.mariadb() as server:
        _make_tables(server.url)
        yield server.url


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The application’s database, empty: a file of its own, or the session’s MariaDB."""
    if getattr(request, "param", SQLITE) == SQLITE:
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        engine = db.configure(f"sqlite:///{tmp_path}/test.db")
        yield engine
    else:
        engine = db.configure(request.getfixturevalue("mariadb_url"))
        yield engine
        _empty(engine)
    engine.dispose()


def _make_tables(url: str) -> None:
    engine = db.configure(url)
    db.Base.metadata.create_all(engine)
    engine.dispose()


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SET foreign_key_checks = 0")  # categories point at each other
        for table in db.Base.metadata.sorted_tables:
            connection.execute(table.delete())
        connection.exec_driver_sql("SET foreign_key_checks = 1")


@pytest.fixture
def s(engine: Engine, tmp_path: Path) -> Iterator[Session]:
    """A session on an empty database of its own; the application uses the same database."""
    files.configure(tmp_path / "files")
    passwords.configure(CHEAP)
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


def happened(s: Session, number: int) -> list[str]:
    """Return the kinds of events of a ticket, oldest first."""
    query = select(Event.kind).where(Event.ticket_number == number).order_by(Event.id)
    return list(s.scalars(query))


def last_event(s: Session, number: int) -> Event:
    """Return the newest event of a ticket."""
    query = select(Event).where(Event.ticket_number == number).order_by(Event.id.desc()).limit(1)
    return s.scalars(query).one()


class Clock:
    """The instant of the application, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self, zone: object) -> datetime:
        """Stand in for `datetime` in `data.clock`."""
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **time: float) -> None:
        """Let time pass: `pass_by(seconds=20)`."""
        self.ahead += timedelta(**time)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that goes as usual until the test moves it."""
    moved = Clock()
    monkeypatch.setattr(clock, "datetime", moved)
    return moved


class Queries:
    """Counts the statements sent to the database."""

    def __init__(self, engine: Engine) -> None:
        self.statements: list[str] = []
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, _c: object, _cur: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):  # which MariaDB is told without a statement
            self.statements.append(statement)


@pytest.fixture
def queries(engine: Engine) -> Queries:
    """The statements of this test so far."""
    return Queries(engine)


CHEAP = PasswordHasher.from_parameters(profiles.CHEAPEST)
