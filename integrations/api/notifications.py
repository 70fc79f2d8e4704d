"""What one was told, how one wants to be told, and of which tickets not."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from sqlalchemy.orm import Session

from data.models import Pace
from integrations.api.call import Answer, KeepsProfile, WritesTickets
from integrations.api.fields import MOST_AT_ONCE, Key, Number, Wish, unset
from integrations.api.pages import linked, packed, unpacked
from services import notifications, preferences
from services.inbox import MOST, PAGE, Notice
from services.permissions import Actor
from services.preferences import Preferences
from services.words import _

router = APIRouter()

Time = Annotated[StrictStr, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class NoticeQuery(BaseModel):
    """Which notices one wants."""

    model_config = ConfigDict(extra="forbid")

    unread: Literal["true", "false"] = Field("false", description="Only those not read yet.")
    cursor: str | None = Field(None, max_length=1000)
    limit: int = Field(PAGE, ge=1, le=MOST)


class NoticeOut(BaseModel):
    """One thing one was told; `label` and `why` are in the caller’s language."""

    id: int
    kind: str
    label: str
    reason: str
    why: str
    at: datetime
    is_read: bool
    actor: str = Field(description="Who did it; empty: nobody, the clock.")
    ticket: int | None
    title: str
    excerpt: str = Field(description="The beginning of the message it is about, as it reads now.")
    event: int = Field(description="The same event has the same number in the history.")


class NoticePage(BaseModel):
    """Some notices, newest first, the cursor of those that follow, and how many are unread."""

    items: list[NoticeOut]
    next: str | None
    unread: int = Field(description=f"At most {MOST}.")


class PaceOut(BaseModel):
    """How often a channel tells one of a kind of thing."""

    kind: str
    channel: Literal["app", "email", "sms"]
    pace: Pace


class Quiet(Wish):
    """Hours in which nothing is sent, in one’s own time zone; they may go over midnight."""

    start: Time
    end: Time

    @classmethod
    def of(cls, found: Preferences) -> Self | None:
        """Return the quiet hours of somebody, if they have any."""
        if found.quiet_from is None or found.quiet_until is None:
            return None
        return cls(start=_spelt(found.quiet_from), end=_spelt(found.quiet_until))


class PreferencesOut(BaseModel):
    """How one is told of what; in the application at once or not at all."""

    paces: list[PaceOut]
    quiet: Quiet | None
    wants_email: bool
    wants_sms: bool
    email_is_refused: bool = Field(description="One’s mailbox refuses our mail for good.")
    channels_on: list[str] = Field(description="By which this installation tells people.")


class PaceChange(Wish):
    """Another pace for one kind and channel."""

    kind: StrictStr = Field(max_length=24)
    channel: Literal["app", "email", "sms"]
    pace: Pace


class PreferencesChange(Wish):
    """What to change; a pace that is not sent stays, `quiet: null` ends the quiet hours."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "paces": [{"kind": "comment", "channel": "email", "pace": "hourly"}],
                    "quiet": {"start": "20:00", "end": "07:30"},
                }
            ]
        },
    )

    paces: list[PaceChange] = Field([], max_length=MOST_AT_ONCE)
    quiet: Quiet | None = unset()


@router.get("/notifications", response_model=NoticePage, tags=["notifications"])
async def list_notifications(
    call: KeepsProfile, wanted: Annotated[NoticeQuery, Query()]
) -> Response:
    """List what one was told in the application, newest first, as far as one may know it now."""

    def work(s: Session, by: Actor) -> NoticePage:
        only = wanted.unread == "true"
        after = unpacked(wanted.cursor)
        page = notifications.page(s, by, unread_only=only, after=after, limit=wanted.limit)
        return NoticePage(
            items=[_shown(notice) for notice in page.items],
            next=packed(page.after),
            unread=notifications.unread(s, by),
        )

    return await linked(call, work)


@router.post("/notifications/read", status_code=204, tags=["notifications"])
async def read_notifications(call: KeepsProfile) -> Response:
    """Mark all one was told as read."""
    return await call.do(notifications.read_all)


@router.post("/notifications/{notification:int}/read", status_code=204, tags=["notifications"])
async def read_notification(call: KeepsProfile, notification: Key) -> Response:
    """Mark one thing one was told as read; what was read stays as it is."""
    return await call.do(lambda s, by: notifications.read(s, by, notification))


@router.get("/me/preferences", response_model=PreferencesOut, tags=["notifications"])
async def get_preferences(call: KeepsProfile) -> Response:
    """Get how one is told of what."""
    return await call.show(_preferences)


@router.patch("/me/preferences", response_model=PreferencesOut, tags=["notifications"])
async def change_preferences(call: KeepsProfile, body: PreferencesChange) -> Response:
    """Change how one is told of what; all of it or nothing."""

    def work(s: Session, by: Actor) -> Answer:
        for wish in body.paces:
            preferences.set(s, by, wish.kind, wish.channel, wish.pace)
        if "quiet" in body.model_fields_set:
            quiet = body.quiet
            preferences.set_quiet(s, by, *(_hours(quiet) if quiet else (None, None)))
        return _preferences(s, by)

    return await call.act(work)


@router.post("/tickets/{number:int}/mute", status_code=204, tags=["notifications"])
async def mute_ticket(call: WritesTickets, number: Number) -> Response:
    """Hear nothing more of a ticket, but when one is mentioned; twice is once."""
    return await call.do(lambda s, by: preferences.mute(s, by, number))


@router.delete("/tickets/{number:int}/mute", status_code=204, tags=["notifications"])
async def unmute_ticket(call: WritesTickets, number: Number) -> Response:
    """Hear of a ticket again."""
    return await call.do(lambda s, by: preferences.unmute(s, by, number))


def _shown(notice: Notice) -> NoticeOut:
    return NoticeOut(
        id=notice.id,
        kind=notice.kind,
        label=_(notifications.KINDS[notice.kind].label),
        reason=notice.reason,
        why=_(notifications.REASONS[notifications.Reason(notice.reason)]),
        at=notice.at,
        is_read=notice.is_read,
        actor=notice.actor,
        ticket=notice.number,
        title=notice.title,
        excerpt=notice.excerpt,
        event=notice.event.id,
    )


def _preferences(s: Session, by: Actor) -> Answer:
    found = preferences.get(s, by)
    return Answer(
        content=PreferencesOut(
            paces=[
                PaceOut.model_validate({"kind": kind, "channel": channel, "pace": pace})
                for (kind, channel), pace in found.paces.items()
            ],
            quiet=Quiet.of(found),
            wants_email=found.wants_email,
            wants_sms=found.wants_sms,
            email_is_refused=found.email_is_refused,
            channels_on=sorted(found.channels_on),
        )
    )


def _spelt(minutes: int) -> str:
    return "{:02}:{:02}".format(*divmod(minutes, 60))


def _hours(quiet: Quiet) -> tuple[int, int]:
    return _minutes(quiet.start), _minutes(quiet.end)


def _minutes(time: str) -> int:
    hours, _colon, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)
