"""The conversation of a ticket: messages as they were said, and what happened between them."""

from datetime import datetime

from htpy import Element, details, div, li, p, span, summary

from data.models import Attachment
from services import labels
from services.history import FieldChange, HistoryLine
from services.permissions import Action
from services.rich import rich
from services.ticket_view import Message, TicketView
from services.words import _, ngettext
from ui import dates
from ui.fragments import marks
from ui.theme import icon


def items(view: TicketView, zone: str) -> list[tuple[str, str]]:
    """Return the whole conversation as keyed list items, oldest first.

    What happened between two messages is folded into one line.
    """
    found: list[tuple[str, str]] = [("description", str(_description(view, zone)))]
    said: list[Message | HistoryLine] = sorted([*view.messages, *view.history], key=_when)
    folded: list[HistoryLine] = []
    for thing in said:
        if isinstance(thing, HistoryLine):
            folded.append(thing)
            continue
        if folded:
            found.append(_folded(folded, zone))
            folded = []
        found.append((f"comment-{thing.comment.id}", str(_message(thing, view, zone))))
    if folded:
        found.append(_folded(folded, zone))
    return found


def _when(thing: Message | HistoryLine) -> datetime:
    return thing.comment.created_at if isinstance(thing, Message) else thing.at


def _description(view: TicketView, zone: str) -> Element:
    ticket = view.ticket
    said_by = ticket.requester.name
    return li(".message.theirs.description", data_key="description")[
        marks.avatar(said_by, hue=ticket.requester_id),
        div(".bubble")[
            div(".message-head")[
                span(".author")[said_by],
                ticket.created_by_id != ticket.requester_id
                and span(".muted")[_("entered by {name}").format(name=ticket.created_by.name)],
                dates.age(ticket.created_at, zone),
                Action.TICKET_EDIT in view.may
                and marks.icon_button("edit_description", "", _("Edit the description"), "edit"),
            ],
            div(".rich")[rich(ticket.description)]
            if ticket.description
            else p(".muted")[_("No description.")],
            _files(view.files),
        ],
    ]


def _message(message: Message, view: TicketView, zone: str) -> Element:
    comment = message.comment
    side = "mine" if message.is_mine else "theirs"
    return li(
        class_=["message", side, {"internal": comment.is_internal}],
        data_key=f"comment-{comment.id}",
        data_testid="comment",
    )[
        marks.avatar(message.author, hue=comment.author_id),
        div(".bubble")[
            div(".message-head")[
                span(".author")[message.author],
                comment.is_internal and span(".chip.note")[icon("note"), _("Internal note")],
                dates.age(comment.created_at, zone),
                comment.edited_at is not None and span(".muted")[_("edited")],
                _tools(message, view),
            ],
            p(".muted")[_("This comment was deleted.")]
            if comment.deleted_at
            else div(".rich")[rich(comment.body)],
            _files(message.files),
        ],
    ]


def _tools(message: Message, view: TicketView) -> list[Element]:
    comment = message.comment
    key = str(comment.id)
    tools: list[Element] = []
    if comment.edited_at and not comment.deleted_at:
        tools.append(marks.icon_button("versions", key, _("Earlier versions"), "clock"))
    if message.is_mine and not comment.deleted_at and Action.TICKET_COMMENT in view.may:
        tools.append(marks.icon_button("edit_comment", key, _("Edit this comment"), "edit"))
        tools.append(marks.icon_button("delete_comment", key, _("Delete this comment"), "trash"))
    return tools


def _files(files: tuple[Attachment, ...]) -> Element | None:
    return div(".files")[[marks.file_link(file) for file in files]] if files else None


def _folded(lines: list[HistoryLine], zone: str) -> tuple[str, str]:
    """Draw what happened between two messages: one line, or several behind a summary."""
    key = f"events-{lines[0].event_id}"
    if len(lines) <= 2:
        inner: Element = div[[_event(line, zone) for line in lines]]
    else:
        count = ngettext("{n} change", "{n} changes", len(lines)).format(n=len(lines))
        inner = details[
            summary[f"{count} · {lines[-1].actor or 'AppTicket'} {lines[-1].sentence}"],
            [_event(line, zone) for line in lines],
        ]
    return key, str(li(".events", data_key=key)[inner])


def _event(line: HistoryLine, zone: str) -> Element:
    return p(".event", data_testid="event")[
        span(".author")[line.actor or "AppTicket"],
        " ",
        line.sentence,
        [_change(change, zone) for change in line.changes],
        " · ",
        dates.age(line.at, zone),
    ]


def _change(change: FieldChange, zone: str) -> Element:
    name = _(labels.FIELD.get(change.field, change.field))
    if change.field == "description":
        return span(".change")[name]
    return span(".change")[
        _("{field}:").format(field=name),
        " ",
        _value(change.before, zone),
        " → ",
        _value(change.after, zone),
    ]


def _value(value: str | datetime | None, zone: str) -> str:
    if value is None:
        return "—"
    return dates.short(value, zone) if isinstance(value, datetime) else value
