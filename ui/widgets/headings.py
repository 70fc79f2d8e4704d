"""What a page begins with: its name, once, for eyes, tabs and screen readers."""

from htpy import a, div, h1, h2, header, p
from nicegui import ui

from services.errors import DomainError
from services.words import _
from ui.theme import icon


def page(title: str, hint: str = "") -> None:
    """Draw the one `h1` of a page, a sentence on what it is for, and name the browser’s tab."""
    ui.page_title(f"{title} · AppTicket")
    drawn = header(".page-head")[h1("#page-title", tabindex="-1")[title], hint and p[hint]]
    ui.html(str(drawn), sanitize=False).classes("page-head-place")


def part(title: str, *, key: str | None = None) -> None:
    """Draw the heading of a part of a page; a link leads to its `key`."""
    ui.html(str(h2(id=key)[title]), sanitize=False)


def unseen(title: str) -> None:
    """Name a part that eyes recognise by themselves, for screen readers."""
    ui.html(str(h2(".sr-only")[title]), sanitize=False)


def refused(refusal: DomainError) -> None:
    """Say in place of a page why it cannot be shown, and where to go."""
    drawn = div(".empty", role="alert")[
        icon("lock"),
        h1("#page-title", tabindex="-1")[refusal.say()],
        a(".button", href="/")[_("Back to the home page")],
    ]
    ui.html(str(drawn), sanitize=False)
