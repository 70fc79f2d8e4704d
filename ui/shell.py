"""The frame every page shares: navigation, top bar, toast; a click changes only what is inside."""

import asyncio
import copy
import logging
from collections.abc import Callable
from typing import Any

from htpy import Element, a, button, div, form, fragment, header, kbd, nav, span
from nicegui import Client, ui
from nicegui.elements.sub_pages import SubPages
from nicegui.language import Language
from nicegui.page_arguments import RouteMatch
from sqlalchemy.orm import Session

from data.models import Theme
from services import accounts, bulk, inbox, undo
from services.errors import DomainError, NotFound
from services.permissions import Action, Actor, allows
from services.words import N_, _, speak
from ui import browser, palette_keys, sockets, statics
from ui.door import Door, door
from ui.fragments import marks
from ui.fragments.base import Fragment
from ui.fragments.hits import Option
from ui.pages.admin_categories import categories_page
from ui.pages.admin_deadlines import deadlines_page
from ui.pages.admin_jobs import jobs_page
from ui.pages.admin_notifications import channels_page
from ui.pages.admin_settings import settings_page
from ui.pages.admin_teams import teams_page
from ui.pages.admin_tokens import tokens_page
from ui.pages.admin_users import users_page
from ui.pages.admin_webhooks import webhooks_page
from ui.pages.home import home_page
from ui.pages.new_ticket import new_ticket_page
from ui.pages.notifications import notifications_page
from ui.pages.profile import profile_page
from ui.pages.search import search_page
from ui.pages.ticket import ticket_page
from ui.pages.ticket_list import mine_page, queue_page, trash_page
from ui.theme import icon
from ui.widgets import bell, dialogs, headings
from ui.widgets.palette import Palette

log = logging.getLogger(__name__)

PAGES: dict[str, Callable[..., Any]] = {
    "/": home_page,
    "/tickets": mine_page,
    "/tickets/new": new_ticket_page,
    "/tickets/{number}": ticket_page,
    "/queue": queue_page,
    "/search": search_page,
    "/trash": trash_page,
    "/notifications": notifications_page,
    "/profile": profile_page,
    "/admin/users": users_page,
    "/admin/teams": teams_page,
    "/admin/categories": categories_page,
    "/admin/deadlines": deadlines_page,
    "/admin/tokens": tokens_page,
    "/admin/webhooks": webhooks_page,
    "/admin/notifications": channels_page,
    "/admin/jobs": jobs_page,
    "/admin/settings": settings_page,
}

_ENTRIES: tuple[tuple[str, str, str, Action | None], ...] = (  # address, text, icon, right needed
    ("/", N_("Home"), "home", None),
    ("/tickets", N_("My tickets"), "ticket", None),
    ("/queue", N_("All tickets"), "inbox", Action.QUEUE_SEE),
    ("/trash", N_("Deleted tickets"), "trash", Action.TRASH_SEE),
    ("/admin/users", N_("User management"), "person", Action.USER_MANAGE),
    ("/admin/teams", N_("Teams"), "team", Action.TEAM_MANAGE),
    ("/admin/categories", N_("Categories"), "folder", Action.CATEGORY_MANAGE),
    ("/admin/deadlines", N_("Deadlines"), "clock", Action.DEADLINE_MANAGE),
    ("/admin/notifications", N_("E-mail and SMS"), "bell", Action.CHANNEL_MANAGE),
    ("/admin/tokens", N_("Tokens of the API"), "key", Action.TOKEN_MANAGE),
    ("/admin/webhooks", N_("Webhooks"), "link", Action.WEBHOOK_MANAGE),
    ("/admin/jobs", N_("Background work"), "play", Action.SCHEDULE_MANAGE),
    ("/admin/settings", N_("Settings"), "tool", Action.SETTINGS_MANAGE),
)
_ON_PHONES = ("/", "/tickets", "/queue", "/profile")
_PACKS: dict[str, Language] = {"fr": "fr", "en": "en-GB"}


def register() -> None:
    """Bind the frame to every address of a page."""
    for path in PAGES:
        ui.page(path, response_timeout=15)(shell)


