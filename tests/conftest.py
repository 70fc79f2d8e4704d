"""An empty database per test, five people everyone knows, files in a folder of their own."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher, profiles
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from data import db, files
from data.models import Role, Team, Ticket, User
from services import creation, passwords, words
from services.permissions import Actor


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database: SQLite in a file, or the server in TEST_DATABASE_URL."""
    url = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tmp_path}/test.db"
    engine = db.configure(url)
    db.Base.metadata.create_all(engine)
    yield engine
    if not url.startswith("sqlite"):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SET foreign_key_checks = 0"
            )  # categories point at each other
            for table in reversed(db.Base.metadata.sorted_tables):
                connection.execute(table.delete())
    engine.dispose()


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


class Queries:
    """Counts the statements sent to the database."""

    def __init__(self, engine: Engine) -> None:
        self.statements: list[str] = []
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, _c: object, _cur: object, statement: str, *_: object) -> None:
        self.statements.append(statement)


@pytest.fixture
def queries(engine: Engine) -> Queries:
    """The statements of this test so far."""
    return Queries(engine)


CHEAP = PasswordHasher.from_parameters(profiles.CHEAPEST)
