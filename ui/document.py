"""A plain HTML page: sign-in, setup, what is not found. No socket, no NiceGUI client."""

from htpy import Node, a, body, div, h1, head, html, link, meta, p, title

from services.words import _, spoken
from ui import statics


def document(heading: str, *content: Node) -> str:
    """Return a whole page with one heading and its content in a card."""
    page = html(lang=spoken())[
        head[
            meta(charset="utf-8"),
            meta(name="viewport", content="width=device-width, initial-scale=1"),
            title[f"{heading} · AppTicket"],
            link(rel="stylesheet", href=statics.url("app.css")),
            link(rel="icon", href=statics.url("icon.svg")),
        ],
        body(".gate")[
            div(".gate-card", role="main")[p(".brand")["AppTicket"], h1[heading], content]
        ],
    ]
    return str(page)


def not_found() -> str:
    """Return the page for an address where there is nothing."""
    return document(
        _("Page not found"),
        p[_("This does not exist, or you do not have access to it.")],
        a(".button.primary", href="/")[_("Back to the home page")],
    )
