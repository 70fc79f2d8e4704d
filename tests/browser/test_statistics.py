"""The statistics in a real browser: zoomed, clicked, followed, kept; their script loads late."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from data.models import Status
from services import assignment, marks, transitions
from tests.browser.people import House, Person
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUNDLE = "plotly-cartesian.min.js"
_BACKGROUND = "(svg) => getComputedStyle(svg).backgroundColor"
_FETCHED = """(name) => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes(name)).map((entry) => entry.transferSize)"""


@pytest.fixture(scope="module")
def busy(site: Site) -> int:
    """Tickets of today, one of them resolved; the number of another."""
    numbers = [site.ticket(f"Souris {n}") for n in range(4)]
    bruno = site.actor("bruno")
    site.write(lambda s: assignment.take(s, bruno, numbers[0]))
    site.write(lambda s: transitions.move(s, bruno, numbers[0], Status.RESOLVED))
    return numbers[1]


def chart(page: Page, key: str) -> Locator:
    return page.get_by_test_id(f"chart-{key}")


async def drawn(page: Page, key: str) -> Locator:
    """Scroll to a chart and wait until it is drawn."""
    await chart(page, key).scroll_into_view_if_needed()
    plot = chart(page, key).locator(".main-svg").first
    await expect(plot).to_be_visible()
    return plot


async def value(person: Person, key: str) -> int:
    """Return a figure above the charts."""
    text = await person.get(f"figure-{key}").locator(".figure-value").inner_text()
    return int(text)


def asked_for(person: Person) -> list[str]:
    """Note from here on each time the script of the charts is asked for."""
    found: list[str] = []
    person.page.on("request", lambda r: found.append(r.url) if BUNDLE in r.url else None)
    return found


async def test_the_script_of_charts_loads_on_their_page_and_once(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe")
    asked = asked_for(chloe)

    for path in ("/", "/queue", f"/tickets/{busy}", "/profile"):
        await chloe.open(path)
    assert asked == []

    await chloe.open("/stats")
    await drawn(chloe.page, "channels")
    assert len(asked) == 1
    assert await chloe.page.evaluate(_FETCHED, BUNDLE) != [0]

    await chloe.page.reload()
    await drawn(chloe.page, "flow")
    assert await chloe.page.evaluate(_FETCHED, BUNDLE) == [0]


async def test_a_phone_loads_it_when_a_chart_comes_near(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe", is_phone=True)
    asked = asked_for(chloe)
    page = await chloe.open("/stats")
    await expect(chloe.get("figure-created")).to_be_visible()
    assert asked == []

    await drawn(page, "flow")

    assert len(asked) == 1
    await expect(chart(page, "channels").locator(".main-svg")).to_have_count(0)


async def test_a_click_lists_the_tickets_of_the_mark(house: House, site: Site, busy: int) -> None:
    chloe = await house.enter(site, "chloe", "/stats?period=days_7")
    await drawn(chloe.page, "ages")
    bar = chart(chloe.page, "ages").locator(".bars .point").first
    shown = await bar.locator("text").text_content() or ""

    await bar.locator("path").click(force=True)  # what plotly lays over its bars takes it

    await expect(chloe.page).to_have_url(re.compile(r"/stats/tickets\?.*age=0"))
    await expect(chloe.get("behind-total")).to_have_text(re.compile(rf"^{shown} ticket"))
    await expect(chloe.page.locator("#behind > li")).to_have_count(min(int(shown), marks.PAGE))
    await chloe.get("back-to-stats").click()
    await expect(chloe.page).to_have_url(re.compile(r"/stats\?period=days_7$"))


async def test_a_frame_on_the_trend_sets_the_period_for_all(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe", "/stats")
    page = chloe.page
    await drawn(page, "flow")
    assert await value(chloe, "created") >= 4
    box = await chart(page, "flow").locator(".nsewdrag").first.bounding_box()
    assert box

    await page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50, steps=6)
    await page.mouse.up()

    await expect(page).to_have_url(re.compile(r"/stats\?from=[\d-]+&to=[\d-]+$"))
    await expect(chloe.get("figure-created").locator(".figure-value")).to_have_text("0")
    await page.reload()
    await expect(chloe.get("figure-created").locator(".figure-value")).to_have_text("0")
    await chloe.open("/stats?period=days_30")
    await expect(chloe.get("figure-created").locator(".figure-value")).not_to_have_text("0")


async def test_numbers_follow_the_tickets_and_the_chart_stays(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe", "/stats?period=today")
    bruno = await house.enter(site, "bruno", "/tickets/new")
    plot = await drawn(chloe.page, "flow")
    await plot.evaluate("(svg) => svg.setAttribute('data-kept', '')")
    before = await value(chloe, "created")

    await bruno.get("title").fill("Une de plus")
    await bruno.get("submit").click()

    await expect(chloe.get("figure-created").locator(".figure-value")).to_have_text(str(before + 1))
    bars = chart(chloe.page, "flow").locator(".chart-told")
    await expect(bars).to_contain_text(f"{before + 1} created")
    await expect(chart(chloe.page, "flow").locator("[data-kept]")).to_have_count(1)


async def test_charts_take_the_colours_and_the_language_of_the_person(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe", "/stats", language="fr")
    plot = await drawn(chloe.page, "flow")
    assert await plot.evaluate(_BACKGROUND) == "rgb(255, 255, 255)"
    months = "janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc"
    ticks = chart(chloe.page, "flow").locator(".xtick text")
    await expect(ticks.first).to_have_text(re.compile(rf"\d ({months})"))

    await chloe.page.evaluate("window.Quasar.Dark.set(true)")

    await expect(chart(chloe.page, "flow").locator(".main-svg").first).to_have_css(
        "background-color", "rgb(25, 29, 37)"
    )


async def test_the_table_is_reached_by_keys_and_the_picture_is_kept(
    house: House, site: Site, busy: int
) -> None:
    chloe = await house.enter(site, "chloe", "/stats")
    await drawn(chloe.page, "ages")

    await chloe.get("table-ages").focus()
    await chloe.page.keyboard.press("Enter")
    link = chart(chloe.page, "ages").locator("table a").first
    await expect(link).to_be_visible()
    await expect(chloe.get("table-ages")).to_be_focused()
    await expect(chloe.get("table-ages")).to_have_attribute("aria-expanded", "true")

    async with chloe.page.expect_download() as kept:
        await chloe.get("picture-ages").click()
    picture = await kept.value
    assert picture.suggested_filename == "appticket-ages.png"
    assert (await picture.path()).read_bytes().startswith(b"\x89PNG")
