"""A row of a list of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass

from htpy import Element, Node, a, button, div, input, label, li, span

from data.models import Status
from services.lists import TicketLine
from services.words import _, ngettext, speaking
from ui import dates
from ui.fragments import marks
from ui.presence import Viewer
from ui.theme import icon


@dataclass(frozen=True, slots=True)
class Look:
    """For whom a row is drawn: all who have the same look get the same HTML."""

    language: str
    zone: str
    is_staff: bool
    may_take: bool
    is_trash: bool = False
    may_select: bool = False


def row(line: TicketLine, look: Look, viewers: Sequence[Viewer] = ()) -> str:
    """Draw one ticket as a list item that leads to its page."""
    with speaking(look.language):
        return str(
            li(
                class_=["row", {"answered": line.answered_by_requester and look.is_staff}],
                data_key=str(line.number),
                data_testid="row",
            )[
                look.may_select and _tick(line),
                marks.priority_mark(line.priority),
                _main(line, look, viewers),
                span(".row-status")[marks.status_chip(line.status, line.pending_reason)],
                span(".row-lead")[_lead(line, look)],
                span(".row-due")[marks.due(line, look.zone)],
                span(".row-age")[dates.age(line.updated_at, look.zone)],
                _actions(line, look),
            ]
        )


def _tick(line: TicketLine) -> Element:
    """Draw the box that adds a ticket to the selection: `x`, and from there on `X`."""
    return label(".row-tick")[
        input(
            type="checkbox",
            aria_label=_("Select ticket #{n}").format(n=line.number),
            aria_keyshortcuts="x",
            data_testid="tick",
        )
    ]


def _main(line: TicketLine, look: Look, viewers: Sequence[Viewer]) -> Element:
    return span(".row-main")[
        a(".row-title", href=f"/tickets/{line.number}")[
            span(".number")[f"#{line.number}"], " ", line.title
        ],
        span(".row-context")[
            look.is_staff and span[line.requester or _("Without a name")],
            line.category and span[line.category],
            line.team and span[line.team],
            line.comment_count > 0 and _comments(line, look),
            span(f"#presence-{line.number}.presence")[look.is_staff and here(viewers)],
        ],
    ]


def heads(current: str, *, is_up: bool, look: Look) -> str:
    """Draw the heads of the columns, each of which orders the list; on a phone there is none."""

    def head(name: str, text: str) -> Element:
        is_current = name == current
        way = _("ascending") if is_up else _("descending")
        return button(
            class_=["head", f"head-{name}"],
            type="button",
            data_action="sort",
            data_value=name,
            data_testid=f"sort-{name}",
            aria_pressed="true" if is_current else "false",
            aria_label=_("Sort by {column}").format(column=text)
            + (_(", now {way}").format(way=way) if is_current else ""),
        )[text, is_current and icon("up" if is_up else "down")]

    with speaking(look.language):
        tick = look.may_select and span(".row-tick")
        return str(
            div(class_="heads", role="group", aria_label=_("Order of the list"))[
                tick,
                head("priority", _("Priority")),
                span(".head-main")[
                    head("number", _("Number")),
                    head("title", _("Title")),
                    look.is_staff and head("requester", _("Requester")),
                ],
                head("status", _("Status")),
                head("lead", _("Lead")),
                head("due", _("Deadline")),
                head("updated", _("Changed")),
            ]
        )


def here(viewers: Sequence[Viewer]) -> list[Element]:
    """Draw who is at a ticket, for staff."""
    return [
        span(
            class_=["viewer", {"typing": viewer.is_typing or viewer.is_typing_note}],
            title=_("{name} is typing…").format(name=viewer.name)
            if viewer.is_typing or viewer.is_typing_note
            else _("{name} is looking at this ticket").format(name=viewer.name),
        )[marks.avatar(viewer.name, hue=viewer.person_id)]
        for viewer in viewers
    ]


def _comments(line: TicketLine, look: Look) -> Element:
    count = ngettext("{n} comment", "{n} comments", line.comment_count)
    text = count.format(n=line.comment_count)
    if line.answered_by_requester and look.is_staff:
        return span(".needs-me")[icon("chat"), _("The requester answered")]
    return span[icon("chat"), text]


def _lead(line: TicketLine, look: Look) -> Node:
    """Draw who leads; where nobody does, the button of who may."""
    if look.may_take and line.lead is None and line.status in _TAKEABLE and not look.is_trash:
        return _button("take", _("Take"), line)
    more = len(line.helpers)
    names = ", ".join(name for _id, name in line.helpers)
    return [
        marks.person(line.lead, line.lead_id or 0),
        more > 0 and span(".muted", title=names, aria_label=names)[f"+{more}"],
    ]


def _actions(line: TicketLine, look: Look) -> Element | None:
    if not look.is_trash:
        return None
    return span(".row-actions")[
        _button("restore", _("Restore"), line), _button("purge", _("Purge…"), line)
    ]


def _button(action: str, text: str, line: TicketLine) -> Element:
    label = f"{text} #{line.number} {line.title}"
    return button(
        ".button.small",
        type="button",
        data_action=action,
        aria_label=label,
        aria_keyshortcuts="t" if action == "take" else None,
    )[text]


_TAKEABLE = (Status.NEW, Status.IN_PROGRESS, Status.PENDING)
