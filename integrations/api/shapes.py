"""What the API tells: the JSON of tickets, people, teams, categories and tokens."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from data.models import (
    ApiToken,
    Attachment,
    Category,
    Channel,
    Impact,
    PendingReason,
    Priority,
    Role,
    Status,
    Team,
    Ticket,
    TicketType,
    Urgency,
    User,
)
from services.permissions import Actor
from services.tokens import Scope
from services.whole_tickets import WholeTicket


class Person(BaseModel):
    """Somebody, as they are named on a ticket; staff also see the address."""

    id: int
    name: str
    email: str | None = None


class Named(BaseModel):
    """A team: its id and name."""

    id: int
    name: str


class CategoryName(Named):
    """A category of a ticket; `path` is its name after those of its parents."""

    path: str


class TicketOut(BaseModel):
    """A ticket. Times are RFC 3339 in UTC; `version` is also its ETag."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 1042,
                "title": "Imprimante muette",
                "description": "Elle ne répond plus depuis ce matin.",
                "type": "incident",
                "category": {"id": 1, "name": "Imprimante", "path": "Matériel › Imprimante"},
                "status": "in_progress",
                "pending_reason": None,
                "wake_at": None,
                "urgency": "high",
                "impact": "medium",
                "priority": "high",
                "requester": {"id": 7, "name": "Alice", "email": "alice@exemple.fr"},
                "created_by": {"id": 7, "name": "Alice", "email": "alice@exemple.fr"},
                "channel": "api",
                "team": {"id": 2, "name": "Réseau"},
                "lead": {"id": 3, "name": "Bruno", "email": "bruno@exemple.fr"},
                "helpers": [],
                "observers": [],
                "tags": ["imprimante"],
                "comment_count": 2,
                "created_at": "2026-11-24T08:12:03.104000Z",
                "updated_at": "2026-11-24T09:30:00.000000Z",
                "deleted_at": None,
                "accept_due_at": None,
                "first_response_due_at": None,
                "resolve_due_at": "2026-11-25T17:00:00Z",
                "accepted_at": "2026-11-24T09:30:00Z",
                "first_response_at": None,
                "resolved_at": None,
                "closed_at": None,
                "version": 4,
            }
        }
    )

    number: int
    title: str
    description: str
    type: TicketType
    category: CategoryName | None
    status: Status
    pending_reason: PendingReason | None
    wake_at: datetime | None
    urgency: Urgency
    impact: Impact
    priority: Priority
    requester: Person
    created_by: Person
    channel: Channel
    team: Named | None
    lead: Person | None
    helpers: list[Person]
    observers: list[Person]
    tags: list[str]
    comment_count: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    accept_due_at: datetime | None
    first_response_due_at: datetime | None
    resolve_due_at: datetime | None
    accepted_at: datetime | None
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int


class TicketPage(BaseModel):
    """Some tickets, and the cursor of those that follow; null at the end."""

    items: list[TicketOut]
    next: str | None


class AttachmentOut(BaseModel):
    """A file; its bytes are at `url`."""

    id: int
    name: str
    content_type: str
    size_bytes: int
    comment: int | None
    created_at: datetime
    url: str


class UserOut(BaseModel):
    """An account, as its administrator and its owner see it."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    phone: str
    department: str
    language: str | None
    timezone: str | None
    wants_email: bool
    wants_sms: bool
    teams: list[Named]
    created_at: datetime
    last_seen_at: datetime | None


class TeamOut(BaseModel):
    """A team and who is in it."""

    id: int
    name: str
    description: str
    is_active: bool
    sees_only_own: bool
    members: list[Person]


class CategoryOut(BaseModel):
    """A node of the tree of categories; `team` gets its tickets."""

    id: int
    name: str
    path: str
    parent: int | None
    team: int | None
    position: int
    is_active: bool


class TokenOut(BaseModel):
    """A token: what it is recognised by, never the token itself."""

    id: int
    name: str
    prefix: str
    owner: Person
    is_service: bool
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewToken(TokenOut):
    """A token just made; `token` is shown this once (null when a request is repeated)."""

    token: str | None


def ticket(whole: WholeTicket, by: Actor) -> TicketOut:
    """Return the JSON of a ticket as `by` sees it."""
    row = whole.ticket
    return TicketOut(
        **{name: getattr(row, name) for name in _PLAIN},
        category=_category(row),
        requester=person(row.requester, by),
        created_by=person(row.created_by, by),
        team=Named(id=row.team.id, name=row.team.name) if row.team else None,
        lead=person(row.lead, by) if row.lead else None,
        helpers=[person(user, by) for user in whole.helpers],
        observers=[person(user, by) for user in whole.observers],
        tags=whole.tags,
    )


def person(user: User, by: Actor) -> Person:
    """Return how somebody is named to `by`: addresses are for staff, and one’s own for oneself."""
    is_shown = by.is_staff or user.id == by.id
    return Person(id=user.id, name=user.name, email=user.email if is_shown else None)


def attachment(row: Attachment) -> AttachmentOut:
    """Return the JSON of a file that was sent."""
    return AttachmentOut(
        id=row.id,
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        comment=row.comment_id,
        created_at=row.created_at,
        url=f"/api/v1/tickets/{row.ticket_number}/attachments/{row.id}",
    )


def user(row: User) -> UserOut:
    """Return the JSON of an account whose teams are loaded."""
    teams = [Named(id=team.id, name=team.name) for team in row.teams]
    return UserOut(**{name: getattr(row, name) for name in _OF_USER}, teams=teams)


def team(row: Team, by: Actor) -> TeamOut:
    """Return the JSON of a team whose members are loaded."""
    members = [person(member, by) for member in row.members]
    plain = {name: getattr(row, name) for name in _OF_TEAM}
    return TeamOut(**plain, members=members)


def category(row: Category) -> CategoryOut:
    """Return the JSON of a category."""
    plain = {name: getattr(row, name) for name in ("id", "name", "path", "position", "is_active")}
    return CategoryOut(**plain, parent=row.parent_id, team=row.team_id)


def token(row: ApiToken, owner: User, by: Actor) -> TokenOut:
    """Return the JSON of a token."""
    plain: dict[str, Any] = {name: getattr(row, name) for name in _OF_TOKEN}
    return TokenOut(**plain, owner=person(owner, by))


def _category(row: Ticket) -> CategoryName | None:
    found = row.category
    return CategoryName(id=found.id, name=found.name, path=found.path) if found else None


_PLAIN = tuple(
    name
    for name in TicketOut.model_fields
    if name
    not in {"category", "requester", "created_by", "team", "lead", "helpers", "observers", "tags"}
)
_OF_USER = tuple(name for name in UserOut.model_fields if name != "teams")
_OF_TEAM = tuple(name for name in TeamOut.model_fields if name != "members")
_OF_TOKEN = tuple(name for name in TokenOut.model_fields if name != "owner")
