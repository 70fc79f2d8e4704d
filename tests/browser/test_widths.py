"""Every page on a phone, a tablet and a desk: nothing sticks out, and a thumb hits it (C21)."""

import pytest
from playwright.async_api import expect

from tests.browser.people import PHONE, House, Person
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = "Un-titre-sans-aucune-espace-" * 10
WIDTHS = (390, 820, 1440)
_STICKS_OUT = (
    """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
)
_TOO_SMALL = """(selector) => [...document.querySelectorAll(selector)]
  .filter((box) => box.checkVisibility())
  .map((box) => [box, box.getBoundingClientRect()])
  .filter(([, {width, height}]) => Math.round(width) < 44 || Math.round(height) < 44)
  .map(([box, {width, height}]) => `${box.outerHTML.slice(0, 90)} ${width}x${height}`)"""
TARGETS = (
    ".bottom-bar a, .bottom-bar button, li.row, .row-lead button, .row-actions button,"
    " .toolbar button, .create, .composer-buttons button, .tabs button"
)


async def fits(person: Person, paths: tuple[str, ...]) -> list[str]:
    """Open pages at three widths and return what is wider than the window."""
    found = []
    for path in paths:
        await person.open(path)
        await expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        for width in WIDTHS:
            await person.page.set_viewport_size({"width": width, "height": 844})
            if (too_much := await person.page.evaluate(_STICKS_OUT)) > 0:
                found.append(f"{path} at {width}: {too_much} px")
    return found


async def test_no_page_is_wider_than_its_window(house: House, site: Site) -> None:
    number = site.ticket(LONG, description="mot" * 300)
    site.comment(number, "a" * 500, "bruno")
    site.comment(number, "| a | b |\n|---|---|\n| " + "x" * 300 + " | y |", "bruno")
    diane = await house.enter(site, "diane")
    alice = await house.enter(site, "alice")

    found = await fits(
        diane,
        (
            "/",
            "/tickets",
            "/queue",
            "/tickets/new",
            f"/tickets/{number}",
            "/trash",
            "/notifications",
            "/profile",
            "/admin/users",
            "/admin/teams",
            "/admin/categories",
            "/admin/deadlines",
            "/admin/tokens",
        ),
    )
    found += await fits(alice, ("/", "/tickets", f"/tickets/{number}"))

    assert found == []


async def test_a_page_fits_a_phone_before_its_fonts_arrive(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane")
    diane.pardon("woff2")
    await diane.page.route("**/*.woff2", lambda route: route.abort())

    assert await fits(diane, ("/tickets/new", "/queue", "/profile")) == []


async def test_a_phone_shows_all_with_targets_a_thumb_hits(house: House, site: Site) -> None:
    number = site.ticket("Pouce")
    bruno = await house.enter(site, "bruno", is_phone=True)
    found = []
    for path in ("/", "/queue", f"/tickets/{number}", "/tickets/new", "/profile"):
        await bruno.open(path)
        await expect(bruno.page.locator(".bottom-bar")).to_be_visible()
        found += [f"{path}: {x}" for x in await bruno.page.evaluate(_TOO_SMALL, TARGETS)]
    assert not found, "\n".join(found)

    await bruno.page.locator(".bottom-bar").get_by_role("link", name="All tickets").tap()
    await bruno.row(number).get_by_role("link").tap()
    await bruno.page.locator(".side-opener").tap()
    await expect(bruno.get("set_urgency")).to_be_visible()
    await bruno.page.locator(".side-opener").evaluate("(b) => b.popoverTargetElement.hidePopover()")
    await bruno.says("Depuis mon téléphone")
    await expect(bruno.get("comment")).to_contain_text("Depuis mon téléphone")
    assert PHONE["width"] == await bruno.page.evaluate("innerWidth")
