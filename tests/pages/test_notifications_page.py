"""Where administrators say how people are told, and in which words."""

from sqlalchemy.orm import Session

from data.models import Setting
from services import channels, relay, wordings
from services.channels import EMAIL
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit
from tests.pages.test_settings_pages import until

PATH = "/admin/notifications"


async def test_a_mail_server_is_saved_and_what_is_missing_stands_beside_its_field(
    visit: Visit, s: Session, people: People
) -> None:
    diane = await visit("diane", PATH)
    await diane.sees("None is kept.")
    diane.field("email-host").set_value("smtp exemple")
    diane.field("email-password").set_value("canary")
    diane.field("email-mode")  # drawn
    diane.click("save-email")
    await until(diane, lambda: diane.field("email-host").error, "an error")

    diane.field("email-host").set_value("smtp.exemple.fr")
    diane.field("email-sender").set_value("support@exemple.fr")
    diane.click("save-email")

    await diane.is_told("The settings are saved.")
    await diane.sees("One is kept")
    s.rollback()
    assert channels.email(s).password == "canary"
    assert "canary" not in diane.shown()
    assert diane.field("email-password").value == ""


async def test_what_the_environment_decides_is_said_and_left_alone(
    visit: Visit, s: Session, people: People
) -> None:
    channels.configure({EMAIL: {"host": "relay.exemple.fr", "password": "canary", "tls": "tls"}})

    diane = await visit("diane", PATH)

    assert diane.field("email-host").value == "relay.exemple.fr"
    assert "readonly" in diane.field("email-host").props
    assert "APPTICKET_SMTP_HOST" in diane.field("email-host").props["hint"]
    await diane.sees("APPTICKET_SMTP_PASSWORD")
    assert "canary" not in diane.shown()
    diane.field("email-sender").set_value("support@exemple.fr")
    diane.click("save-email")
    await diane.is_told("The settings are saved.")


async def test_words_are_tried_while_one_types_and_a_wrong_one_stands_beside_its_field(
    visit: Visit, s: Session, people: People
) -> None:
    diane = await visit("diane", PATH)
    await diane.sees("preview-html")
    diane.field("wording-body").set_value("Salut {{ recipient }} !\n\n{{ description }}")
    await diane.sees("Salut Alice Martin !")
    diane.field("wording-body").set_value("{{ recipient.__class__ }}")
    await until(diane, lambda: diane.field("wording-body").error, "an error")
    assert "Line 1" in diane.field("wording-body").error
    diane.click("save-wording")
    await until(diane, lambda: diane.field("wording-body").error, "an error")
    s.rollback()
    assert wordings.own(s, people.diane) == set()

    diane.field("wording-body").set_value("Nouveau : {{ title }}")
    diane.click("save-wording")

    await diane.is_told("The words are saved")
    s.rollback()
    assert wordings.own(s, people.diane) == {("created", "en")}


async def test_the_page_costs_the_same_whatever_was_sent(
    cost: Cost, s: Session, people: People
) -> None:
    few = len(await cost("diane", PATH))
    s.merge(Setting(name="channel_email", value={"mode": "console"}))
    for _ in range(30):
        channels.test(s, people.diane, EMAIL)
    s.commit()
    while relay.relay(s):
        s.commit()
    s.commit()

    assert len(await cost("diane", PATH)) <= few + 1  # the names of those who got something
    assert few <= 10 + FRAME
