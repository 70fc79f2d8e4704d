"""An administrator says how people are told, tries it, chooses words; a link ends messages (C5)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from data.models import MutedTicket, Setting
from data.threads import in_thread
from services import channels, postmarks, sealing
from services.channels import EMAIL
from tests import mail_sinks, sites
from tests.browser.people import House
from tests.browser.test_accessible import violations
from tests.browser.test_widths import fits
from tests.mail_sinks import MailSink
from tests.servers import wait_until
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PATH = "/admin/notifications"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mailing")


@pytest.fixture(scope="module")
def mailing(folder: Path) -> Iterator[Site]:
    """A site that nobody told yet how mail leaves."""
    with sites.embedded(folder / "site") as site:
        postmarks.configure(sites._SECRET, site.url)
        sealing.configure(sites._SECRET)
        yield site


@pytest.fixture(scope="module")
def sink(folder: Path) -> Iterator[MailSink]:
    options = ("--user", "appticket", "--password", "correct horse")
    with mail_sinks.mail_sink(folder / "sink", *options) as sink:
        yield sink


async def test_a_mail_server_is_tried_until_its_password_is_right(
    house: House, mailing: Site, sink: MailSink
) -> None:
    diane = await house.enter(mailing, "diane", PATH)
    form = diane.get("channel-email")
    await expect(form).to_contain_text("Nothing is sent this way")
    await diane.get("email-mode").select_option("on")
    await diane.get("email-tls").select_option("none")
    for name, text in {
        "host": "localhost",
        "port": str(sink.port),
        "user": "appticket",
        "password": "wrong",
        "sender": "support@exemple.fr",
    }.items():
        await diane.get(f"email-{name}").fill(text)
    await diane.get("test-email").click()
    outcome = form.get_by_test_id("outcome")
    await expect(outcome).to_contain_text("refused the user or the password", timeout=30_000)
    beside = form.locator(".q-field", has=diane.get("email-password"))
    await expect(beside).to_contain_text("refused the user or the password")

    await diane.get("email-password").fill("correct horse")
    await diane.get("test-email").click()

    await expect(outcome).to_contain_text("It left", timeout=30_000)
    await expect(form).to_contain_text("Messages are sent this way")
    (mail,) = sink.received
    assert mail.recipients == ["diane@exemple.fr"]
    assert "Il est arrivé" in mail.part("plain")
    assert "Il est arrivé" in mail.part("html")
    rows = diane.get("delivery")
    await expect(rows.first).to_contain_text("Delivered", timeout=10_000)
    await expect(rows.nth(1)).to_contain_text("Given up")
    await diane.get("log-state").select_option("dead")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button", name="Send again").click()
    await expect(rows).to_have_count(0, timeout=20_000)
    diane.frames.clear()
    await diane.open(PATH)
    await expect(form).to_contain_text("One is kept and never shown")
    assert "correct horse" not in "".join(diane.frames) + await diane.page.content()


async def test_words_are_seen_while_one_types_and_used_by_the_next_message(
    house: House, mailing: Site, sink: MailSink
) -> None:
    by = mailing.actor("diane")
    values = {
        "mode": "on", "host": "localhost", "port": str(sink.port), "tls": "none",
        "user": "appticket", "password": "correct horse", "sender": "support@exemple.fr",
    }  # fmt: skip
    mailing.write(lambda s: channels.save(s, by, EMAIL, **values))
    mailing.write(lambda s: s.merge(Setting(name="gather_seconds", value=0)))
    diane = await house.enter(mailing, "diane", PATH)
    preview = diane.page.frame_locator("[data-testid=preview-html]")
    await expect(preview.get_by_role("heading", level=1)).to_contain_text("The printer")
    await diane.get("wording-kind").select_option("comment")
    await diane.get("wording-language").select_option("fr")
    await expect(preview.locator("body")).to_contain_text("Bruno Petit a écrit")
    await expect(diane.get("preview-sms")).to_contain_text("nouveau message")

    await diane.get("wording-body").fill("{% for x in y %}{% endfor %}")
    await expect(diane.page.get_by_text("Line 1: only names in double braces")).to_be_visible()
    await diane.get("wording-body").fill("Du neuf de **{{ actor }}** :\n\n{{ comment }}")
    await expect(preview.locator("body")).to_contain_text("Du neuf de Bruno Petit")
    await expect(preview.locator("strong").first).to_have_text("Bruno Petit")
    await expect(diane.page.get_by_text("Line 1: only names in double braces")).to_be_hidden()
    await diane.get("save-wording").click()
    await expect(diane.get("reset-wording")).to_be_visible()
    number = mailing.ticket("{{7*7}} <b>x</b>")
    mailing.comment(number, "Voilà", "bruno")
    await in_thread(mailing.wake)

    def told() -> list[mail_sinks.Received]:
        return [m for m in sink.received if m.recipients == ["alice@exemple.fr"]]

    await in_thread(wait_until, told, 30)
    (mail,) = told()
    assert mail.message["Subject"] == f"[#{number}] {{{{7*7}}}} <b>x</b>"
    assert "Du neuf de Bruno :\n\n> Voilà" in mail.part("plain").replace("\r", "")
    assert "{{7*7}} &lt;b&gt;x&lt;/b&gt;" in mail.part("html")

    await diane.open(PATH)
    await diane.get("wording-kind").select_option("comment")
    await diane.get("wording-language").select_option("fr")
    await diane.get("reset-wording").click()
    await diane.dialog.get_by_test_id("dialog-ok").click()
    await expect(preview.locator("body")).to_contain_text("a écrit")


async def test_a_link_of_a_mail_ends_messages_after_a_button(house: House, mailing: Site) -> None:
    number = mailing.ticket("Assez")
    link = postmarks.mute_url(mailing.ids["alice"], number)
    guest = await house.arrive(mailing, "nobody", language="fr")
    guest.pardon("status of 404")

    def muted() -> bool:
        key = (mailing.ids["alice"], number)
        return mailing.read(lambda s: s.get(MutedTicket, key)) is not None

    await guest.page.goto(link)
    found = await violations(guest.page, "/mute")
    assert not muted()
    await guest.page.get_by_test_id("mute").click()
    await expect(guest.page.get_by_role("heading", level=1)).to_have_text("Fait")
    found += await violations(guest.page, "/mute done")

    assert muted()
    assert not found, "\n".join(found)
    path = urlsplit(link).path
    for forged in (path.replace("/u", "/u1"), path[:-1] + "zz", "/mute/x"):
        answer = await guest.page.goto(mailing.url + forged)
        assert answer is not None
        assert answer.status == 404


async def test_a_mail_program_ends_messages_in_one_click(house: House, mailing: Site) -> None:
    number = mailing.ticket("Assez d’un clic")
    link = postmarks.mute_url(mailing.ids["alice"], number)
    guest = await house.arrive(mailing, "nobody")

    form: dict[str, str | float | bool] = {"List-Unsubscribe": "One-Click"}
    answer = await guest.page.request.post(link, form=form, headers={"Origin": "https://mail.test"})

    assert answer.status == 200
    key = (mailing.ids["alice"], number)
    assert mailing.read(lambda s: s.get(MutedTicket, key)) is not None


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_page_is_accessible_and_fits_every_screen(
    house: House, mailing: Site, language: str
) -> None:
    diane = await house.enter(mailing, "diane", PATH, language=language)
    await expect(diane.get("preview-html")).to_be_visible()
    await diane.page.locator("summary").click()

    found = await violations(diane.page, PATH)
    found += await fits(diane, (PATH,))

    assert not found, "\n".join(found)
