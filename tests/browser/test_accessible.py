"""axe finds nothing on any page, light and dark, in French and in English (C22: WCAG 2.2 AA)."""

from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from data.models import LinkKind
from services import assignment, links, tags, trash
from tests import sites
from tests.browser.people import House, Person
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LANGUAGES = ("en", "fr")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,  # it would ask for the style sheets anew, and Quasar shows a bar meanwhile
}
_CALM = "Promise.all(document.getAnimations().map((motion) => motion.finished))"

# Axe takes what lies under a dialog for what lies on it: both are in boxes that are pinned.
_ALONE = """() => {
  document.body.classList.remove("q-body--prevent-scroll");
  for (const box of document.querySelectorAll(".q-dialog, .q-dialog__inner"))
    box.style.position = "static";
  document.querySelector(".q-layout").style.visibility = "hidden";
  document.querySelector(".q-dialog__backdrop").style.visibility = "hidden";
}"""


async def violations(page: Page, where: str) -> list[str]:
    """Return what axe minds of a page, in both colours."""
    found = []
    for is_dark in (False, True):
        scheme: Literal["dark", "light"] = "dark" if is_dark else "light"
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate("(dark) => window.Quasar?.Dark.set(dark)", is_dark)
        await page.evaluate(_CALM)
        results = await Axe().run(page, options=RULES)
        found += [f"{where} {scheme}: {_told(v)}" for v in results.response["violations"]]
    return found


def _told(violation: dict[str, Any]) -> str:
    places = [
        f"{node['html'][:120]} ({node['failureSummary'][:160]})" for node in violation["nodes"]
    ]
    return f"{violation['id']}: {'; '.join(places[:3])}"


@pytest.fixture(scope="module")
def lively(site: Site) -> int:
    """A ticket with all that a ticket can have; another one is in the trash."""
    number, other, lost = (site.ticket(t) for t in ("Écran **noir**", "Câble", "Perdu"))
    bruno, diane = site.actor("bruno"), site.actor("diane")
    site.write(lambda s: assignment.take(s, bruno, number))
    site.write(lambda s: assignment.add_helper(s, diane, number, diane.id))
    site.write(lambda s: tags.add(s, bruno, number, "urgent"))
    site.write(lambda s: links.add(s, bruno, number, LinkKind.RELATES_TO, other))
    site.write(lambda s: links.add_external(s, bruno, number, "https://exemple.fr/", "Notice"))
    site.comment(number, "# Titre\n\n- un [lien](https://exemple.fr)\n\n> `code`", "alice")
    site.comment(number, "À ne pas montrer", "bruno", internal=True)
    site.write(lambda s: trash.delete(s, diane, lost))
    return number


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_gate_is_accessible(house: House, site: Site, language: str) -> None:
    guest = await house.arrive(site, "nobody", language=language)
    guest.pardon("status of 422")
    page = guest.page
    await page.goto(f"{site.url}/login")
    found = await violations(page, "/login")
    await guest.sign_in()
    await expect(page.locator("#problem")).to_be_visible()
    found += await violations(page, "/login refused")

    assert not found, "\n".join(found)


async def test_setting_up_is_accessible(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sites.empty(tmp_path_factory.mktemp("empty")) as site:
        guest = await house.arrive(site, "nobody", language="fr")
        await guest.page.goto(f"{site.url}/setup")

        assert await violations(guest.page, "/setup") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "paths"),
    [
        (
            "alice",
            (
                "/",
                "/tickets",
                "/tickets/new",
                "/tickets/{n}",
                "/notifications",
                "/profile",
                "/tickets/999999",
            ),
        ),
        ("bruno", ("/", "/queue", "/queue?status=closed&priority=low", "/tickets/new")),
        (
            "diane",
            (
                "/tickets/{n}",
                "/trash",
                "/stats",
                "/stats/tickets?measure=created",
                "/admin/users",
                "/admin/teams",
                "/admin/categories",
                "/admin/deadlines",
                "/admin/tokens",
            ),
        ),
    ],
)
async def test_every_page_is_accessible(
    house: House, site: Site, lively: int, language: str, name: str, paths: tuple[str, ...]
) -> None:
    person = await house.enter(site, name, language=language)
    found = []
    for path in paths:
        page = await person.open(path.format(n=lively))
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        if path == "/stats":
            await expect(page.locator(".main-svg").first).to_be_visible()
        found += await violations(page, f"{name} {path}")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_dialog_is_accessible(
    house: House, site: Site, lively: int, language: str
) -> None:
    diane = await house.enter(site, "diane", f"/tickets/{lively}", language=language)
    found = []
    for opener in ("assign", "edit_title", "add_link", "move-pending"):
        found += await dialog_opened_by(diane, f"[data-testid={opener}]")
    found += await dialog_opened_by(diane, ".help")
    await diane.open("/admin/users")
    found += await dialog_opened_by(diane, "[data-testid=create-user]")

    assert not found, "\n".join(found)


async def dialog_opened_by(person: Person, opener: str) -> list[str]:
    await person.page.locator(opener).first.click()
    await expect(person.page.locator(".q-dialog[aria-modal=true] .dialog")).to_be_visible()
    await expect(person.page.locator(".q-dialog__inner--animating")).to_have_count(0)
    await person.page.evaluate(_ALONE)
    found = await violations(person.page, opener)
    await person.page.keyboard.press("Escape")
    await expect(person.page.locator(".q-dialog")).to_have_count(0)
    await person.page.evaluate("document.querySelector('.q-layout').style.visibility = ''")
    return found


async def test_a_list_of_names_is_accessible(house: House, site: Site, lively: int) -> None:
    bruno = await house.enter(site, "bruno", f"/tickets/{lively}", language="fr")
    await bruno.composer.press_sequentially("Voir avec @")
    await expect(bruno.page.get_by_role("listbox").get_by_role("option").first).to_be_visible()

    found = await violations(bruno.page, "names")

    assert not found, "\n".join(found)


async def test_a_phone_is_accessible(house: House, site: Site, lively: int) -> None:
    bruno = await house.enter(site, "bruno", is_phone=True)
    found = []
    for path in ("/", "/queue", f"/tickets/{lively}"):
        page = await bruno.open(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        found += await violations(page, f"phone {path}")

    assert not found, "\n".join(found)
