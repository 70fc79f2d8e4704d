"""The history of a ticket, as people read it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from data.models import Category, Status, Ticket
from services import (
    assignment,
    comments,
    events,
    history,
    observers,
    tags,
    tickets,
    transitions,
    words,
)
from services.errors import NotFound
from services.history import FieldChange
from tests.conftest import People, Queries


def told(s: Session, people: People, number: int) -> list[tuple[str, str]]:
    return [(line.actor, line.sentence) for line in history.of(s, people.bruno, number)]


def test_ids_are_told_as_names(s: Session, people: People, ticket: Ticket) -> None:
    category = Category(name="Réseau", path="Matériel › Réseau")
    s.add(category)
    s.flush()
    number = ticket.number
    team_id = min(people.bruno.team_ids)
    tickets.edit(s, people.diane, number, {"category_id": category.id, "urgency": "urgent"})
    assignment.assign(s, people.chloe, number, team_id=team_id, lead_id=people.bruno.id)
    observers.add(s, people.bruno, number, people.driss.id)
    tags.add(s, people.bruno, number, "vip")
    s.commit()

    lines = history.of(s, people.alice, number)

    assert [(line.actor, line.sentence) for line in lines] == [
        ("Alice", "created the ticket"),
        ("Diane", "edited the ticket"),
        ("Chloe", "assigned the ticket"),
        ("Bruno", "added Driss as an observer"),
        ("Bruno", "added the tag vip"),
    ]
    assert set(lines[1].changes) == {
        FieldChange("category", None, "Matériel › Réseau"),
        FieldChange("urgency", "Normal", "Urgent"),
        FieldChange("priority", "Normal", "Urgent"),
    }
    assert set(lines[2].changes) == {
        FieldChange("lead", None, "Bruno"),
        FieldChange("team", None, "Réseau"),
        FieldChange("status", "New", "In progress"),
    }
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_every_kind_that_is_recorded_has_a_sentence_in_both_languages(
    s: Session, people: People, ticket: Ticket
) -> None:
    for kind in history.SENTENCES:
        details: dict[str, Any] = {
            "user_id": people.driss.id,
            "tag": "vip",
            "other": 7,
            "link": "blocks",
        }
        events.record(s, people.bruno, ticket, kind, **details)
    s.commit()

    for language in words.LANGUAGES:
        with words.speaking(language):
            lines = history.of(s, people.bruno, ticket.number)
        assert len(lines) == len(history.SENTENCES) - 2 + 1
        assert not [line.sentence for line in lines if "{" in line.sentence or "." in line.sentence]


def test_requesters_do_not_learn_of_notes(s: Session, people: People, ticket: Ticket) -> None:
    before = history.of(s, people.alice, ticket.number)
    note = comments.post(s, people.bruno, ticket.number, "Note", internal=True)
    comments.edit(s, people.bruno, note.id, "Autre")
    comments.delete(s, people.bruno, note.id)
    comments.restore(s, people.bruno, note.id)
    s.commit()

    assert history.of(s, people.alice, ticket.number) == before
    assert [line.is_internal for line in history.of(s, people.bruno, ticket.number)] == [
        False, True, True, True,
    ]  # fmt: skip


def test_a_stranger_reads_no_history(s: Session, people: People, ticket: Ticket) -> None:
    with pytest.raises(NotFound):
        history.of(s, people.driss, ticket.number)


def test_what_the_clock_did_has_no_name(s: Session, people: People, ticket: Ticket) -> None:
    events.record(s, None, ticket, "ticket.closed")
    s.commit()

    assert told(s, people, ticket.number)[-1] == ("", "closed the ticket")


def test_a_title_that_looks_like_a_value_is_told_as_it_is(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "urgent {0} %s"})
    s.commit()

    with words.speaking("fr"):
        line = history.of(s, people.bruno, ticket.number)[-1]

    assert line.changes == (FieldChange("title", "Imprimante muette", "urgent {0} %s"),)


def test_a_long_history_shows_its_end_in_three_queries(
    s: Session, people: People, ticket: Ticket, queries: Queries
) -> None:
    for n in range(history.PAGE + 5):
        changes = {"lead_id": [None, people.bruno.id]}
        events.record(
            s, people.bruno, ticket, "ticket.taken", n=n, user_id=people.driss.id, changes=changes
        )
    s.commit()
    queries.statements.clear()

    lines = history.of(s, people.bruno, ticket.number)

    assert len(queries.statements) == 3
    assert len(lines) == history.PAGE
    assert lines[-1].changes == (FieldChange("lead", None, "Bruno"),)


def test_the_moves_of_a_ticket_are_told(s: Session, people: People, ticket: Ticket) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.alice, ticket.number, Status.CLOSED)
    s.commit()

    assert told(s, people, ticket.number)[1:] == [
        ("Bruno", "resolved the ticket"),
        ("Alice", "closed the ticket"),
    ]
