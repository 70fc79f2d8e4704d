"""A page’s socket is worth nothing without the session of the page (R-25; T-25, T-9)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from data.models import Status
from services import users
from tests.guard.wire import Page, Refused
from tests.servers import wait_until
from tests.sites import Site


class Victim:
    """Bruno’s open queue, and what an attacker knows of it: every id."""

    def __init__(self, page: Page, listener: dict[str, Any], number: int) -> None:
        self.page = page
        self.number = number
        self.take = page.fired(listener, "take", str(number))


@pytest_asyncio.fixture
async def victim(site: Site) -> AsyncIterator[Victim]:
    """A page where one message takes a ticket."""
    number = site.ticket("Convoité")
    async with Page(site, site.session_of("bruno")) as page:
        await page.load("/queue")
        listener = await page.find_listener("click", f'data-key="{number}"')
        yield Victim(page, listener, number)


async def assert_nothing_ran(site: Site, victim: Victim) -> None:
    """Let the owner take another ticket: what was sent before has been dealt with by then."""
    async with Page(site, site.session_of("diane")) as page:
        other = site.ticket("Témoin")
        await page.load("/queue")
        listener = await page.find_listener("click", f'data-key="{other}"')
        assert page.socket
        await page.socket.emit("event", page.fired(listener, "take", str(other)))
        await asyncio.to_thread(wait_until, lambda: site.find(other).lead_id is not None)
    assert site.find(victim.number).lead_id is None
    assert site.find(victim.number).status is Status.NEW


async def test_its_owner_takes_the_ticket_with_the_message(site: Site, victim: Victim) -> None:
    assert victim.page.socket

    await victim.page.socket.emit("event", victim.take)

    await asyncio.to_thread(wait_until, lambda: site.find(victim.number).lead_id is not None)
    assert site.find(victim.number).lead_id == site.ids["bruno"]


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"token": ""}, id="no cookie"),
        pytest.param({"token": "x" * 43}, id="a cookie that is none"),
        pytest.param({"origin": "https://evil.example"}, id="another origin"),
        pytest.param({"origin": "null"}, id="an origin without name"),
        pytest.param({"origin": ""}, id="no origin"),
        pytest.param({"tab_id": "another"}, id="another tab"),
    ],
)
async def test_a_socket_that_is_not_the_owner_s_is_refused(
    site: Site, victim: Victim, how: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        await victim.page.connect(**how)  # type: ignore[arg-type] # each names one parameter

    await assert_nothing_ran(site, victim)


async def test_somebody_else_s_cookie_opens_no_socket_to_the_page(
    site: Site, victim: Victim
) -> None:
    with pytest.raises(Refused):
        await victim.page.connect(token=site.session_of("driss"))
    with pytest.raises(Refused):
        await victim.page.connect(token=site.session_of("bruno"))  # his, but not of this page

    await assert_nothing_ran(site, victim)


@pytest.mark.parametrize("message", ["event", "log"])
async def test_a_socket_without_handshake_says_nothing_to_the_page(
    site: Site, victim: Victim, message: str
) -> None:
    site.mistakes()
    token = site.session_of("driss")
    socket = await victim.page.connect(token=token, handshake=False)

    await socket.emit(message, {**victim.take, "level": "error", "message": "x ERROR y"})

    await assert_nothing_ran(site, victim)
    assert site.mistakes() == []


async def test_a_late_handshake_with_another_cookie_is_refused(site: Site, victim: Victim) -> None:
    socket = await victim.page.connect(token=site.session_of("driss"), handshake=False)
    claimed = {
        "client_id": victim.page.client_id,
        "tab_id": victim.page.tab_id,
        "document_id": victim.page.document_id,
    }

    await socket.emit("handshake", claimed)
    await socket.emit("event", victim.take)

    await assert_nothing_ran(site, victim)


async def test_after_signing_out_the_open_page_does_nothing_more(
    site: Site, victim: Victim
) -> None:
    assert victim.page.socket
    await victim.page.sign_out()

    await victim.page.socket.emit("event", victim.take)

    assert await victim.page.socket.is_closed()
    with pytest.raises(Refused):
        await victim.page.connect()
    await assert_nothing_ran(site, victim)


async def test_who_is_shut_out_does_nothing_more_and_his_page_is_ended(site: Site) -> None:
    number = site.ticket("Hors d’atteinte")
    site.ids["hugo"] = site.add("Hugo", "hugo@exemple.fr", role=site.actor("bruno").role)
    async with Page(site, site.session_of("hugo")) as page:
        await page.load("/queue")
        listener = await page.find_listener("click", f'data-key="{number}"')
        victim = Victim(page, listener, number)
        diane = site.actor("diane")
        site.write(lambda s: users.deactivate(s, diane, site.ids["hugo"]))

        assert page.socket
        await page.socket.emit("event", victim.take)

        assert await page.socket.is_closed()
        with pytest.raises(Refused):
            await page.connect()
        await assert_nothing_ran(site, victim)


async def test_a_message_of_more_than_a_megabyte_ends_the_socket(
    site: Site, victim: Victim
) -> None:
    assert victim.page.socket

    await victim.page.socket.emit("event", {**victim.take, "padding": "x" * (2**20)})

    assert await victim.page.socket.is_closed()
    await assert_nothing_ran(site, victim)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["take", "999999"], "a ticket that is not there"),
        (["take", "1; DROP TABLE ticket"], "no number"),
        (["purge", "1"], "a right he has not"),
        (["restore", "1"], "a right he has not"),
        (["view", "../../etc"], "a view that is not offered"),
        (["page", "x" * 5000], "a cursor that is none"),
        ([{"take": 1}, ["2"]], "other types"),
        ([], "nothing"),
        (["take", "1", "2"], "too much"),
    ],
)
async def test_forged_arguments_change_nothing_and_break_nothing(
    site: Site, victim: Victim, arguments: list[object], reason: str
) -> None:
    site.mistakes()
    assert victim.page.socket
    forged = {**victim.take, "args": victim.page.fired({}, *arguments)["args"]}

    await victim.page.socket.emit("event", forged)

    await assert_nothing_ran(site, victim)
    await victim.page.socket.emit("event", victim.take)
    await asyncio.to_thread(wait_until, lambda: site.find(victim.number).lead_id is not None)
    assert site.mistakes() == [], reason
