"""The head of a ticket: what it is, where it stands, and what can be done about it now."""

from collections.abc import Iterable

from htpy import Element, Node, a, button, div, h1, span

from data.models import Status, Ticket
from services import labels
from services.permissions import Action
from services.ticket_view import TicketView
from services.words import _
from ui.fragments import burst, marks
from ui.fragments.rows import here
from ui.presence import Viewer
from ui.theme import icon

VERBS: dict[Status, tuple[str, str]] = {  # what the button says, and its icon
    Status.IN_PROGRESS: ("resume", "play"),
    Status.PENDING: ("pend", "pause"),
    Status.RESOLVED: ("resolve", "check"),
    Status.CLOSED: ("close", "lock"),
    Status.CANCELLED: ("cancel", "cross"),
}


def head(view: TicketView, viewers: Iterable[Viewer], *, is_staff: bool) -> str:
    """Draw number, title, status and the transitions that are allowed now."""
    ticket = view.ticket
    return str(
        div(".ticket-head")[
            div(".ticket-title")[
                h1("#page-title", tabindex="-1")[
                    span(".number")[f"#{ticket.number}"], " ", ticket.title
                ],
                Action.TICKET_EDIT in view.may
                and marks.icon_button("edit_title", "", _("Edit the title"), "edit", key="e"),
            ],
            div(".ticket-line")[
                marks.status_chip(ticket.status, ticket.pending_reason),
                ticket.pending_reason
                and span(".muted")[_(labels.PENDING_REASON[ticket.pending_reason])],
                marks.priority_mark(ticket.priority, with_word=True),
                span(".presence", data_testid="presence")[is_staff and here(list(viewers))],
                button(".button.side-opener", type="button", popovertarget="properties")[
                    icon("filter"), _("Properties")
                ],
            ],
            burst.line(view.burst),
            div(".toolbar")[_verbs(view)],
        ]
    )


def _verbs(view: TicketView) -> list[Node]:
    ticket = view.ticket
    found: list[Node] = []
    if view.awaits_me:
        found.append(_verb("accept", "", _("Accept"), "check", ".primary"))
        found.append(_verb("refuse", "", _("Refuse…"), "cross", ""))
    if Action.TICKET_TAKE in view.may and ticket.lead_id is None and ticket.status in _WORKABLE:
        found.append(_verb("take", "", _("Take"), "tool", ".primary"))
    for target in view.targets:
        text = _verb_text(ticket, target)
        found.append(_verb("move", target.value, text, VERBS[target][1], _weight(target)))
    if ticket.status is Status.CLOSED:
        address = f"/tickets/new?follows={ticket.number}"
        found.append(a(".button", href=address)[icon("plus"), _("Open a follow-up ticket")])
    if Action.TICKET_DELETE in view.may:
        found.append(_verb("delete", "", _("Delete"), "trash", ".quiet"))
    return found


def _weight(target: Status) -> str:
    return (
        ".primary" if target is Status.RESOLVED else ".quiet" if target is Status.CANCELLED else ""
    )


def _verb_text(ticket: Ticket, target: Status) -> str:
    if target is Status.IN_PROGRESS:
        if ticket.status is Status.NEW:
            return _("Start work")
        return _("Reopen") if ticket.status in _DONE else _("Resume work")
    return {
        Status.PENDING: _("Put on hold…"),
        Status.RESOLVED: _("Resolve"),
        Status.CLOSED: _("Close the ticket"),
        Status.CANCELLED: _("Cancel the ticket"),
    }[target]


def _verb(action: str, value: str, text: str, drawn: str, weight: str) -> Element:
    return button(
        f".button{weight}",
        type="button",
        data_action=action,
        data_value=value,
        data_testid=f"{action}-{value}" if value else action,
        aria_keyshortcuts="t" if action == "take" else None,
    )[icon(drawn), text]


_WORKABLE = (Status.NEW, Status.IN_PROGRESS, Status.PENDING)
_DONE = (Status.RESOLVED, Status.CANCELLED)
