"""Two people at the same ticket: assignment, conflicts, undo, the trash, double clicks (C1, C2)."""

import pytest
from playwright.async_api import expect
from sqlalchemy import func, select

from data.models import Comment, Role, Ticket
from tests.browser.people import House, Person
from tests.browser.test_conversation import both
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def staff(house: House, site: Site, path: str) -> tuple[Person, Person]:
    """Let Diane and Bruno open a page, on a process of their own where there are two."""
    diane = await house.enter(site, "diane", path, node="a")
    return diane, await house.enter(site, "bruno", path, node="b")


async def test_who_is_assigned_helps_or_observes_is_on_the_ticket_at_once(
    house: House, anywhere: Site
) -> None:
    number = anywhere.ticket("Serveur lent")
    anywhere.add("Émile Petit", "emile@exemple.fr", role=Role.TECHNICIAN)
    alice, bruno = await both(house, anywhere, f"/tickets/{number}")
    driss = await house.enter(anywhere, "driss", f"/tickets/{number}")
    await expect(driss.page.get_by_role("alert")).to_contain_text("does not exist")

    await bruno.get("assign").click()
    await bruno.choose_person("Bruno")
    await expect(alice.status).to_have_text("In progress")
    await bruno.get("add_observer").click()
    await bruno.choose_person("Driss")
    diane = await house.enter(anywhere, "diane", f"/tickets/{number}")
    await diane.get("add_helper").click()
    await diane.choose_person("Émile")

    side = alice.page.locator(".ticket-side")
    for name in ("Bruno", "Émile Petit", "Driss"):
        await expect(side).to_contain_text(name)
    await driss.page.reload()
    await expect(driss.page.get_by_role("heading", level=1)).to_contain_text("Serveur lent")
    await driss.open("/tickets")
    await expect(driss.row(number)).to_be_visible()


async def test_two_edits_of_one_field_show_both_values_and_lose_neither(
    house: House, anywhere: Site
) -> None:
    number = anywhere.ticket("Imprimante")
    diane, bruno = await staff(house, anywhere, f"/tickets/{number}")
    await bruno.get("edit_title").click()
    await diane.get("edit_title").click()
    await bruno.agree(title="Imprimante du rez-de-chaussée")
    await expect(diane.page.get_by_role("heading", level=1)).to_contain_text("rez-de-chaussée")

    await diane.dialog.get_by_test_id("title").fill("Imprimante du hall")
    await diane.dialog.get_by_test_id("dialog-ok").click()

    await expect(diane.get("theirs")).to_have_text("Imprimante du rez-de-chaussée")
    await expect(diane.dialog.get_by_test_id("mine")).to_have_value("Imprimante du hall")
    await diane.dialog.get_by_role("button", name="Use my version").click()
    await expect(bruno.page.get_by_role("heading", level=1)).to_contain_text("Imprimante du hall")
    await expect(bruno.thread).to_contain_text("rez-de-chaussée → Imprimante du hall")


async def test_two_edits_of_different_fields_both_win(house: House, anywhere: Site) -> None:
    number = anywhere.ticket("Onduleur")
    diane, bruno = await staff(house, anywhere, f"/tickets/{number}")
    await diane.page.get_by_role("button", name="Edit the description").click()
    await bruno.get("edit_title").click()

    await bruno.agree(title="Onduleur du local")
    await diane.agree(description="Il siffle.")
    await bruno.get("set_impact").select_option("high")

    for person in (diane, bruno):
        await expect(person.page.get_by_role("heading", level=1)).to_contain_text("du local")
        await expect(person.thread).to_contain_text("Il siffle.")
        await expect(person.get("set_impact")).to_have_value("high")


async def test_what_was_just_done_can_be_undone_from_where_it_says_so(
    house: House, site: Site
) -> None:
    number = site.ticket("Casque cassé")
    alice, bruno = await both(house, site, f"/tickets/{number}")
    await bruno.get("take").click()
    await expect(alice.status).to_have_text("In progress")

    await bruno.get("toast").get_by_role("button", name="Undo").click()

    await expect(alice.status).to_have_text("New")
    await expect(bruno.get("take")).to_be_visible()
    await expect(bruno.get("toast")).to_be_hidden()


async def test_a_deleted_ticket_is_restored_or_purged_by_typing_its_number(
    house: House, site: Site
) -> None:
    number = site.ticket("Doublon")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    diane = await house.enter(site, "diane", "/trash")

    await bruno.get("delete").click()
    await expect(bruno.page.get_by_role("heading", level=1)).to_have_text("All tickets")
    await expect(bruno.row(number)).to_be_hidden()
    await diane.row(number).get_by_role("button", name="Restore").click()
    await expect(bruno.row(number)).to_be_visible()
    await expect(diane.row(number)).to_be_hidden()

    await bruno.open(f"/tickets/{number}")
    await bruno.get("delete").click()
    await expect(bruno.page.get_by_role("heading", level=1)).to_have_text("All tickets")
    await diane.row(number).get_by_role("button", name="Purge").click()
    await diane.dialog.get_by_test_id("typed").fill("0")
    await diane.dialog.get_by_test_id("dialog-ok").click()
    await expect(diane.dialog).to_contain_text("Type the number of the ticket to confirm.")
    await expect(diane.row(number)).to_be_visible()
    await diane.agree(typed=str(number))

    await expect(diane.row(number)).to_be_hidden()
    query = select(func.count()).select_from(Ticket).where(Ticket.number == number)
    assert site.read(lambda s: s.scalar(query)) == 0


async def test_two_clicks_make_one_ticket_and_one_comment(house: House, anywhere: Site) -> None:
    alice = await house.enter(anywhere, "alice", "/tickets/new")
    await alice.get("title").fill("Deux fois plutôt qu’une")

    await alice.get("submit").dblclick()
    number = await alice.number()
    await alice.composer.fill("Une seule fois")
    await alice.get("send").dblclick()
    await expect(alice.get("comment")).to_have_count(1)
    await alice.says("La suite")
    await expect(alice.get("comment")).to_have_count(2)

    same = select(func.count()).select_from(Ticket)
    same = same.where(Ticket.title == "Deux fois plutôt qu’une")
    assert anywhere.read(lambda s: s.scalar(same)) == 1
    said = select(Comment.body).where(Comment.ticket_number == number)
    assert sorted(anywhere.read(lambda s: s.scalars(said).all())) == ["La suite", "Une seule fois"]
