"""Webhooks: who is told what happens (docs/webhooks.md).

All of it is for administrators. An address is asked for outside the transaction that keeps it: the
answer may take seconds.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from sqlalchemy.orm import Session

from data.models import Webhook
from integrations.api.call import Answer, ReadsWebhooks, WritesWebhooks, tag_of_content, tagged
from integrations.api.fields import Key, Name, Wish, unset
from services import webhooks
from services.destinations import MAX_URL
from services.permissions import Action, Actor, require
from services.words import _

router = APIRouter(tags=["webhooks"])

KindNames = Annotated[list[StrictStr], Field(min_length=1, max_length=len(webhooks.KINDS))]
Url = Annotated[StrictStr, Field(min_length=1, max_length=MAX_URL)]


class WebhookNew(Wish):
    """Where to tell what; `kinds` are those of `/webhooks/kinds`.

    `allows_http` lets an address without encryption be told, `with_internal` lets notes leave.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Supervision",
                    "url": "https://supervision.example.org/appticket",
                    "kinds": ["ticket.created", "ticket.resolved"],
                }
            ]
        },
    )

    name: Name
    url: Url
    kinds: KindNames
    is_active: StrictBool = True
    allows_http: StrictBool = False
    with_internal: StrictBool = False


class WebhookChange(Wish):
    """Fields of a webhook to change."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"is_active": False}]}
    )

    name: Name = unset()
    url: Url = unset()
    kinds: KindNames = unset()
    is_active: StrictBool = unset()
    allows_http: StrictBool = unset()
    with_internal: StrictBool = unset()


class KindOut(BaseModel):
    """A kind of event that can be told; `usual` ones are ticked when a webhook is made by hand."""

    kind: str
    name: str
    usual: bool


class Kinds(BaseModel):
    """What can be told, with its name in one’s language."""

    items: list[KindOut]


class WebhookOut(BaseModel):
    """A webhook; `disabled_reason` says why it was switched off when no person did that."""

    id: int
    name: str
    url: str
    kinds: list[str]
    is_active: bool
    allows_http: bool
    with_internal: bool
    disabled_reason: str | None
    created_at: datetime


class NewWebhook(WebhookOut):
    """A webhook and its new secret, shown this once (null when a request is repeated)."""

    secret: str | None


class Webhooks(BaseModel):
    """The webhooks, by name."""

    items: list[WebhookOut]


class Tested(BaseModel):
    """What was recorded; the message about it shows in the log with this `event`."""

    event: int
    kind: str


@router.get("/webhooks", response_model=Webhooks)
async def list_webhooks(call: ReadsWebhooks) -> Response:
    """List the webhooks; for administrators, as all that is about webhooks."""

    def work(s: Session, by: Actor) -> Answer:
        return Answer(content=Webhooks(items=[_shown(row) for row in webhooks.all(s, by)]))

    return await call.show(work)


@router.get("/webhooks/kinds", response_model=Kinds)
async def list_kinds(call: ReadsWebhooks) -> Response:
    """List the kinds of events that a webhook can be told."""

    def work(_s: Session, by: Actor) -> Answer:
        require(by, Action.WEBHOOK_MANAGE)
        usual = webhooks.USUAL_KINDS
        items = [KindOut(kind=k, name=_(n), usual=k in usual) for k, n in webhooks.KINDS.items()]
        return Answer(content=Kinds(items=items))

    return await call.show(work)


@router.post("/webhooks", response_model=NewWebhook, status_code=201)
async def create_webhook(call: WritesWebhooks, body: WebhookNew) -> Response:
    """Create a webhook; its secret is shown this once."""

    def work(s: Session, by: Actor) -> Answer:
        return _with_secret(*webhooks.create(s, by, **body.model_dump()), status=201)

    def check(s: Session, by: Actor) -> None:
        webhooks.check_address(s, by, body.url, allows_http=body.allows_http)

    return await call.act(work, first=check)


@router.get("/webhooks/{webhook:int}", response_model=WebhookOut)
async def get_webhook(call: ReadsWebhooks, webhook: Key) -> Response:
    """Get a webhook, without its secret."""
    return await call.show(lambda s, by: _told(s, by, webhook))


@router.patch("/webhooks/{webhook:int}", response_model=WebhookOut)
async def change_webhook(call: WritesWebhooks, webhook: Key, body: WebhookChange) -> Response:
    """Change a webhook, or switch it on or off."""
    given = body.given()

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_told(s, by, webhook).tag)
        webhooks.edit(s, by, webhook, **given)
        return _told(s, by, webhook)

    def check(s: Session, by: Actor) -> None:
        present = webhooks.get(s, by, webhook)
        if given.keys() & {"url", "allows_http"}:
            allows_http = given.get("allows_http", present.allows_http)
            webhooks.check_address(s, by, given.get("url", present.url), allows_http=allows_http)

    return await call.act(work, first=check)


@router.delete("/webhooks/{webhook:int}", status_code=204)
async def delete_webhook(call: WritesWebhooks, webhook: Key) -> Response:
    """Remove a webhook, its log, and what was still to be sent to it."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(_told(s, by, webhook).tag)
        webhooks.delete(s, by, webhook)

    return await call.do(work)


@router.post("/webhooks/{webhook:int}/secret", response_model=NewWebhook)
async def rotate_secret(call: WritesWebhooks, webhook: Key) -> Response:
    """Give a webhook a new secret, used from now on and shown this once."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_told(s, by, webhook).tag)
        secret = webhooks.rotate_secret(s, by, webhook)
        return _with_secret(webhooks.get(s, by, webhook), secret)

    return await call.act(work)


@router.post("/webhooks/{webhook:int}/test", response_model=Tested, status_code=202)
async def test_webhook(call: WritesWebhooks, webhook: Key) -> Response:
    """Send a webhook a message that says nothing happened, even while it is off."""

    def work(s: Session, by: Actor) -> Answer:
        event = webhooks.test(s, by, webhook)
        s.flush()
        return Answer(content=Tested(event=event.id, kind=event.kind), status=202)

    return await call.act(work)


def _told(s: Session, by: Actor, webhook_id: int) -> Answer:
    return tagged(_shown(webhooks.get(s, by, webhook_id)))


def _with_secret(row: Webhook, secret: str, *, status: int = 200) -> Answer:
    """Answer with a secret that is not kept for repeated requests."""
    shown = _shown(row)
    return Answer(
        content=NewWebhook(**shown.model_dump(), secret=secret),
        kept=NewWebhook(**shown.model_dump(), secret=None),
        headers={"ETag": tag_of_content(shown)},
        status=status,
    )


def _shown(row: Webhook) -> WebhookOut:
    plain: dict[str, Any] = {name: getattr(row, name) for name in WebhookOut.model_fields}
    return WebhookOut(**{**plain, "disabled_reason": row.disabled_reason or None})
