"""The database or Redis dies while people work: they are told, and lose nothing (5.3 F8, F17)."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from data.models import Comment, Ticket
from tests import servers
from tests.browser.people import House
from tests.browser.test_conversation import both
from tests.sites import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.mariadb,
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest.fixture
def database(two_nodes: Site) -> Iterator[servers.MariaDB]:
    """The nodes’ database, which runs again after the test; their complaints are its due."""
    assert two_nodes.database
    yield two_nodes.database
    if two_nodes.database.process is None:
        two_nodes.database.start()


@pytest.fixture
def redis(two_nodes: Site) -> Iterator[servers.Redis]:
    """The nodes’ Redis, which runs again after the test."""
    assert two_nodes.redis
    yield two_nodes.redis
    if two_nodes.redis.process is None:
        two_nodes.redis.start()


async def test_a_message_that_cannot_be_saved_stays_and_is_saved_once_later(
    house: House, two_nodes: Site, database: servers.MariaDB
) -> None:
    number = two_nodes.ticket("Panne de courant")
    alice = await house.enter(two_nodes, "alice", f"/tickets/{number}")
    await alice.composer.fill("Tout est noir ici")

    database.kill()
    await alice.get("send").click()
    told = alice.page.locator(".q-notification")
    await expect(told.first).not_to_be_empty()
    await expect(alice.composer).to_have_value("Tout est noir ici")
    database.start()
    await alice.get("send").click()

    await expect(alice.get("comment")).to_have_count(1)
    await expect(alice.composer).to_have_value("")
    said = select(Comment.body).where(Comment.ticket_number == number)
    assert two_nodes.read(lambda s: s.scalars(said).all()) == ["Tout est noir ici"]
    two_nodes.mistakes()


async def test_a_ticket_that_cannot_be_saved_stays_in_its_form(
    house: House, two_nodes: Site, database: servers.MariaDB
) -> None:
    alice = await house.enter(two_nodes, "alice", "/tickets/new")
    await alice.get("title").fill("Pendant la panne")

    database.kill()
    await alice.get("submit").click()
    await expect(alice.page.locator(".form .field-error")).not_to_be_empty()
    await expect(alice.get("title")).to_have_value("Pendant la panne")
    database.start()
    await alice.get("submit").click()

    await alice.number()
    made = select(Ticket.number).where(Ticket.title == "Pendant la panne")
    assert len(two_nodes.read(lambda s: s.scalars(made).all())) == 1
    two_nodes.mistakes()


async def test_without_redis_changes_still_arrive_and_with_it_back_so_do_people(
    house: House, two_nodes: Site, redis: servers.Redis
) -> None:
    number = two_nodes.ticket("Bus perdu")
    alice, bruno = await both(house, two_nodes, f"/tickets/{number}")
    diane = await house.enter(two_nodes, "diane", f"/tickets/{number}", node="a")
    here = diane.get("presence")
    await expect(here.get_by_title("Bruno")).to_be_visible()

    redis.kill()
    await bruno.says("Sans Redis")
    await expect(alice.thread).to_contain_text("Sans Redis")
    await bruno.get("take").click()
    await expect(alice.status).to_have_text("In progress")
    await house.enter(two_nodes, "chloe", f"/tickets/{number}", node="b")
    redis.start()

    await expect(here.get_by_title("Chloe")).to_be_visible(timeout=30_000)  # a lease is renewed
    assert two_nodes.mistakes() == []
