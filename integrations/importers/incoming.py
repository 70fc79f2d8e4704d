"""A ticket of another system, as its file tells: what the writer turns into one of ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data.models import Channel, Impact, PendingReason, Priority, Status, TicketType, Urgency


@dataclass(frozen=True, slots=True)
class Moment:
    """How a ticket stood from an instant on; people, teams and categories by name, or “”."""

    at: datetime
    status: Status
    lead: str = ""
    team: str = ""
    category: str = ""
    urgency: Urgency = Urgency.NORMAL
    impact: Impact = Impact.MEDIUM
    priority: Priority = Priority.NORMAL
    pending_reason: PendingReason | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something somebody said."""

    at: datetime
    by: str
    body: str
    is_internal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A ticket with its history; `moments` in order, the last is how it stands."""

    reference: str  # as the other system calls it
    place: int  # line of the file
    title: str
    description: str
    type: TicketType
    channel: Channel
    requester: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    moments: tuple[Moment, ...]
    remarks: tuple[Remark, ...] = ()
    made_sla: bool | None = None
    reassignments: int | None = None
    reopenings: int | None = None

    @property
    def last(self) -> Moment:
        """Return how it stands."""
        return self.moments[-1]

    def people(self) -> Iterator[str]:
        """Yield everybody it names who asks or says something."""
        yield self.requester
        yield self.created_by
        yield from (remark.by for remark in self.remarks)

    def repairers(self) -> Iterator[str]:
        """Yield everybody who was its lead."""
        yield from (moment.lead for moment in self.moments)


@dataclass(frozen=True, slots=True)
class Rejection:
    """What is not taken, and why."""

    place: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.place}: {self.reason}"


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the numbers that every import ends with."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.rejections),
        }
