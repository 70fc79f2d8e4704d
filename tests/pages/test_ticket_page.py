"""One ticket, and making one: built, acted on, refused beside the field, at a steady cost."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Comment, LinkKind, Status, Ticket
from services import (
    assignment,
    comments,
    creation,
    links,
    notifications,
    observers,
    relay,
    tags,
    tickets,
    transitions,
)
from services.permissions import Actor
from tests.conftest import People, Queries
from tests.pages.conftest import FRAME, Cost, Visit
from tests.promises import opened, policy
from ui import live


async def test_a_technician_resolves_a_ticket_and_is_offered_to_undo_it(
    visit: Visit, s: Session, ticket: Ticket
) -> None:
    bruno = await visit("bruno", f"/tickets/{ticket.number}")

    bruno.press('class="toolbar"', "move", "resolved")

    await bruno.sees("status-resolved")
    await bruno.sees('data-action="undo"')
    s.refresh(ticket)
    assert ticket.status is Status.RESOLVED


async def test_a_message_is_sent_once_and_the_field_is_empty_after(
    visit: Visit, s: Session, ticket: Ticket
) -> None:
    alice = await visit("alice", f"/tickets/{ticket.number}")
    alice.field("composer").set_value("Elle clignote aussi.")

    alice.click("send")
    alice.click("send")

    await alice.sees("Elle clignote aussi.</p>")
    assert alice.field("composer").value == ""
    said = s.scalars(select(Comment).where(Comment.ticket_number == ticket.number)).all()
    assert [comment.body for comment in said] == ["Elle clignote aussi."]


async def test_an_empty_message_is_refused_beside_its_field(visit: Visit, ticket: Ticket) -> None:
    alice = await visit("alice", f"/tickets/{ticket.number}")

    alice.click("send")

    await alice._until(lambda: bool(alice.field("composer").error), "an error")


async def test_people_who_may_read_it_are_offered_after_an_at_sign(
    visit: Visit, ticket: Ticket, queries: Queries
) -> None:
    bruno = await visit("bruno", f"/tickets/{ticket.number}")
    around = bruno.field("composer").parent_slot.parent
    queries.statements.clear()

    bruno.fire(around, "input", "ali")

    await bruno.sees('data-call="Alice"')
    assert len(queries.statements) <= 9
    bruno.field("internal").set_value(True)
    bruno.fire(around, "input", "a")
    await bruno.sees_no_more('data-call="Alice"')


async def test_tags_that_are_used_are_suggested_while_one_types(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    for name in ("wifi", "vip"):
        tags.add(s, people.bruno, ticket.number, name)
    s.commit()
    bruno = await visit("bruno", f"/tickets/{ticket.number}")

    bruno.press('data-action="add_tag"', "add_tag")
    elements = bruno._client.elements.values
    await bruno._until(
        lambda: any(e.props.get("data-testid") == "tag" for e in elements()), "the field"
    )
    field = bruno.field("tag")
    field.set_value("w")

    await bruno._until(lambda: field.props["_autocomplete"] == ["wifi"], "the suggestion")


async def test_what_a_requester_may_not_do_is_neither_shown_nor_done(
    visit: Visit, s: Session, ticket: Ticket
) -> None:
    alice = await visit("alice", f"/tickets/{ticket.number}")
    for action in ("take", "assign", "edit_title", "delete", "set_priority", "add_tag"):
        assert f'data-action="{action}"' not in alice.shown()

    for action, value in (("take", ""), ("delete", ""), ("set_priority", "urgent")):
        alice.press('class="toolbar"', action, value)
        await alice.is_told("Your role does not allow this.")
        alice.notify.messages.clear()

    s.refresh(ticket)
    assert (ticket.lead_id, ticket.deleted_at) == (None, None)


@pytest.mark.parametrize(
    ("name", "number"), [("driss", 1), ("bruno", 2), ("bruno", 0), ("alice", 999_999_999_999)]
)
async def test_a_ticket_one_may_not_see_does_not_exist(
    visit: Visit, ticket: Ticket, name: str, number: int
) -> None:
    visitor = await visit(name, f"/tickets/{number}")

    assert "This does not exist, or you do not have access to it." in visitor.shown()
    assert "Imprimante" not in visitor.shown()


async def test_who_loses_the_right_loses_the_page(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    s.commit()
    driss = await visit("driss", f"/tickets/{ticket.number}")
    await driss.sees("Imprimante muette")

    observers.remove(s, people.bruno, ticket.number, people.driss.id)
    s.commit()
    await driss.sees("This does not exist")

    await driss.sees_no_more("Imprimante muette")


async def test_a_change_made_elsewhere_shows_by_itself(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    alice = await visit("alice", f"/tickets/{ticket.number}")

    assignment.take(s, people.bruno, ticket.number)
    s.commit()

    await alice.sees("Bruno")
    await alice.sees("status-in_progress")


async def test_a_closed_ticket_has_no_composer(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    s.commit()

    bruno = await visit("bruno", f"/tickets/{ticket.number}")

    assert "nothing on it can change any more" in bruno.shown()
    for name in ("composer", "send"):
        with pytest.raises(AssertionError):
            bruno.field(name)
    assert 'data-action="move"' not in bruno.shown()


async def test_a_ticket_takes_at_most_twelve_statements_whatever_hangs_on_it(
    cost: Cost, s: Session, people: People, ticket: Ticket
) -> None:
    load(s, people, ticket.number, 1)
    few = await cost("diane", f"/tickets/{ticket.number}")

    load(s, people, ticket.number, 30)
    many = await cost("diane", f"/tickets/{ticket.number}")

    assert len(many) == len(few), many
    assert len(many) <= 12 + FRAME, many


def load(s: Session, people: People, number: int, count: int) -> None:
    for n in range(count):
        other = creation.create(s, people.alice, creation.NewTicket(title=f"Autre {n}"))
        comments.post(s, people.alice, number, f"Question {n}")
        comments.post(s, people.bruno, number, f"Note {n}", internal=True)
        tags.add(s, people.bruno, number, f"t{count}x{n}"[:30]) if n < 15 else None
        links.add(s, people.bruno, number, LinkKind.RELATES_TO, other.number)
        tickets.edit(s, people.bruno, number, {"title": f"Imprimante {n} de {count}"})
    s.commit()


async def test_a_ticket_is_made_from_its_form_and_once(visit: Visit, s: Session) -> None:
    alice = await visit("alice", "/tickets/new")
    alice.field("title").set_value("Souris perdue")
    alice.field("description").set_value("Sous le bureau ?")

    alice.click("submit")
    alice.click("submit")
    await alice.sees("Souris perdue</h1>")

    (made,) = s.scalars(select(Ticket)).all()
    assert (made.title, made.description) == ("Souris perdue", "Sous le bureau ?")


async def test_a_ticket_without_title_is_refused_beside_the_field(visit: Visit, s: Session) -> None:
    alice = await visit("alice", "/tickets/new")
    alice.field("description").set_value("Tout est là")

    alice.click("submit")

    await alice._until(lambda: bool(alice.field("title").error), "an error")
    assert alice.field("description").value == "Tout est là"
    assert s.scalars(select(Ticket)).all() == []


async def test_the_form_takes_at_most_eight_statements(cost: Cost, people: People) -> None:
    for name in ("alice", "bruno"):
        statements = await cost(name, "/tickets/new")
        assert len(statements) <= 8 + FRAME, statements


async def test_what_one_is_told_of_a_ticket_on_screen_is_read(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "Avez-vous du papier ?")
    s.commit()
    relay.relay(s)
    s.commit()
    assert notifications.unread(s, people.alice) == 1
    s.commit()

    alice = await visit("alice", f"/tickets/{ticket.number}")
    await alice._until(lambda: unread(people.alice) == 0, "all read")
    comments.post(s, people.bruno, ticket.number, "Et de l’encre ?")
    s.commit()
    await asyncio.to_thread(db.write, relay.relay)

    await alice._until(lambda: (count(people.alice), unread(people.alice)) == (2, 0), "all read")


async def test_a_ticket_stays_on_its_page_while_the_database_is_lost(
    visit: Visit,
    s: Session,
    people: People,
    ticket: Ticket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def lost(_work: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone away"))

    alice = await visit("alice", f"/tickets/{ticket.number}")
    with monkeypatch.context() as without:
        without.setattr(db, "read", lost)
        live.hub.gap()
        await alice._until(lambda: "the database failed in load" in caplog.text, "a failure")
    comments.post(s, people.bruno, ticket.number, "Le courant est revenu")
    s.commit()

    await alice.sees("Le courant est revenu")
    assert alice.has("send")
    caplog.clear()


def unread(by: Actor) -> int:
    return db.read(lambda s: notifications.unread(s, by))


def count(by: Actor) -> int:
    return db.read(lambda s: len(notifications.page(s, by).items))


async def test_whoever_is_given_a_ticket_accepts_it_on_its_page(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    s.commit()
    bruno = await visit("bruno", f"/tickets/{ticket.number}")
    assert "Has not accepted yet" in bruno.shown()

    bruno.press('class="toolbar"', "accept", "")

    await bruno.sees_no_more("Has not accepted yet")
    s.refresh(ticket)
    assert (ticket.assigned_at, ticket.accepted_at is None) == (None, False)


async def test_nobody_is_asked_to_accept_for_another(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    s.commit()

    for who in ("alice", "diane"):
        person = await visit(who, f"/tickets/{ticket.number}")
        assert 'data-action="accept"' not in person.shown()


async def test_the_page_counts_down_and_says_why(visit: Visit, s: Session, people: People) -> None:
    policy(s, people.diane, accept_minutes=60, resolve_minutes=480)
    ticket = opened(s, people.alice)
    alice = await visit("alice", f"/tickets/{ticket.number}")
    assert alice.shown().count('data-testid="due"') == 2

    alice.press('class="panel"', "why", "resolve")

    await alice.sees('data-testid="why"')
    await alice.sees("Promised by the policy “Standard”, in the hours of “Bureau” (Europe/Paris).")


async def test_a_deadline_set_by_hand_goes_back_to_the_policy(
    visit: Visit, s: Session, people: People
) -> None:
    policy(s, people.diane, resolve_minutes=480)
    ticket = opened(s, people.alice)
    promised = ticket.resolve_due_at
    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": now() + timedelta(days=30)})
    s.commit()
    bruno = await visit("bruno", f"/tickets/{ticket.number}")

    bruno.press('class="panel"', "clear_due", "")

    await bruno.sees_no_more('data-action="clear_due"')
    s.refresh(ticket)
    assert (ticket.resolve_due_at, ticket.is_due_by_hand) == (promised, False)
