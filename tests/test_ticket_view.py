"""What the page of a ticket is made of, and how few queries it takes (architecture.md 9)."""

import pytest
from sqlalchemy.orm import Session

from data import files
from data.models import LinkKind, LoginSession, Status, Ticket
from services import (
    assignment,
    attachments,
    choices,
    comments,
    counters,
    creation,
    drafts,
    links,
    lists,
    observers,
    sessions,
    tags,
    ticket_view,
    tickets,
    transitions,
)
from services.creation import NewTicket
from services.errors import NotFound
from services.filters import VIEWS
from services.permissions import Action
from tests.conftest import People, Queries

LIST_QUERIES = 8
TICKET_QUERIES = 12


def fill(s: Session, people: People, number: int, size: int) -> None:
    """Hang `size` things of every kind on a ticket."""
    context = comments.draft_of(number)
    for n in range(size):
        intake = files.Intake()
        intake.write(str(n).encode())
        attachments.add(s, people.bruno, context, intake.finish(f"{n}.txt"))
        comments.post(s, people.bruno, number, str(n), internal=n % 2 == 0)
        comments.post(s, people.alice, number, str(n))
        tags.add(s, people.bruno, number, f"mot {n}")
        links.add_external(s, people.bruno, number, f"https://exemple.fr/{n}")
        other = creation.create(s, people.driss, NewTicket(title=str(n))).number
        links.add(s, people.bruno, number, LinkKind.RELATES_TO, other)
        tickets.edit(s, people.bruno, number, {"title": f"Titre {n}"})
        intake = files.Intake()
        intake.write(b"draft")
        attachments.add(s, people.bruno, context, intake.finish(f"draft {n}.txt"))
    observers.add(s, people.bruno, number, people.driss.id)
    assignment.add_helper(s, people.bruno, number, people.bruno.id)
    assignment.assign(s, people.chloe, number, lead_id=people.diane.id)
    drafts.save(s, people.bruno, context, {"body": "Je"})
    s.commit()


@pytest.mark.parametrize("size", [0, 1, 15])
@pytest.mark.parametrize("who", ["alice", "bruno"])
def test_a_ticket_takes_as_many_queries_whatever_hangs_on_it(
    s: Session, people: People, ticket: Ticket, queries: Queries, size: int, who: str
) -> None:
    by = getattr(people, who)
    fill(s, people, ticket.number, size)
    session_id = signed_in(s, by.id)
    s.expunge_all()
    queries.statements.clear()

    actor = sessions.actor(s, session_id)
    view = ticket_view.load(s, actor, ticket.number)
    repr(view)

    assert len(queries.statements) <= TICKET_QUERIES
    assert len(view.tags) == len(view.external_links) == size


@pytest.mark.parametrize("size", [1, 60])
@pytest.mark.parametrize("who", ["alice", "bruno", "diane"])
def test_a_list_takes_as_many_queries_whatever_its_length(
    s: Session, people: People, queries: Queries, size: int, who: str
) -> None:
    by = getattr(people, who)
    for n in range(size):
        ticket = creation.create(s, people.alice, NewTicket(title=str(n)))
        assignment.add_helper(s, people.diane, ticket.number, people.bruno.id)
    s.commit()
    session_id = signed_in(s, by.id)
    s.expunge_all()
    queries.statements.clear()

    actor = sessions.actor(s, session_id)
    page = lists.page(s, actor, VIEWS["open"])
    counters.count(s, actor)
    choices.offered(s, actor, named=people.alice.id)

    assert len(queries.statements) <= LIST_QUERIES
    assert len(page.lines) == min(size, lists.PAGE)
    assert page.lines[0].helpers == ((people.bruno.id, "Bruno"),)


def signed_in(s: Session, user_id: int) -> int:
    token = sessions.open(s, user_id)
    s.commit()
    found = sessions.find(s, token)
    assert found
    session: LoginSession = found[0]
    return session.id


def test_everything_is_there_for_staff(s: Session, people: People, ticket: Ticket) -> None:
    fill(s, people, ticket.number, 2)
    s.expunge_all()

    view = ticket_view.load(s, people.bruno, ticket.number)

    assert view.ticket.requester.name == "Alice"
    assert view.ticket.lead
    assert view.ticket.lead.name == "Diane"
    assert view.helpers == ((people.bruno.id, "Bruno"),)
    assert view.observers == ((people.driss.id, "Driss"),)
    assert view.tags == ("mot 0", "mot 1")
    assert [(m.author, m.comment.body, m.is_mine) for m in view.messages] == [
        ("Bruno", "0", True),
        ("Alice", "0", False),
        ("Bruno", "1", True),
        ("Alice", "1", False),
    ]
    assert [f.name for f in view.messages[0].files] == ["0.txt"]
    assert [f.name for f in view.draft_files] == ["draft 1.txt"]
    assert view.draft == {"body": "Je"}
    assert len(view.links) == 2
    assert Action.TICKET_EDIT in view.may
    assert Status.RESOLVED in view.targets


def test_a_requester_gets_their_part_of_it(s: Session, people: People, ticket: Ticket) -> None:
    fill(s, people, ticket.number, 2)

    view = ticket_view.load(s, people.alice, ticket.number)

    assert [m.comment.body for m in view.messages] == ["0", "1", "1"]
    assert (view.links, view.draft, view.draft_files) == ((), {}, ())
    assert Action.TICKET_NOTE not in view.may
    assert view.targets == (Status.CANCELLED,)


def test_a_closed_ticket_offers_nothing_but_to_be_deleted(
    s: Session, people: People, ticket: Ticket
) -> None:
    fill(s, people, ticket.number, 1)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    s.commit()

    for by in (people.alice, people.bruno, people.chloe, people.diane):
        view = ticket_view.load(s, by, ticket.number)
        changing = view.may - {Action.TICKET_READ, Action.TICKET_CREATE}
        assert changing == ({Action.TICKET_DELETE} if by is people.diane else set())
        assert (view.targets, view.draft, view.draft_files) == ((), {}, ())


def test_a_stranger_has_no_page(s: Session, people: People, ticket: Ticket) -> None:
    for number in (ticket.number, 99, 10**30):
        with pytest.raises(NotFound):
            ticket_view.load(s, people.driss, number)
