"""One’s own language, colours, password and sessions."""

import httpx
import pytest
from playwright.async_api import expect

from tests import sites
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_language_and_colours_are_the_person_s_own(house: House, site: Site) -> None:
    site.add("Irène", "irene@exemple.fr")
    irene = await house.arrive(site, "irene")
    await irene.sign_in("/profile")
    await irene.live()
    page = irene.page
    await expect(page.locator("html")).to_have_attribute("lang", "en-GB")

    await irene.get("language").select_option("fr")
    await irene.get("theme").select_option("dark")
    await irene.get("save-profile").click()

    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.locator("body.body--dark")).to_be_visible()
    await irene.get("language").select_option("en")
    await irene.get("theme").select_option("light")
    await irene.get("save-profile").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    await expect(page.locator("body.body--light")).to_be_visible()


async def test_the_sign_in_page_speaks_the_language_one_picks(house: House, site: Site) -> None:
    guest = await house.arrive(site, "alice", language="fr")
    await guest.page.goto(f"{site.url}/login")
    await expect(guest.page.locator("html")).to_have_attribute("lang", "fr")

    await guest.page.get_by_role("link", name="English").click()

    await expect(guest.page.locator("html")).to_have_attribute("lang", "en")
    await expect(guest.page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_another_session_is_ended_from_the_profile(house: House, site: Site) -> None:
    site.add("Jules", "jules@exemple.fr")
    here, there = await house.arrive(site, "jules"), await house.arrive(site, "jules")
    for browser in (there, here):
        await browser.sign_in("/profile")
        await browser.live()

    await here.page.get_by_role("button", name="Sign out there").click()

    await there.is_sent_away()
    await expect(here.page.get_by_text("This session")).to_be_visible()
    await expect(here.page.get_by_role("button", name="Sign out there")).to_have_count(0)


async def test_a_changed_password_ends_the_other_sessions(house: House, site: Site) -> None:
    site.add("Karim", "karim@exemple.fr")
    here, there = await house.arrive(site, "karim"), await house.arrive(site, "karim")
    for browser in (there, here):
        await browser.sign_in("/profile")
        await browser.live()

    await here.get("old").fill("ce n’est pas lui")
    await here.get("new").fill("quatre lampes vertes")
    await here.get("change-password").click()
    field = here.page.locator(".q-field").filter(has=here.get("old"))
    await expect(field.get_by_role("alert")).not_to_be_empty()
    await here.get("old").fill(sites.PASSWORD)
    await here.get("change-password").click()

    await there.is_sent_away()
    await expect(here.get("old")).to_have_value("")
    await here.page.get_by_role("button", name="Sign out", exact=True).click()
    await here.is_sent_away()


async def test_a_token_is_made_shown_once_and_revoked(house: House, site: Site) -> None:
    site.add("Lucie", "lucie@exemple.fr")
    lucie = await house.arrive(site, "lucie")
    await lucie.sign_in("/profile")
    await lucie.live()

    await lucie.get("create-token").click()
    await lucie.dialog.get_by_test_id("dialog-ok").click()
    await expect(lucie.dialog).to_contain_text("Choose at least one scope.")
    await lucie.dialog.get_by_test_id("name").fill("Sauvegarde")
    await lucie.dialog.get_by_text("Read tickets").click()
    await lucie.dialog.get_by_test_id("dialog-ok").click()
    token = await lucie.get("new-token").input_value()
    await lucie.get("token-copied").click()

    row = lucie.get("token").filter(has_text="Sauvegarde")
    await expect(row).to_contain_text("Read tickets")
    await expect(row).to_contain_text(token[:11])
    sent = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=site.url, headers=sent) as client:
        assert (await client.get("/api/v1/me")).json()["name"] == "Lucie"
        await row.get_by_role("button", name="Revoke").click()
        await lucie.dialog.get_by_test_id("dialog-ok").click()
        await expect(row).to_have_count(0)
        assert (await client.get("/api/v1/me")).status_code == 401
    await lucie.page.reload()
    await lucie.live()
    assert token not in await lucie.page.content()
