"""The log of webhooks: what each was told, how it was received, and sending it once more."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState
from integrations.api.call import Answer, ReadsWebhooks, WritesWebhooks
from integrations.api.fields import Key, LongKey
from integrations.api.pages import linked, packed, unpacked
from services import deliveries, webhooks
from services.errors import NotFound
from services.permissions import Actor

router = APIRouter(tags=["webhooks"])


class DeliveryOut(BaseModel):
    """A message of the log: about which event, how far it is, how its last attempt ended.

    `key` is its `X-AppTicket-Delivery`, `request_id` the `X-Request-ID` of the last attempt,
    `status` and `answer` are what the receiver answered, `next_at` is when it is tried again.
    """

    id: int
    key: str
    event: int
    kind: str
    ticket: int | None
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    answer: str
    request_id: str | None
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime | None


class DeliveryQuery(BaseModel):
    """Which messages of the log are wanted."""

    model_config = ConfigDict(extra="forbid")

    state: DeliveryState | None = None
    cursor: str | None = Field(None, max_length=100, description="`next` of the page before.")
    limit: int = Field(deliveries.PAGE, ge=1, le=deliveries.MOST)


class DeliveryPage(BaseModel):
    """Some messages, the newest first, and the cursor of those before; null at the end."""

    items: list[DeliveryOut]
    next: str | None


@router.get("/webhooks/{webhook:int}/deliveries", response_model=DeliveryPage)
async def list_deliveries(
    call: ReadsWebhooks, webhook: Key, wanted: Annotated[DeliveryQuery, Query()]
) -> Response:
    """List what a webhook was sent in the last thirty days and what waits, the newest first."""

    def work(s: Session, by: Actor) -> DeliveryPage:
        webhooks.get(s, by, webhook)
        which = deliveries.Wanted(webhooks.CHANNEL, {str(webhook)}, wanted.state)
        after = unpacked(wanted.cursor)
        page = deliveries.page(s, by, which, after=after, limit=wanted.limit)
        items = [_message(row) for row in page.deliveries]
        return DeliveryPage(items=items, next=packed(page.after))

    return await linked(call, work)


@router.get("/webhooks/{webhook:int}/deliveries/{delivery:int}", response_model=DeliveryOut)
async def get_delivery(call: ReadsWebhooks, webhook: Key, delivery: LongKey) -> Response:
    """Get one message of the log."""
    return await call.show(lambda s, by: Answer(content=_message(_of(s, by, webhook, delivery))))


@router.post("/webhooks/{webhook:int}/deliveries/{delivery:int}/resend", response_model=DeliveryOut)
async def resend_delivery(call: WritesWebhooks, webhook: Key, delivery: LongKey) -> Response:
    """Send a message that arrived or was given up once more, under the same `key`."""

    def work(s: Session, by: Actor) -> Answer:
        _of(s, by, webhook, delivery)
        deliveries.resend(s, by, delivery)
        return Answer(content=_message(_of(s, by, webhook, delivery)))

    return await call.act(work)


def _of(s: Session, by: Actor, webhook_id: int, delivery_id: int) -> Delivery:
    """Return a message of this webhook’s log."""
    found = deliveries.get(s, by, delivery_id)
    if (found.channel, found.recipient) != (webhooks.CHANNEL, str(webhook_id)):
        raise NotFound
    return found


def _message(row: Delivery) -> DeliveryOut:
    names = ("id", "key", "state", "attempts", "status", "answer", "created_at", "sent_at")
    is_waiting = row.state is DeliveryState.PENDING
    return DeliveryOut(
        **{name: getattr(row, name) for name in names},
        event=row.event_id,
        kind=row.event.kind,
        ticket=row.event.ticket_number,
        error=row.error or None,
        request_id=row.request_id or None,
        next_at=row.next_at if is_waiting else None,
    )
