"""No page depends on the number of tickets: plans and queries on few and on many (issue 3)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.orm import Session

from data import db
from data.models import Priority, Role, Shelf, Status, Ticket
from services import lists, plans, samples
from services.filters import VIEWS, Filter, narrowed
from services.permissions import Actor
from tests.conftest import People
from tests.servers import MariaDB

INDEX = {
    "updated": "ix_ticket_by_updated",
    "created": "ix_ticket_by_created",
    "priority": "ix_ticket_by_priority",
    "due": "ix_ticket_by_next",
    "accept": "ix_ticket_by_accept",
    "first_response": "ix_ticket_by_response",
    "resolve": "ix_ticket_by_due",
    "status": "ix_ticket_by_status",
    "title": "ix_ticket_by_title",
    "lead": "ix_ticket_by_lead",
    "requester": "ix_ticket_by_requester",
}
only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked, with the values."""
    found: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, values: Any, *_: object) -> None:
        found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def plan(s: Session, asked: list[tuple[str, Any]], by: Actor, wanted: Filter, **how: Any) -> str:
    """Return how SQLite looks for the page, the joining of names left out."""
    s.commit()
    asked.clear()
    lists.page(s, by, wanted, **how)
    statement, values = next(pair for pair in asked if pair[0].startswith("SELECT"))
    explained = s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [row.detail for row in explained]
    outer = next(i for i, step in enumerate(steps) if step.startswith(("SCAN anon", "SEARCH anon")))
    return "\n".join(steps[:outer])


@pytest.fixture
def thousand(s: Session, people: People) -> None:
    """Enough tickets for a plan to matter."""
    for n in range(1, 1001):
        s.add(
            Ticket(
                number=n,
                title="x",
                folded_title="x",
                requester_id=people.alice.id,
                created_by_id=people.alice.id,
                priority=list(Priority)[n % 4],
            )
        )
    s.commit()


@only_sqlite
@pytest.mark.parametrize("sort", INDEX)
@pytest.mark.parametrize("view", ["all", "open"])
@pytest.mark.parametrize("reverse", [False, True])
def test_each_order_is_that_of_an_index(
    s: Session,
    people: People,
    thousand: None,
    asked: list[tuple[str, Any]],
    sort: str,
    view: str,
    reverse: bool,
) -> None:
    how = {"sort": sort, "reverse": reverse}
    cursor = lists.page(s, people.diane, VIEWS[view], limit=5, **how).after  # type: ignore[arg-type]

    found = plan(s, asked, people.diane, VIEWS[view], cursor=cursor, **how)

    assert INDEX[sort] in found
    assert "SCAN ticket" not in found
    assert view == "all" or "TEMP B-TREE" not in found  # two pages are put together: open and done


FEW, MANY = 1_000, 20_000
FILTERS: dict[str, Filter] = {
    **VIEWS,
    "urgent": Filter(priorities=frozenset({Priority.URGENT})),
    "urgent open": narrowed(VIEWS["open"], priorities=frozenset({Priority.URGENT})),
    "cancelled": Filter(statuses=frozenset({Status.CANCELLED})),
    "involving": Filter(scope="mine"),
    "trash": Filter(scope="trash"),
    "burst": Filter(burst_id=1),
    "word": Filter(text="zzz"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Engine]]:
    """Two databases alike but for their size."""
    engines = {}
    for size in (FEW, MANY):
        engines[size] = db.configure(f"sqlite:///{tmp_path_factory.mktemp('size')}/{size}.db")
        db.Base.metadata.create_all(engines[size], tables=_tables())
        with engines[size].begin() as connection:
            _fill(connection, size)
    yield engines
    for engine in engines.values():
        engine.dispose()


def _tables() -> list[Table]:
    """Return what lists are read from, and what that points to."""
    every = db.Base.metadata.tables
    read = ["ticket", "ticket_person", "ticket_tag", "tag", "alarm", "sla_policy", "renaming"]
    read += ["burst_ticket"]
    found: set[Table] = set()
    wanted = {every[name] for name in read}
    while wanted:
        found |= wanted
        wanted = {key.column.table for one in wanted for key in one.foreign_keys} - found
    return list(found)


def _fill(connection: Connection, size: int) -> None:
    """Alice (1) asks a hundredth, Driss (3) the rest; Bruno (2) leads a seventh; 3 % are open."""
    tables = db.Base.metadata.tables
    people_ = [{"id": n, "name": f"{n}", "email": f"{n}@exemple.fr"} for n in (1, 2, 3)]
    connection.execute(insert(tables["user"]), people_)
    team = {"id": 1, "name": "Réseau"}
    connection.execute(insert(tables["team"]), team)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {
            "number": n,
            "title": f"Titre {n * 7919 % size}",
            "folded_title": f"titre {n * 7919 % size}",
            "requester_id": 1 if n % 100 == 0 else 3,
            "created_by_id": 3,
            "lead_id": 2 if n % 7 == 0 else None,
            "lead_name": "bruno" if n % 7 == 0 else "",
            "requester_name": "alice" if n % 100 == 0 else "driss",
            "team_id": 1 if n % 50 == 0 else None,
            "status": Status.NEW if n > size * 0.97 else Status.CLOSED,
            "priority": Priority.URGENT if n % 20 == 0 else Priority.NORMAL,
            "created_at": start + timedelta(minutes=n),
            "updated_at": start + timedelta(minutes=n * 7 % size),
        }
        for n in range(1, size + 1)
    ]
    connection.execute(insert(tables["ticket"]), rows)


