"""The frame every page shares: navigation, top bar, toast; a click changes only what is inside."""

import copy
import logging
from collections.abc import Callable
from typing import Any

from htpy import div
from nicegui import Client, ui
from nicegui.elements.sub_pages import SubPages
from nicegui.language import Language
from nicegui.page_arguments import RouteMatch
from sqlalchemy.orm import Session

from data.models import Theme
from services import accounts, inbox
from services.errors import DomainError, NotFound
from services.permissions import Actor
from services.words import N_, _, speak
from ui import browser, palette_keys, sockets, statics
from ui.door import Door, door
from ui.fragments.base import Fragment
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
from ui.pages.recurring import recurring_page
from ui.pages.report import report_page
from ui.pages.reports import reports_page
from ui.pages.search import search_page
from ui.pages.statistics import statistics_page
from ui.pages.stats_tickets import stats_tickets_page
from ui.pages.ticket import ticket_page
from ui.pages.ticket_list import mine_page, queue_page, trash_page
from ui.widgets import bell, dialogs, headings, menu
from ui.widgets.palette import Palette
from ui.widgets.toast import Toast

log = logging.getLogger(__name__)

PAGES: dict[str, Callable[..., Any]] = {
    "/": home_page,
    "/tickets": mine_page,
    "/tickets/new": new_ticket_page,
    "/tickets/{number}": ticket_page,
    "/queue": queue_page,
    "/search": search_page,
    "/trash": trash_page,
    "/stats": statistics_page,
    "/stats/tickets": stats_tickets_page,
    "/reports": reports_page,
    "/reports/{number}": report_page,
    "/notifications": notifications_page,
    "/profile": profile_page,
    "/stats/recurring": recurring_page,
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
        top = Fragment(menu.top(do.by, unread), act=_act)
        top.on("click", js_handler=palette_keys.SUMMONED)
        bottom = Fragment(menu.bottom(do.by))
    top.move(client.layout, 0)
    bottom.classes("bottom")
    do.offer_undo = Toast(do).offer
    Fragment(div("#announcer.sr-only", aria_live="polite"))
    Fragment(_connection())
    Palette(do, menu.commands(do.by), act=_act)
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


def _connection() -> str:
    text = _("Connection lost: reconnecting. What you typed is kept.")
    return str(div("#connection.connection", role="status", hidden=True)[text])
