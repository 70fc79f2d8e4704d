"""Where one can go from every page, as far as one may: the bars of the frame, and the palette."""

from htpy import Element, a, button, div, form, fragment, header, kbd, nav, span

from services.permissions import Action, Actor, allows
from services.words import N_, _
from ui.fragments import marks
from ui.fragments.hits import Option
from ui.theme import icon
from ui.widgets import bell

_ENTRIES: tuple[tuple[str, str, str, Action | None], ...] = (  # address, text, icon, right needed
    ("/", N_("Home"), "home", None),
    ("/tickets", N_("My tickets"), "ticket", None),
    ("/queue", N_("All tickets"), "inbox", Action.QUEUE_SEE),
    ("/stats", N_("Statistics"), "chart", Action.STATS_SEE),
    ("/stats/recurring", N_("Recurring problems"), "again", Action.STATS_SEE),
    ("/reports", N_("Reports"), "note", Action.REPORT_SEE),
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


def top(by: Actor, unread: int) -> str:
    """Draw the bar at the top: where one can go, and what one can do from anywhere."""
    return str(
        header(".top")[
            a(".skip-link", href="#content")[_("Skip to the content")],
            a(".brand", href="/")[icon("ticket"), span["AppTicket"]],
            nav(".rail", aria_label=_("Main menu"))[[_entry(by, *entry) for entry in _ENTRIES]],
            div(".top-tools")[
                _search(), _help(), _create(), bell.link(unread), _me(by), _sign_out()
            ],
        ]
    )


def bottom(by: Actor) -> str:
    """Draw a phone’s bar: what everybody needs, and a sheet with the rest for who has more."""
    entries = [entry for entry in _ENTRIES if entry[0] in _ON_PHONES]
    profile = ("/profile", N_("My profile"), "person", None)
    others = [entry for entry in _ENTRIES if entry[0] not in _ON_PHONES]
    has_more = any(needed and allows(by, needed) for _path, _text, _icon, needed in others)
    more = button(type="button", popovertarget="menu-sheet")[icon("menu"), span[_("Menu")]]
    sheet = nav("#menu-sheet.menu-sheet", popover="auto", aria_label=_("Whole menu"))[
        [_entry(by, *entry) for entry in _ENTRIES]
    ]
    return str(
        fragment[
            nav(".bottom-bar", aria_label=_("Menu"))[
                [_entry(by, *entry) for entry in (*entries, profile)], has_more and more
            ],
            has_more and sheet,
        ]
    )


def commands(by: Actor) -> list[Option]:
    """Return the pages and actions that the palette offers this person."""
    page, action = _("Page"), _("Action")
    pages = [
        Option(_(text), page, drawn, address)
        for address, text, drawn, needed in _ENTRIES
        if not needed or allows(by, needed)
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


def _search() -> Element:
    return button(
        ".search-open",
        type="button",
        data_palette="",
        data_testid="palette",
        aria_label=_("Search and commands"),
        aria_haspopup="dialog",
        aria_keyshortcuts="Control+k",
    )[icon("search"), span[_("Search")], kbd(aria_hidden="true")[_("Ctrl K")]]


def _help() -> Element:
    return button(
        ".icon-button.help",
        type="button",
        data_action="shortcuts",
        aria_label=_("Keyboard shortcuts"),
        aria_keyshortcuts="?",
        title=_("Keyboard shortcuts"),
    )[icon("help")]


def _create() -> Element:
    return a(
        ".button.primary.create",
        href="/tickets/new",
        data_testid="create",
        aria_keyshortcuts="n",
    )[icon("plus"), span[_("Create a ticket")]]


def _me(by: Actor) -> Element:
    return a(
        ".me",
        href="/profile",
        data_nav="",
        aria_label=_("My profile: {name}").format(name=by.name),
    )[marks.avatar(by.name, hue=by.id), span(".me-name")[by.name]]


def _sign_out() -> Element:
    words = _("Sign out")
    return form(method="post", action="/logout")[
        button(".icon-button", type="submit", aria_label=words, title=words)[icon("out")]
    ]


def _entry(by: Actor, address: str, text: str, drawn: str, needed: Action | None) -> Element | None:
    if needed and not allows(by, needed):
        return None
    return a(href=address, data_nav="")[icon(drawn), span[_(text)]]
