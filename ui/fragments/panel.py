"""The properties of a ticket; each is changed where it stands."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from htpy import (
    Element,
    Node,
    a,
    dd,
    div,
    dl,
    dt,
    h2,
    input,
    label,
    option,
    select,
    span,
)

from data.models import Impact, Priority, Target, Ticket, TicketType, Urgency
from services import deadlines, labels
from services.permissions import Action
from services.ticket_view import LinkedTicket, TicketView
from services.words import _
from ui import dates
from ui.fragments import marks

Options = Sequence[tuple[int, str]]
E = TypeVar("E", bound=StrEnum)


def properties(view: TicketView, teams: Options, categories: Options, zone: str) -> str:
    """Draw people, sorting and deadlines, links, tags; as controls where one may change them."""
    may_edit = Action.TICKET_EDIT in view.may
    return str(
        div(".panel")[
            h2[_("Properties")],
            dl[
                _who(view),
                _sorted(view, teams, categories),
                _deadlines(view, zone, may=may_edit),
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


def _deadlines(view: TicketView, zone: str, *, may: bool) -> list[Element]:
    return [
        _row(_(labels.FIELD[name]), _due(view, target, zone), _why(target))
        for target, name in deadlines.DUE.items()
        if getattr(view.ticket, name) and not (may and target is Target.RESOLVE)
    ] + ([_due_field(view, zone)] if may else [])


def _due(view: TicketView, target: Target, zone: str) -> Node:
    """Draw a deadline: how long remains, or when it was."""
    if target in view.countdowns:
        return marks.countdown(view.countdowns[target], zone)
    return dates.stamp(getattr(view.ticket, deadlines.DUE[target]), zone)


def _due_field(view: TicketView, zone: str) -> Element:
    """Draw the deadline that a person may decide, and give back to the policy."""
    ticket = view.ticket
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
                _due(view, Target.RESOLVE, zone),
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


_KEYS = {"assign": "a"}
