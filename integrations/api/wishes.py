"""What the API takes: a model for each action, and for each role where fields differ (R-2)."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
)

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
from services.checks import MAX_PROSE, MAX_TITLE
from services.passwords import MAX_LENGTH
from services.tags import MAX_LENGTH as MAX_TAG
from services.tags import MAX_TAGS
from services.tickets import LARGEST
from services.tokens import DEFAULT_DAYS, MAX_DAYS, Scope

MAX_ID = 2**31 - 1  # of an INTEGER
MOST_AT_ONCE = 200
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _a_number(value: object) -> object:
    """Refuse what only looks like a number: 3 and 3.0 are one in JSON, "3" and true are not."""
    if isinstance(value, (str, bool)):
        raise ValueError("not a number")
    return value


def _as_written(value: object) -> object:
    """Refuse what is no date to read: pydantic takes seconds since 1970 as well."""
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("not a date and a time")
    return value


def _in_our_time(value: datetime) -> datetime:
    """Refuse years that have no place in UTC or in a database."""
    if not 1970 <= value.year <= 9000:
        raise ValueError("too far away")
    return value


def _unset() -> Any:
    """Return the default of a field that is changed only when it is sent."""
    return Field(None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Number = Annotated[int, Path(ge=1, le=LARGEST, description="The ticket’s number.")]
Key = Annotated[int, Path(ge=1, le=MAX_ID)]
Whole = Annotated[int, BeforeValidator(_a_number)]
Id = Annotated[Whole, Field(ge=1, le=MAX_ID)]
TicketNumber = Annotated[Whole, Field(ge=1, le=LARGEST)]
Title = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TITLE)]
Prose = Annotated[StrictStr, Field(max_length=MAX_PROSE)]
Tag = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TAG)]
Line = Annotated[StrictStr, Field(max_length=500)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=120)]
Address = Annotated[StrictStr, Field(min_length=3, max_length=254)]
Secret = Annotated[StrictStr, Field(max_length=MAX_LENGTH)]
When = Annotated[
    AwareDatetime,
    BeforeValidator(_as_written),
    AfterValidator(_in_our_time),
    Field(description="RFC 3339, with its zone."),
]


class Wish(BaseModel):
    """What somebody asks for; a field that is not here is refused."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent, and no others."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @classmethod
    def again(cls, other: BaseModel) -> Self:
        """Return the same wish by a narrower model, or raise what is not in it."""
        return cls.model_validate({name: getattr(other, name) for name in other.model_fields_set})


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

    title: Title = _unset()
    description: Prose = _unset()
    type: TicketType = _unset()
    category: Id | None = _unset()
    urgency: Urgency = _unset()
    impact: Impact = _unset()
    priority: Priority | None = _unset()
    requester: Id = _unset()
    resolve_due_at: When | None = _unset()


class Assignment(Wish):
    """Who is to work on it; what is not given stays, null takes it away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lead": 3}]})

    lead: Id | None = _unset()
    team: Id | None = _unset()


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

    event: Annotated[Whole, Field(ge=1, le=LARGEST)]


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

    name: Name = _unset()
    email: Address = _unset()
    role: Role = _unset()
    is_active: StrictBool = _unset()
    phone: Line = _unset()
    department: Line = _unset()
    language: Literal["fr", "en"] | None = _unset()
    wants_email: StrictBool = _unset()
    wants_sms: StrictBool = _unset()
    teams: list[Id] = _unset()


class PasswordSet(Wish):
    """A new password for somebody."""

    password: Secret


class PasswordChange(Wish):
    """One’s own new password, and the present one."""

    old: Secret
    new: Secret


class ProfileChange(Wish):
    """Fields of one’s own account to change; null: as the browser, as the installation."""

    name: Name = _unset()
    phone: Line = _unset()
    department: Line = _unset()
    language: Literal["fr", "en"] | None = _unset()
    timezone: Line | None = _unset()
    theme: Literal["system", "light", "dark"] = _unset()
    wants_email: StrictBool = _unset()
    wants_sms: StrictBool = _unset()


class TeamNew(Wish):
    """A team."""

    name: Name
    description: Line = ""
    sees_only_own: StrictBool = False
    members: list[Id] = Field([], max_length=MOST_AT_ONCE)


class TeamChange(Wish):
    """Fields of a team to change."""

    name: Name = _unset()
    description: Line = _unset()
    sees_only_own: StrictBool = _unset()
    is_active: StrictBool = _unset()
    members: list[Id] = _unset()


class CategoryNew(Wish):
    """A category below another, or at the root."""

    name: Name
    parent: Id | None = None
    team: Id | None = None


class CategoryChange(Wish):
    """Fields of a category to change."""

    name: Name = _unset()
    parent: Id | None = _unset()
    team: Id | None = _unset()
    position: Annotated[Whole, Field(ge=0, le=10_000)] = _unset()
    is_active: StrictBool = _unset()


class TokenNew(Wish):
    """A token of one’s own: what for, which scopes, how many days it lives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Nagios", "scopes": ["tickets:write"]}]},
    )

    name: Annotated[StrictStr, Field(min_length=1, max_length=80)]
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: Annotated[Whole, Field(ge=1, le=MAX_DAYS)] = DEFAULT_DAYS


class ServiceTokenNew(TokenNew):
    """A token of a service: an account of its own with `role`, or one made before (`user`)."""

    role: Role = Role.TECHNICIAN
    user: Id | None = None
