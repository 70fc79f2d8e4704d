"""Nothing typed is lost: reload, lost connection, sign-in again (C1, ux.md)."""

import pytest
from playwright.async_api import expect

from data.models import Role
from services import comments, creation, drafts, sessions
from tests import sites
from tests.browser.people import House, Person
from tests.servers import wait_until
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def kept(site: Site, user_id: int, context: str) -> dict[str, object]:
    """Return what is kept of what somebody typed."""
    return site.read(lambda s: drafts.get(s, sessions.actor_of(s, user_id), context))


async def is_as_typed(alice: Person) -> None:
    await expect(alice.get("title")).to_have_value("À moitié écrit")
    await expect(alice.get("description")).to_have_value("Je reviens tout de suite.")
    await expect(alice.get("urgency")).to_have_value("urgent")
    await expect(alice.page.get_by_text("preuve.txt")).to_be_visible()


async def test_a_new_ticket_half_written_survives_a_reload_and_another_session(
    house: House, site: Site
) -> None:
    alice = await house.enter(site, "alice", "/tickets/new")
    await alice.get("title").fill("À moitié écrit")
    await alice.get("urgency").select_option("urgent")
    await alice.attaches("preuve.txt", b"preuve")
    await alice.get("description").fill("Je reviens tout de suite.")
    wait_until(lambda: kept(site, site.ids["alice"], creation.DRAFT).get("description"))

    await alice.page.reload()
    await is_as_typed(alice)
    elsewhere = await house.arrive(site, "alice")
    await elsewhere.sign_in("/tickets/new")
    await is_as_typed(elsewhere)

    await elsewhere.get("submit").click()
    await elsewhere.number()
    await expect(elsewhere.thread).to_contain_text("preuve.txt")
    await elsewhere.open("/tickets/new")
    await expect(elsewhere.get("title")).to_have_value("")


async def test_an_answer_half_written_survives_a_lost_connection_and_signing_in_again(
    house: House, site: Site
) -> None:
    number = site.ticket("Panne de réseau")
    fleur_id = site.add("Fleur", "fleur@exemple.fr", role=Role.TECHNICIAN)
    fleur = await house.arrive(site, "fleur")
    fleur.pardon("ERR_INTERNET_DISCONNECTED|WebSocket")
    await fleur.sign_in(f"/tickets/{number}")
    await fleur.live()
    await fleur.composer.fill("Je regarde")
    bar = fleur.page.locator("#connection")

    await expect(fleur.page.locator("#popup")).to_have_css("display", "none")  # ours speaks now
    await fleur.context.set_offline(True)
    await expect(bar).to_be_visible()
    await fleur.composer.fill("Je regarde le commutateur")
    await fleur.context.set_offline(False)
    await expect(bar).to_be_hidden()
    draft = comments.draft_of(number)
    wait_until(lambda: "commutateur" in str(kept(site, fleur_id, draft).get("body")))

    site.write(lambda s: sessions.close_all(s, fleur_id))
    await fleur.is_sent_away()
    await fleur.page.locator("#email").fill("fleur@exemple.fr")
    await fleur.page.locator("#password").fill(sites.PASSWORD)
    await fleur.page.locator("button[type=submit]").click()
    await expect(fleur.page).to_have_url(f"{site.url}/tickets/{number}")  # where one was
    await expect(fleur.composer).to_have_value("Je regarde le commutateur")