@pytest.fixture(scope="module")
def filled_mariadb(mariadb_url: str) -> Iterator[dict[int, Engine]]:
    """Two databases of MariaDB alike but for their size."""
    outer = create_engine(mariadb_url)
    engines = {}
    for size in (FEW, MANY):
        name = f"{MariaDB.DATABASE}_{size}"
        with outer.begin() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = outer.url.set(database=name).render_as_string(hide_password=False)
        engines[size] = db.configure(url)
        db.Base.metadata.create_all(engines[size], tables=_tables())
        with engines[size].begin() as connection:
            _fill(connection, size)
            connection.exec_driver_sql("ANALYZE TABLE ticket")
    yield engines
    for size, engine in engines.items():
        engine.dispose()
        with outer.begin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {MariaDB.DATABASE}_{size}")
    outer.dispose()


LOOKERS = {
    "requester": Actor(1, Role.REQUESTER),
    "technician": Actor(2, Role.TECHNICIAN),
    "of a team": Actor(2, Role.TECHNICIAN, team_ids=frozenset({1}), sees_only_teams=True),
    "admin": Actor(2, Role.ADMIN),
}


@pytest.mark.parametrize("who", LOOKERS)
@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_in_any_order_looks_at_every_ticket(
    filled: dict[int, Engine], who: str, name: str
) -> None:
    for sort in INDEX:
        for size, engine in filled.items():
            with Session(engine) as s:
                for statement, values in _asked(engine, s, LOOKERS[who], FILTERS[name], sort):
                    explained = s.connection().exec_driver_sql(
                        f"EXPLAIN QUERY PLAN {statement}", values
                    )
                    steps = [row.detail for row in explained]
                    scans = [step for step in steps if step.startswith("SCAN ticket")]
                    assert scans == [], (size, sort, statement)


@pytest.mark.parametrize("who", LOOKERS)
def test_a_page_asks_as_often_of_many_as_of_few(
    filled: dict[int, Engine], monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(samples, "GLANCE_SECONDS", 3600)
    for name, wanted in FILTERS.items():
        counts = set()
        for engine in filled.values():
            with Session(engine) as s:
                lists.page(s, LOOKERS[who], wanted)  # draws a sample, the first time
                counts.add(len(_asked(engine, s, LOOKERS[who], wanted, "updated")))
        assert max(counts) <= 3, name
        assert max(counts) - min(counts) <= 1, name  # who helps is asked only where there are rows


@pytest.mark.slow
@pytest.mark.parametrize("who", LOOKERS)
def test_mariadb_reads_hardly_more_rows_of_many_than_of_few(
    filled_mariadb: dict[int, Engine], monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(plans, "LOOKED_THROUGH", 100)
    monkeypatch.setattr(samples, "GLANCE_SECONDS", 3600)
    for engine in filled_mariadb.values():
        with Session(engine) as s:
            for shelf in Shelf:
                samples.of(s, shelf)  # drawn once, and not while reads are counted
    for name, wanted in FILTERS.items():
        for sort in ("updated", "priority", "lead"):
            read = {}
            for size, engine in filled_mariadb.items():
                with Session(engine) as s:
                    before = _rows_read(s)
                    first = lists.page(s, LOOKERS[who], wanted, sort=sort)
                    lists.page(s, LOOKERS[who], wanted, sort=sort, cursor=first.after)
                    read[size] = _rows_read(s) - before
            assert read[MANY] < 2 * read[FEW] + MANY / 4, (name, sort, read)


def _rows_read(s: Session) -> int:
    """Return how many rows, or entries of indexes, this connection has read so far."""
    asked = "SHOW SESSION STATUS LIKE 'Handler_read%%'"
    return sum(int(row[1]) for row in s.connection().exec_driver_sql(asked))


@only_sqlite
@pytest.mark.parametrize("sort", ["due", "resolve", "status", "priority"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_page_among_many_equals_enters_them_at_its_number(
    s: Session,
    people: People,
    thousand: None,
    asked: list[tuple[str, Any]],
    sort: str,
    reverse: bool,
) -> None:
    how = {"sort": sort, "reverse": reverse}
    cursor = lists.page(s, people.diane, VIEWS["open"], limit=5, **how).after  # type: ignore[arg-type]

    found = plan(s, asked, people.diane, VIEWS["open"], cursor=cursor, limit=5, **how)

    column = {"due": "next_order", "resolve": "due_order"}.get(sort, sort)
    aim = ">" if (sort == "priority") is reverse else "<"
    assert f"INDEX {INDEX[sort]} (shelf=? AND {column}=? AND number{aim}?)" in found


@only_sqlite
@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_done_has_one_place_among_deadlines_and_goes_by_number(
    s: Session, people: People, thousand: None, asked: list[tuple[str, Any]], reverse: bool
) -> None:
    wanted = Filter(statuses=frozenset({Status.RESOLVED}))

    found = plan(s, asked, people.diane, wanted, sort="due", reverse=reverse)

    assert "ix_ticket_by_status (shelf=? AND status=?)" in found
    assert "TEMP B-TREE" not in found


@only_sqlite
def test_a_team_s_tickets_are_found_by_their_deadlines(
    s: Session, people: People, thousand: None, asked: list[tuple[str, Any]]
) -> None:
    wanted = narrowed(VIEWS["late"], team_id=7)

    found = plan(s, asked, people.diane, wanted, sort="resolve")

    assert "ix_ticket_of_team_by_due (team_id=? AND shelf=? AND due_order<?)" in found
    assert "TEMP B-TREE" not in found
    assert len([text for text, _v in asked if text.startswith("SELECT")]) <= 2  # nothing is counted


def _asked(
    engine: Engine, s: Session, by: Actor, wanted: Filter, sort: str
) -> list[tuple[str, Any]]:
    """Return what the database is asked for the first page and the one after."""
    found: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        lists.page(s, by, wanted, sort=sort)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return found
