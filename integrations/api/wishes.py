"""What the API takes: a model for each action, and for each role where fields differ (R-2)."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictStr

from data.models import (
    Channel,
    Impact,
    LinkKind,
    PendingReason,
    Priority,
    Role,
    Status,
    TicketType,
    Urgency,
)
from integrations.api.fields import (
    MOST_AT_ONCE,
    Address,
    Id,
    Line,
    Name,
    Prose,
    Secret,
    Tag,
    TicketNumber,
    Title,
    When,
    Whole,
    Wish,
    unset,
)
from services.acceptance import LONGEST_REASON
from services.checks import MAX_PROSE
from services.tags import MAX_TAGS
from services.tickets import LARGEST
from services.tokens import DEFAULT_DAYS, MAX_DAYS, Scope


class TicketByRequester(Wish):
    """A ticket for oneself."""

    title: Title
    description: Prose = ""
    type: TicketType = TicketType.INCIDENT
    category: Id | None = None
    urgency: Urgency = Urgency.NORMAL
    follows: TicketNumber | None = Field(None, description="The closed ticket it goes on from.")


class TicketNew(TicketByRequester):
    """A ticket; the fields from `requester` on are for staff only."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"title": "Imprimante muette", "description": "Depuis ce matin.", "urgency": "high"}
            ]
        },
    )

    requester: Id | None = None
    impact: Impact | None = None
    team: Id | None = None
    tags: list[Tag] = Field([], max_length=MAX_TAGS)
    observers: list[Id] = Field([], max_length=MOST_AT_ONCE)
    channel: Channel = Channel.API


class TicketChange(Wish):
    """Fields to change; `priority: null` is the matrix again, `category: null` none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"impact": "high"}]})

    title: Title = unset()
    description: Prose = unset()
    type: TicketType = unset()
    category: Id | None = unset()
    urgency: Urgency = unset()
    impact: Impact = unset()
    priority: Priority | None = unset()
    requester: Id = unset()
    resolve_due_at: When | None = unset()


class Assignment(Wish):
    """Who is to work on it; what is not given stays, null takes it away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lead": 3}]})

    lead: Id | None = unset()
    team: Id | None = unset()


class Refusal(Wish):
    """Why one does not take on what one was given."""

    reason: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_REASON)]


class Transition(Wish):
    """Where the ticket is to go; `pending_reason` goes with `pending`, `wake_at` with `planned`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "pending", "pending_reason": "requester"}]},
    )

    status: Status
    pending_reason: PendingReason | None = None
    wake_at: When | None = None
    override: Annotated[StrictStr, Field(max_length=300)] = Field(
        "", description="Why an administrator resolves what another ticket blocks."
    )


class CommentNew(Wish):
    """Something to say; `internal` makes it a note for staff, `resolve` resolves the ticket too."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"body": "Elle répond de nouveau."}]}
    )

    body: Annotated[StrictStr, Field(min_length=1, max_length=MAX_PROSE)]
    internal: StrictBool = False
    resolve: StrictBool = False


class CommentChange(Wish):
    """What one’s comment is to say now."""

    body: Annotated[StrictStr, Field(min_length=1, max_length=MAX_PROSE)]


class PersonNamed(Wish):
    """A person, by id."""

    person: Id


class TagNamed(Wish):
    """A tag."""

    tag: Tag


class LinkNew(Wish):
    """A link to another ticket; `kind` reads from this one to the other."""

    kind: LinkKind
    other: TicketNumber


class ExternalLinkNew(Wish):
    """An address outside."""

    url: Annotated[StrictStr, Field(min_length=1, max_length=2000)]
    title: Annotated[StrictStr, Field(max_length=200)] = ""


class UndoOf(Wish):
    """One’s own last action, by the id of its line in the history."""

    event: Annotated[int, Field(ge=1, le=LARGEST), Whole]


class UserNew(Wish):
    """An account; without a password nobody can sign in to it with one yet."""

    name: Name
    email: Address
    role: Role = Role.REQUESTER
    password: Secret | None = None
    phone: Line = ""
    department: Line = ""
    language: Literal["fr", "en"] | None = None
    wants_email: StrictBool = True
    wants_sms: StrictBool = False
    teams: list[Id] = Field([], max_length=MOST_AT_ONCE)


class UserChange(Wish):
    """Fields of an account to change."""

    name: Name = unset()
    email: Address = unset()
    role: Role = unset()
    is_active: StrictBool = unset()
    phone: Line = unset()
    department: Line = unset()
    language: Literal["fr", "en"] | None = unset()
    wants_email: StrictBool = unset()
    wants_sms: StrictBool = unset()
    teams: list[Id] = unset()


class PasswordSet(Wish):
    """A new password for somebody."""

    password: Secret


class PasswordChange(Wish):
    """One’s own new password, and the present one."""

    old: Secret
    new: Secret


class ProfileChange(Wish):
    """Fields of one’s own account to change; null: as the browser, as the installation."""

    name: Name = unset()
    phone: Line = unset()
    department: Line = unset()
    language: Literal["fr", "en"] | None = unset()
    timezone: Line | None = unset()
    theme: Literal["system", "light", "dark"] = unset()
    wants_email: StrictBool = unset()
    wants_sms: StrictBool = unset()


class TeamNew(Wish):
    """A team."""

    name: Name
    description: Line = ""
    sees_only_own: StrictBool = False
    members: list[Id] = Field([], max_length=MOST_AT_ONCE)


class TeamChange(Wish):
    """Fields of a team to change."""

    name: Name = unset()
    description: Line = unset()
    sees_only_own: StrictBool = unset()
    is_active: StrictBool = unset()
    members: list[Id] = unset()


class CategoryNew(Wish):
    """A category below another, or at the root."""

    name: Name
    parent: Id | None = None
    team: Id | None = None


class CategoryChange(Wish):
    """Fields of a category to change."""

    name: Name = unset()
    parent: Id | None = unset()
    team: Id | None = unset()
    position: Annotated[int, Field(ge=0, le=10_000), Whole] = unset()
    is_active: StrictBool = unset()


class TokenNew(Wish):
    """A token of one’s own: what for, which scopes, how many days it lives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Nagios", "scopes": ["tickets:write"]}]},
    )

    name: Annotated[StrictStr, Field(min_length=1, max_length=80)]
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: Annotated[int, Field(ge=1, le=MAX_DAYS), Whole] = DEFAULT_DAYS


class ServiceTokenNew(TokenNew):
    """A token of a service: an account of its own with `role`, or one made before (`user`)."""

    role: Role = Role.TECHNICIAN
    user: Id | None = None


class ViewFilter(Wish):
    """What a view narrows the queue to, as in the address of its page; empty: it does not.

    `view` is a tab: open, unassigned, mine, answered, late, all.
    """

    view: Line = ""
    q: Line = ""
    status: Line = ""
    priority: Line = ""
    team: Line = ""
    lead: Line = ""
    category: Line = ""
    requester: Line = ""
    tag: Line = ""
    burst: Line = ""


class ViewNew(Wish):
    """A view to keep."""

    name: Name
    filter: ViewFilter = ViewFilter()
    sort: Line = "updated"
    reverse: StrictBool = False
    team: Id | None = Field(None, description="A team of one’s own to share it with.")


class ViewChange(Wish):
    """Fields of a view to change."""

    name: Name = unset()
    filter: ViewFilter = unset()
    sort: Line = unset()
    reverse: StrictBool = unset()
    team: Id | None = None
