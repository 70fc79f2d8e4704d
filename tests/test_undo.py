"""Undo: one’s own last action, for fifteen seconds (C1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    Category,
    Event,
    ExternalLink,
    Link,
    LinkKind,
    PendingReason,
    Status,
    Team,
    Ticket,
    TicketPerson,
    TicketTag,
)
from services import (
    assignment,
    comments,
    creation,
    links,
    observers,
    tags,
    tickets,
    transitions,
    trash,
    undo,
)
from services.errors import Closed, NotFound, TooLate
from services.permissions import Actor
from services.transitions import Wait
from tests.conftest import Clock, People, happened, last_event

UNTOUCHED = {"version", "updated_at"}
SUPPLIER = Wait(reason=PendingReason.SUPPLIER)


def state(s: Session, number: int) -> dict[str, Any]:
    """Return the ticket and what hangs on it, as they are kept; but for what counts changes."""
    s.commit()
    s.expire_all()
    ticket = s.get_one(Ticket, number)
    found = {c.key: getattr(ticket, c.key) for c in Ticket.__table__.columns}
    for name, query in {
        "people": select(TicketPerson.user_id, TicketPerson.part),
        "tags": select(TicketTag.tag_id),
        "links": select(Link.source_number, Link.target_number, Link.kind),
        "outside": select(ExternalLink.url, ExternalLink.title),
    }.items():
        found[name] = sorted(map(tuple, s.execute(query)))
    return {name: value for name, value in found.items() if name not in UNTOUCHED}


def first_new(s: Session, number: int, since: int) -> int:
    """Return the event that a page offers to undo: the first of the gesture."""
    query = select(Event.id).where(Event.ticket_number == number, Event.id > since)
    return s.scalars(query.order_by(Event.id).limit(1)).one()


Gesture = Callable[[Session, Actor, int, int], object]
GESTURES: dict[str, Gesture] = {
    "title": lambda s, by, n, _: tickets.edit(s, by, n, {"title": "Autre", "urgency": "urgent"}),
    "priority": lambda s, by, n, _: tickets.edit(s, by, n, {"priority": "low"}),
    "category": lambda s, by, n, _: tickets.edit(
        s, by, n, {"category_id": s.scalars(select(Category.id)).one()}
    ),
    "take": lambda s, by, n, _: assignment.take(s, by, n),
    "team": lambda s, by, n, _: assignment.assign(s, by, n, team_id=min(by.team_ids)),
    "lead": lambda s, by, n, _: assignment.assign(s, by, n, lead_id=by.id),
    "start": lambda s, by, n, _: transitions.move(s, by, n, Status.IN_PROGRESS),
    "pause": lambda s, by, n, _: transitions.move(s, by, n, Status.PENDING, wait=SUPPLIER),
    "resolve": lambda s, by, n, _: transitions.move(s, by, n, Status.RESOLVED),
    "cancel": lambda s, by, n, _: transitions.move(s, by, n, Status.CANCELLED),
    "helper": lambda s, by, n, _: assignment.add_helper(s, by, n, by.id),
    "observer": lambda s, by, n, _: observers.add(s, by, n, by.id),
    "tag": lambda s, by, n, _: tags.add(s, by, n, "vip"),
    "answer": lambda s, by, n, _: comments.post(s, by, n, "Fait"),
    "note": lambda s, by, n, _: comments.post(s, by, n, "Note", internal=True),
    "resolving answer": lambda s, by, n, _: comments.post(s, by, n, "Fait", resolve=True),
    "link": lambda s, by, n, other: links.add(s, by, n, LinkKind.BLOCKS, other),
    "link back": lambda s, by, n, other: links.add(s, by, other, LinkKind.PARENT_OF, n),
    "address": lambda s, by, n, _: links.add_external(s, by, n, "https://exemple.fr", "Fiche"),
    "bin": lambda s, by, n, _: trash.delete(s, by, n),
}


@pytest.fixture
def other(s: Session, people: People) -> int:
    """A second ticket, and a category to choose."""
    s.add(Category(name="Réseau", path="Réseau"))
    return creation.create(s, people.driss, creation.NewTicket(title="Clavier")).number


@pytest.mark.parametrize("gesture", GESTURES)
def test_each_gesture_is_undone(
    s: Session, people: People, ticket: Ticket, other: int, gesture: str
) -> None:
    number = ticket.number
    before = state(s, number)
    since = last_event(s, number).id
    GESTURES[gesture](s, people.bruno, number, other)
    s.commit()
    made = first_new(s, number, since)

    undo.undo(s, people.bruno, made)

    assert state(s, number) == before
    assert s.get_one(Event, made).details["undone"] is True
    length = len(happened(s, number))
    undo.undo(s, people.bruno, made)
    assert len(happened(s, number)) == length


REMOVALS: dict[str, tuple[str, Gesture]] = {
    "helper": ("helper", lambda s, by, n, _: assignment.remove_helper(s, by, n, by.id)),
    "observer": ("observer", lambda s, by, n, _: observers.remove(s, by, n, by.id)),
    "tag": ("tag", lambda s, by, n, _: tags.remove(s, by, n, "vip")),
    "lead": ("take", lambda s, by, n, _: assignment.assign(s, by, n, lead_id=assignment.NOBODY)),
    "link": (
        "link",
        lambda s, by, n, _: links.remove(s, by, n, s.scalars(select(Link.id)).one()),
    ),
    "link back": (
        "link back",
        lambda s, by, n, _: links.remove(s, by, n, s.scalars(select(Link.id)).one()),
    ),
    "address": (
        "address",
        lambda s, by, n, _: links.remove_external(
            s, by, n, s.scalars(select(ExternalLink.id)).one()
        ),
    ),
    "reopen": ("resolve", lambda s, by, n, _: transitions.move(s, by, n, Status.IN_PROGRESS)),
}


@pytest.mark.parametrize("removal", REMOVALS)
def test_what_was_taken_away_comes_back(
    s: Session, people: People, ticket: Ticket, other: int, removal: str
) -> None:
    number = ticket.number
    first, then = REMOVALS[removal]
    GESTURES[first](s, people.bruno, number, other)
    before = state(s, number)
    since = last_event(s, number).id
    then(s, people.bruno, number, other)
    s.commit()

    undo.undo(s, people.bruno, first_new(s, number, since))

    assert state(s, number) == before


def test_a_comment_edited_or_deleted_says_again_what_it_said(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Un")
    comments.edit(s, people.alice, comment.id, "Deux")
    edited = last_event(s, ticket.number).id
    comments.delete(s, people.alice, comment.id)
    deleted = last_event(s, ticket.number).id
    s.commit()

    undo.undo(s, people.alice, deleted)
    said = comment.body
    with pytest.raises(TooLate):
        undo.undo(s, people.alice, edited)
    comments.edit(s, people.alice, comment.id, "Trois")
    undo.undo(s, people.alice, last_event(s, ticket.number).id)

    assert (said, comment.body, comment.deleted_at) == ("Deux", "Deux", None)


def test_an_answer_taken_back_takes_back_what_it_moved(
    s: Session, people: People, ticket: Ticket
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    resolved_at = ticket.resolved_at
    since = last_event(s, ticket.number).id
    comments.post(s, people.alice, ticket.number, "Non")
    s.commit()

    undo.undo(s, people.alice, first_new(s, ticket.number, since))

    s.commit()
    assert (ticket.status, ticket.resolved_at) == (Status.RESOLVED, resolved_at)
    assert ticket.comment_count == 0


def test_what_an_answer_moved_stays_when_it_was_moved_on(
    s: Session, people: People, ticket: Ticket
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    since = last_event(s, ticket.number).id
    comments.post(s, people.alice, ticket.number, "Non")
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=SUPPLIER)
    s.commit()

    undo.undo(s, people.alice, first_new(s, ticket.number, since))

    assert (ticket.status, ticket.comment_count) == (Status.PENDING, 0)


def test_a_deletion_and_a_restoration_are_undone(
    s: Session, people: People, ticket: Ticket
) -> None:
    trash.delete(s, people.bruno, ticket.number)
    s.commit()
    trash.restore(s, people.diane, ticket.number)
    restored = last_event(s, ticket.number).id

    undo.undo(s, people.diane, restored)

    assert ticket.deleted_by_id == people.diane.id


def test_what_somebody_changed_since_is_not_overwritten(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"})
    mine = last_event(s, ticket.number).id
    tickets.edit(s, people.diane, ticket.number, {"title": "D"})

    with pytest.raises(TooLate):
        undo.undo(s, people.bruno, mine)

    assert ticket.title == "D"


def test_what_somebody_changed_elsewhere_hinders_nothing(
    s: Session, people: People, ticket: Ticket
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"})
    mine = last_event(s, ticket.number).id
    tickets.edit(s, people.diane, ticket.number, {"type": "request"})

    undo.undo(s, people.bruno, mine)

    assert (ticket.title, ticket.type.value) == ("Imprimante muette", "request")


def test_undo_is_offered_for_fifteen_seconds_and_takes_its_way(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"})
    tickets.edit(s, people.bruno, ticket.number, {"type": "request"})
    s.commit()
    second, first = (
        e.id for e in s.scalars(select(Event).where(Event.kind == "ticket.edited")
                                .order_by(Event.id.desc()))
    )  # fmt: skip

    time.stop()
    time.pass_by(seconds=undo.OFFERED_SECONDS)
    undo.undo(s, people.bruno, first)
    time.pass_by(seconds=undo.GRACE_SECONDS + 1)
    with pytest.raises(TooLate):
        undo.undo(s, people.bruno, second)

    assert (ticket.title, ticket.type.value) == ("Imprimante muette", "request")


@pytest.mark.parametrize("who", ["alice", "diane", "driss"])
def test_nobody_undoes_what_another_did(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    assignment.take(s, people.bruno, ticket.number)
    mine = last_event(s, ticket.number).id

    for event_id in (mine, 0, 10**9):
        with pytest.raises(NotFound):
            undo.undo(s, getattr(people, who), event_id)

    assert ticket.lead_id == people.bruno.id


def test_a_closing_is_final(s: Session, people: People, ticket: Ticket) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)

    with pytest.raises(Closed):
        undo.undo(s, people.bruno, last_event(s, ticket.number).id)


def test_a_creation_stays(s: Session, people: People, ticket: Ticket) -> None:
    with pytest.raises(TooLate):
        undo.undo(s, people.alice, last_event(s, ticket.number).id)


def test_an_undo_is_undone(s: Session, people: People, ticket: Ticket) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"title": "B"})
    undo.undo(s, people.bruno, last_event(s, ticket.number).id)
    s.flush()

    undo.undo(s, people.bruno, last_event(s, ticket.number).id)

    assert (ticket.title, ticket.folded_title) == ("B", "b")


def test_giving_a_ticket_away_is_undone_though_one_no_longer_sees_it(
    s: Session, people: People, ticket: Ticket
) -> None:
    team_id = min(people.bruno.team_ids)
    assignment.assign(s, people.diane, ticket.number, team_id=team_id)
    by = replace(people.bruno, sees_only_teams=True)
    observers.add(s, people.diane, ticket.number, people.driss.id)
    other_team = Team(name="Postes")
    s.add(other_team)
    s.flush()
    assignment.assign(s, by, ticket.number, team_id=other_team.id)
    given = last_event(s, ticket.number).id
    observers.remove(s, people.driss, ticket.number, people.driss.id)
    left = last_event(s, ticket.number).id

    undo.undo(s, by, given)
    undo.undo(s, people.driss, left)

    assert tickets.get(s, by, ticket.number) is tickets.get(s, people.driss, ticket.number)


def test_undoing_a_reopening_does_not_resolve_what_is_blocked_by_now(
    s: Session, people: People, ticket: Ticket, other: int
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.IN_PROGRESS)
    reopened = last_event(s, ticket.number).id
    links.add(s, people.bruno, other, LinkKind.BLOCKS, ticket.number)
    s.commit()

    with pytest.raises(TooLate):
        undo.undo(s, people.bruno, reopened)

    s.rollback()
    assert ticket.status is Status.IN_PROGRESS
