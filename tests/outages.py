"""Several people who report the same, and somebody who looks at what came."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from data import db
from data.models import Role, Ticket, User
from services import burst_work, creation, relay, sessions
from services.creation import NewTicket
from services.permissions import Actor
from tests.conftest import People

OUTAGE = ("Plus d’internet", "Internet ne marche plus au 2e étage", "Pas de réseau depuis 9h")


def askers(s: Session, people: People) -> list[Actor]:
    """Return Alice, Driss and three more who ask."""
    users = [User(name=f"Asker {n}", email=f"a{n}@exemple.fr", role=Role.REQUESTER) for n in "345"]
    s.add_all(users)
    s.commit()
    return [people.alice, people.driss, *sessions.actors(s, users).values()]


def asked(s: Session, by: Sequence[Actor], *titles: str, **more: Any) -> list[Ticket]:
    """Let each of some people say something, one after the other."""
    made = [
        creation.create(s, by[place % len(by)], NewTicket(title=title))
        for place, title in enumerate(titles)
    ]
    for ticket in made:
        for name, value in more.items():
            setattr(ticket, name, value)
    s.commit()
    return made


def relayed() -> None:
    """Relay all that happened."""
    while db.write(relay.relay) == relay.BATCH:
        pass


def look(s: Session) -> None:
    """Relay what happened, and look once, as the task does."""
    s.commit()
    relayed()
    for step in burst_work.parts():
        db.write(step)
    s.expire_all()
