"""The ticket and all that hangs on it but words (product.md 3)."""

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base, Ranked
from data.models.organisation import Category, Team, User

MAX_LISTED = 80  # characters of a name that lists are ordered by
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

_DUE_ORDER = (
    "CASE WHEN status IN ('new', 'in_progress', 'pending') AND resolve_due_at IS NOT NULL "
    "THEN resolve_due_at ELSE '9999-12-31 00:00:00.000000' END"
)
# What is kept already is not counted down: twins of `services.deadlines.is_met`.
_ACCEPT_ORDER = (
    "CASE WHEN status IN ('new', 'in_progress', 'pending') AND accept_due_at IS NOT NULL "
    "AND (accepted_at IS NULL OR assigned_at IS NOT NULL) "
    "THEN accept_due_at ELSE '9999-12-31 00:00:00.000000' END"
)
_RESPONSE_ORDER = (
    "CASE WHEN status IN ('new', 'in_progress', 'pending') AND first_response_due_at IS NOT NULL "
    "AND first_response_at IS NULL "
    "THEN first_response_due_at ELSE '9999-12-31 00:00:00.000000' END"
)
_NEXT_ORDER = (
    "CASE WHEN accept_order <= response_order AND accept_order <= due_order THEN accept_order "
    "WHEN response_order <= due_order THEN response_order ELSE due_order END"
)


# Spelled as a database keeps it; `Shelf` names the values.
_SHELF = (
    "CASE WHEN deleted_at IS NOT NULL THEN 3 "
    "WHEN status IN ('new', 'in_progress', 'pending') THEN 1 ELSE 2 END"
)


class Shelf(IntEnum):
    """Where a list looks: what is to be done, what is done, what is in the trash."""

    OPEN = 1
    DONE = 2
    TRASH = 3


class TicketType(StrEnum):
    """Something broke, or something is wanted."""

    INCIDENT = "incident"
    REQUEST = "request"


class Channel(StrEnum):
    """Through which door a ticket or a comment came."""

    WEB = "web"
    PHONE = "phone"
    EMAIL = "email"
    API = "api"
    SLACK = "slack"
    TEAMS = "teams"
    PLUGIN = "plugin"


class Status(StrEnum):
    """Where a ticket stands; the arrows between them are in `services.workflow`."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({Status.NEW, Status.IN_PROGRESS, Status.PENDING})


class PendingReason(StrEnum):
    """What a pending ticket waits for."""

    REQUESTER = "requester"
    SUPPLIER = "supplier"
    OTHER_TICKET = "other_ticket"
    PLANNED = "planned"


class Urgency(StrEnum):
    """How soon the requester needs it, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Impact(StrEnum):
    """How much of the organisation is touched, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Priority(StrEnum):
    """In which order to work, lowest first; from urgency and impact (`services.priority`)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Part(StrEnum):
    """What somebody beside requester and lead has to do with a ticket."""

    HELPER = "helper"
    OBSERVER = "observer"


class LinkKind(StrEnum):
    """How a ticket relates to another; read from source to target."""

    RELATES_TO = "relates_to"
    DUPLICATE_OF = "duplicate_of"
    BLOCKS = "blocks"
    PARENT_OF = "parent_of"


# What lists are narrowed to most. It stands in the indexes that are entered for one of these, so
# that the others are looked at there, without reading the ticket (services/entries.py).
HELD = ("status", "priority", "category_id", "team_id", "lead_id", "answered_by_requester")


def _holding(name: str, *columns: str) -> Index:
    return Index(f"ix_ticket_{name}", *columns, *(each for each in HELD if each not in columns))


