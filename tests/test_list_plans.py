"""SQLite finds the pages of lists in the order of an index, without sorting (architecture.md 6)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from data.models import Priority, Ticket
from services import lists
from services.filters import VIEWS, Filter
from services.permissions import Actor
from tests.conftest import People

INDEX = {
    "updated": "ix_ticket_updated",
    "created": "ix_ticket_created",
    "priority": "ix_ticket_priority",
    "due": "ix_ticket_due",
    "status": "ix_ticket_status",
    "title": "ix_ticket_title",
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
@pytest.mark.parametrize("view", ["all", "unassigned"])
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

    found = plan(s, asked, people.diane, VIEWS["all"], cursor=cursor, **how)

    assert INDEX[sort] in found
    assert "TEMP B-TREE" not in found
    assert "SCAN ticket" not in found
