"""One ticket: what it says, where it stands, what can be done about it; all of it live."""

import uuid
from contextlib import suppress
from dataclasses import dataclass

from nicegui import background_tasks, ui
from sqlalchemy.orm import Session

from services import bursts, choices, notifications, ticket_view
from services.errors import DomainError, NotFound
from services.permissions import Action, Actor
from services.ticket_view import TicketView
from services.words import _, ngettext, speaking
from ui import browser, live
from ui.door import DatabaseLost, Door, door
from ui.feed import presence
from ui.fragments import conversation, panel, ticket_head
from ui.fragments.base import Fragment, KeyedList
from ui.live import Scoped
from ui.pages.composer import Composer
from ui.pages.ticket_actions import Actions
from ui.widgets import headings
from ui.widgets.telling import Mute

THREAD = "thread"
_ANSWER_SECONDS = 10.0  # of a browser on a slow line, or of a process that is busy for a moment
_CHOOSING = {Action.TICKET_ASSIGN, Action.TICKET_EDIT}


@dataclass(frozen=True, slots=True)
class Loaded:
    """All the page draws."""

    view: TicketView
    teams: list[tuple[int, str]]
    categories: list[tuple[int, str]]


async def ticket_page(number: str) -> None:
    """Show a ticket and keep it fresh while it is on screen (5.3.3)."""
    do = door()
    if not number.isdecimal() or len(number) > 12:
        headings.refused(NotFound())
        return
    await TicketPage(do, int(number)).build()


def load(s: Session, by: Actor, number: int) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    view = ticket_view.load(s, by, number)
    offered = choices.offered(s, by) if view.may & _CHOOSING else None
    return Loaded(
        view=view,
        teams=offered.teams if offered and Action.TICKET_ASSIGN in view.may else [],
        categories=offered.categories if offered and Action.TICKET_EDIT in view.may else [],
    )


class TicketPage:
    """The page of one ticket in one browser."""

    def __init__(self, do: Door, number: int) -> None:
        self._do = do
        self._number = number
        self._key = uuid.uuid4().hex
        self._composer: Composer | None = None

    async def build(self) -> None:
        """Load and draw the page, and follow the ticket."""
        try:
            loaded = await self._do.see(load, self._number)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        do, by = self._do, self._do.by
        self._actions = Actions(do, loaded.view)
        self._see(loaded)
        ui.page_title(f"#{self._number} {loaded.view.ticket.title} · AppTicket")
        with ui.element("div").classes("ticket"):
            self._head = Fragment(self._drawn_head(loaded.view), act=self._actions.act)
            self._head.classes("ticket-top")
            with ui.element("div").classes("ticket-thread"):
                headings.unseen(_("Conversation"))
                self._thread = KeyedList(
                    THREAD,
                    conversation.items(loaded.view, do.zone),
                    act=self._actions.act,
                    classes="thread",
                    empty="",
                )
                self._typing = ui.label().classes("typing").props("aria-live=polite")
                self._draw_composer(loaded.view)
            with ui.element("aside").classes("ticket-side").props("popover=auto id=properties"):
                self._side = Fragment(self._drawn_side(loaded), act=self._actions.act)
                Mute(do, self._number, is_muted=loaded.view.is_muted)
        live.follow(live.of_ticket(self._number), self._changed)
        live.follow(live.ORGANISATION, self._changed)
        if by.is_staff:
            live.follow(live.BURSTS, self._burst)
        live.follow(live.of_person(by.id), self._read)
        Scoped(presence.enter(self._number, by.id, by.name, is_staff=by.is_staff))
        Scoped(presence.follow(self._number, self._moved))
        if loaded.view.has_unread:
            background_tasks.create(self._read(set()), name="read notices")

    async def _read(self, _numbers: set[int]) -> None:
        """Mark as read what one was told of the ticket, while it is before one’s eyes."""
        with suppress(DomainError, TimeoutError):  # the next time; nobody asked for it
            asked = self._do.client.run_javascript(browser.call("isSeen"), timeout=_ANSWER_SECONDS)
            if await asked is not False:
                await self._do.attempt(notifications.read_ticket, self._number)

    async def _changed(self, _numbers: set[int]) -> None:
        """Show the ticket as it is now; when one may no longer see it, say so."""
        if self._head.is_deleted:
            return
        try:
            loaded = await self._do.see(load, self._number)
        except DatabaseLost:
            return  # what one reads and types stays; the hub tells all to look again later
        except DomainError as refusal:
            self._vanish(refusal)
            return
        self._see(loaded)
        self._head.show(self._drawn_head(loaded.view))
        self._side.show(self._drawn_side(loaded))
        before = set(self._thread.keys)
        self._thread.show_items(conversation.items(loaded.view, self._do.zone))
        self._announce(set(self._thread.keys) - before)
        if self._composer and Action.TICKET_COMMENT not in loaded.view.may:
            self._composer.close()
            self._composer = None

    async def _burst(self, _numbers: set[int]) -> None:
        """Show the burst that it belongs to, as it has become."""
        found = await self._do.look(bursts.of_ticket, self._number)
        if found != self._actions.view.burst:
            await self._changed(set())

    def _see(self, loaded: Loaded) -> None:
        names = {"team_id": dict(loaded.teams), "category_id": dict(loaded.categories)}
        self._actions.see(loaded.view, names)

    def _vanish(self, refusal: DomainError) -> None:
        if self._head.is_deleted:
            return  # left while it was read
        page = self._head.parent_slot.parent if self._head.parent_slot else None
        if page is not None:
            with page.parent_slot.parent if page.parent_slot else page:
                page.delete()
                headings.refused(refusal)

    def _announce(self, arrived: set[str]) -> None:
        if any(key.startswith("comment-") for key in arrived):
            said = _("New message on ticket #{number}").format(number=self._number)
            self._do.client.run_javascript(browser.call("announce", said))
            self._do.client.run_javascript(browser.call("toBottom", THREAD))

    def _moved(self) -> None:
        """Show who is here, to staff, and who is typing, to those who may know."""
        if self._head.is_deleted:
            return
        by = self._do.by
        typing = [
            viewer.name
            for viewer in presence.at(self._number)
            if viewer.person_id != by.id
            and (viewer.is_typing or (by.is_staff and viewer.is_typing_note))
        ]
        with speaking(self._do.language):  # whoever moved may speak another one
            text = ngettext("{names} is typing…", "{names} are typing…", len(typing))
            self._typing.set_text(text.format(names=", ".join(typing)) if typing else "")
            self._head.show(self._drawn_head(self._actions.view))

    def _drawn_head(self, view: TicketView) -> str:
        by = self._do.by
        others = [v for v in presence.at(self._number) if v.person_id != by.id]
        return ticket_head.head(view, others, is_staff=by.is_staff)

    def _drawn_side(self, loaded: Loaded) -> str:
        return panel.properties(loaded.view, loaded.teams, loaded.categories, self._do.zone)

    def _draw_composer(self, view: TicketView) -> None:
        if Action.TICKET_COMMENT in view.may:
            self._composer = Composer(self._do, view)
        else:
            ui.label(_("This ticket is closed: nothing on it can change any more.")).classes(
                "closed-note"
            )
