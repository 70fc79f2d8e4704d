"""The names that lists are ordered by, kept on each ticket: an index cannot look at another table.

A session gives a ticket the names of its lead and requester whenever these are others. Whoever is
renamed may have too many tickets to change at once: `services.renaming` goes after them. Rows that
are written past the ORM bring their names.
"""

from typing import Any

from sqlalchemy import ForeignKey, String, event, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.db import Base
from data.models.organisation import User
from data.models.tickets import MAX_LISTED, Ticket
from data.text import fold


class Renaming(Base):
    """Somebody whose tickets are still listed under an old name."""

    __tablename__ = "renaming"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    listed: Mapped[str] = mapped_column(String(MAX_LISTED))


def listed(name: str) -> str:
    """Return what somebody is listed under."""
    return fold(name)[:MAX_LISTED]


@event.listens_for(Session, "before_flush")
def _follow(s: Session, _context: object, _instances: object) -> None:
    """Keep the names on tickets in step with their people, and note who is renamed."""
    changed = [thing for thing in (*s.new, *s.dirty) if isinstance(thing, Ticket)]
    _name(s, [pair for ticket in changed for pair in _stale(ticket)])
    for user in [thing for thing in s.dirty if isinstance(thing, User)]:
        old = {listed(name) for name in inspect(user).attrs.name.history.deleted or ()}
        for name in old - {listed(user.name)}:
            s.add(Renaming(user_id=user.id, listed=name))


def _stale(ticket: Ticket) -> list[tuple[Any, str, int | None]]:
    """Return the names of a ticket to be set: ticket, field, whose name."""
    attributes = inspect(ticket).attrs
    found = [("lead_name", "lead_id"), ("requester_name", "requester_id")]
    return [
        (ticket, name, getattr(ticket, key))
        for name, key in found
        if attributes[key].history.has_changes()
    ]


def _name(s: Session, stale: list[tuple[Any, str, int | None]]) -> None:
    ids = {person for _ticket, _field, person in stale if person}
    names = _loaded(s, ids)
    if unknown := ids - names.keys():
        with s.no_autoflush:
            rows = s.execute(select(User.id, User.name).where(User.id.in_(unknown)))
            names |= {key: listed(name) for key, name in rows}
    for ticket, field, person in stale:
        setattr(ticket, field, names.get(person or 0, ""))


def _loaded(s: Session, ids: set[int]) -> dict[int, str]:
    """Return the names of those whom the session has read: as a rule whoever does something."""
    found = {}
    for person in ids:
        user = s.identity_map.get(s.identity_key(User, person))
        if user is not None and "name" not in inspect(user).unloaded:
            found[person] = listed(user.name)
    return found


def names_of(s: Session, person: int | None) -> list[str]:
    """Return what somebody is listed under, and still is on some tickets; nobody is under ""."""
    if person is None:
        return [""]
    old = s.scalars(select(Renaming.listed).where(Renaming.user_id == person))
    name = s.scalar(select(User.name).where(User.id == person)) or ""
    return sorted({listed(name), *old})
