"""An administrator sees to what runs by itself, and decides what holds for everybody (C6, C20)."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event, Setting
from services import deliveries, destinations, sealing, webhooks
from services.deliveries import Outcome
from tests import sinks, sites
from tests.browser.people import House
from tests.browser.test_accessible import violations
from tests.browser.test_widths import fits
from tests.servers import LOOPBACK
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PATHS = ("/admin/jobs", "/admin/settings")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may reach this machine."""
    folder = tmp_path_factory.mktemp("jobs")
    with sites.embedded(folder, WEBHOOK_ALLOW=LOOPBACK) as site:
        destinations.configure([LOOPBACK])
        sealing.configure(sites._SECRET)
        yield site
        destinations.configure(())


def subscribe(site: Site, url: str) -> int:
    """Make a webhook that nothing is told by itself."""
    values = {"name": url, "url": url, "kinds": ["ticket.closed"], "allows_http": True}
    return site.write(lambda s: webhooks.create(s, site.actor("diane"), **values)[0].id)


def give_up(site: Site, hook: int) -> None:
    """Leave a message that could not be delivered."""

    def work(s: Session) -> None:
        event = Event(kind="ticket.created", ticket_number=number, relayed_at=now())
        s.add(event)
        s.flush()
        deliveries.plan(s, event, webhooks.CHANNEL, str(hook))
        s.flush()
        (parcel,) = deliveries.claim(s, 1)
        answer = "<img src=x onerror=alert(1)>" + "sans-espace-" * 30
        deliveries.settle(s, parcel, Outcome("refused", 500, answer, is_final=True))

    number = site.ticket("Routeur")
    site.write(work)


async def test_work_is_run_now_by_keyboard_and_its_end_shows(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", "/")
    await diane.page.get_by_role("link", name="Background work").first.click()
    row = diane.get("task").filter(has_text="Clean up")
    await expect(row).to_contain_text("Every hour")

    await row.get_by_role("button", name="Run now: Clean up").focus()
    await diane.page.keyboard.press("Enter")

    await expect(row.get_by_test_id("state")).to_contain_text("Went well")
    await expect(row).to_contain_text("last run")
    await expect(row.get_by_role("button", name="Run now")).to_be_focused()
    await row.get_by_role("button", name="Switch off").click()
    await expect(row.get_by_test_id("state")).to_contain_text("Switched off")
    await expect(row.get_by_role("button", name="Run now")).to_have_count(0)
    await row.get_by_role("button", name="Switch on").click()
    await expect(row.get_by_role("button", name="Run now")).to_be_visible()


async def test_what_was_given_up_is_sent_again_all_at_once(house: House, site: Site) -> None:
    with sinks.sink() as sink:
        hook = subscribe(site, sink.url)
        for _ in range(3):
            give_up(site, hook)
        diane = await house.enter(site, "diane", "/admin/jobs")
        dead = diane.page.locator("#dead").get_by_test_id("delivery")
        await expect(dead).to_have_count(3)
        await expect(dead.first).to_contain_text(f"Webhooks · {sink.url}")
        await expect(dead.first).to_contain_text("<img src=x onerror=alert(1)>")

        await diane.page.get_by_role("button", name="Send all again: Webhooks").click()
        await diane.dialog.get_by_test_id("dialog-ok").click()

        await expect(dead).to_have_count(0)
        await expect(diane.page.locator("#queues")).not_to_contain_text("Webhooks")
        assert len({received.key for received in sink.received}) == 3


async def test_a_setting_holds_for_everybody_at_once(house: House, site: Site) -> None:
    diane = await house.enter(site, "diane", "/admin/settings")
    bruno = await house.enter(site, "bruno", f"/tickets/{site.ticket('Fax')}")
    await expect(bruno.get("delete")).to_have_count(1)

    await diane.get("close_after_days").fill("jamais")
    await diane.get("save-settings").click()
    await expect(diane.page.locator(".form")).to_contain_text("A whole number from 0 to 365")
    await diane.get("close_after_days").fill("10")
    await diane.page.get_by_text("Technicians delete tickets").click()
    await diane.get("save-settings").click()
    await expect(diane.page.get_by_text("The settings are saved.")).to_be_visible()

    await bruno.page.reload()
    await bruno.live()
    await expect(bruno.get("delete")).to_have_count(0)
    site.write(lambda s: s.query(Setting).delete())


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_pages_are_accessible_and_fit_every_screen(
    house: House, site: Site, language: str
) -> None:
    give_up(site, subscribe(site, f"http://{LOOPBACK}/un-chemin-sans-espace-{language}"))
    diane = await house.enter(site, "diane", language=language)
    found = []
    for path in PATHS:
        await diane.open(path)
        await expect(diane.page.get_by_role("heading", level=1)).to_be_visible()
        found += await violations(diane.page, path)
    found += await fits(diane, PATHS)

    assert not found, "\n".join(found)
