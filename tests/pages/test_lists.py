"""Home, lists and trash: built, acted on, refused, and at a steady cost (architecture.md 9)."""

import pytest
from sqlalchemy.orm import Session

from data.models import Ticket
from services import assignment, creation, trash
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit
from ui.feed import FLOOD


async def test_a_technician_takes_a_ticket_from_the_queue(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    bruno = await visit("bruno", "/queue")
    await bruno.sees("Imprimante muette")

    bruno.press(f'data-key="{ticket.number}"', "take", str(ticket.number))

    await bruno.sees("You took ticket #1.")
    s.refresh(ticket)
    assert ticket.lead_id == people.bruno.id


async def test_what_was_taken_meanwhile_is_refused_with_the_name(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    bruno = await visit("bruno", "/queue")
    assignment.take(s, people.diane, ticket.number)
    s.commit()

    bruno.press(f'data-key="{ticket.number}"', "take", str(ticket.number))

    await bruno.is_told("Diane")
    s.refresh(ticket)
    assert ticket.lead_id == people.diane.id


@pytest.mark.parametrize("path", ["/queue", "/trash", "/admin/users"])
async def test_a_requester_finds_nothing_behind_the_staff_s_doors(visit: Visit, path: str) -> None:
    alice = await visit("alice", path)

    assert 'role="alert"' in alice.shown()
    assert "data-key" not in alice.shown()


async def test_a_requester_sees_her_own_and_no_button_she_may_not_use(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    creation.create(s, people.driss, creation.NewTicket(title="Celui de Driss"))
    s.commit()

    alice = await visit("alice", "/tickets")

    assert "Imprimante muette" in alice.shown()
    assert "Celui de Driss" not in alice.shown()
    assert 'data-action="take"' not in alice.shown()


async def test_a_list_shows_what_a_flood_of_changes_left(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    bruno = await visit("bruno", "/queue")
    await bruno.sees("Imprimante muette")

    trash.delete(s, people.diane, ticket.number)
    for n in range(FLOOD + 1):
        creation.create(s, people.driss, creation.NewTicket(title=f"Panne {n}"))
    s.commit()

    await bruno.sees(f"Panne {FLOOD}<")
    await bruno.sees_no_more("Imprimante muette")


async def test_home_shows_each_role_what_it_came_for(visit: Visit, ticket: Ticket) -> None:
    alice, bruno = await visit("alice", "/"), await visit("bruno", "/")

    assert 'data-testid="ask"' in alice.shown()
    assert "card-unassigned" in bruno.shown()
    assert 'data-action="take"' in bruno.shown()
    assert 'data-action="take"' not in alice.shown()


async def test_the_trash_gives_a_ticket_back(
    visit: Visit, s: Session, people: People, ticket: Ticket
) -> None:
    trash.delete(s, people.diane, ticket.number)
    s.commit()
    diane = await visit("diane", "/trash")

    diane.press(f'data-key="{ticket.number}"', "restore", str(ticket.number))

    await diane.sees(f"Ticket #{ticket.number} is back.")
    s.refresh(ticket)
    assert ticket.deleted_at is None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alice", "/"),
        ("bruno", "/"),
        ("alice", "/tickets"),
        ("bruno", "/queue"),
        ("bruno", "/queue?view=all&sort=priority&status=new&q=ticket"),
        ("chloe", "/queue?view=late"),
        ("diane", "/trash"),
    ],
)
async def test_a_list_takes_at_most_eight_statements_whatever_is_in_it(
    cost: Cost, s: Session, people: People, name: str, path: str
) -> None:
    fill(s, people, 3)
    few = await cost(name, path)

    fill(s, people, 60)
    many = await cost(name, path)

    assert len(many) == len(few), many
    assert len(many) <= 8 + FRAME, many


def fill(s: Session, people: People, count: int) -> None:
    for n in range(count):
        made = creation.create(s, people.alice, creation.NewTicket(title=f"Ticket {n}"))
        if n % 3 == 0:
            trash.delete(s, people.diane, made.number)
        elif n % 3 == 1:
            assignment.take(s, people.bruno, made.number)
            assignment.add_helper(s, people.diane, made.number, people.diane.id)
    s.commit()
