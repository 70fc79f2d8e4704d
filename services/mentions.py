"""Mentions: `@` and a name, or what stands before the @ of an address, calls somebody’s attention.

Only of people who may read it; whoever is mentioned is told once, and follows nothing by it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from data.models import Comment, User
from data.text import fold
from data.text_search import begun_in, said_in
from services import audiences, sessions, tickets
from services.permissions import (
    Action,
    Actor,
    Audience,
    comments_visible_to,
    is_staff,
    require,
    sees,
)

MOST = 20  # people mentioned by one comment
MOST_OFFERED = 6
_AT = re.compile(r"(?<![\w.+@-])@(?=\w)")  # an address is no mention
_ACCOUNT = re.compile(r"[\w.+-]*\w")
_WORD = re.compile(r"\w+")
LONGEST = 120  # characters of a name
_NAMESAKES = 50  # people looked at for one mention


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody who may be meant; `call` is what to write after the @, `about` tells namesakes."""

    id: int
    name: str
    call: str
    about: str = ""


def offer(s: Session, by: Actor, number: int, typed: str, *, internal: bool = False) -> list[Offer]:
    """Return whom one may mean by what is typed after an @, at most MOST_OFFERED.

    Only people who may read the message or note: to staff all of them, to a requester those they
    meet on the ticket. These come first; while nothing is typed they are all there is.

    Raises:
        NotFound, NotAllowed.
    """
    ticket = tickets.get(s, by, number)
    require(by, Action.TICKET_NOTE if internal else Action.TICKET_COMMENT, ticket)
    seen = audiences.around(s, [number])[number]
    near = {seen.requester_id, seen.lead_id, *seen.helper_ids, *seen.observer_ids, None} - {None}
    said = Comment.ticket_number == number
    authors = select(Comment.author_id).where(
        said, comments_visible_to(by), Comment.deleted_at.is_(None)
    )
    near |= set(s.scalars(authors.distinct()))
    query = select(User).where(*_typed(s, by, typed[:LONGEST]), *audiences.is_person())
    if not typed or not is_staff(by.role):
        query = query.where(User.id.in_(near))
    query = query.where(User.id != by.id).order_by(User.id.not_in(near), User.name, User.id)
    found = _readers(s, s.scalars(query.limit(_NAMESAKES)), seen, is_internal=internal)
    return _offers(found[:MOST_OFFERED], by)


def find(s: Session, comment: Comment, before: str = "") -> list[int]:
    """Return the ids of those whom a comment mentions and who may read it, but for its author.

    Those whom it mentioned `before` it was edited were told then.
    """
    calls = _calls(comment.body)
    if not calls:
        return []
    people = _people(s, comment, calls)
    earlier = {user.id for call in _calls(before) for user in _called(people, call)}
    found = [user.id for call in calls for user in _called(people, call)]
    return [user_id for user_id in dict.fromkeys(found) if user_id not in earlier][:MOST]


def _calls(body: str) -> list[str]:
    return [body[at.end() :][:LONGEST] for at in islice(_AT.finditer(body), MOST)]


def _called(people: Iterable[User], call: str) -> list[User]:
    """Return who is meant: those of whom the most stands there, name or account."""
    folded, account = fold(call), _account(call)
    matches: dict[int, list[User]] = {}
    for user in people:
        if user.email.partition("@")[0] == account:
            matches.setdefault(len(account), []).append(user)
        if _begins_with(folded, fold(user.name)):
            matches.setdefault(len(user.name), []).append(user)
    return matches[max(matches)] if matches else []


def _begins_with(text: str, name: str) -> bool:
    return text.startswith(name) and not _WORD.match(text[len(name) :])


def _account(call: str) -> str:
    found = _ACCOUNT.match(call)
    return found[0].lower() if found else ""


def _people(s: Session, comment: Comment, calls: list[str]) -> list[User]:
    """Return those who may be meant and may read the comment."""
    found: dict[int, User] = {}
    for call in set(calls):
        word = _WORD.match(call)
        named = said_in(s, User.name, [fold(word[0] if word else call)])
        account = User.email.startswith(f"{_account(call)}@", autoescape=True)
        query = select(User).where(or_(named, account), *audiences.is_person())
        found |= {user.id: user for user in s.scalars(query.limit(_NAMESAKES))}
    found.pop(comment.author_id, None)
    ticket = audiences.around(s, [comment.ticket_number])[comment.ticket_number]
    return _readers(s, found.values(), ticket, is_internal=comment.is_internal)


def _readers(
    s: Session, users: Iterable[User], ticket: Audience, *, is_internal: bool
) -> list[User]:
    """Return those who may read a message or note of a ticket."""
    people = list(users)
    actors = sessions.actors(s, people)
    return [
        user
        for user in people
        if sees(by := actors[user.id], ticket) and (is_staff(by.role) or not is_internal)
    ]


def _typed(s: Session, by: Actor, typed: str) -> list[ColumnElement[bool]]:
    """Return the SQL conditions on whom somebody may mean who goes on typing."""
    if not typed:
        return []
    words = _WORD.findall(fold(typed))
    named = begun_in(s, User.name, words) if words else false()
    if typed.endswith(" "):  # whose name is there already is not offered again
        named = and_(named, User.name != typed.strip())
    account = User.email.startswith(typed.lower(), autoescape=True)
    return [or_(named, account) if is_staff(by.role) else named]


def _offers(found: list[User], by: Actor) -> list[Offer]:
    """Return how each is called; of namesakes staff see the addresses."""
    many = Counter(fold(user.name) for user in found)
    offers = []
    for user in found:
        is_told_apart = many[fold(user.name)] > 1 and is_staff(by.role)
        account = user.email.partition("@")[0]
        call, about = (account, user.email) if is_told_apart else (user.name, "")
        offers.append(Offer(user.id, user.name, call, about))
    return offers
