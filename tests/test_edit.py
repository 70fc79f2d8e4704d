"""Editing a ticket’s own fields, alone and against each other (F-004; 5.3.7; C2)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data.models import Category, Impact, Priority, Status, Ticket, TicketType, Urgency, User
from services import events, tickets, transitions
from services.errors import Closed, Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import Clock, People, happened, last_event

DUE = datetime(2030, 1, 2, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({"title": " Imprimante  HS "}, {"title": ["Imprimante muette", "Imprimante HS"]}),
        ({"description": "Au 2e\r\n"}, {"description": ["", "Au 2e"]}),
        ({"type": "request"}, {"type": ["incident", "request"]}),
        (
            {"urgency": "high"},
            {"urgency": ["normal", "high"], "priority": ["normal", "high"]},
        ),
        ({"impact": Impact.LOW}, {"impact": ["medium", "low"], "priority": ["normal", "low"]}),
        (
            {"priority": "urgent"},
            {"priority": ["normal", "urgent"], "is_priority_overridden": [False, True]},
        ),
        ({"resolve_due_at": DUE}, {"resolve_due_at": [None, "2030-01-02T17:30:00+00:00"]}),
    ],
)
def test_a_change_is_kept_and_told(
    s: Session,
    people: People,
    ticket: Ticket,
    values: dict[str, Any],
    changes: dict[str, list[Any]],
) -> None:
    before = ticket.updated_at

    tickets.edit(s, people.bruno, ticket.number, values)

    s.commit()
    s.expire_all()
    for name, pair in changes.items():
        assert events.plain(getattr(ticket, name)) == pair[1]
    event = last_event(s, ticket.number)
    assert (event.kind, event.actor_id) == ("ticket.edited", people.bruno.id)
    assert event.details["changes"] == changes
    assert ticket.version == 2
    assert ticket.updated_at > before


def test_category_and_requester_change(s: Session, people: People, ticket: Ticket) -> None:
    category = Category(name="Réseau", path="Réseau")
    s.add(category)
    s.flush()
    values = {"category_id": str(category.id), "requester_id": people.driss.id}

    tickets.edit(s, people.bruno, ticket.number, values)

    s.commit()
    assert (ticket.category_id, ticket.requester_id) == (category.id, people.driss.id)
    with pytest.raises(NotFound):
        tickets.get(s, people.alice, ticket.number)
    tickets.edit(s, people.bruno, ticket.number, {"category_id": ""})
    assert ticket.category_id is None


@pytest.mark.parametrize("who", ["alice", "chloe"])
def test_only_who_repairs_edits(s: Session, people: People, ticket: Ticket, who: str) -> None:
    with pytest.raises(NotAllowed):
        tickets.edit(s, getattr(people, who), ticket.number, {"title": "x"})

    assert happened(s, ticket.number) == ["ticket.created"]


def test_a_stranger_learns_nothing(s: Session, people: People, ticket: Ticket) -> None:
    with pytest.raises(NotFound):
        tickets.edit(s, people.driss, ticket.number, {"title": "x"})


def test_what_is_there_already_is_no_change(s: Session, people: People, ticket: Ticket) -> None:
    same = {
        "title": "Imprimante muette",
        "description": "",
        "type": "incident",
        "urgency": Urgency.NORMAL,
        "requester_id": people.alice.id,
        "category_id": None,
        "priority": None,
    }

    tickets.edit(s, people.bruno, ticket.number, same)

    assert ticket.version == 1
    assert happened(s, ticket.number) == ["ticket.created"]


def test_every_wrong_field_is_told_at_once(s: Session, people: People, ticket: Ticket) -> None:
    values = {
        "title": "",
        "description": "x" * 64_001,
        "type": "?",
        "urgency": "?",
        "impact": None,
        "priority": "?",
        "category_id": 10**30,
        "requester_id": 10**30,
        "resolve_due_at": datetime(2030, 1, 1),  # noqa: DTZ001 - that it is naive is the mistake
        "status": "closed",
        "number": 7,
    }

    with pytest.raises(Invalid) as refused:
        tickets.edit(s, people.bruno, ticket.number, values)

    assert set(refused.value.problems) == set(values)
    assert ticket.version == 1


def test_what_is_no_longer_offered_may_stay(s: Session, people: People, ticket: Ticket) -> None:
    category = Category(name="Fax", path="Fax")
    s.add(category)
    s.flush()
    tickets.edit(s, people.bruno, ticket.number, {"category_id": category.id})
    category.is_active = False
    s.get_one(User, people.alice.id).is_active = False
    s.commit()
    values = {
        "category_id": category.id,
        "requester_id": people.alice.id,
        "title": "Fax muet",
    }

    tickets.edit(s, people.bruno, ticket.number, values)

    assert ticket.title == "Fax muet"
    with pytest.raises(Invalid):
        tickets.edit(s, people.diane, ticket.number, {"requester_id": 0})


def test_an_overridden_priority_stays_until_it_is_given_back_to_the_matrix(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"priority": "low"})

    tickets.edit(s, people.bruno, ticket.number, {"urgency": "urgent"})
    kept = ticket.priority
    tickets.edit(s, people.bruno, ticket.number, {"priority": None})

    assert (kept, ticket.priority) == (Priority.LOW, Priority.URGENT)
    assert last_event(s, ticket.number).details["changes"] == {
        "priority": ["low", "urgent"],
        "is_priority_overridden": [True, False],
    }


def test_a_new_title_is_found_by_search(s: Session, people: People, ticket: Ticket) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "Cœur de RÉSEAU"})

    assert ticket.folded_title == "coeur de reseau"


def test_an_instant_is_the_same_in_every_zone(s: Session, people: People, ticket: Ticket) -> None:
    paris = DUE.astimezone(timezone(timedelta(hours=1)))
    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": paris})
    s.commit()
    s.expire_all()

    tickets.edit(
        s,
        people.bruno,
        ticket.number,
        {"resolve_due_at": DUE + timedelta(hours=1)},
        seen={"resolve_due_at": paris},
    )

    assert ticket.resolve_due_at == DUE + timedelta(hours=1)


def test_who_edits_another_field_meanwhile_hinders_nobody(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"}, seen={"title": ticket.title})

    tickets.edit(s, people.diane, ticket.number, {"type": "request"}, seen={"type": "incident"})

    assert (ticket.title, ticket.type) == ("B", TicketType.REQUEST)


def test_who_comes_second_to_the_same_field_is_shown_both_values(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"}, seen={"title": ticket.title})

    with pytest.raises(Conflict) as told:
        tickets.edit(
            s,
            people.diane,
            ticket.number,
            {"title": "D", "type": "request"},
            seen={"title": "Imprimante muette", "type": "incident"},
        )

    assert told.value.facts == {"field": "title", "theirs": "B", "mine": "D", "name": "Bruno"}
    assert told.value.say().startswith("Bruno changed this")
    assert (ticket.title, ticket.type, ticket.version) == ("B", TicketType.INCIDENT, 2)


def test_who_was_faster_than_oneself_elsewhere_is_oneself(
    s: Session, people: People, ticket: Ticket
) -> None:
    seen = {"title": ticket.title}
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"}, seen=seen)

    with pytest.raises(Conflict, match="You changed this elsewhere"):
        tickets.edit(s, people.bruno, ticket.number, {"title": "C"}, seen=seen)


def test_what_no_person_changed_is_told_without_a_name(
    s: Session, people: People, ticket: Ticket
) -> None:
    seen = {"priority": ticket.priority}
    ticket.priority = Priority.URGENT  # as an escalation does

    with pytest.raises(Conflict, match=r"^This was changed meanwhile"):
        tickets.edit(s, people.bruno, ticket.number, {"priority": "low"}, seen=seen)


def test_two_who_want_the_same_agree(s: Session, people: People, ticket: Ticket) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"}, seen={"title": ticket.title})

    tickets.edit(
        s, people.diane, ticket.number, {"title": "B"}, seen={"title": "Imprimante muette"}
    )

    assert ticket.version == 2


def test_without_saying_what_one_saw_one_overwrites(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"})

    tickets.edit(s, people.diane, ticket.number, {"title": "D"})

    assert ticket.title == "D"


def test_a_closed_ticket_cannot_be_edited(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.alice, ticket.number, Status.CLOSED)

    with pytest.raises(Closed):
        tickets.edit(s, people.diane, ticket.number, {"title": "x"})