async def shell() -> None:
    """Draw the frame once; navigation then changes only what is inside."""
    do = door()
    loaded = await do.look(load)
    if loaded is None:
        return
    theme, unread = loaded
    client = ui.context.client
    _dress(client, do, theme)
    with client.layout:
        top = Fragment(_top(do, unread), act=_act)
        top.on("click", js_handler=palette_keys.SUMMONED)
        bottom = Fragment(_bottom(do))
    top.move(client.layout, 0)
    bottom.classes("bottom")
    do.offer_undo = Toast(do).offer
    Fragment(div("#announcer.sr-only", aria_live="polite"))
    Fragment(_connection())
    Palette(do, _commands(do), act=_act)
    bell.follow(do, unread)
    with ui.element("div").classes("content").props("id=content tabindex=-1"):
        Guarded(PAGES)

    def show_place(path: str) -> None:
        client.run_javascript(browser.call("nav", path))

    client.sub_pages_router.on_path_changed(show_place)
    client.run_javascript(browser.call("nav", client.sub_pages_router.current_path))
    client.run_javascript(browser.call("quiet"))


def load(s: Session, by: Actor) -> tuple[Theme, int]:
    """Fetch what the frame depends on: colours, and how much one has not read."""
    return accounts.profile(s, by).theme, inbox.unread(s, by)


class Guarded(SubPages, component="sub_pages.js"):
    """Navigation inside the frame: a socket message, which no HTTP middleware sees (R-25)."""

    def _render_page(self, match: RouteMatch) -> bool:
        do = door()
        speak(do.language)
        if self.client.request.scope["state"].get("is_cut"):
            self.client.run_javascript(sockets.LEAVE)
            return True
        if not self._router.is_initial_request:
            self.client.run_javascript(browser.call("focus", "page-title"))
        return bool(super()._render_page(match))

    def _render_404(self) -> None:
        headings.refused(NotFound())

    def _render_error(self, error: Exception) -> None:
        request_id = self.client.request.scope["state"]["request_id"]
        log.error("the page failed, request %s", request_id, exc_info=error)
        headings.refused(Broken(id=request_id))


class Broken(DomainError):
    """A page failed: what the person sees is a number that support can look up."""

    code = "broken"
    sentence = N_("This page could not be shown. Tell your administrator this number: {id}.")


class Toast(Fragment):
    """Says what was done, and offers to undo it as long as that is possible."""

    def __init__(self, do: Door) -> None:
        super().__init__("", act=self._acted)
        self._do = do
        self._event_ids: list[int] = []
        self.classes("toast-place").props("role=status aria-live=polite")
        self._ending: asyncio.TimerHandle | None = None

    def offer(self, sentence: str, event_ids: list[int]) -> None:
        """Show a sentence for OFFERED_SECONDS; one gesture may have changed many tickets."""
        if self._ending:
            self._ending.cancel()
            self._ending = None
        self._event_ids = event_ids
        self.show(_toast(sentence))
        loop = asyncio.get_running_loop()
        self._ending = loop.call_later(undo.OFFERED_SECONDS, self._end)

    async def _acted(self, action: str, _value: Any) -> None:
        if action == "undo":
            await self._undo()
        self._end()

    async def _undo(self) -> None:
        if len(self._event_ids) == 1:
            await self._do(undo.undo, self._event_ids[0])
            return
        for start in range(0, len(self._event_ids), bulk.CHUNK):
            await self._do(bulk.take_back, self._event_ids[start : start + bulk.CHUNK])

    def _end(self) -> None:
        if not self.is_deleted:
            self.show("")


def _act(action: str, _value: Any) -> None:
    """Do what the frame’s own controls are for."""
    if action == "shortcuts":
        dialogs.shortcuts()


def _dress(client: Client, do: Door, theme: Theme) -> None:
    """Give this page the person’s language and colours."""
    client.page = copy.copy(client.page)
    client.page.language = _PACKS[do.language]
    client.page.dark = {Theme.LIGHT: False, Theme.DARK: True, Theme.SYSTEM: None}[theme]
    ui.add_head_html(
        f'<link rel="stylesheet" href="{statics.url("app.css")}">'
        f'<link rel="manifest" href="/manifest.json">'
        f'<meta name="theme-color" content="#1d4ed8">'
        f'<script src="{statics.url("browser.js")}"></script>'
    )


