"""Whoever may not see something gets the same answers whether it is there or not (T-3)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import files
from data.models import Attachment, Comment, LinkKind, Status, Ticket
from services import (
    attachments,
    categories,
    comments,
    counters,
    creation,
    drafts,
    events,
    history,
    links,
    lists,
    search,
    tags,
    ticket_view,
    tickets,
    transitions,
    trash,
    users,
)
from services.creation import NewTicket
from services.errors import DomainError
from services.filters import Filter
from services.permissions import Actor
from tests.conftest import People

SECRET = "zébulon"


def answer(look: Callable[[], object]) -> str:
    """Return everything a service says, refusals included, as text."""
    try:
        return repr(events.plain(unfolded(look())))
    except DomainError as refusal:
        return f"{refusal.code}: {refusal.say()}"


def unfolded(value: Any) -> Any:
    """Return a value with the contents of rows and dataclasses laid open."""
    if hasattr(value, "__table__"):
        return {column.key: getattr(value, column.key) for column in value.__table__.columns}
    if hasattr(value, "__dataclass_fields__"):
        return {name: unfolded(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, list | tuple | set | frozenset):
        return sorted((unfolded(inner) for inner in value), key=repr)
    if isinstance(value, dict):
        return {repr(key): unfolded(inner) for key, inner in value.items()}
    return value


def everything_told(s: Session, by: Actor, number: int, foreign: int) -> dict[str, str]:
    """Ask every reading service as one person."""
    s.commit()
    s.expire_all()
    looks: dict[str, Callable[[], object]] = {
        "view": lambda: ticket_view.load(s, by, number),
        "foreign view": lambda: ticket_view.load(s, by, foreign),
        "foreign": lambda: tickets.get(s, by, foreign),
        "history": lambda: history.of(s, by, number),
        "counts": lambda: counters.count(s, by).views,
        "mine": lambda: counters.mine(s, by),
        "list searched": lambda: lists.page(s, by, Filter(text=SECRET)),
        "count": lambda: lists.count(s, by, Filter()),
        "lines": lambda: lists.lines(s, by, [number, foreign]),
        "trash": lambda: trash.count(s, by),
        "people": lambda: users.search(s, by, "", kind="anyone"),
        "tags": lambda: tags.suggestions(s, by, ""),
        "categories": lambda: [c.path for c in categories.offered(s)],
        "draft": lambda: drafts.get(s, by, comments.draft_of(number)),
        "comments": each(s, by, comments.get, Comment),
        "versions": each(s, by, comments.versions, Comment),
        "files": each(s, by, attachments.get, Attachment),
    }
    texts = (SECRET, f"-{SECRET}", SECRET[:3], f"imprimante {SECRET}", "imprimante")
    for ask in (search.everything, search.typing, search.tickets):
        for place, text in enumerate(texts):
            looks[f"{ask.__name__} {place}"] = partial(hits, ask, s, by, text)
    for sort in lists.SORTS:
        for reverse in (False, True):
            looks[f"list by {sort} {reverse}"] = partial(
                lists.page, s, by, Filter(), sort=sort, reverse=reverse
            )
    return {name: answer(look) for name, look in looks.items()}


def hits(ask: Callable[..., search.Found], s: Session, by: Actor, text: str) -> object:
    """Return what a search found, without what was asked for."""
    found = ask(s, by, text)
    return found.hits, found.after is None


def each(
    s: Session, by: Actor, look: Callable[..., object], table: type[Comment | Attachment]
) -> Callable[[], object]:
    """Return a look at the six ids from the first one on, whether they are there or not."""
    first = s.scalars(select(func.min(table.id))).one() or 1
    return lambda: [answer(partial(look, s, by, n)) for n in range(first, first + 6)]


def stored(text: str) -> files.Stored:
    intake = files.Intake()
    intake.write(text.encode())
    return intake.finish(f"{text}.txt")


def note(s: Session, people: People, number: int) -> None:
    """Do all that can be done with notes."""
    attachments.add(s, people.bruno, comments.draft_of(number), stored(SECRET))
    first = comments.post(s, people.bruno, number, SECRET, internal=True)
    comments.edit(s, people.bruno, first.id, SECRET * 2)
    second = comments.post(s, people.chloe, number, SECRET, internal=True)
    comments.delete(s, people.chloe, second.id)
    comments.restore(s, people.chloe, second.id)
    drafts.save(s, people.bruno, comments.draft_of(number), {"body": SECRET})


@pytest.mark.parametrize("who", ["alice", "driss"])
def test_notes_and_foreign_tickets_leave_no_trace_in_any_answer(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    by = getattr(people, who)
    attachments.add(s, people.alice, comments.draft_of(ticket.number), stored("Public"))
    comments.post(s, people.alice, ticket.number, "Public")
    foreign = creation.create(s, people.chloe, NewTicket(title="Autre")).number
    before = everything_told(s, by, ticket.number, foreign)

    note(s, people, ticket.number)
    tickets.edit(s, people.bruno, foreign, {"title": SECRET, "description": SECRET})
    comments.post(s, people.bruno, foreign, SECRET)
    after = everything_told(s, by, ticket.number, foreign)

    assert after == before
    assert SECRET not in repr(after)
    assert SECRET in repr(everything_told(s, people.bruno, ticket.number, foreign))


def test_a_link_to_a_foreign_ticket_leaves_no_trace_but_that_there_is_one(
    s: Session, people: People, ticket: Ticket
) -> None:
    foreign = creation.create(s, people.driss, NewTicket(title=SECRET)).number

    links.add(s, people.bruno, ticket.number, LinkKind.BLOCKS, foreign)
    links.add(s, people.bruno, foreign, LinkKind.RELATES_TO, ticket.number)
    s.commit()

    assert ticket_view.load(s, people.alice, ticket.number).links == ()
    assert SECRET not in repr(everything_told(s, people.alice, ticket.number, foreign))


def test_a_blocked_requester_learns_no_foreign_number(
    s: Session, people: People, ticket: Ticket
) -> None:
    foreign = creation.create(s, people.driss, NewTicket(title=SECRET)).number
    links.add(s, people.bruno, foreign, LinkKind.BLOCKS, ticket.number)
    s.commit()

    refusal = answer(lambda: transitions.move(s, people.alice, ticket.number, Status.RESOLVED))

    assert refusal.startswith("not_allowed")
