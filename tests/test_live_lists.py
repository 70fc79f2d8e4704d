"""Live lists: one reading and one drawing for all who see alike, rights before anything is sent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from nicegui import core
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data import db
from data.models import Ticket
from services import creation, filters, tickets
from services.counters import Counts
from services.creation import NewTicket
from services.filters import Filter
from services.lists import TicketLine
from services.permissions import Actor
from tests.conftest import People, Queries
from ui.feed import FLOOD, Feed
from ui.fragments.rows import Look
from ui.live import Hub
from ui.presence import Presence

SOON = 10.0


class Shelf:
    """A list on nobody’s screen: it notes what it is told."""

    def __init__(
        self, by: Actor, shown: set[int], wanted: Filter = filters.ANYTHING, language: str = "en"
    ) -> None:
        self.client: Any = SimpleNamespace(is_deleted=False, has_socket_connection=True)
        self.look = Look(language, "Europe/Paris", is_staff=by.is_staff, may_take=by.is_staff)
        self.wanted = wanted
        self.by = by
        self.shown = shown
        self.told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.counted: asyncio.Queue[Counts] = asyncio.Queue()

    def has(self, number: int) -> bool:
        return number in self.shown

    def put(self, line: TicketLine, html: str, *, is_new: bool) -> None:
        self.told.put_nowait(("new" if is_new else "changed", html))

    def drop(self, number: int) -> None:
        self.told.put_nowait(("dropped", ""))

    def count(self, counts: Counts) -> None:
        self.counted.put_nowait(counts)

    def show_presence(self, number: int, html: str) -> None:
        self.told.put_nowait(("presence", html))

    async def read_again(self) -> None:
        self.told.put_nowait(("again", ""))

    def read_later(self) -> None:
        self.told.put_nowait(("later", ""))

    async def next(self) -> tuple[str, str]:
        return await asyncio.wait_for(self.told.get(), SOON)


class Stage:
    """A hub, who is present, and the feed of one process."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.presence = Presence(self.hub)
        self.feed = Feed(self.hub, self.presence)

    def show(self, *shelves: Shelf) -> None:
        self.feed._pages.extend(shelves)  # `add` needs a page of NiceGUI


@pytest_asyncio.fixture
async def stage(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A process that listens to its commits."""
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
    stage = Stage()
    stage.hub.start(every=3600)
    stage.feed.start()
    yield stage
    stage.hub.stop()


async def rename(by: Actor, ticket: Ticket, title: str) -> None:
    await asyncio.to_thread(
        db.write, lambda s: tickets.edit(s, by, ticket.number, {"title": title})
    )


@pytest.mark.asyncio
async def test_a_stranger_s_list_is_told_nothing_of_the_ticket(
    stage: Stage, people: People, ticket: Ticket
) -> None:
    alice = Shelf(people.alice, {ticket.number})
    driss = Shelf(people.driss, set())
    stage.show(driss, alice)

    await rename(people.bruno, ticket, "Réparée")

    what, html = await alice.next()
    assert (what, "Réparée" in html) == ("changed", True)
    assert await driss.next() == ("dropped", "")


@pytest.mark.asyncio
async def test_who_may_see_only_his_teams_loses_a_row_that_is_not_theirs(
    stage: Stage, people: People, ticket: Ticket
) -> None:
    bruno = Shelf(replace(people.bruno, sees_only_teams=True), {ticket.number})
    stage.show(bruno)

    await rename(people.diane, ticket, "Secret")

    assert await bruno.next() == ("dropped", "")


@pytest.mark.asyncio
async def test_a_row_enters_the_lists_it_fits_and_leaves_the_others(
    stage: Stage, people: People, ticket: Ticket
) -> None:
    fits = Shelf(people.bruno, set(), Filter(text="écran"))
    fits_no_more = Shelf(people.bruno, {ticket.number}, Filter(text="imprimante"))
    stage.show(fits, fits_no_more)

    await rename(people.bruno, ticket, "Écran noir")

    assert (await fits.next())[0] == "new"
    assert (await fits_no_more.next())[0] == "dropped"


@pytest.mark.asyncio
async def test_a_hundred_lists_cost_as_many_queries_as_one(
    stage: Stage, people: People, ticket: Ticket, queries: Queries
) -> None:
    async def cost(shelves: list[Shelf], title: str) -> int:
        stage.feed._pages.clear()
        stage.show(*shelves)
        before = len(queries.statements)
        await rename(people.bruno, ticket, title)
        for shelf in shelves:
            assert title in (await shelf.next())[1]
            await asyncio.wait_for(shelf.counted.get(), SOON)
        return len(queries.statements) - before

    one = await cost([Shelf(people.bruno, {ticket.number})], "Une")
    many = await cost([Shelf(people.bruno, {ticket.number}) for _ in range(100)], "Cent")

    assert many == one


@pytest.mark.asyncio
async def test_each_reads_in_a_list_who_is_at_a_ticket_in_his_own_language(
    stage: Stage, people: People, ticket: Ticket
) -> None:
    french = Shelf(people.bruno, {ticket.number}, language="fr")
    english = Shelf(people.chloe, {ticket.number}, language="en")
    alice = Shelf(people.alice, {ticket.number})
    stage.show(french, english, alice)

    stage.presence.enter(ticket.number, people.diane.id, "Diane", is_staff=True)

    assert "Diane is looking at this ticket" in (await english.next())[1]
    assert (await french.next())[0] == "presence"
    assert alice.told.empty()


@pytest.mark.asyncio
async def test_some_tickets_that_change_together_are_read_together(
    stage: Stage, s: Session, people: People, queries: Queries
) -> None:
    async def cost(many: int) -> int:
        numbers = made(s, people.alice, many)
        shelf = Shelf(people.bruno, set(numbers))
        stage.show(shelf)
        before = len(queries.statements)
        await stage.feed._changed(set(numbers))
        assert [(await shelf.next())[0] for _ in numbers] == ["changed"] * many
        stage.feed._pages.clear()
        return len(queries.statements) - before

    assert await cost(FLOOD) == await cost(1)


@pytest.mark.asyncio
async def test_a_flood_of_changes_makes_each_list_read_once(
    stage: Stage, s: Session, people: People, queries: Queries
) -> None:
    numbers = made(s, people.alice, FLOOD + 1)
    shelves = [Shelf(people.bruno, set(numbers)), Shelf(people.alice, set())]
    stage.show(*shelves)
    before = len(queries.statements)

    await stage.feed._changed(set(numbers))

    for shelf in shelves:
        assert await shelf.next() == ("again", "")
        assert shelf.told.empty()
    assert len(queries.statements) == before


@pytest.mark.asyncio
async def test_a_list_without_connection_costs_nothing_and_reads_when_it_is_back(
    stage: Stage, people: People, ticket: Ticket, queries: Queries
) -> None:
    away = Shelf(people.bruno, {ticket.number})
    away.client.has_socket_connection = False
    stage.show(away)
    before = len(queries.statements)

    await stage.feed._changed({ticket.number})

    assert await away.next() == ("later", "")
    assert len(queries.statements) == before


def made(s: Session, by: Actor, many: int) -> list[int]:
    numbers = [creation.create(s, by, NewTicket(title=f"N° {n}")).number for n in range(many)]
    s.commit()
    return numbers