class Ticket(Base):
    """A request for help, from first word to closure. `number` is its only identity."""

    __tablename__ = "ticket"
    __table_args__ = (
        # The order of a list, within what it holds: one index per order (services/lists.py).
        Index("ix_ticket_by_updated", "shelf", "updated_at", "number"),
        Index("ix_ticket_by_created", "shelf", "created_at", "number"),
        Index("ix_ticket_by_number", "shelf", "number"),
        _holding("by_priority", "shelf", "priority", "number"),
        Index("ix_ticket_by_due", "shelf", "due_order", "number"),
        Index("ix_ticket_by_accept", "shelf", "accept_order", "number"),
        Index("ix_ticket_by_response", "shelf", "response_order", "number"),
        Index("ix_ticket_by_next", "shelf", "next_order", "number"),
        _holding("by_status", "shelf", "status", "number"),
        Index("ix_ticket_by_title", "shelf", "folded_title", "number"),
        Index("ix_ticket_by_lead", "shelf", "lead_name", "number"),
        Index("ix_ticket_by_requester", "shelf", "requester_name", "number"),
        Index("ix_ticket_by_deleted", "shelf", "deleted_at", "number"),
        # What narrows a list, in the usual order; a foreign key wants its column first.
        Index("ix_ticket_of_requester", "requester_id", "shelf", "updated_at", "number"),
        _holding("of_lead", "lead_id", "shelf", "updated_at", "number"),
        _holding("of_team", "team_id", "shelf", "updated_at", "number"),
        Index("ix_ticket_of_team_by_due", "team_id", "shelf", "due_order", "number"),
        _holding("of_category", "category_id", "shelf", "updated_at", "number"),
        _holding("of_status", "status", "shelf", "updated_at", "number"),
        Index("ix_ticket_answered", "shelf", "answered_by_requester", "updated_at", "number"),
        Base.__table_args__,
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(300))
    folded_title: Mapped[str] = mapped_column(String(300), default="")  # lower case, no accents
    description: Mapped[str] = mapped_column(LongText, default="")
    type: Mapped[TicketType] = mapped_column(default=TicketType.INCIDENT)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    channel: Mapped[Channel] = mapped_column(default=Channel.WEB)
    urgency: Mapped[Urgency] = mapped_column(Ranked(Urgency), default=Urgency.NORMAL)
    impact: Mapped[Impact] = mapped_column(Ranked(Impact), default=Impact.MEDIUM)
    priority: Mapped[Priority] = mapped_column(Ranked(Priority), default=Priority.NORMAL)
    is_priority_overridden: Mapped[bool] = mapped_column(default=False)
    # What the tallies count by is read before it changes: `active_history`.
    status: Mapped[Status] = mapped_column(default=Status.NEW, active_history=True)
    pending_reason: Mapped[PendingReason | None]
    wake_at: Mapped[datetime | None]  # a planned date ends `pending` by itself
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), active_history=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), active_history=True)
    lead_name: Mapped[str] = mapped_column(String(MAX_LISTED), default="")  # `data.models.names`
    requester_name: Mapped[str] = mapped_column(String(MAX_LISTED), default="")
    accept_due_at: Mapped[datetime | None]
    first_response_due_at: Mapped[datetime | None]
    resolve_due_at: Mapped[datetime | None]
    due_order: Mapped[datetime] = mapped_column(  # what is done or has no deadline comes last
        Computed(_DUE_ORDER, persisted=True), nullable=True
    )
    accept_order: Mapped[datetime] = mapped_column(  # likewise what is accepted
        Computed(_ACCEPT_ORDER, persisted=False), nullable=True
    )
    response_order: Mapped[datetime] = mapped_column(
        Computed(_RESPONSE_ORDER, persisted=False), nullable=True
    )
    next_order: Mapped[datetime] = mapped_column(  # the first of the three
        Computed(_NEXT_ORDER, persisted=False), nullable=True
    )
    is_due_by_hand: Mapped[bool] = mapped_column(default=False)  # resolve_due_at, then
    sla_policy_id: Mapped[int | None]  # no foreign key: a policy may go, what it promised stays
    assigned_at: Mapped[datetime | None]  # to a lead who has not accepted yet
    accepted_at: Mapped[datetime | None]  # for the first time
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(active_history=True)
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    comment_count: Mapped[int] = mapped_column(default=0)  # public ones: what a row shows
    answered_by_requester: Mapped[bool] = mapped_column(  # the last public word
        default=False, active_history=True
    )
    shelf: Mapped[int] = mapped_column(
        SmallInteger, Computed(_SHELF, persisted=False), nullable=True
    )
    creation_key: Mapped[str | None] = mapped_column(String(64), unique=True)  # makes a retry safe
    version: Mapped[int] = mapped_column(default=1)

    requester: Mapped[User] = relationship(foreign_keys=requester_id, lazy="raise")
    created_by: Mapped[User] = relationship(foreign_keys=created_by_id, lazy="raise")
    lead: Mapped[User | None] = relationship(foreign_keys=lead_id, lazy="raise")
    team: Mapped[Team | None] = relationship(lazy="raise")
    category: Mapped[Category | None] = relationship(lazy="raise")
    people: Mapped[list["TicketPerson"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="TicketPerson.user_id"
    )
    tags: Mapped[list["Tag"]] = relationship(
        secondary="ticket_tag", lazy="raise", passive_deletes=True, order_by="Tag.name"
    )


class TicketPerson(Base):
    """A helper or an observer of a ticket."""

    __tablename__ = "ticket_person"

    ticket_number: Mapped[int] = mapped_column(
        ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    part: Mapped[Part] = mapped_column(primary_key=True)
    accepted_at: Mapped[datetime | None]  # a helper’s own yes

    user: Mapped[User] = relationship(lazy="raise")


class Tag(Base):
    """A free word on tickets, kept in lower case."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class TicketTag(Base):
    """Which ticket carries which tag."""

    __tablename__ = "ticket_tag"

    ticket_number: Mapped[int] = mapped_column(
        ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, index=True)


class Link(Base):
    """One ticket’s relation to another."""

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("source_number", "target_number", "kind"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_number: Mapped[int] = mapped_column(ForeignKey("ticket.number", ondelete="CASCADE"))
    target_number: Mapped[int] = mapped_column(
        ForeignKey("ticket.number", ondelete="CASCADE"), index=True
    )
    kind: Mapped[LinkKind]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class ExternalLink(Base):
    """An address outside AppTicket that matters for a ticket."""

    __tablename__ = "external_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_number: Mapped[int] = mapped_column(
        ForeignKey("ticket.number", ondelete="CASCADE"), index=True
    )
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(200), default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
