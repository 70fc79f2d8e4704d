"""The same work in French, by the words people know from the specification."""

import pytest
from playwright.async_api import expect

from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_ticket_is_made_taken_talked_over_and_closed_in_french(
    house: House, site: Site
) -> None:
    alice = await house.arrive(site, "alice", language="fr")
    page = alice.page
    await page.goto(site.url)
    await page.get_by_label("E-mail").fill("alice@exemple.fr")
    await page.get_by_label("Mot de passe").fill("douze girafes bleues")
    await page.get_by_role("button", name="Se connecter").click()
    await page.get_by_role("banner").get_by_role("link", name="Créer un ticket").click()
    await alice.get("title").fill("Écran figé")
    await alice.get("urgency").select_option(label="Haute")
    await alice.get("submit").click()
    number = await alice.number()

    bruno = await house.enter(site, "bruno", "/", language="fr")
    await bruno.page.get_by_role("link", name="Tous les tickets").first.click()
    await bruno.row(number).get_by_role("button", name="Prendre en charge").click()
    await expect(alice.status).to_have_text("En cours")
    await bruno.row(number).locator("a.row-title").click()
    await bruno.composer.press_sequentially("Bonjour")
    await expect(page.get_by_text("Bruno écrit…")).to_be_visible()
    await bruno.get("send").click()
    await expect(alice.thread).to_contain_text("Bonjour")
    await bruno.page.get_by_role("button", name="Résoudre", exact=True).click()
    await expect(alice.status).to_have_text("Résolu")

    await page.get_by_role("button", name="Clôturer le ticket").click()
    await alice.agree()
    await expect(bruno.page.locator(".ticket-top .status-closed")).to_be_visible()
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
    diane = await house.enter(site, "diane", "/", language="fr")
    for name in ("Mes tickets", "Tickets supprimés", "Gestion des utilisateurs"):
        await expect(diane.page.get_by_role("link", name=name).first).to_be_visible()


async def test_no_page_says_anything_in_english_to_a_french_reader(
    house: House, site: Site
) -> None:
    number = site.ticket("Titre")
    diane = await house.enter(site, "diane", language="fr")
    paths = ("/", "/tickets", "/queue", "/tickets/new", f"/tickets/{number}", "/trash", "/profile")
    english = r"\b(the|your|of|ticket is|created|nobody|any|none|search|save|new)\b"
    admin = ("users", "teams", "categories", "deadlines", "tokens", "webhooks", "notifications")
    for path in (*paths, *(f"/admin/{name}" for name in admin)):
        page = await diane.open(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        text = await page.locator("body").inner_text()
        labels = await page.eval_on_selector_all(
            "[aria-label], [title], [placeholder]",
            "(all) => all.map((x) => [x.ariaLabel, x.title, x.placeholder].join(' ')).join('\\n')",
        )
        found = await page.evaluate(
            "([text, words]) => text.match(new RegExp(words, 'gi'))", [text + labels, english]
        )
        assert found is None, path
