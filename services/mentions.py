"""Mentions: `@` and a name, or what stands before the @ of an address, calls somebody’s attention.

Only of people who may read it; whoever is mentioned is told once, and follows nothing by it.
"""

import re
from collections.abc import Iterable
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.models import Comment, User
from data.text import fold
from data.text_search import said_in
from services import audiences, sessions
from services.permissions import is_staff, sees

MOST = 20  # people mentioned by one comment
_AT = re.compile(r"(?<![\w.+@-])@(?=\w)")  # an address is no mention
_ACCOUNT = re.compile(r"[\w.+-]*\w")
_WORD = re.compile(r"\w+")
_LONGEST = 120  # characters of a name
_NAMESAKES = 50  # people looked at for one mention


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
    return [body[at.end() :][:_LONGEST] for at in islice(_AT.finditer(body), MOST)]


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
    actors = sessions.actors(s, found.values())
    return [
        user
        for user in found.values()
        if sees(by := actors[user.id], ticket) and (is_staff(by.role) or not comment.is_internal)
    ]
