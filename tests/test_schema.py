"""Migrations make exactly the tables of the program, on both databases (architecture.md 6)."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from data import db, schema
from data.models import Ticket, User
from data.models.search import is_compared
from tests.servers import MariaDB


@pytest.fixture(params=["sqlite", "mariadb"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = db.configure(f"sqlite:///{tmp_path}/empty.db")
        yield engine
        engine.dispose()
        return
    outer = db.configure(request.getfixturevalue("mariadb_url"))
    name = f"{MariaDB.DATABASE}_migrated"
    with outer.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = db.configure(outer.url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with outer.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    outer.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_compared})
        return list(compare_metadata(context, db.Base.metadata))


def test_migrating_an_empty_database_yields_exactly_the_models(empty: Engine) -> None:
    assert schema.current() is None

    schema.upgrade()

    assert schema.current() == schema.head() != ""
    assert differences(empty) == []


def test_migrating_twice_changes_nothing(empty: Engine) -> None:
    schema.upgrade()
    before = inspect(empty).get_table_names()

    schema.upgrade()

    assert inspect(empty).get_table_names() == before


def test_every_table_has_a_primary_key_and_its_character_set(empty: Engine) -> None:
    schema.upgrade()

    found = inspect(empty)
    tables = [t for t in found.get_table_names() if not t.startswith("ticket_words")]
    for table in tables:
        assert found.get_pk_constraint(table)["constrained_columns"], table
        if empty.dialect.name != "sqlite":
            options = found.get_table_options(table)
            assert options["mysql_default charset"] == "utf8mb4", table
            assert options["mysql_engine"] == "InnoDB", table


def test_instants_keep_their_microseconds(empty: Engine) -> None:
    schema.upgrade()

    written = db.write(lambda s: put(s, User(name="Alice", email="alice@exemple.fr")))
    read = db.read(lambda s: s.get_one(User, written.id).created_at)

    assert read == written.created_at
    assert read.tzinfo is not None


def put(s: Session, user: User) -> User:
    s.add(user)
    s.flush()
    return user


def test_every_migration_can_be_taken_back(empty: Engine) -> None:
    schema.upgrade()

    command.downgrade(schema._config(), "base")
    left = set(inspect(empty).get_table_names())
    schema.upgrade()

    assert left == {"alembic_version"}
    assert differences(empty) == []


def test_tickets_of_before_are_listed_by_their_people(empty: Engine) -> None:
    schema.upgrade()
    db.write(lambda s: put(s, User(id=1, name="Élodie Œuvre", email="elodie@exemple.fr")))
    db.write(lambda s: put(s, User(id=2, name="Bruno", email="bruno@exemple.fr")))
    for number, lead in ((1, 2), (2, None)):
        with Session(empty) as s:
            s.add(Ticket(number=number, title="x", requester_id=1, created_by_id=1, lead_id=lead))
            s.commit()

    command.downgrade(schema._config(), "5e1d7b90c3a4")
    schema.upgrade()

    with Session(empty) as s:
        query = select(Ticket.requester_name, Ticket.lead_name).order_by(Ticket.number)
        names = [tuple(row) for row in s.execute(query)]
    assert names == [("elodie oeuvre", "bruno"), ("elodie oeuvre", "")]


@pytest.mark.parametrize("empty", ["mariadb"], indirect=True)
def test_processes_that_start_together_migrate_once(empty: Engine) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        try:
            schema.upgrade()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert differences(empty) == []


@pytest.mark.parametrize("empty", ["mariadb"], indirect=True)
def test_who_waits_too_long_for_another_migration_is_told(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0)

    with empty.connect() as other:
        other.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": schema._LOCK})
        with pytest.raises(schema.Busy):
            schema.upgrade()
        other.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": schema._LOCK})

    assert schema.current() is None


def test_a_copy_of_the_embedded_file_is_kept_before_it_changes(tmp_path: Path) -> None:
    engine = db.configure(f"sqlite:///{tmp_path}/app.db")
    assert schema.keep_copy() is None
    schema.upgrade()
    db.write(lambda s: put(s, User(name="Alice", email="alice@exemple.fr")))

    copy = schema.keep_copy()
    command.downgrade(schema._config(), "base")

    assert copy == tmp_path / f"app.db.before-{schema.head()}"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM user").fetchall() == [("Alice",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    engine.dispose()
