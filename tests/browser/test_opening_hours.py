"""An administrator sets opening hours by keyboard and by thumb, and takes a change back (C6)."""

import pytest
from playwright.async_api import expect

from services import calendars, opening_hours, sla
from tests.browser.conftest import promise_nothing
from tests.browser.people import House
from tests.browser.test_accessible import dialog_opened_by, violations
from tests.browser.test_widths import LONG, fits
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGE = "/admin/deadlines"
OFFICE = [["09:00", "12:30"], ["14:00", "18:00"]]


def hours(site: Site) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = site.write(lambda s: calendars.default(s).hours)
    return found


async def test_hours_are_set_by_keyboard_and_taken_back(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", PAGE)
    page = diane.page
    begin = diane.get("from-mon-0")
    await expect(begin).to_have_value("09:00")

    await begin.fill("8h")
    await page.keyboard.press("Tab")
    await expect(begin).to_have_value("08:00")
    await expect(diane.get("until-mon-0")).to_be_focused()
    assert hours(site)["mon"][0] == ["08:00", "12:30"]
    await diane.get("undo").click()
    await expect(begin).to_have_value("09:00")
    assert hours(site)["mon"] == OFFICE

    await diane.get("until-mon-0").fill("8h")
    await page.keyboard.press("Enter")
    await expect(diane.get("day-mon").get_by_role("alert")).to_contain_text("end after it begins")
    await expect(diane.get("until-mon-0")).to_have_attribute("aria-invalid", "true")
    await diane.get("until-mon-0").fill("12:30")
    await page.keyboard.press("Tab")
    await expect(diane.get("day-mon").get_by_role("alert")).to_have_count(0)

    await page.get_by_role("button", name="Add hours on Saturday").press("Enter")
    await expect(diane.get("from-sat-0")).to_be_focused()
    await page.get_by_role("button", name="Remove 09:00–12:30 on Saturday").press("Enter")
    await expect(diane.get("from-sat-0")).to_have_count(0)
    assert hours(site) == opening_hours.checked(opening_hours.OFFICE)


async def test_a_simulation_tells_when_it_is_due(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", PAGE)

    await diane.get("sim-start").fill("2026-12-24T17:30")
    await diane.get("sim-amount").fill("1")
    await diane.get("sim-amount").press("Enter")

    await expect(diane.get("simulated-due")).to_contain_text("Monday 28 December 2026 09:30")
    await expect(diane.page.locator(".simulated-day")).to_have_count(5)
    await diane.get("hours-holidays").select_option("")
    await expect(diane.get("simulated-due")).to_contain_text("Friday 25 December 2026 09:30")
    await diane.get("undo").click()
    await expect(diane.get("simulated-due")).to_contain_text("Monday 28 December 2026 09:30")


async def test_days_are_closed_on_a_phone(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", PAGE, is_phone=True)
    await diane.get("add-closure").tap()
    await diane.dialog.get_by_test_id("starts-on").fill("2026-12-31")
    await diane.dialog.get_by_test_id("ends-on").fill("2026-12-24")
    await diane.dialog.get_by_test_id("dialog-ok").tap()
    await expect(diane.dialog).to_contain_text("must not come before the first")
    await diane.dialog.get_by_test_id("ends-on").fill("2027-01-02")
    await diane.dialog.get_by_test_id("closure-name").fill("Inventaire")
    await diane.dialog.get_by_test_id("dialog-ok").tap()

    row = diane.get("closed-days").filter(has_text="Inventaire")
    await expect(row).to_contain_text("31 Dec 2026 – 2 Jan 2027")
    await row.get_by_role("button", name="Remove").tap()
    await expect(row).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page_is_accessible_and_fits_whatever_is_on_it(
    house: House, site: Site, language: str
) -> None:
    by = site.actor("diane")
    name = f"{LONG[:100]}{language}"
    made = site.write(lambda s: calendars.create(s, by, name=name, school_zone="A").id)
    many = {"mon": [[f"{h:02}:00", f"{h + 1:02}:30"] for h in range(0, 22, 2)]}
    site.write(lambda s: calendars.edit(s, by, made, hours=many).id)
    diane = await house.enter(site, "diane", language=language)
    found = await fits(diane, (PAGE,))
    await diane.get("calendar").select_option(str(made))
    await expect(diane.get("hours-name")).to_have_value(name)
    await diane.get("until-mon-0").fill("0h")
    await diane.get("until-mon-0").press("Enter")
    await expect(diane.get("day-mon").get_by_role("alert")).to_be_visible()
    found += await violations(diane.page, PAGE)
    site.write(lambda s: sla.create(s, by, name=name, accept_minutes=30, resolve_minutes=900).id)
    await expect(diane.get("policy").filter(has_text=name)).to_be_visible()
    found += await violations(diane.page, f"{PAGE} with a policy")
    found += await fits(diane, (PAGE,))
    for opener in ("add-closure", "create-calendar", "create-policy"):
        found += await dialog_opened_by(diane, f"[data-testid={opener}]")
    promise_nothing(site)  # by a calendar that is to go
    site.write(lambda s: calendars.delete(s, by, made))

    assert not found, "\n".join(found)


async def test_a_policy_is_made_moved_and_taken_back(house: House, site: Site) -> None:
    by = site.actor("diane")
    site.write(lambda s: sla.create(s, by, name="Le reste", resolve_minutes=900).id)
    diane = await house.enter(site, "diane", PAGE)
    await diane.get("create-policy").click()
    await diane.dialog.get_by_test_id("name").fill("Urgences")
    await diane.dialog.get_by_test_id("accept_minutes").fill("vite")
    await diane.dialog.get_by_test_id("priority").select_option("urgent")
    await diane.dialog.get_by_test_id("dialog-ok").click()
    await expect(diane.dialog).to_contain_text("like 30 min, 4 h, 1 h 30 or 2 d")
    await diane.dialog.get_by_test_id("accept_minutes").fill("30 min")
    await diane.dialog.get_by_test_id("dialog-ok").click()

    rows = diane.get("policy").locator(".row-title")
    await expect(rows).to_have_text(["Le reste", "Urgences"])
    await diane.page.get_by_role("button", name="Ask it earlier: Urgences").click()
    await expect(rows).to_have_text(["Urgences", "Le reste"])
    await diane.get("undo").click()
    await expect(rows).to_have_text(["Le reste", "Urgences"])
