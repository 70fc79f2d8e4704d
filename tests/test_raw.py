"""Rows written past the ORM are the rows the ORM would have written, whatever they hold."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from data import raw
from data.models import Channel, Comment, Event, PendingReason, Priority, Status, Ticket
from tests.conftest import People

HOSTILE = [
    "L’été à « Orléans » — 100 %s 'quoted' \"twice\" `ticked` %(name)s {n} ?",
    "back\\slash \\' \\0 '; DROP TABLE ticket; --",
    "line\nline\r\n\ttab \x1a \x00 end",
    "\N{GRINNING FACE} \N{FAMILY}\u200d \N{KELVIN SIGN}",
    "",
]


def shape(engine: Engine, table: str, number: str, row: dict[str, Any]) -> raw.Shape:
    return raw.Shape(table, number, list(row), f"{engine.dialect.name}+{engine.dialect.driver}")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_row_is_as_the_orm_would_have_written_it(
    s: Session, engine: Engine, people: People, text: str
) -> None:
    east = timezone(timedelta(hours=9))
    row = {
        "title": text,
        "description": text,
        "requester_id": people.alice.id,
        "created_by_id": people.alice.id,
        "channel": Channel.EMAIL,
        "priority": Priority.HIGH,
        "is_priority_overridden": True,
        "status": Status.PENDING,
        "pending_reason": PendingReason.PLANNED,
        "wake_at": None,
        "created_at": datetime(2026, 3, 1, 8, 5, 1, tzinfo=east),
        "updated_at": datetime(999, 1, 1, 0, 0, 0, 7, tzinfo=UTC),
    }
    s.add(Ticket(number=1, **row))
    s.flush()

    written = shape(engine, "ticket", "number", row)
    written.put(s, [(2, written.values(row))])

    s.expire_all()
    made_by_orm = {"number", "requester_name"}  # which the ORM sets, and a load brings
    by_orm, by_hand = (
        {
            c.key: getattr(ticket, c.key)
            for c in inspect(Ticket).column_attrs
            if c.key not in made_by_orm
        }
        for ticket in s.scalars(select(Ticket).order_by(Ticket.number))
    )
    assert by_hand == by_orm
    assert by_hand["title"] == text


def test_details_keep_their_json(s: Session, engine: Engine, people: People) -> None:
    row = {
        "kind": "ticket.edited",
        "actor_id": None,
        "details": {"changes": {"status": [Status.NEW, None]}, "said": HOSTILE},
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    written = shape(engine, "event", "ticket_number", row)

    written.put(s, [(7, written.values(row))])

    (event,) = s.scalars(select(Event).where(Event.ticket_number == 7))
    assert event.details == {"changes": {"status": ["new", None]}, "said": HOSTILE}
    assert (event.is_internal, event.relayed_at) == (False, None)


def test_many_long_rows_are_written_in_several_statements(
    s: Session, engine: Engine, people: People, ticket: Ticket
) -> None:
    row = {
        "author_id": people.alice.id,
        "body": "é'" * 30_000,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    written = shape(engine, "comment", "ticket_number", row)

    written.put(s, [(ticket.number, written.values(row))] * 50)

    bodies = s.scalars(select(Comment.body)).all()
    assert bodies == ["é'" * 30_000] * 50


def test_a_value_without_a_place_is_refused(s: Session, engine: Engine) -> None:
    row = {"body": "Non", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    written = shape(engine, "comment", "ticket_number", row)

    with pytest.raises(KeyError, match="is_deleted"):
        written.values({**row, "is_deleted": True})


def test_an_instant_without_a_zone_is_refused(s: Session, engine: Engine) -> None:
    row = {"created_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - what is refused
    written = shape(engine, "comment", "ticket_number", row)

    with pytest.raises(ValueError, match="naive"):
        written.values(row)
