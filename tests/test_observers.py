"""Observers follow a ticket that is not theirs."""

import pytest
from sqlalchemy.orm import Session

from data.models import Part, Status, Ticket, TicketPerson, User
from services import comments, lists, observers, tickets, transitions
from services.errors import Closed, Invalid, NotAllowed, NotFound
from services.filters import Filter
from tests.conftest import People, happened, last_event


@pytest.mark.parametrize("who", ["bruno", "chloe", "diane"])
def test_staff_let_somebody_follow(s: Session, people: People, ticket: Ticket, who: str) -> None:
    for _ in range(2):
        observers.add(s, getattr(people, who), ticket.number, people.driss.id)

    s.commit()
    assert tickets.get(s, people.driss, ticket.number) is ticket
    mine = lists.page(s, people.driss, Filter(scope="mine"))
    assert [line.number for line in mine.lines] == [ticket.number]
    assert comments.post(s, people.driss, ticket.number, "Moi aussi").author_id == people.driss.id
    assert happened(s, ticket.number)[:2] == ["ticket.created", "ticket.observer_added"]


def test_requesters_invite_nobody(s: Session, people: People, ticket: Ticket) -> None:
    with pytest.raises(NotAllowed):
        observers.add(s, people.alice, ticket.number, people.driss.id)
    with pytest.raises(NotFound):
        observers.add(s, people.driss, ticket.number, people.driss.id)


def test_only_somebody_who_is_there_follows(s: Session, people: People, ticket: Ticket) -> None:
    s.get_one(User, people.driss.id).is_active = False
    s.commit()

    for user_id in (people.driss.id, 0, 10**30):
        with pytest.raises(Invalid) as refused:
            observers.add(s, people.bruno, ticket.number, user_id)
        assert set(refused.value.problems) == {"observer_id"}


def test_one_may_stop_following(s: Session, people: People, ticket: Ticket) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)

    observers.remove(s, people.driss, ticket.number, people.driss.id)

    s.commit()
    with pytest.raises(NotFound):
        tickets.get(s, people.driss, ticket.number)
    assert last_event(s, ticket.number).details == {"user_id": people.driss.id}


def test_requesters_remove_nobody_else(s: Session, people: People, ticket: Ticket) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)

    with pytest.raises(NotAllowed):
        observers.remove(s, people.alice, ticket.number, people.driss.id)
    observers.remove(s, people.bruno, ticket.number, people.driss.id)
    observers.remove(s, people.bruno, ticket.number, people.driss.id)

    assert happened(s, ticket.number).count("ticket.observer_removed") == 1


def test_to_observe_and_to_help_are_two_parts(s: Session, people: People, ticket: Ticket) -> None:
    s.add(TicketPerson(ticket_number=ticket.number, user_id=people.driss.id, part=Part.HELPER))
    s.flush()

    with pytest.raises(NotFound):
        tickets.get(s, people.driss, ticket.number)
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    observers.remove(s, people.bruno, ticket.number, people.driss.id)

    assert s.get(TicketPerson, (ticket.number, people.driss.id, Part.HELPER))


def test_a_closed_ticket_keeps_its_observers(s: Session, people: People, ticket: Ticket) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)

    with pytest.raises(Closed):
        observers.add(s, people.diane, ticket.number, people.chloe.id)
    with pytest.raises(Closed):
        observers.remove(s, people.driss, ticket.number, people.driss.id)
