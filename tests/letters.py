"""Letters made by hand, as `services.notifications` makes them of what happened."""

from typing import Any

from sqlalchemy.orm import Session

from data.clock import now
from data.models import Comment, Event, Priority, Role, Setting, Status, Ticket, User
from services.letters import Item, Letter


def person(name: str = "Alice", **more: Any) -> User:
    """Return somebody who gets a letter."""
    values = {"id": 7, "email": f"{name.lower()}@exemple.fr", "role": Role.REQUESTER, **more}
    return User(name=name, **values)


def ticket(title: str = "Imprimante muette", number: int = 42, **more: Any) -> Ticket:
    """Return a ticket with those around it."""
    values: dict[str, Any] = {
        "description": "Rien ne sort.", "status": Status.IN_PROGRESS, "priority": Priority.HIGH,
        "requester": person(), "lead": None, "team": None, "category": None, "created_at": now(),
        **more,
    }  # fmt: skip
    return Ticket(number=number, title=title, **values)


def item(kind: str = "comment", body: str | None = None, **more: Any) -> Item:
    """Return one thing that happened."""
    about = more.pop("ticket", None) or ticket()
    details = more.pop("details", {})
    event = Event(id=1, kind=f"x.{kind}", created_at=now(), details=details)
    comment = Comment(body=body, is_internal=False) if body is not None else None
    values = {"reason": "requester", "actor": "Bruno", **more}
    return Item(delivery_id=1, event=event, kind=kind, ticket=about, comment=comment, **values)


def letter(*items: Item, language: str = "en", **more: Any) -> Letter:
    """Return what one person is told."""
    user = more.pop("user", None) or person()
    return Letter(user, language, "Europe/Paris", items or (item(body="Bonjour"),), **more)


def switch_on(s: Session, *channels: str) -> None:
    """Let messages go to the log by some channels."""
    for channel in channels:
        s.merge(Setting(name=f"channel_{channel}", value={"mode": "console"}))
    s.flush()


def switch_off(s: Session, channel: str) -> None:
    """Let nothing leave by a channel."""
    s.get_one(Setting, f"channel_{channel}").value = {"mode": "off"}
