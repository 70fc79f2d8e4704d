"""How people are told: mail server and SMS service, the words, and the log of what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState
from services import channels, deliveries, users, wordings
from services.channels import EMAIL, SMS, View
from services.errors import DomainError
from services.permissions import Actor
from services.wordings import Preview, Wording
from services.words import _
from ui.door import Door, door
from ui.fragments import marks, outside
from ui.fragments.base import KeyedList
from ui.pages.channel_form import ChannelForm
from ui.pages.wording_form import FIRST, WordingForm
from ui.widgets import fields, headings

LOG_SECONDS = 5.0  # how an attempt ends is no event: the log is looked at again
_ALL, _DEAD = "all", "dead"


@dataclass(frozen=True, slots=True)
class Log:
    """The newest messages that are wanted, and the names of those they went to."""

    messages: Sequence[Delivery]
    names: dict[str, str]


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
        _Log(do, loaded.log).build()


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
        load_log(s, by, EMAIL, _ALL),
    )


def load_log(s: Session, by: Actor, channel: str, which: str) -> Log:
    """Fetch the newest messages of a channel."""
    state = DeliveryState.DEAD if which == _DEAD else None
    found = deliveries.page(s, by, channel, state=state).deliveries
    names = users.names(s, {int(d.recipient) for d in found if d.recipient.isdecimal()})
    return Log(found, {str(key): name for key, name in names.items()})


class _Log:
    """What was sent lately, in one browser."""

    def __init__(self, do: Door, log: Log) -> None:
        self._do = do
        self._log = log

    def build(self) -> None:
        """Draw it, and look again now and then."""
        headings.part(_("Messages"))
        with ui.element("div").classes("filters"):
            ways = [(EMAIL, _("E-mail")), (SMS, _("SMS"))]
            self._channel = fields.Choice(_("Way"), ways, EMAIL, name="log-channel")
            which = [(_ALL, _("All")), (_DEAD, _("Given up"))]
            self._which = fields.Choice(_("State"), which, _ALL, name="log-state")
            for choice in (self._channel, self._which):
                choice.on("change", self._again, js_handler="() => emit()")
        hint = _("What was sent in the last thirty days shows here, with what was answered.")
        self._list = KeyedList(
            "deliveries",
            self._drawn(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No message"), hint, "deliveries"),
        )
        ui.timer(LOG_SECONDS, self._again, immediate=False)

    async def _again(self) -> None:
        if self._list.is_deleted:
            return
        wanted = self._channel.value, self._which.value
        if log := await self._do.look(load_log, *wanted):
            self._log = log
            self._list.show_items(self._drawn())

    async def _acted(self, action: str, value: Any) -> None:
        if action == "resend" and str(value).isdecimal():
            await self._do(deliveries.resend, int(value))
            await self._again()

    def _drawn(self) -> list[tuple[str, str]]:
        return [outside.message(d, self._log.names, self._do.zone) for d in self._log.messages]
