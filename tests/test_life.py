"""Whatever people do to a ticket, in any order, its life stays a life (product.md 3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import clock
from data.models import (
    Comment,
    Event,
    ExternalLink,
    Link,
    LinkKind,
    PendingReason,
    Status,
    Ticket,
    TicketPerson,
    TicketTag,
)
from services import (
    acceptance,
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
    workflow,
)
from services.creation import NewTicket
from services.errors import Closed, DomainError
from services.permissions import Actor
from services.transitions import Wait
from tests.conftest import People, last_event

NAMES = ("alice", "bruno", "chloe", "diane", "driss")
FIELDS = ("status", "lead_id", "team_id", "title", "priority", "urgency", "requester_id")

who = st.sampled_from(NAMES)
text = st.sampled_from(["Un", "Deux", "Trois"])


class Life(RuleBasedStateMachine):
    """One ticket, one that may block it, and five people."""

    s: ClassVar[Session]
    people: ClassVar[People]

    def __init__(self) -> None:
        super().__init__()
        s, alice = self.s, self.people.alice
        self.number = creation.create(s, alice, NewTicket(title="Un")).number
        self.blocker = creation.create(s, self.people.driss, NewTicket(title="Obstacle")).number
        self.frozen: tuple[object, ...] | None = None
        self.was: Status = Status.NEW
        self.seen_events = 1
        s.commit()

    def attempt(self, gesture: Callable[..., object], by: str, *args: Any, **more: Any) -> None:
        """Do it as one unit of work; a refusal leaves nothing behind."""
        try:
            gesture(self.s, getattr(self.people, by), *args, **more)
            self.s.commit()
        except DomainError:
            self.s.rollback()

    @rule(by=who, to=st.sampled_from(Status), reason=st.sampled_from(PendingReason))
    def move(self, by: str, to: Status, reason: PendingReason) -> None:
        wait = Wait(reason=reason, until=clock.now() + timedelta(days=1))
        self.attempt(transitions.move, by, self.number, to, wait=wait)

    @rule(by=who)
    def resolve_or_close(self, by: str) -> None:
        status = self.ticket.status
        further = {Status.RESOLVED: Status.CLOSED}.get(status, Status.RESOLVED)
        self.attempt(transitions.move, by, self.number, further)

    @rule(by=who, is_on=st.booleans())
    def block(self, by: str, is_on: bool) -> None:
        target = Status.IN_PROGRESS if is_on else Status.RESOLVED
        self.attempt(transitions.move, by, self.blocker, target)
        self.attempt(links.add, by, self.blocker, LinkKind.BLOCKS, self.number)

    @rule(by=who)
    def take(self, by: str) -> None:
        self.attempt(assignment.take, by, self.number)

    @rule(by=who, lead=who, is_nobody=st.booleans())
    def assign(self, by: str, lead: str, is_nobody: bool) -> None:
        lead_id = assignment.NOBODY if is_nobody else getattr(self.people, lead).id
        self.attempt(assignment.assign, by, self.number, lead_id=lead_id)

    @rule(by=who, is_yes=st.booleans())
    def answer(self, by: str, is_yes: bool) -> None:
        if is_yes:
            self.attempt(acceptance.accept, by, self.number)
        else:
            self.attempt(acceptance.refuse, by, self.number, "Non")

    @rule(by=who, helper=who, is_added=st.booleans())
    def help(self, by: str, helper: str, is_added: bool) -> None:
        verb = assignment.add_helper if is_added else assignment.remove_helper
        self.attempt(verb, by, self.number, getattr(self.people, helper).id)

    @rule(by=who, observer=who, is_added=st.booleans())
    def observe(self, by: str, observer: str, is_added: bool) -> None:
        verb = observers.add if is_added else observers.remove
        self.attempt(verb, by, self.number, getattr(self.people, observer).id)

    @rule(by=who, title=text, urgency=st.sampled_from(["low", "urgent"]), requester=who)
    def edit(self, by: str, title: str, urgency: str, requester: str) -> None:
        values = {"title": title, "urgency": urgency}
        if by == "diane":
            values["requester_id"] = getattr(self.people, requester).id
        self.attempt(tickets.edit, by, self.number, values)

    @rule(by=who, word=text, is_added=st.booleans())
    def tag(self, by: str, word: str, is_added: bool) -> None:
        self.attempt(tags.add if is_added else tags.remove, by, self.number, word)

    @rule(by=who, body=text, internal=st.booleans(), resolve=st.booleans())
    def say(self, by: str, body: str, internal: bool, resolve: bool) -> None:
        more = {"internal": internal, "resolve": resolve}
        self.attempt(comments.post, by, self.number, body, **more)

    @rule(by=who, body=text, verb=st.sampled_from(["edit", "delete", "restore"]))
    def rephrase(self, by: str, body: str, verb: str) -> None:
        last = select(Comment.id).order_by(Comment.id.desc()).limit(1)
        if comment_id := self.s.scalar(last):
            args = (comment_id, body) if verb == "edit" else (comment_id,)
            self.attempt(getattr(comments, verb), by, *args)

    @rule(by=who)
    def link_outside(self, by: str) -> None:
        self.attempt(links.add_external, by, self.number, "https://exemple.fr")

    @rule(by=who)
    def undo_last(self, by: str) -> None:
        self.attempt(undo.undo, by, last_event(self.s, self.number).id)

    @precondition(lambda self: self.ticket.status is not Status.CLOSED)
    @rule(by=who, is_deleted=st.booleans())
    def bin(self, by: str, is_deleted: bool) -> None:
        self.attempt(trash.delete if is_deleted else trash.restore, by, self.number)

    @property
    def ticket(self) -> Ticket:
        return self.s.get_one(Ticket, self.number, populate_existing=True)

    @invariant()
    def dates_and_reasons_go_with_the_status(self) -> None:
        t = self.ticket
        assert (t.pending_reason is not None) is (t.status is Status.PENDING)
        assert (t.wake_at is not None) is (t.pending_reason is PendingReason.PLANNED)
        if t.status in (Status.RESOLVED, Status.CLOSED):
            assert None not in (t.resolved_at, t.lead_id, t.accepted_at)
        if t.status in workflow.OPEN:
            assert t.resolved_at is None
        assert (t.closed_at is not None) is (t.status is Status.CLOSED)
        if t.status is Status.NEW:
            assert t.lead_id is None
        if t.lead_id is None:
            assert t.assigned_at is None

    @invariant()
    def closed_is_final(self) -> None:
        if self.frozen is not None:
            assert self.all_of_it() == self.frozen
        elif self.ticket.status is Status.CLOSED:
            self.frozen = self.all_of_it()

    @invariant()
    def each_change_is_told_and_follows_an_arrow(self) -> None:
        t = self.ticket
        query = select(Event).where(Event.ticket_number == self.number).order_by(Event.id)
        news = self.s.scalars(query).all()
        told = {"status": self.was}
        for event in news[self.seen_events :]:
            for name, (before, after) in event.details.get("changes", {}).items():
                if name == "status":
                    arrow = (Status(before), Status(after))
                    assert told["status"] is arrow[0]
                    assert arrow in workflow.ARROWS or event.kind == "ticket.undone"
                    told["status"] = arrow[1]
        assert told["status"] is t.status
        self.was, self.seen_events = t.status, len(news)

    @invariant()
    def what_a_row_counts_is_what_is_there(self) -> None:
        public = select(func.count()).select_from(Comment).where(
            Comment.ticket_number == self.number,
            Comment.is_internal.is_(False),
            Comment.deleted_at.is_(None),
        )  # fmt: skip
        assert self.ticket.comment_count == self.s.scalar(public)

    def all_of_it(self) -> tuple[object, ...]:
        """Return all that is kept of the ticket."""
        number = self.number
        t = self.ticket
        columns = [getattr(t, column.key) for column in Ticket.__table__.columns]
        parts: list[object] = [
            select(Comment.id, Comment.body, Comment.deleted_at).where(
                Comment.ticket_number == number
            ),
            select(Event.id, Event.kind).where(Event.ticket_number == number),
            select(TicketPerson.user_id, TicketPerson.part).where(
                TicketPerson.ticket_number == number
            ),
            select(TicketTag.tag_id).where(TicketTag.ticket_number == number),
            select(ExternalLink.id).where(ExternalLink.ticket_number == number),
            select(Link.id).where(Link.source_number == number),
        ]
        rows = [tuple(self.s.execute(query).all()) for query in parts]  # type: ignore[call-overload]
        return (*columns, *rows)


def test_whatever_people_do_a_ticket_stays_sound(s: Session, people: People) -> None:
    class ThisLife(Life):
        pass

    ThisLife.s, ThisLife.people = s, people
    case = ThisLife.TestCase
    case.settings = settings(
        max_examples=25 if s.get_bind().dialect.name == "sqlite" else 8,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    case().runTest()


def test_closed_is_final_through_every_function(s: Session, people: People, ticket: Ticket) -> None:
    number = ticket.number
    other = creation.create(s, people.alice, NewTicket(title="Autre")).number
    note = comments.post(s, people.diane, number, "Note", internal=True)
    said = comments.post(s, people.diane, number, "Dit")
    outside = links.add_external(s, people.diane, number, "https://exemple.fr")
    link = links.add(s, people.diane, number, LinkKind.RELATES_TO, other)
    tags.add(s, people.diane, number, "vip")
    observers.add(s, people.diane, number, people.driss.id)
    assignment.add_helper(s, people.diane, number, people.diane.id)
    transitions.move(s, people.diane, number, Status.RESOLVED)
    transitions.move(s, people.diane, number, Status.CLOSED)
    s.commit()
    closing = last_event(s, number).id
    before = last_event(s, number).id - 1
    gestures: list[Callable[[Actor], object]] = [
        lambda by: tickets.edit(s, by, number, {"title": "x"}),
        lambda by: assignment.take(s, by, number),
        lambda by: assignment.assign(s, by, number, lead_id=people.bruno.id),
        lambda by: assignment.add_helper(s, by, number, people.bruno.id),
        lambda by: assignment.remove_helper(s, by, number, people.diane.id),
        lambda by: transitions.move(s, by, number, Status.IN_PROGRESS),
        lambda by: transitions.move(s, by, number, Status.CLOSED),
        lambda by: comments.post(s, by, number, "Encore"),
        lambda by: comments.post(s, by, number, "Note", internal=True),
        lambda by: comments.edit(s, by, said.id, "x"),
        lambda by: comments.edit(s, by, note.id, "x"),
        lambda by: comments.delete(s, by, said.id),
        lambda by: tags.add(s, by, number, "x"),
        lambda by: tags.remove(s, by, number, "vip"),
        lambda by: observers.add(s, by, number, people.alice.id),
        lambda by: observers.remove(s, by, number, people.driss.id),
        lambda by: links.add(s, by, number, LinkKind.BLOCKS, other),
        lambda by: links.remove(s, by, number, link.id),
        lambda by: links.add_external(s, by, number, "https://exemple.fr/2"),
        lambda by: links.remove_external(s, by, number, outside.id),
        lambda by: undo.undo(s, by, closing),
        lambda by: undo.undo(s, by, before),
    ]

    for gesture in gestures:
        with pytest.raises(Closed):
            gesture(people.diane)
        s.rollback()
