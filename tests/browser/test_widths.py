"""Every page on a phone, a tablet and a desk: nothing sticks out, and a thumb hits it (C21)."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from data.clock import now
from data.models import Role, Ticket
from services import assignment, teams, tokens
from services.tokens import Scope, Wish
from tests.browser.people import PHONE, House, Person
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = "Un-titre-sans-aucune-espace-" * 10
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
WIDTHS = (390, 820, 1440)
_STICKS_OUT = (
    """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
)
_TOO_SMALL = """(selector) => [...document.querySelectorAll(selector)]
  .filter((box) => box.checkVisibility())
  .map((box) => [box, box.getBoundingClientRect()])
  .filter(([, {width, height}]) => Math.round(width) < 44 || Math.round(height) < 44)
  .map(([box, {width, height}]) => `${box.outerHTML.slice(0, 90)} ${width}x${height}`)"""
_IN_TWO_LINES = """(selector) => [...document.querySelectorAll(selector)]
  .filter((box) => box.checkVisibility())
  .filter((box) => {
    const words = document.createRange();
    words.selectNodeContents(box);
    const lines = [...words.getClientRects()].filter(({width}) => width).map(({bottom}) => bottom);
    return Math.max(...lines) - Math.min(...lines) > 8;
  })
  .map((box) => box.textContent)"""
_OVERLAPPED = """() => [...document.querySelectorAll("#tickets > li")]
  .map((row) => [".row-lead .button", ".row-due .due"].map((part) => row.querySelector(part)))
  .filter(([take, due]) => take && due)
  .filter(([take, due]) =>
    take.getBoundingClientRect().right > due.getBoundingClientRect().left)
  .map(([, due]) => due.textContent)"""
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
            "/stats",
            "/stats/tickets?measure=created",
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


async def test_a_name_without_a_space_pushes_no_page_aside(house: House, site: Site) -> None:
    diane = site.actor("diane")
    asks = site.add(UNBROKEN, "asks@exemple.fr")
    repairs = site.add(f"{UNBROKEN[:-1]}e", "repairs@exemple.fr", role=Role.TECHNICIAN)
    site.write(lambda s: teams.create(s, diane, name=UNBROKEN, member_ids=[repairs]))
    wish = Wish(name=UNBROKEN, scopes=(Scope.ALL,))
    site.write(lambda s: tokens.create(s, diane, wish))
    number = site.ticket("Court", by="diane", requester_id=asks)
    site.write(lambda s: assignment.assign(s, diane, number, lead_id=repairs))
    site.write(lambda s: assignment.add_helper(s, diane, number, repairs))
    sees = await house.enter(site, "diane")

    pages = ("/", "/queue", f"/tickets/{number}")
    admin = ("users", "teams", "tokens", "webhooks", "notifications", "jobs", "settings")
    found = await fits(sees, (*pages, *(f"/admin/{name}" for name in admin)))

    assert found == []


async def test_a_filter_by_a_long_name_pushes_no_page_aside(house: House, site: Site) -> None:
    diane = site.actor("diane")
    name = "Service mutualisé de la communauté de communes et de ses environs " * 2
    team = site.write(lambda s: teams.create(s, diane, name=name[:110]).id)
    sees = await house.enter(site, "diane")

    found = await fits(sees, (f"/queue?team={team}", f"/stats?team={team}"))

    assert found == []


async def test_a_file_of_a_long_name_pushes_no_page_aside(house: House, site: Site) -> None:
    number = site.ticket("Journal")
    alice = await house.enter(site, "alice", is_phone=True)

    for path in ("/tickets/new", f"/tickets/{number}"):
        page = await alice.open(path)
        await alice.attaches(f"{'x' * 196}.txt", b"Bonjour")
        await expect(page.locator(".draft-files .file")).to_be_visible()
        assert await page.evaluate(_STICKS_OUT) == 0


async def test_marks_and_buttons_of_the_frame_are_never_broken_in_two(
    house: House, site: Site
) -> None:
    number = site.ticket("En retard")
    site.write(lambda s: _promise(s.get_one(Ticket, number)))
    calm = site.ticket("Dans les temps")
    site.write(lambda s: _promise(s.get_one(Ticket, calm), accept=timedelta(days=7)))
    diane = await house.enter(site, "diane", language="fr")
    found = []

    for path in ("/", "/queue", f"/tickets/{number}", "/admin/users"):
        await diane.open(path)
        if not path.startswith("/admin"):
            await expect(diane.page.get_by_test_id("due").first).to_be_visible()
        for width in WIDTHS[1:]:
            await diane.page.set_viewport_size({"width": width, "height": 844})
            rail = ", .rail span" if width == WIDTHS[-1] else ""  # elsewhere it has only icons
            word = ".due:not(.due-calm) .due-word"  # that one is heard, not seen
            once = f".top .create, .top kbd, {word}, .due time{rail}"
            found += await diane.page.evaluate(_IN_TWO_LINES, once)

    assert found == []


_INTO_THE_BUTTON = """() => [...document.querySelectorAll('.property dd:has(.due) > .icon-button')]
  .filter((button) => [...button.parentElement.querySelectorAll('.due, .due *')].some(
    (words) => words.getBoundingClientRect().right > button.getBoundingClientRect().left))
  .map((button) => button.parentElement.textContent)"""


def _promise(ticket: Ticket, accept: timedelta = timedelta(hours=-15)) -> None:
    ticket.accept_due_at = ticket.first_response_due_at = now() + accept
    ticket.resolve_due_at = now() + timedelta(days=9)


async def test_a_button_of_a_row_covers_no_deadline(house: House, site: Site) -> None:
    number = site.ticket("À prendre")
    site.write(lambda s: _promise(s.get_one(Ticket, number)))
    diane = await house.enter(site, "diane", "/queue", language="fr", is_phone=True)
    await expect(diane.row(number).locator(".row-lead .button")).to_be_visible()

    assert await diane.page.evaluate(_OVERLAPPED) == []


async def test_why_a_deadline_is_that_one_is_asked_beside_it(house: House, site: Site) -> None:
    number = site.ticket("En retard")
    site.write(lambda s: _promise(s.get_one(Ticket, number)))
    diane = await house.enter(site, "diane", f"/tickets/{number}", language="fr")
    await expect(diane.page.locator(".property .due-late").first).to_be_visible()
    found = []
    for width in (820, 1024, 1440):
        await diane.page.set_viewport_size({"width": width, "height": 844})
        found += await diane.page.evaluate(_INTO_THE_BUTTON)

    assert found == []


async def test_the_conversation_of_a_ticket_begins_on_the_upper_third_of_a_phone(
    house: House, site: Site
) -> None:
    number = site.ticket("Le portable PC-0725 ne démarre plus depuis ce matin")
    diane = await house.enter(site, "diane", f"/tickets/{number}", language="fr", is_phone=True)
    begins = await diane.page.locator(".thread").bounding_box()

    assert begins is not None
    assert begins["y"] < PHONE["height"] / 3
    await diane.get("delete").tap()  # the last of the buttons, which one pushes into sight
    await expect(diane.get("toast")).to_be_visible()


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
