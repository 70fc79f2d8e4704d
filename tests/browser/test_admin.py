"""What an administrator does without a command line: people, teams, categories (5.3.10–5.3.13)."""

import re

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests import sites
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NEW_PASSWORD = "quatre lampes vertes"


async def test_an_account_is_made_changed_given_a_password_and_shut(
    house: House, site: Site
) -> None:
    diane = await house.enter(site, "diane", "/admin/users")

    await diane.get("create-user").click()
    await diane.dialog.get_by_test_id("name").fill("Gaston")
    await diane.dialog.get_by_test_id("email").fill("pas une adresse")
    await diane.dialog.get_by_test_id("password").fill("court")
    await diane.dialog.get_by_test_id("dialog-ok").click()
    await expect(diane.dialog).to_contain_text("name@example.org")
    await expect(diane.dialog).to_contain_text("15 characters")
    await diane.dialog.get_by_test_id("role").select_option("technician")
    await diane.dialog.get_by_text("Team: Réseau").click()
    await diane.agree(email="gaston@exemple.fr", password=sites.PASSWORD)
    row = diane.get("user").filter(has_text="gaston@exemple.fr")
    await expect(row).to_contain_text("Technician")
    await expect(row).to_contain_text("Réseau")

    gaston = await house.arrive(site, "gaston")
    await gaston.sign_in("/queue")
    await expect(gaston.page.get_by_role("heading", level=1)).to_have_text("All tickets")

    await row.locator("[data-action=edit]").click()
    await diane.dialog.get_by_test_id("role").select_option("requester")
    await diane.agree(name="Gaston L.")
    await expect(row).to_contain_text("Gaston L.")
    await gaston.is_sent_away()  # a change of rights ends the sessions
    await gaston.sign_in()
    await gaston.live()
    await expect(gaston.page.get_by_role("link", name="All tickets")).to_have_count(0)

    await row.locator("[data-action=password]").click()
    await diane.agree(password=NEW_PASSWORD)
    await gaston.is_sent_away()
    gaston.pardon("status of 422")
    await gaston.sign_in()
    await expect(gaston.page.locator("#problem")).not_to_be_empty()
    await gaston.sign_in("/profile", NEW_PASSWORD)
    await expect(gaston.page.get_by_role("heading", level=1)).to_have_text("My profile")

    await row.locator("[data-action=activity]").click()
    await gaston.is_sent_away()
    await gaston.sign_in("", NEW_PASSWORD)
    await expect(gaston.page.locator("#problem")).not_to_be_empty()


async def test_a_team_and_a_category_reach_the_forms_that_offer_them(
    house: House, site: Site
) -> None:
    diane = await house.enter(site, "diane", "/admin/teams")
    number = site.ticket("Poste fixe")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")

    await diane.get("create-team").click()
    await diane.agree(name="Téléphonie")
    team = diane.get("team").filter(has_text="Téléphonie")
    await team.locator("[data-action=add_member]").click()
    await diane.choose_person("Bruno")
    await expect(team).to_contain_text("1 person")
    await expect(bruno.get("set_team").locator("option", has_text="Téléphonie")).to_have_count(1)
    await team.get_by_role("button", name="Remove Bruno").click()
    await expect(team).to_contain_text("0 people")

    await diane.open("/admin/categories")
    await diane.get("create-category").click()
    await diane.dialog.get_by_test_id("team").select_option(label="Téléphonie")
    await diane.agree(name="Postes")
    category = diane.get("category").filter(has_text="Postes").first
    await category.locator("[data-action=add_below]").click()
    await diane.agree(name="Mobiles")
    await expect(diane.get("category").filter(has_text="Mobiles")).to_be_visible()

    alice = await house.enter(site, "alice", "/tickets/new")
    await alice.get("title").fill("Mon mobile")
    await alice.get("category").select_option(label="Postes")
    await alice.get("submit").click()
    await alice.number()
    await expect(alice.page.locator(".ticket-side")).to_contain_text("Téléphonie")


async def test_an_empty_installation_is_set_up_with_the_code_of_the_terminal(
    chromium: Browser, house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sites.empty(tmp_path_factory.mktemp("empty")) as site:
        printed = site.nodes[0].log.read_text()
        code = re.search(r"/setup — code (\S+)", printed)
        assert code
        admin = await house.arrive(site, "admin")
        admin.pardon("status of 422")
        page = admin.page
        await page.goto(site.url)
        await page.wait_for_url("**/setup")

        async def send(code: str) -> None:
            await page.get_by_label("Code").fill(code)
            await page.get_by_label("Your name").fill("Hélène")
            await page.get_by_label("E-mail").fill("admin@exemple.fr")
            await page.get_by_label("Password").fill(sites.PASSWORD)
            await page.get_by_role("button", name="Create the administrator").click()

        await send("devine")
        await expect(page.locator("#code-problem")).to_contain_text("not the code")
        await send(code[1])
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Hélène")
        await page.goto(f"{site.url}/setup")
        await page.wait_for_url(f"{site.url}/")


async def test_a_service_gets_a_token_and_an_account_of_its_own(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", "/admin/tokens")

    await diane.get("create-token").click()
    await diane.dialog.get_by_test_id("name").fill("Supervision")
    await diane.dialog.get_by_text("Create and change tickets").click()
    await diane.dialog.get_by_test_id("dialog-ok").click()
    sent = {"Authorization": f"Bearer {await diane.get('new-token').input_value()}"}
    await diane.get("token-copied").click()

    row = diane.get("token").filter(has_text="Supervision")
    await expect(row).to_contain_text("Service")
    async with httpx.AsyncClient(base_url=site.url, headers=sent) as client:
        made = await client.post("/api/v1/tickets", json={"title": "Disque plein"})
    assert made.json()["created_by"]["name"] == "Supervision"
