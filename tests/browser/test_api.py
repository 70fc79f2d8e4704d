"""What another system does shows in open pages without a reload (C2, C12)."""

import httpx
import pytest
from playwright.async_api import expect

from services import tokens
from services.tokens import Scope, Wish
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_ticket_of_another_system_arrives_in_the_queue_and_moves_there(
    house: House, site: Site
) -> None:
    alice, diane = site.actor("alice"), site.actor("diane")
    wish = Wish(name="test", scopes=[Scope.ALL])
    tokens_of = {
        by.name: site.write(lambda s, by=by: tokens.create(s, by, wish)[1])  # type: ignore[misc] # bound at once
        for by in (alice, diane)
    }
    bruno = await house.enter(site, "bruno", "/queue")

    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1/") as client:
        client.headers["Authorization"] = f"Bearer {tokens_of['Alice']}"
        made = await client.post("tickets", json={"title": "Onduleur en panne"})
        row = bruno.page.locator("li", has_text="Onduleur en panne")
        await expect(row).to_be_visible()
        client.headers["Authorization"] = f"Bearer {tokens_of['Diane']}"
        await client.post(f"tickets/{made.json()['number']}/take")

    await expect(row).to_contain_text("Diane")


async def test_the_documentation_is_drawn_from_our_own_files(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", "/admin/tokens")
    asked: list[str] = []
    diane.page.on("request", lambda request: asked.append(request.url))

    await diane.page.goto(f"{site.url}/api/docs")

    await expect(diane.page.locator("#swagger-ui .info .title")).to_contain_text("AppTicket")
    await expect(diane.page.get_by_text("/tickets/{number}/take")).to_be_visible()
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
