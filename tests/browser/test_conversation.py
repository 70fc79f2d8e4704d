"""A requester and a technician side by side, on one process and on two (C1, C2, C3)."""

import pytest
from playwright.async_api import expect

from services.errors import Closed
from tests.browser.people import House, Person
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def both(house: House, site: Site, path: str, other: str = "") -> tuple[Person, Person]:
    """Let Alice and Bruno open a page, on a process of their own where there are two."""
    alice = await house.enter(site, "alice", path, node="a")
    bruno = await house.enter(site, "bruno", other or path, node="b")
    return alice, bruno


async def test_a_ticket_lives_from_creation_to_closure_in_both_browsers(
    house: House, anywhere: Site
) -> None:
    alice, bruno = await both(house, anywhere, "/tickets/new", "/queue")
    unassigned = bruno.page.locator("#count-unassigned")
    before = int(await unassigned.inner_text())

    await alice.get("title").fill("Écran noir au démarrage")
    await alice.get("description").fill("Depuis ce matin, **rien** ne s’affiche.")
    await alice.get("category").select_option(index=1)
    await alice.get("urgency").select_option("high")
    await alice.attaches("photo.txt", b"un ecran noir")
    await expect(alice.page.get_by_text("photo.txt")).to_be_visible()
    await alice.get("submit").click()

    number = await alice.number()
    row = bruno.row(number)
    await expect(row).to_contain_text("Écran noir au démarrage")
    await expect(row).to_contain_text("Alice")
    await expect(unassigned).to_have_text(str(before + 1))

    await row.get_by_role("button", name="Take").click()

    await expect(alice.status).to_have_text("In progress")
    await expect(alice.page.locator(".ticket-side")).to_contain_text("Bruno")
    await expect(unassigned).to_have_text(str(before))

    await row.locator("a.row-title").click()
    await expect(bruno.thread).to_contain_text("photo.txt")
    await bruno.says("Avez-vous essayé un autre câble ?")
    await expect(alice.thread).to_contain_text("un autre câble")
    await alice.says("Oui, sans succès.")
    await expect(bruno.thread).to_contain_text("sans succès")

    await bruno.get("move-resolved").click()
    await expect(alice.status).to_have_text("Resolved")
    await alice.get("move-closed").click()
    await alice.agree()

    await expect(bruno.status).to_have_text("Closed")
    for person in (alice, bruno):
        await expect(person.composer).to_be_hidden()
        await expect(person.thread.get_by_role("button")).to_have_count(0)
    for name in ("alice", "bruno", "diane"):
        with pytest.raises(Closed):
            anywhere.comment(number, "Encore un mot", name)


async def test_one_sees_who_is_there_and_who_is_typing(house: House, anywhere: Site) -> None:
    number = anywhere.ticket("Souris capricieuse")
    alice, bruno = await both(house, anywhere, f"/tickets/{number}")
    chloe = await house.enter(anywhere, "chloe", "/queue")
    here = chloe.row(number).locator(".presence")
    await expect(here.get_by_title("Bruno is looking at this ticket")).to_be_visible()
    await expect(bruno.get("presence").get_by_title("Alice is looking")).to_be_visible()

    await bruno.composer.press_sequentially("Bonjour")

    await expect(alice.page.get_by_text("Bruno is typing…")).to_be_visible()
    await expect(here.get_by_title("Bruno is typing…")).to_be_visible()
    await bruno.get("send").click()
    await expect(alice.thread).to_contain_text("Bonjour")
    await expect(alice.page.get_by_text("Bruno is typing…")).to_be_hidden()
    await bruno.page.get_by_role("link", name="All tickets").first.click()
    await expect(here.get_by_title("Bruno is looking at this ticket")).to_be_hidden()


async def test_an_internal_note_never_reaches_the_requester_s_browser(
    house: House, anywhere: Site
) -> None:
    number = anywhere.ticket("Accès au partage")
    alice, bruno = await both(house, anywhere, f"/tickets/{number}")
    chloe = await house.enter(anywhere, "chloe", f"/tickets/{number}")

    await bruno.get("internal").click()
    await bruno.composer.press_sequentially("zorglub")
    await expect(chloe.page.get_by_text("Bruno is typing…")).to_be_visible()
    await bruno.get("send").click()
    await expect(chloe.thread).to_contain_text("zorglub")
    await bruno.get("internal").click()
    await bruno.says("saperlipopette")

    await expect(alice.thread).to_contain_text("saperlipopette")
    received = "".join(alice.frames)
    assert "saperlipopette" in received
    assert "zorglub" not in received
    assert "zorglub" not in await alice.page.content()
    await alice.page.reload()
    await expect(alice.thread).to_contain_text("saperlipopette")
    assert "zorglub" not in await alice.page.content()


async def test_an_answer_of_the_requester_reopens_a_resolved_ticket(
    house: House, site: Site
) -> None:
    number = site.ticket("Clavier muet")
    alice, bruno = await both(house, site, f"/tickets/{number}")
    await bruno.composer.fill("Branché de nouveau.")
    await bruno.get("send-resolve").click()
    await expect(alice.status).to_have_text("Resolved")

    await alice.says("Il ne marche toujours pas.")

    await expect(bruno.status).to_have_text("In progress")
    await expect(bruno.thread).to_contain_text("toujours pas")


async def test_somebody_is_called_by_a_list_under_the_at_sign(house: House, site: Site) -> None:
    number = site.ticket("Badge perdu")
    alice = await house.enter(site, "alice", f"/tickets/{number}")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    options = bruno.page.get_by_role("listbox").get_by_role("option")

    await bruno.composer.press_sequentially("Voir avec @")
    await expect(options).to_have_text(["AAlice"])
    await bruno.page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await bruno.composer.fill("")
    await bruno.composer.press_sequentially("Voir avec @chl")
    await expect(bruno.composer).to_have_attribute("aria-activedescendant", "call-0")
    await bruno.page.keyboard.press("ArrowDown")  # around, to the only one
    await bruno.page.keyboard.press("Enter")

    await expect(bruno.composer).to_have_value("Voir avec @Chloe ")
    await expect(options).to_have_count(0)
    await bruno.composer.press_sequentially("et @al")
    await options.first.click()
    await expect(bruno.composer).to_be_focused()
    await bruno.composer.press_sequentially("demain.")
    await bruno.get("send").click()
    await expect(alice.thread).to_contain_text("Voir avec @Chloe et @Alice demain.")
