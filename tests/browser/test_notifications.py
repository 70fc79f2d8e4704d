"""The bell in real browsers: who is told sees it at once, and what is read is read everywhere."""

import pytest
from playwright.async_api import expect

from data.threads import in_thread
from tests.browser.people import House
from tests.browser.test_accessible import violations
from tests.browser.test_widths import fits
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_bell_counts_what_happens_and_the_ticket_answers_it(
    house: House, site: Site
) -> None:
    number = site.ticket("Sonnette")
    alice = await house.enter(site, "alice", "/tickets")
    bell = alice.page.locator(".bell")
    before = await bell.inner_text()

    site.comment(number, "Je regarde @Alice", "bruno")
    await in_thread(site.wake)

    await expect(bell).not_to_have_text(before)
    await bell.click()
    notice = alice.get("notice").filter(has_text=f"#{number}").first
    await expect(notice).to_contain_text("Je regarde")
    assert await fits(alice, ("/notifications",)) == []
    assert await violations(alice.page, "/notifications") == []

    await notice.get_by_role("link").click()
    await expect(alice.thread).to_contain_text("Je regarde")
    await alice.open("/notifications")
    await expect(alice.get("notice").filter(has_text=f"#{number}").first).not_to_have_class(
        "hit notice unread"
    )


async def test_a_message_in_the_ticket_one_looks_at_does_not_ring(house: House, site: Site) -> None:
    number = site.ticket("Sous les yeux")
    alice = await house.enter(site, "alice", f"/tickets/{number}")
    elsewhere = await house.enter(site, "alice", "/notifications")
    await alice.page.bring_to_front()

    site.comment(number, "Vous voyez ceci", "bruno")
    await in_thread(site.wake)

    await expect(alice.thread).to_contain_text("Vous voyez ceci")
    notice = elsewhere.get("notice").filter(has_text="Vous voyez ceci")
    await expect(notice).to_be_visible()
    await expect(notice.get_by_test_id("read")).to_have_count(0)


async def test_choices_are_kept_by_keyboard(house: House, site: Site) -> None:
    bruno = await house.enter(site, "bruno", "/profile")
    chosen = bruno.get("pace-status-email")
    await chosen.focus()
    await bruno.page.keyboard.press("O")  # « Once a day »
    await expect(chosen).to_have_value("daily")

    await bruno.page.reload()

    await expect(bruno.get("pace-status-email")).to_have_value("daily")
