"""What one person is told by one message: the form in which it goes from rights to words."""

from dataclasses import dataclass

from data.models import Comment, Event, Ticket, User
from services.bursts import Sight
from services.report_document import Document


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened, as its reader may know it now.

    `ticket` comes with requester, lead, team and category; `comment` is there when the event is
    about one that the reader may read, `report` when it brings one, `burst` when it tells of one.
    `actor` is a name, empty when nobody did it.
    """

    delivery_id: int
    event: Event
    kind: str
    reason: str
    actor: str
    ticket: Ticket | None = None
    comment: Comment | None = None
    report: Document | None = None
    burst: Sight | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one message tells: of one ticket, or of several when it is a digest."""

    user: User
    language: str
    timezone: str
    items: tuple[Item, ...]  # oldest first, at least one
    is_digest: bool = False
