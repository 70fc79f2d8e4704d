"""A whole morning without the mouse, the focus always to be seen (C22, C23)."""

import pytest
from playwright.async_api import Page, expect

from services import sla
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_IS_MARKED = """() => {
  const active = document.activeElement;
  if (active === document.body) return true;  // the browser's own controls have it
  const around = active.closest(".q-field__control") ?? active;
  const drawn = [active, around].flatMap((box) => [null, "::after"].map((p) => [box, p]));
  return drawn.some(([box, part]) => {
    const style = getComputedStyle(box, part);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const isField = part && box !== active && parseFloat(style.borderWidth) >= 2;
    return isOutlined || isField || style.boxShadow.includes("4px");
  });
}"""


async def tab_to(page: Page, selector: str, *, at_most: int = 40) -> None:
    """Press Tab until an element has the focus; on the way the focus is always to be seen."""
    for _ in range(at_most):
        await page.keyboard.press("Tab")
        is_there = await page.evaluate("(s) => document.activeElement.matches(s)", selector)
        await page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
        assert await page.evaluate(_IS_MARKED), await page.evaluate(
            "document.activeElement.outerHTML.slice(0, 200)"
        )
        if is_there:
            return
    raise AssertionError(f"Tab never reaches {selector}")


async def test_a_requester_creates_a_ticket_with_the_keyboard_alone(
    house: House, site: Site
) -> None:
    alice = await house.arrive(site, "alice")
    page = alice.page
    await page.goto(f"{site.url}/login")
    await expect(page.locator("#email")).to_be_focused()
    await page.keyboard.type("alice@exemple.fr")
    await page.keyboard.press("Tab")
    await page.keyboard.type("douze girafes bleues")
    await page.keyboard.press("Enter")
    await alice.live()

    await page.keyboard.press("Tab")
    await expect(page.locator(".skip-link")).to_be_focused()
    await page.keyboard.press("n")
    await page.wait_for_function("document.activeElement.closest('.content')")
    await tab_to(page, "[data-testid=title]")
    await page.keyboard.type("Sans souris")
    await tab_to(page, "[data-testid=urgency]")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "[data-testid=submit]")
    await page.keyboard.press("Enter")

    number = await alice.number()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Sans souris")
    assert site.find(number).urgency.value == "high"


async def test_the_keys_that_send_a_message_submit_a_new_ticket(house: House, site: Site) -> None:
    alice = await house.enter(site, "alice", "/tickets/new")
    await alice.get("title").fill("D’un coup de clavier")
    await alice.get("description").fill("La dernière phrase")

    await alice.page.keyboard.press("Control+Enter")

    number = await alice.number()
    found = site.find(number)
    assert (found.title, found.description) == ("D’un coup de clavier", "La dernière phrase")


async def test_a_technician_works_the_queue_with_the_keyboard_alone(
    house: House, site: Site
) -> None:
    first, second = site.ticket("Clavier un"), site.ticket("Clavier deux")
    bruno = await house.enter(site, "bruno", "/queue")
    page = bruno.page
    await expect(bruno.row(second)).to_be_visible()

    await page.keyboard.press("j")
    await expect(bruno.row(second).locator("a.row-title")).to_be_focused()
    await page.keyboard.press("j")
    await expect(bruno.row(first).locator("a.row-title")).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("t")
    await expect(bruno.row(second)).to_contain_text("Bruno")
    assert site.find(second).lead_id == site.ids["bruno"]
    assert site.find(first).lead_id is None

    await page.keyboard.press("/")
    await expect(bruno.get("search")).to_be_focused()
    await page.keyboard.type("Clavier un")
    await expect(bruno.row(second)).to_be_hidden()
    await page.keyboard.press("Tab")
    await tab_to(page, f"[data-key='{first}'] a")
    await page.keyboard.press("Enter")
    await expect(bruno.composer).to_be_visible()

    await page.keyboard.press("?")
    await expect(bruno.dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(bruno.dialog).to_be_hidden()
    await page.keyboard.press("r")
    await expect(bruno.composer).to_be_focused()
    await page.keyboard.type("t")  # a letter, not a key
    await page.keyboard.press("Control+Enter")
    await expect(bruno.get("comment")).to_contain_text("t")
    assert site.find(first).lead_id is None
    await tab_to(page, "[data-action=take], [data-testid=send]")


async def test_rows_are_selected_by_keyboard_one_by_one_and_in_a_range(
    house: House, site: Site
) -> None:
    numbers = [site.ticket(f"À choisir {n}") for n in range(4)]
    bruno = await house.enter(site, "bruno", "/queue")
    page = bruno.page
    await expect(bruno.row(numbers[-1])).to_be_visible()

    await page.keyboard.press("j")
    await expect(bruno.row(numbers[-1]).locator("a.row-title")).to_be_focused()
    await page.keyboard.press("x")
    await expect(bruno.get("selected")).to_be_visible()
    for _ in range(3):
        await page.keyboard.press("j")
    await expect(bruno.row(numbers[0]).locator("a.row-title")).to_be_focused()
    await page.keyboard.press("Shift+X")

    await expect(page.locator(".row.selected")).to_have_count(4)
    await expect(bruno.get("selected")).to_contain_text("4")


async def test_the_focus_goes_to_the_next_row_when_its_own_leaves_the_list(
    house: House, site: Site
) -> None:
    first, second, third = (site.ticket(f"Part {n}") for n in ("un", "deux", "trois"))
    bruno = await house.enter(site, "bruno", "/queue?view=unassigned")
    page = bruno.page
    await expect(bruno.row(third)).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(bruno.row(second).locator("a.row-title")).to_be_focused()

    await page.keyboard.press("t")

    await expect(bruno.row(second)).to_be_hidden()
    await expect(bruno.row(first).locator("a.row-title")).to_be_focused()


async def test_policies_are_made_and_put_in_order_with_the_keyboard_alone(
    house: House, site: Site
) -> None:
    made = site.write(lambda s: sla.create(s, site.actor("diane"), name="Un", accept_minutes=60))
    diane = await house.enter(site, "diane", "/admin/deadlines")
    page = diane.page

    await diane.get("create-policy").focus()
    await page.keyboard.press("Enter")
    await expect(diane.dialog.get_by_test_id("name")).to_be_focused()
    await page.keyboard.type("Deux")
    await tab_to(page, "[data-testid=resolve_minutes]")
    await page.keyboard.type("240")
    await tab_to(page, "[data-testid=dialog-ok]")
    await page.keyboard.press("Enter")
    await expect(diane.dialog).to_be_hidden()
    row = page.locator(f"[data-key='policy-{made.id}']")
    await row.get_by_test_id("later").focus()
    await page.keyboard.press("Enter")

    await expect(page.locator("#policies > li").last).to_have_attribute(
        "data-key", f"policy-{made.id}"
    )
    await expect(row.locator(":focus")).to_have_count(1)
