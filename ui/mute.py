"""« No more of this ticket »: a link in a mail, which needs no sign-in (RFC 8058; R-12).

Following the link asks; only the button, or a mail program’s own one-click request, changes
something. The link is the right: it names one person and one ticket, and nobody makes one up.
"""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from htpy import Node, a, button, form, p
from sqlalchemy.orm import Session

from data import db
from data.threads import in_thread
from services import postmarks, preferences, sessions
from services.errors import DomainError, NotFound
from services.words import _
from ui.document import document, not_found

router = APIRouter(include_in_schema=False)


@router.get("/mute/{token}")
async def ask(token: str) -> Response:
    """Ask whether somebody means it; a program that follows links changes nothing."""
    found = postmarks.muted_by(token)
    if found is None:
        return HTMLResponse(not_found(), 404)
    text = _(
        "You will get no more messages about ticket #{number}, unless somebody mentions you."
    ).format(number=found[1])
    return _page(
        _("No more messages about ticket #{number}").format(number=found[1]),
        p[text],
        form(method="post", action=f"/mute/{token}")[
            button(".button.primary.wide", type="submit", data_testid="mute")[
                _("Hear no more of this ticket")
            ]
        ],
    )


@router.post("/mute/{token}")
async def mute(token: str) -> Response:
    """Tell somebody no more of a ticket; doing it twice changes nothing."""
    found = postmarks.muted_by(token)
    if found is None:
        return HTMLResponse(not_found(), 404)
    try:
        await in_thread(db.write, lambda s: _mute(s, *found))
    except DomainError:  # they may see it no longer, and hear of it no more anyway
        return HTMLResponse(not_found(), 404)
    text = _("You get no more messages about ticket #{number}, unless somebody mentions you.")
    return _page(
        _("Done"),
        p[text.format(number=found[1])],
        a(".button", href=f"/tickets/{found[1]}")[_("Open the ticket")],
    )


def _mute(s: Session, user_id: int, number: int) -> None:
    try:
        by = sessions.actor_of(s, user_id)
    except DomainError:
        raise NotFound from None
    preferences.mute(s, by, number)


def _page(heading: str, *content: Node) -> Response:
    return HTMLResponse(document(heading, *content))
