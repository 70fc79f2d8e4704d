"""Deadlines in a browser: counted down, explained, and work accepted or refused (C6)."""

import pytest
from playwright.async_api import Locator, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category
from services import assignment, categories, sla
from tests.browser.people import PHONE, House
from tests.browser.test_accessible import _ALONE, violations
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
# Whether a fresh promise is near depends on the hour of the day: tried are times of our own.
_LATER = """(share) => {
  for (const due of document.querySelectorAll(".due")) {
    const at = Date.now() + share * due.dataset.near;
    due.querySelector("time").dateTime = new Date(at).toISOString();
  }
  ap.ages();
  ap.dues();
}"""


def promised(site: Site, title: str) -> int:
    """Open a ticket for which something is promised: by its category, so that no other is."""
    diane = site.actor("diane")

    def category(s: Session) -> int:
        there = s.scalar(select(Category.id).where(Category.path == "Promis"))
        made = there or categories.create(s, diane, name="Promis").id
        if not sla.all(s, diane):
            minutes = {"accept_minutes": 60, "first_response_minutes": 480, "resolve_minutes": 4800}
            sla.create(s, diane, name="Promesse", category_id=made, **minutes)
        return made

    return site.ticket(title, category_id=site.write(category))


def given(site: Site, title: str) -> int:
    """Open a ticket that was given to Bruno, who has not answered."""
    number, diane = promised(site, title), site.actor("diane")
    site.write(lambda s: assignment.assign(s, diane, number, lead_id=site.ids["bruno"]))
    return number


async def test_whoever_is_given_a_ticket_refuses_it_with_a_reason(house: House, site: Site) -> None:
    number = given(site, "À refuser")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    diane = await house.enter(site, "diane", f"/tickets/{number}")
    side = diane.page.locator(".ticket-side")
    await expect(side).to_contain_text("Has not accepted yet")

    await bruno.get("refuse").click()
    await bruno.dialog.get_by_test_id("dialog-ok").click()
    await expect(bruno.dialog).to_contain_text("cannot be empty")
    await bruno.agree(reason="En congé demain")

    await expect(bruno.get("accept")).to_have_count(0)
    await expect(bruno.get("take")).to_be_visible()
    await expect(side).not_to_contain_text("Has not accepted yet")


async def test_accepting_is_seen_by_whoever_gave_the_ticket_and_can_be_undone(
    house: House, site: Site
) -> None:
    number = given(site, "À accepter")
    diane = await house.enter(site, "diane", f"/tickets/{number}")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    side = diane.page.locator(".ticket-side")

    await bruno.get("accept").click()
    await expect(side).not_to_contain_text("Has not accepted yet")
    await bruno.page.locator('[data-action="undo"]').click()

    await expect(side).to_contain_text("Has not accepted yet")
    await expect(bruno.get("accept")).to_be_visible()


async def test_countdowns_go_on_while_the_page_is_open(house: House, site: Site) -> None:
    number = promised(site, "Compte à rebours")
    bruno = await house.enter(site, "bruno", "/queue?view=all")
    due: Locator = bruno.row(number).get_by_test_id("due")
    await expect(due).to_be_visible()

    for share, state, word in ((0.5, "soon", "Soon"), (-1, "late", "Late"), (3, "calm", "On")):
        await bruno.page.evaluate(_LATER, share)
        await expect(due).to_have_class(f"due due-{state}")
        await expect(due).to_contain_text(word)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_why_a_ticket_is_due_is_drawn_and_said(
    house: House, site: Site, language: str
) -> None:
    number = promised(site, "Pourquoi")
    alice = await house.enter(site, "alice", f"/tickets/{number}", language=language)

    await alice.page.locator('[data-action="why"][data-value="resolve"]').click()

    why = alice.dialog.get_by_test_id("why")
    await expect(why).to_contain_text("Promesse")
    await expect(why.locator("li").first).to_be_visible()
    await expect(why.locator(".why-bar .why-counted").first).to_be_visible()
    await alice.page.evaluate(_ALONE)
    assert await violations(alice.page, "why") == []


async def test_on_a_phone_the_explanation_fits(house: House, site: Site) -> None:
    number = promised(site, "Téléphone")
    alice = await house.enter(site, "alice", f"/tickets/{number}", is_phone=True)

    await alice.page.get_by_role("button", name="Properties").click()
    await alice.page.locator('[data-action="why"][data-value="resolve"]').click()

    await expect(alice.dialog.get_by_test_id("why")).to_be_visible()
    wide = await alice.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
