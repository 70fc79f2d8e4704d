"""The notification centre: everything one was told, newest first, read or not."""

from dataclasses import dataclass
from typing import Any

from htpy import Element, Node, a, button, div, nav, span
from nicegui import ui
from sqlalchemy.orm import Session

from services import inbox
from services.inbox import NotificationPage
from services.permissions import Actor
from services.words import _
from ui import live
from ui.door import Door, Place, door
from ui.fragments import marks, notices
from ui.fragments.base import Fragment, KeyedList
from ui.theme import icon
from ui.widgets import bell, headings

LIST = "notices"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the page shows."""

    page: NotificationPage
    unread: int


async def notifications_page() -> None:
    """Show what one was told, and what comes meanwhile."""
    await Centre(door()).build()


def load(s: Session, by: Actor, *, unread_only: bool, limit: int) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    return Loaded(inbox.page(s, by, unread_only=unread_only, limit=limit), inbox.unread(s, by))


class Centre:
    """The notification centre in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._place = Place(do)
        self._unread_only = False
        self._limit = inbox.PAGE

    async def build(self) -> None:
        """Load and draw the page, and follow what one is told."""
        loaded = await self._load()
        if loaded is None:
            return
        headings.page(_("Notifications"), _("What concerned you, newest first."))
        self._bar = Fragment(self._drawn_bar(loaded.unread), act=self._acted)
        self._rows = KeyedList(
            LIST, self._items(loaded), act=self._acted, classes="hits", empty=self._empty()
        )
        self._more = ui.button(_("Show older ones"), on_click=self._show_older)
        self._more.props("outline data-testid=older").classes("older")
        self._more.set_visibility(loaded.page.after is not None)
        live.follow(live.of_person(self._do.by.id), self._told)

    async def _load(self) -> Loaded | None:
        return await self._place.look(load, unread_only=self._unread_only, limit=self._limit)

    async def _told(self, _numbers: set[int]) -> None:
        """Show what there is now."""
        loaded = await self._load()
        if loaded is None or self._rows.is_deleted:
            return
        self._rows.show_items(self._items(loaded))
        self._bar.show(self._drawn_bar(loaded.unread))
        self._more.set_visibility(loaded.page.after is not None and self._limit < inbox.MOST)

    async def _show_older(self) -> None:
        self._limit = min(self._limit + inbox.PAGE, inbox.MOST)
        await self._told(set())

    async def _acted(self, action: str, value: Any) -> None:
        if action == "read-all":
            await self._do(inbox.read_all)
        elif action == "read" and str(value).isdecimal():
            await self._do(inbox.read, int(str(value)))
        elif action == "show":
            self._unread_only = value == "unread"
            self._limit = inbox.PAGE
        await self._told(set())

    def _items(self, loaded: Loaded) -> list[tuple[str, str]]:
        return [notices.row(notice, self._do.zone) for notice in loaded.page.items]

    def _drawn_bar(self, unread: int) -> str:
        count = span(".count")[bell.figure(unread)]
        return str(
            div(".notice-bar")[
                nav(".tabs", aria_label=_("Which notifications"))[
                    _tab("all", _("All"), is_here=not self._unread_only),
                    _tab("unread", [_("Unread"), count], is_here=self._unread_only),
                ],
                bool(unread)
                and button(
                    ".button.small", type="button", data_action="read-all", data_testid="read-all"
                )[icon("check"), _("Mark all as read")],
                a(".button.small", href="/profile#notifications")[icon("bell"), _("My choices")],
            ]
        )

    def _empty(self) -> str:
        hint = _("Changes of your tickets, messages and mentions will appear here.")
        return marks.empty(_("Nothing new"), hint, LIST)


def _tab(name: str, content: Node, *, is_here: bool) -> Element:
    return button(
        type="button",
        data_action="show",
        data_value=name,
        data_testid=f"show-{name}",
        aria_current="true" if is_here else None,
    )[content]
