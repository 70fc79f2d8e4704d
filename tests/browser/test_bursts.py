"""Three who report the same, and a technician whose queue is open (issue 5)."""

import pytest
from playwright.async_api import expect

from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_technician_sees_an_outage_as_it_is_reported(house: House, site: Site) -> None:
    bruno = await house.enter(site, "bruno", "/queue")
    site.ticket("Plus d’eau chaude à la cantine")
    site.ticket("Eau chaude coupée", by="driss")
    banner = bruno.get("burst").filter(has_text="Eau chaude")

    alice = await house.enter(site, "alice", "/tickets/new?title=Eau+chaude+en+panne")
    await alice.get("submit").click()

    await expect(banner).to_contain_text("3 similar tickets")
    await banner.get_by_role("link", name="See these tickets").click()
    await expect(bruno.page.locator("#tickets > li")).to_have_count(3)
    await banner.get_by_role("button", name="Hide").click()
    await expect(banner).to_have_count(0)
