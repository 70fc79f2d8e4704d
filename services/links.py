"""Links between tickets, and from tickets to the world outside."""

from urllib.parse import urlsplit

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from data.models import ExternalLink, Link, LinkKind, Status, Ticket
from services import checks, events, tickets
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor
from services.words import N_

DIRECTED = (LinkKind.BLOCKS, LinkKind.PARENT_OF, LinkKind.DUPLICATE_OF)


def add(s: Session, by: Actor, number: int, kind: LinkKind, other: int) -> Link:
    """Link a ticket to another that `by` may see; twice the same is one link.

    Raises:
        NotFound: the ticket does not exist for `by`.
        Invalid: the other one does not; to itself, or in a circle (field `other`).
    """
    _lock(s, number, other)
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    try:
        target = tickets.get(s, by, other)
    except NotFound:
        raise Invalid({"other": N_("No ticket that you can see has this number.")}) from None
    if other == number:
        raise Invalid({"other": N_("A ticket cannot be linked to itself.")})
    if there := find(s, ticket, target, kind):
        return there
    if would_circle(s, ticket, target, kind):
        raise Invalid({"other": N_("These tickets would go round in a circle.")})
    link = put(s, by, ticket, target, kind)
    tickets.touched(ticket)
    return link


def put(s: Session, by: Actor, source: Ticket, target: Ticket, kind: LinkKind) -> Link:
    """Link two tickets without asking, and record it on both; a closed one stays as it is."""
    link = Link(
        source_number=source.number,
        target_number=target.number,
        kind=kind,
        created_by_id=by.id,
    )
    s.add(link)
    s.flush()
    _record(s, by, "link.added", link, source, target)
    return link


def find(s: Session, source: Ticket, target: Ticket, kind: LinkKind) -> Link | None:
    """Return the link between two tickets, if there is one; “relates to” has no direction."""
    ends = [(source.number, target.number)]
    if kind not in DIRECTED:
        ends.append((target.number, source.number))
    pair = tuple_(Link.source_number, Link.target_number)
    return s.scalar(select(Link).where(Link.kind == kind, pair.in_(ends)))


def would_circle(s: Session, source: Ticket, target: Ticket, kind: LinkKind) -> bool:
    """Tell whether a link between two tickets would close a circle."""
    return kind in DIRECTED and _leads_to(s, target.number, source.number, kind)


def remove(s: Session, by: Actor, number: int, link_id: int) -> None:
    """Take a link away, from either of its ends."""
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    link = s.get(Link, link_id)
    if link is None or number not in (link.source_number, link.target_number):
        raise NotFound
    other = tickets.get(
        s, by, link.target_number if link.source_number == number else link.source_number
    )
    s.delete(link)
    _record(s, by, "link.removed", link, ticket, other)
    tickets.touched(ticket)


def add_external(s: Session, by: Actor, number: int, url: str, title: str = "") -> ExternalLink:
    """Note an address outside; only http and https are links (security.md 2.2, 2)."""
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    problems = checks.Problems()
    with problems.collected():
        url = _safe(checks.line("url", url, at_most=2000, required=True))
    with problems.collected():
        title = checks.line("title", title, at_most=200)
    problems.raise_any()
    link = ExternalLink(ticket_number=number, url=url, title=title, created_by_id=by.id)
    s.add(link)
    s.flush()
    tickets.touched(ticket)
    events.record(s, by, ticket, "external_link.added", external_link_id=link.id)
    return link


def remove_external(s: Session, by: Actor, number: int, link_id: int) -> None:
    """Take an external link away."""
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    link = s.get(ExternalLink, link_id)
    if link is None or link.ticket_number != number:
        raise NotFound
    s.delete(link)
    tickets.touched(ticket)
    kind, url, title = "external_link.removed", link.url, link.title
    events.record(s, by, ticket, kind, external_link_id=link_id, url=url, title=title)


def _lock(s: Session, *numbers: int) -> None:
    """Lock both tickets in order of number: of two links that make a circle, the second is seen.

    Three people who close a circle of three at once are not; the administrator overrides it.
    """
    there = [number for number in numbers if 0 < number <= tickets.LARGEST]
    query = select(Ticket.number).where(Ticket.number.in_(there)).order_by(Ticket.number)
    s.execute(query.with_for_update())


def _record(s: Session, by: Actor, kind: str, link: Link, one: Ticket, two: Ticket) -> None:
    for end, far in ((one, two), (two, one)):
        outward = end.number == link.source_number
        if end.status is not Status.CLOSED:
            events.record(s, by, end, kind, link=link.kind, other=far.number, outward=outward)


def _safe(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise Invalid({"url": N_("Enter a whole address that begins with https:// or http://.")})
    return url


def _leads_to(s: Session, start: int, goal: int, kind: LinkKind) -> bool:
    """Tell whether following links of this kind from `start` arrives at `goal`."""
    seen: set[int] = set()
    frontier = {start}
    while frontier:
        if goal in frontier:
            return True
        seen |= frontier
        query = select(Link.target_number).where(
            Link.kind == kind, Link.source_number.in_(frontier)
        )
        frontier = set(s.scalars(query)) - seen
    return False
