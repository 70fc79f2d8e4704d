"""An administrator makes a webhook, tries it, reads its log, sends again (C12)."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from services import destinations, sealing, webhooks
from tests import sinks, sites
from tests.browser.people import House
from tests.browser.test_accessible import dialog_opened_by, violations
from tests.browser.test_widths import fits
from tests.servers import LOOPBACK
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = f"http://{LOOPBACK}/" + "un-chemin-sans-espace-" * 20


@pytest.fixture(scope="module")
def outward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may reach this machine."""
    folder = tmp_path_factory.mktemp("outward")
    with sites.embedded(folder, WEBHOOK_ALLOW=LOOPBACK) as site:
        destinations.configure([LOOPBACK])
        sealing.configure(sites._SECRET)
        yield site
        destinations.configure(())


async def test_a_webhook_is_made_tried_and_told_of_what_happens(
    house: House, outward: Site
) -> None:
    diane = await house.enter(outward, "diane", "/admin/webhooks")
    page = diane.page
    with sinks.sink() as sink:
        await diane.get("create-webhook").click()
        await diane.dialog.get_by_test_id("name").fill("Supervision")
        await diane.dialog.get_by_test_id("url").fill(sink.url)
        await diane.dialog.get_by_test_id("dialog-ok").click()
        await expect(diane.dialog).to_contain_text("it must begin with https://")
        await diane.dialog.get_by_test_id("allows-http").click()
        await diane.dialog.get_by_test_id("dialog-ok").click()
        made = diane.dialog.filter(has_text="The secret of Supervision")  # the other one is leaving
        await expect(made).to_be_visible()
        secret = await made.get_by_test_id("secret").input_value()
        assert secret.startswith("whsec_")
        await page.get_by_role("button", name="I have copied it").click()
        row = diane.get("webhook").filter(has_text="Supervision")
        await expect(row).to_contain_text("8 kinds of events")

        sink.answers = [410]
        await row.get_by_role("button", name="Test").click()
        tried = diane.get("delivery").filter(has_text="Test message")
        await expect(tried).to_contain_text("Given up")
        await expect(tried).to_contain_text("Answer 410 · thanks")
        await expect(row).to_contain_text("Gone: switched off")
        await row.get_by_role("button", name="Switch on").click()
        await expect(row).to_contain_text("Switched on")
        await tried.get_by_role("button", name="Send again").click()
        await expect(tried).to_contain_text("Delivered")
        assert sink.received[0].key == sink.received[1].key

        number = outward.ticket("Écran noir")
        told = diane.get("delivery").filter(has_text=f"#{number}")
        await expect(told).to_contain_text("Delivered", timeout=30_000)
        assert sink.received[-1].message["ticket"]["title"] == "Écran noir"

        await diane.get("log-state").select_option("dead")
        await expect(diane.get("delivery")).to_have_count(0)
        await expect(page.locator("#deliveries-empty")).to_be_visible()
        await row.get_by_role("button", name="New secret").click()
        await diane.dialog.get_by_test_id("dialog-ok").click()
        await expect(diane.dialog.get_by_test_id("secret")).not_to_have_value(secret)
        await page.get_by_role("button", name="I have copied it").click()
        await expect(diane.dialog).to_have_count(0)
        await row.get_by_role("button", name="Delete").click()
        await diane.dialog.get_by_test_id("dialog-ok").click()
        await expect(diane.get("webhook")).to_have_count(0)


async def test_the_page_follows_what_another_administrator_does(
    house: House, outward: Site
) -> None:
    diane = await house.enter(outward, "diane", "/admin/webhooks")
    by = outward.actor("diane")
    values = {"url": f"http://{LOOPBACK}:1/", "allows_http": True, "kinds": ["ticket.closed"]}

    key = outward.write(lambda s: webhooks.create(s, by, name="Ailleurs", **values)[0].id)
    row = diane.get("webhook").filter(has_text="Ailleurs")
    await expect(row).to_contain_text("1 kind of event")
    outward.write(lambda s: webhooks.edit(s, by, key, is_active=False))
    await expect(row).to_contain_text("Switched off")
    outward.write(lambda s: webhooks.delete(s, by, key))
    await expect(row).to_have_count(0)


async def test_what_a_receiver_answers_is_only_text(house: House, outward: Site) -> None:
    diane = await house.enter(outward, "diane", "/admin/webhooks")
    by = outward.actor("diane")
    with sinks.sink() as sink:
        sink.body = b"<img src=x onerror=window.__pwn=1><script>window.__pwn=1</script>\x00\x1b[2J"
        values = {"name": "<b onclick=a>", "url": sink.url, "kinds": ["ticket.closed"]}
        key = outward.write(lambda s: webhooks.create(s, by, **values, allows_http=True)[0].id)
        row = diane.get("webhook").filter(has_text="<b onclick=a>")
        await row.get_by_role("button", name="Test").click()

        told = diane.get("delivery").filter(has_text="<img src=x onerror=window.__pwn=1>")
        await expect(told.first).to_contain_text("Delivered")
        assert await diane.page.evaluate("window.__pwn") is None
        assert await diane.page.locator("#deliveries img, #deliveries script").count() == 0
        outward.write(lambda s: webhooks.delete(s, by, key))


async def test_nobody_else_opens_the_page(house: House, outward: Site) -> None:
    for name in ("alice", "bruno", "chloe"):
        person = await house.enter(outward, name, "/admin/webhooks")
        await expect(person.page.get_by_role("heading", level=1)).to_contain_text("does not allow")
        await expect(person.page.get_by_role("link", name="Webhooks")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page_is_accessible_and_fits_every_screen(
    house: House, outward: Site, language: str
) -> None:
    by = outward.actor("diane")
    values = {"url": LONG, "allows_http": True, "kinds": list(webhooks.KINDS)}
    name = f"Un-nom-sans-espace-{'très-' * 15}{language}"
    key = outward.write(lambda s: webhooks.create(s, by, name=name, **values)[0].id)
    outward.write(lambda s: webhooks.test(s, by, key))
    diane = await house.enter(outward, "diane", "/admin/webhooks", language=language)
    await expect(diane.get("delivery").first).to_be_visible(timeout=30_000)

    found = await violations(diane.page, "/admin/webhooks")
    found += await dialog_opened_by(diane, "[data-testid=create-webhook]")
    found += await fits(diane, ("/admin/webhooks",))

    assert not found, "\n".join(found)
    outward.write(lambda s: webhooks.delete(s, by, key))
