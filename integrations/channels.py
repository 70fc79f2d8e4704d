"""Ways to tell somebody something, by name; a channel sends one parcel and says how it ended."""

import logging
from collections.abc import Callable

from data import db
from integrations import webhook
from services import deliveries, webhooks
from services.deliveries import Outcome, Parcel

log = logging.getLogger(__name__)

CHANNELS: dict[str, Callable[[Parcel], Outcome]] = {webhooks.CHANNEL: webhook.send}


def send(parcel: Parcel) -> None:
    """Send a parcel that was claimed, outside of any transaction, and write how it ended."""
    try:
        outcome = CHANNELS[parcel.channel](parcel)
    except Exception:
        log.exception("delivery %s by %s failed", parcel.id, parcel.channel)
        outcome = Outcome("failed")
    if outcome.error:
        log.info("delivery %s, attempt %s: %s", parcel.id, parcel.attempt, outcome.error)
    db.write(lambda s: deliveries.settle(s, parcel, outcome))
