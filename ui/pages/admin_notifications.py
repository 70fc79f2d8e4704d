"""How people are told: mail server and SMS service, the words, and the log of what was sent."""

from dataclasses import dataclass

from nicegui import ui
from sqlalchemy.orm import Session

from services import channels, wordings
from services.channels import EMAIL, SMS, View
from services.errors import DomainError
from services.permissions import Actor
from services.wordings import Preview, Wording
from services.words import _
from ui.door import door
from ui.pages import delivery_log
from ui.pages.channel_form import ChannelForm
from ui.pages.delivery_log import Asked, DeliveryLog, Log
from ui.pages.wording_form import FIRST, WordingForm
from ui.widgets import headings


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the page draws at first."""

    email: View
    sms: View
    wording: Wording
    preview: Preview
    log: Log


async def channels_page() -> None:
    """Show how people are told and let the administrator change it."""
    do = door()
    try:
        loaded = await do.see(load, do.language)
    except DomainError as refusal:
        headings.refused(refusal)
        return
    about = _("By which ways people are told, in which words, and what became of each message.")
    headings.page(_("E-mail and SMS"), about)
    with ui.element("div").classes("columns"):
        for view in (loaded.email, loaded.sms):
            ChannelForm(do, view).build()
    with ui.element("section").classes("section"):
        WordingForm(do, loaded.wording, loaded.preview).build()
    with ui.element("section").classes("section"):
        DeliveryLog(do, loaded.log).build()


def load(s: Session, by: Actor, language: str) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    words = wordings.get(s, by, FIRST, language)
    return Loaded(
        channels.view(s, by, EMAIL),
        channels.view(s, by, SMS),
        words,
        wordings.preview(
            s, by, FIRST, language, subject=words.subject, body=words.body, sms=words.sms
        ),
        delivery_log.load(s, by, Asked()),
    )
