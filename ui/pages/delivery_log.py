"""What was sent lately and what became of it, narrowed down, older ones on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState
from services import deliveries, users
from services.channels import EMAIL, SMS
from services.deliveries import Wanted
from services.permissions import Actor
from services.words import _
from ui.door import Door
from ui.fragments import marks, outside
from ui.fragments.base import KeyedList
from ui.widgets import fields, headings
from ui.widgets.ticket_picker import ticket_number

LOG_SECONDS = 5.0  # how an attempt ends is no event: the log is looked at again
MOST = 500  # shown at once: more is found by narrowing down
_MOST_PEOPLE = 20
_NOBODY = 0  # no ticket has it


@dataclass(frozen=True, slots=True)
class Asked:
    """What the administrator chose and typed."""

    channel: str = EMAIL
    state: str = ""
    person: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The newest messages that are wanted, the names of those they went to, whether more follow."""

    messages: Sequence[Delivery]
    names: dict[str, str]
    has_more: bool


def load(s: Session, by: Actor, asked: Asked, count: int = deliveries.PAGE) -> Log:
    """Fetch the newest `count` messages that are asked for."""
    wanted = _wanted(s, by, asked)
    found: list[Delivery] = []
    after = None
    while len(found) < count:
        page = deliveries.page(s, by, wanted, after=after, limit=count - len(found))
        found += page.deliveries
        after = page.after
        if after is None:
            break
    names = users.names(s, {int(d.recipient) for d in found if d.recipient.isdecimal()})
    return Log(found, {str(key): name for key, name in names.items()}, after is not None)


def _wanted(s: Session, by: Actor, asked: Asked) -> Wanted:
    people = None
    if asked.person.strip():
        hits = users.search(s, by, asked.person, kind="anyone", limit=_MOST_PEOPLE)
        people = {str(hit.id) for hit in hits}
    state = DeliveryState(asked.state) if asked.state else None
    number = (ticket_number(asked.ticket) or _NOBODY) if asked.ticket.strip() else None
    return Wanted(asked.channel, people, state, number)


class DeliveryLog:
    """What was sent lately, in one browser."""

    def __init__(self, do: Door, log: Log) -> None:
        self._do = do
        self._log = log
        self._count = deliveries.PAGE

    def build(self) -> None:
        """Draw it, and look again now and then."""
        headings.part(_("Messages"))
        with ui.element("div").classes("filters"):
            self._draw_filters()
        hint = _("What was sent in the last thirty days shows here, with what was answered.")
        self._list = KeyedList(
            "deliveries",
            self._drawn(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No message"), hint, "deliveries"),
        )
        self._more = ui.button(_("Show more messages"), on_click=self._go_on)
        self._more.props("outline data-testid=more-messages")
        self._more.set_visibility(self._log.has_more)
        ui.timer(LOG_SECONDS, self._again, immediate=False)

    def _draw_filters(self) -> None:
        ways = [(EMAIL, _("E-mail")), (SMS, _("SMS"))]
        self._channel = fields.Choice(_("Way"), ways, EMAIL, name="log-channel")
        states = [("", _("All")), *((str(state), word) for state, word in outside.states())]
        self._state = fields.Choice(_("State"), states, name="log-state")
        for choice in (self._channel, self._state):
            choice.on_choice(self._narrowed)
        self._person = fields.text(_("Recipient"), name="log-person")
        self._ticket = fields.text(_("Ticket"), name="log-ticket")
        for field, how in ((self._person, "search"), (self._ticket, "short")):
            field.classes(how).props("clearable debounce=300 autocomplete=off").on_value_change(
                self._narrowed
            )

    @property
    def _asked(self) -> Asked:
        typed = (str(field.value or "")[:100] for field in (self._person, self._ticket))
        return Asked(self._channel.value, self._state.value, *typed)

    async def _narrowed(self) -> None:
        self._count = deliveries.PAGE
        await self._again()

    async def _go_on(self) -> None:
        self._count = min(self._count + deliveries.PAGE, MOST)
        await self._again()

    async def _again(self) -> None:
        if self._list.is_deleted:
            return
        asked, count = self._asked, self._count
        log = await self._do.look(load, asked, count)
        if log is None or (asked, count) != (self._asked, self._count) or self._list.is_deleted:
            return
        self._log = log
        self._list.show_items(self._drawn())
        self._more.set_visibility(log.has_more and count < MOST)

    async def _acted(self, action: str, value: Any) -> None:
        if action == "resend" and str(value).isdecimal():
            await self._do(deliveries.resend, int(value))
            await self._again()

    def _drawn(self) -> list[tuple[str, str]]:
        return [outside.message(d, self._log.names, self._do.zone) for d in self._log.messages]
