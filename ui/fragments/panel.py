"""The head and the properties of a ticket; each property is changed where it stands."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from htpy import (
    Element,
    Node,
    a,
    button,
    dd,
    div,
    dl,
    dt,
    h1,
    h2,
    input,
    label,
    option,
    select,
    span,
)

from data.models import Impact, Priority, Status, Target, Ticket, TicketType, Urgency
from services import deadlines, labels
from services.permissions import Action
from services.ticket_view import LinkedTicket, TicketView
from services.words import _
from services.workflow import OPEN
from ui import dates
from ui.fragments import marks
from ui.fragments.rows import here
from ui.presence import Viewer
from ui.theme import icon

Options = Sequence[tuple[int, str]]
E = TypeVar("E", bound=StrEnum)

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
                Action.TICKET_EDIT in view.may and _pencil("edit_title", _("Edit the title")),
            ],
            div(".ticket-line")[
                marks.status_chip(ticket.status, ticket.pending_reason),
                ticket.pending_reason
                and span(".muted")[_(labels.PENDING_REASON[ticket.pending_reason])],
                marks.priority_mark(ticket.priority, with_word=True),
                span(".presence", data_testid="presence")[is_staff and here(list(viewers))],
            ],
            div(".toolbar")[
                _verbs(view),
                button(".button.side-opener", type="button", popovertarget="properties")[
                    icon("filter"), _("Properties")
                ],
            ],
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
        aria_keyshortcuts=_KEYS.get(action),
    )[icon(drawn), text]


def properties(view: TicketView, teams: Options, categories: Options, zone: str) -> str:
    """Draw people, sorting and deadlines, links, tags; as controls where one may change them."""
    may_edit = Action.TICKET_EDIT in view.may
    return str(
        div(".panel")[
            h2[_("Properties")],
            dl[
                _who(view),
                _sorted(view, teams, categories),
                _deadlines(view.ticket, zone, may=may_edit),
                _row(_("Created"), dates.stamp(view.ticket.created_at, zone)),
                _row(_("Channel"), _(labels.CHANNEL[view.ticket.channel])),
            ],
            _tags(view, may=may_edit),
            _links(view, may=may_edit),
            _external(view, may=may_edit),
        ]
    )


def _who(view: TicketView) -> list[Node]:
    """Draw the people of a ticket."""
    ticket = view.ticket
    may_note = Action.TICKET_NOTE in view.may
    may_assign = Action.TICKET_ASSIGN in view.may
    may_observe = Action.TICKET_OBSERVE in view.may
    return [
        _row(_("Requester"), _requester(ticket, links_to_list=may_note)),
        may_note and _row(_("Contact"), _contact(ticket)),
        _row(
            _("Lead"),
            marks.person(ticket.lead.name if ticket.lead else None, ticket.lead_id or 0),
            may_note and ticket.assigned_at is not None and _awaited(),
            may_assign and _pencil("assign", _("Assign the ticket")),
        ),
        _people(_("Helpers"), view.helpers, "helper", view.unaccepted, may=may_assign),
        _people(_("Observers"), view.observers, "observer", may=may_observe),
    ]


def _sorted(view: TicketView, teams: Options, categories: Options) -> list[Node]:
    """Draw where a ticket belongs and how much it matters."""
    ticket = view.ticket
    may_edit = Action.TICKET_EDIT in view.may
    may_assign = Action.TICKET_ASSIGN in view.may
    team = ticket.team.name if ticket.team else None
    category = ticket.category.path if ticket.category else None
    return [
        _chosen("team", _("Team"), ticket.team_id, team, teams, may=may_assign),
        _chosen("category", _("Category"), ticket.category_id, category, categories, may=may_edit),
        _level("type", labels.TYPE, TicketType, ticket.type, may=may_edit),
        _level("urgency", labels.URGENCY, Urgency, ticket.urgency, may=may_edit),
        _level("impact", labels.IMPACT, Impact, ticket.impact, may=may_edit),
        _level("priority", labels.PRIORITY, Priority, ticket.priority, may=may_edit),
    ]


def _row(name: str, *content: Node) -> Element:
    return div(".property")[dt[name], dd[content]]


def _requester(ticket: Ticket, *, links_to_list: bool) -> Element:
    drawn = marks.person(ticket.requester.name, ticket.requester_id)
    address = f"/queue?view=all&requester={ticket.requester_id}"
    title = _("All tickets of this person")
    return a(".plain", href=address, title=title)[drawn] if links_to_list else drawn


def _contact(ticket: Ticket) -> Node:
    person = ticket.requester
    phone = person.phone.replace(" ", "")
    return [
        span[a(href=f"mailto:{person.email}")[person.email]],
        phone and span[a(href=f"tel:{phone}")[person.phone]],
    ]


def _awaited() -> Element:
    return span(".muted.due-note")[_("Has not accepted yet")]


def _people(
    name: str,
    people: Sequence[tuple[int, str]],
    part: str,
    unaccepted: frozenset[int] = frozenset(),
    *,
    may: bool,
) -> Element | None:
    if not people and not may:
        return None
    return _row(
        name,
        [
            span(".removable")[
                marks.person(who, user_id),
                user_id in unaccepted and _awaited(),
                may and _cross(f"remove_{part}", str(user_id), _("Remove {name}").format(name=who)),
            ]
            for user_id, who in people
        ],
        may and _plus(f"add_{part}", name),
    )


def _chosen(
    name: str, title: str, value: int | None, text: str | None, options: Options, *, may: bool
) -> Element:
    if not may:
        return _row(title, text or "—")
    known = [*options, *([(value, text or "")] if value and value not in dict(options) else [])]
    return _select(
        f"set_{name}", title, str(value or ""), [("", "—"), *[(str(k), v) for k, v in known]]
    )


def _level(name: str, words: Mapping[E, str], kind: type[E], value: E, *, may: bool) -> Element:
    title = _(labels.FIELD[name])
    if not may:
        return _row(title, _(words[value]))
    return _select(f"set_{name}", title, value.value, [(m.value, _(words[m])) for m in kind])


def _select(action: str, title: str, value: str, options: Sequence[tuple[str, str]]) -> Element:
    name = f"property-{action}"
    return div(".property")[
        dt[label(for_=name)[title]],
        dd[
            select(id=name, data_action=action, data_testid=action)[
                [option(value=key, selected=key == value)[text] for key, text in options]
            ]
        ],
    ]


def _deadlines(ticket: Ticket, zone: str, *, may: bool) -> list[Element]:
    return [
        _row(_(labels.FIELD[name]), _due(ticket, target, zone), _why(target))
        for target, name in deadlines.DUE.items()
        if getattr(ticket, name) and not (may and target is Target.RESOLVE)
    ] + ([_due_field(ticket, zone)] if may else [])


def _due(ticket: Ticket, target: Target, zone: str) -> Node:
    """Draw a deadline: how long remains, or whether it was kept."""
    due_at = getattr(ticket, deadlines.DUE[target])
    if deadlines.is_met(ticket, target) or ticket.status not in OPEN:
        return dates.stamp(due_at, zone)
    is_by_hand = target is Target.RESOLVE and ticket.is_due_by_hand
    is_paused = ticket.status is Status.PENDING and not is_by_hand
    return marks.countdown(due_at, zone, is_paused=is_paused)


def _due_field(ticket: Ticket, zone: str) -> Element:
    """Draw the deadline that a person may decide, and give back to the policy."""
    name, due_at = labels.FIELD["resolve_due_at"], ticket.resolve_due_at
    text = _("Let the policy decide the deadline")
    field = input(
        "#property-due",
        type="datetime-local",
        value=dates.for_field(due_at, zone),
        data_action="set_due",
    )
    return div(".property")[
        dt[label(for_="property-due")[_(name)]],
        dd[
            field,
            due_at is not None
            and span(".due-line")[
                _due(ticket, Target.RESOLVE, zone),
                _why(Target.RESOLVE),
                ticket.is_due_by_hand and _small("clear_due", "", text, "cross"),
            ],
        ],
    ]


def _why(target: Target) -> Element:
    about = _(labels.TARGET[target])
    return _small("why", target.value, _("Why this deadline? {what}").format(what=about), "help")


def _tags(view: TicketView, *, may: bool) -> Element:
    return div(".panel-part")[
        h2[_("Tags"), may and _plus("add_tag", _("Tags"))],
        div(".tags")[
            [
                span(".tag")[
                    a(href=f"/queue?{urlencode({'view': 'all', 'tag': tag})}")[tag] if may else tag,
                    may and _cross("remove_tag", tag, _("Remove {name}").format(name=tag)),
                ]
                for tag in view.tags
            ]
            or span(".muted")[_("No tag")]
        ],
    ]


def _links(view: TicketView, *, may: bool) -> Element:
    return div(".panel-part")[
        h2[_("Linked tickets"), may and _plus("add_link", _("Linked tickets"))],
        [_link(linked, may=may) for linked in view.links] or span(".muted")[_("No linked ticket")],
    ]


def _link(linked: LinkedTicket, *, may: bool) -> Element:
    outward, inward = labels.LINK[linked.kind]
    name = f"#{linked.number}"
    return div(".linked")[
        span(".muted")[_(outward if linked.is_outward else inward)],
        a(href=f"/tickets/{linked.number}")[f"{name} {linked.title}"],
        marks.status_chip(linked.status),
        may and _cross("remove_link", str(linked.link_id), _("Remove {name}").format(name=name)),
    ]


def _external(view: TicketView, *, may: bool) -> Element | None:
    if not may and not view.external_links:
        return None
    return div(".panel-part")[
        h2[_("External links"), may and _plus("add_external", _("External links"))],
        [
            div(".linked")[
                a(href=link.url, target="_blank", rel="noopener noreferrer")[
                    link.title or link.url
                ],
                may
                and _cross(
                    "remove_external",
                    str(link.id),
                    _("Remove {name}").format(name=link.title or link.url),
                ),
            ]
            for link in view.external_links
        ]
        or span(".muted")[_("No external link")],
    ]


def _pencil(action: str, text: str) -> Element:
    return _small(action, "", text, "edit")


def _plus(action: str, name: str) -> Element:
    return _small(action, "", _("Add: {name}").format(name=name), "plus")


def _cross(action: str, value: str, text: str) -> Element:
    return _small(action, value, text, "cross")


def _small(action: str, value: str, text: str, drawn: str) -> Element:
    return marks.icon_button(action, value, text, drawn, key=_KEYS.get(action))


_KEYS = {"take": "t", "assign": "a", "edit_title": "e"}
_WORKABLE = (Status.NEW, Status.IN_PROGRESS, Status.PENDING)
_DONE = (Status.RESOLVED, Status.CANCELLED)