def _top(do: Door, unread: int) -> str:
    return str(
        header(".top")[
            a(".skip-link", href="#content")[_("Skip to the content")],
            a(".brand", href="/")[icon("ticket"), span["AppTicket"]],
            nav(".rail", aria_label=_("Main menu"))[[_entry(do, *entry) for entry in _ENTRIES]],
            div(".top-tools")[
                button(
                    ".search-open",
                    type="button",
                    data_palette="",
                    data_testid="palette",
                    aria_label=_("Search and commands"),
                    aria_haspopup="dialog",
                    aria_keyshortcuts="Control+k",
                )[icon("search"), span[_("Search")], kbd(aria_hidden="true")[_("Ctrl K")]],
                button(
                    ".icon-button.help",
                    type="button",
                    data_action="shortcuts",
                    aria_label=_("Keyboard shortcuts"),
                    aria_keyshortcuts="?",
                    title=_("Keyboard shortcuts"),
                )[icon("help")],
                a(
                    ".button.primary.create",
                    href="/tickets/new",
                    data_testid="create",
                    aria_keyshortcuts="n",
                )[icon("plus"), span[_("Create a ticket")]],
                bell.link(unread),
                a(
                    ".me",
                    href="/profile",
                    data_nav="",
                    aria_label=_("My profile: {name}").format(name=do.by.name),
                )[marks.avatar(do.by.name, hue=do.by.id), span(".me-name")[do.by.name]],
                form(method="post", action="/logout")[
                    button(
                        ".icon-button", type="submit", aria_label=_("Sign out"), title=_("Sign out")
                    )[icon("out")]
                ],
            ],
        ]
    )


def _entry(do: Door, address: str, text: str, drawn: str, needed: Action | None) -> Element | None:
    if needed and not allows(do.by, needed):
        return None
    return a(href=address, data_nav="")[icon(drawn), span[_(text)]]


def _commands(do: Door) -> list[Option]:
    """Return the pages and actions that the palette offers this person."""
    page, action = _("Page"), _("Action")
    pages = [
        Option(_(text), page, drawn, address)
        for address, text, drawn, needed in _ENTRIES
        if not needed or allows(do.by, needed)
    ]
    return [
        Option(_("Create a ticket"), action, "plus", "/tickets/new"),
        *pages,
        Option(_("Notifications"), page, "bell", "/notifications"),
        Option(_("My profile"), page, "person", "/profile"),
        Option(_("Search everywhere"), page, "search", "/search"),
        Option(_("Keyboard shortcuts"), action, "help", action="shortcuts"),
        Option(_("Sign out"), action, "out", action="sign-out"),
    ]


def _bottom(do: Door) -> str:
    """Draw a phone’s bar: what everybody needs, and a sheet with the rest for who has more."""
    entries = [entry for entry in _ENTRIES if entry[0] in _ON_PHONES]
    profile = ("/profile", N_("My profile"), "person", None)
    has_more = allows(do.by, Action.USER_MANAGE)
    more = button(type="button", popovertarget="menu-sheet")[icon("menu"), span[_("Menu")]]
    sheet = nav("#menu-sheet.menu-sheet", popover="auto", aria_label=_("Whole menu"))[
        [_entry(do, *entry) for entry in _ENTRIES]
    ]
    return str(
        fragment[
            nav(".bottom-bar", aria_label=_("Menu"))[
                [_entry(do, *entry) for entry in (*entries, profile)], has_more and more
            ],
            has_more and sheet,
        ]
    )


def _connection() -> str:
    text = _("Connection lost: reconnecting. What you typed is kept.")
    return str(div("#connection.connection", role="status", hidden=True)[text])


def _toast(sentence: str) -> str:
    return str(
        div(".toast", data_testid="toast")[
            span[sentence],
            button(
                ".button.small",
                type="button",
                data_action="undo",
                data_testid="undo",
            )[_("Undo")],
            button(".icon-button", type="button", data_action="dismiss", aria_label=_("Close"))[
                icon("cross")
            ],
        ]
    )
