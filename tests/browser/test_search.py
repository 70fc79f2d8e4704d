"""Searching in a browser: the palette, the results page and the ticket picker (C23)."""

import pytest
from playwright.async_api import Page, expect

from services import comments
from tests.browser.people import House
from tests.browser.test_accessible import LANGUAGES, violations
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OPTION = "#palette-list [role=option]"


async def typed(page: Page, text: str) -> None:
    """Type into the palette and wait for its answer."""
    await page.locator("#palette-input").fill(text)
    await expect(page.locator("#palette-list")).to_have_attribute("aria-busy", "false")


async def test_bruno_goes_to_a_ticket_without_the_mouse(house: House, site: Site) -> None:
    number = site.ticket("Onduleur qui siffle", description="Dans la salle des baies")
    bruno = await house.enter(site, "bruno", "/queue")
    page = bruno.page

    await bruno.get("search").focus()
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette-input")).to_be_focused()
    await expect(page.locator(OPTION).first).to_have_text("Create a ticketAction")
    await page.keyboard.type("siffle ondul")
    await expect(page.locator(OPTION).first.locator("mark").first).to_have_text("Onduleur")
    await page.keyboard.press("Enter")

    await expect(page.locator("#palette")).to_be_hidden()
    assert await bruno.number() == number


async def test_enter_waits_for_what_was_typed_last(house: House, site: Site) -> None:
    bruno = await house.enter(site, "bruno", "/queue")
    page = bruno.page

    await page.keyboard.press("Control+k")
    await page.keyboard.type("my prof")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(f"{site.url}/profile")


async def test_the_arrows_choose_and_the_focus_comes_back(house: House, site: Site) -> None:
    number = site.ticket("Deux choix de câble")
    alice = await house.enter(site, "alice", f"/tickets/{number}")
    page = alice.page
    await alice.composer.fill("À moitié écrit")

    await page.keyboard.press("Control+k")
    await typed(page, "my")
    await expect(page.locator(f"{OPTION}[aria-selected=true]")).to_contain_text("My tickets")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(f"{OPTION}[aria-selected=true]")).to_contain_text("My profile")
    chosen = await page.locator("#palette-input").get_attribute("aria-activedescendant")
    assert chosen == await page.locator(f"{OPTION}[aria-selected=true]").get_attribute("id")
    await page.keyboard.press("Escape")

    await expect(alice.composer).to_be_focused()
    await expect(alice.composer).to_have_value("À moitié écrit")
    await page.keyboard.press("Control+k")
    await typed(page, "bruno")
    await expect(page.locator(OPTION)).to_have_count(1)  # nobody, but the search everywhere


async def test_one_signs_out_by_the_palette(house: House, site: Site) -> None:
    driss = await house.arrive(site, "driss")
    await driss.sign_in()
    await driss.live()

    await driss.get("palette").click()
    await typed(driss.page, "sign out")
    await driss.page.keyboard.press("Enter")

    await expect(driss.page).to_have_url(f"{site.url}/login")


async def test_results_show_extracts_and_escape_what_people_wrote(house: House, site: Site) -> None:
    number = site.ticket("Broyeur <b>bloqué</b>")
    site.comment(number, "Le <script>alert(1)</script> crépite fort", "alice")
    site.comment(number, "Il crépite, d’après la garantie secrète", "bruno", internal=True)
    bruno = await house.enter(site, "bruno", "/queue")
    page = bruno.page
    await bruno.get("search").fill("crepite")
    await bruno.get("everywhere").click()

    hit = bruno.get("hit")
    await expect(hit).to_have_count(1)
    await expect(hit.locator("mark").first).to_have_text("crépite")
    await bruno.get("search-everywhere").fill("broyeur -fort")
    await expect(hit).to_have_count(0)
    await bruno.get("search-everywhere").fill("statut:ouvert broyeur")
    await expect(hit).to_contain_text("Broyeur <b>bloqué</b>")
    await expect(page).to_have_url(f"{site.url}/search?q=statut%3Aouvert+broyeur")
    await page.reload()
    await expect(hit).to_have_count(1)

    alice = await house.enter(site, "alice", "/search?q=garantie")
    await expect(alice.page.locator("#hits-empty")).to_be_visible()


async def test_one_goes_on_beyond_the_first_results(house: House, site: Site) -> None:
    numbers = [site.ticket(f"Navette {n}") for n in range(33)]
    bruno = await house.enter(site, "bruno", "/search?q=navette")
    hit, more = bruno.get("hit"), bruno.get("more-hits")
    await expect(hit).to_have_count(30)

    await more.focus()
    await bruno.page.keyboard.press("Enter")

    await expect(hit).to_have_count(33)
    await expect(hit.nth(30).locator("a")).to_be_focused()
    await expect(more).to_be_hidden()
    addresses = await hit.locator("a").evaluate_all("all => all.map(a => a.pathname)")
    assert sorted(addresses) == sorted(f"/tickets/{number}" for number in numbers)
    await bruno.get("search-everywhere").fill("navette inconnue")
    await expect(hit).to_have_count(0)
    await expect(more).to_be_hidden()
    await bruno.get("search-everywhere").fill("navette")
    await expect(more).to_be_visible()


async def test_a_ticket_to_link_is_found_by_words(house: House, site: Site) -> None:
    other = site.ticket("Serveur de fichiers plein")
    number = site.ticket("Dossier introuvable")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")

    await bruno.get("add_link").first.click()
    await bruno.dialog.get_by_test_id("other").fill("fichiers pl")
    await bruno.get("ticket-hit").filter(has_text="Serveur").click()
    await expect(bruno.dialog.get_by_test_id("other")).to_have_value(f"#{other}")
    await bruno.dialog.get_by_test_id("dialog-ok").click()

    await expect(bruno.dialog).to_be_hidden()
    await expect(bruno.page.locator(f"a[href='/tickets/{other}']").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_searching_is_accessible(house: House, site: Site, language: str) -> None:
    number = site.ticket("Écran accessible")
    site.write(lambda s: comments.post(s, site.actor("bruno"), number, "Un accessible de plus"))
    diane = await house.enter(site, "diane", "/search?q=accessible", language=language)
    page = diane.page
    await expect(diane.get("hit").first).to_be_visible()
    await page.locator(".search-help summary").click()
    found = await violations(page, "/search")
    await diane.open("/search?q=introuvable")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    found += await violations(page, "/search without result")

    await page.keyboard.press("Control+k")
    await typed(page, "access")
    await expect(page.locator(OPTION).first).to_be_visible()
    found += await violations(page, "palette")

    assert not found, "\n".join(found)
